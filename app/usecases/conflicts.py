"""Conflicts are resolved by one recorded act with value and reason; never by the last writer (XC-03, D-19).

Keeping one of the values needs the right to write that field; a third value is checked as if it had just been typed in,
and is offered only where somebody can type one in (a state, say, is never invented here).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.domain.alarm_grade import alarm_kind, check_type
from app.domain.casualties import check_source
from app.domain.event_time import check_event_time
from app.domain.figures import FIGURES, Figures, check_figure, check_stated
from app.domain.geometry import check_point
from app.domain.registration import check_order, check_unit_code
from app.domain.required import require_text, tidy
from app.domain.rule_numbers import RuleKey
from app.journal.entities import ENTITIES
from app.journal.validity import fits
from app.kernel.clock import parse_moment
from app.kernel.enums import Figure, IncidentClass, IncidentStatus, Source, VerifyState
from app.kernel.errors import ErrorCode, Refusal
from app.queries import incidents
from app.queries.incidents import ConflictRow
from app.usecases import casualties
from app.usecases.commands import Command, Moment, Outcome, handles, outcome
from app.usecases.context import Context, ms
from app.usecases.incidents import CRS, text_or_none

_CLAUSE = "D-19"
# Entities whose registers have an act of their own that settles them, or none that a person writes.
_NOT_HERE = ("account", "site", "agency", "refusal", "import_batch")

_FIGURES = frozenset(("incident", name) for name in FIGURES)

Value = str | int | float | list[str | int | float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolveConflict(Command):
    """Decide a conflict: keep one of the values (`keep`: its hash) or set another (`value`), with a reason (D-19).

    Of a casualty figure `verify_state`, `source` and `stated_at` may be decided along with it (IS-14). `against`: hashes of
    the values the decider had before him; when others stand there by now, nothing is decided over his head. A typed figure
    far above them is confirmed (`figures_confirmed`, RC-04).
    """

    entity: str
    entity_id: str
    field: str
    reason: str = ""
    keep: str | None = None
    value: Value | None = None
    verify_state: VerifyState | None = None
    source: str | None = None
    stated_at: Moment | None = None
    against: list[str] | None = None
    figures_confirmed: list[Figure] | None = None


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


def _figure(value: Any, command: ResolveConflict, context: Context) -> Any:
    if value is None or isinstance(value, str | list):
        raise _bad_value()
    check_figure(value, command.field)
    known = casualties.known_figures(context, command.entity_id).get(command.field)
    check_stated(value, command.field, known, confirmed=command.field in (command.figures_confirmed or ()))
    return _verified([value, None, None, context.now_ms], command, context)


def _verified(figure: list[Any], command: ResolveConflict, context: Context) -> list[Any]:
    """A figure with the verify state that was decided with it; who decided names the source, or gives it as his reason."""
    number, state, source, stated_at = figure
    if command.verify_state is not None:
        state, source, stated_at = command.verify_state, command.source or command.reason, context.now_ms
    elif command.source is not None:
        source = command.source
    state = VerifyState.REPORTED if state is None else state
    given = ms(command.stated_at)
    if given is not None:
        tolerance_s = context.limit_s(RuleKey.FUTURE_TOLERANCE)
        check_event_time(
            given, context.now_ms, field="stated_at", late_confirmed=True, tolerance_s=tolerance_s
        )
    check_source(state, source)
    return [number, state, text_or_none(source), stated_at if given is None else given]


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
    **{("incident", name): _figure for name in FIGURES},
}
# The everyday act whose right is needed as well: settling a conflict gives nobody a right he does not have.
_ACTS = {
    ("incident", "status"): "set_incident_status",
    ("incident", "status_reason"): "set_incident_status",
    ("incident", "report_duty"): "make_reportable",
    **{("incident", name): "set_casualties" for name in FIGURES},
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


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person can decide about a disagreement: keep one of the values, say another, say how sure a figure is."""

    keep: bool
    another: bool
    figure: bool


def choices(entity: str, field: str) -> Choices:
    """What can be decided about a field, for whoever offers it; who may is asked when it is done."""
    keep = entity not in _NOT_HERE and ((entity, field) in _ACTS or entity in _ACT_OF)
    another = keep and (entity, field) in _TYPED
    return Choices(keep, another, (entity, field) in _FIGURES)


@handles(ResolveConflict)
def resolve_conflict(command: ResolveConflict, context: Context) -> Outcome:
    """Write the decided value over all heads that stand against each other.

    The operation is that of the everyday act: settling a conflict gives nobody a right that he does not have, here or at
    the peer, where the same rights are asked again.
    """
    standing = [
        row
        for row in incidents.conflicts_of(context.connection, command.entity, command.entity_id)
        if row.field == command.field
    ]
    _check_open(command, standing)
    require_text(command.reason, "refusal.record.reason_required", field="reason", clause=_CLAUSE)
    value = _decided(command, context, standing)
    act = _everyday_act(command, value)
    _check_right(act, context)
    values = {command.field: value, **_following(command, context, value)}
    acts = context.acts.write(act, command.entity, command.entity_id, values, why=tidy(command.reason))
    return outcome(*acts, entity_id=command.entity_id)


def _check_open(command: ResolveConflict, standing: list[ConflictRow]) -> None:
    """E_STATE where the other console was first (S3 14:56), or where other values stand there than the decider saw."""
    if not standing or command.entity in _NOT_HERE:
        raise Refusal(ErrorCode.STATE, "refusal.record.conflict_resolved", field="field", clause=_CLAUSE)
    if command.against is not None and set(command.against) != {row.hash.hex() for row in standing}:
        raise Refusal(ErrorCode.STATE, "refusal.record.conflict_changed", field="field", clause=_CLAUSE)


def _following(command: ResolveConflict, context: Context, value: Any) -> dict[str, Any]:
    """What follows from the decided value: a figure of people who came to harm makes an everyday call reportable (D-34)."""
    if (command.entity, command.field) not in _FIGURES:
        return {}
    row = incidents.incident(context.connection, command.entity_id)
    if row is None or value[0] is None or value[1] not in set(VerifyState):
        return {}
    return casualties.duty_by(context, row, Figures(**{command.field: value[0]}), VerifyState(value[1]))


def _decided(command: ResolveConflict, context: Context, standing: list[ConflictRow]) -> Any:
    """The kept value, or the typed one after its checks."""
    if (command.keep is None) == (command.value is None):
        raise Refusal(ErrorCode.REQUIRED, "refusal.record.keep_or_value", field="keep", clause=_CLAUSE)
    if command.keep is not None:
        kept = [row for row in standing if row.hash.hex() == command.keep]
        if not kept:
            raise Refusal(ErrorCode.STATE, "refusal.record.conflict_resolved", field="keep", clause=_CLAUSE)
        return _kept(command, context, kept[0].value)
    check = _TYPED.get((command.entity, command.field))
    if check is None:
        raise Refusal(ErrorCode.STATE, "refusal.record.keep_only", field="value", clause=_CLAUSE)
    value = check(command.value, command, context)
    if not fits(ENTITIES[command.entity].fields[command.field], value):
        raise _bad_value()
    return value


def _kept(command: ResolveConflict, context: Context, value: Any) -> Any:
    """A kept value stands as it was written; of a figure it may be said now that it is verified."""
    said = command.verify_state is not None or command.source is not None or command.stated_at is not None
    if (command.entity, command.field) in _FIGURES and said and isinstance(value, list):
        return _verified(value, command, context)
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
