"""Changing an incident: earliest received time, grade, struck entries, duty to report (D-01, D-31, D-34, RC-16, RP-07)."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.rule_numbers import RuleKey
from app.kernel.enums import IncidentClass, Source
from app.queries import incidents
from app.usecases.incidents import ChangeIncident, MakeReportable, RaiseAlarmGrade, StrikeEntry
from app.usecases.settings import ChangeRuleNumber
from tests.kit import Site, Town, act, business, feed_incident, moment, ms, refused, register


def entries(site: Site, incident_id: str, field: str) -> list[Any]:
    return site.node.local(lambda c: incidents.entries(c, "incident", incident_id, field))


# -- fields ----------------------------------------------------------------------------------------------------------------
def test_what_is_given_changes_and_the_rest_stays(emb: Site) -> None:
    """IS-01: facts come piece by piece."""
    row = register(emb, received_at=moment("07:55:00"))
    change = ChangeIncident(
        incident_id=row.no or "",
        class_code=IncidentClass.NATURAL,
        unit_code="310105009",
        lon=121.40,
        lat=31.21,
        source=Source.STREET,
        occurred_at=moment("07:50:00"),
        what=" 树木倒伏 ",
    )
    act(emb, "duty_officer", change)
    after = emb.incident(row.id)
    assert (after.class_code, after.unit_code, after.lon, after.lat) == (
        "natural",
        "310105009",
        121.40,
        31.21,
    )
    assert (after.source, after.occurred_at, after.what) == ("street", ms("07:50:00"), "树木倒伏")
    assert (after.place, after.no, after.oral_due_at) == (row.place, row.no, row.oral_due_at)


@pytest.mark.parametrize(
    ("given", "code", "text", "field", "clause"),
    [
        ({}, "E_REQUIRED", "refusal.incidents.nothing_changed", None, "D-37"),
        ({"what": "  "}, "E_REQUIRED", "refusal.incidents.nothing_changed", None, "D-37"),
        ({"unit_code": "9"}, "E_FORMAT", "refusal.incidents.unit_unknown", "unit_code", "RULES-9"),
        ({"lon": 121.4}, "E_REQUIRED", "refusal.points.half", "lat", "D-37"),
        ({"lon": 119.0, "lat": 31.2}, "E_FORMAT", "refusal.points.outside_district", "lon", "RULES-8"),
        (
            {"class_code": IncidentClass.PENDING},
            "E_STATE",
            "refusal.incidents.class_back_to_pending",
            "class_code",
            "RC-01",
        ),
        (
            {"occurred_at": moment("07:55:01")},
            "E_TIME",
            "refusal.incidents.occurred_after_received",
            "occurred_at",
            "RP-02",
        ),
        (
            {"received_at": moment("07:49:59")},
            "E_TIME",
            "refusal.incidents.occurred_after_received",
            "occurred_at",
            "RP-02",
        ),
        ({"received_at": moment("08:01:01")}, "E_TIME", "refusal.time.future", "received_at", "D-26"),
        (
            {"received_at": moment("07:00:00", "2025-07-13")},
            "E_TIME",
            "refusal.time.needs_confirm",
            "received_at",
            "D-26",
        ),
    ],
)
def test_what_is_refused(
    emb: Site, given: dict[str, Any], code: str, text: str, field: str | None, clause: str
) -> None:
    """RP-02: the event never lies after the first message, whichever of the two is changed."""
    row = register(emb, received_at=moment("07:55:00"), occurred_at=moment("07:50:00"))
    command = ChangeIncident(incident_id=row.id, **given)
    refused(emb, "duty_officer", command, code, text, field=field, clause=clause)


def test_unknown_incident(emb: Site) -> None:
    """What is not here is told, not invented."""
    for command in (
        ChangeIncident(incident_id="EMB-20250714-001", what="x"),
        MakeReportable(incident_id=""),
    ):
        refused(emb, "duty_officer", command, "E_STATE", "refusal.record.missing", field="incident_id")


# -- received time ---------------------------------------------------------------------------------------------------------
def test_earliest_received_time_starts_the_clocks(emb: Site) -> None:
    """D-01: an earlier one moves both clocks back, a later one changes nothing."""
    row = register(emb, received_at=moment("07:55:00"))
    act(emb, "duty_officer", ChangeIncident(incident_id=row.id, received_at=moment("07:52:00")))
    after = emb.incident(row.id)
    assert (after.received_at, after.oral_due_at, after.written_due_at) == (
        ms("07:52:00"),
        ms("08:22:00"),
        ms("08:52:00"),
    )
    act(emb, "duty_officer", ChangeIncident(incident_id=row.id, received_at=moment("07:59:00")))
    assert emb.incident(row.id).received_at == ms("07:52:00")
    assert len(entries(emb, row.id, "received_at")) == 3


def test_records_of_both_sides_made_apart_merge_to_the_earliest(town: Town) -> None:
    """D-01: after the merge both consoles show the same clocks, in whichever order things arrived."""
    town.at("14:02:10")
    row = register(town.frd)
    town.sync()
    town.at("14:05:00")
    act(town.emb, "duty_officer", ChangeIncident(incident_id=row.id, received_at=moment("14:01:00")))
    act(town.frd, "duty_officer", ChangeIncident(incident_id=row.id, received_at=moment("14:01:30")))
    assert town.emb.incident(row.id).oral_due_at == ms("14:31:00")
    assert town.frd.incident(row.id).oral_due_at == ms("14:31:30")
    town.sync()
    for site in (town.emb, town.frd):
        merged = site.incident(row.id)
        assert (merged.received_at, merged.oral_due_at, merged.written_due_at) == (
            ms("14:01:00"),
            ms("14:31:00"),
            ms("15:01:00"),
        )
        assert merged.conflicts == 0, "a minimum is never a conflict"
    assert business(town.emb) == business(town.frd)


def test_struck_entry_recomputes_the_clocks(town: Town) -> None:
    """D-01: a mistyped time is struck out by a chief with reason; the rest decide, on both sides."""
    row = register(town.emb)
    town.emb.at("08:00:01")
    act(town.emb, "duty_officer", ChangeIncident(incident_id=row.id, received_at=moment("07:30:00")))
    wrong = entries(town.emb, row.id, "received_at")[-1]
    assert town.emb.incident(row.id).oral_due_at == ms("08:00:00")
    strike = StrikeEntry(incident_id=row.id, field="received_at", entry=wrong.hash.hex(), reason="输入有误")
    refused(town.emb, "duty_officer", strike, "E_PERM", "refusal.permission.denied", clause="XC-06")
    act(town.emb, "duty_chief", strike)
    town.sync()
    for site in (town.emb, town.frd):
        assert site.incident(row.id).oral_due_at == ms("08:30:00")
        assert [entry.struck for entry in entries(site, row.id, "received_at")] == [0, 1]


@pytest.mark.parametrize(
    ("other", "code", "text", "field"),
    [
        ({"reason": " "}, "E_REQUIRED", "refusal.incidents.strike_reason_required", "reason"),
        ({"field": "place"}, "E_RANGE", "refusal.incidents.strike_field", "field"),
        ({"entry": "00"}, "E_STATE", "refusal.record.missing", "entry"),
        ({}, "E_STATE", "refusal.incidents.strike_last", "entry"),
    ],
)
def test_strikes_that_are_refused(emb: Site, other: dict[str, str], code: str, text: str, field: str) -> None:
    """D-01: without a reason, of another field, of nothing, or of the only received time."""
    row = register(emb)
    [only] = entries(emb, row.id, "received_at")
    given = {"field": "received_at", "entry": only.hash.hex(), "reason": "输入有误"} | other
    refused(emb, "duty_chief", StrikeEntry(incident_id=row.id, **given), code, text, field=field)


def test_entry_is_struck_once(emb: Site) -> None:
    """A struck entry is no longer there to be struck."""
    row = register(emb, received_at=moment("07:30:00"))
    emb.at("08:00:01")
    act(emb, "duty_officer", ChangeIncident(incident_id=row.id, received_at=moment("07:40:00")))
    first = entries(emb, row.id, "received_at")[0]
    strike = StrikeEntry(incident_id=row.id, field="received_at", entry=first.hash.hex(), reason="输入有误")
    act(emb, "duty_chief", strike)
    refused(emb, "duty_chief", strike, "E_STATE", "refusal.record.missing", field="entry")


# -- alarm grade -----------------------------------------------------------------------------------------------------------
def test_grade_goes_up_only(town: Town) -> None:
    """S2 14:20 and 14:21; RC-16: raised by the fire side, never lowered (E_MONO), the same twice is E_STATE."""
    row = register(town.frd, alarm_grade=2, type_code="fire")
    act(town.frd, "duty_officer", RaiseAlarmGrade(incident_id=row.no or "", to=3))
    down = RaiseAlarmGrade(incident_id=row.id, to=2)
    wrong = refused(
        town.frd,
        "duty_officer",
        down,
        "E_MONO",
        "refusal.alarm_grade.lowered",
        field="alarm_grade",
        clause="RC-16",
    )
    assert (wrong.params["current"], wrong.params["to"]) == (3, 2)
    for to, code, text in (
        (3, "E_STATE", "refusal.alarm_grade.same"),
        (6, "E_RANGE", "refusal.alarm_grade.range"),
        (0, "E_RANGE", "refusal.alarm_grade.range"),
    ):
        command = RaiseAlarmGrade(incident_id=row.id, to=to)
        refused(town.frd, "duty_officer", command, code, text, field="alarm_grade", clause="RC-16")
    town.sync()
    assert town.emb.incident(row.id).alarm_grade == 3
    up = RaiseAlarmGrade(incident_id=row.id, to=4)
    refused(town.emb, "leader", up, "E_PERM", "refusal.permission.denied", clause="XC-06", can=("FRD",))


def test_grades_raised_apart_merge_to_the_highest(town: Town) -> None:
    """RC-16: two consoles of the fire side's record cannot disagree downward."""
    row = register(town.frd, alarm_grade=1, type_code="fire")
    town.sync()
    act(town.frd, "duty_officer", RaiseAlarmGrade(incident_id=row.id, to=2))
    act(town.frd, "duty_chief", RaiseAlarmGrade(incident_id=row.id, to=4))
    town.sync()
    assert town.emb.incident(row.id).alarm_grade == 4


