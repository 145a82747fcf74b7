"""A short table of plain texts: rows that are there already, a tone for what is unusual; and how such a table looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QFrame, QHeaderView, QTableView

from app.ui.shell.sheet import tip
from app.ui.theme.theme import Theme

ROW_PX = 32
AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its id, its cells, tone and icon of the cell `marked`, words of the tooltip, tones of other cells."""

    id: str
    cells: tuple[str, ...]
    tone: str = ""
    icon: str = ""
    tip: str = ""
    marked: int = -1  # the last one
    tones: tuple[tuple[int, str], ...] = ()


class RowsModel(QAbstractTableModel):
    """`heads`: names of the columns."""

    def __init__(self, theme: Theme, heads: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme, self._heads = theme, heads
        self.rows: Sequence[Row] = ()
        theme.changed.connect(self._repaint)

    def show(self, rows: Sequence[Row]) -> bool:
        """Take other rows; False when they are the same. The same ids in the same order are repainted: a selection stays."""
        if tuple(rows) == tuple(self.rows):
            return False
        if [row.id for row in rows] == [row.id for row in self.rows]:
            self.rows = rows
            self._repaint()
            return True
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()
        return True

    def place_of(self, row_id: str) -> int:
        """Where a row stands, -1 for nowhere."""
        return next((at for at, row in enumerate(self.rows) if row.id == row_id), -1)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        """Columns."""
        return 0 if parent.isValid() else len(self._heads)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """Names of the columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self._heads[section])
        return self._heads[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: AnyIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Words, colour and mark of a cell."""
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.cells[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            said = row.cells[column]  # a narrow column cuts it off
            return tip(f"{said}\n{row.tip}".strip() if said not in row.tip else row.tip) or None
        marked = column == row.marked % len(self._heads)
        tone = dict(row.tones).get(column, row.tone if marked else "")
        if role == Qt.ItemDataRole.ForegroundRole and tone:
            return self._theme.colour(tone)
        if role == Qt.ItemDataRole.DecorationRole and marked and row.icon:
            return self._theme.pixmap(row.icon, row.tone or "muted", 14)
        return None

    def _repaint(self) -> None:
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(self._heads) - 1))


def quiet(table: QTableView, row_px: int, widths: Sequence[int] = ()) -> None:
    """How a short table looks and behaves: one row is chosen at a time, Tab leaves it."""
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setCornerButtonEnabled(False)
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
    down, across = table.verticalHeader(), table.horizontalHeader()
    down.hide()
    down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    down.setDefaultSectionSize(row_px)
    across.setHighlightSections(False)
    across.setStretchLastSection(True)
    for at, width in enumerate(widths):
        table.setColumnWidth(at, width)


class RowsTable(QTableView):
    """One row is chosen at a time; Tab leaves it."""

    def __init__(self, name: str, called: str, model: RowsModel, widths: Sequence[int]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(called)
        self._rows = model
        self.setModel(model)
        quiet(self, ROW_PX, widths)

    @property
    def chosen(self) -> str:
        """Id of the chosen row, "" for none."""
        index = self.currentIndex()
        return self._rows.rows[index.row()].id if index.isValid() else ""

    def choose(self, row_id: str) -> None:
        """Choose a row by its id, the last one when it is not there."""
        if self._rows.rows:
            at = self._rows.place_of(row_id)
            self.selectRow(at if at >= 0 else len(self._rows.rows) - 1)
