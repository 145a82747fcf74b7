"""Incidents: the board, one record, duplicates, conflicts (RC-01, D-19 to D-22)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, text

from app.domain.incident_class import class_overdue, special_hq_key
from app.kernel.enums import IncidentClass
from app.queries.reading import columns_of, read, read_one
from db.tables.incidents import ALARM_UNIT, INCIDENT
from db.tables.journal import CONFLICT, ENTRY, OP, QUARANTINE

_T = INCIDENT.table.c


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident as shown; moments in UTC ms, position in WGS-84 degrees."""

    id: str
    no: str | None
    agency: str | None
    registered_at: int | None
    origin: str | None
    alarm_no: str | None
    source: str | None
    received_at: int | None
    occurred_at: int | None
    class_code: str | None
    type_code: str | None
    what: str | None
    place: str | None
    unit_code: str | None
    lon: float | None
    lat: float | None
    alarm_grade: int | None
    status: str | None
    status_reason: str | None
    owes_reports: int | None
    owes_why: str | None
    incident_level: str | None
    preliminary: int | None
    oral_due_at: int | None
    oral_met_at: int | None
    oral_status: str | None
    written_due_at: int | None
    written_met_at: int | None
    written_status: str | None
    next_due_at: int | None
    next_clock: str | None
    open: int | None
    updated_at: int
    conflicts: int
    retracted: int


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One of several values that stand against each other in a field."""

    entity: str
    entity_id: str
    field: str
    hash: bytes
    value: Any
    agency: str | None
    actor: str
    site: str
    written_at: int
    shown: int


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of a maximum or minimum."""

    hash: bytes
    value: int
    agency: str | None
    recorded_at: int
    struck: int


@dataclass(frozen=True, slots=True)
class AlarmUnitRow:
    """A unit sent to an incident with its stamps, UTC ms."""

    id: str
    incident_id: str | None
    unit: str | None
    unit_kind: str | None
    dispatched_at: int | None
    departed_at: int | None
    arrived_at: int | None
    released_at: int | None
    born_agency: str | None


_INCIDENT = select(*(_T[name] for name in columns_of(IncidentRow)))
_BOARD = (
    _INCIDENT.where(_T.retracted == 0)
    .order_by(
        _T.open.desc(), text("coalesce(next_due_at, 9223372036854775807)"), _T.received_at.desc(), _T.id
    )
    .limit(bindparam("limit"))
)
_ONE = _INCIDENT.where(_T.id == bindparam("id"))
_BY_NO = _INCIDENT.where(_T.no == bindparam("no"))
_BY_ALARM = _INCIDENT.where(_T.alarm_no == bindparam("alarm_no"), _T.retracted == 0).order_by(
    _T.received_at.desc(), _T.id
)
_NEAR_IN_TIME = _INCIDENT.where(
    _T.received_at >= bindparam("earliest"),
    _T.received_at <= bindparam("latest"),
    _T.open == 1,
    _T.retracted == 0,
)
_PENDING = _INCIDENT.where(
    _T.open == 1, _T.retracted == 0, _T.class_code == IncidentClass.PENDING.value
).order_by(_T.registered_at, _T.id)
_FIRST_HERE = (  # what a workstation did first to a record: its birth, if it was the one that made it
    select(OP.c.n)
    .where(OP.c.entity == "incident", OP.c.entity_id == _T.id, OP.c.site == bindparam("site"))
    .order_by(OP.c.n)
    .limit(1)
    .correlate(INCIDENT.table)
    .scalar_subquery()
)
_NUMBERED = select(OP.c.entity_id, OP.c.body).where(
    _T.no >= bindparam("low"), _T.no < bindparam("high"), OP.c.n == _FIRST_HERE, OP.c.body.is_not(None)
)
_OWN_ACTS = select(OP.c.body).where(
    OP.c.entity == "incident",
    OP.c.entity_id == bindparam("incident_id"),
    OP.c.site == bindparam("site"),
    OP.c.body.is_not(None),
)
_NOT_ACCEPTED = (
    select(OP.c.body)
    .join(QUARANTINE, QUARANTINE.c.hash == OP.c.hash)
    .where(OP.c.entity == "incident", OP.c.site == bindparam("site"), OP.c.body.is_not(None))
)
_BESIDE_ANOTHER = select(CONFLICT.c.value.label("body")).where(
    CONFLICT.c.entity == "incident", CONFLICT.c.field == "no", CONFLICT.c.site == bindparam("site")
)
_CONFLICTS = select(*(CONFLICT.c[name] for name in columns_of(ConflictRow))).order_by(
    CONFLICT.c.entity, CONFLICT.c.entity_id, CONFLICT.c.field, CONFLICT.c.hash
)
_CONFLICTS_OF = _CONFLICTS.where(
    CONFLICT.c.entity == bindparam("entity"), CONFLICT.c.entity_id == bindparam("entity_id")
)
_ENTRIES = (
    select(*(ENTRY.c[name] for name in columns_of(EntryRow)))
    .where(
        ENTRY.c.entity == bindparam("entity"),
        ENTRY.c.entity_id == bindparam("entity_id"),
        ENTRY.c.field == bindparam("field"),
    )
    .order_by(ENTRY.c.recorded_at, ENTRY.c.hash)
)
_UNITS = (
    select(*(ALARM_UNIT.table.c[name] for name in columns_of(AlarmUnitRow)))
    .where(ALARM_UNIT.table.c.incident_id == bindparam("incident_id"))
    .order_by(ALARM_UNIT.table.c.unit)
)


