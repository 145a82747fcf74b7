"""Alarms, the watch behind them and their sound as a person meets them (D-02, JD-04, JD-11)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.kernel.enums import IncidentClass, Post, Severity
from app.usecases.duty import AcknowledgeAlarm, LeaveWatch, TakeWatch
from app.usecases.incidents import ChangeIncident
from tests.kit import founded_town, register
from tests.ui.window_kit import ENTER, ESCAPE, TAB, Room, emb_room, frd_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]


# -- alarms ----------------------------------------------------------------------------------------------------------------
def test_f2_acknowledges_the_top_alarm_and_the_blinking_ends(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    register(room.site, what="仓库冒烟", place="北新泾街道")
    room.wait(lambda: window.feeds.rows)
    strip = window.strip
    room.tick(20 * 60)
    assert window.feeds.desk.standing and not strip._blink.isActive(), "amber does not blink (D-02)"
    assert "剩 10:00" in strip.line.text() and "口头报未报" in strip.line.text()
    room.tick(10 * 60)
    assert not strip._blink.isActive(), "the due moment itself is on time (D-02)"
    room.tick(1)
    assert strip._blink.isActive() and strip._blink.interval() == 500
    assert "超 00:01" in strip.line.text() and "北新泾街道 仓库冒烟" in strip.line.text()
    assert "责任 我方" in strip.line.text()
    assert strip.button.isVisible()
    room.sign_in()
    room.press(Qt.Key.Key_F2)
    room.press(Qt.Key.Key_F2)
    room.wait(lambda: not strip._blink.isActive())
    assert not strip.button.isVisible()
    assert window.feeds.desk.standing, "it stands until the clock is met"
    room.press(Qt.Key.Key_F2)
    room.wait(lambda: "没有待确认的警报" in window.overlays.toasts.texts_shown())
    assert room.console.memory("alarms")["acknowledged"]
    [entry] = [row for row in room.site.rows("log_entry") if row["kind"] == "alarm"]
    assert "确认警报：超 00:01 北新泾街道 仓库冒烟・口头报未报" in entry["text"], (
        "JD-11: as the screen said it"
    )


def test_a_locked_window_falls_silent_and_asks_who_acknowledges(emb_room: Room) -> None:
    """An acknowledgement is an act (JD-11); the noise ends all the same."""
    room, window = emb_room, emb_room.window
    register(room.site)
    room.wait(lambda: window.feeds.rows)
    room.tick(30 * 60 + 1)
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F2)
    assert window.strip._blink.isActive() and not window.feeds.desk.sounding
    assert "再按一次 F2" in window.overlays.sign_in.why.text()
    assert not [row for row in room.site.rows("log_entry") if row["kind"] == "alarm"]
    room.sign_in()
    room.press(Qt.Key.Key_F2)
    room.wait(lambda: not window.strip._blink.isActive())


def test_who_may_not_acknowledge_is_told_who_can(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    register(room.site)
    room.wait(lambda: window.feeds.rows)
    room.tick(30 * 60 + 1)
    room.sign_in("technician")
    room.press(Qt.Key.Key_F2)
    room.wait(window.overlays.refusals.isVisible)
    bar = window.overlays.refusals
    assert "值班员" in bar.what.text() + bar.can.text()
    assert window.strip._blink.isActive() and not window.feeds.desk.sounding


def test_an_alarm_acknowledged_elsewhere_in_the_agency_falls_silent_here(emb_room: Room) -> None:
    """JD-11: one entry for each alarm and agency; another workstation's counts."""
    room, window = emb_room, emb_room.window
    row = register(room.site)
    room.wait(lambda: window.feeds.rows)
    room.tick(30 * 60 + 1)
    assert window.strip._blink.isActive()
    alarm = window.feeds.desk.unacknowledged[0]
    room.act(AcknowledgeAlarm(alarm=alarm.id, text="x", incident_id=row.id), "duty_chief")
    room.wait(lambda: not window.strip._blink.isActive())


