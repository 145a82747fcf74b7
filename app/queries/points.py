"""Points of interest (MP-02)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from app.queries.reading import columns_of, read, read_one
from db.tables.points import POINT


@dataclass(frozen=True, slots=True)
class PointRow:
    """One point; position in WGS-84 degrees."""

    id: str
    kind: str | None
    name: str | None
    address: str | None
    unit_code: str | None
    lon: float | None
    lat: float | None
    born_agency: str | None


_C = POINT.table.c
_POINT = select(*(_C[name] for name in columns_of(PointRow)))
_ALL = _POINT.where(_C.retracted == 0).order_by(_C.kind, _C.name, _C.id)
_ONE = _POINT.where(_C.id == bindparam("id"))


def points(connection: sqlite3.Connection) -> list[PointRow]:
    """All points by kind and name."""
    return read(connection, PointRow, _ALL)


def point(connection: sqlite3.Connection, point_id: str) -> PointRow | None:
    """One point by id."""
    return read_one(connection, PointRow, _ONE, id=point_id)
