"""What was not accepted: acts that stay in the record, with the reason, and have no effect (REPLICATION, Validity; E_SYNC)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from app.queries.reading import Connection, columns_of, read
from db.sql import sql
from db.tables.journal import OP, QUARANTINE

_LOGICAL_BITS = 16  # of a stamp, below its milliseconds


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One act that was not accepted; `tx` names the transaction it belongs to, which fell as a whole.

    `recorded_at` UTC ms by its author's console; what it asked for is None while only its header is held here.
    """

    hash: bytes
    site: str
    seq: int
    tx: int
    recorded_at: int
    account_id: str | None
    command: str | None
    entity: str | None
    entity_id: str | None
    content: Mapping[str, Any]
    reason: str

    @property
    def verb(self) -> str:
        """What the act did, as its body says; empty where that cannot be read."""
        return str(self.content.get("v", ""))


@dataclass(frozen=True, slots=True)
class _Stored:
    hash: bytes
    site: str
    seq: int
    tx: int
    hlc: int
    actor: str | None
    command: str | None
    entity: str | None
    entity_id: str | None
    body: bytes | None


_JOINED = OP.join(QUARANTINE, QUARANTINE.c.hash == OP.c.hash)
_LIST = select(*(OP.c[name] for name in columns_of(_Stored)), QUARANTINE.c.reason).select_from(_JOINED)
_NEWEST = _LIST.order_by(OP.c.hlc.desc(), OP.c.site, OP.c.seq.desc()).limit(bindparam("limit"))
_ONE = _LIST.where(OP.c.hash == bindparam("hash"))
_COUNT = sql(select(func.count()).select_from(QUARANTINE))


@dataclass(frozen=True, slots=True)
class _Listed(_Stored):
    reason: str


def quarantined(connection: Connection, limit: int = 500) -> list[QuarantineRow]:
    """Acts that were not accepted, the newest first."""
    return [_row(each) for each in read(connection, _Listed, _NEWEST, limit=limit)]


def quarantined_act(connection: Connection, digest: bytes) -> QuarantineRow | None:
    """One of them by its hash; None when it is not held, or valid (again)."""
    return next((_row(each) for each in read(connection, _Listed, _ONE, hash=digest)), None)


def quarantined_count(connection: Connection) -> int:
    """How many there are."""
    return int(connection.execute(_COUNT).fetchone()[0])


def _row(stored: _Listed) -> QuarantineRow:
    return QuarantineRow(
        stored.hash,
        stored.site,
        stored.seq,
        stored.tx,
        stored.hlc >> _LOGICAL_BITS,
        stored.actor,
        stored.command,
        stored.entity,
        stored.entity_id,
        _content(stored.body),
        stored.reason,
    )


def _content(body: bytes | None) -> Mapping[str, Any]:
    """The body, empty when it is not held or cannot be read (which is why it stands here)."""
    try:
        found = msgspec.msgpack.decode(body) if body is not None else None
    except (ValueError, msgspec.DecodeError):
        return {}
    return found if isinstance(found, dict) else {}
