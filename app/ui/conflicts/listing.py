"""Lines of the conflict desk's two lists: a disagreement, or an act that was not accepted; two lines of text each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.shell.sheet import tip
from app.ui.theme.theme import Theme

ROW_PX = 52
INSET = 12
ICON = 16
_CUT = 200
LINE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class Line:
    """Icon with its token, first line and what stands at its right, second line; `key` tells it from all others."""

    key: Any
    icon: str
    token: str
    first: str
    right: str
    second: str

    def text(self) -> str:
        """All words."""
        return " ".join(part for part in (self.first, self.right, self.second) if part)


class LineModel(QAbstractListModel):
    """A short list, shown whole."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Replace all lines."""
        self.beginResetModel()
        self.lines = list(lines)
        self.endResetModel()

    def place_of(self, key: Any) -> int | None:
        """Where something stands."""
        return next((at for at, line in enumerate(self.lines) if line.key == key), None)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """How many there are."""
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: AnyIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """First line; all words for screen readers and tooltips; the line for the painter."""
        if not index.isValid():
            return None
        line = self.lines[index.row()]
        if role == LINE_ROLE:
            return line
        if role == Qt.ItemDataRole.DisplayRole:
            return line.first
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(line.text())
        return line.text() if role == Qt.ItemDataRole.AccessibleTextRole else None


class LineDelegate(QStyledItemDelegate):
    """Paints a line."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """All alike."""
        return QSize(0, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Ground, icon, words."""
        line, theme = index.data(LINE_ROLE), self._theme
        if line is None:
            return
        box, state = QRectF(option.rect), option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, theme.raised)
            painter.fillRect(QRectF(box.left(), box.top(), 4, box.height()), theme.accent)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, theme.hover)
        pixmap = theme.pixmap(line.icon, line.token, ICON)
        painter.drawPixmap(round(box.left()) + INSET, round(box.top()) + 9, pixmap)
        left, right = box.left() + INSET + ICON + 8, box.right() - INSET
        width = QFontMetricsF(theme.font("small")).horizontalAdvance(line.right)
        self._text(
            painter, QRectF(right - width - 1, box.top() + 6, width + 2, 20), line.right, "small", "muted"
        )
        self._text(
            painter, QRectF(left, box.top() + 6, right - left - width - 12, 20), line.first, "body", "text"
        )
        self._text(painter, QRectF(left, box.top() + 28, right - left, 18), line.second, "small", "muted")
        painter.restore()

    def _text(self, painter: QPainter, box: QRectF, text: str, size: str, token: str) -> None:
        font, plain = self._theme.font(size), " ".join(text[:_CUT].split())
        painter.setFont(font)
        painter.setPen(self._theme.colour(token))
        shown = QFontMetricsF(font).elidedText(plain, Qt.TextElideMode.ElideRight, max(0.0, box.width()))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(box, flags, shown)


class LineList(QListView):
    """The list itself."""

    def __init__(self, theme: Theme, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.lines = LineModel(self)
        self.setModel(self.lines)
        self.setItemDelegate(LineDelegate(theme, self))

    def chosen(self) -> Any:
        """Key of the selected line, None for none."""
        at = self.currentIndex().row()
        return self.lines.lines[at].key if 0 <= at < len(self.lines.lines) else None

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these; what was selected stays so, or the one that takes its place is."""
        if list(lines) == self.lines.lines:
            return
        key, at, top = self.chosen(), self.currentIndex().row(), self.verticalScrollBar().value()
        selection = self.selectionModel()
        selection.blockSignals(True)
        self.lines.show_lines(lines)
        selection.blockSignals(False)
        place = self.lines.place_of(key)
        if lines:
            self.setCurrentIndex(
                self.lines.index(place if place is not None else min(max(at, 0), len(lines) - 1))
            )
        self.verticalScrollBar().setValue(top)
