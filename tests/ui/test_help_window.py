"""The manual in the window, at the right chapter from everywhere, searched, offline; hints that are put away (issue 4)."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from PySide6.QtCore import Qt, QUrl

from app.ui.help import pages
from app.ui.help.hints import EVERYBODY, MEMORY, NAMES
from app.ui.help.sheet import ManualSheet
from app.ui.shell.overlays import Overlays
from app.ui.shell.sheet import Sheet
from tests.kit import founded_town, register
from tests.ui.window_kit import CTRL, ESCAPE, Open, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]
F1, SHIFT = Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier
_NONE = {"toasts", "refusals"}  # no sheets


def manual(room: Room) -> ManualSheet:
    sheet = room.window.overlays.manual
    room.wait(lambda: sheet.is_open and sheet.file)
    return sheet


def at(sheet: ManualSheet) -> str:
    """The heading that stands at the top of what is seen."""
    return sheet.page.textCursor().block().text()


def sheet_names() -> list[str]:
    return [name for name, each in vars(Overlays).items() if isinstance(each, property) and name not in _NONE]


# -- which part belongs to what ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", sheet_names())
def test_every_sheet_has_its_part_of_the_manual(name: str) -> None:
    """A sheet without its part is a feature without its page."""
    assert name in pages._places()["sheets"]


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in ("sheets", "panels") for name in pages._places()[kind]]
)
def test_every_part_is_in_the_manual(kind: str, name: str) -> None:
    file, heading = pages.place_of(kind, name)
    assert file in pages.files()
    assert not heading or pages.headings(file)[pages.heading_at(file, heading)].text.startswith(heading)


def test_all_chapters_are_there() -> None:
    assert len(pages.files()) == len(list(pages.FOLDER.glob("*.md")))
    assert pages.text_of("../../README.md") == "" and pages.text_of("none.md") == ""


# -- opening -----------------------------------------------------------------------------------------------------------------
def test_f1_is_the_keys_and_again_the_manual_of_the_panel(emb_room: Room) -> None:
    room = emb_room
    room.window.overlays.sign_in.dismiss()
    room.window.focus_board()
    room.press(F1)
    assert room.window.overlays.keys.is_open
    room.press(F1)
    sheet = manual(room)
    assert not room.window.overlays.keys.is_open
    assert (sheet.file, at(sheet)) == ("03-watch.md", "屏幕上有什么")
    room.press(ESCAPE)
    assert not sheet.is_open


def test_from_a_sheet_and_from_the_desk(emb_room: Room) -> None:
    """Shift+F1 at once, over whatever is open; F1 twice the same."""
    room = emb_room
    room.window.overlays.sign_in.dismiss()
    room.press(Qt.Key.Key_Comma, CTRL)
    room.press(F1, SHIFT)
    sheet = manual(room)
    assert sheet.file == "13-settings.md" and not room.window.overlays.settings.is_open
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F7)
    room.press(F1)
    room.press(F1)
    assert (sheet.file, at(sheet)) == ("06-offline.md", "断网时两边改了同一处")
    room.press(ESCAPE)
    room.select(register(room.site))
    room.window.open_desk()
    room.press(F1, SHIFT)
    assert (sheet.file, at(sheet)) == ("05-clocks.md", "为什么是这个时间")


def test_the_button_of_the_cheat_sheet(emb_room: Room) -> None:
    room = emb_room
    room.window.overlays.sign_in.dismiss()
    room.press(F1)
    room.click(room.window.overlays.keys.manual)
    assert manual(room).is_open


# -- reading -----------------------------------------------------------------------------------------------------------------
def test_searched_by_keys(emb_room: Room) -> None:
    """Words, arrows from place to place; what is not there is said; Page keys scroll."""
    room = emb_room
    room.window.overlays.sign_in.dismiss()
    room.press(F1, SHIFT)
    sheet = manual(room)
    assert room.focus() is sheet.search
    seen = sheet.page.verticalScrollBar().value()
    room.press(Qt.Key.Key_PageDown)
    assert sheet.page.verticalScrollBar().value() > seen
    room.type("暂缓")
    assert sheet.page.textCursor().selectedText() == "暂缓" and sheet.names.rowCount() > 1
    files = {sheet.file}
    for _ in range(sheet.names.rowCount() - 1):
        room.press(Qt.Key.Key_Down)
        assert sheet.page.textCursor().selectedText() == "暂缓"
        files.add(sheet.file)
    assert {"05-clocks.md", "keys.md"} <= files
    sheet.search.clear()
    room.type("zzzz")
    assert "zzzz" in sheet.note.text() and sheet.names.rowCount() == 0
    room.press(ESCAPE)
    assert sheet.search.text() == "" and sheet.names.rowCount() > 30


def test_pictures_fit_and_links_stay_inside(emb_room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only files of the manual are shown; nothing is asked of a network."""
    room = emb_room
    room.window.overlays.sign_in.dismiss()
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was asked"))
    room.press(F1, SHIFT)
    sheet = manual(room)
    sheet.page.anchorClicked.emit(QUrl("05-clocks.md"))
    assert sheet.file == "05-clocks.md"
    sheet.page.anchorClicked.emit(QUrl("https://example.invalid/"))
    assert sheet.file == "05-clocks.md"
    assert sheet.page.horizontalScrollBar().maximum() == 0
    assert sheet.page.loadResource(2, QUrl("images/oral.png")) is not None
    assert sheet.page.loadResource(2, QUrl("../../README.md")) is None
    assert sheet.page.loadResource(2, QUrl("https://example.invalid/x.png")) is None


