"""Shapes of the incident levels: form, numeral and colour say the same, so that none of them is needed alone (XC-13).

1 diamond, 2 triangle, 3 disc, 4 square, none a ring.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPolygonF

NUMERALS = {"level_1": "I", "level_2": "II", "level_3": "III", "level_4": "IV", "level_none": ""}
RING_WIDTH = 0.17  # of the shape's size


def level_path(level: str, size: float) -> QPainterPath:
    """Outline of a level's shape inside a square of `size`, top left at the origin; a ring for any other level."""
    path = QPainterPath()
    if level == "level_1":
        path.addPolygon(_polygon(size, (0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)))
        path.closeSubpath()
    elif level == "level_2":
        path.addPolygon(_polygon(size, (0.5, 0.06), (1.0, 0.94), (0.0, 0.94)))
        path.closeSubpath()
    elif level == "level_3":
        path.addEllipse(QRectF(0.03 * size, 0.03 * size, 0.94 * size, 0.94 * size))
    elif level == "level_4":
        path.addRect(QRectF(0.07 * size, 0.07 * size, 0.86 * size, 0.86 * size))
    else:
        half = RING_WIDTH / 2
        path.addEllipse(QRectF(size * half, size * half, size * (1 - RING_WIDTH), size * (1 - RING_WIDTH)))
    return path


def is_ring(level: str) -> bool:
    """True for a level that is drawn as an open ring."""
    return level not in NUMERALS or level == "level_none"


def _polygon(size: float, *points: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x * size, y * size) for x, y in points])
