"""What may be wrong with a database file, told so that a person can act on it."""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from pathlib import Path


class ProblemKind(StrEnum):
    """What may be wrong with a database file."""

    DAMAGED = "damaged"
    NEWER = "newer"
    FOREIGN = "foreign"
    MISSING = "missing"
    LOCKED = "locked"
    READ_ONLY = "readonly"
    FULL = "full"


class DatabaseProblemError(Exception):
    """A database file that cannot be used as it is; the file was left untouched."""

    def __init__(self, kind: ProblemKind, path: Path, detail: str = "") -> None:
        super().__init__(f"{kind}: {path} {detail}")
        self.kind, self.path, self.detail = kind, path, detail


_KINDS = {
    sqlite3.SQLITE_BUSY: ProblemKind.LOCKED,
    sqlite3.SQLITE_LOCKED: ProblemKind.LOCKED,
    sqlite3.SQLITE_READONLY: ProblemKind.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: ProblemKind.READ_ONLY,
    sqlite3.SQLITE_PERM: ProblemKind.READ_ONLY,
    sqlite3.SQLITE_FULL: ProblemKind.FULL,
    sqlite3.SQLITE_IOERR: ProblemKind.FULL,
}
# Reading failed: the disk or the file is broken. Every other I/O error comes from writing: no room, or a bad disk.
_FAILED_READS = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}


def problem_of(error: sqlite3.Error, path: Path) -> DatabaseProblemError:
    """Translate an error of SQLite into what a person can act on; misuse of the library is a bug and raised as it is."""
    if not hasattr(error, "sqlite_errorcode"):
        raise error
    code = error.sqlite_errorcode
    kind = _KINDS.get(code & 0xFF, ProblemKind.DAMAGED)
    if code in _FAILED_READS:
        kind = ProblemKind.DAMAGED
    elif kind is ProblemKind.READ_ONLY and not path.parent.exists():
        kind = ProblemKind.MISSING
    return DatabaseProblemError(kind, path, str(error))
