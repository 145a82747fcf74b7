"""Checking a row's point against the pack's extent: swapped, zero, outside, or of another system, named as such."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.domain.geometry import Box

MAX_LON, MAX_LAT = 180.0, 90.0


@dataclass(frozen=True)
class Point:
    """A point in degrees, or the reason (text key) why there is none."""

    lon: float | None = None
    lat: float | None = None
    reason: str | None = None


def read_point(lon_text: str, lat_text: str, box: Box) -> Point:
    """Read and check a point in WGS-84 degrees; an empty pair is no fault, it is shown in the side list (MP-02)."""
    if not lon_text.strip() and not lat_text.strip():
        return Point()
    lon, lat = _number(lon_text), _number(lat_text)
    if lon is None or lat is None:
        return Point(reason="imports.reason.point_unreadable")
    if lon == 0 or lat == 0:
        return Point(reason="imports.reason.point_zero")
    if inside(lon, lat, box):
        return Point(lon, lat)
    if inside(lat, lon, box):
        return Point(reason="imports.reason.point_swapped")
    if abs(lon) > MAX_LON or abs(lat) > MAX_LAT:
        return Point(reason="imports.reason.point_projected")
    return Point(reason="imports.reason.point_outside")


def inside(lon: float, lat: float, box: Box) -> bool:
    """True if the point lies in the box, edges included."""
    return box.west <= lon <= box.east and box.south <= lat <= box.north


def _number(text: str) -> float | None:
    """A finite number; what only a programming language takes for one ("nan", "1_2") is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None
