"""Alarm grades (RC-16, RULES part 6)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.alarm_grade import (
    AlarmKind,
    GradeColour,
    alarm_kind,
    check_grade,
    check_raise,
    grade_colour,
    highest,
)
from app.kernel.errors import ErrorCode, Refusal
from tests.domain.helpers import refused


def test_scales() -> None:
    assert highest(AlarmKind.FIRE) == 5
    assert highest(AlarmKind.RESCUE) == 4
    assert highest(None) == 5
    assert alarm_kind("fire") is AlarmKind.FIRE
    assert alarm_kind("hazmat") is AlarmKind.RESCUE
    assert alarm_kind(None) is None


@pytest.mark.parametrize("kind", [*AlarmKind, None])
@pytest.mark.parametrize("grade", [0, -1, 6, 2.0, "2", True])
def test_outside_the_scale(kind: AlarmKind | None, grade: Any) -> None:
    with refused(ErrorCode.RANGE, "alarm_grade"):
        check_grade(grade, kind)


def test_rescue_has_no_fifth_grade() -> None:
    with refused(ErrorCode.RANGE, "alarm_grade") as refusal:
        check_grade(5, AlarmKind.RESCUE)
    assert refusal.params == {"highest": 4}


def test_a_grade_is_only_raised() -> None:
    check_raise(2, 3, AlarmKind.FIRE)
    check_raise(None, 1, AlarmKind.FIRE)
    with refused(ErrorCode.MONO, "alarm_grade", "refusal.alarm_grade.lowered"):
        check_raise(3, 2, AlarmKind.FIRE)


def test_the_same_grade_is_no_lowering_but_leaves_nothing_to_do() -> None:
    with refused(ErrorCode.STATE, "alarm_grade", "refusal.alarm_grade.same"):
        check_raise(3, 3, AlarmKind.FIRE)


@given(st.integers(1, 4), st.lists(st.integers(-1, 6)))
def test_no_row_of_acts_ever_lowers_a_grade(start: int, asked: list[int]) -> None:
    grade = start
    for to in asked:
        before = grade
        try:
            check_raise(grade, to, AlarmKind.RESCUE)
            grade = to
        except Refusal as refusal:
            assert refusal.code in {ErrorCode.RANGE, ErrorCode.MONO, ErrorCode.STATE}
        assert before <= grade <= 4


def test_colours() -> None:
    fire = [grade_colour(grade, AlarmKind.FIRE) for grade in range(1, 6)]
    rescue = [grade_colour(grade, AlarmKind.RESCUE) for grade in range(1, 5)]
    assert fire == list(GradeColour)
    assert rescue == [GradeColour.BLUE, GradeColour.YELLOW, GradeColour.ORANGE, GradeColour.RED]
