"""What the header says stands there whole at the width of a duty room's screen (SCREEN, Header)."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from app.kernel.enums import LinkState
from app.ui.links.judgement import CONNECTING, NO_NETWORK, NOT_PAIRED, Standing
from app.ui.shell.runs import Painter, RunLines
from tests.kit import founded_town
from tests.ui.window_kit import Open, rooms

__all__ = ["founded_town", "rooms"]
UP = Standing(
    LinkState.UP,
    "ui.links.state.up",
    "check",
    "good",
    out_ms=900,
    in_ms=900,
    waiting_out=0,
    rtt_ms=12.0,
    offset_ms=300,
)
LATE = replace(
    UP,
    word="ui.links.state.late_out",
    out_ms=59 * 60_000,
    in_ms=12_000,
    rtt_ms=1234.0,
    waiting_out=1234,
    waiting_in=1234,
    offset_ms=3_600_000,
    clock_warns=True,
)
DOWN = replace(UP, state=LinkState.DOWN, word="ui.links.state.down", since=0, waiting_out=4321)


def lacking(theme: object, block: RunLines, *, whole: bool = True) -> int:
    """Pixels that its longest line lacks; not `whole`: what may be shortened, an agency's full name, does not count."""
    painter, margins = Painter(theme), block.contentsMargins()  # type: ignore[arg-type]
    lines = [[run for run in line if whole or not run.shrinks] for line in block.runs]
    words = max(math.ceil(painter.total(line)) for line in lines)
    return words + margins.left() + margins.right() - block.width()


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_nothing_of_the_line_is_cut(rooms: Open, language: str) -> None:
    room = rooms("EMB", language=language)
    header = room.window.header
    for standing in (NOT_PAIRED, NO_NETWORK, CONNECTING, UP, LATE, DOWN):
        header.show_link(standing)
        assert lacking(room.window.theme, header.link) <= 0, standing.word
        assert header.link.geometry().right() < header.account.geometry().left()
        assert header.other.geometry().right() < header.link.geometry().left()
        for block in (header.own, header.other):
            whole = language == "zh_CN"
            assert lacking(room.window.theme, block, whole=whole) <= 0, block.text()
        assert header.link.text().splitlines()[0] in header.link.toolTip().replace("<br>", "\n")


def test_an_age_that_grows_by_a_digit_moves_nothing(rooms: Open) -> None:
    room = rooms("EMB")
    header = room.window.header
    places = set()
    for age in (900, 9_000, 10_000):
        header.show_link(replace(UP, out_ms=age, in_ms=age))
        places.add(header.link.geometry().left())
    assert len(places) == 1
