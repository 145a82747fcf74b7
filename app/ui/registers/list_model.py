"""Lines of a register, page by page, and how one is painted: name and place on two lines, state or kind at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

from app.kernel.texts import Texts
from app.ui.registers.facts import Wording
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.registers import ListedRow, ListPage

ROW_PX = 44
INSET = 12
_CUT = 120
ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1
AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class RegisterModel(QAbstractListModel):
    """`more_wanted` at the end of what is loaded."""

    more_wanted = Signal()

    def __init__(self, wording: Wording, texts: Texts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wording, self._texts = wording, texts
        self.rows: list[ListedRow] = []
        self.entity = "shelter"
        self._more = False

    def show_page(self, entity: str, page: ListPage) -> None:
        """The first page of something else."""
        self.beginResetModel()
        self.entity, self.rows, self._more = entity, list(page.rows), page.more
        self.endResetModel()

    def add_page(self, page: ListPage) -> None:
        """The next page."""
        self._more = page.more
        if page.rows:
            self.beginInsertRows(_ROOT, len(self.rows), len(self.rows) + len(page.rows) - 1)
            self.rows += page.rows
            self.endInsertRows()

    def place_of(self, record_id: str) -> int | None:
        """Where a record stands among what is loaded."""
        return next((at for at, row in enumerate(self.rows) if row.id == record_id), None)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Lines loaded."""
        return 0 if parent.isValid() else len(self.rows)

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """True while there are further pages."""
        return self._more and not parent.isValid()

    def fetchMore(self, parent: AnyIndex) -> None:
        """Ask for the next page, once; it comes later."""
        if self._more:
            self._more = False
            self.more_wanted.emit()

    def words(self, row: ListedRow) -> tuple[str, str, str, str]:
        """(name, second line, word at the right, its tone)."""
        wording, texts = self._wording, self._texts
        name = " ".join((row.name or row.code or row.id)[:_CUT].split())
        place = [wording.street(row.unit_code), row.address or ""]
        if not row.placed:
            place.append(texts.get("ui.registers.unplaced_short"))
        second = texts.get("ui.map.word.dot").join(" ".join(part[:_CUT].split()) for part in place if part)
        if self.entity == "point":
            return name, second, wording.point_kind(row.kind), "muted"
        state = wording.word("enum.shelter_state", row.state)
        if row.capacity:
            figures, tone = wording.occupancy(row.occupied, row.capacity)
            return (
                name,
                second,
                texts.get("ui.registers.state", state=state, figures=figures),
                tone or "muted",
            )
        return name, second, state, "muted"

    def data(self, index: AnyIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Name; all words for screen readers; the row for the painter."""
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return self.words(row)[0]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return " ".join(part for part in self.words(row)[:3] if part)
        return None


class RegisterDelegate(QStyledItemDelegate):
    """Two lines of 20 px in a row of 44."""

    def __init__(self, theme: Theme, model: RegisterModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme, self._model = theme, model

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """All rows alike."""
        return QSize(0, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Ground, icon, words."""
        row, theme = index.data(ROW_ROLE), self._theme
        if row is None:
            return
        box, state = QRectF(option.rect), option.state
        chosen, under = state & QStyle.StateFlag.State_Selected, state & QStyle.StateFlag.State_MouseOver
        painter.save()
        if chosen:
            painter.fillRect(box, theme.raised)
            painter.fillRect(QRectF(box.left(), box.top(), 4, box.height()), theme.accent)
        elif under:
            painter.fillRect(box, theme.hover)
        name, second, word, tone = self._model.words(row)
        icon = theme.pixmap(
            "shelter" if self._model.entity == "shelter" else "point", "text" if row.placed else "muted", 16
        )
        painter.drawPixmap(round(box.left()) + INSET, round(box.top()) + 14, icon)
        left, right = box.left() + INSET + 28, box.right() - INSET
        small = theme.font("small")
        width = QFontMetricsF(small).horizontalAdvance(word)
        painter.setFont(small)
        painter.setPen(theme.colour(tone))
        top = QRectF(left, box.top() + 3, right - left, 20)
        painter.drawText(top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, word)
        self._text(painter, QRectF(left, top.top(), right - left - width - 12, 20), name, "body", "text")
        self._text(painter, QRectF(left, box.top() + 23, right - left, 18), second, "small", "muted")
        painter.restore()

    def _text(self, painter: QPainter, box: QRectF, text: str, size: str, token: str) -> None:
        font = self._theme.font(size)
        painter.setFont(font)
        painter.setPen(self._theme.colour(token))
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, box.width()))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(box, flags, shown)
