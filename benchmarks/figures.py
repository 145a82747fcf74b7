"""Figures of the benchmarks: what was measured, how much it must reach, whether it does."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

JSON = "JDC_BENCH_JSON"  # file for the figures as JSON lines, set by `python -m benchmarks`


@dataclass(frozen=True)
class Figure:
    """One figure. `most` or `least`: what QUALITY asks for; neither: told for orientation."""

    what: str
    value: float
    unit: str = "×"
    most: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.most is None and self.least is None:
            return None
        under = self.most is None or self.value <= self.most
        return under and (self.least is None or self.value >= self.least)

    @property
    def shown(self) -> str:
        """The value with its unit."""
        digits = 3 if self.value <= 1 else 2 if self.value < 10 else 1 if self.value < 100 else 0  # noqa: PLR2004
        return f"{self.value:,.{digits}f} {self.unit}".replace(",", " ").rstrip()

    @property
    def target(self) -> str:
        """The target in words; empty without one."""
        parts = [(sign, limit) for sign, limit in (("≤", self.most), ("≥", self.least)) if limit is not None]
        return ", ".join(f"{sign} {limit:g} {self.unit}".rstrip() for sign, limit in parts)


def tell(figures: Iterable[Figure]) -> int:
    """Print figures, hand them to the caller's file; returns 0 whatever they are: timing is no verdict."""
    found = list(figures)
    for figure in found:
        verdict = {True: "reached", False: "MISSED", None: ""}[figure.reached]
        sys.stdout.write(
            f"{figure.what:<72} {figure.shown:>14}  {figure.target:<14} {verdict} {figure.note}\n"
        )
    sys.stdout.flush()
    if os.environ.get(JSON):
        with open(os.environ[JSON], "a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(figure), ensure_ascii=False) + "\n" for figure in found)
    return 0


def share(values: Sequence[float], part: float) -> float:
    """A percentile, e.g. 0.95."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def ratio_of_pairs(ours: Sequence[float], floor: Sequence[float]) -> float:
    """Median of the ratios of interleaved pairs: what else ran on the machine met both."""
    return statistics.median(a / b for a, b in zip(ours, floor, strict=True))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of some work: on the wall, and of the processor (what else runs on the machine left out)."""
    began, used = time.perf_counter(), time.thread_time()
    work()
    return (time.perf_counter() - began) * 1000, (time.thread_time() - used) * 1000
