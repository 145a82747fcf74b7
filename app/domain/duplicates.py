"""Is this the same event? A suggestion; a person decides (D-21)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.geometry import distance_m
from app.kernel.clock import SECOND_MS
from app.kernel.enums import IncidentClass

DISTANCE_M = 200
WINDOW_S = 1_800


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the comparison needs of an incident: received_at in UTC ms, point in WGS-84 degrees or None."""

    id: str
    incident_class: IncidentClass
    received_at: int
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A possible duplicate: metres between the points, milliseconds between the messages."""

    id: str
    distance_m: float
    apart_ms: int


def suggestion(
    one: Sighting, other: Sighting, *, distance_limit_m: float = DISTANCE_M, window_s: int = WINDOW_S
) -> Suggestion | None:
    """Compare two incidents: same class, at most 200 m and 30 min apart, limits included (D-21)."""
    apart_ms = abs(one.received_at - other.received_at)
    if (
        one.id == other.id
        or one.incident_class is not other.incident_class
        or apart_ms > window_s * SECOND_MS
    ):
        return None
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return None
    distance = distance_m(one.lon, one.lat, other.lon, other.lat)
    return Suggestion(other.id, distance, apart_ms) if distance <= distance_limit_m else None


def suggestions(
    one: Sighting,
    others: Iterable[Sighting],
    *,
    distance_limit_m: float = DISTANCE_M,
    window_s: int = WINDOW_S,
) -> list[Suggestion]:
    """Possible duplicates, nearest first, then closest in time, then by id (D-21).

    An incident without a point has none. The caller leaves out merged, void and closed ones.
    """
    found = (suggestion(one, other, distance_limit_m=distance_limit_m, window_s=window_s) for other in others)
    return sorted((s for s in found if s is not None), key=lambda s: (s.distance_m, s.apart_ms, s.id))
