"""The window's way to the accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.kernel.changes import ChangeSet
    from app.ui.shell.main_window import MainWindow


class AccountDeeds:
    """Enters the action into the window's table; the sheet is made with its first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        window.actions_table.add(
            Action("accounts.open", "ui.accounts.action", "", self.open, always, "ui.shell.group.account")
        )
        window.overlays.when_made["accounts"] = self._made

    def _made(self, sheet: Any) -> None:
        say = self._window.overlays.toasts.say
        sheet.done.connect(lambda text: say(text, icon="check", tone="good"))

    def open(self) -> None:
        """Show the sheet; seeing who may what needs no account."""
        sheet = self._window.overlays.accounts
        self._window.overlays.dismiss_others(sheet)
        sheet.open()

    def heard(self, changes: ChangeSet) -> None:
        """A commit."""
        sheet: Any = self._window.overlays.made("accounts")
        if sheet is not None:
            sheet.heard(changes)
