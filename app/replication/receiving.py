"""The receiving half of a session: decode and verify beside the writer, apply several frames in one commit,
then ACK.

ACK means projected and committed here. A gap is neither stored nor acknowledged but asked again; a chain of a
newer schema stops alone; a wrong transaction ends the session; a full disk acknowledges nothing and waits.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from app.journal import verbs
from app.journal.faults import BadTransactionError, Fault, GapError, NewerSchemaError
from app.journal.journal import Received
from app.journal.operation import Transaction, unpack
from app.journal.own_chain import OwnChainError
from app.journal.vouching import Open
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault
from app.replication.endings import BAD_TRANSACTION, SessionEndedError, refusal
from app.replication.frames import (
    MAX_RANGES,
    Ack,
    Fill,
    Frame,
    FrameCodec,
    FrameError,
    Lane,
    Nack,
    Ops,
    Why,
    peek,
)
from app.replication.hello import flat
from app.replication.outbox import Outbox
from app.replication.peers import CREDIT, Pace
from app.replication.ports import JournalPort, NodePort
from app.replication.status import PeerStatus
from app.replication.verifying import Verifier
from app.replication.wire import marks, site_to_bytes, spans, unpack_block

_SLICE_S: Final = 0.005  # longest run of decoding before others on the loop have their turn
_LIVE_OPERATIONS: Final = 64
_FIRST_BUDGET: Final = 256
_LEAST_BUDGET: Final = 32
_MOST_BUDGET: Final = 4096

_LOG = logging.getLogger(__name__)


@dataclass
class _Arrived:
    """A frame of operations: its batch, what is left of it, whether it answers a FILL, its lane."""

    batch: int
    left: deque[Transaction]
    fill: bool
    lane: Lane


@dataclass
class _Outcome:
    """One commit: what it did, the fault that ended it if any, our vector after it, keys of its sites, those of them that
    were rotated, seconds it took."""

    received: Received | None
    fault: Fault | None
    vector: dict[str, int]
    keys: dict[str, bytes]
    rotated: frozenset[str]
    took_s: float

    @property
    def taken(self) -> int:
        """How many of the first transactions are committed or were known."""
        if self.fault is not None:
            return self.fault.kept
        return self.received.taken if self.received is not None else 0


@dataclass
class _Queues:
    """Frames as they came, and decoded ones."""

    raw: deque[bytes] = field(default_factory=deque)
    raw_filled: asyncio.Event = field(default_factory=asyncio.Event)
    decoded: deque[_Arrived] = field(default_factory=deque)
    decoded_filled: asyncio.Event = field(default_factory=asyncio.Event)

    def __len__(self) -> int:
        return len(self.raw) + len(self.decoded)


class Receiving:
    """Takes OPS and FILL frames; `decode` and `apply` run side by side until cancelled."""

    def __init__(
        self,
        node: NodePort,
        outbox: Outbox,
        status: PeerStatus,
        pace: Pace,
        *,
        coming: Callable[[Mapping[str, int]], None],
        bodies_come: Callable[[Iterable[Transaction]], None],
        learned: Callable[[Mapping[str, int]], None],
        asked: Callable[[Fill], None],
    ) -> None:
        self._node, self._outbox, self._status, self._pace = node, outbox, status, pace
        self._coming, self._bodies_come, self._learned, self._asked = coming, bodies_come, learned, asked
        self._codec = FrameCodec()
        self._queues = _Queues()
        self._verifier = Verifier()
        self._stopped: set[str] = set()
        self._expected = 1
        self._done = 0
        self._discarding = self._flooded = False
        self._budget = _FIRST_BUDGET

    # -- arriving ----------------------------------------------------------------------------------------
    def accept(self, data: bytes) -> None:
        """Queue a frame as it came; FrameError when the peer ignores its credit."""
        if len(self._queues) > 2 * CREDIT:
            raise FrameError("more than the credit")
        self._queues.raw.append(data)
        self._queues.raw_filled.set()

    async def decode(self) -> None:
        """Unpack, rebuild and verify frames in order; FrameError and SessionEndedError end the session."""
        self._verifier.learn(
            *await self._node.on_writer(Priority.LIVE, partial(_keys, self._node.journal, None))
        )
        while True:
            await self._queues.raw_filled.wait()
            while self._queues.raw:
                data = self._queues.raw.popleft()
                await self._decode_one(data)
            self._queues.raw_filled.clear()

    async def _decode_one(self, data: bytes) -> None:
        frame = self._codec.decode(data)
        if isinstance(frame, Fill) and frame.block is None:
            if frame.batch or not frame.ranges:
                raise FrameError("fill")
            self._asked(frame)
            return
        if (
            not isinstance(frame, Ops | Fill)
            or frame.block is None
            or (isinstance(frame, Fill) and frame.ranges)
        ):
            raise FrameError("fill")
        if frame.batch != self._expected:
            raise FrameError("batch")
        self._expected += 1
        if isinstance(frame, Ops) and frame.again:
            self._discarding = False
        if self._discarding:
            return
        txs: deque[Transaction] = deque()
        self._verifier.begin()
        turn = time.monotonic()
        for tx in unpack_block(self._node.journal.realm, frame.block):
            if not self._verifier.look(tx):
                await self._doubt(tx)
            txs.append(tx)
            if time.monotonic() - turn > _SLICE_S:
                await asyncio.sleep(0)
                turn = time.monotonic()
        if self._discarding:
            return
        self._queues.decoded.append(_Arrived(frame.batch, txs, isinstance(frame, Fill), peek(data)[1]))
        self._queues.decoded_filled.set()

    async def _doubt(self, tx: Transaction) -> None:
        """A signature that does not fit: the chain's key may have been changed by what came to the journal over another line.

        The journal is asked once for each chain, and then judges what was signed on it; SessionEndedError when it knows of none.
        """
        site = tx[-1].site
        self._verifier.learn(
            *await self._node.on_writer(Priority.LIVE, partial(_keys, self._node.journal, (site,)))
        )
        if not self._verifier.has_rotated(site):
            raise SessionEndedError(BAD_TRANSACTION, f"signature of {site}:{tx[-1].seq}")

    # -- applying ----------------------------------------------------------------------------------------
    async def apply(self) -> None:
        """Apply decoded frames, as many in one commit as the writer's slice allows."""
        while True:
            await self._queues.decoded_filled.wait()
            while self._queues.decoded:
                await self._apply_some()
            self._queues.decoded_filled.clear()

    def _some(self) -> tuple[list[Transaction], Priority]:
        """Transactions for the next commit, all of OPS or all of FILL (late bodies are cheapest together); they end where none
        waits for a signature of its chain."""
        fill = self._queues.decoded[0].fill
        txs: list[Transaction] = []
        operations, live, closed, waiting = 0, not fill, 0, Open()
        for frame in self._queues.decoded:
            if frame.fill is not fill:
                break
            live = live and frame.lane is Lane.LIVE
            for tx in frame.left:
                if closed and not fill and operations + len(tx) > self._budget:
                    return txs[:closed], Priority.BULK
                txs.append(tx)
                operations += len(tx)
                if waiting.step(tx):
                    closed = len(txs)
        return txs, Priority.LIVE if live and operations <= _LIVE_OPERATIONS else Priority.BULK

    async def _apply_some(self) -> None:
        self._drop(lambda tx: tx[0].site in self._stopped)
        if not self._queues.decoded:
            return
        txs, priority = self._some()
        self._coming(_ends(txs))  # before our news of it wakes the sender
        if self._queues.decoded[0].fill:
            self._bodies_come(txs)
        outcome = await self._commit(txs, priority)
        taken = outcome.taken
        self._note_left(outcome)
        self._consume(taken)
        self._verifier.forget(txs[:taken])
        self._verifier.learn(outcome.keys, outcome.rotated)
        self._after_commit(txs[:taken], outcome)
        self._note(txs[:taken], outcome.vector)
        self._acknowledge({tx[0].site for tx in txs[:taken]}, outcome.vector)
        if outcome.fault is not None:
            self._on_fault(outcome.fault, txs[outcome.fault.at], outcome.vector)
        if any(_discloses(tx) for tx in txs[:taken]):
            await self.ask_for_bodies()

    async def _commit(self, txs: Sequence[Transaction], priority: Priority) -> _Outcome:
        """One commit on the writer; while the disk refuses, nothing is acknowledged and it is tried again."""
        sites = {tx[0].site for tx in txs}
        sealed = self._verifier.sealed(txs)
        pressed = partial(self._node.pressed, priority)
        pause = self._pace.fault_pause_s
        while True:
            try:
                outcome = await self._node.on_writer(
                    priority, partial(_receive, self._node, txs, sites, sealed, pressed)
                )
            except EnvironmentFault as fault:
                _LOG.error("nothing can be stored: %s", fault)
                self._status.stuck("disk", fault.text)
                await asyncio.sleep(pause)
                pause = min(2 * pause, self._pace.fault_pause_max_s)
                continue
            self._status.stuck("disk", None)
            self._adapt(sum(map(len, txs[: outcome.taken])), outcome.took_s)
            return outcome

    def _adapt(self, operations: int, took_s: float) -> None:
        if operations >= _LEAST_BUDGET and took_s > 0:
            fitting = round(operations * self._pace.commit_s / took_s)
            self._budget = max(_LEAST_BUDGET, min(_MOST_BUDGET, (self._budget + fitting) // 2))

    def _note_left(self, outcome: _Outcome) -> None:
        """What is not taken is not waited for either. Of strangers it is told, forks are told anyway (decision 0045)."""
        told = outcome.fault if outcome.fault is not None else outcome.received
        left = {} if told is None else told.left
        self._status.passed(left)
        strangers = left.keys() - outcome.keys.keys()
        if strangers and not self._flooded:
            _LOG.warning("more workstations that nobody enrolled than are taken, such as %s", min(strangers))
            self._flooded = True
            self._status.stuck("strangers", "refusal.sync.strangers")

    def _after_commit(self, txs: Sequence[Transaction], outcome: _Outcome) -> None:
        self._status.have(outcome.vector)
        if txs and (outcome.received is None or outcome.received.applied):
            self._status.applied()

    def _note(self, taken: Sequence[Transaction], vector: Mapping[str, int]) -> None:
        """Who sent what was taken has it. Never more than is held here, and nothing of our own chain: that its ACKs say."""
        own = self._node.journal.own_site
        held = {site: min(seq, vector.get(site, 0)) for site, seq in _ends(taken).items() if site != own}
        if held:
            self._learned(held)

    def _consume(self, count: int) -> None:
        """Take transactions off the front; frames that end thereby are done."""
        for _ in range(count):
            self._queues.decoded[0].left.popleft()
            self._finish_empty()

    def _drop(self, unwanted: Callable[[Transaction], bool]) -> None:
        for frame in self._queues.decoded:
            if any(map(unwanted, frame.left)):
                self._verifier.forget(filter(unwanted, frame.left))
                frame.left = deque(tx for tx in frame.left if not unwanted(tx))
        before = self._done
        self._finish_empty()
        if self._done > before:
            self._acknowledge(set(), {})

    def _finish_empty(self) -> None:
        while self._queues.decoded and not self._queues.decoded[0].left:
            self._done = self._queues.decoded.popleft().batch

    # -- answers -----------------------------------------------------------------------------------------
    def _on_fault(self, fault: Fault, tx: Transaction, vector: Mapping[str, int]) -> None:
        site, have = tx[0].site, vector.get(tx[0].site, 0)
        fill = self._queues.decoded[0].fill
        if isinstance(fault, OwnChainError):
            raise refusal("own_chain_behind") from fault
        # Bodies of another branch of a fork come as well; what is not here, and without signature, is no lie.
        other_branch = fill and tx[-1].sig is None
        if isinstance(fault, BadTransactionError) and not other_branch:
            raise SessionEndedError(BAD_TRANSACTION, f"{fault} in {tx[0].site}:{tx[0].seq}") from fault
        if fill:  # an answer to a question that is no longer ours
            self._consume(1)
            self._acknowledge((), {})
        elif isinstance(fault, NewerSchemaError):
            self._stop(site, have, Why.NEWER)
        elif self._stopped:
            self._stop(site, have, Why.BLOCKED)
        else:
            _LOG.info("gap: %s", fault)
            have = fault.have_seq if isinstance(fault, GapError) else have
            self._send(Nack(site_to_bytes(site), have, tx[0].seq, Why.GAP))
            self._discarding = True
            self._verifier.forget_all()
            self._queues.decoded.clear()

    def _stop(self, site: str, have: int, why: Why) -> None:
        """A chain of a newer schema, or one that rests on it, waits here for the upgrade; others go on."""
        _LOG.warning("chain %s stops at %d: %s", site, have, why.name)
        self._stopped.add(site)
        self._status.stuck(site, "refusal.sync.schema_newer")
        self._send(Nack(site_to_bytes(site), have, have + 1, why))

    def _acknowledge(self, sites: Iterable[str], vector: Mapping[str, int]) -> None:
        self._send(Ack(self._done, marks({site: vector.get(site, 0) for site in sites})))

    def _send(self, frame: Frame) -> None:
        self._outbox.put(Lane.CONTROL, self._codec.encode(frame))

    async def ask_for_bodies(self, skip: int = 0) -> None:
        """Ask for the bodies of what is held as headers, beyond the first `skip` ranges."""
        held = await self._node.on_writer(Priority.BULK, self._node.journal.withheld)
        wanted = flat(held)[skip:]
        for start in range(0, len(wanted), MAX_RANGES):
            ask = Fill(0, spans(wanted[start : start + MAX_RANGES]), None)
            self._outbox.put(Lane.BULK, self._codec.encode(ask))


def _ends(txs: Iterable[Transaction]) -> dict[str, int]:
    """Up to which number of each chain these go."""
    ends: dict[str, int] = {}
    for tx in txs:
        ends[tx[0].site] = max(tx[-1].seq, ends.get(tx[0].site, 0))
    return ends


def _keys(journal: JournalPort, sites: Iterable[str] | None) -> tuple[dict[str, bytes], frozenset[str]]:
    """Keys in force of these chains (None: all), and those of them whose key was ever changed."""
    found = {site: journal.public_key(site) for site in (journal.vector() if sites is None else sites)}
    known = {site: key for site, key in found.items() if key is not None}
    return known, frozenset(site for site in known if journal.has_rotated(site))


def _receive(
    node: NodePort,
    txs: Sequence[Transaction],
    sites: Iterable[str],
    sealed: Mapping[bytes, bytes],
    pressed: Callable[[], bool],
) -> _Outcome:
    """On the writer's thread. Screens hear of it here: a session may be cut off before it learns of its own commit."""
    begun = time.monotonic()
    journal = node.journal
    received: Received | None = None
    fault: Fault | None = None
    try:
        received = journal.receive(txs, sealed, pressed)
        changes = received.changes
    except Fault as wrong:
        fault, changes = wrong, wrong.changes
    if changes.changes or (received.applied if received is not None else fault is not None and fault.kept):
        node.publish(changes)  # headers alone change nothing here, and are still relayed
    keys, rotated = _keys(journal, sites)
    vector = {site: seq for site, (seq, _) in journal.vector().items()}
    return _Outcome(received, fault, vector, keys, rotated, time.monotonic() - begun)


def _discloses(tx: Transaction) -> bool:
    bodies = (op.body for op in tx if op.body is not None)
    return any(
        isinstance(content := unpack(body), dict) and content.get("v") == verbs.DISCLOSE for body in bodies
    )
