"""What others say, and what they prove, of our own chain (REPLICATION, Fork; decision 0046).

A folder that was put back whole, database and high-water file together, shows nothing on this machine: only others know that
its chain went on. What they merely say is enough to refuse them the line, and for nothing more: anybody can say it. A
transaction of our own chain that is not here, beyond what has left this machine in this life of the folder, and signed with our
key proves it: nobody else could have made it. From then on nothing is written under that key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from app.journal.faults import BadTransactionError, Fault
from app.journal.operation import Operation, Transaction, check_transaction
from app.journal.state import State
from app.journal.store import Chain

Head = tuple[int, bytes]
NO_HEAD: Final[Head] = (0, b"")
_MOST_LOOKED_AT: Final = 64  # signatures in one turn on the writer


class Named(StrEnum):
    """How what a peer names of our own chain stands to what is here."""

    GOOD = "good"
    CLAIMED = "claimed"  # it names what is not here, without proof: no line and no stick with it
    PROVED = "proved"  # this machine was put back: a new workstation


class OwnChainError(Fault):
    """A transaction of our own chain that is not here came from elsewhere: this machine was put back; nothing is stored."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The end of what our own key signed and is not here; when that was recorded (UTC ms)."""

    seq: int
    hash: bytes
    at_ms: int


class OwnChain:
    """Part of the journal's facade; what was claimed is remembered by whoever has a place for it (`SendingJournal`)."""

    state: State
    realm: str
    own_site: str
    proof: Proof | None = None

    def named(self, peer: str, head: Head) -> Named:
        """A peer says up to where it holds our own chain, with the hash of that operation."""
        if self.proof is not None:
            return Named.PROVED
        return Named.GOOD if self._is_here(head) or head[0] <= self._left() else Named.CLAIMED

    def prove(self, txs: Iterable[Transaction]) -> bool:
        """True if one of these transactions proves that our own chain went on without this machine."""
        chain = self.state.chains.get(self.own_site)
        if (
            chain is None or chain.fork_seq is not None
        ):  # of a fork both branches are told, and it closes us anyway
            return False
        left = self._left()
        own = (tx for tx in txs if tx and tx[0].site == self.own_site and tx[-1].seq > left)
        news = (tx for tx in own if tx[-1].sig is not None and self.state.store.place(tx[-1].hash) is None)
        ours = [tx[-1] for tx in islice(news, _MOST_LOOKED_AT) if self._is_ours(tx, chain)]
        if ours:
            self._proved(max(ours, key=lambda op: op.seq))
        return bool(ours)

    def _left(self) -> int:
        """Up to which number our chain may have left this machine; without a mark of it: all of it."""
        chain = self.state.chains.get(self.own_site)
        return 0 if chain is None else chain.seq

    def _is_here(self, head: Head) -> bool:
        seq, digest = head
        chain = self.state.chains.get(self.own_site)
        if chain is not None and chain.fork_seq is not None:
            return True
        return not seq or digest in self.state.store.hashes_at(self.own_site, seq)

    def _is_ours(self, tx: Transaction, chain: Chain) -> bool:
        try:
            check_transaction(self.realm, tx, self.state.keys.before(tx[0], chain))
        except BadTransactionError:
            return False
        return True

    def _proved(self, last: Operation) -> None:
        self.proof = Proof(last.seq, last.hash, last.at_ms)

    def _own_came(self, news: Sequence[Operation]) -> None:
        """Operations of one chain, perhaps our own, that are not here and whose signature was verified are about to be stored."""
