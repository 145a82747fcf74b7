"""Chain of reports of one incident: one first, numbered follow-ups, one final (RP-15, D-28)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.kernel.enums import ReportKind
from app.kernel.errors import ErrorCode, Refusal

_AFTER_FINAL = frozenset({ReportKind.SUPPLEMENT, ReportKind.CORRECTION})


@dataclass(frozen=True, slots=True)
class ChainReport:
    """One report of the chain; `seq` counts follow-ups from 1 and is None for other kinds."""

    kind: ReportKind
    sent: bool
    seq: int | None = None


def _refuse(code: ErrorCode, text: str, kind: ReportKind) -> Refusal:
    return Refusal(code, text, field="kind", clause="RP-15", kind=kind)


def check_next(kind: ReportKind, chain: Iterable[ChainReport]) -> None:
    """Check that a report of this kind may be started (RP-15).

    Raises Refusal E_DUP for a second first or a second final, E_STATE for a follow-up or final before the
    first was sent, for anything but supplement and correction once the final was sent, for a supplement
    before that, and for a correction while nothing was sent.
    """
    known = tuple(chain)
    sent = {report.kind for report in known if report.sent}
    started = {report.kind for report in known}
    if ReportKind.FINAL in sent and kind not in _AFTER_FINAL:
        raise _refuse(ErrorCode.STATE, "refusal.reports.after_final", kind)
    if kind in (ReportKind.FIRST, ReportKind.FINAL) and kind in started:
        raise _refuse(ErrorCode.DUP, "refusal.reports.second", kind)
    if kind in (ReportKind.FOLLOW_UP, ReportKind.FINAL) and ReportKind.FIRST not in sent:
        raise _refuse(ErrorCode.STATE, "refusal.reports.before_first", kind)
    if kind is ReportKind.SUPPLEMENT and ReportKind.FINAL not in sent:
        raise _refuse(ErrorCode.STATE, "refusal.reports.supplement_before_final", kind)
    if kind is ReportKind.CORRECTION and not sent:
        raise _refuse(ErrorCode.STATE, "refusal.reports.nothing_to_correct", kind)


def next_follow_up(chain: Iterable[ChainReport]) -> int:
    """Number of the next follow-up: one more than the highest ever given, never reused (RP-15, D-35)."""
    return 1 + max((report.seq or 0 for report in chain if report.kind is ReportKind.FOLLOW_UP), default=0)
