"""What moved over a link and what still waits, as an officer counts it: acts, not rows (D-38, JD-01).

An act is a transaction in the joint scope. Notes that a console writes by itself (a link that was cut, its own label) are not
counted: nobody did them, and during a cut they would make a number out of nothing. Alarms of the 119 feed are.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, bindparam, func, select

from app.kernel.enums import LogKind
from app.queries.duty import LogRow
from app.queries.reading import columns_of, read
from db.sql import with_values
from db.tables.duty import LOG_ENTRY
from db.tables.journal import OP
from db.tables.local import PEER, PEER_ACK

OWN_NOTES = ("announce_site", "note_link_state", "note_fault", "acknowledge_purge")
_MS = 16  # an hlc is milliseconds << 16 plus a counter

_ACTS = and_(OP.c.scope == "joint", *(OP.c.command != note for note in OWN_NOTES))
_NEWEST = select(OP.c.command, OP.c.hlc).where(OP.c.site == bindparam("chain"), _ACTS)
_IN, _IN_VALUES = with_values(_NEWEST.order_by(OP.c.seq.desc()).limit(1))
_OUT, _OUT_VALUES = with_values(
    _NEWEST.where(OP.c.seq <= bindparam("seq")).order_by(OP.c.seq.desc()).limit(1)
)
_WAITING, _WAITING_VALUES = with_values(
    select(func.count(OP.c.tx.distinct()), func.min(OP.c.hlc)).where(
        OP.c.site == bindparam("chain"), OP.c.seq > bindparam("seq"), _ACTS
    )
)
_PEERS, _PEERS_VALUES = with_values(
    select(PEER.c.site, PEER_ACK.c.seq).outerjoin(
        PEER_ACK, (PEER_ACK.c.peer == PEER.c.site) & (PEER_ACK.c.site == bindparam("chain"))
    )
)


_L = LOG_ENTRY.table.c
_LOG = (
    select(*(_L[name] for name in columns_of(LogRow)))
    .where(_L.kind == LogKind.LINK.value, _L.at >= bindparam("since"))
    .order_by(_L.at.desc(), _L.id.desc())
    .limit(bindparam("most"))
)


def link_log(connection: sqlite3.Connection, since: int, limit: int) -> list[LogRow]:
    """What the links did since a moment (UTC ms) as the duty logs of all rooms have it, newest first."""
    return read(connection, LogRow, _LOG, since=since, most=limit)


@dataclass(frozen=True, slots=True)
class LinkActs:
    """Of one peer: acts of ours it has not acknowledged and when the oldest was recorded (UTC ms), None when nothing is known
    of it; the newest of ours it has, and the newest of its own here: (command, recorded at), None for none.
    """

    peer: str
    waiting: int | None
    oldest_at: int | None
    last_out: tuple[str, int] | None
    last_in: tuple[str, int] | None


def link_acts(connection: sqlite3.Connection, own_site: str) -> list[LinkActs]:
    """How it stands with every peer confirmed here."""
    cursor = connection.cursor()
    cursor.row_factory = None
    found = []
    for peer, seq in cursor.execute(_PEERS, {**_PEERS_VALUES, "chain": own_site}).fetchall():
        waiting, oldest, last_out = None, None, None
        if seq is not None:
            given = {"chain": own_site, "seq": seq}
            waiting, oldest = cursor.execute(_WAITING, {**_WAITING_VALUES, **given}).fetchone()
            last_out = _act(cursor.execute(_OUT, {**_OUT_VALUES, **given}).fetchone())
        last_in = _act(cursor.execute(_IN, {**_IN_VALUES, "chain": peer}).fetchone())
        found.append(LinkActs(peer, waiting, _at(oldest), last_out, last_in))
    return found


_HEADERS = (
    "SELECT n, site, tx, scope FROM op WHERE n > :after AND n <= :last AND body IS NULL"
    " AND scope IN (SELECT value FROM json_each(:scopes))"
)
_STILL = "SELECT o.n FROM json_each(:rows) j CROSS JOIN op o ON o.n = j.value WHERE o.body IS NULL"
HeaderRow = tuple[int, str, int, str]  # row number, workstation, number of the act, scope


def headers_beyond(
    connection: sqlite3.Connection, after: int, scopes: Sequence[str], most: int
) -> tuple[int, list[HeaderRow]]:
    """Entries of these scopes that are held without their bodies, among the next `most` rows of the record; and the row that was
    looked at last."""
    cursor = connection.cursor()
    cursor.row_factory = None
    (end,) = cursor.execute("SELECT coalesce(max(n), 0) FROM op").fetchone()
    last = min(after + most, int(end))
    given = {"after": after, "last": last, "scopes": json.dumps(list(scopes))}
    return last, cursor.execute(_HEADERS, given).fetchall() if last > after else []


def still_headers(connection: sqlite3.Connection, rows: Collection[int]) -> frozenset[int]:
    """Those of these rows whose bodies have not come meanwhile."""
    if not rows:
        return frozenset()
    cursor = connection.cursor()
    cursor.row_factory = None
    return frozenset(n for (n,) in cursor.execute(_STILL, {"rows": json.dumps(sorted(rows))}))


def acts_beyond(connection: sqlite3.Connection, heads: Mapping[str, int], known: Mapping[str, int]) -> int:
    """Acts of these chains (site -> newest number) beyond what somebody is known to hold."""
    cursor = connection.cursor()
    cursor.row_factory = None
    found = 0
    for chain, head in heads.items():
        if head > known.get(chain, 0):
            given = {**_WAITING_VALUES, "chain": chain, "seq": known.get(chain, 0)}
            found += int(cursor.execute(_WAITING, given).fetchone()[0])
    return found


def _act(row: Sequence[object] | None) -> tuple[str, int] | None:
    return (str(row[0]), _at(int(str(row[1]))) or 0) if row is not None else None


def _at(hlc: int | None) -> int | None:
    return hlc >> _MS if hlc is not None else None
