"""Chips painted by delegates and panels: own agency outlined, the partner's filled, the command post dashed; a label that says
when something of it is missing (here because each module before the first paint costs time).
"""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QStyle, QStyleOption

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


def tip(text: str) -> str:
    """A tooltip that shows its text as it stands: Qt would otherwise guess whether it is markup."""
    plain = text
    for mark, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        plain = plain.replace(mark, written)  # the module html is not loaded before the board is painted
    lines = "<br>".join(plain.splitlines())
    return f"<span>{lines}</span>" if lines else ""


class PlainLabel(QLabel):
    """A line that has too little room ends in an ellipsis, and its tooltip says all of it; a label that wraps has all of it."""

    _told = ""  # the tooltip that is ours

    def paintEvent(self, event: QPaintEvent) -> None:
        """As a label does, unless the line is cut off."""
        room, text, metrics = self.contentsRect(), self.text(), QFontMetrics(self.font())
        one_line = not self.wordWrap() and "\n" not in text and self.pixmap().isNull()
        cut = one_line and metrics.horizontalAdvance(text) > room.width() > 0
        self._tell(tip(text) if cut else "")
        if not cut or self.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse:
            super().paintEvent(event)
            return
        painter, option = QPainter(self), QStyleOption()
        option.initFrom(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, self.alignment() | Qt.TextFlag.TextSingleLine, short)
        painter.end()

    def _tell(self, wanted: str) -> None:
        if self.toolTip() == self._told != wanted:
            self.setToolTip(wanted)
            self._told = wanted
