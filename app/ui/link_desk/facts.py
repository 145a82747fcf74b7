"""Names at the left, values at the right; every value can be copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.ui.link_desk.words import Fact
from app.ui.shell.sheet import plain, set_tone

NAME_PX = 108


class FactsTable(QWidget):
    """Lines are made once and changed only when their words are others."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("linkDeskFacts")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._lines: list[tuple[QLabel, QLabel]] = []

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show these."""
        while len(self._lines) < len(facts):
            self._add_line()
        for at, line in enumerate(self._lines):
            for label in line:
                label.setVisible(at < len(facts))
        for (name, value), fact in zip(self._lines, facts, strict=False):
            if name.text() != fact.name:
                name.setText(fact.name)
            if value.text() != fact.value:
                value.setText(fact.value)
            set_tone(value, fact.tone or "text")

    def said(self) -> dict[str, str]:
        """What stands there, by name."""
        shown = (line for line in self._lines if not line[0].isHidden())
        return {name.text(): value.text() for name, value in shown}

    def _add_line(self) -> None:
        row = len(self._lines)
        name, value = plain(tone="muted", size="small"), plain(size="small")
        name.setMinimumWidth(NAME_PX)
        name.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        value.setWordWrap(True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(value, row, 1)
        self._lines.append((name, value))
