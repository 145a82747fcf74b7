"""Oral reports in one key and the rows of reports that left the room (RP-02, RP-07, RP-15, RP-16, D-32)."""

from __future__ import annotations

from typing import Any

import pytest

from app.kernel.enums import Channel, IncidentClass, Recipient, ReportForm, ReportKind
from app.queries import reports
from app.usecases.alarms import UnitStamps
from app.usecases.incidents import ChangeIncident, RegisterIncident, VoidIncident
from app.usecases.reports import AmendOralReport, FileOralReport, FileReport
from tests.kit import Site, Town, act, business, feed_incident, moment, ms, refused, register

K = ReportKind


def sent(site: Site, incident_id: str) -> list[reports.ReportRow]:
    return site.node.local(lambda c: reports.reports(c, incident_id))


# -- oral reports ----------------------------------------------------------------------------------------------------------
def test_s2_oral_report_is_met(town: Town) -> None:
    """S2 14:18: EMB files what was spoken 14:17:30; the clock that FRD's registration started is met on both sides."""
    town.at("14:02:10")
    row = register(town.frd)
    town.sync()
    town.at("14:18:00")
    command = FileOralReport(
        incident_id=row.no or "",
        to_role="gov_duty_room",
        channel=Channel.LANDLINE,
        spoken_at=moment("14:17:30"),
        gist="天山路居民楼火灾",
    )
    act(town.emb, "duty_officer", command)
    town.sync()
    for site in (town.emb, town.frd):
        after = site.incident(row.id)
        assert (after.oral_status, after.oral_met_at) == ("met", ms("14:17:30"))
        assert (after.written_status, after.next_clock, after.next_due_at) == (
            "running",
            "written_report",
            ms("15:02:10"),
        )
        [oral] = site.oral_reports(row.id)
        assert (oral.gist, oral.channel, oral.agency, oral.entered_at) == (
            "天山路居民楼火灾",
            "landline",
            "EMB",
            ms("14:18:00"),
        )
    assert business(town.emb) == business(town.frd)


def test_one_key_is_enough(emb: Site) -> None:
    """RP-16: duty room, landline, now, place and what are the usual."""
    row = register(emb)
    emb.at("08:12:00")
    act(emb, "duty_officer", FileOralReport(incident_id=row.id))
    [oral] = emb.oral_reports(row.id)
    assert (oral.to_role, oral.channel, oral.spoken_at) == ("gov_duty_room", "landline", ms("08:12:00"))
    assert oral.gist == f"天山路街道某居民楼6层 居民楼火灾 {row.no}"


@pytest.mark.parametrize(("spoken", "status"), [("08:30:00", "met"), ("08:30:01", "met_late")])
def test_the_limit_is_on_time(emb: Site, spoken: str, status: str) -> None:
    """D-02: 30:00 is on time, 30:01 is late."""
    row = register(emb)
    emb.at("08:40:00")
    act(emb, "duty_officer", FileOralReport(incident_id=row.id, spoken_at=moment(spoken)))
    assert emb.incident(row.id).oral_status == status


def test_only_the_duty_room_stops_the_clock(emb: Site) -> None:
    """D-32, RP-08: an oral report to another recipient of the chain is kept and meets nothing."""
    row = register(emb)
    act(emb, "duty_officer", FileOralReport(incident_id=row.id, to_role="party_office"))
    assert emb.incident(row.id).oral_status == "running"


