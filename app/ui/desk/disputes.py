"""The disputed fields of the incident desk: a card for each, and for one that was settled elsewhere a line that says by whom
and with which value, instead of a card that is silently gone (D-19, XC-03).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QApplication, QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from app.kernel.clock import Clock
from app.ui.desk import words as says
from app.ui.desk.conflict_card import ConflictCard
from app.ui.desk.data import DeskData
from app.ui.desk.values import Words
from app.ui.desk.words import field_name
from app.ui.history.seen import Teller, decision_of, decision_words, of_values
from app.ui.session import Session
from app.ui.shell.sheet import plain
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.queries.incidents import ConflictRow


class SettledLine(QFrame):
    """One field on which nobody disagrees any more; stays until the desk is left."""

    def __init__(self, texts: Any, field: str) -> None:
        super().__init__()
        self.setObjectName(f"settled.{field}")
        self.setProperty("plane", "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        said = texts.get("ui.desk.conflict.over", field=field_name(texts, field))
        self.label: QLabel = plain(said, tone="muted")
        self.label.setWordWrap(True)
        column.addWidget(self.label)


class Disputes:
    """Cards two in a row, settled ones below them. `focus_lost` is called before what has the focus goes."""

    def __init__(
        self,
        theme: Theme,
        session: Session,
        words: Words,
        clock: Clock,
        grid: QGridLayout,
        focus_lost: Callable[[], None],
    ) -> None:
        self._theme, self._session, self._words, self._clock = theme, session, words, clock
        self._grid, self._focus_lost = grid, focus_lost
        for column in (0, 1):
            grid.setColumnStretch(column, 1)
        self._incident = ""
        self._open: frozenset[str] = frozenset()
        self._accounts: Mapping[str, AccountRow] = {}
        self.cards: list[ConflictCard] = []
        self.settled: dict[str, SettledLine] = {}

    def show(self, data: DeskData) -> None:
        """Cards are made anew only for fields whose values changed, and never while somebody is deciding."""
        if data.row.id != self._incident:
            self._incident = data.row.id
            self._end_all()
        self._accounts = data.accounts
        wanted = says.conflict_fields(data.conflicts)
        self._open = frozenset(wanted)
        for card in tuple(self.cards):
            if not self._stays(card, wanted.get(card.field)):
                self._drop(card)
        kept = {card.field: card for card in self.cards if not card.is_over}
        over = [card for card in self.cards if card.is_over and card.field not in wanted]
        for card in self.cards:
            if card.is_over and card not in over:  # the same field is disputed anew
                self._drop(card)
        self.cards = [kept.get(field) or self._made(field, rows) for field, rows in wanted.items()]
        self.cards += [card for field, card in kept.items() if field not in wanted] + over
        for field in [field for field in self.settled if field in wanted]:
            self._take_away(self.settled.pop(field))
        self._place()

    def leave(self) -> None:
        """The desk is closed: what was settled has been read."""
        for card in [card for card in self.cards if card.is_over]:
            self._drop(card)
        self._forget_settled()

    @property
    def asks_history(self) -> bool:
        """True if the history has something to say here."""
        return bool(self.cards or self.settled)

    def show_history(self, entries: Sequence[Any], now_ms: int) -> None:
        """What the authors of disputed values had seen, and who settled what is settled (XC-03)."""
        teller = Teller(self._words, self._accounts, now_ms)
        for card in self.cards:
            if not card.is_over:
                card.show_seen(of_values(teller, card.rows, entries))
            elif said := self._decided(teller, entries, card.field, "ui.conflicts.decided"):
                card.end(said, settled=True)
        for field, line in self.settled.items():
            if said := self._decided(teller, entries, field, "ui.desk.conflict.settled"):
                line.label.setText(said)

    # -- single cards ------------------------------------------------------------------------------------------------------
    def _stays(self, card: ConflictCard, rows: Sequence[ConflictRow] | None) -> bool:
        """True if a card is kept as it stands; one of a settled field is ended where somebody was deciding in it."""
        if card.is_over or card.is_busy:
            return True
        if rows is not None:
            return card.rows == tuple(rows) or card.is_being_edited()
        if card.is_decided:
            return False
        if card.is_being_edited():
            card.end(self._words.texts.get("ui.conflicts.gone"), settled=True)
            return True
        self.settled[card.field] = SettledLine(self._words.texts, card.field)
        return False

    def _made(self, field: str, rows: Sequence[ConflictRow]) -> ConflictCard:
        card = ConflictCard(
            self._theme,
            self._session,
            self._words,
            rows,
            self._accounts,
            self._clock,
            cautious=field == "status",
        )
        card.resolved.connect(lambda _value, card=card: self._own(card))
        card.forgotten.connect(self.leave)
        return card

    def _own(self, card: ConflictCard) -> None:
        """Decided here: where the rows were read before the act was answered, the card goes now."""
        if card in self.cards and card.field not in self._open:
            self._drop(card)

    def _decided(self, teller: Teller, entries: Sequence[Any], field: str, key: str) -> str:
        entry = decision_of(entries, field)
        return decision_words(teller, entry, field, key) if entry is not None else ""

    # -- layout ------------------------------------------------------------------------------------------------------------
    def _place(self) -> None:
        for index, card in enumerate(self.cards):
            alone = index % 2 == 0 and index == len(self.cards) - 1
            self._grid.addWidget(card, index // 2, index % 2, 1, 2 if alone else 1)
        below = (len(self.cards) + 1) // 2
        for index, line in enumerate(self.settled.values()):
            self._grid.addWidget(line, below + index, 0, 1, 2)

    def _drop(self, card: ConflictCard) -> None:
        focused = QApplication.focusWidget()
        if focused is not None and card.isAncestorOf(focused):
            self._focus_lost()  # before it goes, or the focus falls on whatever stands next
        self.cards.remove(card)
        self._take_away(card)

    def _take_away(self, widget: QWidget) -> None:
        self._grid.removeWidget(widget)
        widget.hide()
        widget.deleteLater()

    def _forget_settled(self) -> None:
        for line in self.settled.values():
            self._take_away(line)
        self.settled.clear()

    def _end_all(self) -> None:
        for card in tuple(self.cards):
            self._drop(card)
        self._forget_settled()
