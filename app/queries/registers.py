"""Lists of registers as the window pages them: shelters by urgency and name, points by kind and name (RS-08, MP-02).

Keyset paging: a page costs the same wherever it is. Words are looked for in SQL, each by any of its spellings.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

PAGE = 60
ENTITIES = ("shelter", "point")
_URGENCY = "CASE r.state WHEN 'open' THEN 0 WHEN 'full' THEN 0 WHEN 'closing' THEN 1 WHEN 'preparing' THEN 1 ELSE 2 END"
_TEXT = "coalesce(r.{0}, '')"
_NAME = _TEXT.format("name")
_ORDER = {
    "shelter": f"{_URGENCY}, {_NAME}, r.id",
    "point": f"{_TEXT.format('kind')}, {_NAME}, r.id",
}
_COLUMNS = {
    "shelter": (
        f"{_URGENCY}, r.id, r.name, r.code, r.kind, r.state, r.occupied, r.capacity, r.unit_code, r.address, r.lon, r.lat"
    ),
    "point": (
        f"{_TEXT.format('kind')}, r.id, r.name, NULL, r.kind, NULL, NULL, NULL, r.unit_code, r.address, r.lon, r.lat"
    ),
}
_SEARCHED = {
    "shelter": ("name", "code", "kind", "address", "unit_code", "state"),
    "point": ("name", "kind", "address", "unit_code"),
}


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A line of a register; `group` is what it is sorted by first, position in WGS-84 degrees."""

    group: int | str
    id: str
    name: str | None
    code: str | None
    kind: str | None
    state: str | None
    occupied: int | None
    capacity: int | None
    unit_code: str | None
    address: str | None
    lon: float | None
    lat: float | None

    @property
    def placed(self) -> bool:
        """True if it stands on the map."""
        return self.lon is not None and self.lat is not None


@dataclass(frozen=True, slots=True)
class ListPage:
    """Lines behind a place; `more` when there are further ones."""

    rows: tuple[ListedRow, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class ListCounts:
    """Lines that fit, all lines, and those of all that have no coordinates."""

    fitting: int
    everything: int
    unplaced: int


Words = tuple[tuple[str, ...], ...]


def _where(entity: str, words: Words) -> tuple[str, dict[str, str]]:
    searched = " || char(10) || ".join(_TEXT.format(name) for name in _SEARCHED[entity])
    parts = ["r.retracted = 0"]
    params: dict[str, str] = {}
    for at, spellings in enumerate(words):
        names = [f"w{at}_{number}" for number in range(len(spellings))]
        parts.append("(" + " OR ".join(f"({searched}) LIKE :{name} ESCAPE '\\'" for name in names) + ")")
        params |= {name: f"%{_escaped(word)}%" for name, word in zip(names, spellings, strict=True)}
    return " AND ".join(parts), params


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def page(
    connection: sqlite3.Connection,
    entity: str,
    words: Words = (),
    after: ListedRow | None = None,
    limit: int = PAGE,
) -> ListPage:
    """The first `limit` lines of a register (shelter | point) behind one of them; keyset, never OFFSET."""
    where, params = _where(entity, words)
    values: dict[str, Any] = {**params, "limit": limit + 1}
    if after is not None:
        where += f" AND ({_ORDER[entity]}) > (:group, :name, :id)"
        values |= {"group": after.group, "name": after.name or "", "id": after.id}
    sql = f"SELECT {_COLUMNS[entity]} FROM {entity} r WHERE {where} ORDER BY {_ORDER[entity]} LIMIT :limit"  # nosec B608
    cursor = connection.cursor()
    cursor.row_factory = None
    rows = tuple(ListedRow(*columns) for columns in cursor.execute(sql, values))
    return ListPage(rows[:limit], len(rows) > limit)


def counts(connection: sqlite3.Connection, entity: str, words: Words = ()) -> ListCounts:
    """How many lines there are."""
    where, params = _where(entity, words)
    cursor = connection.cursor()
    cursor.row_factory = None
    (fitting,) = cursor.execute(f"SELECT count(*) FROM {entity} r WHERE {where}", params).fetchone()  # nosec B608
    everything, unplaced = cursor.execute(
        f"SELECT count(*), count(*) - count(CASE WHEN r.lon IS NOT NULL AND r.lat IS NOT NULL THEN 1 END)"  # nosec B608
        f" FROM {entity} r WHERE r.retracted = 0"
    ).fetchone()
    return ListCounts(fitting, everything, unplaced)
