"""The window's way to the screen of workstations, and to its alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.changes import ChangeSet
from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow


class SiteDeeds:
    """Enters the action into the window's table; the sheet is made with its first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        window.actions_table.add(
            Action("sites.open", "ui.sites.action", "", self.open, always, "ui.shell.group.window")
        )

    def open(self, part: str = "sites") -> None:
        """Show the sheet."""
        sheet = self._window.overlays.sites
        self._window.overlays.dismiss_others(sheet)
        sheet.choose(part)
        sheet.open()

    def heard(self, changes: ChangeSet) -> None:
        """A commit, for the sheet if it is there."""
        sheet: Any = self._window.overlays.made("sites")
        if sheet is not None:
            sheet.heard(changes)

    def dispose(self) -> None:
        """Hear and ask nothing any more."""
        sheet: Any = self._window.overlays.made("sites")
        if sheet is not None:
            sheet.dispose()
