"""First report: when, where, what (RP-02, D-04)."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.first_report import check_first_report
from app.kernel.errors import ErrorCode
from tests.domain.helpers import at, refused

OCCURRED, RECEIVED, NOW = at("13:58:00"), at("14:02:10"), at("14:13:20")


def check(
    occurred_at: int | None = OCCURRED, place: str | None = "某楼", what: str | None = "火灾", **more: Any
) -> None:
    check_first_report(occurred_at, place, what, received_at=RECEIVED, now_ms=NOW, **more)


def test_three_facts_are_enough_and_each_is_needed() -> None:
    check()
    with refused(ErrorCode.REQUIRED, "occurred_at"):
        check(occurred_at=None)
    with refused(ErrorCode.REQUIRED, "place"):
        check(place=None)


@pytest.mark.parametrize("blank", ["   ", "", "\u3000\n", None])
def test_blank_what_of_s2(blank: str | None) -> None:
    with refused(ErrorCode.REQUIRED, "what"):
        check(what=blank)


def test_order_of_times() -> None:
    check(occurred_at=RECEIVED)
    with refused(ErrorCode.TIME, "occurred_at", "refusal.incidents.occurred_after_received"):
        check(occurred_at=RECEIVED + 1)
    with refused(ErrorCode.TIME, "occurred_at", "refusal.time.future"):
        check(occurred_at=NOW + 60_001)


def test_far_back_needs_a_confirmation() -> None:
    """D-26: an event of another day is asked about; the district's own limits count (D-31)."""
    day = 86_400_000
    check(occurred_at=NOW - day)
    with refused(ErrorCode.TIME, "occurred_at", "refusal.time.needs_confirm"):
        check(occurred_at=NOW - day - 1)
    check(occurred_at=NOW - day - 1, late_confirmed=True)
    with refused(ErrorCode.TIME, "occurred_at", "refusal.time.needs_confirm"):
        check(occurred_at=NOW - 3_600_001, late_window_s=3_600)