@pytest.mark.parametrize(
    ("given", "code", "text", "field", "clause"),
    [
        ({"to_role": ""}, "E_REQUIRED", "refusal.reports.oral_to_required", "to_role", "RP-16"),
        ({"to_role": "某人"}, "E_RANGE", "refusal.reports.recipient_unknown", "to_role", "RP-08"),
        ({"channel": Channel.DATA}, "E_RANGE", "refusal.reports.oral_channel_not_spoken", "channel", "D-32"),
        ({"gist": " "}, "E_REQUIRED", "refusal.reports.oral_gist_required", "gist", "RP-16"),
        ({"spoken_at": moment("08:01:01")}, "E_TIME", "refusal.time.future", "spoken_at", "D-26"),
        (
            {"spoken_at": moment("07:59:59")},
            "E_TIME",
            "refusal.reports.oral_before_received",
            "spoken_at",
            "RP-16",
        ),
        (
            {"spoken_at": moment("07:00:00", "2025-07-13")},
            "E_TIME",
            "refusal.time.needs_confirm",
            "spoken_at",
            "D-26",
        ),
        ({"incident_id": "none"}, "E_STATE", "refusal.record.missing", "incident_id", None),
    ],
)
def test_oral_reports_that_are_refused(
    emb: Site, given: dict[str, Any], code: str, text: str, field: str, clause: str | None
) -> None:
    """RP-16: four fields, each with its reason; a refused one leaves the clock running."""
    row = register(emb)
    command = FileOralReport(**{"incident_id": row.id, **given})
    refused(emb, "duty_officer", command, code, text, field=field, clause=clause)
    assert emb.incident(row.id).oral_status == "running"


def test_everyday_call_owes_no_reports(frd: Site) -> None:
    """D-34: there is nothing to report, orally or in writing."""
    row = feed_incident(frd, "A-1", 1)
    for command in (
        FileOralReport(incident_id=row.id),
        FileReport(incident_id=row.id, kind=K.FIRST, occurred_at=moment("07:59:00")),
    ):
        text = "refusal.reports.owes_none"
        refused(frd, "duty_officer", command, "E_STATE", text, field="incident_id", clause="D-34")


def test_correction_by_amendment_only(town: Town) -> None:
    """RP-16: the amendment replaces the row for the clock, the old row stays, and it is amended once."""
    row = register(town.emb)
    town.emb.at("08:45:00")
    done = act(town.emb, "duty_officer", FileOralReport(incident_id=row.id))
    assert town.emb.incident(row.id).oral_status == "met_late"
    first = done.result["oral_report_id"]
    amend = AmendOralReport(oral_report_id=first, spoken_at=moment("08:25:00"), gist="火灾，8时25分已报")
    second = act(town.emb, "duty_officer", amend).result["oral_report_id"]
    after = town.emb.incident(row.id)
    assert (after.oral_status, after.oral_met_at) == ("met", ms("08:25:00"))
    assert [oral.amends_id for oral in town.emb.oral_reports(row.id)] == [first, None]
    text = "refusal.reports.oral_amended"
    refused(town.emb, "duty_officer", amend, "E_STATE", text, field="oral_report_id", clause="RP-16")
    act(
        town.emb,
        "duty_chief",
        AmendOralReport(
            oral_report_id=second, spoken_at=moment("08:26:00"), gist="x", to_role="party_office"
        ),
    )
    assert town.emb.incident(row.id).oral_status == "running", "it turned out that nobody told the duty room"
    town.sync()
    assert town.frd.incident(row.id).oral_status == "running"


def test_an_amendment_changes_only_what_it_says(emb: Site) -> None:
    """RP-16, D-32: a better gist of a report to somebody else does not stop the clock of the duty room."""
    row = register(emb)
    emb.at("08:05:00")
    told = FileOralReport(incident_id=row.id, to_role="party_office", channel=Channel.RADIO, gist="火灾")
    first = act(emb, "duty_officer", told).result["oral_report_id"]
    emb.at("08:10:00")
    better = AmendOralReport(oral_report_id=first, gist="居民楼火灾")
    second = act(emb, "duty_officer", better).result["oral_report_id"]
    row = emb.incident(row.id)
    assert (row.oral_status, row.oral_met_at) == ("running", None)
    amended = next(each for each in emb.oral_reports(row.id) if each.id == second)
    assert (amended.to_role, amended.channel, amended.spoken_at) == ("party_office", "radio", ms("08:05:00"))
    empty = AmendOralReport(oral_report_id=second)
    text = "refusal.record.nothing_changed"
    refused(emb, "duty_officer", empty, "E_REQUIRED", text, clause="RP-16")
    blank = AmendOralReport(oral_report_id=second, gist=" ")
    text = "refusal.reports.oral_gist_required"
    refused(emb, "duty_officer", blank, "E_REQUIRED", text, field="gist")
    emb.at("08:10:00", "2025-07-16")
    act(emb, "duty_officer", AmendOralReport(oral_report_id=second, to_role="gov_duty_room"))
    assert emb.incident(row.id).oral_met_at == ms("08:05:00")


