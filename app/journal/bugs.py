"""Telling trouble of the machine (disk, lock, damaged file) from a bug met through what another program wrote."""

from __future__ import annotations

import sqlite3

_PRIMARY = 0xFF
# What a statement may run into by its own values; everything else SQLite says is about the file or the machine.
_OF_VALUES = frozenset(
    {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_RANGE,
    }
)


def is_bug(error: Exception) -> bool:
    """True if an exception speaks of our code meeting this content, and not of the machine or the file."""
    if isinstance(error, (OSError, MemoryError)):
        return False
    if not isinstance(error, sqlite3.Error):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # raised by the module: a value that cannot be bound, or a connection that is closed
        return isinstance(error, (sqlite3.InterfaceError, sqlite3.ProgrammingError)) and "closed" not in str(
            error
        )
    return code & _PRIMARY in _OF_VALUES
