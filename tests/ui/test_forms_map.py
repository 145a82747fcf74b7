"""Picking a point for a registration, with the real page: as often as wanted, by Alt+P and a click (D-37)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.shell import map_host
from tests.kit import founded_town
from tests.ui.map_stage import ready_application, until
from tests.ui.test_registers_map import Page
from tests.ui.window_kit import ALT, CTRL, ESCAPE, PLAIN, Room, rooms
from tests.ui.window_kit import Open as OpenRoom

ready_application()

__all__ = ["founded_town", "rooms"]


@pytest.fixture
def room(rooms: OpenRoom, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr(map_host, "_PANEL", "app.ui.map.panel")
    yield rooms("EMB")


def click_ground(page: Page, from_left: int) -> None:
    """A real click low on the map, where no sheet lies."""
    engine = page.panel.host.engine
    assert engine is not None
    proxy = engine.view.focusProxy()
    assert isinstance(proxy, QWidget)
    at = QPoint(from_left, proxy.height() - 120)
    QTest.mouseMove(proxy, at)
    QTest.mouseClick(proxy, Qt.MouseButton.LeftButton, PLAIN, at)


def test_alt_p_picks_again_and_again(room: Room) -> None:
    room.window.overlays.sign_in.dismiss()
    page = Page(room)
    room.press(Qt.Key.Key_N, CTRL)
    sheet = room.window.overlays.register
    picked: set[str] = set()
    for times in range(4):
        room.press(Qt.Key.Key_P, ALT)
        until(lambda: page.panel.picking, "picking")
        until(lambda: page.js("duty.page.facts()")["picking"], "the page picks")
        click_ground(page, 200 + 60 * times)
        until(lambda: not page.panel.picking and sheet.pick.text() not in picked, "a point")
        picked.add(sheet.pick.text())
        assert sheet.is_open and QApplication.focusWidget() is sheet.place
        if times == 1:  # put away and opened again, with its draft
            room.press(ESCAPE)
            room.press(Qt.Key.Key_N, CTRL)
        if times == 2:  # wished and called off
            room.press(Qt.Key.Key_P, ALT)
            until(lambda: page.panel.picking, "picking")
            page.panel.cancel_pick()
            until(lambda: not page.js("duty.page.facts()")["picking"], "the page picks no more")
            room.press(Qt.Key.Key_2, CTRL)
            until(lambda: room.window.map_host.isAncestorOf(room.focus()), "the map has the keys")
    assert len(picked) == 4
    assert [editor.text() for editor in (sheet.place, sheet.type, sheet.what)] == ["", "", ""], (
        "no letter typed"
    )
