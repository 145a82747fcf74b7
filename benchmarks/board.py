"""The board at 1 000 and 1 000 000 incidents: opening, paging, typing, searching, painting, a storm (QUALITY, Speed).

python -m benchmarks.board [FOLDER]: databases made once are kept in FOLDER and used again. Prints figures and ratios.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from app.queries import board
from app.queries.board import BoardView
from benchmarks.board_data import NOW_MS, build
from benchmarks.board_figures import both, line, timed
from db import search
from db.engine import open_reader
from db.search import Wanted
from db.search_index import TEXTS

MANY, SMALL = 1_000_000, 1_000
VIEW = BoardView("EMB", "FRD")
TERMS = 200
RARE, RARE_MOST = 12, 500
HAN = ("\u4e00", "\u9fff")


def database(folder: Path, count: int) -> Path:
    """A database of synthetic incidents, made when it is not there yet."""
    path = folder / f"board-{count}.db"
    if not path.exists():
        build(path, count)
    return path


def terms(connection: sqlite3.Connection, count: int) -> list[str]:
    """Random substrings of one to six Han characters, as they are typed."""
    chance = random.Random(11)
    (top,) = connection.execute("SELECT max(n) FROM search_incident").fetchone()
    found: list[str] = []
    while len(found) < count:
        rowid = chance.randint(1, top)
        (text,) = connection.execute("SELECT text FROM search_incident WHERE n = ?", (rowid,)).fetchone()
        length, at = chance.randint(1, 6), chance.randrange(len(text))
        word = text[at : at + length]
        if len(word) == length and all(HAN[0] <= char <= HAN[1] for char in word):
            found.append(word)
    return found


def queries(small: Path, many: Path) -> None:
    """Opening and paging at both sizes, typing and searching at the large one."""
    opened: dict[int, list[tuple[float, float]]] = {SMALL: [], MANY: []}
    for _ in range(15):
        for count, path in ((SMALL, small), (MANY, many)):
            connection = open_reader(path)
            opened[count].append(timed(partial(board.page, connection, VIEW)))
            connection.close()
    for count, times in opened.items():
        both(f"first page of {count} rows, new connection", times)
    middle = {count: statistics.median(own for _, own in times) for count, times in opened.items()}
    line("ratio of the medians", f"{middle[MANY] / middle[SMALL]:.2f}")
    connection = open_reader(many)
    end = board.page(connection, VIEW, None, 500).end
    both("a page behind 500 rows", [timed(partial(board.page, connection, VIEW, end)) for _ in range(50)])
    words = terms(connection, TERMS)
    views = [BoardView("EMB", "FRD", words=((word,),)) for word in words]
    both("page of a filter", [timed(partial(board.page, connection, view)) for view in views])
    both(
        "counts of a filter", [timed(partial(board.counts, connection, view, NOW_MS, 600)) for view in views]
    )
    against_like(connection, words)
    connection.close()


def against_like(connection: sqlite3.Connection, words: list[str]) -> None:
    """Rare terms: all their records by the index and by LIKE, the same answers."""
    by_index: list[tuple[float, float]] = []
    by_like: list[tuple[float, float]] = []
    for word in (word for word in words if len(word) > 1):
        wanted = Wanted.text(word)
        found = search.few_or_none(connection, "incident", wanted)
        if found is None or len(found) > RARE_MOST:
            continue
        like = partial(_by_like, connection, word)
        if like() != sorted(found):
            line("WRONG ANSWER", word)
        by_index.append(timed(partial(search.few_or_none, connection, "incident", wanted)))
        by_like.append(timed(like))
        if len(by_index) == RARE:
            break
    both("rare words by the index", by_index)
    both("rare words by LIKE over the incidents", by_like)
    ratios = [like[1] / index[1] for like, index in zip(by_like, by_index, strict=True)]
    line("LIKE / index of the processor, median", f"{statistics.median(ratios):.0f}")


def _by_like(connection: sqlite3.Connection, word: str) -> list[int]:
    """As one would ask without an index."""
    sql = f"SELECT r.rowid FROM incident r WHERE {TEXTS['incident']} LIKE ?"
    return [row[0] for row in connection.execute(sql, (f"%{word}%",))]


def _screen(what: str, path: Path) -> str:
    """Run a trial that needs Qt in a process of its own; returns what it printed."""
    run = [sys.executable, "-m", "benchmarks.board_screen", what, str(path)]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout


def main(arguments: list[str]) -> int:
    """All trials."""
    folder = Path(arguments[0]) if arguments else Path(tempfile.mkdtemp())
    small, many = database(folder, SMALL), database(folder, MANY)
    queries(small, many)
    opened: dict[Path, list[tuple[float, ...]]] = {small: [], many: []}
    for _ in range(5):
        for path, found in opened.items():
            found.append(tuple(float(part) for part in _screen("open", path).split()))
    middle = {
        path: [statistics.median(part) for part in zip(*found, strict=True)] for path, found in opened.items()
    }
    for count, path in ((SMALL, small), (MANY, many)):
        line(
            f"panel opened at {count} rows, memory",
            f"{middle[path][0]:.0f} ms, {middle[path][1] / 1024:.0f} MB",
        )
    ratios = [large / little for large, little in zip(middle[many], middle[small], strict=True)]
    line("ratios of time and memory", f"{ratios[0]:.2f}, {ratios[1]:.2f}")
    for what in ("typing", "painting", "storm"):
        sys.stdout.write(_screen(what, many))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
