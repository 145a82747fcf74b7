"""Full-text search against LIKE: the same answers, and how much faster on rare words; filters and pages (QUALITY, Speed).

python -m benchmarks.search [FOLDER]. 1 000 random substrings of one to six characters over 100 000 incidents and as many
entries of the log are compared with LIKE's answers one by one; rare words are timed over 1 000 000 of each, where LIKE takes
most of a second; then the sheet's first pages, and filters that leave many, few and hardly any.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
from functools import partial
from pathlib import Path

from app.queries import search as everything
from app.queries.search import Asked, Kind
from app.queries.search_language import Field, Flag, Narrow
from benchmarks.board import FOLDER, MANY, SMALL, database, kept
from benchmarks.board_data import TERMS, UNITS, build_log, terms
from benchmarks.figures import Figure, share, tell, timed
from db import search
from db.engine import open_reader
from db.search import Odds, Wanted
from db.search_index import TEXTS

MIDDLE, WORDS = 100_000, 1_000
RARE, RARE_MOST = 12, 500
NAMES = {"incident": "incidents", "log_entry": "entries of the log"}
NARROWS = {
    "many": Narrow(((Field.STREET, UNITS[:1]), (Field.LEVEL, ("level_none",)))),
    "few": Narrow(((Field.STREET, UNITS[:1]), (Field.STATUS, ("void",)))),
    "hardly any": Narrow(
        ((Field.STREET, UNITS[4:5]), (Field.TYPE, ("type:hazmat",)), (Field.LEVEL, ("level_1",)))
    ),
    "a day": Narrow(((Field.TYPE, ("type:fire",)),), days=("2023-03-03", "2023-03-03")),
    "open": Narrow(flags=frozenset({Flag.OPEN})),
}


def made(entity: str, count: int, folder: Path) -> Path:
    """A database of so many records of a kind."""
    return database(count, folder) if entity == "incident" else kept(folder, "log", count, build_log)


def by_like(connection: sqlite3.Connection, entity: str, word: str) -> set[int]:
    """As one would ask without an index."""
    sql = f"SELECT r.rowid FROM {entity} r WHERE {TEXTS[entity]} LIKE ?"
    return {row[0] for row in connection.execute(sql, (f"%{word}%",))}


def by_index(connection: sqlite3.Connection, entity: str, word: str, most: int) -> set[int]:
    """All records with a word, by the index."""
    wanted = Wanted.text(word)
    odds = Odds.of(connection, entity, wanted)
    return set(search.candidates(connection, entity, wanted, odds, most) or ())


def answers(folder: Path, entity: str) -> list[Figure]:
    """Recall and precision over all words together."""
    connection = open_reader(made(entity, MIDDLE, folder))
    found = wanted = right = 0
    for word in terms(connection, WORDS, entity):
        ours, theirs = by_index(connection, entity, word, MIDDLE), by_like(connection, entity, word)
        found, wanted, right = found + len(ours), wanted + len(theirs), right + len(ours & theirs)
    connection.close()
    name = NAMES[entity]
    return [
        Figure(
            f"search: {name}: recall against LIKE, {WORDS} random substrings", right / wanted, "", least=1
        ),
        Figure(f"search: {name}: precision", right / found, "", least=1),
    ]


def rare(folder: Path, entity: str) -> list[Figure]:
    """Rare words of two characters and more, index and LIKE in turn."""
    connection = open_reader(made(entity, MANY, folder))
    index, like, ratios = [], [], []
    for word in (word for word in terms(connection, WORDS, entity) if len(word) > 1):
        found = search.few_or_none(connection, entity, Wanted.text(word))
        if found is None or len(found) > RARE_MOST:
            continue
        if by_like(connection, entity, word) != set(found):
            raise RuntimeError(f"a wrong answer for {word}")
        best = min(timed(partial(by_index, connection, entity, word, MANY))[1] for _ in range(3))
        index.append(best)
        like.append(timed(partial(by_like, connection, entity, word))[1])
        ratios.append(like[-1] / best)
        if len(ratios) == RARE:
            break
    connection.close()
    name = NAMES[entity]
    return [
        Figure(f"search: a rare word in 1 000 000 {name} by the index", statistics.median(index), "ms"),
        Figure("search: the same by LIKE", statistics.median(like), "ms"),
        Figure(f"search: {name}: LIKE / index", statistics.median(ratios), least=500),
    ]


def pages(folder: Path) -> list[Figure]:
    """First pages of all kinds for random words, as the sheet asks for them, and the page behind; then filters."""
    figures = []
    for entity, name in NAMES.items():
        for count in (SMALL, MANY):
            connection = open_reader(made(entity, count, folder))
            asked = [Asked("EMB", "FRD", ((word,),)) for word in terms(connection, TERMS, entity)]
            times = [timed(partial(_sheet, connection, each))[1] for each in asked]
            connection.close()
            figures.append(
                Figure(
                    f"search: first pages of all kinds over {count} {name}, p95",
                    share(times, 0.95),
                    "ms",
                )
            )
    connection = open_reader(database(MANY, folder))
    for what, narrow in NARROWS.items():
        each = Asked("EMB", "FRD", (), narrow)
        answer = everything.find(connection, Kind.INCIDENT, each)
        first = min(timed(partial(everything.find, connection, Kind.INCIDENT, each))[1] for _ in range(5))
        behind = min(
            timed(partial(everything.find, connection, Kind.INCIDENT, each, answer.end))[1] for _ in range(5)
        )
        figures.append(
            Figure(f"search: filters that leave {what}: first page of {len(answer.rows)}", first, "ms")
        )
        if answer.end is not None:
            figures.append(Figure("search: the page behind it", behind, "ms"))
    connection.close()
    return figures


def _sheet(connection: sqlite3.Connection, asked: Asked) -> None:
    for kind in Kind:
        everything.find(connection, kind, asked)


def run(folder: Path = FOLDER) -> list[Figure]:
    """All of it."""
    figures = []
    for entity in NAMES:
        figures += answers(folder, entity)
        figures += rare(folder, entity)
    return figures + pages(folder)


if __name__ == "__main__":
    sys.exit(tell(run(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)))
