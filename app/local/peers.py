"""Peers whose identity file was compared by telephone and confirmed on this side."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True)
class PeerRow:
    """A confirmed peer: site, agency, name, identity file as read, address host:port or empty, confirmed at (UTC ms)."""

    site: str
    agency: str
    name: str
    identity: bytes
    address: str
    confirmed_at: int


def confirm_peer(connection: sqlite3.Connection, row: PeerRow) -> None:
    """Store or replace a confirmed peer."""
    connection.execute(
        "INSERT INTO peer (site, agency, name, identity, address, confirmed_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (site) DO UPDATE SET identity = excluded.identity, address = excluded.address,"
        " confirmed_at = excluded.confirmed_at, name = excluded.name",
        (row.site, row.agency, row.name, row.identity, row.address, row.confirmed_at),
    )


def forget_peer(connection: sqlite3.Connection, site: str) -> bool:
    """Remove a peer here; True if it was there. (Not a revocation: a peer may always be met again.)"""
    return connection.execute("DELETE FROM peer WHERE site = ?", (site,)).rowcount > 0


def set_address(connection: sqlite3.Connection, site: str, address: str) -> bool:
    """Change where a peer is dialled; True if it is known."""
    return connection.execute("UPDATE peer SET address = ? WHERE site = ?", (address, site)).rowcount > 0


def peers(connection: sqlite3.Connection) -> list[PeerRow]:
    """All confirmed peers."""
    rows = connection.execute(
        "SELECT site, agency, name, identity, address, confirmed_at FROM peer ORDER BY agency, site"
    )
    return [PeerRow(*row) for row in rows]
