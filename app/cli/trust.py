"""Verbs about trust: rotate-key, renew, seal, sheet, recovery."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from app.cli import asking, secrets
from app.cli.given import clock_of, data_of
from app.kernel.clock import SystemClock
from app.kernel.enums import Agency, Realm
from app.kernel.texts import Texts


def _ask(arguments: argparse.Namespace, call: str) -> dict[str, Any]:
    password = secrets.read_secret(arguments.key_file, "Password: ")
    request = {"call": call, "as": arguments.account, "password": password}
    return asking.ask(data_of(arguments), clock_of(arguments.clock), request)


def rotate_key(arguments: argparse.Namespace) -> dict[str, Any]:
    """Change the key this workstation signs with."""
    return _ask(arguments, "rotate_key")


def renew(arguments: argparse.Namespace) -> dict[str, Any]:
    """Renew the certificate of the link."""
    return _ask(arguments, "renew")


def seal(arguments: argparse.Namespace) -> dict[str, Any]:
    """Seal the emergency account anew; its password stands on the page that is written, and nowhere else."""
    from app.bootstrap import sheets

    sheets.check_free(arguments.out)  # before the old password is void
    answer = _ask(arguments, "seal")
    page = answer.pop("page", None)
    if page is not None:
        sheets.save(arguments.out, page)
        answer["result"]["sheet"] = str(arguments.out)
    return answer


def sheet(arguments: argparse.Namespace) -> dict[str, Any]:
    """The recovery key's sheet from its file; needs no data folder."""
    from app.bootstrap import sheets
    from app.bootstrap.node import load_pack
    from app.bootstrap.recovery import open_recovery

    found = open_recovery(arguments.recovery_file)
    names = load_pack(found.district).agencies[Agency(found.agency)]
    now = (clock_of(arguments.clock) or SystemClock()).now_ms()
    texts = Texts.load()
    where = sheets.Where(found.agency, names.full, found.district, found.realm, "", "", now)
    page = sheets.recovery_page(texts, where, found.key, found.letters)
    sheets.save(arguments.out, sheets.document(texts, [page]))
    return {"ok": True, "result": {"sheet": str(arguments.out), "code": sheets.fingerprint(found.key)}}


def recovery(arguments: argparse.Namespace) -> dict[str, Any]:
    """Make a recovery key file anew from the four lines of a sheet, typed on standard input."""
    from app.bootstrap import sheets

    lines = [line for line in sys.stdin.read().splitlines() if line.strip()]
    letters = ["", *(each.strip() for each in arguments.letters.split(",") if each.strip())]
    realm, agency = Realm(arguments.realm), Agency(arguments.agency)
    code = sheets.retype(
        lines, realm, agency, arguments.district, arguments.code, letters, arguments.recovery_file
    )
    return {"ok": True, "result": {"recovery_file": str(arguments.recovery_file), "code": code}}
