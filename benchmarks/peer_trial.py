"""The partner's window, telling what it painted: python -m benchmarks.peer_trial [ARGUMENTS OF THE WINDOW]

Prints `<incident id> <text> <monotonic ns>` after each paint of the board that brought a new text of an incident.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from app.cli.main import main
from app.queries.board_view import BoardRow
from app.ui import start
from app.ui.shell.main_window import MainWindow
from benchmarks.start_trial import OPEN, after_next_paint, tell


class Watch:
    """Eyes on the board of one window."""

    def __init__(self, window: Any) -> None:
        self._board: Any = window.board
        self._told: dict[str, str] = {}
        self._waiting = False
        model = self._board.model
        for signal in (model.dataChanged, model.rowsInserted, model.rowsMoved, model.modelReset):
            signal.connect(self._changed)

    def _changed(self, *_what: object) -> None:
        if not self._waiting:
            self._waiting = True
            after_next_paint(self._board.list.viewport(), self._painted)

    def _painted(self) -> None:
        now = time.monotonic_ns()
        self._waiting = False
        model = self._board.model
        for at in range(model.rowCount()):
            row = model.item(at)
            if isinstance(row, BoardRow) and row.what and self._told.get(row.id) != row.what:
                self._told[row.id] = row.what
                sys.stdout.write(f"{row.id} {row.what} {now}\n")
        sys.stdout.flush()


def watched(console: Any) -> MainWindow:
    """The window, with our eyes on it."""
    window = OPEN(console)
    window.watch = Watch(window)  # type: ignore[attr-defined]
    window.first_painted.connect(lambda: tell("first"))
    return window


if __name__ == "__main__":
    start.open_window = watched
    sys.exit(main())
