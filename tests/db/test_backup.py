"""Backups: one moment of a running database, checked, named last, never over another file (QUALITY, Reliability)."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import backup as module
from db import migrate
from db.backup import BackupCancelledError, backup, backup_moment, backup_name, backups, check_backup
from db.engine import open_writer
from db.problems import DatabaseProblemError, ProblemKind
from tests.db.unprivileged import bound_by_permissions, hand_over, take_back


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "console.db"
    path.parent.mkdir()
    migrate.create(path)
    return path


def fill(connection: sqlite3.Connection, rows: int, size: int = 2_000) -> None:
    """Put drafts of random text in, one transaction each hundred."""
    for start in range(0, rows, 100):
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO draft (id, account_id, command, content, saved_at) VALUES (?, 'a', 'c', ?, 0)",
            [(f"{start + n}", os.urandom(size // 2).hex()) for n in range(min(100, rows - start))],
        )
        connection.execute("COMMIT")


@pytest.fixture
def writer(source: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(open_writer(source)) as connection:
        fill(connection, 500)
        yield connection


def count(path: Path) -> int:
    """Drafts in a file."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM draft").fetchone()[0])


def test_copy_holds_everything_and_stands_by_itself(
    source: Path, writer: sqlite3.Connection, tmp_path: Path
) -> None:
    target = tmp_path / "copy.db"
    backup(source, target)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["copy.db", "data"]
    info = check_backup(target)
    assert (info.path, info.revision, info.size, info.entries) == (
        target,
        migrate.HEAD,
        target.stat().st_size,
        0,
    )
    with contextlib.closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (
            "delete",
        )  # whoever opens it makes no log
        assert connection.execute("SELECT count(*) FROM draft").fetchone() == (500,)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["copy.db", "data"]
    if os.name == "posix":
        assert target.stat().st_mode & 0o777 == 0o600


def test_copy_shows_the_moment_of_its_beginning_while_a_writer_writes(
    source: Path, writer: sqlite3.Connection, tmp_path: Path
) -> None:
    """A commit between two steps neither enters the copy nor makes it start again."""
    done: list[int] = []

    def write(copied: int, total: int) -> None:
        fill_one = (
            "INSERT INTO draft (id, account_id, command, content, saved_at) VALUES (?, 'a', 'c', '', 0)",
            (f"n{len(done)}",),
        )
        writer.execute(*fill_one)
        done.append(copied)

    backup(source, tmp_path / "copy.db", progress=write, pages_per_step=16)
    assert len(done) > 10
    assert done == sorted(done)
    assert done[-1] > 200
    assert count(tmp_path / "copy.db") == 500
    assert count(source) == 500 + len(done)


def test_copy_under_a_writer_that_never_rests(
    source: Path, writer: sqlite3.Connection, tmp_path: Path
) -> None:
    resting = threading.Event()

    def write() -> None:
        with contextlib.closing(open_writer(source)) as connection:
            number = 0
            while not resting.is_set():
                connection.execute("UPDATE draft SET saved_at = ? WHERE id = ?", (number, str(number % 500)))
                number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        backup(source, tmp_path / "copy.db", pages_per_step=8)
    finally:
        resting.set()
        thread.join()
    assert check_backup(tmp_path / "copy.db")
    assert count(tmp_path / "copy.db") == 500


