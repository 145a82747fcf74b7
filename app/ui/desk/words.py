"""How an incident is said in one line or one card: level, state, clocks. Pure runs from rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.kernel.clock import SECOND_MS
from app.kernel.enums import DeadlineKind, DeadlineStatus, IncidentLevel, IncidentStatus
from app.kernel.texts import Texts
from app.queries.titles import title_of
from app.ui.shell import moments
from app.ui.shell.runs import Run
from app.ui.theme.chips import Look
from app.ui.theme.shapes import NUMERALS

if TYPE_CHECKING:
    from app.queries.incidents import ConflictRow, IncidentRow

_KEEPS_ALL = frozenset({"received_at", "alarm_grade", "purged_at"})  # the earliest, the highest counts
_STATE_ICONS = {
    IncidentStatus.CLUE: "state-clue",
    IncidentStatus.REGISTERED: "state-registered",
    IncidentStatus.HANDLING: "state-handling",
    IncidentStatus.CONTROLLED: "state-controlled",
    IncidentStatus.CLOSED: "state-closed",
    IncidentStatus.MERGED: "state-merged",
    IncidentStatus.VOID: "state-void",
}


@dataclass(frozen=True, slots=True)
class ClockWords:
    """One clock as shown: its name, what it says, its tone, and the second line (due moment or when it was met)."""

    kind: DeadlineKind
    name: str
    figure: str
    tone: str
    overdue: bool
    second: str


def title(row: IncidentRow) -> str:
    """Place and what, as the board says it."""
    return title_of(row.place, row.what) or row.no or ""


def level_of(row: IncidentRow) -> str:
    """Level, `level_none` when there is none."""
    return row.incident_level or IncidentLevel.LEVEL_NONE.value


def level_run(row: IncidentRow, size: str = "table") -> Run:
    """Shape and numeral."""
    level = level_of(row)
    token = level if level != IncidentLevel.LEVEL_NONE else "muted"
    return Run(NUMERALS.get(level, ""), token, size, True, level=level)


def state_run(texts: Texts, row: IncidentRow, size: str = "table") -> Run:
    """Icon and word of the state."""
    status = row.status or IncidentStatus.REGISTERED.value
    known = status in set(IncidentStatus)
    icon = _STATE_ICONS[IncidentStatus(status)] if known else "alert"
    word = texts.get(f"enum.incident_status.{status}") if known else status
    return Run(word, "text", size, icon=icon)


def level_words(texts: Texts, row: IncidentRow) -> str:
    """Name of the level, said to be preliminary while figures are not verified (RULES 4.7)."""
    name = texts.get(f"enum.incident_level.{level_of(row)}")
    return texts.get("ui.desk.preliminary", level=name) if row.preliminary else name


def clocks(texts: Texts, row: IncidentRow, now_ms: int, amber_s: int) -> list[ClockWords]:
    """Both clocks of an incident that owes reports; none otherwise (RP-07, D-34)."""
    given = (
        (DeadlineKind.ORAL_REPORT, row.oral_due_at, row.oral_met_at, row.oral_status),
        (DeadlineKind.WRITTEN_REPORT, row.written_due_at, row.written_met_at, row.written_status),
    )
    return [
        _clock(texts, kind, due, met, status, now_ms, amber_s)
        for kind, due, met, status in given
        if due is not None
    ]


def _clock(
    texts: Texts, kind: DeadlineKind, due: int, met: int | None, status: str | None, now_ms: int, amber_s: int
) -> ClockWords:
    name = texts.get(f"enum.deadline_kind.{kind.value}")
    if met is not None:
        late = status == DeadlineStatus.MET_LATE
        word = texts.get(f"ui.desk.clock.{'late' if late else 'met'}", time=moments.day_clock(met, now_ms))
        return ClockWords(kind, name, moments.day_clock(met, now_ms), "warn" if late else "good", False, word)
    left = due - now_ms
    over = left < 0
    figure = texts.get(
        "ui.shell.alarm.over" if over else "ui.shell.alarm.left", time=moments.countdown(texts, left)
    )
    tone = "bad" if over else "warn" if left <= amber_s * SECOND_MS else "good"
    return ClockWords(
        kind, name, figure, tone, over, texts.get("ui.desk.clock.due", time=moments.day_clock(due, now_ms))
    )


def clock_runs(words: Sequence[ClockWords], size: str = "table") -> list[Run]:
    """The clocks in a line: name, then figure."""
    runs = []
    for clock in words:
        runs.append(Run(clock.name, "muted", size, gap=16))
        runs.append(Run(clock.figure, clock.tone, size, clock.tone != "good", gap=4))
    return runs


def conflict_fields(rows: Sequence[ConflictRow]) -> dict[str, list[ConflictRow]]:
    """Values that stand against each other, by field."""
    found: dict[str, list[ConflictRow]] = {}
    for row in rows:
        found.setdefault(row.field, []).append(row)
    return found


def conflict_run(texts: Texts, rows: Sequence[ConflictRow]) -> Run | None:
    """The flag of an incident whose fields are disputed, naming them (D-19)."""
    fields = [field_name(texts, name) for name in conflict_fields(rows)]
    if not fields:
        return None
    named = texts.get("wording.comma").join(fields)
    return Run(
        texts.get("ui.desk.conflict.flag", fields=named), look=Look.WARN, size="small", icon="bolt", gap=12
    )


def field_name(texts: Texts, name: str) -> str:
    """Name of a field as sentences use it; an unknown one as it is stored."""
    for key in (f"field.{name}", f"ui.desk.field.{name}"):
        if texts.has(key):
            return texts.get(key)
    return name


def act_of(entry: Any) -> str:
    """Name of the act of an entry of a history: what settled a disagreement was written by the everyday act, with a reason,
    over several values (D-19). Entries of a register that keeps them all stand against nothing.
    """
    why = entry.details.get("why") if entry.details else None
    settled = any(len(change.before) > 1 and change.field not in _KEEPS_ALL for change in entry.changes)
    return "resolve_conflict" if why and settled else str(entry.command)
