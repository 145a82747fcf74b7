"""The sheet of an incident's contacts: masked; looking in the clear is noted and passes; one more; destroy (XC-07, CM-04)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.kernel.enums import ContactAbout
from app.kernel.errors import Refusal
from app.ui.attachments.record_sheet import PURGE_WORDS, RecordSheet
from app.ui.attachments.words import agency_name
from app.ui.contacts.port import ContactLine
from app.ui.contacts.purge import PurgeRow
from app.ui.forms import kinds
from app.ui.forms.choice import ChoiceField
from app.ui.forms.field import Field, line
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.rows import Row
from app.ui.shell.sheet import plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme
from app.usecases.contacts import AddContact, ChangeContact, Personal, RevealContact

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.ui.shell.ports import SiteDoor
    from app.usecases.bus import Done

WIDTH, HIGH = 880, 560
CLEAR_MS = 20_000
COLUMNS = ("about", "contact", "entered", "state")
_WIDTHS = (90, 240, 160)  # the last one says who confirmed, and has the rest
_LOOK = {
    "open": ("", ""),
    "waiting": ("warn", "clock"),
    "withheld": ("muted", "lock"),
    "disputed": ("warn", "bolt"),
    "purged": ("muted", "trash"),
}
_CLOSED = ("waiting", "withheld", "purged")


@dataclass(frozen=True)
class _Draft:
    """What an account had typed when it was locked: for which incident, to which contact ("" for a new one)."""

    incident: str
    changing: str
    name: str
    number: str


class ContactSheet(RecordSheet):
    """The contacts of an incident. What is shown in the clear is covered again after a while, and when the sheet closes."""

    entity = "contact"

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        title, hint = texts.get("ui.contacts.title"), texts.get("ui.contacts.hint")
        super().__init__("contactSheet", title, hint, console, session, theme, parent)
        self._busy = False
        self._lines: Mapping[str, ContactLine] = {}
        self._clear: dict[str, str] = {}  # id -> what is shown in the clear just now
        self._changing = ""
        self._cover = QTimer(self, singleShot=True, interval=CLEAR_MS)
        self._cover.timeout.connect(self.cover)
        self._typist = session.account.id if session.account is not None else ""
        self._drafts: dict[str, _Draft] = {}  # by account: in this window's memory alone
        self.closed.connect(self.cover)
        session.account_changed.connect(self._account_changed)
        session.locked_changed.connect(lambda _locked: self.cover())
        self._build()

    # -- parts -------------------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        texts = self._texts
        heads = [texts.get(f"ui.contacts.column.{name}") for name in COLUMNS]
        self._make_list("contact", texts.get("ui.contacts.empty"), heads, _WIDTHS)
        self.table.doubleClicked.connect(lambda _index: self.reveal())
        self.body.addWidget(self.list, 1)
        self.look = HintButton(self._theme, texts.get("ui.contacts.reveal"), icon="eye", hint="Ctrl+E")
        self.look.setObjectName("contactReveal")
        self.look.clicked.connect(self.reveal)
        self.change = HintButton(self._theme, texts.get("ui.contacts.change"), icon="pencil", kind="quiet")
        self.change.setObjectName("contactChange")
        self.change.clicked.connect(self.begin_change)
        self.note = plain(tone="muted", size="small")
        self.note.setObjectName("contactNote")
        self.note.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.note, 1)
        row.addWidget(self.change)
        row.addWidget(self.look)
        self.body.addLayout(row)
        self.purge = PurgeRow(self._session, self._theme, Personal.CONTACT)
        self.purge.say_words({name: texts.get(f"ui.contacts.purge.{name}") for name in PURGE_WORDS})
        self.body.addWidget(self.purge)
        self._form()

    def _form(self) -> None:
        texts = self._texts
        abouts = [
            kinds.named(texts, each.value, f"enum.contact_about.{each.value}", each.value)
            for each in ContactAbout
        ]
        self.about = ChoiceField(self._theme, abouts, empty_ok=False)
        self.name, self.number = line(texts.get("ui.contacts.name_hint")), line()
        self.fields = {
            "about": Field("about", texts.get("field.about"), self.about),
            "name": Field("name", texts.get("ui.contacts.name"), self.name),
            "number": Field("number", texts.get("field.number"), self.number, required=True),
        }
        self.about.take(ContactAbout.SCENE.value)
        for field in self.fields.values():
            field.editor.installEventFilter(self)
            field.editor.textEdited.connect(lambda _text, field=field: field.say(""))
        self.button = HintButton(self._theme, texts.get("ui.contacts.add"), hint="Enter", kind="primary")
        self.button.setObjectName("contactAdd")
        self.button.clicked.connect(self.submit)
        row = QHBoxLayout()
        row.setSpacing(12)
        for name, stretch in (("about", 2), ("name", 3), ("number", 3)):
            row.addWidget(self.fields[name], stretch)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignBottom)
        self.body.addLayout(row)

    def first_field(self) -> QWidget:
        """The list, or the number of a first contact."""
        return self.table if self._lines else self.name

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """A fixed size where there is room for it."""
        self.setFixedSize(min(WIDTH, max(1, whole.width() - 24)), min(HIGH, max(1, whole.height() - 24)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter enters the contact, on the list it looks; Ctrl+E looks."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() == Qt.Key.Key_E:
            self.reveal()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            (self.reveal if self.table.hasFocus() else self.submit)()
        elif event.key() == Qt.Key.Key_Escape and self._changing:
            self._end_change()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ctrl+E shows from a field too, where it would jump to the end of the line."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            if control and event.key() == Qt.Key.Key_E:
                self.reveal()
                return True
        return super().eventFilter(watched, event)

    # -- what there is -----------------------------------------------------------------------------------------------------
    def _begin_anew(self) -> None:
        self.cover()
        self._end_change()

    def _lines_of(self, incident_id: str) -> Future[Sequence[ContactLine]]:
        return self._console.contacts.lines(incident_id)

    def _show(self, lines: Sequence[ContactLine]) -> None:
        chosen = self.table.chosen
        self._lines = {each.id: each for each in lines}
        self._clear = {name: text for name, text in self._clear.items() if name in self._lines}
        self._paint()
        self.list.setCurrentIndex(1 if lines else 0)
        if lines:
            self.table.choose(chosen)
        self._chosen()

    def _paint(self) -> None:
        self.model.show([self._row(each) for each in self._lines.values()])

    def _row(self, each: ContactLine) -> Row:
        texts, agencies = self._texts, self._console.district.agencies
        about = (
            texts.get(f"enum.contact_about.{each.about}") if each.about in set(ContactAbout) else each.about
        )
        entered = (
            f"{moments.day_clock(each.at, self._console.clock.now_ms())} {agency_name(agencies, each.agency)}"
        )
        state = texts.get(f"ui.contacts.state.{each.state}")
        if each.state == "purged" and each.destroyed:
            names = texts.get("wording.comma").join(agency_name(agencies, name) for name in each.destroyed)
            state = texts.get("ui.contacts.state.destroyed", names=names)
        elif each.id in self._clear:
            state = texts.get("ui.contacts.state.clear")
        tone, icon = _LOOK[each.state]
        return Row(
            each.id,
            (about, self._clear.get(each.id, each.masked), entered, state),
            tone,
            icon,
            "\n".join(part for part in (state, each.why) if part),
        )

    def _chosen(self) -> None:
        each = self._lines.get(self.table.chosen)
        readable = each is not None and each.state not in _CLOSED
        self.look.setEnabled(readable)
        self.change.setEnabled(readable)
        self.purge.mean(each.id if each is not None and each.state != "purged" else "")

    # -- looking -----------------------------------------------------------------------------------------------------------
    def reveal(self) -> None:
        """Show the chosen one in the clear for a while; that it was looked at is noted."""
        each = self._lines.get(self.table.chosen)
        if each is None:
            return
        if each.state in _CLOSED:
            self._say(self._texts.get(f"ui.contacts.closed.{each.state}"), "warn")
            return

        def shown(done: Done) -> None:
            if self.is_open and not self._session.locked:
                self._clear = {each.id: f"{done.result['name']} {done.result['number']}".strip()}
                self._cover.start()
                self._paint()
                self._say(self._texts.get("ui.contacts.noted", s=CLEAR_MS // 1000), "muted")

        self._session.act(RevealContact(contact_id=each.id), shown, self._wrong)

    def cover(self) -> None:
        """Mask again whatever was shown."""
        self._cover.stop()
        if self._clear:
            self._clear = {}
            self._paint()
            self._say("", "muted")

    # -- entering ----------------------------------------------------------------------------------------------------------
    def begin_change(self) -> None:
        """The form is for the chosen contact until Esc or Enter."""
        each = self._lines.get(self.table.chosen)
        if each is None:
            return
        self._changing = each.id
        self.about.setEnabled(False)
        self.button.setText(self._texts.get("ui.contacts.save"))
        self._say(self._texts.get("ui.contacts.changing", contact=each.masked), "muted")
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def _end_change(self) -> None:
        self._changing = ""
        self.about.setEnabled(True)
        self.button.setText(self._texts.get("ui.contacts.add"))
        self._type("", "")
        for field in self.fields.values():
            field.say("")

    def _type(self, name: str, number: str) -> None:
        """What stands in the form; Ctrl+Z brings nothing of what stood there before back."""
        self.name.setText(name)
        self.number.setText(number)

    def _account_changed(self, account: AccountRow | None) -> None:
        """What one account typed is that account's: covered by a lock, there again when it returns, never another's (XC-07).

        What was typed while nobody was signed in stays for whoever signs in to enter it.
        """
        before, self._typist = self._typist, account.id if account is not None else ""
        if before == self._typist:
            return
        if before:
            if not self._busy and (self.name.text() or self.number.text()):
                self._drafts[before] = _Draft(
                    self._incident, self._changing, self.name.text(), self.number.text()
                )
            self._say("", "muted")
            self._end_change()
        if not self.name.text() and not self.number.text():
            self._bring_back(self._drafts.pop(self._typist, None))

    def _bring_back(self, draft: _Draft | None) -> None:
        if draft is None or draft.incident != self._incident:
            return
        if draft.changing:
            self.table.choose(draft.changing)
            self.begin_change()
            if self._changing != draft.changing:
                return
        self._type(draft.name, draft.number)

    def submit(self) -> None:
        """Enter or change it, once."""
        if self._busy:
            return
        name, number = self.name.text(), self.number.text()
        command: AddContact | ChangeContact
        if self._changing:
            command = ChangeContact(contact_id=self._changing, name=name, number=number)
        else:
            self.about.settle()
            if self.about.unknown or not self.about.code:
                self.fields["about"].say(self._texts.get("ui.forms.unknown", text=self.about.text().strip()))
                return
            command = AddContact(
                incident_id=self._incident, about=ContactAbout(self.about.code), name=name, number=number
            )
        self._busy = self._session.act(command, self._entered, self._refused)

    def _entered(self, _done: Done) -> None:
        self._busy = False
        self._end_change()
        self._say(self._texts.get("ui.contacts.entered"), "good")
        self.read()

    def _refused(self, error: BaseException) -> bool:
        self._busy = False
        if isinstance(error, Refusal) and error.field in self.fields:
            self.fields[error.field].say(self._session.sentence(error))
            self.fields[error.field].focus()
            return True
        return self._wrong(error)
