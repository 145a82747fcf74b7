"""Rows that wait to be written together: one statement for many rows costs a fraction of one for each.

What is put here is part of the running database transaction. Whoever reads a table from which rows wait calls `flush` first.
"""

from __future__ import annotations

import sqlite3
from typing import Any

About = tuple[str, str]  # entity and id of a record


class Pending:
    """Rows of shared tables and of the projector's own, not yet handed to SQLite."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._about: dict[About, str] = {}

    def row(self, sql: str, about: About, values: tuple[Any, ...]) -> None:
        """A row of a shared table. Of one record the rows are written in the order they came."""
        before = self._about.get(about)
        if before is not None and before != sql:
            self.flush()
        self._about[about] = sql
        rows = self._rows.get(sql)
        if rows is None:
            rows = self._rows[sql] = []
        rows.append(values)

    def waits(self, entity: str, entity_id: str) -> bool:
        """True if a row of this record is not written yet."""
        return (entity, entity_id) in self._about

    def flush(self) -> None:
        """Write what waits."""
        for sql, rows in self._rows.items():
            self._connection.executemany(sql, rows)
        self._rows.clear()
        self._about.clear()
