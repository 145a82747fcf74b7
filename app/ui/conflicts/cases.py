"""Disagreements: the list at the left, at the right the card in which one is decided (XC-03, D-19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.ui.conflicts.listing import Line, LineList
from app.ui.desk.conflict_card import ConflictCard
from app.ui.desk.figures import disputed_words, is_figure
from app.ui.desk.values import Words
from app.ui.desk.words import field_name
from app.ui.history.lines import AGAINST
from app.ui.history.seen import Teller, decision_of, decision_words, of_values
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.sheet import plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.queries.conflicts import ConflictCase
    from app.ui.shell.ports import SiteDoor

LIST_WIDTH = 380
ASKER = "conflicts"


def case_line(words: Words, case: ConflictCase, now_ms: int) -> Line:
    """A disagreement in two lines: what it is about and since when, then the values, as both rooms read them."""
    about = " ".join(
        part for part in (field_name(words.texts, case.field), record_words(words, case)) if part
    )
    return Line(
        case.key, "bolt", "warn", about, moments.day_clock(case.written_at, now_ms), values_words(words, case)
    )


def record_words(words: Words, case: ConflictCase) -> str:
    """The record: an incident by place and event, anything else by its name."""
    if case.entity == "incident":
        return case.title or case.no or ""
    kind = f"entity.{case.entity}"
    name = words.texts.get(kind) if words.texts.has(kind) else case.entity
    rule = f"enum.rule_key.{case.name}"
    known = words.texts.get(rule) if words.texts.has(rule) else case.name
    return " ".join(part for part in (case.title, name, known) if part)


def values_words(words: Words, case: ConflictCase) -> str:
    """What stands against each other; of a figure only the numbers (D-19)."""
    if is_figure(case.field):
        numbers = {row.value[0] for row in case.rows if isinstance(row.value, list) and row.value}
        return disputed_words(words.texts, sorted(n for n in numbers if isinstance(n, int)))
    said = [words.value(case.field, row.value) for row in case.rows]
    return AGAINST.join(said)


class CasesView(QWidget):
    """`decided` tells what was settled, in words; `incident_wanted(id)`, `history_wanted(entity, id, title, field)`."""

    decided = Signal(str)
    incident_wanted = Signal(str)
    history_wanted = Signal(str, str, str, str)

    def __init__(self, console: SiteDoor, session: Session, theme: Theme) -> None:
        super().__init__()
        texts = console.texts
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self._words = Words(texts, console.district, console.agency)
        self._cases: Sequence[ConflictCase] = ()
        self._accounts: Mapping[str, AccountRow] = {}
        self.card: ConflictCard | None = None
        self._case: ConflictCase | None = None
        self._filling = self._told_end = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self.list = LineList(theme, "conflictRows", texts.get("ui.conflicts.title"))
        self.list.setFixedWidth(LIST_WIDTH)
        self.list.selectionModel().currentChanged.connect(self._line_changed)
        self.list.activated.connect(lambda _index: self.enter())
        row.addWidget(self.list)
        row.addWidget(self._side(), 1)
        self.empty = plain(texts.get("ui.conflicts.nothing"), tone="muted")
        self.empty.setObjectName("conflictsEmpty")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row.addWidget(self.empty, 1)
        self._show_state()

    def _side(self) -> QWidget:
        texts = self._texts
        self.side = QWidget()
        column = QVBoxLayout(self.side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.title = plain(size="summary")
        self.title.setObjectName("conflictTitle")
        self.title.setWordWrap(True)
        column.addWidget(self.title)
        acts = QHBoxLayout()
        self.open_button = HintButton(self._theme, texts.get("ui.conflicts.to_incident"), icon="alert")
        self.open_button.setObjectName("conflictIncident")
        self.open_button.clicked.connect(self._to_incident)
        self.history_button = HintButton(self._theme, texts.get("ui.history.action"), icon="clock")
        self.history_button.setObjectName("conflictHistory")
        self.history_button.clicked.connect(self._to_history)
        self.number = plain(tone="muted", size="small")
        acts.addWidget(self.number)
        acts.addStretch(1)
        acts.addWidget(self.open_button)
        acts.addWidget(self.history_button)
        column.addLayout(acts)
        self.area = QScrollArea()
        self.area.setObjectName("conflictCardArea")
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.viewport().setProperty("plane", "surface")
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column.addWidget(self.area, 1)
        return self.side

    # -- content -----------------------------------------------------------------------------------------------------------
    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._cases)

    def show_cases(self, cases: Sequence[ConflictCase], accounts: Mapping[str, AccountRow]) -> None:
        """Show what stands open; a card in which somebody is deciding stays as it is."""
        self._cases, self._accounts = cases, accounts
        now = self._console.clock.now_ms()
        self._filling = True
        self.list.show_lines([case_line(self._words, case, now) for case in cases])
        self._filling = False
        if not self._end_if_over():
            self._choose()
        self._show_state()

    def begin(self) -> None:
        """The desk is opened, or another account is here: a card of what others settled meanwhile is no longer shown."""
        if self.card is not None and self.card.is_over:
            self._show_case(None)
            self._choose()

    def select(self, key: tuple[str, str, str] | None) -> None:
        """Choose a disagreement, where it still stands."""
        at = self.list.lines.place_of(key) if key is not None else None
        if at is not None:
            self.list.setCurrentIndex(self.list.lines.index(at))

    def _show_state(self) -> None:
        held = self.card is not None
        self.list.setVisible(bool(self._cases))
        self.side.setVisible(bool(self._cases) or held)
        self.empty.setVisible(not self._cases and not held)

    def _line_changed(self, *_lines: object) -> None:
        if not self._filling:
            self._choose()

    def _choose(self) -> None:
        key = self.list.chosen()
        case = next((each for each in self._cases if each.key == key), None)
        mine, card = self._case, self.card
        if card is not None and card.is_being_edited():
            same = case is not None and mine is not None and case.key == mine.key
            if case is None or (same and not card.is_over):
                return
        if case != mine or (card is not None and card.is_over):
            self._show_case(case)

    def _end_if_over(self) -> bool:
        """Somebody is deciding what others have settled, or of which they have written another value: it is said in the card,
        which stays until another line is chosen or the desk is closed. True while it does.
        """
        mine, card = self._case, self.card
        if mine is None or card is None or not (card.is_over or card.is_being_edited()):
            return False
        standing = next((each for each in self._cases if each.key == mine.key), None)
        if not card.is_over and standing is not None and standing.rows == mine.rows:
            return False
        if not self._told_end:
            self._told_end = standing is None
            key = "ui.conflicts.gone" if standing is None else "ui.conflicts.changed"
            card.end(self._texts.get(key), settled=standing is None)
            if standing is None:
                self._read_decision(mine)
        self._filling = True
        self.list.setCurrentIndex(QModelIndex())  # so that any line can be chosen
        self._filling = False
        return True

    def _read_decision(self, case: ConflictCase) -> None:
        """Who settled it, when, how and why."""

        def take(entries: Sequence[Any]) -> None:
            card = self.card
            entry = decision_of(entries, case.field)
            if card is None or self._case is not case or not card.is_over or entry is None:
                return
            teller = Teller(self._words, self._accounts, self._console.clock.now_ms())
            card.end(decision_words(teller, entry, case.field, "ui.conflicts.decided"), settled=True)

        self._session.follow(self._console.history(case.entity, case.entity_id, f"{ASKER}.decision"), take)

    def _show_case(self, case: ConflictCase | None) -> None:
        self._case, self._told_end = case, False
        focused = QApplication.focusWidget()
        inside = self.card is not None and focused is not None and self.card.isAncestorOf(focused)
        if inside:
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        old, self.card = self.card, None
        if old is not None:
            self.area.takeWidget()
            old.hide()
            old.deleteLater()
        if case is None:
            self.title.setText("")
            self._show_state()
            return
        from app.queries.conflicts import is_cautious

        card = ConflictCard(
            self._theme,
            self._session,
            self._words,
            case.rows,
            self._accounts,
            self._console.clock,
            cautious=is_cautious(case),
        )
        card.resolved.connect(lambda value, case=case: self._decided(case, value))
        card.forgotten.connect(self.begin)
        self.card = card
        holder = QWidget()
        holder.setProperty("plane", "surface")
        holder.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 8, 0)
        column.addWidget(card)
        column.addStretch(1)
        self.area.setWidget(holder)
        self.title.setText(record_words(self._words, case)[:200])
        self.number.setText(case.no or "")
        self.open_button.setVisible(case.incident_id is not None)
        self._show_state()
        self._read_seen(case)

    def _read_seen(self, case: ConflictCase) -> None:
        def take(entries: Sequence[Any]) -> None:
            if self.card is not None and self._case is not None and self._case.key == case.key:
                teller = Teller(self._words, self._accounts, self._console.clock.now_ms())
                self.card.show_seen(of_values(teller, self.card.rows, entries))

        self._session.follow(self._console.history(case.entity, case.entity_id, ASKER), take)

    def _decided(self, case: ConflictCase, value: str) -> None:
        name = field_name(self._texts, case.field)
        if self.card is not None and self._case is not None and self._case.key == case.key:
            self._show_case(None)  # nothing of it is being edited any more
        self.decided.emit(self._texts.get("ui.conflicts.done", field=name, value=value[:60]))

    # -- ways on -----------------------------------------------------------------------------------------------------------
    def enter(self) -> None:
        """From the list into the card: its first value."""
        if self.card is not None and self.card.group.buttons():
            self.card.group.buttons()[0].setFocus(Qt.FocusReason.TabFocusReason)

    def _to_incident(self) -> None:
        if self._case is not None and self._case.incident_id is not None:
            self.incident_wanted.emit(self._case.incident_id)

    def _to_history(self) -> None:
        case = self._case
        if case is not None:
            self.history_wanted.emit(case.entity, case.entity_id, record_words(self._words, case), case.field)
