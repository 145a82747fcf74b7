"""State machine of incidents through the use-cases (RULES part 2, D-20, D-34)."""

from __future__ import annotations

import pytest

from app.kernel.enums import IncidentStatus, ReportForm, ReportKind
from app.queries.incidents import IncidentRow
from app.usecases.incidents import (
    ChangeIncident,
    MakeReportable,
    RaiseAlarmGrade,
    SetIncidentStatus,
    VoidIncident,
)
from app.usecases.reports import FileReport
from tests.kit import Site, Town, act, feed_incident, forge, maker, moment, ms, own_id, refused, register

S = IncidentStatus


def report(site: Site, row: IncidentRow, kind: ReportKind, form: ReportForm = ReportForm.WRITTEN) -> None:
    act(
        site,
        "duty_officer",
        FileReport(incident_id=row.id, kind=kind, form=form, occurred_at=moment("07:50:00"), text="情况"),
    )


def test_an_incident_is_handled_controlled_and_closed(emb: Site) -> None:
    """RULES part 2: closed only after the final report, for it owes reports (D-34); then it leaves the board's head."""
    row = register(emb)
    act(emb, "duty_officer", SetIncidentStatus(incident_id=row.id, to=S.HANDLING))
    act(emb, "duty_officer", SetIncidentStatus(incident_id=row.id, to=S.CONTROLLED, reason=" 明火扑灭 "))
    assert emb.incident(row.id).status_reason == "明火扑灭"
    close = SetIncidentStatus(incident_id=row.id, to=S.CLOSED)
    text = "refusal.incidents.close_needs_final"
    refused(emb, "duty_officer", close, "E_STATE", text, field="status", clause="D-34")
    report(emb, row, ReportKind.FIRST)
    refused(emb, "duty_officer", close, "E_STATE", text, field="status", clause="D-34")
    report(emb, row, ReportKind.FINAL)
    act(emb, "duty_officer", close)
    after = emb.incident(row.id)
    assert (after.status, after.open, after.next_due_at, after.next_clock) == ("closed", 0, None, None)


def test_everyday_call_is_closed_without_reports(frd: Site) -> None:
    """D-34: an everyday call owes nothing."""
    row = feed_incident(frd, "A-1", 1)
    act(frd, "duty_officer", SetIncidentStatus(incident_id=row.id, to=S.CLOSED))
    assert frd.incident(row.id).status == "closed"


@pytest.mark.parametrize(("by", "to"), [(S.CONTROLLED, S.HANDLING), (S.HANDLING, S.REGISTERED)])
def test_there_is_no_way_back(emb: Site, by: S, to: S) -> None:
    """RULES part 2: forward only."""
    row = register(emb)
    act(emb, "duty_officer", SetIncidentStatus(incident_id=row.id, to=by))
    command = SetIncidentStatus(incident_id=row.id, to=to)
    text = "refusal.incidents.transition"
    wrong = refused(emb, "duty_officer", command, "E_STATE", text, field="status", clause="RULES-2")
    assert (wrong.params["current"], wrong.params["to"]) == (by, to)


@pytest.mark.parametrize("to", [S.VOID, S.MERGED, S.CLUE])
def test_side_exits_have_their_own_acts(emb: Site, to: S) -> None:
    """RULES part 2: a false alarm is declared by a chief, with its own right."""
    command = SetIncidentStatus(incident_id=register(emb).id, to=to)
    refused(
        emb, "duty_officer", command, "E_STATE", "refusal.incidents.own_command", field="to", clause="RULES-2"
    )


def test_false_alarm(town: Town) -> None:
    """RULES part 2, D-20: void with reason by a chief; clocks are waived, the number stays taken."""
    row = register(town.emb)
    void = VoidIncident(incident_id=row.id, reason="误报")
    refused(town.emb, "duty_officer", void, "E_PERM", "refusal.permission.denied", clause="XC-06")
    blank = VoidIncident(incident_id=row.id, reason="\t")
    text = "refusal.incidents.void_reason_required"
    refused(town.emb, "duty_chief", blank, "E_REQUIRED", text, field="reason", clause="RULES-2")
    act(town.emb, "duty_chief", void)
    town.sync()
    for site in (town.emb, town.frd):
        after = site.incident(row.id)
        assert (after.status, after.status_reason, after.open) == ("void", "误报", 0)
        assert (after.oral_status, after.written_status, after.next_due_at) == ("waived", "waived", None)
        assert after.oral_due_at == ms("08:30:00")
    assert register(town.emb).no == "EMB-20250714-002"
    again = SetIncidentStatus(incident_id=row.id, to=S.HANDLING)
    refused(town.emb, "duty_officer", again, "E_STATE", "refusal.incidents.terminal", field="status")


