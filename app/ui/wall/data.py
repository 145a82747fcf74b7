"""What the wall reads: one incident, or the situation; of both only what guests may see. Never contacts, never accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.queries.board_view import BoardRow
    from app.queries.casualties import FigureRow
    from app.queries.incidents import AlarmUnitRow, IncidentRow

MOST = 400  # open incidents that are looked at; what is more is only counted


@dataclass(frozen=True, slots=True)
class Discussed:
    """The incident under discussion. `owed`: agencies that owe what its clock runs for."""

    row: IncidentRow
    figures: Sequence[FigureRow]
    units: Sequence[AlarmUnitRow]
    owed: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()  # fields
    others: Sequence[BoardRow] = ()  # what is open, this one included


@dataclass(frozen=True, slots=True)
class Situation:
    """All open incidents, what burns first on top."""

    rows: Sequence[BoardRow]


def discussed(connection: Any, incident_id: str, agency: str, partner: str) -> Discussed | None:
    """One incident; None when it is not here (any more)."""
    from app.queries import board, casualties, incidents
    from app.queries.board_view import BoardView

    row = incidents.incident(connection, incident_id)
    if row is None or row.retracted:
        return None
    shown = next(iter(board.rows(connection, BoardView(agency, partner), [incident_id])), None)
    return Discussed(
        row,
        casualties.figures(connection, incident_id),
        incidents.units(connection, incident_id),
        () if shown is None else shown.owed_by,
        () if shown is None else tuple(each.field for each in shown.disputed),
        situation(connection, agency, partner).rows,
    )


def situation(connection: Any, agency: str, partner: str) -> Situation:
    """Every open incident."""
    from app.queries import board
    from app.queries.board_view import BoardView, Chip, Sort

    view = BoardView(agency, partner, chip=Chip.OPEN, sort=Sort.LEVEL)  # grouped, so that it knows who owes
    return Situation(board.page(connection, view, None, MOST).rows)


def burning_first(rows: Sequence[BoardRow], now_ms: int, amber_ms: int) -> list[BoardRow]:
    """Overdue and nearly due ones by their time, then the others by level."""

    def key(row: BoardRow) -> tuple[int, str, int, str]:
        burns = row.due_at is not None and row.due_at - now_ms <= amber_ms
        due = row.due_at if row.due_at is not None else 1 << 62
        return (0 if burns else 1, "" if burns else row.level or "level_none", due, row.id)

    return sorted(rows, key=key)
