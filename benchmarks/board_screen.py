"""Trials of the board that need Qt, each in a process of its own: python -m benchmarks.board_screen WHAT FILE

WHAT is open, typing, proxy, painting or storm; figures come out as one JSON object.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QSortFilterProxyModel, QStringListModel, QTimer, SignalInstance
from PySide6.QtGui import QPixmap, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QListView, QTableView

from app.kernel.changes import Change, ChangeSet
from app.kernel.clock import ManualClock
from app.kernel.enums import ChangeKind, Origin
from app.kernel.texts import Texts
from app.queries.board_view import BoardRow
from app.ui.board.panel import BoardPanel
from app.ui.session import Session
from app.ui.theme.theme import Theme
from benchmarks.board_data import NOW_MS, TERMS, terms
from benchmarks.figures import ratio_of_pairs, share, timed
from db.engine import open_reader, open_writer

STORM_S, STORM_RATE = 8, 100
MOST_MS = 20_000
PROXY_TERMS = 4


@dataclass
class District:
    """As much of a district as the board asks for."""

    streets: tuple[tuple[str, str], ...] = ()
    amber_s: int = 600


class Desk:
    """A console of queries alone: one reader's thread, newer questions cancel older ones that wait."""

    def __init__(self, path: Path) -> None:
        self.clock, self.texts = ManualClock(NOW_MS), Texts.load()
        self.agency, self.partner, self.district = "EMB", "FRD", District()
        self._connection, self._pool = open_reader(path), ThreadPoolExecutor(1)
        self._known: dict[str, Future[Any]] = {}
        self.hearers: list[Callable[[ChangeSet], None]] = []

    def query(self, read: Callable[[Any], Any], key: str | None = None) -> Future[Any]:
        """As Console.query."""
        if key is not None and key in self._known:
            self._known[key].cancel()
        future = self._pool.submit(read, self._connection)
        if key is not None:
            self._known[key] = future
        return future

    def subscribe(self, hear: Callable[[ChangeSet], None]) -> Callable[[], None]:
        """As Console.subscribe."""
        self.hearers.append(hear)
        return lambda: self.hearers.remove(hear)


def wait(signal: SignalInstance | None = None, most_ms: int = MOST_MS) -> None:
    """The event loop as it runs in the program, until a signal or for a time."""
    loop = QEventLoop()
    if signal is not None:
        signal.connect(loop.quit)
    QTimer.singleShot(most_ms, loop.quit)
    loop.exec()


def typing(panel: BoardPanel, words: list[str]) -> dict[str, float]:
    """Words typed key by key; from each key to the painted list."""
    times: list[float] = []
    for word in words:
        panel.search.blockSignals(True)
        panel.search.clear()
        panel.search.blockSignals(False)
        for at in range(1, len(word) + 1):
            began = time.perf_counter()
            panel.search.setText(word[:at])
            wait(panel.feed.opened)
            panel.list.viewport().repaint()
            times.append((time.perf_counter() - began) * 1000)
            wait(None, 40)
    return {"p50": statistics.median(times), "p95": share(times, 0.95), "keys": len(times)}


def proxy(path: Path, words: list[str]) -> dict[str, float]:
    """What Qt offers for it: all texts in a model of Qt's own, a QSortFilterProxyModel, a list view."""
    with contextlib.closing(open_reader(path)) as connection:
        texts = [text for (text,) in connection.execute("SELECT text FROM search_incident ORDER BY n")]
    began = time.perf_counter()
    source, sieve, view = QStringListModel(texts), QSortFilterProxyModel(), QListView()
    sieve.setSourceModel(source)
    view.setModel(sieve)
    view.setUniformItemSizes(True)
    view.resize(440, 700)
    view.show()
    wait(None, 50)
    loaded = time.perf_counter() - began
    times: list[float] = []
    for word in words:
        sieve.setFilterFixedString("")
        for at in range(1, len(word) + 1):
            began = time.perf_counter()
            sieve.setFilterFixedString(word[:at])
            view.viewport().repaint()
            times.append((time.perf_counter() - began) * 1000)
    return {
        "p50": statistics.median(times),
        "p95": share(times, 0.95),
        "keys": len(times),
        "loaded_s": loaded,
    }


