"""Rows of the board in their window: menu, copying one or several, locating, voiding (SCREEN, Manners; D-20)."""

from __future__ import annotations

import csv
import io

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.kernel.cells import neutral
from app.queries.incidents import IncidentRow
from app.usecases.casualties import SetCasualties
from app.usecases.incidents import ChangeIncident
from tests.kit import founded_town, register
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]
SHIFT = Qt.KeyboardModifier.ShiftModifier


def filled(room: Room, *whats: str) -> list[IncidentRow]:
    """Incidents in the board's order, the keyboard in the list."""
    found = [register(room.site, what=what) for what in whats]
    room.press(ESCAPE)  # the sign-in sheet
    room.wait(lambda: len(room.board.model.ids()) >= len(whats) + 1)
    room.settle()
    room.press(Qt.Key.Key_1, CTRL)
    order = [each for each in room.board.model.ids() if not each.startswith("#")]
    return sorted(found, key=lambda row: order.index(row.id))


def menu_by_key(room: Room) -> QMenu:
    """The menu key, as the system sends it."""
    middle = room.board.list.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, room.board.list.mapToGlobal(middle))
    QApplication.sendEvent(room.board.list, event)
    room.wait(lambda: room.board.list.findChild(QMenu) is not None)
    menu = room.board.list.findChild(QMenu)
    assert isinstance(menu, QMenu)
    room.wait(menu.isVisible)
    return menu


def entry(menu: QMenu, name: str) -> QAction:
    found = menu.findChild(QAction, f"menu.{name}")
    assert isinstance(found, QAction), name
    return found


def clipboard() -> str:
    return QApplication.clipboard().text()


def test_the_menu_key_opens_the_acts_of_the_row_and_enter_does_the_first(emb_room: Room) -> None:
    room = emb_room
    (row,) = filled(room, "仓库冒烟")
    menu = menu_by_key(room)
    assert room.window.session.selected_incident == row.id
    assert menu.activeAction() is entry(menu, "open")
    assert entry(menu, "history").text().endswith("\tF8")
    assert entry(menu, "board.copy").isEnabled()
    assert room.board.list.busy(), "rows stay where they are while the menu speaks of one"
    room.bot.wait(1)
    QTest.keyClick(menu, ENTER)
    room.wait(lambda: room.window.columns.desk_open)
    room.wait(lambda: not room.board.list.held_open)


def test_an_entry_that_cannot_be_chosen_says_why(emb_room: Room) -> None:
    room = emb_room
    filled(room, "仓库冒烟")
    menu = menu_by_key(room)
    locate = entry(menu, "board.locate")
    assert not locate.isEnabled()
    assert locate.toolTip() == "这件事件还没有点位"
    assert locate.text().endswith("\t这件事件还没有点位")
    raising = entry(menu, "raise")
    assert not raising.isEnabled() and "消防支队" in raising.toolTip()
    menu.close()
    room.wait(lambda: not room.board.list.held_open)


def test_the_right_button_selects_its_row_and_waits_for_its_record(emb_room: Room) -> None:
    """The rules of the entries speak of the row below the mouse, not of the one that was selected before."""
    room = emb_room
    first, second = filled(room, "仓库冒烟", "燃气泄漏")
    room.select(first)
    rows = room.board.list
    at = room.board.model.place_of(second.id)
    assert at is not None
    place = rows.visualRect(room.board.model.index(at)).center()
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier, place)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, rows.viewport().mapToGlobal(place))
    QApplication.sendEvent(rows.viewport(), event)
    room.wait(lambda: rows.findChild(QMenu) is not None)
    assert room.window.selected_row is not None and room.window.selected_row.id == second.id
    menu = rows.findChild(QMenu)
    assert isinstance(menu, QMenu)
    entry(menu, "board.copy_no").trigger()
    assert clipboard() == second.no
    menu.close()


def test_ctrl_c_copies_selected_rows_with_heads_for_a_spreadsheet(emb_room: Room) -> None:
    room = emb_room
    first, second, third = filled(room, "仓库冒烟", "=cmd|' /C calc'!A0", "燃气泄漏")
    room.act(SetCasualties(incident_id=third.id, deaths=1, injured_minor=3, source="现场指挥员"))
    room.wait(lambda: "亡 1" in (room.board.model.shown(_row(room, third)).figures))
    room.press(Qt.Key.Key_Home, CTRL)
    room.board.list.step_to_first()
    room.press(Qt.Key.Key_Down, SHIFT)
    room.press(Qt.Key.Key_Down, SHIFT)
    assert room.board.list.chosen_ids() == [first.id, second.id, third.id]
    room.press(Qt.Key.Key_C, CTRL)
    heads, *rows = list(csv.reader(io.StringIO(clipboard()), delimiter="\t"))
    assert heads[:4] == ["级别", "编号", "地点", "情况"]
    assert [row[1] for row in rows] == [first.no, second.no, third.no]
    assert rows[1][3].startswith("'="), "no formula where it is pasted"
    assert "亡 1 伤 3" in rows[2]
    assert room.window.overlays.toasts.texts_shown() == ["已复制 3 件"]


