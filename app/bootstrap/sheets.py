"""Sealed sheets: the recovery key and the emergency account on paper (docs/decisions/0034).

A sheet is made in memory and handed out once, as a page for a printer or a browser; nothing of it stays on the workstation.
"""

from __future__ import annotations

import contextlib
import html
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nacl.signing import SigningKey

from app.bootstrap.recovery import open_recovery, write_recovery
from app.domain import sealing
from app.journal.keys import site_id
from app.kernel.clock import SHANGHAI, from_ms
from app.kernel.enums import AccountKind, Agency, Realm, Role
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.paths import write_secret
from app.kernel.texts import Texts
from app.local import credentials
from app.queries import accounts
from app.usecases.accounts import CreateAccount
from app.usecases.seals import OPEN_FOR_S, SealAccount

if TYPE_CHECKING:
    from app.bootstrap.node import Node

SHEET_SUFFIX = ".sheet.html"
FIRST_LETTER = "A"
FINGERPRINT = 8
_TITLE = "margin-bottom: 14pt"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sealed:
    """An emergency account with the password that lies sealed; handed out once."""

    account: str
    name: str
    password: str


@dataclass(frozen=True)
class Where:
    """Whose sheet it is: names as they are printed, and what enters the check of the lines."""

    agency: str
    agency_name: str
    district: str
    realm: str
    site: str
    letter: str
    made_at: int

    @property
    def about(self) -> tuple[str, str, str]:
        """Realm, agency and district: a line of another's sheet is told."""
        return self.realm, self.agency, self.district


def fingerprint(recovery: SigningKey) -> str:
    """Check code of a recovery key, nothing secret: the beginning of its public key's id."""
    return site_id(bytes(recovery.verify_key))[:FINGERPRINT].upper()


# -- the emergency account ---------------------------------------------------------------------------------------------------
def account_name(texts: Texts, letter: str) -> str:
    """Sign-in name of a workstation's emergency account."""
    return texts.get("sheet.account_name", letter=letter or FIRST_LETTER)


def seal_account(node: Node, account_id: str) -> Sealed:
    """Give this workstation's emergency account a new sealed password, making the account where there is none.

    Refusal E_PERM unless `account_id` may. The old password is void first: ended between the two, the account is as it was and
    nobody knows its password, rather than counting as sealed under one that is known.
    """
    node.check_right("seal_account", account_id)
    name = account_name(node.texts, node.me.letter)
    found = node.read(lambda connection: accounts.accounts_called(connection, name))
    own = [row.id for row in found if row.kind == AccountKind.EMERGENCY and row.agency == node.me.agency]
    if own:
        target = own[0]
    else:
        title = node.texts.get("sheet.account_title")
        create = CreateAccount(name=name, title=title, roles=[Role.DUTY_CHIEF], kind=AccountKind.EMERGENCY)
        target = str(node.execute(create, account_id).result["account_id"])
    password = sealing.sealed_password(os.urandom(sealing.PASSWORD_BYTES))
    node.local(lambda connection: credentials.set_password(connection, target, sealing.as_sealed(password)))
    node.execute(SealAccount(account_id=target), account_id)
    return Sealed(target, name, password)


# -- pages -------------------------------------------------------------------------------------------------------------------
def where_of(node: Node) -> Where:
    """What a running site prints of itself."""
    me = node.me
    name = node.bus.pack.agencies[Agency(me.agency)].full
    return Where(me.agency, name, me.district, me.realm, me.site, me.letter, node.clock.now_ms())


def recovery_page(texts: Texts, where: Where, recovery: SigningKey, letters: Iterable[str]) -> str:
    """The sheet of the recovery key, as the body of a page."""
    lines = sealing.key_lines(bytes(recovery), where.about)
    rows = [(texts.get("sheet.line", n=number), line) for number, line in enumerate(lines, 1)]
    given = " ".join(letter or texts.get("sheet.none") for letter in sorted(letters))
    rows += [
        (texts.get("sheet.fingerprint"), fingerprint(recovery)),
        (texts.get("sheet.letters"), given),
    ]
    said = ("recovery_for", "recovery_who", "recovery_kept", "recovery_typed")
    return _page(texts, "recovery_title", where, [texts.get(f"sheet.{each}") for each in said], rows)


