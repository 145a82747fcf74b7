"""Conflicts: both values kept, shown on both sides, settled by one recorded act (XC-03, D-19)."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.rule_numbers import RuleKey
from app.journal.history import history
from app.kernel.enums import IncidentClass, IncidentStatus, ShelterState
from app.queries import incidents
from app.queries.incidents import ConflictRow
from app.usecases.conflicts import ResolveConflict
from app.usecases.incidents import ChangeIncident, RaiseAlarmGrade, SetIncidentStatus, VoidIncident
from app.usecases.settings import ChangeRuleNumber
from app.usecases.shelters import AddShelter
from tests.kit import Site, Town, act, business, feed_incident, moment, ms, refused, register


def conflicts(site: Site) -> list[ConflictRow]:
    return site.node.local(incidents.conflicts)


def disagree(town: Town, **fields: tuple[Any, Any]) -> str:
    """One incident whose fields were changed apart: EMB's value, FRD's value."""
    row = register(town.emb)
    town.sync()
    act(
        town.emb,
        "duty_officer",
        ChangeIncident(incident_id=row.id, **{name: pair[0] for name, pair in fields.items()}),
    )
    act(
        town.frd,
        "duty_officer",
        ChangeIncident(incident_id=row.id, **{name: pair[1] for name, pair in fields.items()}),
    )
    town.sync()
    return row.id


def decide(incident_id: str, field: str, **how: Any) -> ResolveConflict:
    return ResolveConflict(
        entity="incident", entity_id=incident_id, field=field, **{"reason": "现场核实", **how}
    )


def test_both_values_are_kept_and_both_sides_show_the_same(town: Town) -> None:
    """XC-03: never silent last-writer-wins."""
    incident_id = disagree(town, what=("商场火灾", "商场二层火灾"))
    assert conflicts(town.emb) == conflicts(town.frd)
    rows = conflicts(town.emb)
    assert {(row.agency, row.value) for row in rows} == {("EMB", "商场火灾"), ("FRD", "商场二层火灾")}
    assert [row.shown for row in rows].count(1) == 1
    for site in (town.emb, town.frd):
        assert site.incident(incident_id).conflicts == 1
        assert site.incident(incident_id).what == next(row.value for row in rows if row.shown)


def test_one_recorded_act_settles_it(town: Town) -> None:
    """S3 14:55 and 14:56: value, who and why are recorded; the other side's later attempt is E_STATE."""
    incident_id = disagree(town, what=("商场火灾", "商场二层火灾"))
    kept = next(row for row in conflicts(town.emb) if row.agency == "FRD")
    act(town.emb, "duty_officer", decide(incident_id, "what", keep=kept.hash.hex(), reason=" 现场核实 "))
    town.sync()
    for site in (town.emb, town.frd):
        assert conflicts(site) == []
        assert (site.incident(incident_id).what, site.incident(incident_id).conflicts) == ("商场二层火灾", 0)
    assert business(town.emb) == business(town.frd)
    text = "refusal.record.conflict_resolved"
    late = decide(incident_id, "what", keep=kept.hash.hex())
    refused(town.frd, "duty_officer", late, "E_STATE", text, field="field", clause="D-19")
    last = town.frd.node.local(lambda c: history(c, "incident", incident_id))[-1]
    assert (last.command, last.details["why"], last.account_id) == (
        "change_incident",
        "现场核实",
        town.emb.account("duty_officer"),
    )
    assert set(last.changes[0].before) == {"商场火灾", "商场二层火灾"}


def test_third_value_is_checked_as_if_typed(town: Town) -> None:
    """D-19: another value may be set, if it is one."""
    incident_id = disagree(
        town,
        what=("a", "b"),
        unit_code=("310105006", "310105009"),
        class_code=(IncidentClass.NATURAL, IncidentClass.PUBLIC_HEALTH),
        occurred_at=(moment("07:50:00"), moment("07:51:00")),
    )

    def no(field: str, value: Any, code: str, text: str, wrong: str = "value") -> None:
        refused(town.emb, "duty_officer", decide(incident_id, field, value=value), code, text, field=wrong)

    no("what", "  ", "E_REQUIRED", "refusal.record.value")
    no("what", 7, "E_RANGE", "refusal.record.value")
    no("unit_code", "310105003", "E_FORMAT", "refusal.incidents.unit_unknown", "unit_code")
    no("class_code", "fire", "E_RANGE", "refusal.record.value")
    no("class_code", "pending", "E_RANGE", "refusal.record.value")
    no("occurred_at", "2025-07-14T07:52:00", "E_RANGE", "refusal.record.value")
    no("occurred_at", 12, "E_RANGE", "refusal.record.value")
    no(
        "occurred_at",
        "2025-07-14T08:00:01+08:00",
        "E_TIME",
        "refusal.incidents.occurred_after_received",
        "occurred_at",
    )
    for field, value in (
        ("what", " c "),
        ("unit_code", "310105010"),
        ("class_code", "accident"),
        ("occurred_at", "2025-07-14T07:52:00+08:00"),
    ):
        act(town.emb, "duty_officer", decide(incident_id, field, value=value))
    town.sync()
    row = town.frd.incident(incident_id)
    assert (row.what, row.unit_code, row.class_code, row.occurred_at) == (
        "c",
        "310105010",
        "accident",
        ms("07:52:00"),
    )
    assert conflicts(town.frd) == []


