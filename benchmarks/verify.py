"""The journal looked through: chain with bodies, and signatures (QUALITY, Reliability: 1 M entries in 4 s, and in 2 min).

python -m benchmarks.verify [ENTRIES]. ENTRIES (30 000) of the duty log, one signed act each; the floor reads the same rows and
hashes their bodies, nothing else. `verify` uses as many processes as there are processors, at most four: so many walk the whole
once more, each a part of its own, and their start is told apart.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import multiprocessing
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.bootstrap.checking import MAX_WORKERS
from app.journal.chain_walk import Range, walk
from benchmarks.arrival import fill
from benchmarks.figures import Figure, tell
from benchmarks.pair import Here
from db.examine import open_read_only

ENTRIES = 30_000
TIMES = 5
WORKERS = min(MAX_WORKERS, os.cpu_count() or 1)
SIGNATURES_PER_S = 1_000_000 / 120


def _range(connection: sqlite3.Connection, signatures: bool) -> Range:
    realm, own = connection.execute("SELECT realm, site FROM self").fetchone()
    keys = dict(connection.execute("SELECT site, key FROM chain").fetchall())
    last = int(connection.execute("SELECT max(n) FROM op").fetchone()[0])
    return Range(0, last, realm, keys, signatures, {}, own)


def _floor(connection: sqlite3.Connection) -> int:
    count = 0
    for hidden, digest in connection.execute("SELECT body, hash FROM op ORDER BY n"):
        hashlib.blake2b(hidden or b"", digest_size=32).digest()
        count += len(digest) > 0
    return count


def _walked(connection: sqlite3.Connection, signatures: bool) -> int:
    found = walk(connection, _range(connection, signatures))
    if found.faults:
        raise RuntimeError(f"a whole journal has faults: {found.faults[:3]}")
    return found.entries


def _walk_part(path: Path, part: Range, times: int) -> int:
    """A worker's share, several times over."""
    with contextlib.closing(open_read_only(path)) as connection:
        return sum(walk(connection, part).entries for _ in range(times))


def _side_by_side(path: Path, whole: Range) -> tuple[float, float]:
    """Entries a second of all workers together, and the seconds of their start."""
    step = -(-whole.last // WORKERS)
    parts = [
        replace(whole, first=at, last=min(at + step, whole.last), signatures=False)
        for at in range(0, whole.last, step)
    ]
    began = time.perf_counter()
    with concurrent.futures.ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn")) as pool:
        list(
            pool.map(
                _walk_part, [path] * WORKERS, [replace(whole, last=whole.first)] * WORKERS, [1] * WORKERS
            )
        )
        ready = time.perf_counter()
        walked = sum(pool.map(_walk_part, [path] * len(parts), parts, [TIMES] * len(parts)))
        return walked / (time.perf_counter() - ready), ready - began


def _per_s(work: Callable[[], int]) -> float:
    """Entries a second."""
    began = time.perf_counter()
    return work() / (time.perf_counter() - began)


def run(count: int = ENTRIES) -> list[Figure]:
    """Both walks and the floor, in turn."""
    with tempfile.TemporaryDirectory(prefix="jdc-bench-") as name:
        here = Here(Path(name))
        fill(here, count, incidents=False)
        here.node.close()
        with contextlib.closing(open_read_only(here.emb.data.database)) as connection:
            chain, floor = list[float](), list[float]()
            for _ in range(TIMES):
                floor.append(_per_s(lambda: _floor(connection)))
                chain.append(_per_s(lambda: _walked(connection, False)))
            signed = _per_s(lambda: _walked(connection, True))
            together, start_s = _side_by_side(here.emb.data.database, _range(connection, False))
    rate = statistics.median(chain)
    return [
        Figure("verify: entries a second, chain with bodies, one process", rate, "/s"),
        Figure(f"verify: the same, {WORKERS} processes as `verify` has them here", together, "/s"),
        Figure("verify: start of these processes", start_s, "s"),
        Figure(
            "verify: 1 000 000 entries at that rate, with the start", start_s + 1e6 / together, "s", most=4
        ),
        Figure("verify: entries a second with signatures, one process", signed, "/s", least=SIGNATURES_PER_S),
        Figure("verify: chain with bodies / rows read and bodies hashed", rate / statistics.median(floor)),
    ]


if __name__ == "__main__":
    sys.exit(tell(run(int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES)))
