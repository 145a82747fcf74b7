"""The three facts of a first report: when, where, what (RP-02, D-04)."""

from __future__ import annotations

from app.domain.event_time import FUTURE_TOLERANCE_S, LATE_WINDOW_S, check_event_time
from app.domain.registration import check_order
from app.domain.required import require_text
from app.kernel.errors import ErrorCode, Refusal

_CLAUSE = "RP-02, D-04"


def check_first_report(
    occurred_at: int | None,
    place: str | None,
    what: str | None,
    *,
    received_at: int,
    now_ms: int,
    late_confirmed: bool = False,
    tolerance_s: int = FUTURE_TOLERANCE_S,
    late_window_s: int = LATE_WINDOW_S,
) -> None:
    """Check the facts of a first report; moments in UTC ms.

    Raises Refusal E_REQUIRED naming occurred_at, place or what (blanks count as empty), E_TIME when
    occurred_at lies after received_at, ahead of now, or far back without confirmation (D-26). Nothing else is
    asked for (D-04).
    """
    if occurred_at is None:
        raise Refusal(
            ErrorCode.REQUIRED,
            "refusal.reports.first_occurred_at_required",
            field="occurred_at",
            clause=_CLAUSE,
        )
    require_text(place, "refusal.reports.first_place_required", field="place", clause=_CLAUSE)
    require_text(what, "refusal.reports.first_what_required", field="what", clause=_CLAUSE)
    check_event_time(
        occurred_at,
        now_ms,
        field="occurred_at",
        late_confirmed=late_confirmed,
        tolerance_s=tolerance_s,
        late_window_s=late_window_s,
    )
    check_order(occurred_at, received_at)
