"""What stands on the map: incidents, stations, vehicles, shelters, points, and the totals beside it (MP-01, MP-02).

Every function takes `ids` to read only what has changed; None reads all. Rows without coordinates are read as well:
they stand in the side list and are never dropped (MP-02).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, case, func, or_, select, text

from app.kernel.enums import ShelterState, VehicleState
from app.queries.reading import columns_of, read
from db.given import ID, packed
from db.tables.forces import STATION, VEHICLE
from db.tables.incidents import INCIDENT
from db.tables.points import POINT
from db.tables.shelters import SHELTER

RowT = TypeVar("RowT")

ON_THE_WAY = (VehicleState.TURNED_OUT.value, VehicleState.EN_ROUTE.value)
AT_WORK = (
    VehicleState.ARRIVED.value,
    VehicleState.WATER_ON.value,
    VehicleState.WATER_OFF.value,
    VehicleState.CARRYING_WATER.value,
)
TAKES_PEOPLE = (ShelterState.OPEN.value, ShelterState.FULL.value)
NEARLY_FULL_PERCENT = 80  # NOTES, map: colour by < 80 %, < 100 %, full


@dataclass(frozen=True, slots=True)
class IncidentMark:
    """An open incident on the map; moments in UTC ms, position in WGS-84 degrees."""

    id: str
    no: str | None
    what: str | None
    place: str | None
    unit_code: str | None
    type_code: str | None
    status: str | None
    incident_level: str | None
    next_due_at: int | None
    next_clock: str | None
    received_at: int | None
    lon: float | None
    lat: float | None
    conflicts: int


@dataclass(frozen=True, slots=True)
class StationMark:
    """A station with its readiness; stated_at in UTC ms."""

    id: str
    code: str | None
    name: str | None
    kind: str | None
    unit_code: str | None
    address: str | None
    vehicles_ready: int | None
    vehicles_out: int | None
    stated_at: int | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class VehicleMark:
    """A vehicle that is not on standby: no position of its own is known, only its station and its incident."""

    id: str
    station_id: str | None
    call_sign: str | None
    kind: str | None
    vehicle_state: str | None
    stated_at: int | None
    incident_id: str | None


@dataclass(frozen=True, slots=True)
class ShelterMark:
    """A shelter with its occupancy in persons."""

    id: str
    code: str | None
    name: str | None
    kind: str | None
    state: str | None
    capacity: int | None
    occupied: int | None
    unit_code: str | None
    address: str | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class PointMark:
    """A point of a kind, e.g. hospital."""

    id: str
    kind: str | None
    name: str | None
    unit_code: str | None
    address: str | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class StationKindCount:
    """Stations of one kind (as entered by their owner), and the vehicles that stand ready there."""

    kind: str | None
    stations: int
    ready: int


@dataclass(frozen=True, slots=True)
class VehicleTotals:
    """Vehicles by what they do; `out` is every vehicle that is not on standby; newest statement in UTC ms."""

    vehicles: int
    ready: int
    out: int
    on_the_way: int
    at_work: int
    stated_at: int | None


@dataclass(frozen=True, slots=True)
class ShelterTotals:
    """Shelters taking people, all shelters, people inside."""

    open: int
    shelters: int
    occupied: int


@dataclass(frozen=True, slots=True)
class FullShelter:
    """A shelter taking people that is nearly full; `left` may be negative (overload confirmed, RS-08)."""

    id: str
    name: str | None
    left: int
    capacity: int


@dataclass(frozen=True, slots=True)
class MapTotals:
    """The card of forces and places."""

    stations: tuple[StationKindCount, ...]
    vehicles: VehicleTotals
    shelters: ShelterTotals
    full: tuple[FullShelter, ...]


_I, _S, _V, _H, _P = (entity.table.c for entity in (INCIDENT, STATION, VEHICLE, SHELTER, POINT))
_GIVEN = text(f"SELECT {ID} FROM json_each(:ids) j")  # nosec B608


def _mark(row: type[Any], columns: Any, *also: ColumnElement[bool]) -> Select[Any]:
    chosen = select(*(columns[name] for name in columns_of(row)))
    return chosen.where(columns.retracted == 0, *also).order_by(columns.id)


_INCIDENTS = _mark(IncidentMark, _I, _I.open == 1)
_STATIONS = _mark(StationMark, _S)
_VEHICLES = _mark(VehicleMark, _V, _V.vehicle_state != VehicleState.STANDBY.value)
_SHELTERS = _mark(ShelterMark, _H)
_POINTS = _mark(PointMark, _P)
_BY_ID: dict[type[Any], Select[Any]] = {
    row: statement.where(column.in_(_GIVEN))
    for row, statement, column in (
        (IncidentMark, _INCIDENTS, _I.id),
        (StationMark, _STATIONS, _S.id),
        (VehicleMark, _VEHICLES, _V.id),
        (ShelterMark, _SHELTERS, _H.id),
        (PointMark, _POINTS, _P.id),
    )
}


def _read(
    connection: sqlite3.Connection, row: type[RowT], everything: Select[Any], ids: Iterable[str] | None
) -> list[RowT]:
    if ids is None:
        return read(connection, row, everything)
    return read(connection, row, _BY_ID[row], ids=packed(sorted(ids)))


def incidents(connection: sqlite3.Connection, ids: Iterable[str] | None = None) -> list[IncidentMark]:
    """Open incidents."""
    return _read(connection, IncidentMark, _INCIDENTS, ids)


def stations(connection: sqlite3.Connection, ids: Iterable[str] | None = None) -> list[StationMark]:
    """All stations."""
    return _read(connection, StationMark, _STATIONS, ids)


def vehicles(connection: sqlite3.Connection, ids: Iterable[str] | None = None) -> list[VehicleMark]:
    """Vehicles that are not on standby (GA/T 974.39)."""
    return _read(connection, VehicleMark, _VEHICLES, ids)


def shelters(connection: sqlite3.Connection, ids: Iterable[str] | None = None) -> list[ShelterMark]:
    """All shelters (RS-08)."""
    return _read(connection, ShelterMark, _SHELTERS, ids)


def points(connection: sqlite3.Connection, ids: Iterable[str] | None = None) -> list[PointMark]:
    """All points."""
    return _read(connection, PointMark, _POINTS, ids)


def _one_of(column: ColumnElement[Any], values: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(*(column == value for value in values))


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


_STATION_KINDS = (
    select(_S.kind, func.count(), func.coalesce(func.sum(_S.vehicles_ready), 0))
    .where(_S.retracted == 0)
    .group_by(_S.kind)
    .order_by(func.count().desc(), _S.kind)
)
_VEHICLE_FIGURES: tuple[ColumnElement[Any], ...] = (
    func.count(),
    _count(_V.vehicle_state == VehicleState.STANDBY.value),
    _count(_V.vehicle_state != VehicleState.STANDBY.value),
    _count(_one_of(_V.vehicle_state, ON_THE_WAY)),
    _count(_one_of(_V.vehicle_state, AT_WORK)),
    func.max(_V.stated_at),
)
_VEHICLE_TOTALS = select(*_VEHICLE_FIGURES).where(_V.retracted == 0)
_TAKES_PEOPLE = _one_of(_H.state, TAKES_PEOPLE)
_SHELTER_TOTALS = select(_count(_TAKES_PEOPLE), func.count(), func.coalesce(func.sum(_H.occupied), 0)).where(
    _H.retracted == 0
)
_FULL = (
    select(_H.id, _H.name, _H.capacity - _H.occupied, _H.capacity)
    .where(
        _H.retracted == 0,
        _TAKES_PEOPLE,
        _H.capacity > 0,
        _H.occupied * 100 >= _H.capacity * NEARLY_FULL_PERCENT,
    )
    .order_by((_H.capacity - _H.occupied), _H.id)
    .limit(3)
)


def totals(connection: sqlite3.Connection) -> MapTotals:
    """Totals of forces and places, counted in SQL."""
    return MapTotals(
        stations=tuple(read(connection, StationKindCount, _STATION_KINDS)),
        vehicles=read(connection, VehicleTotals, _VEHICLE_TOTALS)[0],
        shelters=read(connection, ShelterTotals, _SHELTER_TOTALS)[0],
        full=tuple(read(connection, FullShelter, _FULL)),
    )
