"""Notes each text that our own code paints: delegates, lines of runs, buttons. Labels and the like are asked instead.

`watching` wraps Qt's drawing of texts for this process; `look` takes a window's picture and gives back what was painted for
it. A text that was cut off before it was painted is known by the whole it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSizeF
from PySide6.QtGui import QFontMetrics, QFontMetricsF, QImage, QPainter, QPicture, QPixmap, QStaticText
from PySide6.QtWidgets import QApplication, QWidget

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
_POINT, _RECT = 2, 3
_FIVE, _SIX = 5, 6


@dataclass(frozen=True)
class Painted:
    """One text: as painted and as it was before it was cut off; where its glyphs stand and what room they had.

    `picture`: number and size of a picture that was painted first and put on the widget as a whole, as rows are.
    """

    widget: QWidget
    text: str
    whole: str
    ink: QRectF
    box: QRectF | None
    picture: tuple[int, QRectF] | None = None

    @property
    def cut(self) -> bool:
        """True when a part of it is missing."""
        return self.text != self.whole


class Recorder(QObject):
    """Hears which widget paints, and what."""

    def __init__(self) -> None:
        super().__init__()
        self.wholes: dict[str, str] = {}  # what is painted -> what it was cut from
        self.painted: list[Painted] = []
        self._now: QWidget | None = None
        self._inner: QPainter | None = None
        self._pictures = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Whoever is asked to paint paints until the next one is."""
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            self._now = watched
        return False

    def cut(self, whole: str, short: str) -> None:
        """A text was cut off."""
        if short != whole:
            self.wholes[short] = whole

    def note(self, painter: QPainter, given: tuple[Any, ...]) -> None:
        """A text is painted; pictures that are kept, and what is turned, are nobody's lines."""
        if self._now is None or isinstance(painter.device(), QPixmap | QImage | QPicture):
            return
        world = painter.worldTransform()
        if world.isRotating():
            return
        text, at, box, flags = _parts(given)
        if not text.strip():
            return
        metrics = QFontMetricsF(painter.font())
        ink = _in_box(metrics, text, box, flags) if box is not None else _at(metrics, text, at)
        room = None if box is None else world.mapRect(box)
        self.painted.append(Painted(self._now, text, self.wholes.get(text, text), world.mapRect(ink), room))

    def note_static(self, painter: QPainter, at: Any, static: QStaticText) -> None:
        """A text laid out beforehand is painted."""
        if self._now is None or not static.text().strip():
            return
        device, picture = painter.device(), None
        if isinstance(device, QPixmap):
            self._pictures += painter is not self._inner
            self._inner = painter
            picture = self._pictures, QRectF(QPointF(), device.deviceIndependentSize())
        metrics = QFontMetricsF(painter.font())
        text, size = static.text(), QSizeF(static.size())
        tight = metrics.tightBoundingRect(text)
        top = at.y() + metrics.ascent() + tight.top()
        ink = painter.worldTransform().mapRect(QRectF(at.x(), top, size.width(), tight.height()))
        self.painted.append(Painted(self._now, text, self.wholes.get(text, text), ink, None, picture))


def _parts(given: tuple[Any, ...]) -> tuple[str, QPointF, QRectF | None, int]:
    """Text, point, box and flags of one call of drawText, however it was called."""
    if len(given) == _POINT and isinstance(given[1], str) and hasattr(given[0], "x"):
        if hasattr(given[0], "width"):
            return given[1], QPointF(), QRectF(given[0]), 0
        return given[1], QPointF(given[0]), None, 0
    if len(given) == _RECT and isinstance(given[0], int | float):
        return given[2], QPointF(given[0], given[1]), None, 0
    if len(given) == _RECT and isinstance(given[2], str):
        return given[2], QPointF(), QRectF(given[0]), int(getattr(given[1], "value", given[1]))
    if len(given) == _SIX:
        x, y, width, height, flags, text = given
        return text, QPointF(), QRectF(x, y, width, height), int(getattr(flags, "value", flags))
    return "", QPointF(), None, 0


def _at(metrics: QFontMetricsF, text: str, at: QPointF) -> QRectF:
    tight = metrics.tightBoundingRect(text)
    return QRectF(at.x(), at.y() + tight.top(), metrics.horizontalAdvance(text), tight.height())


def _in_box(metrics: QFontMetricsF, text: str, box: QRectF, flags: int) -> QRectF:
    """Where the glyphs of a text stand that is laid out in a box, without the empty space above and below them."""
    lines = metrics.boundingRect(box, flags, text)
    tight = metrics.tightBoundingRect(text)
    over, under = max(0.0, metrics.ascent() + tight.top()), max(0.0, metrics.descent() - tight.bottom())
    return lines.adjusted(0, over, 0, -under) if lines.height() > over + under else lines


@contextmanager
def watching() -> Iterator[Recorder]:
    """Qt's drawing of texts tells a recorder, until the block ends."""
    recorder = Recorder()
    before: list[tuple[type, str, Any]] = [
        (QPainter, "drawText", QPainter.drawText),
        (QPainter, "drawStaticText", QPainter.drawStaticText),
        (QFontMetricsF, "elidedText", QFontMetricsF.elidedText),
        (QFontMetrics, "elidedText", QFontMetrics.elidedText),
    ]
    text, static, fine, coarse = (each[2] for each in before)

    def draw(painter: QPainter, *given: Any) -> Any:
        recorder.note(painter, given)
        return text(painter, *given)

    def draw_static(painter: QPainter, *given: Any) -> Any:
        at = given[0] if len(given) == _POINT else QPointF(given[0], given[1])
        recorder.note_static(painter, at, given[-1])
        return static(painter, *given)

    def eliding(original: Callable[..., str]) -> Callable[..., str]:
        def elide(metrics: Any, whole: str, *given: Any) -> str:
            short = original(metrics, whole, *given)
            recorder.cut(whole, short)
            return short

        return elide

    made = (draw, draw_static, eliding(fine), eliding(coarse))
    try:
        for (owner, name, _), wrapped in zip(before, made, strict=True):
            setattr(owner, name, wrapped)
        yield recorder
    finally:
        for owner, name, original in before:
            setattr(owner, name, original)


def look(recorder: Recorder, window: QWidget) -> tuple[QPixmap, list[Painted]]:
    """A picture of a window, and every text our own code has painted for it."""
    app = QApplication.instance()
    assert app is not None
    recorder.painted.clear()
    app.installEventFilter(recorder)
    try:
        picture = window.grab()
    finally:
        app.removeEventFilter(recorder)
    return picture, list(recorder.painted)