def test_the_other_sides_oral_report_is_theirs_to_amend(town: Town) -> None:
    """RP-16: nobody unmakes the other side's report."""
    row = register(town.emb)
    done = act(town.emb, "duty_officer", FileOralReport(incident_id=row.id))
    town.sync()
    amend = AmendOralReport(
        oral_report_id=done.result["oral_report_id"], spoken_at=moment("08:00:00"), gist="x"
    )
    refused(
        town.frd,
        "duty_officer",
        amend,
        "E_OWNER",
        "refusal.owner.row",
        field="oral_report_id",
        clause="RP-16",
        owner="EMB",
    )
    missing = AmendOralReport(oral_report_id="none", spoken_at=moment("08:00:00"), gist="x")
    refused(town.emb, "duty_officer", missing, "E_STATE", "refusal.record.missing", field="oral_report_id")


def test_oral_reports_of_both_sides_made_apart(town: Town) -> None:
    """D-32: the earliest effective one to the duty room counts, wherever it was typed in."""
    row = register(town.emb)
    town.sync()
    town.at("08:30:00")
    act(town.emb, "duty_officer", FileOralReport(incident_id=row.id, spoken_at=moment("08:20:00")))
    act(town.frd, "duty_officer", FileOralReport(incident_id=row.id, spoken_at=moment("08:15:00")))
    town.sync()
    for site in (town.emb, town.frd):
        assert site.incident(row.id).oral_met_at == ms("08:15:00")


# -- reports ---------------------------------------------------------------------------------------------------------------
def test_s2_first_report_in_short_form(frd: Site) -> None:
    """S2 14:13:20: when, where, what; the short form meets no written clock (D-32); the facts are kept in its text."""
    frd.at("14:02:10")
    row = register(frd, what=None, place="天山路街道")
    frd.at("14:13:20")
    command = FileReport(
        incident_id=row.id,
        kind=K.FIRST,
        form=ReportForm.SHORT,
        occurred_at=moment("13:58:00"),
        place="天山路街道某居民楼6层",
        what="居民楼火灾，有人员被困",
    )
    act(frd, "duty_officer", command)
    [first] = sent(frd, row.id)
    assert (first.kind, first.form, first.sent_at, first.agency) == ("first", "short", ms("14:13:20"), "FRD")
    assert first.text == "2025-07-14 13:58，天山路街道某居民楼6层，居民楼火灾，有人员被困"
    assert frd.incident(row.id).written_status == "running"


def test_facts_of_the_registration_serve_the_first_report(frd: Site) -> None:
    """D-04: nothing is asked for twice; a blank is no answer."""
    row = register(frd, occurred_at=moment("07:50:00"))
    act(frd, "duty_officer", FileReport(incident_id=row.id, kind=K.FIRST, text="详情续报"))
    [first] = sent(frd, row.id)
    assert first.text == "2025-07-14 07:50，天山路街道某居民楼6层，居民楼火灾\n详情续报"