def test_wrong_grade_is_struck_by_the_fire_side(town: Town) -> None:
    """RC-16, RULES part 3: the bureau strikes out only what it typed itself; the fire side's chief any entry."""
    row = register(town.emb, alarm_grade=4, type_code="fire")
    town.sync()
    town.at("08:00:01")
    act(town.frd, "duty_officer", RaiseAlarmGrade(incident_id=row.id, to=5))
    town.sync()
    typed, raised = entries(town.emb, row.id, "alarm_grade")
    strike = StrikeEntry(incident_id=row.id, field="alarm_grade", entry=raised.hash.hex(), reason="误升")
    text = "refusal.incidents.grade_of_fire_side"
    refused(town.emb, "duty_chief", strike, "E_OWNER", text, field="entry", clause="RC-16", owner="FRD")
    own = StrikeEntry(incident_id=row.id, field="alarm_grade", entry=typed.hash.hex(), reason="误录")
    act(town.emb, "duty_chief", own)
    town.sync()
    act(town.frd, "duty_chief", strike)
    assert town.frd.incident(row.id).alarm_grade is None
    act(town.frd, "duty_officer", RaiseAlarmGrade(incident_id=row.id, to=1))
    town.sync()
    assert town.emb.incident(row.id).alarm_grade == 1


