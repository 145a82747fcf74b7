"""The menu of layouts: which one, what each panel can do, and the way back; entries of the window's one action table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.ui.layouts.keeper import LAYOUTS
from app.ui.shell.columns import PANELS, ROW
from app.ui.wall.deeds import INCHES

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow


def layout_menu(window: MainWindow, widen: Callable[[str, bool], None]) -> QMenu:
    """A menu to be shown by `popup`; it goes with its closing."""
    menu = QMenu(window)
    menu.setObjectName("layoutMenu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    layouts, texts = window.layouts, window.texts
    for name in LAYOUTS:
        entry = _put(menu, window, f"layout.{name}")
        entry.setCheckable(True)
        entry.setChecked(layouts.chosen == name)
    for name in ("wall.toggle", "wall.discuss"):
        _put(menu, window, name)
    sizes = menu.addMenu(texts.get("ui.wall.size.menu"))
    sizes.setObjectName("layoutMenu.wallSize")
    for inches in INCHES:
        _put(sizes, window, f"wall.size.{inches}")
    menu.addSeparator()
    for name in PANELS:
        part = menu.addMenu(texts.get(f"ui.layouts.panel.{name}"))
        part.setObjectName(f"layoutMenu.{name}")
        home = layouts.is_away(name)
        _put(part, window, f"layout.float.{name}", texts.get("ui.layouts.home") if home else "")
        if name in ROW:
            hidden = name in window.columns.hidden
            shown = texts.get("ui.layouts.show") if hidden else ""
            _put(part, window, f"layout.hide.{name}", shown)
            for way in ("left", "right"):
                _put(part, window, f"layout.{way}.{name}")
            for key, wider in (("wider", True), ("narrower", False)):
                entry = part.addAction(texts.get(f"ui.layouts.{key}"))
                entry.triggered.connect(partial(_widen, widen, name, wider))
                entry.setEnabled(window.columns.shown(name) and not layouts.is_away(name))
    menu.addSeparator()
    _put(menu, window, "layout.reset")
    return menu


def _widen(widen: Callable[[str, bool], None], name: str, wider: bool, _checked: bool = False) -> None:
    widen(name, wider)


def _put(menu: QMenu, window: MainWindow, name: str, said: str = "") -> QAction:
    action = window.actions_table[name]
    text = said or window.texts.get(action.text)
    entry = menu.addAction(f"{text}\t{action.shortcut}" if action.shortcut else text)
    entry.setObjectName(f"menu.{name}")
    entry.setEnabled(action.enabled())
    entry.triggered.connect(lambda _checked=False: action.run())
    return entry
