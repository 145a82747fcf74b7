"""Long facts in several rows: what was reported is read in full on the desk, without a tooltip."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QFontMetricsF

from app.ui.shell.runs import Painter, Run
from app.ui.theme.theme import Theme

MOST_ROWS = 12


def wrapped(theme: Theme, runs: list[Run], room: float) -> list[list[Run]]:
    """A line as rows no wider than `room` px: its last run is broken between characters, under its own beginning.

    Lines that fit, end in a chip or have no room at all stay one row. From twelve rows on the rest is elided.
    """
    painter = Painter(theme)
    last = runs[-1] if runs else Run()
    before = painter.total(runs) - painter.width(last)
    if painter.total(runs) <= room or last.look is not None or room - before < theme.px(last.size) * 4:
        return [runs]
    metrics, text = QFontMetricsF(theme.font(last.size, last.bold)), last.text
    rows: list[list[Run]] = []
    while text and len(rows) < MOST_ROWS:
        fits = _fitting(metrics, text, room - before)
        piece = text if len(rows) == MOST_ROWS - 1 else text[:fits]
        text = text[len(piece) :]
        head = runs[:-1] if not rows else [Run(wide=round(before - last.gap))]
        rows.append([*head, replace(last, text=piece)])
    return rows


def _fitting(metrics: QFontMetricsF, text: str, room: float) -> int:
    """How many characters fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if metrics.horizontalAdvance(text[:middle]) <= room:
            low = middle
        else:
            high = middle - 1
    return low
