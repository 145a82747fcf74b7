"""The full-text index follows the projected rows, in the same database transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from app.kernel.changes import Change
from db import search_index


def index_records(connection: sqlite3.Connection, entity: str, ids: Iterable[str]) -> None:
    """Bring the index of these records up to date; nothing for entities nobody searches."""
    if entity in search_index.TEXTS:
        search_index.index(connection, entity, ids)


def index_changes(connection: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """The same for whatever a transaction touched."""
    touched: dict[str, list[str]] = {}
    for change in changes:
        if change.entity in search_index.TEXTS:
            touched.setdefault(change.entity, []).append(change.entity_id)
    if touched:
        for entity in search_index.present(connection) & touched.keys():
            search_index.index(connection, entity, touched[entity])


def index_anew(connection: sqlite3.Connection) -> None:
    """Make the whole index again, after everything was projected anew."""
    if search_index.present(connection):
        search_index.reindex(connection)


def index_mended(connection: sqlite3.Connection) -> bool:
    """Make the index again if it does not belong to the rows; True when that was needed. Its own transaction."""
    if not search_index.present(connection) or search_index.sound(connection):
        return False
    connection.execute("BEGIN IMMEDIATE")
    try:
        search_index.reindex(connection)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return True
