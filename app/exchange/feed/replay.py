"""Playing a file of fire calls on a test clock into a site's feed, as a 119 system would have told it (IS-01)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.exchange.feed.fire_calls import Reading, timeline
from app.kernel.clock import SECOND_MS

STEP_S = 0.2

SetClock = Callable[[int], None]
Tell = Callable[[Mapping[str, Any]], Mapping[str, Any]]
Wait = Callable[[float], None]


@dataclass
class Played:
    """What was played: alarms told and what became of them; `slipped_s` by how much a wanted speed was missed."""

    calls: int = 0
    rows: int = 0
    told: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    missing_stamps: int = 0
    out_of_order: int = 0
    faults: int = 0
    slipped_s: float = 0.0


def play(
    reading: Reading, set_clock: SetClock, tell: Tell, speed: float, wait: Wait = time.sleep
) -> Iterator[Played]:
    """Tell every alarm at its moment; yields the running total after each. Speed 0: as fast as possible.

    `tell` hands one alarm to the feed and answers {"ok": bool, ...}; `set_clock` moves the test clock (UTC ms).
    """
    played = Played(
        calls=len(reading.calls),
        rows=reading.rows,
        missing_stamps=reading.missing_stamps,
        out_of_order=reading.out_of_order,
        faults=len(reading.faults),
    )
    now: int | None = None
    began, first = time.monotonic(), 0
    for at, alarm in timeline(reading.calls):
        if now is None:
            first = at
        elif speed > 0:
            _wait_until(at, now, first, began, speed, set_clock, wait)
            played.slipped_s = max(0.0, time.monotonic() - began - (at - first) / SECOND_MS / speed)
        now = at
        set_clock(at)
        answer = tell(alarm)
        played.told += 1
        played.outcomes[_outcome(answer)] += 1
        played.flags.update(answer.get("flags", ()))
        yield played


def _wait_until(
    at: int, now: int, first: int, began: float, speed: float, set_clock: SetClock, wait: Wait
) -> None:
    """Let the test clock run to `at` in small steps, so that countdowns move between two alarms."""
    due = began + (at - first) / SECOND_MS / speed
    while (left := due - time.monotonic()) > 0:
        wait(min(left, STEP_S))
        shown = first + round((time.monotonic() - began) * SECOND_MS * speed)
        set_clock(max(now, min(at, shown)))


def _outcome(answer: Mapping[str, Any]) -> str:
    if not answer.get("ok", True):
        return "rejected"
    return "new" if answer.get("new") else "changed" if answer.get("changed") else "unchanged"
