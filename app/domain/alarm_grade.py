"""Alarm grades of the fire side: fire 1-5, rescue 1-4, only ever raised (RC-16, RULES part 6)."""

from __future__ import annotations

from enum import StrEnum

from app.kernel.errors import ErrorCode, Refusal


class AlarmKind(StrEnum):
    """Fire alarms and rescue alarms are graded on different scales."""

    FIRE = "fire"
    RESCUE = "rescue"


class GradeColour(StrEnum):
    """Colours of the grades, from the lowest to the highest."""

    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


_COLOURS = {AlarmKind.FIRE: tuple(GradeColour), AlarmKind.RESCUE: tuple(GradeColour)[1:]}
_FIRE_TYPE = "fire"


def alarm_kind(type_code: str | None) -> AlarmKind | None:
    """Scale of a type of incident: fires on the fire scale, everything else is rescue, no type -> None."""
    if not type_code:
        return None
    return AlarmKind.FIRE if type_code == _FIRE_TYPE else AlarmKind.RESCUE


def highest(kind: AlarmKind | None) -> int:
    """Highest grade of a scale; while the kind is not known, the wider scale holds."""
    return len(_COLOURS[kind or AlarmKind.FIRE])


def check_grade(grade: int, kind: AlarmKind | None) -> None:
    """Refuse a grade outside its scale, or one that is no whole number: E_RANGE (RC-16)."""
    top = highest(kind)
    if isinstance(grade, bool) or not isinstance(grade, int) or not 1 <= grade <= top:
        raise Refusal(
            ErrorCode.RANGE, "refusal.alarm_grade.range", field="alarm_grade", clause="RC-16", highest=top
        )


def check_raise(current: int | None, to: int, kind: AlarmKind | None) -> None:
    """Check that a grade goes up (RC-16).

    Raises Refusal E_RANGE outside the scale, E_MONO when it would be lowered, and E_STATE when the incident
    already stands at this grade: that is no wrong act, only one with nothing left to do.
    """
    check_grade(to, kind)
    if current is None:
        return
    if to < current:
        raise Refusal(
            ErrorCode.MONO,
            "refusal.alarm_grade.lowered",
            field="alarm_grade",
            clause="RC-16",
            current=current,
            to=to,
        )
    if to == current:
        raise Refusal(
            ErrorCode.STATE, "refusal.alarm_grade.same", field="alarm_grade", clause="RC-16", current=current
        )


def check_type(grade: int, kind: AlarmKind | None, *, field: str = "type_code") -> None:
    """Refuse a type on whose scale the grade an incident already has does not stand: E_RANGE (RC-16)."""
    top = highest(kind)
    if grade > top:
        raise Refusal(
            ErrorCode.RANGE,
            "refusal.alarm_grade.type",
            field=field,
            clause="RC-16",
            current=grade,
            highest=top,
        )


def grade_colour(grade: int, kind: AlarmKind) -> GradeColour:
    """Colour of a grade (RULES part 6): fire green to red, rescue blue to red. Refusal E_RANGE outside."""
    check_grade(grade, kind)
    return _COLOURS[kind][grade - 1]
