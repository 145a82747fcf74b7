"""Lines of text made of runs: words, shapes, icons and chips on one baseline, painted without a label for each.

A line repaints only when its runs changed; its words stand in the accessible name as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme.chips import PADDING, Look, paint_plate, tip
from app.ui.theme.theme import Theme

ICON_GAP = 4
CHIP_HEIGHT = 20
_CLOSE = 0.5  # px that do not count


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line. `size`: name of the type scale; `gap`: px before it; `icon` and `level` stand before the text.

    `look` makes it a chip; `shrinks` lets it be elided when there is no room; `dotted` underlines what is unverified;
    `key` is told when the run is clicked; `wide` is the least width in px, so that columns stand under each other.
    """

    text: str = ""
    token: str = "text"
    size: str = "table"
    bold: bool = False
    gap: int = 8
    icon: str = ""
    level: str = ""
    look: Look | None = None
    shrinks: bool = False
    dotted: bool = False
    key: str = ""
    wide: int = 0


Runs = Sequence[Run]


def words(runs: Runs) -> str:
    """The text of a line, for the accessible name and for copying."""
    said = [("" if run.gap == 0 else " ") + run.text for run in runs if run.text]
    return "".join(said).strip()


def _one_line(run: Run) -> Run:
    """A line break inside a run would be drawn as nothing, and the words around it pushed apart."""
    whole = not ("\n" in run.text or "\r" in run.text or "\u2028" in run.text)
    return run if whole else replace(run, text=" ".join(run.text.split()))


def _elided(metrics: QFontMetricsF, text: str, room: float) -> str:
    """A text cut off at its end so that it fits: Qt rounds, and a run too wide by a fraction would not be painted at all."""
    for spare in range(8):
        short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room - spare))
        if metrics.horizontalAdvance(short) <= room:
            return short
    return ""


