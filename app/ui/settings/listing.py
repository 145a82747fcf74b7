"""The list of rule numbers: subjects as headings, a number in two lines with its value at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.settings.words import Line
from app.ui.shell.sheet import tip
from app.ui.theme.theme import Theme

ROW_PX, HEAD_PX, INSET = 44, 32, 12
LINE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class NumberModel(QAbstractListModel):
    """Headings cannot be chosen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: Sequence[Line] = ()

    def show(self, lines: Sequence[Line]) -> bool:
        """Take other lines; False when the numbers are the same ones: they are repainted where they stand."""
        same = [line.key for line in lines] == [line.key for line in self.lines]
        if same:
            self.lines = lines
            if lines:
                self.dataChanged.emit(self.index(0), self.index(len(lines) - 1))
            return False
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()
        return True

    def place_of(self, key: str) -> int:
        """Where a number stands, -1 for nowhere."""
        return next((at for at, line in enumerate(self.lines) if key and line.key == key), -1)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Lines."""
        return 0 if parent.isValid() else len(self.lines)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """A heading is passed over."""
        if index.isValid() and not self.lines[index.row()].key:
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)

    def data(self, index: AnyIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Name; all words for screen readers; the line for the painter."""
        if not index.isValid():
            return None
        line = self.lines[index.row()]
        if role == LINE_ROLE:
            return line
        if role == Qt.ItemDataRole.DisplayRole:
            return line.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip("\n".join(part for part in (line.name, line.value, line.second) if part))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return " ".join(part for part in (line.name, line.value, line.second) if part)
        return None


class NumberDelegate(QStyledItemDelegate):
    """Paints a heading or a number."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """A heading is lower."""
        line = index.data(LINE_ROLE)
        return QSize(0, ROW_PX if line is not None and line.key else HEAD_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Ground, words, value."""
        line, theme = index.data(LINE_ROLE), self._theme
        if line is None:
            return
        box = QRectF(option.rect)
        painter.save()
        if not line.key:
            painter.setFont(theme.font("small", True))
            painter.setPen(theme.colour("muted"))
            low = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
            painter.drawText(box.adjusted(INSET, 0, -INSET, -6), low, line.name)
            painter.restore()
            return
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, theme.raised)
            painter.fillRect(QRectF(box.left(), box.top(), 4, box.height()), theme.accent)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, theme.hover)
        left, right, font = box.left() + INSET, box.right() - INSET, theme.font("body", True)
        width = QFontMetricsF(font).horizontalAdvance(line.value)
        painter.setFont(font)
        painter.setPen(theme.colour("text"))
        ends = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(left, box.top() + 3, right - left, 20), ends, line.value)
        self._text(
            painter, QRectF(left, box.top() + 3, right - left - width - 12, 20), line.name, "body", "text"
        )
        if line.icon:
            mark = theme.pixmap(line.icon, line.tone, 14)
            painter.drawPixmap(round(left), round(box.top()) + 25, mark)
            left += 18
        tone = "muted" if line.tone == "text" else line.tone
        self._text(painter, QRectF(left, box.top() + 23, right - left, 18), line.second, "small", tone)
        painter.restore()

    def _text(self, painter: QPainter, box: QRectF, text: str, size: str, token: str) -> None:
        font = self._theme.font(size)
        painter.setFont(font)
        painter.setPen(self._theme.colour(token))
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, box.width()))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(box, flags, shown)


class NumberList(QListView):
    """`picked(key)`: another number is the chosen one."""

    picked = Signal(str)

    def __init__(self, theme: Theme, called: str) -> None:
        super().__init__()
        self.setObjectName("settingsNumbers")
        self.setAccessibleName(called)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.numbers = NumberModel(self)
        self.setModel(self.numbers)
        self.setItemDelegate(NumberDelegate(theme, self))
        self.selectionModel().currentChanged.connect(self._changed)
        theme.changed.connect(self.viewport().update)

    @property
    def chosen(self) -> str:
        """Key of the chosen number, empty for none."""
        at = self.currentIndex().row()
        return self.numbers.lines[at].key if 0 <= at < len(self.numbers.lines) else ""

    def show_lines(self, lines: Sequence[Line], wanted: str) -> None:
        """Show these; the number wanted stays the chosen one, or the first there is becomes it."""
        top = self.verticalScrollBar().value()
        selection = self.selectionModel()
        selection.blockSignals(True)
        anew = self.numbers.show(lines)
        selection.blockSignals(False)
        at = self.numbers.place_of(wanted)
        if at < 0:
            at = next((place for place, line in enumerate(lines) if line.key), -1)
        if at >= 0 and (anew or at != self.currentIndex().row()):
            self._go(at)
        elif at < 0:
            self.picked.emit("")
        if not anew:
            self.verticalScrollBar().setValue(top)

    def choose(self, key: str) -> bool:
        """Make a number the chosen one; False when it is not in the list."""
        at = self.numbers.place_of(key)
        if at >= 0:
            self._go(at)
        return at >= 0

    def step(self, by: int) -> None:
        """To the next or the previous number, over headings."""
        at, lines = self.currentIndex().row() + by, self.numbers.lines
        while 0 <= at < len(lines) and not lines[at].key:
            at += by
        if 0 <= at < len(lines):
            self._go(at)

    def _go(self, at: int) -> None:
        index = self.numbers.index(at)
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.scrollTo(index)

    def _changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid() and self.numbers.lines[now.row()].key:
            self.picked.emit(self.numbers.lines[now.row()].key)
