"""A small database of its own for keys that may be destroyed: what is taken out of it is overwritten (XC-07).

It stands in no backup. Every call is whole and durable; sqlite3.Error reaches the caller.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS subject_key (
    id BLOB PRIMARY KEY, subject TEXT NOT NULL, key BLOB NOT NULL, n INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ix_subject_key ON subject_key (subject, n);
CREATE TABLE IF NOT EXISTS destroyed (subject TEXT PRIMARY KEY) WITHOUT ROWID;
"""

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
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=DELETE", "synchronous=FULL", "secure_delete=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_TABLES)

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

    def _one(self, query: str, value: str | bytes) -> Row | None:
        with self.guard:
            row = self._connection.execute(query, (value,))
            found: Row | None = row.fetchone()
        return found
