"""Types of values: what the columns of a field can hold."""

from __future__ import annotations

import math

from sqlalchemy import Float, Integer, String
from sqlalchemy.types import TypeEngine

from app.journal.operation import INT64
from db.fields import Field


def fits(field: Field, value: object) -> bool:
    """True if a value has the types of the field's columns (a list in their order when there are several)."""
    kinds = field.columns.values()
    if len(kinds) == 1:
        return _fits(next(iter(kinds)), value)
    if not isinstance(value, list) or len(value) != len(kinds):
        return False
    return all(_fits(kind, each) for kind, each in zip(kinds, value, strict=True))


def simple_type(field: Field) -> type | None:
    """The one type besides None that a field of one column takes whatever its value; None where values must be looked at."""
    kinds = list(field.columns.values())
    if len(kinds) != 1:
        return None
    return str if isinstance(kinds[0], String) else int if isinstance(kinds[0], Integer) else None


def _fits(kind: TypeEngine[object], value: object) -> bool:
    if value is None:
        return True
    if isinstance(value, str):
        return isinstance(kind, String)
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return isinstance(kind, (Integer, Float)) and -INT64 <= value < INT64
    return isinstance(kind, Float) and isinstance(value, float) and math.isfinite(value)
