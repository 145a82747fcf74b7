"""The shell as a person meets it: measures, header, refusals, notes, two rooms (SCREEN, QUALITY)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.kernel.enums import LinkState, Post
from app.kernel.errors import ErrorCode, Refusal
from app.replication.status import LinkStatus, Waiting
from app.ui.shell.runs import Painter
from app.usecases.duty import LeaveWatch, TakeWatch
from tests.kit import founded_town, register, ship
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Room, emb_room, frd_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]


def top(room: Room, widget: QWidget) -> int:
    return widget.mapTo(room.window, QPoint(0, 0)).y()


def left(room: Room, widget: QWidget) -> int:
    return widget.mapTo(room.window, QPoint(0, 0)).x()


def drag(room: Room, grip: QWidget, by: int) -> None:
    """Take a boundary and move it sideways."""
    left = Qt.MouseButton.LeftButton
    begin = grip.rect().center()
    QTest.mousePress(grip, left, Qt.KeyboardModifier.NoModifier, begin)
    QTest.mouseMove(grip, begin + QPoint(by, 0))
    QTest.mouseRelease(grip, left, Qt.KeyboardModifier.NoModifier, grip.rect().center())


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
        window.status, window.columns,
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
    drag(room, room.window.columns._grips[0], 80)
    assert (room.window.board.width(), room.window.map_host.width()) == (520, 992)
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


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("width", [960, 1366])
def test_narrow_headers_say_how_both_watches_stand(
    rooms: OpenRoom, language: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JD-04: who is missing may be cut off, that somebody is missing may not."""
    room = rooms("EMB", size=(width, 900), language=language)
    now = room.clock.now_ms()
    state = [link(LinkState.UP, now, waiting_out=Waiting(0), rtt_ms=1.0, clock_offset_ms=0)]
    monkeypatch.setattr(room.console, "links", lambda: state)
    room.act(TakeWatch(post=Post.DUTY_CHIEF), "duty_chief")
    room.tick(1)
    header, texts = room.window.header, room.console.texts
    below = texts.get("ui.shell.watch.below_two")
    room.wait(lambda: below in header.both.text())
    painter = Painter(room.window.theme)
    own, other = (painter._fitted(runs, header.both.width()) for runs in header.both.runs)
    assert below in [run.text for run in own]
    assert texts.get("ui.shell.watch.nobody") in [run.text for run in other]
    link_runs = painter._fitted(header.link.runs[0], header.link.width())
    assert len(link_runs) >= 3, "both ages stay readable"


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("width", [960, 1366])
def test_tabs_of_the_desk_are_whole(rooms: OpenRoom, language: str, width: int) -> None:
    room = rooms("EMB", size=(width, 900), language=language)
    room.select(register(room.site))
    room.window.open_desk()
    desk = room.window.desk
    assert desk is not None
    room.wait(lambda: desk.width() == width and desk.tabs.width() > 0)
    assert desk.tabs.width() >= desk.tabs.sizeHint().width()
    for index in range(desk.tabs.count()):
        words = desk.tabs.fontMetrics().horizontalAdvance(desk.tabs.tabText(index))
        assert desk.tabs.tabRect(index).width() >= words
        assert desk.tabs.rect().contains(desk.tabs.tabRect(index))


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
    assert "待同步 0" in header.link.text() and "往返 42 毫秒" in header.link.text()
    assert not header.link.alarmed
    state[0] = link(LinkState.DOWN, now, waiting_out=Waiting(7, 60_000))
    room.tick(0)
    assert header.link.alarmed
    assert "单方值守" in header.link.text() and "07:59 起，已 1 分钟" in header.link.text()
    assert "待同步 7" in header.link.text()
    top_alarm = room.window.feeds.desk.standing[0]
    assert top_alarm.kind == "single_sided"
    assert "单方值守" in room.window.strip.line.text()
    state[0] = link(LinkState.UP, now, waiting_out=Waiting(0), clock_offset_ms=75_000)
    room.tick(0)
    assert not header.link.alarmed
    assert "相差 75 秒" in room.window.strip.line.text(), "D-24: clocks more than 60 s apart warn"


# -- refusals and notes ---------------------------------------------------------------------------------------------------
def test_a_refusal_says_what_why_and_who_can(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    room.sign_in()
    row = register(room.site, alarm_grade=2)
    room.select(row)
    room.press(Qt.Key.Key_Up, CTRL)
    assert window.overlays.made("grade") is None, "the right is known before anything is confirmed"
    bar = window.overlays.refusals
    assert bar.isVisible()
    assert bar.code.text() == "E_PERM"
    assert "消防" in bar.what.text() + bar.can.text(), "RC-16: the fire side raises grades"
    assert bar.basis.text().startswith("依据：")
    assert room.site.incident(row.id).alarm_grade == 2
    room.press(ESCAPE)
    assert not bar.isVisible()
    room.press(Qt.Key.Key_L, CTRL)
    room.press(ESCAPE)
    room.press(Qt.Key.Key_Up, CTRL)
    assert bar.isVisible() and not window.overlays.sign_in.is_open, "nobody here may, whoever signs in"


def test_an_act_that_succeeds_puts_the_old_refusal_away(frd_room: Room) -> None:
    room, bar = frd_room, frd_room.window.overlays.refusals
    row = register(room.site, alarm_grade=2, type_code="fire")
    room.sign_in("technician")
    room.select(row)
    room.press(Qt.Key.Key_Up, CTRL)
    room.wait(bar.isVisible)
    room.sign_in_again("duty_officer")
    room.press(Qt.Key.Key_Up, CTRL)
    room.window.show_error(Refusal(ErrorCode.STATE, "refusal.incidents.strike_last", clause="D-01"))
    assert bar.isVisible()
    room.press(ENTER)
    room.wait(lambda: room.site.incident(row.id).alarm_grade == 3)
    room.wait(lambda: not bar.isVisible())


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