@pytest.mark.parametrize(
    ("given", "code", "text", "field", "clause"),
    [
        ({"what": "   "}, "E_REQUIRED", "refusal.reports.first_what_required", "what", "RP-02"),
        ({"what": ""}, "E_REQUIRED", "refusal.reports.first_what_required", "what", "RP-02"),
        ({"place": ""}, "E_REQUIRED", "refusal.reports.first_place_required", "place", "RP-02"),
        ({"place": "\u3000"}, "E_REQUIRED", "refusal.reports.first_place_required", "place", "RP-02"),
        (
            {"occurred_at": None},
            "E_REQUIRED",
            "refusal.reports.first_occurred_at_required",
            "occurred_at",
            "D-04",
        ),
        (
            {"occurred_at": moment("08:00:01")},
            "E_TIME",
            "refusal.incidents.occurred_after_received",
            "occurred_at",
            "RP-02",
        ),
        (
            {"occurred_at": moment("08:00:00", "2025-07-13")},
            "E_TIME",
            "refusal.time.needs_confirm",
            "occurred_at",
            "D-26",
        ),
        ({"sent_at": moment("08:11:01")}, "E_TIME", "refusal.time.future", "sent_at", "D-26"),
        (
            {"sent_at": moment("07:59:59")},
            "E_TIME",
            "refusal.reports.sent_before_received",
            "sent_at",
            "RP-07",
        ),
        (
            {"sent_at": moment("07:00:00", "2025-07-13")},
            "E_TIME",
            "refusal.time.needs_confirm",
            "sent_at",
            "D-26",
        ),
    ],
)
def test_first_reports_that_are_refused(
    frd: Site, given: dict[str, Any], code: str, text: str, field: str, clause: str
) -> None:
    """S2 14:12 and RP-02: the missing fact is named; whitespace counts as empty."""
    row = register(frd, received_at=moment("08:00:00"))
    frd.at("08:10:00")
    known: dict[str, Any] = {"incident_id": row.id, "kind": K.FIRST, "occurred_at": moment("07:55:00")}
    command = FileReport(**{**known, **given})
    refused(frd, "duty_officer", command, code, text, field=field, clause=clause)


def test_written_clock_is_met_by_the_first_document(emb: Site) -> None:
    """D-32: a document (first, follow-up, final in written form) to the duty room; S2: follow-up one does it."""
    row = register(emb)
    emb.at("08:10:00")
    first = FileReport(
        incident_id=row.id, kind=K.FIRST, form=ReportForm.SHORT, occurred_at=moment("07:50:00")
    )
    act(emb, "duty_officer", first)
    emb.at("08:49:50")
    elsewhere = FileReport(
        incident_id=row.id, kind=K.FOLLOW_UP, recipient=Recipient.PARTY_OFFICE, text="续报", title=" 续报一 "
    )
    act(emb, "duty_officer", elsewhere)
    assert emb.incident(row.id).written_status == "running"
    act(emb, "duty_officer", FileReport(incident_id=row.id, kind=K.FOLLOW_UP, text="续报"))
    after = emb.incident(row.id)
    assert (after.written_status, after.written_met_at) == ("met", ms("08:49:50"))
    assert [report.title for report in sent(emb, row.id) if report.title] == ["续报一"]


def test_written_version_of_a_short_first_report(emb: Site) -> None:
    """D-32: its written version is version 2 of the same report, and there is no third."""
    row = register(emb)
    for form in (ReportForm.SHORT, ReportForm.WRITTEN):
        act(
            emb,
            "duty_officer",
            FileReport(incident_id=row.id, kind=K.FIRST, form=form, occurred_at=moment("07:50:00")),
        )
    assert emb.incident(row.id).written_status == "met"
    for form in ReportForm:
        command = FileReport(incident_id=row.id, kind=K.FIRST, form=form, occurred_at=moment("07:50:00"))
        refused(emb, "duty_officer", command, "E_DUP", "refusal.reports.second", field="kind", clause="RP-15")


def test_the_chain_has_its_order(emb: Site) -> None:
    """RP-15: one first, then follow-ups, one final, then only supplement and correction."""
    row = register(emb)

    def file(kind: K) -> FileReport:
        return FileReport(incident_id=row.id, kind=kind, occurred_at=moment("07:50:00"), text="情况")

    def no(kind: K, code: str, text: str) -> None:
        refused(emb, "duty_officer", file(kind), code, text, field="kind", clause="RP-15")

    no(K.FOLLOW_UP, "E_STATE", "refusal.reports.before_first")
    no(K.FINAL, "E_STATE", "refusal.reports.before_first")
    no(K.SUPPLEMENT, "E_STATE", "refusal.reports.supplement_before_final")
    no(K.CORRECTION, "E_STATE", "refusal.reports.nothing_to_correct")
    for kind in (K.FIRST, K.CORRECTION, K.FOLLOW_UP, K.FOLLOW_UP, K.FINAL):
        act(emb, "duty_officer", file(kind))
    no(K.FOLLOW_UP, "E_STATE", "refusal.reports.after_final")
    no(K.FIRST, "E_STATE", "refusal.reports.after_final")
    no(K.FINAL, "E_STATE", "refusal.reports.after_final")
    act(emb, "duty_officer", file(K.SUPPLEMENT))
    act(emb, "duty_officer", file(K.CORRECTION))
    assert len(sent(emb, row.id)) == 7