def painting(panel: BoardPanel) -> dict[str, float]:
    """The list painted whole, and the same words in a table with Qt's default delegate, in turn; ms of the processor."""
    plain = _plain_table(panel)
    views = {"own": panel.list, "default": plain}
    times: dict[str, list[float]] = {name: [] for name in views}
    target = QPixmap(panel.list.viewport().size())
    for turn in range(124):
        name, view = list(views.items())[turn % 2]
        _, processor = timed(partial(view.viewport().render, target))
        if turn > 3:  # noqa: PLR2004 - both have painted once
            times[name].append(processor)

    def tick() -> None:
        panel.list.tick()
        QApplication.processEvents()

    ticks = [timed(tick)[1] for _ in range(60)]
    plain.close()
    return {
        "own": statistics.median(times["own"]),
        "default": statistics.median(times["default"]),
        "ratio": ratio_of_pairs(times["own"], times["default"]),
        "tick": statistics.median(ticks),
    }


def _plain_table(panel: BoardPanel) -> QTableView:
    """Whatever our rows say, one cell for each word."""
    model, now = QStandardItemModel(), panel.feed._console.clock.now_ms()
    for at in range(panel.model.rowCount()):
        row = panel.model.item(at)
        if isinstance(row, BoardRow):
            shown = panel.model.shown(row)
            clock = panel.model.wording.countdown(row.due_at, now).text if row.due_at else shown.clock
            chips = " ".join(text for text, _ in shown.chips)
            words = (
                shown.level,
                clock,
                shown.title,
                shown.dispute,
                shown.clock_name,
                shown.number,
                shown.state,
                chips,
            )
            model.appendRow([QStandardItem(word) for word in words])
    table = QTableView()
    table.setModel(model)
    model.setParent(table)
    table.verticalHeader().hide()
    table.horizontalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(48)
    for column in range(model.columnCount()):
        table.setColumnWidth(column, panel.list.width() // model.columnCount())
    table.resize(panel.list.size())
    table.show()
    wait(None, 100)
    return table


def storm(panel: BoardPanel, desk: Desk, path: Path) -> dict[str, float]:
    """STORM_RATE changes of open incidents a second, told one by one; share of a core in the thread of the screen."""
    writer = open_writer(path)
    ids = [row[0] for row in writer.execute("SELECT id FROM incident WHERE open = 1")]
    chance, stop = random.Random(3), threading.Event()
    shown: dict[str, float] = {}

    def change() -> None:
        while not stop.wait(1 / STORM_RATE):
            incident_id, reason = chance.choice(ids), str(time.perf_counter())
            writer.execute("UPDATE incident SET status_reason = ? WHERE id = ?", (reason, incident_id))
            changed = ChangeSet((Change("incident", incident_id, ChangeKind.CHANGED, Origin.PEER),))
            for hear in list(desk.hearers):
                hear(changed)

    def see(first: Any, last: Any) -> None:
        for at in range(first.row(), last.row() + 1):
            reason = getattr(panel.model.item(at), "reason", None)
            if reason:
                shown.setdefault(reason, (time.perf_counter() - float(reason)) * 1000)

    panel.model.dataChanged.connect(see)
    thread = threading.Thread(target=change)
    thread.start()
    own, whole, began = time.thread_time(), time.process_time(), time.perf_counter()
    wait(None, STORM_S * 1000)
    own, whole = time.thread_time() - own, time.process_time() - whole
    wall = time.perf_counter() - began
    stop.set()
    thread.join()
    writer.close()
    return {"screen": own / wall, "process": whole / wall, "worst": max(shown.values()), "shown": len(shown)}


def main(arguments: list[str]) -> int:
    """Run one trial."""
    what, path = arguments[0], Path(arguments[1])
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    theme = Theme()
    theme.apply(app)
    desk = Desk(path)
    began = time.perf_counter()
    panel = BoardPanel(desk, Session(desk), theme)  # type: ignore[arg-type]
    panel.resize(440, 908)
    panel.show()
    wait(panel.feed.opened)
    panel.repaint()
    opened = (time.perf_counter() - began) * 1000
    if what == "open":
        figures = {"opened": opened, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    elif what == "typing":
        figures = typing(panel, terms(open_reader(path), TERMS // 2))
    elif what == "proxy":
        figures = proxy(path, terms(open_reader(path), PROXY_TERMS))
    elif what == "painting":
        figures = painting(panel)
    else:
        figures = storm(panel, desk, path)
    sys.stdout.write(json.dumps(figures) + "\n")
    panel.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
