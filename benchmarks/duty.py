"""Days of duty in a window, the clock running ahead: memory, handles, acts, stalls (QUALITY, Reliability: 72 h of duty).

python -m benchmarks.duty [HOURS]. 72 hours of an exercise in one process with its offscreen window: 46 incidents open at once,
1 to 25 changes a minute, sheets opened and closed, the officer locked out and signed in again. Simulated minutes follow each
other as fast as the window takes them, so that an hour of duty is some seconds; acts are timed in real time, from the call until
the window has heard of the durable commit. Memory is that of the process, the web engine left out.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, share, tell

ROOT = Path(__file__).resolve().parents[1]
HOURS, WARM_UP_H = 72, 2
LONGEST_S = 5_400.0
ACT_MS, STALL_MS, SLOPE = 200.0, 50.0, 0.02


def slope(hours: list[float], sizes: list[float]) -> float:
    """Growth over 72 hours as a share of the first size, along the straight line that fits best."""
    if len(hours) < 3:  # noqa: PLR2004 - a line through fewer points says nothing
        return 0.0
    line = statistics.linear_regression(hours, sizes)
    return line.slope * 72 / sizes[0]


def figures(told: dict[str, Any]) -> list[Figure]:
    """What the trial told, against what QUALITY asks for."""
    late = [each for each in told["hours"] if each["hour"] >= WARM_UP_H]
    first, last = late[0], late[-1]
    return [
        Figure("duty: hours of duty", told["hours"][-1]["hour"], "h"),
        Figure("duty: seconds they took", told["seconds"], "s"),
        Figure("duty: acts of the officer", len(told["acts"]), ""),
        Figure(
            "duty: memory, growth in 72 h after two hours",
            100 * slope([each["hour"] for each in late], [each["rss"] for each in late]),
            "%",
            most=100 * SLOPE,
        ),
        Figure("duty: memory at the end", last["rss"] / 1e6, "MB"),
        Figure("duty: open files more than after two hours", last["files"] - first["files"], "", most=0),
        Figure("duty: threads more than after two hours", last["threads"] - first["threads"], "", most=0),
        Figure("duty: objects of the screen more than after two hours", last["objects"] - first["objects"], "", most=0),
        Figure("duty: an act until the window knows, p50", share(told["acts"], 0.5), "ms"),
        Figure("duty: an act until the window knows, p99", share(told["acts"], 0.99), "ms", most=ACT_MS),
        Figure("duty: longest stall of the screen", max(told["stalls"]), "ms", most=STALL_MS),
        Figure("duty: stalls above 50 ms", sum(each > STALL_MS for each in told["stalls"]), ""),
    ]  # fmt: skip


def run(hours: int = HOURS) -> list[Figure]:
    """The trial in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="jdc-bench-") as name:
        ran = subprocess.run(
            [sys.executable, "-m", "benchmarks.duty_trial", name, str(hours)],
            cwd=ROOT,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        if ran.returncode:
            raise RuntimeError(ran.stderr[-2000:])
        return figures(json.loads(ran.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(tell(run(int(sys.argv[1]) if len(sys.argv) > 1 else HOURS)))
