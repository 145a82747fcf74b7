"""Work on another thread that a screen follows: how far it is, told there and heard here, and the wish to give it up."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal


@dataclass(frozen=True)
class Progress:
    """Done of what is to do, and seconds since the beginning."""

    done: int = 0
    total: int = 0
    seconds: float = 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds that it will still take, None while nobody can say."""
        return self.seconds * (self.total - self.done) / self.done if self.done else None


class UnderWay(QObject):
    """One piece of work after the other. `heard` comes on the window's thread: stage, done, total."""

    heard = Signal(object, int, int)
    _told = Signal(object, int, int)  # from the working thread

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._gate, self._open = threading.Lock(), True
        self._began = 0.0
        self.progress = Progress()
        self.given_up = False
        self._told.connect(self.heard, Qt.ConnectionType.QueuedConnection)

    def begin(self, total: int = 0) -> None:
        """The next piece begins."""
        self.given_up, self._began = False, time.monotonic()
        self.progress = Progress(0, total)

    def restart_clock(self) -> None:
        """Another stage of the same piece begins."""
        self._began = time.monotonic()

    def note(self, done: int, total: int) -> None:
        """So far it is now."""
        self.progress = Progress(done, total, time.monotonic() - self._began)

    def tell(self, stage: Any, done: int, total: int) -> None:
        """On the working thread; the screen may be gone as soon as the gate is shut."""
        with self._gate:
            if self._open:
                self._told.emit(stage, done, total)

    def end(self) -> None:
        """Hear nothing any more; what runs is given up."""
        self.given_up = True
        with self._gate:
            self._open = False
