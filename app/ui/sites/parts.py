"""Small pieces of the screen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QTableView

from app.ui.shell.rows import quiet
from app.ui.shell.sheet import plain
from app.ui.sites.model import CellsModel

ROW = 28


def table_of(model: CellsModel, name: str, said: str, widths: tuple[int, ...]) -> QTableView:
    """A quiet table: a line at a time is chosen, Tab leaves it."""
    table = QTableView()
    table.setObjectName(name)
    table.setAccessibleName(said)
    table.setModel(model)
    quiet(table, ROW, widths)
    return table


def wrapped(text: str = "", tone: str = "") -> QLabel:
    """Plain text over several lines."""
    label = plain(text, tone=tone)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