def test_without_files_it_says_so(emb_room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room = emb_room
    room.window.overlays.sign_in.dismiss()
    monkeypatch.setattr(pages, "text_of", lambda _file: "")
    for cached in (pages.files, pages.headings):
        cached.cache_clear()
    try:
        room.press(F1, SHIFT)
        sheet = room.window.overlays.manual
        assert sheet.is_open and "手册文件" in sheet.page.toPlainText()
    finally:
        for cached in (pages.files, pages.headings):
            cached.cache_clear()


# -- hints -------------------------------------------------------------------------------------------------------------------
def card(room: Room) -> Any:
    return room.window.features.help.card


def test_a_hint_once_for_each_account(rooms: Open) -> None:
    """After the first sign-in; put away for good, kept over a restart; another account is told as well."""
    room = rooms("EMB")
    assert card(room) is None
    room.sign_in()
    assert card(room).name == "start" and "Ctrl+K" in card(room).text.text()
    focused = room.focus()
    assert not card(room).isAncestorOf(focused), "it takes no focus"
    room.click(card(room).note)
    assert card(room) is None
    room.sign_in_again("duty_chief")
    assert card(room).name == "start"
    room.settle()
    room.close()
    again = rooms("EMB")
    again.sign_in()
    assert card(again) is None


def test_one_at_a_time_where_it_belongs(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    assert room.window.actions_table["hint.noted"].run()
    assert not room.window.actions_table["hint.noted"].run(), "nothing to put away any more"
    room.window._tick(room.clock.now_ms())
    room.select(register(room.site))
    room.window.open_desk()
    room.window.pulse.second.emit(room.clock.now_ms())
    assert card(room).name == "desk"
    room.click(card(room).stop)
    assert card(room) is None
    kept = room.console.memory(MEMORY)
    assert sorted(NAMES) in kept.values()


def test_the_first_red_alarm_explains_its_key(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    room.click(card(room).note)
    register(room.site, received_at=room.clock_at("07:00:00"))
    room.wait(lambda: room.window.feeds.desk.calling)
    room.window.pulse.second.emit(room.clock.now_ms())
    assert card(room).name == "alarms" and "F2" in card(room).text.text()
    room.window.session.lock()
    assert card(room) is None, "hints belong to a person"


def test_nobody_is_given_any_where_that_was_chosen(rooms: Open) -> None:
    room = rooms("EMB", before=lambda console: console._memory.update({MEMORY: {EVERYBODY: []}}))
    room.sign_in()
    assert card(room) is None


def test_every_sheet_is_one() -> None:
    """The list of names above is that of the sheets."""
    assert "settings" in sheet_names() and issubclass(ManualSheet, Sheet)
