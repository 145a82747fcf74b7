"""What the board shows and in which order: rows, views, places, figures (SCREEN). Pure: no SQL, no Qt.

Light on purpose: nothing imported that the first paint need not wait for. Moments in UTC ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from app.queries.disputes import Disputed
from app.queries.titles import title_of

if TYPE_CHECKING:  # what filters ask for is loaded with the first one
    from app.queries.search_language import Narrow

NEVER = 9_223_372_036_854_775_807
COUNTED = 999  # closed incidents are counted up to here
PAGE = 50


class Chip(StrEnum):
    """Filters of the board's head."""

    ALL = "all"
    OURS = "ours"  # a running clock is owed by our agency
    CONFLICTS = "conflicts"
    THEIRS = "theirs"  # a running clock is owed by the partner
    OPEN = "open"


class Sort(StrEnum):
    """Orders of the board."""

    DEADLINE = "deadline"  # what burns first
    RECEIVED = "received"  # newest first
    LEVEL = "level"  # what is open in groups, what burns first in each; what is closed sinks below them all
    STREET = "street"
    OWNER = "owner"  # by who owes the running clock


GROUPED = frozenset({Sort.LEVEL, Sort.STREET, Sort.OWNER})


class Seen(StrEnum):
    """How far the changes of an incident have come at the partner's."""

    QUEUED = "queued"  # something of it is not acknowledged there
    DELIVERED = "delivered"  # a console of the partner's has durably projected all of it
    SEEN = "seen"  # a person there has seen it: nothing here claims that yet
    UNSEEN = "unseen"  # a notice that waits longer than it should


@dataclass(frozen=True, slots=True)
class BoardRow:
    """What one row of the board paints."""

    id: str
    no: str | None
    agency: str | None
    place: str | None
    what: str | None
    unit_code: str | None
    level: str | None
    status: str | None
    reason: str | None
    owes_reports: int | None
    received_at: int | None
    due_at: int | None
    clock: str | None
    open: int
    updated_at: int
    oral_status: str | None
    written_status: str | None
    written_met_at: int | None
    deaths: int | None = None
    injured_serious: int | None = None
    injured_minor: int | None = None
    missing: int | None = None
    trapped: int | None = None
    evacuated: int | None = None
    owed_by: tuple[str, ...] = ()  # agencies that owe what the clock runs for
    seen: Seen | None = None
    disputed: tuple[Disputed, ...] = ()

    @property
    def title(self) -> str:
        """Place and event as one line; empty when neither is known."""
        return title_of(self.place, self.what)


@dataclass(frozen=True, slots=True)
class BoardView:
    """What the board shows: for whom, which words (all of them, each by any spelling), which chip, which order, and which
    filters (None: none).
    """

    agency: str
    partner: str
    words: tuple[tuple[str, ...], ...] = ()
    chip: Chip = Chip.ALL
    sort: Sort = Sort.DEADLINE
    narrow: Narrow | None = None

    @property
    def whole(self) -> bool:
        """True if nothing is filtered out."""
        return not self.words and self.chip is Chip.ALL and self.narrow is None

    @property
    def debtors(self) -> frozenset[str]:
        """Agencies all of which must owe what a row's clock runs for; mostly none."""
        asked = {str(self.chip), *(() if self.narrow is None else map(str, self.narrow.flags))}
        named = {Chip.OURS: self.agency, Chip.THEIRS: self.partner}
        return frozenset(agency for chip, agency in named.items() if str(chip) in asked)

    @property
    def only_open(self) -> bool:
        """True if nothing that is closed is shown."""
        flagged = self.narrow is not None and Chip.OPEN.value in self.narrow.flags
        return flagged or self.chip is Chip.OPEN or bool(self.debtors)

    def key(self, row: BoardRow | Place) -> tuple[Any, ...]:
        """Sort key of a row or of a place, the same order as SQLite's."""
        received = (row.received_at is None, -(row.received_at or 0), row.id)
        if self.sort is Sort.RECEIVED:
            return received
        due = NEVER if row.due_at is None else row.due_at
        if self.sort not in GROUPED:
            return (-row.open, due, *received)
        group = row.group if isinstance(row, Place) else self.group(row)
        return (-row.open, self._rank(group) if row.open else _SUNK, due, *received)

    def group(self, row: BoardRow) -> str:
        """Group of an open row: its level, the code of its street, the agency that owes; empty without one."""
        match self.sort:
            case Sort.LEVEL:
                return row.level or "level_none"
            case Sort.STREET:
                return row.unit_code or ""
            case _:
                return next(iter(row.owed_by), "")

    def _rank(self, group: str) -> tuple[int, str]:
        """Levels and streets as they are coded; our debts before the partner's; what has none last."""
        if self.sort is Sort.OWNER:
            known = (self.agency, self.partner)
            return (known.index(group) if group in known else 2 if group else 3, group)
        return (0 if group else 1, group)

    def place(self, row: BoardRow) -> Place:
        """The place of a row in this view."""
        group = self.group(row) if self.sort in GROUPED else ""
        return Place(row.open, row.due_at, row.received_at, row.id, group)


_SUNK = (9, "")


def words_of(text: str) -> tuple[tuple[str, ...], ...]:
    """Words of what was typed: all of them must be found."""
    return tuple((word,) for word in dict.fromkeys(text.split()))


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the board's order: that of the last row of a page."""

    open: int
    due_at: int | None
    received_at: int | None
    id: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows after a place, and where to go on; `end` is None when there is nothing more."""

    rows: tuple[BoardRow, ...]
    end: Place | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Open incidents by urgency and closed ones; `closed` is COUNTED + 1 for "many": nobody waits for their count."""

    overdue: int = 0
    soon: int = 0
    running: int = 0
    closed: int = 0
    changes_at: int | None = field(
        default=None, compare=False
    )  # UTC ms: from then on time alone makes it untrue

    @property
    def open(self) -> int:
        """All that are not closed."""
        return self.overdue + self.soon + self.running


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures of the head: of everything, of what the view shows, what we owe, what stands in conflict."""

    everything: Tally = Tally()
    shown: Tally = Tally()
    ours: int = 0
    conflicts: int = 0
    groups: Mapping[str, int] = field(default_factory=dict)  # open rows of a grouped view