def test_type_keeps_to_the_scale_of_the_grade(frd: Site) -> None:
    """RC-16: rescue has no fifth grade; first the chief strikes the wrong grade out, then the type is changed."""
    row = register(frd, alarm_grade=5)
    rescue = ChangeIncident(incident_id=row.id, type_code="rescue")
    text = "refusal.alarm_grade.type"
    refused(frd, "duty_officer", rescue, "E_RANGE", text, field="type_code", clause="RC-16")
    act(frd, "duty_officer", ChangeIncident(incident_id=row.id, type_code="fire"))
    four = register(frd, alarm_grade=4)
    act(frd, "duty_officer", ChangeIncident(incident_id=four.id, type_code="rescue"))


# -- duty to report --------------------------------------------------------------------------------------------------------
def test_everyday_call_of_the_feed_has_no_clocks(frd: Site) -> None:
    """D-34: an incident of the feed below the district's grade is an everyday call."""
    row = feed_incident(frd, "A-1", 1)
    assert (row.owes_reports, row.owes_why) == (0, "reportable.everyday")
    assert (row.oral_due_at, row.written_due_at, row.next_due_at, row.oral_status) == (None, None, None, None)
    assert row.open == 1


def test_feed_incident_of_the_grade_owes_reports(frd: Site) -> None:
    """D-34: from the district's grade on."""
    row = feed_incident(frd, "A-2", 2)
    assert (row.owes_reports, row.owes_why, row.oral_due_at) == (1, "reportable.by_grade", ms("08:30:00"))


