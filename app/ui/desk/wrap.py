"""Long facts in several rows: what was reported is read in full on the desk, without a tooltip."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QFontMetricsF

from app.ui.shell.runs import Painter, Run
from app.ui.theme.theme import Theme

MOST_ROWS = 12


def wrapped(theme: Theme, runs: list[Run], room: float) -> list[list[Run]]:
    """A line as rows no wider than `room` px: its last run is broken between characters, under its own beginning, and where
    it has a line break itself.

    Lines that fit, end in a chip or have no room at all stay one row. From twelve rows on the rest is elided.
    """
    painter = Painter(theme)
    last = runs[-1] if runs else Run()
    lines = [part for part in last.text.splitlines() if part.strip()] or [""]
    before = painter.total(runs) - painter.width(last)
    if last.look is not None or room - before < theme.px(last.size) * 4:
        return [runs]
    if painter.total(runs) <= room and len(lines) == 1:
        return [runs]
    metrics = QFontMetricsF(theme.font(last.size, last.bold))
    pieces: list[str] = []
    for text in lines:
        pieces += _broken(metrics, text, room - before)
    if len(pieces) > MOST_ROWS:
        pieces[MOST_ROWS - 1 :] = [" ".join(pieces[MOST_ROWS - 1 :])]
    under = [Run(wide=round(before - last.gap))] if len(runs) > 1 else []
    return [
        [*(under if index else runs[:-1]), replace(last, text=piece)] for index, piece in enumerate(pieces)
    ]


def _broken(metrics: QFontMetricsF, text: str, room: float) -> list[str]:
    """A text in pieces that fit; Latin words and numbers stay whole where a blank stands before them."""
    pieces = []
    while text:
        fits = _fitting(metrics, text, room)
        if fits < len(text) and _in_word(text, fits) and " " in text[:fits].rstrip():
            fits = text[:fits].rstrip().rindex(" ") + 1
        pieces.append(text[:fits])
        text = text[fits:]
    return pieces


def _in_word(text: str, at: int) -> bool:
    """True if a break there would part a word or number."""
    before, after = text[at - 1], text[at]
    return before.isascii() and after.isascii() and not before.isspace() and not after.isspace()


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
