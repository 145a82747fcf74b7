"""The card of one rule number: what is known of it, and the field in which it is changed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.forms.field import Field, line
from app.ui.settings import words
from app.ui.settings.port import FIXED, NumberRow
from app.ui.settings.words import Fact
from app.ui.shell.sheet import plain, set_tone
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

_MOST, _NAME_PX, _FIELD_PX = 10, 84, 200


class NumberCard(QWidget):
    """`typed(text)` while somebody types; `save_wanted`, `default_wanted`, `history_wanted`, `dispute_wanted`."""

    typed = Signal(str)
    save_wanted = Signal()
    default_wanted = Signal()
    history_wanted = Signal()
    dispute_wanted = Signal()

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self.setProperty("plane", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self._theme, self._texts = theme, texts
        self.row: NumberRow | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self.title = plain(size="summary")
        self.title.setObjectName("settingTitle")
        self.title.setWordWrap(True)
        column.addWidget(self.title)
        column.addLayout(self._grid())
        self.standing = _wrapped("settingStanding")
        column.addWidget(self.standing)
        column.addLayout(self._edit_row())
        self.news = _wrapped("settingNews")
        set_tone(self.news, "warn")
        column.addWidget(self.news)
        column.addLayout(self._buttons())
        column.addStretch(1)

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self._lines: list[tuple[QLabel, QLabel]] = []
        for at in range(_MOST):
            name, value = plain(tone="muted", size="small"), plain()
            name.setMinimumWidth(_NAME_PX)
            name.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            value.setWordWrap(True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(name, at, 0)
            grid.addWidget(value, at, 1)
            self._lines.append((name, value))
        return grid

    def _edit_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.editor = line()
        self.editor.setMaxLength(12)
        self.field = Field("setting", self._texts.get("ui.settings.change_to"), self.editor)
        self.editor.setFixedWidth(_FIELD_PX)
        self.editor.textEdited.connect(self.typed)
        self.editor.returnPressed.connect(self.save_wanted)
        row.addWidget(self.field, 1)
        return row

    def _buttons(self) -> QHBoxLayout:
        get, row = self._texts.get, QHBoxLayout()
        row.setSpacing(8)
        self.save = HintButton(self._theme, get("ui.settings.save"), hint="Ctrl+Enter", kind="primary")
        self.default = HintButton(self._theme, get("ui.settings.default"), icon="undo", hint="Ctrl+D")
        self.history = HintButton(self._theme, get("ui.history.action"), icon="clock")
        self.dispute = HintButton(
            self._theme, get("ui.settings.dispute"), icon="bolt", hint="F7", kind="primary"
        )
        for name, button, told in (
            ("Save", self.save, self.save_wanted),
            ("Dispute", self.dispute, self.dispute_wanted),
            ("Default", self.default, self.default_wanted),
            ("History", self.history, self.history_wanted),
        ):
            button.setObjectName(f"setting{name}")
            button.clicked.connect(lambda _on=False, told=told: told.emit())
            row.addWidget(button)
        row.addStretch(1)
        return row

    def show_row(self, row: NumberRow, facts: Sequence[Fact], typed: str, *, overtaken: bool) -> None:
        """Show a number; `typed`: what stands unsaved in its field. A field of the same number keeps its cursor."""
        texts, other = self._texts, self.row is None or self.row.key != row.key
        self.row = row
        self.title.setText(words.name_of(texts, row.key))
        for at, (name, value) in enumerate(self._lines):
            used = at < len(facts)
            name.setVisible(used)
            value.setVisible(used)
            if used:
                name.setText(facts[at].name)
                value.setText(facts[at].value)
                set_tone(value, facts[at].tone if facts[at].tone != "text" else "")
        self.standing.setText(words.standing(texts, row))
        set_tone(self.standing, "muted" if row.standing == "used" else "warn")
        unit = texts.get(f"enum.unit.{row.unit}")
        self.editor.setPlaceholderText(str(row.value))
        self.field.label.setText(
            texts.get("ui.settings.change_to_unit", unit=unit, low=row.low, high=row.high)
        )
        if other:
            self.field.say("")
        if self.editor.text() != typed:
            self.editor.setText(typed)
        free = row.standing != FIXED and not row.disputed
        self.field.setVisible(free)
        self.save.setVisible(free)
        self.default.setVisible(free)
        self.default.setEnabled(row.value != row.default)
        self.dispute.setVisible(bool(row.disputed))
        self.history.setVisible(row.changed_at is not None)
        now = words.amount(texts, row, row.value)
        self.news.setText(texts.get("ui.settings.overtaken", value=now) if overtaken else "")
        self.news.setVisible(overtaken)

    def facts(self) -> dict[str, str]:
        """What is shown, by name."""
        return {name.text(): value.text() for name, value in self._lines if not value.isHidden()}


def _wrapped(name: str) -> QLabel:
    label = plain(tone="muted", size="small")
    label.setObjectName(name)
    label.setWordWrap(True)
    return label