def test_existing_file_is_never_replaced(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "copy.db"
    target.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        backup(source, target)
    target.unlink()

    def intrude(copied: int, total: int) -> None:
        target.write_bytes(b"precious")

    with pytest.raises(FileExistsError):
        backup(source, target, progress=intrude)
    target.unlink()

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(FileExistsError):
        backup(source, target, progress=intrude)
    assert target.read_bytes() == b"precious"
    target.unlink()
    backup(source, target)
    assert check_backup(target)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["copy.db", "data"]


def test_cancelled_copy_leaves_nothing(source: Path, writer: sqlite3.Connection, tmp_path: Path) -> None:
    asked: list[int] = []

    def cancel() -> bool:
        asked.append(1)
        return len(asked) == 3

    with pytest.raises(BackupCancelledError):
        backup(source, tmp_path / "copy.db", cancel=cancel, pages_per_step=16)
    assert [each.name for each in tmp_path.iterdir()] == ["data"]
    assert len(asked) == 3


def test_failing_progress_leaves_nothing(source: Path, tmp_path: Path) -> None:
    def fail(copied: int, total: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        backup(source, tmp_path / "copy.db", progress=fail)
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def kind_of(source: Path, target: Path) -> tuple[ProblemKind, Path]:
    """The problem a backup ends with, and the file it speaks of."""
    with pytest.raises(DatabaseProblemError) as problem:
        backup(source, target)
    return problem.value.kind, problem.value.path


def test_missing_and_damaged_sources(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    assert kind_of(tmp_path / "none.db", target) == (ProblemKind.MISSING, tmp_path / "none.db")
    data = bytearray(source.read_bytes())
    data[4096 * 3 : 4096 * 3 + 64] = b"\xff" * 64
    source.write_bytes(data)
    assert kind_of(source, target) == (ProblemKind.DAMAGED, source)
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_missing_and_read_only_targets(source: Path, tmp_path: Path) -> None:
    assert kind_of(source, tmp_path / "no" / "copy.db")[0] is ProblemKind.MISSING
    sealed = tmp_path / "sealed"
    sealed.mkdir()
    hand_over(sealed)
    source.chmod(0o644)
    for each in (tmp_path, source.parent):
        each.chmod(0o755)
    with bound_by_permissions():
        kind, path = kind_of(source, sealed / "copy.db")
    take_back(sealed)
    assert (kind, path) == (ProblemKind.READ_ONLY, sealed / "copy.db")
    assert list(sealed.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    ) if os.name == "posix" and os.geteuid() == 0 else None  # fmt: skip
    if mount is None or mount.returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk_leaves_nothing(source: Path, writer: sqlite3.Connection, small_disk: Path) -> None:
    assert kind_of(source, small_disk / "copy.db") == (ProblemKind.FULL, small_disk / "copy.db")
    assert list(small_disk.iterdir()) == []
    with contextlib.closing(open_writer(source)) as connection:
        connection.execute("DELETE FROM draft")
        connection.execute("VACUUM")
    backup(source, small_disk / "copy.db")
    assert check_backup(small_disk / "copy.db")


def test_disk_that_fills_at_the_last_flush_leaves_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    assert kind_of(source, tmp_path / "copy.db") == (ProblemKind.FULL, tmp_path / "copy.db")
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_new_database_on_a_full_disk_leaves_nothing(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(900_000))
    with pytest.raises(DatabaseProblemError) as problem:
        migrate.create(small_disk / "console.db")
    assert problem.value.kind is ProblemKind.FULL
    assert [each.name for each in small_disk.iterdir()] == ["ballast"]


def test_checks_before_naming(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not pass the check never gets the name of a backup."""

    def bad(connection: sqlite3.Connection, path: Path) -> None:
        assert not (tmp_path / "copy.db").exists()
        raise DatabaseProblemError(ProblemKind.DAMAGED, path, "page 7")

    monkeypatch.setattr(module, "quick_check", bad)
    assert kind_of(source, tmp_path / "copy.db") == (ProblemKind.DAMAGED, source)
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_damaged_foreign_and_newer_backups_are_told(source: Path, tmp_path: Path) -> None:
    def kind(path: Path) -> ProblemKind:
        with pytest.raises(DatabaseProblemError) as problem:
            check_backup(path)
        return problem.value.kind

    copy = tmp_path / "copy.db"
    backup(source, copy)
    cut = tmp_path / "cut.db"
    cut.write_bytes(copy.read_bytes()[:-4096])
    assert kind(cut) is ProblemKind.DAMAGED
    flipped = bytearray(copy.read_bytes())
    flipped[4096 * 5 + 2] ^= 0xFF
    cut.write_bytes(flipped)
    assert kind(cut) is ProblemKind.DAMAGED
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE note (id)")
    assert kind(tmp_path / "other.db") is ProblemKind.FOREIGN
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert kind(copy) is ProblemKind.NEWER
    assert kind(tmp_path / "none.db") is ProblemKind.MISSING


# -- a folder of backups ------------------------------------------------------------------------------------------------
DAY_MS = 86_400_000


def test_names_sort_as_times(tmp_path: Path) -> None:
    assert backup_name(1_752_465_730_000) == "console-20250714T040210Z.db"
    names = [backup_name(n * DAY_MS * 31) for n in range(40)]
    assert names == sorted(names)


def test_backups_of_a_folder_are_those_with_such_a_name(source: Path, tmp_path: Path) -> None:
    assert backups(tmp_path / "none") == []
    made = []
    for day in (3, 1, 2):
        made.append(tmp_path / backup_name(day * DAY_MS))
        backup(source, made[-1])
        assert backup_moment(made[-1]) == day * DAY_MS
    for other in ("console-old.db", "notes.txt", "console-20250714T040210Z.db.part"):
        (tmp_path / other).touch()
    assert backups(tmp_path) == sorted(made)
    with pytest.raises(ValueError, match="does not match"):
        backup_moment(tmp_path / "console-old.db")
