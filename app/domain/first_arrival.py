"""Whose force was on the scene first (D-03). Moments in UTC ms. Light: the board asks before its first paint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.kernel.clock import MINUTE_MS
from app.kernel.enums import Agency


@dataclass(frozen=True, slots=True)
class Arrival:
    """Arrival stamp of one unit: event time, not the time of entry."""

    agency: Agency
    arrived_at: int


def first_arrived(arrivals: Iterable[Arrival]) -> Agency | None:
    """Agency of the earliest arrival stamp; within the same clock minute FRD goes before EMB (D-03).

    The order of the stamps does not matter. None while nobody is on the scene.
    """
    known = tuple(arrivals)
    if not known:
        return None
    minute = min(arrival.arrived_at for arrival in known) // MINUTE_MS
    in_that_minute = [arrival for arrival in known if arrival.arrived_at // MINUTE_MS == minute]
    if any(arrival.agency is Agency.FRD for arrival in in_that_minute):
        return Agency.FRD
    return min(in_that_minute, key=lambda arrival: (arrival.arrived_at, arrival.agency)).agency
