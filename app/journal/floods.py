"""What a paired workstation that lies can make more of at will, and how much of it is taken (docs/decisions/0045-floods.md).

Chains of workstations that nobody enrolled, and branches of a forked chain, have no effect; beyond a small number they are left
out, unless an act that counts rests on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from app.journal.operation import Operation, Transaction, weight
from app.journal.state import State
from app.journal.store import Chain

MOST_STRANGERS = 32  # chains of workstations that no agency we have met enrolled
MOST_BRANCHES = 8  # of one chain; two are proof of a fork
ASIDE_BYTES: Final = 4 * 1024 * 1024


def full_of_strangers(state: State) -> bool:
    """True if no further workstation that nobody enrolled is taken."""
    return len(state.chains) >= MOST_STRANGERS and len(state.strangers()) >= MOST_STRANGERS


def full_of_branches(state: State, chain: Chain) -> bool:
    """True if no further branch of this chain is taken."""
    return chain.fork_seq is not None and state.branches(chain) >= MOST_BRANCHES


def is_surplus(state: State, chain: Chain, op: Operation) -> bool:
    """True for the first operation of one branch too many, `op` being new here and what precedes it not.

    What moves the fork forward is proof and never too much: all must agree where a chain ends.
    """
    if not full_of_branches(state, chain):
        return False
    rivals = state.store.rivals(op.site, op.seq)
    if all(prev != op.prev for prev, _ in rivals):
        return False
    return min(op.tx, *(tx for _, tx in rivals)) >= (chain.fork_seq or 0)


class Aside:
    """Transactions that were left out, the newest few MiB of them: what an act that counts rests on is taken from here."""

    def __init__(self) -> None:
        self._txs: dict[bytes, tuple[Transaction, bytes | None]] = {}  # by last hash; and who vouches for it
        self._of_operation: dict[bytes, bytes] = {}
        self._beginnings: dict[str, Operation] = {}
        self._size = 0

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._of_operation

    def beginning(self, site: str) -> Operation | None:
        """The first operation of a chain none of which is here."""
        return self._beginnings.get(site)

    def put(self, tx: Transaction, voucher: bytes | None) -> None:
        """Keep one for a while; `voucher`: last hash of the one that vouches for it, where it has no signature."""
        self.drop([tx])
        self._txs[tx[-1].hash] = tx, voucher
        self._of_operation.update((op.hash, tx[-1].hash) for op in tx)
        if tx[0].seq == 1:
            self._beginnings.setdefault(tx[0].site, tx[0])
        self._size += weight(tx)
        while self._size > ASIDE_BYTES:
            self.drop([next(iter(self._txs.values()))[0]])

    def drop(self, txs: Iterable[Transaction]) -> None:
        """Forget some."""
        for tx in txs:
            if self._txs.pop(tx[-1].hash, None) is None:
                continue
            self._size -= weight(tx)
            for op in tx:
                if self._of_operation.get(op.hash) == tx[-1].hash:
                    del self._of_operation[op.hash]
            if self._beginnings.get(tx[0].site) is tx[0]:
                del self._beginnings[tx[0].site]

    def needed(self, digests: Iterable[bytes], held: Callable[[bytes], bool]) -> list[Transaction]:
        """What of these operations, and of what they rest on, is kept here and not in the journal, in causal order; with whatever
        vouches for it."""
        out: dict[bytes, Transaction] = {}
        todo = [(digest, False) for digest in digests]
        while todo:
            digest, is_next = todo.pop()
            last = self._of_operation.get(digest)
            if last is None or last in out or held(digest):
                continue
            tx, voucher = self._txs[last]
            if is_next:
                out[last] = tx
                todo += [] if voucher is None else [(voucher, False)]
            else:
                todo.append((digest, True))
                todo += [(before, False) for before in (tx[0].prev, *tx[0].parents)]
        return list(out.values())
