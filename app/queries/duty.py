"""Watch and duty log (JD-01, JD-04, JD-11)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from app.kernel.ids import derived_id
from app.queries.linked import after_what_they_amend
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


@dataclass(frozen=True, slots=True)
class PresentRow:
    """One person present on a post, with the title of the account; `taken_at` in UTC ms."""

    id: str
    post: str | None
    account_id: str | None
    title: str | None
    taken_at: int | None


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
    """The duty log, newest event first; an entry never stands below one that it amends."""
    return after_what_they_amend(read(connection, LogRow, _NEWEST, limit=limit)[::-1])[::-1]


def log_of_incident(connection: sqlite3.Connection, incident_id: str) -> list[LogRow]:
    """Entries that speak of one incident, oldest first; an entry never stands above one that it amends."""
    return after_what_they_amend(read(connection, LogRow, _OF_INCIDENT, incident_id=incident_id))


def log_entry(connection: sqlite3.Connection, entry_id: str) -> LogRow | None:
    """One entry by id."""
    return read_one(connection, LogRow, _ENTRY, id=entry_id)


def present(connection: sqlite3.Connection, agency: str) -> list[PresentRow]:
    """Who of one agency is present, longest first (JD-04)."""
    cursor = connection.cursor()
    cursor.row_factory = None
    rows = cursor.execute(
        "SELECT w.id, w.post, w.account_id, a.title, w.taken_at FROM watch w LEFT JOIN account a ON a.id = w.account_id"
        " WHERE w.agency = ? AND w.left_at IS NULL AND w.retracted = 0 ORDER BY w.taken_at, w.id",
        (agency,),
    )
    return [PresentRow(*values) for values in rows]


def last_left(connection: sqlite3.Connection, agency: str) -> int | None:
    """When somebody of an agency last left a post, UTC ms; None when nobody ever did: no shift has dropped (JD-04)."""
    found = connection.cursor().execute(
        "SELECT left_at FROM watch WHERE agency = ? AND left_at IS NOT NULL AND retracted = 0"
        " ORDER BY left_at DESC LIMIT 1",
        (agency,),
    )
    row = found.fetchone()
    return None if row is None else int(row[0])


def end_entry_cause(watch_id: str) -> tuple[str, ...]:
    """What the id of the log entry follows from that says who ended somebody else's watch, and why (JD-04)."""
    return "watch_ended", watch_id


def ended_by_others(connection: sqlite3.Connection, account_id: str, after: int) -> list[LogRow]:
    """What the log says of this person's watches that others ended after a moment (UTC ms), oldest first (JD-04)."""
    cursor = connection.cursor()
    cursor.row_factory = None
    left = cursor.execute(
        "SELECT id, coalesce(agency, '') FROM watch WHERE account_id = ? AND left_at > ? AND retracted = 0",
        (account_id, after),
    )
    ids = [derived_id(agency, *end_entry_cause(watch_id)) for watch_id, agency in left.fetchall()]
    found = [log_entry(connection, entry_id) for entry_id in ids]
    return sorted((row for row in found if row is not None), key=lambda row: row.at or 0)
