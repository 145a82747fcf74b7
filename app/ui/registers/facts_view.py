"""A record shown: its name, what it is, and its facts under each other; everything can be copied."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.map.card import plain_tip
from app.ui.registers.facts import Record
from app.ui.shell.sheet import plain, set_tone

_NAME_PX = 72
_MOST = 12  # facts of one record
_LONG, _TIP = (
    120,
    600,
)  # characters of a fact that are shown, and told in its tooltip: a name may be pages long


class FactsView(QWidget):
    """Title, kind, facts."""

    def __init__(self, texts: Texts, *, titled: bool = True) -> None:
        super().__init__()
        self._texts = texts
        self.title, self.what = plain(size="head"), plain(tone="muted", size="small")
        for label in (self.title, self.what):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setVisible(titled)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self._lines: list[tuple[QLabel, QLabel]] = []
        for row in range(_MOST):
            name, value = plain(tone="muted", size="small"), plain()
            name.setMinimumWidth(_NAME_PX)
            name.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            value.setWordWrap(True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(name, row, 0)
            grid.addWidget(value, row, 1)
            self._lines.append((name, value))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.title)
        column.addWidget(self.what)
        column.addLayout(grid)
        self.show_record(None)

    def show_record(self, record: Record | None) -> None:
        """Show a record, or nothing."""
        self.title.setText(_cut(record.title) if record is not None else "")
        self.what.setText(record.what if record is not None else "")
        facts = record.facts if record is not None else ()
        for at, (name, value) in enumerate(self._lines):
            used = at < len(facts)
            name.setVisible(used)
            value.setVisible(used)
            if used:
                name.setText(self._texts.get(f"ui.registers.fact.{facts[at].name}"))
                whole = " ".join(facts[at].value[: _TIP * 2].split())[:_TIP]
                value.setText(_cut(facts[at].value))
                value.setToolTip(plain_tip(whole) if len(whole) > _LONG else "")
                set_tone(value, facts[at].tone)

    def words(self) -> dict[str, str]:
        """What is shown, by name."""
        return {name.text(): value.text() for name, value in self._lines if not value.isHidden()}


def _cut(text: str) -> str:
    line = " ".join(text[: _LONG * 2].split())
    return line if len(line) <= _LONG else line[: _LONG - 1] + "…"
