"""Who owes the first report (RP-01, D-03)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.first_arrival import Arrival, first_arrived
from app.domain.first_reporter import (
    REMOTE_LEFT_S,
    FirstReporter,
    ReportOrigin,
    check_first_reporter,
    first_reporter,
    owner_of_first,
)
from app.domain.rule_numbers import RuleKey
from app.kernel.enums import Agency
from app.kernel.errors import ErrorCode
from tests.domain.helpers import at, district, refused

DUE = at("14:32:10")
ARRIVALS = st.lists(
    st.builds(
        Arrival,
        agency=st.sampled_from([Agency.EMB, Agency.FRD]),
        arrived_at=st.integers(at("14:00:00"), at("14:03:00")),
    )
)


def reporter(arrivals: list[Arrival], now: int, received_by: Agency = Agency.EMB) -> FirstReporter | None:
    return first_reporter(arrivals, received_by=received_by, oral_due_at=DUE, now_ms=now)


def test_first_arrived_of_s2() -> None:
    found = reporter([Arrival(Agency.FRD, at("14:09:40"))], at("14:11:00"))
    assert found == FirstReporter(Agency.FRD, ReportOrigin.SCENE)
    with refused(ErrorCode.OWNER, "kind", "refusal.reports.first_not_yours") as refusal:
        check_first_reporter(Agency.EMB, found)
    assert refusal.who == ("FRD",)
    assert refusal.params == {"owner": Agency.FRD}
    check_first_reporter(Agency.FRD, found)


def test_tie_within_the_same_minute_goes_to_the_fire_side() -> None:
    emb, frd = Arrival(Agency.EMB, at("14:09:00")), Arrival(Agency.FRD, at("14:09:59"))
    assert first_arrived([emb, frd]) is Agency.FRD
    assert first_arrived([emb, Arrival(Agency.FRD, at("14:10:00"))]) is Agency.EMB
    assert first_arrived([Arrival(Agency.EMB, at("14:08:59")), frd]) is Agency.EMB


@given(ARRIVALS)
def test_order_of_stamps_does_not_matter(arrivals: list[Arrival]) -> None:
    assert first_arrived(arrivals) is first_arrived(reversed(arrivals))
    assert first_arrived(arrivals) is first_arrived(sorted(arrivals, key=lambda a: (a.agency, a.arrived_at)))


@given(ARRIVALS.filter(bool))
def test_nobody_came_in_an_earlier_minute_than_the_owner(arrivals: list[Arrival]) -> None:
    owner = first_arrived(arrivals)
    minutes = [a.arrived_at // 60_000 for a in arrivals]
    assert min(minutes) in [a.arrived_at // 60_000 for a in arrivals if a.agency is owner]


def test_remote_only_with_nobody_there_and_ten_minutes_or_less_left() -> None:
    assert reporter([], DUE - 600_001) is None
    assert reporter([], DUE - 600_000) == FirstReporter(Agency.EMB, ReportOrigin.REMOTE)
    assert reporter([], DUE + 1, Agency.FRD) == FirstReporter(Agency.FRD, ReportOrigin.REMOTE)
    arrived = reporter([Arrival(Agency.FRD, at("14:30:00"))], DUE - 1)
    assert arrived == FirstReporter(Agency.FRD, ReportOrigin.SCENE)
    assert first_reporter([], received_by=Agency.EMB, oral_due_at=None, now_ms=DUE) is None


def test_too_early_for_anybody() -> None:
    with refused(ErrorCode.STATE, "kind", "refusal.reports.first_nobody_arrived"):
        check_first_reporter(Agency.EMB, None)
    assert district().seconds(RuleKey.REMOTE_FIRST_REPORT_LEFT) == REMOTE_LEFT_S


def test_owner_of_the_first_report_at_any_time() -> None:
    """RP-01: who took the call owes it until somebody has arrived."""
    waiting = owner_of_first([], Agency.EMB)
    assert waiting == FirstReporter(Agency.EMB, ReportOrigin.REMOTE)
    with refused(ErrorCode.OWNER, "kind", "refusal.reports.first_of_receiver") as refusal:
        check_first_reporter(Agency.FRD, waiting)
    assert refusal.who == ("EMB",)
    arrived = owner_of_first([Arrival(Agency.FRD, at("14:09:40"))], Agency.EMB)
    assert arrived == FirstReporter(Agency.FRD, ReportOrigin.SCENE)
