"""The situation at one moment, for the leader on shift: who is on watch, what is open, what burns first (JD-01, JD-04).

No contact data is read (XC-07).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.kernel.enums import VerifyState
from app.queries import board, casualties, duty
from app.queries.board_view import BoardRow, BoardView, Chip, Counts, Sort
from app.queries.casualties import FigureRow
from app.queries.duty import PresentRow

_LEAST_SURE_FIRST = (VerifyState.VERIFYING, VerifyState.REPORTED, VerifyState.REFUTED)
MOST = 20  # incidents on the page; the others are counted


@dataclass(frozen=True, slots=True)
class Situation:
    """As of `at` (UTC ms). `present` by agency; `levels`: open incidents by level; `rows`: those that burn first; `sure`: by
    incident, how sure its figures are where they are not all verified (a VerifyState; IS-14).
    """

    at: int
    present: Mapping[str, tuple[PresentRow, ...]]
    counts: Counts
    levels: Mapping[str, int]
    rows: tuple[BoardRow, ...]
    sure: Mapping[str, str] = field(default_factory=dict)

    @property
    def rest(self) -> int:
        """Open incidents that are not on the page."""
        return max(0, self.counts.everything.open - len(self.rows))


def situation(
    connection: sqlite3.Connection, agency: str, partner: str, now_ms: int, amber_s: int
) -> Situation:
    """All of it in one moment of the database."""
    view = BoardView(agency, partner, chip=Chip.OPEN)
    by_level = BoardView(agency, partner, chip=Chip.OPEN, sort=Sort.LEVEL)
    rows = board.page(connection, view, limit=MOST).rows
    sure = {row.id: state for row in rows if (state := _sure(casualties.figures(connection, row.id)))}
    return Situation(
        now_ms,
        {each: tuple(duty.present(connection, each)) for each in (agency, partner)},
        board.counts(connection, BoardView(agency, partner), now_ms, amber_s),
        board.counts(connection, by_level, now_ms, amber_s).groups,
        rows,
        sure,
    )


def _sure(figures: list[FigureRow]) -> str:
    """The least sure state of those that say more than nought; "" when all are verified, or there are none."""
    told = [each for each in figures if each.value or each.disputed]
    states = {VerifyState.VERIFYING if each.disputed else each.verify_state for each in told}
    return next((str(state) for state in _LEAST_SURE_FIRST if state in states), "")
