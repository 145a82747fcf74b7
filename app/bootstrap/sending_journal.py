"""The journal as replication gets it: no own operation leaves above the high-water mark on the disk, and none is written once it
is proved that our chain went on without this machine (REPLICATION, Fork; decision 0046)."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from app.journal.high_water import HighWater
from app.journal.journal import Identity, Journal, PeerView
from app.journal.operation import Act, Operation, Transaction
from app.journal.own_chain import NO_HEAD, Head, Named, OwnChainError
from app.journal.policy import Policy
from app.journal.projector import Deriver
from app.kernel.changes import ChangeSet
from app.kernel.clock import Clock
from app.kernel.errors import EnvironmentFault
from app.local import memory

CLAIMED: Final = "own_chain.claimed"  # key of the workstation's memory: peer -> [number, hash] that it named

log = logging.getLogger(__name__)


class SendingJournal(Journal):
    """A journal whose `after` and `bodies` hand out nothing of the own chain above the mark on the disk.

    Both raise OSError when the mark cannot be written: then nothing leaves. What a peer names of our chain beyond the mark stays
    known until that operation is here; what is proved raises the mark, so that no later start opens the site (`Standing`).
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        identity: Identity,
        policy: Policy,
        clock: Clock,
        derivers: Mapping[str, Deriver],
        high_water: HighWater,
    ) -> None:
        super().__init__(connection, identity, policy, clock, derivers)
        self._high_water, self._clock = high_water, clock
        self._left_before = (
            0  # up to where our chain had left when it was proved that this machine was put back
        )

    # -- own acts --------------------------------------------------------------------------------------------------------
    def author(self, actor: str, transactions: Sequence[Sequence[Act]]) -> ChangeSet:
        """As `Journal.author`; EnvironmentFault `site.behind` once this machine is known to have been put back."""
        if (fault := self.behind) is not None:
            raise fault
        return super().author(actor, transactions)

    @property
    def behind(self) -> EnvironmentFault | None:
        """Set once it is proved that our chain went on without this machine; a snapshot, from any thread."""
        if self.proof is None:
            return None
        return EnvironmentFault("site.behind", "fault.site.behind", held_at=self.proof.at_ms)

    # -- what leaves -----------------------------------------------------------------------------------------------------
    def after(
        self, vector: Mapping[str, int], limit_bytes: int, cursor: int = 0
    ) -> list[tuple[int, Transaction]]:
        """As `Journal.after`."""
        found = super().after(vector, limit_bytes, cursor)
        self._will_leave(tx for _, tx in found)
        return found

    def bodies(self, ranges: Mapping[str, Sequence[tuple[int, int]]], peer: PeerView) -> list[Transaction]:
        """As `Journal.bodies`."""
        found = super().bodies(ranges, peer)
        self._will_leave(found)
        return found

    def _will_leave(self, transactions: Iterable[Transaction]) -> None:
        """Raise the mark to the end of our chain, which is on the disk already: one write for what follows as well."""
        last = max((tx[-1].seq for tx in transactions if tx[0].site == self.own_site), default=0)
        if (fault := self.behind) is not None:
            if last > self._left_before:
                raise fault
        elif last > self._left():
            end = self.state.chains[self.own_site].end
            self._high_water.raise_to(self.own_site, end.seq, end.hash)

    def _left(self) -> int:
        mark = self._high_water.mark
        return mark.seq if mark else 0

    # -- what others know of our chain -----------------------------------------------------------------------------------
    def named(self, peer: str, head: Head) -> Named:
        """As `OwnChain.named`; what a peer has named once counts until it is here, over restarts, or until it is paired anew."""
        claims = self._claims()
        before = claims.get(peer, NO_HEAD)
        now = super().named(peer, head)
        open_before = not self._is_here(before)
        if now is Named.CLAIMED and head[0] >= before[0]:
            log.error("%s names entry %d of our own record, which is not here", peer, head[0])
            self._keep({**claims, peer: head}, claims)
        elif before[0] and not open_before:
            self._keep({site: each for site, each in claims.items() if site != peer}, claims)
        return Named.CLAIMED if now is Named.GOOD and open_before else now

    def forget_claim(self, peer: str) -> None:
        """A peer was paired anew, or is met no more: what it said of our chain before counts no longer."""
        claims = self._claims()
        self._keep({site: each for site, each in claims.items() if site != peer}, claims)

    def _claims(self) -> dict[str, Head]:
        kept: Any = memory.load(self._connection).get(CLAIMED)
        if not isinstance(kept, dict) or kept.get("site") != self.own_site:
            return {}  # of the site that this one was restored from
        return {peer: (seq, bytes.fromhex(digest)) for peer, (seq, digest) in kept["named"].items()}

    def _keep(self, claims: Mapping[str, Head], before: Mapping[str, Head]) -> None:
        if claims == before:
            return
        named = {peer: [seq, digest.hex()] for peer, (seq, digest) in claims.items()}
        kept = {"site": self.own_site, "named": named} if named else None
        memory.keep(self._connection, CLAIMED, kept, self._clock.now_ms())

    def _own_came(self, news: Sequence[Operation]) -> None:
        last = news[-1]
        if last.site != self.own_site:
            return
        if last.seq > self._left() and self.state.chains[self.own_site].fork_seq is None:
            self._proved(last)
        if self.proof is not None:
            raise OwnChainError(f"{last.site}:{last.seq} came from elsewhere")

    def _proved(self, last: Operation) -> None:
        """From here on nothing is written, whatever the disk says; the mark keeps it for the next start."""
        if self.proof is None:
            self._left_before = self._left()
        super()._proved(last)
        log.error("entry %d of our own record, which is not here, is signed with our key: put back", last.seq)
        self._high_water.raise_to(self.own_site, last.seq, last.hash)
