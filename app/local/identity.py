"""Who this workstation is, written once at the first start."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass, fields

from sqlalchemy import delete, insert, select

from db.sql import sql
from db.tables.local import SELF


@dataclass(frozen=True)
class SelfRow:
    """Realm, district, agency, site, series letter, recovery key (32 bytes), machine account, made at (UTC ms)."""

    realm: str
    district: str
    agency: str
    site: str
    letter: str
    recovery_key: bytes
    console_account: str
    made_at: int


_INSERT = sql(insert(SELF))
_DELETE = sql(delete(SELF))
_SELECT = sql(select(*(SELF.c[field.name] for field in fields(SelfRow))))


def write_self(connection: sqlite3.Connection, row: SelfRow) -> None:
    """Write the one row; sqlite3.IntegrityError when there is one."""
    connection.execute(_INSERT, {"one": 1, **asdict(row)})


def replace_self(connection: sqlite3.Connection, row: SelfRow) -> None:
    """A restored database goes on as a new site."""
    connection.execute(_DELETE)
    write_self(connection, row)


def read_self(connection: sqlite3.Connection) -> SelfRow | None:
    """The one row, or None before the first start is complete."""
    found = connection.execute(_SELECT).fetchone()
    return SelfRow(*found) if found else None
