"""Alarms of the 119 system whose fields are odd, and what a person made of them (IS-01, RC-16, D-34, MP-02)."""

from __future__ import annotations

from typing import Any

import pytest

from app.queries.incidents import IncidentRow
from app.usecases.alarms import ReceiveAlarm, UnitStamps
from app.usecases.incidents import VoidIncident
from tests.kit import Site, act, moment, refused, register


def take(site: Site, alarm_no: str = "A-1", **values: Any) -> tuple[IncidentRow, list[str]]:
    """The incident of an alarm received now, and what was flagged."""
    command = ReceiveAlarm(alarm_no=alarm_no, received_at=moment("08:00:00"), **values)
    result = act(site, "console", command).result
    return site.incident(result["incident_id"]), list(result["flags"])


def test_blanks_around_a_type_are_no_other_type(frd: Site) -> None:
    """IS-01, RC-01: the type is known, and so are its class and its scale; a blank type is none, not an unknown one."""
    row, flags = take(frd, type_code=" fire ", lon=121.40, lat=31.21, alarm_grade=5)
    assert (row.type_code, row.class_code, row.alarm_grade, flags) == ("fire", "accident", 5, [])
    row, flags = take(frd, "A-2", type_code=" \u3000", lon=121.40, lat=31.21)
    assert (row.type_code, flags) == (None, [])


@pytest.mark.parametrize(
    ("lon", "lat"), [(31.21, 121.40), (float("nan"), 31.21), (121.40, float("inf")), (999.0, 31.21)]
)
def test_a_point_that_is_nowhere_is_none(frd: Site, lon: float, lat: float) -> None:
    """MP-02, IS-01: the alarm is taken and stands in the list without a point; the fault is named."""
    row, flags = take(frd, type_code="fire", lon=lon, lat=lat)
    assert (row.lon, row.lat, flags) == (None, None, ["point_impossible"])
    row, flags = take(frd, type_code="fire", lon=121.40, lat=31.21)
    assert (row.lon, row.lat, flags) == (121.40, 31.21, [])


def test_a_point_outside_the_district_is_kept(frd: Site) -> None:
    """RULES part 8: flagged for a person to look at."""
    row, flags = take(frd, type_code="fire", lon=120.0, lat=31.21)
    assert (row.lon, flags) == (120.0, ["outside_district"])


def test_the_scale_is_that_of_the_type_that_stands(frd: Site) -> None:
    """RC-16: rescue has no fifth grade, whether the type came with the grade, before it, or after it."""
    take(frd, type_code="rescue", lon=121.40, lat=31.21)
    row, flags = take(frd, alarm_grade=5, lon=121.40, lat=31.21)
    assert (row.alarm_grade, flags) == (None, ["grade_out_of_range"])
    take(frd, "A-2", alarm_grade=5, lon=121.40, lat=31.21)
    row, flags = take(frd, "A-2", type_code="rescue", lon=121.40, lat=31.21)
    assert (row.type_code, row.alarm_grade, flags) == ("rescue", 5, ["grade_out_of_range"])


def test_a_mistaken_registration_does_not_swallow_the_alarm(frd: Site) -> None:
    """IS-01: voided by a person as a mistake, the alarm itself still stands on the board."""
    wrong = register(frd, alarm_no="A-1")
    act(frd, "duty_chief", VoidIncident(incident_id=wrong.id, reason="地点录错"))
    row, _ = take(frd, type_code="fire", alarm_grade=2)
    assert row.id != wrong.id
    assert (row.open, row.owes_reports) == (1, 1)
    assert take(frd, type_code="fire", alarm_grade=3)[0].id == row.id


def test_a_false_alarm_of_the_feed_stays_one(frd: Site) -> None:
    """RULES part 2: what the feed goes on to say of it makes no second incident."""
    row, _ = take(frd, type_code="fire")
    act(frd, "duty_chief", VoidIncident(incident_id=row.id, reason="误报"))
    assert take(frd, type_code="fire", finished=True)[0].id == row.id


@pytest.mark.parametrize("name", ["", " ", "\u200b"])
def test_a_unit_has_a_name(frd: Site, name: str) -> None:
    """IS-01: what looks empty is no name."""
    command = ReceiveAlarm(alarm_no="A-1", received_at=moment("08:00:00"), units=[UnitStamps(unit=name)])
    refused(frd, "console", command, "E_REQUIRED", "refusal.alarms.unit_required", field="units")
