"""A console's window that tells how it gets on: python -m benchmarks.arrival_trial [ARGUMENTS OF THE WINDOW]

Once painted it prints `ready`, then lines `gap <monotonic ns> <longest ms without the thread of the screen> <ms the longest tick
was late>` twice a second, and `act <monotonic ns> <ms>` for each act of its officer: from the command to its durable commit.
JDC_OFFICER names the account.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from app.cli.main import main
from app.ui import start
from app.ui.shell.main_window import MainWindow
from benchmarks.start_trial import OPEN

TICK_MS, TOLD_MS, ACT_MS, REST_MS = 5, 500, 300, 4_000


def say(line: str) -> None:
    """One line for who started us."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Pulse:
    """Ticks on the thread of the screen; how long it kept still is how long a key or a paint would have waited."""

    def __init__(self, window: Any, console: Any) -> None:
        from PySide6.QtCore import Qt, QTimer  # noqa: PLC0415 - not before the program imports it

        self._console, self._officer = console, os.environ["JDC_OFFICER"]
        self._last, self._longest, self._count = time.monotonic(), 0.0, 0
        for every, call in ((TICK_MS, self._tick), (TOLD_MS, self._tell), (ACT_MS, self._act)):
            timer = QTimer(window)
            timer.setTimerType(Qt.TimerType.PreciseTimer)
            timer.timeout.connect(call)
            timer.start(every)

    def _tick(self) -> None:
        now = time.monotonic()
        self._longest = max(self._longest, now - self._last - TICK_MS / 1000)
        self._last = now

    def _tell(self) -> None:
        say(f"gap {time.monotonic_ns()} {self._longest * 1e3:.2f}")
        self._longest = 0.0

    def _act(self) -> None:
        from app.usecases.duty import WriteLogEntry  # noqa: PLC0415 - not before the program imports it

        self._count += 1
        began = time.monotonic()
        future = self._console.execute(WriteLogEntry(text=f"act {self._count}"), self._officer)
        future.add_done_callback(
            lambda done: say(f"act {time.monotonic_ns()} {(time.monotonic() - began) * 1e3:.2f}")
        )


def watched(console: Any) -> MainWindow:
    """The window, with a finger on its pulse."""
    from PySide6.QtCore import QTimer  # noqa: PLC0415 - not before the program imports it

    window = OPEN(console)

    def begin() -> None:
        window.finger = Pulse(window, console)  # type: ignore[attr-defined]
        say("ready")

    window.first_painted.connect(lambda: QTimer.singleShot(REST_MS, begin))
    return window


if __name__ == "__main__":
    start.open_window = watched
    sys.exit(main())
