"""When a backup is due and which are kept (XC-09)."""

from __future__ import annotations

from app.domain.backups import (
    RESERVE_BYTES,
    Kept,
    Standing,
    Why,
    due,
    newest_verified,
    room_needed,
    to_remove,
)
from app.kernel.clock import DAY_MS, HOUR_MS, MINUTE_MS, parse_moment

NOW = parse_moment("2025-07-14T08:00:00+08:00")
SIX = 6 * HOUR_MS


def copy(age_ms: int, standing: Standing = Standing.VERIFIED) -> Kept:
    return Kept(f"{age_ms:+015d}", NOW - age_ms, standing)


def test_due_by_age_day_and_handover() -> None:
    """XC-09: none yet; older than the interval; another day; at a handover unless the last one is younger than an hour."""
    assert due([], NOW, SIX, handover=False) is Why.FIRST
    assert due([copy(HOUR_MS)], NOW, SIX, handover=False) is None
    assert due([copy(SIX - 1)], NOW, SIX, handover=False) is None
    assert due([copy(SIX)], NOW, SIX, handover=False) is Why.SCHEDULE
    assert due([copy(8 * HOUR_MS + 1)], NOW, 12 * HOUR_MS, handover=False) is Why.DAY
    assert due([copy(HOUR_MS)], NOW, SIX, handover=True) is Why.HANDOVER
    assert due([copy(HOUR_MS - 1)], NOW, SIX, handover=True) is None


def test_only_verified_ones_count() -> None:
    """XC-09: a copy nobody has restored, or one that did not stand, puts nothing off."""
    doubtful = [copy(MINUTE_MS, Standing.UNCHECKED), copy(2 * MINUTE_MS, Standing.FAILED)]
    assert due(doubtful, NOW, SIX, handover=False) is Why.FIRST
    assert newest_verified([*doubtful, copy(HOUR_MS)]) == copy(HOUR_MS)


def test_a_copy_dated_ahead_puts_nothing_off() -> None:
    """D-24: made while the clock stood a year ahead."""
    ahead = copy(-365 * DAY_MS)
    assert due([ahead], NOW, SIX, handover=False) is Why.FIRST
    assert due([ahead, copy(HOUR_MS)], NOW, SIX, handover=False) is None


def test_thinning_keeps_the_last_hours_and_a_verified_one_of_each_day() -> None:
    """XC-09: all of 24 h, then the last verified one of each of 30 days."""
    hourly = [copy(hour * HOUR_MS) for hour in range(24 * 40)]
    gone = set(to_remove(hourly, NOW, DAY_MS, 30))
    left = [each for each in hourly if each.name not in gone]
    assert [each for each in left if NOW - each.at <= DAY_MS] == hourly[:25]
    older = [each for each in left if NOW - each.at > DAY_MS]
    assert len(older) == 28, "today and yesterday are among the thirty"
    assert all(each.at % DAY_MS == parse_moment("2025-07-14T23:00:00+08:00") % DAY_MS for each in older)
    assert not to_remove(left, NOW, DAY_MS, 30), "thinning twice takes no more"


def test_the_last_verified_one_is_never_thinned() -> None:
    """XC-09: copies that did not stand do not push the good one out, however old it is."""
    good = copy(400 * DAY_MS)
    bad = [copy(day * DAY_MS, Standing.FAILED) for day in range(2, 60)]
    gone = to_remove([good, *bad], NOW, DAY_MS, 30)
    assert good.name not in gone
    assert bad[0].name not in gone, "the newest of all stays to be looked at"
    assert set(gone) == {each.name for each in bad[1:]}


def test_a_clock_a_year_ahead_thins_no_month_away() -> None:
    """D-24: days are counted by copies, not by the clock."""
    daily = [copy(day * DAY_MS) for day in range(30)]
    ahead = NOW + 365 * DAY_MS
    assert not to_remove(daily, ahead, DAY_MS, 30)
    assert to_remove([*daily, Kept("new", ahead, Standing.VERIFIED)], ahead, DAY_MS, 30) == [daily[-1].name]


def test_room_is_for_three_copies_and_a_reserve() -> None:
    assert room_needed(0) == RESERVE_BYTES
    assert room_needed(1000) == 3000 + RESERVE_BYTES
