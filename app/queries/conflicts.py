"""Open disagreements of all records, as work for a person: which record, which field, what stands against each other (D-19).

Every list here follows from the shared state alone and stands in one order, so that both consoles show the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import func, or_, select

from app.domain.casualties import statement_of
from app.domain.figures import FIGURES
from app.queries import incidents
from app.queries.incidents import ConflictRow
from app.queries.reading import Connection
from app.queries.titles import title_of
from db.fields import Merge
from db.sql import sql, with_values
from db.tables import ENTITIES
from db.tables.journal import CONFLICT

# Columns that name a record to an officer; of what hangs on an incident also the incident.
_NAMED = {
    "alarm_unit": ("unit",),
    "account": ("title",),
    "vehicle": ("call_sign",),
    "site": ("label",),
    "report": ("title",),
    "watch": ("post",),
    "log_entry": ("text",),
    "rule_number": ("id",),
}
MOST = 500  # of a list for people
_NAME, _PARENT = "name", "incident_id"
_ENTITIES = sql(select(CONFLICT.c.entity).distinct())


@dataclass(frozen=True, slots=True)
class ConflictCase:
    """One field of one record that says different things; `rows` in the order of `ordered`.

    `incident_id`: the incident the record is, or hangs on; `no` and `title` name it. `name`: the record itself where it is
    none. `rule`: the field's merge rule (db/fields.py).
    """

    entity: str
    entity_id: str
    field: str
    rule: str
    incident_id: str | None
    no: str | None
    title: str
    name: str
    rows: tuple[ConflictRow, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from all others."""
        return self.entity, self.entity_id, self.field

    @property
    def written_at(self) -> int:
        """When the newest of the values was written, UTC ms."""
        return max(row.written_at for row in self.rows)


def ordered(field: str, rows: Iterable[ConflictRow]) -> tuple[ConflictRow, ...]:
    """Values in the order in which both rooms show them: figures from the smallest up, all else in the order of writing."""

    def place(row: ConflictRow) -> tuple[int, int, bytes]:
        said = statement_of(row.value) if field in FIGURES else None
        return (said.number if said is not None else 0, row.written_at, row.hash)

    return tuple(sorted(rows, key=place))


def open_count(connection: Connection) -> int:
    """How many fields stand in disagreement: as many as `open_conflicts` lists, however long that list were."""
    known = [str(entity) for (entity,) in connection.execute(_ENTITIES).fetchall()]
    return sum(
        int(connection.execute(*_counting(entity)).fetchone()[0]) for entity in known if entity in ENTITIES
    )


@lru_cache(maxsize=64)
def _counting(entity: str) -> tuple[str, dict[str, Any]]:
    """Statement that counts what a person can decide of one kind: known fields of records that were not withdrawn."""
    schema = ENTITIES[entity]
    known = or_(*(CONFLICT.c.field == name for name in sorted(schema.fields)))
    each = select(CONFLICT.c.entity_id, CONFLICT.c.field).where(CONFLICT.c.entity == entity, known)
    fields = each.distinct().subquery()
    table = schema.table
    rows = fields.outerjoin(table, table.c.id == fields.c.entity_id)
    left = func.coalesce(table.c.retracted, 0) == 0
    return with_values(select(func.count()).select_from(rows).where(left))


def conflicts_of(connection: Connection, entity: str, entity_id: str) -> list[ConflictRow]:
    """Values in conflict of one record, field by field, each field's in the order of `ordered`."""
    found: dict[str, list[ConflictRow]] = {}
    for row in incidents.conflicts_of(connection, entity, entity_id):
        found.setdefault(row.field, []).append(row)
    return [row for field, rows in found.items() for row in ordered(field, rows)]


def open_conflicts(connection: Connection, limit: int = MOST) -> list[ConflictCase]:
    """The newest of them first; what was withdrawn needs no decision any more."""
    found: dict[tuple[str, str, str], list[ConflictRow]] = {}
    for row in incidents.conflicts(connection):
        found.setdefault((row.entity, row.entity_id, row.field), []).append(row)
    newest = sorted(found, key=lambda key: (-max(row.written_at for row in found[key]), key))
    cases = (_case(connection, *key, found[key]) for key in newest)
    return list(islice((case for case in cases if case is not None), limit))


def _case(
    connection: Connection, entity: str, entity_id: str, field: str, rows: list[ConflictRow]
) -> ConflictCase | None:
    schema = ENTITIES.get(entity)
    if schema is None or field not in schema.fields:
        return None
    wanted = [
        name for name in (*_NAMED.get(entity, (_NAME,)), _PARENT, "retracted") if name in schema.table.c
    ]
    statement = select(*(schema.table.c[name] for name in wanted)).where(schema.table.c.id == entity_id)
    row = connection.execute(sql(statement), {"id_1": entity_id}).fetchone()
    known: dict[str, Any] = dict(zip(wanted, row, strict=True)) if row is not None else {}
    if known.get("retracted"):
        return None
    incident_id = entity_id if entity == "incident" else known.get(_PARENT)
    incident = incidents.incident(connection, incident_id) if incident_id else None
    names = [known.get(name) for name in _NAMED.get(entity, (_NAME,))]
    return ConflictCase(
        entity,
        entity_id,
        field,
        schema.fields[field].merge.value,
        incident_id if incident is not None else None,
        incident.no if incident is not None else None,
        title_of(incident.place, incident.what) or "" if incident is not None else "",
        "" if entity == "incident" else next((str(name) for name in names if name), entity_id),
        ordered(field, rows),
    )


def is_cautious(case: ConflictCase) -> bool:
    """True where the more cautious of the values is shown until a person has decided (status machines)."""
    return case.rule == Merge.STATUS.value
