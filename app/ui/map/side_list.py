"""The list beside the map: what has no coordinates, and everything for whoever cannot use the map (MP-02)."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QListView, QPushButton, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.map.entry import Entry
from app.ui.shell.sheet import tip
from app.ui.theme.theme import Theme

WIDTH = 300
_ROW_PX = 32
_ICONS = {
    "incident": "alert",
    "station": "station",
    "vehicle": "vehicle",
    "shelter": "shelter",
    "point": "point",
}
Index = QModelIndex | QPersistentModelIndex


class EntryModel(QAbstractListModel):
    """Lines of the list."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.entries: list[Entry] = []

    def show_entries(self, entries: list[Entry]) -> None:
        """Replace all lines, unless they are the same."""
        if entries != self.entries:
            self.beginResetModel()
            self.entries = entries
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Number of lines."""
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name and detail of a line, with the icon of its kind."""
        entry = self.entries[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{entry.name}  {entry.detail}" if entry.detail else entry.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(f"{entry.name}\n{entry.detail}" if entry.detail else entry.name)
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(0, _ROW_PX)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._theme.pixmap(_ICONS[entry.kind], "text" if entry.placed else "muted")
        return None


class SideList(QFrame):
    """Two lists, one at a time: without coordinates, or all."""

    chosen = Signal(str, str)
    closed = Signal()

    def __init__(self, texts: Texts, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("mapList")
        self.setProperty("plane", "card")
        self._texts, self._theme = texts, theme
        self._unplaced: list[Entry] = []
        self._all: list[Entry] = []
        self._more = 0
        self.setFixedWidth(WIDTH)
        self._tabs = [self._tab("ui.map.list.unplaced", 0), self._tab("ui.map.list.all", 1)]
        self._close = QPushButton(self)
        self._close.setProperty("kind", "quiet")
        self._close.setFixedSize(28, 28)
        self._close.setAccessibleName(texts.get("ui.map.list.close"))
        self._close.setToolTip(texts.get("ui.map.list.close"))
        self._close.clicked.connect(self.closed)
        self.model = EntryModel(theme, self)
        self.view = QListView(self)
        self.view.setObjectName("mapListView")
        self.view.setModel(self.model)
        self.view.setUniformItemSizes(True)
        self.view.setSpacing(0)
        self.view.setMinimumHeight(3 * _ROW_PX)
        self.view.activated.connect(self._activate)
        self.view.clicked.connect(self._activate)
        self._note = QLabel(self)
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setWordWrap(True)
        self._note.setProperty("tone", "muted")
        head = QHBoxLayout()
        head.setSpacing(4)
        for tab in self._tabs:
            head.addWidget(tab)
        head.addStretch(1)
        head.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.view, 1)
        column.addWidget(self._note)
        theme.changed.connect(self._redress)
        self._redress()
        self.choose_tab(0)

    def show_entries(self, unplaced: list[Entry], everything: list[Entry], more: int) -> None:
        """Take over both lists; `more` records of the second did not fit."""
        self._unplaced, self._all, self._more = unplaced, everything, more
        self._fill()

    def choose_tab(self, number: int) -> None:
        """0 without coordinates, 1 all."""
        for i, tab in enumerate(self._tabs):
            tab.setChecked(i == number)
        self._fill()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes the list."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _tab(self, key: str, number: int) -> QPushButton:
        tab = QPushButton(self._texts.get(key), self)
        tab.setProperty("kind", "chip")
        tab.setCheckable(True)
        tab.clicked.connect(lambda: self.choose_tab(number))
        return tab

    def _fill(self) -> None:
        second = self._tabs[1].isChecked()
        entries = self._all if second else self._unplaced
        self.model.show_entries(entries)
        self.view.setAccessibleName(self._tabs[int(second)].text())
        if not entries:
            self._note.setText(self._texts.get(f"ui.map.list.empty_{'all' if second else 'unplaced'}"))
        elif second and self._more:
            self._note.setText(self._texts.get("ui.map.list.more", n=self._more))
        else:
            self._note.clear()
        self._note.setVisible(bool(self._note.text()))

    def _activate(self, index: QModelIndex) -> None:
        entry = self.model.entries[index.row()]
        self.chosen.emit(entry.kind, entry.id)

    def _redress(self) -> None:
        self._close.setIcon(self._theme.icon("cross", "muted"))
        self.view.viewport().update()