class Painter:
    """Measures and paints runs with a theme."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def width(self, run: Run) -> float:
        """Width of a run in px without the gap before it."""
        theme = self._theme
        width = QFontMetricsF(theme.font(run.size, run.bold)).horizontalAdvance(run.text) if run.text else 0.0
        if run.look is not None:
            width += PADDING
        mark = self._mark(run)
        return max(float(run.wide), width + mark + (ICON_GAP if mark and run.text else 0))

    def total(self, runs: Runs) -> float:
        """Width of a line in px."""
        return sum(self.width(run) + (run.gap if index else 0) for index, run in enumerate(runs))

    def _mark(self, run: Run) -> int:
        return self._theme.px(run.size) + 1 if run.icon or run.level else 0

    def paint(self, painter: QPainter, runs: Runs, area: QRectF, ratio: float) -> list[tuple[QRectF, str]]:
        """Paint runs into an area, the shrinking ones elided; returns where runs with a key stand."""
        runs = self._fitted(runs, area.width())
        biggest = max((self._theme.px(run.size) for run in runs), default=0)
        metrics = QFontMetricsF(self._theme.font(biggest)) if biggest else None
        middle = area.center().y()
        baseline = middle + (metrics.ascent() - metrics.descent()) / 2 if metrics else middle
        x, places = area.left(), []
        for index, run in enumerate(runs):
            x += run.gap if index else 0
            width = self.width(run)
            self._paint_one(painter, run, QRectF(x, area.top(), width, area.height()), baseline, ratio)
            if run.key:
                places.append((QRectF(x, area.top(), width, area.height()), run.key))
            x += width
        return places

    def _fitted(self, runs: Runs, room: float) -> Runs:
        over = self.total(runs) - room
        if over <= _CLOSE:
            return runs
        fitted = list(runs)
        for index in sorted(
            (i for i, run in enumerate(runs) if run.shrinks), key=lambda i: -self.width(runs[i])
        ):
            run = fitted[index]
            had = self.width(run)
            metrics = QFontMetricsF(self._theme.font(run.size, run.bold))
            room_for_text = max(0.0, metrics.horizontalAdvance(run.text) - over)
            fitted[index] = replace(run, text=_elided(metrics, run.text, room_for_text))
            over -= had - self.width(fitted[index])
            if over <= _CLOSE:
                break
        while fitted and self.total(fitted) > room + _CLOSE and len(fitted) > 1:
            fitted.pop()  # what stands last is the least important
        return fitted

    def _paint_one(self, painter: QPainter, run: Run, box: QRectF, baseline: float, ratio: float) -> None:
        theme, x = self._theme, box.left()
        colour = theme.disabled() if run.token == "disabled" else theme.colour(run.token)  # nosec B105
        if run.look is not None:
            plate = QRectF(x, box.center().y() - CHIP_HEIGHT / 2, box.width(), CHIP_HEIGHT)
            colour = paint_plate(painter, plate, theme, run.look)
            x += PADDING / 2
            metrics = QFontMetricsF(theme.font(run.size, run.bold))
            baseline = box.center().y() + (metrics.ascent() - metrics.descent()) / 2
        mark = self._mark(run)
        if run.level:
            theme.paint_level(painter, run.level, mark, QPointF(x, box.center().y() - mark / 2))
        elif run.icon:
            token = run.token if run.look is None else run.look.value[3]
            painter.drawPixmap(
                QPointF(x, box.center().y() - mark / 2), theme.pixmap(run.icon, token, mark, ratio)
            )
        x += mark + ICON_GAP if mark else 0
        painter.setFont(theme.font(run.size, run.bold))
        painter.setPen(colour)
        painter.drawText(QPointF(x, baseline), run.text)
        if run.dotted:
            painter.setPen(QPen(colour, 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, baseline + 3), QPointF(box.right(), baseline + 3))


class RunLines(QWidget):
    """One line of runs, or several under each other. `clicked` tells the key of a run that was clicked."""

    clicked = Signal(str)

    def __init__(
        self,
        theme: Theme,
        rows: tuple[int, ...] = (20,),
        *,
        right: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`rows`: height of each line in px; `right`: lines end at the right edge."""
        super().__init__(parent)
        self.theme, self._rows, self._right = theme, rows, right
        self._painter = Painter(theme)
        self._lines: tuple[tuple[Run, ...], ...] = tuple(() for _ in rows)
        self._places: list[tuple[QRectF, str]] = []
        self._told = ""  # the tooltip that is ours: what did not fit
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def set_runs(self, *lines: Runs) -> None:
        """Show these lines; nothing is painted when they are the ones shown."""
        new = tuple(tuple(_one_line(run) for run in line) for line in lines)
        if new == self._lines:
            return
        resized = any(
            self._painter.total(a) != self._painter.total(b) for a, b in zip(new, self._lines, strict=False)
        )
        self._lines = new
        self.setAccessibleName("\n".join(words(line) for line in new))
        if resized:
            self.updateGeometry()
        self.update()

    @property
    def runs(self) -> tuple[tuple[Run, ...], ...]:
        """The lines shown."""
        return self._lines

    @property
    def rows(self) -> int:
        """How many lines there are."""
        return len(self._rows)

    def text(self) -> str:
        """All words shown, one line under the other."""
        return self.accessibleName()

    def sizeHint(self) -> QSize:
        """As wide as the widest line."""
        widest = max((self._painter.total(line) for line in self._lines), default=0.0)
        margins = self.contentsMargins()
        return QSize(round(widest + 0.5) + margins.left() + margins.right(), sum(self._rows))

    def minimumSizeHint(self) -> QSize:
        """Lines shrink where they must."""
        return QSize(0, sum(self._rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all lines, the block centred in the widget's height."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(self.contentsRect())
        y = room.top() + (room.height() - sum(self._rows)) / 2
        self._places = []
        for height, line in zip(self._rows, self._lines, strict=False):
            width = min(self._painter.total(line), room.width())
            x = room.right() - width if self._right else room.left()
            area = QRectF(x, y, room.right() - x, height)
            self._places += self._painter.paint(painter, line, area, self.devicePixelRatioF())
            y += height
        self._tell(any(self._painter.total(line) > room.width() + _CLOSE for line in self._lines))
        if self.hasFocus() and self._places:
            painter.setPen(QPen(self.theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self._places[0][0].adjusted(-3, 2, 3, -2), 4, 4)
        painter.end()

    def _tell(self, cut: bool) -> None:
        """What does not fit is read in the tooltip, unless somebody has given these lines another one."""
        wanted = tip(self.text()) if cut else ""
        if self.toolTip() == self._told != wanted:
            self.setToolTip(wanted)
            self._told = wanted

    def take_keys(self, wanted: bool) -> None:
        """Let a run with a key be reached by Tab and taken by Enter or Space."""
        if wanted == (self.focusPolicy() is Qt.FocusPolicy.StrongFocus):
            return
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if wanted else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if wanted else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter or Space takes the first run with a key, where such lines take keys."""
        key = next((run.key for line in self._lines for run in line if run.key), "")
        takes = self.focusPolicy() is Qt.FocusPolicy.StrongFocus
        if takes and key and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit(key)
            event.accept()
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which run was clicked; anything else goes on to the parent."""
        for box, key in self._places:
            if box.contains(event.position()):
                self.clicked.emit(key)
                return
        super().mousePressEvent(event)
