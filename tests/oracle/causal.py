"""Who had seen what: full version vectors and exact ancestry, computed from the hashes alone."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from app.journal import verbs
from app.journal.operation import Operation, Transaction, unpack
from app.journal.site_keys import succeeds

Past = dict[str, int]  # site -> highest sequence number seen


def covers(past: Past, op: Operation) -> bool:
    """True if the operation's place lies inside the past."""
    return past.get(op.site, 0) >= op.seq


@lru_cache(maxsize=1 << 14)
def _decoded(entity: str, raw: bytes) -> tuple[str, dict[str, Any]]:
    content = unpack(raw)
    return (str(content["v"]) if verbs.well_formed(entity, content) else ""), content


def body_of(op: Operation) -> dict[str, Any]:
    """The decoded body of an operation that is not withheld."""
    assert op.entity is not None and op.body is not None
    return _decoded(op.entity, op.body)[1]


def verb_of(op: Operation) -> str:
    """Verb of a well-formed operation whose body is held, else empty."""
    return "" if op.entity is None or op.body is None else _decoded(op.entity, op.body)[0]


class Causal:
    """Operations in some causal order, with the past and the ancestors of each."""

    def __init__(self, transactions: Iterable[Transaction]) -> None:
        self.order = list(transactions)
        self.ops: dict[bytes, Operation] = {}
        self.past: dict[bytes, Past] = {}
        self._ancestors: dict[bytes, int] = {}  # bit set over the order of first appearance
        self._bit: dict[bytes, int] = {}
        for tx in self.order:
            for op in tx:
                if op.hash not in self.ops:
                    self._place(op)
        self.forks = self._find_forks()

    def _place(self, op: Operation) -> None:
        past: Past = {}
        ancestors = 0
        for seen in (op.prev, *op.parents) if op.prev else op.parents:
            before = self.ops[seen]
            for site, seq in (*self.past[seen].items(), (before.site, before.seq)):
                past[site] = max(past.get(site, 0), seq)
            ancestors |= self._ancestors[seen] | 1 << self._bit[seen]
        past.pop(op.site, None)
        if op.seq > 1:
            past[op.site] = op.seq - 1
        self._bit[op.hash] = len(self.ops)
        self.ops[op.hash], self.past[op.hash], self._ancestors[op.hash] = op, past, ancestors

    def seen(self, op: Operation) -> int:
        """How many operations its author had seen, those apart that stand on a branch of a fork."""
        last = {site: fork - 1 for site, fork in self.forks.items()}
        return sum(min(seq, last.get(site, seq)) for site, seq in self.past[op.hash].items())

    def _find_forks(self) -> dict[str, int]:
        """Site -> begin of the lowest transaction that shares a sequence number with another operation."""
        places: dict[tuple[str, int], list[Operation]] = {}
        for op in self.ops.values():
            places.setdefault((op.site, op.seq), []).append(op)
        out: dict[str, int] = {}
        for (site, _), ops in places.items():
            if len(ops) > 1:
                out[site] = min(out.get(site, ops[0].tx), *(op.tx for op in ops))
        return out

    def rotates(self, op: Operation, realm: str) -> bool:
        """True if this operation changes the key of its chain: the key before it names the next one, which agrees."""
        body = body_of(op)
        if op.entity_id != op.site or op.scope != "joint" or (op.schema_v or 0) < 3:
            return False
        return succeeds(realm, op.site, self.key_before(op, realm), body["key"], body["by"], body["proof"])

    def key_before(self, op: Operation, realm: str) -> bytes:
        """Key that signed the transaction of an operation: of the last rotation on its branch before it, else the first."""
        step = op
        while step.prev:
            step = self.ops[step.prev]
            if step.seq < op.tx and verb_of(step) == verbs.ROTATE and self.rotates(step, realm):
                break
        return bytes(body_of(step)["key"])

    def is_ancestor(self, digest: bytes, op: Operation) -> bool:
        """True if the operation of this hash is in the causal past of `op`, by the hashes themselves."""
        return digest in self._bit and bool(self._ancestors[op.hash] >> self._bit[digest] & 1)

    def concurrent(self, one: Operation, other: Operation) -> bool:
        """True if neither had seen the other."""
        return not covers(self.past[one.hash], other) and not covers(self.past[other.hash], one)
