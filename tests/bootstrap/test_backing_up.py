"""Backups of a running console: real files, real child processes, each copy restored and checked (XC-09)."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import backup_work
from app.bootstrap.backing_up import Backups, Pace
from app.bootstrap.backup_store import Copy, carry, copies, digest_of, mark, note_of
from app.bootstrap.backup_work import BackupJob, make
from app.bootstrap.child import Child, GivenUpError
from app.bootstrap.child_work import ALONE
from app.bootstrap.node import Node, Open
from app.bootstrap.proving import SCRATCH
from app.domain.backups import Standing, room_needed
from app.kernel.clock import DAY_MS, HOUR_MS
from app.kernel.enums import Post
from app.kernel.errors import EnvironmentFault
from app.usecases.duty import TakeWatch
from db.backup import backup, backup_name, check_backup
from tests.bootstrap.test_attachments import attached, picture
from tests.cli.runner import MAIN
from tests.kit import Site, act, ms, register

PATIENCE_S = 90.0
AT_ONCE = Pace(start_s=0.0, look_s=0.05, retry_s=PATIENCE_S)


def quiet(_stage: str, _done: int, _total: int) -> None:
    """No progress wanted."""


def job(site: Site, **changes: Any) -> BackupJob:
    data = site.node.data
    return replace(BackupJob(data.database, data.backups, site.clock.now_ms()), **changes)


def until(true: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (value := true()):
        assert time.monotonic() < end, "never"
        time.sleep(0.02)
    return value


def touched(site: Site) -> None:
    """A row that no entry of the record gives, made behind everybody's back."""
    with contextlib.closing(sqlite3.connect(site.node.data.database, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("UPDATE incident SET place = 'another'")


# -- one backup --------------------------------------------------------------------------------------------------------------
def test_a_copy_is_restored_and_checked_before_it_counts(emb: Site) -> None:
    """XC-09: what is noted of it, nothing left of the trial restore, the running console undisturbed."""
    row = register(emb)
    stages: list[str] = []
    made = make(job(emb), lambda stage, _done, _total: stages.append(stage))
    assert made.problem == ""
    assert list(dict.fromkeys(stages)) == ["copy", "restore", "pages", "entries", "projection"]
    [copy] = copies(emb.node.data.backups)
    assert (copy.path, copy.standing, copy.at) == (made.path, Standing.VERIFIED, ms("08:00:00"))
    assert copy.entries == check_backup(copy.path).entries == emb.count("op")
    assert copy.digest == digest_of(copy.path)
    assert copy.verified_at is not None and copy.verified_at >= copy.at
    assert not list(emb.node.data.backups.glob(f"{SCRATCH}*"))
    assert oct(copy.path.stat().st_mode & 0o777) == oct(note_of(copy.path).stat().st_mode & 0o777) == "0o600"
    assert emb.incident(row.id).no == row.no


def test_two_in_one_second_have_two_names(emb: Site) -> None:
    first, second = make(job(emb), quiet), make(job(emb), quiet)
    assert first.path != second.path
    assert len(copies(emb.node.data.backups)) == 2


def test_a_record_that_was_touched_is_noticed_and_pushes_nothing_out(emb: Site) -> None:
    """XC-09, XC-04: a copy of a touched record does not stand; the good one of long ago stays."""
    register(emb)
    good = make(job(emb, at=ms("08:00:00") - 90 * DAY_MS), quiet)
    touched(emb)
    bad = make(job(emb), quiet)
    assert (good.problem, bad.problem) == ("", "rows")
    assert [each.standing for each in copies(emb.node.data.backups)] == [Standing.FAILED, Standing.VERIFIED]


@pytest.mark.parametrize("harm", ["flipped", "cut short"])
def test_a_copy_that_came_out_damaged_is_noticed(
    emb: Site, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    """XC-09: a disk that does not keep what it was given."""

    def badly(source: Path, target: Path, progress: Any) -> None:
        backup(source, target, progress)
        whole = bytearray(target.read_bytes())
        if harm == "flipped":
            whole[len(whole) // 2 : len(whole) // 2 + 20000] = os.urandom(20000)
        else:
            del whole[len(whole) // 2 :]
        target.write_bytes(whole)

    monkeypatch.setattr(backup_work, "backup", badly)
    made = make(job(emb), quiet)
    assert made.problem in ("damaged", "pages", "entries", "rows")
    assert copies(emb.node.data.backups)[0].standing is Standing.FAILED


def test_a_copy_that_changed_since_counts_as_unchecked(emb: Site) -> None:
    """XC-09: a note says nothing of another file."""
    made = make(job(emb), quiet)
    with made.path.open("ab") as handle:
        handle.write(bytes(4096))
    assert copies(emb.node.data.backups)[0].standing is Standing.UNCHECKED


def test_thinning_follows_a_good_backup(emb: Site) -> None:
    """XC-09: 24 h whole, then one a day; never after one that did not stand."""
    now = ms("08:00:00")
    folder = emb.node.data.backups
    old = [now - hours * HOUR_MS for hours in (30, 29, 28, 2)]
    for at in old:
        make(job(emb, at=at), quiet)
    assert [each.at for each in copies(folder)] == [old[3], old[2]], (
        "of the day before yesterday's three the last"
    )
    touched(emb)
    make(job(emb, at=now + 40 * DAY_MS), quiet)
    assert len(copies(folder)) == 3


# -- the second folder -------------------------------------------------------------------------------------------------------
def test_the_second_folder_gets_what_was_checked(emb: Site, tmp_path: Path) -> None:
    """XC-09: another disk or a stick; the copy there is read back and restores as well."""
    stick = tmp_path / "stick"
    stick.mkdir()
    assert make(job(emb, second=stick), quiet).second == "missing", "an empty place where the stick is not in"
    assert not list(stick.iterdir())
    mark(stick, emb.node.me.site)
    assert make(job(emb, second=stick), quiet).second == "kept"
    [there] = copies(stick)
    assert there.standing is Standing.VERIFIED
    assert there.digest == digest_of(there.path) == copies(emb.node.data.backups)[0].digest
    assert make(job(emb, second=tmp_path / "gone"), quiet).second == "missing"


def test_a_copy_that_arrives_changed_gets_no_name(
    emb: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(job(emb), quiet)
    [copy] = copies(made.path.parent)

    def badly(_source: Path, target: Path) -> None:
        target.write_bytes(b"something else")

    monkeypatch.setattr("app.bootstrap.backup_store.shutil.copyfile", badly)
    with pytest.raises(OSError, match="arrived changed"):
        carry(copy, tmp_path)
    assert not list(tmp_path.glob("console-*"))
    assert not list(tmp_path.glob(".console-*"))


# -- room --------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("a small disk cannot be mounted here")
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_no_room_is_said_before_anything_is_written(emb: Site, small_disk: Path) -> None:
    """XC-09: the disk of the console is not filled by its backups, and nothing good is given up for a new one."""
    with pytest.raises(EnvironmentFault) as fault:
        make(job(emb, folder=small_disk), quiet)
    assert fault.value.code == "backup.no_room"
    assert fault.value.params["need"] > fault.value.params["free"]
    assert not list(small_disk.iterdir())


def test_room_for_the_files_of_attachments_is_asked_too(
    emb: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XC-09, CM-05: they come with the copy, once; the second folder needs room for them as well."""
    attached(emb, picture(tmp_path, "a.jpg", 3 << 20), register(emb).id)
    second = tmp_path / "second"
    second.mkdir()
    mark(second, emb.node.me.site)
    alone = room_needed(emb.node.data.database.stat().st_size) + (1 << 20)
    room = {emb.node.data.backups: alone, second: 1 << 30}
    monkeypatch.setattr(backup_work, "free_bytes", lambda folder: room[folder])
    with pytest.raises(EnvironmentFault) as fault:
        make(job(emb), quiet)
    assert fault.value.code == "backup.no_room"
    assert not list(emb.node.data.backups.glob("*"))
    room = {emb.node.data.backups: 1 << 30, second: 2 << 20}
    assert make(job(emb), quiet).problem == ""
    room[emb.node.data.backups] = alone
    made = make(job(emb, second=second), quiet)
    assert (made.problem, made.second) == ("", "full"), (
        "the first folder has them already, the second does not"
    )
    room[second] = 1 << 30
    assert make(job(emb, second=second), quiet).second == "kept"


def test_a_disk_that_fills_on_the_way(emb: Site, small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XC-09: others write too; no half copy gets a name, and one that could not be restored for lack of room is unchecked."""
    monkeypatch.setattr(backup_work, "check_room", lambda *_: None)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes((8 << 20) - 100_000))
    with pytest.raises(EnvironmentFault) as fault:
        make(job(emb, folder=small_disk), quiet)
    assert fault.value.code == "backup.full"
    assert [each.name for each in small_disk.iterdir()] == ["ballast"]
    size = emb.node.data.database.stat().st_size
    ballast.write_bytes(bytes((8 << 20) - size - size // 2))
    with pytest.raises(EnvironmentFault) as fault:
        make(job(emb, folder=small_disk), quiet)
    assert fault.value.code == "backup.unchecked"
    assert [each.standing for each in copies(small_disk)] == [Standing.UNCHECKED]


def test_a_second_folder_without_room(emb: Site, small_disk: Path) -> None:
    """XC-09: said; the copy on this machine stands."""
    mark(small_disk, emb.node.me.site)
    (small_disk / "ballast").write_bytes(bytes((8 << 20) - 100_000))
    made = make(job(emb, second=small_disk), quiet)
    assert (made.problem, made.second) == ("", "full")


# -- the child process -------------------------------------------------------------------------------------------------------
def test_given_up_in_the_middle_leaves_nothing_the_next_one_does_not_sweep(emb: Site) -> None:
    register(emb)
    seen: list[str] = []

    def stop(stage: str, _done: int, _total: int) -> None:
        seen.append(stage)
        if stage == "restore":
            child.give_up()

    child = Child({"kind": "backup", "root": str(emb.node.data.root), **job(emb).told()}, stop)
    with pytest.raises(GivenUpError):
        child.run()
    assert "restore" in seen
    assert all(each.standing is not Standing.VERIFIED for each in copies(emb.node.data.backups))
    make(job(emb), quiet)
    assert not list(emb.node.data.backups.glob(f"{SCRATCH}*"))


def test_trouble_in_the_child_comes_out_as_its_sentence(emb: Site, tmp_path: Path) -> None:
    away = job(emb, folder=tmp_path / "gone")
    child = Child({"kind": "backup", "root": str(emb.node.data.root), **away.told()}, quiet)
    with pytest.raises(EnvironmentFault) as fault:
        child.run()
    assert (fault.value.code, fault.value.text) == ("backup.unwritable", "fault.backup.unwritable")
    assert fault.value.params["path"] == str(tmp_path / "gone")


def test_a_child_that_dies_is_told(emb: Site) -> None:
    with pytest.raises(RuntimeError, match="without an answer"):
        Child({"kind": "nothing of the kind", "root": str(emb.node.data.root)}, quiet).run()


def test_a_child_goes_with_its_parent(emb: Site) -> None:
    """Nobody is left to tell: a console that was killed leaves no process behind."""
    emb.node.close()
    data = emb.node.data
    with contextlib.closing(sqlite3.connect(data.database, isolation_level=None)) as holder:
        holder.execute("PRAGMA journal_mode=DELETE")
        holder.execute("BEGIN EXCLUSIVE")  # the child waits for it
        child = subprocess.Popen(
            [sys.executable, "-m", "app.bootstrap.child_work"],
            cwd=MAIN.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        assert child.stdin is not None
        child.stdin.write(
            json.dumps({"kind": "verify", "root": str(data.root), "language": "zh_CN"}).encode() + b"\n"
        )
        child.stdin.close()
        assert child.wait(PATIENCE_S) == ALONE
        holder.execute("ROLLBACK")
    emb.node = Node(Open(data, emb.clock))


# -- by schedule -------------------------------------------------------------------------------------------------------------
def verified(site: Site) -> list[Copy]:
    return [each for each in copies(site.node.data.backups) if each.standing is Standing.VERIFIED]


def test_made_by_schedule_day_and_handover(emb: Site) -> None:
    """XC-09: at the first start, every six hours, when a watch is handed over, on a new day."""
    with Backups(emb.node, AT_ONCE) as keeper:
        until(lambda: len(verified(emb)) == 1)
        emb.clock.advance(3 * 3600)
        act(emb, "duty_officer", TakeWatch(post=Post.DUTY_OFFICER))
        until(lambda: len(verified(emb)) == 2)
        emb.clock.advance(6 * 3600)
        until(lambda: len(verified(emb)) == 3)
        emb.clock.advance(6 * 3600)
        until(lambda: len(verified(emb)) == 4)
        emb.at("00:00:01", "2025-07-15")
        until(lambda: len(verified(emb)) == 5)
        reasons = ["first", "handover", "schedule", "schedule", "day"]
        assert [each.why for each in reversed(verified(emb))] == reasons
        until(lambda: keeper.state.ended == 5)
        assert (keeper.state.stage, keeper.state.trouble) == ("", None)
    assert not keeper._thread.is_alive()


def test_asked_for_and_given_up(emb: Site) -> None:
    """XC-09: on command; given up, the running child is gone at once."""
    pace = Pace(start_s=PATIENCE_S, look_s=PATIENCE_S)
    with Backups(emb.node, pace) as keeper:
        keeper.ask()
        until(lambda: keeper.state.ended == 1)
        assert [each.why for each in copies(emb.node.data.backups)] == ["asked"]
        emb.clock.advance(5)
        keeper.ask()
        until(lambda: keeper.state.stage)
        keeper.give_up()
        until(lambda: keeper.state.ended == 2)
        assert keeper.state.trouble is None
        assert len(verified(emb)) <= 2


class StubbornChild(Child):
    """Runs until it is given up."""

    def __init__(self, job: dict[str, Any], tell: Any) -> None:
        super().__init__(job, tell)
        self.ended = threading.Event()

    def run(self) -> dict[str, Any]:
        assert self.ended.wait(PATIENCE_S)
        raise GivenUpError

    def give_up(self) -> None:
        self.ended.set()


def test_closing_waits_for_no_backup(emb: Site) -> None:
    keeper = Backups(emb.node, AT_ONCE, StubbornChild)
    keeper.begin()
    until(lambda: keeper.state.stage)
    keeper.close()
    assert not keeper._thread.is_alive()


def test_what_failed_is_said_and_tried_again_later(emb: Site, tmp_path: Path) -> None:
    """XC-09: a touched record; a second folder that is not there is a trouble of its own, the copy stands."""
    with Backups(emb.node, AT_ONCE) as keeper:
        keeper.choose_second(tmp_path / "away")
        until(lambda: keeper.state.trouble)
        trouble = keeper.state.trouble
        assert trouble is not None and trouble.code == "backup.second_missing"
        assert len(verified(emb)) == 1
        keeper.choose_second(None)
        register(emb)
        touched(emb)
        emb.clock.advance(7 * 3600)
        until(lambda: keeper.state.trouble is not None and keeper.state.trouble.code == "backup.check")
        ended = keeper.state.ended
        assert keeper._due() is None, "not again and again"
        assert keeper.state.ended == ended


def test_a_killed_console_leaves_no_name_without_a_check(emb: Site) -> None:
    """XC-09: a copy whose check was cut off is there, unchecked, and does not count."""
    backup(emb.node.data.database, emb.node.data.backups / backup_name(emb.clock.now_ms()))
    with Backups(emb.node, AT_ONCE):
        until(lambda: verified(emb))
    assert [each.standing for each in copies(emb.node.data.backups)] == [
        Standing.VERIFIED,
        Standing.UNCHECKED,
    ]
