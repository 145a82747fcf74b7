"""Backup and restore, one command each (XC-09, XC-01)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.bootstrap import backup_work
from app.bootstrap.backup_store import copies
from app.cli.exits import Exit
from app.domain.backups import Standing
from app.kernel.paths import DataDir
from db.backup import backup as real
from tests.cli.runner import MAIN, CommandLine, process
from tests.kit import PASSWORD

OFFICER = ("--as", "EMB-duty_officer")


def test_one_command_makes_a_checked_backup_in_its_place(call: CommandLine, room: Path) -> None:
    """XC-09: without a file it goes into the site's own folder, with its note, and thins nothing."""
    made = call("backup", "--data", room)
    assert made.code == Exit.OK and made.json["result"]["verified"] is True
    [copy] = copies(DataDir(room).backups)
    assert (str(copy.path), copy.standing) == (made.json["result"]["file"], Standing.VERIFIED)
    assert copy.entries == made.json["result"]["operations"]


def test_one_command_restores_it(call: CommandLine, room: Path, tmp_path: Path) -> None:
    """XC-01, XC-09: as processes of their own; in place of a damaged database, which is put aside."""
    recovery = room.parent / "recovery-EMB.json"
    made = process("backup", "--data", room)
    copy = made.json["result"]["file"]
    spoilt = (room / "console.db").read_bytes()[:50_000]
    (room / "console.db").write_bytes(spoilt)
    given = ("restore", copy, "--data", room, "--recovery-file", recovery)
    assert process(*given).error == "database.exists"
    back = process(*given, "--set-aside")
    assert back.code == Exit.OK, back.err
    result = back.json["result"]
    assert result["letter"] == "B" and result["last_at"].endswith("+08:00")
    assert "应急账号" in result["note"], "none of its own until it is sealed (CM-04)"
    assert (Path(result["aside"]) / "console.db").read_bytes() == spoilt
    note = ("do", "write_log_entry", '{"text": "恢复以后"}', *OFFICER, "--data", room)
    assert process(*note, stdin=PASSWORD).code == Exit.OK
    assert process("verify", "--data", room).code == Exit.OK


def test_a_copy_that_does_not_stand_is_no_success(
    call: CommandLine, room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XC-09: exit code and sentence, in its own folder and under a name of one's own."""

    def badly(source: Path, target: Path, progress: object) -> None:
        real(source, target)
        whole = bytearray(target.read_bytes())
        whole[8192:40960] = bytes(32768)
        target.write_bytes(whole)

    monkeypatch.setattr(backup_work, "backup", badly)
    failed = call("backup", "--data", room)
    assert (failed.code, failed.error) == (Exit.FAULT, "backup.check")
    assert [each.standing for each in copies(DataDir(room).backups)] == [Standing.FAILED]


def test_a_restore_killed_at_any_moment_loses_nothing_and_begins_again(room: Path) -> None:
    """XC-01: kill -9 during `restore --set-aside`, later and later: the damaged file is always somewhere, byte for byte; no
    half-made database has the name; the last call succeeds."""
    made = process("backup", "--data", room)
    copy, recovery = made.json["result"]["file"], room.parent / "recovery-EMB.json"
    spoilt = (room / "console.db").read_bytes()[:50_000]
    (room / "console.db").write_bytes(spoilt)
    given = ["restore", copy, "--data", room, "--recovery-file", recovery, "--set-aside"]
    killed, delay_s = 0, 0.3
    while True:
        running = subprocess.Popen([sys.executable, MAIN, *map(str, given)], stdout=subprocess.DEVNULL)
        try:
            running.wait(delay_s)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            killed += 1
        kept = [room / "console.db", *room.glob("set-aside-*/console.db")]
        assert spoilt in [path.read_bytes() for path in kept if path.exists()], f"after {delay_s} s"
        if (room / "console.db").exists() and (room / "console.db").read_bytes() != spoilt:
            break  # whole: it got its name last
        delay_s *= 1.25
    assert killed > 1
    assert process("verify", "--data", room).code == Exit.OK
    note = ("do", "write_log_entry", '{"text": "恢复以后"}', *OFFICER, "--data", room)
    assert process(*note, stdin=PASSWORD).code == Exit.OK
    assert not list(room.glob("restoring.db*"))
