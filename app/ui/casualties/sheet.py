"""Stating casualty figures: F6 opens it for the selected incident, only what has changed is typed, Enter saves (IS-14).

What is typed is kept on this workstation until it is saved, over Esc and over a restart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QWidget

from app.kernel.enums import Figure, VerifyState
from app.kernel.errors import Refusal
from app.ui.desk import words
from app.ui.desk.figures import disputed_words, name_of, number_words
from app.ui.forms import kinds
from app.ui.forms.choice import Choice, ChoiceField
from app.ui.forms.field import Field, line
from app.ui.forms.moment import FUTURE, MomentLine, future_sentence
from app.ui.forms.numbers import FAR, number_lines, typed
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.sheet import Sheet, plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.casualties import FigureRow
    from app.queries.incidents import IncidentRow
    from app.ui.console import Console
    from app.usecases.casualties import SetCasualties

WIDTH = 760
DRAFT = "draft.casualties"
BATCH_MS = 300
_ROWS = (tuple(Figure)[:4], tuple(Figure)[4:])
_LATE = "refusal.time.needs_confirm"


class CasualtySheet(Sheet):
    """`saved` tells (incident number, the figures in words)."""

    grows = True
    saved = Signal(str, str)

    def __init__(self, console: Console, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "casualtySheet", texts.get("ui.casualties.card"), texts.get("ui.casualties.hint"), parent
        )
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self._row: IncidentRow | None = None
        self._busy = False
        self._confirmed: set[str] = set()  # what the next Enter confirms: figures by name, and _LATE
        self.setFixedWidth(WIDTH)
        self.fields: dict[str, Field] = {}
        self.numbers = number_lines()
        self._build()
        self._batch = QTimer(self, singleShot=True, interval=BATCH_MS)
        self._batch.timeout.connect(self.keep_draft)

    def _build(self) -> None:
        texts = self._texts
        self.note = plain(tone="warn", size="small")
        self.note.setObjectName("casualtyNote")
        self.note.setWordWrap(True)
        self.body.addWidget(self.note)
        self.wrong = plain(tone="bad", size="small")  # what is wrong with a figure: its column is too narrow
        self.wrong.setObjectName("casualtyWrong")
        self.wrong.setWordWrap(True)
        self.wrong.hide()
        self.body.addWidget(self.wrong)
        grid = QGridLayout()  # one for both rows, so that their columns stand under each other
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(self.body.spacing())
        for row, figures in enumerate(_ROWS):
            for column, figure in enumerate(figures):
                place = (row, column, 2 if figure == Figure.DIRECT_LOSS_YUAN else 1)
                self._add(grid, place, figure.value, words.field_name(texts, figure), self.numbers[figure])
                grid.setColumnStretch(column, 1)
        self.body.addLayout(grid)
        states = [self._state(state) for state in VerifyState]
        self.state = ChoiceField(self._theme, states, empty_ok=False)
        self.source = line(texts.get("ui.casualties.source_hint"))
        self.stated = MomentLine(self._console.clock)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        for column, (name, editor, stretch) in enumerate(
            (("verify_state", self.state, 2), ("source", self.source, 5), ("stated_at", self.stated, 3))
        ):
            label = texts.get("ui.casualties.state" if name == "verify_state" else f"ui.casualties.{name}")
            self._add(grid, (0, column, 1), name, label, editor)
            grid.setColumnStretch(column, stretch)
        self.state.unknown_left.connect(self._say_unknown)
        self.body.addLayout(grid)
        foot = QHBoxLayout()
        cancel = HintButton(self._theme, texts.get("ui.forms.cancel"), hint="Esc")
        cancel.clicked.connect(self.dismiss)
        self.button = HintButton(self._theme, texts.get("ui.casualties.button"), hint="Enter", kind="primary")
        self.button.setObjectName("casualtyButton")
        self.button.clicked.connect(self.submit)
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(self.button)
        self.body.addLayout(foot)

    def _state(self, state: VerifyState) -> Choice:
        return kinds.named(self._texts, state.value, f"enum.verify_state.{state.value}", state.value)

    def _add(
        self, grid: QGridLayout, place: tuple[int, int, int], name: str, label: str, editor: QLineEdit
    ) -> None:
        """`place`: row, column, columns it takes."""
        row, column, wide = place
        field = Field(name, label, editor)
        self.fields[name] = field
        grid.addWidget(field, row, column, 1, wide)
        editor.textEdited.connect(lambda _text, field=field: self._edited(field))

    def _edited(self, field: Field) -> None:
        field.say("")
        if field.name in self.numbers:
            self._say_wrong("", "")
        self._confirmed.clear()
        self._batch.start()

    # -- opening -----------------------------------------------------------------------------------------------------------
    def first_field(self) -> QWidget:
        """The first figure that may be typed."""
        return next((editor for editor in self.numbers.values() if editor.isEnabled()), self.button)

    def ask(self, row: IncidentRow, figures: Sequence[FigureRow]) -> None:
        """Open for an incident; beside each field what stands there now. What was typed for it before is there again."""
        again = self.is_open and self._row is not None and self._row.id == row.id
        self._row = row
        self.heading.setText(
            f"{self._texts.get('ui.casualties.card')}\N{KATAKANA MIDDLE DOT}{words.title(row)}"
        )
        if not again:
            self._fill_new()
        self.show_figures(figures)
        if not again:
            self._fill_draft()
        self.open()

    def _fill_new(self) -> None:
        for editor in (*self.numbers.values(), self.source):
            editor.clear()
        self.state.take(VerifyState.REPORTED.value)
        self.stated.setText(moments.clock_text(self._console.clock.now_ms()))
        self._confirmed.clear()
        self.note.setText("")
        for field in self.fields.values():
            field.say("")
        self._say_wrong("", "")

    def show_figures(self, figures: Sequence[FigureRow]) -> None:
        """What stands now; a disputed figure is settled first (XC-03), so nothing can be typed over it."""
        texts, settle = self._texts, []
        for row in figures:
            editor = self.numbers[row.figure]
            editor.setEnabled(not row.disputed)
            if row.disputed:
                settle.append(name_of(texts, row.figure))
                editor.clear()
                editor.setPlaceholderText(disputed_words(texts, row.numbers))
                continue
            value = number_words(texts, row.figure, row.value) if row.value is not None else ""
            editor.setPlaceholderText(texts.get("ui.casualties.now", value=value) if value else "")
        if settle:
            names = texts.get("wording.comma").join(settle)
            self.note.setText(texts.get("ui.casualties.settle", figures=names))
        self.note.setVisible(bool(self.note.text()))

    # -- what is typed is kept -----------------------------------------------------------------------------------------------
    def _typed(self) -> dict[str, str]:
        editors = {**self.numbers, "source": self.source}
        return {name: editor.text() for name, editor in editors.items() if editor.text().strip()}

    def keep_draft(self) -> None:
        """Keep what stands here; nothing of an untouched form."""
        self._batch.stop()
        typed = self._typed()
        if self._row is None:
            return
        kept = {
            "incident_id": self._row.id,
            "typed": typed,
            "state": self.state.code,
            "stated": self.stated.text(),
            "stated_typed_at": self.stated.typed_ms,
        }
        if typed or self._draft_is_ours():
            self._console.remember(DRAFT, kept if typed else None)

    def _draft_is_ours(self) -> bool:
        kept = self._console.memory(DRAFT)
        return isinstance(kept, dict) and self._row is not None and kept.get("incident_id") == self._row.id

    def _fill_draft(self) -> None:
        kept = self._console.memory(DRAFT)
        if not self._draft_is_ours() or not isinstance(kept.get("typed"), dict):
            return
        editors: Mapping[str, QLineEdit] = {**self.numbers, "source": self.source}
        for name, text in kept["typed"].items():
            if name in editors and editors[name].isEnabled():
                editors[name].setText(str(text))
        self.state.take(str(kept.get("state") or VerifyState.REPORTED.value))
        self.stated.restore(str(kept.get("stated", "")), int(kept.get("stated_typed_at", 0)))
        self.note.setText(self._texts.get("ui.casualties.resumed"))
        self.note.show()

    def dismiss(self) -> None:
        """Closing keeps what was typed."""
        if self.is_open:
            self.keep_draft()
        super().dismiss()

    def dispose(self) -> None:
        """The window is closing: what is typed is kept."""
        if self.is_open or self._batch.isActive():
            self.keep_draft()

    # -- saving ------------------------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A plain Enter saves as well."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submit()
            event.accept()
            return
        super().keyPressEvent(event)

    def submit(self) -> None:
        """Save the figures that were typed, once."""
        command = None if self._busy else self.command()
        if command is None:
            return
        self.keep_draft()
        self._busy = self._session.act(command, self._done, self._refused)

    def command(self) -> SetCasualties | None:
        """The act that the form stands for; None when something in it is not readable, which is then said there."""
        from app.usecases.casualties import SetCasualties

        row, figures = self._row, self._read_figures()
        if row is None or figures is None:
            return None
        self.state.settle()
        if self.state.unknown:
            self._say_unknown()
            self.fields["verify_state"].focus()
            return None
        when = self._read_stated()
        if when is None:
            return None
        return SetCasualties(
            incident_id=row.id,
            verify_state=VerifyState(self.state.code),
            source=self.source.text().strip() or None,
            stated_at=when,
            late_confirmed=_LATE in self._confirmed,
            figures_confirmed=[figure for figure in Figure if figure.value in self._confirmed],
            **figures,
        )

    def _read_figures(self) -> dict[str, Any] | None:
        found = typed(self.numbers)
        wrong = next((name for name, number in found.items() if number is None), None)
        if wrong is not None:
            said = self._texts.get("ui.casualties.whole_of", figure=name_of(self._texts, wrong))
            self._fault(wrong, said)
            return None
        return found

    def _read_stated(self) -> datetime | None:
        """When it was stated; None when it is no time, or when its day has to be confirmed first (D-26)."""
        when = self.stated.moment()
        if when is None:
            self._fault("stated_at", self._texts.get("ui.forms.time_format"))
        elif self.stated.assumed():
            meant = self.stated.write_date()
            self._fault("stated_at", self._texts.get("ui.forms.date_assumed", time=meant, press="Enter"))
            return None
        return when

    def _say_unknown(self) -> None:
        self.fields["verify_state"].say(self._texts.get("ui.forms.unknown", text=self.state.text().strip()))
        self.adjustSize()

    def _say_wrong(self, name: str, text: str) -> None:
        """What is wrong with a figure, over the whole width of the sheet; `name`: the one that is marked."""
        for figure in self.numbers:
            self.fields[figure].mark(figure == name)
        self.wrong.setText(text)
        self.wrong.setVisible(bool(text))

    def _fault(self, name: str, text: str) -> None:
        if name in self.numbers:
            self._say_wrong(name, text)
        else:
            self.fields[name].say(text)
        self.fields[name].focus()
        self.adjustSize()

    def _done(self, _done: object) -> None:
        self._busy = False
        self._batch.stop()
        row, texts = self._row, self._texts
        said = texts.get("wording.comma").join(
            f"{name_of(texts, name)} {number_words(texts, name, number)}"
            for name, number in (self._read_figures() or {}).items()
        )
        if self._draft_is_ours():
            self._console.remember(DRAFT, None)
        Sheet.dismiss(self)
        self._fill_new()
        self.saved.emit((row.no or "") if row is not None else "", said)

    def _refused(self, error: BaseException) -> bool:
        self._busy = False
        if not isinstance(error, Refusal):
            return False
        name = error.field or ("deaths" if error.text == "refusal.figures.nothing" else "")
        if name not in self.fields:
            return False
        text = self._console.sentence(error)
        if error.text == _LATE or error.text in FAR:
            self._confirmed.add(name if error.text in FAR else error.text)
            text = self._texts.get("ui.forms.confirm_again", sentence=text, press="Enter")
        elif error.text == FUTURE:
            text = future_sentence(self._texts, self.stated, text)
        self._fault(name, text)
        return True
