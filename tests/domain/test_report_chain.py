"""Chain of reports (RP-15, D-28)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.report_chain import ChainReport, check_next, next_follow_up
from app.kernel.enums import ReportKind as K
from app.kernel.errors import ErrorCode, Refusal
from tests.domain.helpers import refused

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
