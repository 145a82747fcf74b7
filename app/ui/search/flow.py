"""Asking the reader for results: a page of each kind at once, counts afterwards, further pages when they are wanted.

What is asked later supersedes what was asked before; an answer that is not wanted any more is not delivered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.queries.search import COUNTED, PAGE, Answer, Asked, Kind
from app.ui.relay import Relay
from app.ui.shell.initials import initials

if TYPE_CHECKING:
    from app.ui.console import Console

SLOW_MS = 150  # from then on it is said that it is being searched
_KEY = "search."


class SearchFlow(QObject):
    """`arrived` with the first pages of all kinds, `counted`, `paged(kind, Answer)`, `failed(error)`, `slow`."""

    arrived = Signal()
    counted = Signal()
    paged = Signal(object, object)
    failed = Signal(object)
    slow = Signal()

    def __init__(self, console: Console, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._console = console
        self._relay = Relay(self)
        self._asked_at = 0
        self.asked = Asked(console.agency, console.partner)
        self.answers: Mapping[Kind, Answer] = {}
        self.counts: dict[Kind, int] = {}
        self.busy = False
        self._ends: dict[Kind, Any] = {}
        self._slow = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._slow.timeout.connect(self._tell_slow)

    def stop(self) -> None:
        """Deliver nothing any more."""
        self._relay.stop()
        self._slow.stop()

    def ask(self, asked: Asked) -> None:
        """The first pages of every kind."""
        self._asked_at += 1
        self.asked = asked
        if not asked:
            self.busy = False
            self._slow.stop()
            self.answers, self.counts, self._ends = {}, {}, {}
            self.arrived.emit()
            return
        self.busy = True
        self._slow.start()
        mine = self._asked_at

        def read(connection: Any) -> dict[Kind, Answer]:
            from app.queries import search

            return {kind: search.find(connection, kind, asked, None, PAGE, initials) for kind in Kind}

        self._relay.then(
            self._console.query(read, _KEY + "find"),
            lambda found: self._take(mine, found),
            lambda error: self._fail(mine, error),
        )

    def _take(self, mine: int, found: dict[Kind, Answer]) -> None:
        if mine != self._asked_at:
            return
        self.busy = False
        self._slow.stop()
        self.answers = found
        self._ends = {kind: answer.end for kind, answer in found.items()}
        self.counts = {kind: len(answer.rows) for kind, answer in found.items() if answer.end is None}
        self.arrived.emit()
        for kind in found:
            if kind not in self.counts:
                self._count(mine, kind)

    def _count(self, mine: int, kind: Kind) -> None:
        asked = self.asked

        def read(connection: Any) -> int:
            from app.queries import search

            return search.count(connection, kind, asked, initials)

        def take(count: int) -> None:
            if mine == self._asked_at:
                self.counts[kind] = min(count, COUNTED + 1)
                self.counted.emit()

        self._relay.then(
            self._console.query(read, f"{_KEY}count.{kind}"), take, lambda error: self._fail(mine, error)
        )

    def more(self, kind: Kind) -> None:
        """The next page of a kind."""
        end, mine, asked = self._ends.get(kind), self._asked_at, self.asked
        if end is None:
            return
        self._ends[kind] = None

        def read(connection: Any) -> Answer:
            from app.queries import search

            return search.find(connection, kind, asked, end, PAGE, initials)

        def take(answer: Answer) -> None:
            if mine == self._asked_at:
                self._ends[kind] = answer.end
                self.paged.emit(kind, answer)

        self._relay.then(
            self._console.query(read, f"{_KEY}more.{kind}"), take, lambda error: self._fail(mine, error)
        )

    def can_more(self, kind: Kind) -> bool:
        """True while there are further pages of a kind."""
        return self._ends.get(kind) is not None

    def _fail(self, mine: int, error: Exception) -> None:
        if mine == self._asked_at:
            self.busy = False
            self._slow.stop()
            self.failed.emit(error)

    def _tell_slow(self) -> None:
        if self.busy:
            self.slow.emit()
