"""Hybrid logical clock: milliseconds << 16 | counter. A far-future clock of another site does not advance ours."""

from __future__ import annotations

from app.kernel.clock import Clock

COUNTER_BITS = 16
TOLERANCE_MS = 60_000


class HybridClock:
    """Stamps of this site: never far from its own clock, and within a minute of it never backwards, never behind what was seen.

    A clock that was a year ahead and has been put right does not leave its year in the stamps: they begin again from the clock
    (decision 0023). Order among our own operations comes from their chain, not from their stamps.
    """

    def __init__(self, clock: Clock, last: int = 0) -> None:
        self._clock, self._last, self._own = clock, last, last

    def tick(self) -> int:
        """The next stamp."""
        limit = self._clock.now_ms() + TOLERANCE_MS
        if (
            self._last >> COUNTER_BITS > limit
        ):  # ours of before, or another's that our clock has fallen behind
            self._last = self._own if self._own >> COUNTER_BITS <= limit else 0
        self._last = self._own = max(self._clock.now_ms() << COUNTER_BITS, self._last + 1)
        return self._last

    def saw(self, hlc: int) -> None:
        """Follow another site's stamp unless it lies more than 60 s ahead (D-24: shown, never a merge input)."""
        if hlc >> COUNTER_BITS <= self._clock.now_ms() + TOLERANCE_MS:
            self._last = max(self._last, hlc)
