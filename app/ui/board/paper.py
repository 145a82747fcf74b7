"""The board on paper: A4, black on white, heads and page numbers on every page, whose it is, when it was printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QMarginsF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPagedPaintDevice,
    QPageLayout,
    QPageSize,
    QPainter,
    QPen,
)

MOST = 2_000  # rows on paper; what is more is said, and exported
MARGIN_MM = 12.0
BODY_PT, HEAD_PT = 8.0, 12.0
_PAD = 3.0  # points
_LINES = 2  # of a cell
_BLACK, _GREY = QColor(0, 0, 0), QColor(120, 120, 120)


@dataclass(frozen=True)
class Paper:
    """What stands on it. `widths`: shares of the columns; `page` is a text with {page} and {pages}."""

    title: str
    mark: str  # of an exercise, empty for the real thing
    printed: str
    page: str
    heads: tuple[str, ...]
    widths: tuple[float, ...]
    rows: Sequence[tuple[str, ...]]
    rest: str = ""  # what is not on it
    lead: tuple[tuple[str, str], ...] = ()  # (name, text) of lines above the table of the first page


def lay_out(device: QPagedPaintDevice) -> None:
    """A4 across, the same margins everywhere."""
    device.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    device.setPageOrientation(QPageLayout.Orientation.Landscape)
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    device.setPageMargins(margins, QPageLayout.Unit.Millimeter)


def print_paper(paper: Paper, device: QPagedPaintDevice, family: str) -> int:
    """Paint all pages; returns how many. Measures are points, whatever the device."""
    painter = QPainter()
    if not painter.begin(device):
        return 0
    try:
        scale = device.logicalDpiX() / 72.0
        painter.scale(scale, scale)
        area = device.pageLayout().paintRectPoints().size()
        sheet = _Sheet(paper, painter, QRectF(0, 0, area.width(), area.height()), family)
        for page in range(sheet.pages):
            if page:
                device.newPage()
            sheet.paint(page)
        return sheet.pages
    finally:
        painter.end()


class _Sheet:
    def __init__(self, paper: Paper, painter: QPainter, area: QRectF, family: str) -> None:
        self._paper, self._painter, self._area = paper, painter, area
        self._body, self._bold, self._big = QFont(family), QFont(family), QFont(family)
        for font, size in ((self._body, BODY_PT), (self._bold, BODY_PT), (self._big, HEAD_PT)):
            font.setPixelSize(round(size))
        self._bold.setBold(True)
        self._big.setBold(True)
        self._metrics = QFontMetricsF(self._body)
        self._line = self._metrics.lineSpacing()
        self._row = _LINES * self._line + 2 * _PAD
        self._top = QFontMetricsF(self._big).lineSpacing() + 8
        head = self._line + 2 * _PAD
        self._first = self._top + head
        foot = self._line + 6
        self._lead = len(paper.lead) * (self._line + 2) + (2 * _PAD if paper.lead else 0)
        self._per_page = max(1, int((area.height() - self._first - foot) // self._row))
        self._on_first = max(1, int((area.height() - self._first - self._lead - foot) // self._row))
        self.pages = 1 + max(0, -(-(len(paper.rows) - self._on_first) // self._per_page))
        whole = sum(paper.widths)
        self._widths = [area.width() * width / whole for width in paper.widths]

    def paint(self, page: int) -> None:
        """One page."""
        lead = 0.0 if page else self._lead
        self._paint_frame(page, lead)
        y = self._first + lead
        before = self._on_first + (page - 1) * self._per_page if page else 0
        for cells in self._paper.rows[before : before + (self._per_page if page else self._on_first)]:
            self._cells(cells, y, self._row, self._body)
            y += self._row
            self._rule(y, _GREY, 0.4)

    def _paint_lead(self) -> None:
        painter, y = self._painter, self._top
        names = max((self._metrics.horizontalAdvance(name) for name, _ in self._paper.lead), default=0.0)
        for name, text in self._paper.lead:
            for font, x, said in ((self._bold, 0.0, name), (self._body, names + 16, text)):
                room = QRectF(x, y, self._area.width() - x, self._line)
                painter.setFont(font)
                fitting = self._metrics.elidedText(said, Qt.TextElideMode.ElideRight, room.width())
                painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, fitting)
            y += self._line + 2

    def _paint_frame(self, page: int, lead: float) -> None:
        painter, paper, width = self._painter, self._paper, self._area.width()
        painter.setPen(
            _GREY
        )  # a pen that was black already is not recorded: a dark preview would take its own
        painter.setPen(_BLACK)
        painter.setFont(self._big)
        line = QRectF(0, 0, width, self._top)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(line, left | middle, paper.title)
        painter.drawText(line, right | middle, paper.mark)
        if lead:
            self._paint_lead()
        self._cells(paper.heads, self._top + lead, self._first - self._top, self._bold)
        self._rule(self._top + lead, _BLACK, 0.8)
        self._rule(self._first + lead, _BLACK, 0.8)
        painter.setFont(self._body)
        painter.setPen(_BLACK)
        foot = QRectF(0, self._area.height() - self._line, width, self._line)
        last = page == self.pages - 1
        said = "    ".join(filter(None, (paper.printed, paper.rest if last else "")))
        painter.drawText(foot, left | middle, said)
        painter.drawText(foot, right | middle, paper.page.format(page=page + 1, pages=self.pages))

    def _rule(self, y: float, colour: QColor, width: float) -> None:
        self._painter.setPen(QPen(colour, width))
        self._painter.drawLine(
            QRectF(0, y, self._area.width(), 0).topLeft(), QRectF(0, y, self._area.width(), 0).topRight()
        )

    def _cells(self, cells: Sequence[str], top: float, height: float, font: QFont) -> None:
        painter, x = self._painter, 0.0
        painter.setFont(font)
        painter.setPen(_BLACK)
        for cell, width in zip(cells, self._widths, strict=True):
            room = QRectF(x + 2, top + _PAD, width - 4, height - 2 * _PAD)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWrapAnywhere
            painter.drawText(room, int(flags), self._fitting(cell, width - 4))
            x += width

    def _fitting(self, cell: str, width: float) -> str:
        """As much as fits on the lines of a cell, cut off where somebody sees it."""
        text = " ".join(cell.split())
        room = width * _LINES * 0.94
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
