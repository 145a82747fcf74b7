"""Rule numbers changed from the pack's defaults (D-31)."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.domain.rule_numbers import RuleKey, RuleNumber
from app.kernel.errors import Refusal
from app.queries.reading import columns_of, read
from db.tables.settings import RULE_NUMBER

log = logging.getLogger(__name__)


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


def in_force(connection: sqlite3.Connection, pack: Mapping[RuleKey, RuleNumber]) -> dict[RuleKey, RuleNumber]:
    """The pack's numbers with what this district has changed (D-31).

    A number that does not fit its rule (another version wrote it) is not used: one bad row must not stop all acts.
    """
    rules = dict(pack)
    for row in rule_numbers(connection):
        if row.value is None or row.id not in set(RuleKey):
            continue
        try:
            rules[RuleKey(row.id)] = rules[RuleKey(row.id)].changed_to(row.value)
        except Refusal:
            log.warning("rule number %s does not fit and is not used", row.id)
    return rules
