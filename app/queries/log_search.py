"""Searching the duty log (JD-11): newest event first, exactly what LIKE would find."""

from __future__ import annotations

import json
import sqlite3

from app.queries.duty import LogRow
from app.queries.reading import columns_of
from db import search
from db.search import Order, Stretch, Wanted

_BY = "r.at DESC, r.id DESC"


def find_log(
    connection: sqlite3.Connection, text: str, limit: int = 200, before: LogRow | None = None
) -> list[LogRow]:
    """Entries that hold all words of a text, newest event first; `before`: go on behind this one."""
    words = tuple((word,) for word in dict.fromkeys(text.split()))
    if not words:
        return []
    if before is None or before.at is None:
        stretches: tuple[Stretch, ...] = (Stretch("1", _BY),)
    else:
        params = {"at": before.at, "id": before.id}
        stretches = (
            Stretch("r.at = :at AND r.id < :id", "r.id DESC", params),
            Stretch("r.at < :at", _BY, params),
            Stretch("r.at IS NULL", "r.id DESC", params),
        )
    order = Order(_BY, "ix_log_entry_at", stretches)
    rowids = search.ordered(connection, "log_entry", Wanted(words), order, limit)
    columns = ", ".join(f"r.{name}" for name in columns_of(LogRow))
    cursor = connection.cursor()
    cursor.row_factory = None
    rows = cursor.execute(
        f"SELECT {columns} FROM json_each(?) j CROSS JOIN log_entry r ON r.rowid = j.value ORDER BY j.key",  # nosec B608
        (json.dumps(rowids),),
    )
    return [LogRow(*values) for values in rows]
