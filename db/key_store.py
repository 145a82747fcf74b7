"""A small database of its own for keys that may be destroyed: what is taken out of it is overwritten (XC-07).

It stands in no backup. Every call is whole and durable; sqlite3.Error and OSError reach the caller.

Pages are zeroed where a key was (`secure_delete`). What they held before a transaction stands for its length in SQLite's log
beside the file; this log is kept (`journal_mode=PERSIST`) and written over with zeros after every destroying and at each opening,
where unlinking or cutting it off would leave the keys in free blocks of the disk (docs/decisions/0047-destroyed-keys.md).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

_TABLES = """
CREATE TABLE IF NOT EXISTS subject_key (
    id BLOB PRIMARY KEY, subject TEXT NOT NULL, key BLOB NOT NULL, n INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ix_subject_key ON subject_key (subject, n);
CREATE TABLE IF NOT EXISTS destroyed (subject TEXT PRIMARY KEY) WITHOUT ROWID;
"""

PRAGMAS = ("journal_mode=PERSIST", "synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY")
BUSY_TIMEOUT_S = 1.0  # whoever writes to the record may wait for it
_PIECE = 1 << 16

_NEWEST = "SELECT id, subject, key FROM subject_key WHERE subject = ? ORDER BY n DESC LIMIT 1"
_NAMED = "SELECT id, subject, key FROM subject_key WHERE id = ?"

Row = tuple[bytes, str, bytes]
"""Name of a key, its subject, the key."""


class KeyStore:
    """The file; callable from any thread. `guard` makes several calls one, for who takes it."""

    def __init__(self, path: Path) -> None:
        self.guard = threading.RLock()
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        self._log = path.with_name(path.name + "-journal")
        with _kept_open(self._log):
            self._connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            for pragma in PRAGMAS:
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(_TABLES)
        if self._log_holds():  # of keys added, or of a destroying that was killed before it was through
            self._overwrite_log()

    def close(self) -> None:
        """Close the file."""
        with self.guard:
            self._connection.close()

    def newest(self, subject: str) -> Row | None:
        """The key of a subject that was added last."""
        return self._one(_NEWEST, subject)

    def named(self, name: bytes) -> Row | None:
        """A key by its name."""
        return self._one(_NAMED, name)

    def is_destroyed(self, subject: str) -> bool:
        """True once the keys of a subject were destroyed."""
        query = "SELECT 1 FROM destroyed WHERE subject = ?"
        with self.guard:
            return self._connection.execute(query, (subject,)).fetchone() is not None

    def add(self, name: bytes, subject: str, key: bytes) -> None:
        """Add a key; one that is there stays as it is."""
        with self.guard:
            self._connection.execute(
                "INSERT OR IGNORE INTO subject_key (id, subject, key, n)"
                " SELECT ?, ?, ?, coalesce(max(n), 0) + 1 FROM subject_key WHERE subject = ?",
                (name, subject, key, subject),
            )

    def destroy(self, subjects: Sequence[str], names: Sequence[bytes] = ()) -> None:
        """Overwrite all keys of these subjects, and those of these names, and note the subjects, for good."""
        with self.guard:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for subject in subjects:
                    self._connection.execute("INSERT OR IGNORE INTO destroyed VALUES (?)", (subject,))
                    self._connection.execute("DELETE FROM subject_key WHERE subject = ?", (subject,))
                for name in names:
                    self._connection.execute("DELETE FROM subject_key WHERE id = ?", (name,))
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._connection.execute("ROLLBACK")
                raise
            self._overwrite_log()

    def set_up(self) -> dict[str, str | int]:
        """How the running connection is set up: pragma -> value."""
        with self.guard:
            asked = ("journal_mode", "synchronous", "secure_delete")
            return {name: self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in asked}

    def _log_holds(self) -> bool:
        with contextlib.suppress(FileNotFoundError), self._log.open("rb") as log:
            while piece := log.read(_PIECE):
                if piece.strip(b"\0"):
                    return True
        return False

    def _overwrite_log(self) -> None:
        """Zeros over what pages held before; the lock keeps out whoever could need it to roll back, and rolls back what a killed
        process left."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            with contextlib.suppress(FileNotFoundError), self._log.open("rb+") as log:
                _write_zeros(log)
        finally:
            self._connection.execute("ROLLBACK")

    def _one(self, query: str, value: str | bytes) -> Row | None:
        with self.guard:
            row = self._connection.execute(query, (value,))
            found: Row | None = row.fetchone()
        return found


@contextlib.contextmanager
def _kept_open(log: Path) -> Iterator[None]:
    """SQLite rolls a change back that was cut off, and unlinks its log whatever the mode: that one is written over as well.

    Windows unlinks nothing that is open; there such a log goes as SQLite takes it away.
    """
    if os.name == "nt" or not log.exists():
        yield
        return
    with log.open("rb+") as held:
        yield
        if not os.fstat(held.fileno()).st_nlink:
            _write_zeros(held)


def _write_zeros(log: BinaryIO) -> None:
    left = log.seek(0, os.SEEK_END)
    log.seek(0)
    while left:
        left -= log.write(bytes(min(left, _PIECE)))
    log.flush()
    os.fsync(log.fileno())
