"""What people have done about alarms (JD-11): who acknowledged one, who put one off and until when, and the shift's history.

Light on purpose, as the window asks it before its first alarm: no library beyond sqlite3. Both kinds of act are entries of the
duty log whose ids follow from the alarm's name, so every workstation of an agency finds them (decision 0022).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.alarms import (
    GROUP_FROM,
    SNOOZE_MINUTES,
    SNOOZE_TIMES,
    SOUNDS,
    Caller,
    happening,
    snoozed_until,
)
from app.kernel.enums import LogKind
from app.kernel.ids import derived_id

__all__ = [
    "GROUP_FROM",
    "SNOOZE_MINUTES",
    "SNOOZE_TIMES",
    "SOUNDS",
    "AlarmActRow",
    "AlarmState",
    "Caller",
    "alarm_entry_cause",
    "happening",
    "history",
    "snooze_entry_cause",
    "states",
]


@dataclass(frozen=True, slots=True)
class AlarmState:
    """What an agency has done about one alarm: moments in UTC ms, names as titles of accounts.

    `until` is the latest moment to which it was put off, also when that is past; `times`: how often it was.
    """

    acknowledged_at: int | None = None
    acknowledged_by: str = ""
    entry_id: str = ""
    until: int | None = None
    snoozed_by: str = ""
    times: int = 0


@dataclass(frozen=True, slots=True)
class AlarmActRow:
    """One act of the shift about alarms, newest first; `at` in UTC ms."""

    id: str
    at: int
    text: str
    title: str
    incident_id: str


def alarm_entry_cause(alarm: str) -> tuple[str, ...]:
    """What the id of the log entry follows from by which an agency acknowledged an alarm: one for each alarm (JD-11)."""
    return "alarm_acknowledged", alarm


def snooze_entry_cause(alarm: str, nth: int, minutes: int) -> tuple[str, ...]:
    """What the id of the log entry follows from by which an agency put an alarm off: one for each time and span (JD-11)."""
    return "alarm_snoozed", alarm, str(nth), str(minutes)


_ACTS = (
    "SELECT l.id, l.at, coalesce(a.title, '') FROM log_entry l LEFT JOIN account a ON a.id = l.account_id"
    " WHERE l.id IN (SELECT value FROM json_each(?))"
)


def states(connection: sqlite3.Connection, agency: str, alarms: Iterable[str]) -> dict[str, AlarmState]:
    """What the agency has done about each of these alarms, at whichever of its workstations (JD-11)."""
    wanted = list(alarms)
    acknowledged = {derived_id(agency, *alarm_entry_cause(alarm)): alarm for alarm in wanted}
    put_off = {
        derived_id(agency, *snooze_entry_cause(alarm, nth, minutes)): (alarm, nth, minutes)
        for alarm in wanted
        for nth in range(1, SNOOZE_TIMES + 1)
        for minutes in SNOOZE_MINUTES
    }
    cursor = connection.cursor()
    cursor.row_factory = None
    found = cursor.execute(_ACTS, (json.dumps([*acknowledged, *put_off]),)).fetchall()
    heard = {acknowledged[each]: (int(at), str(by)) for each, at, by in found if each in acknowledged}
    snoozed: dict[str, list[tuple[int, int, str, str]]] = {}
    for each, at, by in found:
        if each in put_off:
            alarm, nth, minutes = put_off[each]
            snoozed.setdefault(alarm, []).append((snoozed_until(int(at), minutes), nth, each, str(by)))
    made = {}
    for alarm in wanted:
        at, by = heard.get(alarm, (None, ""))
        until, _, entry_id, snoozed_by = max(
            snoozed.get(alarm, [(None, 0, "", "")]), key=lambda each: each[0] or 0
        )
        times = max((nth for _, nth, _, _ in snoozed.get(alarm, ())), default=0)
        made[alarm] = AlarmState(at, by, entry_id, until, snoozed_by, times)
    return made


_HISTORY = (
    "SELECT l.id, l.at, coalesce(l.text, ''), coalesce(a.title, ''), coalesce(l.incident_id, '') FROM log_entry l"
    " LEFT JOIN account a ON a.id = l.account_id"
    " WHERE l.at >= ? AND l.kind = ? AND l.agency = ? AND l.retracted = 0 ORDER BY l.at DESC, l.id DESC LIMIT ?"
)


def history(connection: sqlite3.Connection, agency: str, since: int, limit: int = 200) -> list[AlarmActRow]:
    """What the agency did about alarms since a moment (UTC ms), newest first (JD-11)."""
    cursor = connection.cursor()
    cursor.row_factory = None
    rows = cursor.execute(_HISTORY, (since, LogKind.ALARM.value, agency, limit))
    return [AlarmActRow(str(each), int(at), *map(str, rest)) for each, at, *rest in rows.fetchall()]
