"""Types of alarms this version knows (IS-01); any other code is kept as it came and flagged, never dropped."""

from __future__ import annotations

from enum import StrEnum

from app.kernel.enums import IncidentClass


class AlarmType(StrEnum):
    """Types of alarms of the 119 system."""

    FIRE = "fire"
    RESCUE = "rescue"
    TRAFFIC = "traffic"
    MEDICAL = "medical"
    AUTOMATIC = "automatic"
    HAZMAT = "hazmat"
    GAS_LEAK = "gas_leak"
    ELEVATOR = "elevator"
    COLLAPSE = "collapse"
    SERVICE = "service"
    OTHER = "other"


def is_known(type_code: str | None) -> bool:
    """True for a type this version knows; a missing one is not unknown."""
    return type_code is None or type_code in set(AlarmType)


def class_of(type_code: str | None) -> IncidentClass:
    """Class an alarm begins with (RC-01): accident for what the fire side is called to, pending while the type is unknown."""
    if type_code is None or not is_known(type_code):
        return IncidentClass.PENDING
    return IncidentClass.PUBLIC_HEALTH if type_code == AlarmType.MEDICAL else IncidentClass.ACCIDENT
