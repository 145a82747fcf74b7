"""The shared state as the real tables hold it, in the shape of the oracle's; and every projected row, for comparing rebuilds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.journal.operation import unpack
from app.journal.records import Record
from db.fields import ROW_NUMBER, Field, Merge
from db.tables.journal import PROJECTED
from tests.simulation import schema
from tests.simulation.world import Station

State = dict[str, dict[Any, Any]]


def observe(station: Station) -> State:
    """Read the whole shared state from the database."""
    return _Reader(station).state()


def projected_rows(station: Station) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables that follow from the journal, and the chains; without the numbers rows have in this file alone."""
    names = (
        [table.name for table in PROJECTED]
        + [entity.table.name for entity in schema.ENTITIES.values()]
        + ["chain"]
    )
    return {name: sorted(_rows(station, name), key=repr) for name in names}


def _rows(station: Station, table: str) -> Iterator[tuple[Any, ...]]:
    cursor = station.connection.execute(f"SELECT * FROM {table}")
    names = [part[0] for part in cursor.description]
    kept = [place for place, name in enumerate(names) if name != ROW_NUMBER or "id" not in names]
    return (tuple(row[place] for place in kept) for row in cursor)


class _Reader:
    def __init__(self, station: Station) -> None:
        self._station, self._db = station, station.connection
        self._records = [
            Record.load(self._db, entity, entity_id)
            for entity, entity_id in self._db.execute(
                "SELECT entity, entity_id FROM record ORDER BY entity, entity_id"
            )
        ]
        self._rows = {(r.entity, r.entity_id): station.row(r.entity_id, r.entity) for r in self._records}

    def state(self) -> State:
        rows = self._db.execute
        return {
            "registers": self._registers(),
            "conflicts": self._conflicts(),
            "extremes": self._extremes(),
            "sets": self._sets(),
            "births": {
                (r.entity, r.entity_id): agency
                for r in self._records
                if (agency := self._rows[r.entity, r.entity_id]["born_agency"]) is not None
            },
            "retracted": {
                (r.entity, r.entity_id): bool(self._rows[r.entity, r.entity_id]["retracted"])
                for r in self._records
            },
            "approvals": {digest: not stale for digest, stale in rows("SELECT hash, stale FROM approval")},
            "stock": self._stock(),
            "derived": self._derived(),
            "texts": self._texts(),
            "owners": self._owners(),
            "accounts": {
                row[0]: row[1:]
                for row in rows(
                    "SELECT id, agency, roles, state FROM account WHERE state IN ('active', 'revoked')"
                )
            },
            "sites": {
                row[0]: row[1:]
                for row in rows("SELECT id, agency, state, last_seq FROM site WHERE agency IS NOT NULL")
            },
            "quarantine": dict(rows("SELECT hash, reason FROM quarantine")),
            "flags": dict.fromkeys(rows("SELECT kind, hash, about FROM flag")),
        }

    def _shown(self, record: Record, field: Field) -> Any:
        row = self._rows[record.entity, record.entity_id]
        values = [row[column] for column in field.columns]
        return values if len(values) > 1 else values[0]

    def _registers(self) -> dict[Any, Any]:
        out = {}
        for record in self._records:
            for name, heads in record.heads.items():
                if heads:
                    field = schema.ENTITIES[record.entity].fields[name]
                    out[record.entity, record.entity_id, name] = (
                        self._shown(record, field),
                        tuple(sorted(heads)),
                    )
        return out

    def _conflicts(self) -> dict[Any, Any]:
        out: dict[Any, Any] = {}
        sql = "SELECT entity, entity_id, field, hash, value, agency, actor, shown FROM conflict"
        for entity, entity_id, field, digest, value, agency, actor, shown in self._db.execute(sql):
            entry = (unpack(value), agency, actor, bool(shown))
            out.setdefault((entity, entity_id, field), {})[digest] = entry
        return out

    def _extremes(self) -> dict[Any, Any]:
        out: dict[Any, Any] = {}
        sql = "SELECT entity, entity_id, field, hash, value, struck FROM entry"
        for entity, entity_id, name, digest, value, struck in self._db.execute(sql):
            field = schema.ENTITIES[entity].fields[name]
            assert field.merge in (Merge.MAX, Merge.MIN)
            shown = self._rows[entity, entity_id][name]
            out.setdefault((entity, entity_id, name), (shown, {}))[1][digest] = (value, bool(struck))
        return out

    def _sets(self) -> dict[Any, Any]:
        out: dict[Any, Any] = {}
        for record in self._records:
            out[record.entity] = (*out.get(record.entity, ()), record.entity_id)
        return out

    def _derived(self) -> dict[Any, Any]:
        """Columns that follow from rows: clocks, levels, readiness."""
        return {
            (r.entity, r.entity_id): tuple(self._rows[r.entity, r.entity_id][name] for name in derived)
            for r in self._records
            if (derived := schema.ENTITIES[r.entity].derived)
        }

    def _texts(self) -> dict[Any, Any]:
        """Long texts as their rows show them, with the versions that approvals bind."""
        found = self._db.execute(
            "SELECT entity, entity_id, field, version FROM text_state WHERE version IS NOT NULL"
        )
        return {
            (entity, entity_id, name): (self._rows[entity, entity_id][name], version)
            for entity, entity_id, name, version in found
        }

    def _stock(self) -> dict[Any, Any]:
        state = self._station.journal.state
        items = [row[0] for row in self._db.execute("SELECT DISTINCT item FROM stock")]
        sites = [row[0] for row in self._db.execute("SELECT id FROM site WHERE agency IS NOT NULL")]
        heirs = state.heirs(None)
        return {(item, site): state.stock.share(item, site, None, heirs) for item in items for site in sites}

    def _owners(self) -> dict[Any, Any]:
        out = {}
        for key, body in self._db.execute("SELECT key, body FROM fact WHERE verb = 'own'"):
            _, entity, entity_id, field = key.split("\x1f")
            out[entity, entity_id, field] = unpack(body)["to"]
        return out
