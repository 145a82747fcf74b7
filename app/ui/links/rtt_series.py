"""Round-trip samples as a curve that never invents anything: where nothing came back, there is a gap with its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from app.kernel.clock import SECOND_MS

WINDOW_S = 600
GAP_S = 5.0
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Series:
    """Curve of a window: `xs` seconds before now (negative), `ys` ms with NaN at breaks; `gaps` (from, to) in the same
    seconds; median and maximum in ms, None without samples.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    gaps: tuple[tuple[float, float], ...]
    middle: float | None
    most: float | None


def series(samples: Sequence[tuple[int, float]], now_ms: int) -> Series:
    """Samples (UTC ms, ms) of the last ten minutes as a curve. Before the first sample nothing is known: no gap there."""
    recent = sorted((at, ms) for at, ms in samples if 0 <= now_ms - at <= WINDOW_S * SECOND_MS)
    xs: list[float] = []
    ys: list[float] = []
    gaps: list[tuple[float, float]] = []
    for at, ms in recent:
        x = (at - now_ms) / SECOND_MS
        if xs and x - xs[-1] > GAP_S:
            gaps.append((xs[-1], x))
            xs.append((xs[-1] + x) / 2)
            ys.append(NAN)
        xs.append(x)
        ys.append(ms)
    if xs and -xs[-1] > GAP_S:
        gaps.append((xs[-1], 0.0))
    known = [ms for _, ms in recent]
    return Series(
        tuple(xs),
        tuple(ys),
        tuple(gaps),
        median(known) if known else None,
        max(known) if known else None,
    )
