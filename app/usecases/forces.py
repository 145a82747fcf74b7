"""Stations and vehicles with their duty states (IS-03, FR-07)."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.event_time import check_event_time
from app.domain.required import require_text, tidy
from app.domain.rule_numbers import RuleKey
from app.kernel.enums import VehicleState
from app.kernel.errors import ErrorCode, Refusal
from app.queries import forces
from app.usecases.commands import Command, Moment, Outcome, creates, handles, outcome, writes
from app.usecases.context import Context, check_settled, missing, ms
from app.usecases.incidents import find, text_or_none
from app.usecases.places import check_place, place_values

_CLAUSE = "IS-03"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddStation(Command):
    """Add a station to the own agency's register."""

    name: str
    code: str | None = None
    kind: str | None = None
    unit_code: str | None = None
    address: str | None = None
    lon: float | None = None
    lat: float | None = None
    outside_confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class EditStation(Command):
    """Change a station of the own agency; what is not given stays."""

    station_id: str
    name: str | None = None
    kind: str | None = None
    unit_code: str | None = None
    address: str | None = None
    lon: float | None = None
    lat: float | None = None
    outside_confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class AddVehicle(Command):
    """Add a vehicle to a station; it begins on standby."""

    station_id: str
    call_sign: str
    kind: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SetVehicleState(Command):
    """State a vehicle's duty state (GA/T 974.39), now or as of `stated_at`."""

    vehicle_id: str
    state: VehicleState
    stated_at: Moment | None = None
    incident_id: str | None = None
    late_confirmed: bool = False


def check_owner(owner: str | None, context: Context) -> None:
    """Owner edits, others comment (IS-04): E_OWNER with the owner named."""
    if owner != context.agency:
        raise Refusal(ErrorCode.OWNER, "refusal.owner.row", who=(str(owner),), clause="IS-04", owner=owner)


@handles(AddStation, creates("station"))
def add_station(command: AddStation, context: Context) -> Outcome:
    """A new station."""
    require_text(command.name, "refusal.forces.name_required", field="name", clause=_CLAUSE)
    check_place(context, command.unit_code, command.lon, command.lat, command.outside_confirmed)
    station_id = context.new_id()
    values = {
        "code": text_or_none(command.code),
        "name": tidy(command.name),
        "kind": text_or_none(command.kind),
    }
    values |= place_values(command.unit_code, command.address, command.lon, command.lat)
    return outcome(*context.create("station", station_id, values), station_id=station_id)


@handles(EditStation, writes("station", "name", "kind", "unit_code", "address", "position"))
def edit_station(command: EditStation, context: Context) -> Outcome:
    """Change own station."""
    row = forces.station(context.connection, command.station_id)
    if row is None:
        raise missing("station", "station_id")
    check_owner(row.born_agency, context)
    check_place(context, command.unit_code, command.lon, command.lat, command.outside_confirmed)
    values = {"name": text_or_none(command.name), "kind": text_or_none(command.kind)}
    values |= place_values(command.unit_code, command.address, command.lon, command.lat)
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        raise Refusal(ErrorCode.REQUIRED, "refusal.record.nothing_changed", clause="IS-04")
    check_settled(context, "station", row.id, given)
    return outcome(*context.change("station", row.id, given), station_id=row.id)


@handles(AddVehicle, creates("vehicle"))
def add_vehicle(command: AddVehicle, context: Context) -> Outcome:
    """A new vehicle on standby; a call sign is taken once (E_DUP)."""
    require_text(command.call_sign, "refusal.forces.call_sign_required", field="call_sign", clause=_CLAUSE)
    row = forces.station(context.connection, command.station_id)
    if row is None:
        raise missing("station", "station_id")
    check_owner(row.born_agency, context)
    if forces.vehicles_called(context.connection, tidy(command.call_sign)):
        raise Refusal(ErrorCode.DUP, "refusal.forces.call_sign_taken", field="call_sign", clause=_CLAUSE)
    vehicle_id = context.new_id()
    values = {
        "station_id": row.id,
        "call_sign": tidy(command.call_sign),
        "kind": text_or_none(command.kind),
        "duty": [VehicleState.STANDBY.value, context.now_ms, None],
    }
    return outcome(*context.create("vehicle", vehicle_id, values), vehicle_id=vehicle_id)


@handles(SetVehicleState, writes("vehicle", "duty"))
def set_vehicle_state(command: SetVehicleState, context: Context) -> Outcome:
    """One statement: state, when, on which incident."""
    row = forces.vehicle(context.connection, command.vehicle_id)
    if row is None:
        raise missing("vehicle", "vehicle_id")
    check_owner(row.born_agency, context)
    # What is stated now is the newest statement, also where the last one came from a clock a little ahead (D-26).
    stated_at = ms(command.stated_at) if command.stated_at else max(context.now_ms, row.stated_at or 0)
    assert stated_at is not None
    check_event_time(
        stated_at,
        context.now_ms,
        field="stated_at",
        late_confirmed=command.late_confirmed,
        tolerance_s=context.limit_s(RuleKey.FUTURE_TOLERANCE),
        late_window_s=context.limit_s(RuleKey.LATE_ENTRY_WINDOW),
    )
    if row.stated_at is not None and stated_at < row.stated_at:
        raise Refusal(
            ErrorCode.TIME,
            "refusal.forces.older_statement",
            field="stated_at",
            clause=_CLAUSE,
            last_at=row.stated_at,
        )
    incident_id = find(context, command.incident_id).id if command.incident_id else None
    duty = [command.state.value, stated_at, incident_id]
    return outcome(*context.change("vehicle", row.id, {"duty": duty}), vehicle_id=row.id)
