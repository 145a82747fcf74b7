"""Causal pasts: which operations an operation had seen (REPLICATION, parents).

A past is a map {chain number: highest sequence number seen}, closed over the parents by the receiver, never believed.
Vectors are kept only for transactions that name parents; between them a chain's past grows by its own operations alone.
"""

from __future__ import annotations

import sqlite3

from app.journal.operation import Operation, pack, unpack
from app.journal.store import Chain, Store

Past = dict[int, int]
Dot = tuple[int, int]  # (chain number, seq)
_RECENT = 2048


def covers(past: Past, dot: Dot) -> bool:
    """True if the operation at `dot` lies inside the past."""
    return past.get(dot[0], 0) >= dot[1]


def join(into: Past, other: Past) -> None:
    """Raise `into` to cover `other` as well."""
    for no, seq in other.items():
        if into.get(no, 0) < seq:
            into[no] = seq


class Causality:
    """Pasts of all projected transactions, and the tips: operations that no projected operation names.

    What cannot have effect here (a workstation nobody enrolled, what lies behind a cut or a fork) is no tip and takes none away:
    own acts rest on nothing that a liar makes more of at will (decision 0045).
    """

    def __init__(self, connection: sqlite3.Connection, store: Store, chains: dict[str, Chain]) -> None:
        self._connection, self._store, self._chains = connection, store, chains
        self.tips: set[bytes] = {row[0] for row in connection.execute("SELECT hash FROM tip")}
        self._written_tips = set(self.tips)
        self._kept: list[tuple[bytes, int, int, bytes]] = []
        self._running: dict[str, Past] = {}
        self._ends: dict[
            bytes, Past
        ] = {}  # pasts of the last operations of recent transactions, themselves included

    def past_of(self, digest: bytes) -> Past:
        """Past of a stored operation, the operation itself excluded; KeyError when it is not held."""
        place = self._store.place(digest)
        if place is None:
            raise KeyError(digest.hex())
        site, seq, prev, _, _ = place
        chain = self._chains[site]
        past = self._forked_vector(digest) if chain.fork_seq else self._vector(chain.no, seq)
        if prev:
            past[chain.no] = seq - 1
        return past

    def flush(self) -> None:
        """Write what waits: pasts, and the tips as they are now."""
        self._write_kept()
        if self.tips != self._written_tips:
            gone, new = self._written_tips - self.tips, self.tips - self._written_tips
            self._connection.executemany("DELETE FROM tip WHERE hash = ?", [(digest,) for digest in gone])
            self._connection.executemany("INSERT INTO tip (hash) VALUES (?)", [(digest,) for digest in new])
            self._written_tips = set(self.tips)

    def _write_kept(self) -> None:
        if self._kept:
            self._connection.executemany(
                "INSERT OR REPLACE INTO past (hash, chain_no, seq, vector) VALUES (?, ?, ?, ?)", self._kept
            )
            self._kept.clear()

    def _vector(self, no: int, seq: int) -> Past:
        self._write_kept()
        row = self._connection.execute(
            "SELECT vector FROM past WHERE chain_no = ? AND seq <= ? ORDER BY seq DESC LIMIT 1", (no, seq)
        ).fetchone()
        return dict(unpack_past(row[0])) if row else {}

    def _forked_vector(self, digest: bytes) -> Past:
        """On a forked chain sequence numbers are ambiguous: walk the hashes."""
        self._write_kept()
        while digest:
            row = self._connection.execute("SELECT vector FROM past WHERE hash = ?", (digest,)).fetchone()
            if row:
                return unpack_past(row[0])
            place = self._store.place(digest)
            if place is None:
                break
            digest = place[2]
        return {}

    def with_self(self, digest: bytes) -> Past:
        """Past of an operation, itself included."""
        known = self._ends.get(digest)
        if known is not None:
            return dict(known)
        place = self._store.place(digest)
        past = self.past_of(digest)
        if place is not None:
            join(past, {self._chains[place[0]].no: place[1]})
        return past

    def first_past(self, op: Operation, no: int) -> Past:
        """Past of the first operation of a transaction about to be projected; KeyError when a parent is missing."""
        chain = self._chains.get(op.site)
        if not op.prev:
            past: Past = {}
        elif chain is not None and chain.hash == op.prev and op.site in self._running:
            past = dict(self._running[op.site])
        else:
            past = self.with_self(op.prev)
        for parent in op.parents:
            join(past, self.with_self(parent))
        past.pop(no, None)
        if op.seq > 1:
            past[no] = op.seq - 1
        return past

    def remember(self, first: Operation, past: Past, no: int) -> None:
        """Keep the past of a transaction about to be projected where it names parents."""
        if first.parents:
            self._kept.append((first.hash, no, first.seq, pack_past(past)))

    def advance(
        self, first: Operation, last: Operation, past: Past, no: int, extends: bool, counts: bool
    ) -> None:
        """Record a projected transaction: the running past and the tips.

        `extends` is false for the second branch of a fork, which does not carry the chain on; `counts` for what own acts do not
        name.
        """
        here = {**past, no: last.seq}
        if extends:
            self._running[first.site] = here
        if len(self._ends) >= _RECENT:
            self._ends.clear()
        self._ends[last.hash] = here
        if counts:
            self.tips.difference_update((*first.parents, first.prev))
            self.tips.add(last.hash)

    def parents_for(self, own_end: bytes) -> list[bytes]:
        """What the next own transaction names: every tip but its own predecessor."""
        return sorted(self.tips - {own_end})


def pack_past(past: Past) -> bytes:
    """Past -> bytes."""
    return pack({str(no): seq for no, seq in past.items()})


def unpack_past(data: bytes) -> Past:
    """Bytes -> past."""
    return {int(no): seq for no, seq in unpack(data).items()}
