"""Rows of the journal: appending, filling late bodies, reading in the order of projection. Nothing is ever changed or removed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from app.journal.operation import HASH_BYTES, ChainEnd, Operation, Transaction
from db.sql import sql
from db.tables.journal import CHAIN, OP, QUARANTINE

_COLUMNS = [column for column in OP.c if column.name != "n"]
_NAMES = ", ".join(column.name for column in _COLUMNS)
_INSERT = f"INSERT INTO {OP.name} ({_NAMES}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # nosec B608
_BY_HASH = sql(select(*_COLUMNS).where(OP.c.hash == bindparam("hash")))
_PLACE = sql(
    select(OP.c.site, OP.c.seq, OP.c.prev, OP.c.tx, OP.c.parents).where(OP.c.hash == bindparam("hash"))
)
_BY_TX = sql(
    select(*_COLUMNS).where(OP.c.site == bindparam("site"), OP.c.tx == bindparam("tx")).order_by(OP.c.n)
)
_AT_SEQ = sql(select(OP.c.hash).where(OP.c.site == bindparam("site"), OP.c.seq == bindparam("seq")))
_RIVALS = sql(select(OP.c.prev, OP.c.tx).where(OP.c.site == bindparam("site"), OP.c.seq == bindparam("seq")))
_IN_ORDER = sql(select(OP.c.n, *_COLUMNS).where(OP.c.n > bindparam("n")).order_by(OP.c.n))
_OF_RECORD = sql(
    select(*_COLUMNS)
    .where(OP.c.entity == bindparam("entity"), OP.c.entity_id == bindparam("entity_id"))
    .order_by(OP.c.n)
)
_VALID_OF_RECORD = sql(
    select(*_COLUMNS)
    .where(OP.c.entity == bindparam("entity"), OP.c.entity_id == bindparam("entity_id"))
    .where(OP.c.hash.not_in(select(QUARANTINE.c.hash)))
    .order_by(OP.c.n)
)
_BEYOND = sql(
    select(*_COLUMNS).where(OP.c.site == bindparam("site"), OP.c.seq > bindparam("seq")).order_by(OP.c.n)
)
_STARTS = sql(
    select(OP.c.tx)
    .where(OP.c.site == bindparam("site"), OP.c.seq.between(bindparam("first"), bindparam("last")))
    .distinct()
    .order_by(OP.c.tx)
)
_FIRST_BEYOND = sql(
    select(OP.c.n).where(OP.c.site == bindparam("site"), OP.c.seq > bindparam("seq")).order_by(OP.c.seq)
)
_REMEMBERED = 512
_HIDDEN = ("actor", "command", "entity", "entity_id", "schema_v", "salt", "body")
_FILL = sql(
    update(OP).where(OP.c.hash == bindparam("of_hash")).values({name: bindparam(name) for name in _HIDDEN})
)
_WITHHELD = sql(select(OP.c.site, OP.c.seq).where(OP.c.body.is_(None)).order_by(OP.c.site, OP.c.seq))
_CHAINS = sql(select(CHAIN.c.no, CHAIN.c.site, CHAIN.c.key, CHAIN.c.seq, CHAIN.c.hash, CHAIN.c.fork_seq))


def _operation(row: tuple[Any, ...]) -> Operation:
    (digest, site, seq, prev, tx, last, parents, hlc, scope, commit, sig, actor, command, entity, entity_id, schema_v,
     salt, body) = row  # fmt: skip
    split = tuple(parents[i : i + HASH_BYTES] for i in range(0, len(parents), HASH_BYTES)) if parents else ()
    return Operation(
        digest, site, seq, prev, tx, bool(last), split, hlc, scope, commit, sig, actor, command, entity, entity_id,
        schema_v, salt, body,
    )  # fmt: skip


def _row(op: Operation) -> tuple[Any, ...]:
    return (
        op.hash, op.site, op.seq, op.prev, op.tx, int(op.tx_last), b"".join(op.parents), op.hlc, op.scope, op.commit,
        op.sig, op.actor, op.command, op.entity, op.entity_id, op.schema_v, op.salt, op.body,
    )  # fmt: skip


class Store:
    """The journal's rows over one connection; new ones wait until `flush`, which every reading but by hash calls first."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: dict[bytes, Operation] = {}
        self._recent: dict[
            bytes, Operation
        ] = {}  # written not long ago: parents and predecessors of what comes

    def append(self, ops: Sequence[Operation]) -> None:
        """Insert the operations of a transaction (of two that share their beginning, what the second adds).

        sqlite3.IntegrityError if one is there.
        """
        self.hold(ops)
        self.flush()

    def hold(self, ops: Sequence[Operation]) -> None:
        """The same, written by the next `flush` together with others."""
        for op in ops:
            self._waiting[op.hash] = op

    def flush(self) -> None:
        """Write the operations that wait, in their order."""
        if self._waiting:
            self._connection.executemany(_INSERT, [_row(op) for op in self._waiting.values()])
            self._recent = (
                self._waiting if len(self._waiting) >= _REMEMBERED else {**self._recent, **self._waiting}
            )
            if len(self._recent) > 2 * _REMEMBERED:
                self._recent = self._waiting
            self._waiting = {}

    def _rows(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Rows of the journal, those included that waited."""
        self.flush()
        return self._connection.execute(statement, parameters)

    def _grouped(self, rows: Iterable[tuple[int, Operation]]) -> Iterator[tuple[int, Transaction]]:
        """Rows of one transaction stand together in the order of projection; a shared beginning stands with the first."""
        run: list[Operation] = []
        for n, op in rows:
            run.append(op)
            if op.tx_last:
                while run[0].seq > run[0].tx and (before := self.get(run[0].prev)) is not None:
                    run.insert(0, before)
                yield n, tuple(run)
                run = []

    def fill(self, op: Operation) -> None:
        """Add the hidden part to an operation held as header."""
        row = _row(op)
        self._rows(_FILL, {"of_hash": op.hash, **dict(zip(_HIDDEN, row[-len(_HIDDEN) :], strict=True))})
        self._recent.clear()

    def get(self, digest: bytes) -> Operation | None:
        """One operation by hash."""
        known = self._waiting.get(digest) or self._recent.get(digest)
        if known is not None:
            return known
        row = self._connection.execute(_BY_HASH, {"hash": digest}).fetchone()
        return _operation(row) if row else None

    def place(self, digest: bytes) -> tuple[str, int, bytes, int, bytes] | None:
        """(site, seq, prev, tx, parents joined) of an operation, without its body."""
        known = self._waiting.get(digest) or self._recent.get(digest)
        if known is not None:
            return known.site, known.seq, known.prev, known.tx, b"".join(known.parents)
        row: tuple[str, int, bytes, int, bytes] | None = self._connection.execute(
            _PLACE, {"hash": digest}
        ).fetchone()
        return row

    def transactions_of(self, site: str, tx: int) -> list[Transaction]:
        """The transaction that starts at seq `tx`; two after a fork."""
        rows = self._rows(_BY_TX, {"site": site, "tx": tx}).fetchall()
        return [whole for _, whole in self._grouped((0, _operation(row)) for row in rows)]

    def branches(self, site: str, seq: int) -> tuple[int, Callable[[], list[bytes]]]:
        """Of a chain from a number on: how many operations, and their hashes when asked for."""
        count = self._connection.execute(
            "SELECT count(*) FROM op WHERE site = ? AND seq >= ?", (site, seq)
        ).fetchone()[0]

        def hashes() -> list[bytes]:
            rows = self._connection.execute("SELECT hash FROM op WHERE site = ? AND seq >= ?", (site, seq))
            return [row[0] for row in rows]

        return int(count), hashes

    def hashes_at(self, site: str, seq: int) -> list[bytes]:
        """Hashes under one (site, seq); two are a fork."""
        return [row[0] for row in self._rows(_AT_SEQ, {"site": site, "seq": seq})]

    def rivals(self, site: str, seq: int) -> list[tuple[bytes, int]]:
        """What stands under one (site, seq): predecessor, and beginning of the transaction."""
        return [(row[0], row[1]) for row in self._rows(_RIVALS, {"site": site, "seq": seq})]

    def branch_count(self, site: str, seq: int) -> int:
        """Into how many branches a chain falls from a number on."""
        row = self._rows(
            "SELECT count(*) - count(DISTINCT prev) + 1 FROM op WHERE site = ? AND seq >= ?", (site, seq)
        ).fetchone()
        return int(row[0])

    def in_order(self, after: int = 0) -> Iterator[tuple[int, Transaction]]:
        """(row number of the last operation, transaction) in the order of projection."""
        rows = self._rows(_IN_ORDER, {"n": after})
        return self._grouped((n, _operation(tuple(row))) for n, *row in rows)

    def of_record(self, entity: str, entity_id: str) -> list[Operation]:
        """All operations on one record whose body is held, in the order of projection."""
        return [_operation(row) for row in self._rows(_OF_RECORD, {"entity": entity, "entity_id": entity_id})]

    def valid_of_record(self, entity: str, entity_id: str) -> list[Operation]:
        """Those of them that are not quarantined; while everything is projected anew also such as are not projected yet."""
        rows = self._rows(_VALID_OF_RECORD, {"entity": entity, "entity_id": entity_id})
        return [_operation(row) for row in rows]

    def is_quarantined(self, digest: bytes) -> bool:
        """True if an operation projected to nothing but a row that people see."""
        return (
            self._connection.execute("SELECT 1 FROM quarantine WHERE hash = ?", (digest,)).fetchone()
            is not None
        )

    def beyond(self, site: str, seq: int) -> list[Operation]:
        """Operations of a chain after a sequence number."""
        return [_operation(row) for row in self._rows(_BEYOND, {"site": site, "seq": seq})]

    def starts_between(self, site: str, first: int, last: int) -> list[int]:
        """Where the transactions begin that have operations in a range of sequence numbers, in order."""
        return [row[0] for row in self._rows(_STARTS, {"site": site, "first": first, "last": last})]

    def first_row_beyond(self, site: str, seq: int) -> int | None:
        """Row number of the first operation of a chain after a sequence number."""
        row = self._rows(_FIRST_BEYOND, {"site": site, "seq": seq}).fetchone()
        return None if row is None else int(row[0])

    def withheld(self) -> dict[str, list[tuple[int, int]]]:
        """Ranges (first, last) of sequence numbers held as headers, per site."""
        out: dict[str, list[tuple[int, int]]] = {}
        for site, seq in self._rows(_WITHHELD):
            ranges = out.setdefault(site, [])
            if ranges and ranges[-1][1] == seq - 1:
                ranges[-1] = (ranges[-1][0], seq)
            else:
                ranges.append((seq, seq))
        return out


class Chain:
    """A site's chain as held here."""

    __slots__ = ("fork_seq", "hash", "key", "no", "seq", "site")

    def __init__(self, no: int, site: str, key: bytes, seq: int, digest: bytes, fork_seq: int | None) -> None:
        self.no, self.site, self.key, self.seq, self.hash, self.fork_seq = (
            no,
            site,
            key,
            seq,
            digest,
            fork_seq,
        )

    @property
    def end(self) -> ChainEnd:
        """Last sequence number and hash."""
        return ChainEnd(self.seq, self.hash)


def load_chains(connection: sqlite3.Connection) -> dict[str, Chain]:
    """All chains by site."""
    return {row[1]: Chain(*row) for row in connection.execute(_CHAINS)}


def save_chain(connection: sqlite3.Connection, chain: Chain) -> None:
    """Insert or update one chain."""
    connection.execute(
        "INSERT INTO chain (no, site, key, seq, hash, fork_seq) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (no) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, fork_seq = excluded.fork_seq",
        (chain.no, chain.site, chain.key, chain.seq, chain.hash, chain.fork_seq),
    )
