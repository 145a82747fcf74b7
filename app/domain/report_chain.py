"""Chain of reports of one incident: one first, numbered follow-ups, one final (RP-15, D-28)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.alarm_types import AlarmType
from app.kernel.clock import SECOND_MS
from app.kernel.enums import Recipient, ReportForm, ReportKind
from app.kernel.errors import ErrorCode, Refusal

_AFTER_FINAL = frozenset({ReportKind.SUPPLEMENT, ReportKind.CORRECTION})
_ONCE = frozenset({ReportKind.FIRST, ReportKind.FINAL})
# Fire and road traffic are supplemented within a shorter time (D-28: order 493 art. 13).
_SHORT_WINDOW = frozenset({AlarmType.FIRE, AlarmType.TRAFFIC})
_DUTY_ROOM = Recipient.GOV_DUTY_ROOM


@dataclass(frozen=True, slots=True)
class ChainReport:
    """One report of the chain to one recipient; `seq` counts follow-ups from 1 and is None for other kinds."""

    kind: ReportKind
    sent: bool
    seq: int | None = None
    recipient: str = _DUTY_ROOM


def _refuse(
    code: ErrorCode, text: str, kind: ReportKind, *, field: str = "kind", clause: str = "RP-15"
) -> Refusal:
    return Refusal(code, text, field=field, clause=clause, kind=kind)


def _check_once(kind: ReportKind, recipient: str, known: tuple[ChainReport, ...]) -> None:
    """First and final exist once; the one report goes to the duty room and from there up the chain (RP-08, RP-15)."""
    to = {report.recipient for report in known if report.kind is kind}
    if recipient in to:
        raise _refuse(ErrorCode.DUP, "refusal.reports.second", kind)
    if recipient != _DUTY_ROOM and _DUTY_ROOM not in to:
        raise _refuse(
            ErrorCode.STATE, "refusal.reports.duty_room_first", kind, field="recipient", clause="RP-08"
        )


def check_next(kind: ReportKind, chain: Iterable[ChainReport], recipient: str = _DUTY_ROOM) -> None:
    """Check that a report of this kind may be started, to this recipient (RP-15).

    Raises Refusal E_DUP for a second first or a second final to the same recipient, E_STATE for either to anybody else
    before the government duty room has it (RP-08), for a follow-up or final before the first was sent, for anything but
    supplement and correction once the final was sent, for a supplement before that, and for a correction while nothing
    was sent.
    """
    known = tuple(chain)
    sent = {report.kind for report in known if report.sent}
    passed_on = kind is ReportKind.FINAL and all(
        report.recipient != recipient for report in known if report.kind is kind
    )
    if ReportKind.FINAL in sent and kind not in _AFTER_FINAL and not passed_on:
        raise _refuse(ErrorCode.STATE, "refusal.reports.after_final", kind)
    if kind in (ReportKind.FOLLOW_UP, ReportKind.FINAL) and ReportKind.FIRST not in sent:
        raise _refuse(ErrorCode.STATE, "refusal.reports.before_first", kind)
    if kind in _ONCE:
        _check_once(kind, recipient, known)
    if kind is ReportKind.SUPPLEMENT and ReportKind.FINAL not in sent:
        raise _refuse(ErrorCode.STATE, "refusal.reports.supplement_before_final", kind)
    if kind is ReportKind.CORRECTION and not sent:
        raise _refuse(ErrorCode.STATE, "refusal.reports.nothing_to_correct", kind)


def check_form(kind: ReportKind, form: ReportForm) -> None:
    """Refuse the short form for anything but a first report: E_RANGE (D-32)."""
    if form is ReportForm.SHORT and kind is not ReportKind.FIRST:
        raise _refuse(ErrorCode.RANGE, "refusal.reports.short_only_first", kind, field="form", clause="D-32")


def check_sent_order(kind: ReportKind, sent_at: int, first_sent_at: int | None) -> None:
    """Refuse a follow-up, final or supplement that left before the first report did: E_TIME (RP-15); moments in UTC ms."""
    if kind is not ReportKind.FIRST and first_sent_at is not None and sent_at < first_sent_at:
        raise Refusal(
            ErrorCode.TIME,
            "refusal.reports.sent_before_first",
            field="sent_at",
            clause="RP-15",
            sent_at=sent_at,
            first_at=first_sent_at,
        )


def supplement_ends(occurred_at: int, type_code: str | None, *, days_s: int, short_s: int) -> int:
    """Last moment for a supplement, itself included (D-28): UTC ms; the limits in seconds, the short one for fire and
    road traffic.
    """
    return occurred_at + (short_s if type_code in _SHORT_WINDOW else days_s) * SECOND_MS


def check_supplement(sent_at: int, ends_at: int, *, opened: bool, who: tuple[str, ...]) -> None:
    """Refuse a supplement after its time unless a supervisor opens it: E_TIME naming `who` can (D-28)."""
    if sent_at > ends_at and not opened:
        raise Refusal(
            ErrorCode.TIME,
            "refusal.reports.supplement_late",
            field="sent_at",
            who=who,
            clause="D-28",
            ends_at=ends_at,
        )


def next_follow_up(chain: Iterable[ChainReport]) -> int:
    """Number of the next follow-up: one more than the highest ever given, never reused (RP-15, D-35)."""
    return 1 + max((report.seq or 0 for report in chain if report.kind is ReportKind.FOLLOW_UP), default=0)
