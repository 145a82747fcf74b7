"""Stations and vehicles (IS-03)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from app.queries.reading import columns_of, read, read_one
from db.tables.forces import STATION, VEHICLE


@dataclass(frozen=True, slots=True)
class StationRow:
    """One station with its readiness; stated_at in UTC ms, position in WGS-84 degrees."""

    id: str
    code: str | None
    name: str | None
    kind: str | None
    unit_code: str | None
    address: str | None
    lon: float | None
    lat: float | None
    vehicles_ready: int | None
    vehicles_out: int | None
    stated_at: int | None
    born_agency: str | None


@dataclass(frozen=True, slots=True)
class VehicleRow:
    """One vehicle with its duty state (GA/T 974.39)."""

    id: str
    station_id: str | None
    call_sign: str | None
    kind: str | None
    vehicle_state: str | None
    stated_at: int | None
    incident_id: str | None
    born_agency: str | None


_S, _V = STATION.table.c, VEHICLE.table.c
_STATION = select(*(_S[name] for name in columns_of(StationRow)))
_STATIONS = _STATION.where(_S.retracted == 0).order_by(_S.code, _S.id)
_STATION_ONE = _STATION.where(_S.id == bindparam("id"))
_VEHICLE = select(*(_V[name] for name in columns_of(VehicleRow)))
_VEHICLES = _VEHICLE.where(_V.retracted == 0).order_by(_V.station_id, _V.call_sign, _V.id)
_VEHICLE_ONE = _VEHICLE.where(_V.id == bindparam("id"))
_BY_SIGN = _VEHICLE.where(_V.call_sign == bindparam("call_sign"), _V.retracted == 0)


def stations(connection: sqlite3.Connection) -> list[StationRow]:
    """All stations by code."""
    return read(connection, StationRow, _STATIONS)


def station(connection: sqlite3.Connection, station_id: str) -> StationRow | None:
    """One station by id."""
    return read_one(connection, StationRow, _STATION_ONE, id=station_id)


def vehicles(connection: sqlite3.Connection) -> list[VehicleRow]:
    """All vehicles by station and call sign."""
    return read(connection, VehicleRow, _VEHICLES)


def vehicle(connection: sqlite3.Connection, vehicle_id: str) -> VehicleRow | None:
    """One vehicle by id."""
    return read_one(connection, VehicleRow, _VEHICLE_ONE, id=vehicle_id)


def vehicles_called(connection: sqlite3.Connection, call_sign: str) -> list[VehicleRow]:
    """Vehicles with this call sign."""
    return read(connection, VehicleRow, _BY_SIGN, call_sign=call_sign)
