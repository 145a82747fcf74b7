"""Shelters as a simple register with their state machine (RS-08)."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain import shelter as rules
from app.domain.required import require_text, tidy
from app.kernel.enums import ShelterState
from app.kernel.errors import ErrorCode, Refusal
from app.queries import shelters
from app.queries.shelters import ShelterRow
from app.usecases.commands import Command, Outcome, creates, handles, outcome, writes
from app.usecases.context import Context, check_settled, known_state, missing
from app.usecases.forces import check_owner
from app.usecases.incidents import text_or_none
from app.usecases.places import check_place, place_values

_CLAUSE = "RS-08"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddShelter(Command):
    """Add a shelter: area in m2, capacity in persons; it begins closed."""

    name: str
    code: str | None = None
    kind: str | None = None
    indoor: bool | None = None
    area_m2: float | None = None
    capacity: int | None = None
    unit_code: str | None = None
    address: str | None = None
    lon: float | None = None
    lat: float | None = None
    outside_confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class EditShelter(Command):
    """Change a shelter of the own agency; what is not given stays."""

    shelter_id: str
    name: str | None = None
    kind: str | None = None
    indoor: bool | None = None
    area_m2: float | None = None
    capacity: int | None = None
    unit_code: str | None = None
    address: str | None = None
    lon: float | None = None
    lat: float | None = None
    outside_confirmed: bool = False
    overload_confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SetShelterState(Command):
    """Move a shelter along its state machine, with the number of people inside."""

    shelter_id: str
    to: ShelterState | None = None
    occupied: int | None = None
    overload_confirmed: bool = False


def check_figures(area_m2: float | None, capacity: int | None) -> None:
    """Refuse an area or a capacity that is not above nought (RS-08)."""
    if area_m2 is not None:
        rules.check_area(area_m2)
    if capacity is not None:
        rules.check_capacity(capacity)


def _find(context: Context, shelter_id: str) -> ShelterRow:
    row = shelters.shelter(context.connection, shelter_id)
    if row is None:
        raise missing("shelter", "shelter_id")
    check_owner(row.born_agency, context)
    return row


@handles(AddShelter, creates("shelter"))
def add_shelter(command: AddShelter, context: Context) -> Outcome:
    """A new shelter, closed and empty."""
    require_text(command.name, "refusal.shelters.name_required", field="name", clause=_CLAUSE)
    check_figures(command.area_m2, command.capacity)
    check_place(context, command.unit_code, command.lon, command.lat, command.outside_confirmed)
    shelter_id = context.new_id()
    values = {
        "code": text_or_none(command.code),
        "name": tidy(command.name),
        "kind": text_or_none(command.kind),
        "indoor": None if command.indoor is None else int(command.indoor),
        "area_m2": command.area_m2,
        "capacity": command.capacity,
        "occupied": 0,
        "state": ShelterState.CLOSED.value,
        **place_values(command.unit_code, command.address, command.lon, command.lat),
    }
    return outcome(*context.create("shelter", shelter_id, values), shelter_id=shelter_id)


@handles(
    EditShelter,
    writes("shelter", "name", "kind", "indoor", "area_m2", "capacity", "unit_code", "address", "position"),
)
def edit_shelter(command: EditShelter, context: Context) -> Outcome:
    """Change own shelter."""
    row = _find(context, command.shelter_id)
    check_figures(command.area_m2, command.capacity)
    if command.capacity is not None:
        rules.check_capacity_holds(
            command.capacity, row.occupied, overload_confirmed=command.overload_confirmed
        )
    check_place(context, command.unit_code, command.lon, command.lat, command.outside_confirmed)
    values = {
        "name": text_or_none(command.name),
        "kind": text_or_none(command.kind),
        "indoor": None if command.indoor is None else int(command.indoor),
        "area_m2": command.area_m2,
        "capacity": command.capacity,
        **place_values(command.unit_code, command.address, command.lon, command.lat),
    }
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        raise Refusal(ErrorCode.REQUIRED, "refusal.record.nothing_changed", clause=_CLAUSE)
    check_settled(context, "shelter", row.id, given)
    return outcome(*context.change("shelter", row.id, given), shelter_id=row.id)


@handles(SetShelterState, writes("shelter", "state", "occupied"))
def set_shelter_state(command: SetShelterState, context: Context) -> Outcome:
    """Open, close, count; above capacity only after confirmation (RS-08)."""
    row = _find(context, command.shelter_id)
    values: dict[str, str | int] = {}
    if command.to is not None:
        rules.check_transition(known_state(ShelterState, row.state), command.to)
        rules.check_emptied(command.to, row.occupied if command.occupied is None else command.occupied)
        values["state"] = command.to.value
    if command.occupied is not None:
        capacity = row.capacity if row.capacity is not None else command.occupied
        rules.check_occupied(command.occupied, capacity, overload_confirmed=command.overload_confirmed)
        values["occupied"] = command.occupied
    if not values:
        raise Refusal(ErrorCode.REQUIRED, "refusal.record.nothing_changed", clause=_CLAUSE)
    check_settled(context, "shelter", row.id, values)
    return outcome(*context.change("shelter", row.id, values), shelter_id=row.id)
