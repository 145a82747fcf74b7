"""One backup from its beginning to its end: room, copy, restored and checked, second folder, thinning (XC-09).

Runs in a child process of a running console, or in the command line's own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.bootstrap.backup_store import (
    FILES,
    Copy,
    carry,
    copies,
    digest_of,
    free_bytes,
    is_marked,
    remove,
    write_note,
)
from app.bootstrap.beside import AttachmentsBeside, FilesBeside
from app.bootstrap.proving import prove, sweep
from app.domain.backups import Why, room_needed, to_remove
from app.journal.verify import Progress
from app.kernel.clock import DAY_MS, SECOND_MS
from app.kernel.errors import EnvironmentFault
from app.local.attachments import AttachmentStore
from db.backup import backup, backup_name
from db.examine import wal_of
from db.problems import DatabaseProblemError, ProblemKind

MIB = 1 << 20


@dataclass(frozen=True)
class BackupJob:
    """What is asked: database, its folder of backups, the moment (UTC ms), why, the second folder, how long copies are kept."""

    database: Path
    folder: Path
    at: int
    why: str = Why.ASKED
    second: Path | None = None
    keep_all_ms: int = DAY_MS
    keep_days: int = 30
    second_ids: tuple[
        str, ...
    ] = ()  # of marks; the folder of that path with another mark is not the one that was chosen

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> BackupJob:
        """From JSON."""
        second = told.get("second")
        return cls(
            Path(told["database"]),
            Path(told["folder"]),
            int(told["at"]),
            str(told["why"]),
            None if second is None else Path(second),
            int(told["keep_all_ms"]),
            int(told["keep_days"]),
            tuple(map(str, told["second_ids"])),
        )

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "database": str(self.database),
            "folder": str(self.folder),
            "at": self.at,
            "why": str(self.why),
            "second": None if self.second is None else str(self.second),
            "keep_all_ms": self.keep_all_ms,
            "keep_days": self.keep_days,
            "second_ids": list(self.second_ids),
        }


@dataclass(frozen=True)
class Made:
    """The copy, what is wrong with it ("" when nothing is), how the second folder fared (key of a state), what was removed."""

    path: Path
    problem: str
    second: str = ""
    removed: list[str] = field(default_factory=list)


@dataclass
class _Seconds:
    """Moments of the work by the job's own clock."""

    at: int
    begun: float = field(default_factory=time.monotonic)

    def now(self) -> int:
        return self.at + round((time.monotonic() - self.begun) * SECOND_MS)


def check_room(database: Path, folder: Path, keeper: FilesBeside) -> None:
    """EnvironmentFault `backup.no_room` when a backup, with the files that belong to it, would fill the disk the console works
    on."""
    size = sum(each.stat().st_size for each in (database, wal_of(database)) if each.exists())
    need, free = room_needed(size) + keeper.outstanding(folder / FILES), free_bytes(folder)
    if free < need:
        raise EnvironmentFault(
            "backup.no_room", "fault.backup.no_room", need=-(-need // MIB), free=free // MIB, path=str(folder)
        )


def make(job: BackupJob, tell: Progress, beside: FilesBeside | None = None) -> Made:
    """Make, check and keep a backup; EnvironmentFault when none could be made. A copy that does not stand is kept as such.

    Nothing is thinned after a failure: what was good before is what there is.
    """
    keeper = beside or AttachmentsBeside(job.database.parent)
    clock = _Seconds(job.at)
    with told_as_backup(job.folder):
        sweep(job.folder)
        AttachmentStore(job.folder / FILES).sweep_left()
        check_room(job.database, job.folder, keeper)
        path = _free_name(job)
        backup(job.database, path, lambda done, total: tell("copy", done, total))
    made = Copy(path, job.at // SECOND_MS * SECOND_MS, path.stat().st_size, job.why)
    checked = _checked(made, job, tell, clock, keeper)
    with told_as_backup(job.folder):
        write_note(checked)
    if checked.problem:
        return Made(path, checked.problem)
    removed = thin(job.folder, job)
    return Made(path, "", _second(checked, job, tell, keeper), removed)


def _free_name(job: BackupJob) -> Path:
    at = job.at
    while (path := job.folder / backup_name(at)).exists():  # two in one second
        at += SECOND_MS
    return path


def _checked(made: Copy, job: BackupJob, tell: Progress, clock: _Seconds, keeper: FilesBeside) -> Copy:
    """Restored and looked through; no room for that leaves it unchecked, and says so."""
    try:
        proof = prove(made.path, job.folder, tell)
        if not proof.problem:
            keeper.carry(made.path, job.folder / FILES)
    except DatabaseProblemError as wrong:
        if wrong.kind is ProblemKind.FULL:
            raise EnvironmentFault(
                "backup.unchecked", "fault.backup.unchecked", path=str(made.path)
            ) from wrong
        return replace(made, problem=str(wrong.kind))
    except OSError as wrong:
        raise EnvironmentFault("backup.unchecked", "fault.backup.unchecked", path=str(made.path)) from wrong
    problem = proof.problem
    if not problem and keeper.missing(made.path, job.folder / FILES):
        problem = "files"
    verified = None if problem else clock.now()
    return replace(
        made,
        entries=proof.entries,
        verified_at=verified,
        problem=problem,
        digest="" if problem else digest_of(made.path),
    )


def _second(copy: Copy, job: BackupJob, tell: Progress, keeper: FilesBeside) -> str:
    """Carry a good copy into the second folder; the state it is left in."""
    folder = job.second
    if folder is None:
        return "none"
    if not is_marked(folder, job.second_ids):
        return "missing"
    tell("second", 0, 1)
    try:
        AttachmentStore(folder / FILES).sweep_left()
        if free_bytes(folder) < copy.size + keeper.outstanding(folder / FILES):
            return "full"
        carry(copy, folder)
        keeper.carry(copy.path, folder / FILES)
        thin(folder, job)
    except (OSError, DatabaseProblemError):
        return "unwritable"
    tell("second", 1, 1)
    return "kept"


def thin(folder: Path, job: BackupJob) -> list[str]:
    """Take away what is not kept any more (RULES: settings, XC-09); the newest verified copy stays whatever its age."""
    found = copies(folder)
    gone = set(to_remove([each.kept for each in found], job.at, job.keep_all_ms, job.keep_days))
    for each in found:
        if each.path.name in gone:
            remove(each.path)
    return sorted(gone)


@contextmanager
def told_as_backup(folder: Path) -> Iterator[None]:
    """Trouble with the folder of backups in its own words: it is the copy that failed, no act of an officer."""
    try:
        yield
    except DatabaseProblemError as wrong:
        if wrong.kind is ProblemKind.FULL:
            raise EnvironmentFault("backup.full", "fault.backup.full", path=str(folder)) from wrong
        if wrong.kind is ProblemKind.READ_ONLY:
            raise EnvironmentFault(
                "backup.unwritable", "fault.backup.unwritable", path=str(folder)
            ) from wrong
        raise
    except OSError as wrong:
        raise EnvironmentFault("backup.unwritable", "fault.backup.unwritable", path=str(folder)) from wrong
