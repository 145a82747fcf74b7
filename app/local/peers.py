"""Peers whose identity file was compared by telephone and confirmed on this side."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass, fields

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from db.sql import sql
from db.tables.local import PEER


@dataclass(frozen=True)
class PeerRow:
    """A confirmed peer: site, agency, name, identity file as read, address host:port or empty, confirmed at (UTC ms)."""

    site: str
    agency: str
    name: str
    identity: bytes
    address: str
    confirmed_at: int


_C = PEER.c
_NAMES = [field.name for field in fields(PeerRow)]
_NEW = insert(PEER).values({name: bindparam(name) for name in _NAMES})
_CONFIRM = sql(
    _NEW.on_conflict_do_update(
        index_elements=[_C.site],
        set_={name: _NEW.excluded[name] for name in ("name", "identity", "address", "confirmed_at")},
    )
)
_FORGET = sql(delete(PEER).where(_C.site == bindparam("site")))
_MOVE = sql(update(PEER).where(_C.site == bindparam("of")).values(address=bindparam("address")))
_ALL = sql(select(*(_C[name] for name in _NAMES)).order_by(_C.agency, _C.site))


def confirm_peer(connection: sqlite3.Connection, row: PeerRow) -> None:
    """Store or replace a confirmed peer."""
    connection.execute(_CONFIRM, asdict(row))


def forget_peer(connection: sqlite3.Connection, site: str) -> bool:
    """Remove a peer here; True if it was there. (Not a revocation: a peer may always be met again.)"""
    return connection.execute(_FORGET, {"site": site}).rowcount > 0


def set_address(connection: sqlite3.Connection, site: str, address: str) -> bool:
    """Change where a peer is dialled; True if it is known."""
    return connection.execute(_MOVE, {"of": site, "address": address}).rowcount > 0


def peers(connection: sqlite3.Connection) -> list[PeerRow]:
    """All confirmed peers."""
    return [PeerRow(*row) for row in connection.execute(_ALL)]
