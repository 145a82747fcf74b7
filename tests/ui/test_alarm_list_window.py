"""The list of alarms by keys: groups, acknowledging several, putting off with a reason, the shift's history (JD-11)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.kernel.enums import IncidentClass, Post, Severity
from app.ui.alarms.sheet import AlarmSheet
from app.ui.shell.alarm_desk import AlarmDesk
from app.ui.shell.alarm_strip import LIST
from app.ui.shell.tone import Tone
from app.usecases.duty import AcknowledgeAlarm, SnoozeAlarm, TakeWatch
from tests.kit import founded_town, register
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Room, emb_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "rooms"]
SHIFT = Qt.KeyboardModifier.ShiftModifier
RANK, TIME, WHAT, STATE = range(4)


def listed(room: Room) -> AlarmSheet:
    """The list, by its key."""
    room.press(Qt.Key.Key_F2, SHIFT)
    sheet = room.window.overlays.alarms
    assert sheet.is_open and room.focus() is sheet.table
    return sheet


def burning(room: Room, number: int, seconds: float) -> None:
    """So many incidents whose oral report has run for so long."""
    for index in range(number):
        register(room.site, what=f"冒烟{index}")
    room.wait(lambda: len(room.window.feeds.rows) == number)
    room.tick(seconds)


def cells(sheet: AlarmSheet, column: int) -> list[str]:
    return [row.cells[column] for row in sheet.model.rows]


def entries(room: Room) -> list[str]:
    return [str(row["text"]) for row in room.site.rows("log_entry") if row["kind"] == "alarm"]


def test_red_stands_alone_amber_is_grouped_and_opens(emb_room: Room) -> None:
    """Grouped, not lost; red is never grouped away."""
    room = emb_room
    burning(room, 3, 21 * 60)
    room.press(ESCAPE)
    sheet = listed(room)
    [place] = [at for at, row in enumerate(sheet.model.rows) if row.id.startswith("#")]
    assert cells(sheet, WHAT)[place] == "口头报快到时限 3 条" and len(sheet.model.rows) == 2
    sheet.choose(sheet.model.rows[place].id)
    room.press(Qt.Key.Key_Right)
    assert len(sheet.model.rows) == 5 and "收起" in cells(sheet, STATE)[place]
    room.press(Qt.Key.Key_Left)
    assert len(sheet.model.rows) == 2
    room.press(ENTER)
    assert len(sheet.model.rows) == 5, "Enter opens it too"
    room.tick(9 * 60 + 1)
    sheet.show_alarms()
    assert [row.id.startswith("#") for row in sheet.model.rows] == [False] * 4
    assert cells(sheet, RANK)[:3] == ["红色"] * 3 and cells(sheet, STATE)[:3] == ["未确认"] * 3
    assert all(said.startswith("超 ") for said in cells(sheet, TIME)[:3])


def test_several_are_acknowledged_at_once_each_by_an_entry_of_its_own(emb_room: Room) -> None:
    room = emb_room
    burning(room, 3, 30 * 60 + 1)
    room.sign_in("duty_chief")
    sheet = listed(room)
    assert "RP-07" in sheet.why.text() and "F4" in sheet.next.text() and "超 00:01" in sheet.what.text()
    assert not sheet.later.isEnabled() and "红色警报不能暂缓" in sheet.note.text()
    room.press(Qt.Key.Key_Down, SHIFT)
    assert sheet.confirm.text() == "确认所选 2 条"
    room.press(ENTER, CTRL)
    room.wait(lambda: len(room.window.feeds.desk.unacknowledged) == 1)
    assert len(entries(room)) == 2
    room.wait(lambda: sum("08:30:01 确认" in said for said in cells(sheet, STATE)) == 2)
    room.wait(lambda: len(sheet.acts.rows) == 2)
    assert "本班处置 2 条" in sheet.past.text()
    room.press(Qt.Key.Key_F2)
    room.wait(lambda: not room.window.feeds.desk.unacknowledged)
    assert not room.window.strip._blink.isActive()


def test_amber_is_put_off_with_a_reason_and_comes_back_by_itself(emb_room: Room) -> None:
    """JD-11: minutes, reason, who; away from the strip, in the list with its return; then it calls anew."""
    room, window = emb_room, emb_room.window
    row = register(
        room.site, class_code=IncidentClass.PENDING, what="异味", received_at=room.clock_at("07:55:00")
    )
    room.wait(lambda: window.feeds._unclassed)
    room.tick(10 * 60 + 1)
    alarm = f"class_pending:{row.id}"
    assert window.feeds.desk.find(alarm) in window.feeds.desk.standing
    room.sign_in()
    sheet = listed(room)
    sheet.choose(alarm)
    room.press(Qt.Key.Key_D, CTRL)
    assert room.focus() is sheet.reason
    room.press(ENTER)
    room.wait(lambda: "没有写暂缓的原因" in sheet.field.fault.text())
    assert not entries(room)
    room.type("等现场核实")
    room.press(ENTER)
    room.wait(lambda: alarm in {each.id for each in window.feeds.desk.resting})
    assert (
        room.focus() is sheet.table and "类别待定" not in window.strip.line.text() + window.strip.next.text()
    )
    assert "暂缓至 08:20:01" in cells(sheet, STATE)[sheet.model.place_of(alarm)]
    assert not sheet.later.isEnabled(), "it is put off already"
    [entry] = entries(room)
    assert "暂缓警报 10 分钟，原因：等现场核实" in entry and "异味" in entry
    sounded: list[Severity] = []

    def play(rank: Severity) -> bool:
        sounded.append(rank)
        return True

    window.tone.play = play  # type: ignore[method-assign]
    room.tick(10 * 60 - 1)
    assert window.feeds.desk.find(alarm) in window.feeds.desk.resting
    sounded.clear()
    room.tick(1)
    assert window.feeds.desk.find(alarm) in window.feeds.desk.standing
    assert sounded == [Severity.AMBER], "it calls as anew"
    sheet.show_alarms()
    assert "已暂缓过 1 次" in cells(sheet, STATE)[sheet.model.place_of(alarm)]


def test_what_a_colleague_put_off_rests_here_too(emb_room: Room) -> None:
    """One queue for all workstations of an agency."""
    room, desk = emb_room, emb_room.window.feeds.desk
    alarm = next(each for each in desk.standing if each.kind == "understaffed")
    room.act(SnoozeAlarm(alarm=alarm.id, text="缺岗", minutes=5, reason="换班"), "duty_chief")
    room.wait(lambda: alarm.id in {each.id for each in desk.resting})
    assert room.window.strip.line.text() == "没有警报"


def test_the_queue_is_the_same_after_a_restart_and_nothing_sounds_anew(
    rooms: OpenRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Acknowledged and put off as before; what was called out yesterday evening is not called out at midnight."""
    room = rooms("EMB")
    burning(room, 2, 30 * 60 + 1)
    desk = room.window.feeds.desk
    [first, second] = desk.unacknowledged
    room.act(AcknowledgeAlarm(alarm=first.id, text="x"), "duty_chief")
    amber = next(each for each in desk.standing if each.severity is Severity.AMBER)
    room.act(SnoozeAlarm(alarm=amber.id, text="y", minutes=30, reason="换班"), "duty_chief")
    room.wait(lambda: desk.unacknowledged == (second,) and desk.resting == (amber,))
    room.act(AcknowledgeAlarm(alarm=second.id, text="x"), "duty_chief")
    now = room.clock.now_ms()
    room.close()
    sounded: list[Severity] = []

    def play(_tone: Tone, rank: Severity) -> bool:
        sounded.append(rank)
        return True

    monkeypatch.setattr(Tone, "play", play)
    again = rooms("EMB", wait=False)
    again.clock.set(now + 1_000)
    again.wait(lambda: hasattr(again.window, "feeds") and len(again.window.feeds.desk.states) == 3)
    again.settle()
    desk = again.window.feeds.desk
    assert not desk.unacknowledged and {each.id for each in desk.resting} == {amber.id}
    assert {each.id for each in desk.standing} == {first.id, second.id}
    assert sounded == [], "both were acknowledged, one of them while no window was looking"


