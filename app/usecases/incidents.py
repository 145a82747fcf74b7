"""Incidents: registration, changes, grade, states, duty to report (RC-01, RC-16, D-20 to D-22, D-34, D-37)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.domain import duplicates, incident_status
from app.domain.alarm_grade import alarm_kind, check_raise, check_type
from app.domain.casualties import registers
from app.domain.deadlines import ends_reporting
from app.domain.duplicates import Sighting
from app.domain.event_time import check_event_time
from app.domain.figures import FIGURES, Figures
from app.domain.geometry import check_point
from app.domain.numbering import IncidentNumber, incident_number, parse_number
from app.domain.registration import (
    RegistrationFacts,
    check_order,
    check_place,
    check_registration,
    check_unit_code,
)
from app.domain.required import is_blank, require_text, tidy
from app.domain.rule_numbers import RuleKey
from app.journal import verbs
from app.kernel.clock import DAY_MS, SECOND_MS, local_date
from app.kernel.enums import (
    Agency,
    Figure,
    IncidentClass,
    IncidentStatus,
    ReportForm,
    Source,
    VerifyState,
)
from app.kernel.errors import ErrorCode, Refusal
from app.queries import incidents, reports
from app.queries.incidents import EntryRow, IncidentRow
from app.usecases.commands import Command, Moment, Outcome, creates, handles, marks, moves, outcome, writes
from app.usecases.context import Context, check_settled, known_state, missing, ms
from app.usecases.report_duty import duty_to_report

CRS = "WGS-84"
BY_PERSON, BY_FEED = "person", "feed"


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterIncident(Command):
    """Register an incident: when, class, where; all else may wait (D-37). Figures are as reported by the caller (IS-14)."""

    received_at: Moment
    class_code: IncidentClass = IncidentClass.PENDING
    what: str | None = None
    place: str | None = None
    unit_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    type_code: str | None = None
    alarm_grade: int | None = None
    source: Source = Source.SELF
    occurred_at: Moment | None = None
    alarm_no: str | None = None
    deaths: int | None = None
    injured_serious: int | None = None
    injured_minor: int | None = None
    missing: int | None = None
    trapped: int | None = None
    evacuated: int | None = None
    direct_loss_yuan: int | None = None
    late_confirmed: bool = False
    outside_confirmed: bool = False
    figures_confirmed: list[Figure] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeIncident(Command):
    """Change fields of an incident; what is not given stays. `received_at` adds an entry: the earliest counts (D-01)."""

    incident_id: str
    received_at: Moment | None = None
    class_code: IncidentClass | None = None
    what: str | None = None
    place: str | None = None
    unit_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    type_code: str | None = None
    source: Source | None = None
    occurred_at: Moment | None = None
    late_confirmed: bool = False
    outside_confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RaiseAlarmGrade(Command):
    """Raise the alarm grade; it is never lowered (RC-16)."""

    incident_id: str
    to: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StrikeEntry(Command):
    """Strike out a mistyped alarm grade or received time; the rest of the entries decide (REPLICATION, Merge)."""

    incident_id: str
    field: str
    entry: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SetIncidentStatus(Command):
    """Move an incident along its state machine (RULES part 2)."""

    incident_id: str
    to: IncidentStatus
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VoidIncident(Command):
    """Declare a registration a false alarm or a mistake, with reason (RULES part 2)."""

    incident_id: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MakeReportable(Command):
    """Declare that an incident of the feed owes reports; its clocks count from received_at (D-34)."""

    incident_id: str


# Voiding is another right (RULES part 3), merging and promoting are acts of their own.
_ORDINARY = (
    IncidentStatus.REGISTERED,
    IncidentStatus.HANDLING,
    IncidentStatus.CONTROLLED,
    IncidentStatus.CLOSED,
)
_FIELDS = ("source", "occurred_at", "class_code", "type_code", "what", "place", "unit_code", "position")


def find(context: Context, incident_id: str) -> IncidentRow:
    """The incident by id or printed number; Refusal when it is not here."""
    row = incidents.incident(context.connection, incident_id) or incidents.incident_by_no(
        context.connection, incident_id
    )
    if row is None or row.retracted:
        raise missing("incident", "incident_id")
    return row


def standing(context: Context, incident_id: str) -> IncidentRow:
    """The incident, unless it was set aside: nothing new is written on a false alarm or a merged one (RULES part 2)."""
    row = find(context, incident_id)
    if row.status in (IncidentStatus.VOID, IncidentStatus.MERGED):
        raise Refusal(
            ErrorCode.STATE,
            "refusal.incidents.set_aside",
            field="incident_id",
            clause="RULES-2",
            current=IncidentStatus(row.status),
        )
    return row


def of_alarm(context: Context, alarm_no: str, received_at: int) -> list[IncidentRow]:
    """Incidents of one alarm, those that still stand first; a number that comes round again (received more than a day
    apart) is another alarm (IS-01).
    """
    rows = [
        row
        for row in incidents.incidents_by_alarm_no(context.connection, alarm_no)
        if row.received_at is None or abs(row.received_at - received_at) <= DAY_MS
    ]
    return sorted(rows, key=lambda row: row.status == IncidentStatus.VOID)


def next_number(context: Context) -> str:
    """The next number of this workstation's series for the local day (D-20, D-35): no holes, never reused."""
    station, day = context.workstation, local_date(context.now_ms)
    prefix = f"{station.agency}-{day}-{station.letter}"
    taken = incidents.numbers_between(context.connection, station.site, prefix + "0", prefix + ":")
    # What another site calls a number of ours must not stop or stretch our series.
    counts = [number.n for text in taken if (number := _readable(text)) is not None]
    return incident_number(station.agency, day, station.letter, max(counts, default=0) + 1)


