"""Which keys may be somebody's own: not those that type, move, confirm or edit, and none that means something already."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from app.ui.actions import ActionTable

# What fields, lists and sheets mean by themselves, in every screen.
_MEANT = (
    "Ctrl+A Ctrl+C Ctrl+V Ctrl+X Ctrl+Y Ctrl+Z Ctrl+Shift+Z Ctrl+Return Ctrl+Enter Ctrl+Left Ctrl+Right Ctrl+Home Ctrl+End"
    " Ctrl+Backspace Ctrl+Del Ctrl+Tab Ctrl+Shift+Tab Ctrl+PgUp Ctrl+PgDown Ctrl+D Ctrl+E Ctrl+O Ctrl+P Ctrl+S Ctrl+T F5"
    " Alt+F4 Alt+P Alt+0 Alt+1 Alt+2 Alt+3 Alt+4 Alt+5 Alt+6 Alt+7 Alt+8 Alt+9"
)
RESERVED = frozenset(QKeySequence(keys).toString() for keys in _MEANT.split())
_FUNCTION = range(Qt.Key.Key_F1.value, Qt.Key.Key_F35.value + 1)


def fault(table: ActionTable, action_id: str, keys: QKeySequence) -> tuple[str, str]:
    """(text key of what is wrong, id of the action that has the key); two empty words when it may be taken."""
    if keys.count() != 1:
        return "ui.shortcuts.wrong.one", ""
    text = keys.toString()
    pressed = keys[0]  # type: ignore[index]  # the stubs do not know it
    if text in RESERVED:
        return "ui.shortcuts.wrong.reserved", ""
    held = pressed.keyboardModifiers()
    strong = (
        Qt.KeyboardModifier.ControlModifier
        | Qt.KeyboardModifier.AltModifier
        | Qt.KeyboardModifier.MetaModifier
    )
    if not held & strong and pressed.key().value not in _FUNCTION:
        return "ui.shortcuts.wrong.types", ""
    holder = table.holder(text)
    if holder and holder != action_id:
        return "ui.shortcuts.wrong.taken", holder
    if holder:
        return "ui.shortcuts.wrong.same", ""
    return "", ""
