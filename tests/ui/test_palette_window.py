"""The palette, the keys and their cheat sheet as a person uses them (SCREEN, Keyboard)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.kit import founded_town, register
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Open, Room, emb_room, frd_room, rooms

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("tsl", "天山路街道"),
        ("djsj", "登记事件"),
        ("register", "登记事件"),
        ("口头", "口头报"),
        ("dl", "登录"),
        ("sg", "上岗"),
        ("alarm sound", "开关警报声"),
    ],
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


def test_what_only_the_partner_may_do_stands_disabled_with_its_reason(emb_room: Room) -> None:
    """RC-16: grades are raised by the fire brigade alone; here the palette says so before, and the key as well."""
    room, window = emb_room, emb_room.window
    row = register(room.site, alarm_grade=2)
    room.sign_in()
    room.select(row)
    assert not window.actions_table["raise"].enabled()
    room.press(Qt.Key.Key_K, CTRL)
    room.type("提升火警等级")
    room.settle()
    entry = window.overlays.palette.results.entries[0]
    assert entry.name == "提升火警等级" and entry.reason == "火警等级只由消防支队提升"
    room.press(ESCAPE)
    room.press(Qt.Key.Key_Up, CTRL)
    assert window.overlays.refusals.isVisible(), "the key says it with its rule"
    assert window.overlays.made("grade") is None


def test_the_cheat_sheet_is_the_action_table(emb_room: Room) -> None:
    room = emb_room
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F1)
    sheet = room.window.overlays.keys
    assert sheet.is_open
    shown = {key for lines in sheet.lines().values() for key, _ in lines}
    table = {action.shortcut for action in room.window.actions_table if action.shortcut}
    assert table <= shown
    assert {"Enter", "Esc", "Tab", "Ctrl+Enter", "Alt+P", "Alt+1", "Alt+2"} <= shown
    assert {"F1", "F2", "F3", "F4", "Ctrl+N", "Ctrl+K", "Ctrl+F", "Ctrl+Up", "Ctrl+L"} <= table
    room.press(ESCAPE)
    assert not sheet.is_open


def test_control_digits_go_to_the_panels(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    room.press(ESCAPE)
    assert window.desk is not None and window.links is not None
    plain = window.strip.grab().toImage()
    for key, panel in ((Qt.Key.Key_1, window.board), (Qt.Key.Key_2, window.map_host), (Qt.Key.Key_3, window.links),
                       (Qt.Key.Key_4, window.line), (Qt.Key.Key_5, window.strip)):  # fmt: skip
        room.press(key, CTRL)
        focused = QApplication.focusWidget()
        assert focused is not None and (focused is panel or panel.isAncestorOf(focused)), key
    assert window.strip.grab().toImage() != plain, "that the alarms have the focus is seen"
    room.press(Qt.Key.Key_F, CTRL)
    focused = QApplication.focusWidget()
    assert focused is not None and window.board.isAncestorOf(focused)
    assert window.strip.grab().toImage() == plain


def test_in_english_everything_is_found_in_chinese_as_well(rooms: Open) -> None:
    """Whoever has switched to English by mistake finds the way back, and is told that it takes a restart."""
    room = rooms("EMB", language="en")
    room.press(ESCAPE)
    palette = room.window.overlays.palette
    for typed, action in (
        ("sg", "take_watch"),
        ("登记事件", "register"),
        ("djsj", "register"),
        ("dl", "sign_in"),
    ):
        room.press(Qt.Key.Key_K, CTRL)
        room.type(typed)
        name = room.console.texts.get(f"ui.shell.action.{action}")
        assert palette.results.entries[0].name == name, typed
        room.press(ESCAPE)
    for typed in ("切换语言", "中文", "qhyy", "chinese", "language"):
        room.press(Qt.Key.Key_K, CTRL)
        room.type(typed)
        first = palette.results.entries[0]
        assert first.name.startswith("Switch language") and "中文" in first.detail, typed
        room.press(ESCAPE)
    assert "initials" in palette.input.placeholderText(), "full pinyin is not known, and it says so"
    room.press(Qt.Key.Key_K, CTRL)
    room.type("中文")
    room.press(ENTER)
    assert room.console.memory("language") == "zh_CN"
    [said] = room.window.overlays.toasts.texts_shown()
    assert "再启动" in said and "start again" in said
