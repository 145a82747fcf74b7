"""Rows that wait to be written together: one statement for many rows costs a fraction of one for each.

What is put here is part of the running database transaction. Whoever reads a table from which rows wait calls `flush` first.
"""

from __future__ import annotations

import sqlite3
from typing import Any


class Pending:
    """Rows of shared tables not yet handed to SQLite; those of one table are written in the order they came."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._runs: dict[
            str, list[tuple[str, list[tuple[Any, ...]]]]
        ] = {}  # by entity: statement and its rows
        self._about: set[tuple[str, str]] = set()

    def row(self, sql: str, entity: str, entity_id: str, values: tuple[Any, ...]) -> None:
        """A row of a shared table."""
        self._about.add((entity, entity_id))
        runs = self._runs.setdefault(entity, [])
        if not runs or runs[-1][0] != sql:
            runs.append((sql, []))
        runs[-1][1].append(values)

    def waits(self, entity: str, entity_id: str) -> bool:
        """True if a row of this record is not written yet."""
        return (entity, entity_id) in self._about

    def flush(self) -> None:
        """Write what waits."""
        for runs in self._runs.values():
            for sql, rows in runs:
                self._connection.executemany(sql, rows)
        self._runs.clear()
        self._about.clear()
