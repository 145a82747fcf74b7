"""Registering an incident: number, clocks, facts (D-01, D-20, D-22, D-37, RP-07, RC-01, RC-16)."""

from __future__ import annotations

from typing import Any

import pytest

from app.kernel.enums import IncidentClass, Source
from app.usecases.incidents import RegisterIncident, VoidIncident
from tests.kit import Site, Town, act, business, moment, ms, refused, register


def s2() -> dict[str, Any]:
    """The first step of scenario S2."""
    return {
        "source": Source.ALARM_119,
        "received_at": moment("14:02:10"),
        "place": "天山路街道某居民楼6层",
        "unit_code": "310105006",
        "lon": 121.4010,
        "lat": 31.2130,
        "class_code": IncidentClass.ACCIDENT,
        "type_code": "fire",
        "alarm_grade": 2,
    }


def test_s2_begins(town: Town) -> None:
    """S2 14:02:10: number, level_none (D-22), clocks to the second (RP-07); the peer shows it (IS-01)."""
    town.at("14:02:10")
    done = act(town.frd, "duty_officer", RegisterIncident(**s2()))
    assert done.result["no"] == "FRD-20250714-001"
    assert done.result["possible_duplicates"] == []
    town.sync()
    for site in (town.frd, town.emb):
        row = site.incident("FRD-20250714-001")
        assert row.incident_level == "level_none"
        assert (row.oral_due_at, row.oral_status, row.oral_met_at) == (ms("14:32:10"), "running", None)
        assert (row.written_due_at, row.written_status) == (ms("15:02:10"), "running")
        assert (row.next_due_at, row.next_clock) == (ms("14:32:10"), "oral_report")
        assert (row.status, row.agency, row.origin, row.source) == ("registered", "FRD", "person", "119")
        assert (row.lon, row.lat, row.unit_code, row.alarm_grade) == (121.4010, 31.2130, "310105006", 2)
        assert (row.open, row.owes_reports, row.owes_why) == (1, 1, "reportable.by_person")
        assert row.registered_at == row.received_at == ms("14:02:10")
    assert business(town.emb) == business(town.frd)


def test_three_things_are_enough(emb: Site) -> None:
    """D-37: received_at, class (pending counts, RC-01), one of place, point, unit_code."""
    when = moment("08:00:00")
    for place in ({"place": "某路口"}, {"unit_code": "310105006"}, {"lon": 121.40, "lat": 31.21}):
        done = act(emb, "duty_officer", RegisterIncident(received_at=when, **place))
        row = emb.incident(done.result["no"])
        assert row.class_code == "pending"
        assert row.alarm_grade is None
    assert row.no == "EMB-20250714-003"
    assert row.place is None


@pytest.mark.parametrize(
    ("facts", "code", "text", "field", "clause"),
    [
        ({"place": " \u3000"}, "E_REQUIRED", "refusal.incidents.place_required", "place", "D-37"),
        ({"lon": 121.4}, "E_REQUIRED", "refusal.points.half", "lat", "D-37"),
        ({"lat": 31.2}, "E_REQUIRED", "refusal.points.half", "lon", "D-37"),
        ({"received_at": moment("08:01:01")}, "E_TIME", "refusal.time.future", "received_at", "D-26"),
        (
            {"received_at": moment("07:59:59", "2025-07-13")},
            "E_TIME",
            "refusal.time.needs_confirm",
            "received_at",
            "D-26",
        ),
        (
            {"occurred_at": moment("08:00:01")},
            "E_TIME",
            "refusal.incidents.occurred_after_received",
            "occurred_at",
            "RP-02",
        ),
        (
            {"occurred_at": moment("07:59:59", "2025-07-13")},
            "E_TIME",
            "refusal.time.needs_confirm",
            "occurred_at",
            "D-26",
        ),
        (
            {"received_at": moment("08:00:00", "0001-01-02"), "late_confirmed": True},
            "E_TIME",
            "refusal.time.no_moment",
            "received_at",
            "D-26",
        ),
        (
            {"occurred_at": moment("08:00:00", "1925-07-13"), "late_confirmed": True},
            "E_TIME",
            "refusal.time.no_moment",
            "occurred_at",
            "D-26",
        ),
        ({"unit_code": "310105003"}, "E_FORMAT", "refusal.incidents.unit_unknown", "unit_code", "RULES-9"),
        ({"lon": 120.0, "lat": 31.2}, "E_FORMAT", "refusal.points.outside_district", "lon", "RULES-8"),
        ({"lon": 31.2, "lat": 121.4}, "E_RANGE", "refusal.points.range", "lat", "RULES-8"),
        ({"lon": float("nan"), "lat": 31.2}, "E_RANGE", "refusal.points.range", "lon", "RULES-8"),
        ({"alarm_grade": 6}, "E_RANGE", "refusal.alarm_grade.range", "alarm_grade", "RC-16"),
        ({"alarm_grade": 0}, "E_RANGE", "refusal.alarm_grade.range", "alarm_grade", "RC-16"),
        (
            {"alarm_grade": 5, "type_code": "rescue"},
            "E_RANGE",
            "refusal.alarm_grade.range",
            "alarm_grade",
            "RC-16",
        ),
    ],
)
def test_what_is_refused(
    emb: Site, facts: dict[str, Any], code: str, text: str, field: str, clause: str
) -> None:
    """Each refusal has its code, field and clause, and changes nothing but one audit row."""
    known: dict[str, Any] = {"received_at": moment("08:00:00"), "place": "某路口"}
    command = RegisterIncident(**{**known, **facts})
    refused(emb, "duty_officer", command, code, text, field=field, clause=clause)
    assert register(emb).no == "EMB-20250714-001", "a refused registration takes no number (D-20)"


