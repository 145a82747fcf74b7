"""Outline of a district and the areas of its units, from a GeoJSON file that is already decoded (MP-06).

The caller reads the file; nothing here touches the disk. A pack without such a file has no outline, a pack without
areas of units has a visible gap on the map.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Point = tuple[float, float]  # (lon, lat) in WGS-84 degrees
Ring = tuple[Point, ...]

_CRS = "WGS-84"
_MIN_RING = 4  # three corners, and the first again
_LIMIT = (180.0, 90.0)


@dataclass(frozen=True, slots=True)
class UnitArea:
    """Area of a street or town; `seat` is where its name stands, `schematic` says that no official line is known."""

    unit_code: str
    rings: tuple[Ring, ...]
    seat: Point
    schematic: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """Rings of a district (holes among them, even-odd), areas of its units, and where the lines come from."""

    code: str
    rings: tuple[Ring, ...]
    units: tuple[UnitArea, ...]
    source: str
    licence: str
    review: str


def _fault(where: str, problem: str) -> ValueError:
    return ValueError(f"{where}: {problem}")


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise _fault(where, "an object is needed")
    return value


def _list(value: object, where: str) -> Sequence[object]:
    if not isinstance(value, list) or not value:
        raise _fault(where, "a list with something in it is needed")
    return value


def _text(properties: Mapping[str, object], key: str, where: str) -> str:
    value = properties.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _fault(f"{where}.{key}", "text is needed")
    return value


def _point(value: object, where: str) -> Point:
    pair = _list(value, where)
    if len(pair) < len(_LIMIT):
        raise _fault(where, "longitude and latitude are needed")
    found: list[float] = []
    for number, limit in zip(pair, _LIMIT, strict=False):
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise _fault(where, "numbers are needed")
        if abs(number) > limit:
            raise _fault(where, f"out of range: {number}")
        found.append(float(number))
    return found[0], found[1]


def _ring(value: object, where: str) -> Ring:
    ring = tuple(_point(point, f"{where}[{i}]") for i, point in enumerate(_list(value, where)))
    if len(ring) < _MIN_RING or ring[0] != ring[-1]:
        raise _fault(where, "a ring needs three corners and ends where it begins")
    return ring


def _rings(geometry: object, where: str) -> Iterator[Ring]:
    shape = _mapping(geometry, where)
    kind, coordinates = shape.get("type"), shape.get("coordinates")
    if kind == "Polygon":
        polygons: Sequence[object] = [coordinates]
    elif kind == "MultiPolygon":
        polygons = _list(coordinates, f"{where}.coordinates")
    else:
        raise _fault(f"{where}.type", "Polygon or MultiPolygon is needed")
    for i, polygon in enumerate(polygons):
        for k, ring in enumerate(_list(polygon, f"{where}.coordinates[{i}]")):
            yield _ring(ring, f"{where}.coordinates[{i}][{k}]")


def _unit(code: str, properties: Mapping[str, object], rings: tuple[Ring, ...], where: str) -> UnitArea:
    unit_code = _text(properties, "unit_code", where)
    if not unit_code.startswith(code):
        raise _fault(f"{where}.unit_code", f"lies outside {code}: {unit_code}")
    schematic = properties.get("schematic")
    if not isinstance(schematic, bool):
        raise _fault(f"{where}.schematic", "true or false is needed")
    return UnitArea(unit_code, rings, _point(properties.get("seat"), f"{where}.seat"), schematic)


def parse_outline(decoded: object) -> Outline:
    """Outline from a decoded GeoJSON feature collection in WGS-84 degrees.

    One feature has `role` "outline" with code, crs, source, licence and review (the duty of map approval); features
    with `role` "unit" carry unit_code, seat and schematic. Raises ValueError for anything else; the message starts
    with the path of the faulty key.
    """
    collection = _mapping(decoded, "file")
    if collection.get("type") != "FeatureCollection":
        raise _fault("type", "FeatureCollection is needed")
    outline: tuple[Mapping[str, object], tuple[Ring, ...], str] | None = None
    areas: list[tuple[Mapping[str, object], tuple[Ring, ...], str]] = []
    for i, entry in enumerate(_list(collection.get("features"), "features")):
        feature = _mapping(entry, f"features[{i}]")
        where = f"features[{i}].properties"
        properties = _mapping(feature.get("properties"), where)
        rings = tuple(_rings(feature.get("geometry"), f"features[{i}].geometry"))
        role = properties.get("role")
        if role == "outline" and outline is None:
            outline = properties, rings, where
        elif role == "unit":
            areas.append((properties, rings, where))
        else:
            raise _fault(f"{where}.role", f"unknown, or a second outline: {role!r}")
    if outline is None:
        raise _fault("features", "no outline among them")
    properties, rings, where = outline
    if properties.get("crs") != _CRS:
        raise _fault(f"{where}.crs", f"{_CRS} is needed")
    code = _text(properties, "code", where)
    units = tuple(_unit(code, unit, area, at) for unit, area, at in areas)
    if len({unit.unit_code for unit in units}) != len(units):
        raise _fault("features", "a unit stands twice")
    return Outline(
        code=code,
        rings=rings,
        units=units,
        source=_text(properties, "source", where),
        licence=_text(properties, "licence", where),
        review=_text(properties, "review", where),
    )
