"""Is a copy any good? It is restored into a folder of its own and looked through as a whole (XC-09).

Everything that restoring does is done here but what needs the agency's recovery key: the copy is read through, put in its place,
brought to this version's schema, opened, projected where that is owed, and then verified entry by entry and row by row.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.bootstrap.feature_table import policy
from app.journal.deriving import DERIVERS
from app.journal.journal import Identity, Journal
from app.journal.keys import SiteKey
from app.journal.reprojection import Standpoint
from app.journal.verify import Depth, Progress, VerifyReport, verify
from app.kernel.clock import SystemClock
from app.local import identity
from app.local.identity import SelfRow
from db import migrate
from db.backup import check_backup
from db.engine import open_writer
from db.problems import DatabaseProblemError, ProblemKind

SCRATCH = ".check-"
_NAME = "console.db"


@dataclass(frozen=True)
class Proof:
    """What came of it: entries held, and what is wrong in short ("" when nothing is); `report` of the verification."""

    entries: int
    problem: str
    report: dict[str, Any]


@contextlib.contextmanager
def scratch_in(folder: Path) -> Iterator[Path]:
    """A private folder that goes away afterwards; what a killed check has left goes away first."""
    sweep(folder)
    made = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=folder))
    before = os.environ.get("SQLITE_TMPDIR")
    os.environ["SQLITE_TMPDIR"] = str(made)  # the projection anew needs its room where room was counted
    try:
        yield made
    finally:
        if before is None:
            del os.environ["SQLITE_TMPDIR"]
        else:
            os.environ["SQLITE_TMPDIR"] = before
        shutil.rmtree(made, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Take away what killed checks and copies have left in a folder of backups."""
    for left in folder.glob(f"{SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)
    for left in folder.glob(".console-*.part*"):
        left.unlink(missing_ok=True)


def prove(copy: Path, folder: Path, tell: Progress) -> Proof:
    """Restore a copy inside `folder` and verify it; DatabaseProblemError when it cannot even be opened, or the disk is full."""
    held = check_backup(copy)
    with scratch_in(folder) as scratch:
        tell("restore", 0, 1)
        restored = scratch / _NAME
        shutil.copyfile(copy, restored)
        known = _open_once(restored, scratch)
        tell("restore", 1, 1)
        report = verify(
            restored,
            Standpoint(known.realm, known.agency, known.recovery_key, known.site),
            policy(),
            DERIVERS,
            depth=Depth(workers=1),
            progress=tell,
        )
    problem = _problem_of(report)
    if not problem and report.entries != held.entries:
        problem = "entries"
    return Proof(held.entries, problem, report.as_dict())


def _open_once(path: Path, scratch: Path) -> SelfRow:
    """As a start does it: schema, who it is, journal, projection anew where that is owed."""
    owed = migrate.bring_up_to_date(path, scratch)
    connection = open_writer(path)
    try:
        known = identity.read_self(connection)
        if known is None:
            raise DatabaseProblemError(
                ProblemKind.DAMAGED, path, "the row that says whose site this is, is gone"
            )
        who = Identity(known.realm, known.agency, known.recovery_key, SiteKey.generate())
        journal = Journal(connection, who, policy(), SystemClock(), DERIVERS)
        if owed or journal.outdated:
            journal.rebuild()
            migrate.rebuilt(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return known
    finally:
        connection.close()


def _problem_of(report: VerifyReport) -> str:
    if report.ok:
        return ""
    found = {
        "pages": report.pages,
        "entries": report.faults,
        "guards": report.guards_missing or report.strange,
        "projection": report.projection_failed,
        "rows": report.differences_total,
    }
    return ", ".join(name for name, wrong in found.items() if wrong) or "record"