def _readable(text: str) -> IncidentNumber | None:
    try:
        return parse_number(text)
    except Refusal:
        return None


def position(lon: float | None, lat: float | None) -> list[Any] | None:
    """Value of the register `position`, or None without a point."""
    return None if lon is None or lat is None else [lon, lat, CRS]


def text_or_none(text: str | None) -> str | None:
    """Text as it reads, without blanks around it; blank is nothing."""
    return None if text is None or is_blank(text) else tidy(text)


def suggestions(context: Context, row: Sighting) -> list[dict[str, Any]]:
    """Incidents this may be a duplicate of (D-21); a person decides."""
    window_s = context.limit_s(RuleKey.DUPLICATE_WINDOW)
    near = incidents.open_between(
        context.connection, row.received_at - window_s * SECOND_MS, row.received_at + window_s * SECOND_MS
    )
    known = set(IncidentClass)
    others = [
        Sighting(
            other.id,
            IncidentClass(other.class_code),
            other.received_at,
            other.lon,
            other.lat,
            other.place,
            other.unit_code,
        )
        for other in near
        if other.class_code in known and other.received_at is not None
    ]
    found = duplicates.suggestions(
        row, others, distance_limit_m=context.district.value(RuleKey.DUPLICATE_DISTANCE), window_s=window_s
    )
    return [
        {
            "incident_id": s.id,
            "distance_m": None if s.distance_m is None else round(s.distance_m),
            "apart_s": s.apart_ms // SECOND_MS,
        }
        for s in found
    ]


def _check_alarm_no(context: Context, alarm_no: str | None, received_at: int) -> None:
    """One alarm, one incident (IS-01); a registration that was voided keeps nobody from doing it right."""
    known = [] if alarm_no is None else of_alarm(context, alarm_no, received_at)
    if known and known[0].status != IncidentStatus.VOID:
        raise Refusal(
            ErrorCode.DUP,
            "refusal.incidents.alarm_no_taken",
            field="alarm_no",
            clause="IS-01",
            alarm_no=alarm_no,
        )


@handles(RegisterIncident, creates("incident"))
def register_incident(command: RegisterIncident, context: Context) -> Outcome:
    """A person registers: number, registers, first entries, duty to report with the limits of this moment."""
    received_at, occurred_at = ms(command.received_at), ms(command.occurred_at)
    facts = RegistrationFacts(
        received_at=received_at,
        incident_class=command.class_code,
        place=command.place,
        unit_code=command.unit_code,
        lon=command.lon,
        lat=command.lat,
        occurred_at=occurred_at,
        type_code=command.type_code,
        alarm_grade=command.alarm_grade,
        late_confirmed=command.late_confirmed,
        outside_confirmed=command.outside_confirmed,
    )
    check_registration(facts, context.district, context.now_ms)
    assert received_at is not None
    alarm_no = text_or_none(command.alarm_no)
    _check_alarm_no(context, alarm_no, received_at)
    figures = Figures(**{name: getattr(command, name) for name in FIGURES})
    incident_id, no = context.new_id(), next_number(context)
    values = {
        "no": no,
        "agency": context.agency.value,
        "registered_at": context.now_ms,
        "registered_by": context.author.id,
        "origin": BY_PERSON,
        "alarm_no": alarm_no,
        "source": command.source.value,
        "occurred_at": occurred_at,
        "class_code": command.class_code.value,
        "type_code": text_or_none(command.type_code),
        "what": text_or_none(command.what),
        "place": text_or_none(command.place),
        "unit_code": text_or_none(command.unit_code),
        "position": position(command.lon, command.lat),
        "status": IncidentStatus.REGISTERED.value,
        "report_duty": duty_to_report(context, True, command.alarm_grade, command.type_code),
        **registers(
            figures,
            VerifyState.REPORTED,
            None,
            received_at,
            known={},
            confirmed=command.figures_confirmed or (),
        ),
    }
    acts = context.create(
        "incident", incident_id, values, received_at=received_at, alarm_grade=command.alarm_grade
    )
    seen = Sighting(
        incident_id,
        command.class_code,
        received_at,
        command.lon,
        command.lat,
        text_or_none(command.place),
        text_or_none(command.unit_code),
    )
    return outcome(*acts, incident_id=incident_id, no=no, possible_duplicates=suggestions(context, seen))


