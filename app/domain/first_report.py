"""The three facts of a first report: when, where, what (RP-02, D-04)."""

from __future__ import annotations

from app.domain.event_time import check_not_future
from app.domain.registration import check_order
from app.domain.required import require_text
from app.kernel.errors import ErrorCode, Refusal

_CLAUSE = "RP-02, D-04"


def check_first_report(
    occurred_at: int | None, place: str | None, what: str | None, *, received_at: int, now_ms: int
) -> None:
    """Check the facts of a first report; moments in UTC ms.

    Raises Refusal E_REQUIRED naming occurred_at, place or what (blanks count as empty), E_TIME when
    occurred_at lies after received_at or ahead of now (D-26). Nothing else is asked for (D-04).
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
    check_not_future(occurred_at, now_ms, field="occurred_at")
    check_order(occurred_at, received_at)
