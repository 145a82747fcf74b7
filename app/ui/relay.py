"""Bridges into the Qt thread: results of futures, and news of what was committed.

Both are heard on other threads; one queued signal brings them over, so that no widget is touched from outside.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.kernel.changes import ACKNOWLEDGED, Change, ChangeSet
from app.kernel.enums import Origin

log = logging.getLogger(__name__)
ResultT = TypeVar("ResultT")
GATHER_MS = 100
BEHIND_MS = 40  # what is not the board begins so much later: the row an officer waits for is painted first
BULK = 200  # changes in 100 ms: a first synchronisation, an import; a storm of 200 acts a second stays below
BULK_TURNS = (
    10  # a bulk is told once a second: reading and painting each slice of it would cost more than the slice
)

Hear = Callable[[ChangeSet], None]


class Relay(QObject):
    """Delivers results of futures on the Qt thread, in the order in which they came; none after `stop`."""

    _arrived = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._gate = threading.Lock()
        self._open = True
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def then(
        self,
        future: Future[ResultT],
        ok: Callable[[ResultT], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Call `ok` with the result or `failed` with the error; a cancelled (superseded) future calls neither.

        An error nobody asked for is logged.
        """
        future.add_done_callback(lambda done: self._pass_on(done, ok, failed))

    def stop(self) -> None:
        """Deliver nothing any more: the screen is closing."""
        with self._gate:
            self._open = False

    def _pass_on(self, done: Future[Any], ok: Callable[[Any], None], failed: Any) -> None:
        with self._gate:  # the object may be gone on the Qt side as soon as the gate is shut
            if self._open:
                self._arrived.emit(done, ok, failed)

    def _deliver(self, done: Future[Any], ok: Callable[[Any], None], failed: Any) -> None:
        if not self._open or done.cancelled():
            return
        error = done.exception()
        if error is None:
            ok(done.result())
        elif isinstance(error, CancelledError):
            return
        elif failed is not None and isinstance(error, Exception):
            failed(error)
        else:
            log.error("nobody asked for this error", exc_info=error)


class ChangeRelay(QObject):
    """News of commits as a Qt signal: the first at once, what follows gathered every 100 ms (QUALITY, storm).

    Acknowledgements hold nothing up. While changes come in bulk they are gathered for a second; what the officer here does is
    told as promptly as ever.
    """

    changed = Signal(object)  # ChangeSet
    _woken = Signal()

    def __init__(
        self,
        subscribe: Callable[[Hear], Callable[[], None]],
        parent: QObject | None = None,
        behind_ms: int = 0,
    ) -> None:
        """`subscribe`: Console.subscribe, or anything of its shape; the first change is told `behind_ms` later."""
        super().__init__(parent)
        self._gate = threading.Lock()
        self._gathered: dict[Change, None] = {}
        self._called = False
        self._light = False  # what was told last were acknowledgements only
        self._resting = 0  # turns until a bulk is told again
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(GATHER_MS)
        self._behind = QTimer(self, singleShot=True, interval=behind_ms)
        self._behind.timeout.connect(self._begin)
        self._timer.timeout.connect(self._again)
        self._woken.connect(self._wake, Qt.ConnectionType.QueuedConnection)
        self._end: Callable[[], None] | None = subscribe(self._hear)

    def stop(self) -> None:
        """End the subscription; no signal comes after this."""
        end, self._end = self._end, None
        if end is not None:
            end()
        self._timer.stop()
        self._behind.stop()
        with self._gate:
            self._gathered.clear()
            self._called = True

    def _hear(self, changes: ChangeSet) -> None:
        """Called by the committing thread."""
        with self._gate:
            self._gathered.update(dict.fromkeys(changes.changes))
            overtakes = self._light and not changes.only_acknowledged  # an act does not wait behind those
            if self._gathered and (overtakes or not self._called):
                self._called, self._light = True, False
                self._woken.emit()

    def _wake(self) -> None:
        if self._end is None or self._behind.isActive():
            return
        if self._behind.interval():
            self._behind.start()
        else:
            self._begin()

    def _begin(self) -> None:
        self._flush()
        self._timer.start()

    def _again(self) -> None:
        if not self._flush():
            self._timer.stop()
            with self._gate:
                self._called = bool(self._gathered)
            if self._called:
                self._wake()

    def _flush(self) -> bool:
        """Tell what is due; False when nothing is left to be told and no rest is kept."""
        with self._gate:
            due = self._due()
            if len(due) == len(self._gathered):
                self._gathered = {}
            else:
                for change in due:
                    del self._gathered[change]
            more = bool(due or self._gathered or self._resting)
            self._light = bool(due) and all(change.entity == ACKNOWLEDGED for change in due)
        if due:
            self.changed.emit(ChangeSet(due))
        return more

    def _due(self) -> tuple[Change, ...]:
        if not self._resting:
            due = tuple(self._gathered)
            self._resting = BULK_TURNS if len(due) > BULK else 0
            return due
        self._resting -= 1
        own = tuple(change for change in self._gathered if change.origin is Origin.LOCAL)
        return own if len(own) <= BULK else ()
