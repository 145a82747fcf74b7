"""The window's way to the diagnostics page, and what it says after a run that was not closed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.ui.diagnostics.ended import EndedCard
    from app.ui.shell.main_window import MainWindow

_KINDS_OF_DRAFTS = ("register", "casualties", "settings")
MEMORY = "running.former"


class DiagnosticsDeeds:
    """Enters the action into the window's table; sheet and card are made when they are wanted."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.card: EndedCard | None = None
        window.actions_table.add(
            Action(
                "diagnostics", "ui.diagnostics.action", "Ctrl+F1", self.open, always, "ui.shell.group.window"
            )
        )
        for name, act, rule in (
            ("noted", self.noted, self._told),
            ("report", self.ask_report, self._crashed),
        ):
            text, why = f"ui.diagnostics.ended.action_{name}", "ui.diagnostics.ended.why_none"
            window.actions_table.add(
                Action(f"ended.{name}", text, "", act, rule, "ui.shell.group.window", why)
            )
        window.overlays.when_made["diagnostics"] = self._made
        window.follow(window.console.opened, self.tell_former)

    def open(self) -> None:
        """Show the page."""
        sheet = self._window.overlays.diagnostics
        self._window.overlays.dismiss_others(sheet)
        sheet.open()

    def _made(self, sheet: Any) -> None:
        sheet.saved.connect(self._saved)

    def _saved(self, path: str) -> None:
        window = self._window
        said = window.texts.get("ui.diagnostics.saved", path=path)
        window.overlays.toasts.say(said, icon="save", tone="good")

    # -- how the last run ended --------------------------------------------------------------------------------------------
    def tell_former(self) -> None:
        """Once the site is open: what happened, and what is there again, until somebody has read it."""
        window, former = self._window, self._window.console.former
        if former is None or self.card is not None:
            return
        from app.ui.diagnostics.ended import EndedCard, drafts_words

        drafts = drafts_words(window.console, _KINDS_OF_DRAFTS)
        self.card = EndedCard(window.console, window.theme, window.shell, former, drafts)
        self.card.noted.connect(self.noted)
        self.card.report_wanted.connect(lambda path: self._report(Path(path), former.trace))
        window.overlays.cards.append(self.card)
        self.card.show()
        self.card.raise_()
        self.card.take_room()  # now that its words have their font
        window.place_overlays()

    def _told(self) -> bool:
        return self.card is not None

    def _crashed(self) -> bool:
        return self.card is not None and not self.card.report.isHidden()

    def ask_report(self) -> None:
        """Where the report of the crash is to lie."""
        if self.card is not None:
            self.card.ask_file()

    def noted(self) -> None:
        """It was read: not said again."""
        if self.card is None:
            return
        window, card = self._window, self.card
        self.card, window.console.former = None, None
        window.console.remember(MEMORY, None)
        window.overlays.cards.remove(card)
        card.hide()
        card.deleteLater()
        window.place_overlays()
        window.focus_board()

    def _report(self, path: Path, trace: str) -> None:
        """Figures of the workstation and the places of the crash: nothing of people is in it."""
        from app.ui.diagnostics.report import write

        write(self._window.console, self._window.session, path, trace, lambda: self._saved(str(path)))
