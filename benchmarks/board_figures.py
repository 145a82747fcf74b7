"""How figures are printed and times spread."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable


def line(what: str, figure: str) -> None:
    """One figure."""
    sys.stdout.write(f"{what:<58} {figure}\n")
    sys.stdout.flush()


def spread(ms: list[float]) -> str:
    """p50, p95 and worst of some times."""
    ordered = sorted(ms)
    p95 = ordered[int(len(ordered) * 0.95)]
    return f"p50 {statistics.median(ordered):7.2f}  p95 {p95:7.2f}  max {ordered[-1]:8.2f} ms"


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of some work: on the wall, and of the processor (what else runs on the machine left out)."""
    began, used = time.perf_counter(), time.thread_time()
    work()
    return (time.perf_counter() - began) * 1000, (time.thread_time() - used) * 1000


def both(what: str, times: list[tuple[float, float]]) -> None:
    """A line for the wall and one for the processor."""
    line(what, spread([wall for wall, _ in times]))
    line("  of the processor", spread([own for _, own in times]))
