"""The right third of the wall: rows of large runs, painted; what there is no room for is left out, the least important first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.ui.desk.wrap import wrapped
from app.ui.shell.runs import Painter, Run, words
from app.ui.theme.theme import Theme
from app.ui.wall.words import Row

DRAWN_BODY = 48  # px of the body text on the drawn wall: heights of rows are in that scale
INSET = 56
_MOST_ROWS = 2  # of a text that wraps
_SPLIT_GAP = 40


class Column(QWidget):
    """`more`: a row to show when rows were left out, with their number put in."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("wallColumn")
        self._theme, self._painter = theme, Painter(theme)
        self._rows: tuple[Row, ...] = ()
        self._fitted: list[tuple[Row, float]] = []  # with its top, px
        self._more = ""
        self.left_out = 0

    @property
    def unit(self) -> float:
        """Px of one unit of the drawn wall."""
        return self._theme.px("body") / DRAWN_BODY

    def show_rows(self, rows: Sequence[Row], more: str = "") -> None:
        """Show these; `more`: text with {n} for what is left out."""
        if tuple(rows) == self._rows and more == self._more:
            return
        self._rows, self._more = tuple(rows), more
        self._fit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit anew."""
        super().resizeEvent(event)
        self._fit()

    # -- fitting -----------------------------------------------------------------------------------------------------------
    def _fit(self) -> None:
        room = self.height() - 2 * INSET * self.unit
        rows = self._whole([self._scaled(row) for row in self._rows])
        left_out = 0
        more = Row(((Run("", "muted", "body"),),), 84, gap=12)
        while rows and self._high(rows) + (self._tall(more) if left_out and self._more else 0) > room:
            last = max(row.drop for row in rows)
            if not last:
                break
            left_out += 1
            rows = [row for row in rows if row.drop != last]
        self.left_out = left_out
        if left_out and self._more:
            said = self._more.format(n=left_out)
            rows.append(replace(more, cells=((Run(said, "muted", "body"),),)))
        y, fitted = INSET * self.unit, []
        for row in rows:
            y += row.gap * self.unit
            fitted.append((row, y))
            y += row.height * self.unit
        self._fitted = fitted
        self.setAccessibleName("\n".join(self.said()))

    def _scaled(self, row: Row) -> Row:
        """Gaps and least widths of its runs in px of this wall."""
        cells = tuple(
            tuple(
                replace(run, gap=round(run.gap * self.unit), wide=round(run.wide * self.unit)) for run in cell
            )
            for cell in row.cells
        )
        return replace(row, cells=cells)

    def _tall(self, row: Row) -> float:
        return (row.height + row.gap) * self.unit

    def _high(self, rows: Sequence[Row]) -> float:
        return sum(map(self._tall, rows))

    def _whole(self, rows: Sequence[Row]) -> list[Row]:
        """Rows whose text wraps, as two."""
        room = self.width() - 2 * INSET * self.unit
        found: list[Row] = []
        for row in rows:
            pieces = self._broken(row.cells[0], room) if row.wraps else []
            if len(pieces) <= 1:
                found.append(row)
                continue
            if len(pieces) > _MOST_ROWS:
                rest = "".join(run.text for piece in pieces[_MOST_ROWS - 1 :] for run in piece)
                pieces[_MOST_ROWS - 1 :] = [[*pieces[1][:-1], replace(pieces[1][-1], text=rest)]]
            for at, piece in enumerate(pieces):
                found.append(replace(row, cells=(tuple(piece),), gap=row.gap if at == 0 else 0, wraps=False))
        return found

    def _broken(self, cell: Sequence[Run], room: float) -> list[list[Run]]:
        """A line in pieces that fit; in two at a blank where both halves fit, between characters otherwise."""
        pieces = wrapped(self._theme, list(cell), room)
        last, before = cell[-1], list(cell[:-1])
        under = (
            [Run(wide=round(self._painter.total(cell) - self._painter.width(last) - last.gap))]
            if before
            else []
        )
        at = last.text.rfind(" ") if len(pieces) > 1 else -1
        while at > 0:
            halves = (
                [*before, replace(last, text=last.text[:at])],
                [*under, replace(last, text=last.text[at + 1 :])],
            )
            if all(self._painter.total(half) <= room for half in halves):
                return list(halves)
            at = last.text.rfind(" ", 0, at)
        return pieces

    def said(self) -> list[str]:
        """Everything that is read here, row by row."""
        return [
            "  ".join(text for cell in row.cells if (text := words(cell)))
            for row, _ in self._fitted
            if row.cells
        ]

    def boxes(self) -> list[QRectF]:
        """Place of every row, px."""
        room = self.width() - 2 * INSET * self.unit
        return [QRectF(INSET * self.unit, top, room, row.height * self.unit) for row, top in self._fitted]

    def overflowing(self) -> list[str]:
        """Cells that have too little room for what may not be cut off: none, in any language and size."""
        found = []
        for (row, _), box in zip(self._fitted, self.boxes(), strict=True):
            room = box.width() - (64 * self.unit if row.plate else 0)
            fixed = [self._painter.total([run for run in cell if not run.shrinks]) for cell in row.cells]
            needs = sum(fixed) if row.split else max(fixed, default=0.0) * len(row.cells)
            if needs > room + 1:
                found.append(" | ".join(words(cell) for cell in row.cells))
        return found

    # -- painting ----------------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, rules, rows."""
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), theme.surface)
        left, room = INSET * self.unit, self.width() - 2 * INSET * self.unit
        for row, top in self._fitted:
            area = QRectF(left, top, room, row.height * self.unit)
            if row.rule:
                y = top - row.gap * self.unit / 2
                painter.setPen(QPen(theme.line, max(1.0, 2 * self.unit)))
                painter.drawLine(area.left(), y, area.right(), y)  # type: ignore[call-overload]
            if row.plate:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.colour(row.plate))
                painter.drawRoundedRect(area, 12 * self.unit, 12 * self.unit)
                area = area.adjusted(32 * self.unit, 0, -32 * self.unit, 0)
            self._paint_cells(painter, row, area)
        painter.end()

    def _paint_cells(self, painter: QPainter, row: Row, area: QRectF) -> None:
        ratio = self.devicePixelRatioF()
        cells = row.cells
        if row.split:
            second = self._painter.total(cells[1])
            gap = _SPLIT_GAP * self.unit if second else 0
            self._painter.paint(painter, cells[0], area.adjusted(0, 0, -second - gap, 0), ratio)
            self._painter.paint(painter, cells[1], area.adjusted(area.width() - second, 0, 0, 0), ratio)
            return
        wide = area.width() / max(1, len(cells))
        for at, cell in enumerate(cells):
            place = QRectF(area.left() + at * wide, area.top(), wide, area.height())
            self._painter.paint(painter, cell, place, ratio)
