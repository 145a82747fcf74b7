"""What this workstation remembers between two starts: window state, drafts, what was acknowledged here.

Values are JSON under a key; nothing of it is ever journalled or sent. The table is small: it is read whole.
"""

from __future__ import annotations

import json
import sqlite3
from functools import lru_cache
from typing import Any

_KIND = "memory"


def load(connection: sqlite3.Connection) -> dict[str, Any]:
    """Everything remembered, by key; a value that cannot be read any more is left out."""
    found: dict[str, Any] = {}
    for row in connection.execute("SELECT id, content FROM draft WHERE command = ?", (_KIND,)):
        key, content = row
        try:
            found[key] = json.loads(content)
        except ValueError:
            continue
    return found


@lru_cache(maxsize=1)
def _statements() -> tuple[str, str]:
    """SQL texts that drop and keep a key; the import is late because reading must be possible without Core."""
    from sqlalchemy import bindparam

    from db.sql import sql
    from db.tables.local import DRAFT

    drop = DRAFT.delete().where(DRAFT.c.id == bindparam("key"))
    return sql(drop), sql(DRAFT.insert())


def keep(connection: sqlite3.Connection, key: str, value: Any, at: int) -> None:
    """Remember a JSON value under a key (`at`: UTC ms); None forgets it. TypeError for what is no JSON."""
    content = None if value is None else json.dumps(value, ensure_ascii=False)
    drop, insert = _statements()
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(drop, {"key": key})
        if content is not None:
            row = {"id": key, "account_id": "", "command": _KIND, "content": content, "saved_at": at}
            connection.execute(insert, row)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
