"""What the registration of an incident needs (D-37, D-26, RC-01, RC-16, RULES part 8)."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.alarm_grade import alarm_kind, check_grade
from app.domain.district import District
from app.domain.event_time import check_event_time
from app.domain.geometry import check_point
from app.domain.required import is_blank, tidy
from app.domain.rule_numbers import RuleKey
from app.kernel.enums import IncidentClass
from app.kernel.errors import ErrorCode, Refusal

PLACE_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationFacts:
    """What stands in the form; None = left open.

    Moments in UTC ms, point in WGS-84 degrees. `late_confirmed`: the officer confirmed times far back (D-26);
    `outside_confirmed`: likewise a point outside the district.
    """

    received_at: int | None = None
    incident_class: IncidentClass | None = None
    place: str | None = None
    unit_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    occurred_at: int | None = None
    type_code: str | None = None
    alarm_grade: int | None = None
    late_confirmed: bool = False
    outside_confirmed: bool = False


def _missing(text: str, field: str, clause: str = "D-37") -> Refusal:
    return Refusal(ErrorCode.REQUIRED, text, field=field, clause=clause)


def _check_required(facts: RegistrationFacts) -> int:
    if facts.received_at is None:
        raise _missing("refusal.incidents.received_at_required", "received_at")
    if facts.incident_class is None:
        raise _missing("refusal.incidents.class_required", "class_code", "D-37, RC-01")
    if (facts.lon is None) != (facts.lat is None):
        raise _missing("refusal.points.half", "lon" if facts.lon is None else "lat")
    if is_blank(facts.place) and is_blank(facts.unit_code) and facts.lon is None:
        raise _missing("refusal.incidents.place_required", "place")
    return facts.received_at


def check_place(place: str | None) -> None:
    """Refuse words for a place that nobody could read out over a radio: E_RANGE above PLACE_MOST characters (D-37)."""
    length = len(tidy(place)) if place is not None else 0
    if length > PLACE_MOST:
        raise Refusal(
            ErrorCode.RANGE,
            "refusal.incidents.place_too_long",
            field="place",
            clause="D-37",
            length=length,
            most=PLACE_MOST,
        )


def check_order(occurred_at: int | None, received_at: int) -> None:
    """Refuse an event later than its first message: E_TIME; the same moment is allowed (RP-02)."""
    if occurred_at is not None and occurred_at > received_at:
        raise Refusal(
            ErrorCode.TIME,
            "refusal.incidents.occurred_after_received",
            field="occurred_at",
            clause="RP-02",
            occurred_at=occurred_at,
            received_at=received_at,
        )


def check_unit_code(unit_code: str, district: District) -> None:
    """Refuse a street or town that the district pack does not know: E_FORMAT."""
    if not district.knows_unit(unit_code):
        raise Refusal(
            ErrorCode.FORMAT,
            "refusal.incidents.unit_unknown",
            field="unit_code",
            clause="RULES-9",
            unit_code=unit_code,
        )


def check_registration(facts: RegistrationFacts, district: District, now_ms: int) -> None:
    """Check a registration and raise the first Refusal, in the order an officer fills the form.

    E_REQUIRED: received_at, class (pending counts), one of place, point, unit_code; blanks count as empty
    (D-37). E_TIME: received_at or occurred_at ahead of now, or far back and not confirmed (D-26); occurred_at after
    received_at (RP-02). E_FORMAT: unknown unit_code, point outside the district and not confirmed. E_RANGE:
    place of more than 200 characters, point, alarm grade.
    """
    received_at = _check_required(facts)
    check_place(facts.place)
    check_event_time(
        received_at,
        now_ms,
        field="received_at",
        late_confirmed=facts.late_confirmed,
        tolerance_s=district.seconds(RuleKey.FUTURE_TOLERANCE),
        late_window_s=district.seconds(RuleKey.LATE_ENTRY_WINDOW),
    )
    check_order(facts.occurred_at, received_at)
    if facts.occurred_at is not None:
        check_event_time(
            facts.occurred_at,
            now_ms,
            field="occurred_at",
            late_confirmed=facts.late_confirmed,
            tolerance_s=district.seconds(RuleKey.FUTURE_TOLERANCE),
            late_window_s=district.seconds(RuleKey.LATE_ENTRY_WINDOW),
        )
    if facts.unit_code is not None and not is_blank(facts.unit_code):
        check_unit_code(facts.unit_code, district)
    if facts.lon is not None and facts.lat is not None:
        check_point(facts.lon, facts.lat, district.box, outside_confirmed=facts.outside_confirmed)
    if facts.alarm_grade is not None:
        check_grade(facts.alarm_grade, alarm_kind(facts.type_code))
