"""Full-text search with exactly LIKE's answers (QUALITY, Speed), over the index that db/search_index.py keeps.

A word is found if the text contains it, ASCII letters without regard to case, all else letter by letter: what
`text LIKE '%word%'` answers. Words of one or two characters are tokens; longer ones are candidates by their pairs and then
compared.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from db.search_index import FOLD, code_of

FEW = 4_000  # so many records are sorted faster than the board is searched through
MANY = 20_000  # so many records of a filter are compared faster than what a frequent word has found
WALK = 20_000  # so many records of an order are looked through before the index is asked for all
LONGEST = 10_000  # SQLite takes patterns up to 50 000 bytes
SAMPLE = 96
NEAR = 2  # of the sample of the newest: one in fifty
_LOOKED_AT = 40  # characters of a long word
_PAIRS = 6  # that the index is asked for at once; comparing settles the rest


def pattern(word: str) -> str:
    """What LIKE ... ESCAPE '\\' compares to find a word as it stands."""
    word = word.encode("utf-8", "surrogatepass").decode(
        "utf-8", "replace"
    )  # half a character is found nowhere
    for special in ("\\", "%", "_"):
        word = word.replace(special, "\\" + special)
    return f"%{word}%"


@dataclass(frozen=True)
class Wanted:
    """What is searched for: all of `words`, each by any of its spellings. Empty: everything.

    ValueError for a word longer than LONGEST characters.
    """

    words: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if any(len(spelling) > LONGEST for word in self.words for spelling in word):
            raise ValueError("word too long")
        if any(not spelling for word in self.words for spelling in word) or not all(self.words):
            raise ValueError("a word is not empty")

    @classmethod
    def text(cls, text: str) -> Wanted:
        """One text, searched for as it stands, blanks included."""
        return cls(((text,),) if text else ())

    def __bool__(self) -> bool:
        return bool(self.words)

    @cached_property
    def exact(self) -> bool:
        """True if the index alone gives the answer."""
        return all(len(spelling) <= 2 for word in self.words for spelling in word)  # noqa: PLR2004

    def found_in(self, folded: str) -> bool:
        """True if a text, its ASCII letters in lower case, is wanted."""
        return all(any(spelling.translate(FOLD) in folded for spelling in word) for word in self.words)

    @cached_property
    def params(self) -> dict[str, str]:
        """Values for `like`."""
        return {
            f"word_{at}_{nth}": pattern(spelling)
            for at, word in enumerate(self.words)
            for nth, spelling in enumerate(word)
        }

    def like(self, column: str = "d.text") -> str:
        """The same as a condition on a text column."""
        return (
            " AND ".join(
                "("
                + " OR ".join(f"{column} LIKE :word_{at}_{nth} ESCAPE '\\'" for nth in range(len(word)))
                + ")"
                for at, word in enumerate(self.words)
            )
            or "1"
        )


# -- finding -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Stretch:
    """A part of an order: a condition on `r` with its values, and the order inside it.

    `by` leaves out what is the same in the whole stretch: SQLite would sort for it instead of trusting the index.
    """

    where: str
    by: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Facet:
    """Records `r` that an index holds together: where they come from (FROM), a condition there with its values."""

    source: str
    where: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """An order of the records `r` with the index that holds it, and the stretches of it that are wanted, in turn."""

    by: str
    index: str
    stretches: tuple[Stretch, ...]
    where: str = "1"  # what else a record must be
    params: dict[str, Any] = field(default_factory=dict)  # values of `where`
    facets: tuple[Facet, ...] = ()  # every record that fits `where` is in each of them


def ordered(
    connection: sqlite3.Connection, entity: str, wanted: Wanted, order: Order, limit: int
) -> list[int]:
    """Rowids of the first `limit` wanted records in an order.

    What is frequent lately is found by looking through the order; what is rare by the index, then sorted; what is
    frequent but not near the beginning by the index as well, which takes longer. Where a filter leaves few records, these
    are read.
    """
    rare = rarest(connection, order.facets)
    if rare is not None and rare.count <= FEW:
        return _of_facet(connection, entity, wanted, rare.facet, order, limit)
    if not wanted:
        found = _walk(connection, entity, wanted, order, limit)
        if found is not None:
            return found
        everything = Facet(f"{entity} r", "1") if rare is None else rare.facet
        return _of_facet(connection, entity, wanted, everything, order, limit)
    odds = Odds.of(connection, entity, wanted)
    if odds.near:
        found = _walk(connection, entity, wanted, order, limit)
        if found is not None:
            return found
    few = candidates(connection, entity, wanted, odds)
    if few is not None:
        return sorted_rows(connection, entity, few, order, limit)
    if rare is not None and rare.count <= MANY:
        return _of_facet(connection, entity, wanted, rare.facet, order, limit)
    found = None if odds.near else _walk(connection, entity, wanted, order, limit)
    return _all(connection, entity, wanted, odds, order, limit) if found is None else found


@dataclass(frozen=True)
class Rare:
    """A facet and how many records it holds, MANY + 1 for more than MANY."""

    facet: Facet
    count: int


def rarest(connection: sqlite3.Connection, facets: Sequence[Facet]) -> Rare | None:
    """The facet with the fewest records; None without any."""
    found: Rare | None = None
    for facet in facets:
        most = MANY if found is None else min(MANY, found.count)
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {facet.source} WHERE {facet.where} LIMIT :most)"  # nosec B608
        count = next(iter(_rows(connection, sql, {**facet.params, "most": most + 1})))[0]
        if found is None or count < found.count:
            found = Rare(facet, count)
        if count <= FEW:
            break
    return found


def _of_facet(
    connection: sqlite3.Connection, entity: str, wanted: Wanted, facet: Facet, order: Order, limit: int
) -> list[int]:
    """The first `limit` wanted records of a facet in an order."""
    condition, params = _any_stretch(order)
    compared = f"CROSS JOIN search_{entity} d ON d.n = r.rowid AND {wanted.like()}" if wanted else ""
    sql = (
        f"SELECT r.rowid FROM (SELECT r.rowid AS n FROM {facet.source} WHERE {facet.where}) f"  # nosec B608
        f" CROSS JOIN {entity} r ON r.rowid = f.n {compared}"
        f" WHERE {condition} AND {order.where} ORDER BY {order.by} LIMIT :limit"
    )
    given = {**facet.params, **wanted.params, **params, "limit": limit}
    return [n for (n,) in _rows(connection, sql, given)]


def few_or_none(connection: sqlite3.Connection, entity: str, wanted: Wanted) -> list[int] | None:
    """Rowids of all wanted records when they are rare, in no order; None when there are many."""
    return candidates(connection, entity, wanted, Odds.of(connection, entity, wanted))


@dataclass(frozen=True)
class Odds:
    """What a sample of texts says: whether the newest records hold wanted ones, and which pairs are rare."""

    near: bool
    match: str  # FTS5 expression: hexadecimal tokens in quotation marks, nothing of the officer's text

    @classmethod
    def of(cls, connection: sqlite3.Connection, entity: str, wanted: Wanted) -> Odds:
        """Look at texts all over the table and at the newest ones."""
        everywhere, newest = _samples(connection, entity)
        near = sum(wanted.found_in(text) for text in newest) >= NEAR
        return cls(near, _match(wanted, everywhere + newest))


# By connection: (highest rowid then, texts of everywhere, texts of the newest). It decides how is searched, never what is
# found, so that an old one does no harm.
_KEPT: dict[tuple[int, str], tuple[int, list[str], list[str]]] = {}
_KEPT_MOST = 16


def _samples(connection: sqlite3.Connection, entity: str) -> tuple[list[str], list[str]]:
    key = (id(connection), entity)
    top = connection.execute(f"SELECT coalesce(max(n), 0) FROM search_{entity}").fetchone()[0]  # nosec B608
    known = _KEPT.get(key)
    if known is None or not 0 <= top - known[0] <= top // 100:
        if len(_KEPT) >= _KEPT_MOST:
            _KEPT.clear()
        newest = _sample(connection, entity, max(0, top - WALK), top)
        known = _KEPT[key] = (top, _sample(connection, entity, 0, top), newest)
    return known[1], known[2]


def _sample(connection: sqlite3.Connection, entity: str, low: int, high: int) -> list[str]:
    """Texts of up to SAMPLE records evenly spread over a range of rowids, ASCII letters in lower case."""
    step = max(1.0, (high - low) / SAMPLE)
    rowids = [round(high - nth * step) for nth in range(min(SAMPLE, high - low))]
    sql = f"SELECT d.text FROM json_each(:rowids) j CROSS JOIN search_{entity} d ON d.n = j.value"  # nosec B608
    return [text.translate(FOLD) for (text,) in _rows(connection, sql, {"rowids": json.dumps(rowids)})]


def _match(wanted: Wanted, sample: Sequence[str]) -> str:
    """An expression that finds at least what is wanted: the rare pairs of the rare words; the rest is compared."""
    words = [[_rarest(spelling.translate(FOLD), sample) for spelling in word] for word in wanted.words]
    counts = [sum(count for count, _ in spellings) for spellings in words]
    used = [spellings for spellings, count in zip(words, counts, strict=True) if count <= _near(min(counts))]
    if wanted.exact:  # nothing is compared afterwards
        used = words
    return " AND ".join(
        "(" + " OR ".join(f"({tokens})" for _, tokens in spellings) + ")" for spellings in used
    )


def _rarest(word: str, sample: Sequence[str]) -> tuple[int, str]:
    """(how often in the sample, expression) of the rarest pairs of a word."""
    if len(word) == 1:
        return sum(word in text for text in sample), f'"{code_of(word)}"'
    pairs = dict.fromkeys(map("".join, pairwise(word[:_LOOKED_AT])))
    counted = sorted((sum(pair in text for text in sample), pair) for pair in pairs)
    least = counted[0][0]
    chosen = [pair for count, pair in counted if count <= _near(least)][:_PAIRS]
    return least, " AND ".join(f'"{code_of(pair[0])}z{code_of(pair[1])}"' for pair in chosen)


def _near(least: int) -> int:
    """Up to which count in the sample it pays to ask the index for another pair: comparing a text takes some thirty times
    as long as passing an entry of the index.
    """
    return 30 * least + 6


def candidates(
    connection: sqlite3.Connection, entity: str, wanted: Wanted, odds: Odds, most: int = FEW
) -> list[int] | None:
    """Rowids of all records that are wanted, in no order; None when there are more than `most`."""
    source = f"search_{entity}_grams f"
    condition = f"search_{entity}_grams MATCH :match"
    if not wanted.exact:
        source += f" CROSS JOIN search_{entity} d ON d.n = f.rowid"
        condition += f" AND {wanted.like()}"
    sql = f"SELECT f.rowid FROM {source} WHERE {condition} LIMIT :most"  # nosec B608
    params = {**wanted.params, "match": odds.match, "most": most + 1}
    found = [n for (n,) in _rows(connection, sql, params)]
    return None if len(found) > most else found


def sorted_rows(
    connection: sqlite3.Connection, entity: str, rowids: Sequence[int], order: Order, limit: int
) -> list[int]:
    """The first `limit` of some records in an order."""
    condition, params = _any_stretch(order)
    sql = (
        f"SELECT r.rowid FROM json_each(:rowids) j CROSS JOIN {entity} r ON r.rowid = j.value"  # nosec B608
        f" WHERE {condition} AND {order.where} ORDER BY {order.by} LIMIT :limit"
    )
    return [n for (n,) in _rows(connection, sql, {**params, "rowids": json.dumps(rowids), "limit": limit})]


def _walk(
    connection: sqlite3.Connection, entity: str, wanted: Wanted, order: Order, limit: int
) -> list[int] | None:
    """Look through the order; None when the first WALK records hold too few."""
    found: list[int] = []
    left = WALK
    texts = f"CROSS JOIN search_{entity} d ON d.n = r.rowid" if wanted else ""
    for stretch in order.stretches:
        sql = (
            f"SELECT r.rowid, CASE WHEN {wanted.like()} THEN {order.where} ELSE 0 END"  # nosec B608
            f" FROM {entity} r INDEXED BY {order.index} {texts}"
            f" WHERE {stretch.where} ORDER BY {stretch.by}"
        )
        for n, good in _rows(connection, sql, {**wanted.params, **order.params, **stretch.params}):
            left -= 1
            if good:
                found.append(n)
                if len(found) == limit:
                    return found
            if not left:
                return None
    return found


def _all(
    connection: sqlite3.Connection, entity: str, wanted: Wanted, odds: Odds, order: Order, limit: int
) -> list[int]:
    condition, params = _any_stretch(order)
    compared = "" if wanted.exact else f"CROSS JOIN search_{entity} d ON d.n = f.rowid AND {wanted.like()}"
    sql = (
        f"SELECT r.rowid FROM search_{entity}_grams f {compared} CROSS JOIN {entity} r ON r.rowid = f.rowid"  # nosec B608
        f" WHERE search_{entity}_grams MATCH :match AND {condition} AND {order.where} ORDER BY {order.by} LIMIT :limit"
    )
    given = {**wanted.params, **params, "match": odds.match, "limit": limit}
    return [n for (n,) in _rows(connection, sql, given)]


def _any_stretch(order: Order) -> tuple[str, dict[str, Any]]:
    params: dict[str, Any] = dict(order.params)
    for stretch in order.stretches:
        params |= stretch.params
    return "(" + " OR ".join(f"({stretch.where})" for stretch in order.stretches) + ")", params


def _rows(connection: sqlite3.Connection, sql: str, params: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Rows as plain tuples; the statement ends with the loop, so that no snapshot is held."""
    cursor = connection.cursor()
    cursor.row_factory = None
    try:
        yield from cursor.execute(sql, params)
    finally:
        cursor.close()
