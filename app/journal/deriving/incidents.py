"""Clocks, level and board order of incidents (RP-07, D-01, D-02, D-19, D-22, D-32, D-34): pure rules over the rows."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from app.domain import deadlines
from app.domain.casualties import LEVEL_FIGURES, Statement, level_by, statement_of
from app.domain.deadlines import OralReport, SentReport
from app.domain.incident_status import is_over
from app.journal.state import State
from app.kernel.enums import (
    DeadlineKind,
    DeadlineStatus,
    IncidentLevel,
    IncidentStatus,
    ReportForm,
    ReportKind,
)

LONGEST_LIMIT_S = 366 * 86_400
LAST_MS = 1 << 53
_FIGURES = ", ".join(f"{name}, {name}_state" for name in LEVEL_FIGURES)
_SHOWN = (
    "SELECT received_at, status, owes_reports, oral_limit_s, written_limit_s, conflicts,"  # nosec B608
    f" {_FIGURES} FROM incident WHERE id = ?"
)
_AGAINST = "SELECT value FROM conflict WHERE entity = 'incident' AND entity_id = ? AND field = ?"
_ORAL = "SELECT id, spoken_at, amends_id, to_role FROM oral_report WHERE incident_id = ? AND retracted = 0"
_SENT = "SELECT kind, form, sent_at, recipient FROM report WHERE incident_id = ? AND retracted = 0"
_UPDATE = (
    "UPDATE incident SET incident_level = ?, preliminary = ?, oral_due_at = ?, oral_met_at = ?, oral_status = ?,"
    " written_due_at = ?, written_met_at = ?, written_status = ?, next_due_at = ?, next_clock = ?, open = ? WHERE id = ?"
)


def derive_incidents(state: State, ids: frozenset[str]) -> None:
    """Recompute the derived columns of these incidents."""
    for incident_id in ids:
        row = state.connection.execute(_SHOWN, (incident_id,)).fetchone()
        if row is not None:
            state.connection.execute(_UPDATE, (*_derived(state.connection, incident_id, row), incident_id))


def _derived(connection: sqlite3.Connection, incident_id: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    received_at, status, owes, oral_limit_s, written_limit_s, conflicts, *figures = row
    sent = _sent(connection, incident_id)
    final_sent = any(deadlines.ends_reporting(each.kind, each.form, each.recipient) for each in sent)
    ended = status in set(IncidentStatus) and is_over(
        IncidentStatus(status), owes_reports=bool(owes), final_sent=final_sent
    )
    level = _level(connection, incident_id, figures, conflicts)
    if not owes or received_at is None:
        return (*level, *[None] * 8, int(not ended))
    waived = status == IncidentStatus.VOID  # a false alarm owes nothing any more (RULES part 2)
    oral = _clock(received_at, oral_limit_s, deadlines.oral_met_at(_oral(connection, incident_id)), waived)
    written = _clock(received_at, written_limit_s, deadlines.written_met_at(sent), waived)
    running = (
        []
        if ended
        else [
            (due, kind)
            for (due, met, _), kind in (
                (oral, DeadlineKind.ORAL_REPORT),
                (written, DeadlineKind.WRITTEN_REPORT),
            )
            if due is not None and met is None
        ]
    )
    next_due, next_clock = min(running, default=(None, None))
    return (*level, *oral, *written, next_due, next_clock, int(not ended))


def _level(
    connection: sqlite3.Connection, incident_id: str, figures: list[Any], conflicts: int
) -> tuple[IncidentLevel, int]:
    """Level by the figures shown, or by all that stand against each other (D-19); and whether it is a first judgement."""
    found: dict[str, list[Statement]] = {}
    for index, name in enumerate(LEVEL_FIGURES):
        values: list[Any] = [figures[2 * index : 2 * index + 2]]
        if conflicts:
            against = connection.execute(_AGAINST, (incident_id, name)).fetchall()
            values = [msgspec.msgpack.decode(value) for (value,) in against] or values
        found[name] = [said for value in values if (said := statement_of(value)) is not None]
    level, preliminary = level_by(found)
    return level, int(preliminary)


def _clock(
    start_ms: int, limit_s: int | None, met_ms: int | None, waived: bool
) -> tuple[int | None, int | None, DeadlineStatus | None]:
    """(due, met, status) of one clock; a clock keeps the limit it started with (D-31).

    A limit or a start that nobody can have meant (another program wrote it) makes no clock, and stops nothing.
    """
    if not limit_s or not 0 < limit_s <= LONGEST_LIMIT_S or abs(start_ms) > LAST_MS:
        return None, met_ms, None
    due = deadlines.due_at(start_ms, limit_s)
    if waived and met_ms is None:
        return due, None, DeadlineStatus.WAIVED
    return due, met_ms, deadlines.status(due, met_ms)


def _oral(connection: sqlite3.Connection, incident_id: str) -> list[OralReport]:
    return [OralReport(*row) for row in connection.execute(_ORAL, (incident_id,)) if row[1] is not None]


def _sent(connection: sqlite3.Connection, incident_id: str) -> list[SentReport]:
    """Reports of kinds and forms this version knows; others are kept and count for nothing."""
    return [
        SentReport(ReportKind(kind), ReportForm(form), sent_at, recipient)
        for kind, form, sent_at, recipient in connection.execute(_SENT, (incident_id,))
        if kind in set(ReportKind) and form in set(ReportForm) and sent_at is not None
    ]
