"""Keeps the page true: reads what has changed, and only that, and pushes the difference (QUALITY, storm).

One patch is under way at a time; what changes meanwhile goes with the next. While the map is hidden nothing is pushed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from app.kernel.changes import ChangeSet
from app.ui.map.model import KINDS, MapModel
from app.ui.relay import BEHIND_MS, ChangeRelay, Relay

if TYPE_CHECKING:
    from app.queries.map import MapTotals
    from app.ui.console import Console

log = logging.getLogger(__name__)
CHUNK = 2000  # features of one message
_PATIENCE_MS = 5_000  # a page that acknowledges nothing for so long gets the next patch all the same

BULK, BULK_MS = 40, 1_000  # records in one go (an import, a first sync) are gathered for so long

Tell = Callable[[dict[str, Any]], None]


class MapFeed(QObject):
    """From committed changes to the page. `page` is what takes messages, None while there is none."""

    totals_read = Signal(object)  # MapTotals
    model_changed = Signal()
    acknowledged = Signal(int, float)  # seq, ms from push to paint

    def __init__(
        self,
        console: Console,
        parent: QObject | None = None,
        clean: Callable[[str | None], str] | None = None,
    ) -> None:
        """`clean`: what free text passes before it is shown (the wall)."""
        super().__init__(parent)
        self._console = console
        self.model = MapModel(console.texts, clean)
        self._relay = Relay(self)
        self._changes = ChangeRelay(console.subscribe, self, BEHIND_MS)
        self._changes.changed.connect(self._changed)
        self._page: Tell | None = None
        self._awake = True
        self._seq = 0
        self._under_way = 0
        self._clock = QElapsedTimer()
        self._gathered: dict[str, set[str]] = {}
        self._bulk = QTimer(self, singleShot=True, interval=BULK_MS)
        self._bulk.timeout.connect(self._read_gathered)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._lost_patience)

    def begin(self) -> None:
        """Read everything."""
        self._read(dict.fromkeys(KINDS))

    def stop(self) -> None:
        """Hear and push nothing any more."""
        self._changes.stop()
        self._relay.stop()
        self._patience.stop()
        self._bulk.stop()
        self._page = None

    def attach(self, page: Tell | None) -> None:
        """A new page that holds nothing yet, or none."""
        self._page = page
        self._under_way = 0
        self._patience.stop()
        self.model.forget_page()
        self.push()

    def set_awake(self, awake: bool) -> None:
        """Pushing waits while the map is hidden and catches up when it is shown."""
        self._awake = awake
        if awake:
            self.push()

    # -- reading -----------------------------------------------------------------------------------------------------
    def _changed(self, changes: ChangeSet) -> None:
        if changes.everything:
            self._gathered.clear()
            self._read(dict.fromkeys(KINDS))
            return
        for kind in KINDS:
            if changes.touches(kind):
                self._gathered.setdefault(kind, set()).update(changes.ids(kind))
        if sum(map(len, self._gathered.values())) < BULK:
            self._read_gathered()
        elif (
            not self._bulk.isActive()
        ):  # an import: hundreds of records a second need not be painted one slice at a time
            self._bulk.start()

    def _read_gathered(self) -> None:
        gathered, self._gathered = self._gathered, {}
        if gathered:
            self._read(dict(gathered.items()))

    def _read(self, wanted: dict[str, set[str] | None]) -> None:
        """Read records of these kinds by ids, None for all; and the totals, which are counted in SQL."""
        self._relay.then(
            self._console.query(partial(_rows, wanted)), partial(self._take, wanted), self._failed
        )
        self._relay.then(self._console.query(_totals, "map:totals"), self.totals_read.emit, self._failed)

    def _take(self, wanted: dict[str, set[str] | None], rows: dict[str, list[Any]]) -> None:
        for kind, ids in wanted.items():
            self.model.take(kind, rows[kind], ids)
        self.model_changed.emit()
        self.push()

    def _failed(self, error: Exception) -> None:
        log.error("the map could not read", exc_info=error)

    # -- pushing -----------------------------------------------------------------------------------------------------
    def push(self) -> None:
        """Send the difference, unless a patch is still under way or nobody sees the map."""
        if self._page is None or not self._awake or self._under_way:
            return
        patch = self.model.patch()
        if not patch:
            return
        self._clock.start()
        for message in _messages(patch.upsert, patch.remove):
            self._seq += 1
            self._under_way = self._seq
            self._page({"act": "patch", "seq": self._seq, **message})
        self._patience.start()

    def painted(self, seq: int) -> None:
        """The page has painted a patch."""
        if seq < self._under_way:
            return
        self._under_way = 0
        self._patience.stop()
        self.acknowledged.emit(seq, self._clock.nsecsElapsed() / 1e6)
        self.push()

    def _lost_patience(self) -> None:
        log.warning("the map page has not acknowledged for %d ms", _PATIENCE_MS)
        self._under_way = 0
        self.push()


def _messages(upsert: tuple[Any, ...], remove: tuple[str, ...]) -> Iterable[dict[str, Any]]:
    for start in range(0, max(len(upsert), 1), CHUNK):
        yield {"upsert": upsert[start : start + CHUNK], "remove": remove if start == 0 else ()}


def _rows(wanted: dict[str, set[str] | None], connection: Any) -> dict[str, list[Any]]:
    """Runs on the reader's thread."""
    from app.queries import map as rows

    read: dict[str, Callable[[Any, set[str] | None], list[Any]]] = {
        "incident": rows.incidents,
        "station": rows.stations,
        "vehicle": rows.vehicles,
        "shelter": rows.shelters,
        "point": rows.points,
    }
    return {kind: read[kind](connection, ids) for kind, ids in wanted.items()}


def _totals(connection: Any) -> MapTotals:
    from app.queries import map as rows

    return rows.totals(connection)
