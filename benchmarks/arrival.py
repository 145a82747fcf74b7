"""A console with its window while a partner's operations arrive in bulk: the screen and an officer's acts (QUALITY, Speed).

python -m benchmarks.arrival [OPERATIONS]. EMB, in this process, holds OPERATIONS (20 000; the target speaks of 100 000):
entries of the duty log and, one in twenty, incidents. FRD is a console with an offscreen window in a process of its own. How
long its thread of the screen kept still at most is told twice a second; every 300 ms its officer writes into the log.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from app.kernel.clock import SystemClock, from_ms
from app.kernel.enums import IncidentClass
from app.usecases.duty import WriteLogEntry
from app.usecases.incidents import RegisterIncident
from benchmarks.board_data import words
from benchmarks.figures import Figure, share, tell
from benchmarks.pair import Here, partner
from benchmarks.sync import until
from db.engine import open_reader

OPERATIONS = 20_000
EACH = 20  # of so many acts one registers an incident
QUIET_S = 8.0
STALL_MS = 50.0
FIELDS = 3
SPREAD_MIN = 600  # the incidents of ten hours: calls are compared with those of the last half hour


class Told:
    """What the window told, read on a thread of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.ready = threading.Event()
        self._seen: list[tuple[str, int, float]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            parts = line.split()
            if parts[:1] == ["ready"]:
                self.ready.set()
            elif len(parts) == FIELDS and parts[0] in ("gap", "act"):
                self._seen.append((parts[0], int(parts[1]), float(parts[2])))

    def between(self, kind: str, began: int, ended: int) -> list[float]:
        """Milliseconds told between two moments of the monotonic clock; 0 when nothing was."""
        return [ms for each, at, ms in list(self._seen) if each == kind and began <= at <= ended] or [0.0]


def fill(here: Here, count: int, incidents: bool = True) -> None:
    """Signed acts of a room, all of them entries of the log without `incidents`; the disk is not waited for."""
    chance, known, clock = random.Random(11), words(), SystemClock()
    here.node.local(lambda c: c.execute("PRAGMA synchronous=OFF"))
    for n in range(count):
        text = "".join(chance.choices(known, k=chance.randint(3, 9)))
        if n % EACH or not incidents:
            here.node.execute(WriteLogEntry(text=text), here.officer)
            continue
        ago_ms = n // EACH * 7 % SPREAD_MIN * 60_000
        received_at = from_ms(clock.now_ms() - ago_ms)
        here.node.execute(
            RegisterIncident(received_at=received_at, class_code=IncidentClass.ACCIDENT, type_code="fire", place=text, what=text),
            here.officer,
        )  # fmt: skip
    here.node.local(lambda c: c.execute("PRAGMA synchronous=FULL"))


def _officer(path: Path) -> str:
    with contextlib.closing(open_reader(path)) as connection:
        sql = "SELECT id FROM account WHERE agency = 'FRD' AND name = 'officer'"
        return str(connection.execute(sql).fetchone()[0])


def run(count: int = OPERATIONS) -> list[Figure]:
    """Quiet, then the arrival."""
    with tempfile.TemporaryDirectory(prefix="jdc-bench-") as name:
        here = Here(Path(name))
        fill(here, count)
        os.environ["JDC_OFFICER"] = _officer(here.frd.data.database)
        target, site = here.frd.data.database, here.node.me.site
        goal = _own_end(here.emb.data.database, site)
        with partner(here.frd, here.ports[1], "benchmarks.arrival_trial") as process:
            told = Told(process)
            if not told.ready.wait(120):
                raise RuntimeError("no window")
            quiet = time.monotonic_ns()
            time.sleep(QUIET_S)
            before = _own_end(target, site)
            here.begin()
            try:
                until(lambda: _own_end(target, site) > before, "nothing arrives")
                first, began = _own_end(target, site), time.monotonic_ns()
                until(lambda: _own_end(target, site) >= goal, "not all arrives")
                ended = time.monotonic_ns()
                rate = (goal - first) / (ended - began) * 1e9
                time.sleep(1.0)
            finally:
                here.end()
    gaps, acts = told.between("gap", began, ended), told.between("act", began, ended)
    return [
        Figure(f"arrival: {goal} operations with a window open", rate, "op/s"),
        Figure("arrival: longest stall of the screen while they arrive", max(gaps), "ms", most=STALL_MS),
        Figure("arrival: the same in a quiet room before", max(told.between("gap", quiet, began)), "ms"),
        Figure("arrival: an officer's act meanwhile, p50", share(acts, 0.5), "ms"),
        Figure("arrival: an officer's act meanwhile, worst", max(acts), "ms", most=200),
        Figure("arrival: an officer's act in a quiet room, p50", share(told.between("act", quiet, began), 0.5), "ms"),
    ]  # fmt: skip


def _own_end(path: Path, site: str) -> int:
    """How far a chain has come in a database."""
    with contextlib.closing(open_reader(path)) as connection:
        row = connection.execute("SELECT seq FROM chain WHERE site = ?", (site,)).fetchone()
        return int(row[0]) if row else 0


if __name__ == "__main__":
    sys.exit(tell(run(int(sys.argv[1]) if len(sys.argv) > 1 else OPERATIONS)))
