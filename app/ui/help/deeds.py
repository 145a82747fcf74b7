"""The window's ways to the manual, and its hints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.ui.help.hints import HintCard, Seen
    from app.ui.shell.main_window import MainWindow

_WINDOW = "ui.shell.group.window"


class HelpDeeds:
    """F1 the cheat sheet, F1 again (or Shift+F1 at once) the manual where it tells of what is in use."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._place = ("panels", "board")
        self.card: HintCard | None = None
        self._seen: Seen | None = None
        table = window.actions_table
        table.add(Action("manual", "ui.help.action", "Shift+F1", self.manual, always, _WINDOW))
        table.add(
            Action(
                "hint.noted", "ui.help.action_noted", "", self.noted, self._shows, _WINDOW, "ui.help.why_none"
            )
        )
        window.overlays.when_made["keys"] = self._made_keys
        window.session.account_changed.connect(self._account_changed)
        window.pulse.second.connect(self._look)

    def dispose(self) -> None:
        """Show nothing any more."""
        self._drop()

    # -- the manual --------------------------------------------------------------------------------------------------------
    def keys(self) -> None:
        """F1."""
        overlays = self._window.overlays
        made = overlays.made("keys")
        if made is not None and made.is_open:
            self._open(*self._place)
            return
        self._place = self.place()
        sheet = overlays.keys
        overlays.dismiss_others(sheet)
        sheet.open()

    def manual(self) -> None:
        """Shift+F1."""
        made = self._window.overlays.made("keys")
        if made is None or not made.is_open:
            self._place = self.place()
        self._open(*self._place)

    def _made_keys(self, sheet: Any) -> None:
        sheet.manual_wanted.connect(self.manual)

    def place(self) -> tuple[str, str]:
        """What is in use: the sheet that is open, else the panel that has the focus."""
        window = self._window
        name = window.overlays.top_name()
        if name:
            return "sheets", name
        focused = window.focusWidget()
        panels: tuple[tuple[str, QWidget | None], ...] = (
            ("desk", window.desk),
            ("map", window.map_host),
            ("links", window.links),
            ("strip", window.strip),
        )
        for panel, widget in panels:
            if (
                widget is not None
                and focused is not None
                and (widget is focused or widget.isAncestorOf(focused))
            ):
                return "panels", panel
        return "panels", "desk" if window.columns.desk_open else "board"

    def _open(self, kind: str, name: str) -> None:
        from app.ui.help import pages

        sheet = self._window.overlays.manual
        self._window.overlays.dismiss_others(sheet)
        sheet.show_place(*pages.place_of(kind, name))

    # -- hints -------------------------------------------------------------------------------------------------------------
    def _account_changed(self, account: Any) -> None:
        self._drop()
        if account is not None:
            self._offer("start")

    def _look(self, _now_ms: int) -> None:
        """Once a second: something is seen for the first time."""
        window = self._window
        if self.card is not None or window.session.locked or window.overlays.top_open() is not None:
            return
        if window.columns.desk_open:
            self._offer("desk")
        elif window.feeds.desk.calling:
            self._offer("alarms")

    def _offer(self, name: str) -> None:
        window, account = self._window, self._window.session.account
        if self._seen is None:
            from app.ui.help.hints import Seen

            self._seen = Seen(window.console)
        if account is None or self.card is not None or not self._seen.wants(account.id, name):
            return
        from app.ui.help.hints import HintCard

        self.card = HintCard(window.texts, window.theme, window.shell, name)
        self.card.noted.connect(self.noted)
        self.card.stopped.connect(self.stop)
        window.overlays.cards.append(self.card)
        self.card.show()
        window.place_overlays()

    def _shows(self) -> bool:
        return self.card is not None

    def noted(self) -> None:
        """Not again for this account."""
        if self.card is not None:
            self._put_away(self.card.name)

    def stop(self) -> None:
        """None of them again for this account."""
        from app.ui.help.hints import NAMES

        self._put_away(*NAMES)

    def _put_away(self, *names: str) -> None:
        account = self._window.session.account
        if account is not None and self._seen is not None:
            self._seen.put_away(account.id, *names)
        had = self.card is not None and self.card.isAncestorOf(self._window.focusWidget() or self._window)
        self._drop()
        if had:
            self._window.focus_board()

    def _drop(self) -> None:
        if self.card is None:
            return
        card, self.card = self.card, None
        self._window.overlays.cards.remove(card)
        card.hide()
        card.deleteLater()
        self._window.place_overlays()