@handles(
    ChangeIncident,
    writes("incident", *_FIELDS, "address_note", "received_at", "report_duty"),
    # No command of its own changes a unit's stamps; concurrent ones are settled under this right.
    writes("alarm_unit", "dispatched_at", "departed_at", "arrived_at", "released_at"),
)
def change_incident(command: ChangeIncident, context: Context) -> Outcome:
    """Change registers; an everyday call that turns out to be of a reportable type gets its clocks (D-34)."""
    row = standing(context, command.incident_id)
    received_at, occurred_at = ms(command.received_at), ms(command.occurred_at)
    _check_change(command, context, row, received_at, occurred_at)
    if command.class_code is IncidentClass.PENDING and row.class_code != IncidentClass.PENDING:
        raise Refusal(
            ErrorCode.STATE, "refusal.incidents.class_back_to_pending", field="class_code", clause="RC-01"
        )
    values = {
        "source": command.source.value if command.source else None,
        "occurred_at": occurred_at,
        "class_code": command.class_code.value if command.class_code else None,
        "type_code": text_or_none(command.type_code),
        "what": text_or_none(command.what),
        "place": text_or_none(command.place),
        "unit_code": text_or_none(command.unit_code),
        "position": position(command.lon, command.lat),
    }
    given = {name: value for name, value in values.items() if value is not None}
    if not row.owes_reports and command.type_code is not None:
        duty = duty_to_report(context, False, row.alarm_grade, command.type_code)
        given |= {"report_duty": duty} if duty[0] else {}
    check_settled(context, "incident", row.id, given.keys() - {"report_duty"})
    acts = context.change("incident", row.id, given) if given else []
    if received_at is not None and received_at != row.received_at:
        acts += context.enter("incident", row.id, received_at=received_at)
    if not acts:
        raise Refusal(ErrorCode.REQUIRED, "refusal.incidents.nothing_changed", clause="D-37")
    return outcome(*acts, incident_id=row.id)


def _check_change(
    command: ChangeIncident,
    context: Context,
    row: IncidentRow,
    received_at: int | None,
    occurred_at: int | None,
) -> None:
    for name, moment in (("received_at", received_at), ("occurred_at", occurred_at)):
        if moment is not None:
            check_event_time(
                moment,
                context.now_ms,
                field=name,
                late_confirmed=command.late_confirmed,
                tolerance_s=context.limit_s(RuleKey.FUTURE_TOLERANCE),
                late_window_s=context.limit_s(RuleKey.LATE_ENTRY_WINDOW),
            )
    if received_at is not None or occurred_at is not None:
        known = [moment for moment in (received_at, row.received_at) if moment is not None]
        check_order(
            row.occurred_at if occurred_at is None else occurred_at, min(known, default=context.now_ms)
        )
    if row.alarm_grade is not None and text_or_none(command.type_code) is not None:
        check_type(row.alarm_grade, alarm_kind(text_or_none(command.type_code)))
    check_place(command.place)
    if command.unit_code is not None and not is_blank(command.unit_code):
        check_unit_code(command.unit_code, context.district)
    if (command.lon is None) != (command.lat is None):
        raise Refusal(
            ErrorCode.REQUIRED,
            "refusal.points.half",
            field="lon" if command.lon is None else "lat",
            clause="D-37",
        )
    if command.lon is not None and command.lat is not None:
        check_point(
            command.lon, command.lat, context.district.box, outside_confirmed=command.outside_confirmed
        )


