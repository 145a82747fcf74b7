"""Backups: a stepped copy of the running database, checked before it gets its name (XC-01; QUALITY,
Reliability).

A backup holds the database and nothing else. The keys stay out: a copy of a signing key beside a copy of the
journal would let two workstations write one chain. A restored database therefore goes on as a new site
(REPLICATION, Trust).
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from db.examine import HEAD, check_header, open_read_only, quick_check, reading, revision_of
from db.problems import DatabaseProblemError, ProblemKind, problem_of

PAGES_PER_STEP = 256  # 1 MiB: a step takes about a millisecond
_NAME = re.compile(r"^console-\d{8}T\d{6}Z\.db$")

Progress = Callable[[int, int], None]
"""Told (pages copied, pages in all)."""


class BackupCancelledError(Exception):
    """The backup was given up on request; nothing is left of it."""


@dataclass(frozen=True)
class BackupInfo:
    """A sound backup: its file, schema revision, size in bytes and number of journal entries."""

    path: Path
    revision: str
    size: int
    entries: int


def backup(
    source: Path,
    target: Path,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
    pages_per_step: int = PAGES_PER_STEP,
) -> None:
    """Copy a database, also while it is being written, into a new file that stands by itself.

    The copy shows one moment: that of the beginning. It gets its name when all its pages were checked and lie
    on the disk. FileExistsError when `target` exists; BackupCancelledError when `cancel` answers True between
    two steps; DatabaseProblemError: source missing, damaged or locked, target's disk full or read-only.
    Nothing half-written stays.
    """
    if target.exists():
        raise FileExistsError(target)
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        _copy(source, partial, target, _Steps(progress, cancel), pages_per_step)
        _sync(partial)
        _name(partial, target)
    except OSError as error:
        if isinstance(error, FileExistsError):
            raise
        raise DatabaseProblemError(_kind_of(error), target, str(error)) from error
    finally:
        for each in (
            partial,
            *(partial.with_name(partial.name + end) for end in ("-journal", "-wal", "-shm")),
        ):
            each.unlink(missing_ok=True)


class _Steps:
    """What happens between two steps."""

    def __init__(self, progress: Progress | None, cancel: Callable[[], bool] | None) -> None:
        self._progress, self._cancel = progress, cancel

    def __call__(self, status: int, remaining: int, total: int) -> None:
        if self._cancel is not None and self._cancel():
            raise BackupCancelledError
        if self._progress is not None:
            self._progress(total - remaining, total)


def _copy(source: Path, partial: Path, target: Path, steps: _Steps, pages: int) -> None:
    partial.unlink(missing_ok=True)
    with contextlib.closing(open_read_only(source)) as reader:
        try:
            # One read transaction over all steps: a writer's commits neither enter the copy nor restart it.
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise problem_of(error, source) from error
        try:
            with contextlib.closing(sqlite3.connect(partial, isolation_level=None)) as writer:
                os.chmod(partial, 0o600)
                writer.execute("PRAGMA journal_mode=OFF")  # nothing to roll back to: a failed copy is removed
                writer.execute("PRAGMA synchronous=OFF")  # made durable at the end, at once
                reader.backup(writer, pages=pages, progress=steps)
                writer.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
                quick_check(writer, source)
        except sqlite3.Error as error:
            problem = problem_of(error, target)
            raise DatabaseProblemError(
                problem.kind, source if problem.kind is ProblemKind.DAMAGED else target, str(error)
            ) from error


def _kind_of(error: OSError) -> ProblemKind:
    if isinstance(error, PermissionError):
        return ProblemKind.READ_ONLY
    return ProblemKind.MISSING if isinstance(error, FileNotFoundError) else ProblemKind.FULL


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name(partial: Path, target: Path) -> None:
    """Give the finished file its name without replacing another; FileExistsError if one came in between."""
    try:
        os.link(partial, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links, such as a memory stick
        if target.exists():
            raise FileExistsError(target) from None
        partial.rename(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a new name durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_backup(path: Path) -> BackupInfo:
    """Read a backup through; DatabaseProblemError: damaged, not ours, or newer than this version."""
    check_header(path)
    revision = revision_of(path)
    if revision is None:
        raise DatabaseProblemError(ProblemKind.DAMAGED, path, "no schema")
    if revision > HEAD:
        raise DatabaseProblemError(ProblemKind.NEWER, path, revision)
    with reading(path) as connection:
        quick_check(connection, path)
        entries = connection.execute("SELECT count(*) FROM op").fetchone()[0]
    return BackupInfo(path, revision, path.stat().st_size, entries)


# -- a folder of backups ---------------------------------------------------------------------------------
def backup_name(at_ms: int) -> str:
    """File name of a backup made at a moment (UTC milliseconds): names sort as their times do."""
    return f"console-{datetime.fromtimestamp(at_ms // 1000, UTC):%Y%m%dT%H%M%SZ}.db"


def backups(folder: Path) -> list[Path]:
    """Backups in a folder, oldest first; other files are not looked at."""
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if _NAME.match(each.name) and each.is_file())


def backup_moment(path: Path) -> int:
    """Moment (UTC milliseconds) of which a backup's name tells; ValueError for another name."""
    when = datetime.strptime(path.name, "console-%Y%m%dT%H%M%SZ.db").replace(tzinfo=UTC)
    return int(when.timestamp()) * 1000
