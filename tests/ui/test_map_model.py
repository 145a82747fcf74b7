"""From rows to features of the page, and to the side list: nothing is dropped, nothing is read again needlessly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.kernel.texts import Texts
from app.queries.map import IncidentMark, PointMark, ShelterMark, StationMark, VehicleMark
from app.ui.map.model import MapModel, gist, short

ZH = Texts.load("zh_CN")
AT = 1_752_495_367_000
INCIDENT = IncidentMark(
    id="i",
    no="FRD-20250714-014",
    what="商场火灾",
    place="虹桥街道某商场",
    unit_code="310105009",
    type_code="fire",
    status="handling",
    incident_level="level_4",
    next_due_at=AT,
    next_clock="written_report",
    received_at=AT,
    lon=121.4,
    lat=31.2,
    conflicts=0,
)
STATION = StationMark("s", "X1", "虹桥站", "一级站", None, None, 3, 1, AT, 121.41, 31.19)
VEHICLE = VehicleMark("v", "s", "虹桥 1 号车", "水罐", "21", AT, "i")
SHELTER = ShelterMark("h", "B1", "天山中学", "固定", "open", 800, 312, None, None, 121.4, 31.21)
POINT = PointMark("p", "hospital", "演练中心医院", None, None, 121.42, 31.215)


@pytest.fixture
def model() -> MapModel:
    return MapModel(ZH)


def only(model: MapModel) -> dict[str, Any]:
    upsert = model.patch().upsert
    assert len(upsert) == 1
    return upsert[0]


def test_an_incident_has_shape_numeral_short_name_and_clock(model: MapModel) -> None:
    model.take("incident", [INCIDENT])
    feature = only(model)
    assert (feature["level"], feature["numeral"], feature["label"]) == (4, "IV", "商场火灾")
    assert (feature["due"], feature["lon"], feature["lat"]) == (AT, 121.4, 31.2)
    assert feature["tip"] == ["商场火灾", "虹桥街道某商场", "FRD-20250714-014·处置中"]


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("商场火灾", "商场火灾"),
        ("某工地坍塌，有人被埋", "某工地坍塌"),
        ("居民楼火灾有人员被困", "居民楼火灾…"),
        ("  \n", ""),
        (None, ""),
        ("，，", "，，"),
    ],
)
def test_short_name_of_an_incident(what: str | None, shown: str) -> None:
    assert gist(what) == shown


def test_text_is_cut_but_not_at_blanks() -> None:
    assert short("虹桥 1 号车", 10) == "虹桥 1 号车"
    assert short("一二三四五六七八九十一", 10) == "一二三四五六七八九…"


@pytest.mark.parametrize(
    ("change", "look", "share", "second"),
    [
        ({"occupied": 312}, "ok", 0.39, "312/800"),
        ({"occupied": 639}, "ok", 0.799, "639/800"),
        ({"occupied": 640}, "near", 0.8, "640/800"),
        ({"occupied": 799}, "near", 0.999, "799/800"),
        ({"occupied": 800}, "full", 1.0, "800/800"),
        ({"occupied": 820}, "full", 1.025, "820/800"),
        ({"state": "full", "occupied": 10}, "full", 0.013, "10/800"),
        ({"state": "closed"}, "shut", 0.0, ""),
        ({"state": "preparing"}, "shut", 0.0, "准备中"),
        ({"capacity": None}, "ok", 0.0, "已开放"),
        ({"occupied": None}, "ok", 0.0, "0/800"),
    ],
)
def test_occupancy_of_a_shelter(
    model: MapModel, change: dict[str, Any], look: str, share: float, second: str
) -> None:
    model.take("shelter", [replace(SHELTER, **change)])
    feature = only(model)
    assert (feature["state"], feature["second"]) == (look, second)
    assert feature["share"] == pytest.approx(share, abs=0.0006)


def test_a_station_says_what_is_ready_and_out_and_micro_stations_are_small(model: MapModel) -> None:
    model.take("station", [STATION, replace(STATION, id="m", kind="微型消防站")])
    features = {feature["id"]: feature for feature in model.patch().upsert}
    assert (features["s"]["second"], features["s"]["minor"]) == ("备 3 出 1", False)
    assert (features["m"]["second"], features["m"]["minor"]) == ("", True)


@pytest.mark.parametrize(
    ("state", "phase", "label"),
    [
        ("20", "way", "虹桥 1 号车 途中"),
        ("21", "way", "虹桥 1 号车 途中"),
        ("22", "work", "虹桥 1 号车 到场"),
        ("23", "work", "虹桥 1 号车 到场"),
        ("25", "back", "虹桥 1 号车 返队"),
    ],
)
def test_a_vehicle_stands_where_its_state_says(model: MapModel, state: str, phase: str, label: str) -> None:
    model.take("incident", [INCIDENT])
    model.take("station", [STATION])
    model.take("vehicle", [replace(VEHICLE, vehicle_state=state)])
    feature = next(each for each in model.patch().upsert if each["kind"] == "vehicle")
    assert (feature["phase"], feature["label"], feature["record"]) == (phase, label, "v")
    assert (feature["lon"], feature["lat"], feature["from"]) == (121.4, 31.2, [121.41, 31.19])


def test_vehicles_of_a_station_go_together_and_apart_again(model: MapModel) -> None:
    model.take("incident", [INCIDENT])
    model.take("station", [STATION])
    model.take("vehicle", [VEHICLE, replace(VEHICLE, id="w", call_sign="虹桥 2 号车")])
    group = next(each for each in model.patch().upsert if each["kind"] == "vehicle")
    assert group["label"] == "虹桥站 2 车 途中"
    model.take("vehicle", [replace(VEHICLE, id="w", call_sign="虹桥 2 号车", vehicle_state="22")], {"w"})
    patch = model.patch()
    assert {feature["label"] for feature in patch.upsert} == {"虹桥 1 号车 途中", "虹桥 2 号车 到场"}
    model.take("vehicle", [], {"v", "w"})
    assert set(model.patch().remove) == {"vehicle:s|i|way", "vehicle:s|i|work"}


def test_vehicles_follow_their_incident_and_leave_with_it(model: MapModel) -> None:
    model.take("incident", [INCIDENT])
    model.take("station", [STATION])
    model.take("vehicle", [VEHICLE])
    model.patch()
    model.take("incident", [replace(INCIDENT, lon=121.45)], {"i"})
    moved = {feature["kind"]: feature["lon"] for feature in model.patch().upsert}
    assert moved == {"incident": 121.45, "vehicle": 121.45}
    model.take("incident", [], {"i"})
    assert set(model.patch().remove) == {"incident:i", "vehicle:s|i|way"}
    assert [entry.id for entry in model.unplaced()] == ["v"]


def test_only_the_difference_is_given_out(model: MapModel) -> None:
    model.take("shelter", [SHELTER])
    assert model.patch()
    model.take("shelter", [SHELTER], {"h"})
    assert not model.patch()
    model.take("shelter", [replace(SHELTER, address="另一处")], {"h"})
    assert only(model)["tip"][-1] == "另一处"
    model.take("shelter", [replace(SHELTER, address="另一处", unit_code="310105001")], {"h"})
    assert not model.patch()


def test_a_new_page_gets_everything(model: MapModel) -> None:
    model.take("shelter", [SHELTER])
    model.take("point", [POINT])
    model.patch()
    model.forget_page()
    assert {feature["id"] for feature in model.patch().upsert} == {"h", "p"}


def test_a_record_that_loses_its_place_leaves_the_page_for_the_list(model: MapModel) -> None:
    model.take("point", [POINT])
    model.patch()
    model.take("point", [replace(POINT, lon=None, lat=None)], {"p"})
    assert model.patch().remove == ("point:p",)
    assert [(entry.kind, entry.name, entry.detail) for entry in model.unplaced()] == [
        ("point", "演练中心医院", "医院")
    ]


def test_nothing_without_coordinates_is_dropped(model: MapModel) -> None:
    nowhere: dict[str, Any] = {"lon": None, "lat": None}
    model.take("incident", [INCIDENT, replace(INCIDENT, id="x", **nowhere)])
    model.take("station", [replace(STATION, **nowhere)])
    model.take("shelter", [replace(SHELTER, **nowhere)])
    model.take("point", [replace(POINT, **nowhere)])
    model.take("vehicle", [VEHICLE, replace(VEHICLE, id="y", incident_id=None, vehicle_state="30")])
    found = model.unplaced()
    # The vehicle on the way has no way: its station stands nowhere.
    assert [(entry.kind, entry.id) for entry in found] == [
        ("incident", "x"),
        ("station", "s"),
        ("vehicle", "v"),
        ("vehicle", "y"),
        ("shelter", "h"),
        ("point", "p"),
    ]
    assert model.unplaced_count() == len(found) == 6
    assert sum(model.counts().values()) == 7


def test_the_list_begins_with_what_burns_first(model: MapModel) -> None:
    later = replace(INCIDENT, id="later", next_due_at=AT + 1)
    never = replace(INCIDENT, id="never", next_due_at=None)
    model.take("incident", [never, later, INCIDENT])
    model.take("point", [POINT])
    assert [entry.id for entry in model.entries(10)] == ["i", "later", "never", "p"]
    assert [entry.id for entry in model.entries(2)] == ["i", "later"]


def test_an_unknown_kind_of_point_keeps_its_own_word(model: MapModel) -> None:
    model.take("point", [replace(POINT, kind="水鹤", address="某路 1 号")])
    feature = only(model)
    assert (feature["glyph"], feature["tip"]) == ("点", ["演练中心医院", "水鹤", "某路 1 号"])
