"""Small parts of the import sheet: the box for a file that is dropped, and the field for its path."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QDropEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.theme.theme import Theme

_MARK_PX, _BAR_PX = 32, 6


class PathField(QLineEdit):
    """Enter reads the file and goes no further, to no button that has the focus since; Ctrl+Enter is the sheet's."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let the sheet have its key."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        super().keyPressEvent(event)
        if enter:
            event.accept()


class Bar(QWidget):
    """How far something is: 6 px high. Painted when the window paints: Qt's own bar repaints the whole window at every step."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFixedHeight(_BAR_PX)
        self._theme = theme
        self.value, self.maximum = 0, 1
        theme.changed.connect(self.update)

    def show_value(self, value: int, maximum: int) -> None:
        """So much of so much."""
        if (value, max(1, maximum)) != (self.value, self.maximum):
            self.value, self.maximum = value, max(1, maximum)
            self.setAccessibleName(f"{self.value}/{self.maximum}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Trough and bar."""
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        box = QRectF(self.rect())
        painter.setBrush(theme.fill)
        painter.drawRoundedRect(box, _BAR_PX / 2, _BAR_PX / 2)
        box.setWidth(box.width() * min(1.0, self.value / self.maximum))
        painter.setBrush(theme.accent)
        painter.drawRoundedRect(box, _BAR_PX / 2, _BAR_PX / 2)
        painter.end()


class DropArea(QWidget):
    """The dashed box a file can be dropped into, with a mark above its words."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._mark, self._token = theme, "tray", "muted"
        self.below: QWidget | None = None
        theme.changed.connect(self.update)

    def show_mark(self, icon: str, token: str) -> None:
        """Another mark."""
        self._mark, self._token = icon, token
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Box and mark; the mark stands above the first words."""
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.line, 1, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        top = self.below.y() if self.below is not None else self.height() // 2
        mark = theme.pixmap(self._mark, self._token, _MARK_PX, self.devicePixelRatioF())
        painter.drawPixmap((self.width() - _MARK_PX) // 2, top - _MARK_PX - 12, mark)
        painter.end()


def dropped_file(event: QDropEvent) -> Path | None:
    """The one local file of a drop."""
    urls = [url for url in event.mimeData().urls() if url.isLocalFile()]
    return Path(urls[0].toLocalFile()) if len(urls) == 1 else None
