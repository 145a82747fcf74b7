"""First synchronisation of an empty console: operations a second against an insert-only floor, bytes per operation.

python -m benchmarks.sync [OPERATIONS]. EMB holds OPERATIONS (20 000) signed log entries with Chinese text; FRD, a process of its
own, starts with nothing but the pairing and takes them over TLS on loopback. The floor: the same rows of the journal's table,
inserted by raw sqlite3 into an empty database of the same schema, 500 in a transaction, synchronous=FULL. Bytes are those of the
TLS stream in both directions, counted by a relay in a run of their own.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from app.usecases.duty import WriteLogEntry
from benchmarks.board_data import words
from benchmarks.figures import Figure, tell
from benchmarks.pair import Here, partner
from db import migrate
from db.engine import open_reader, open_writer

OPERATIONS, RELAYED = 20_000, 4_000
SINGLES, PAUSE_S = 20, 0.5
BATCH, BLOCK = 500, 200
PATIENCE_S, STEP_S = 600.0, 0.005


def fill(here: Here, count: int) -> None:
    """Signed entries of a few words each; the disk is not waited for."""
    chance, known = random.Random(5), words()
    here.node.local(lambda c: c.execute("PRAGMA synchronous=OFF"))
    for _ in range(count):
        text = "".join(chance.choices(known, k=chance.randint(3, 9)))
        here.node.execute(WriteLogEntry(text=text), here.officer)
    here.node.local(lambda c: c.execute("PRAGMA synchronous=FULL"))


def held(path: Path) -> int:
    """Operations in a database."""
    with contextlib.closing(open_reader(path)) as connection:
        return int(connection.execute("SELECT coalesce(max(n), 0) FROM op").fetchone()[0])


def until(done: Callable[[], bool], what: str) -> float:
    """The moment in s at which something holds; RuntimeError after a long time."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > PATIENCE_S:
            raise RuntimeError(what)
        time.sleep(STEP_S)
    return time.monotonic()


def floor_per_s(source: Path, folder: Path) -> float:
    """Rows of `op` a second, nothing but inserted."""
    with contextlib.closing(open_reader(source)) as connection:
        rows = connection.execute("SELECT * FROM op ORDER BY n").fetchall()
    target = folder / "floor.db"
    migrate.create(target)
    with contextlib.closing(open_writer(target)) as writer:
        marks = ", ".join("?" * len(rows[0]))
        began = time.perf_counter()
        for at in range(0, len(rows), BATCH):
            writer.execute("BEGIN IMMEDIATE")
            writer.executemany(f"INSERT INTO op VALUES ({marks})", rows[at : at + BATCH])
            writer.execute("COMMIT")
        return len(rows) / (time.perf_counter() - began)


def speed(folder: Path, count: int) -> list[Figure]:
    """The whole journal into an empty console; the clock runs from the first operation that arrived."""
    here = Here(folder)
    fill(here, count)
    floors = [floor_per_s(here.emb.data.database, _made(folder / "before"))]
    here.begin()
    try:
        goal, target = held(here.emb.data.database), here.frd.data.database
        own = held(target)
        with partner(here.frd, here.ports[1], "main"), contextlib.closing(open_reader(target)) as reader:
            began = until(lambda: _count(reader) > own, "nothing arrives")
            first = _count(reader)
            ended = until(lambda: _count(reader) >= goal + own, "not all arrives")
            rate = (_count(reader) - first) / (ended - began)
    finally:
        here.end()
    floors.append(floor_per_s(here.emb.data.database, _made(folder / "after")))
    floor = sum(floors) / len(floors)
    return [
        Figure(f"sync: first synchronisation of {goal} operations", rate, "op/s"),
        Figure("sync: insert-only floor", floor, "op/s"),
        Figure("sync: first synchronisation / floor", rate / floor, least=0.6),
        Figure("sync: against 8 450 op/s, measured of Anki through its server", rate / 8450, least=2.5),
        Figure("sync: against 2 300 op/s, measured of PouchDB", rate / 2300, least=8),
    ]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _count(reader: sqlite3.Connection) -> int:
    return int(reader.execute("SELECT coalesce(max(n), 0) FROM op").fetchone()[0])


def size(folder: Path, count: int) -> list[Figure]:
    """Bytes of the line per operation: in bulk, and for one act alone with its acknowledgement."""
    here = Here(folder, relayed=True)
    fill(here, count)
    here.begin()
    try:
        goal = held(here.emb.data.database)
        with partner(here.frd, here.ports[1], "main"):
            until(lambda: here.waiting() == 0, "nothing arrives")
            assert here.relay is not None
            bulk = here.relay.forwarded / goal
            stretch = (
                SINGLES * PAUSE_S
            )  # both as long, so that both hold as many of the pings of every second
            before = here.relay.forwarded
            time.sleep(stretch)
            quiet = here.relay.forwarded - before
            began, before = time.monotonic(), here.relay.forwarded
            for number in range(1, SINGLES + 1):
                here.node.execute(
                    WriteLogEntry(text="\u4e24\u53f0\u6c34\u7f50\u8f66\u5230\u573a"), here.officer
                )
                until(lambda: here.waiting() == 0, "an act is not acknowledged")
                time.sleep(max(0.0, began + number * PAUSE_S - time.monotonic()))
            acts = here.relay.forwarded - before
    finally:
        here.end()
    single = (acts - quiet) / SINGLES
    return [
        Figure("sync: bytes per operation in bulk, both directions, handshake included", bulk, "B", most=50),
        Figure("sync: bytes of a single act and its acknowledgement", single, "B", most=500),
        Figure("sync: bytes of a second of silence", quiet / stretch, "B"),
    ]


def run(count: int = OPERATIONS) -> list[Figure]:
    """Both."""
    with tempfile.TemporaryDirectory(prefix="jdc-bench-") as name:
        folder = Path(name)
        return speed(_made(folder / "speed"), count) + size(_made(folder / "size"), min(count, RELAYED))


if __name__ == "__main__":
    sys.exit(tell(run(int(sys.argv[1]) if len(sys.argv) > 1 else OPERATIONS)))
