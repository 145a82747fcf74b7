"""Words of the shell without a window: moments, initials, alarms, header lines, palette."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.kernel.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from app.kernel.enums import LinkState, Severity
from app.kernel.texts import Texts
from app.queries.duty import WatchRow
from app.queries.incidents import IncidentRow
from app.queries.presence import presence
from app.ui.console import AgencyView
from app.ui.links.judgement import Standing
from app.ui.shell import alarms, header_text, moments
from app.ui.shell.alarm_desk import AlarmDesk
from app.ui.shell.initials import initials, matched, rank
from app.ui.shell.palette import Entry, found
from app.ui.shell.runs import Run, words
from tests.kit import moment, ms

ZH, EN = Texts.load("zh_CN"), Texts.load("en")


# -- moments ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("left", "said"),
    [
        (30 * MINUTE_MS, "30:00"),
        (10 * MINUTE_MS - 999, "10:00"),
        (10 * MINUTE_MS - 1_000, "09:59"),
        (1, "00:01"),
        (0, "00:00"),
        (-1, "00:00"),
        (-161_000, "02:41"),
        (HOUR_MS, "1:00:00"),
        (-HOUR_MS - 62_000, "1:01:02"),
        (-11 * HOUR_MS, "11 小时"),
        (-50 * HOUR_MS, "2 天"),
    ],
)
def test_a_countdown_is_never_ahead_of_its_clock(left: int, said: str) -> None:
    assert moments.countdown(ZH, left) == said


def test_ages_use_the_largest_unit() -> None:
    assert [moments.age(ZH, span) for span in (0, 38_000, 12 * MINUTE_MS, 2 * HOUR_MS, 3 * DAY_MS, -5)] == [
        "0 秒",
        "38 秒",
        "12 分钟",
        "2 小时",
        "3 天",
        "0 秒",
    ]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("14:02", moment("14:02:00")),
        ("1402", moment("14:02:00")),
        ("140210", moment("14:02:10")),
        ("14：02：10", moment("14:02:10")),
        (" 9:05 ", moment("09:05:00")),
        ("7-13 23:58", moment("23:58:00", "2025-07-13")),
        ("2025-07-01 00:00", moment("00:00:00", "2025-07-01")),
        ("15:03", moment("15:03:00")),
        ("23:58", moment("23:58:00")),
    ],
)
def test_moments_as_officers_type_them(typed: str, meant: object) -> None:
    """Without a date it is today's, also when it lies ahead: D-26 refuses that, nothing moves it to yesterday."""
    assert moments.parse_time(typed, ms("15:00:00")) == meant


@pytest.mark.parametrize(
    ("now", "typed", "meant"),
    [
        (("00:05:00", "2025-07-14"), "23:58", moment("23:58:00", "2025-07-13")),
        (("05:59:59", "2025-07-14"), "1800", moment("18:00:00", "2025-07-13")),
        (("05:59:59", "2025-07-14"), "17:59", moment("17:59:00", "2025-07-14")),
        (("06:00:00", "2025-07-14"), "23:58", moment("23:58:00", "2025-07-14")),
        (("23:59:30", "2025-07-14"), "0000", moment("00:00:00", "2025-07-15")),
        (("23:59:30", "2025-07-14"), "0001", moment("00:01:00", "2025-07-14")),
        (("00:05:00", "2026-01-01"), "12-31 23:58", moment("23:58:00", "2025-12-31")),
    ],
)
def test_moments_around_midnight(now: tuple[str, str], typed: str, meant: object) -> None:
    assert moments.parse_time(typed, ms(*now)) == meant


def test_a_clock_of_another_day_carries_its_date() -> None:
    now = ms("00:10:00", "2026-01-02")
    assert moments.day_clock(ms("00:09:00", "2026-01-02"), now) == "00:09:00"
    assert moments.day_clock(ms("23:58:00", "2026-01-01"), now) == "01-01 23:58:00"
    assert moments.day_clock(ms("23:58:00", "2025-12-31"), now) == "2025-12-31 23:58:00"


@pytest.mark.parametrize("typed", ["", "soon", "25:00", "12:60", "13-45 10:00", "2025-02-30 10:00", "1"])
def test_what_is_no_moment(typed: str) -> None:
    assert moments.parse_time(typed, ms("15:00:00")) is None


