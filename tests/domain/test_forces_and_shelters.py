"""Readiness of vehicles (IS-03, GA/T 974.39) and shelters (RS-08)."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import shelter
from app.domain.rule_numbers import RuleKey
from app.domain.vehicle_states import STALE_S, Readiness, is_stale, readiness, vehicle_state
from app.kernel.enums import ShelterState as S
from app.kernel.enums import VehicleState
from app.kernel.errors import ErrorCode
from tests.domain.helpers import at, district, refused


def test_ready_means_on_standby() -> None:
    assert readiness(["10", "10", "20", "30", "99"]) == Readiness(ready=2, out=3)
    assert readiness([]) == Readiness(ready=0, out=0)


@given(st.lists(st.sampled_from([state.value for state in VehicleState] + ["28", ""])))
def test_every_vehicle_is_counted_once(codes: list[str]) -> None:
    counted = readiness(codes)
    assert counted.ready + counted.out == len(codes)
    assert counted.ready == codes.count("10")


def test_unknown_codes_are_told_from_known_ones() -> None:
    assert vehicle_state("22") is VehicleState.ARRIVED
    assert vehicle_state("28") is None


def test_stale_after_more_than_ten_minutes() -> None:
    stated = at("09:07:00")
    assert not is_stale(stated, stated + 600_000)
    assert is_stale(stated, stated + 600_001)
    assert district().seconds(RuleKey.READINESS_STALE) == STALE_S


@pytest.mark.parametrize("area", [0, -5, math.nan, math.inf, "10", True])
def test_area(area: Any) -> None:
    shelter.check_area(0.5)
    with refused(ErrorCode.RANGE, "area_m2"):
        shelter.check_area(area)


@pytest.mark.parametrize("capacity", [0, -1, 10.5, "4000", True])
def test_capacity(capacity: Any) -> None:
    shelter.check_capacity(4_000)
    with refused(ErrorCode.RANGE, "capacity"):
        shelter.check_capacity(capacity)


def test_occupancy_of_s4() -> None:
    shelter.check_occupied(350, 4_000)
    shelter.check_occupied(4_000, 4_000)
    with refused(ErrorCode.RANGE, "occupied", "refusal.shelters.overload"):
        shelter.check_occupied(4_001, 4_000)
    shelter.check_occupied(4_001, 4_000, overload_confirmed=True)
    with refused(ErrorCode.RANGE, "occupied", "refusal.shelters.occupied"):
        shelter.check_occupied(-1, 4_000, overload_confirmed=True)


@given(st.sampled_from(S), st.sampled_from(S))
def test_only_what_the_table_lists_is_allowed(current: S, to: S) -> None:
    if to in shelter.TRANSITIONS[current]:
        shelter.check_transition(current, to)
        assert current is not to
        return
    with refused(ErrorCode.STATE, "state") as refusal:
        shelter.check_transition(current, to)
    assert refusal.params["allowed"] == shelter.TRANSITIONS[current]


def test_the_round_of_rules_part_2() -> None:
    for current, to in zip(S, [*list(S)[1:], S.CLOSED], strict=True):
        shelter.check_transition(current, to)
    with refused(ErrorCode.STATE, "state"):
        shelter.check_transition(S.CLOSED, S.OPEN)
    with refused(ErrorCode.STATE, "state"):
        shelter.check_transition(S.FULL, S.CLOSED)


def test_a_closing_shelter_takes_nobody_until_it_was_closed() -> None:
    assert shelter.TRANSITIONS[S.CLOSING] == (S.CLOSED,)
    assert shelter.TRANSITIONS[S.CLOSED] == (S.PREPARING,)


def test_caution_is_a_total_order() -> None:
    assert sorted(shelter.CAUTION) == sorted(S)
    assert shelter.CAUTION[-1] is S.CLOSED, "nobody is forgotten inside"


def test_the_smallest_figures_are_figures() -> None:
    """RS-08: one person's room is a capacity, nobody inside is a count."""
    shelter.check_capacity(1)
    shelter.check_occupied(0, 1)
    shelter.check_occupied(1, 1)


def test_capacity_and_people_inside_from_both_ends() -> None:
    """RS-08: neither more people than the capacity nor less capacity than people, unless confirmed."""
    shelter.check_capacity_holds(10, 10)
    shelter.check_capacity_holds(10, None)
    with refused(ErrorCode.RANGE, "capacity", "refusal.shelters.overload"):
        shelter.check_capacity_holds(9, 10)
    shelter.check_capacity_holds(9, 10, overload_confirmed=True)


def test_nobody_is_left_inside() -> None:
    """RS-08: closed is the one state that says that nobody is there."""
    for count in (0, None):
        shelter.check_emptied(S.CLOSED, count)
    with refused(ErrorCode.STATE, "occupied", "refusal.shelters.people_inside"):
        shelter.check_emptied(S.CLOSED, 1)
    for state in set(S) - {S.CLOSED}:
        shelter.check_emptied(state, 1)
