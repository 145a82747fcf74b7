"""Watch and duty log (JD-01, JD-04, JD-11)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from app.queries.reading import columns_of, read, read_one
from db.tables.duty import LOG_ENTRY, WATCH


@dataclass(frozen=True, slots=True)
class WatchRow:
    """One person on one post; moments in UTC ms, left_at None while present."""

    id: str
    agency: str | None
    post: str | None
    account_id: str | None
    taken_at: int | None
    left_at: int | None


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry of the duty log; `at` is the event's time, `entered_at` the entry's (D-26)."""

    id: str
    agency: str | None
    at: int | None
    entered_at: int | None
    kind: str | None
    text: str | None
    account_id: str | None
    author_role: str | None
    incident_id: str | None
    amends_id: str | None


_W, _L = WATCH.table.c, LOG_ENTRY.table.c
_WATCH = select(*(_W[name] for name in columns_of(WatchRow)))
_PRESENT = _WATCH.where(_W.left_at.is_(None), _W.retracted == 0).order_by(_W.agency, _W.post, _W.taken_at)
_ONE = _WATCH.where(_W.id == bindparam("id"))
_LOG = select(*(_L[name] for name in columns_of(LogRow)))
_NEWEST = _LOG.order_by(_L.at.desc(), _L.id.desc()).limit(bindparam("limit"))
_OF_INCIDENT = _LOG.where(_L.incident_id == bindparam("incident_id")).order_by(_L.at, _L.id)
_ENTRY = _LOG.where(_L.id == bindparam("id"))


def on_watch(connection: sqlite3.Connection) -> list[WatchRow]:
    """Everybody present, both agencies."""
    return read(connection, WatchRow, _PRESENT)


def watch(connection: sqlite3.Connection, watch_id: str) -> WatchRow | None:
    """One presence by id."""
    return read_one(connection, WatchRow, _ONE, id=watch_id)


def log(connection: sqlite3.Connection, limit: int = 200) -> list[LogRow]:
    """The duty log, newest event first."""
    return read(connection, LogRow, _NEWEST, limit=limit)


def log_of_incident(connection: sqlite3.Connection, incident_id: str) -> list[LogRow]:
    """Entries that speak of one incident, oldest first."""
    return read(connection, LogRow, _OF_INCIDENT, incident_id=incident_id)


def log_entry(connection: sqlite3.Connection, entry_id: str) -> LogRow | None:
    """One entry by id."""
    return read_one(connection, LogRow, _ENTRY, id=entry_id)
