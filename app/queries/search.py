"""Searching everything: incidents, duty log, reports, registers; each newest first, page by page, exactly what LIKE would find
(docs/decisions/0041). Contacts are not among them: what stands in them is sealed (XC-07).

Keyset paging: a page costs the same wherever it is. Counts end at COUNTED + 1: "many".
"""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.queries import board
from app.queries.board_view import BoardRow, BoardView, Place, Sort
from app.queries.narrowing import Conditions, Spoken, of_others
from app.queries.register_search import RegisterHit, RegisterPlace, count_registers, registers
from app.queries.search_language import Narrow
from app.queries.titles import title_of
from db import search
from db.search import Order, Stretch, Wanted

PAGE = 50
COUNTED = 999


class Kind(StrEnum):
    """What is searched, in the order in which it is shown."""

    INCIDENT = "incident"
    LOG = "log"
    REPORT = "report"
    REGISTER = "register"


Words = tuple[tuple[str, ...], ...]
Letters = Callable[[str], str]
"""Pinyin initials of a name."""


@dataclass(frozen=True)
class Asked:
    """What is wanted, for whom: all words, each by any of its spellings, and the filters (None: none)."""

    agency: str
    partner: str
    words: Words = ()
    narrow: Narrow | None = None

    def __bool__(self) -> bool:
        return bool(self.words) or bool(self.narrow)


@dataclass(frozen=True, slots=True)
class TextHit:
    """An entry of the log or a report with the incident it speaks of; `at` in UTC ms. `to`: recipient of a report."""

    entity: str  # log_entry | oral_report | report
    id: str
    at: int | None
    agency: str | None
    kind: str | None
    to: str | None
    title: str | None
    text: str | None
    account_id: str | None
    role: str | None
    channel: str | None
    entered_at: int | None
    incident_id: str | None
    incident_no: str | None
    place: str | None
    what: str | None

    @property
    def incident(self) -> str:
        """Place and event of its incident; empty without one."""
        return title_of(self.place, self.what)


