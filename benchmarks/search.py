"""Full-text search against LIKE: the same answers, and how much faster on rare words (QUALITY, Speed).

python -m benchmarks.search [FOLDER]. 1 000 random substrings of one to six characters over 100 000 incidents are compared with
LIKE's answers one by one; rare words are timed over 1 000 000 incidents, where LIKE takes most of a second each.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
from functools import partial
from pathlib import Path

from benchmarks.board import FOLDER, MANY, database
from benchmarks.board_data import terms
from benchmarks.figures import Figure, tell, timed
from db import search
from db.engine import open_reader
from db.search import Odds, Wanted
from db.search_index import TEXTS

MIDDLE, WORDS = 100_000, 1_000
RARE, RARE_MOST = 12, 500


def by_like(connection: sqlite3.Connection, word: str) -> set[int]:
    """As one would ask without an index."""
    sql = f"SELECT r.rowid FROM incident r WHERE {TEXTS['incident']} LIKE ?"
    return {row[0] for row in connection.execute(sql, (f"%{word}%",))}


def by_index(connection: sqlite3.Connection, word: str, most: int) -> set[int]:
    """All records with a word, by the index."""
    wanted = Wanted.text(word)
    odds = Odds.of(connection, "incident", wanted)
    return set(search.candidates(connection, "incident", wanted, odds, most) or ())


def answers(folder: Path) -> list[Figure]:
    """Recall and precision over all words together."""
    connection = open_reader(database(MIDDLE, folder))
    found = wanted = right = 0
    for word in terms(connection, WORDS):
        ours, theirs = by_index(connection, word, MIDDLE), by_like(connection, word)
        found, wanted, right = found + len(ours), wanted + len(theirs), right + len(ours & theirs)
    connection.close()
    return [
        Figure(f"search: recall against LIKE, {WORDS} random substrings", right / wanted, "", least=1),
        Figure("search: precision", right / found, "", least=1),
    ]


def rare(folder: Path) -> list[Figure]:
    """Rare words of two characters and more, index and LIKE in turn."""
    connection = open_reader(database(MANY, folder))
    index, like, ratios = [], [], []
    for word in (word for word in terms(connection, WORDS) if len(word) > 1):
        found = search.few_or_none(connection, "incident", Wanted.text(word))
        if found is None or len(found) > RARE_MOST:
            continue
        if by_like(connection, word) != set(found):
            raise RuntimeError(f"a wrong answer for {word}")
        best = min(timed(partial(by_index, connection, word, MANY))[1] for _ in range(3))
        index.append(best)
        like.append(timed(partial(by_like, connection, word))[1])
        ratios.append(like[-1] / best)
        if len(ratios) == RARE:
            break
    connection.close()
    return [
        Figure("search: a rare word in 1 000 000 incidents by the index", statistics.median(index), "ms"),
        Figure("search: the same by LIKE", statistics.median(like), "ms"),
        Figure("search: LIKE / index", statistics.median(ratios), least=500),
    ]


def run(folder: Path = FOLDER) -> list[Figure]:
    """Both."""
    return answers(folder) + rare(folder)


if __name__ == "__main__":
    sys.exit(tell(run(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)))
