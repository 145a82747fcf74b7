"""Verbs, exit codes and JSON of the command line (docs/COMMAND-LINE.md), in this process."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli.exits import Exit
from app.cli.given import data_of
from app.cli.parser import build
from app.cli.record import schema_of
from app.kernel.paths import DataDir
from app.usecases.commands import TABLE
from tests.cli.runner import CommandLine
from tests.kit import ADMIN_PASSWORD, PASSWORD

CLOCK = "2025-07-14T14:02:10+08:00"
OFFICER = ("--as", "EMB-duty_officer")
REGISTER = {"received_at": CLOCK, "place": "天山路街道某居民楼6层", "class_code": "accident"}


def do(
    call: CommandLine, room: Path, command: str, arguments: Any, *more: object, stdin: str = PASSWORD
) -> Any:
    given = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return call("do", command, given, *OFFICER, "--data", room, "--clock", CLOCK, *more, stdin=stdin)


# -- init ------------------------------------------------------------------------------------------------------------------
def test_init_and_first_act(call: CommandLine, tmp_path: Path) -> None:
    """0 and the site; 4 over existing data; the password comes from standard input or a key file."""
    data, recovery = tmp_path / "data", tmp_path / "stick" / "recovery.json"
    recovery.parent.mkdir()
    given = ("init", "--agency", "FRD", "--data", data, "--recovery-file", recovery, "--clock", CLOCK)
    short = call(*given, stdin="short\n")
    assert (short.code, short.error, short.json["kind"]) == (Exit.REFUSED, "E_RANGE", "refusal")
    assert not data.exists()
    done = call(*given, "--title", "账号管理员", "--label", "1 号台", stdin=f"{ADMIN_PASSWORD}\r\n")
    assert done.code == Exit.OK
    assert set(done.json["result"]) == {"site", "admin_account", "recovery_file", "sheet"}
    again = call(*given, stdin=ADMIN_PASSWORD)
    assert (again.code, again.error, again.json["kind"]) == (Exit.FAULT, "database.exists", "fault")
    key_file = tmp_path / "password"
    key_file.write_text(f"{ADMIN_PASSWORD}\nsecond line\n")
    create = {"name": "zhiban1", "title": "值班员 1 席", "roles": ["duty_officer"]}
    act = ("do", "create_account", json.dumps(create), "--as", "admin", "--data", data, "--clock", CLOCK)
    os.chmod(key_file, 0o644)
    assert call(*act, "--key-file", key_file).error == "keys.open"
    os.chmod(key_file, 0o600)
    assert call(*act, "--key-file", key_file).code == Exit.OK
    assert call(*act, "--key-file", tmp_path / "none").error == "keys.file"
    [site] = call("show", "sites", "--data", data).json["rows"]
    assert (site["id"], site["label"], site["agency"]) == (done.json["result"]["site"], "1 号台", "FRD")


def test_passwords_are_no_argument(call: CommandLine, room: Path) -> None:
    """CM-04: neither an option nor a further word takes one."""
    for more in (("--password", PASSWORD), (PASSWORD,)):
        answer = call("do", "leave_watch", "{}", *OFFICER, "--data", room, *more)
        assert (answer.code, answer.json) == (Exit.USAGE, None)
    options = {text for action in build()._actions for text in action.option_strings}
    assert not [text for text in options if "pass" in text]


def test_password_verb(call: CommandLine, room: Path) -> None:
    """CM-04: the signed-in one's password, then the new one, line by line; Chinese ones too; half bytes are told."""
    new = "值班口令一二三四"
    done = call("password", *OFFICER, "--data", room, "--clock", CLOCK, stdin=f"{PASSWORD}\n{new}\n")
    assert done.code == Exit.OK
    assert do(call, room, "write_log_entry", {"text": "x"}).error == "E_PERM"
    assert do(call, room, "write_log_entry", {"text": "x"}, stdin=new).code == Exit.OK
    blank = call("password", *OFFICER, "--data", room, "--clock", CLOCK, stdin=f"{new}\n{' ' * 8}\n")
    assert (blank.code, blank.error) == (Exit.REFUSED, "E_RANGE") and "空格" in blank.json["error"]["text"]
    noted = do(call, room, "set_password", {"account_id": "EMB-duty_officer"}, stdin=new)
    assert (noted.code, noted.error) == (Exit.REFUSED, "E_FORMAT"), "no entry of a password nobody has set"
    assert "password" in noted.json["error"]["text"]
    broken = call("do", "leave_watch", "{}", *OFFICER, "--data", room, stdin=b"\xff\xfe\n")
    assert (broken.code, broken.error) == (Exit.REFUSED, "E_FORMAT")


