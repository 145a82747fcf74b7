"""Qt's binding neither uses up nor hoards references to None, True and False (PySide6 6.12.0 on Python 3.11 does).

A reference lost at every virtual call ends the process with `none_dealloc` after hours of duty; this guard sees it in a second.
From Python 3.12 on these objects are immortal and the counts stand still. Needs nothing of the program, so that a new version of
Qt can be tried with it alone.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

ROUNDS, WARM_UP = 400, 20
SLACK = 40  # what caches and the test itself may keep
WATCHED: tuple[Any, ...] = (None, True, False)
AnyIndex = QModelIndex | QPersistentModelIndex


class Rows(QAbstractListModel):
    """Answers None for most roles, as models do."""

    told = Signal(object, bool)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 8

    def data(self, index: AnyIndex, role: int = 0) -> Any:
        return f"row {index.row()}" if role == Qt.ItemDataRole.DisplayRole else None

    def canFetchMore(self, parent: AnyIndex) -> bool:
        return False


class Paints(QStyledItemDelegate):
    """A delegate of our own: paint returns nothing, sizeHint an object."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        painter.drawText(0, 10, str(index.data()))

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(100, 20)


class Board(QListView):
    """Virtual calls that answer True or False."""

    def viewportEvent(self, event: QEvent) -> bool:
        return bool(super().viewportEvent(event))


class Pane(QWidget):
    """Virtual calls that answer nothing, or whether they handled something."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)

    def event(self, event: QEvent) -> bool:
        return bool(super().event(event))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        return False


def drift(application: QApplication, rounds: int) -> dict[str, int]:
    """How the reference counts of None, True and False change over so many rounds of virtual calls."""
    pane, model, delegate, timer = Pane(), Rows(), Paints(), QTimer()
    board, heard = Board(), []
    board.setModel(model)
    board.setItemDelegate(delegate)
    QVBoxLayout(pane).addWidget(board)
    board.viewport().installEventFilter(pane)
    model.told.connect(lambda nothing, flag: heard.append(0))
    pane.resize(200, 200)
    pane.show()

    def once() -> None:
        pane.repaint()
        board.viewport().repaint()
        QApplication.sendEvent(pane, QEvent(QEvent.Type.User))
        QApplication.sendEvent(board.viewport(), QEvent(QEvent.Type.User))
        model.told.emit(None, True)
        model.index(1).data(Qt.ItemDataRole.DecorationRole)
        timer.setSingleShot(True)
        heard.clear()
        application.processEvents()

    for _ in range(WARM_UP):
        once()
    before = [sys.getrefcount(each) for each in WATCHED]
    for _ in range(rounds):
        once()
    after = [sys.getrefcount(each) for each in WATCHED]
    pane.close()
    pane.deleteLater()
    return {repr(each): b - a for each, a, b in zip(WATCHED, before, after, strict=True)}


def test_virtual_calls_keep_references(qapp: QApplication) -> None:
    assert {name: change for name, change in drift(qapp, ROUNDS).items() if abs(change) > SLACK} == {}


def test_a_drift_would_be_seen(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    """One reference to None kept at every call is found out."""
    if sys.version_info >= (3, 12):
        pytest.skip("None, True and False are immortal here")
    kept: list[None] = []
    plain = Rows.canFetchMore

    def hoarding(self: Rows, parent: AnyIndex) -> bool:
        kept.append(None)
        return plain(self, parent)

    def data(self: Rows, index: AnyIndex, role: int = 0) -> Any:
        kept.append(None)
        return None

    monkeypatch.setattr(Rows, "data", data)
    monkeypatch.setattr(Rows, "canFetchMore", hoarding)
    assert drift(qapp, ROUNDS)["None"] > SLACK
