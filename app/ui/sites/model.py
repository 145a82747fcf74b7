"""The two tables of the screen: workstations, and acts that were not accepted. Thin over lines that are worked out already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.ui.shell.sheet import tip
from app.ui.theme.theme import Theme

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class Line:
    """Words of a line; `marked`: the column that carries tone and icon; `id` names it over a new reading."""

    id: str
    cells: tuple[str, ...]
    tone: str = ""
    icon: str = ""
    marked: int = -1
    tones: tuple[tuple[int, str], ...] = ()


class LineModel(QAbstractTableModel):
    """Lines under names of columns."""

    def __init__(self, columns: Sequence[str], theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns, self._theme = tuple(columns), theme
        self.lines: Sequence[Line] = ()
        theme.changed.connect(self._repaint)

    def show(self, lines: Sequence[Line]) -> bool:
        """Take other lines; False when they are the same and nothing moves."""
        if tuple(lines) == tuple(self.lines):
            return False
        self.beginResetModel()
        self.lines = tuple(lines)
        self.endResetModel()
        return True

    def place_of(self, line_id: str) -> int:
        """Where a line stands, -1 for nowhere."""
        return next((at for at, line in enumerate(self.lines) if line.id == line_id), -1)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Lines."""
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        """Columns."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """Names of the columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return self._columns[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: AnyIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Words, colour and mark of a cell."""
        if not index.isValid():
            return None
        line, column = self.lines[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return line.cells[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(line.cells[column])
        tone = dict(line.tones).get(column, line.tone if column == line.marked else "")
        if role == Qt.ItemDataRole.ForegroundRole and tone:
            return self._theme.colour(tone)
        if role == Qt.ItemDataRole.DecorationRole and column == line.marked and line.icon:
            return self._theme.pixmap(line.icon, line.tone, 14)
        return None

    def _repaint(self) -> None:
        if self.lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.lines) - 1, len(self._columns) - 1))