def test_a_file_that_is_not_there_is_one_fault_for_every_verb(
    call: CommandLine, room: Path, tmp_path: Path
) -> None:
    for verb in ("replay", "feed"):
        for file in (tmp_path / "nope", tmp_path):
            answer = call(verb, file, "--data", room)
            assert (answer.code, answer.error) == (Exit.FAULT, "file.unreadable"), verb


# -- do, show, history -----------------------------------------------------------------------------------------------------
def test_do_show_history(call: CommandLine, room: Path, tmp_path: Path) -> None:
    """S2 14:02:10 from the command line: the test clock, the number, the clocks, the history."""
    file = tmp_path / "arguments.json"
    file.write_text(json.dumps(REGISTER, ensure_ascii=False), "utf-8")
    done = do(call, room, "register_incident", f"@{file}")
    assert done.code == Exit.OK
    no = done.json["result"]["no"]
    assert no == "EMB-20250714-001"
    [row] = call("show", "board", "--data", room).json["rows"]
    assert (row["oral_due_at"], row["written_due_at"]) == (
        "2025-07-14T14:32:10.000+08:00",
        "2025-07-14T15:02:10.000+08:00",
    )
    assert row["place"] == REGISTER["place"]
    [entry] = call("history", "incident", no, "--data", room).json["rows"]
    assert (entry["command"], entry["recorded_at"]) == ("register_incident", "2025-07-14T14:02:10.000+08:00")


