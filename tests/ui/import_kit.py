"""The import sheet in a window: opened by its key, a file chosen by typing its path."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.ui.imports.flow import State
from app.ui.imports.sheet import ImportSheet
from tests.ui.window_kit import CTRL, ENTER, Room

FILE = Path(__file__).parents[1] / "exchange" / "fixtures" / "shelters.csv"
SHIFT = Qt.KeyboardModifier.ShiftModifier


def opened(room: Room, who: str = "duty_chief") -> ImportSheet:
    """The sheet, opened by its key, by somebody signed in."""
    room.sign_in(who)
    room.press(Qt.Key.Key_I, CTRL | SHIFT)
    sheet = room.window.overlays.imports
    assert sheet.is_open
    return sheet


def choose(room: Room, sheet: ImportSheet, path: Path) -> None:
    """Type a path and press Enter; wait until it was judged or refused."""
    sheet.path.setFocus()
    sheet.path.selectAll()
    QTest.keyClicks(sheet.path, str(path))
    QTest.keyClick(sheet.path, ENTER)
    assert sheet.flow.state is State.READING
    room.wait(lambda: sheet.flow.state in (State.READY, State.FAULT))


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def many(path: Path, rows: int = 400) -> Path:
    return written(path, "名称,容纳人数\n" + "".join(f"避难所{n},5\n" for n in range(rows)))