@handles(RaiseAlarmGrade, writes("incident", "alarm_grade", "report_duty"))
def raise_alarm_grade(command: RaiseAlarmGrade, context: Context) -> Outcome:
    """Raise the grade (RC-16); from the district's reportable grade on, the incident owes reports (D-34)."""
    row = standing(context, command.incident_id)
    check_raise(row.alarm_grade, command.to, alarm_kind(row.type_code))
    acts = context.enter("incident", row.id, alarm_grade=command.to)
    if not row.owes_reports:
        duty = duty_to_report(context, False, command.to, row.type_code)
        acts += context.change("incident", row.id, {"report_duty": duty}) if duty[0] else []
    return outcome(*acts, incident_id=row.id)


def _check_grade_owner(command: StrikeEntry, context: Context, entry: EntryRow) -> None:
    """The alarm grade is the fire side's (RULES part 3); another side strikes out only what it typed itself."""
    if command.field == "alarm_grade" and context.agency not in (Agency.FRD, entry.agency):
        raise Refusal(
            ErrorCode.OWNER,
            "refusal.incidents.grade_of_fire_side",
            field="entry",
            who=(Agency.FRD.value,),
            clause="RC-16, XC-06",
            owner=Agency.FRD,
        )


@handles(StrikeEntry, marks("incident", verbs.STRIKE))
def strike_entry(command: StrikeEntry, context: Context) -> Outcome:
    """A chief strikes out a typing error, with reason; the last entry cannot be struck (FINDINGS 17)."""
    row = find(context, command.incident_id)
    require_text(command.reason, "refusal.incidents.strike_reason_required", field="reason", clause="RC-16")
    if command.field not in ("alarm_grade", "received_at"):
        raise Refusal(ErrorCode.RANGE, "refusal.incidents.strike_field", field="field", clause="RC-16, D-01")
    standing = [
        entry
        for entry in incidents.entries(context.connection, "incident", row.id, command.field)
        if not entry.struck
    ]
    found = [entry for entry in standing if entry.hash.hex() == command.entry]
    if not found:
        raise missing("entry", "entry")
    _check_grade_owner(command, context, found[0])
    if len(standing) == 1 and command.field == "received_at":
        raise Refusal(ErrorCode.STATE, "refusal.incidents.strike_last", field="entry", clause="D-01")
    act = context.mark(
        "incident", row.id, verbs.STRIKE, field=command.field, ops=[found[0].hash], why=tidy(command.reason)
    )
    return outcome(act, incident_id=row.id)


def _move(context: Context, row: IncidentRow, to: IncidentStatus, reason: str | None) -> Outcome:
    check_settled(context, "incident", row.id, ["status"])
    sent = reports.reports(context.connection, row.id)
    incident_status.check_transition(
        known_state(IncidentStatus, row.status),
        to,
        owes_reports=bool(row.owes_reports),
        final_sent=any(ends_reporting(each.kind, each.form, each.recipient) for each in sent),
        document_sent=any(report.form == ReportForm.WRITTEN for report in sent),
        reason=reason,
    )
    values = {"status": to.value}
    if (said := text_or_none(reason)) is not None:
        values["status_reason"] = said
    return outcome(*context.change("incident", row.id, values), incident_id=row.id)


@handles(SetIncidentStatus, moves("incident", "status", _ORDINARY, "status_reason"))
def set_incident_status(command: SetIncidentStatus, context: Context) -> Outcome:
    """Move along the state machine; a false alarm has its own command and right."""
    if command.to in (IncidentStatus.VOID, IncidentStatus.MERGED, IncidentStatus.CLUE):
        raise Refusal(
            ErrorCode.STATE, "refusal.incidents.own_command", field="to", clause="RULES-2", to=command.to
        )
    return _move(context, find(context, command.incident_id), command.to, command.reason)


@handles(VoidIncident, moves("incident", "status", [IncidentStatus.VOID], "status_reason"))
def void_incident(command: VoidIncident, context: Context) -> Outcome:
    """Void a registration, with reason; its number stays taken (D-20)."""
    return _move(context, find(context, command.incident_id), IncidentStatus.VOID, command.reason)


@handles(MakeReportable, writes("incident", "report_duty"))
def make_reportable(command: MakeReportable, context: Context) -> Outcome:
    """A person declares an everyday call reportable (D-34)."""
    row = standing(context, command.incident_id)
    if row.owes_reports:
        raise Refusal(ErrorCode.STATE, "refusal.incidents.already_reportable", clause="D-34")
    check_settled(context, "incident", row.id, ["report_duty"])
    duty = duty_to_report(context, True, row.alarm_grade, row.type_code)
    return outcome(*context.change("incident", row.id, {"report_duty": duty}), incident_id=row.id)
