"""Glyphs of the incident levels for eyes that see colours otherwise (XC-13): colours keep their distance, and form and
numeral say the same without them.

Simulated by the matrices of G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for Simulation
of Color Vision Deficiency", IEEE Transactions on Visualization and Computer Graphics 15 (2009) 6, severity 1.0, on linear
sRGB. Distances are CIE 1976 (dE*ab) under D65; 2.3 is what can just be told apart.
"""

from __future__ import annotations

import itertools
import math

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.ui.theme.shapes import NUMERALS, level_path
from app.ui.theme.theme import Theme
from app.ui.theme.tokens import KINDS, LEVELS, load

Row = tuple[float, float, float]
EYES: dict[str, tuple[Row, Row, Row]] = {
    "all colours": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE = (0.95047, 1.0, 1.08883)
LEAST = 10.0  # four times what can just be told apart
SIZE = 14
FAR = 0.12  # of a glyph's pixels in which two forms differ


def linear(colour: str) -> Row:
    """#RRGGBB as linear light."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _light(red), _light(green), _light(blue)


def _light(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def times(matrix: tuple[Row, Row, Row], vector: Row) -> Row:
    first, second, third = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return first, second, third


def lab(light: Row) -> Row:
    """CIE L*a*b* of linear sRGB."""

    def root(part: float) -> float:
        return math.cbrt(part) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116

    x, y, z = (root(part / white) for part, white in zip(times(XYZ, light), WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(colour: str, eye: str) -> Row:
    """A colour as an eye sees it."""
    red, green, blue = (min(1.0, max(0.0, part)) for part in times(EYES[eye], linear(colour)))
    return lab((red, green, blue))


def too_close(colours: dict[str, str], eye: str) -> list[str]:
    """Pairs of glyphs whose colours an eye can hardly tell apart."""
    fills = [f"level_fill_{number}" for number in range(1, 5)] + ["level_none"]
    found = []
    for one, other in itertools.combinations(fills, 2):
        distance = math.dist(seen(colours[one], eye), seen(colours[other], eye))
        if distance < LEAST:
            found.append(f"{one} and {other}: {distance:.1f}")
    return found


def test_the_arithmetic_is_that_of_the_cie() -> None:
    assert lab(linear("#FFFFFF")) == pytest.approx((100, 0, 0), abs=0.05)
    assert lab(linear("#FF0000")) == pytest.approx((53.24, 80.09, 67.20), abs=0.05)
    assert seen("#808080", "protanopia") == pytest.approx(lab(linear("#808080")), abs=0.1), "grey stays grey"
    red_green = [math.dist(seen("#C03020", eye), seen("#6A6A10", eye)) for eye in EYES]
    assert red_green[0] > 3 * red_green[2], "the simulation brings red and green together"


def test_colours_that_are_too_close_are_found() -> None:
    colours = dict(load("dark").colours)
    colours["level_fill_2"] = colours["level_fill_3"]
    assert len(too_close(colours, "all colours")) == 1
    colours["level_fill_1"], colours["level_fill_2"] = "#C03020", "#8A5A10"
    assert not too_close(colours, "all colours")
    assert too_close(colours, "deuteranopia")


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("kind", KINDS)
def test_colours_of_the_levels_keep_their_distance(kind: str, eye: str) -> None:
    assert not too_close(dict(load(kind).colours), eye)


def glyph(theme: Theme, level: str) -> list[bool]:
    """Which pixels a glyph covers, at the size of the board."""
    image = QImage(SIZE * 2, SIZE * 2, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(2)
    image.fill(0)
    painter = QPainter(image)
    theme.paint_level(painter, level, SIZE, QPointF(0, 0))
    painter.end()
    return [image.pixelColor(x, y).alpha() > 127 for y in range(SIZE * 2) for x in range(SIZE * 2)]


@pytest.mark.parametrize("kind", KINDS)
def test_forms_differ_without_any_colour(qapp: QApplication, kind: str) -> None:
    theme = Theme(kind)
    for one, other in itertools.combinations(LEVELS, 2):
        pixels = list(zip(glyph(theme, one), glyph(theme, other), strict=True))
        apart = sum(a != b for a, b in pixels) / len(pixels)
        assert apart >= FAR, (one, other, apart)
        assert level_path(one, SIZE) != level_path(other, SIZE)
    assert len(set(NUMERALS.values())) == len(LEVELS), "a numeral stands beside each form as well"
