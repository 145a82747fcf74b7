"""Do the guards of the journal still hold? The triggers that refuse change and removal are tried in a database of their own.

A trigger of the right name that lets everything pass is as good as none, and one that nobody of us has made may change rows
behind everybody's back.
"""

from __future__ import annotations

import contextlib
import sqlite3

from db.tables.journal import OP

GUARDS = ("op_never_changed", "op_never_deleted")


def missing(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Names of the guards that are gone or let something pass."""
    found = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return tuple(name for name in GUARDS if not _holds(name, found.get(name)))


def strange(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Names of triggers and views that are none of ours."""
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY name"
    )
    return tuple(row[0] for row in rows if row[0] not in GUARDS)


def _holds(name: str, sql: object) -> bool:
    """Try a guard on a journal of one entry that exists nowhere else."""
    if not isinstance(sql, str):
        return False
    columns = [column.name for column in OP.columns]
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as trial:
        trial.execute(f"CREATE TABLE op ({', '.join(columns)})")  # nosec B608
        marks = ", ".join("?" * len(columns))
        trial.execute(f"INSERT INTO op VALUES ({marks})", range(1, len(columns) + 1))  # nosec B608
        try:
            trial.execute(sql)
        except sqlite3.Error:
            return False
        if name == "op_never_deleted":
            return _refused(trial, "DELETE FROM op")
        return all(
            _refused(trial, f"UPDATE op SET {column} = {value}")  # nosec B608
            for column in columns
            for value in ("'another'", "NULL")
        )


def _refused(trial: sqlite3.Connection, statement: str) -> bool:
    try:
        trial.execute(statement)
    except sqlite3.IntegrityError:
        return True
    except sqlite3.Error:
        return False
    return False
