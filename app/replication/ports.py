"""What replication asks of the rest: the journal's facade and the node that owns the writer's thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from app.journal.journal import NOTHING_SEALED, PeerView, Received
from app.journal.late_bodies import Span
from app.journal.operation import Transaction
from app.journal.own_chain import Head, Named
from app.kernel.changes import ChangeSet
from app.kernel.enums import Priority

_T = TypeVar("_T")


class JournalPort(Protocol):
    """One site's journal; every call belongs to the writer's thread (`NodePort.on_writer`)."""

    realm: str
    own_site: str
    own_agency: str

    def vector(self) -> dict[str, tuple[int, bytes]]:
        """Site -> highest projected sequence number and its hash."""
        ...

    def withheld(self) -> dict[str, list[tuple[int, int]]]:
        """Site -> ranges (first, last) held as headers only."""
        ...

    def common(self, theirs: Mapping[str, tuple[int, bytes]]) -> dict[str, int]:
        """A peer's vector with head hashes -> vector for `after`; a chain that differs there counts as not held."""
        ...

    def named(self, peer: str, head: Head) -> Named:
        """A peer says up to where it holds our own chain; what it names and is not here stays known (REPLICATION, Fork)."""
        ...

    def prove(self, txs: Sequence[Transaction]) -> bool:
        """True if one of these proves that our own chain went on without this machine; nothing is written under its key then."""
        ...

    def unknown(self, txs: Sequence[Transaction]) -> frozenset[bytes]:
        """Hashes of those operations among these that are not here."""
        ...

    def after(
        self, vector: Mapping[str, int], limit_bytes: int, cursor: int = 0
    ) -> list[tuple[int, Transaction]]:
        """Transactions beyond a vector in causal order, each with the cursor to go on from.

        `after` and `bodies` have noted in the high-water file what of the own chain may leave; when that fails
        (EnvironmentFault), nothing is handed out (REPLICATION, Fork).
        """
        ...

    def oldest_beyond(self, vector: Mapping[str, int]) -> int | None:
        """When the first transaction beyond a vector was recorded (UTC ms); only looked at, it does not leave by that."""
        ...

    def offer(self, tx: Transaction, peer: PeerView) -> Transaction:
        """The transaction as this peer may see it."""
        ...

    def receive(
        self,
        transactions: Sequence[Transaction],
        sealed: Mapping[bytes, bytes] = NOTHING_SEALED,
        pressed: Callable[[], bool] | None = None,
    ) -> Received:
        """Store and project in one commit; what precedes a faulty one is kept.

        `sealed`: of those whose hashes were computed and whose signatures were verified: last hash -> key it was done with.
        `pressed`: something more urgent waits; what was taken so far is committed then (`Received.taken`).

        Raises GapError, NewerSchemaError, BadTransactionError, whose `kept` says how many were kept; EnvironmentFault when
        the disk fails.
        """
        ...

    def public_key(self, site: str) -> bytes | None:
        """Key in force (32 bytes) at the end of a known site's chain."""
        ...

    def has_rotated(self, site: str) -> bool:
        """True if the key of a site's chain was ever changed."""
        ...

    def late_bodies(self, mark: int | None) -> tuple[int, list[Span] | None]:
        """(mark for the next question, ranges whose bodies came since `mark`); None when more came than is remembered."""
        ...

    def bodies(self, ranges: Mapping[str, Sequence[tuple[int, int]]], peer: PeerView) -> list[Transaction]:
        """Transactions with operations in these ranges whose bodies the peer may read."""
        ...


class NodePort(Protocol):
    """The running site: its journal, its writer, and the news of what was committed."""

    @property
    def journal(self) -> JournalPort:
        """The journal; touched inside `on_writer` only."""
        ...

    def on_writer(self, priority: Priority, work: Callable[[], _T]) -> Awaitable[_T]:
        """Run work on the writer's thread and hand its result (or exception) to the caller's loop."""
        ...

    def pressed(self, priority: Priority) -> bool:
        """True if the writer has more urgent work waiting than this."""
        ...

    def subscribe(self, hear: Callable[[ChangeSet], None]) -> Callable[[], None]:
        """Call `hear` after every commit, on any thread; the result ends the subscription."""
        ...

    def publish(self, changes: ChangeSet) -> None:
        """Tell all subscribers what a peer's transactions changed; callable from any thread."""
        ...
