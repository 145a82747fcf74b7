"""Rule numbers: the list with its filter at the left, the card of the chosen one at the right (D-31)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.kernel.changes import ChangeSet
from app.kernel.errors import Refusal
from app.ui.board.search_field import SearchField
from app.ui.forms.numbers import read_number
from app.ui.session import Session
from app.ui.settings import words
from app.ui.settings.card import NumberCard
from app.ui.settings.edits import Edits
from app.ui.settings.listing import NumberList
from app.ui.settings.port import FIXED, NumberRow
from app.ui.shell.sheet import plain
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

LIST_WIDTH = 420


class NumbersPage(QWidget):
    """`saved(name, value)` in words; `history_wanted(key, name)`; `dispute_wanted(key)`; `left`: Esc in an empty filter."""

    saved = Signal(str, str)
    history_wanted = Signal(str, str)
    dispute_wanted = Signal(str)
    left = Signal()

    def __init__(self, console: SiteDoor, session: Session, theme: Theme) -> None:
        super().__init__()
        self._console, self._session, self._texts = console, session, console.texts
        self.rows: Sequence[NumberRow] = ()
        self.edits = Edits(console)
        self._wanted, self._fits = "", False
        self._asked = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(20)
        row.addWidget(self._left(theme))
        row.addWidget(self._right(theme), 1)

    def _left(self, theme: Theme) -> QWidget:
        texts, side = self._texts, QWidget()
        side.setFixedWidth(LIST_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.list = NumberList(theme, texts.get("ui.settings.tab.numbers"))
        self.list.picked.connect(self._picked)
        self.list.activated.connect(lambda _index: self.enter())
        self.filter = SearchField(theme, texts.get("ui.settings.filter"), "", texts.get("ui.settings.clear"))
        self.filter.setObjectName("settingsFilter")
        self.filter.setAccessibleName(texts.get("ui.settings.filter"))
        self.filter.textChanged.connect(lambda _text: self._show_lines())
        self.filter.stepped.connect(self.list.step)
        self.filter.accepted.connect(self.enter)
        self.filter.left.connect(self.left)
        self.empty = plain(tone="muted")
        self.empty.setObjectName("settingsEmpty")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self.filter)
        column.addWidget(self.list, 1)
        column.addWidget(self.empty, 1)
        return side

    def _right(self, theme: Theme) -> QWidget:
        self.card = NumberCard(theme, self._texts)
        self.card.typed.connect(self._typed)
        self.card.save_wanted.connect(self.save)
        self.card.default_wanted.connect(self.to_default)
        self.card.history_wanted.connect(self._history)
        self.card.dispute_wanted.connect(self._dispute)
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self.card)
        self.area.viewport().setAutoFillBackground(False)
        self.area.setProperty("plane", "surface")
        self.card.hide()
        return self.area

    # -- reading -----------------------------------------------------------------------------------------------------------
    def ask(self, key: str = "") -> None:
        """Read; with a key, that number is the chosen one."""
        self._wanted = key or self._wanted
        if key:
            self.filter.clear()
            self._show_lines()
        self.read()

    def read(self) -> None:
        """Read all numbers anew; what is typed stays."""
        self._asked += 1
        mine = self._asked

        def take(rows: Sequence[NumberRow]) -> None:
            if mine == self._asked:
                self.rows = rows
                self._show_lines()

        self._session.follow(self._console.settings.numbers(), take)
        if not self.rows:
            self._say_empty(self._texts.get("ui.settings.reading"))

    def heard(self, changes: ChangeSet) -> None:
        """A number was changed, here or by the partner: the list follows where it stands."""
        if changes.touches("rule_number"):
            self.read()

    # -- showing -----------------------------------------------------------------------------------------------------------
    def chosen(self) -> NumberRow | None:
        """The number on the card; none while the filter fits nothing."""
        if not self._fits:
            return None
        return next((row for row in self.rows if row.key == self._wanted), None)

    def _show_lines(self) -> None:
        lines = words.lines(self._texts, self.rows, self.filter.text(), self.edits.keys())
        self._fits = bool(lines)
        self.list.setVisible(bool(lines))
        self.list.show_lines(lines, self._wanted)
        if lines or not self.rows:
            self.empty.setVisible(not lines)
        else:
            self._say_empty(self._texts.get("ui.settings.nothing_fits", typed=self.filter.text().strip()))
        self._show_card()

    def _say_empty(self, text: str) -> None:
        self.empty.setText(text)
        self.empty.show()
        self.list.hide()

    def _picked(self, key: str) -> None:
        if key:
            self._wanted = key
        self._show_card()

    def _show_card(self) -> None:
        row = self.chosen()
        self.card.setVisible(row is not None)
        if row is None:
            return
        texts, district = self._texts, self._console.district
        facts = words.facts(
            texts, row, district, words.who_may(texts, district), self._console.clock.now_ms()
        )
        typed = self.edits.text(row.key)
        self.card.show_row(row, facts, typed, overtaken=self.edits.overtaken(row))

    # -- changing ----------------------------------------------------------------------------------------------------------
    def enter(self) -> None:
        """To the field of the chosen number."""
        if self.card.editor.isVisible():
            self.card.field.focus()
        elif self.card.dispute.isVisible():
            self.card.dispute.setFocus(Qt.FocusReason.OtherFocusReason)

    def _typed(self, text: str) -> None:
        row = self.chosen()
        if row is None:
            return
        self.card.field.say("")
        if self.edits.put(row, text):
            lines = words.lines(self._texts, self.rows, self.filter.text(), self.edits.keys())
            self.list.show_lines(lines, self._wanted)

    def save(self) -> None:
        """Carry out what was typed; a refusal stands at the field."""
        row = self.chosen()
        if row is None or row.disputed or row.standing == FIXED:
            return
        text = self.card.editor.text()
        value = read_number(text)
        if (
            refusal := self._denial()
        ) is not None:  # before what is wrong with what was typed: it would be in vain
            self._fault(self._session.told(refusal))
        elif value is None:
            key = "ui.settings.needs_number" if text.strip() else "ui.settings.needs_value"
            self._fault(self._texts.get(key))
        elif value == row.value:
            self._fault(self._texts.get("ui.settings.same", value=words.amount(self._texts, row, value)))
        else:
            self._change(row, value)

    def _denial(self) -> Refusal | None:
        """Why whoever is signed in may not change numbers, and who may (XC-06)."""
        from app.usecases.permissions import matrix

        account = self._session.account
        if account is None:
            return None
        return matrix().denial("change_rule_number", account.agency or self._console.agency, account.role_set)

    def to_default(self) -> None:
        """Back to the stated default."""
        row = self.chosen()
        if row is not None and row.value != row.default and self.card.default.isVisible():
            self._change(row, row.default)

    def _change(self, row: NumberRow, value: int) -> None:
        from app.usecases.settings import change_to

        def done(_done: object) -> None:
            self.edits.drop(row.key)
            said = words.amount(self._texts, row, value)
            self.saved.emit(words.name_of(self._texts, row.key), said)
            if self._wanted == row.key:
                self.card.editor.clear()
                self.card.field.say("")
            self.read()

        def failed(error: BaseException) -> bool:
            """A refusal belongs to this field, whoever it names; while another number is on the card the bar tells it."""
            if not isinstance(error, Refusal) or self._wanted != row.key or not self.isVisible():
                return False
            self._fault(self._session.told(error))
            return True

        self._session.act(change_to(row.key, value), done, failed)

    def _history(self) -> None:
        row = self.chosen()
        if row is not None:
            self.history_wanted.emit(row.key, words.name_of(self._texts, row.key))

    def _dispute(self) -> None:
        row = self.chosen()
        if row is not None:
            self.dispute_wanted.emit(row.key)

    def _fault(self, text: str) -> None:
        self.card.field.say(text)
        self.card.field.focus()

    def take_key(self, event: QKeyEvent) -> bool:
        """Ctrl+D back to default, F7 to the disagreement; True if it was one of them."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() == Qt.Key.Key_D:
            self.to_default()
            return True
        return False