def test_a_decided_type_keeps_to_the_scale_of_the_grade(town: Town) -> None:
    """RC-16, D-19: a third value is checked as if it had been typed in; a grade of five stands on the scale of fires only."""
    row = register(town.emb)
    town.sync()
    act(town.emb, "duty_officer", ChangeIncident(incident_id=row.id, type_code="automatic"))
    act(town.frd, "duty_officer", ChangeIncident(incident_id=row.id, type_code="fire"))
    act(town.frd, "duty_officer", RaiseAlarmGrade(incident_id=row.id, to=5))
    town.sync()
    text = "refusal.alarm_grade.type"
    rescue = decide(row.id, "type_code", value="rescue")
    refused(town.emb, "duty_officer", rescue, "E_RANGE", text, field="value", clause="RC-16")
    act(town.emb, "duty_officer", decide(row.id, "type_code", value=" fire "))
    assert town.emb.incident(row.id).type_code == "fire"


def test_position_is_one_register(town: Town) -> None:
    """D-38: a point is one fact; a third one is checked against the district."""
    row = register(town.emb)
    town.sync()
    act(town.emb, "duty_officer", ChangeIncident(incident_id=row.id, lon=121.40, lat=31.21))
    act(town.frd, "duty_officer", ChangeIncident(incident_id=row.id, lon=121.41, lat=31.22))
    town.sync()
    assert {row.field for row in conflicts(town.emb)} == {"position"}
    for value, code, text, field in (
        ([121.4], "E_RANGE", "refusal.record.value", "value"),
        ([121.4, "x"], "E_RANGE", "refusal.record.value", "value"),
        ([121.4, 31.21, "GCJ-02"], "E_RANGE", "refusal.record.value", "value"),
        ([31.2, 121.4], "E_RANGE", "refusal.points.range", "lat"),
        ([120.0, 31.2], "E_FORMAT", "refusal.points.outside_district", "lon"),
    ):
        refused(town.frd, "duty_officer", decide(row.id, "position", value=value), code, text, field=field)
    act(town.frd, "duty_officer", decide(row.id, "position", value=[121.405, 31.215]))
    after = town.frd.incident(row.id)
    assert (after.lon, after.lat) == (121.405, 31.215)
    assert town.frd.rows("incident")[0]["crs"] == "WGS-84"


@pytest.mark.parametrize(
    ("how", "code", "text", "field"),
    [
        ({"reason": " "}, "E_REQUIRED", "refusal.record.reason_required", "reason"),
        ({}, "E_REQUIRED", "refusal.record.keep_or_value", "keep"),
        ({"keep": "00", "value": "x"}, "E_REQUIRED", "refusal.record.keep_or_value", "keep"),
        ({"keep": "00"}, "E_STATE", "refusal.record.conflict_resolved", "keep"),
    ],
)
def test_decisions_that_are_refused(
    town: Town, how: dict[str, str], code: str, text: str, field: str
) -> None:
    """D-19: a reason, and one value."""
    incident_id = disagree(town, what=("a", "b"))
    refused(
        town.emb, "duty_officer", decide(incident_id, "what", **how), code, text, field=field, clause="D-19"
    )


@pytest.mark.parametrize(
    ("entity", "field"),
    [("incident", "place"), ("incident", "nothing"), ("none", "what"), ("account", "title")],
)
def test_nothing_to_decide(emb: Site, entity: str, field: str) -> None:
    """Where nothing stands in conflict nothing is decided; names from outside break nothing."""
    row = register(emb)
    command = ResolveConflict(entity=entity, entity_id=row.id, field=field, reason="x", value="y")
    text = "refusal.record.conflict_resolved"
    refused(emb, "duty_officer", command, "E_STATE", text, field="field", clause="D-19")


def test_field_in_conflict_is_settled_before_it_is_changed(town: Town) -> None:
    """XC-03: an ordinary change does not make the other side's value vanish; other fields can be changed."""
    incident_id = disagree(town, what=("a", "b"))
    change = ChangeIncident(incident_id=incident_id, what="c")
    text = "refusal.record.in_conflict"
    refused(town.frd, "duty_officer", change, "E_STATE", text, field="what", clause="XC-03")
    act(town.frd, "duty_officer", ChangeIncident(incident_id=incident_id, place="另一处"))
    assert len(conflicts(town.frd)) == 2


