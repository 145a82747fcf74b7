"""A hall as a person sets it up: by the command line alone, three real processes over TLS (REPLICATION, Scope; XC-07)."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from app.cli import asking
from app.cli.exits import Exit
from app.kernel.paths import DataDir
from tests.cli.runner import free_port, process, serve, until
from tests.kit import ADMIN_PASSWORD, PASSWORD

CLOCK = ("--clock", "2025-07-14T14:00:00+08:00")
PATIENCE_S = 120.0
NUMBER = "138-0000-1234"


def done(*argv: object, stdin: str = ADMIN_PASSWORD) -> Any:
    """A call that succeeds; what it says."""
    answer = process(*argv, stdin=stdin)
    assert answer.code == Exit.OK, (argv, answer.json, answer.err)
    return answer.json


def shown(data: Path, query: str, *given: str) -> list[dict[str, Any]]:
    answer = asking.ask_running(DataDir(data), {"call": "show", "query": query, "arguments": list(given)})
    assert answer is not None and answer["ok"], answer
    return list(answer["rows"])


def founded(folder: Path, agency: str, role: str) -> Path:
    """A site with one officer, called OFFICER-AGENCY."""
    data, recovery = folder / agency, folder / f"recovery-{agency}.json"
    done("init", "--agency", agency, "--data", data, "--recovery-file", recovery, *CLOCK)
    account = json.dumps({"name": f"officer-{agency}", "title": role, "roles": [role]})
    done("do", "create_account", account, "--as", "admin", "--data", data, *CLOCK)
    secrets = f"{ADMIN_PASSWORD}\n{PASSWORD}\n"
    done("password", f"officer-{agency}", "--as", "admin", "--data", data, *CLOCK, stdin=secrets)
    return data


def paired(folder: Path, listening: Path, dialling: Path, port: int) -> None:
    """Identity files carried both ways, the number read and confirmed on both sides."""
    files = {}
    for data, end in ((listening, ("--endpoint", f"127.0.0.1:{port}")), (dialling, ())):
        files[data] = folder / f"{data.name}.json"
        if not files[data].exists():
            done("identity", files[data], *end, "--as", "admin", "--data", data, *CLOCK)
    one, other = ("--as", "admin", "--data", listening, *CLOCK), ("--as", "admin", "--data", dialling, *CLOCK)
    number = done("pair", files[dialling], *one)["result"]["number"]
    done("pair", files[dialling], "--number", number, *one)
    done("pair", files[listening], "--number", number, *other)


def test_a_hall_between_two_rooms(tmp_path: Path) -> None:
    """init --agency HALL, identity, pair, serve: EMB and FRD are linked over the hall alone. What is joint passes it, contacts
    do not stay there, its observer registers nothing, and all three verify."""
    bureau, brigade = founded(tmp_path, "EMB", "duty_officer"), founded(tmp_path, "FRD", "duty_officer")
    hall, port = founded(tmp_path, "HALL", "observer"), free_port()
    paired(tmp_path, hall, bureau, port)
    paired(tmp_path, hall, brigade, port)
    paired(tmp_path, bureau, brigade, free_port())  # they have met; no line stands between them
    with serve(hall, "--listen", f"127.0.0.1:{port}", *CLOCK), serve(bureau, *CLOCK), serve(brigade, *CLOCK):
        until(lambda: [row["state"] for row in shown(hall, "links")] == ["up", "up"], "links", PATIENCE_S)
        incident = json.dumps({"received_at": "2025-07-14T14:00:00+08:00", "place": "天山路街道某商场"})
        officer = ("--as", "officer-EMB", "--data", bureau)
        told = done("do", "register_incident", incident, *officer, stdin=PASSWORD)["result"]
        noted = {"incident_id": told["incident_id"], "about": "scene", "number": NUMBER}
        done("do", "add_contact", json.dumps(noted), *officer, stdin=PASSWORD)
        for data in (brigade, hall):
            until(partial(_shows_alone, data, told["no"]), "on the board", PATIENCE_S)
        refused = process(
            *("do", "register_incident", incident, "--as", "officer-HALL", "--data", hall), stdin=PASSWORD
        )
        assert (refused.code, refused.error) == (Exit.REFUSED, "E_PERM")
        fire = ("--as", "officer-FRD", "--data", brigade)
        back = done("do", "register_incident", incident, *fire, stdin=PASSWORD)["result"]["no"]
        until(lambda: back in _numbers(bureau), "FRD's on the bureau's board", PATIENCE_S)
    for data in (bureau, brigade, hall):
        assert process("verify", "--data", data).code == Exit.OK
    held = b"".join(each.read_bytes() for each in hall.rglob("*") if each.is_file())
    assert NUMBER.encode() not in held and b"13800001234" not in held


def _numbers(data: Path) -> list[str]:
    return sorted(str(row["no"]) for row in shown(data, "board"))


def _shows_alone(data: Path, no: str) -> bool:
    return _numbers(data) == [no]
