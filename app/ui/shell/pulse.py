"""The window's second hand: one timer, armed anew for every full second, so that a stepped clock is followed at once."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.kernel.clock import SECOND_MS, Clock


class Pulse(QObject):
    """Emits `second` with the clock's UTC ms, shortly after every full second."""

    second = Signal(object)  # int; a Qt int would be too short for milliseconds

    def __init__(self, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin with a beat now."""
        self._tick()

    def stop(self) -> None:
        """No further beat."""
        self._timer.stop()

    def _tick(self) -> None:
        now = self._clock.now_ms()
        self._timer.start(SECOND_MS - now % SECOND_MS + 2)
        self.second.emit(now)
