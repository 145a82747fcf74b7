"""Incident classes and the special headquarters behind them (RC-01)."""

from __future__ import annotations

from app.kernel.clock import SECOND_MS
from app.kernel.enums import IncidentClass

PENDING_LIMIT_S = 600


def class_overdue(
    incident_class: IncidentClass, registered_at: int, now_ms: int, limit_s: int = PENDING_LIMIT_S
) -> bool:
    """True once a class has been pending for more than `limit_s` seconds (RC-01: at most 10 min)."""
    return incident_class is IncidentClass.PENDING and now_ms - registered_at > limit_s * SECOND_MS


def special_hq_key(incident_class: IncidentClass) -> str | None:
    """Text key of the special headquarters in charge of a class (RC-01); None while it is pending."""
    if incident_class is IncidentClass.PENDING:
        return None
    return f"special_hq.{incident_class.value}"
