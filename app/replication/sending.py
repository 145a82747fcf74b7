"""The sending half of a session: own and relayed transactions in causal order, within the peer's credit.

At most eight OPS or FILL frames are un-ACKed. The first change after a rest leaves at once, further ones are
gathered for up to 20 ms. A GAP rewinds to what the peer has acknowledged; a chain that the peer cannot take
is left out for the rest of the session. Of a fork whose proof both hold nothing is sent until more of it comes here.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from app.journal.journal import PeerView
from app.journal.late_bodies import Span
from app.journal.offering import numbers
from app.journal.operation import MAX_TRANSACTION_BYTES, Transaction, weight
from app.kernel.enums import Priority
from app.replication.filling import Fills, Late
from app.replication.frames import Ack, Fill, FrameError, Lane, Nack, Ops, Why
from app.replication.hello import OLDER, Met, flat
from app.replication.outbox import Outbox
from app.replication.packing import FramePacker, TransactionTooLargeError
from app.replication.peers import CREDIT, Pace, Peer, doubled
from app.replication.ports import JournalPort, NodePort
from app.replication.status import PeerStatus
from app.replication.wire import ranges_of, site_from_bytes, vector_of

_FETCH_BYTES: Final = 160 * 1024
_LIVE_OPERATIONS: Final = 64
_BEYOND_ALL: Final = 1 << 62

_LOG = logging.getLogger(__name__)


@dataclass
class _Flying:
    """An un-ACKed frame: its batch, operations it carried as headers only, ranges it answered."""

    batch: int
    shut: list[Span]
    answered: list[Span]


@dataclass
class _Fetched:
    """One reading from the journal: offered transactions, whether there may be more of them, where to go on, our vector then;
    forked chains of which more is held than the peer's HELLO showed, with the number before the fork; bodies that came late."""

    txs: list[Transaction]
    full: bool
    cursor: int
    vector: dict[str, int]
    grown: dict[str, int]
    late: Late


@dataclass
class _Knowledge:
    """What the peer holds: acknowledged by it, and beyond that sent to it.

    `proved`: forked chains of which its HELLO showed the same proof as is held here, as it showed them.
    """

    acked: dict[str, int]
    proved: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.known = dict(self.acked)

    def learn(self, site: str, seq: int) -> None:
        """The peer holds this chain up to `seq`: it acknowledged it, or sent it."""
        self.acked[site] = max(seq, self.acked.get(site, 0))
        self.sent(site, seq)

    def sent(self, site: str, seq: int) -> None:
        """This chain is on its way up to `seq`."""
        self.known[site] = max(seq, self.known.get(site, 0))

    def rewind(self) -> None:
        """Forget what was sent and not acknowledged, and that a fork was told: more of it may have come since."""
        self.grown({site: seq for site, (seq, _) in self.proved.items()})
        self.known = dict(self.acked)

    def grown(self, before: Mapping[str, int]) -> None:
        """More of these forks is held than the peer showed: they are known there up to the number before the fork only."""
        for site, seq in before.items():
            if self.proved.pop(site, None) is not None:
                self.acked[site] = self.known[site] = seq

    def lacks(self, vector: Mapping[str, int]) -> bool:
        """True if something of this vector was not sent."""
        return any(self.known.get(s, 0) < seq for s, seq in vector.items() if s not in self.left_out)

    def start(self) -> dict[str, int]:
        """Vector to read the journal from."""
        return {**self.known, **dict.fromkeys(self.left_out, _BEYOND_ALL)}


