"""Filling frozen rows from Core statements: compiled once, columns matched to fields by position."""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Select

from db.sql import with_values

Connection = sqlite3.Connection
RowT = TypeVar("RowT")


@lru_cache(maxsize=256)
def _compiled(statement: Select[Any]) -> tuple[str, dict[str, Any]]:
    return with_values(statement)


def read(
    connection: sqlite3.Connection, row: type[RowT], statement: Select[Any], **params: Any
) -> list[RowT]:
    """Run a statement whose columns stand in the order of the row's fields."""
    text, values = _compiled(statement)
    cursor = connection.cursor()
    cursor.row_factory = None
    return [row(*columns) for columns in cursor.execute(text, {**values, **params})]


def read_one(
    connection: sqlite3.Connection, row: type[RowT], statement: Select[Any], **params: Any
) -> RowT | None:
    """The first row, or None."""
    found = read(connection, row, statement, **params)
    return found[0] if found else None


def columns_of(row: type[Any]) -> list[str]:
    """Names of a row's fields, which are the names of the table's columns."""
    return [field.name for field in fields(row)]
