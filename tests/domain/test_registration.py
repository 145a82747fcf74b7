"""Registration of an incident (D-37, D-26, RP-02, RC-01, RC-16)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.domain.registration import RegistrationFacts, check_registration
from app.kernel.enums import IncidentClass
from app.kernel.errors import ErrorCode
from tests.domain.helpers import at, district, refused

NOW = at("14:02:30")
S2 = RegistrationFacts(
    received_at=at("14:02:10"),
    incident_class=IncidentClass.ACCIDENT,
    place="天山路街道某居民楼6层",
    unit_code="310105006",
    lon=121.4010,
    lat=31.2130,
    type_code="fire",
    alarm_grade=2,
)
BARE = RegistrationFacts(received_at=at("14:02:10"), incident_class=IncidentClass.PENDING)


def check(facts: RegistrationFacts, code: str = "310105") -> None:
    check_registration(facts, district(code), NOW)


def test_s2_and_s3_register() -> None:
    check(S2)
    check(RegistrationFacts(received_at=NOW, incident_class=IncidentClass.ACCIDENT, unit_code="310105009"))
    assert S2.occurred_at is None, "all else may wait"


@pytest.mark.parametrize(
    "where", [{"place": "某商场"}, {"unit_code": "310105009"}, {"lon": 121.40, "lat": 31.21}]
)
def test_any_one_place_is_enough(where: dict[str, Any]) -> None:
    check(replace(BARE, **where))


@pytest.mark.parametrize("blank", [None, "", "   ", "\u3000"])
def test_no_place_at_all(blank: str | None) -> None:
    with refused(ErrorCode.REQUIRED, "place", "refusal.incidents.place_required"):
        check(replace(BARE, place=blank, unit_code=blank))


def test_a_place_is_no_essay() -> None:
    """D-37; blanks around it do not count."""
    check(replace(S2, place=" " + "长" * 200 + " "))
    with refused(ErrorCode.RANGE, "place", "refusal.incidents.place_too_long"):
        check(replace(S2, place="长" * 201))


def test_half_a_point_is_no_point() -> None:
    with refused(ErrorCode.REQUIRED, "lat", "refusal.points.half"):
        check(replace(BARE, lon=121.40))
    with refused(ErrorCode.REQUIRED, "lon", "refusal.points.half"):
        check(replace(S2, lon=None))


def test_received_at_and_class_are_needed() -> None:
    with refused(ErrorCode.REQUIRED, "received_at"):
        check(replace(S2, received_at=None))
    with refused(ErrorCode.REQUIRED, "class_code"):
        check(replace(S2, incident_class=None))


def test_times() -> None:
    with refused(ErrorCode.TIME, "received_at", "refusal.time.future"):
        check(replace(S2, received_at=NOW + 60_001))
    old = NOW - 86_400_001
    with refused(ErrorCode.TIME, "received_at", "refusal.time.needs_confirm"):
        check(replace(S2, received_at=old))
    check(replace(S2, received_at=old, late_confirmed=True))


def test_an_event_is_not_later_than_its_first_message() -> None:
    check(replace(S2, occurred_at=S2.received_at))
    with refused(ErrorCode.TIME, "occurred_at") as refusal:
        check(replace(S2, occurred_at=at("14:02:11")))
    assert refusal.params == {"occurred_at": at("14:02:11"), "received_at": S2.received_at}


@pytest.mark.parametrize("code", ["310105003", "310117001", "310105", "天山路"])
def test_a_street_the_pack_does_not_know(code: str) -> None:
    with refused(ErrorCode.FORMAT, "unit_code"):
        check(replace(S2, unit_code=code))


def test_grade_by_kind_of_alarm() -> None:
    check(replace(S2, alarm_grade=5))
    with refused(ErrorCode.RANGE, "alarm_grade"):
        check(replace(S2, type_code="hazmat", alarm_grade=5))
    check(replace(S2, type_code=None, alarm_grade=5))


def test_point() -> None:
    with refused(ErrorCode.RANGE, "lon"):
        check(replace(S2, lon=float("nan")))
    with refused(ErrorCode.FORMAT, "lon"):
        check(replace(S2, lon=121.60))
    check(replace(S2, lon=121.60, outside_confirmed=True))


def test_a_pack_without_streets_takes_the_codes_of_its_district() -> None:
    facts = RegistrationFacts(
        received_at=NOW, incident_class=IncidentClass.ACCIDENT, unit_code="371082001", lon=122.49, lat=37.16
    )
    check(facts, "371082")
    for code in ("310105006", "3710820010", "37108200x"):
        with refused(ErrorCode.FORMAT, "unit_code"):
            check(replace(facts, unit_code=code), "371082")
