"""What the projector keeps of each record: the heads of its registers and who made it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from app.journal.operation import pack, unpack

_TOGETHER = 4  # fewer are read one by one
_CHUNK = 64  # ids of one reading; always as many, so that it is one statement
# Ids are bound, never quoted in JSON: SQLite ends a JSON string at U+0000, and ids are whatever a peer wrote.
_FETCH = f"SELECT entity_id, state FROM record WHERE entity = ? AND entity_id IN ({', '.join('?' * _CHUNK)})"  # nosec B608


class Record:
    """Heads per field (operation hashes) and births (hash, agency) of one record."""

    __slots__ = ("births", "entity", "entity_id", "heads", "marks")

    def __init__(self, entity: str, entity_id: str) -> None:
        self.entity, self.entity_id = entity, entity_id
        self.heads: dict[str, list[bytes]] = {}
        self.births: list[tuple[bytes, str]] = []
        self.marks: set[str] = (
            set()
        )  # "approved", "retracted", "conflict:…", "struck:…": further tables speak of it

    @classmethod
    def load(cls, connection: sqlite3.Connection, entity: str, entity_id: str) -> Record:
        """Read a record, empty when it is not there yet."""
        row = connection.execute(
            "SELECT state FROM record WHERE entity = ? AND entity_id = ?", (entity, entity_id)
        ).fetchone()
        return cls(entity, entity_id) if row is None else cls.unpacked(entity, entity_id, row[0])

    @classmethod
    def unpacked(cls, entity: str, entity_id: str, packed: bytes) -> Record:
        """A record from what is kept of it."""
        record, state = cls(entity, entity_id), unpack(packed)
        for digest, fields in state["h"]:
            for name in fields:
                record.heads.setdefault(name, []).append(digest)
        record.births = [(digest, agency) for digest, agency in state["b"]]
        record.marks = set(state["m"])
        return record

    def packed(self) -> bytes:
        """What is kept of the record; fields with the same head share one entry."""
        heads = list(self.heads.values())
        if heads and len(heads[0]) == 1 and not self.marks and heads.count(heads[0]) == len(heads):
            births = sorted(list(birth) for birth in self.births)  # one act wrote all of it: most records
            return pack({"h": [[heads[0][0], sorted(self.heads)]], "b": births, "m": []})
        by_head: dict[bytes, list[str]] = {}
        for name in sorted(self.heads):
            for digest in self.heads[name]:
                by_head.setdefault(digest, []).append(name)
        state = {
            "h": [[digest, fields] for digest, fields in sorted(by_head.items())],
            "b": sorted(list(birth) for birth in self.births),
            "m": sorted(self.marks),
        }
        return pack(state)

    @property
    def born_agency(self) -> str | None:
        """Agency of the record's maker; among several births the lowest hash, the same everywhere."""
        return min(self.births)[1] if self.births else None


class Records:
    """Records at hand: read once, written back together (`flush`), forgotten at the end of a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], Record] = {}
        self._changed: dict[tuple[str, str], Record] = {}

    def get(self, entity: str, entity_id: str) -> Record:
        """A record with what earlier operations of this transaction did to it, empty when it is not there yet."""
        key = (entity, entity_id)
        record = self._known.get(key)
        if record is None:
            record = Record.load(self._connection, entity, entity_id)
            self._known[key] = record
        return record

    def fetch(self, entity: str, ids: Collection[str]) -> None:
        """Read many records of an entity in one go."""
        wanted = [each for each in ids if (entity, each) not in self._known]
        if len(wanted) < _TOGETHER:
            return
        for each in wanted:
            self._known[entity, each] = Record(entity, each)
        for start in range(0, len(wanted), _CHUNK):
            ids = wanted[start : start + _CHUNK]
            ids += ids[-1:] * (_CHUNK - len(ids))
            for entity_id, packed in self._connection.execute(_FETCH, (entity, *ids)):
                self._known[entity, entity_id] = Record.unpacked(entity, entity_id, packed)

    def keep(self, record: Record) -> None:
        """A record was changed."""
        self._changed[record.entity, record.entity_id] = record

    def flush(self) -> None:
        """Write changed records back."""
        if self._changed:
            rows = [(each.entity, each.entity_id, each.packed()) for each in self._changed.values()]
            self._connection.executemany(
                "INSERT INTO record (entity, entity_id, state) VALUES (?, ?, ?)"
                " ON CONFLICT (entity, entity_id) DO UPDATE SET state = excluded.state",
                rows,
            )
            self._changed.clear()

    def forget(self) -> None:
        """The records at hand were written; they are read again when they are needed."""
        self._known.clear()
