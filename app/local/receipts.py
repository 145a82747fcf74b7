"""Which peer has said that it holds which file whole: what this site knows, not shared state (CM-05)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from sqlalchemy import bindparam
from sqlalchemy.dialects.sqlite import insert

from db.sql import sql
from db.tables.local import FILE_HELD

_NAMES = ("peer", "content", "told_at")
_NOTE = sql(insert(FILE_HELD).values({name: bindparam(name) for name in _NAMES}).on_conflict_do_nothing())


def note(connection: sqlite3.Connection, peer: str, contents: Iterable[str], at: int) -> None:
    """The peer holds these files (hash in hex), told at a moment (UTC ms); in one commit."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for content in contents:
            connection.execute(_NOTE, {"peer": peer, "content": content, "told_at": at})
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
