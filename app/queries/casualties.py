"""Casualty figures of an incident, with verify state, source and time; all that was stated where rooms differ (IS-14, D-19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from app.domain.casualties import Statement, numbers, printable, statement_of
from app.queries.reading import Connection
from db.sql import sql
from db.tables.incidents import FIGURES, INCIDENT
from db.tables.journal import CONFLICT

_PARTS = ("", "_state", "_source", "_stated_at")
_COLUMNS = [INCIDENT.table.c[f"{name}{part}"] for name in FIGURES for part in _PARTS]
_SHOWN = sql(
    select(*_COLUMNS, INCIDENT.table.c.conflicts).where(INCIDENT.table.c.id == bindparam("incident_id"))
)
_AGAINST = sql(
    select(CONFLICT.c.field, CONFLICT.c.value)
    .where(CONFLICT.c.entity == bindparam("entity"), CONFLICT.c.entity_id == bindparam("incident_id"))
    .order_by(CONFLICT.c.field, CONFLICT.c.hash)
)


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of an incident; persons, or whole yuan. None: nobody has stated it.

    `disputed`: the rooms state it differently; then `numbers` holds the different numbers, the smaller first, and `value`,
    `verify_state`, `source` and `stated_at` are one side's alone, not to be shown by themselves (D-19). `printable`: what a
    report may print, None for "being verified".
    """

    incident_id: str
    figure: str
    value: int | None
    verify_state: str | None
    source: str | None
    stated_at: int | None
    disputed: bool
    numbers: tuple[int, ...]
    printable: int | None


def figures(connection: Connection, incident_id: str) -> list[FigureRow]:
    """All figures of an incident in the order in which they are said; empty when it is not here."""
    row = connection.execute(_SHOWN, {"incident_id": incident_id}).fetchone()
    if row is None:
        return []
    against: dict[str, list[Any]] = {}
    if row[-1]:
        found = connection.execute(_AGAINST, {"entity": INCIDENT.name, "incident_id": incident_id})
        for field, value in found:
            if field in FIGURES:
                against.setdefault(field, []).append(msgspec.msgpack.decode(value))
    wide = len(_PARTS)
    return [
        _figure(incident_id, name, list(row[wide * index : wide * (index + 1)]), against.get(name, []))
        for index, name in enumerate(FIGURES)
    ]


def _figure(incident_id: str, name: str, shown: list[Any], against: list[Any]) -> FigureRow:
    said = [each for value in against or [shown] if (each := statement_of(value)) is not None]
    value, state, source, stated_at = shown
    disputed = bool(against)
    return FigureRow(
        incident_id,
        name,
        value,
        state,
        source,
        stated_at,
        disputed,
        numbers(said),
        _printable(said, disputed),
    )


def _printable(said: list[Statement], disputed: bool) -> int | None:
    if disputed and len(said) == 1:  # the other value is no figure at all
        return None
    return printable(said)
