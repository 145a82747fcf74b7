"""Names and values offered below a search field while typing; by keys alone, and never in the way of Enter.

Tab takes the marked entry; up and down mark; Enter takes one that was marked by a key, else it does what it always does.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from app.ui.forms.choice import LEAST_WIDTH, Choice, ChoiceList
from app.ui.search.understanding import NOTHING, Offers
from app.ui.theme.theme import Theme

_TAKE = "Tab"
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ARROWS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class Completing(QObject):
    """Over one field; `offers` tells what could stand at the cursor."""

    def __init__(self, field: QLineEdit, theme: Theme, offers: Callable[[str, int], Offers]) -> None:
        super().__init__(field)
        self._field, self._theme, self._offers_of = field, theme, offers
        self._offers = NOTHING
        self._chosen = False  # an entry was marked by an arrow key
        self._list: ChoiceList | None = None
        field.installEventFilter(self)
        field.textEdited.connect(lambda _text: self.offer())

    @property
    def offered(self) -> list[Choice]:
        """Entries shown now."""
        return self._list.entries if self._list is not None and self._list.isVisible() else []

    def offer(self) -> None:
        """Show what fits, or put the list away."""
        self._offers = self._offers_of(self._field.text(), self._field.cursorPosition())
        self._chosen = False
        if not self._offers.entries:
            self.close()
            return
        hanging = self._hanging()
        hanging.show_entries(self._offers.entries, self._offers.typed)
        hanging.setFixedWidth(min(max(self._field.width(), LEAST_WIDTH), 2 * LEAST_WIDTH))
        hanging.move(self._field.mapTo(self._field.window(), QPoint(0, self._field.height() + 2)))
        hanging.show()
        hanging.raise_()

    def close(self) -> None:
        """Put the list away."""
        if self._list is not None:
            self._list.hide()

    def _hanging(self) -> ChoiceList:
        if self._list is None:
            self._list = ChoiceList(self._theme, self._field.window(), _TAKE)
            self._list.taken.connect(self._take)
        return self._list

    def _take(self, entry: Choice) -> None:
        text, cursor = self._offers.taken(self._field.text(), entry)
        self.close()
        self._field.setText(text)
        self._field.setCursorPosition(cursor)
        self._field.textEdited.emit(text)

    def _mark(self, by: int) -> None:
        assert self._list is not None
        first, self._chosen = not self._chosen, True
        at = self._list.marked + (0 if first and by > 0 else by)  # the first is marked already
        self._list.marked = at % len(self._list.entries)
        self._list.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the list while it is shown; leaving the field puts it away."""
        if event.type() == QEvent.Type.FocusOut or event.type() == QEvent.Type.Hide:
            self.close()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent) or not self.offered:
            return False
        key = event.key()
        if event.modifiers() not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier):
            return False
        if key in _ARROWS:
            self._mark(_ARROWS[Qt.Key(key)])
        elif key == Qt.Key.Key_Tab or (key in _ENTER and self._chosen):
            assert self._list is not None
            self._take(self._list.entries[self._list.marked])
        elif key == Qt.Key.Key_Escape:
            self.close()
        else:
            if key in _ENTER:
                self.close()
            return False
        return True
