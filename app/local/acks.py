"""What each peer has durably projected, as far as it has said so: noted here, so that it is known after a restart too.

An ACK says "projected and committed there" (REPLICATION, Wire). What is noted may lag behind the truth, never lie above it:
what a peer says of itself with the first link after a start of its program replaces everything noted before, also downwards (a
peer that was put back); later in the same start it can only have grown, and a HELLO that says less is merely older. A noted
0 says: nothing of that chain, or another branch of it than here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from db.sql import sql
from db.tables.local import PEER_ACK

_C = PEER_ACK.c
_NAMES = ("peer", "site", "seq", "acked_at")
_NEW = insert(PEER_ACK).values({name: bindparam(name) for name in _NAMES})
_SET = sql(
    _NEW.on_conflict_do_update(
        index_elements=[_C.peer, _C.site], set_={name: _NEW.excluded[name] for name in ("seq", "acked_at")}
    )
)
_CLEAR = sql(delete(PEER_ACK))
_ALL = sql(select(_C.peer, _C.site, _C.seq))


def noted(connection: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """Peer -> site -> highest sequence number it is known to have projected."""
    found: dict[str, dict[str, int]] = {}
    for peer, site, seq in connection.execute(_ALL):
        found.setdefault(peer, {})[site] = seq
    return found


def news(known: Mapping[str, int], vector: Mapping[str, int]) -> dict[str, int]:
    """What of a vector is to be noted beside what is known: higher numbers, and 0 for a chain that the peer holds otherwise."""
    return {
        site: seq
        for site, seq in vector.items()
        if seq > known.get(site, 0) or (not seq and known.get(site, 0))
    }


def note(connection: sqlite3.Connection, changes: Mapping[str, Mapping[str, int]], at: int) -> None:
    """Set what peers have (peer -> site -> number) in one commit; `at`: UTC ms."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for peer, vector in changes.items():
            for site, seq in vector.items():
                connection.execute(_SET, {"peer": peer, "site": site, "seq": seq, "acked_at": at})
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def forget_all(connection: sqlite3.Connection) -> None:
    """A restored copy knows nothing of its peers until they speak."""
    connection.execute(_CLEAR)
