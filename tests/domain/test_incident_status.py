"""State machine of incidents (RULES part 2, D-34)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.incident_status import (
    CAUTION,
    TRANSITIONS,
    check_transition,
    is_over,
    is_terminal,
    most_cautious,
)
from app.kernel.enums import IncidentStatus as S
from app.kernel.errors import ErrorCode, Refusal
from db.tables.incidents import CAUTION as STORED_CAUTION
from tests.domain.helpers import refused

TERMINAL = {S.CLOSED, S.MERGED, S.VOID}


def test_main_line_and_skips() -> None:
    for current, to in pairwise((S.CLUE, S.REGISTERED, S.HANDLING, S.CONTROLLED, S.CLOSED)):
        check_transition(current, to)
    check_transition(S.HANDLING, S.CLOSED)  # S2
    assert to in TRANSITIONS[S.CONTROLLED]


@given(st.sampled_from(S), st.sampled_from(S))
def test_only_what_the_table_lists_is_allowed(current: S, to: S) -> None:
    if to in TRANSITIONS[current]:
        check_transition(current, to, reason="误报")
        return
    with refused(ErrorCode.STATE, "status") as refusal:
        check_transition(current, to, reason="误报")
    assert refusal.params.get("allowed", ()) == TRANSITIONS[current]


@given(st.sampled_from(sorted(TERMINAL)), st.sampled_from(S), st.booleans(), st.booleans())
def test_no_path_leaves_a_terminal_state(current: S, to: S, owes: bool, final: bool) -> None:
    assert is_terminal(current)
    with refused(ErrorCode.STATE, "status", "refusal.incidents.terminal"):
        check_transition(current, to, owes_reports=owes, final_sent=final, reason="x")


@given(st.lists(st.sampled_from(S), max_size=12))
def test_every_walk_goes_forward_and_ends(wishes: list[S]) -> None:
    line = (S.CLUE, S.REGISTERED, S.HANDLING, S.CONTROLLED)
    status = S.CLUE
    for to in wishes:
        before = status
        try:
            check_transition(status, to, reason="x")
            status = to
        except Refusal:
            continue
        assert before not in TERMINAL
        assert status in TERMINAL or line.index(status) > line.index(before)


def test_closing_needs_the_final_report_of_an_incident_that_owes_reports() -> None:
    with refused(ErrorCode.STATE, "status", "refusal.incidents.close_needs_final"):
        check_transition(S.HANDLING, S.CLOSED, owes_reports=True)
    check_transition(S.HANDLING, S.CLOSED, owes_reports=True, final_sent=True)
    check_transition(S.HANDLING, S.CLOSED, owes_reports=False)


@pytest.mark.parametrize("reason", [None, "", "  ", "\u3000", "\u200b"])
def test_voiding_needs_a_reason(reason: str | None) -> None:
    with refused(ErrorCode.REQUIRED, "reason"):
        check_transition(S.REGISTERED, S.VOID, reason=reason)


def test_voiding_is_refused_once_a_document_went_up() -> None:
    with refused(ErrorCode.STATE, "status", "refusal.incidents.void_after_document"):
        check_transition(S.HANDLING, S.VOID, reason="误报", document_sent=True)  # S6


def test_caution_is_a_total_order_and_the_stored_one() -> None:
    assert sorted(CAUTION) == sorted(S)
    assert tuple(status.value for status in CAUTION) == STORED_CAUTION


@given(st.lists(st.sampled_from(S), min_size=1))
def test_the_most_cautious_does_not_depend_on_order(statuses: list[S]) -> None:
    shown = most_cautious(statuses)
    assert shown is most_cautious(reversed(statuses))
    assert all(CAUTION.index(shown) <= CAUTION.index(status) for status in statuses)


def test_handling_outlasts_closing() -> None:
    assert most_cautious([S.VOID, S.CLOSED, S.HANDLING]) is S.HANDLING


def test_what_leaves_the_head_of_the_board() -> None:
    """RULES part 2, D-34: a closed incident that still owes its final report does not."""
    over = {
        (status, owes, sent)
        for status in S
        for owes in (False, True)
        for sent in (False, True)
        if is_over(status, owes_reports=owes, final_sent=sent)
    }
    assert (S.CLOSED, True, False) not in over
    final = {
        (status, owes, sent)
        for status in (S.CLOSED, S.MERGED, S.VOID)
        for owes in (False, True)
        for sent in (False, True)
    }
    assert over == final - {(S.CLOSED, True, False)}
