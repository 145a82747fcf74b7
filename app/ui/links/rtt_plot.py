"""The plot of round-trip times. Its library is heavy: it is fetched on a side thread after the first paint (QUALITY, Speed)."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from functools import cache
from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.kernel import imports
from app.kernel.clock import SECOND_MS
from app.kernel.texts import Texts
from app.ui.links.rtt_series import WINDOW_S, Series
from app.ui.relay import Relay
from app.ui.shell import moments
from app.ui.theme.theme import Theme

log = logging.getLogger(__name__)
HEIGHT = 128
_LEAST_TOP_MS = 100.0
_STEPS = (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)
_TEXT_FROM_S = 40.0


@cache
def fetch() -> Future[None]:
    """Import the plotting library on a thread of its own, once in a process; the future is done when it is there.

    A second window must not begin the same import beside the first: each would wait for what the other holds.
    """
    future: Future[None] = Future()

    def load() -> None:
        try:
            with imports.turn():
                import pyqtgraph  # type: ignore[import-untyped]
        except ImportError as missing:
            future.set_exception(missing)
            return
        assert pyqtgraph.__version__
        future.set_result(None)

    threading.Thread(target=load, name="plot-import", daemon=True).start()
    return future


def _no_plot(error: BaseException) -> None:
    log.error("the plot cannot be shown", exc_info=error)


class RttPlot(QWidget):
    """Curve in the accent colour; breaks hatched with their length, never interpolated."""

    def __init__(self, texts: Texts, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rttPlot")
        self.setFixedHeight(HEIGHT)
        self._texts, self._theme = texts, theme
        self._series: Series | None = None
        self._plot: Any = None
        self._curve: Any = None
        self._levels: list[Any] = []
        self._gaps: list[Any] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._relay = Relay(self)
        self._asked = False
        theme.changed.connect(self._redress)

    def begin(self) -> None:
        """Fetch the library; until it is there the frame stays empty."""
        if not self._asked:
            self._asked = True
            self._relay.then(fetch(), lambda _: self._build(), _no_plot)

    def dispose(self) -> None:
        """Wait for the library no longer."""
        self._relay.stop()

    def show_series(self, series: Series) -> None:
        """Draw a new curve; hidden or not built yet, it is only kept."""
        if series == self._series:
            return
        self._series = series
        self._show()

    @property
    def _empty(self) -> bool:
        return self._series is None or not self._series.xs

    def _show(self) -> None:
        """The curve, or room for the sentence when there is nothing to draw; hidden, it waits until it is shown."""
        if self._plot is not None:
            self._plot.setHidden(self._empty)
            if self._series is not None and self.isVisible():
                self._draw(self._series)
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while hidden."""
        super().showEvent(event)
        self._show()

    def _build(self) -> None:
        import pyqtgraph

        plot = pyqtgraph.PlotWidget(self, background=None)
        plot.setObjectName("rttCurve")
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, True)
        item = plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        item.setXRange(-WINDOW_S, 0, padding=0)
        marks = [(-WINDOW_S, "ui.links.minus_10"), (-WINDOW_S / 2, "ui.links.minus_5"), (0, "ui.links.now")]
        item.getAxis("bottom").setTicks([[(x, self._texts.get(key)) for x, key in marks]])
        item.getAxis("left").setWidth(34)
        self._levels = [pyqtgraph.InfiniteLine(angle=0, movable=False) for _ in range(2)]
        for level in self._levels:
            item.addItem(level)
        item.layout.setContentsMargins(0, 8, 14, 0)
        self._curve = item.plot(connect="finite", antialias=True)
        self._plot = plot
        self._column.addWidget(plot)
        self._redress()

    def _redress(self) -> None:
        if self._plot is None:
            return
        theme = self._theme
        self._plot.setBackground(theme.surface)
        self._plot.resetCachedContent()
        for name in ("bottom", "left"):
            axis = self._plot.getPlotItem().getAxis(name)
            axis.setPen(QPen(theme.line, 1))
            axis.setTextPen(QPen(theme.muted))
            axis.setStyle(
                tickFont=theme.font("axis"), tickLength=0, tickTextOffset=4, hideOverlappingLabels=False
            )
        for level in self._levels:
            level.setPen(QPen(theme.line, 0))
        self._curve.setPen(QPen(theme.accent, 1.5))
        self._curve.opts["pen"].setCosmetic(True)
        self._show()

    def _draw(self, series: Series) -> None:
        item = self._plot.getPlotItem()
        top = max(_LEAST_TOP_MS, (series.most or 0.0) * 1.2)
        step = next((step for step in _STEPS if step * 2 >= top), _STEPS[-1])
        item.setYRange(0, step * 2, padding=0)
        item.getAxis("left").setTicks([[(value, str(value)) for value in (0, step, 2 * step)]])
        for level, value in zip(self._levels, (step, 2 * step), strict=True):
            level.setValue(value)
        self._curve.setData(list(series.xs), list(series.ys))
        for old in self._gaps:
            item.removeItem(old)
        self._gaps = [part for gap in series.gaps for part in self._hatch(item, gap, 2 * step)]

    def _hatch(self, item: Any, gap: tuple[float, float], top: float) -> list[Any]:
        import pyqtgraph

        colour = QColor(self._theme.bad)
        colour.setAlphaF(0.55)
        brush = QBrush(colour, Qt.BrushStyle.BDiagPattern)
        region = pyqtgraph.LinearRegionItem(gap, brush=brush, pen=QPen(Qt.PenStyle.NoPen), movable=False)
        item.addItem(region)
        parts = [region]
        if gap[1] - gap[0] >= _TEXT_FROM_S:
            span = moments.age(self._texts, round((gap[1] - gap[0]) * SECOND_MS))
            text = self._texts.get("ui.links.gap", age=span)
            label = pyqtgraph.TextItem(
                text, color=self._theme.bad, anchor=(0.5, 0.5), fill=self._theme.surface
            )
            label.setFont(self._theme.font("axis"))
            label.setPos((gap[0] + gap[1]) / 2, top / 2)
            item.addItem(label)
            parts.append(label)
        return parts

    def paintEvent(self, event: QPaintEvent) -> None:
        """An honest sentence while there is nothing to draw."""
        if self._empty:
            painter = QPainter(self)
            painter.setPen(self._theme.muted)
            painter.setFont(self._theme.font("small"))
            painter.drawText(
                QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self._texts.get("ui.links.no_samples")
            )
            painter.end()
