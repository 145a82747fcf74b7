"""Connections: WAL, synchronous=FULL, one writer, readers that cannot write."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from db import held

BUSY_TIMEOUT_MS = 5_000
# 16 MB of WAL: in bulk the same pages are written again and again, and go to the file once.
CHECKPOINT_PAGES = 4_000


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the one writing connection; transactions are begun explicitly (autocommit otherwise)."""
    connection = held.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # INSERT OR REPLACE must not slip past the journal's triggers
        "cache_size=-65536",
        "temp_store=MEMORY",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that cannot write (`query_only`)."""
    connection = held.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "query_only=ON",
        "cache_size=-32768",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection
