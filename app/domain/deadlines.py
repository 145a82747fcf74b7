"""The two clocks of an incident (RP-07; D-01, D-02, D-31, D-32).

All moments are UTC milliseconds. Limits are seconds and are given by the caller: a clock keeps the limit it
started with, whatever the district's settings say later (D-31).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.kernel.clock import SECOND_MS
from app.kernel.enums import DeadlineStatus, Recipient, ReportForm, ReportKind

ORAL_LIMIT_S = 1_800
WRITTEN_LIMIT_S = 3_600
AMBER_S = 600

_MEETS_WRITTEN = frozenset({ReportKind.FIRST, ReportKind.FOLLOW_UP, ReportKind.FINAL})


@dataclass(frozen=True, slots=True)
class OralReport:
    """One row of oral reports (RP-16); `amends_id` names the row it replaces."""

    id: str
    spoken_at: int
    amends_id: str | None
    to_role: str


@dataclass(frozen=True, slots=True)
class SentReport:
    """One report that left the room, to one recipient."""

    kind: ReportKind
    form: ReportForm
    sent_at: int
    recipient: str


def start_of_clocks(received_ats: Iterable[int]) -> int:
    """Start of both clocks: the earliest received_at of either agency, also after a merge (D-01).

    Raises ValueError when nobody has received anything.
    """
    return min(received_ats)


def due_at(start_ms: int, limit_s: int) -> int:
    """Last moment that is still on time (D-02). Raises ValueError for a limit that is not positive."""
    if limit_s <= 0:
        raise ValueError(f"a limit must be positive: {limit_s} s")
    return start_ms + limit_s * SECOND_MS


def status(due_ms: int, met_ms: int | None) -> DeadlineStatus:
    """RUNNING without a met time, MET up to and including the due moment, MET_LATE from 1 ms later (D-02)."""
    if met_ms is None:
        return DeadlineStatus.RUNNING
    return DeadlineStatus.MET if met_ms <= due_ms else DeadlineStatus.MET_LATE


def remaining_ms(now_ms: int, due_ms: int) -> int:
    """Milliseconds left; negative once the clock has run out."""
    return due_ms - now_ms


def is_overdue(now_ms: int, due_ms: int) -> bool:
    """True once the due moment has passed (red); at the due moment itself it is still on time (D-02)."""
    return now_ms > due_ms


def is_amber(now_ms: int, due_ms: int, amber_s: int = AMBER_S) -> bool:
    """True from exactly `amber_s` seconds left until the due moment; overdue is red, not amber (D-02)."""
    return 0 <= remaining_ms(now_ms, due_ms) <= amber_s * SECOND_MS


def oral_met_at(rows: Iterable[OralReport]) -> int | None:
    """When the oral clock was met; None while it was not (D-32, RP-16).

    Counts the earliest effective oral report to the government duty room. A row that another one amends is
    not effective, whatever its recipient; the order of the rows does not matter.
    """
    known = tuple(rows)
    amended = {row.amends_id for row in known if row.amends_id is not None}
    spoken = (
        row.spoken_at for row in known if row.id not in amended and row.to_role == Recipient.GOV_DUTY_ROOM
    )
    return min(spoken, default=None)


def ends_reporting(kind: str | None, form: str | None, recipient: str | None) -> bool:
    """True for what ends the reporting of an incident: the written final at the government duty room, nothing less
    (RULES part 2, D-32).
    """
    return (kind, form, recipient) == (ReportKind.FINAL, ReportForm.WRITTEN, Recipient.GOV_DUTY_ROOM)


def written_met_at(rows: Iterable[SentReport]) -> int | None:
    """When the written clock was met; None while it was not (D-32).

    Counts the earliest first, follow-up or final report in written form that was sent to the government duty
    room. Short forms, supplements and corrections never meet it.
    """
    sent = (
        row.sent_at
        for row in rows
        if row.kind in _MEETS_WRITTEN
        and row.form is ReportForm.WRITTEN
        and row.recipient == Recipient.GOV_DUTY_ROOM
    )
    return min(sent, default=None)
