"""Rule numbers changed from the pack's defaults (D-31)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import select

from app.queries.reading import columns_of, read
from db.tables.settings import RULE_NUMBER


@dataclass(frozen=True, slots=True)
class RuleNumberRow:
    """One changed number, in the unit of its rule."""

    id: str
    value: int | None


_ALL = select(*(RULE_NUMBER.table.c[name] for name in columns_of(RuleNumberRow))).order_by(
    RULE_NUMBER.table.c.id
)


def rule_numbers(connection: sqlite3.Connection) -> list[RuleNumberRow]:
    """All changed numbers."""
    return read(connection, RuleNumberRow, _ALL)
