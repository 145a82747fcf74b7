"""Casualty figures in words: number, how sure it is, who said so and when; disputed ones as being verified (IS-14, D-19)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from app.kernel.enums import Figure, VerifyState
from app.kernel.texts import Texts
from app.ui.shell import moments
from app.ui.shell.runs import Run

if TYPE_CHECKING:
    from app.queries.casualties import FigureRow

_PARTS = 4
# How a state is marked: token, icon, and whether a dotted line says that it is not verified (SCREEN).
MARKS: dict[str, tuple[str, str, bool]] = {
    VerifyState.REPORTED: ("muted", "", True),
    VerifyState.VERIFYING: ("warn", "clock", True),
    VerifyState.VERIFIED: ("good", "check", False),
    VerifyState.REFUTED: ("muted", "cross", False),
}


def is_figure(field: str) -> bool:
    """True for a field that holds a casualty figure."""
    return field in set(Figure)


def number_words(texts: Texts, figure: str, number: int) -> str:
    """A number with its unit."""
    unit = "yuan" if figure == Figure.DIRECT_LOSS_YUAN else "person"
    return texts.get(f"ui.casualties.{unit}", n=f"{number:,}")


def state_words(texts: Texts, state: str | None) -> str:
    """Name of a verify state; one of a newer version as the least sure one."""
    known = state if state in set(VerifyState) else VerifyState.REPORTED.value
    return texts.get(f"enum.verify_state.{known}")


def disputed_words(texts: Texts, numbers: Sequence[int]) -> str:
    """What stands in place of a disputed figure, the same in both rooms: the smaller number first (D-19)."""
    return texts.get("ui.casualties.disputed", numbers="/".join(f"{number:,}" for number in numbers))


def figure_words(texts: Texts, figure: str, value: Sequence[Any]) -> str:
    """A stored figure as a sentence part: number, state, source, moment."""
    if len(value) != _PARTS or not isinstance(value[0], int):
        return texts.get("ui.shell.none")
    number, state, source, stated_at = value
    said = [state_words(texts, state), source or ""]
    if isinstance(stated_at, int):
        said.append(f"{moments.local(stated_at):%m-%d %H:%M}")
    parts = [part for part in said if part]
    detail = reduce(lambda a, b: texts.get("ui.casualties.join", first=a, second=b), parts)
    return texts.get("ui.casualties.stated", number=number_words(texts, figure, number), detail=detail)


def figure_lines(
    texts: Texts, rows: Sequence[FigureRow], now_ms: int, wide: int
) -> list[tuple[list[Run], str]]:
    """Lines of the card, each with its tooltip: what was stated, then in one line what nobody has stated.

    `wide`: px of the names' column, so that numbers stand under each other.
    """
    lines = [
        (_line(texts, row, now_ms, wide), _tip(texts, row))
        for row in rows
        if row.disputed or row.value is not None
    ]
    open_ones = [name_of(texts, row.figure) for row in rows if not row.disputed and row.value is None]
    if not lines:
        return [([Run(texts.get("ui.casualties.nothing"), "muted")], "")]
    if open_ones:
        said = texts.get("ui.casualties.unstated", figures=texts.get("wording.comma").join(open_ones))
        lines.append(([Run(said, "muted", "small", shrinks=True)], ""))
    return lines


def name_of(texts: Texts, figure: str) -> str:
    """Short name of a figure, as on the board."""
    return texts.get(f"enum.figure.{figure}")


def _line(texts: Texts, row: FigureRow, now_ms: int, wide: int) -> list[Run]:
    name = Run(name_of(texts, row.figure), "muted", "small", wide=wide)
    if row.disputed:
        return [name, Run(disputed_words(texts, row.numbers), "warn", "body", True, gap=16, icon="bolt")]
    state = row.verify_state if row.verify_state in set(VerifyState) else VerifyState.REPORTED.value
    token, icon, dotted = MARKS[state]
    refuted = state == VerifyState.REFUTED
    number = number_words(texts, row.figure, row.value or 0)
    runs = [
        name,
        Run(number, "muted" if refuted else "text", "body", not refuted, gap=16, dotted=dotted),
        Run(state_words(texts, state), token, "small", gap=12, icon=icon),
    ]
    if row.stated_at is not None:
        runs.append(Run(moments.day_clock(row.stated_at, now_ms), "muted", "small", gap=12))
    if row.source:
        runs.append(Run(row.source, "muted", "small", gap=12, shrinks=True))
    return runs


def _tip(texts: Texts, row: FigureRow) -> str:
    if row.disputed:
        return texts.get("ui.casualties.disputed_tip")
    return figure_words(texts, row.figure, (row.value, row.verify_state, row.source, row.stated_at))
