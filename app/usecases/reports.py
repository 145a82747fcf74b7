"""Oral reports in one key (RP-16) and the minimal report row (RP-02, RP-15, D-32) that the reports feature extends."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain import report_chain
from app.domain.event_time import check_event_time
from app.domain.first_arrival import Arrival
from app.domain.first_report import check_first_report
from app.domain.first_reporter import check_first_reporter, owner_of_first
from app.domain.oral_report import OralForm, check_oral_report
from app.domain.report_chain import ChainReport
from app.domain.required import require_text, tidy
from app.domain.rule_numbers import RuleKey
from app.kernel.clock import SHANGHAI, from_ms
from app.kernel.enums import Agency, Channel, Recipient, ReportForm, ReportKind, Role
from app.kernel.errors import ErrorCode, Refusal
from app.queries import incidents, reports
from app.queries.incidents import IncidentRow
from app.usecases.commands import Command, Moment, Outcome, creates, handles, outcome
from app.usecases.context import Context, missing, ms
from app.usecases.incidents import find, standing, text_or_none


@dataclass(frozen=True, kw_only=True, slots=True)
class FileOralReport(Command):
    """Stamp an oral report: to whom, by what channel, when spoken, gist (RP-16). What is not given is the usual."""

    incident_id: str
    to_role: str = Recipient.GOV_DUTY_ROOM.value
    channel: Channel = Channel.LANDLINE
    spoken_at: Moment | None = None
    gist: str | None = None
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class AmendOralReport(Command):
    """Correct an oral report by a new row that replaces it; the old one stays (RP-16). What is not given stays as it was."""

    oral_report_id: str
    spoken_at: Moment | None = None
    gist: str | None = None
    to_role: str | None = None
    channel: Channel | None = None
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FileReport(Command):
    """Record a report that left the room (RP-15); only form=written to the duty room meets the written clock (D-32)."""

    incident_id: str
    kind: ReportKind
    form: ReportForm = ReportForm.WRITTEN
    recipient: Recipient = Recipient.GOV_DUTY_ROOM
    sent_at: Moment | None = None
    occurred_at: Moment | None = None
    place: str | None = None
    what: str | None = None
    title: str | None = None
    text: str | None = None
    handed_over: str | None = None
    """Why the side that owes the first report handed it over (RP-01)."""
    confirmed: bool = False


def _owes(row: IncidentRow) -> IncidentRow:
    """An everyday call has no clocks to meet (D-34)."""
    if not row.owes_reports:
        raise Refusal(ErrorCode.STATE, "refusal.reports.owes_none", clause="D-34", field="incident_id")
    return row


def _usual_gist(row: IncidentRow) -> str:
    return " ".join(part for part in (row.place, row.what, row.no) if part)


def _check(form: OralForm, context: Context, row: IncidentRow, confirmed: bool) -> None:
    check_oral_report(
        form,
        [recipient.key.value for recipient in context.district.recipients],
        context.now_ms,
        received_at=row.received_at,
        confirmed=confirmed,
        tolerance_s=context.limit_s(RuleKey.FUTURE_TOLERANCE),
        late_window_s=context.limit_s(RuleKey.LATE_ENTRY_WINDOW),
    )


def _oral_row(form: OralForm, context: Context, incident_id: str, amends_id: str | None) -> Outcome:
    report_id = context.new_id()
    values = {
        "incident_id": incident_id,
        "agency": context.agency.value,
        "to_role": form.to_role,
        "channel": form.channel.value if form.channel else None,
        "spoken_at": form.spoken_at,
        "entered_at": context.now_ms,
        "gist": tidy(form.gist) if form.gist else None,
        "account_id": context.author.id,
        "amends_id": amends_id,
    }
    return outcome(
        *context.create("oral_report", report_id, values), oral_report_id=report_id, incident_id=incident_id
    )


@handles(FileOralReport, creates("oral_report"))
def file_oral_report(command: FileOralReport, context: Context) -> Outcome:
    """One row; the earliest effective one to the duty room stops the oral clock (RP-07, D-32)."""
    row = _owes(find(context, command.incident_id))
    spoken_at = ms(command.spoken_at) if command.spoken_at else context.now_ms
    gist = command.gist if command.gist is not None else _usual_gist(row)
    form = OralForm(command.to_role, command.channel, spoken_at, gist)
    _check(form, context, row, command.confirmed)
    return _oral_row(form, context, row.id, None)


@handles(AmendOralReport, creates("oral_report"))
def amend_oral_report(command: AmendOralReport, context: Context) -> Outcome:
    """Correction by amendment only; a row is amended once, then its amendment is (RP-16)."""
    amended = reports.oral_report(context.connection, command.oral_report_id)
    if amended is None or amended.incident_id is None:
        raise missing("oral_report", "oral_report_id")
    if amended.agency != context.agency:
        raise Refusal(
            ErrorCode.OWNER,
            "refusal.owner.row",
            field="oral_report_id",
            who=(str(amended.agency),),
            clause="RP-16",
            owner=amended.agency,
        )
    row = find(context, amended.incident_id)
    if any(other.amends_id == amended.id for other in reports.oral_reports(context.connection, row.id)):
        raise Refusal(ErrorCode.STATE, "refusal.reports.oral_amended", field="oral_report_id", clause="RP-16")
    given = (command.to_role, command.channel, command.spoken_at, command.gist)
    if all(value is None for value in given):
        raise Refusal(ErrorCode.REQUIRED, "refusal.record.nothing_changed", clause="RP-16")
    channel = Channel(str(amended.channel)) if amended.channel in set(Channel) else None
    form = OralForm(
        amended.to_role if command.to_role is None else command.to_role,
        command.channel or channel,
        amended.spoken_at if command.spoken_at is None else ms(command.spoken_at),
        amended.gist if command.gist is None else command.gist,
    )
    _check(form, context, row, command.confirmed or command.spoken_at is None)
    return _oral_row(form, context, row.id, amended.id)


def _check_chain(command: FileReport, context: Context, row: IncidentRow, sent_at: int) -> None:
    """The place of this report in the chain of its incident (RP-15)."""
    report_chain.check_form(command.kind, command.form)
    sent = reports.reports(context.connection, row.id)
    known = [
        ChainReport(ReportKind(str(report.kind)), sent=True, recipient=str(report.recipient))
        for report in sent
        if report.kind in set(ReportKind)
    ]
    firsts = [report for report in sent if report.kind == ReportKind.FIRST]
    here = [report.form for report in firsts if report.recipient == command.recipient]
    # The written version of a first report is version 2 of the same report, not a second one (D-32).
    written_version = command.kind is ReportKind.FIRST and command.form is ReportForm.WRITTEN
    ended = any(report.kind is ReportKind.FINAL for report in known)
    if ended or not (written_version and here == [ReportForm.SHORT]):
        report_chain.check_next(command.kind, known, command.recipient)
    times = [report.sent_at for report in firsts if report.sent_at is not None]
    report_chain.check_sent_order(command.kind, sent_at, min(times, default=None))
    if command.kind is ReportKind.SUPPLEMENT:
        _check_supplement(context, row, sent_at)


def _check_supplement(context: Context, row: IncidentRow, sent_at: int) -> None:
    """Counted from the event, else from its first message; a leader may open it later (D-28, D-36)."""
    began_at = row.occurred_at if row.occurred_at is not None else row.received_at
    if began_at is None:
        return
    ends_at = report_chain.supplement_ends(
        began_at,
        row.type_code,
        days_s=context.limit_s(RuleKey.SUPPLEMENT_WINDOW),
        short_s=context.limit_s(RuleKey.SUPPLEMENT_WINDOW_SHORT),
    )
    opened = Role.LEADER in context.author.role_set
    report_chain.check_supplement(sent_at, ends_at, opened=opened, who=(Role.LEADER.value,))


def _receiver(context: Context, row: IncidentRow, registered_by: Agency) -> Agency:
    """Who took the call (D-01, D-03): both sides when each has a received time of its own on the record, as after an earlier
    clue of one side (S6); then whoever files.
    """
    took = {
        entry.agency
        for entry in incidents.entries(context.connection, "incident", row.id, "received_at")
        if not entry.struck
    }
    return context.agency if context.agency in took else registered_by


def _handed_over(command: FileReport, context: Context, row: IncidentRow) -> str | None:
    """Check that the first report is this side's (RP-01); what is said when the owner has handed it over, else None."""
    if command.kind is not ReportKind.FIRST or row.agency not in set(Agency):
        return None
    arrivals = [
        Arrival(Agency(unit.born_agency), unit.arrived_at)
        for unit in incidents.units(context.connection, row.id)
        if unit.born_agency in set(Agency) and unit.arrived_at is not None
    ]
    owner = owner_of_first(arrivals, _receiver(context, row, Agency(row.agency)))
    why = text_or_none(command.handed_over)
    if owner.agency is context.agency or why is None:
        check_first_reporter(context.agency, owner)
        return None
    name = context.district.agencies[owner.agency].short
    return context.texts.get("report.handed_over", owner=name, why=why)


