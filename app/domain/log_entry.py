"""Entries of the duty log (JD-11, D-26)."""

from __future__ import annotations

from app.domain.event_time import FUTURE_TOLERANCE_S, LATE_WINDOW_S, check_event_time
from app.domain.required import require_text


def check_log_entry(
    text: str | None,
    at_ms: int,
    now_ms: int,
    *,
    late_confirmed: bool = False,
    tolerance_s: int = FUTURE_TOLERANCE_S,
    late_window_s: int = LATE_WINDOW_S,
) -> None:
    """Check a log entry; moments in UTC ms.

    Raises Refusal E_REQUIRED for blank text, E_TIME for a time more than 60 s ahead (JD-11), or more than 24
    h back without confirmation (D-26).
    """
    require_text(text, "refusal.duty.log_text_required", field="text", clause="JD-11")
    check_event_time(
        at_ms,
        now_ms,
        field="at",
        late_confirmed=late_confirmed,
        clause="JD-11, D-26",
        tolerance_s=tolerance_s,
        late_window_s=late_window_s,
    )
