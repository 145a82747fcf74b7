"""Chain of reports (RP-15, D-28)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.report_chain import (
    ChainReport,
    check_form,
    check_next,
    check_sent_order,
    check_supplement,
    next_follow_up,
    supplement_ends,
)
from app.domain.rule_numbers import RuleKey
from app.kernel.enums import Recipient, ReportForm
from app.kernel.enums import ReportKind as K
from app.kernel.errors import ErrorCode, Refusal
from tests.domain.helpers import at, district, refused

FIRST = ChainReport(K.FIRST, sent=True)
FINAL = ChainReport(K.FINAL, sent=True)


def test_chain_of_s2() -> None:
    check_next(K.FIRST, [])
    chain = [FIRST]
    for n in (1, 2):
        check_next(K.FOLLOW_UP, chain)
        assert next_follow_up(chain) == n
        chain.append(ChainReport(K.FOLLOW_UP, sent=True, seq=n))
    check_next(K.FINAL, chain)
    with refused(ErrorCode.STATE, "kind", "refusal.reports.after_final"):
        check_next(K.FOLLOW_UP, [*chain, FINAL])


@pytest.mark.parametrize(
    ("kind", "chain", "code"),
    [
        (K.FIRST, [FIRST], ErrorCode.DUP),
        (K.FIRST, [ChainReport(K.FIRST, sent=False)], ErrorCode.DUP),
        (K.FINAL, [FIRST, ChainReport(K.FINAL, sent=False)], ErrorCode.DUP),
        (K.FINAL, [FIRST, FINAL], ErrorCode.STATE),
        (K.FIRST, [FIRST, FINAL], ErrorCode.STATE),
        (K.FOLLOW_UP, [], ErrorCode.STATE),
        (K.FOLLOW_UP, [ChainReport(K.FIRST, sent=False)], ErrorCode.STATE),
        (K.FINAL, [], ErrorCode.STATE),
        (K.SUPPLEMENT, [FIRST], ErrorCode.STATE),
        (K.CORRECTION, [ChainReport(K.FIRST, sent=False)], ErrorCode.STATE),
    ],
)
def test_what_the_chain_refuses(kind: K, chain: list[ChainReport], code: ErrorCode) -> None:
    with refused(code, "kind"):
        check_next(kind, chain)


def test_supplement_and_correction_follow_the_final() -> None:
    check_next(K.SUPPLEMENT, [FIRST, FINAL])
    check_next(K.CORRECTION, [FIRST, FINAL])
    check_next(K.CORRECTION, [FIRST])
    with refused(ErrorCode.STATE, "kind"):
        check_next(K.SUPPLEMENT, [FIRST])


@given(st.lists(st.sampled_from(K)))
def test_no_row_of_acts_breaks_the_chain(wishes: list[K]) -> None:
    chain: list[ChainReport] = []
    for kind in wishes:
        try:
            check_next(kind, chain)
        except Refusal:
            continue
        seq = next_follow_up(chain) if kind is K.FOLLOW_UP else None
        chain.append(ChainReport(kind, sent=True, seq=seq))
    kinds = [report.kind for report in chain]
    assert kinds.count(K.FIRST) <= 1
    assert kinds.count(K.FINAL) <= 1
    assert not kinds or kinds[0] is K.FIRST
    numbers = [report.seq for report in chain if report.kind is K.FOLLOW_UP]
    assert numbers == list(range(1, len(numbers) + 1)), "no holes"
    if K.FINAL in kinds:
        assert set(kinds[kinds.index(K.FINAL) + 1 :]) <= {K.SUPPLEMENT, K.CORRECTION}


def test_a_number_is_never_given_twice() -> None:
    chain = [FIRST, ChainReport(K.FOLLOW_UP, sent=True, seq=3), ChainReport(K.FOLLOW_UP, sent=False, seq=1)]
    assert next_follow_up(chain) == 4


@pytest.mark.parametrize(("kind", "before"), [(K.FIRST, []), (K.FINAL, [FIRST])])
def test_first_and_final_go_to_the_duty_room_and_from_there_up(kind: K, before: list[ChainReport]) -> None:
    """RP-08, RP-15: one report, several hops; each once, the duty room before all others."""
    with refused(ErrorCode.STATE, "recipient", "refusal.reports.duty_room_first"):
        check_next(kind, before, Recipient.PARTY_OFFICE)
    chain = [*before, ChainReport(kind, sent=True)]
    for recipient in (Recipient.PARTY_OFFICE, Recipient.GOV_OFFICE):
        check_next(kind, chain, recipient)
        chain.append(ChainReport(kind, sent=True, recipient=recipient))
        with refused(ErrorCode.DUP if kind is K.FIRST else ErrorCode.STATE, "kind"):
            check_next(kind, chain, recipient)


@pytest.mark.parametrize("kind", [kind for kind in K if kind is not K.FIRST])
def test_only_a_first_report_may_be_short(kind: K) -> None:
    """D-32: the three facts make a short first report; everything else is a document."""
    check_form(K.FIRST, ReportForm.SHORT)
    check_form(kind, ReportForm.WRITTEN)
    with refused(ErrorCode.RANGE, "form", "refusal.reports.short_only_first"):
        check_form(kind, ReportForm.SHORT)


def test_nothing_left_before_the_first_did() -> None:
    """RP-15: the order of the chain is that of the times, the same moment included."""
    first = at("14:13:20")
    check_sent_order(K.FOLLOW_UP, first, first)
    check_sent_order(K.FIRST, first - 1, first)
    with refused(ErrorCode.TIME, "sent_at", "refusal.reports.sent_before_first"):
        check_sent_order(K.FOLLOW_UP, first - 1, first)


@pytest.mark.parametrize(
    ("type_code", "days"), [("fire", 7), ("traffic", 7), ("gas_leak", 30), ("rescue", 30), (None, 30)]
)
def test_time_for_supplements(type_code: str | None, days: int) -> None:
    """D-28: 30 days from the event, fire and road traffic 7, the limit second included; later a supervisor opens it."""
    occurred, leader = at("13:58:00"), ("leader",)
    limits = {
        "days_s": district().seconds(RuleKey.SUPPLEMENT_WINDOW),
        "short_s": district().seconds(RuleKey.SUPPLEMENT_WINDOW_SHORT),
    }
    ends = supplement_ends(occurred, type_code, **limits)
    assert ends - occurred == days * 86_400_000
    check_supplement(ends, ends, opened=False, who=leader)
    with refused(ErrorCode.TIME, "sent_at", "refusal.reports.supplement_late") as refusal:
        check_supplement(ends + 1, ends, opened=False, who=leader)
    assert refusal.who == leader
    check_supplement(ends + 1, ends, opened=True, who=leader)
