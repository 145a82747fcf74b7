"""Shelters (RS-08)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from app.queries.reading import columns_of, read, read_one
from db.tables.shelters import SHELTER


@dataclass(frozen=True, slots=True)
class ShelterRow:
    """One shelter; area in m2, capacity and occupied in persons, position in WGS-84 degrees."""

    id: str
    code: str | None
    name: str | None
    kind: str | None
    indoor: int | None
    area_m2: float | None
    capacity: int | None
    occupied: int | None
    state: str | None
    unit_code: str | None
    address: str | None
    lon: float | None
    lat: float | None
    born_agency: str | None


_C = SHELTER.table.c
_SHELTER = select(*(_C[name] for name in columns_of(ShelterRow)))
_ALL = _SHELTER.where(_C.retracted == 0).order_by(_C.code, _C.id)
_ONE = _SHELTER.where(_C.id == bindparam("id"))


def shelters(connection: sqlite3.Connection) -> list[ShelterRow]:
    """All shelters by code."""
    return read(connection, ShelterRow, _ALL)


def shelter(connection: sqlite3.Connection, shelter_id: str) -> ShelterRow | None:
    """One shelter by id."""
    return read_one(connection, ShelterRow, _ONE, id=shelter_id)
