"""Event time against time of entry (D-26), blank input, text as it reads."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.event_time import FUTURE_TOLERANCE_S, LATE_WINDOW_S, check_event_time
from app.domain.required import alike, is_blank, tidy
from app.domain.rule_numbers import RuleKey
from app.kernel.clock import iso
from app.kernel.errors import ErrorCode
from tests.domain.helpers import at, district, refused

NOW = at("14:00:00")


def test_up_to_a_minute_ahead() -> None:
    check_event_time(NOW + 60_000, NOW, field="at")
    with refused(ErrorCode.TIME, "at", "refusal.time.future"):
        check_event_time(NOW + 60_001, NOW, field="at", late_confirmed=True)


def test_more_than_a_day_back_needs_a_confirmation() -> None:
    day = 86_400_000
    check_event_time(NOW - day, NOW, field="at")
    with refused(ErrorCode.TIME, "at", "refusal.time.needs_confirm") as refusal:
        check_event_time(NOW - day - 1, NOW, field="at")
    assert refusal.params == {"hours": 24}
    check_event_time(NOW - 30 * day, NOW, field="at", late_confirmed=True)


@given(st.integers(1, 3_600), st.integers(1, 100))
def test_a_district_may_use_other_limits(tolerance_s: int, hours: int) -> None:
    limits: dict[str, Any] = {"tolerance_s": tolerance_s, "late_window_s": hours * 3_600}
    check_event_time(NOW + tolerance_s * 1000, NOW, field="at", **limits)
    check_event_time(NOW - hours * 3_600_000, NOW, field="at", **limits)
    for moment in (NOW + tolerance_s * 1000 + 1, NOW - hours * 3_600_000 - 1):
        with refused(ErrorCode.TIME, "at"):
            check_event_time(moment, NOW, field="at", **limits)


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31"])
def test_a_year_no_console_can_show_is_refused_confirmed_or_not(day: str) -> None:
    """XC-05, D-26: a mistyped year is no late entry; it would stand first on both boards, without a time."""
    with refused(ErrorCode.TIME, "at", "refusal.time.no_moment"):
        check_event_time(at("08:00:00", day), NOW, field="at", late_confirmed=True)
    check_event_time(at("08:00:00", "1970-01-01"), NOW, field="at", late_confirmed=True)


@pytest.mark.parametrize("ms", [at("00:00:00", "0001-01-01"), -(1 << 63), (1 << 63) - 1])
def test_moments_of_other_programs_can_be_shown(ms: int) -> None:
    """XC-05: what no calendar holds stops no screen."""
    assert iso(ms).startswith(("0002-01-01", "9999-01-01"))


def test_stated_defaults_are_those_of_the_sample_pack() -> None:
    assert district().seconds(RuleKey.FUTURE_TOLERANCE) == FUTURE_TOLERANCE_S
    assert district().seconds(RuleKey.LATE_ENTRY_WINDOW) == LATE_WINDOW_S


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "\t\n",
        "\u3000\u00a0",
        "\u200b\ufeff",
        "\u202e",
        "\0",
        "\u2800",
        "\u3164\uffa0",
        "\ufe0f",
        "\u0301",
    ],
)
def test_what_looks_empty_is_empty(text: str | None) -> None:
    assert is_blank(text)


@given(st.text(), st.sampled_from("火a1。"))
def test_one_visible_character_is_enough(around: str, visible: str) -> None:
    assert not is_blank(around + visible)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" \u3000甲路1号\n", "甲路1号"),
        ("甲路\u202e1号", "甲路1号"),
        ("\ufeff甲路\u200b1号\0", "甲路1号"),
        ("一层\r\n二层\u2028三层", "一层\n二层\n三层"),
        ("<b>`x` =1+1 '; --\t火\u30991 👨\u200d🚒\ufe0f", "<b>`x` =1+1 '; --\t火\u30991 👨\u200d🚒\ufe0f"),
    ],
)
def test_what_nobody_sees_is_not_kept(typed: str, kept: str) -> None:
    """Security: no mark turns the direction of what stands behind it; what is seen stays as typed."""
    assert tidy(typed) == kept


@given(st.text())
def test_tidying_twice_is_tidying_once(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
    assert not set(once) & set("\0\x1b\u200b\u202a\u202e\u2066\u2069\ufeff\r")
    assert alike(once) == alike(text)


@pytest.mark.parametrize(
    "other", ["Zhiban1", "zhiban1\u200b", "ｚｈｉｂａｎ１", " zhi ban1", "\u202ezhiban1", "zhiban1\u3164"]
)
def test_names_that_read_alike_are_one(other: str) -> None:
    """CM-04: one account is one person; nobody passes for another by a sign nobody sees."""
    assert alike(other) == alike("zhiban1") != alike("zhiban2")
