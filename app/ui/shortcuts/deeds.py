"""The window's way to keys of one's own: kept for each account at this console, taken up at the sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow

MEMORY = "shortcuts"


class ShortcutDeeds:
    """Enters the action into the window's table; the keys of the table stay what they are."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        window.actions_table.add(
            Action("shortcuts.open", "ui.shortcuts.action", "", self.open, always, "ui.shell.group.window")
        )
        window.overlays.when_made["shortcuts"] = self._made
        window.session.account_changed.connect(lambda _account: self.take())
        window.layouts.ready.connect(self.take)

    @property
    def _key(self) -> str:
        account = self._window.session.account
        return f"{MEMORY}.{account.id}" if account is not None else MEMORY

    def _kept(self) -> dict[str, str]:
        kept = self._window.console.memory(self._key)
        return {str(name): str(keys) for name, keys in kept.items()} if isinstance(kept, dict) else {}

    def take(self) -> None:
        """The keys of whoever acts now."""
        self._window.actions_table.take_own(self._window, self._kept())

    def open(self) -> None:
        """Show the sheet."""
        sheet = self._window.overlays.shortcuts
        self._window.overlays.dismiss_others(sheet)
        sheet.open()

    def _made(self, sheet: Any) -> None:
        sheet.chosen.connect(self.keep)

    def keep(self, action_id: str, keys: str) -> None:
        """From now on, also after a restart."""
        kept = {**self._kept(), action_id: keys}
        self._window.console.remember(self._key, {name: each for name, each in kept.items() if each} or None)
        self.take()
