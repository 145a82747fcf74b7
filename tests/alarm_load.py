"""How often a day of fire calls would have called a room: simulated time, the program's own derivation (EEMUA 191, D-34).

`python -m tests.alarm_load FILE DAY` prints the count; `docs/alarms.md` keeps it with its date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from app.domain.alarm_types import class_of
from app.domain.alarms import Caller, busiest
from app.domain.deadlines import ORAL_LIMIT_S, WRITTEN_LIMIT_S, due_at
from app.domain.reportable import ReportableRule, owes_reports
from app.exchange.feed.fire_calls import Call, read_calls
from app.kernel.clock import MINUTE_MS, SECOND_MS
from app.kernel.enums import Severity
from app.queries.incidents import IncidentRow
from app.ui.shell.alarm_desk import AlarmDesk
from app.ui.shell.alarms import Alarm, of_classes, of_clocks

AMBER_S = 600
PENDING_S = 600
STEP_MS = 5 * SECOND_MS
AFTER_MS = 90 * MINUTE_MS  # after the last call until its clocks have run out


FIRES = ReportableRule(type_codes=frozenset({"fire"}))
CASES: tuple[tuple[str, int | None, ReportableRule | None], ...] = (
    ("as the district has it, nobody ever reports", None, None),
    ("every fire owes reports, made after 25 minutes", 1_500, FIRES),
    ("every fire owes reports, nobody ever reports", None, FIRES),
)


@dataclass(frozen=True, slots=True)
class Load:
    """Calls of the day, how many owe reports, alarms by rank, prompts, and the worst ten minutes (prompts, moment)."""

    calls: int
    reportable: int
    red: int
    amber: int
    notices: int
    prompts: int
    most: int
    at: int | None
    lost: int


def row_of(call: Call, met_after_s: int | None = None, rule: ReportableRule | None = None) -> IncidentRow:
    """The incident the feed makes of a call; `met_after_s`: both reports are made so long after it, None for never."""
    owes, why = owes_reports(False, call.grade, call.type_code, None, rule or ReportableRule())
    oral, written = due_at(call.received_at, ORAL_LIMIT_S), due_at(call.received_at, WRITTEN_LIMIT_S)
    met = call.received_at + met_after_s * SECOND_MS if met_after_s is not None else None
    known = {
        "id": call.alarm_no,
        "agency": "FRD",
        "registered_at": call.received_at,
        "received_at": call.received_at,
        "class_code": class_of(call.type_code).value,
        "type_code": call.type_code,
        "what": call.what,
        "place": call.place,
        "alarm_grade": call.grade,
        "status": "handling",
        "owes_reports": int(owes),
        "owes_why": why,
        "oral_due_at": oral if owes else None,
        "oral_met_at": met if owes else None,
        "written_due_at": written if owes else None,
        "written_met_at": met if owes else None,
        "open": 1,
        "updated_at": call.received_at,
        "conflicts": 0,
        "retracted": 0,
    }
    return IncidentRow(**{each.name: known.get(each.name) for each in fields(IncidentRow)})  # type: ignore[arg-type]


def ended_at(call: Call) -> int | None:
    """When the last unit was free again: a call without reports is closed then; None while one never was."""
    ends = [times.get("released_at") for times in call.units.values()]
    return max(end for end in ends if end is not None) if ends and None not in ends else None


def moments(rows: Sequence[tuple[IncidentRow, int | None]]) -> Iterator[int]:
    """Every fifth second from the first call until the last clocks have run out."""
    first = min(row.received_at or 0 for row, _ in rows)
    last = max(row.received_at or 0 for row, _ in rows)
    yield from range(first, last + AFTER_MS, STEP_MS)


def known_at(rows: Iterable[tuple[IncidentRow, int | None]], now: int) -> list[IncidentRow]:
    """Incidents that stand open at a moment, with the reports made by then."""
    found = []
    for row, end in rows:
        if (row.received_at or 0) > now or (end is not None and end <= now and not row.owes_reports):
            continue
        met = row.oral_met_at is not None and row.oral_met_at <= now
        found.append(row if met or row.oral_met_at is None else _unmet(row))
    return found


def _unmet(row: IncidentRow) -> IncidentRow:
    values = {each.name: getattr(row, each.name) for each in fields(IncidentRow)}
    return IncidentRow(**{**values, "oral_met_at": None, "written_met_at": None})


def replay(rows: Sequence[tuple[IncidentRow, int | None]]) -> Load:
    """Let the day pass through the queue of alarms: which appear, which call, and whether each stands somewhere."""
    desk, caller, prompts = AlarmDesk(), Caller(), []
    seen: dict[str, Alarm] = {}
    lost = 0
    for now in moments(rows):
        here = known_at(rows, now)
        alarms = [*of_clocks(here, {}, now, AMBER_S), *of_classes(here, now, PENDING_S)]
        desk.stand(alarms, now)
        shown = {alarm.id for group in desk.groups() for alarm in group.alarms}
        lost += len({alarm.id for alarm in alarms} - shown)
        lost += sum(1 for g in desk.groups() if g.severity is Severity.RED and len(g.alarms) > 1)
        for alarm in desk.standing:
            if alarm.id not in seen:
                seen[alarm.id] = alarm
                if caller.calls(alarm.severity, alarm.kind, now):
                    prompts.append(now)
    ranks = [alarm.severity for alarm in seen.values()]
    most, at = busiest(prompts)
    return Load(
        len(rows),
        sum(1 for row, _ in rows if row.owes_reports),
        ranks.count(Severity.RED),
        ranks.count(Severity.AMBER),
        ranks.count(Severity.NOTICE),
        len(prompts),
        most,
        at,
        lost,
    )


def of_day(file: Path, day: date, met_after_s: int | None = None, rule: ReportableRule | None = None) -> Load:
    """The load of one day of a file; nobody ever reports unless told otherwise (the worst case)."""
    calls = read_calls(file, day).calls
    return replay([(row_of(call, met_after_s, rule), ended_at(call)) for call in calls])


def worst_flood(number: int, met_after_s: int | None = ORAL_LIMIT_S - 60) -> Load:
    """So many calls with clocks in one moment, which no feed should ever bring: what grouping makes of them."""
    calls = [Call(f"A-{n}", MINUTE_MS, "fire", "x", None, None, None, 2) for n in range(number)]
    return replay([(row_of(call, met_after_s), None) for call in calls])


if __name__ == "__main__":
    where, when = Path(sys.argv[1]), date.fromisoformat(sys.argv[2])
    for name, met, table in CASES:
        sys.stdout.write(f"{name}: {of_day(where, when, met, table)}\n")
