"""An act here until it is painted on the partner's board: two processes over TLS 1.3 on loopback (QUALITY, Speed).

python -m benchmarks.peer. The act is an officer's change of an incident that stands on the board of both; the moment before the
command is given and the moment after the paint that shows it come from the one monotonic clock of the machine.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.kernel.clock import SystemClock, from_ms
from app.kernel.enums import IncidentClass
from app.usecases.incidents import ChangeIncident, RegisterIncident
from benchmarks.figures import Figure, share, tell
from benchmarks.pair import Here, partner

INCIDENTS = 6  # all of them fit on the screen
SINGLE, PAUSE_S = 120, 0.35
RATE, STORM_S = 200, 10
PATIENCE_S = 90.0
FIELDS = 3


class Painted:
    """What the partner's window told, read on a thread of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._news = threading.Condition()
        self.seen: dict[str, list[tuple[int, int]]] = {}  # incident -> (number of the act, ns)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            parts = line.split()
            if len(parts) == FIELDS and parts[1].isdigit() and not parts[0].isalpha():
                with self._news:
                    self.seen.setdefault(parts[0], []).append((int(parts[1]), int(parts[2])))
                    self._news.notify_all()

    def wait(self, done: Callable[[], bool], what: str) -> None:
        """Until something was seen; RuntimeError after a long time."""
        with self._news:
            if not self._news.wait_for(done, PATIENCE_S):
                raise RuntimeError(f"not painted: {what}")

    def has(self, incident: str, number: int) -> bool:
        """True once this act or a later one on the incident is painted."""
        return any(known >= number for known, _ in self.seen.get(incident, ()))

    def latencies(self, acts: list[tuple[str, int, int]]) -> list[float]:
        """Milliseconds from each act (incident, number, ns) to the first paint of it or of a later one."""
        found = []
        for incident, number, began in acts:
            moments = [at for known, at in self.seen[incident] if known >= number]
            found.append((min(moments) - began) / 1e6)
        return found


def _act(here: Here, incident: str, number: int) -> tuple[str, int, int]:
    began = time.monotonic_ns()
    here.node.execute(ChangeIncident(incident_id=incident, what=str(number)), here.officer)
    return incident, number, began


def _register(here: Here) -> list[str]:
    now = SystemClock().now_ms()
    commands = [
        RegisterIncident(
            received_at=from_ms(now - n * 60_000), class_code=IncidentClass.ACCIDENT, type_code="fire",
            place=f"No. {n}", what="0",
        )
        for n in range(INCIDENTS)
    ]  # fmt: skip
    return [str(here.node.execute(command, here.officer).result["incident_id"]) for command in commands]


def run() -> list[Figure]:
    """Single acts, then a storm."""
    with tempfile.TemporaryDirectory(prefix="jdc-bench-") as name:
        here = Here(Path(name))
        incidents = _register(here)
        here.begin()
        try:
            with partner(here.frd, here.ports[1], "benchmarks.peer_trial") as process:
                painted = Painted(process)
                painted.wait(lambda: len(painted.seen) == INCIDENTS, "the incidents of the beginning")
                single = _single(here, painted, incidents)
                storm, commits = _storm(here, painted, incidents)
        finally:
            here.end()
    return [
        Figure("peer: single act to painted at the partner, p50", statistics.median(single), "ms"),
        Figure("peer: single act to painted at the partner, p99", share(single, 0.99), "ms", most=50),
        Figure(f"peer: {RATE} acts/s, to painted, p50", statistics.median(storm), "ms"),
        Figure(f"peer: {RATE} acts/s, to painted, p99", share(storm, 0.99), "ms", most=150),
        Figure("peer: acts/s that were really given", commits, ""),
    ]


def _single(here: Here, painted: Painted, incidents: list[str]) -> list[float]:
    acts = []
    for n in range(1, SINGLE + 1):
        act = _act(here, incidents[n % INCIDENTS], n)
        painted.wait(lambda act=act: painted.has(act[0], act[1]), f"act {n}")  # type: ignore[misc]
        acts.append(act)
        time.sleep(PAUSE_S)
    return painted.latencies(acts)[SINGLE // 10 :]


def _storm(here: Here, painted: Painted, incidents: list[str]) -> tuple[list[float], float]:
    acts, began = [], time.monotonic()
    for n in range(RATE * STORM_S):
        time.sleep(max(0.0, began + n / RATE - time.monotonic()))
        acts.append(_act(here, incidents[n % INCIDENTS], SINGLE + 1 + n))
    took = time.monotonic() - began
    last = {incident: number for incident, number, _ in acts}
    painted.wait(lambda: all(painted.has(*each) for each in last.items()), "the storm")
    return painted.latencies(acts), len(acts) / took


if __name__ == "__main__":
    sys.exit(tell(run()))
