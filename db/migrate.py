"""Bringing a database file to this version's schema, or saying clearly why not. The file is never overwritten
(XC-01).

Older: a copy is made first, then migrated in one transaction with foreign keys off, and checked before the
commit. Newer, damaged, locked or read-only: refused, untouched.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from db import held
from db.backup import backup, sync_folder
from db.examine import (
    APPLICATION_ID,
    HEAD,
    LOCK_WAIT_S,
    REBUILD_PENDING,
    check_header,
    quick_look,
    revision_of,
)
from db.problems import DatabaseProblemError, ProblemKind, problem_of

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = [
    "APPLICATION_ID",
    "HEAD",
    "DatabaseProblemError",
    "ProblemKind",
    "bring_up_to_date",
    "create",
    "known_revisions",
    "problem_of",
    "rebuilt",
    "revision_of",
]


MIGRATIONS = Path(__file__).parent / "migrations"


def create(path: Path) -> None:
    """Make a new database file by migration; FileExistsError when there is one, DatabaseProblemError when it
    cannot be made.
    """
    if path.exists():
        raise FileExistsError(path)
    temporary = path.with_name(path.name + ".new")
    leftovers = [temporary.with_name(temporary.name + end) for end in ("", "-wal", "-shm", "-journal")]
    try:
        for each in leftovers:
            each.unlink(missing_ok=True)
        _upgrade(temporary, path)
        temporary.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise DatabaseProblemError(ProblemKind.READ_ONLY, path, str(error)) from error
    finally:
        with contextlib.suppress(OSError):
            for each in leftovers:
                each.unlink(missing_ok=True)


def bring_up_to_date(path: Path, copies: Path, wait_s: float = LOCK_WAIT_S) -> bool:
    """Migrate an older file after copying it; returns True if shared tables must be projected anew (see
    `rebuilt`).

    DatabaseProblemError: missing, damaged, not ours, written by a newer version, locked by another program
    for longer than `wait_s` seconds, or read-only. In each case the file is untouched.
    """
    if not path.exists():
        raise DatabaseProblemError(ProblemKind.MISSING, path)
    check_header(path)
    revision = revision_of(path, wait_s)
    if revision is None:
        raise DatabaseProblemError(ProblemKind.DAMAGED, path, "no schema")
    if revision != HEAD and revision not in known_revisions():
        raise DatabaseProblemError(
            ProblemKind.NEWER if revision > HEAD else ProblemKind.DAMAGED, path, revision
        )
    quick_look(path, wait_s)
    pending = _probe(path, wait_s)
    if revision == HEAD:
        return pending
    _keep_copy(path, copies, revision)
    _upgrade(path, path, rebuild=True)
    return True


def rebuilt(connection: sqlite3.Connection) -> None:
    """Note that shared tables were projected anew after a migration; until then every start asks for it
    again.
    """
    connection.execute("PRAGMA user_version=0")


def _probe(path: Path, wait_s: float) -> bool:
    """Begin a write and take it back: tells a locked or read-only file; returns whether a rebuild is still
    owed.
    """
    try:
        with held.looking(path, "r+b"):
            pass  # before SQLite leaves an empty log beside a file it may only read
    except OSError as error:
        raise DatabaseProblemError(ProblemKind.READ_ONLY, path, str(error)) from error
    try:
        with contextlib.closing(
            held.connect(path, f"{path.absolute().as_uri()}?mode=rw", isolation_level=None, timeout=wait_s)
        ) as connection:
            connection.execute("BEGIN IMMEDIATE")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            connection.execute(f"PRAGMA user_version={version}")  # on a read-only file BEGIN alone succeeds
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise problem_of(error, path) from error
    return bool(version & REBUILD_PENDING)


def _keep_copy(path: Path, copies: Path, revision: str) -> None:
    """Copy the file as it was; a copy of the same file from an interrupted migration is kept as well."""
    try:
        copies.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseProblemError(ProblemKind.READ_ONLY, copies, str(error)) from error
    stem, number = f"{path.stem}-{revision}-before-{HEAD}", 1
    while (target := copies / f"{stem}{'' if number == 1 else f'-{number}'}{path.suffix}").exists():
        number += 1
    backup(path, target)


def known_revisions() -> list[str]:
    """Revisions this version knows, oldest first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - alembic costs 0.3 s; only a migration needs it

    return [
        script.revision for script in reversed(list(ScriptDirectory.from_config(_config()).walk_revisions()))
    ]


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


class _Whole(held.Connection):
    """Commits only when told to by SQL: the migration tool's own commits pass without effect."""

    def commit(self) -> None:
        """Do nothing."""


def _upgrade(path: Path, named: Path, rebuild: bool = False) -> None:
    """Run the missing migrations as one transaction; on failure the file is as before. `named`: the file to
    speak of.
    """
    from alembic import command  # noqa: PLC0415
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415
    from sqlalchemy.pool import StaticPool  # noqa: PLC0415

    raw = held.connect(path, isolation_level=None, factory=_Whole)
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    try:
        raw.execute("PRAGMA foreign_keys=OFF")  # batch mode would delete child rows otherwise
        with engine.connect() as connection:
            raw.execute("BEGIN IMMEDIATE")
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, HEAD)
            broken = raw.execute("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise DatabaseProblemError(ProblemKind.DAMAGED, named, f"{len(broken)} dangling references")
            raw.execute(f"PRAGMA application_id={APPLICATION_ID}")
            raw.execute(f"PRAGMA user_version={REBUILD_PENDING if rebuild else 0}")
            raw.execute("COMMIT")
        raw.execute("PRAGMA journal_mode=WAL")
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise problem_of(error.orig, named) from error
        raise
    except sqlite3.Error as error:
        raise problem_of(error, named) from error
    finally:
        engine.dispose()
        raw.close()
