"""A journal in memory that keeps the facade's promises, and a node with a writer's thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from app.journal.faults import BadTransactionError, Fault, GapError, NewerSchemaError
from app.journal.journal import NOTHING_SEALED, PeerView, Received
from app.journal.keys import SiteKey
from app.journal.late_bodies import LateBodies, Span
from app.journal.operation import (
    SCHEMA_V,
    Act,
    ChainEnd,
    Operation,
    Transaction,
    author_transaction,
    check_signature,
    check_transaction,
    weight,
    withhold,
)
from app.journal.own_chain import Head, Named
from app.journal.vouching import vouchers
from app.kernel.changes import Change, ChangeSet
from app.kernel.clock import Clock
from app.kernel.enums import ChangeKind, Origin, Priority
from app.kernel.ids import new_id

_T = TypeVar("_T")


class FakeJournal:
    """Chains, order, gaps, headers and late bodies as the real one has them; projects nothing."""

    def __init__(
        self,
        key: SiteKey,
        agency: str,
        clock: Clock,
        keys: Mapping[str, bytes],
        realm: str = "live",
        schema: int = SCHEMA_V,
    ) -> None:
        self.realm, self.own_site, self.own_agency = realm, key.site, agency
        self._key, self._clock, self._keys, self._schema = key, clock, keys, schema
        self.rows: list[Transaction] = []
        self.ops: dict[bytes, Operation] = {}
        self.ends: dict[str, ChainEnd] = {}
        self.tips: set[bytes] = set()
        self.disclosed: dict[str, tuple[str, int]] = {}  # scope -> where its disclosure stands
        self.received: list[int] = []  # transactions per call
        self.faults: list[Exception] = []  # raised by the next calls of `receive`
        self.mark_faults: list[Exception] = []  # raised by the next calls of `after`
        self.late = LateBodies()
        self._counter = 0

    # -- writing -----------------------------------------------------------------------------------------
    def act(self, text: str, scope: str = "joint", verb: str = "write") -> Act:
        body = {"v": verb, "set": {"text": text}} if verb == "write" else {"v": verb, "field": text}
        return Act("note", "duty_log", new_id(self._clock, "s"), scope, body)

    def author(self, acts: Sequence[Act]) -> Transaction:
        end = self.ends.get(self.own_site, ChainEnd())
        hlcs = [(self._clock.now_ms() << 16) + self._counter + n for n in range(len(acts))]
        self._counter += len(acts)
        parents = sorted(self.tips - {end.hash})
        tx = author_transaction(
            self.realm, self._key.signing, self.own_site, end, parents, hlcs, "officer-1", acts
        )
        self._append(tx)
        return tx

    def _append(self, tx: Transaction) -> None:
        self.rows.append(tx)
        self.ops.update({op.hash: op for op in tx})
        self.ends[tx[0].site] = ChainEnd(tx[-1].seq, tx[-1].hash)
        self.tips -= {tx[0].prev, *tx[0].parents}
        self.tips.add(tx[-1].hash)
        for op in tx:
            if op.body is not None and op.content.get("v") == "disclose":
                self.disclosed[op.content["field"]] = (op.site, op.seq)

    # -- the facade --------------------------------------------------------------------------------------
    def receive(
        self,
        transactions: Sequence[Transaction],
        sealed: Mapping[bytes, bytes] = NOTHING_SEALED,
        pressed: Callable[[], bool] | None = None,
    ) -> Received:
        if self.faults:
            raise self.faults.pop(0)
        self.received.append(len(transactions))
        applied = duplicates = 0
        changes: list[Change] = []
        signed = vouchers(transactions)
        for tx in transactions:
            if applied and tx[-1].sig is not None and pressed is not None and pressed():
                break
            try:
                news = self._receive_one(tx, signed.get(tx[-1].hash))
            except Fault as wrong:
                wrong.at = wrong.kept = applied + duplicates
                wrong.changes = ChangeSet(tuple(changes))
                raise
            applied, duplicates = applied + news, duplicates + (not news)
            changes += [
                Change(op.entity or "?", op.entity_id or "?", ChangeKind.NEW, Origin.PEER)
                for op in tx
                if news
            ]
        return Received(applied, duplicates, ChangeSet(tuple(changes)))

    def _receive_one(self, tx: Transaction, voucher: Transaction | None) -> bool:
        first = tx[0]
        if first.site not in self._keys:
            raise BadTransactionError("unknown site")
        check_transaction(self.realm, tx, self._keys[first.site])
        for op in tx:
            if op.schema_v is not None and op.schema_v > self._schema:
                raise NewerSchemaError(op.site, op.schema_v)
        if all(op.hash in self.ops for op in tx):
            return self._fill(tx)
        if tx[-1].sig is None:
            if voucher is None:
                raise BadTransactionError("signature")
            check_signature(voucher[-1], self._keys[first.site])
        if any(parent not in self.ops for parent in (first.prev, *first.parents) if parent):
            raise GapError(first.site, self.ends.get(first.site, ChainEnd()).seq)
        self._append(tx)
        return True

    def _fill(self, tx: Transaction) -> bool:
        late = {op.hash: op for op in tx if op.body is not None and self.ops[op.hash].withheld}
        self.ops.update(late)
        for op in late.values():
            self.late.came(op.site, op.seq)
        self.rows = [tuple(late.get(op.hash, op) for op in row) for row in self.rows]
        return bool(late)

    def vector(self) -> dict[str, tuple[int, bytes]]:
        return {site: (end.seq, end.hash) for site, end in self.ends.items()}

    def withheld(self) -> dict[str, list[tuple[int, int]]]:
        out: dict[str, list[tuple[int, int]]] = {}
        for tx in self.rows:
            for op in tx:
                if op.withheld:
                    ranges = out.setdefault(op.site, [])
                    if ranges and ranges[-1][1] == op.seq - 1:
                        ranges[-1] = (ranges[-1][0], op.seq)
                    else:
                        ranges.append((op.seq, op.seq))
        return out

    def common(self, theirs: Mapping[str, tuple[int, bytes]]) -> dict[str, int]:
        held = {(op.site, op.seq): op.hash for tx in self.rows for op in tx}
        return {s: n if held.get((s, n), h) == h else 0 for s, (n, h) in theirs.items()}

    def named(self, peer: str, head: Head) -> Named:
        return Named.GOOD if head[0] <= self.ends.get(self.own_site, ChainEnd()).seq else Named.CLAIMED

    def prove(self, txs: Sequence[Transaction]) -> bool:
        return False

    def unknown(self, txs: Sequence[Transaction]) -> frozenset[bytes]:
        held = {op.hash for tx in self.rows for op in tx}
        return frozenset(op.hash for tx in txs for op in tx if op.hash not in held)

    def after(
        self, vector: Mapping[str, int], limit_bytes: int, cursor: int = 0
    ) -> list[tuple[int, Transaction]]:
        if self.mark_faults:
            raise self.mark_faults.pop(0)
        out: list[tuple[int, Transaction]] = []
        size = 0
        for number, tx in enumerate(self.rows[cursor:], cursor + 1):
            if tx[-1].seq <= vector.get(tx[0].site, 0):
                continue
            size += weight(tx)
            if out and size > limit_bytes:
                break
            out.append((number, tx))
        return out

    def oldest_beyond(self, vector: Mapping[str, int]) -> int | None:
        found = self.after(vector, 1)
        return found[0][1][0].at_ms if found else None

    def offer(self, tx: Transaction, peer: PeerView) -> Transaction:
        return tuple(op if op.withheld or self._may_read(op, peer) else withhold(op) for op in tx)

    def _may_read(self, op: Operation, peer: PeerView) -> bool:
        if op.scope in ("joint", f"internal:{peer.agency}") or op.scope in peer.scopes:
            return True
        site, seq = self.disclosed.get(op.scope, ("", 0))
        return bool(seq) and peer.acked.get(site, 0) >= seq

    def late_bodies(self, mark: int | None) -> tuple[int, list[Span] | None]:
        return self.late.since(mark)

    def bodies(self, ranges: Mapping[str, Sequence[tuple[int, int]]], peer: PeerView) -> list[Transaction]:
        out = []
        for tx in self.rows:
            asked = any(a <= op.seq <= b for op in tx for a, b in ranges.get(op.site, ()))
            offered = self.offer(tx, peer)
            if asked and any(not op.withheld for op in offered):
                out.append(offered)
        return out

    def public_key(self, site: str) -> bytes | None:
        return self._keys.get(site) if site in self.ends else None

    def has_rotated(self, site: str) -> bool:
        return False

    # -- for tests ---------------------------------------------------------------------------------------
    def texts(self) -> list[str]:
        """What the open operations say, in no order."""
        bodies = [op.content for tx in self.rows for op in tx if op.body is not None]
        return sorted(body["set"]["text"] for body in bodies if "set" in body)


class FakeNode:
    """A journal with its own writer thread; `slow_s` is a writer that lags, `jobs` what was asked of it."""

    def __init__(self, journal: FakeJournal) -> None:
        self.journal = journal
        self.jobs: list[Priority] = []
        self.urgent = False
        self.published: list[ChangeSet] = []
        self._writer = ThreadPoolExecutor(1, "writer")
        self._hearers: list[Callable[[ChangeSet], None]] = []

    async def on_writer(self, priority: Priority, work: Callable[[], _T]) -> _T:
        self.jobs.append(priority)
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    def pressed(self, priority: Priority) -> bool:
        return self.urgent

    def subscribe(self, hear: Callable[[ChangeSet], None]) -> Callable[[], None]:
        self._hearers.append(hear)
        return lambda: self._hearers.remove(hear)

    def publish(self, changes: ChangeSet) -> None:
        self.published.append(changes)
        for hear in list(self._hearers):
            hear(changes)

    async def write(self, *texts: str, scope: str = "joint", verb: str = "write") -> Transaction:
        """Author one transaction on the writer; the news goes out from its thread, as in the real node."""

        def work() -> Transaction:
            tx = self.journal.author([self.journal.act(text, scope, verb) for text in texts])
            changes = (Change(op.entity or "", op.entity_id or "", ChangeKind.NEW, Origin.LOCAL) for op in tx)
            self.publish(ChangeSet(tuple(changes)))
            return tx

        return await self.on_writer(Priority.OFFICER, work)

    def close(self) -> None:
        self._writer.shutdown()


async def until(true: Callable[[], Any], what: str, timeout_s: float = 60.0) -> None:
    """Wait for a condition; AssertionError that names it when it does not come true in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout_s
    while not true():
        assert loop.time() < end, f"not in {timeout_s} s: {what}"
        await asyncio.sleep(0.005)


def run(scenario: Awaitable[_T], timeout_s: float = 60.0) -> _T:
    """Run a coroutine on a loop of its own, with a limit."""

    async def limited() -> _T:
        return await asyncio.wait_for(scenario, timeout_s)

    return asyncio.run(limited())


def same_journal(journals: Iterable[FakeJournal]) -> bool:
    """True when all hold the same chains."""
    first, *others = [journal.vector() for journal in journals]
    return all(other == first for other in others)
