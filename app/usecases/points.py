"""Points of interest on the map: hospitals, schools, stations of the metro (MP-02)."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.required import require_text, tidy
from app.kernel.errors import ErrorCode, Refusal
from app.queries import points
from app.usecases.commands import Command, Outcome, creates, handles, outcome, writes
from app.usecases.context import Context, check_settled, missing
from app.usecases.forces import check_owner
from app.usecases.incidents import text_or_none
from app.usecases.places import check_place, place_values

_CLAUSE = "MP-02"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddPoint(Command):
    """Add a point of a kind, e.g. hospital."""

    kind: str
    name: str
    address: str | None = None
    unit_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    outside_confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class EditPoint(Command):
    """Change a point of the own agency; what is not given stays."""

    point_id: str
    name: str | None = None
    address: str | None = None
    unit_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    outside_confirmed: bool = False


@handles(AddPoint, creates("point"))
def add_point(command: AddPoint, context: Context) -> Outcome:
    """A new point."""
    require_text(command.kind, "refusal.points.kind_required", field="kind", clause=_CLAUSE)
    require_text(command.name, "refusal.points.name_required", field="name", clause=_CLAUSE)
    check_place(context, command.unit_code, command.lon, command.lat, command.outside_confirmed)
    point_id = context.new_id()
    values = {"kind": tidy(command.kind), "name": tidy(command.name)}
    values |= place_values(command.unit_code, command.address, command.lon, command.lat)
    return outcome(*context.create("point", point_id, values), point_id=point_id)


@handles(EditPoint, writes("point", "name", "address", "unit_code", "position"))
def edit_point(command: EditPoint, context: Context) -> Outcome:
    """Change own point."""
    row = points.point(context.connection, command.point_id)
    if row is None:
        raise missing("point", "point_id")
    check_owner(row.born_agency, context)
    check_place(context, command.unit_code, command.lon, command.lat, command.outside_confirmed)
    values = {"name": text_or_none(command.name)}
    values |= place_values(command.unit_code, command.address, command.lon, command.lat)
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        raise Refusal(ErrorCode.REQUIRED, "refusal.record.nothing_changed", clause=_CLAUSE)
    check_settled(context, "point", row.id, given)
    return outcome(*context.change("point", row.id, given), point_id=row.id)