def _row(room: Room, row: IncidentRow):
    at = room.board.model.place_of(row.id)
    assert at is not None
    return room.board.model.item(at)


def test_one_row_as_text_for_a_message_names_the_agency(emb_room: Room) -> None:
    room = emb_room
    (row,) = filled(room, "仓库冒烟")
    room.window.actions_table["board.copy_message"].run()
    said = clipboard()
    assert said.startswith(f"{row.no} ") and "仓库冒烟" in said
    assert "待应急局" in said and "我方" not in said
    assert "\n" not in said and "\t" not in said


def test_ctrl_c_in_a_field_copies_what_is_marked_there(emb_room: Room) -> None:
    room = emb_room
    filled(room, "仓库冒烟")
    room.press(Qt.Key.Key_F, CTRL)
    room.type("abc")
    room.press(Qt.Key.Key_A, CTRL)
    room.press(Qt.Key.Key_C, CTRL)
    assert clipboard() == "abc"


def test_a_registration_is_voided_with_a_reason_by_keys(emb_room: Room) -> None:
    """D-20: the number stays taken, the record stays."""
    room = emb_room
    (row,) = filled(room, "仓库冒烟")
    room.sign_in("duty_chief")
    room.select(row)
    room.window.actions_table["board.void"].run()
    sheet = room.window.overlays.void
    room.wait(lambda: sheet.is_open)
    assert row.no and row.no in sheet.said.text()
    room.press(ENTER, CTRL)
    assert sheet.is_open and sheet.fault.text() == "请写明原因，没有撤销。"
    room.type("重复登记")
    room.press(ENTER, CTRL)
    room.wait(lambda: not sheet.is_open)
    now = room.site.incident(row.id)
    assert now.status == "void" and now.status_reason == "重复登记" and now.no == row.no
    room.wait(lambda: not room.window.actions_table["board.void"].enabled())
    assert room.window.deeds.why_not(room.window.actions_table["board.void"]) == "这件事件已经结束"


def test_alarms_of_several_selected_rows_are_acknowledged_at_once(emb_room: Room) -> None:
    """JD-11: each is an entry of the log; the alarm of a row that is not selected stays."""
    room = emb_room
    filled(room, "仓库冒烟", "燃气泄漏", "内涝")
    room.wait(lambda: len(room.window.feeds.rows) == 3)
    room.tick(30 * 60 + 1)
    room.sign_in()
    room.wait(lambda: len({each.incident_id for each in room.window.feeds.desk.unacknowledged} - {""}) == 3)
    room.board._tick()
    room.press(Qt.Key.Key_1, CTRL)
    room.board.list.step_to_first()
    room.press(Qt.Key.Key_Down, SHIFT)
    chosen = set(room.board.list.chosen_ids())
    assert len(chosen) == 2
    room.window.actions_table["board.acknowledge"].run()
    room.wait(lambda: not room.window.actions_table["board.acknowledge"].enabled())
    room.settle()
    left = {each.incident_id for each in room.window.feeds.desk.unacknowledged} - {""}
    assert left and not left & chosen
    noted = {entry["incident_id"] for entry in room.site.rows("log_entry") if entry["incident_id"]}
    assert noted == chosen


def test_several_selected_rows_survive_a_change_of_one_of_them(emb_room: Room) -> None:
    room = emb_room
    first, second = filled(room, "仓库冒烟", "燃气泄漏")
    room.board.list.step_to_first()
    room.press(Qt.Key.Key_Down, SHIFT)
    room.act(ChangeIncident(incident_id=first.id, what="仓库起火"))
    room.wait(lambda: "仓库起火" in room.board.model.shown(_row(room, first)).title)
    assert room.board.list.chosen_ids() == [first.id, second.id]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("=1+1", False), ("+86", False), ("-1", False), ("@SUM(A1)", False), ("\t=1", False), ("＝1", False),
        (" \u200b=1", False), ("\ufeff=1", False), ("\r=1", False), ('"=1', False), ("%0A", False),
        ("天山路 100 号", True), ("3 人=受伤", True), ("", True), ("a-b", True),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_take_for_a_formula_is_text(text: str, kept: bool) -> None:
    """QUALITY, attack test 2."""
    assert neutral(text) == (text if kept else "'" + text)
