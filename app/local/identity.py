"""Who this workstation is, written once at the first start."""

from __future__ import annotations

import sqlite3
from dataclasses import astuple, dataclass, fields


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


_NAMES = ", ".join(field.name for field in fields(SelfRow))


def write_self(connection: sqlite3.Connection, row: SelfRow) -> None:
    """Write the one row; sqlite3.IntegrityError when there is one."""
    marks = ", ".join("?" * len(fields(SelfRow)))
    connection.execute(f"INSERT INTO self (one, {_NAMES}) VALUES (1, {marks})", astuple(row))


def replace_self(connection: sqlite3.Connection, row: SelfRow) -> None:
    """A restored database goes on as a new site."""
    connection.execute("DELETE FROM self")
    write_self(connection, row)


def read_self(connection: sqlite3.Connection) -> SelfRow | None:
    """The one row, or None before the first start is complete."""
    found = connection.execute(f"SELECT {_NAMES} FROM self").fetchone()
    return SelfRow(*found) if found else None