# -- classes (RC-01) ------------------------------------------------------------------------------------------------------
def test_a_class_pending_for_more_than_ten_minutes_is_said_until_it_is_set(emb_room: Room) -> None:
    """RC-01: at most ten minutes after the registration; amber in the strip, a line on the desk, then the headquarters."""
    room, window = emb_room, emb_room.window
    row = register(
        room.site, class_code=IncidentClass.PENDING, what="异味", received_at=room.clock_at("07:50:00")
    )
    register(room.site, what="仓库冒烟")
    room.wait(lambda: len(window.feeds.rows) == 2)
    room.select(row)
    room.press(ESCAPE)
    window.open_desk()
    assert window.desk is not None
    facts, kinds = window.desk.overview.facts, lambda: [alarm.kind for alarm in window.feeds.desk.standing]
    room.wait(lambda: "待定（08:00:00 登记，10 分钟内定）" in facts.text())
    room.tick(10 * 60)
    assert "class_pending" not in kinds(), "ten minutes are still on time"
    room.tick(0.001)
    assert kinds().count("class_pending") == 1
    [alarm] = [alarm for alarm in window.feeds.desk.standing if alarm.kind == "class_pending"]
    assert (alarm.severity, alarm.incident_id) == (Severity.AMBER, row.id)
    said = window.strip.sentence(alarm)
    assert "异味" in said and "类别待定" in said and "08:00" in said and "RC-01" in said
    assert "待定，08:00:00 登记，已超过 10 分钟" in facts.text()
    assert not window.strip._blink.isActive()
    room.act(ChangeIncident(incident_id=row.id, class_code=IncidentClass.SOCIAL_SECURITY))
    room.wait(lambda: "class_pending" not in kinds())
    room.wait(lambda: "社会安全事件专项应急指挥部" in facts.text())


# -- the watch (JD-04) -----------------------------------------------------------------------------------------------------
def test_a_shift_that_drops_below_two_alarms(emb_room: Room) -> None:
    """JD-04: chief and officer are there; one leaves: red in strip and header until somebody takes the post."""
    room, window = emb_room, emb_room.window
    for who, post in (("duty_chief", Post.DUTY_CHIEF), ("duty_officer", Post.DUTY_OFFICER)):
        room.act(TakeWatch(post=post), who)
    room.wait(lambda: "缺带班领导" in window.strip.line.text())
    assert not window.strip._blink.isActive()
    room.act(LeaveWatch(), "duty_officer")
    room.wait(window.strip._blink.isActive)
    assert "双人在岗不足" in window.strip.line.text() and "缺带班领导、值班员" in window.strip.line.text()
    room.sign_in("duty_chief")
    room.press(Qt.Key.Key_F2)
    room.wait(lambda: not window.strip._blink.isActive())
    assert "双人在岗不足" in window.strip.line.text(), "it stands until the post is taken"
    room.act(TakeWatch(post=Post.DUTY_OFFICER))
    room.wait(lambda: "双人在岗不足" not in window.strip.line.text())


@pytest.mark.parametrize("width", [1366, 1920])
def test_header_and_strip_have_one_colour_for_a_short_handed_watch(rooms: OpenRoom, width: int) -> None:
    """JD-04: amber while a shift begins short-handed, red when it drops below two; chapter 5 of the manual says the same."""
    room = rooms("EMB", size=(width, 900))
    window = room.window

    def tones() -> set[str]:
        lines = window.header.both.runs[:1] if window.small else window.header.own.runs[1:]
        header = {run.token for line in lines for run in line if run.icon == "alert"}
        [alarm] = [alarm for alarm in window.feeds.desk.standing if alarm.kind == "understaffed"]
        return header | {"bad" if alarm.severity is Severity.RED else "warn"}

    room.wait(lambda: tones() == {"warn"})
    room.act(TakeWatch(post=Post.DUTY_CHIEF), "duty_chief")
    room.wait(lambda: "缺带班领导、值班员" in window.strip.line.text())
    assert tones() == {"warn"}
    room.act(TakeWatch(post=Post.DUTY_OFFICER))
    room.act(LeaveWatch(), "duty_officer")
    room.wait(lambda: tones() == {"bad"})


