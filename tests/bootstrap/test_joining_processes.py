"""A second workstation of the bureau as a person sets it up: by the command line alone, two real processes over TLS (D-35)."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from app.cli import asking
from app.cli.exits import Exit
from app.kernel.paths import DataDir
from tests.cli.runner import Answer, process, serve, until
from tests.kit import ADMIN_PASSWORD, PASSWORD

CLOCK = ("--clock", "2025-07-14T14:00:00+08:00")
OFFICER = json.dumps({"name": "zhiban-b", "title": "值班员 2 席", "roles": ["duty_officer"]})


def done(*argv: object, stdin: str = ADMIN_PASSWORD) -> Any:
    """A call that succeeds; what it says."""
    answer = process(*argv, stdin=stdin)
    assert answer.code == Exit.OK, (argv, answer.json, answer.err)
    return answer.json


def shown(data: Path, query: str) -> list[dict[str, Any]]:
    answer = asking.ask_running(DataDir(data), {"call": "show", "query": query})
    assert answer is not None and answer["ok"], answer
    return list(answer["rows"])


def test_second_workstation_of_the_bureau(tmp_path: Path) -> None:
    """init --join, identity, pair, serve, do: EMB-20250714-B001 stands on the first workstation's board; then it is closed."""
    recovery = ("--recovery-file", tmp_path / "recovery.json")
    first, second = tmp_path / "A", tmp_path / "B"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    done("init", "--agency", "EMB", "--data", first, *recovery, *CLOCK)
    alone = process(
        "init", "--agency", "EMB", "--letter", "B", "--data", second, *recovery, *CLOCK, stdin=ADMIN_PASSWORD
    )
    assert (alone.code, alone.error) == (Exit.REFUSED, "E_RANGE"), (
        "a letter belongs to an agency that is there"
    )
    made = done(
        "init", "--agency", "EMB", "--join", "--admin", "admin-b", "--data", second, *recovery, *CLOCK
    )
    assert made["result"]["letter"] == "B"
    as_first, as_second = ("--as", "admin", "--data", first), ("--as", "admin-b", "--data", second)
    done("do", "create_account", OFFICER, *as_second, *CLOCK)
    done("password", "zhiban-b", *as_second, *CLOCK, stdin=f"{ADMIN_PASSWORD}\n{PASSWORD}\n")
    done("identity", tmp_path / "a.json", "--endpoint", f"127.0.0.1:{port}", *as_first, *CLOCK)
    done("identity", tmp_path / "b.json", *as_second, *CLOCK)
    number = done("pair", tmp_path / "b.json", *as_first, *CLOCK)["result"]["number"]
    done("pair", tmp_path / "b.json", "--number", number, *as_first, *CLOCK)
    done("pair", tmp_path / "a.json", "--number", number, *as_second, *CLOCK)
    with serve(first, "--listen", f"127.0.0.1:{port}", *CLOCK), serve(second, *CLOCK):
        until(lambda: [link["state"] for link in shown(second, "links")] == ["up"], "link up")
        incident = json.dumps({"received_at": "2025-07-14T14:00:00+08:00", "place": "天山路街道某商场"})
        told = done("do", "register_incident", incident, "--as", "zhiban-b", "--data", second, stdin=PASSWORD)
        assert told["result"]["no"] == "EMB-20250714-B001"
        until(lambda: [row["no"] for row in shown(first, "board")] == ["EMB-20250714-B001"], "on A's board")
        _close(tmp_path, first, second)
    for data in (first, second):
        assert process("verify", "--data", data).code == Exit.OK


def _close(tmp_path: Path, first: Path, second: Path) -> None:
    """The certificate is made apart from any console; the administrator enters it, and B may write no more."""
    sites = {row["letter"]: row["id"] for row in shown(first, "sites")}
    made = done(
        "certify", "close", sites["B"], "--heir", sites[""], "--recovery-file", tmp_path / "recovery.json"
    )
    (tmp_path / "close.json").write_text(json.dumps(made["result"]["arguments"]))
    entered = (
        "do",
        made["result"]["command"],
        f"@{tmp_path / 'close.json'}",
        "--as",
        "admin",
        "--data",
        first,
    )
    done(*entered)
    until(
        lambda: {row["state"] for row in shown(second, "sites") if row["letter"] == "B"} == {"closed"},
        "B knows",
    )
    refused: Answer = process(
        *("do", "write_log_entry", '{"text": "记事"}', "--as", "zhiban-b", "--data", second), stdin=PASSWORD
    )
    assert (refused.code, refused.error) == (Exit.FAULT, "site.closed")