class Sending:
    """Decides what goes out next; `run` sends it until cancelled."""

    def __init__(
        self,
        node: NodePort,
        peer: Peer,
        met: Met,
        start: Mapping[str, int],
        outbox: Outbox,
        status: PeerStatus,
        pace: Pace,
    ) -> None:
        self._node, self._peer, self._scopes = node, peer, met.scopes
        self._outbox, self._status, self._pace = outbox, status, pace
        told = start.keys() - numbers(start).keys()
        self._knows = _Knowledge(dict(start), {site: met.heads[site] for site in told})
        self._fills = Fills(node)
        self._fills.ask(flat(met.withheld))
        self._packer = FramePacker(compact=met.note != OLDER)
        self._ready: deque[Transaction] = deque()
        self._flying: deque[_Flying] = deque()
        self._batch = self._acked_batch = 0
        self._cursor = self._epoch = 0
        self._caught_up = self._backlog = self._again = self._aged = False
        self._gaps = 0
        self._pause_until = self._last_sent = 0.0
        self._stir = asyncio.Event()
        self._stir.set()

    # -- what others tell --------------------------------------------------------------------------------
    def changed(self) -> None:
        """Something was committed here."""
        self._caught_up = False
        self._stir.set()

    def coming(self, vector: Mapping[str, int]) -> None:
        """The peer says these chains up to these numbers: they need not go back. What it says of ours, its ACKs tell."""
        for site, seq in vector.items():
            if site != self._status.own_site:
                self._knows.sent(site, seq)

    def bodies_come(self, transactions: Iterable[Transaction]) -> None:
        """The peer sends these bodies."""
        self._fills.theirs(transactions)

    def learned(self, vector: Mapping[str, int]) -> None:
        """The peer sent us these chains up to these numbers, and they were taken: it holds them."""
        for site, seq in vector.items():
            self._knows.learn(site, seq)

    def on_ack(self, ack: Ack) -> dict[str, int]:
        """Committed there: the credit comes back; returns what of it is believed. FrameError for a batch that was never sent, or
        for own acts not yet made."""
        vector = vector_of(ack.vector)
        if ack.batch > self._batch:
            raise FrameError("ack of a batch never sent")
        if vector.get(self._status.own_site, 0) > self._status.own_seq:
            raise FrameError("ack of what was never sent")  # noted, it would vouch for acts of tomorrow
        self._acked_batch = max(ack.batch, self._acked_batch)
        while self._flying and self._flying[0].batch <= ack.batch:
            self._flying.popleft()
        believed = self._believed(vector)
        for site, seq in believed.items():
            if self._gaps and seq > self._knows.acked.get(site, 0):
                self._gaps = 0
                self._status.stuck("gap", None)
            self._knows.learn(site, seq)
        self._status.acked(self._knows.acked.get(self._status.own_site, 0))
        self._stir.set()
        return believed

    def _believed(self, vector: Mapping[str, int]) -> dict[str, int]:
        """A peer acknowledges what it was sent or has shown, as far as that is here: a number beyond would keep from it, and
        mark as arrived, what it was never offered. What it holds by another line it shows by sending it, or when the link
        begins anew."""
        known, here = self._knows.known, self._status.held
        return {site: min(seq, known.get(site, 0), here.get(site, 0)) for site, seq in vector.items()}

    def on_nack(self, nack: Nack) -> None:
        """Not taken there: rewind, or leave a chain out for the rest of the session."""
        site = site_from_bytes(nack.site)
        if nack.reason is Why.GAP:
            self._knows.acked[site] = min(nack.have, self._knows.acked.get(site, 0))
            self._rewind()
        else:
            self._leave_out(site, "refusal.sync.chain_newer")
        self._stir.set()

    def on_fill(self, fill: Fill) -> None:
        """The peer asks for bodies; what flies towards it as header only is looked at again as well."""
        self._fills.ask(flat(ranges_of(fill.ranges)))
        self._fills.ask(span for flying in self._flying for span in flying.shut)
        self._stir.set()

    def _leave_out(self, site: str, reason: str) -> None:
        self._knows.left_out.add(site)
        self._ready = deque(tx for tx in self._ready if tx[0].site != site)
        self._status.stuck(site, reason)
        _LOG.warning("chain %s is not sent to %s: %s", site, self._peer.site, reason)

    def _rewind(self) -> None:
        """Begin again from what is acknowledged; after repeated gaps without progress with growing pauses."""
        if self._gaps:
            pause = doubled(self._pace.gap_pause_s, self._gaps, self._pace.gap_pause_max_s)
            self._pause_until = asyncio.get_running_loop().time() + pause
            self._status.stuck("gap", "refusal.sync.gap")
        self._gaps += 1
        self._epoch += 1
        self._knows.rewind()
        self._fills.rewind([span for flying in self._flying for span in flying.answered])
        self._flying.clear()
        self._ready.clear()
        self._acked_batch = self._batch
        self._cursor, self._again, self._caught_up = 0, True, False
        _LOG.info("gap at %s: sending again", self._peer.site)

    # -- the loop ----------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Send what there is, then wait for a change, an ACK, a NACK or a question."""
        while True:
            await self._stir.wait()
            self._stir.clear()
            await self._settle()
            first = True
            while self._batch - self._acked_batch < CREDIT and await self._step(first):
                first = False

    async def _settle(self) -> None:
        gather = 0.0 if self._backlog or self._ready else self._last_sent + self._pace.coalesce_s
        wait = max(self._pause_until, gather) - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _step(self, first: bool) -> bool:
        """Send one frame, or look for what to send; False when there is nothing to do in this turn.

        A change that comes during a turn waits for the next one, unless older or less urgent things go on.
        """
        if not self._ready and not self._caught_up and (first or self._backlog or self._fills.open):
            await self._fetch()
        while self._backlog and not self._caught_up and self._packer.hungry(self._ready):
            await self._fetch()  # in small readings, between which an officer's act passes
        if self._ready:
            await self._send_ops()
        elif self._fills.ready:
            await self._send_fill()
        elif self._fills.open:
            await self._fills.look(self._view())
        else:
            return self._backlog
        return True

    def _view(self) -> PeerView:
        return PeerView(self._peer.agency, self._peer.site, self._scopes, dict(self._knows.acked))

    async def _fetch(self) -> None:
        self._caught_up = True  # a change during the reading takes it back
        epoch = self._epoch
        proved = {s: head for s, head in self._knows.proved.items() if s not in self._knows.left_out}
        work = partial(
            _read,
            self._node.journal,
            self._knows.start(),
            proved,
            self._cursor,
            self._view(),
            self._fills.mark,
        )
        got = await self._node.on_writer(Priority.BULK if self._backlog else Priority.LIVE, work)
        self._status.have(got.vector)
        self._status.own_end(got.vector.get(self._status.own_site, 0))
        self._fills.news(got.late, got.vector)
        if epoch != self._epoch:
            return
        self._cursor = got.cursor
        self._knows.grown(got.grown)
        self._note_age(got.txs)
        for tx in got.txs:
            self._knows.sent(tx[0].site, tx[-1].seq)
            if tx[0].site not in self._knows.left_out:
                self._ready.append(tx)
        self._backlog = bool(got.txs) and (got.full or self._knows.lacks(got.vector))
        if self._backlog:
            self._caught_up = False

    def _note_age(self, txs: Sequence[Transaction]) -> None:
        """The first own transaction of a session tells how long the oldest unacknowledged one has waited."""
        own = next((tx for tx in txs if tx[0].site == self._status.own_site), None)
        if own is not None and not self._aged:
            self._aged = True
            self._status.backlog(self._status.clock.now_ms() - own[0].at_ms)

    # -- frames ------------------------------------------------------------------------------------------
    async def _send_ops(self) -> None:
        many = self._backlog or sum(map(len, self._ready)) > _LIVE_OPERATIONS
        lane = Lane.BULK if many else Lane.LIVE
        batch, again = self._batch + 1, self._again
        try:
            txs, data = self._packer.take(self._ready, lane, lambda block: Ops(batch, again, block))
        except TransactionTooLargeError as wrong:
            self._leave_out(wrong.site, "refusal.sync.too_large")
            return
        self._again = False
        shut = [(tx[0].site, tx[0].seq, tx[-1].seq) for tx in txs if any(op.withheld for op in tx)]
        await self._launch(data, _Flying(batch, shut, []))

    async def _send_fill(self) -> None:
        batch = self._batch + 1
        try:
            _, data = self._packer.take(self._fills.ready, Lane.BULK, lambda block: Fill(batch, [], block))
        except TransactionTooLargeError as wrong:
            self._fills.ready.popleft()
            _LOG.error("%s", wrong)
            return
        await self._launch(data, _Flying(batch, [], self._fills.taken()))

    async def _launch(self, data: bytes, flying: _Flying) -> None:
        self._batch = flying.batch
        self._flying.append(flying)
        self._last_sent = asyncio.get_running_loop().time()
        await self._outbox.put_data(data)


def _read(
    journal: JournalPort,
    start: Mapping[str, int],
    proved: Mapping[str, tuple[int, bytes]],
    cursor: int,
    view: PeerView,
    mark: int | None,
) -> _Fetched:
    held = journal.vector()
    grown = {site: head[0] for site, head in proved.items() if held.get(site) != head}
    found = list(journal.after({**start, **grown}, _FETCH_BYTES, cursor))
    txs = [journal.offer(tx, view) for _, tx in found]
    vector = {site: seq for site, (seq, _) in held.items()}
    # No vector tells what is left of a fork's branches: a reading that may have ended by its size is gone on with.
    full = sum(weight(tx) for _, tx in found) + MAX_TRANSACTION_BYTES > _FETCH_BYTES
    return _Fetched(
        txs, full, found[-1][0] if found else cursor, vector, grown, Late(*journal.late_bodies(mark))
    )
