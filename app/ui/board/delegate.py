"""Painting of the board's rows: two lines, 48 px (44 on small screens), everything cached but the clock (mock/NOTES).

x: bar 4 | 12 level 44 | 56 clock 84 | 140 text, right inset 12.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import (
    QElapsedTimer,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap, QStaticText
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.queries.board_view import BoardRow
from app.ui.board.arrange import Head
from app.ui.board.model import BoardModel
from app.ui.board.wording import Shown
from app.ui.theme.chips import PADDING, Look, paint_plate
from app.ui.theme.shapes import NUMERALS
from app.ui.theme.theme import Theme

ROW, SMALL_ROW, HEAD = 48, 44, 24
BAR = 4
LEVEL_X, LEVEL_SIZE, NUMERAL_X = 12, 14, 31
CLOCK_X, CLOCK_W = 56, 84
TEXT_X, INSET = 140, 12
LINE_1, LINE_1_H = 4, 20
LINE_2, SMALL_LINE_2, LINE_2_H = 28, 24, 16
HANG = 5  # the plate of an overdue clock hangs out so that its digits stay in the column
CHIP_H, SMALL_CHIP_H = 18, 16
GAP = 8
SIGN = 12
_CACHED = 4_000
FRAME_MS = 14  # a frame begins no further new row after this time, but one at least
JUST_MS = 3_000
PICTURES = 60  # of rows: 85 KB each at a scale of 1


class RowLook(NamedTuple):
    """What of a row's look does not come from its words."""

    selected: bool
    hot: bool
    overdue: bool


class Ink(NamedTuple):
    """Size of the type scale, weight, token of the colour."""

    size: str
    bold: bool
    token: str


SMALL = Ink("small", False, "muted")
TITLE, DIM_TITLE = Ink("body", False, "text"), Ink("body", False, "muted")
STILL = Ink("countdown", False, "muted")
CALM, AMBER, OVERDUE = (
    Ink("countdown", False, "good"),
    Ink("countdown", True, "warn"),
    Ink("countdown", True, Look.BAD.ink),
)
USUAL_PARTS = frozenset({"number", "state", "owed", "seen"})
AnyIndex = QModelIndex | QPersistentModelIndex


def clock_rect(row: QRect) -> QRect:
    """The part of a row that a tick repaints."""
    return QRect(row.left() + CLOCK_X - HANG, row.top(), CLOCK_W + HANG, row.height())


