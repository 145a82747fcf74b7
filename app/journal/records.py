"""What the projector keeps of each record: the heads of its registers and who made it."""

from __future__ import annotations

import sqlite3

from app.journal.operation import pack, unpack


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
        record = cls(entity, entity_id)
        row = connection.execute(
            "SELECT state FROM record WHERE entity = ? AND entity_id = ?", (entity, entity_id)
        ).fetchone()
        if row is not None:
            state = unpack(row[0])
            for digest, fields in state["h"]:
                for name in fields:
                    record.heads.setdefault(name, []).append(digest)
            record.births = [(digest, agency) for digest, agency in state["b"]]
            record.marks = set(state["m"])
        return record

    def save(self, connection: sqlite3.Connection) -> None:
        """Write the record back; fields with the same head share one entry."""
        by_head: dict[bytes, list[str]] = {}
        for name in sorted(self.heads):
            for digest in self.heads[name]:
                by_head.setdefault(digest, []).append(name)
        state = {
            "h": [[digest, fields] for digest, fields in sorted(by_head.items())],
            "b": sorted(list(birth) for birth in self.births),
            "m": sorted(self.marks),
        }
        connection.execute(
            "INSERT INTO record (entity, entity_id, state) VALUES (?, ?, ?)"
            " ON CONFLICT (entity, entity_id) DO UPDATE SET state = excluded.state",
            (self.entity, self.entity_id, pack(state)),
        )

    @property
    def born_agency(self) -> str | None:
        """Agency of the record's maker; among several births the lowest hash, the same everywhere."""
        return min(self.births)[1] if self.births else None
