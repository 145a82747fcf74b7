"""What can be done about the window's layout, as actions: layouts, panels that move, hide, float, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint

from app.ui.actions import Action, always
from app.ui.layouts.keeper import DUTY, EMERGENCY, SINGLE, STEP
from app.ui.shell.columns import PANELS, ROW

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu

    from app.ui.shell.main_window import MainWindow

MENU_KEY = "Ctrl+Alt+L"
KEYS = {DUTY: "Ctrl+Alt+1", SINGLE: "Ctrl+Alt+2", EMERGENCY: "Ctrl+Alt+3", "reset": "Ctrl+Alt+0"}
_GROUP = "ui.layouts.group"


class LayoutDeeds:
    """Enters the actions; the menu shows the same ones."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        layouts = self._layouts = window.layouts
        self.menu: QMenu | None = None
        for name in (DUTY, SINGLE, EMERGENCY):
            self._add(f"layout.{name}", f"ui.layouts.{name}", KEYS[name], partial(layouts.choose, name))
        self._add("layout.menu", "ui.layouts.menu", MENU_KEY, self.open_menu)
        self._add("layout.reset", "ui.layouts.reset", KEYS["reset"], self.reset)
        for name in PANELS:
            leave, stay = partial(self._may_float, name), "ui.layouts.why.last"
            self._add(
                f"layout.float.{name}", f"ui.layouts.out.{name}", "", partial(self._float, name), leave, stay
            )
        for name in ROW:
            leave = partial(self._may_hide, name)
            self._add(
                f"layout.hide.{name}", f"ui.layouts.hide.{name}", "", partial(self._hide, name), leave, stay
            )
        for name in ROW:
            for way, step in (("left", -1), ("right", 1)):
                can = partial(self._may_move, name, step)
                run = partial(layouts.move, name, step)
                self._add(
                    f"layout.{way}.{name}", f"ui.layouts.{way}.{name}", "", run, can, "ui.layouts.why.edge"
                )
        layouts.told.connect(self._told)

    def _add(
        self,
        name: str,
        text: str,
        key: str,
        run: Callable[[], None],
        rule: Callable[[], bool] = always,
        why: str = "",
    ) -> None:
        self._window.actions_table.add(Action(name, text, key, run, rule, _GROUP, why))

    # -- rules -------------------------------------------------------------------------------------------------------------
    def _may_float(self, name: str) -> bool:
        return self._layouts.is_away(name) or self._layouts.may_leave(name)

    def _may_hide(self, name: str) -> bool:
        return name in self._window.columns.hidden or self._layouts.may_leave(name)

    def _may_move(self, name: str, step: int) -> bool:
        return 0 <= self._window.columns.order.index(name) + step < len(ROW)

    # -- acts --------------------------------------------------------------------------------------------------------------
    def _float(self, name: str) -> None:
        """Out into its own window; the same again brings it home."""
        if self._layouts.is_away(name):
            self._layouts.bring_home(name)
        else:
            self._layouts.float_out(name)

    def _hide(self, name: str) -> None:
        """Away; the same again brings it back."""
        if name in self._window.columns.hidden:
            self._layouts.show(name)
        else:
            self._layouts.hide(name)

    def widen(self, name: str, wider: bool) -> None:
        """One step wider or narrower."""
        self._layouts.widen(name, STEP if wider else -STEP)

    def reset(self) -> None:
        """One command back to the beginning."""
        self._layouts.reset()
        self._window.focus_board()
        self._told("ui.layouts.said.reset")

    def _told(self, key: str) -> None:
        self._window.overlays.toasts.say(self._window.texts.get(key), icon="info", tone="muted")

    def open_menu(self) -> None:
        """Layouts and panels, over their name in the status line."""
        from app.ui.layouts.menu import layout_menu

        status = self._window.status
        menu = self.menu = layout_menu(self._window, self.widen)
        corner = status.mapToGlobal(
            QPoint(status.width() - menu.sizeHint().width() - 12, -menu.sizeHint().height())
        )
        menu.popup(corner)
        menu.setActiveAction(menu.actions()[0])
