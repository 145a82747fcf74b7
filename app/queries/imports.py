"""Imports of files into registers."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from app.queries.reading import columns_of, read, read_one
from db.tables import ENTITIES
from db.tables.imports import IMPORT_BATCH


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import; state begun | finished | undone, moments in UTC ms."""

    id: str
    entity: str | None
    file_name: str | None
    file_hash: str | None
    last_line: int | None
    site: str | None
    begun_at: int | None
    account_id: str | None
    state: str | None
    accepted: int | None
    rejected: int | None
    born_agency: str | None


_C = IMPORT_BATCH.table.c
_IMPORT = select(*(_C[name] for name in columns_of(ImportRow)))
_ALL = _IMPORT.order_by(_C.begun_at.desc(), _C.id)
_ONE = _IMPORT.where(_C.id == bindparam("id"))
_OF_FILE = _IMPORT.where(_C.file_hash == bindparam("file_hash")).order_by(_C.begun_at)
_BEGUN = _IMPORT.where(_C.site == bindparam("site"), _C.state == "begun")


def imports(connection: sqlite3.Connection) -> list[ImportRow]:
    """All imports, newest first."""
    return read(connection, ImportRow, _ALL)


def import_batch(connection: sqlite3.Connection, batch_id: str) -> ImportRow | None:
    """One import by id."""
    return read_one(connection, ImportRow, _ONE, id=batch_id)


def imports_of_file(connection: sqlite3.Connection, file_hash: str) -> list[ImportRow]:
    """Imports of a file by the hash of its bytes."""
    return read(connection, ImportRow, _OF_FILE, file_hash=file_hash)


def interrupted(connection: sqlite3.Connection, site: str) -> list[ImportRow]:
    """Imports of a site that were begun and neither finished nor undone."""
    return read(connection, ImportRow, _BEGUN, site=site)


def standing_records(connection: sqlite3.Connection, entity: str, ids: list[str]) -> list[str]:
    """Those of these records that are not retracted, in the order given."""
    table = ENTITIES[entity].table.name
    marks = ", ".join("?" * len(ids))
    rows = connection.execute(f"SELECT id FROM {table} WHERE id IN ({marks}) AND retracted = 0", ids)  # nosec B608
    here = {row[0] for row in rows}
    return [entity_id for entity_id in ids if entity_id in here]


Identity = tuple[str, str | None, str | None, str | None, float | None, float | None]
"""(id, number, name, address, longitude, latitude) of a record."""


def standing_identities(connection: sqlite3.Connection, entity: str, agency: str) -> list[Identity]:
    """What records of an agency (shelter | point) are told apart by; those that were retracted are gone."""
    table = ENTITIES[entity].table.name
    code = "code" if entity == "shelter" else "NULL"
    sql = f"SELECT id, {code}, name, address, lon, lat FROM {table} WHERE retracted = 0 AND born_agency = ?"  # nosec B608
    cursor = connection.cursor()
    cursor.row_factory = None
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in cursor.execute(sql, (agency,))]
