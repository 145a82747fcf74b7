"""Fonts: one family with its fall-backs, weights 400 and 700, figures of equal width."""

from __future__ import annotations

from PySide6.QtGui import QFont

FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
    "Microsoft YaHei UI",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Micro Hei",
    "sans-serif",
)
_TABULAR = "tnum"


def font_of(px: int, bold: bool = False) -> QFont:
    """The console's font at a size in pixels; countdowns do not tremble because all digits are equally wide."""
    font = QFont()
    font.setFamilies(list(FAMILIES))
    font.setPixelSize(px)
    font.setWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
    font.setFeature(QFont.Tag(_TABULAR), 1)
    return font
