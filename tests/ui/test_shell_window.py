"""The shell as a person meets it: measures, header, sign-in, lock, alarms, palette, two rooms (SCREEN, QUALITY)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from app.kernel.clock import MINUTE_MS
from app.kernel.enums import LinkState, Post
from app.replication.status import LinkStatus, Waiting
from app.ui.shell.lock import IDLE_MS
from app.usecases.duty import AcknowledgeAlarm, LeaveWatch, TakeWatch
from tests.kit import founded_town, register, ship
from tests.ui.window_kit import ALT, CTRL, ENTER, ESCAPE, PLAIN, TAB, Room, emb_room, frd_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]


def top(room: Room, widget: QWidget) -> int:
    return widget.mapTo(room.window, QPoint(0, 0)).y()


def left(room: Room, widget: QWidget) -> int:
    return widget.mapTo(room.window, QPoint(0, 0)).x()


# -- measures --------------------------------------------------------------------------------------------------------------
def test_measures_of_the_duty_layout(emb_room: Room) -> None:
    """NOTES, Grid: rows 56 · 4 · body · 4 · 36 · 4 · 44 · 24; columns 440 · 4 · map · 4 · 400."""
    window = emb_room.window
    assert (window.width(), window.height()) == (1920, 1080)
    assert (window.header.height(), top(emb_room, window.header)) == (56, 0)
    assert (top(emb_room, window.columns), window.columns.height()) == (60, 908)
    assert (top(emb_room, window.strip), window.strip.height()) == (972, 36)
    assert (top(emb_room, window.line), window.line.height()) == (1012, 44)
    assert (top(emb_room, window.status), window.status.height()) == (1056, 24)
    assert window.links is not None
    assert (left(emb_room, window.board), window.board.width()) == (0, 440)
    assert (left(emb_room, window.map_host), window.map_host.width()) == (444, 1072)
    assert (left(emb_room, window.links), window.links.width()) == (1520, 400)
    assert left(emb_room, window.header.clock) == 456
    assert left(emb_room, window.header.link) == 1532


def test_measures_of_the_narrow_layout(rooms: OpenRoom) -> None:
    """NOTES, 1366×768: header 48, board 392, map 970, alarm 36, summary 40, status 24; links behind Ctrl+3."""
    room = rooms("EMB", size=(1366, 768))
    window = room.window
    assert window.small
    heights = [part.height() for part in (window.header, window.strip, window.line, window.status)]
    assert heights == [48, 36, 40, 24]
    assert (window.board.width(), window.map_host.width()) == (392, 970)
    assert window.links is not None and not window.links.isVisible()
    room.press(Qt.Key.Key_3, CTRL)
    assert window.links.isVisible()
    room.press(Qt.Key.Key_3, CTRL)
    assert not window.links.isVisible()


def test_every_panel_has_a_name(emb_room: Room) -> None:
    window = emb_room.window
    assert window.desk is not None and window.links is not None
    parts = (
        window.header, window.board, window.map_host, window.links, window.desk, window.strip, window.line,
        window.status, window.columns, window.columns.inner,
    )  # fmt: skip
    names = [part.objectName() for part in parts]
    assert all(names) and len(set(names)) == len(names)


def test_no_label_reads_markup(emb_room: Room) -> None:
    """Attack test 1: text is never HTML in the window."""
    window = emb_room.window
    for sheet in ("sign_in", "register", "oral", "grade", "watch", "palette", "keys"):
        getattr(window.overlays, sheet)
    rich = [
        label.text()
        for label in window.findChildren(QLabel)
        if label.textFormat() is not Qt.TextFormat.PlainText and label.text()
    ]
    assert not rich


def test_widths_and_theme_are_remembered(rooms: OpenRoom) -> None:
    room = rooms("EMB")
    room.window.columns.inner.setSizes([520, 992])
    room.window.columns._dragged()
    room.press(Qt.Key.Key_T, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert room.window.theme.kind == "light"
    room.close()
    again = rooms("EMB")
    assert again.window.theme.kind == "light"
    assert again.window.board.width() == 520


# -- header ----------------------------------------------------------------------------------------------------------------
def test_the_clock_shows_shanghai_time_and_repaints_only_what_changed(emb_room: Room) -> None:
    clock = emb_room.window.header.clock
    emb_room.tick()
    assert (clock.time, clock.weekday, clock.date) == ("08:00:01", "周一", "7 月 14 日")
    emb_room.settle()
    painted: list[str] = []
    header = emb_room.window.header

    def noted(name: str, paint: Callable[[QPaintEvent], None]) -> Callable[[QPaintEvent], None]:
        def paint_noted(event: QPaintEvent) -> None:
            painted.append(name)
            paint(event)

        return paint_noted

    for name in ("title", "own", "other", "account"):
        part = getattr(header, name)
        part.paintEvent = noted(name, part.paintEvent)
    header.account.update()
    emb_room.wait(lambda: painted == ["account"])
    painted.clear()
    emb_room.tick()
    emb_room.bot.wait(30)
    assert clock.time == "08:00:02" and not painted


def test_the_header_names_who_is_on_watch_and_who_is_missing(emb_room: Room) -> None:
    """JD-04: chief and officer; a missing post is named, not hidden."""
    header = emb_room.window.header
    assert "无人在岗" in header.own.text()
    emb_room.act(TakeWatch(post=Post.DUTY_CHIEF), "duty_chief")
    emb_room.wait(lambda: "值班长" in header.own.text())
    assert "缺值班员" in header.own.text() and "缺带班领导" in header.own.text()
    assert "接班 08:00" in header.own.text()
    emb_room.act(TakeWatch(post=Post.DUTY_OFFICER))
    emb_room.wait(lambda: "缺值班员" not in header.own.text())
    emb_room.act(LeaveWatch(), "duty_chief")
    emb_room.wait(lambda: "缺值班长" in header.own.text())
    assert "在岗情况不明" in header.other.text(), "a partner nobody can hear is not said to be away"


def link(state: LinkState, now: int, **more: object) -> LinkStatus:
    known = LinkStatus(
        "f" * 26, "FRD", state, now - 60_000, last_heard_at=now - 1_000, last_acked_at=now - 2_000
    )
    return replace(known, **more)  # type: ignore[arg-type]


def test_single_sided_duty_replaces_the_link_block(emb_room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """JD-01: since when, and what waits; never blank, never a stale green."""
    room, now = emb_room, emb_room.clock.now_ms()
    state = [link(LinkState.UP, now, waiting_out=Waiting(0), rtt_ms=42.0, clock_offset_ms=300)]
    monkeypatch.setattr(room.console, "links", lambda: state)
    room.tick(0)
    header = room.window.header
    assert "1 秒" in header.link.text() and "2 秒" in header.link.text()
    assert "待发 0" in header.link.text() and "往返 42 毫秒" in header.link.text()
    assert not header.link.alarmed
    state[0] = link(LinkState.DOWN, now, waiting_out=Waiting(7, 60_000))
    room.tick(0)
    assert header.link.alarmed
    assert "单方值守" in header.link.text() and "07:59 起，已 1 分钟" in header.link.text()
    assert "待发 7" in header.link.text()
    top_alarm = room.window.feeds.desk.standing[0]
    assert top_alarm.kind == "single_sided"
    assert "单方值守" in room.window.strip.line.text()
    state[0] = link(LinkState.UP, now, waiting_out=Waiting(0), clock_offset_ms=75_000)
    room.tick(0)
    assert not header.link.alarmed
    assert "相差 75 秒" in room.window.strip.line.text(), "D-24: clocks more than 60 s apart warn"


# -- sign-in and lock ------------------------------------------------------------------------------------------------------
def test_seeing_needs_no_account_acting_does(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    assert window.session.locked and window.overlays.sign_in.is_open
    row = register(room.site)
    room.wait(lambda: any(known.id == row.id for known in window.feeds.rows))
    room.wait(lambda: room.board.model.rowCount() > 0)
    room.press(ESCAPE)
    assert not window.overlays.sign_in.is_open
    room.select(row)
    ops = room.site.count("op")
    room.press(Qt.Key.Key_F4)
    room.press(ENTER)
    assert window.overlays.sign_in.is_open, "an act asks for the account"
    assert "先登录" in window.overlays.sign_in.why.text()
    assert room.site.count("op") == ops


def test_signing_in_by_keys(emb_room: Room) -> None:
    room, sheet = emb_room, emb_room.window.overlays.sign_in
    assert room.focus() is sheet.name
    room.type("EMB-duty_officer")
    room.press(ENTER)
    assert room.focus() is sheet.password
    room.type("wrong-password")
    room.press(ENTER)
    room.wait(sheet.problem.text)
    assert "登录" in sheet.problem.text() or "口令" in sheet.problem.text()
    assert sheet.is_open and sheet.password.text() == ""
    room.type("correct-horse-1")
    room.press(ENTER)
    room.wait(lambda: not room.window.session.locked)
    assert not sheet.is_open
    assert "duty_officer" in room.window.header.account.text()
    assert room.console.memory("sign_in.name") == "EMB-duty_officer"


def test_a_second_enter_does_not_sign_in_twice(emb_room: Room) -> None:
    sheet = emb_room.window.overlays.sign_in
    sheet.name.setText("EMB-duty_officer")
    sheet.password.setText("nonsense")
    sheet.submit()
    sheet.submit()
    emb_room.wait(sheet.problem.text)
    assert len([row for row in emb_room.site.refusals() if row.command == "sign_in"]) == 1


def test_locking_stops_acts_and_nothing_else(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    room.sign_in()
    row = register(room.site)
    room.select(row)
    room.press(Qt.Key.Key_N, CTRL)
    room.press(Qt.Key.Key_Tab)
    room.press(Qt.Key.Key_Tab)
    room.press(Qt.Key.Key_Tab)
    room.type("虹桥街道")
    room.press(Qt.Key.Key_L, CTRL)
    assert window.session.locked and "已锁定" in window.header.account.text()
    assert window.overlays.register.place.text() == "虹桥街道", "what was typed stays"
    before = window.line.line.text()
    room.tick(60)
    assert window.line.line.text() != before, "countdowns go on"
    assert "08:01:00" in window.header.clock.accessibleName()


def test_nobody_there_locks_the_window(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    room.tick(IDLE_MS / 1000 - 60)
    assert not room.window.session.locked
    handle = room.window.windowHandle()
    QApplication.sendEvent(handle, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Shift, PLAIN))
    room.tick(120)
    assert not room.window.session.locked, "a key counts as somebody"
    room.tick(IDLE_MS / 1000)
    assert room.window.session.locked


def test_whoever_signs_in_after_a_long_while_is_not_locked_out_at_once(emb_room: Room) -> None:
    """The span of idleness begins with the sign-in, whatever was before it."""
    room = emb_room
    room.tick(IDLE_MS / 1000 * 3)
    room.sign_in()
    room.tick(IDLE_MS / 1000 - 1)
    assert not room.window.session.locked
    room.tick(2)
    assert room.window.session.locked


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
    assert "超 00:01" in strip.line.text() and "北新泾街道仓库冒烟" in strip.line.text()
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
    assert "确认警报：超 00:01 北新泾街道仓库冒烟・口头报未报" in entry["text"], (
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
    for _ in range(4):
        room.press(TAB)
        order.append(room.focus())  # type: ignore[arg-type]
    assert [sheet.buttons["1"], sheet.buttons["3"], button] == order[:3], (
        "top to bottom, what is held is passed over"
    )
    assert order[3] is sheet.buttons["0"]
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

    def play() -> bool:
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


# -- palette, keys, refusals -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "first"),
    [("tsl", "天山路街道"), ("djsj", "登记事件"), ("register", "登记事件"), ("口头", "口头报")],
)
def test_the_palette_finds_by_initials_chinese_and_english(emb_room: Room, typed: str, first: str) -> None:
    room = emb_room
    room.press(ESCAPE)
    room.press(Qt.Key.Key_K, CTRL)
    palette = room.window.overlays.palette
    assert room.focus() is palette.input
    room.type(typed)
    assert palette.results.entries[0].name == first
    room.press(ESCAPE)
    assert not palette.is_open


def test_the_palette_runs_what_was_chosen_and_says_why_it_cannot(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    row = register(room.site, what="燃气泄漏")
    room.wait(lambda: window.feeds.rows)
    room.press(ESCAPE)
    room.press(Qt.Key.Key_K, CTRL)
    room.type("oral")
    assert window.overlays.palette.results.entries[0].reason == "先在事件板选一个事件"
    room.press(ENTER)
    assert window.overlays.palette.is_open
    window.overlays.palette.input.setText(row.no or "")
    room.press(ENTER)
    assert window.session.selected_incident == row.id
    room.press(Qt.Key.Key_K, CTRL)
    room.type("djsj")
    room.press(ENTER)
    assert window.overlays.register.is_open


def test_keys_that_cannot_act_say_why(emb_room: Room) -> None:
    emb_room.press(ESCAPE)
    emb_room.press(Qt.Key.Key_F4)
    emb_room.press(Qt.Key.Key_F3)
    assert emb_room.window.overlays.toasts.texts_shown() == ["先在事件板选一个事件", "视频通话尚未接入"]


def test_the_cheat_sheet_is_the_action_table(emb_room: Room) -> None:
    room = emb_room
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F1)
    sheet = room.window.overlays.keys
    assert sheet.is_open
    shown = {key for lines in sheet.lines().values() for key, _ in lines}
    table = {action.shortcut for action in room.window.actions_table if action.shortcut}
    assert table <= shown
    assert {"F1", "F2", "F3", "F4", "Ctrl+N", "Ctrl+K", "Ctrl+F", "Ctrl+Up", "Ctrl+L"} <= table
    room.press(ESCAPE)
    assert not sheet.is_open


def test_control_digits_go_to_the_panels(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    room.press(ESCAPE)
    assert window.desk is not None and window.links is not None
    for key, panel in ((Qt.Key.Key_1, window.board), (Qt.Key.Key_2, window.map_host), (Qt.Key.Key_3, window.links),
                       (Qt.Key.Key_4, window.line), (Qt.Key.Key_5, window.strip)):  # fmt: skip
        room.press(key, CTRL)
        focused = QApplication.focusWidget()
        assert focused is not None and (focused is panel or panel.isAncestorOf(focused)), key
    room.press(Qt.Key.Key_F, CTRL)
    focused = QApplication.focusWidget()
    assert focused is not None and window.board.isAncestorOf(focused)


def test_a_refusal_says_what_why_and_who_can(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    room.sign_in()
    row = register(room.site, alarm_grade=2)
    room.select(row)
    room.press(Qt.Key.Key_Up, CTRL)
    room.press(ENTER)
    bar = window.overlays.refusals
    room.wait(bar.isVisible)
    assert bar.code.text() == "E_PERM"
    assert "消防" in bar.what.text() + bar.can.text(), "RC-16: the fire side raises grades"
    assert bar.basis.text().startswith("依据：")
    assert room.site.incident(row.id).alarm_grade == 2
    room.press(ESCAPE)
    assert not bar.isVisible()


def test_a_full_disk_is_told_and_the_status_line_turns_red(emb_room: Room) -> None:
    from app.kernel.errors import EnvironmentFault

    window = emb_room.window
    window.session.refused.emit(EnvironmentFault("database.full", "fault.database.full", path="x"))
    assert "磁盘已满" in window.overlays.refusals.what.text()
    assert "数据库故障" in window.status.left.text()


def test_the_status_line_follows_the_record_within_seconds(emb_room: Room) -> None:
    room = emb_room
    room.wait(lambda: "日志链" in room.window.status.left.text())
    before = room.window.status.left.text()
    register(room.site)
    room.settle()
    room.tick(6)
    room.wait(lambda: room.window.status.left.text() != before)


def test_a_bug_is_said_without_its_entrails(emb_room: Room, caplog: pytest.LogCaptureFixture) -> None:
    window = emb_room.window
    window.session.failed.emit(ValueError("secret value"))
    assert "secret" not in window.overlays.refusals.what.text()
    assert window.overlays.refusals.code.text() == "ValueError"
    assert "a screen's question failed" in caplog.text


def test_notes_are_as_high_as_their_words_and_stand_under_each_other(emb_room: Room) -> None:
    """A long note pushes the one above it up; neither covers the other."""
    toasts = emb_room.window.overlays.toasts
    toasts.say("已登记")
    toasts.say("某综合体地下二层车库电气线路故障引发火灾并伴有浓烟蔓延" * 3, undo=lambda: None)
    emb_room.wait(lambda: all(toast.isVisible() and toast.width() > 100 for toast in toasts._shown))
    emb_room.settle()
    first, second = toasts._shown
    assert first.geometry().bottom() < second.geometry().top()
    assert second.label.height() >= second.label.heightForWidth(second.label.width())
    assert toasts.rect().contains(first.geometry()) and toasts.rect().contains(second.geometry())


# -- two rooms -------------------------------------------------------------------------------------------------------------
def test_an_act_here_is_painted_at_the_partner(rooms: OpenRoom) -> None:
    here, there = rooms("EMB"), rooms("FRD")
    here.sign_in()
    here.press(Qt.Key.Key_N, CTRL)
    for _ in range(3):
        here.press(Qt.Key.Key_Tab)
    here.type("tsl")
    here.press(ENTER)
    here.press(ENTER, CTRL)
    here.wait(lambda: here.window.session.selected_incident)
    incident_id = here.window.session.selected_incident
    ship(here.site, there.site)
    there.wait(lambda: any(row.id == incident_id for row in there.window.feeds.rows))
    there.wait(lambda: there.board.model.rowCount() >= 2)
    there.tick(30 * 60 + 1)
    assert "责任 对方" in there.window.strip.line.text()
    assert there.window.session.selected_incident == "", "the partner's act selects nothing here"


# -- Qt itself -------------------------------------------------------------------------------------------------------------
def test_none_is_not_used_up_by_virtual_calls(emb_room: Room) -> None:
    """A binding that loses a reference to None on every virtual call kills the process after hours."""
    window = emb_room.window
    clock, line = window.header.clock, window.line.line

    def calls(n: int) -> None:
        for index in range(n):
            clock.show_time(f"{index:08}", "x", "y")
            clock.repaint()
            line.repaint()
            window.pulse.second.emit(index)
            QApplication.sendEvent(window, QEvent(QEvent.Type.User))

    window.pulse.second.disconnect(window._tick)
    calls(20)
    before = sys.getrefcount(None)
    calls(2_000)
    assert sys.getrefcount(None) - before > -200


def test_only_this_window_is_filtered_for_idleness(emb_room: Room) -> None:
    """A filter on the application is called for objects half made or half gone; the web engine does not survive it."""
    seen: list[object] = []
    idle = emb_room.window.idle
    plain = idle.eventFilter

    def note(watched: QObject, event: QEvent) -> bool:
        seen.append(watched)
        return plain(watched, event)

    idle.eventFilter = note  # type: ignore[method-assign]
    stranger = QWidget()
    stranger.show()
    QTest.keyClick(stranger, Qt.Key.Key_A)
    emb_room.bot.wait(10)
    stranger.deleteLater()
    assert all(watched is emb_room.window.windowHandle() for watched in seen)
    assert MINUTE_MS and ALT