def test_limits_are_still_allowed(emb: Site) -> None:
    """D-26: 60 s ahead and 24 h back, RP-02: the same moment; outside the district once confirmed (RULES part 8)."""
    register(emb, received_at=moment("08:01:00"))
    register(emb, received_at=moment("08:00:00", "2025-07-13"))
    register(emb, received_at=moment("07:00:00", "2025-07-10"), late_confirmed=True)
    register(emb, occurred_at=moment("08:00:00"))
    register(emb, occurred_at=moment("08:00:00", "2025-07-10"), late_confirmed=True)
    row = register(emb, lon=120.0, lat=31.2, outside_confirmed=True)
    assert (row.no, row.lon) == ("EMB-20250714-006", 120.0)


def test_late_entry_can_be_overdue_at_once(emb: Site) -> None:
    """D-26: clocks count from the event, not from the entry."""
    row = register(emb, received_at=moment("07:00:00"))
    assert row.oral_due_at == ms("07:30:00")
    assert row.registered_at == ms("08:00:00")


def test_one_alarm_number_is_one_incident(town: Town) -> None:
    """IS-01: the number of the 119 system is taken once, on either side."""
    register(town.frd, alarm_no="A-17")
    town.sync()
    for site in (town.frd, town.emb):
        command = RegisterIncident(received_at=moment("08:00:00"), place="某路口", alarm_no=" A-17 ")
        refused(
            site,
            "duty_officer",
            command,
            "E_DUP",
            "refusal.incidents.alarm_no_taken",
            field="alarm_no",
            clause="IS-01",
        )


def test_a_voided_registration_keeps_nobody_from_doing_it_right(frd: Site) -> None:
    """IS-01: the number of a mistaken registration, or of an alarm of days ago, is not taken."""
    wrong = register(frd, alarm_no="A-17")
    act(frd, "duty_chief", VoidIncident(incident_id=wrong.id, reason="地点录错"))
    right = register(frd, alarm_no="A-17")
    again = RegisterIncident(received_at=moment("08:00:00"), place="某路口", alarm_no="A-17")
    refused(frd, "duty_officer", again, "E_DUP", "refusal.incidents.alarm_no_taken", field="alarm_no")
    frd.at("08:00:00", "2025-07-15")
    again = RegisterIncident(received_at=moment("08:00:00", "2025-07-15"), place="某路口", alarm_no="A-17")
    refused(frd, "duty_officer", again, "E_DUP", "refusal.incidents.alarm_no_taken", field="alarm_no")
    frd.at("08:00:00.001", "2025-07-15")
    assert register(frd, alarm_no="A-17").id != right.id


def test_numbers_begin_anew_at_midnight_in_shanghai(emb: Site) -> None:
    """D-20: the local date of registration counts, not that of UTC, nor that of the call."""
    emb.at("23:59:59.999")
    assert register(emb).no == "EMB-20250714-001"
    assert register(emb).no == "EMB-20250714-002"
    emb.at("00:00:00.000", "2025-07-15")
    assert register(emb, received_at=moment("23:50:00")).no == "EMB-20250715-001"
    emb.at("07:59:59", "2025-07-15")  # still the 14th in UTC
    assert register(emb).no == "EMB-20250715-002"
    emb.at("08:00:00", "2025-07-15")
    assert register(emb).no == "EMB-20250715-003"


