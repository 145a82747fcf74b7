"""Bringing a database file to this version's schema, or saying clearly why not. The file is never overwritten (XC-01).

Older: a copy is made first, then migrated with foreign keys off and checked. Newer or damaged: refused, untouched.
"""

from __future__ import annotations

import shutil
import sqlite3
from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

HEAD = "0001"
APPLICATION_ID = 0x4A444331  # "JDC1"


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


def problem_of(error: sqlite3.Error, path: Path) -> DatabaseProblemError:
    """Translate an SQLite error into what a person can act on."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    kinds = {
        sqlite3.SQLITE_BUSY: ProblemKind.LOCKED,
        sqlite3.SQLITE_LOCKED: ProblemKind.LOCKED,
        sqlite3.SQLITE_READONLY: ProblemKind.READ_ONLY,
        sqlite3.SQLITE_CANTOPEN: ProblemKind.READ_ONLY,
        sqlite3.SQLITE_FULL: ProblemKind.FULL,
        sqlite3.SQLITE_IOERR: ProblemKind.FULL,
    }
    return DatabaseProblemError(kinds.get(code, ProblemKind.DAMAGED), path, str(error))


def revision_of(path: Path) -> str | None:
    """Schema revision of a file, None for an empty one; DatabaseProblemError when damaged or not ours."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not names:
            return None
        if application != APPLICATION_ID or "alembic_version" not in names:
            raise DatabaseProblemError(ProblemKind.FOREIGN, path)
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None
    except sqlite3.Error as error:
        raise problem_of(error, path) from error
    finally:
        connection.close()


def known_revisions() -> list[str]:
    """Revisions this version knows, oldest first."""
    return [script.revision for script in reversed(list(ScriptDirectory.from_config(_config()).walk_revisions()))]


def create(path: Path) -> None:
    """Make a new database file by migration; FileExistsError when there is one."""
    if path.exists():
        raise FileExistsError(path)
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    _upgrade(temporary)
    temporary.rename(path)


def bring_up_to_date(path: Path, copies: Path) -> bool:
    """Migrate an older file after copying it; returns True if shared tables must be projected anew.

    DatabaseProblemError: missing, damaged, not ours, or written by a newer version. In each case the file is untouched.
    """
    if not path.exists():
        raise DatabaseProblemError(ProblemKind.MISSING, path)
    revision = revision_of(path)
    if revision == HEAD:
        _quick_look(path)
        return False
    if revision is None:
        raise DatabaseProblemError(ProblemKind.DAMAGED, path, "no schema")
    if revision not in known_revisions():
        raise DatabaseProblemError(ProblemKind.NEWER, path, revision)
    copies.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, copies / f"{path.stem}-before-{HEAD}{path.suffix}")
    _upgrade(path)
    return True


def _quick_look(path: Path) -> None:
    """Cheap check at every start that the file opens and its first pages are sound; `verify` reads all of it."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("SELECT max(n) FROM op").fetchone()
    except sqlite3.Error as error:
        raise problem_of(error, path) from error
    finally:
        connection.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _upgrade(path: Path) -> None:
    raw = sqlite3.connect(path, isolation_level=None)
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    try:
        raw.execute("PRAGMA foreign_keys=OFF")
        with engine.connect() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, HEAD)
            connection.commit()
        raw.execute(f"PRAGMA application_id={APPLICATION_ID}")
        raw.execute("PRAGMA journal_mode=WAL")
        broken = raw.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise DatabaseProblemError(ProblemKind.DAMAGED, path, f"{len(broken)} dangling references")
    finally:
        engine.dispose()
        raw.close()
