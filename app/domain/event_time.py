"""When something happened against when it is typed in (D-26, JD-11). All moments are UTC milliseconds."""

from __future__ import annotations

from app.kernel.clock import HOUR_MS, SECOND_MS
from app.kernel.errors import ErrorCode, Refusal

FUTURE_TOLERANCE_S = 60
LATE_WINDOW_S = 86_400
# What lies outside cannot be shown as a local time on every console: from 1970 to the last year of the calendar.
EARLIEST_MS = 0
LATEST_MS = 253_370_764_800_000  # 9999-01-01T00:00:00Z


def check_kept(at_ms: int, *, field: str, clause: str = "D-26") -> None:
    """Refuse a moment that no console could show again, confirmed or not: E_TIME (XC-05)."""
    if not EARLIEST_MS <= at_ms < LATEST_MS:
        raise Refusal(ErrorCode.TIME, "refusal.time.no_moment", field=field, clause=clause)


def check_not_future(
    at_ms: int, now_ms: int, *, field: str, clause: str = "D-26", tolerance_s: int = FUTURE_TOLERANCE_S
) -> None:
    """Refuse a moment more than `tolerance_s` seconds ahead of now: E_TIME; the limit is allowed (D-26).

    Also one that is no moment of a duty room's day at all (see check_kept).
    """
    check_kept(at_ms, field=field, clause=clause)
    if at_ms - now_ms > tolerance_s * SECOND_MS:
        raise Refusal(ErrorCode.TIME, "refusal.time.future", field=field, clause=clause, seconds=tolerance_s)


def check_event_time(
    at_ms: int,
    now_ms: int,
    *,
    field: str,
    late_confirmed: bool = False,
    clause: str = "D-26",
    tolerance_s: int = FUTURE_TOLERANCE_S,
    late_window_s: int = LATE_WINDOW_S,
) -> None:
    """Check an event time against the time of entry (D-26).

    Raises Refusal E_TIME when it lies more than `tolerance_s` ahead, or more than `late_window_s` back and
    the officer has not confirmed it. Both limits are still allowed.
    """
    check_not_future(at_ms, now_ms, field=field, clause=clause, tolerance_s=tolerance_s)
    if not late_confirmed and now_ms - at_ms > late_window_s * SECOND_MS:
        raise Refusal(
            ErrorCode.TIME,
            "refusal.time.needs_confirm",
            field=field,
            clause=clause,
            hours=late_window_s * SECOND_MS // HOUR_MS,
        )
