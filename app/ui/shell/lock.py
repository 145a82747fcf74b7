"""Locks the window when nobody has touched it for a while; clocks, board, map and alarms do not notice."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QWindow

from app.kernel.clock import MINUTE_MS, Clock
from app.ui.session import Session

IDLE_MS = 10 * MINUTE_MS
IDLE_CHOICES = (2, 5, 10, 20, 30)  # minutes; never is no choice (CM-04)
IDLE_MEMORY = "lock.minutes"
_TOUCHES = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.InputMethod,
    }
)


class IdleLock(QObject):
    """Counts from the last key or mouse event of the window; `tick` is called once a second."""

    def __init__(
        self, session: Session, clock: Clock, idle_ms: int = IDLE_MS, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._clock, self._idle_ms = session, clock, idle_ms
        self._touched = clock.now_ms()
        session.locked_changed.connect(self._signed_in)

    @property
    def minutes(self) -> int:
        """After so many minutes without a touch it locks."""
        return self._idle_ms // MINUTE_MS

    def set_minutes(self, minutes: object) -> None:
        """Lock after so many minutes from now on; what is no choice leaves it as it is."""
        if isinstance(minutes, int) and minutes in IDLE_CHOICES:
            self._idle_ms = minutes * MINUTE_MS

    def _signed_in(self, _locked: bool) -> None:
        """Whoever signs in is here, however long nobody was before."""
        self._touched = self._clock.now_ms()

    def watch(self, window: QWindow | None) -> None:
        """Listen to a native window: all keys and mouse events of its widgets pass through it first.

        Not to the application: a filter there is called for objects that are just being made or taken apart, which the
        web engine does not survive.
        """
        if window is not None:
            window.removeEventFilter(self)
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note that somebody is here; never swallows anything."""
        if event.type() in _TOUCHES:
            self._touched = self._clock.now_ms()
        return False

    def tick(self, now_ms: int) -> None:
        """Lock when the span is over; a clock set back starts the span anew."""
        self._touched = min(self._touched, now_ms)
        if not self._session.locked and now_ms - self._touched >= self._idle_ms:
            self._session.lock(idle=True)
