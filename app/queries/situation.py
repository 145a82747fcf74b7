"""The situation at one moment, for the leader on shift: who is on watch, what is open, what burns first (JD-01, JD-04).

No contact data is read (XC-07).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from app.queries import board, duty
from app.queries.board_view import BoardRow, BoardView, Chip, Counts, Sort
from app.queries.duty import PresentRow

MOST = 20  # incidents on the page; the others are counted


@dataclass(frozen=True, slots=True)
class Situation:
    """As of `at` (UTC ms). `present` by agency; `levels`: open incidents by level; `rows`: those that burn first."""

    at: int
    present: Mapping[str, tuple[PresentRow, ...]]
    counts: Counts
    levels: Mapping[str, int]
    rows: tuple[BoardRow, ...]

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
    return Situation(
        now_ms,
        {each: tuple(duty.present(connection, each)) for each in (agency, partner)},
        board.counts(connection, BoardView(agency, partner), now_ms, amber_s),
        board.counts(connection, by_level, now_ms, amber_s).groups,
        board.page(connection, view, limit=MOST).rows,
    )
