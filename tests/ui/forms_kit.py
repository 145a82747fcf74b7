"""What the tests of forms do again and again, by keys."""

from __future__ import annotations

from PySide6.QtCore import Qt

from tests.ui.window_kit import CTRL, TAB, Room


def open_form(room: Room) -> None:
    room.press(Qt.Key.Key_N, CTRL)


def said_somewhere(room: Room, text: str) -> bool:
    """True while a note with this text is shown."""
    return any(text in said for said in room.window.overlays.toasts.texts_shown())


def go_to_place(room: Room) -> None:
    for _ in range(3):
        room.press(TAB)
