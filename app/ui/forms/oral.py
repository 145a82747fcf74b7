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
from app.ui.shell.sheet import Sheet, plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.queries.incidents import IncidentRow
    from app.queries.reports import OralReportRow
    from app.ui.console import Console
    from app.usecases.bus import Done
    from app.usecases.reports import AmendOralReport, FileOralReport

WIDTH = 720
SPOKEN = (Channel.LANDLINE, Channel.RADIO, Channel.VIDEO)
_CONFIRMED = frozenset({"refusal.time.needs_confirm", "refusal.reports.oral_before_received"})


class OralSheet(Sheet):
    """`stamped` tells (incident number, spoken_at in UTC ms); `amended` the same of a correction.

    What is recorded already is said above the fields, and F4 again corrects it: by a new row, the old one stays (RP-16).
    """

    grows = True
    stamped = Signal(str, object)
    amended = Signal(str, object)

    def __init__(self, console: Console, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "oralSheet", texts.get("ui.forms.oral.title"), texts.get("ui.forms.oral.hint"), parent
        )
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self._row: IncidentRow | None = None
        self._confirmed = self._busy = self._again = False
        self._earlier: OralReportRow | None = None
        self._amends: OralReportRow | None = None
        self._spoken_as_it_was = ""
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
        self.body.addWidget(self._recorded())
        self.body.addLayout(grid)
        self.body.addLayout(self._foot(theme))

    def _recorded(self) -> QWidget:
        """What is recorded of this incident already, with the way to correct it."""
        self.earlier = plain(tone="warn", size="small")
        self.earlier.setObjectName("oralEarlier")
        self.earlier.setWordWrap(True)
        self.correct = HintButton(
            self._theme, self._texts.get("ui.forms.oral.correct"), hint="F4", kind="quiet"
        )
        self.correct.setObjectName("oralCorrect")
        self.correct.clicked.connect(self.amend)
        self._strip = QWidget()
        row = QHBoxLayout(self._strip)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.earlier, 1)
        row.addWidget(self.correct)
        return self._strip

    def _edited(self, field: Field) -> None:
        """What was confirmed was confirmed of other values."""
        field.say("")
        self._confirmed = self._again = False

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

    def ask(self, row: IncidentRow, recorded: Sequence[OralReportRow] = ()) -> None:
        """Open for an incident with the usual values, the present moment among them. Again for the one it is open for: to
        correct what is recorded.
        """
        if self.is_open and self._row is not None and self._row.id == row.id and self._earlier is not None:
            self.amend()
            return
        self._row, self._amends = row, None
        replaced = {each.amends_id for each in recorded}
        standing = [each for each in recorded if each.id not in replaced]
        own = [each for each in standing if each.agency == self._console.agency]
        self._earlier = max(own, key=lambda each: each.entered_at or 0, default=None)
        self._title("ui.forms.oral.title")
        self.button.setText(self._texts.get("ui.forms.oral.button"))
        self.to.take(self._console.district.recipients[0][0])
        self.channel.take(Channel.LANDLINE.value)
        self.spoken.setText(moments.clock_text(self._console.clock.now_ms()))
        self.gist.setText(" ".join(part for part in (row.place, row.what, row.no) if part))
        self._say_earlier(standing)
        self._anew()
        self.open()

    def _title(self, key: str) -> None:
        if self._row is not None:
            self.heading.setText(f"{self._texts.get(key)}\N{KATAKANA MIDDLE DOT}{words.title(self._row)}")

    def _anew(self) -> None:
        self._confirmed = self._again = False
        for field in self.fields.values():
            field.say("")
        self.adjustSize()

    def _said(self, row: OralReportRow, key: str) -> str:
        """A recorded report in a sentence: when, to whom, by which side."""
        recipients = dict(self._console.district.recipients)
        agency = self._console.district.agencies.get(row.agency or "")
        return self._texts.get(
            key,
            time=moments.day_clock(row.spoken_at or 0, self._console.clock.now_ms()),
            to=recipients.get(row.to_role or "", row.to_role or ""),
            agency=agency.short if agency is not None else row.agency or "",
        )

    def _say_earlier(self, standing: Sequence[OralReportRow]) -> None:
        self.earlier.setText("\n".join(self._said(row, "ui.forms.oral.recorded") for row in standing))
        self._strip.setVisible(bool(standing))
        self.correct.setVisible(self._earlier is not None)

    def amend(self) -> None:
        """Correct the newest report of this side: its values stand in the fields."""
        row = self._earlier
        if row is None or self._busy or self._amends is not None:
            return
        self._amends = row
        self._title("ui.forms.oral.correcting")
        self.button.setText(self._texts.get("ui.forms.oral.correct"))
        self.earlier.setText(self._said(row, "ui.forms.oral.replaces"))
        self.correct.hide()
        self.to.take(row.to_role or "")
        self.channel.take(row.channel or "")
        self.spoken.setText(moments.day_clock(row.spoken_at or 0, self._console.clock.now_ms()))
        self.gist.setText(row.gist or "")
        self._spoken_as_it_was = self.spoken.text()
        self._anew()
        self.fields["spoken_at"].focus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A plain Enter stamps as well."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submit()
            event.accept()
            return
        super().keyPressEvent(event)

    def submit(self) -> None:
        """Stamp it, once; a second report to the same place only after a second Enter."""
        row = self._row
        if row is None or self._busy or not self._settled():
            return
        when = self._read_spoken()
        if when is None:
            return
        earlier = self._earlier
        if (
            self._amends is None
            and earlier is not None
            and earlier.to_role == self.to.code
            and not self._again
        ):
            self._fault("to_role", self._said(earlier, "ui.forms.oral.again"))
            self._again = True
            return
        self._busy = self._session.act(
            self._command(row, when), lambda done: self._done(done, row, when.timestamp()), self._refused
        )

    def _command(self, row: IncidentRow, when: datetime) -> FileOralReport | AmendOralReport:
        from app.usecases.reports import AmendOralReport, FileOralReport

        old = self._amends
        if old is None:
            return FileOralReport(
                incident_id=row.id,
                to_role=self.to.code,
                channel=Channel(self.channel.code),
                spoken_at=when,
                gist=self.gist.text(),
                confirmed=self._confirmed,
            )
        to_role, channel, gist = self.to.code, self.channel.code, self.gist.text()
        return AmendOralReport(  # what is as it was is not said again
            oral_report_id=old.id,
            to_role=to_role if to_role != old.to_role else None,
            channel=Channel(channel) if channel != old.channel else None,
            spoken_at=when if self.spoken.text() != self._spoken_as_it_was else None,
            gist=gist if gist != old.gist else None,
            confirmed=self._confirmed,
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
        (self.stamped if self._amends is None else self.amended).emit(row.no or "", round(spoken_s * 1000))

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
