"""Accounts with how they are used: signed in here, acts of late (CM-04: every use logged)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from app.queries.accounts import AccountRow, accounts
from db.tables.local import CREDENTIAL

LOOKED_THROUGH = (
    200_000  # newest entries of the journal: there is no index by account, and nobody reads further back
)
_MS = 16  # an hlc is milliseconds << 16 plus a counter
_C = CREDENTIAL.name


@dataclass(frozen=True, slots=True)
class AccountUse:
    """One account; `secret_here`: this workstation knows a password of it; `signed_in_at` here (UTC ms)."""

    row: AccountRow
    secret_here: bool
    signed_in_at: int | None


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act: when recorded (UTC ms), which command, in which table, on which workstation (its letter, agency)."""

    at: int
    command: str
    entity: str
    agency: str | None
    letter: str | None


def uses(connection: sqlite3.Connection) -> list[AccountUse]:
    """All accounts but those of workstations, by agency and sign-in name."""
    cursor = connection.cursor()
    cursor.row_factory = None
    known = {
        account_id: used_at
        for account_id, used_at in cursor.execute(f"SELECT account_id, last_used_at FROM {_C}")  # nosec B608
    }
    return [
        AccountUse(row, row.id in known, known.get(row.id))
        for row in accounts(connection)
        if "console" not in row.role_set
    ]


def acts(connection: sqlite3.Connection, account_id: str, limit: int = 60) -> list[ActRow]:
    """The newest acts of an account among the last LOOKED_THROUGH entries, newest first; one for each command given."""
    cursor = connection.cursor()
    cursor.row_factory = None
    rows = cursor.execute(
        "SELECT o.hlc, o.command, o.entity, s.agency, s.letter FROM op o LEFT JOIN site s ON s.id = o.site"
        " WHERE o.n > (SELECT coalesce(max(n), 0) FROM op) - :most AND o.actor = :actor AND o.seq = o.tx"
        " ORDER BY o.n DESC LIMIT :limit",
        {"most": LOOKED_THROUGH, "actor": account_id, "limit": limit},
    )
    return [ActRow(hlc >> _MS, *rest) for hlc, *rest in rows]