def test_same_value_on_both_sides_stands_in_nobodys_way(town: Town) -> None:
    """XC-03: two rooms that wrote the same do not disagree; the next change goes through and both show it."""
    incident_id = disagree(town, what=("a", "a"))
    act(town.frd, "duty_officer", ChangeIncident(incident_id=incident_id, what="b"))
    town.sync()
    assert conflicts(town.emb) == []
    assert town.emb.incident(incident_id).what == "b"


def test_concurrent_states_show_the_more_cautious(town: Town) -> None:
    """RULES part 2 and XC-03: a person confirms one of the two; no third state is made up."""
    row = register(town.emb)
    town.sync()
    act(town.emb, "duty_chief", VoidIncident(incident_id=row.id, reason="误报"))
    act(town.frd, "duty_officer", SetIncidentStatus(incident_id=row.id, to=IncidentStatus.HANDLING))
    town.sync()
    for site in (town.emb, town.frd):
        assert (site.incident(row.id).status, site.incident(row.id).open) == ("handling", 1)
        assert site.incident(row.id).oral_status == "running"
    void = next(each for each in conflicts(town.emb) if each.value == "void")
    further = SetIncidentStatus(incident_id=row.id, to=IncidentStatus.CONTROLLED)
    text = "refusal.record.in_conflict"
    refused(town.emb, "duty_officer", further, "E_STATE", text, field="status", clause="XC-03")
    made_up = decide(row.id, "status", value="closed")
    refused(town.emb, "duty_officer", made_up, "E_STATE", "refusal.record.keep_only", field="value")
    keep = decide(row.id, "status", keep=void.hash.hex())
    wrong = refused(town.emb, "duty_officer", keep, "E_PERM", "refusal.permission.denied", clause="XC-06")
    assert wrong.params["act"] == "void_incident", "settling a conflict gives nobody a right he does not have"
    act(town.emb, "duty_chief", keep)
    town.sync()
    assert town.frd.incident(row.id).status == "void"


def test_rule_numbers_are_settled_by_who_may_change_them(town: Town) -> None:
    """D-31, XC-03: the same number changed on both sides; an officer does not decide it."""
    for site, value in ((town.emb, 20), (town.frd, 25)):
        act(site, "leader", ChangeRuleNumber(key=RuleKey.ORAL_REPORT_LIMIT, value=value))
    town.sync()
    assert {row.value for row in conflicts(town.emb)} == {20, 25}

    def to(value: int) -> ResolveConflict:
        return ResolveConflict(
            entity="rule_number", entity_id="oral_report_limit", field="value", reason="会商", value=value
        )

    refused(town.emb, "duty_officer", to(22), "E_PERM", "refusal.permission.denied", clause="XC-06")
    bad = "refusal.settings.rule_number"
    refused(town.emb, "leader", to(0), "E_RANGE", bad, field="oral_report_limit", clause="D-31")
    again = ChangeRuleNumber(key=RuleKey.ORAL_REPORT_LIMIT, value=30)
    refused(town.emb, "leader", again, "E_STATE", "refusal.record.in_conflict", field="value")
    act(town.emb, "leader", to(22))
    town.sync()
    row = register(town.frd)
    assert row.oral_due_at == ms("08:22:00")


def test_rows_of_one_owner_are_settled_by_the_owner(town: Town) -> None:
    """RULES part 3: what belongs to the bureau is not decided by the fire side (no conflict can even arise)."""
    shelter = act(town.emb, "duty_officer", AddShelter(name="体育馆", capacity=100)).result["shelter_id"]
    town.sync()
    command = ResolveConflict(
        entity="shelter", entity_id=shelter, field="state", reason="x", value=ShelterState.OPEN.value
    )
    text = "refusal.record.conflict_resolved"
    refused(town.frd, "duty_officer", command, "E_STATE", text, field="field", clause="D-19")


def test_feed_settles_nothing(town: Town) -> None:
    """XC-03: a machine's later word does not end a disagreement of two rooms."""
    row = feed_incident(town.frd, "A-1", 2, type_code="fire")
    town.sync()
    act(town.emb, "duty_officer", SetIncidentStatus(incident_id=row.id, to=IncidentStatus.CONTROLLED))
    act(town.frd, "duty_officer", SetIncidentStatus(incident_id=row.id, to=IncidentStatus.HANDLING))
    town.sync()
    feed_incident(town.frd, "A-1", 3, type_code="fire", finished=True)
    after = town.frd.incident(row.id)
    assert (after.status, after.alarm_grade) == ("handling", 3)
    assert {each.value for each in conflicts(town.frd)} == {"controlled", "handling"}