def test_a_forgotten_watch_is_ended_from_the_account_block_and_its_officer_is_told(emb_room: Room) -> None:
    """JD-04: chief, reason, log; the officer hears of it at the next sign-in, once."""
    room, window = emb_room, emb_room.window
    room.act(TakeWatch(post=Post.DUTY_OFFICER))
    room.act(TakeWatch(post=Post.DUTY_CHIEF), "duty_chief")
    room.wait(lambda: len(window.feeds.watch) == 2)
    room.sign_in("duty_chief")
    window.deeds.watch()
    sheet = window.overlays.watch
    room.wait(lambda: sheet.others.count() == 2)
    [button] = [
        found for found in sheet.findChildren(QPushButton) if found.objectName().startswith("watch.end.")
    ]
    order = [sheet.buttons["1"]]
    sheet.buttons["1"].setFocus()
    for _ in range(5):
        room.press(TAB)
        order.append(room.focus())  # type: ignore[arg-type]
    assert [sheet.buttons["1"], sheet.buttons["3"], button] == order[:3], (
        "top to bottom, what is held is passed over"
    )
    assert order[3:5] == [sheet.sound.buttons["4"], sheet.buttons["0"]]
    room.click(button)
    assert room.focus() is sheet.reason
    room.press(ENTER)
    room.wait(sheet.field.fault.text)
    assert "请写明原因" in sheet.field.fault.text()
    room.type("123 忘记离岗")
    assert sheet.is_open, "digits go into the reason"
    room.press(ENTER)
    room.wait(lambda: len(window.feeds.watch) == 1)
    assert not sheet.is_open
    room.sign_in_again("duty_officer")
    bar = window.overlays.refusals
    room.wait(bar.isVisible)
    assert "您已被代为离岗" in bar.what.text() and "忘记离岗" in bar.what.text()
    bar.dismiss()
    room.sign_in_again("duty_officer")
    room.settle()
    assert not bar.isVisible(), "told once"


# -- the sound -------------------------------------------------------------------------------------------------------------


def test_an_alarm_sounds_when_it_comes_and_again_while_it_waits(emb_room: Room) -> None:
    room, tone = emb_room, emb_room.window.tone
    sounded: list[int] = []

    def play(rank: Severity) -> bool:
        if rank is Severity.RED:
            sounded.append(room.clock.now_ms())
        return True

    tone.play = play  # type: ignore[method-assign]
    register(room.site)
    room.wait(lambda: room.window.feeds.rows)
    room.tick(30 * 60 + 1)
    assert len(sounded) == 1
    room.tick(5)
    assert len(sounded) == 1
    room.tick(20)
    assert len(sounded) == 2
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F2)
    room.tick(60)
    assert len(sounded) == 2


@pytest.mark.parametrize(("digit", "said"), [(Qt.Key.Key_5, "听得到"), (Qt.Key.Key_6, "听不到")])
def test_the_sound_is_tried_when_the_watch_is_taken_and_the_result_noted(
    emb_room: Room, digit: Qt.Key, said: str
) -> None:
    """SCREEN, Manners: also while the sound is off, by keys alone."""
    room, window = emb_room, emb_room.window
    tried: list[Severity] = []

    def sound(rank: Severity) -> bool:
        tried.append(rank)
        return True

    window.tone.test = sound  # type: ignore[method-assign]
    window.tone.on = False
    room.sign_in()
    window.deeds.watch()
    sheet = window.overlays.watch
    room.press(digit)
    assert sheet.is_open and not sheet.sound.buttons["5"].isVisible(), "nothing was tried yet"
    room.press(Qt.Key.Key_4)
    assert tried == [Severity.RED] and "警报声现在是关的" in sheet.sound.said.text()
    room.press(digit)
    room.wait(lambda: "已记入值班日志" in sheet.sound.said.text())
    [entry] = [row for row in room.site.rows("log_entry") if row["kind"] == "alarm"]
    assert entry["text"] == f"警报声试听：{said}。"
    assert not sheet.sound.buttons["5"].isVisible()


def test_without_a_sound_device_that_is_said_plainly_and_noted(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    window.tone.test = lambda rank: False  # type: ignore[method-assign]
    room.sign_in()
    window.deeds.watch()
    sheet = window.overlays.watch
    room.press(Qt.Key.Key_4)
    assert "没有声音设备" in sheet.sound.said.text()
    room.wait(lambda: "已记入值班日志" in sheet.sound.said.text())
    [entry] = [row for row in room.site.rows("log_entry") if row["kind"] == "alarm"]
    assert "没有声音设备" in entry["text"]