def test_both_sides_count_for_themselves(town: Town) -> None:
    """D-20, D-35: a series per agency; apart or not, no number is given twice and there are no holes."""
    first = [register(town.emb).no, register(town.frd).no, register(town.emb).no]
    town.sync()
    town.emb.reopen()
    later = [register(town.emb).no, register(town.frd).no]
    assert first == ["EMB-20250714-001", "FRD-20250714-001", "EMB-20250714-002"]
    assert later == ["EMB-20250714-003", "FRD-20250714-002"]


def test_number_goes_on_after_999(emb: Site) -> None:
    """D-20: three digits, from 1000 on four; the order of texts does not matter."""
    no = "EMB-20250714-999"
    account = emb.account("duty_officer")
    row = register(emb)
    from tests.kit import forge, maker, own_id

    acts = maker(emb).write(
        "register_incident", "incident", own_id(emb), {"no": no, "status": "registered"}, new=True
    )
    forge(emb, account, acts)
    assert row.no == "EMB-20250714-001"
    assert register(emb).no == "EMB-20250714-1000"
    assert register(emb).no == "EMB-20250714-1001"


def test_numbers_forged_elsewhere_do_not_stretch_our_series(town: Town) -> None:
    """D-20, D-35: a series is one workstation's; what another one calls a number of ours leaves it as it is."""
    from tests.kit import forge, maker, own_id

    assert register(town.emb).no == "EMB-20250714-001"
    for no in ("EMB-20250714-777", "EMB-20250714-1e9", "EMB-20250714-\u0662"):
        values = {"no": no, "status": "registered", "agency": "EMB"}
        acts = maker(town.frd).write("register_incident", "incident", own_id(town.frd), values, new=True)
        forge(town.frd, town.frd.account("duty_officer"), acts)
    town.sync()
    assert register(town.emb).no == "EMB-20250714-002"
    assert register(town.frd).no == "FRD-20250714-001"


def test_duplicates_are_suggested_and_a_person_decides(town: Town) -> None:
    """D-21: same class, at most 200 m and 30 min apart; registered all the same."""
    town.at("14:02:10")
    first = act(town.frd, "duty_officer", RegisterIncident(**s2()))
    town.sync()
    town.at("14:10:00")
    near = {**s2(), "received_at": moment("14:10:00"), "lon": 121.4020, "source": Source.HOTLINE_12345}
    done = act(town.emb, "duty_officer", RegisterIncident(**near))
    [suggestion] = done.result["possible_duplicates"]
    assert suggestion["incident_id"] == first.result["incident_id"]
    assert suggestion["apart_s"] == 470
    assert 90 < suggestion["distance_m"] < 100
    far = {**near, "lon": 121.4040}
    assert act(town.emb, "duty_officer", RegisterIncident(**far)).result["possible_duplicates"] != [
        suggestion
    ]
    other = {**near, "class_code": IncidentClass.NATURAL}
    assert act(town.emb, "duty_officer", RegisterIncident(**other)).result["possible_duplicates"] == []


def test_text_is_kept_as_typed_without_the_blanks_around(emb: Site) -> None:
    """Security: text is text; nothing is escaped, cut or interpreted."""
    what = "  <img onerror=alert(1)> `x` =1+1 '; DROP TABLE incident; -- 火灾\n二层  "
    row = register(emb, what=what)
    assert row.what == what.strip()


def test_marks_nobody_sees_are_not_kept(emb: Site) -> None:
    """Security: a mark that turns the writing would turn what a row, a log line or a document says behind it."""
    row = register(emb, what="火\u202e灾\u2066\0", place="甲路\u200b1号\ufeff")
    assert (row.what, row.place) == ("火灾", "甲路1号")


def test_too_much_text_is_refused_and_the_console_goes_on(emb: Site) -> None:
    """A transaction fits one frame: more is refused, recorded, and the next act works."""
    command = RegisterIncident(received_at=moment("08:00:00"), place="某路口", what="长" * 20_000)
    refused(emb, "duty_officer", command, "E_RANGE", "refusal.command.too_large")
    assert register(emb).no == "EMB-20250714-001"
