"""Chips painted by delegates and panels: own agency outlined, the partner's filled, the command post dashed."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.ui.theme.theme import Theme

RADIUS = 4
KBD_RADIUS = 3
PADDING = 12  # width = advance of the text + this


class Look(Enum):
    """How a chip looks: (border token, dashed, background token, text token)."""

    OUTLINED = ("muted", False, None, "text")
    FILLED = (None, False, "fill", "text")
    DASHED = ("muted", True, None, "text")
    WARN = (None, False, "warnbg", "warn")
    BAD = (None, False, "bad", "ink")

    @property
    def ink(self) -> str:
        """Token of the text on it."""
        return str(self.value[3])


def paint_plate(painter: QPainter, rect: QRectF, theme: Theme, look: Look) -> QColor:
    """Paint a chip without its text; returns the colour for the text."""
    border, dashed, back, _ = look.value
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if border is None:
        painter.setPen(Qt.PenStyle.NoPen)
    else:
        pen = QPen(theme.colour(border), 1)
        if dashed:
            pen.setDashPattern([3, 2])
        painter.setPen(pen)
        rect = rect.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setBrush(Qt.BrushStyle.NoBrush if back is None else theme.colour(back))
    painter.drawRoundedRect(rect, RADIUS, RADIUS)
    return theme.colour(look.ink)


def hint_width(theme: Theme, hint: str) -> float:
    """Width in px of a key hint as painted by `paint_hint`; 0 for none."""
    return QFontMetricsF(theme.font("axis")).horizontalAdvance(hint) + 10 if hint else 0.0


def paint_hint(painter: QPainter, right: float, middle: float, theme: Theme, hint: str, ink: QColor) -> None:
    """Paint a key hint (kbd) that ends at `right`, centred on `middle`: 11 px in a thin box."""
    width, height = hint_width(theme, hint), theme.px("axis") + 7
    box = QRectF(right - width, middle - height / 2, width, height).adjusted(0.5, 0.5, -0.5, -0.5)
    faded = QColor(ink)
    faded.setAlphaF(0.78 * ink.alphaF())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(faded, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box, KBD_RADIUS, KBD_RADIUS)
    painter.setFont(theme.font("axis"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, hint)
