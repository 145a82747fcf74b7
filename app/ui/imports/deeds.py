"""The window's way to the import screen: its action, its card, and the note when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.ui.imports.card import ProgressCard
    from app.ui.imports.sheet import ImportSheet
    from app.ui.shell.main_window import MainWindow

SHORTCUT = "Ctrl+Shift+I"


class ImportDeeds:
    """Enters the action into the window's table; the sheet is made with its first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._card: ProgressCard | None = None
        window.actions_table.add(
            Action("import", "ui.imports.action", SHORTCUT, self.open, always, "ui.shell.group.window")
        )
        window.overlays.when_made["imports"] = self._made

    def open(self, kind: str | None = None) -> None:
        """Show the sheet, for a kind (shelters | points) when one is named; what was chosen before is still there."""
        sheet = self._window.overlays.imports
        if kind is not None:
            sheet.flow.choose_kind(kind)
        self._window.overlays.dismiss_others(sheet)
        sheet.open()
        self._show_card()

    def dispose(self) -> None:
        """Hear nothing any more; what loads is given up with the site."""
        sheet: Any = self._window.overlays.made("imports")
        if sheet is not None:
            sheet.dispose()

    def _made(self, made: Any) -> None:
        from app.ui.imports.card import ProgressCard

        sheet: ImportSheet = made
        window, flow = self._window, sheet.flow
        self._card = ProgressCard(window.texts, window.theme, window.shell, flow)
        self._card.open_wanted.connect(self.open)
        window.overlays.cards.append(self._card)
        sheet.closed.connect(self._show_card)
        flow.changed.connect(self._show_card)
        flow.moved.connect(self._show_card)
        flow.ended.connect(self._ended)
        sheet.register_wanted.connect(self._show_register)

    def _show_card(self) -> None:
        sheet: Any = self._window.overlays.made("imports")
        if self._card is None or sheet is None:
            return
        shown = sheet.flow.busy and not sheet.is_open
        if shown:
            self._card.show_flow()
        if shown == self._card.isHidden():
            self._card.setVisible(shown)
            self._window.place_overlays()
            self._card.raise_()

    def _show_register(self, kind: str) -> None:
        self._window.overlays.imports.dismiss()
        self._window.features.registers.show(kind)

    def _ended(self) -> None:
        """Said as a note when the sheet is not there to say it."""
        from app.ui.imports import words

        window = self._window
        sheet = window.overlays.imports
        if sheet.is_open:
            return
        register = window.texts.get(f"ui.imports.register.{sheet.flow.choice.kind}")
        icon, tone, said = words.outcome(window.texts, sheet.flow, register)
        if sheet.flow.error is not None:
            window.show_error(sheet.flow.error)
            return
        offer = (window.texts.get("ui.imports.look"), SHORTCUT, self.open)
        window.overlays.toasts.say(said, icon=icon, tone=tone, offer=offer)