def seal_page(texts: Texts, where: Where, sealed: Sealed) -> str:
    """The sheet of the emergency account, as the body of a page."""
    said = [texts.get("sheet.seal_for"), texts.get("sheet.seal_who")]
    said.append(texts.get("sheet.seal_once", hours=OPEN_FOR_S // 3600))
    rows = [(texts.get("sheet.account"), sealed.name), (texts.get("sheet.password"), sealed.password)]
    return _page(texts, "seal_title", where, said, rows)


def document(texts: Texts, pages: Sequence[str]) -> str:
    """Pages as one HTML document, each on a sheet of its own."""
    later = f"{_TITLE}; page-break-before: always"
    body = "".join(page.replace(_TITLE, later, 1) if number else page for number, page in enumerate(pages))
    style = (
        "body { font-family: 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif; font-size: 11pt; }"
        " td { padding: 3pt 12pt 3pt 0; vertical-align: top; }"
        " .title { font-size: 18pt; font-weight: bold; }"
        " .key { font-family: 'Noto Sans Mono CJK SC', monospace; font-size: 15pt; }"
    )
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><style>{style}</style></head><body>{body}</body></html>\n'


def _page(
    texts: Texts, title: str, where: Where, said: Sequence[str], secret: Sequence[tuple[str, str]]
) -> str:
    made = from_ms(where.made_at).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    facts = [
        (texts.get("sheet.agency"), f"{where.agency_name} ({where.agency})"),
        (texts.get("sheet.district"), where.district),
        (texts.get("sheet.realm"), texts.get(f"enum.realm.{where.realm}")),
        (texts.get("sheet.site"), where.site),
        (texts.get("sheet.letter"), where.letter or texts.get("sheet.none")),
        (texts.get("sheet.made"), made),
    ]
    blank = ("sealed_by", "witness", "seal", "date")
    heading = html.escape(texts.get("sheet." + title))
    parts = [f'<p align="center" style="{_TITLE}"><span class="title">{heading}</span></p>', _table(facts)]
    parts += [f"<p>{html.escape(each)}</p>" for each in said]
    parts.append(_table(secret, "key"))
    parts.append(_table([(texts.get(f"sheet.{each}"), "_" * 24) for each in blank]))
    parts.append(f"<p>{html.escape(texts.get('sheet.opened'))}</p>" + f"<p>{'_' * 48}</p>" * 3)
    return "".join(parts)


def _table(rows: Sequence[tuple[str, str]], kind: str = "") -> str:
    cells = (
        f'<tr><td width="20%">{html.escape(name)}</td><td class="{kind}">{html.escape(value)}</td></tr>'
        for name, value in rows
    )
    return f'<table width="100%">{"".join(cells)}</table>'


# -- files -------------------------------------------------------------------------------------------------------------------
def write_beside(recovery_file: Path, letter: str, page: str) -> Path | None:
    """Write a page beside the recovery key, on the medium it lies on; None (and told in the log) where it cannot be written."""
    target = recovery_file.with_name(recovery_file.stem + (f"-{letter}" if letter else "") + SHEET_SUFFIX)
    try:
        write_secret(target, page.encode())
    except OSError:
        log.exception("the sealed sheet could not be written")
        with contextlib.suppress(OSError):
            target.with_name(target.name + ".new").unlink(missing_ok=True)
        return None
    return target


def check_free(path: Path) -> None:
    """EnvironmentFault unless a page may be written there: never over another file, and into no folder that is made for it."""
    if path.exists():
        raise EnvironmentFault("file.exists", "fault.file.exists", path=str(path))
    if not path.parent.is_dir():
        raise EnvironmentFault("file.unwritable", "fault.file.unwritable", path=str(path))


def save(path: Path, page: str) -> None:
    """Write a page to the medium it was asked for, for its owner alone."""
    check_free(path)
    try:
        write_secret(path, page.encode())
    except OSError as wrong:
        raise EnvironmentFault("file.unwritable", "fault.file.unwritable", path=str(path)) from wrong


def print_recovery(node: Node, recovery_file: Path) -> str:
    """The recovery key's page of this agency, from its file; EnvironmentFault `keys.recovery` for another's."""
    found = open_recovery(recovery_file)
    if bytes(found.key.verify_key) != node.me.recovery_key:
        raise EnvironmentFault("keys.recovery", "fault.keys.recovery", path=str(recovery_file))
    return recovery_page(node.texts, where_of(node), found.key, found.letters)


def retype(
    lines: Sequence[str],
    realm: Realm,
    agency: Agency,
    district: str,
    code: str,
    letters: Sequence[str],
    out: Path,
) -> str:
    """Make a recovery key file anew from a typed sheet; returns the key's check code. Refusal naming the line that does not hold,
    or where the check code is another's."""
    try:
        seed = sealing.key_of_lines(lines, (realm.value, agency.value, district))
    except sealing.SheetError as wrong:
        text = "refusal.sheet.line" if wrong.line else "refusal.sheet.whole"
        raise Refusal(
            ErrorCode.FORMAT, text, field="lines", clause="CM-04", line=wrong.line, lines=sealing.LINES
        ) from wrong
    key = SigningKey(seed)
    if sealing.as_sealed(code) != sealing.as_sealed(fingerprint(key)):
        raise Refusal(ErrorCode.FORMAT, "refusal.sheet.other", field="code", clause="CM-04")
    given = {letter: "" for letter in letters}
    write_recovery(out, key, realm.value, agency.value, district, given)
    return fingerprint(key)
