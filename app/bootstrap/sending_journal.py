"""The journal as replication gets it: no own operation leaves above the high-water mark on the disk (REPLICATION, Fork)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from app.journal.high_water import HighWater
from app.journal.journal import Identity, Journal, PeerView
from app.journal.operation import Transaction
from app.journal.policy import Policy
from app.journal.projector import Deriver
from app.kernel.clock import Clock


class SendingJournal(Journal):
    """A journal whose `after` and `bodies` hand out nothing of the own chain above the mark on the disk.

    Both raise OSError when the mark cannot be written: then nothing leaves.
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
        self._high_water = high_water

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
        mark = self._high_water.mark
        if last > (mark.seq if mark else 0):
            end = self.state.chains[self.own_site].end
            self._high_water.raise_to(self.own_site, end.seq, end.hash)