def test_reports_need_text(emb: Site) -> None:
    """RP-11: an empty follow-up is none."""
    row = register(emb)
    act(emb, "duty_officer", FileReport(incident_id=row.id, kind=K.FIRST, occurred_at=moment("07:50:00")))
    command = FileReport(incident_id=row.id, kind=K.FOLLOW_UP, text="\n ")
    text = "refusal.reports.text_required"
    refused(emb, "duty_officer", command, "E_REQUIRED", text, field="text", clause="RP-11")


def test_s3_begins(town: Town) -> None:
    """S3 13:50: the shopping-centre fire; both clocks; S3 14:16 with the link down: the oral report is EMB's."""
    day = "2025-08-02"
    town.at("13:50:00", day)
    facts: dict[str, Any] = {
        "class_code": IncidentClass.ACCIDENT,
        "type_code": "fire",
        "alarm_grade": 3,
        "unit_code": "310105009",
        "received_at": moment("13:50:00", day),
    }
    no = act(town.frd, "duty_officer", RegisterIncident(**facts)).result["no"]
    town.sync()
    town.at("14:10:00", day)
    first = FileReport(
        incident_id=no,
        kind=K.FIRST,
        form=ReportForm.SHORT,
        occurred_at=moment("13:45:00", day),
        place="虹桥街道某商场",
        what="商场火灾",
    )
    act(town.frd, "duty_officer", first)
    town.at("14:16:00", day)
    act(
        town.emb,
        "duty_officer",
        FileOralReport(incident_id=no, spoken_at=moment("14:15:00", day), gist="虹桥街道商场火灾"),
    )
    assert town.frd.incident(no).oral_status == "running", "the link is down"
    town.frd.reopen()
    town.sync()
    assert no == "FRD-20250802-001"
    for site in (town.emb, town.frd):
        row = site.incident(no)
        assert (row.oral_due_at, row.written_due_at) == (ms("14:20:00", day), ms("14:50:00", day))
        assert (row.oral_status, row.oral_met_at) == ("met", ms("14:15:00", day))
        assert [report.kind for report in sent(site, row.id)] == ["first"]
    assert business(town.emb) == business(town.frd)


# -- whose report, where to, how long --------------------------------------------------------------------------------------
def first_of(row_id: str, **more: Any) -> FileReport:
    return FileReport(incident_id=row_id, kind=K.FIRST, occurred_at=moment("07:50:00"), **more)


def test_first_report_is_the_first_arrived_sides(town: Town) -> None:
    """RP-01, S2 14:11: EMB's attempt is E_OWNER with FRD named; FRD files."""
    arrived = UnitStamps(unit="甲站", arrived_at=moment("08:00:00"))
    row = feed_incident(town.frd, "A-1", 2, place="某楼", what="火灾", units=[arrived])
    town.sync()
    text = "refusal.reports.first_not_yours"
    refused(town.emb, "duty_officer", first_of(row.id), "E_OWNER", text, field="kind", owner="FRD")
    act(town.frd, "duty_officer", first_of(row.id))
    town.sync()
    act(town.emb, "duty_officer", FileReport(incident_id=row.id, kind=K.FOLLOW_UP, text="续报"))


def test_before_anybody_arrives_it_is_the_receivers(town: Town) -> None:
    """RP-01, D-03: who took the call owes it; handed over with a reason, it is the other side's, and the report says so."""
    row = register(town.emb)
    town.sync()
    text = "refusal.reports.first_of_receiver"
    for why in (None, " "):
        command = first_of(row.id, handed_over=why)
        refused(town.frd, "duty_officer", command, "E_OWNER", text, field="kind", owner="EMB")
    act(town.frd, "duty_officer", first_of(row.id, handed_over="应急局线路中断，电话移交"))
    [first] = sent(town.frd, row.id)
    assert first.text is not None
    assert first.text.endswith("\n首报由应急局移交本方：应急局线路中断，电话移交")


