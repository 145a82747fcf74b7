"""What the base of the map is built from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Ring = Sequence[tuple[float, float]]  # (lon, lat) in WGS-84 degrees


@dataclass(frozen=True)
class Ground:
    """What the base shows: box west, south, east, north; rings of the district; rings of each unit's area."""

    box: tuple[float, float, float, float]
    outline: Sequence[Ring]
    units: Sequence[Sequence[Ring]] = ()


def bounds_of(ground: Ground) -> tuple[float, float, float, float]:
    """West, south, east, north of the district: of its outline, without one of its box."""
    points = [point for ring in ground.outline for point in ring]
    if not points:
        return ground.box
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    return min(lons), min(lats), max(lons), max(lats)