@pytest.mark.parametrize("where", ["tile", "rest", "space"])
def test_the_strip_opens_the_list(emb_room: Room, where: str) -> None:
    room, strip = emb_room, emb_room.window.strip
    burning(room, 2, 21 * 60)
    room.press(ESCAPE)
    if where == "tile":
        QTest.mouseClick(
            strip, Qt.MouseButton.LeftButton, pos=strip.rect().topLeft() + strip.rect().center() / 1_000
        )
    elif where == "rest":
        strip.next.clicked.emit(LIST)
    else:
        room.press(Qt.Key.Key_5, CTRL)
        room.press(Qt.Key.Key_Space)
    assert room.window.overlays.alarms.is_open


def test_enter_goes_where_it_is_dealt_with(emb_room: Room) -> None:
    room = emb_room
    burning(room, 1, 30 * 60 + 1)
    room.sign_in()
    sheet = listed(room)
    room.press(ENTER)
    assert not sheet.is_open and room.window.columns.desk_open
    room.window.close_desk()
    sheet = listed(room)
    room.press(Qt.Key.Key_Down)
    room.press(ENTER)
    assert room.window.overlays.watch.is_open, "missing posts are taken"


def test_an_empty_list_says_what_would_be_there(emb_room: Room) -> None:
    room = emb_room
    for who, post in (
        ("leader", Post.LEADER_ON_SHIFT),
        ("duty_chief", Post.DUTY_CHIEF),
        ("duty_officer", Post.DUTY_OFFICER),
    ):
        room.act(TakeWatch(post=post), who)
    room.wait(lambda: not room.window.feeds.desk.standing)
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F2, SHIFT)
    sheet = room.window.overlays.alarms
    assert sheet.empty.isVisible() and not sheet.table.isVisible() and "现在没有警报" in sheet.empty.text()
    room.wait(lambda: "本班还没有确认或暂缓过警报（08:00:00 起）" in sheet.past.text())


def test_every_act_that_answers_an_alarm_is_in_the_window(emb_room: Room) -> None:
    from app.domain.alarms import HAPPENINGS

    texts, known = emb_room.window.texts, {action.id for action in emb_room.window.actions_table}
    for kind, happening in HAPPENINGS.items():
        assert happening.act in known
        assert all(texts.has(f"clause.{rule}") for rule in happening.rules)
        assert texts.get(f"ui.alarms.next.{kind}").startswith("下一步") and texts.get(
            f"ui.alarms.kind.{kind}"
        )


def test_a_desk_that_is_not_told_what_was_heard_sounds_all_the_same() -> None:
    """The record does not answer: after the start's patience everything sounds."""
    from app.ui.shell.alarms import Alarm

    desk, red = AlarmDesk(ask_first=True), Alarm("single_sided:5", Severity.RED, "single_sided")
    desk.stand([red], 0)
    assert not desk.sounding and desk.unacknowledged
    desk.stand([red], 9_999)
    assert not desk.sounding
    desk.stand([red], 10_000)
    assert desk.sounding