def test_grade_outside_its_scale_is_flagged_not_entered(frd: Site) -> None:
    """IS-01, RC-16: what looks wrong in the feed is named; it must not block a later raise."""
    from app.usecases.alarms import ReceiveAlarm

    alarm = ReceiveAlarm(alarm_no="A-9", received_at=moment("08:00:00"), type_code="fire", alarm_grade=99)
    done = act(frd, "console", alarm)
    assert "grade_out_of_range" in done.result["flags"]
    row = frd.incident(done.result["incident_id"])
    assert (row.alarm_grade, row.owes_reports) == (None, 0)
    act(frd, "duty_officer", RaiseAlarmGrade(incident_id=row.id, to=2))
    assert frd.incident(row.id).owes_reports == 1


def test_everyday_call_becomes_reportable_by_a_person(town: Town) -> None:
    """D-34: clocks then count from received_at; a second time is E_STATE."""
    row = feed_incident(town.frd, "A-3", 1)
    town.frd.at("08:20:00")
    act(town.frd, "duty_officer", MakeReportable(incident_id=row.id))
    town.sync()
    for site in (town.frd, town.emb):
        after = site.incident(row.id)
        assert (after.owes_why, after.oral_due_at) == ("reportable.by_person", ms("08:30:00"))
    again = MakeReportable(incident_id=row.id)
    refused(town.frd, "duty_officer", again, "E_STATE", "refusal.incidents.already_reportable", clause="D-34")


def test_everyday_call_becomes_reportable_by_its_grade(frd: Site) -> None:
    """D-34, RC-16: raised to the district's grade, its clocks count from received_at."""
    row = feed_incident(frd, "A-4", 1)
    frd.at("08:10:00")
    act(frd, "duty_officer", RaiseAlarmGrade(incident_id=row.id, to=2))
    after = frd.incident(row.id)
    assert (after.owes_why, after.oral_due_at, after.written_due_at) == (
        "reportable.by_grade",
        ms("08:30:00"),
        ms("09:00:00"),
    )


# -- rule numbers ----------------------------------------------------------------------------------------------------------
def test_changed_limits_hold_for_later_clocks_only(town: Town) -> None:
    """D-31: a change affects only clocks started later; running ones keep their limit, also after a rebuild."""
    before = register(town.emb)
    act(town.emb, "leader", ChangeRuleNumber(key=RuleKey.ORAL_REPORT_LIMIT, value=20))
    act(town.emb, "authorised", ChangeRuleNumber(key=RuleKey.WRITTEN_REPORT_LIMIT, value=45))
    after = register(town.emb)
    town.sync()
    theirs = register(town.frd)
    for site in (town.emb, town.frd):
        kept = site.incident(before.id)
        assert (kept.oral_due_at, kept.written_due_at) == (ms("08:30:00"), ms("09:00:00"))
    for row in (after, theirs):
        assert (row.oral_due_at, row.written_due_at) == (ms("08:20:00"), ms("08:45:00"))
    town.emb.node.local(lambda _: town.emb.node.journal.rebuild())
    assert town.emb.incident(before.id).oral_due_at == ms("08:30:00")
    act(town.emb, "duty_officer", ChangeIncident(incident_id=before.id, received_at=moment("07:50:00")))
    assert town.emb.incident(before.id).oral_due_at == ms("08:20:00"), "an earlier start keeps the limit"


def test_reportable_grade_of_the_district_counts(frd: Site) -> None:
    """D-31, D-34: the district's own grade decides for alarms that come later."""
    act(frd, "leader", ChangeRuleNumber(key=RuleKey.REPORTABLE_GRADE, value=3))
    assert feed_incident(frd, "A-5", 2).owes_reports == 0
    assert feed_incident(frd, "A-6", 3).owes_reports == 1
