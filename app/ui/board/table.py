"""The board's rows as plain words: cells of a table, a sentence for a message. For copying, printing and exporting.

Agencies stand by their names: "we" would be somebody else wherever it is read. Contact data is no part of a row (XC-07).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from app.kernel.cells import neutral
from app.queries.board_view import BoardRow
from app.ui.board.wording import Catalogue, Wording, exact_time
from app.ui.theme.shapes import NUMERALS

COLUMNS = (
    "level",
    "no",
    "place",
    "what",
    "street",
    "state",
    "clock",
    "due",
    "left",
    "owed",
    "received",
    "figures",
    "dispute",
    "seen",
)


class BoardTable:
    """Words of rows for one console; safe to use on any thread."""

    def __init__(
        self, texts: Catalogue, wording: Wording, streets: Mapping[str, str], agencies: Mapping[str, str]
    ) -> None:
        """`streets`, `agencies`: names by code."""
        self._texts, self._wording = texts, wording
        self._streets, self._agencies = streets, agencies

    def heads(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._texts.get(f"ui.board.column.{name}") for name in COLUMNS)

    def cells(self, row: BoardRow, now_ms: int) -> tuple[str, ...]:
        """One row, as of a moment."""
        shown = self._wording.row(row)
        runs = bool(row.open) and row.due_at is not None
        return (
            self.level(row),
            row.no or "",
            row.place or "",
            row.what or "",
            self._streets.get(row.unit_code or "", ""),
            shown.state,
            shown.clock_name if runs or shown.clock else "",
            exact_time(row.due_at) if runs else "",
            self.left(row, now_ms),
            self.owed(row),
            exact_time(row.received_at),
            shown.figures,
            shown.dispute,
            shown.tick_word,
        )

    def level(self, row: BoardRow) -> str:
        """Numeral and word."""
        key = row.level or "level_none"
        word = self._texts.get(f"enum.incident_level.{key}")
        return " ".join(filter(None, (NUMERALS.get(key), word)))

    def left(self, row: BoardRow, now_ms: int) -> str:
        """The countdown; empty when no clock runs."""
        if not row.open or row.due_at is None:
            return ""
        return self._wording.countdown(row.due_at, now_ms).text

    def owed(self, row: BoardRow) -> str:
        """Who owes the running clock."""
        comma = self._texts.get("wording.comma")
        return comma.join(self._agencies.get(agency, agency) for agency in row.owed_by)

    def message(self, row: BoardRow) -> str:
        """One row as a sentence for a message."""
        get, shown = self._texts.get, self._wording.row(row)
        runs = bool(row.open) and row.due_at is not None
        owed = self.owed(row)
        parts = [
            " ".join(filter(None, (row.no, shown.title))),
            self.level(row),
            shown.state,
            get("ui.board.tip.received", at=exact_time(row.received_at)) if row.received_at else "",
            get("ui.board.tip.due", clock=shown.clock_name, at=exact_time(row.due_at)) if runs else "",
            get("ui.board.group.owed", owner=owed) if owed else "",
            shown.figures,
        ]
        return get("wording.comma").join(filter(None, parts))

    def tabbed(self, rows: Sequence[BoardRow], now_ms: int) -> str:
        """Rows for a spreadsheet, heads first; one row alone goes without."""
        lines: Iterable[Sequence[str]] = (self.cells(row, now_ms) for row in rows)
        if len(rows) > 1:
            lines = (self.heads(), *lines)
        return "\n".join("\t".join(neutral(" ".join(cell.split())) for cell in cells) for cells in lines)