class BoardDelegate(QStyledItemDelegate):
    """Paints rows and heads of a BoardModel. `now` tells the moment; the view sets `inset` to the room at the
    right."""

    def __init__(self, theme: Theme, model: BoardModel, now: Callable[[], int]) -> None:
        super().__init__(model)
        self._theme, self._model, self._now = theme, model, now
        self.small = False
        self._parts = USUAL_PARTS
        self.inset = INSET
        self._texts: dict[tuple[str, str, bool, int], tuple[QStaticText, float, float]] = {}
        self._metrics: dict[tuple[str, bool], QFontMetricsF] = {}
        self._pictures: dict[tuple[object, ...], tuple[Shown, QPixmap]] = {}
        self._frame = QElapsedTimer()
        self._made = 0  # pictures painted anew in this frame
        self._behind = False
        self._shown_once = False  # the first frame of all is whole, however long it takes
        theme.changed.connect(self.forget)

    def forget(self) -> None:
        """Theme changed: nothing cached holds."""
        self._texts.clear()
        self._metrics.clear()
        self._pictures.clear()

    def show_parts(self, parts: frozenset[str]) -> None:
        """What the second line shows; disagreements stand in the first one, always."""
        if parts != self._parts:
            self._parts = parts
            self._pictures.clear()

    def begin_frame(self) -> None:
        """The list begins to paint."""
        self._shown_once = bool(self._pictures)
        self._frame.start()
        self._made = 0
        self._behind = False

    @property
    def behind(self) -> bool:
        """True when rows of this frame had to wait for the next one: a screen full of new ones is no reason to stall."""
        return self._behind

    # -- sizes -------------------------------------------------------------------------------------------------------
    def height_of(self, at: int) -> int:
        """Height in px of a row of the model."""
        return HEAD if isinstance(self._model.item(at), Head) else self.row_height

    @property
    def row_height(self) -> int:
        """Height in px of an incident."""
        return SMALL_ROW if self.small else ROW

    def tick_rect(self, at: int, rect: QRect) -> QRect:
        """What a tick repaints of a row: its clock; all of it when its time has just run out."""
        item = self._model.item(at)
        over = self._now() - item.due_at if not isinstance(item, Head) and item.due_at is not None else -1
        return rect if 0 < over < JUST_MS else clock_rect(rect)

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """As wide as the view; see `height_of`."""
        return QSize(0, self.height_of(index.row()))

    # -- painting ----------------------------------------------------------------------------------------------------
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a row from its picture, and its countdown over it; while a row fades all of it is painted."""
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        item = self._model.item(index.row())
        if isinstance(item, Head):
            self._paint_head(painter, rect, item)
            return
        look = RowLook(
            selected=bool(state & QStyle.StateFlag.State_Selected),
            hot=bool(state & QStyle.StateFlag.State_MouseOver),
            overdue=bool(item.open) and item.due_at is not None and item.due_at < self._now(),
        )
        shown, strength = self._model.shown(item), self._model.tint_of(item.id)
        if strength and not self._late():
            self._made += 1
            self._paint_still(painter, rect, shown, look, strength)
        elif (picture := self._picture(item.id, shown, look, rect, painter)) is not None:
            painter.drawPixmap(rect.topLeft(), picture)
        else:
            painter.fillRect(rect, self._theme.surface)
            return
        self._paint_countdown(painter, rect, item, shown)

    def _late(self) -> bool:
        late = self._shown_once and self._made > 0 and self._frame.elapsed() >= FRAME_MS
        self._behind |= late
        return late

    def _picture(
        self, row_id: str, shown: Shown, look: RowLook, rect: QRect, painter: QPainter
    ) -> QPixmap | None:
        """All of a row that time does not change, painted once; late in a frame the older picture, or none."""
        ratio = painter.device().devicePixelRatioF()
        key = (row_id, look, rect.width(), self.inset, self.small, ratio)
        known = self._pictures.pop(key, None)
        if (known is None or known[0] is not shown) and self._late():
            if known is None:
                return None
        elif known is None or known[0] is not shown:
            self._made += 1
            pixmap = QPixmap(round(rect.width() * ratio), round(rect.height() * ratio))
            pixmap.setDevicePixelRatio(ratio)
            inner = QPainter(pixmap)
            self._paint_still(inner, QRect(0, 0, rect.width(), rect.height()), shown, look)
            inner.end()
            known = (shown, pixmap)
            if len(self._pictures) >= PICTURES:
                del self._pictures[next(iter(self._pictures))]  # the one that was not needed for longest
        self._pictures[key] = known
        return known[1]

    def _paint_still(
        self, painter: QPainter, rect: QRect, shown: Shown, look: RowLook, strength: float = 0.0
    ) -> None:
        theme = self._theme
        ground = theme.selected if look.selected else theme.hover if look.hot else theme.surface
        painter.fillRect(rect, mixed(theme.tint, ground, strength) if strength else ground)
        if look.selected or look.overdue:
            bar = theme.accent if look.selected else theme.bad
            painter.fillRect(QRect(rect.left(), rect.top(), BAR, rect.height()), bar)
        line = QColor(theme.line)
        line.setAlphaF(0.55)
        painter.fillRect(QRect(rect.left() + CLOCK_X, rect.bottom(), rect.width() - CLOCK_X, 1), line)
        self._paint_level(painter, rect, shown)
        left = rect.left() + CLOCK_X
        self._text(painter, shown.clock_name, SMALL, left, self._second(rect), LINE_2_H, CLOCK_W - 4)
        self._paint_first_line(painter, rect, shown)
        self._paint_second_line(painter, rect, shown)

    def _paint_head(self, painter: QPainter, rect: QRect, head: Head) -> None:
        painter.fillRect(rect, self._theme.canvas)
        name, figure = self._model.head_text(head)
        end = self._text(painter, name, SMALL, rect.left() + INSET, rect.top(), HEAD)
        self._text(painter, figure, SMALL, end + GAP, rect.top(), HEAD)

    def _paint_level(self, painter: QPainter, rect: QRect, shown: Shown) -> None:
        ratio = painter.device().devicePixelRatioF()
        shape = self._theme.level_shape(shown.level, LEVEL_SIZE, ratio)
        top = rect.top() + LINE_1 + (LINE_1_H - LEVEL_SIZE) / 2
        painter.drawPixmap(QPointF(rect.left() + LEVEL_X, top), shape)
        numeral = NUMERALS.get(shown.level, "")
        if numeral:
            ink = Ink("table", True, shown.level)
            self._text(painter, numeral, ink, rect.left() + NUMERAL_X, rect.top() + LINE_1, LINE_1_H)

    def _paint_countdown(self, painter: QPainter, rect: QRect, row: BoardRow, shown: Shown) -> None:
        left, top = rect.left() + CLOCK_X, rect.top() + LINE_1
        if shown.clock or row.due_at is None:
            self._text(painter, shown.clock, STILL, left, top, LINE_1_H, CLOCK_W - GAP)
        else:
            clock = self._model.wording.countdown(row.due_at, self._now())
            ink = OVERDUE if clock.overdue else AMBER if clock.amber else CALM
            if clock.overdue:
                width = self._width(clock.text, ink)
                plate = QRectF(left - HANG, top, width + 2 * HANG, LINE_1_H)
                paint_plate(painter, plate, self._theme, Look.BAD)
            self._text(painter, clock.text, ink, left, top, LINE_1_H)

    def _paint_first_line(self, painter: QPainter, rect: QRect, shown: Shown) -> None:
        left, top = rect.left() + TEXT_X, rect.top() + LINE_1
        right = float(rect.right() + 1 - self.inset)
        if shown.dispute:
            right -= self._paint_dispute(painter, shown.dispute, right, top, int((right - left) * 0.55)) + GAP
        ink = DIM_TITLE if shown.dim else TITLE
        end = self._text(painter, shown.title, ink, left, top, LINE_1_H, int(right - left))
        if shown.struck:
            middle = round(top + LINE_1_H / 2) + 0.5
            painter.setPen(QPen(self._theme.colour(ink.token), 1))
            painter.drawLine(QPointF(left, middle), QPointF(end, middle))

    def _paint_dispute(self, painter: QPainter, words: str, right: float, top: int, room: int) -> float:
        """Chip with the disputed field and its values; returns its width."""
        ink = Ink("small", False, Look.WARN.ink)
        text = self._elided(words, ink, room)
        width = round(self._width(text, ink)) + PADDING + SIGN + 4
        plate = QRectF(right - width, top + (LINE_1_H - CHIP_H) / 2, width, CHIP_H)
        paint_plate(painter, plate, self._theme, Look.WARN)
        self._sign(painter, "bolt", "warn", plate.left() + PADDING / 2, plate.center().y())
        self._text(painter, text, ink, plate.left() + PADDING / 2 + SIGN + 4, plate.top(), CHIP_H)
        return width

    def _paint_second_line(self, painter: QPainter, rect: QRect, shown: Shown) -> None:
        top, left = self._second(rect), rect.left() + TEXT_X
        right = self._paint_right(painter, rect, shown)
        start = float(left)
        if "number" in self._parts:
            number = shown.short_number if self.small else shown.number
            start = self._text(painter, number, SMALL, left, top, LINE_2_H, int(right - left)) + 10
        if "state" in self._parts and right - start > SIGN + 2 * GAP:
            self._sign(painter, shown.state_icon, "muted", start, top + LINE_2_H / 2)
            left = round(start) + SIGN + 4
            start = self._text(painter, shown.state, SMALL, left, top, LINE_2_H, int(right - left)) + 10
        for part, words in (("figures", shown.figures), ("received", shown.received)):
            if part in self._parts and words and right - start > 2 * GAP:
                start = self._text(painter, words, SMALL, start, top, LINE_2_H, int(right - start)) + 10

    def _paint_right(self, painter: QPainter, rect: QRect, shown: Shown) -> float:
        """Chips and tick from the right; returns where the room of the left part ends."""
        right = float(rect.right() + 1 - self.inset)
        middle, height = self._second(rect) + LINE_2_H / 2, SMALL_CHIP_H if self.small else CHIP_H
        for text, look in reversed(shown.chips) if "owed" in self._parts else ():
            ink = Ink("small", False, look.ink)
            width = round(self._width(text, ink)) + PADDING
            plate = QRectF(right - width, middle - height / 2, width, height)
            paint_plate(painter, plate, self._theme, look)
            self._text(painter, text, ink, plate.left() + PADDING / 2, plate.top(), height)
            right -= width + GAP
        if shown.tick is not None and "seen" in self._parts:
            icon, token, word = shown.tick
            if word:
                ink = Ink("small", False, token)
                right -= self._width(word, ink)
                self._text(painter, word, ink, right, middle - LINE_2_H / 2, LINE_2_H)
                right -= 4
            size = SIGN + 4 if icon == "check-double" else SIGN + 2
            self._sign(painter, icon, token, right - size, middle, size)
            right -= size + GAP
        return right

    def _second(self, rect: QRect) -> int:
        return rect.top() + (SMALL_LINE_2 if self.small else LINE_2)

    # -- cached pieces -----------------------------------------------------------------------------------------------
    def _sign(
        self, painter: QPainter, icon: str, token: str, left: float, middle: float, size: int = SIGN
    ) -> None:
        pixmap = self._theme.pixmap(icon, token, size, painter.device().devicePixelRatioF())
        painter.drawPixmap(QPointF(round(left), round(middle - size / 2)), pixmap)

    def _text(
        self, painter: QPainter, text: str, ink: Ink, left: float, top: float, height: int, room: int = -1
    ) -> float:
        """Draw one line centred in its height, cut off with an ellipsis at `room` px; returns its right end."""
        key = (text, ink.size, ink.bold, room)
        known = self._texts.get(key)
        if known is None:
            known = self._prepare(text, ink, room)
            self._texts[key] = known
        static, width, tall = known
        painter.setFont(self._theme.font(ink.size, ink.bold))
        painter.setPen(self._theme.colour(ink.token))
        painter.drawStaticText(QPointF(left, round(top + (height - tall) / 2)), static)
        return left + width

    def _prepare(self, text: str, ink: Ink, room: int) -> tuple[QStaticText, float, float]:
        if len(self._texts) >= _CACHED:
            self._texts.clear()
        static = QStaticText(text if room < 0 else self._elided(text, ink, room))
        static.setTextFormat(Qt.TextFormat.PlainText)
        static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        static.prepare(font=self._theme.font(ink.size, ink.bold))
        metrics = self._metrics_of(ink)
        return static, metrics.horizontalAdvance(static.text()), metrics.height()

    def _elided(self, text: str, ink: Ink, room: int) -> str:
        one_line = " ".join(text.split())
        return self._metrics_of(ink).elidedText(one_line, Qt.TextElideMode.ElideRight, max(0, room))

    def _width(self, text: str, ink: Ink) -> float:
        return self._metrics_of(ink).horizontalAdvance(text)

    def _metrics_of(self, ink: Ink) -> QFontMetricsF:
        key = (ink.size, ink.bold)
        if key not in self._metrics:
            self._metrics[key] = QFontMetricsF(self._theme.font(ink.size, ink.bold))
        return self._metrics[key]


def mixed(over: QColor, under: QColor, strength: float) -> QColor:
    """A colour between two: `over` at strength 1, `under` at 0."""
    pairs = ((over.red(), under.red()), (over.green(), under.green()), (over.blue(), under.blue()))
    return QColor(*(round(one * strength + other * (1 - strength)) for one, other in pairs))