def board(connection: sqlite3.Connection, limit: int = 200) -> list[IncidentRow]:
    """Incidents in the board's own order: open first, what burns first, then the newest."""
    return read(connection, IncidentRow, _BOARD, limit=limit)


def pending_class(connection: sqlite3.Connection) -> list[IncidentRow]:
    """Open incidents whose class is not set yet, the oldest registration first (RC-01)."""
    return read(connection, IncidentRow, _PENDING)


def class_overdue_since(row: IncidentRow, now_ms: int, limit_s: int) -> int | None:
    """Since when (its registration, UTC ms) an open incident has had no class, once that is longer than `limit_s`; else None
    (RC-01, D-31)."""
    if not row.open or row.retracted or row.registered_at is None or row.class_code not in set(IncidentClass):
        return None
    late = class_overdue(IncidentClass(row.class_code), row.registered_at, now_ms, limit_s)
    return row.registered_at if late else None


def special_hq(class_code: str | None) -> str | None:
    """Text key of the special headquarters in charge of a class; None while it is pending or not known here (RC-01)."""
    return special_hq_key(IncidentClass(class_code)) if class_code in set(IncidentClass) else None


def incident(connection: sqlite3.Connection, incident_id: str) -> IncidentRow | None:
    """One incident by id."""
    return read_one(connection, IncidentRow, _ONE, id=incident_id)


def incident_by_no(connection: sqlite3.Connection, no: str) -> IncidentRow | None:
    """One incident by its printed number."""
    return read_one(connection, IncidentRow, _BY_NO, no=no)


def incidents_by_alarm_no(connection: sqlite3.Connection, alarm_no: str) -> list[IncidentRow]:
    """Incidents with this number of the 119 system, the newest first: numbers come round again."""
    return read(connection, IncidentRow, _BY_ALARM, alarm_no=alarm_no)


def incident_by_alarm_no(connection: sqlite3.Connection, alarm_no: str) -> IncidentRow | None:
    """The newest incident with this number of the 119 system."""
    return next(iter(incidents_by_alarm_no(connection, alarm_no)), None)


def open_between(connection: sqlite3.Connection, earliest: int, latest: int) -> list[IncidentRow]:
    """Open incidents received in a span (UTC ms, both ends included), for duplicate suggestions (D-21)."""
    return read(connection, IncidentRow, _NEAR_IN_TIME, earliest=earliest, latest=latest)


@dataclass(frozen=True, slots=True)
class _Body:
    body: bytes


@dataclass(frozen=True, slots=True)
class _First:
    entity_id: str
    body: bytes


def numbers_between(connection: sqlite3.Connection, site: str, low: str, high: str) -> list[str]:
    """Printed numbers in a half-open text range that a workstation itself has given, whoever registered there: also to what
    was not accepted afterwards, to an alarm that another workstation numbered as well, and to one that it had known before
    another's registration fell: the number was printed (D-20)."""
    firsts = read(connection, _First, _NUMBERED, site=site, low=low, high=high)
    given = {_number_in(row.body) for row in firsts}
    for row in firsts:
        if _number_in(row.body) is None:
            acts = read(connection, _Body, _OWN_ACTS, site=site, incident_id=row.entity_id)
            given |= {_number_in(act.body) for act in acts}
    given |= {_number_in(act.body) for act in read(connection, _Body, _NOT_ACCEPTED, site=site)}
    given |= {msgspec.msgpack.decode(row.body) for row in read(connection, _Body, _BESIDE_ANOTHER, site=site)}
    return sorted(no for no in given if isinstance(no, str) and low <= no < high)


def _number_in(body: bytes) -> str | None:
    """The number that an act gave to an incident."""
    content = msgspec.msgpack.decode(body)
    values = content.get("set") if isinstance(content, dict) else None
    no = values.get("no") if isinstance(values, dict) else None
    return no if isinstance(no, str) else None


def conflicts(connection: sqlite3.Connection) -> list[ConflictRow]:
    """All values in conflict."""
    return _decoded(read(connection, ConflictRow, _CONFLICTS))


def conflicts_of(connection: sqlite3.Connection, entity: str, entity_id: str) -> list[ConflictRow]:
    """Values in conflict of one record."""
    return _decoded(read(connection, ConflictRow, _CONFLICTS_OF, entity=entity, entity_id=entity_id))


def _decoded(rows: list[ConflictRow]) -> list[ConflictRow]:
    return [replace(row, value=msgspec.msgpack.decode(row.value)) for row in rows]


def entries(connection: sqlite3.Connection, entity: str, entity_id: str, field: str) -> list[EntryRow]:
    """Entries of a maximum or minimum, oldest first (those of one millisecond by hash)."""
    return read(connection, EntryRow, _ENTRIES, entity=entity, entity_id=entity_id, field=field)


def units(connection: sqlite3.Connection, incident_id: str) -> list[AlarmUnitRow]:
    """Units sent to an incident."""
    return read(connection, AlarmUnitRow, _UNITS, incident_id=incident_id)