# -- initials --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("天山路街道", "tsljd"),
        ("北新泾街道", "bxjjd"),
        ("华阳路街道", "hyljd"),
        ("仙霞新村街道", "xxxcjd"),
        ("程家桥街道", "cjqjd"),
        ("登记事件", "djsj"),
        ("火警2级", "hj2j"),
        ("EMB-001", "emb001"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_the_better_fit_comes_first() -> None:
    assert [rank(typed, "天山路街道") for typed in ("天山", "tsl", "山路", "ljd", "xx", "l")] == [
        0,
        1,
        2,
        3,
        None,
        None,
    ]
    assert rank("", "anything") == 0
    assert matched("tsl", "天山路街道") == (0, 3)
    assert matched("山路", "天山路街道") == (1, 2)
    assert matched("zz", "天山路街道") is None


def test_the_palette_groups_and_ranks() -> None:
    entries = [
        Entry("places", "pin", "天山路街道", print),
        Entry("commands", "x", "登记事件", print, also=("register",)),
        Entry("commands", "x", "上岗", print),
    ]
    assert [entry.name for entry in found(entries, "")] == ["登记事件", "上岗", "天山路街道"], (
        "commands first"
    )
    assert [entry.name for entry in found(entries, "reg")] == ["登记事件"]
    assert found(entries, "qqq") == []
    many = [Entry("g", "x", f"命令{n}", print) for n in range(50)]
    assert len(found(many, "ml")) == 6


# -- alarms ----------------------------------------------------------------------------------------------------------------
ROW = IncidentRow(
    **{name: None for name in IncidentRow.__dataclass_fields__}  # type: ignore[arg-type]
)
DUE = ms("08:30:00")


def row(**values: object) -> IncidentRow:
    known = {
        "id": "a",
        "no": "EMB-1",
        "agency": "EMB",
        "place": "某街道",
        "what": "某事",
        "open": 1,
        "retracted": 0,
    }
    return replace(ROW, **{**known, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "severity"),
    [
        (DUE - 600_001, None),
        (DUE - 600_000, Severity.AMBER),
        (DUE, Severity.AMBER),
        (DUE + 1, Severity.RED),
    ],
)
def test_amber_from_ten_minutes_red_from_the_first_millisecond_after(
    now: int, severity: Severity | None
) -> None:
    """D-02: at the due moment it is still on time."""
    known = alarms.of_clocks([row(oral_due_at=DUE)], {}, now, 600)
    assert [alarm.severity for alarm in known] == ([] if severity is None else [severity])


def test_met_closed_and_retracted_raise_nothing() -> None:
    now = DUE + 60_000
    quiet = [
        row(oral_due_at=DUE, oral_met_at=DUE),
        row(oral_due_at=DUE, open=0),
        row(oral_due_at=DUE, retracted=1),
        row(),
    ]
    assert alarms.of_clocks(quiet, {}, now, 600) == []


def test_both_clocks_of_an_incident_raise_their_own_alarm_and_name_who_owes() -> None:
    known = alarms.of_clocks([row(oral_due_at=DUE, written_due_at=DUE)], {"a": ("FRD",)}, DUE + 1, 600)
    assert [(alarm.kind, alarm.owner) for alarm in known] == [
        ("oral_report", "FRD"),
        ("written_report", "FRD"),
    ]
    assert len({alarm.id for alarm in known}) == 2
    assert known[0].title == "某街道 某事"


def test_unacknowledged_red_stands_first_then_what_is_longest_overdue() -> None:
    desk, now = AlarmDesk(), DUE + HOUR_MS
    rows = [
        row(id="old", oral_due_at=DUE),
        row(id="new", oral_due_at=DUE + 1_000),
        row(id="soon", oral_due_at=now + 1),
    ]
    desk.stand(alarms.of_clocks(rows, {}, now, 600), now)
    assert [alarm.incident_id for alarm in desk.standing] == ["old", "new", "soon"]
    assert desk.acknowledge([desk.standing[0].id]) and desk.sounding
    assert [alarm.incident_id for alarm in desk.standing] == ["new", "old", "soon"]
    assert [alarm.incident_id for alarm in desk.unacknowledged] == ["new"]
    desk.muted.add(desk.unacknowledged[0].id)
    assert desk.unacknowledged and not desk.sounding, "silenced is not acknowledged"
    desk.acknowledge([alarm.id for alarm in desk.unacknowledged])
    assert not desk.unacknowledged and len(desk.standing) == 3
    assert not desk.acknowledge(["unknown", desk.standing[0].id]), "nothing new"


def test_an_acknowledged_alarm_that_ends_and_comes_again_is_new() -> None:
    desk, now = AlarmDesk(), DUE + 1
    alarm = alarms.of_clocks([row(oral_due_at=DUE)], {}, now, 600)
    desk.stand(alarm, now)
    desk.acknowledge([alarm[0].id])
    desk.stand([], now)
    desk.stand(alarm, now)
    assert desk.unacknowledged


def test_the_day_is_counted_and_kept_over_a_restart_of_the_same_day() -> None:
    desk, now = AlarmDesk(), ms("09:00:00")
    known = alarms.of_clocks([row(oral_due_at=DUE)], {}, now, 600)
    desk.stand(known, now)
    desk.acknowledge([known[0].id])
    again = AlarmDesk()
    again.recall(desk.memory(), now)
    again.stand(known, now)
    assert len(again.seen) == 1 and not again.unacknowledged
    tomorrow = AlarmDesk()
    tomorrow.recall(desk.memory(), now + DAY_MS)
    assert not tomorrow.seen and tomorrow.acknowledged, "what stands over midnight stays acknowledged"


def test_links_raise_single_sided_duty_and_clocks_apart() -> None:
    """JD-01, D-24."""
    down = Standing(LinkState.DOWN, "w", "cross", "bad", since=5)
    assert [(a.kind, a.severity) for a in alarms.of_link(down)] == [("single_sided", Severity.RED)]
    apart = Standing(LinkState.UP, "w", "check", "good", offset_ms=-75_400, clock_warns=True)
    assert [(a.kind, a.number) for a in alarms.of_link(apart)] == [("skew", -75)]
    assert alarms.of_link(Standing(None, "w", "ring", "muted")) == []


@pytest.mark.parametrize(
    ("posts", "left_at", "severity", "name"),
    [
        (("leader_on_shift", "duty_chief", "duty_officer"), 5, None, ""),
        (("duty_chief", "duty_officer"), 5, Severity.AMBER, "understaffed:leader_on_shift:AMBER"),
        (("leader_on_shift", "duty_chief"), 5, Severity.RED, "understaffed:5:RED"),
        ((), 5, Severity.RED, "understaffed:5:RED"),
        (("duty_chief",), None, Severity.AMBER, "understaffed:leader_on_shift,duty_officer:AMBER"),
    ],
)
def test_a_shift_that_drops_below_two_persons_is_red(
    posts: tuple[str, ...], left_at: int | None, severity: Severity | None, name: str
) -> None:
    """JD-04: dropped, that is: somebody left; a shift that never was complete is named in amber."""
    shift = presence(present(*posts), "EMB")
    said = header_text.missing_said(ZH, shift)
    known = alarms.of_watch(shift, left_at, said)
    assert [(alarm.severity, alarm.id) for alarm in known] == ([] if severity is None else [(severity, name)])
    assert bool(said) is bool(known)
    assert all(alarm.title == said for alarm in known)


def test_the_alarm_of_a_shift_names_who_is_missing() -> None:
    """JD-04: the missing posts, and how to take them."""
    said = [header_text.missing_said(ZH, presence(present(*posts), "EMB")) for posts in (
        (), ("duty_chief",), ("duty_chief", "duty_officer"))]  # fmt: skip
    assert said[0].startswith("我方无人在岗，缺带班领导、值班长、值班员。")
    assert said[1].startswith("双人在岗不足，缺带班领导、值班员。")
    assert said[2] == "缺带班领导，值班长、值班员在岗"


# -- header ----------------------------------------------------------------------------------------------------------------
EMB = AgencyView("EMB", "区应急管理局", "应急局")


def present(*posts: str) -> list[WatchRow]:
    return [
        WatchRow(str(n), "EMB", post, f"account-{n}", ms("17:00:00"), None) for n, post in enumerate(posts)
    ]


def test_posts_present_and_missing() -> None:
    rows = present("leader_on_shift", "duty_officer", "duty_officer")
    _, second = header_text.agency_lines(ZH, EMB, True, rows, known=True, fresh=True)
    assert [(run.text, run.token) for run in second] == [
        ("带班领导", "text"),
        ("缺值班长", "bad"),
        ("值班员 2 人", "text"),
        ("接班 17:00", "muted"),
    ]


def test_the_short_line_says_two_or_one() -> None:
    """JD-04: two persons on watch."""
    two = words(
        header_text.agency_short(ZH, EMB, True, present("duty_chief", "duty_officer"), known=True, fresh=True)
    )
    one = words(header_text.agency_short(ZH, EMB, True, present("duty_chief"), known=True, fresh=True))
    assert "双人在岗不足" not in two and "双人在岗不足" in one
    unread = words(header_text.agency_short(ZH, EMB, True, [], known=False, fresh=True))
    assert "正在读取" in unread


def test_runs_are_read_in_order() -> None:
    assert words([Run("一"), Run(""), Run("二"), Run("，三", gap=0)]) == "一 二，三"


def test_every_language_says_every_duration() -> None:
    assert moments.age(EN, 90 * SECOND_MS) == "1 min"
    assert moments.weekday_text(EN, ms("08:00:00")) == "Mon"