@pytest.mark.parametrize(
    ("command", "arguments", "code", "field"),
    [
        ("unheard_of", {}, "E_FORMAT", "command"),
        ("register_incident", "{", "E_FORMAT", "arguments"),
        ("register_incident", "[]", "E_FORMAT", "arguments"),
        ("register_incident", "[" * 100_000, "E_FORMAT", "arguments"),
        ("register_incident", "@/nowhere/none.json", "E_FORMAT", "arguments"),
        ("register_incident", {**REGISTER, "colour": "red"}, "E_FORMAT", "colour"),
        ("register_incident", {"place": "x"}, "E_REQUIRED", "received_at"),
        ("register_incident", {**REGISTER, "received_at": "2025-07-14T14:02:10"}, "E_FORMAT", "received_at"),
        (
            "register_incident",
            {**REGISTER, "received_at": "2025-07-14T14:03:11+08:00"},
            "E_TIME",
            "received_at",
        ),
        ("register_incident", {**REGISTER, "alarm_grade": "x"}, "E_RANGE", "alarm_grade"),
        (
            "register_incident",
            '{"received_at": "2025-07-14T14:02:10+08:00", "place": "\\ud800"}',
            "E_FORMAT",
            None,
        ),
        (
            "register_incident",
            '{"received_at": "2025-07-14T14:02:10+08:00", "lon": NaN, "lat": 31}',
            "E_RANGE",
            "lon",
        ),
        ("raise_alarm_grade", {"incident_id": "x", "to": 2}, "E_PERM", None),
    ],
)
def test_refusals(
    call: CommandLine, room: Path, command: str, arguments: Any, code: str, field: str | None
) -> None:
    """3 with the code of the rules, the field, who could do it, the clause, and a sentence."""
    answer = do(call, room, command, arguments)
    assert (answer.code, answer.json["ok"], answer.json["kind"]) == (Exit.REFUSED, False, "refusal")
    error = answer.json["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert error["text"].endswith("。") and "{}" not in error["text"]
    assert {"code", "text", "field", "who", "clause"} <= set(error)
    assert PASSWORD not in json.dumps(answer.json) + answer.err


@pytest.mark.parametrize("clock", ["14:02:10", "2025-07-14T14:02:10", "tomorrow", "@/nowhere/clock", "@"])
def test_clocks_that_are_none(call: CommandLine, room: Path, tmp_path: Path, clock: str) -> None:
    """XC-05: a moment needs its offset; told before anything is opened, by every verb that takes a clock."""
    recovery = tmp_path / "r.json"
    for argv in (
        ("show", "board", "--data", room),
        ("rebuild", "--data", room),
        ("serve", "--data", room),
        ("init", "--agency", "EMB", "--data", tmp_path / "new", "--recovery-file", recovery),
        ("restore", tmp_path / "x.db", "--data", tmp_path / "new", "--recovery-file", recovery),
    ):
        answer = call(*argv, "--clock", clock, stdin=ADMIN_PASSWORD)
        assert (answer.code, answer.error, answer.json["error"]["field"]) == (
            Exit.REFUSED,
            "E_FORMAT",
            "clock",
        )
    assert not (tmp_path / "new").exists()


def test_clock_in_a_file(call: CommandLine, room: Path, tmp_path: Path) -> None:
    """XC-05: several processes share one test clock."""
    file = tmp_path / "clock"
    for time, expected in (
        ("14:05:00", "2025-07-14T14:05:00.000+08:00"),
        ("14:09:00", "2025-07-14T14:09:00.000+08:00"),
    ):
        file.write_text(f"2025-07-14T{time}+08:00\n")
        given = ("write_log_entry", '{"text": "记事"}', *OFFICER, "--data", room, "--clock", f"@{file}")
        assert call("do", *given, stdin=PASSWORD).code == Exit.OK
        assert call("show", "log", '{"limit": 1}', "--data", room).json["rows"][0]["at"] == expected


@pytest.mark.parametrize(
    "argv",
    [
        ("fly",),
        ("do",),
        ("do", "leave_watch"),
        ("init", "--agency", "POLICE", "--recovery-file", "x"),
        ("init", "--agency", "EMB"),
        ("show",),
        ("show", "board", "{}", "extra"),
        ("show", "board", "--realm", "dream"),
    ],
)
def test_wrong_usage(call: CommandLine, argv: tuple[str, ...]) -> None:
    """2 and a word on standard error, no JSON."""
    answer = call(*argv)
    assert (answer.code, answer.json) == (Exit.USAGE, None)
    assert "usage:" in answer.err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
@pytest.mark.parametrize("given", [False, True])
def test_without_a_verb_the_window(
    call: CommandLine, room: Path, monkeypatch: pytest.MonkeyPatch, given: bool
) -> None:
    """`make run`: the window; without a display one sentence that names `make tour`."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    answer = call(*(("--data", room) if given else ()))
    assert (answer.code, answer.error) == (Exit.FAULT, "display.none")
    assert "make tour" in answer.json["error"]["text"]


def test_faults(call: CommandLine, room: Path, tmp_path: Path) -> None:
    """4 with a code that names the trouble; files are left as they are (XC-01)."""

    def fault(code: str, *argv: object) -> None:
        answer = call(*argv, stdin=ADMIN_PASSWORD)
        assert (answer.code, answer.error, answer.json["kind"]) == (Exit.FAULT, code, "fault")
        assert answer.json["error"]["text"].endswith("。")

    fault("database.missing", "show", "board", "--data", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    blocked = tmp_path / "file"
    blocked.write_text("x")
    fault(
        "data.unwritable",
        *("init", "--agency", "EMB", "--data", blocked / "data", "--recovery-file", tmp_path / "r.json"),
    )
    fault("file.unwritable", "backup", tmp_path / "none" / "copy.db", "--data", room)
    fault("file.exists", "backup", blocked, "--data", room)
    fault("file.unreadable", "pair", tmp_path / "none.json", "--as", "admin", "--data", room)
    fault("file.unwritable", "identity", blocked / "id.json", "--as", "admin", "--data", room)
    fault(
        "database.missing",
        "restore",
        tmp_path / "none.db",
        "--data",
        tmp_path / "new",
        "--recovery-file",
        blocked,
    )
    database = room / "console.db"
    kept = database.read_bytes()
    for harm in (
        b"",
        b"GIF89a" + b"x" * 9000,
    ):  # the folder is ours: its keys and its high-water mark stand beside
        database.write_bytes(harm)
        fault("database.damaged", "show", "board", "--data", room)
        fault("database.damaged", "do", "leave_watch", "{}", *OFFICER, "--data", room)
        assert database.read_bytes() == harm
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    (stranger / "console.db").write_bytes(b"GIF89a" + b"x" * 9000)
    fault("database.foreign", "show", "board", "--data", stranger)
    database.write_bytes(kept)
    connection = sqlite3.connect(database)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    newer = database.read_bytes()
    for verb in (("show", "board"), ("rebuild",), ("verify",)):
        fault("database.newer", *verb, "--data", room)
    assert database.read_bytes() == newer


# -- the record ------------------------------------------------------------------------------------------------------------
def test_verify_rebuild_backup_restore(call: CommandLine, room: Path, tmp_path: Path) -> None:
    """0 when clean, 5 when something was found; a backup is a sound copy; a restored one is a new site."""
    assert do(call, room, "register_incident", REGISTER).code == Exit.OK
    before = call("show", "board", "--data", room).json
    clean = call("verify", "--data", room)
    assert "没有发现问题" in clean.json["text"]
    assert (clean.code, clean.json["damaged"], clean.json["report"]["ok"]) == (Exit.OK, False, True)
    rebuilt = call("rebuild", "--data", room)
    assert rebuilt.json["result"]["operations"] == clean.json["report"]["entries"]
    assert call("show", "board", "--data", room).json == before
    copied = call("backup", tmp_path / "copy.db", "--data", room)
    assert copied.json["result"]["operations"] == clean.json["report"]["entries"]
    recovery = room.parent / "recovery-EMB.json"
    given = ("restore", tmp_path / "copy.db", "--recovery-file", recovery, "--clock", CLOCK)
    done = call(*given, "--data", tmp_path / "new")
    assert (done.code, done.json["result"]["letter"]) == (Exit.OK, "B")
    assert (
        do(call, tmp_path / "new", "register_incident", REGISTER).json["result"]["no"] == "EMB-20250714-B001"
    )
    assert call(*given, "--data", tmp_path / "new").error == "database.exists"
    assert call(*given, "--data", tmp_path / "newer", "--letter", "9").error == "E_RANGE"
    connection = sqlite3.connect(room / "console.db")
    connection.execute("UPDATE incident SET place = 'x'")
    connection.commit()
    connection.close()
    found = call("verify", "--data", room)
    assert "report" in found.json["text"]
    assert (found.code, found.json["ok"], found.json["damaged"]) == (Exit.DAMAGED, True, True)
    [difference] = found.json["report"]["differences"]
    assert (difference["table"], difference["columns"]) == ("incident", ["place"])
    assert call("rebuild", "--data", room).code == Exit.OK
    assert call("verify", "--data", room).code == Exit.OK


def test_stop_without_a_console(call: CommandLine, room: Path) -> None:
    """0: there is nothing to stop."""
    assert call("stop", "--data", room).json == {"ok": True, "result": {"running": False}}


def test_live_and_exercise_have_their_own_folders(
    call: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """XC-10: without --data the realm chooses the folder, for every verb."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    seen = [
        data_of(build().parse_args([verb, *more, "--realm", realm]))
        for realm in ("live", "exercise")
        for verb, *more in (("show", "board"), ("serve",), ("verify",), ("stop",))
    ]
    assert seen[:4] == [DataDir(tmp_path / "joint-duty-console" / "live")] * 4
    assert seen[4:] == [DataDir(tmp_path / "joint-duty-console" / "exercise")] * 4
    assert data_of(build().parse_args(["stop"])) == seen[0]


# -- commands --------------------------------------------------------------------------------------------------------------
def test_commands_lists_every_command(call: CommandLine) -> None:
    """XC-06: each with what it is for, its schema, and who may use it."""
    answer = call("commands")
    assert (answer.code, set(answer.json["commands"])) == (Exit.OK, set(TABLE))
    listed = answer.json["commands"]
    assert listed["raise_alarm_grade"]["roles"] == {"FRD": ["duty_chief", "duty_officer", "leader"]}
    for name, entry in listed.items():
        assert entry["about"], name
        assert entry["roles"], name
        assert entry["schema"] == schema_of(TABLE[name].command)
