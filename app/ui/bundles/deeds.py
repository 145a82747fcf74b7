"""The window's way to the exchange by stick: its action, what waits kept fresh, and the note when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.changes import ChangeSet
from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.ui.bundles.flow import Way
    from app.ui.bundles.sheet import BundleSheet
    from app.ui.shell.main_window import MainWindow

SHORTCUT = "Ctrl+Shift+U"


class BundleDeeds:
    """Enters the action into the window's table; the sheet is made with its first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._warned: Way | None = None  # of what runs just now
        window.actions_table.add(
            Action("bundles", "ui.bundles.action", SHORTCUT, self.open, always, "ui.shell.group.window")
        )
        window.overlays.when_made["bundles"] = self._made
        window.feeds.committed.connect(self._heard)

    def open(self) -> None:
        """Show the sheet; what was chosen before is still there."""
        sheet = self._window.overlays.bundles
        self._window.overlays.dismiss_others(sheet)
        sheet.open()

    def may_quit(self) -> bool:
        """False once, with a word, while a bundle is made or taken in: quitting gives it up."""
        sheet: Any = self._window.overlays.made("bundles")
        busy: Way | None = None if sheet is None else sheet.flow.under_way
        if busy is None or self._warned is busy:
            return True
        self._warned = busy
        said = self._window.texts.get(f"ui.bundles.quits.{busy.value}")
        self._window.overlays.toasts.say(said, icon="alert", tone="warn")
        return False

    def dispose(self) -> None:
        """Hear nothing any more; what runs is given up with the site."""
        sheet: Any = self._window.overlays.made("bundles")
        if sheet is not None:
            sheet.dispose()

    def _made(self, made: Any) -> None:
        sheet: BundleSheet = made
        sheet.flow.ended.connect(self._ended)

    def _heard(self, changes: ChangeSet) -> None:
        sheet: Any = self._window.overlays.made("bundles")
        if sheet is not None and sheet.is_open:
            sheet.flow.heard(changes)

    def _ended(self) -> None:
        """Said as a note when the sheet is not there to say it."""
        from app.ui.bundles import words
        from app.ui.bundles.flow import BUSY, State

        window, self._warned = self._window, None
        sheet = window.overlays.bundles
        flow = sheet.flow
        if sheet.is_open:
            return
        if flow.error is not None:
            window.show_error(flow.error)
            return
        way = next((way for way, state in flow.states.items() if state not in (*BUSY, State.IDLE)), flow.way)
        icon, tone, said = words.outcome(window.texts, flow, way, window.console.district.agencies)
        offer = (window.texts.get("ui.bundles.look"), SHORTCUT, self.open)
        window.overlays.toasts.say(said, icon=icon, tone=tone, offer=offer)
