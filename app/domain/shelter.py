"""Shelters: sane figures, occupancy, and the state machine of opening and closing (RS-08, RULES part 2)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from app.kernel.enums import ShelterState as S
from app.kernel.errors import ErrorCode, Refusal

# `full` is a step that a shelter need not reach and can leave again; an opening may be called off while
# preparing.
TRANSITIONS: Mapping[S, tuple[S, ...]] = MappingProxyType(
    {
        S.CLOSED: (S.PREPARING,),
        S.PREPARING: (S.OPEN, S.CLOSING),
        S.OPEN: (S.FULL, S.CLOSING),
        S.FULL: (S.OPEN, S.CLOSING),
        S.CLOSING: (S.CLOSED,),
    }
)

# Most cautious first: people may be inside and nobody else fits < nobody is inside.
CAUTION: tuple[S, ...] = (S.FULL, S.CLOSING, S.OPEN, S.PREPARING, S.CLOSED)


AREA_PER_PERSON_M2 = 1.2
"""At least so much shelter for every resident: KP-04 (district five-year plan 4(2)4), an indicator of planning, no rule for
one shelter. A shelter that lists more people than that on its area is questioned, never refused."""


def is_crowded(capacity: int | None, area_m2: float | None) -> bool:
    """True if a shelter's figures leave its people less than `AREA_PER_PERSON_M2` each (KP-04); unknown figures do not."""
    return capacity is not None and area_m2 is not None and area_m2 < capacity * AREA_PER_PERSON_M2


def check_area(area_m2: float) -> None:
    """Refuse an effective area (m2) that is not a positive finite number: E_RANGE (RS-08)."""
    number = isinstance(area_m2, int | float) and not isinstance(area_m2, bool)
    if not number or not 0 < area_m2 < math.inf:
        raise Refusal(ErrorCode.RANGE, "refusal.shelters.area", field="area_m2", clause="RS-08")


def check_capacity(capacity: int) -> None:
    """Refuse a capacity (persons) that is not a positive whole number: E_RANGE (RS-08)."""
    if isinstance(capacity, bool) or not isinstance(capacity, int) or capacity <= 0:
        raise Refusal(ErrorCode.RANGE, "refusal.shelters.capacity", field="capacity", clause="RS-08")


def check_occupied(occupied: int, capacity: int, *, overload_confirmed: bool = False) -> None:
    """Check the number of people inside (RS-08).

    Raises Refusal E_RANGE when it is no whole number from nought, or above the capacity and not confirmed as
    overload.
    """
    if isinstance(occupied, bool) or not isinstance(occupied, int) or occupied < 0:
        raise Refusal(ErrorCode.RANGE, "refusal.shelters.occupied", field="occupied", clause="RS-08")
    if occupied > capacity and not overload_confirmed:
        raise Refusal(
            ErrorCode.RANGE,
            "refusal.shelters.overload",
            field="occupied",
            clause="RS-08",
            occupied=occupied,
            capacity=capacity,
        )


def check_capacity_holds(capacity: int, occupied: int | None, *, overload_confirmed: bool = False) -> None:
    """Refuse a capacity below the number of people inside, unless confirmed as overload: E_RANGE (RS-08)."""
    if occupied is not None and occupied > capacity and not overload_confirmed:
        raise Refusal(
            ErrorCode.RANGE,
            "refusal.shelters.overload",
            field="capacity",
            clause="RS-08",
            occupied=occupied,
            capacity=capacity,
        )


def check_emptied(to: S, occupied: int | None) -> None:
    """Refuse to close a shelter while people are inside: E_STATE (RS-08); closed means that nobody is."""
    if to is S.CLOSED and occupied:
        raise Refusal(
            ErrorCode.STATE,
            "refusal.shelters.people_inside",
            field="occupied",
            clause="RS-08",
            occupied=occupied,
        )


def check_transition(current: S, to: S) -> None:
    """Check one step of the state machine (RULES part 2): E_STATE with what is `allowed`."""
    allowed = TRANSITIONS[current]
    if to not in allowed:
        raise Refusal(
            ErrorCode.STATE,
            "refusal.shelters.transition",
            field="state",
            clause="RULES-2, RS-08",
            current=current,
            to=to,
            allowed=allowed,
        )
