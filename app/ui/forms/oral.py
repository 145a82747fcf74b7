"""Oral report in one key: F4 opens it with the usual values, Enter stamps it (RP-16; QUALITY: at most three keystrokes)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from app.kernel.enums import Channel
from app.kernel.errors import Refusal
from app.ui.desk import words
from app.ui.forms.choice import Choice, ChoiceField
from app.ui.forms.field import Field, line
from app.ui.forms.moment import FUTURE, MomentLine, future_sentence
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.sheet import Sheet
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.incidents import IncidentRow
    from app.ui.console import Console
    from app.usecases.bus import Done

WIDTH = 720
SPOKEN = (Channel.LANDLINE, Channel.RADIO, Channel.VIDEO)
_CONFIRMED = frozenset({"refusal.time.needs_confirm", "refusal.reports.oral_before_received"})


class OralSheet(Sheet):
    """`stamped` tells (incident number, spoken_at in UTC ms)."""

    grows = True
    stamped = Signal(str, object)

    def __init__(self, console: Console, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "oralSheet", texts.get("ui.forms.oral.title"), texts.get("ui.forms.oral.hint"), parent
        )
        self._console, self._session, self._texts = console, session, texts
        self._row: IncidentRow | None = None
        self._confirmed = self._busy = False
        self.setFixedWidth(WIDTH)
        recipients = [Choice(key, name) for key, name in console.district.recipients]
        channels = [Choice(channel.value, texts.get(f"enum.channel.{channel.value}")) for channel in SPOKEN]
        self.to = ChoiceField(theme, recipients, empty_ok=False)
        self.channel = ChoiceField(theme, channels, empty_ok=False)
        self.spoken, self.gist = MomentLine(console.clock), line()
        self.fields: dict[str, Field] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(12)
        placed = (
            ("to_role", self.to, 0, 0, 1),
            ("channel", self.channel, 0, 1, 1),
            ("spoken_at", self.spoken, 0, 2, 1),
        )
        for name, editor, row, column, span in (*placed, ("gist", self.gist, 1, 0, 3)):
            field = Field(name, texts.get(f"ui.forms.field.{name}"), editor)
            self.fields[name] = field
            grid.addWidget(field, row, column, 1, span)
            editor.textChanged.connect(lambda _text, field=field: self._edited(field))
            if isinstance(editor, ChoiceField):
                editor.unknown_left.connect(lambda field=field: self._say_unknown(field))
        self.body.addLayout(grid)
        self.body.addLayout(self._foot(theme))

    def _edited(self, field: Field) -> None:
        """What was confirmed was confirmed of other values."""
        field.say("")
        self._confirmed = False

    def _say_unknown(self, field: Field) -> None:
        field.say(self._texts.get("ui.forms.unknown", text=field.editor.text().strip()))
        self.adjustSize()

    def _foot(self, theme: Theme) -> QHBoxLayout:
        foot = QHBoxLayout()
        cancel = HintButton(theme, self._texts.get("ui.forms.cancel"), hint="Esc")
        cancel.clicked.connect(self.dismiss)
        self.button = HintButton(theme, self._texts.get("ui.forms.oral.button"), hint="Enter", kind="primary")
        self.button.setObjectName("oralButton")
        self.button.clicked.connect(self.submit)
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(self.button)
        return foot

    def first_field(self) -> QWidget:
        """The button: one Enter stamps; Tab leads through the fields."""
        return self.button

    def ask(self, row: IncidentRow) -> None:
        """Open for an incident with the usual values, the present moment among them."""
        self._row, self._confirmed = row, False
        self.heading.setText(
            f"{self._texts.get('ui.forms.oral.title')}\N{KATAKANA MIDDLE DOT}{words.title(row)}"
        )
        self.to.take(self._console.district.recipients[0][0])
        self.channel.take(Channel.LANDLINE.value)
        self.spoken.setText(moments.clock_text(self._console.clock.now_ms()))
        self.gist.setText(" ".join(part for part in (row.place, row.what, row.no) if part))
        for field in self.fields.values():
            field.say("")
        self.open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A plain Enter stamps as well."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submit()
            event.accept()
            return
        super().keyPressEvent(event)

    def submit(self) -> None:
        """Stamp it, once."""
        from app.usecases.reports import FileOralReport

        row = self._row
        if not self._settled():
            return
        when = self._read_spoken()
        if when is None:
            return
        if row is None or self._busy:
            return
        command = FileOralReport(
            incident_id=row.id,
            to_role=self.to.code,
            channel=Channel(self.channel.code),
            spoken_at=when,
            gist=self.gist.text(),
            confirmed=self._confirmed,
        )
        self._busy = self._session.act(
            command, lambda done: self._done(done, row, when.timestamp()), self._refused
        )

    def _settled(self) -> bool:
        """Take what was typed into the lists; False when a field holds what is no entry."""
        for name, editor in (("to_role", self.to), ("channel", self.channel)):
            editor.settle()
            if editor.unknown:
                self._say_unknown(self.fields[name])
                self.fields[name].focus()
                return False
        return True

    def _read_spoken(self) -> datetime | None:
        """When it was spoken; None when it is no time, or when its day has to be confirmed first (D-26)."""
        when = self.spoken.moment()
        if when is None:
            self._fault("spoken_at", self._texts.get("ui.forms.time_format"))
        elif self.spoken.assumed():
            meant = self.spoken.write_date()
            self._fault("spoken_at", self._texts.get("ui.forms.date_assumed", time=meant, press="Enter"))
            return None
        return when

    def _fault(self, name: str, text: str) -> None:
        self.fields[name].say(text)
        self.fields[name].focus()
        self.adjustSize()

    def _done(self, done: Done, row: IncidentRow, spoken_s: float) -> None:
        self._busy = False
        self.dismiss()
        self.stamped.emit(row.no or "", round(spoken_s * 1000))

    def _refused(self, error: BaseException) -> bool:
        self._busy = False
        if not isinstance(error, Refusal) or error.field not in self.fields:
            return False
        text = self._console.sentence(error)
        if error.text in _CONFIRMED:
            self._confirmed = True
            text = self._texts.get("ui.forms.confirm_again", sentence=text, press="Enter")
        elif error.text == FUTURE:
            text = future_sentence(self._texts, self.spoken, text)
        self._fault(error.field, text)
        return True
