"""A field on which the two sides disagree: values stacked with who, when and what each had seen, until a person decides,
with a reason (D-19). The same card on the incident desk and on the conflict desk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.kernel.clock import Clock
from app.kernel.enums import Figure, VerifyState
from app.kernel.errors import ErrorCode, Refusal
from app.ui.conflicts.third import Third
from app.ui.desk.figures import state_words
from app.ui.desk.values import Words
from app.ui.desk.words import field_name
from app.ui.forms.field import line
from app.ui.forms.numbers import FAR
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.runs import Run, RunLines
from app.ui.shell.sheet import plain, set_tone, tip
from app.ui.theme.button import HintButton
from app.ui.theme.chips import Look
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.queries.incidents import ConflictRow
    from app.usecases.conflicts import ResolveConflict

_LONGEST = 44  # half-width characters of a value beside its button; a longer one stands below it in full
_WIDE = 0x2E80  # from here on characters are full-width
_INDENT = 24
_STATE, _SOURCE = 1, 2  # parts of a stored figure


def _shortened(said: str) -> str:
    """A value as it fits beside its button."""
    room = _LONGEST
    for at, char in enumerate(said):
        room -= 2 if ord(char) >= _WIDE else 1
        if room < 0:
            return said[: max(1, at - 1)] + "\N{HORIZONTAL ELLIPSIS}"
    return said


class ConflictCard(QFrame):
    """One disputed field. `resolved` when the decision is recorded; `forgotten` when another account came and what was typed
    went with the former one.
    """

    resolved = Signal(str)
    forgotten = Signal()

    def __init__(
        self,
        theme: Theme,
        session: Session,
        words: Words,
        rows: Sequence[ConflictRow],
        accounts: Mapping[str, AccountRow],
        clock: Clock,
        *,
        cautious: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`cautious`: the more cautious of the values is shown meanwhile (status machines)."""
        from app.usecases.conflicts import choices

        super().__init__(parent)
        self.rows = tuple(rows)
        self.entity, self.field = rows[0].entity, rows[0].field
        self.choices = choices(self.entity, self.field)
        self.setObjectName(f"conflict.{self.field}")
        self.setProperty("plane", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self._theme, self._session, self._words, self._clock = theme, session, words, clock
        self.is_busy = self.is_decided = self.is_over = False
        self._is_confirmed = False  # the typed figure is meant, however far above what is known
        self._writer = session.account.id if session.account is not None else ""
        self.seen: dict[bytes, QLabel] = {}
        self.states: dict[str, QPushButton] = {}
        self.other: QLineEdit | None = None
        self.source: QLineEdit | None = None
        self.third = Third(theme, words, clock, self.entity, self.field)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 8, 12, 12)
        self._column.setSpacing(8)
        self._head(cautious)
        self.group = QButtonGroup(self)
        self.unread = self._fault_line("conflictUnread")
        for index, row in enumerate(rows):
            self._column.addLayout(self._value(index, row, accounts))
        if self.choices.another and self.third.editor is not None:
            self._column.addLayout(self._other(self.third.editor))
        if self.choices.figure:
            self._column.addLayout(self._verification())
        self._foot()
        self.group.idToggled.connect(self._picked)
        self._told()
        session.account_changed.connect(self._account_changed)

    # -- layout ------------------------------------------------------------------------------------------------------------
    def _head(self, cautious: bool) -> None:
        texts = self._words.texts
        self.head = RunLines(self._theme, (24,))
        self._name_head(Run(texts.get("ui.desk.conflict.open"), look=Look.WARN, size="small", icon="bolt"))
        self._column.addWidget(self.head)
        if cautious:
            shown = next((row for row in self.rows if row.shown), self.rows[0])
            said = texts.get("ui.conflicts.cautious", value=self._words.value(self.field, shown.value))
            note = plain(said, tone="muted", size="small")
            note.setObjectName("conflictCautious")
            note.setWordWrap(True)
            self._column.addWidget(note)

    def _name_head(self, state: Run) -> None:
        self.head.set_runs([Run(field_name(self._words.texts, self.field), size="body", bold=True), state])

    def _value(self, index: int, row: ConflictRow, accounts: Mapping[str, AccountRow]) -> QVBoxLayout:
        words = self._words
        said = words.value(self.field, row.value)
        short = _shortened(said)
        radio = QRadioButton(" ".join(short.split()).replace("&", "&&"))
        radio.setObjectName(f"conflictValue{index}")
        radio.setAccessibleName(said)
        radio.setToolTip(tip(said))
        radio.setEnabled(self.choices.keep)
        self.group.addButton(radio, index)
        own = row.agency == words.own
        by = RunLines(self._theme, (20,))
        by.set_runs(
            [
                Run(words.side(row.agency), size="small", look=Look.OUTLINED if own else Look.FILLED),
                Run(moments.day_clock(row.written_at, self._clock.now_ms()), "muted", "small", True),
                Run(words.post(row.actor, accounts), "muted", "small", shrinks=True),
            ]
        )
        seen = plain(tone="muted", size="small")
        seen.setObjectName(f"conflictSeen{index}")
        seen.setWordWrap(True)
        seen.setContentsMargins(_INDENT, 0, 0, 0)
        seen.hide()
        self.seen[row.hash] = seen
        line_of = QHBoxLayout()
        line_of.addWidget(radio, 1)
        line_of.addWidget(by, 1)
        box = QVBoxLayout()
        box.setSpacing(2)
        box.addLayout(line_of)
        if short != said:
            full = plain(said)
            full.setObjectName(f"conflictFull{index}")
            full.setWordWrap(True)
            full.setContentsMargins(_INDENT, 0, 0, 0)
            box.addWidget(full)
        box.addWidget(seen)
        return box

    def _other(self, editor: QLineEdit) -> QVBoxLayout:
        radio = QRadioButton(self._words.texts.get("ui.desk.conflict.other"))
        radio.setObjectName("conflictOther")
        self.group.addButton(radio, len(self.rows))
        self.other = editor
        editor.setObjectName("conflictOtherValue")
        editor.setAccessibleName(radio.text())
        editor.textEdited.connect(lambda _text: radio.setChecked(True))
        editor.textChanged.connect(self._told)
        editor.textChanged.connect(lambda _text: self._begun())
        radio.clicked.connect(lambda _on: editor.setFocus(Qt.FocusReason.OtherFocusReason))
        line_of = QHBoxLayout()
        line_of.addWidget(radio)
        line_of.addWidget(editor, 1)
        box = QVBoxLayout()
        box.setSpacing(2)
        box.addLayout(line_of)
        box.addWidget(self.unread)
        return box

    def _verification(self) -> QHBoxLayout:
        """How sure the decided figure is, and who says so (IS-14)."""
        texts, box = self._words.texts, QHBoxLayout()
        box.addWidget(plain(texts.get("ui.casualties.state"), tone="muted", size="small"))
        group = QButtonGroup(self)
        for state in VerifyState:
            chip = QPushButton(state_words(texts, state))
            chip.setObjectName(f"conflictState.{state.value}")
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            group.addButton(chip)
            self.states[state.value] = chip
            box.addWidget(chip)
        self.source = line(texts.get("ui.conflicts.source_hint"))
        self.source.setObjectName("conflictSource")
        self.source.setAccessibleName(texts.get("ui.casualties.source"))
        box.addWidget(self.source, 1)
        return box

    def _foot(self) -> None:
        texts = self._words.texts
        self.reason = line(texts.get("ui.desk.conflict.reason"))
        self.reason.setObjectName("conflictReason")
        self.reason.setAccessibleName(texts.get("field.reason"))
        self.reason.textChanged.connect(self._told)
        self.reason.textEdited.connect(lambda _text: self._say(""))
        self.fault = self._fault_line("conflictFault")
        foot = QHBoxLayout()
        self.note = note = plain(texts.get("ui.desk.conflict.note"), tone="muted", size="small")
        self.button = HintButton(self._theme, "", hint="Enter", kind="primary")
        self.button.setObjectName("conflictButton")
        self.button.clicked.connect(self.submit)
        if not self.choices.keep:
            note.setText(texts.get("ui.conflicts.cannot"))
            note.setWordWrap(True)
        foot.addWidget(note, 1)
        foot.addWidget(self.button)
        self._column.addWidget(self.reason)
        self._column.addWidget(self.fault)
        self._column.addLayout(foot)
        self._column.addStretch(1)
        self.reason.setVisible(self.choices.keep)
        self.button.setVisible(self.choices.keep)

    def _fault_line(self, name: str) -> QLabel:
        label = plain(tone="bad", size="small")
        label.setObjectName(name)
        label.setWordWrap(True)
        label.setParent(self)
        label.hide()
        return label

    def show_seen(self, said: Mapping[bytes, Sequence[str]]) -> None:
        """What each author had seen when he wrote, below his value."""
        for digest, label in self.seen.items():
            text = "\n".join(said.get(digest, ()))
            if text != label.text():
                label.setText(text)
            label.setVisible(bool(text))

    # -- deciding ----------------------------------------------------------------------------------------------------------
    def is_being_edited(self) -> bool:
        """True while somebody is deciding: nothing is refreshed under an open editor."""
        return bool(self.reason.text()) or self.group.checkedId() >= 0

    def end(self, said: str, *, settled: bool) -> None:
        """Nothing can be decided here any more: `said` tells why; what was typed stays to be read."""
        texts = self._words.texts
        if not self.is_over:
            self.is_over = True
            focused = self.focusWidget()
            if focused is not None and focused.hasFocus() and not isinstance(focused, QLineEdit):
                self.reason.setFocus(Qt.FocusReason.OtherFocusReason)  # not to whatever stands next
            for button in (*self.group.buttons(), *self.states.values()):
                button.setEnabled(False)
            for editor in (self.other, self.source, self.reason):
                if editor is not None:
                    editor.setReadOnly(True)
            self.button.hide()
            self.note.hide()
            self.unread.hide()
        state = texts.get("ui.conflicts.settled" if settled else "ui.conflicts.newer")
        self._name_head(Run(state, look=Look.FILLED, size="small"))
        self._say(said)
        set_tone(self.fault, "warn")  # nobody did anything wrong

    def forget(self) -> None:
        """Nothing is typed here any more; the values stay."""
        self.group.setExclusive(False)
        for button in self.group.buttons():
            button.setChecked(False)
        self.group.setExclusive(True)
        for editor in (self.other, self.source, self.reason):
            if editor is not None:
                editor.clear()
        self.unread.hide()
        self._say("")
        self._told()

    def _account_changed(self, account: AccountRow | None) -> None:
        """What is typed belongs to the account it was typed under: another one begins anew."""
        if account is None:
            return
        if self._writer and account.id != self._writer:
            self.forget()
            self.forgotten.emit()
        self._writer = account.id

    def _say(self, text: str) -> None:
        self.fault.setText(text)
        self.fault.setVisible(bool(text))

    def _picked(self, index: int, on: bool) -> None:
        """A kept figure brings its own state and source; another value begins as unverified."""
        self._begun()
        if on and self.states:
            kept = self.rows[index].value if index < len(self.rows) else None
            figure = kept if isinstance(kept, list) and len(kept) > _SOURCE else [None, None, ""]
            known = str(figure[_STATE])
            self.states[known if known in self.states else VerifyState.REPORTED.value].setChecked(True)
            if self.source is not None:
                self.source.setText(figure[_SOURCE] or "")
        self._told()

    def _begun(self) -> None:
        """Something else is chosen or typed: what was wrong before is no longer said."""
        self._is_confirmed = False
        self.unread.hide()
        if not self.is_over:
            self._say("")

    def _told(self, *_changed: object) -> None:
        texts, value = self._words.texts, self._chosen_words()
        ready = bool(value) and bool(self.reason.text().strip())
        key = "ui.desk.conflict.decide" if value else "ui.desk.conflict.choose"
        if not value and self.group.checkedId() == len(self.rows):
            key = "ui.desk.conflict.fill"
        self.button.setText(texts.get(key, value=_shortened(value)))
        self.button.setEnabled(ready)
        self.button.setToolTip("" if ready else texts.get("ui.desk.conflict.needs"))
        self.button.updateGeometry()

    def _chosen_words(self) -> str:
        index = self.group.checkedId()
        if 0 <= index < len(self.rows):
            return self._words.value(self.field, self.rows[index].value)
        return self.third.said() if index == len(self.rows) else ""

    def command(self) -> ResolveConflict:
        """The act that the card stands for."""
        from app.usecases.conflicts import ResolveConflict

        index = self.group.checkedId()
        row = self.rows[min(index, len(self.rows) - 1)]
        kept = index < len(self.rows)
        state, source = self._verified(row if kept else None)
        return ResolveConflict(
            entity=self.entity,
            entity_id=row.entity_id,
            field=self.field,
            reason=self.reason.text(),
            keep=row.hash.hex() if kept else None,
            value=None if kept else self.third.value(),
            verify_state=state,
            source=source,
            against=[each.hash.hex() for each in self.rows],
            figures_confirmed=[Figure(self.field)] if self._is_confirmed else None,
        )

    def _verified(self, kept: ConflictRow | None) -> tuple[VerifyState | None, str | None]:
        """State and source as far as they are decided here: of a kept figure only what differs from it."""
        if not self.states or self.source is None:
            return None, None
        state = next((name for name, chip in self.states.items() if chip.isChecked()), None)
        source = self.source.text().strip() or None
        if kept is not None and isinstance(kept.value, list):
            same = (state, source or "") == (kept.value[_STATE], kept.value[_SOURCE] or "")
            if same:
                return None, None
        return (VerifyState(state) if state else None), source

    def submit(self) -> None:
        """Record the decision, once."""
        self.third.settle()
        self._told()
        if self.is_over or self.is_busy:
            return
        if not self.button.isEnabled():
            self._say_missing()
        else:
            self._say("")
            self.is_busy = self._session.act(self.command(), self._done, self._refused)

    def _say_missing(self) -> None:
        """What is still missing, in red where it belongs."""
        texts = self._words.texts
        if not self.choices.keep:
            return
        if self._chosen_words():
            self._say(texts.get("ui.conflicts.needs_reason"))
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.group.checkedId() == len(self.rows) and self.other is not None:
            self.unread.setText(self.third.fault())
            self.unread.show()
            self.other.setFocus(Qt.FocusReason.OtherFocusReason)
            self.other.selectAll()
        else:
            self._say(texts.get("ui.conflicts.needs_value"))

    def _done(self, _done: object) -> None:
        self.is_busy, self.is_decided = False, True
        self.resolved.emit(self._chosen_words())

    def _refused(self, error: BaseException) -> bool:
        """What is wrong with what was typed is said here; everything else by the window."""
        self.is_busy = False
        if isinstance(error, Refusal) and error.code in (
            ErrorCode.STATE,
            ErrorCode.RANGE,
            ErrorCode.REQUIRED,
        ):
            said = self._session.sentence(error)
            if error.text in FAR:
                self._is_confirmed = True
                said = self._words.texts.get("ui.forms.confirm_again", sentence=said, press="Enter")
            self._say(said)
            return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter decides when everything is there."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submit()
            event.accept()
            return
        super().keyPressEvent(event)
