"""Looking at a database file without writing to it: its header, its schema revision, a connection that only
reads.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

from db import held
from db.problems import DatabaseProblemError, ProblemKind, problem_of

HEAD = "0006"  # revisions are four digits, rising
APPLICATION_ID = 0x4A444331  # "JDC1"
REBUILD_PENDING = 1  # PRAGMA user_version: shared tables must be projected anew before use

MAGIC = b"SQLite format 3\0"
HEADER_BYTES = 100
LOCK_WAIT_S = 2.0
_PIECE = 1 << 20
_HEADER = struct.Struct(">16sHBBBBBBIIIIIIIIII")
_PAGE_SIZES = {1, *(1 << bits for bits in range(9, 16))}  # 1 stands for 65536


def wal_of(path: Path) -> Path:
    """The write-ahead log beside a database file."""
    return path.with_name(path.name + "-wal")


def beside(path: Path) -> list[Path]:
    """Files that SQLite may keep beside a database and without which it may be incomplete."""
    return [wal_of(path), path.with_name(path.name + "-journal")]


def open_read_only(path: Path, wait_s: float = LOCK_WAIT_S) -> sqlite3.Connection:
    """Open a connection that cannot write, and write nothing to the file or its log, even in a read-only
    folder.

    Where no log stands beside the file nobody has it open; then it is read as it is, without leaving a log
    behind. A log that cannot be read in place (read-only folder after a crash) is read in a private copy.
    DatabaseProblemError: missing, damaged, not a database, locked by another program for `wait_s` seconds.
    """
    if not path.is_file():
        raise DatabaseProblemError(ProblemKind.MISSING, path)
    try:
        if not any(each.exists() for each in beside(path)):
            return _connect(path, "mode=ro&immutable=1", wait_s)
        try:
            return _connect(path, "mode=ro", wait_s)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
            return _open_by_copy(path)
    except sqlite3.Error as error:
        raise problem_of(error, path) from error


def _connect(path: Path, options: str, wait_s: float) -> sqlite3.Connection:
    connection = held.connect(
        path,
        f"{path.absolute().as_uri()}?{options}",
        isolation_level=None,
        timeout=wait_s,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _open_by_copy(path: Path) -> sqlite3.Connection:
    """Bring file and log together in a private folder and hand out an anonymous copy, which vanishes on
    closing.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="jdc-") as folder:
            for each in (path, *beside(path)):
                if each.exists():
                    with held.looking(each) as here, (Path(folder) / each.name).open("wb") as there:
                        shutil.copyfileobj(here, there, _PIECE)
            with contextlib.closing(sqlite3.connect(Path(folder) / path.name)) as whole:
                copy = anonymous_copy(whole)
    except OSError as error:
        raise DatabaseProblemError(ProblemKind.READ_ONLY, path, str(error)) from error
    copy.execute("PRAGMA query_only=ON")
    return copy


def anonymous_copy(source: sqlite3.Connection) -> sqlite3.Connection:
    """Copy a database into one without a name: SQLite removes its file at once, so nothing stays even after a
    crash.
    """
    copy = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        source.backup(copy, pages=4096)
    except sqlite3.Error:
        copy.close()
        raise
    return copy


@contextlib.contextmanager
def reading(path: Path, wait_s: float = LOCK_WAIT_S) -> Iterator[sqlite3.Connection]:
    """A read-only connection for a while; SQLite errors inside become DatabaseProblemError."""
    with contextlib.closing(open_read_only(path, wait_s)) as connection:
        try:
            yield connection
        except sqlite3.Error as error:
            raise problem_of(error, path) from error


def check_header(path: Path) -> None:
    """Judge the first 100 bytes of a file; DatabaseProblemError: missing, unreadable, damaged or not ours.

    Finds a flipped bit in every part of the header on which reading or writing depends, and tells a damaged
    file of ours from something else altogether. A file cut short is found by SQLite on opening.
    """
    try:
        with held.looking(path) as handle:
            header = handle.read(HEADER_BYTES)
    except FileNotFoundError as error:
        raise DatabaseProblemError(ProblemKind.MISSING, path) from error
    except OSError as error:
        raise DatabaseProblemError(ProblemKind.READ_ONLY, path, str(error)) from error
    if len(header) < HEADER_BYTES:
        foreign = bool(header) and not header.startswith(MAGIC[: len(header)])
        kind = ProblemKind.FOREIGN if foreign else ProblemKind.DAMAGED
        raise DatabaseProblemError(kind, path, f"{len(header)} bytes")
    wrong = _wrong_in(header)
    if wrong is not None:
        ours = header.startswith(MAGIC) or header[68:72] == APPLICATION_ID.to_bytes(4, "big")
        raise DatabaseProblemError(ProblemKind.DAMAGED if ours else ProblemKind.FOREIGN, path, wrong)


def _log_holds_something(path: Path) -> bool:
    return any(each.exists() and each.stat().st_size > 0 for each in beside(path))


def _wrong_in(header: bytes) -> str | None:
    (
        magic,
        page,
        writes,
        reads,
        reserve,
        most,
        least,
        leaf,
        _,
        pages,
        trunk,
        free,
        _,
        form,
        _,
        root,
        encoding,
        user,
    ) = _HEADER.unpack_from(header)
    if magic != MAGIC:
        return "not an SQLite file"
    good = {
        "page size": page in _PAGE_SIZES,
        "format version": writes in (1, 2) and reads in (1, 2),
        "page layout": (most, least, leaf) == (64, 32, 32),
        "free pages": bool(trunk) == bool(free) and (not pages or max(trunk, free) <= pages),
        "schema format": form in range(5),
    }
    if header[68:72] == APPLICATION_ID.to_bytes(4, "big"):  # what our own files always have
        good |= {
            "reserve": reserve == 0,
            "vacuum": root == 0 and not any(header[64:68]),
            "text encoding": encoding == 1,
            "expansion": not any(header[72:92]),
            "user version": user in (0, REBUILD_PENDING),
        }
    return ", ".join(name for name, fine in good.items() if not fine) or None


def revision_of(path: Path, wait_s: float = LOCK_WAIT_S) -> str | None:
    """Schema revision of a file, None for one without tables; DatabaseProblemError: damaged or not ours."""
    with reading(path, wait_s) as connection:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not names:
            return None
        if application != APPLICATION_ID or "alembic_version" not in names:
            damaged = application == APPLICATION_ID or {"alembic_version", "op", "chain"} <= names
            raise DatabaseProblemError(
                ProblemKind.DAMAGED if damaged else ProblemKind.FOREIGN, path, "not our tables"
            )
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None


def quick_look(path: Path, wait_s: float = LOCK_WAIT_S) -> None:
    """Cheap check at every start that the file opens and the ends of its journal can be read; `verify` reads
    all of it.

    Where the file is longer than it says, all pages are looked at.
    """
    with held.looking(path) as handle:
        pages = int.from_bytes(handle.read(HEADER_BYTES)[28:32], "big")
    with reading(path, wait_s) as connection:
        connection.execute("SELECT min(n), max(n) FROM op").fetchone()
        connection.execute("SELECT count(*) FROM chain").fetchone()
        size = connection.execute("PRAGMA page_size").fetchone()[0] * pages
        if not _log_holds_something(path) and size != path.stat().st_size:
            quick_check(connection, path)


def quick_check(connection: sqlite3.Connection, path: Path) -> None:
    """Let SQLite check all pages; DatabaseProblemError DAMAGED with its first findings."""
    found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
    if found != ["ok"]:
        raise DatabaseProblemError(ProblemKind.DAMAGED, path, "; ".join(found))
