"""The situation now, on one page: who is on watch, how the line stands, what burns first. Seeing it needs no account (JD-01)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from app.ui.shell.rows import Row, RowsModel, RowsTable
from app.ui.shell.sheet import Sheet, plain, press_focused, set_tone
from app.ui.situation.words import COLUMNS, Said
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.kernel.texts import Texts

WIDTH = 1240
_WIDTHS = (72, 140, 330, 64, 150, 72, 120)
_MARGIN = 24
_STRETCHES, _CLOCK = COLUMNS.index("what"), COLUMNS.index("clock")


class SituationSheet(Sheet):
    """`copy_wanted`, `print_wanted`; `open_wanted(id)` for an incident."""

    copy_wanted = Signal()
    print_wanted = Signal()
    open_wanted = Signal(str)

    def __init__(self, texts: Texts, theme: Theme, parent: QWidget) -> None:
        super().__init__(
            "situationSheet", texts.get("ui.situation.title"), texts.get("ui.situation.hint"), parent
        )
        self._texts, self._theme = texts, theme
        self.said: Said | None = None
        self.at = plain(texts.get("ui.situation.reading"), tone="muted", size="small")
        self.at.setObjectName("situation.at")
        self.body.addWidget(self.at)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self.body.addLayout(self._grid)
        self._pairs: list[tuple[QLabel, QLabel]] = []
        self.model = RowsModel(theme, [texts.get(f"ui.situation.column.{name}") for name in COLUMNS], self)
        self.table = RowsTable("situationTable", texts.get("ui.situation.title"), self.model, _WIDTHS)
        self.table.doubleClicked.connect(lambda _index: self._open_chosen())
        self.empty = plain(texts.get("ui.situation.empty"), tone="muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.rest = plain(tone="muted", size="small")
        for part, stretch in ((self.table, 1), (self.empty, 1), (self.rest, 0)):
            self.body.addWidget(part, stretch)
        self.body.addLayout(self._buttons())
        self.table.hide()

    def _buttons(self) -> QHBoxLayout:
        row, get = QHBoxLayout(), self._texts.get
        row.setSpacing(8)
        row.addStretch(1)
        for name, hint, signal in (
            ("open_one", "Enter", None),
            ("copy", "Ctrl+C", self.copy_wanted),
            ("print", "Ctrl+P", self.print_wanted),
        ):
            button = HintButton(self._theme, get(f"ui.situation.{name}"), hint=hint, kind="quiet")
            button.setObjectName(f"situation.{name}")
            button.clicked.connect(signal if signal is not None else self._open_chosen)
            row.addWidget(button)
        return row

    def first_field(self) -> QWidget:
        """The list: arrows walk it."""
        return self.table

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as the body of the window."""
        width = min(WIDTH, max(480, whole.width() - _MARGIN))
        self.setFixedSize(width, max(1, whole.height() - _MARGIN))
        self._spread()

    def _spread(self) -> None:
        """Columns as wide as what stands in them, never narrower than before, so that a running clock moves nothing; the place
        has the rest.
        """
        table, others = self.table, 0
        for at in set(range(len(COLUMNS))) - {_STRETCHES}:
            table.setColumnWidth(at, max(table.columnWidth(at), table.sizeHintForColumn(at) + 8))
            others += table.columnWidth(at)
        table.setColumnWidth(_STRETCHES, max(_WIDTHS[_STRETCHES] // 2, self.width() - 3 * _MARGIN - others))

    # -- what is shown -------------------------------------------------------------------------------------------------------
    def show_said(self, said: Said) -> None:
        """The page as of now; what was chosen stays chosen."""
        if said == self.said:
            return
        self.said = said
        self.at.setText("  ".join(filter(None, (said.at, said.mark))))
        set_tone(self.at, "muted")
        self._show_lines(said)
        chosen = self.table.chosen
        rows = [
            Row(
                row.id, row.cells, tip="\n".join(filter(None, row.cells)),
                tones=((_CLOCK, row.tone),) if row.tone else (), marked=_CLOCK,
            )
            for row in said.rows
        ]  # fmt: skip
        if self.model.show(rows) and rows and self.model.place_of(chosen or rows[0].id) >= 0:
            self.table.choose(chosen or rows[0].id)
        self._spread()
        self.table.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        self.rest.setText(said.rest)
        self.rest.setVisible(bool(said.rest))

    def _show_lines(self, said: Said) -> None:
        while len(self._pairs) < len(said.lines):
            pair = (plain(tone="muted"), plain())
            at = len(self._pairs)
            pair[1].setWordWrap(True)
            for column, label in enumerate(pair):
                self._grid.addWidget(label, at, column, Qt.AlignmentFlag.AlignTop)
            self._pairs.append(pair)
        for (name, text), line in zip(self._pairs, said.lines, strict=True):
            name.setText(line.name)
            text.setText(line.text)
            set_tone(text, line.tone)

    def show_failed(self, why: str) -> None:
        """It could not be read: said on the page, with what was known before still standing."""
        self.at.setText(self._texts.get("ui.situation.failed", why=why))
        set_tone(self.at, "bad")

    def lines_shown(self) -> list[str]:
        """The lines above the incidents, as read."""
        return [f"{name.text()}  {text.text()}" for name, text in self._pairs]

    def _open_chosen(self) -> None:
        if self.table.chosen:
            self.open_wanted.emit(self.table.chosen)

    def _own(self, event: QKeyEvent) -> SignalInstance | None:
        """What a key means here and not to the board below."""
        if event.modifiers() != Qt.KeyboardModifier.ControlModifier:
            return None
        return {Qt.Key.Key_C: self.copy_wanted, Qt.Key.Key_P: self.print_wanted}.get(Qt.Key(event.key()))

    def event(self, event: QEvent) -> bool:
        """These keys are the sheet's as long as it is open, whatever the window's table says of them."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the chosen incident; Ctrl+C and Ctrl+P as the buttons."""
        own = self._own(event)
        if own is not None:
            own.emit()
        elif press_focused(self, event):
            return
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open_chosen()
        else:
            super().keyPressEvent(event)
        event.accept()
