"""The table of backups; thin over rows that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.kernel.texts import Texts
from app.ui.backup import words
from app.ui.backup.port import CopyRow
from app.ui.shell.sheet import tip
from app.ui.theme.theme import Theme

COLUMNS = ("time", "age", "size", "entries", "standing", "why", "where")
STANDING = COLUMNS.index("standing")
_RIGHT = ("size", "entries")
AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class CopyModel(QAbstractTableModel):
    """Newest first."""

    def __init__(self, texts: Texts, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts, self._theme = texts, theme
        self._rows: Sequence[CopyRow] = ()
        self._cells: list[list[str]] = []
        theme.changed.connect(self._repaint)

    def show(self, rows: Sequence[CopyRow], now_ms: int) -> None:
        """Take other rows; nothing moves when they are the same."""
        cells = [words.cells(self._texts, row, now_ms) for row in rows]
        if rows == self._rows:
            if cells != self._cells:
                self._cells = cells
                self._repaint()
            return
        self.beginResetModel()
        self._rows, self._cells = rows, cells
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Backups."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        """Columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """Names of the columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts.get(f"ui.backup.column.{COLUMNS[section]}")
        return None

    def data(self, index: AnyIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Words, colour and mark of a cell."""
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._cells[index.row()][column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(str(row.path))
        if column == STANDING:
            if role == Qt.ItemDataRole.ForegroundRole:
                return self._theme.colour(words.TONES[row.standing])
            if role == Qt.ItemDataRole.DecorationRole:
                return self._theme.pixmap(words.ICONS[row.standing], words.TONES[row.standing], 14)
        return None

    def _repaint(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(COLUMNS) - 1))


def _alignment(column: int) -> int:
    side = Qt.AlignmentFlag.AlignRight if COLUMNS[column] in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
