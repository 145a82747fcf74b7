"""A district pack for an exercise on a foreign file: its extent is where the file's points lie, so that faults stand out.

Extent = the 1st to 99th percentile of longitudes and latitudes, widened by 10 % on each side (XC-10: exercises only).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from app.domain.geometry import Box
from app.exchange.feed.fire_calls import read_calls
from app.exchange.imports.coordinates import read_point
from app.exchange.imports.mapping import load_form, propose
from app.exchange.imports.tables import read_table
from app.kernel.errors import ErrorCode, Refusal

WIDEN = 0.10
LOW, HIGH = 0.01, 0.99
MIN_POINTS = 10
EVERYWHERE = Box(west=-180, south=-90, east=180, north=90)


def points_of(path: Path) -> list[tuple[float, float]]:
    """Points (lon, lat) of a file of fire calls, shelters or points; Refusal E_FORMAT when it is none of them."""
    form = load_form("shelters")
    table = read_table(path, form.columns)
    if "Location" in table.header:
        calls = read_calls(path).calls
        return [(call.lon, call.lat) for call in calls if call.lon is not None and call.lat is not None]
    mapped = propose(table, form, {}, {})
    for field in ("lon", "lat"):
        if field not in mapped:
            raise Refusal(
                ErrorCode.FORMAT, "refusal.imports.column_missing", field=field, clause="XC-10", column=field
            )
    found = []
    for _, row in table.rows:
        lon, lat = (row[mapped[field]] if mapped[field] < len(row) else "" for field in ("lon", "lat"))
        point = read_point(lon, lat, EVERYWHERE)
        if point.lon is not None and point.lat is not None:
            found.append((point.lon, point.lat))
    return found


def percentile(ordered: Sequence[float], share: float) -> float:
    """Value below which this share of the sorted values lies (nearest rank)."""
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def extent(points: Iterable[tuple[float, float]]) -> tuple[float, float, float, float]:
    """(west, south, east, north) of points (lon, lat) in degrees; Refusal E_FORMAT with fewer than ten."""
    known = list(points)
    if len(known) < MIN_POINTS:
        raise Refusal(ErrorCode.FORMAT, "refusal.packs.too_few", field="file", clause="XC-10", n=MIN_POINTS)
    sides = []
    for values in (sorted(p[0] for p in known), sorted(p[1] for p in known)):
        low, high = percentile(values, LOW), percentile(values, HIGH)
        margin = (high - low) * WIDEN
        sides.append((low - margin, high + margin))
    (west, east), (south, north) = sides
    return max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0)


def with_extent(pack: str, box: tuple[float, float, float, float], source: str) -> str:
    """The text of a pack with another box and without streets; everything else stays (rules, recipients, names)."""
    west, south, east, north = box
    lines: list[str] = []
    skipping = False
    for line in pack.splitlines():
        if line.startswith("["):
            skipping = line.strip() in ("[box]", "[[streets]]")
            if line.strip() == "[box]":
                values = {"west": west, "south": south, "east": east, "north": north}
                lines += [
                    "streets = []",
                    "",
                    "[box]",
                    'crs = "WGS-84"',
                    *(f"{name} = {value:.6f}" for name, value in values.items()),
                ]
                lines += [f'source = "{source}"', ""]
        if not skipping:
            lines.append(line)
    return "\n".join(lines) + "\n"
