"""Clocks of RP-07 (D-01, D-02, D-31, D-32)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.deadlines import (
    AMBER_S,
    ORAL_LIMIT_S,
    WRITTEN_LIMIT_S,
    OralReport,
    SentReport,
    due_at,
    ends_reporting,
    is_amber,
    is_overdue,
    oral_met_at,
    remaining_ms,
    start_of_clocks,
    status,
    written_met_at,
)
from app.domain.rule_numbers import RuleKey
from app.kernel.enums import DeadlineStatus, Recipient, ReportForm, ReportKind
from tests.domain.helpers import at, district

MOMENTS = st.integers(0, 4_000_000_000_000)
DUTY_ROOM = Recipient.GOV_DUTY_ROOM.value


def oral(key: str, spoken_at: int, amends: str | None = None, to: str = DUTY_ROOM) -> OralReport:
    return OralReport(id=key, spoken_at=spoken_at, amends_id=amends, to_role=to)


def sent(
    kind: ReportKind, sent_at: int, form: ReportForm = ReportForm.WRITTEN, to: str = DUTY_ROOM
) -> SentReport:
    return SentReport(kind=kind, form=form, sent_at=sent_at, recipient=to)


ORAL_ROWS = st.lists(
    st.builds(
        OralReport,
        id=st.sampled_from("abcdef"),
        spoken_at=MOMENTS,
        amends_id=st.none() | st.sampled_from("abcdef"),
        to_role=st.sampled_from([r.value for r in Recipient]),
    ),
    max_size=6,
    unique_by=lambda row: row.id,
)
SENT_ROWS = st.lists(
    st.builds(
        SentReport,
        kind=st.sampled_from(ReportKind),
        form=st.sampled_from(ReportForm),
        sent_at=MOMENTS,
        recipient=st.sampled_from([r.value for r in Recipient]),
    ),
    max_size=6,
)


def test_clocks_of_s2() -> None:
    start = at("14:02:10")
    assert due_at(start, ORAL_LIMIT_S) == at("14:32:10")
    assert due_at(start, WRITTEN_LIMIT_S) == at("15:02:10")
    assert status(at("14:32:10"), at("14:17:30")) is DeadlineStatus.MET


def test_clocks_of_s6_move_back_with_the_earlier_clue() -> None:
    start = start_of_clocks([at("10:14:00"), at("10:18:00"), at("10:00:00")])
    due = due_at(start, ORAL_LIMIT_S)
    assert due == at("10:30:00")
    assert status(due, at("10:30:01")) is DeadlineStatus.MET_LATE


def test_stated_defaults_are_those_of_the_sample_pack() -> None:
    changning = district()
    assert changning.seconds(RuleKey.ORAL_REPORT_LIMIT) == ORAL_LIMIT_S
    assert changning.seconds(RuleKey.WRITTEN_REPORT_LIMIT) == WRITTEN_LIMIT_S
    assert changning.seconds(RuleKey.AMBER_BEFORE) == AMBER_S


@given(MOMENTS, st.integers(1, 86_400))
def test_the_limit_itself_is_on_time_and_one_millisecond_later_is_late(start: int, limit_s: int) -> None:
    due = due_at(start, limit_s)
    assert due - start == limit_s * 1000
    assert status(due, due) is DeadlineStatus.MET
    assert status(due, due + 1) is DeadlineStatus.MET_LATE
    assert status(due, None) is DeadlineStatus.RUNNING
    assert not is_overdue(due, due)
    assert is_overdue(due + 1, due)


@pytest.mark.parametrize("limit_s", [0, -1])
def test_a_limit_is_positive(limit_s: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        due_at(0, limit_s)


@pytest.mark.parametrize(
    ("left_ms", "amber"), [(600_001, False), (600_000, True), (1, True), (0, True), (-1, False)]
)
def test_amber_from_exactly_ten_minutes_left_until_due(left_ms: int, amber: bool) -> None:
    due = at("14:32:10")
    assert remaining_ms(due - left_ms, due) == left_ms
    assert is_amber(due - left_ms, due) is amber


@given(MOMENTS, MOMENTS)
def test_a_clock_is_never_amber_and_red_at_once(now: int, due: int) -> None:
    assert not (is_amber(now, due) and is_overdue(now, due))


@given(st.lists(MOMENTS, min_size=1))
def test_start_is_the_earliest_of_any_order(received: list[int]) -> None:
    start = start_of_clocks(received)
    assert start == start_of_clocks(reversed(received))
    assert start in received
    assert all(start <= moment for moment in received)


def test_nobody_received_anything() -> None:
    with pytest.raises(ValueError):
        start_of_clocks([])


def test_oral_clock_is_met_by_the_earliest_report_to_the_duty_room() -> None:
    rows = [oral("a", at("14:20:00")), oral("b", at("14:17:30")), oral("c", at("14:05:00"), to="gov_office")]
    assert oral_met_at(rows) == at("14:17:30")
    assert oral_met_at(rows[2:]) is None


def test_an_amendment_replaces_what_it_amends() -> None:
    first = oral("a", at("14:17:30"))
    later = oral("b", at("14:33:00"), amends="a")
    assert oral_met_at([first, later]) == at("14:33:00")
    again = oral("c", at("14:31:00"), amends="b")
    assert oral_met_at([again, first, later]) == at("14:31:00")
    elsewhere = oral("d", at("14:31:00"), amends="c", to="party_office")
    assert oral_met_at([first, later, again, elsewhere]) is None


@given(ORAL_ROWS, st.data())
def test_oral_clock_does_not_depend_on_the_order_of_rows(rows: list[OralReport], data: st.DataObject) -> None:
    assert oral_met_at(data.draw(st.permutations(rows))) == oral_met_at(rows)


@given(ORAL_ROWS)
def test_oral_clock_is_met_only_by_rows_that_nobody_amends(rows: list[OralReport]) -> None:
    met = oral_met_at(rows)
    effective = [row for row in rows if all(other.amends_id != row.id for other in rows)]
    assert met == min((row.spoken_at for row in effective if row.to_role == DUTY_ROOM), default=None)


def test_written_clock_needs_a_document_to_the_duty_room() -> None:
    short = sent(ReportKind.FIRST, at("14:13:20"), form=ReportForm.SHORT)
    elsewhere = sent(ReportKind.FOLLOW_UP, at("14:40:00"), to="party_office")
    assert written_met_at([short, elsewhere]) is None
    assert written_met_at([sent(ReportKind.FOLLOW_UP, at("14:52:00")), short, elsewhere]) == at("14:52:00")


@pytest.mark.parametrize("kind", list(ReportKind))
def test_which_kinds_meet_the_written_clock(kind: ReportKind) -> None:
    meets = kind in {ReportKind.FIRST, ReportKind.FOLLOW_UP, ReportKind.FINAL}
    assert (written_met_at([sent(kind, 1)]) == 1) is meets


@given(SENT_ROWS, SENT_ROWS)
def test_written_clock_takes_the_earliest_of_any_order(one: list[SentReport], two: list[SentReport]) -> None:
    met = written_met_at(one + two)
    assert met == written_met_at(two + one)
    parts = [part for part in (written_met_at(one), written_met_at(two)) if part is not None]
    assert met == min(parts, default=None)


def test_only_the_written_final_at_the_duty_room_ends_the_reporting() -> None:
    """RULES part 2, D-32: nothing less closes an incident that owes reports."""
    ending = [
        (kind, form, to)
        for kind in (*ReportKind, None)
        for form in ReportForm
        for to in (*Recipient, "somebody")
        if ends_reporting(kind, form, to)
    ]
    assert ending == [(ReportKind.FINAL, ReportForm.WRITTEN, Recipient.GOV_DUTY_ROOM)]
