"""The board at 1 000 and 1 000 000 incidents: opening, paging, typing, painting, a storm (QUALITY, Speed).

python -m benchmarks.board [FOLDER]: databases made once are kept in FOLDER (out/bench) and used again.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.queries import board
from app.queries.board_view import BoardView
from benchmarks.board_data import NOW_MS, TERMS, build, terms
from benchmarks.figures import Figure, ratio_of_pairs, share, tell, timed
from db.engine import open_reader
from db.examine import HEAD

MANY, SMALL = 1_000_000, 1_000
VIEW = BoardView("EMB", "FRD")
FOLDER = Path(__file__).resolve().parents[1] / "out" / "bench"
OPENED = 7


def database(count: int, folder: Path = FOLDER) -> Path:
    """A database of synthetic incidents, made when it is not there yet."""
    return kept(folder, "board", count, build)


def kept(folder: Path, name: str, count: int, make: Callable[[Path, int], None]) -> Path:
    """A database of this revision, made when it is not there yet; those of older revisions go."""
    path = folder / f"{name}-{count}-{HEAD}.db"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*folder.glob(f"{name}-{count}.db"), *folder.glob(f"{name}-{count}-*.db")):
            old.unlink()
        unfinished = path.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        make(unfinished, count)
        unfinished.rename(path)
    return path


def queries(small: Path, many: Path) -> list[Figure]:
    """Opening and paging at both sizes, filters at the large one; milliseconds of the processor."""
    opened: dict[Path, list[float]] = {small: [], many: []}
    for _ in range(25):
        for path, times in opened.items():
            connection = open_reader(path)
            times.append(timed(partial(board.page, connection, VIEW))[1])
            connection.close()
    connection = open_reader(many)
    end = board.page(connection, VIEW, None, 500).end
    behind = [timed(partial(board.page, connection, VIEW, end))[1] for _ in range(50)]
    views = [BoardView("EMB", "FRD", words=((word,),)) for word in terms(connection, TERMS)]
    pages = [timed(partial(board.page, connection, view))[1] for view in views]
    counts = [timed(partial(board.counts, connection, view, NOW_MS, 600))[1] for view in views]
    connection.close()
    return [
        Figure("board: query of the first page at 1 000 000 rows", statistics.median(opened[many]), "ms"),
        Figure("board: the same against 1 000 rows", ratio_of_pairs(opened[many], opened[small])),
        Figure("board: query of a page behind 500 rows", statistics.median(behind), "ms"),
        Figure("board: query of a filtered page, p95", share(pages, 0.95), "ms"),
        Figure("board: counts of a filter, p95", share(counts, 0.95), "ms"),
    ]


def screen(what: str, path: Path) -> dict[str, float]:
    """Run a trial that needs Qt in a process of its own; returns what it found."""
    run = [sys.executable, "-m", "benchmarks.board_screen", what, str(path)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def opening(small: Path, many: Path) -> list[Figure]:
    """The panel over both sizes, in turn."""
    found: dict[Path, list[dict[str, float]]] = {small: [], many: []}
    for turn in range(OPENED + 1):
        for path, figures in found.items():
            figure = screen("open", path)
            if turn:
                figures.append(figure)
    ratios = {
        what: ratio_of_pairs([f[what] for f in found[many]], [f[what] for f in found[small]])
        for what in ("opened", "memory")
    }
    return [
        Figure(
            "board: panel at 1 000 000 rows opened", statistics.median(f["opened"] for f in found[many]), "ms"
        ),
        Figure("board: time to open, 1 000 000 / 1 000 rows", ratios["opened"], most=1.5),
        Figure("board: memory, 1 000 000 / 1 000 rows", ratios["memory"], most=1.3),
    ]


def run(folder: Path = FOLDER) -> list[Figure]:
    """All trials."""
    small, many = database(SMALL, folder), database(MANY, folder)
    figures = queries(small, many) + opening(small, many)
    typing, proxy = screen("typing", many), screen("proxy", many)
    painting, storm = screen("painting", many), screen("storm", many)
    return [
        *figures,
        Figure("board: a key in the filter to painted, 1 000 000 rows, p95", typing["p95"], "ms", most=50),
        Figure("board: QSortFilterProxyModel over the same texts, p50", proxy["p50"], "ms"),
        Figure("board: the same / our filter, p50", proxy["p50"] / typing["p50"], least=50),
        Figure("board: list painted whole", painting["own"], "ms"),
        Figure("board: the same / Qt's default delegate", painting["ratio"], most=0.5),
        Figure("board: a second's tick of all visible clocks", painting["tick"], "ms"),
        Figure("board: storm of 100 changes/s, thread of the screen", storm["screen"], "of a core", most=0.2),
        Figure("board: storm of 100 changes/s, process", storm["process"], "of a core", most=0.35),
        Figure("board: storm, from commit to shown, worst", storm["worst"], "ms", most=300),
    ]


if __name__ == "__main__":
    sys.exit(tell(run(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)))
