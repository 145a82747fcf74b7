"""Outlines of districts (MP-06): the files that come with the packs, and everything a file can have wrong."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from app.domain.outline import parse_outline
from app.kernel.texts import RESOURCES

FOLDER = RESOURCES / "districts" / "outlines"
CODES = ("310105", "310117", "371082")
MAX_BYTES = 30_000
SQUARE = [[[121.0, 31.0], [121.2, 31.0], [121.2, 31.2], [121.0, 31.0]]]


def read(code: str) -> Any:
    return json.loads((FOLDER / f"{code}.geojson").read_text("utf-8"))


def sample() -> dict[str, Any]:
    origin = {"source": "survey", "licence": "own", "review": "none needed"}
    district = {"role": "outline", "code": "310105", "crs": "WGS-84", **origin}
    unit = {"role": "unit", "unit_code": "310105001", "seat": [121.1, 31.1], "schematic": True}
    polygon = {"type": "Polygon", "coordinates": copy.deepcopy(SQUARE)}
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": district, "geometry": polygon},
            {"type": "Feature", "properties": unit, "geometry": copy.deepcopy(polygon)},
        ],
    }


@pytest.mark.parametrize("code", CODES)
def test_outlines_of_the_packs_can_be_read_and_are_small(code: str) -> None:
    outline = parse_outline(read(code))
    assert outline.code == code
    assert len(outline.rings[0]) > 15
    assert "Tianditu" in outline.source
    assert "MIT" in outline.licence
    assert "审图号" in outline.review
    assert (FOLDER / f"{code}.geojson").stat().st_size < MAX_BYTES


@pytest.mark.parametrize("code", CODES)
def test_outlines_lie_where_their_packs_say(code: str) -> None:
    boxes = {"310105": (121.3, 31.1, 121.5, 31.3), "310117": (121.0, 30.8, 121.4, 31.2)}
    west, south, east, north = boxes.get(code, (122.0, 36.6, 122.8, 37.6))
    for lon, lat in (point for ring in parse_outline(read(code)).rings for point in ring):
        assert west < lon < east
        assert south < lat < north


def test_the_ten_units_of_the_sample_district_are_schematic() -> None:
    units = parse_outline(read("310105")).units
    assert len(units) == 10
    assert all(unit.schematic for unit in units)
    assert len({unit.unit_code for unit in units}) == 10


def test_a_pack_without_seats_has_no_units() -> None:
    assert parse_outline(read("371082")).units == ()


def test_several_polygons_and_holes_become_rings() -> None:
    file = sample()
    hole = [[121.05, 31.02], [121.1, 31.02], [121.1, 31.05], [121.05, 31.02]]
    file["features"][0]["geometry"] = {"type": "MultiPolygon", "coordinates": [[SQUARE[0], hole], SQUARE]}
    assert len(parse_outline(file).rings) == 3


def change(path: str, value: object) -> dict[str, Any]:
    """The sample with one place changed; `path` in dots, None removes."""
    file: Any = sample()
    place: Any = file
    *way, last = path.split(".")
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    key: Any = int(last) if isinstance(place, list) else last
    if value is None:
        del place[key]
    else:
        place[key] = value
    return dict(file)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("type", "Feature", "type"),
        ("features", [], "features"),
        ("features.0", None, "features"),
        ("features.0", 5, "features[0]"),
        ("features.1.properties.role", "outline", "features[1].properties.role"),
        ("features.1.properties.role", "road", "features[1].properties.role"),
        ("features.1.properties.seat", [121.1], "features[1].properties.seat"),
        ("features.1.properties.seat", [True, 31.1], "features[1].properties.seat"),
        ("features.1.properties.schematic", "yes", "features[1].properties.schematic"),
        ("features.1.properties.unit_code", "310117001", "features[1].properties.unit_code"),
        ("features.0.properties.crs", "GCJ-02", "features[0].properties.crs"),
        ("features.0.properties.source", " ", "features[0].properties.source"),
        ("features.0.properties.licence", None, "features[0].properties.licence"),
        ("features.0.properties.review", None, "features[0].properties.review"),
        ("features.0.geometry.type", "LineString", "features[0].geometry.type"),
        ("features.0.geometry.coordinates", [], "features[0].geometry.coordinates[0]"),
        ("features.0.geometry.coordinates.0.3", [121.0, 31.1], "features[0].geometry.coordinates[0][0]"),
        ("features.0.geometry.coordinates.0.1", [31.0, 121.0], "features[0].geometry.coordinates[0][0][1]"),
        (
            "features.0.geometry.coordinates.0.1",
            [float("nan"), 31.0],
            "features[0].geometry.coordinates[0][0][1]",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(path: str, value: object, where: str) -> None:
    with pytest.raises(ValueError, match=r".+: .+") as told:
        parse_outline(change(path, value))
    assert str(told.value).startswith(where + ":")


def test_a_unit_stands_once() -> None:
    file = sample()
    file["features"].append(copy.deepcopy(file["features"][1]))
    with pytest.raises(ValueError, match="twice"):
        parse_outline(file)
