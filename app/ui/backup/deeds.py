"""The window's way to the backup screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow


class BackupDeeds:
    """Enters the action into the window's table; the sheet is made with its first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        window.actions_table.add(
            Action("backup.open", "ui.backup.action", "", self.open, always, "ui.shell.group.window")
        )
        window.overlays.when_made["backup"] = self._made

    def _made(self, sheet: Any) -> None:
        sheet.flow.ended.connect(self._window.feeds.read_health)

    def open(self) -> None:
        """Show the sheet."""
        sheet = self._window.overlays.backup
        self._window.overlays.dismiss_others(sheet)
        sheet.open()

    def dispose(self) -> None:
        """Hear nothing any more; what runs is given up with the site."""
        sheet: Any = self._window.overlays.made("backup")
        if sheet is not None:
            sheet.dispose()
