"""Bundles for exchange by stick (CM-07) as this workstation knows them: made here, taken in here, what their makers said.

Numbers count the bundles from one site to another; a number once given is used up, also by a bundle that was never finished.
An id stands for a bundle together with the other site: two senders may choose the same.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from db.sql import sql
from db.tables.local import BUNDLE, BUNDLE_PEER

OUT: Final = "out"
IN: Final = "in"
MAKING: Final = "making"  # begun, and not finished: killed, stick full or pulled out; can be gone on with
MADE: Final = "made"
CANCELLED: Final = "cancelled"
PARTIAL: Final = "partial"  # taken in as far as its parts came
WHOLE: Final = "whole"

Span = tuple[str, int, int]


@dataclass(frozen=True)
class BundleRow:
    """One bundle; times in UTC ms. `done`: part -> hash of its bytes in hex, as JSON; `parts`: how many, None until known."""

    direction: str
    id: str
    peer: str
    seq: int
    follows: int
    made_at: int
    touched_at: int
    account_id: str
    state: str
    entries: int
    applied: int
    parts: int | None
    done: str
    size: int
    upto: bytes | None
    target: bytes | None

    @property
    def parts_done(self) -> dict[int, str]:
        """Part -> hash."""
        return {int(number): digest for number, digest in json.loads(self.done).items()}

    @property
    def carried(self) -> dict[str, int]:
        """Site -> number up to which a bundle made here carries its chain."""
        return unpack_vector(self.upto)


@dataclass(frozen=True)
class Heard:
    """What the newest bundle of a peer said: ranges it holds as headers, scopes it may read beside its agency's, files of
    attachments it lacks (hashes, hex)."""

    seq: int
    heard_at: int
    owed: Sequence[Span]
    scopes: frozenset[str]
    files: Sequence[str] = ()


_C = BUNDLE.c
_NAMES = [field.name for field in fields(BundleRow)]
_SAVE = sql(insert(BUNDLE).prefix_with("OR REPLACE").values({name: bindparam(name) for name in _NAMES}))
_COLUMNS = [_C[name] for name in _NAMES]
_ALL = sql(
    select(*_COLUMNS)
    .order_by(_C.touched_at.desc(), _C.seq.desc())
    .limit(bindparam("most"))
    .offset(bindparam("skip"))
)
_ONE = sql(
    select(*_COLUMNS).where(
        _C.direction == bindparam("way"), _C.peer == bindparam("of"), _C.id == bindparam("key")
    )
)
_OF = sql(
    select(*_COLUMNS)
    .where(_C.direction == bindparam("way"), _C.peer == bindparam("of"))
    .order_by(_C.seq.desc())
)
_P = BUNDLE_PEER.c
_HEARD = sql(select(_P.seq, _P.heard_at, _P.owed, _P.scopes, _P.files).where(_P.peer == bindparam("of")))
_TOLD = insert(BUNDLE_PEER).values({name: bindparam(name) for name in _P.keys()})  # noqa: SIM118
_HEAR = sql(
    _TOLD.on_conflict_do_update(
        index_elements=[_P.peer],
        set_={name: _TOLD.excluded[name] for name in ("seq", "heard_at", "owed", "scopes", "files")},
    )
)
_CLEAR = [sql(delete(BUNDLE)), sql(delete(BUNDLE_PEER))]


def pack_vector(vector: Mapping[str, int]) -> bytes:
    """Site -> number, as kept."""
    return msgspec.msgpack.encode(dict(vector))


def unpack_vector(packed: bytes | None) -> dict[str, int]:
    """The reverse; nothing is an empty one."""
    return {} if packed is None else msgspec.msgpack.decode(packed, type=dict[str, int])


def save(connection: sqlite3.Connection, row: BundleRow) -> None:
    """Store a bundle, or how far it has come."""
    connection.execute(_SAVE, asdict(row))


def newest(connection: sqlite3.Connection, limit: int = 50) -> list[BundleRow]:
    """Bundles both ways, the one touched last first."""
    return [BundleRow(*row) for row in connection.execute(_ALL, {"most": limit, "skip": 0})]


def one(connection: sqlite3.Connection, direction: str, peer: str, bundle: str) -> BundleRow | None:
    """A bundle to or from a site by its id (hex)."""
    found = connection.execute(_ONE, {"way": direction, "of": peer, "key": bundle}).fetchone()
    return None if found is None else BundleRow(*found)


def of_peer(connection: sqlite3.Connection, direction: str, peer: str) -> list[BundleRow]:
    """Bundles to or from a site, the highest number first."""
    return [BundleRow(*row) for row in connection.execute(_OF, {"way": direction, "of": peer})]


def heard(connection: sqlite3.Connection, peer: str) -> Heard | None:
    """What the newest bundle of a peer said, None before the first."""
    found = connection.execute(_HEARD, {"of": peer}).fetchone()
    if found is None:
        return None
    owed = msgspec.msgpack.decode(found[2], type=list[Span])
    return Heard(found[0], found[1], owed, frozenset(json.loads(found[3])), json.loads(found[4]))


def hear(connection: sqlite3.Connection, peer: str, news: Heard) -> None:
    """Note what a bundle said, unless a newer one has spoken."""
    before = heard(connection, peer)
    if before is not None and before.seq >= news.seq:
        return
    row = {
        "peer": peer,
        "seq": news.seq,
        "heard_at": news.heard_at,
        "owed": msgspec.msgpack.encode(list(news.owed)),
        "scopes": json.dumps(sorted(news.scopes)),
        "files": json.dumps(list(news.files)),
    }
    connection.execute(_HEAR, row)


def forget_all(connection: sqlite3.Connection) -> None:
    """A restored copy is a new site: no bundle was made by it, and none is for it."""
    for statement in _CLEAR:
        connection.execute(statement)
