"""An import under way in the window: progress, cancel, put away, trouble, the end of the window (FR-10, XC-01)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from app.bootstrap import importing
from app.exchange.imports import run as running
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault
from app.queries import imports, shelters
from app.ui.imports.flow import State
from app.usecases.imports import ImportShelters
from tests.kit import founded_town
from tests.ui.window_kit import (
    CTRL,
    ENTER,
    ESCAPE,
    WAIT_MS,
    Room,
    emb_room,
    frd_room,
    rooms,
    threads,
)
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]

from tests.ui.import_kit import FILE, SHIFT, choose, many, opened


# -- under way -------------------------------------------------------------------------------------------------------------
class Gate:
    """Lets slices through one by one, so that a test sees the import under way."""

    def __init__(self, room: Room, monkeypatch: pytest.MonkeyPatch, after: int = 2) -> None:
        self.passed, self.free = 0, threading.Event()
        node = room.site.node
        real = node.execute

        def execute(command: Any, account_id: str, priority: Priority = Priority.OFFICER) -> Any:
            if isinstance(command, ImportShelters):
                self.passed += 1
                if self.passed > after:
                    assert self.free.wait(WAIT_MS / 1000)
            return real(command, account_id, priority)

        monkeypatch.setattr(node, "execute", execute)


def test_cancelled_everything_is_taken_back_and_said_in_words(
    emb_room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = emb_room
    sheet = opened(room)
    choose(room, sheet, many(tmp_path / "s.csv"))
    gate = Gate(room, monkeypatch)
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.flow.progress.done == 100)
    assert sheet.bar.isVisible() and (sheet.bar.value, sheet.bar.maximum) == (100, 400)
    assert "100/400 行" in sheet.note.text() and "全部撤回" in sheet.note.text()
    assert not sheet.path.isEnabled() and not sheet.run.isVisible()
    room.click(sheet.cancel)
    assert "正在撤回" in sheet.note.text() and not sheet.cancel.isVisible()
    gate.free.set()
    room.wait(lambda: sheet.flow.state is State.CANCELLED)
    assert "已全部撤回" in sheet.result.text()
    assert room.site.node.read(shelters.shelters) == []
    assert [row.state for row in room.site.node.read(imports.imports)] == ["undone"]


def test_put_away_it_goes_on_and_tells_by_a_card(
    emb_room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's watch is stopped: the board can be used, a card tells how far it is, a note the end."""
    room = emb_room
    sheet = opened(room)
    choose(room, sheet, many(tmp_path / "s.csv"))
    gate = Gate(room, monkeypatch)
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.flow.progress.done == 100)
    room.press(ESCAPE)
    card = room.window.features.imports._card
    assert card is not None and card.isVisible() and not sheet.is_open
    assert "25%" in card.head.text() and card.bar.value == 100
    host = room.window.map_host
    assert host.rect().contains(host.mapFrom(room.window.shell, card.geometry().center()))
    room.press(Qt.Key.Key_N, CTRL)
    assert room.window.overlays.register.is_open
    room.press(ESCAPE)
    gate.free.set()
    room.wait(lambda: sheet.flow.state is State.DONE)
    assert not card.isVisible()
    assert any("已导入 400 行" in said for said in room.window.overlays.toasts.texts_shown())
    room.press(Qt.Key.Key_I, CTRL | SHIFT)
    assert sheet.result.isVisible()


def test_a_full_disk_half_way_is_told_with_what_is_left(
    emb_room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = emb_room
    sheet = opened(room)
    choose(room, sheet, many(tmp_path / "s.csv"))
    node, seen = room.site.node, []
    real = node.execute

    def execute(command: Any, account_id: str, priority: Priority = Priority.OFFICER) -> Any:
        if isinstance(command, ImportShelters):
            seen.append(command)
            if len(seen) == 3:
                raise EnvironmentFault("database.full", "fault.database.full", path="x")
        return real(command, account_id, priority)

    monkeypatch.setattr(node, "execute", execute)
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.flow.state is State.FAILED)
    assert "磁盘已满" in sheet.note.text() and "database.full" in sheet.note.text()
    assert "没有完成" in sheet.result.text()
    assert node.read(shelters.shelters) == []


def test_closing_the_window_takes_an_import_back_first(
    rooms: OpenRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing stays half-loaded, no thread is left, nobody is asked."""
    room = rooms("EMB")
    sheet = opened(room)
    choose(room, sheet, many(tmp_path / "s.csv"))
    gate = Gate(room, monkeypatch)
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.flow.progress.done == 100)
    gate.free.set()
    room.close()
    assert not {name for name in threads() if name.startswith("imports")}
    again = rooms("EMB")
    rows = again.site.node.read(imports.imports)
    left = len(again.site.node.read(shelters.shelters))
    assert (rows[0].state, left) in {("undone", 0), ("finished", 400)}


def test_nothing_is_read_or_loaded_on_the_screens_thread(
    emb_room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = emb_room
    sheet = opened(room)
    seen: set[str] = set()

    def spied(real: Callable[..., Any]) -> Callable[..., Any]:
        def spy(*args: Any, **named: Any) -> Any:
            seen.add(threading.current_thread().name.split("_")[0])
            return real(*args, **named)

        return spy

    for module, name in ((running, "examine"), (running, "write_rejects"), (importing, "load_checked")):
        monkeypatch.setattr(module, name, spied(getattr(module, name)))
    choose(room, sheet, FILE)
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.flow.state is State.DONE)
    assert seen == {"imports"}


def test_a_newer_choice_ends_an_older_reading(emb_room: Room, tmp_path: Path) -> None:
    sheet = opened(emb_room)
    flow = sheet.flow
    flow.choose_file(many(tmp_path / "a.csv", 5000))
    flow.choose_file(many(tmp_path / "b.csv", 3))
    emb_room.wait(lambda: flow.state is State.READY)
    assert flow.checked is not None and len(flow.checked.verdicts) == 3
    emb_room.settle()
    assert len(flow.checked.verdicts) == 3
