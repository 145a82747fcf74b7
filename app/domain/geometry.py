"""Points in WGS-84 degrees: sanity, the district's box, distance in metres (RULES part 8, D-21)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.kernel.errors import ErrorCode, Refusal

EARTH_RADIUS_M = 6_371_008.8
_MAX_LON = 180.0
_MAX_LAT = 90.0


@dataclass(frozen=True, slots=True)
class Box:
    """Bounding box in WGS-84 degrees, edges included."""

    west: float
    south: float
    east: float
    north: float

    def contains(self, lon: float, lat: float) -> bool:
        """True on or inside the edges."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


def distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Great-circle distance in metres between two points in degrees (haversine on the mean sphere)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_phi = (phi2 - phi1) / 2
    half_lambda = math.radians(lon2 - lon1) / 2
    chord = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


def _check_degrees(value: float, limit: float, field: str) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not -limit <= value <= limit:  # not-a-number fails every comparison
        raise Refusal(
            ErrorCode.RANGE, "refusal.points.range", field=field, clause="RULES-8", limit=int(limit)
        )


def is_point(lon: float, lat: float) -> bool:
    """True for a point on earth: finite, within ±180 and ±90 degrees."""
    return -_MAX_LON <= lon <= _MAX_LON and -_MAX_LAT <= lat <= _MAX_LAT


def check_point(lon: float, lat: float, box: Box, *, outside_confirmed: bool = False) -> None:
    """Check a point in WGS-84 degrees (RULES part 8).

    Raises Refusal E_RANGE for what is no coordinate (not finite, outside ±180 / ±90, usually swapped), and
    E_FORMAT outside the district's box unless an officer has confirmed it.
    """
    _check_degrees(lon, _MAX_LON, "lon")
    _check_degrees(lat, _MAX_LAT, "lat")
    if not outside_confirmed and not box.contains(lon, lat):
        raise Refusal(ErrorCode.FORMAT, "refusal.points.outside_district", field="lon", clause="RULES-8")
