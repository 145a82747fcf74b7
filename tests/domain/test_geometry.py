"""Points and distances (RULES part 8, D-21)."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.geometry import EARTH_RADIUS_M, Box, check_point, distance_m, is_point
from app.kernel.errors import ErrorCode
from tests.domain.helpers import district, refused

BOX = Box(west=121.3, south=31.1, east=121.5, north=31.3)
LONS = st.floats(-180, 180)
LATS = st.floats(-90, 90)


def test_distance_of_s6() -> None:
    assert round(distance_m(121.3790, 31.2180, 121.3790, 31.21935)) == 150


def test_known_distances() -> None:
    degree = math.pi * EARTH_RADIUS_M / 180
    assert distance_m(0, 0, 0, 1) == pytest.approx(degree)
    assert distance_m(0, 60, 1, 60) == pytest.approx(degree / 2, rel=1e-4)
    assert distance_m(-180, 0, 180, 0) == pytest.approx(0, abs=1e-6)


@given(LONS, LATS, LONS, LATS)
def test_distance_is_symmetric_and_bounded(lon1: float, lat1: float, lon2: float, lat2: float) -> None:
    there = distance_m(lon1, lat1, lon2, lat2)
    assert there == pytest.approx(distance_m(lon2, lat2, lon1, lat1), abs=1e-6)
    assert 0 <= there <= math.pi * EARTH_RADIUS_M + 1e-6
    assert distance_m(lon1, lat1, lon1, lat1) == 0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 180.1, -181, 10**400, "121.4", True, None])
def test_what_is_no_longitude(bad: Any) -> None:
    with refused(ErrorCode.RANGE, "lon"):
        check_point(bad, 31.2, BOX, outside_confirmed=True)


def test_swapped_coordinates_are_no_point() -> None:
    with refused(ErrorCode.RANGE, "lat"):
        check_point(31.2180, 121.3790, BOX, outside_confirmed=True)


def test_outside_the_box_needs_a_confirmation() -> None:
    with refused(ErrorCode.FORMAT, "lon", "refusal.points.outside_district"):
        check_point(121.6, 31.2, BOX)
    check_point(121.6, 31.2, BOX, outside_confirmed=True)


@pytest.mark.parametrize(("lon", "lat"), [(121.3, 31.1), (121.5, 31.3), (121.4, 31.2)])
def test_edges_belong_to_the_box(lon: float, lat: float) -> None:
    check_point(lon, lat, BOX)
    assert BOX.contains(lon, lat)


def test_the_scenarios_happen_inside_their_district() -> None:
    assert district().box.contains(121.4010, 31.2130)  # S2
    assert district().box.contains(121.3790, 31.21935)  # S6
    assert not district("310117").box.contains(121.4010, 31.2130)


@pytest.mark.parametrize(("lon", "lat"), [(180.0, 90.0), (-180.0, -90.0), (180.0, -90.0), (0.0, 0.0)])
def test_the_ends_of_the_earth_are_points(lon: float, lat: float) -> None:
    """RULES part 8: the limits themselves belong to it; one step further is nowhere."""
    assert is_point(lon, lat)
    check_point(lon, lat, Box(-180, -90, 180, 90))
    for beyond in (
        (math.copysign(180.0001, lon), lat),
        (lon, math.copysign(90.0001, lat)),
        (math.nan, lat),
        (lon, math.inf),
    ):
        assert not is_point(*beyond)
        with refused(ErrorCode.RANGE):
            check_point(*beyond, Box(-180, -90, 180, 90), outside_confirmed=True)
