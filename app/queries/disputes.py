"""What the board says of disagreements: field and values (D-19). Light: the first paint needs it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from db.given import ID, packed


@dataclass(frozen=True, slots=True)
class Disputed:
    """A field with the values that stand against each other; of a casualty figure its numbers (D-19)."""

    field: str
    values: tuple[Any, ...]
    figure: bool = False


def disputes(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, tuple[Disputed, ...]]:
    """Fields of these incidents in disagreement, by incident."""
    if not ids:
        return {}
    sql = (
        "SELECT c.entity_id, c.field, c.value"  # nosec B608
        " FROM json_each(:ids) j CROSS JOIN conflict c"
        f" ON c.entity = 'incident' AND c.entity_id = {ID} ORDER BY c.entity_id, c.field, c.written_at, c.hash"
    )
    found: dict[str, dict[str, list[Any]]] = {}
    cursor = connection.cursor()
    cursor.row_factory = None
    for entity_id, name, value in cursor.execute(sql, {"ids": packed(ids)}):
        found.setdefault(entity_id, {}).setdefault(name, []).append(_decoded(value))
    return {
        entity_id: tuple(_disputed(name, values) for name, values in fields.items())
        for entity_id, fields in found.items()
    }


def _disputed(name: str, values: list[Any]) -> Disputed:
    """Of a casualty figure only its numbers, the smaller first: the same in both rooms (D-19)."""
    from app.domain.casualties import numbers, statement_of  # noqa: PLC0415 - as above
    from app.domain.figures import FIGURES  # noqa: PLC0415

    if name not in FIGURES:
        return Disputed(name, tuple(values))
    said = [each for value in values if (each := statement_of(value)) is not None]
    return Disputed(name, numbers(said), figure=True)


def _decoded(value: bytes) -> Any:
    import msgspec  # noqa: PLC0415 - most boards have no conflict at their first paint

    return msgspec.msgpack.decode(value)
