"""Core statements compiled once to SQLite text with named parameters."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.expression import ClauseElement

_DIALECT = sqlite.dialect(paramstyle="named")


def sql(statement: ClauseElement) -> str:
    """Return the SQL text of a Core statement; every value is a named parameter given at execution."""
    return str(statement.compile(dialect=_DIALECT))


def with_values(statement: ClauseElement) -> tuple[str, dict[str, Any]]:
    """The SQL text and the values that stand in the statement itself, by parameter name."""
    compiled = statement.compile(dialect=_DIALECT)
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}
