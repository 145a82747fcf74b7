"""Where a registered thing stands: unit, address, point (RULES part 8: WGS-84 with explicit crs)."""

from __future__ import annotations

from typing import Any

from app.domain.geometry import check_point
from app.domain.registration import check_unit_code
from app.domain.required import is_blank
from app.kernel.errors import ErrorCode, Refusal
from app.usecases.context import Context
from app.usecases.incidents import position, text_or_none


def check_place(
    context: Context, unit_code: str | None, lon: float | None, lat: float | None, outside_confirmed: bool
) -> None:
    """Refuse an unknown unit, half a point, or an unconfirmed point outside the district."""
    if unit_code is not None and not is_blank(unit_code):
        check_unit_code(unit_code, context.district)
    if (lon is None) != (lat is None):
        raise Refusal(
            ErrorCode.REQUIRED, "refusal.points.half", field="lon" if lon is None else "lat", clause="MP-02"
        )
    if lon is not None and lat is not None:
        check_point(lon, lat, context.district.box, outside_confirmed=outside_confirmed)


def place_values(
    unit_code: str | None, address: str | None, lon: float | None, lat: float | None
) -> dict[str, Any]:
    """Values of the fields unit_code, address, position."""
    return {
        "unit_code": text_or_none(unit_code),
        "address": text_or_none(address),
        "position": position(lon, lat),
    }
