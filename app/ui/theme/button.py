"""Push button with an icon at the left and its key as a hint at the right; 28 px high, radius 6."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.theme.chips import hint_width, paint_hint
from app.ui.theme.theme import Theme

HEIGHT = 28
RADIUS = 6
ICON = 16
INSET = 10
GAP = 8


class HintButton(QPushButton):
    """Painted by itself with the theme's tokens. kind: primary (one per panel) | secondary | quiet | danger."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        *,
        icon: str = "",
        hint: str = "",
        kind: str = "secondary",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._theme, self._icon, self._hint, self._kind = theme, icon, hint, kind
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self._redress)
        self._redress()

    def _redress(self) -> None:
        self.setFont(self._theme.font("table", bold=self._kind in ("primary", "danger")))
        self.updateGeometry()
        self.update()

    def setHint(self, hint: str) -> None:
        """Change the key shown."""
        self._hint = hint
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for icon, text and hint."""
        return QSize(round(self._content_width()) + 2 * INSET, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """A button never hides its text."""
        return self.sizeHint()

    def _content_width(self, *, icon: bool = True, hint: bool = True) -> float:
        width = QFontMetricsF(self.font()).horizontalAdvance(self.text())
        width += ICON + GAP if self._icon and icon else 0
        return width + (hint_width(self._theme, self._hint) + GAP if self._hint and hint else 0)

    def _shown(self) -> tuple[str, str]:
        """Icon and hint that have room: in a narrow place the words come first, then the icon."""
        room = self.width() - 2 * INSET
        if self._content_width() <= room + 1:
            return self._icon, self._hint
        if self._content_width(hint=False) <= room + 1:
            return self._icon, ""
        return "", ""

    def _colours(self) -> tuple[QColor | None, QColor | None, QColor]:
        """(background, border, ink) for the present state."""
        theme, down = self._theme, self.isDown() or self.isChecked()
        hot = self.isEnabled() and self.underMouse() and not down
        if not self.isEnabled():
            return theme.raised, theme.line, theme.disabled()
        if self._kind == "primary":
            return (theme.accent_strong if hot or down else theme.accent), None, theme.ink
        if self._kind == "danger":
            return (theme.bad_strong if hot or down else theme.bad), None, theme.ink
        if self._kind == "quiet":
            return (theme.hover if hot or down else None), None, theme.text
        return (theme.accbg if down else theme.hover if hot else theme.raised), theme.line, theme.text

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint plate, icon, text, hint and the ring of the keyboard focus."""
        back, border, ink = self._colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.text if self._kind == "primary" else self._theme.accent, 2))
            box.adjust(0.5, 0.5, -0.5, -0.5)
        else:
            painter.setPen(Qt.PenStyle.NoPen if border is None else QPen(border, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush if back is None else back)
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        self._paint_content(painter, ink)
        painter.end()

    def _paint_content(self, painter: QPainter, ink: QColor) -> None:
        icon, hint = self._shown()
        wide = self._content_width(icon=bool(icon), hint=bool(hint))
        least = float(INSET) if wide <= self.width() - 2 * INSET + 1 else 4.0
        left = max(least, (self.width() - wide) / 2)
        middle, right = self.height() / 2, self.width() - left
        if icon:
            token = self._ink_token()
            pixmap = self._theme.pixmap(icon, token, ICON, self.devicePixelRatioF())
            painter.drawPixmap(QPointF(left, middle - ICON / 2), pixmap)
            left += ICON + GAP
        if hint:
            paint_hint(painter, right, middle, self._theme, hint, ink)
            right -= hint_width(self._theme, hint) + GAP
        painter.setFont(self.font())
        painter.setPen(ink)
        area = QRectF(left, 0, right - left, self.height())
        text = QFontMetricsF(self.font()).elidedText(
            self.text(), Qt.TextElideMode.ElideRight, area.width() + 1
        )
        painter.drawText(
            area,
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine,
            text,
        )

    def _ink_token(self) -> str:
        if not self.isEnabled():
            return "disabled"
        return "ink" if self._kind in ("primary", "danger") else "text"