def _first_text(command: FileReport, context: Context, row: IncidentRow) -> str:
    """When, where and what, checked (RP-02, D-04), and the text that says them: what was typed is never dropped."""
    place = command.place if command.place is not None else row.place
    what = command.what if command.what is not None else row.what
    occurred_at = ms(command.occurred_at) if command.occurred_at else row.occurred_at
    now = context.now_ms
    check_first_report(
        occurred_at,
        place,
        what,
        received_at=row.received_at or now,
        now_ms=now,
        late_confirmed=command.confirmed or command.occurred_at is None,  # the record's was confirmed there
        tolerance_s=context.limit_s(RuleKey.FUTURE_TOLERANCE),
        late_window_s=context.limit_s(RuleKey.LATE_ENTRY_WINDOW),
    )
    assert occurred_at is not None
    facts = context.texts.get(
        "report.facts",
        when=f"{from_ms(occurred_at).astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        place=tidy(place or ""),
        what=tidy(what or ""),
    )
    return facts if (said := text_or_none(command.text)) is None else f"{facts}\n{said}"


@handles(FileReport, creates("report"))
def file_report(command: FileReport, context: Context) -> Outcome:
    """One report row in its place in the chain (RP-15); a first report needs its three facts (RP-02, D-04)."""
    # Of what was sent before an incident was set aside, only errors are still put right.
    corrects = command.kind is ReportKind.CORRECTION
    row = _owes((find if corrects else standing)(context, command.incident_id))
    handed_over = _handed_over(command, context, row)
    sent_at = ms(command.sent_at) if command.sent_at else context.now_ms
    assert sent_at is not None
    check_event_time(
        sent_at,
        context.now_ms,
        field="sent_at",
        late_confirmed=command.confirmed,
        tolerance_s=context.limit_s(RuleKey.FUTURE_TOLERANCE),
        late_window_s=context.limit_s(RuleKey.LATE_ENTRY_WINDOW),
    )
    if row.received_at is not None and sent_at < row.received_at and not command.confirmed:
        raise Refusal(
            ErrorCode.TIME,
            "refusal.reports.sent_before_received",
            field="sent_at",
            clause="RP-07, D-26",
            sent_at=sent_at,
            received_at=row.received_at,
        )
    _check_chain(command, context, row, sent_at)
    if command.kind is ReportKind.FIRST:
        text = _first_text(command, context, row)
    else:
        require_text(command.text, "refusal.reports.text_required", field="text", clause="RP-11")
        text = command.text or ""
    if handed_over is not None:
        text = f"{text}\n{handed_over}"
    report_id = context.new_id()
    values = {
        "incident_id": row.id,
        "agency": context.agency.value,
        "kind": command.kind.value,
        "form": command.form.value,
        "recipient": command.recipient.value,
        "sent_at": sent_at,
        "entered_at": context.now_ms,
        "title": text_or_none(command.title),
        "text": tidy(text),
        "account_id": context.author.id,
    }
    return outcome(*context.create("report", report_id, values), report_id=report_id, incident_id=row.id)
