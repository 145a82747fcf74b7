"""The clock strip on top of the wall: time in the largest figures, day, clocks of what is discussed, how the line stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.ui.shell.runs import Painter, Run, words
from app.ui.theme.theme import Theme
from app.ui.wall.column import DRAWN_BODY, INSET

HEIGHT = 216
_GAP = 64
Lines = tuple[tuple[Run, ...], tuple[Run, ...]]


class Strip(QWidget):
    """216 units high. Cards stand at the right, each two lines; those there is no room for are left out, the first one first."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("wallStrip")
        self._theme, self._painter = theme, Painter(theme)
        self._time, self._day = "", ((), ())  # type: tuple[str, Lines]
        self._cards: tuple[Lines, ...] = ()
        self.left_out = 0

    @property
    def unit(self) -> float:
        """Px of one unit of the drawn wall."""
        return self._theme.px("body") / DRAWN_BODY

    def show_now(self, time: str, day: Lines, cards: Sequence[Lines]) -> None:
        """A second has passed."""
        if (time, day, tuple(cards)) == (self._time, self._day, self._cards):
            return
        self._time, self._day, self._cards = time, day, tuple(cards)
        self.setAccessibleName("\n".join(self.said()))
        self.update()

    def said(self) -> list[str]:
        """Everything that is read here."""
        return [
            self._time,
            *(text for pair in (self._day, *self._cards) for line in pair if (text := words(line))),
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """From the left the time and the day, from the right the cards."""
        theme, painter, unit = self._theme, QPainter(self), self.unit
        painter.fillRect(event.rect(), theme.surface)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("clock", True))
        painter.setPen(theme.text)
        wide = QFontMetricsF(theme.font("clock", True)).horizontalAdvance("00:00:00")
        left, high = INSET * unit, float(self.height())
        painter.drawText(QRectF(left, 0, wide + 4, high), Qt.AlignmentFlag.AlignVCenter, self._time)
        left += wide + _GAP * unit
        left += self._two_lines(painter, self._day, left) + _GAP * unit
        right = self.width() - INSET * unit
        self.left_out = 0
        for at, card in enumerate(reversed(self._cards)):
            needs = self._wide(card)
            if right - needs < left:
                self.left_out = len(self._cards) - at
                break
            self._two_lines(painter, card, right - needs)
            right -= needs + _GAP * unit
            if at + 1 < len(self._cards) and right > left:
                painter.setPen(QPen(theme.line, max(1.0, 2 * unit)))
                x = round(right + _GAP * unit / 2)
                painter.drawLine(x, round(32 * unit), x, round(high - 32 * unit))
        painter.end()

    def _scaled(self, line: Sequence[Run]) -> list[Run]:
        return [replace(run, gap=round(run.gap * self.unit)) for run in line]

    def _wide(self, card: Lines) -> float:
        return max(self._painter.total(self._scaled(line)) for line in card)

    def _two_lines(self, painter: QPainter, card: Lines, x: float) -> float:
        wide, half, ratio = self._wide(card), self.height() / 2, self.devicePixelRatioF()
        for at, line in enumerate(card):
            top = 16 * self.unit if at == 0 else half - 8 * self.unit
            area = QRectF(x, top, wide + 1, half - 8 * self.unit)
            self._painter.paint(painter, self._scaled(line), area, ratio)
        return wide
