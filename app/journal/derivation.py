"""Running derivers at the end of a database transaction: whose derived columns must be computed again, and doing it.

A deriver is a pure function of rows. One that fails (a bug, met through what another program wrote) leaves the derived
columns of that one record empty, the same everywhere, and stops nothing.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.journal.bugs import is_bug
from app.journal.state import State
from db.fields import Entity

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Deriver:
    """How derived columns follow from the rows of one entity.

    `compute` fills the derived columns of records of this entity; `parent` (column, entity) names the record whose derived
    columns follow from this one.
    """

    compute: Callable[[State, frozenset[str]], None] | None = None
    parent: tuple[str, str] | None = None


class Derivation:
    """What must be derived anew after the transactions at hand."""

    def __init__(self, state: State, derivers: Mapping[str, Deriver]) -> None:
        self._s, self._derivers = state, derivers
        self._left: set[tuple[str, str]] = set()

    def before_write(self, entity: Entity, entity_id: str) -> None:
        """Note the parent that a row is about to leave: it must be derived anew as well."""
        deriver = self._derivers.get(entity.name)
        if deriver is not None and deriver.parent is not None:
            if self._s.pending.waits(entity.name, entity_id):
                self._s.pending.flush()
            self._left.update(self._parents(entity.name, [entity_id], deriver.parent))

    def _parents(
        self, name: str, ids: list[str] | frozenset[str], parent: tuple[str, str]
    ) -> list[tuple[str, str]]:
        column, entity = parent
        found = [
            self._s.connection.execute(f"SELECT {column} FROM {name} WHERE id = ?", (each,)).fetchone()  # nosec B608
            for each in ids
        ]
        return [(entity, row[0]) for row in found if row is not None and isinstance(row[0], str)]

    def run(self, touched: Mapping[str, frozenset[str]]) -> set[tuple[str, str]]:
        """Derive after the end of the transactions; returns further records this touched."""
        further, self._left = self._left, set()
        for name, deriver in self._derivers.items():
            if deriver.parent is not None and name in touched:
                further |= set(self._parents(name, touched[name], deriver.parent))
        for name, deriver in self._derivers.items():
            ids = touched.get(name, frozenset()) | {each for entity, each in further if entity == name}
            if deriver.compute is not None and ids:
                self._compute(name, deriver.compute, ids)
        return further

    def _compute(
        self, name: str, compute: Callable[[State, frozenset[str]], None], ids: frozenset[str]
    ) -> None:
        try:
            self._guarded(compute, ids)
        except Exception as bug:
            if not is_bug(bug):
                raise
            for each in sorted(ids):
                self._compute_one(name, compute, each)

    def _compute_one(
        self, name: str, compute: Callable[[State, frozenset[str]], None], entity_id: str
    ) -> None:
        try:
            self._guarded(compute, frozenset({entity_id}))
        except Exception as bug:
            if not is_bug(bug):
                raise
            log.exception("derived columns of a record cannot be computed: %s %s", name, entity_id)
            columns = ", ".join(f"{column} = NULL" for column in self._s.policy.entities[name].derived)
            self._s.connection.execute(f"UPDATE {name} SET {columns} WHERE id = ?", (entity_id,))  # nosec B608

    def _guarded(self, compute: Callable[[State, frozenset[str]], None], ids: frozenset[str]) -> None:
        """Compute; on failure the rows are as before."""
        connection: sqlite3.Connection = self._s.connection
        connection.execute("SAVEPOINT derive")
        try:
            compute(self._s, ids)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK TO derive")
                connection.execute("RELEASE derive")
            raise
        connection.execute("RELEASE derive")
