"""How a search was understood: a row of chips below the field, each of which can be taken away by mouse or by keys."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.shell.sheet import tip

if TYPE_CHECKING:
    from app.kernel.texts import Texts
    from app.ui.search.understanding import ChipWords
    from app.ui.theme.theme import Theme

HEIGHT, GAP, LINES = 28, 6, 4
LONGEST = 220  # px of one chip
_CROSS = 10
_REMOVING = (
    Qt.Key.Key_Delete,
    Qt.Key.Key_Backspace,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
)


class ChipButton(QPushButton):
    """One chip: Delete, Backspace or Enter take it away, arrows go to the next."""

    stepped = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of a chip; all others go on."""
        key = event.key()
        if key in _REMOVING:
            self.click()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepped.emit(1 if key == Qt.Key.Key_Right else -1)
        else:
            super().keyPressEvent(event)


class ChipRow(QWidget):
    """`removed(item)`: the text without it is wanted. As high as its chips, four lines at most; hidden without any."""

    removed = Signal(object)

    def __init__(self, theme: Theme, texts: Texts, before: QWidget) -> None:
        """`before`: from where Tab goes to the first chip."""
        super().__init__()
        self._theme, self._texts, self._before = theme, texts, before
        self.setObjectName("searchChips")
        self.setAccessibleName(texts.get("ui.search.chip.row"))
        self.buttons: list[ChipButton] = []
        self._words: tuple[ChipWords, ...] = ()
        theme.changed.connect(self._dress)
        self.hide()

    def show_chips(self, words: Sequence[ChipWords]) -> None:
        """Show these chips; a focus that stood on one stays in the row."""
        if tuple(words) == self._words:
            self._words = tuple(words)
            return
        focused = next((at for at, button in enumerate(self.buttons) if button.hasFocus()), -1)
        self._words = tuple(words)
        for button in self.buttons:
            button.hide()
            button.deleteLater()
        self.buttons = [self._button(at, each) for at, each in enumerate(self._words)]
        self._dress()
        self._arrange()
        self.setVisible(bool(self.buttons))
        for before, after in pairwise((self._before, *self.buttons)):
            QWidget.setTabOrder(before, after)
        if focused >= 0 and self.buttons:
            self.buttons[min(focused, len(self.buttons) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)

    def texts_shown(self) -> list[str]:
        """Words of the chips."""
        return [each.text for each in self._words]

    def _button(self, at: int, words: ChipWords) -> ChipButton:
        button = ChipButton(self)
        button.setProperty("kind", "chip")
        button.setProperty("tone", words.tone)
        button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the cross stands behind the words
        button.setIconSize(QSize(_CROSS, _CROSS))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        whole = " ".join(words.text.split())
        metrics = button.fontMetrics()
        short = metrics.elidedText(whole, Qt.TextElideMode.ElideMiddle, LONGEST)
        button.setText(short.replace("&", "&&"))
        button.setToolTip(tip(words.tip or (whole if short != whole else "")))
        button.setAccessibleName(self._texts.get("ui.search.chip.remove", what=whole))
        button.clicked.connect(lambda: self.removed.emit(self._words[at].item))
        button.stepped.connect(lambda by: self._step(at + by))
        button.show()
        return button

    def _step(self, at: int) -> None:
        if 0 <= at < len(self.buttons):
            self.buttons[at].setFocus(Qt.FocusReason.OtherFocusReason)

    def _dress(self) -> None:
        for button, words in zip(self.buttons, self._words, strict=True):
            button.setIcon(self._theme.icon("cross", words.tone or "muted", _CROSS))

    def _arrange(self) -> None:
        """One after the other, the next line where one is full; what is left over is cut off by the row's height."""
        x = y = 0
        for button in self.buttons:
            width = min(button.sizeHint().width(), max(1, self.width()))
            if x and x + width > self.width():
                x, y = 0, y + HEIGHT + GAP
            button.setGeometry(x, y, width, HEIGHT)
            x += width + GAP
        self.setFixedHeight(min(LINES * (HEIGHT + GAP) - GAP, y + HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lines follow the width."""
        super().resizeEvent(event)
        self._arrange()
