"""The list of the board: a table of one column, repainted piece by piece; it knows when an officer is at it."""

from __future__ import annotations

from PySide6.QtCore import (
    QElapsedTimer,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPaintEvent, QRegion
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from app.ui.board.arrange import Head
from app.ui.board.delegate import HEAD, INSET, ROW, BoardDelegate
from app.ui.board.model import ITEM_ROLE, BoardModel

IDLE_MS = 3_000
FADE_MS = 60
AHEAD = 20  # rows before the end at which the next page is asked for
_ONLY = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
_ALSO = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
AnyIndex = QModelIndex | QPersistentModelIndex


class BoardList(QTableView):
    """`chosen(id)` when another row is selected (empty: none), `opened(id)` on Enter or double click."""

    chosen = Signal(str)
    opened = Signal(str)
    menu_wanted = Signal(QPoint)  # on the screen, for the rows that are selected

    def __init__(self, model: BoardModel, delegate: BoardDelegate, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("incidentRows")
        self._model, self._delegate = model, delegate
        self._touched = QElapsedTimer()
        self._anchor: tuple[str, int] | None = None
        self._chosen_before: tuple[str, list[str]] = ("", [])
        self._quiet = False
        self.held_open = False  # a menu speaks of the rows: they stay where they are
        self._fading = QTimer(self)
        self._fading.setInterval(FADE_MS)
        self._fading.timeout.connect(self._fade)
        self._dress()
        self.setModel(model)
        self.setItemDelegate(delegate)
        model.arranged.connect(self._fit)
        self.verticalScrollBar().valueChanged.connect(self._look_ahead)

    def _dress(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        across, down = self.horizontalHeader(), self.verticalHeader()
        across.hide()
        across.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        down.hide()
        down.setMinimumSectionSize(1)
        down.setDefaultSectionSize(ROW)
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def set_small(self, small: bool) -> None:
        """Rows of 44 px with short numbers, for 1366 x 768."""
        if small != self._delegate.small:
            self._delegate.small = small
            self.verticalHeader().setDefaultSectionSize(self._delegate.row_height)
            self._fit()
            self.viewport().update()

    def _fit(self) -> None:
        """Every row has the height of its kind, wherever it has moved."""
        header, heads = self.verticalHeader(), self._model.heads()
        rows = self._model.rowCount() - len(heads)
        size = self._delegate.row_height
        for at in heads:
            if header.sectionSize(at) != HEAD:
                header.resizeSection(at, HEAD)
        if header.length() != rows * size + len(heads) * HEAD:  # a row stands where a head stood
            for at in set(range(self._model.rowCount())).difference(heads):
                if header.sectionSize(at) != size:
                    header.resizeSection(at, size)
        self._look_ahead()

    def _look_ahead(self, *_: object) -> None:
        last = self.rowAt(self.viewport().height() - 1)
        if self._model.can_more and (last < 0 or last > self._model.rowCount() - AHEAD):
            self._model.more_wanted.emit()

    # -- an officer is at it -----------------------------------------------------------------------------------------
    def busy(self) -> bool:
        """True while the list was touched within the last three seconds: rows must not move."""
        return self.held_open or (self._touched.isValid() and self._touched.elapsed() < IDLE_MS)

    def touch(self) -> None:
        """An officer did something in the list."""
        self._touched.start()

    def held(self) -> int:
        """How many rows from the top may not move now: down to the one under the mouse or the selected one."""
        if not self.busy():
            return 0
        places = [-1]
        if self.underMouse():
            places.append(self.rowAt(self.viewport().mapFromGlobal(self.cursor().pos()).y()))
        current = self.currentIndex()
        if current.isValid() and self.visualRect(current).intersects(self.viewport().rect()):
            places.append(current.row())
        return max(places) + 1

    def keep_place(self) -> None:
        """Remember what stands at the top and what is selected, before rows change."""
        self._chosen_before = (self.chosen_id(), self.chosen_ids())
        bar = self.verticalScrollBar()
        top = self.rowAt(0)
        self._anchor = None
        if bar.value() > bar.minimum() and top >= 0:
            self._anchor = (self._model.item(top).id, self.rowViewportPosition(top))

    def take_place(self) -> None:
        """Scroll so that what stood at the top stands there again; a list at its beginning stays there."""
        self._choose_as_before()
        if self._anchor is None:
            return
        row_id, was = self._anchor
        at = self._model.place_of(row_id)
        if at is not None:
            self.updateGeometries()
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self.rowViewportPosition(at) - was)

    def _choose_as_before(self) -> None:
        """A list that was laid anew has lost what was selected."""
        current, chosen = self._chosen_before
        if not current or self.currentIndex().isValid():
            return
        self.choose(current)
        also = (self._model.place_of(row_id) for row_id in chosen if row_id != current)
        for at in also:
            if at is not None:
                self.selectionModel().select(self._model.index(at), _ALSO)

    # -- painting ----------------------------------------------------------------------------------------------------
    def tick(self) -> None:
        """A second has passed: repaint the clocks of visible rows and nothing else."""
        region = QRegion()
        for at in self.visible_rows():
            region += self._delegate.tick_rect(at, self.visualRect(self._model.index(at)))
        if not region.isEmpty():
            self.viewport().update(region)

    def visible_rows(self) -> list[int]:
        """Rows of incidents that can be seen."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        if first < 0:
            return []
        last = last if last >= 0 else self._model.rowCount() - 1
        return [at for at in range(first, last + 1) if not isinstance(self._model.item(at), Head)]

    def paintEvent(self, event: QPaintEvent) -> None:
        """A scroll bar stands in the margin and does not push the chips aside."""
        bar = self.verticalScrollBar()
        self._delegate.inset = INSET - (bar.width() if bar.isVisible() else 0)
        self._delegate.begin_frame()
        super().paintEvent(event)
        if self._delegate.behind:
            QTimer.singleShot(0, self.viewport(), self.viewport().update)

    def fade(self) -> None:
        """Some rows have a tint now: let it fade."""
        if self.isVisible() and not self._fading.isActive():
            self._fading.start()

    def _fade(self) -> None:
        places = self._model.tinted()
        if not places:
            self._fading.stop()
        visible = set(self.visible_rows())
        for at in places:
            if at in visible:
                self.viewport().update(self.visualRect(self._model.index(at)))

    # -- choosing and opening ----------------------------------------------------------------------------------------
    def currentChanged(self, current: AnyIndex, previous: AnyIndex) -> None:
        """Another row was chosen."""
        super().currentChanged(current, previous)
        item = current.data(ITEM_ROLE) if current.isValid() else None
        if not self._quiet:
            self.chosen.emit(item.id if item is not None and not isinstance(item, Head) else "")

    def choose(self, row_id: str) -> bool:
        """Select an incident without scrolling or telling; False when it is not loaded. An empty id selects none."""
        at = self._model.place_of(row_id) if row_id else None
        if self.currentIndex().row() != (-1 if at is None else at):
            self._choose_quietly(QModelIndex() if at is None else self._model.index(at))
        return at is not None or not row_id

    def _choose_quietly(self, index: QModelIndex) -> None:
        scrolls, self._quiet = self.hasAutoScroll(), True
        self.setAutoScroll(False)
        self.selectionModel().setCurrentIndex(index, _ONLY)
        self.setAutoScroll(scrolls)
        self._quiet = False

    def rowsAboutToBeRemoved(self, parent: AnyIndex, start: int, end: int) -> None:
        """A selected row that leaves the list leaves nothing selected in its place; other screens keep showing it."""
        if start <= self.currentIndex().row() <= end:
            self._choose_quietly(QModelIndex())
        super().rowsAboutToBeRemoved(parent, start, end)

    def chosen_id(self) -> str:
        """Id of the selected incident, empty for none."""
        item = self.currentIndex().data(ITEM_ROLE)
        return item.id if item is not None and not isinstance(item, Head) else ""

    def chosen_ids(self) -> list[str]:
        """Ids of all selected incidents, in the board's order."""
        places = sorted(index.row() for index in self.selectionModel().selectedRows())
        items = [self._model.item(at) for at in places]
        return [item.id for item in items if not isinstance(item, Head)]

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Right button or menu key: for the row below it, or the selected ones."""
        self.touch()
        at = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            rect = self.visualRect(self.currentIndex()).intersected(self.viewport().rect())
            at = self.viewport().mapToGlobal(rect.center() if not rect.isEmpty() else QPoint(0, 0))
        elif not self.indexAt(self.viewport().mapFromGlobal(at)).isValid():
            return
        if self.chosen_id():
            self.menu_wanted.emit(at)
        event.accept()

    def step(self, by: int) -> None:
        """Select the next incident above (-1) or below (1); the first one when none is selected."""
        at = self.currentIndex().row() + (by if self.currentIndex().isValid() else 1)
        while 0 <= at < self._model.rowCount():
            if not isinstance(self._model.item(at), Head):
                self.touch()
                self.selectionModel().setCurrentIndex(self._model.index(at), _ONLY)
                return
            at += by

    def step_to_first(self) -> None:
        """Select the first incident."""
        self._choose_quietly(QModelIndex())
        self.step(1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens; the rest is the table's."""
        self.touch()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.chosen_id():
                self.opened.emit(self.chosen_id())
            return
        super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click opens."""
        super().mouseDoubleClickEvent(event)
        if self.indexAt(event.position().toPoint()).isValid() and self.chosen_id():
            self.opened.emit(self.chosen_id())

    def viewportEvent(self, event: QEvent) -> bool:
        """Whatever a hand does here counts as being at the list."""
        if event.type() in (
            QEvent.Type.MouseMove,
            QEvent.Type.MouseButtonPress,
            QEvent.Type.Wheel,
            QEvent.Type.ContextMenu,
        ):
            self.touch()
        return super().viewportEvent(event)
