"""The program itself, telling when it painted: python -m benchmarks.start_trial [ARGUMENTS OF THE WINDOW]

Prints `first`, `rows`, `around` and `map` with moments of the monotonic clock in ns, which all processes of a machine share, and
the processor time until then: the first paint of the board, the paint that holds its rows, what stands around it made, the page
of the map ready. Ends after the last of them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.cli.main import main
from app.ui import start

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow

OPEN = start.open_window


def tell(name: str) -> None:
    """One moment, and the processor time used until then."""
    sys.stdout.write(f"{name} {time.monotonic_ns()} {time.process_time_ns()}\n")
    sys.stdout.flush()


def after_next_paint(watched: Any, call: Callable[[], None]) -> None:
    """Call something once, when a widget has been painted next."""
    from PySide6.QtCore import QEvent, QObject, QTimer  # noqa: PLC0415 - not before the program imports it

    class Eye(QObject):
        def eventFilter(self, seen: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                seen.removeEventFilter(self)
                QTimer.singleShot(0, call)
            return False

    watched.eye = Eye(watched)
    watched.installEventFilter(watched.eye)


def watched(console: Any) -> MainWindow:
    """The window, with our ears in it."""
    window = OPEN(console)
    board: Any = window.board

    def around() -> None:
        tell("around")
        load = window.map_host.load

        def loading() -> bool:
            done = load()
            panel: Any = window.map_host.panel
            panel.loaded.connect(lambda: tell("map"))
            panel.loaded.connect(window.close)
            return done

        window.map_host.load = loading  # type: ignore[method-assign]

    window.first_painted.connect(around)
    after_next_paint(board, lambda: tell("first"))
    board.feed.opened.connect(lambda: after_next_paint(board.list.viewport(), lambda: tell("rows")))
    return window


if __name__ == "__main__":
    start.open_window = watched
    sys.exit(main())
