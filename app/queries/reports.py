"""Oral reports and report rows (RP-15, RP-16)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from app.queries.reading import columns_of, read, read_one
from db.tables.reports import ORAL_REPORT, REPORT


@dataclass(frozen=True, slots=True)
class OralReportRow:
    """One oral report; moments in UTC ms."""

    id: str
    incident_id: str | None
    agency: str | None
    to_role: str | None
    channel: str | None
    spoken_at: int | None
    entered_at: int | None
    gist: str | None
    account_id: str | None
    amends_id: str | None


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report that left the room; moments in UTC ms."""

    id: str
    incident_id: str | None
    agency: str | None
    kind: str | None
    form: str | None
    recipient: str | None
    sent_at: int | None
    entered_at: int | None
    title: str | None
    text: str | None
    account_id: str | None


_O, _R = ORAL_REPORT.table.c, REPORT.table.c
_ORAL = select(*(_O[name] for name in columns_of(OralReportRow)))
_ORAL_OF = _ORAL.where(_O.incident_id == bindparam("incident_id")).order_by(_O.spoken_at, _O.id)
_ORAL_ONE = _ORAL.where(_O.id == bindparam("id"))
_OF = (
    select(*(_R[name] for name in columns_of(ReportRow)))
    .where(_R.incident_id == bindparam("incident_id"))
    .order_by(_R.sent_at, _R.id)
)


def oral_reports(connection: sqlite3.Connection, incident_id: str) -> list[OralReportRow]:
    """Oral reports of an incident, by the time they were spoken."""
    return read(connection, OralReportRow, _ORAL_OF, incident_id=incident_id)


def oral_report(connection: sqlite3.Connection, report_id: str) -> OralReportRow | None:
    """One oral report by id."""
    return read_one(connection, OralReportRow, _ORAL_ONE, id=report_id)


def reports(connection: sqlite3.Connection, incident_id: str) -> list[ReportRow]:
    """Reports of an incident, by the time they were sent."""
    return read(connection, ReportRow, _OF, incident_id=incident_id)
