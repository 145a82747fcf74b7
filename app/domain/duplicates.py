"""Is this the same event? A suggestion; a person decides (D-21).

The rule compares points. Where one of two has none, only the same words for the place make the hint; nothing is ever
merged by it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.geometry import distance_m
from app.domain.required import alike
from app.kernel.clock import SECOND_MS
from app.kernel.enums import IncidentClass

DISTANCE_M = 200
WINDOW_S = 1_800


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the comparison needs of an incident: received_at in UTC ms, point in WGS-84 degrees or None, place as written."""

    id: str
    incident_class: IncidentClass
    received_at: int
    lon: float | None
    lat: float | None
    place: str | None = None
    unit_code: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A possible duplicate: metres between the points (None: known by the words of the place), ms between the messages."""

    id: str
    distance_m: float | None
    apart_ms: int


def same_words(one: Sighting, other: Sighting) -> bool:
    """True when both name the same place: one address to a reader, and not two different streets or towns."""
    if one.unit_code and other.unit_code and one.unit_code != other.unit_code:
        return False
    place = alike(one.place or "")
    return place == alike(other.place or "") and bool(place or (one.unit_code and other.unit_code))


def suggestion(
    one: Sighting, other: Sighting, *, distance_limit_m: float = DISTANCE_M, window_s: int = WINDOW_S
) -> Suggestion | None:
    """Compare two incidents: same class, at most 200 m and 30 min apart, limits included (D-21); same place in words where
    a point is missing.
    """
    apart_ms = abs(one.received_at - other.received_at)
    if (
        one.id == other.id
        or one.incident_class is not other.incident_class
        or apart_ms > window_s * SECOND_MS
    ):
        return None
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return Suggestion(other.id, None, apart_ms) if same_words(one, other) else None
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

    Those known by the words of their place alone come last. The caller leaves out merged, void and closed ones.
    """
    found = (suggestion(one, other, distance_limit_m=distance_limit_m, window_s=window_s) for other in others)
    return sorted(
        (s for s in found if s is not None),
        key=lambda s: (math.inf if s.distance_m is None else s.distance_m, s.apart_ms, s.id),
    )