def test_no_void_after_a_document_went_up(emb: Site) -> None:
    """S6: after a written report a final report is needed instead; a short one does not stand in the way."""
    row = register(emb)
    report(emb, row, ReportKind.FIRST, ReportForm.SHORT)
    other = register(emb)
    report(emb, other, ReportKind.FIRST, ReportForm.WRITTEN)
    text = "refusal.incidents.void_after_document"
    void = VoidIncident(incident_id=other.id, reason="误报")
    refused(emb, "duty_chief", void, "E_STATE", text, field="status", clause="D-34")
    act(emb, "duty_chief", VoidIncident(incident_id=row.id, reason="误报"))
    assert emb.incident(row.id).status == "void"


def test_met_clock_of_a_false_alarm_stays_met(emb: Site) -> None:
    """RP-07: what was done in time was done in time."""
    from app.usecases.reports import FileOralReport

    row = register(emb)
    act(emb, "duty_officer", FileOralReport(incident_id=row.id))
    act(emb, "duty_chief", VoidIncident(incident_id=row.id, reason="误报"))
    after = emb.incident(row.id)
    assert (after.oral_status, after.written_status) == ("met", "waived")


def test_state_of_a_newer_version_is_told(emb: Site) -> None:
    """An unknown state is kept and shown; no act of this version changes it, and nothing breaks."""
    values = {"no": "EMB-20250714-077", "status": "suspended"}
    newer = own_id(emb)
    acts = maker(emb).write("register_incident", "incident", newer, values, new=True)
    forge(emb, emb.account("duty_officer"), acts)
    command = SetIncidentStatus(incident_id=newer, to=S.HANDLING)
    refused(
        emb,
        "duty_officer",
        command,
        "E_STATE",
        "refusal.record.state_unknown",
        field="state",
        clause="RULES-2",
    )
    assert emb.incident(newer).open == 1


def test_nothing_more_is_done_on_a_false_alarm(frd: Site) -> None:
    """RULES part 2: a void record keeps what it said when it was set aside; what is new is registered anew."""
    row = feed_incident(frd, "A-1", 1, type_code="fire")
    act(frd, "duty_chief", VoidIncident(incident_id=row.id, reason="误报"))
    before = frd.incident(row.id)
    for command in (
        ChangeIncident(incident_id=row.id, what="复燃"),
        RaiseAlarmGrade(incident_id=row.id, to=3),
        MakeReportable(incident_id=row.id),
    ):
        text = "refusal.incidents.set_aside"
        refused(frd, "duty_officer", command, "E_STATE", text, field="incident_id", clause="RULES-2")
    assert frd.incident(row.id) == before


@pytest.mark.parametrize("by_grade", [False, True])
def test_a_closed_call_that_becomes_reportable_is_in_sight_again(town: Town, by_grade: bool) -> None:
    """D-34, RP-07: its clocks count from received_at and burn where both rooms see them, until its final report is sent."""
    frd = town.frd
    row = feed_incident(frd, "A-1", 1, type_code="fire", what="火灾", place="某楼", finished=True)
    assert (row.status, row.open) == ("closed", 0)
    frd.at("08:10:00")
    late = RaiseAlarmGrade(incident_id=row.id, to=2) if by_grade else MakeReportable(incident_id=row.id)
    act(frd, "duty_officer", late)
    town.sync()
    for site in (town.frd, town.emb):
        after = site.incident(row.id)
        assert (after.status, after.open, after.next_clock) == ("closed", 1, "oral_report")
        assert after.next_due_at == ms("08:30:00")
    for kind in (ReportKind.FIRST, ReportKind.FINAL):
        report(frd, row, kind)
    after = frd.incident(row.id)
    assert (after.open, after.next_due_at, after.written_status) == (0, None, "met")
