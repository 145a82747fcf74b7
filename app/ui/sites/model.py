"""The two tables of the screen: workstations, and acts that were not accepted. Thin over rows that are worked out already."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt

from app.ui.shell.rows import AnyIndex, RowsModel
from app.ui.shell.sheet import tip


class CellsModel(RowsModel):
    """Rows whose cells are longer than their columns: the tooltip of each says it whole."""

    def data(self, index: AnyIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Words, colour and mark of a cell."""
        if role == Qt.ItemDataRole.ToolTipRole and index.isValid():
            return tip(self.rows[index.row()].cells[index.column()])
        return super().data(index, role)
