"""Marker and record both ways in the whole window, with the real page and real mouse events (MP-01, MP-02)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.ui.map.panel import MapPanel
from app.ui.shell import map_host
from app.usecases.forces import AddStation
from app.usecases.points import AddPoint
from app.usecases.shelters import AddShelter
from tests.kit import founded_town, register
from tests.ui.map_stage import ready_application, until
from tests.ui.window_kit import CTRL, PLAIN, Room, rooms
from tests.ui.window_kit import Open as OpenRoom

ready_application()

__all__ = ["founded_town", "rooms"]


class Page:
    """The map of a window, asked and clicked."""

    def __init__(self, room: Room) -> None:
        until(lambda: isinstance(room.window.map_host.panel, MapPanel), "the map panel")
        panel = room.window.map_host.panel
        assert isinstance(panel, MapPanel)
        self.panel = panel
        until(lambda: panel.host.listening, "the page listens")

    def js(self, expression: str) -> Any:
        engine = self.panel.host.engine
        assert engine is not None
        found: list[str] = []
        engine.page.runJavaScript(f"JSON.stringify((() => ({expression}))())", 0, found.append)
        until(lambda: found, expression)
        return json.loads(found[0]) if found[0] else None

    def click(self, key: str) -> None:
        """A real click on the marker of a record, once it stands still."""
        at = until(lambda: self.js(f"duty.live.where({json.dumps(key)})"), key)
        engine = self.panel.host.engine
        assert engine is not None
        proxy = engine.view.focusProxy()
        assert isinstance(proxy, QWidget)
        point = QPoint(round(at["x"]), round(at["y"]))
        QTest.mouseMove(proxy, point)
        QTest.mouseClick(proxy, Qt.MouseButton.LeftButton, PLAIN, point)


def _titled(card: Any, title: str) -> bool:
    return bool(card.is_open and card.heading.text() == title)


@pytest.fixture
def room(rooms: OpenRoom, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr(map_host, "_PANEL", "app.ui.map.panel")
    yield rooms("EMB")


def test_markers_open_their_records_and_records_mark_their_markers(room: Room) -> None:
    """Shelter, station, hospital and incident by a click; shelter and incident back from list and board."""
    window = room.window
    window.overlays.sign_in.dismiss()
    made = {
        "shelter": room.act(AddShelter(name="甲所", capacity=5, lon=121.36, lat=31.20)),
        "station": room.act(AddStation(name="甲站", code="A", kind="特勤站", lon=121.38, lat=31.22)),
        "point": room.act(AddPoint(kind="hospital", name="某医院", lon=121.40, lat=31.20)),
    }
    ids = {kind: str(next(iter(done.result.values()))) for kind, done in made.items()}
    row = register(room.site, lon=121.42, lat=31.215)
    page = Page(room)
    for kind, title in (("shelter", "甲所"), ("station", "甲站"), ("point", "某医院")):
        page.click(f"{kind}:{ids[kind]}")
        card = window.overlays.record
        until(partial(_titled, card, title), title)
        card.dismiss()
    page.click(f"incident:{row.id}")
    until(lambda: window.session.selected_incident == row.id, "the incident selected on the board")
    room.press(Qt.Key.Key_B, CTRL | Qt.KeyboardModifier.ShiftModifier)
    sheet = window.overlays.registers
    until(lambda: sheet.model.rowCount() == 1, "the list")
    room.press(Qt.Key.Key_Down)
    until(lambda: page.panel._chosen == f"shelter:{ids['shelter']}", "the shelter marked on the map")
    until(lambda: page.js("duty.live.state.chosen") == f"shelter:{ids['shelter']}", "and on the page")
