"""Registration of an incident: one form, filled left to right without a mouse; only when and where are needed (D-37).

Typed text is never lost: every batch of keystrokes is kept on this workstation until it is registered or thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QWidget

from app.kernel.clock import SECOND_MS, to_ms
from app.kernel.enums import Agency, Figure, Source
from app.kernel.errors import Refusal
from app.ui.desk.figures import name_of
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
    from app.ui.console import Console
    from app.usecases.bus import Done
    from app.usecases.incidents import RegisterIncident

WIDTH = 928
DRAFT = "draft.register"
BATCH_MS = 300
LIMITS = ("oral_report_limit", "written_report_limit")
# Where the fault of a command's field is shown.
_SHOWN_AT = {"unit_code": "place", "lon": "place", "lat": "place", "class_code": "type", "type_code": "type"}
# Refusals that a second Ctrl+Enter overrides, and the flag of the command that says so (D-26, RULES part 8).
_CONFIRMED_BY = {
    "refusal.time.needs_confirm": "late_confirmed",
    "refusal.points.outside_district": "outside_confirmed",
}


class RegisterSheet(Sheet):
    """Ctrl+N. `registered` tells the bus's Done; `pick_wanted` asks the map for a point."""

    grows = True
    registered = Signal(object)
    pick_wanted = Signal()
    draft_kept = Signal(bool)

    def __init__(
        self, console: Console, session: Session, theme: Theme, parent: QWidget, limits_s: Mapping[str, int]
    ) -> None:
        texts = console.texts
        super().__init__(
            "registerSheet", texts.get("ui.forms.register.title"), texts.get("ui.forms.register.hint"), parent
        )
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self._limits_s = dict(limits_s)
        self._point: tuple[float, float] | None = None
        self._confirmed: set[str] = set()
        self._busy = False
        self._draft_at = 0
        self._usual: tuple[str, str] = ("", "")
        self._cleared: dict[str, Any] | None = None
        self.setFixedWidth(WIDTH)
        self._build()
        self._batch = QTimer(self)
        self._batch.setSingleShot(True)
        self._batch.setInterval(BATCH_MS)
        self._batch.timeout.connect(self.keep_draft)
        self._fill_new()

    # -- layout ------------------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        texts, theme, district = self._texts, self._theme, self._console.district
        self.source = ChoiceField(theme, kinds.sources(texts), empty_ok=False)
        clock = self._console.clock
        self.received = MomentLine(clock)
        self.occurred = MomentLine(clock, texts.get("ui.forms.register.optional"))
        self.place = ChoiceField(theme, kinds.streets(district.streets), free=True)
        self.place.setPlaceholderText(texts.get("ui.forms.register.place_hint"))
        self.type = ChoiceField(theme, kinds.types(texts))
        self.type.setPlaceholderText(texts.get("ui.forms.register.type_hint"))
        self.grade = ChoiceField(theme, kinds.grades(texts))
        self.grade.setPlaceholderText(texts.get("ui.forms.register.optional"))
        self.what = line(texts.get("ui.forms.register.what_hint"))
        self.numbers = number_lines()
        self.fields: dict[str, Field] = {}
        rows: tuple[tuple[tuple[str, QLineEdit, bool, int], ...], ...] = (
            (("source", self.source, False, 3), ("received_at", self.received, True, 3),
             ("occurred_at", self.occurred, False, 3), ("place", self.place, True, 13)),
            (("type", self.type, False, 4), ("alarm_grade", self.grade, False, 3), ("what", self.what, False, 15)),
            tuple((name, editor, False, 1) for name, editor in self.numbers.items()),
        )  # fmt: skip
        for row in rows:
            grid = QGridLayout()
            grid.setHorizontalSpacing(12)
            for column, (name, editor, required, stretch) in enumerate(row):
                key = f"enum.figure.{name}" if name in self.numbers else f"ui.forms.field.{name}"
                field = Field(name, texts.get(key), editor, required=required)
                self.fields[name] = field
                grid.addWidget(field, 0, column)
                grid.setColumnStretch(column, stretch)
                editor.textChanged.connect(self._edited)
                if isinstance(editor, ChoiceField):
                    editor.unknown_left.connect(lambda name=name: self._say_unknown(name))
            self.body.addLayout(grid)
        self.wrong = plain(tone="bad", size="small")  # what is wrong with a figure: its column is too narrow
        self.wrong.setObjectName("registerWrong")
        self.wrong.setWordWrap(True)
        self.wrong.hide()
        self.body.addWidget(self.wrong)
        self.type.chosen.connect(self._type_chosen)
        self.place.chosen.connect(self._place_chosen)
        self.body.addLayout(self._foot())

    def _foot(self) -> QHBoxLayout:
        texts, theme = self._texts, self._theme
        foot = QHBoxLayout()
        foot.setSpacing(8)
        self.note = plain(tone="muted", size="small")
        self.note.setObjectName("registerNote")
        self.pick = HintButton(
            theme, texts.get("ui.forms.register.pick"), icon="pin", hint="Alt+P", kind="quiet"
        )
        self.pick.clicked.connect(self.pick_wanted)
        # A shortcut, not a key press: a line editor takes Alt+P for the letter. Not the button's own, which goes with every
        # new text of the button.
        QShortcut(QKeySequence("Alt+P"), self).activated.connect(self.pick_wanted)
        self.pick.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.clear = HintButton(theme, texts.get("ui.forms.register.clear"), kind="quiet")
        self.clear.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.clear.clicked.connect(self.start_over)
        self.cancel = HintButton(theme, texts.get("ui.forms.cancel"), hint="Esc")
        self.cancel.clicked.connect(self.dismiss)
        self.button = HintButton(
            theme, texts.get("ui.forms.register.button"), hint="Ctrl+Enter", kind="primary"
        )
        self.button.setObjectName("registerButton")
        self.button.clicked.connect(self.submit)
        foot.addWidget(self.note, 1)
        for button in (self.clear, self.pick, self.cancel, self.button):
            foot.addWidget(button)
        return foot

    def first_field(self) -> QWidget:
        """Left to right: it begins with the source."""
        return self.source

    # -- content -----------------------------------------------------------------------------------------------------------
    def _fill_new(self) -> None:
        """Usual values: the source of this agency, now."""
        usual = Source.ALARM_119 if self._console.agency == Agency.FRD else Source.SELF
        self.source.take(usual.value)
        self.received.setText(moments.clock_text(self._console.clock.now_ms()))
        self._usual = (self.source.text(), self.received.text())
        for editor in (self.occurred, self.place, self.type, self.grade, self.what, *self.numbers.values()):
            editor.clear()
        self.place.choice = self.type.choice = self.grade.choice = None
        self._point = None
        self._confirmed.clear()
        for field in self.fields.values():
            field.say("")
        self.wrong.hide()
        self._show_pick()

    def open(self) -> None:
        """Open with the kept draft, or anew with the present moment."""
        if self.isHidden():
            kept = self._console.memory(DRAFT)
            self._fill_new()
            if isinstance(kept, dict):
                self._fill(kept)
            self._forget_cleared()
            self.clear.setVisible(isinstance(kept, dict))
            self._draft_at = int(kept.get("at", 0)) if isinstance(kept, dict) else 0
            self._read_limits()
            self._read_places()
            self._tell_clocks()
        super().open()
        if isinstance(self.first_field(), QLineEdit):
            self.source.selectAll()

    def _fill(self, kept: Mapping[str, Any]) -> None:
        self._usual = ("", "")  # of a draft everything was typed
        for name, editor in self._editors().items():
            text = str(kept.get(name, ""))
            if isinstance(editor, MomentLine):
                editor.restore(text, int(kept.get(f"{name}_typed_at") or kept.get("at") or editor.typed_ms))
            else:
                editor.setText(text)
        for name, field in (
            ("source", self.source),
            ("type", self.type),
            ("grade", self.grade),
            ("place", self.place),
        ):
            if kept.get(f"{name}_code"):
                text = field.text()
                field.take(str(kept[f"{name}_code"]))
                if text:
                    field.setText(text)
        match kept.get("point"):
            case [float(lon), float(lat)]:
                self._point = (lon, lat)
        self._show_pick()

    def _editors(self) -> dict[str, QLineEdit]:
        return {
            "source": self.source,
            "received": self.received,
            "occurred": self.occurred,
            "place": self.place,
            "type": self.type,
            "grade": self.grade,
            "what": self.what,
            **self.numbers,
        }

    def has_content(self) -> bool:
        """True when something was typed that would be missed."""
        editors = (self.occurred, self.place, self.type, self.grade, self.what, *self.numbers.values())
        return (
            any(editor.text().strip() for editor in editors)
            or self._point is not None
            or (self.source.text(), self.received.text()) != self._usual
        )

    def _content(self) -> dict[str, Any]:
        kept: dict[str, Any] = {name: editor.text() for name, editor in self._editors().items()}
        return kept | {
            "source_code": self.source.code,
            "type_code": self.type.code,
            "grade_code": self.grade.code,
            "place_code": self.place.code,
            "point": list(self._point) if self._point is not None else None,
            "received_typed_at": self.received.typed_ms,
            "occurred_typed_at": self.occurred.typed_ms,
            "at": self._console.clock.now_ms(),
        }

    def keep_draft(self) -> None:
        """Keep what stands in the form; nothing is kept of an untouched one."""
        self._batch.stop()
        self._remember(self._content() if self.has_content() else None)

    def _remember(self, kept: dict[str, Any] | None) -> None:
        self._console.remember(DRAFT, kept)
        self.draft_kept.emit(kept is not None)

    def start_over(self) -> None:
        """Throw the draft away; the same button brings it back until something is typed."""
        cleared, self._cleared = self._cleared, None
        if cleared is not None:
            self._fill(cleared)
            self.keep_draft()
            self._forget_cleared()
        else:
            content = self._content()
            self._fill_new()
            self._remember(None)
            self._cleared = content
            self.clear.setText(self._texts.get("ui.forms.register.unclear"))
        self._draft_at = 0
        self._tell_clocks()
        self.source.setFocus(Qt.FocusReason.OtherFocusReason)

    def _forget_cleared(self) -> None:
        self._cleared = None
        self.clear.setText(self._texts.get("ui.forms.register.clear"))

    def dismiss(self) -> None:
        """Closing keeps the draft."""
        if self.is_open:
            self.keep_draft()
        super().dismiss()

    def _edited(self) -> None:
        sender = self.sender()
        for field in self.fields.values():
            if field.editor is sender and field.editor.property("fault") == "true":
                field.say("")
                self.wrong.setVisible(self.wrong.isVisible() and field.name not in self.numbers)
                self.adjustSize()
        self._confirmed.clear()
        if self.is_open:
            if self._cleared is not None:
                self._forget_cleared()
            self._batch.start()
            self._draft_at = 0
            self._tell_clocks()

    def _type_chosen(self, choice: Choice | None) -> None:
        """The scale of grades follows the kind (RC-16)."""
        _, type_code = kinds.split_type(choice.code if choice is not None else "")
        self.grade.set_choices(kinds.grades(self._texts, type_code or ""))

    def _place_chosen(self, choice: Choice | None) -> None:
        """A known place brings its point with it."""
        if choice is not None and choice.place is not None:
            self._point = choice.place
            self._show_pick()

    # -- what it knows beside the fields -----------------------------------------------------------------------------------
    def _read_limits(self) -> None:
        """Limits the clocks will start with: the pack's, or what this district has changed (D-31)."""

        def read(connection: Any) -> dict[str, int]:
            from app.queries.settings import rule_numbers

            return {row.id: row.value for row in rule_numbers(connection) if row.value is not None}

        self._session.ask(read, self._take_limits, "register.limits")

    def _take_limits(self, changed: Mapping[str, int]) -> None:
        self._limits_s |= {name: changed[name] * 60 for name in LIMITS if name in changed}
        self._tell_clocks()

    def _read_places(self) -> None:
        """Streets first, then what has a name and a point on the map."""

        def read(connection: Any) -> list[Choice]:
            from app.queries import forces, points, shelters

            found: list[Choice] = []
            for rows in (
                points.points(connection),
                shelters.shelters(connection),
                forces.stations(connection),
            ):
                for row in rows:
                    if row.name and row.lon is not None and row.lat is not None:
                        found.append(Choice(row.id, row.name, row.address or "", place=(row.lon, row.lat)))
            return found

        def take(found: Sequence[Choice]) -> None:
            self.place.set_choices([*kinds.streets(self._console.district.streets), *found])

        self._session.ask(read, take, "register.places")

    def _tell_clocks(self) -> None:
        """What registration will start, and that a draft was taken up."""
        texts, when, now = self._texts, self.received.moment(), self._console.clock.now_ms()
        lines = []
        if self._draft_at:
            lines.append(texts.get("ui.forms.register.draft", time=moments.day_clock(self._draft_at, now)))
        if when is not None and all(name in self._limits_s for name in LIMITS):
            oral, written = (
                moments.day_clock(to_ms(when) + self._limits_s[name] * SECOND_MS, now) for name in LIMITS
            )
            lines.append(texts.get("ui.forms.register.clocks", oral=oral, written=written))
        self.note.setText("\n".join(lines))

    # -- the point ---------------------------------------------------------------------------------------------------------
    def fill_point(self, lon: float, lat: float) -> None:
        """A point picked on the map, WGS-84 degrees; opens the form when it is not."""
        if not self.is_open:
            self.open()
        self._point = (lon, lat)
        self._show_pick()
        self.fields["place"].say("")
        self._batch.start()
        self.place.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_pick(self) -> None:
        point = self._point
        key = "ui.forms.register.pick" if point is None else "ui.forms.register.picked"
        shown = {} if point is None else {"lon": f"{point[0]:.5f}", "lat": f"{point[1]:.5f}"}
        self.pick.setText(self._texts.get(key, **shown))
        self.pick.updateGeometry()

    # -- the act -----------------------------------------------------------------------------------------------------------
    def command(self) -> RegisterIncident | None:
        """The command the form stands for; None when a moment cannot be read, said at its field."""
        from app.usecases.incidents import RegisterIncident

        received, occurred = self._read("received_at", self.received), None
        if received is not None and self.occurred.text().strip():
            occurred = self._read("occurred_at", self.occurred)
            received = received if occurred is not None else None
        if received is None:
            return None
        figures: dict[str, Any] = typed(self.numbers)
        if wrong := next((name for name, number in figures.items() if number is None), ""):
            said = self._texts.get("ui.casualties.whole_of", figure=name_of(self._texts, wrong))
            self._fault(wrong, said)
            return None
        class_code, type_code = kinds.split_type(self.type.code)
        unit = (
            self.place.code
            if self.place.code in dict(self._console.district.streets)
            else self._unit_in_text()
        )
        return RegisterIncident(
            received_at=received,
            occurred_at=occurred,
            class_code=class_code,
            type_code=type_code,
            what=self.what.text().strip() or None,
            place=self.place.text().strip() or None,
            unit_code=unit,
            lon=self._point[0] if self._point else None,
            lat=self._point[1] if self._point else None,
            alarm_grade=int(self.grade.code) if self.grade.code else None,
            source=Source(self.source.code or Source.SELF),
            late_confirmed="late_confirmed" in self._confirmed,
            outside_confirmed="outside_confirmed" in self._confirmed,
            figures_confirmed=[figure for figure in Figure if figure.value in self._confirmed],
            **figures,
        )

    def _say_unknown(self, name: str) -> None:
        """Text that is no entry of its list stays, and is said: it would be missing from the record."""
        field = self.fields[name]
        field.say(self._texts.get("ui.forms.unknown", text=field.editor.text().strip()))
        self.adjustSize()

    def _settled(self) -> bool:
        """Take what was typed into the lists; False, with the cursor in it, when a field holds what is no entry."""
        for name in ("source", "place", "type", "alarm_grade"):
            editor = self.fields[name].editor
            assert isinstance(editor, ChoiceField)
            editor.settle()
            if editor.unknown:
                self._say_unknown(name)
                self.fields[name].focus()
                return False
        return True

    def _read(self, name: str, editor: MomentLine) -> datetime | None:
        """The moment of a field; None when it is none, or when its day has to be confirmed first (D-26)."""
        when = editor.moment()
        if when is None:
            self._fault(name, self._texts.get("ui.forms.time_format"))
        elif editor.assumed():
            meant = editor.write_date()
            self._fault(name, self._texts.get("ui.forms.date_assumed", time=meant, press="Ctrl+Enter"))
            return None
        return when

    def _unit_in_text(self) -> str | None:
        """A street named in the text is the unit, also when it was typed by hand."""
        text = self.place.text()
        return next((code for code, name in self._console.district.streets if name in text), None)

    def submit(self) -> None:
        """Register; a second Ctrl+Enter while the first is under way does nothing."""
        command = self.command() if not self._busy and self._settled() else None
        if command is None:
            return
        self.keep_draft()
        self._busy = self._session.act(command, self._done, self._refused)

    def _done(self, done: Done) -> None:
        self._busy = False
        self._batch.stop()
        Sheet.dismiss(self)
        self._fill_new()
        self._remember(None)
        self.registered.emit(done)

    def _refused(self, error: BaseException) -> bool:
        self._busy = False
        if not isinstance(error, Refusal):
            return False
        name = _SHOWN_AT.get(error.field or "", error.field or "")
        if name not in self.fields:
            return False
        sentence = self._console.sentence(error)
        if error.text in _CONFIRMED_BY or error.text in FAR:
            self._fault(
                name, self._texts.get("ui.forms.confirm_again", sentence=sentence, press="Ctrl+Enter")
            )
            self._confirmed.add(_CONFIRMED_BY.get(error.text, name))
        else:
            editor = self.fields[name].editor
            if error.text == FUTURE and isinstance(editor, MomentLine):
                sentence = future_sentence(self._texts, editor, sentence)
            self._fault(name, sentence)
        return True

    def _fault(self, name: str, text: str) -> None:
        field = self.fields[name]
        if name in self.numbers:
            for figure in self.numbers:
                self.fields[figure].mark(figure == name)
            self.wrong.setText(text)
        else:
            field.say(text)
        self.wrong.setVisible(name in self.numbers)
        field.focus()
        self.adjustSize()
