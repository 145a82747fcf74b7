"""Conflicts are resolved by one recorded act with value and reason; never by the last writer (XC-03, D-19).

Keeping one of the values needs the right to write that field; a third value is checked as if it had just been typed in,
and is offered only where somebody can type one in (a state, say, is never invented here).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.domain.alarm_grade import alarm_kind, check_type
from app.domain.event_time import check_event_time
from app.domain.geometry import check_point
from app.domain.registration import check_order, check_unit_code
from app.domain.required import require_text, tidy
from app.domain.rule_numbers import RuleKey
from app.journal.entities import ENTITIES
from app.journal.validity import fits
from app.kernel.clock import parse_moment
from app.kernel.enums import IncidentClass, IncidentStatus, Source
from app.kernel.errors import ErrorCode, Refusal
from app.queries import incidents
from app.queries.incidents import ConflictRow
from app.usecases.commands import Command, Outcome, handles, outcome
from app.usecases.context import Context
from app.usecases.incidents import CRS

_CLAUSE = "D-19"
# Entities whose registers have an act of their own that settles them, or none that a person writes.
_NOT_HERE = ("account", "site", "agency", "refusal", "import_batch")

Value = str | int | float | list[str | int | float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolveConflict(Command):
    """Decide a conflict: keep one of the values (`keep`: its hash) or set another (`value`), with a reason (D-19)."""

    entity: str
    entity_id: str
    field: str
    reason: str
    keep: str | None = None
    value: Value | None = None


def _bad_value() -> Refusal:
    return Refusal(ErrorCode.RANGE, "refusal.record.value", field="value", clause=_CLAUSE)


def _text(value: Any, _command: ResolveConflict, _context: Context) -> Any:
    if not isinstance(value, str):
        raise _bad_value()
    require_text(value, "refusal.record.value", field="value", clause=_CLAUSE)
    return tidy(value)


def _type_code(value: Any, command: ResolveConflict, context: Context) -> Any:
    code = _text(value, command, context)
    row = incidents.incident(context.connection, command.entity_id)
    if row is not None and row.alarm_grade is not None:
        check_type(row.alarm_grade, alarm_kind(code), field="value")
    return code


def _class(value: Any, _command: ResolveConflict, _context: Context) -> Any:
    if value not in set(IncidentClass) - {IncidentClass.PENDING}:
        raise _bad_value()
    return value


def _source(value: Any, _command: ResolveConflict, _context: Context) -> Any:
    if value not in set(Source):
        raise _bad_value()
    return value


def _unit_code(value: Any, command: ResolveConflict, context: Context) -> Any:
    code = _text(value, command, context)
    check_unit_code(code, context.district)
    return code


def _position(value: Any, _command: ResolveConflict, context: Context) -> Any:
    match value:
        case [int() | float() as lon, int() | float() as lat] | [
            int() | float() as lon,
            int() | float() as lat,
            "WGS-84",
        ]:
            check_point(lon, lat, context.district.box)
            return [lon, lat, CRS]
    raise _bad_value()


def _occurred_at(value: Any, command: ResolveConflict, context: Context) -> Any:
    try:
        at = parse_moment(value)
    except (TypeError, ValueError) as wrong:
        raise _bad_value() from wrong
    check_event_time(
        at,
        context.now_ms,
        field="value",
        late_confirmed=True,
        tolerance_s=context.limit_s(RuleKey.FUTURE_TOLERANCE),
    )
    row = incidents.incident(context.connection, command.entity_id)
    check_order(at, context.now_ms if row is None or row.received_at is None else row.received_at)
    return at


def _rule_number(value: Any, command: ResolveConflict, context: Context) -> Any:
    return context.district.rules[RuleKey(command.entity_id)].changed_to(value).value


_TYPED: dict[tuple[str, str], Callable[[Any, ResolveConflict, Context], Any]] = {
    ("incident", "class_code"): _class,
    ("incident", "type_code"): _type_code,
    ("incident", "source"): _source,
    ("incident", "unit_code"): _unit_code,
    ("incident", "position"): _position,
    ("incident", "occurred_at"): _occurred_at,
    **{("incident", name): _text for name in ("what", "place", "status_reason", "address_note")},
    **{("station", name): _text for name in ("name", "kind", "address")},
    **{("shelter", name): _text for name in ("name", "kind", "address")},
    **{("point", name): _text for name in ("name", "address")},
    ("vehicle", "kind"): _text,
    ("rule_number", "value"): _rule_number,
}
# The everyday act whose right is needed as well: settling a conflict gives nobody a right he does not have.
_ACTS = {
    ("incident", "status"): "set_incident_status",
    ("incident", "status_reason"): "set_incident_status",
    ("incident", "report_duty"): "make_reportable",
    ("shelter", "state"): "set_shelter_state",
    ("shelter", "occupied"): "set_shelter_state",
}
_ACT_OF = {
    "incident": "change_incident",
    "alarm_unit": "change_incident",
    "watch": "leave_watch",
    "station": "edit_station",
    "vehicle": "set_vehicle_state",
    "shelter": "edit_shelter",
    "point": "edit_point",
    "rule_number": "change_rule_number",
}


@handles(ResolveConflict)
def resolve_conflict(command: ResolveConflict, context: Context) -> Outcome:
    """Write the decided value over all heads that stand against each other.

    The operation is that of the everyday act: settling a conflict gives nobody a right that he does not have, here or at
    the peer, where the same rights are asked again.
    """
    require_text(command.reason, "refusal.record.reason_required", field="reason", clause=_CLAUSE)
    standing = [
        row
        for row in incidents.conflicts_of(context.connection, command.entity, command.entity_id)
        if row.field == command.field
    ]
    if not standing or command.entity in _NOT_HERE:
        raise Refusal(ErrorCode.STATE, "refusal.record.conflict_resolved", field="field", clause=_CLAUSE)
    value = _decided(command, context, standing)
    act = _everyday_act(command, value)
    _check_right(act, context)
    acts = context.acts.write(
        act, command.entity, command.entity_id, {command.field: value}, why=tidy(command.reason)
    )
    return outcome(*acts, entity_id=command.entity_id)


def _decided(command: ResolveConflict, context: Context, standing: list[ConflictRow]) -> Any:
    """The kept value, or the typed one after its checks."""
    if (command.keep is None) == (command.value is None):
        raise Refusal(ErrorCode.REQUIRED, "refusal.record.keep_or_value", field="keep", clause=_CLAUSE)
    if command.keep is not None:
        kept = [row for row in standing if row.hash.hex() == command.keep]
        if not kept:
            raise Refusal(ErrorCode.STATE, "refusal.record.conflict_resolved", field="keep", clause=_CLAUSE)
        return kept[0].value
    check = _TYPED.get((command.entity, command.field))
    if check is None:
        raise Refusal(ErrorCode.STATE, "refusal.record.keep_only", field="value", clause=_CLAUSE)
    value = check(command.value, command, context)
    if not fits(ENTITIES[command.entity].fields[command.field], value):
        raise _bad_value()
    return value


def _everyday_act(command: ResolveConflict, value: Any) -> str:
    """Name of the act that writes this field when nothing stands in conflict."""
    act = _ACTS.get((command.entity, command.field)) or _ACT_OF.get(command.entity)
    if act is None:
        raise Refusal(ErrorCode.STATE, "refusal.record.fixed", field="entity", clause="JD-11, D-19")
    return "void_incident" if value == IncidentStatus.VOID and act == "set_incident_status" else act


def _check_right(act: str, context: Context) -> None:
    if not context.may(act):
        raise Refusal(
            ErrorCode.PERM, "refusal.permission.denied", who=context.who(act), clause="XC-06", act=act
        )
