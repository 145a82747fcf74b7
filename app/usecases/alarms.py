"""Alarms of the 119 system become incidents without retyping (IS-01, D-34): idempotent by alarm number."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from app.domain import alarm_types
from app.domain.alarm_grade import alarm_kind, highest
from app.domain.event_time import check_not_future
from app.domain.geometry import check_point, is_point
from app.domain.incident_status import TRANSITIONS
from app.domain.required import is_blank, require_text, tidy
from app.domain.rule_numbers import RuleKey
from app.journal.operation import Act
from app.kernel.clock import local_date
from app.kernel.enums import IncidentClass, IncidentStatus, Source
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.ids import derived_id
from app.queries import incidents
from app.queries.incidents import AlarmUnitRow, IncidentRow
from app.usecases.commands import Command, Moment, Outcome, creates, handles, moves, outcome, writes
from app.usecases.context import Context, ms
from app.usecases.incidents import BY_FEED, next_number, of_alarm, position, text_or_none
from app.usecases.report_duty import duty_to_report

_CLAUSE = "IS-01"
_FEED_STATES = (IncidentStatus.HANDLING, IncidentStatus.CONTROLLED, IncidentStatus.CLOSED)
_FEED_FIELDS = (
    "type_code",
    "class_code",
    "what",
    "place",
    "position",
    "report_duty",
    "received_at",
    "alarm_grade",
)
_STAMPS = ("dispatched_at", "departed_at", "arrived_at", "released_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitStamps:
    """A unit sent to an alarm and what is known of its times."""

    unit: str
    unit_kind: str | None = None
    dispatched_at: Moment | None = None
    departed_at: Moment | None = None
    arrived_at: Moment | None = None
    released_at: Moment | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiveAlarm(Command):
    """The state of one alarm as the 119 system knows it now; the same state twice changes nothing."""

    alarm_no: str
    received_at: Moment
    type_code: str | None = None
    what: str | None = None
    place: str | None = None
    lon: float | None = None
    lat: float | None = None
    alarm_grade: int | None = None
    units: list[UnitStamps] = field(default_factory=list)
    finished: bool = False


@handles(
    ReceiveAlarm,
    creates("incident"),
    moves("incident", "status", _FEED_STATES, *_FEED_FIELDS),
    creates("alarm_unit"),
    writes("alarm_unit", *_STAMPS),
)
def receive_alarm(command: ReceiveAlarm, context: Context) -> Outcome:
    """Create or update the incident of an alarm; what looks wrong is kept and named in `flags`."""
    _check(command, context)
    command = replace(
        command,
        type_code=text_or_none(command.type_code),
        what=text_or_none(command.what),
        place=text_or_none(command.place),
    )
    row = _known(command, context)
    incident_id = row.id if row else derived_id(context.agency, *_cause(command))
    flags = _flags(command, context, row)
    acts = _create(command, context, incident_id) if row is None else _update(command, context, row)
    acts += _unit_acts(command, context, incident_id)
    return outcome(*acts, incident_id=incident_id, new=row is None, changed=bool(acts), flags=flags)


def _known(command: ReceiveAlarm, context: Context) -> IncidentRow | None:
    """The incident of this alarm: one that still stands, else the feed's own that was voided as a false alarm.

    A registration that a person voided as a mistake does not swallow the alarm.
    """
    received_at = ms(command.received_at)
    assert received_at is not None
    for row in of_alarm(context, tidy(command.alarm_no), received_at):
        if row.status != IncidentStatus.VOID or row.origin == BY_FEED:
            return row
    return None


def _cause(command: ReceiveAlarm) -> tuple[str, ...]:
    """What the id of an alarm's incident follows from, at whichever of the agency's workstations it came in."""
    received_at = ms(command.received_at)
    assert received_at is not None
    return "alarm", tidy(command.alarm_no), local_date(received_at)


def _check(command: ReceiveAlarm, context: Context) -> None:
    require_text(command.alarm_no, "refusal.alarms.number_required", field="alarm_no", clause=_CLAUSE)
    moments = [("received_at", command.received_at)]
    moments += [(name, getattr(unit, name)) for unit in command.units for name in _STAMPS]
    for name, moment in moments:
        if moment is not None:
            at = ms(moment)
            assert at is not None
            check_not_future(
                at, context.now_ms, field=name, tolerance_s=context.limit_s(RuleKey.FUTURE_TOLERANCE)
            )
    names = [tidy(unit.unit) for unit in command.units]
    if any(is_blank(name) for name in names):
        raise Refusal(ErrorCode.REQUIRED, "refusal.alarms.unit_required", field="units", clause=_CLAUSE)
    if len(set(names)) != len(names):
        raise Refusal(ErrorCode.DUP, "refusal.alarms.unit_twice", field="units", clause=_CLAUSE)


def _flags(command: ReceiveAlarm, context: Context, row: IncidentRow | None) -> list[str]:
    """What a person should look at: unknown type, no point, no possible point, point outside the district, a grade that is
    not on the scale of the type, stamps out of order.
    """
    out = []
    if not alarm_types.is_known(command.type_code):
        out.append("type_unknown")
    if command.lon is None or command.lat is None:
        out.append("no_point")
    else:
        try:
            check_point(command.lon, command.lat, context.district.box)
        except Refusal as wrong:
            out.append("point_impossible" if wrong.code is ErrorCode.RANGE else "outside_district")
    grades = (command.alarm_grade, row.alarm_grade if row else None)
    if any(grade is not None and not _in_scale(grade, command, row) for grade in grades):
        out.append("grade_out_of_range")
    for unit in command.units:
        known = [at for name in _STAMPS if (at := ms(getattr(unit, name))) is not None]
        if known != sorted(known):
            out.append("stamps_out_of_order")
            break
    return out


def _grade(command: ReceiveAlarm, row: IncidentRow | None) -> int | None:
    """A grade to enter: the first, or a higher one; it is never lowered (RC-16)."""
    known = row.alarm_grade if row else None
    grade = command.alarm_grade
    if grade is None or not _in_scale(grade, command, row):
        return None
    return grade if known is None or grade > known else None


def _in_scale(grade: int, command: ReceiveAlarm, row: IncidentRow | None) -> bool:
    """On the scale of the type that stands here, else of the one the alarm gives (RC-16)."""
    standing = row.type_code if row and row.type_code else command.type_code
    return 1 <= grade <= highest(alarm_kind(standing))


def _point(command: ReceiveAlarm) -> list[Any] | None:
    """The point of an alarm; one that is nowhere on earth is none (MP-02)."""
    if command.lon is None or command.lat is None or not is_point(command.lon, command.lat):
        return None
    return position(command.lon, command.lat)


def _create(command: ReceiveAlarm, context: Context, incident_id: str) -> list[Act]:
    grade = _grade(command, None)
    duty = duty_to_report(context, False, grade, command.type_code)
    values = {
        "no": next_number(context),
        "agency": context.agency.value,
        "registered_at": context.now_ms,
        "registered_by": context.author.id,
        "origin": BY_FEED,
        "alarm_no": tidy(command.alarm_no),
        "source": Source.ALARM_119.value,
        "class_code": alarm_types.class_of(command.type_code).value,
        "type_code": text_or_none(command.type_code),
        "what": text_or_none(command.what),
        "place": text_or_none(command.place),
        "position": _point(command),
        "status": _status(command, bool(duty[0])).value,
        "report_duty": duty,
    }
    return context.create(
        "incident",
        incident_id,
        values,
        cause=_cause(command),
        received_at=ms(command.received_at),
        alarm_grade=grade,
    )


def _status(command: ReceiveAlarm, owes_reports: bool) -> IncidentStatus:
    """Handling once a unit is on its way, then closed; controlled where a final report is still owed (D-34)."""
    if command.finished and all(unit.released_at is not None for unit in command.units):
        return IncidentStatus.CONTROLLED if owes_reports else IncidentStatus.CLOSED
    moving = any(unit.dispatched_at or unit.arrived_at for unit in command.units)
    return IncidentStatus.HANDLING if moving else IncidentStatus.REGISTERED


def _update(command: ReceiveAlarm, context: Context, row: IncidentRow) -> list[Act]:
    values: dict[str, Any] = {
        "type_code": text_or_none(command.type_code),
        "what": text_or_none(command.what),
        "place": text_or_none(command.place),
    }
    known = {"type_code": row.type_code, "what": row.what, "place": row.place}
    # Only what is still empty here: what a person has written is not overwritten by the feed.
    given = {name: value for name, value in values.items() if value is not None and known[name] is None}
    if row.lon is None and (point := _point(command)) is not None:
        given["position"] = point
    if "type_code" in given and row.class_code == IncidentClass.PENDING:
        given["class_code"] = alarm_types.class_of(command.type_code).value
    grade = _grade(command, row)
    owes = bool(row.owes_reports)
    if not owes:
        duty = duty_to_report(
            context, False, grade or row.alarm_grade, row.type_code or given.get("type_code")
        )
        owes = bool(duty[0])
        given |= {"report_duty": duty} if owes else {}
    status = _status(command, owes)
    if row.status in set(IncidentStatus) and status in TRANSITIONS[IncidentStatus(row.status)]:
        given["status"] = status.value
    # What stands in conflict is settled by a person (XC-03).
    open_fields = {each.field for each in incidents.conflicts_of(context.connection, "incident", row.id)}
    given = {name: value for name, value in given.items() if name not in open_fields}
    acts = context.change("incident", row.id, given) if given else []
    received_at = ms(command.received_at)
    if received_at is not None and row.received_at is not None and received_at < row.received_at:
        acts += context.enter("incident", row.id, received_at=received_at)
    return acts + (context.enter("incident", row.id, alarm_grade=grade) if grade is not None else [])


def _unit_acts(command: ReceiveAlarm, context: Context, incident_id: str) -> list[Act]:
    here = {row.unit: row for row in incidents.units(context.connection, incident_id)}
    acts: list[Act] = []
    for unit in command.units:
        stamps = {name: at for name in _STAMPS if (at := ms(getattr(unit, name))) is not None}
        acts += _unit(context, incident_id, unit, stamps, here.get(tidy(unit.unit)))
    return acts


def _unit(
    context: Context, incident_id: str, unit: UnitStamps, stamps: dict[str, int], row: AlarmUnitRow | None
) -> list[Act]:
    if row is None:
        name = tidy(unit.unit)
        values = {
            "incident_id": incident_id,
            "unit": name,
            "unit_kind": text_or_none(unit.unit_kind),
            **stamps,
        }
        cause = ("alarm_unit", incident_id, name)
        return context.create("alarm_unit", derived_id(context.agency, *cause), values, cause=cause)
    news = {name: at for name, at in stamps.items() if getattr(row, name) != at}
    return context.change("alarm_unit", row.id, news) if news else []