def test_both_took_a_call_and_nobody_has_arrived(town: Town) -> None:
    """D-01, RP-01, S6 10:55: the side whose earlier message started the clocks files the first report, remote."""
    town.at("10:14:00")
    row = register(town.frd)
    town.sync()
    act(town.emb, "duty_officer", ChangeIncident(incident_id=row.id, received_at=moment("10:00:00")))
    act(town.emb, "duty_officer", first_of(row.id))
    assert town.emb.incident(row.id).written_status == "met"


def test_documents_go_to_the_duty_room_first(emb: Site) -> None:
    """RP-08, RP-07: a first report elsewhere would have stood in the way of the one that stops the clock."""
    row = register(emb)
    up = first_of(row.id, recipient=Recipient.PARTY_OFFICE)
    text = "refusal.reports.duty_room_first"
    refused(emb, "duty_officer", up, "E_STATE", text, field="recipient", clause="RP-08")
    act(emb, "duty_officer", first_of(row.id))
    act(emb, "duty_officer", up)
    assert emb.incident(row.id).written_status == "met"
    again = "refusal.reports.second"
    refused(emb, "duty_officer", up, "E_DUP", again, field="kind", clause="RP-15")


def test_only_first_reports_are_short_and_none_leaves_before_them(emb: Site) -> None:
    """D-32, RP-15: a follow-up of an earlier time would have met the written clock before the first report was sent."""
    row = register(emb)
    emb.at("08:20:00")
    act(emb, "duty_officer", first_of(row.id, form=ReportForm.SHORT))
    emb.at("08:30:00")
    short = FileReport(incident_id=row.id, kind=K.FOLLOW_UP, form=ReportForm.SHORT, text="续报")
    text = "refusal.reports.short_only_first"
    refused(emb, "duty_officer", short, "E_RANGE", text, field="form", clause="D-32")
    early = FileReport(incident_id=row.id, kind=K.FOLLOW_UP, text="续报", sent_at=moment("08:19:59"))
    text = "refusal.reports.sent_before_first"
    refused(emb, "duty_officer", early, "E_TIME", text, field="sent_at", clause="RP-15")
    assert emb.incident(row.id).written_status == "running"


def test_nothing_is_sent_of_a_false_alarm_but_corrections(emb: Site) -> None:
    """RULES part 2, S6: a document after the voiding would be what the voiding forbids."""
    row = register(emb)
    act(emb, "duty_officer", first_of(row.id, form=ReportForm.SHORT))
    act(emb, "duty_chief", VoidIncident(incident_id=row.id, reason="误报"))
    late = first_of(row.id)
    text = "refusal.incidents.set_aside"
    refused(emb, "duty_officer", late, "E_STATE", text, field="incident_id", clause="RULES-2")
    act(emb, "duty_officer", FileReport(incident_id=row.id, kind=K.CORRECTION, text="经核实为误报"))
    assert emb.incident(row.id).written_status == "waived"


def test_supplements_have_their_time(emb: Site) -> None:
    """D-28: a fire is supplemented for 7 days; later only a leader opens it."""
    row = register(emb, type_code="fire", occurred_at=moment("07:50:00"))
    for kind in (K.FIRST, K.FINAL):
        act(emb, "duty_officer", FileReport(incident_id=row.id, kind=kind, text="情况"))
    supplement = FileReport(incident_id=row.id, kind=K.SUPPLEMENT, text="核实")
    emb.at("07:50:00", "2025-07-21")
    act(emb, "duty_officer", supplement)
    emb.at("07:50:01", "2025-07-21")
    text = "refusal.reports.supplement_late"
    late = ("leader",)
    refused(emb, "duty_officer", supplement, "E_TIME", text, field="sent_at", clause="D-28", can=late)
    act(emb, "leader", supplement)
