"""The card of forces and places: readiness at a glance, 240 wide, folds (NOTES, deviation 5)."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.map.entry import minor_station_kinds
from app.ui.shell.moments import minute_text
from app.ui.shell.sheet import plain
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.map import MapTotals

WIDTH = 240
_ROW_PX = 24
_HEAD_PX = 36
_FOOT_PX = 6
_MAX_ROWS = 8  # two of vehicles, micro stations, shelters, three nearly full, points
_INSET = 12

Line = tuple[str, str, str]  # left, right, tone of the right side


class ForcesCard(QFrame):
    """Totals as counted in the database, with the hour of the newest statement."""

    unplaced_wanted = Signal()
    folded_changed = Signal(bool)

    def __init__(self, texts: Texts, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("mapCard")
        self.setProperty("plane", "card")
        self._texts, self._theme = texts, theme
        self._totals: MapTotals | None = None
        self._points = self._unplaced = 0
        self.setFixedWidth(WIDTH)
        self._title = self._label("ui.map.card.title", "head")
        self._at = plain(tone="muted", size="small")
        self._fold = QPushButton(self)
        self._fold.setProperty("kind", "quiet")
        self._fold.setFixedSize(24, 24)
        self._fold.clicked.connect(lambda: self.set_folded(not self.folded))
        self._body = QWidget(self)
        lines = QVBoxLayout(self._body)
        lines.setContentsMargins(0, 0, 6, 0)
        lines.setSpacing(0)
        self._rows = [self._row(lines) for _ in range(_MAX_ROWS)]
        self._link = QPushButton(self._body)
        self._link.setProperty("kind", "quiet")
        self._link.setFixedHeight(_ROW_PX)
        self._link.clicked.connect(self.unplaced_wanted)
        lines.addWidget(self._link, 0, Qt.AlignmentFlag.AlignRight)
        lines.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._title, 1)
        head.addWidget(self._at)
        head.addWidget(self._fold)
        column = QVBoxLayout(self)
        column.setContentsMargins(_INSET, 6, 6, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addSpacing(6)
        column.addWidget(self._body, 1)
        theme.changed.connect(self._redress)
        self._redress()

    @property
    def folded(self) -> bool:
        """True while only the title is shown."""
        return self._body.isHidden()

    def set_folded(self, folded: bool) -> None:
        """Show the title alone, or everything."""
        if folded == self.folded:
            return
        self._body.setHidden(folded)
        self._redress()
        self.folded_changed.emit(folded)

    def set_totals(self, totals: MapTotals) -> None:
        """Take over what was counted."""
        self._totals = totals
        self._fill()

    def set_counts(self, points: int, unplaced: int) -> None:
        """Points, and what has no coordinates."""
        if (points, unplaced) != (self._points, self._unplaced):
            self._points, self._unplaced = points, unplaced
            self._fill()

    def lines(self) -> list[Line]:
        """What the card says, line by line."""
        totals, text = self._totals, self._texts.get
        if totals is None:
            return []
        count, places = totals.vehicles, totals.shelters
        minor = [kind for kind in totals.stations if kind.kind in minor_station_kinds()]
        stations = sum(kind.stations for kind in totals.stations) - sum(kind.stations for kind in minor)
        found: list[Line] = [
            (
                text("ui.map.card.stations", stations=stations, vehicles=count.vehicles),
                text("ui.map.card.ready", n=count.ready),
                "",
            ),
            (
                text("ui.map.card.out", out=count.out, there=count.at_work),
                text("ui.map.card.way", n=count.on_the_way),
                "",
            ),
        ]
        if minor:
            number, ready = sum(kind.stations for kind in minor), sum(kind.ready for kind in minor)
            found.append((text("ui.map.card.minor", n=number), text("ui.map.card.minor_ready", n=ready), ""))
        shelters = text("ui.map.card.shelters", open=places.open, all=places.shelters)
        found.append((shelters, text("ui.map.card.inside", n=places.occupied), ""))
        for shelter in totals.full:
            tone, key = ("bad", "full") if shelter.left == 0 else ("warn", "left")
            if shelter.left < 0:
                tone, key = "bad", "over"
            found.append((shelter.name or "", text(f"ui.map.shelter.{key}", n=abs(shelter.left)), tone))
        if self._points:
            found.append((text("ui.map.card.points", n=self._points), "", ""))
        return found

    def _row(self, lines: QVBoxLayout) -> tuple[QLabel, QLabel]:
        pair = QLabel(self._body), QLabel(self._body)
        row = QHBoxLayout()
        row.setSpacing(8)
        for label, stretch in zip(pair, (1, 0), strict=True):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setFixedHeight(_ROW_PX)
            row.addWidget(label, stretch)
        lines.addLayout(row)
        return pair

    def _fill(self) -> None:
        stated = self._totals.vehicles.stated_at if self._totals else None
        self._at.setText(self._texts.get("ui.map.card.at", time=minute_text(stated)) if stated else "")
        lines = self.lines()
        for number, (left, right) in enumerate(self._rows):
            used = number < len(lines)
            left.setVisible(used)
            right.setVisible(used)
            if used:
                self._write(left, right, lines[number])
        self._link.setVisible(self._unplaced > 0)
        self._link.setText(self._texts.get("ui.map.card.unplaced_n", n=self._unplaced))
        rows = 0 if self.folded else len(lines) + (self._unplaced > 0)
        self.setFixedHeight(_HEAD_PX + rows * _ROW_PX + (_FOOT_PX if rows else 0))

    def _write(self, left: QLabel, right: QLabel, line: Line) -> None:
        name, figure, tone = line
        right.setFont(self._theme.font("table", tone != ""))
        right.setText(figure)
        if right.property("tone") != tone:
            right.setProperty("tone", tone)
            right.style().polish(right)
        left.setFont(self._theme.font("table"))
        metrics = left.fontMetrics()
        room = WIDTH - 2 * _INSET - 8 - right.fontMetrics().horizontalAdvance(figure)
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        left.setText(shown)
        left.setToolTip("" if shown == name else plain_tip(name))

    def _label(self, key: str, size: str) -> QLabel:
        label = plain(self._texts.get(key), size=size)
        label.setMinimumWidth(0)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        return label

    def _redress(self) -> None:
        key = "unfold" if self.folded else "fold"
        self._fold.setIcon(self._theme.icon("chevron-down" if self.folded else "chevron-up", "muted"))
        self._fold.setToolTip(self._texts.get(f"ui.map.card.{key}"))
        self._fold.setAccessibleName(self._texts.get(f"ui.map.card.{key}"))
        self._fill()


def plain_tip(words: str) -> str:
    """A tooltip that shows exactly these words: Qt would read markup in what people typed."""
    return f"<span>{html.escape(words)}</span>"
