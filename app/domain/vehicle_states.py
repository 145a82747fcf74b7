"""Readiness of stations from the duty states of their vehicles (GA/T 974.39-2011; IS-03, FR-07)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.kernel.clock import SECOND_MS
from app.kernel.enums import VehicleState

STALE_S = 600


@dataclass(frozen=True, slots=True)
class Readiness:
    """Vehicles of one station: on standby, and everywhere else."""

    ready: int
    out: int


def vehicle_state(code: str) -> VehicleState | None:
    """State of a code; None for one the standard does not list: it is kept as it came (IS-01)."""
    try:
        return VehicleState(code)
    except ValueError:
        return None


def is_ready(code: str) -> bool:
    """True for standby only; training and unknown codes do not count as ready."""
    return code == VehicleState.STANDBY


def readiness(codes: Iterable[str]) -> Readiness:
    """Count the vehicles that are ready and those that are not (IS-03)."""
    known = [is_ready(code) for code in codes]
    return Readiness(ready=sum(known), out=len(known) - sum(known))


def is_stale(stated_at: int, now_ms: int, limit_s: int = STALE_S) -> bool:
    """True once a statement (UTC ms) is older than the limit (seconds; IS-03: more than 10 min)."""
    return now_ms - stated_at > limit_s * SECOND_MS
