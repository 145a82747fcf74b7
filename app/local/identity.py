"""Who this workstation is, written once at the first start."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass, fields
from functools import lru_cache


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


# Read before the first paint, and so without Core (see _statements for the writing).
_SELECT = "SELECT " + ", ".join(field.name for field in fields(SelfRow)) + " FROM self"  # nosec B608


@lru_cache(maxsize=1)
def _statements() -> tuple[str, str]:
    """SQL texts that drop and write the row; the import is late because reading must be possible without Core."""
    from db.sql import sql
    from db.tables.local import SELF

    return sql(SELF.delete()), sql(SELF.insert())


def write_self(connection: sqlite3.Connection, row: SelfRow) -> None:
    """Write the one row; sqlite3.IntegrityError when there is one."""
    connection.execute(_statements()[1], {"one": 1, **asdict(row)})


def replace_self(connection: sqlite3.Connection, row: SelfRow) -> None:
    """A restored database goes on as a new site."""
    connection.execute(_statements()[0])
    write_self(connection, row)


def read_self(connection: sqlite3.Connection) -> SelfRow | None:
    """The one row, or None before the first start is complete."""
    found = connection.execute(_SELECT).fetchone()
    return SelfRow(*found) if found else None
