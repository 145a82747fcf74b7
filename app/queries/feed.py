"""The newest alarm of the 119 system among the incidents (IS-01): what its age is counted from after a restart."""

from __future__ import annotations

import sqlite3

_NEWEST = (
    "SELECT r.received_at FROM incident r INDEXED BY ix_incident_received_at"
    " WHERE r.retracted = 0 AND r.alarm_no IS NOT NULL ORDER BY r.received_at DESC LIMIT 1"
)


def newest_alarm_at(connection: sqlite3.Connection) -> int | None:
    """When the newest alarm was received (UTC ms), None when there is none."""
    cursor = connection.cursor()
    cursor.row_factory = None
    row = cursor.execute(_NEWEST).fetchone()
    return row[0] if row is not None else None
