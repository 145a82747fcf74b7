"""Lines of the result list: heads, records, and what says that there are more; and how they are painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.queries.search import Kind
from app.ui.search.lines import Line, Marks
from app.ui.shell.sheet import tip
from app.ui.theme.chips import paint_hint
from app.ui.theme.shapes import NUMERALS
from app.ui.theme.theme import Theme

ROW_PX, HEAD_PX = 48, 28
INSET, TEXT_AT, LEVEL_AT = 12, 64, 12
ENTRY_ROLE = int(Qt.ItemDataRole.UserRole) + 1
AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_CUT = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True)
class Head:
    """Name of a kind with its count; `key` leads to all of it."""

    kind: Kind
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Recent:
    """A search that was made before."""

    text: str


Entry = Head | Line | Recent


class ResultModel(QAbstractListModel):
    """`more_wanted` at the end of what is loaded."""

    more_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.can_more = False

    def show_entries(self, entries: Sequence[Entry], *, can_more: bool = False) -> None:
        """Other entries."""
        self.beginResetModel()
        self.entries, self.can_more = list(entries), can_more
        self.endResetModel()

    def add(self, lines: Sequence[Line], *, can_more: bool) -> None:
        """The next page."""
        self.can_more = can_more
        if lines:
            self.beginInsertRows(_ROOT, len(self.entries), len(self.entries) + len(lines) - 1)
            self.entries += lines
            self.endInsertRows()

    def rename(self, heads: dict[Kind, Head]) -> None:
        """Heads with their counts, where they stand."""
        for at, entry in enumerate(self.entries):
            if isinstance(entry, Head) and entry.kind in heads and heads[entry.kind] != entry:
                self.entries[at] = heads[entry.kind]
                self.dataChanged.emit(self.index(at), self.index(at))

    def first(self) -> int:
        """The first entry that can be chosen, -1 without any."""
        return self.step(-1, 1)

    def step(self, at: int, by: int) -> int:
        """The next entry behind a place that can be chosen; the place itself where there is none."""
        to = at + by
        while 0 <= to < len(self.entries):
            if not isinstance(self.entries[to], Head):
                return to
            to += by
        return at

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Entries loaded."""
        return 0 if parent.isValid() else len(self.entries)

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """True while there are further pages."""
        return self.can_more and not parent.isValid()

    def fetchMore(self, parent: AnyIndex) -> None:
        """Ask for the next page, once; it comes later."""
        if self.can_more:
            self.can_more = False
            self.more_wanted.emit()

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Heads cannot be chosen."""
        if index.isValid() and isinstance(self.entries[index.row()], Head):
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: AnyIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Words for copying and screen readers; the entry for the painter."""
        if not index.isValid():
            return None
        entry = self.entries[index.row()]
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(entry, Line):
            return tip(f"{entry.first}\n{entry.second}")  # painted short where there is no room
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if isinstance(entry, Line):
                return " ".join(part for part in (entry.first, entry.second, entry.at, entry.side) if part)
            return entry.text
        return None


def elided(text: str, found: Marks, metrics: QFontMetricsF, width: float) -> tuple[str, Marks]:
    """A text that fits, with those of its marks that are still seen."""
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, width))
    kept = len(shown) - len(_CUT) if shown != text else len(shown)
    return shown, tuple((start, min(end, kept)) for start, end in found if start < kept)


class ResultDelegate(QStyledItemDelegate):
    """Rows of 48 px: level or icon at the left, two lines, words at the right; hits on the accent's ground, underlined."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Heads are lower."""
        entry = index.data(ENTRY_ROLE)
        return QSize(0, ROW_PX if isinstance(entry, Line) else HEAD_PX if isinstance(entry, Head) else 32)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """One entry."""
        entry, box = index.data(ENTRY_ROLE), QRectF(option.rect)
        painter.save()
        if isinstance(entry, Head):
            self._head(painter, box, entry)
        elif entry is not None:
            self._ground(painter, option, box)
            if isinstance(entry, Recent):
                self._recent(painter, box, entry)
            else:
                self._line(painter, box, entry)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, box: QRectF) -> None:
        theme = self._theme
        if option.state & QStyle.StateFlag.State_Selected:
            raised = theme.raised != theme.surface  # in light themes it is not
            painter.fillRect(box, theme.raised if raised else theme.accbg)
            painter.fillRect(QRectF(box.left(), box.top(), 4, box.height()), theme.accent)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, theme.hover)

    def _head(self, painter: QPainter, box: QRectF, entry: Head) -> None:
        theme = self._theme
        painter.fillRect(box, theme.canvas)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.muted)
        painter.drawText(box.adjusted(INSET, 0, -INSET, 0), Qt.AlignmentFlag.AlignVCenter, entry.text)
        if entry.hint:
            paint_hint(painter, box.right() - INSET, box.center().y(), theme, entry.hint, theme.muted)

    def _recent(self, painter: QPainter, box: QRectF, entry: Recent) -> None:
        theme = self._theme
        painter.drawPixmap(
            round(box.left()) + INSET, round(box.center().y()) - 8, theme.pixmap("clock", "muted", 16)
        )
        self._words(painter, box.adjusted(40, 0, -INSET, 0), entry.text, (), "body", "text")

    def _line(self, painter: QPainter, box: QRectF, line: Line) -> None:
        theme = self._theme
        top = QRectF(box.left() + TEXT_AT, box.top() + 4, box.width() - TEXT_AT - INSET, 20)
        low = QRectF(top.left(), box.top() + 26, top.width(), 18)
        self._sign(painter, box, line)
        for row, words in ((top, line.at), (low, line.side)):
            painter.setFont(theme.font("small"))
            painter.setPen(theme.muted)
            painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
            if words:
                row.setRight(row.right() - QFontMetricsF(theme.font("small")).horizontalAdvance(words) - 12)
        ink = "muted" if line.dim else "text"
        self._words(painter, top, line.first, line.first_marks, "body", ink, struck=line.struck)
        self._words(painter, low, line.second, line.second_marks, "small", "muted")

    def _sign(self, painter: QPainter, box: QRectF, line: Line) -> None:
        theme, x, y = self._theme, round(box.left()) + LEVEL_AT, round(box.top())
        if not line.level:
            painter.drawPixmap(x, y + 6, theme.pixmap(line.icon, "muted", 16))
            return
        painter.drawPixmap(x, y + 7, theme.level_shape(line.level, 14))
        numeral = NUMERALS.get(line.level, "")
        painter.setFont(theme.font("table", True))
        painter.setPen(theme.colour(line.level) if numeral else theme.muted)
        painter.drawText(QRectF(x + 20, y + 4, 28, 20), Qt.AlignmentFlag.AlignVCenter, numeral)

    def _words(
        self,
        painter: QPainter,
        box: QRectF,
        text: str,
        found: Marks,
        size: str,
        token: str,
        *,
        struck: bool = False,
    ) -> None:
        theme = self._theme
        font = theme.font(size)
        if struck:
            font = type(font)(font)
            font.setStrikeOut(True)
        metrics = QFontMetricsF(font)
        shown, seen = elided(text, found, metrics, box.width())
        for start, end in seen:
            left = box.left() + metrics.horizontalAdvance(shown[:start])
            width = metrics.horizontalAdvance(shown[:end]) - metrics.horizontalAdvance(shown[:start])
            painter.fillRect(QRectF(left, box.top() + 1, width, box.height() - 2), theme.accbg)
            painter.fillRect(QRectF(left, box.bottom() - 2, width, 1.5), theme.accent)
        painter.setFont(font)
        painter.setPen(theme.colour(token))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(box, flags, shown)