Hit = BoardRow | TextHit | RegisterHit
After = Place | tuple[int | None, str] | RegisterPlace


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows behind a place, and where to go on (None: nothing more)."""

    rows: tuple[Hit, ...] = ()
    end: After | None = None


def find(
    connection: sqlite3.Connection,
    kind: Kind,
    asked: Asked,
    after: Any = None,
    limit: int = PAGE,
    letters: Letters | None = None,
) -> Answer:
    """A page of one kind. Nothing asked, nothing found.

    `letters`: what tells the initials of names in the registers; without it they are found by their characters alone.
    """
    if not asked:
        return Answer()
    match kind:
        case Kind.INCIDENT:
            page = board.page(connection, _view(asked), after, limit)
            return Answer(page.rows, page.end)
        case Kind.REGISTER:
            return Answer(*registers(connection, asked.words, asked.narrow, after, limit, letters))
        case _:
            return _texts(connection, asked, _SOURCES[kind], after, limit)


def count(connection: sqlite3.Connection, kind: Kind, asked: Asked, letters: Letters | None = None) -> int:
    """How many there are of one kind, COUNTED + 1 for more than COUNTED."""
    if not asked:
        return 0
    match kind:
        case Kind.INCIDENT:
            return board.count_found(connection, _view(asked), COUNTED + 1)
        case Kind.REGISTER:
            return count_registers(connection, asked.words, asked.narrow, letters)
        case _:
            return min(COUNTED + 1, sum(len(found) for _, found in _found(connection, asked, _SOURCES[kind])))


def _view(asked: Asked) -> BoardView:
    return BoardView(
        asked.agency, asked.partner, asked.words, sort=Sort.RECEIVED, narrow=asked.narrow or None
    )


# -- what was written --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Source:
    """A table of texts, and its columns in the order of TextHit."""

    table: Spoken
    columns: str

    @property
    def entity(self) -> str:
        """Its name."""
        return self.table.entity

    def conditions(self, narrow: Narrow | None) -> Conditions:
        """Filters as SQL."""
        return Conditions() if narrow is None else of_others(narrow, self.table)

    def order(self, conditions: Conditions, after: tuple[int | None, str] | None) -> Order:
        """Newest first, from a place on."""
        at = f"r.{self.table.at}"
        by = f"{at} DESC, r.id DESC"
        since = "" if conditions.since is None else f" AND {at} >= :n_since"
        if after is None:
            first = "1" if conditions.since is None else f"{at} < :n_until{since}"
            stretches: tuple[Stretch, ...] = (Stretch(first, by),)
        elif after[0] is None:
            stretches = (Stretch(f"{at} IS NULL AND r.id < :id", "r.id DESC", {"id": after[1]}),)
        else:
            place = {"at": after[0], "id": after[1]}
            stretches = (
                Stretch(f"{at} = :at AND r.id < :id", "r.id DESC", place),
                Stretch(f"{at} < :at{since}", by, place),
                Stretch(f"{at} IS NULL", "r.id DESC", place),
            )
        where = f"r.retracted = 0 AND {conditions.where}"
        index = f"ix_{self.entity}_{self.table.at}"
        return Order(by, index, stretches, where, conditions.params, conditions.facets)

    def rows(self, connection: sqlite3.Connection, rowids: list[int]) -> list[TextHit]:
        """Records with their incidents, in the order of the rowids."""
        cursor = connection.cursor()
        cursor.row_factory = None
        found = cursor.execute(
            f"SELECT '{self.entity}', r.id, r.{self.table.at}, r.agency, {self.columns}, r.entered_at, r.incident_id,"  # nosec B608
            f" i.no, i.place, i.what FROM json_each(?) j CROSS JOIN {self.entity} r ON r.rowid = j.value"
            " LEFT JOIN incident i ON i.id = r.incident_id AND i.retracted = 0 ORDER BY j.key",
            (json.dumps(rowids),),
        )
        return [TextHit(*values) for values in found]


_LOG = _Source(
    Spoken("log_entry", "at", "log:", "r.kind", "author_role"),
    "r.kind, NULL, NULL, r.text, r.account_id, r.author_role, NULL",
)
_ORAL = _Source(
    Spoken("oral_report", "spoken_at", "oral:"),
    "NULL, r.to_role, NULL, r.gist, r.account_id, NULL, r.channel",
)
_REPORT = _Source(
    Spoken("report", "sent_at", "report:", "r.kind"),
    "r.kind, r.recipient, r.title, r.text, r.account_id, NULL, NULL",
)
_SOURCES = {Kind.LOG: (_LOG,), Kind.REPORT: (_ORAL, _REPORT)}
_At = tuple[int | None, str]


def _found(
    connection: sqlite3.Connection,
    asked: Asked,
    sources: tuple[_Source, ...],
    after: _At | None = None,
    limit: int = COUNTED + 1,
) -> list[tuple[_Source, list[int]]]:
    wanted = Wanted(asked.words)
    conditions = [(source, source.conditions(asked.narrow)) for source in sources]
    return [
        (source, search.ordered(connection, source.entity, wanted, source.order(each, after), limit))
        for source, each in conditions
        if not each.never
    ]


def _texts(
    connection: sqlite3.Connection,
    asked: Asked,
    sources: tuple[_Source, ...],
    after: _At | None,
    limit: int,
) -> Answer:
    found: list[TextHit] = []
    for source, rowids in _found(connection, asked, sources, after, limit):
        found += source.rows(connection, rowids)
    if len(sources) > 1:
        found = heapq.nsmallest(limit, found, key=_newest_first)
    return Answer(tuple(found), (found[-1].at, found[-1].id) if len(found) == limit else None)


def _newest_first(hit: TextHit) -> tuple[Any, ...]:
    """As SQLite sorts `at DESC, id DESC`: what has no time last."""
    return (hit.at is None, -(hit.at or 0), _Reversed(hit.id))


@dataclass(frozen=True, slots=True)
class _Reversed:
    text: str

    def __lt__(self, other: _Reversed) -> bool:
        return self.text > other.text
