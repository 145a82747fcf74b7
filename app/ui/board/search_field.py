"""The board's search field: a magnifier at the left, its key as a hint while it is empty; typing never loses the focus."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.theme.chips import hint_width, paint_hint
from app.ui.theme.theme import Theme

ICON = 14
LONGEST = 100


class SearchField(QLineEdit):
    """`stepped(-1 | 1)` for arrow keys, `accepted` for Enter, `everywhere` for Ctrl+Enter, `left` for Esc in an empty field."""

    stepped = Signal(int)
    accepted = Signal()
    everywhere = Signal()
    left = Signal()

    def __init__(self, theme: Theme, hint: str, key: str, clear: str, parent: QWidget | None = None) -> None:
        """`hint`: what can be typed; `key`: the key that comes here; `clear`: name of the clearing button."""
        super().__init__(parent)
        self._theme, self._key = theme, key
        self.setMaxLength(LONGEST)
        self.setPlaceholderText(hint)
        self.setToolTip(hint)
        self.setTextMargins(ICON + 6, 0, 0, 0)
        self._clear = QAction(clear, self)
        self._clear.triggered.connect(self.clear)
        self._clear.setVisible(False)
        self.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        self.textChanged.connect(self._offer_clear)
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        if self._clear.isVisible():
            self._clear.setIcon(self._theme.icon("cross", "muted"))
        self.update()

    def _offer_clear(self, text: str) -> None:
        self._clear.setVisible(bool(text))
        self._dress()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose in the list, Enter opens, Esc clears and then leaves."""
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.stepped.emit(-1 if key == Qt.Key.Key_Up else 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            (self.everywhere if control else self.accepted).emit()
        elif key == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The field, then magnifier and hint over it."""
        super().paintEvent(event)
        painter = QPainter(self)
        magnifier = self._theme.pixmap("search", "muted", ICON, self.devicePixelRatioF())
        painter.drawPixmap(QPointF(9, (self.height() - ICON) / 2), magnifier)
        room = self.width() - hint_width(self._theme, self._key) - 8
        words = self.fontMetrics().horizontalAdvance(self.placeholderText()) + ICON + 20
        if self._key and not self.text() and words < room:
            paint_hint(
                painter, self.width() - 8, self.height() / 2, self._theme, self._key, self._theme.muted
            )
        painter.end()
