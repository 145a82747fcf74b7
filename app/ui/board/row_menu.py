"""The menu of the board's rows: entries of the window's one action table, each with its rule and its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.actions import Action, ActionTable

SEPARATOR = ""
ENTRIES = (
    ("open", "board.locate", "board.acknowledge", "wall.discuss"),
    ("oral", "casualties", "handling", "controlled", "raise", "board.void"),
    ("history", "why", "attachments", "contacts"),
    ("board.copy", "board.copy_no", "board.copy_message"),
    ("board.export", "board.print"),
)
_REASON = 28  # characters of a reason that stand beside an entry; all of it in its tool tip


def row_menu(
    parent: QWidget, table: ActionTable, text_of: Callable[[str], str], why_not: Callable[[Action], str]
) -> QMenu:
    """A menu to be shown by `popup`; it goes with its closing."""
    menu = QMenu(parent)
    menu.setObjectName("boardRowMenu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    known = {action.id: action for action in table}
    for group in ENTRIES:
        found = [known[name] for name in group if name in known]
        if found and not menu.isEmpty():
            menu.addSeparator()
        _fill(menu, found, text_of, why_not)
    return menu


def _fill(
    menu: QMenu,
    actions: Iterable[Action],
    text_of: Callable[[str], str],
    why_not: Callable[[Action], str],
) -> None:
    for action in actions:
        entry = QAction(text_of(action.text), menu)
        entry.setObjectName(f"menu.{action.id}")
        if action.enabled():
            beside = action.shortcut.replace("Up", "\N{UPWARDS ARROW}")
        else:
            reason = why_not(action)
            beside = reason if len(reason) <= _REASON else ""
            entry.setToolTip(reason)
            entry.setEnabled(False)
        if beside:
            entry.setText(f"{entry.text()}\t{beside}")
        entry.triggered.connect(lambda _checked=False, action=action: action.run())
        menu.addAction(entry)


def popup(menu: QMenu, at: QPoint) -> None:
    """Show it, the first entry that can be chosen ready for Enter."""
    menu.popup(at)
    first = next((entry for entry in menu.actions() if entry.isEnabled() and not entry.isSeparator()), None)
    if first is not None:
        menu.setActiveAction(first)
