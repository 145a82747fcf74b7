"""Keys of one's own beside the standard ones: taken, refused by name, kept for each account (SCREEN, Keyboard)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.ui.shell.key_sheet import KeySheet
from app.ui.shortcuts.sheet import ShortcutsSheet
from tests.kit import founded_town
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Open, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]
SHIFT = Qt.KeyboardModifier.ShiftModifier


def opened(room: Room, name: str) -> ShortcutsSheet:
    """The sheet with one command chosen, by its name."""
    room.window.overlays.sign_in.dismiss()
    assert room.window.actions_table["shortcuts.open"].run()
    sheet = room.window.overlays.shortcuts
    room.wait(lambda: sheet.is_open)
    sheet.filter.setFocus()
    room.type(name)
    assert sheet.action is not None
    return sheet


def press(room: Room, sheet: ShortcutsSheet, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> str:
    """Enter, then the key into the field; what is said then."""
    room.press(ENTER)
    room.wait(sheet.keys.hasFocus)
    QTest.keyClick(sheet.keys, key, modifiers)
    room.bot.wait(1)
    return sheet.said.text()


def test_an_own_key_works_at_once_and_the_standard_one_still_does(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    sheet = opened(room, "当前情况")
    assert sheet.action is not None and sheet.action.id == "situation.open"
    assert "加了 Ctrl+Shift+J" in press(room, sheet, Qt.Key.Key_J, CTRL | SHIFT)
    room.press(ESCAPE)  # out of the field
    room.press(ESCAPE)
    assert not sheet.is_open
    for key, modifiers in ((Qt.Key.Key_J, CTRL | SHIFT), (Qt.Key.Key_I, CTRL)):
        room.press(key, modifiers)
        room.wait(lambda: room.window.overlays.situation.is_open)
        room.press(ESCAPE)
        assert not room.window.overlays.situation.is_open
    keys: KeySheet = room.window.overlays.keys
    assert ("Ctrl+I  Ctrl+Shift+J", "当前情况") in keys.lines()["ui.shell.group.watch"], "F1 tells both"


@pytest.mark.parametrize(
    ("key", "modifiers", "said"),
    [
        (Qt.Key.Key_N, CTRL, "已是「登记事件」的键"),
        (Qt.Key.Key_I, CTRL, "本来就是这个命令的键"),
        (Qt.Key.Key_C, CTRL, "另有用处"),
        (Qt.Key.Key_J, Qt.KeyboardModifier.NoModifier, "打字用的"),
    ],
)
def test_a_key_that_clashes_is_refused_by_name(
    emb_room: Room, key: Qt.Key, modifiers: Qt.KeyboardModifier, said: str
) -> None:
    sheet = opened(emb_room, "当前情况")
    assert said in press(emb_room, sheet, key, modifiers)
    assert sheet.action is not None
    assert emb_room.window.actions_table.own_key(sheet.action.id) == ""
    assert sheet.keys.keySequence().isEmpty()


def test_keys_belong_to_their_account_and_outlast_a_restart(rooms: Open) -> None:
    room = rooms()
    room.sign_in()
    press(room, opened(room, "当前情况"), Qt.Key.Key_J, CTRL | SHIFT)
    table = room.window.actions_table
    assert table.own_key("situation.open") == "Ctrl+Shift+J"
    room.sign_in_again("duty_chief")
    assert table.own_key("situation.open") == "", "the next one has keys of his own"
    sheet = opened(room, "诊断")
    assert "加了 Ctrl+Shift+J" in press(room, sheet, Qt.Key.Key_J, CTRL | SHIFT), "free for him"
    room.close()
    again = rooms()
    again.sign_in()
    assert again.window.actions_table.own_key("situation.open") == "Ctrl+Shift+J"
    sheet = opened(again, "当前情况")
    sheet.list.setFocus()
    again.press(Qt.Key.Key_Delete)
    assert again.window.actions_table.own_key("situation.open") == ""
    assert "去掉了" in sheet.said.text()


def test_the_list_is_found_by_name_initials_and_key(emb_room: Room) -> None:
    sheet = opened(emb_room, "dqqk")
    assert [row.id for row in sheet.model.rows] == ["situation.open"]
    sheet.filter.setText("ctrl+i")
    assert "situation.open" in [row.id for row in sheet.model.rows]
    sheet.filter.setText("nothing of the kind")
    assert not sheet.model.rows and not sheet.keys.isEnabled()
