"""Suggestions of duplicates (D-21)."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.duplicates import DISTANCE_M, WINDOW_S, Sighting, suggestion, suggestions
from app.domain.geometry import EARTH_RADIUS_M
from app.domain.rule_numbers import RuleKey
from app.kernel.enums import IncidentClass
from tests.domain.helpers import at, district

LON, LAT = 121.3790, 31.2180
SIGHTINGS = st.builds(
    Sighting,
    id=st.sampled_from("abcdefgh"),
    incident_class=st.sampled_from([IncidentClass.ACCIDENT, IncidentClass.NATURAL]),
    received_at=st.integers(at("09:00:00"), at("11:00:00")),
    lon=st.none() | st.floats(LON - 0.003, LON + 0.003),
    lat=st.none() | st.floats(LAT - 0.003, LAT + 0.003),
)


def sighting(
    key: str,
    time: int = at("10:00:00"),
    north_m: float = 0.0,
    incident_class: IncidentClass = IncidentClass.ACCIDENT,
) -> Sighting:
    return Sighting(key, incident_class, time, LON, LAT + math.degrees(north_m / EARTH_RADIUS_M))


def test_s6_is_suggested_at_150_metres() -> None:
    frd = Sighting("FRD-20251009-001", IncidentClass.ACCIDENT, at("10:14:00"), 121.3790, 31.2180)
    emb = Sighting("EMB-20251009-001", IncidentClass.ACCIDENT, at("10:18:00"), 121.3790, 31.21935)
    (found,) = suggestions(emb, [frd, emb])
    assert (found.id, round(found.distance_m or 0), found.apart_ms) == (frd.id, 150, 240_000)


@pytest.mark.parametrize(("metres", "found"), [(199.9, True), (200.1, False)])
def test_limit_of_distance(metres: float, found: bool) -> None:
    assert bool(suggestions(sighting("a"), [sighting("b", north_m=metres)])) is found


@pytest.mark.parametrize(("apart_ms", "found"), [(1_800_000, True), (1_800_001, False)])
def test_limit_of_time(apart_ms: int, found: bool) -> None:
    noon = at("12:00:00")
    for later in (noon + apart_ms, noon - apart_ms):
        assert bool(suggestions(sighting("a", noon), [sighting("b", later)])) is found


def test_hints_by_words_come_after_points() -> None:
    one = named("a", "某楼", lon=LON, lat=LAT)
    by_words, near = named("b", "某楼"), named("c", "别处", lon=LON, lat=LAT)
    assert [(s.id, s.distance_m) for s in suggestions(one, [by_words, near])] == [("c", 0.0), ("b", None)]


def test_another_class_or_no_point_is_no_suggestion() -> None:
    other = sighting("b", incident_class=IncidentClass.NATURAL)
    nowhere = Sighting("c", IncidentClass.ACCIDENT, at("10:00:00"), None, None)
    assert suggestions(sighting("a"), [other, nowhere]) == []
    assert suggestions(nowhere, [sighting("a")]) == []


def named(key: str, place: str | None, unit_code: str | None = None, **facts: Any) -> Sighting:
    usual: dict[str, Any] = {
        "incident_class": IncidentClass.ACCIDENT,
        "received_at": at("10:00:00"),
        "lon": None,
        "lat": None,
    }
    return Sighting(id=key, place=place, unit_code=unit_code, **{**usual, **facts})


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (("天山路街道 某楼6层", None), ("天山路街道某楼６层", "310105006"), True),
        (("某楼", "310105006"), ("某楼", "310105009"), False),
        (("某楼", None), ("另一楼", None), False),
        ((None, "310105006"), (None, "310105006"), True),
        ((None, "310105006"), ("某楼", "310105006"), False),
        ((None, None), (None, None), False),
    ],
)
def test_without_a_point_the_same_words_are_a_hint(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None], found: bool
) -> None:
    """D-21: a hint and nothing more; class and time as ever, points decide where both have one."""
    assert bool(suggestions(named("a", *one), [named("b", *other)])) is found
    for facts in ({"incident_class": IncidentClass.NATURAL}, {"received_at": at("10:30:01")}):
        assert suggestions(named("a", *one), [named("b", *other, **facts)]) == []
    here: dict[str, Any] = {"lon": LON, "lat": LAT}
    far: dict[str, Any] = {"lon": LON + 0.1, "lat": LAT}
    assert suggestions(named("a", *one, **here), [named("b", *other, **far)]) == []


def test_nearest_first_then_closest_in_time_then_id() -> None:
    near, later, early, twin = (
        sighting("n", at("10:20:00")),
        sighting("l", at("10:09:00"), 50),
        sighting("e", at("10:05:00"), 50),
        sighting("d", at("10:05:00"), 50),
    )
    found = suggestions(sighting("a"), [later, early, near, twin])
    assert [s.id for s in found] == ["n", "d", "e", "l"]


@given(SIGHTINGS, SIGHTINGS)
def test_suggestion_is_symmetric(one: Sighting, two: Sighting) -> None:
    there, back = suggestion(one, two), suggestion(two, one)
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert there.apart_ms == back.apart_ms
        assert there.distance_m == pytest.approx(back.distance_m)


@given(SIGHTINGS, st.lists(SIGHTINGS, unique_by=lambda s: s.id))
def test_list_is_sorted_complete_and_independent_of_order(one: Sighting, others: list[Sighting]) -> None:
    found = suggestions(one, others)
    assert found == suggestions(one, reversed(others))
    assert {s.id for s in found} == {o.id for o in others if suggestion(one, o) is not None}
    assert [s.distance_m for s in found] == sorted(s.distance_m or 0.0 for s in found)


def test_stated_defaults_are_those_of_the_sample_pack() -> None:
    assert district().value(RuleKey.DUPLICATE_DISTANCE) == DISTANCE_M
    assert district().seconds(RuleKey.DUPLICATE_WINDOW) == WINDOW_S
