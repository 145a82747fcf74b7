"""Icons: own SVG files drawn in `currentColor`, tinted with a token and kept as pixmaps."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.kernel.texts import RESOURCES

FOLDER = RESOURCES / "icons"
_INK = "currentColor"


@cache
def source(name: str) -> str:
    """SVG text of an icon; KeyError when there is no such icon."""
    path: Path = FOLDER / f"{name}.svg"
    if not path.is_file():
        raise KeyError(name)
    return path.read_text("utf-8")


def tinted(name: str, colour: QColor, size: int, ratio: float) -> QPixmap:
    """An icon of `size` x `size` device-independent px in one colour, sharp at this device pixel ratio."""
    shape = source(name).replace(_INK, colour.name())
    renderer = QSvgRenderer(QByteArray(shape.encode()))
    side = round(size * ratio)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(colour.alphaF())
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
