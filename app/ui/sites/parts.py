"""Small pieces of the screen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHeaderView, QLabel, QTableView

from app.ui.shell.sheet import plain
from app.ui.sites.model import LineModel

ROW = 28


def table_of(model: LineModel, name: str, said: str, widths: tuple[int, ...]) -> QTableView:
    """A quiet table: a line at a time is chosen, Tab leaves it."""
    table = QTableView()
    table.setObjectName(name)
    table.setAccessibleName(said)
    table.setModel(model)
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
    down.setDefaultSectionSize(ROW)
    across.setHighlightSections(False)
    across.setStretchLastSection(True)
    for at, width in enumerate(widths):
        table.setColumnWidth(at, width)
    return table


def wrapped(text: str = "", tone: str = "") -> QLabel:
    """Plain text over several lines."""
    label = plain(text, tone=tone)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
