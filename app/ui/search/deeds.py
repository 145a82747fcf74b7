"""The window's ways to the search over everything, and what Enter does with what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer

from app.kernel.changes import ChangeSet
from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.ui.search.lines import Line
    from app.ui.shell.main_window import MainWindow

SHORTCUT = "Ctrl+Shift+F"
READY_MS = 1_500  # after the window stands: the first key in the board's field finds the language there
STEP_MS = 200
_LISTS = {"shelter": "shelters", "point": "points"}


class SearchDeeds:
    """Enters the action into the window's table; the sheet is made with its first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        window.actions_table.add(
            Action(
                "search.everywhere", "ui.search.action", SHORTCUT, self.open, always, "ui.shell.group.panels"
            )
        )
        window.overlays.when_made["search"] = self._made
        board: Any = window.board
        if hasattr(board, "everywhere_wanted"):
            board.everywhere_wanted.connect(self.ask)
            for at, step in enumerate(
                (_load, self._learn, board.prepare_search)
            ):  # one after the other: none holds up a key
                QTimer.singleShot(READY_MS + at * STEP_MS, board, step)

    def _learn(self) -> None:
        from app.ui.search import vocabulary

        vocabulary.language(self._window.console)

    def open(self) -> None:
        """Ctrl+Shift+F: with what is typed in the board's field, where the keys are there."""
        board: Any = self._window.board
        field = getattr(board, "search", None)
        self.ask(field.text() if field is not None and field.hasFocus() else "")

    def ask(self, text: str = "") -> None:
        """Search for a text, or go on with what stood there."""
        sheet = self._window.overlays.search
        self._window.overlays.dismiss_others(sheet)
        sheet.ask(text)

    def heard(self, changes: ChangeSet) -> None:
        """A commit, for what is shown."""
        sheet: Any = self._window.overlays.made("search")
        if sheet is not None:
            sheet.heard(changes)

    def dispose(self) -> None:
        """Hear nothing any more."""
        sheet: Any = self._window.overlays.made("search")
        if sheet is not None:
            sheet.dispose()

    def _made(self, sheet: Any) -> None:
        sheet.opened.connect(self._opened)
        sheet.to_board.connect(self._to_board)
        sheet.said.connect(lambda text: self._window.overlays.toasts.say(text, icon="trash", tone="muted"))

    def _to_board(self, text: str) -> None:
        board: Any = self._window.board
        self._window.overlays.search.dismiss()
        self._window.close_desk()
        field = getattr(board, "search", None)
        if field is not None:
            field.setText(text)
            board.focus_search()

    def _opened(self, line: Line) -> None:
        """The record in its place: incident, entry in the timeline of its incident, line of its register, card."""
        window = self._window
        if line.incident_id:
            self._close()
            window.session.select_incident(line.incident_id)
            window.open_desk("overview" if line.entity == "incident" else "timeline")
            if window.desk is not None and line.entity != "incident":
                window.desk.mark(line.id)
        elif line.entity in _LISTS:
            window.features.registers.show(_LISTS[line.entity], line.id)
        elif line.entity in ("station", "vehicle"):
            self._close()
            window.overlays.record.ask(line.entity, line.id)

    def _close(self) -> None:
        self._window.overlays.search.dismiss()


def _load() -> None:
    from app.ui.search import asking  # noqa: F401 - it is loaded before it is asked for
