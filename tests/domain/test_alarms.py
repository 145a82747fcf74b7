"""Ranks, groups, prompts and putting off, as declared (JD-11, D-02, EEMUA 191)."""

from __future__ import annotations

import pytest

from app.domain.alarms import (
    GROUP_WINDOW_S,
    HAPPENINGS,
    SNOOZE_MINUTES,
    SNOOZE_TIMES,
    SOUNDS,
    AlarmKind,
    Caller,
    busiest,
    check_snooze,
    rank_of,
    snoozed_until,
)
from app.kernel.enums import Severity
from app.kernel.errors import ErrorCode, Refusal

RED, AMBER, NOTICE = Severity.RED, Severity.AMBER, Severity.NOTICE


def test_every_kind_is_declared_with_rank_rule_and_next_act() -> None:
    assert set(HAPPENINGS) == set(AlarmKind)
    for known in HAPPENINGS.values():
        assert known.ranks and known.rules and known.act
        assert list(known.ranks) == sorted(known.ranks)
        assert RED not in known.groups, "red is never grouped away"


def test_red_repeats_amber_sounds_once_a_notice_is_silent() -> None:
    assert SOUNDS[RED].again_s == 20 and SOUNDS[AMBER].again_s == 0
    assert NOTICE not in SOUNDS and SOUNDS[RED].notes != SOUNDS[AMBER].notes


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        ("oral_report:a:1:RED", RED),
        ("oral_report:a:1:AMBER", AMBER),
        ("written_report:RED:1:AMBER", AMBER),
        ("oral_report:a:1:NOTICE", None),
        ("oral_report:a:1", None),
        ("class_pending:a", AMBER),
        ("single_sided:5", RED),
        ("seal:a:5", RED),
        ("ended:a:closed", RED),
        ("certificate:5:NOTICE", NOTICE),
        ("unheard_of:5:AMBER", None),
        ("", None),
    ],
)
def test_a_name_says_its_rank(name: str, rank: Severity | None) -> None:
    assert rank_of(name) is rank


@pytest.mark.parametrize(
    ("alarm", "minutes", "reason", "times", "code", "text"),
    [
        ("oral_report:a:1:RED", 10, "x", 0, ErrorCode.STATE, "refusal.duty.snooze_red"),
        ("forked:a", 10, "x", 0, ErrorCode.STATE, "refusal.duty.snooze_red"),
        ("nothing:a", 10, "x", 0, ErrorCode.STATE, "refusal.duty.alarm_unknown"),
        ("skew", 11, "x", 0, ErrorCode.RANGE, "refusal.duty.snooze_minutes"),
        ("skew", 0, "x", 0, ErrorCode.RANGE, "refusal.duty.snooze_minutes"),
        ("skew", True, "x", 0, ErrorCode.RANGE, "refusal.duty.snooze_minutes"),
        ("skew", 10, " \u3000", 0, ErrorCode.REQUIRED, "refusal.duty.snooze_reason"),
        ("skew", 10, "x", SNOOZE_TIMES, ErrorCode.STATE, "refusal.duty.snooze_often"),
    ],
)
def test_what_cannot_be_put_off(
    alarm: str, minutes: int, reason: str, times: int, code: ErrorCode, text: str
) -> None:
    """JD-11: red never; amber for declared minutes, with a reason, not for ever."""
    with pytest.raises(Refusal) as refused:
        check_snooze(alarm, minutes, reason, times)
    assert (refused.value.code, refused.value.text, refused.value.clause) == (code, text, "JD-11")


@pytest.mark.parametrize("minutes", SNOOZE_MINUTES)
@pytest.mark.parametrize("alarm", ["skew", "oral_report:a:1:AMBER", "certificate:5:NOTICE"])
def test_what_can(alarm: str, minutes: int) -> None:
    check_snooze(alarm, minutes, "等现场核实", SNOOZE_TIMES - 1)
    assert snoozed_until(1_000, minutes) == 1_000 + minutes * 60_000


def test_one_group_calls_once_within_its_window_and_red_always() -> None:
    caller, span = Caller(), GROUP_WINDOW_S * 1000
    assert caller.calls(AMBER, "oral_report", 0)
    assert not caller.calls(AMBER, "oral_report", span - 1)
    assert caller.calls(AMBER, "skew", 1) and caller.calls(NOTICE, "oral_report", 1)
    assert caller.calls(AMBER, "oral_report", span)
    assert caller.calls(AMBER, "oral_report", 5), "a clock set back calls rather than not"
    assert all(caller.calls(RED, "oral_report", 1) for _ in range(3))


def test_the_busiest_ten_minutes() -> None:
    assert busiest([]) == (0, None)
    assert busiest([599_999, 0]) == (2, 599_999)
    assert busiest([0, 600_000]) == (1, 0), "the window is half open"
    assert busiest([0, 500_000, 700_000, 900_000, 2_000_000]) == (3, 900_000)
