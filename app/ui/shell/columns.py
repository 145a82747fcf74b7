"""The window's columns: board, map, desk, links; four arrangements of the same four panels, remembered widths.

duty:  board | map | links        desk:  board over map | desk        narrow: board | map, links on demand; desk alone
Nothing is taken out of its parent when the arrangement changes: a splitter turns, panels hide.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

SMALL_BELOW = 1500
BOARD, BOARD_SMALL, LINKS = 440, 392, 400
LEAST, MOST = 320, 720
DESK_LEFT, DESK_BOARD_HEIGHT = 352, 444
HANDLE = 4


class Columns(QSplitter):
    """Outer splitter [inner [board, map], desk, links]. `moved` when a boundary moved: (x of the map, width of links)."""

    moved = Signal(int, int)

    def __init__(self, board: QWidget, map_plate: QWidget) -> None:
        """The map's place is kept until `put_map`; desk and links are empty places until `put`."""
        super().__init__(Qt.Orientation.Horizontal)
        self.setObjectName("columns")
        self.setChildrenCollapsible(False)
        self.setHandleWidth(HANDLE)
        self.inner = QSplitter(Qt.Orientation.Horizontal)
        self.inner.setObjectName("boardAndMap")
        self.inner.setChildrenCollapsible(False)
        self.inner.setHandleWidth(HANDLE)
        self.desk, self.links = QWidget(), QWidget()
        self.links.setMinimumWidth(LEAST)
        for widget in (board, map_plate):
            self.inner.addWidget(widget)
        for widget in (self.inner, self.desk, self.links):
            self.addWidget(widget)
        self.inner.setStretchFactor(1, 1)
        self.setStretchFactor(0, 1)
        self.small, self.desk_open, self.links_wanted = False, False, True
        self._widths = {"board": BOARD, "links": LINKS}
        self.splitterMoved.connect(self._dragged)
        self.inner.splitterMoved.connect(self._dragged)

    def put_map(self, map_host: QWidget) -> None:
        """Put the real map into its place."""
        before = self.inner.replaceWidget(1, map_host)
        if before is not None:
            before.deleteLater()
        map_host.show()
        self.fit()

    def put(self, desk: QWidget, links: QWidget) -> None:
        """Put the real desk and links into their places."""
        for index, widget in ((1, desk), (2, links)):
            before = self.replaceWidget(index, widget)
            if before is not None:
                before.deleteLater()
        self.desk, self.links = desk, links
        self.arrange(small=self.small, desk_open=self.desk_open, links_wanted=self.links_wanted)

    def arrange(self, *, small: bool, desk_open: bool, links_wanted: bool) -> None:
        """Show the panels of an arrangement with their widths."""
        self.small, self.desk_open, self.links_wanted = small, desk_open, links_wanted
        self.desk.setVisible(desk_open)
        self.inner.setVisible(not (small and desk_open))
        self.links.setVisible(links_wanted and not desk_open)
        stacked = desk_open and not small
        self.inner.setOrientation(Qt.Orientation.Vertical if stacked else Qt.Orientation.Horizontal)
        self.fit()

    def fit(self) -> None:
        """Give every panel its width; what is left is the map's, or the desk's."""
        width, height = self.width(), self.height()
        if self.desk_open:
            left = 0 if self.small else DESK_LEFT
            self.setSizes([left, max(1, width - left - HANDLE), 0])
            self.inner.setSizes([DESK_BOARD_HEIGHT, max(1, height - DESK_BOARD_HEIGHT - HANDLE)])
        else:
            links = self._widths["links"] if self.links.isVisibleTo(self) else 0
            left = width - (links + HANDLE if links else 0)
            board = BOARD_SMALL if self.small else self._widths["board"]
            self.setSizes([left, 0, links])
            self.inner.setSizes([board, max(1, left - board - HANDLE)])
        self.tell()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Board and links keep their widths; the map gets what is left."""
        super().resizeEvent(event)
        self.fit()

    def tell(self) -> None:
        """Say where the columns stand."""
        if not self.desk_open:
            board = self.inner.sizes()[0] if self.width() > 1 else self._widths["board"]
            self.moved.emit(board + HANDLE, self._widths["links"])

    def _dragged(self) -> None:
        if not self.desk_open and not self.small:
            self._widths["board"] = self.inner.sizes()[0]
            if self.links.isVisibleTo(self):
                self._widths["links"] = self.sizes()[2]
        self.tell()

    def kept(self) -> dict[str, int]:
        """Widths to be remembered."""
        return dict(self._widths)

    def recall(self, kept: Any) -> None:
        """Take up remembered widths, when they are sane."""
        if not isinstance(kept, dict):
            return
        for name in self._widths:
            value = kept.get(name)
            if isinstance(value, int) and LEAST <= value <= MOST:
                self._widths[name] = value
