"""The window's ways to the link desk and to pairing: their actions, and a click on the header's link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.changes import ChangeSet
from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow

SHORTCUT = "Ctrl+Shift+L"


class LinkDeskDeeds:
    """Enters the actions into the window's table; both sheets are made with their first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        for name, text, key, handler in (
            ("link_desk.open", "ui.link_desk.action", SHORTCUT, self.open),
            ("pairing.open", "ui.pairing.action", "", self.pair),
        ):
            window.actions_table.add(Action(name, text, key, handler, always, "ui.shell.group.panels"))
        window.overlays.when_made["link_desk"] = self._made
        window.overlays.when_made["pairing"] = self._made_pairing
        window.feeds.committed.connect(self._heard)

    def open(self) -> None:
        """Show the link desk."""
        sheet = self._window.overlays.link_desk
        sheet.offer([action.id for action in self._window.actions_table])
        self._window.overlays.dismiss_others(sheet)
        sheet.open()

    def pair(self) -> None:
        """Show the pairing screen; a pairing under way goes on where it stands."""
        sheet = self._window.overlays.pairing
        self._window.overlays.dismiss_others(sheet)
        sheet.open()

    def dispose(self) -> None:
        """Hear nothing any more."""
        for name in ("link_desk", "pairing"):
            sheet: Any = self._window.overlays.made(name)
            if sheet is not None:
                sheet.dispose()

    def _made(self, sheet: Any) -> None:
        sheet.pair_wanted.connect(lambda _site: self.pair())
        sheet.action_wanted.connect(lambda wanted: self._window.actions_table[wanted].run())

    def _made_pairing(self, sheet: Any) -> None:
        sheet.desk_wanted.connect(self.open)

    def _heard(self, changes: ChangeSet) -> None:
        sheet: Any = self._window.overlays.made("link_desk")
        if sheet is not None:
            sheet.heard(changes)
