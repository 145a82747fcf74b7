"""Core statements compiled once to SQLite text with named parameters."""

from __future__ import annotations

from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.expression import ClauseElement

_DIALECT = sqlite.dialect(paramstyle="named")


def sql(statement: ClauseElement) -> str:
    """Return the SQL text of a Core statement; every value is a named parameter given at execution."""
    return str(statement.compile(dialect=_DIALECT))
