"""The search language in the board's field: what was understood stands as chips below it, names are completed while typing.

Made with the first thing typed, or a while after the first paint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.queries.search_language import Narrow, Query, without
from app.ui.search import understanding, vocabulary
from app.ui.search.chip_row import ChipRow
from app.ui.search.completing import Completing

if TYPE_CHECKING:
    from app.ui.console import Console
    from app.ui.theme.theme import Theme

_SIDE, _FOOT = 12, 8  # px, as the field above
Spell = Callable[[str], tuple[str, ...]]
Words = tuple[tuple[str, ...], ...]


class Asking(QWidget):
    """The row of chips below a field; hidden while nothing but words is typed."""

    def __init__(self, console: Console, theme: Theme, field: QLineEdit, before: QWidget) -> None:
        """`before`: from where Tab goes to the first chip."""
        super().__init__()
        self._console, self._field = console, field
        self._language, self._texts = vocabulary.language(console), console.texts
        self.query = Query()
        self._day = vocabulary.today(console)  # that what stands there was understood on
        self.completing = Completing(field, theme, self._offers)
        self.chips = ChipRow(theme, console.texts, before)
        self.chips.removed.connect(lambda item: field.setText(without(field.text(), item)))
        column = QVBoxLayout(self)
        column.setContentsMargins(_SIDE, 0, _SIDE, _FOOT)
        column.addWidget(self.chips)
        self.hide()
        if field.hasFocus():
            self.completing.offer()

    def _offers(self, text: str, cursor: int) -> understanding.Offers:
        return understanding.offers(text, cursor, self._language, self._texts)

    @property
    def day_passed(self) -> bool:
        """True if days were named on another day: yesterday is not what it was."""
        return self.query.narrow.days is not None and vocabulary.today(self._console) != self._day

    def understand(self, spell: Spell | None) -> tuple[Words, Narrow | None]:
        """(words, each with its other spellings; filters or None) of what stands in the field."""
        self._day = vocabulary.today(self._console)
        query = self.query = understanding.read(self._field.text(), self._language, self._day)
        shown = [] if understanding.plain(query) else understanding.chips(query, self._language, self._texts)
        self.chips.show_chips(shown)
        self.setVisible(bool(shown))
        words = tuple(
            (word.text, *(spell(word.text) if spell is not None and not word.quoted else ()))
            for word in query.words
        )
        return tuple(tuple(dict.fromkeys(word)) for word in words), query.narrow or None
