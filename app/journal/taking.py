"""Taking others' transactions: checked, stored and projected, many in one database transaction."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from app.journal import floods, verbs
from app.journal.bugs import is_bug
from app.journal.faults import BadTransactionError, Fault, GapError, NewerSchemaError
from app.journal.floods import Aside
from app.journal.hlc import HybridClock
from app.journal.keys import site_id
from app.journal.late_bodies import LateBodies
from app.journal.operation import (
    SCHEMA_V,
    Operation,
    Transaction,
    check_signature,
    check_transaction,
    unsigned,
)
from app.journal.own_chain import OwnChain
from app.journal.projector import CANNOT_PROJECT, Projector
from app.journal.site_keys import rotation_in
from app.journal.state import State
from app.journal.store import Chain, save_chain
from app.journal.vouching import Open, vouchers
from app.kernel.changes import ChangeSet
from app.kernel.enums import Origin
from db.fields import JOINT

NOTHING_SEALED: Mapping[bytes, bytes] = MappingProxyType({})
PART = 256  # operations that are looked up, and written, together

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Received:
    """Transactions applied and known before, and what they changed.

    `left`: chains of which some were left out, as if they were known, and up to where (docs/decisions/0045-floods.md).
    """

    applied: int
    duplicates: int
    changes: ChangeSet
    left: Mapping[str, int] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        """How many of the first transactions were taken: fewer than given when something more urgent waited."""
        return self.applied + self.duplicates


def in_parts(txs: Iterable[Transaction]) -> Iterator[list[Transaction]]:
    """Transactions in runs of at least PART operations."""
    part: list[Transaction] = []
    operations = 0
    for tx in txs:
        part.append(tx)
        operations += len(tx)
        if operations >= PART:
            yield part
            part, operations = [], 0
    if part:
        yield part


class _Batch:
    """Transactions on their way into one commit."""

    def __init__(self, txs: Sequence[Transaction], sealed: Mapping[bytes, bytes]) -> None:
        self.txs, self.sealed = txs, sealed
        thinned = any(tx and tx[-1].sig is None for tx in txs)
        self.vouchers = vouchers([tx for tx in txs if tx]) if thinned else {}
        self.left: dict[str, int] = {}
        self.proved: set[bytes] = set()  # last hashes of those of them whose signatures were verified
        self.waiting = Open()
        self.applied = self.duplicates = self.closed = 0

    def took(self, tx: Transaction, news: bool) -> None:
        """One more is stored or was known."""
        self.applied, self.duplicates = self.applied + news, self.duplicates + (not news)
        if news:
            self.waiting.step(tx)
        if self.waiting.closed:
            self.closed = self.applied + self.duplicates


class Taking(OwnChain):
    """The receiving half of the journal's facade."""

    state: State
    realm: str
    _connection: sqlite3.Connection
    _projector: Projector
    _hlc: HybridClock
    _spoiled: set[bytes]
    _late: LateBodies
    _aside: Aside

    def _finish(self, origin: Origin) -> ChangeSet:
        raise NotImplementedError

    def _undo(self) -> None:
        raise NotImplementedError

    def receive(
        self,
        transactions: Sequence[Transaction],
        sealed: Mapping[bytes, bytes] = NOTHING_SEALED,
        pressed: Callable[[], bool] | None = None,
    ) -> Received:
        """Store and project transactions in one database transaction.

        `sealed`: of those whose hashes the caller computed and whose signatures, or those of the transactions that vouch for
        them, it verified: last hash -> key it used. `pressed`: asked between transactions; when it is true, what was taken so
        far is committed, and `taken` tells how many that are.

        What comes before a faulty one is kept; then GapError, NewerSchemaError or BadTransactionError is raised. One that
        meets a bug of ours is kept and quarantined: it stops neither its chain nor the session.
        """
        try:
            return self._take(_Batch(transactions, sealed), pressed)
        except Exception as bug:
            if not is_bug(bug) or isinstance(bug, Fault):
                raise
            log.exception("transactions of a peer met a bug; they are taken a few at a time")
        done: list[Received] = []
        for run in _closed_runs(transactions):
            try:
                done.append(self._take_guarded(run, sealed))
            except Fault as wrong:
                before = sum(each.taken for each in done)
                wrong.kept, wrong.at = before + wrong.kept, before + wrong.at
                wrong.changes = _changes_of([*done, Received(0, 0, wrong.changes)])
                wrong.left = {**_left_of(done), **wrong.left}
                raise
        return Received(
            sum(each.applied for each in done),
            sum(each.duplicates for each in done),
            _changes_of(done),
            _left_of(done),
        )

    def _take_guarded(self, run: Sequence[Transaction], sealed: Mapping[bytes, bytes]) -> Received:
        """Take what belongs together; what cannot be projected is quarantined, what cannot even be stored is refused."""
        while True:
            batch = _Batch(run, sealed)
            try:
                return self._take(batch, None, singly=True)
            except Exception as bug:
                if not is_bug(bug) or isinstance(bug, Fault):
                    raise
                tx = next((tx for tx in run[batch.applied + batch.duplicates :] if tx), run[-1])
                if tx[-1].hash in self._spoiled:
                    raise BadTransactionError(CANNOT_PROJECT) from bug
                log.exception("a transaction cannot be projected: %s:%d", tx[0].site, tx[0].seq)
                self._spoiled.add(tx[-1].hash)

    def _take(self, batch: _Batch, pressed: Callable[[], bool] | None, singly: bool = False) -> Received:
        """`receive` in one database transaction; whatever else is raised, the database and the state are as before.

        `singly`: everything is written after each transaction, so that a bug is met at the one that brings it.
        """
        fault: Fault | None = None
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for part in in_parts(batch.txs):
                    self.state.foresee(part)
                    if not self._take_part(batch, part, pressed, singly):
                        break
                    self.state.flush()
                    self.state.forget_records()
            except Fault as wrong:
                fault, wrong.at, wrong.left = wrong, batch.applied + batch.duplicates, batch.left
            if fault is not None and not batch.waiting.closed:
                self._undo()
                return self._take_again(batch, fault)
            changes = self._finish(Origin.PEER)
            self._connection.execute("COMMIT")
        except BaseException:
            self._undo()
            raise
        if fault is not None:
            fault.kept, fault.changes = fault.at, changes
            raise fault
        if batch.left:
            log.info("of %d chains there are more, or more branches, than are taken", len(batch.left))
        return Received(batch.applied, batch.duplicates, changes, batch.left)

    def _take_part(
        self, batch: _Batch, part: Sequence[Transaction], pressed: Callable[[], bool] | None, singly: bool
    ) -> bool:
        """Store and project some; False when something more urgent waits."""
        for tx in part:
            if pressed is not None and batch.applied and batch.waiting.closed and pressed():
                return False
            news = self._receive_one(batch, tx)
            if singly:
                self.state.flush()
            batch.took(tx, news)
        return True

    def _take_again(self, batch: _Batch, fault: Fault) -> Received:
        """A fault in the midst of transactions that one signature vouches for: only what stands before all of them is kept."""
        fault.kept = batch.closed
        fault.changes = self._take(_Batch(batch.txs[: batch.closed], batch.sealed), None).changes
        raise fault

    def _receive_one(self, batch: _Batch, tx: Transaction, wanted: bool = False) -> bool:
        """Store and project one; False for what is known, or left out. `wanted`: what counts rests on it."""
        if not wanted and self._hangs_on_what_was_left(batch, tx):
            keyless = (*tx[:-1], unsigned(tx[-1]))  # the key may have changed in what was left
            check_transaction(self.realm, keyless, b"")
            return self._leave(batch, tx)
        key = self._key_for(tx)
        sealed = batch.sealed.get(tx[-1].hash) == key
        try:
            check_transaction(self.realm, tx, key, sealed)
        except BadTransactionError as wrong:
            if str(wrong) == "signature":  # what is missing before it may hold a rotation
                self._check_parents(tx[0])
            raise
        _check_readable(tx)
        first, chain = tx[0], self.state.chains.get(tx[0].site)
        news: Sequence[Operation] = tx
        goes_on = (
            chain is not None
            and chain.fork_seq is None
            and first.prev == chain.hash
            and first.seq == chain.seq + 1
        )
        if not goes_on:  # else none of them can be here
            known = [self.state.store.get(op.hash) for op in tx]
            if all(known):
                return self._fill_bodies(tx, known)
            news = [op for op, old in zip(tx, known, strict=True) if old is None]
        if not sealed and tx[-1].sig is None:
            self._check_voucher(batch, tx, key)
        self._own_came(news)
        too_much = not (wanted or goes_on) and self._is_too_much(tx, news[0])
        if too_much or not self._bring_parents(batch, tx):
            return self._leave(batch, tx)
        self._check_parents(first)
        chain = self.state.chain(first.site, key)
        if not goes_on:
            self._notice_fork(chain, news[0])
        self.state.store.hold(news)
        self.state.keys.saw(news)
        self._projector.project(tx)
        for op in tx:
            self._hlc.saw(op.hlc)
        return True

    def _check_voucher(self, batch: _Batch, tx: Transaction, key: bytes) -> None:
        """BadTransactionError unless a later transaction of this chain and of this batch is signed (decision 0026).

        A change of the chain's key stands by its own signature: nothing that the new key signed vouches for what was before.
        """
        voucher = batch.vouchers.get(tx[-1].hash)
        if voucher is None or any(rotation_in(op) for op in tx):
            raise BadTransactionError("signature")
        if voucher[-1].hash not in batch.proved:
            check_signature(voucher[-1], key)
            batch.proved.add(voucher[-1].hash)

    def _notice_fork(self, chain: Chain, op: Operation) -> None:
        """Two signed operations under one (site, seq) close the chain before the first transaction that tells them apart."""
        rivals = self.state.store.rivals(op.site, op.seq)
        if not rivals:
            return
        if any(prev == op.prev for prev, _ in rivals):
            self.state.branched(chain)
        seq = min(op.tx, *(tx for _, tx in rivals))
        if chain.fork_seq is None or seq < chain.fork_seq:
            chain.fork_seq = seq
            save_chain(self._connection, chain)
            self.state.refresh_trust()
            self._projector.reproject = True

    # -- floods ----------------------------------------------------------------------------------------------------------
    def _is_too_much(self, tx: Transaction, news: Operation) -> bool:
        """True for one chain too many of those that nobody enrolled, and for one branch too many."""
        chain = self.state.chains.get(news.site)
        if chain is None:
            too_much = floods.full_of_strangers(self.state) and not self._is_enrolled(tx[0])
        else:
            too_much = floods.is_surplus(self.state, chain, news)
        return too_much and not self._projector.brings_certificate(tx)

    def _hangs_on_what_was_left(self, batch: _Batch, tx: Transaction) -> bool:
        """True for more of a chain or branch that was left out; if it matters by now, what was left is taken first."""
        first = tx[0] if tx else None
        chain = None if first is None else self.state.chains.get(first.site)
        if first is None or not first.prev or (chain is not None and chain.hash == first.prev):
            return False
        if self.state.store.place(first.prev) is not None:
            return False
        is_aside = first.prev in self._aside
        state = self.state
        full = floods.full_of_branches(state, chain) if chain else floods.full_of_strangers(state)
        matters = (chain is None or not full) and self._is_enrolled(first)
        if is_aside and (matters or self._projector.brings_certificate(tx)):
            self._take_from_aside(batch, first, [first.prev])
            return False
        return not matters and (full or (is_aside and chain is not None))

    def _is_enrolled(self, first: Operation) -> bool:
        """True for a chain that an agency we have met, or our own, enrolled."""
        if first.site in self.state.chains:
            return self.state.agency_of(first.site) is not None
        begun = first if first.seq == 1 else self._aside.beginning(first.site)
        return begun is not None and self._projector.certifies(begun)

    def _bring_parents(self, batch: _Batch, tx: Transaction) -> bool:
        """Take parents that were left out, if what names them matters; False where it does not."""
        aside = [parent for parent in tx[0].parents if parent in self._aside]
        lacking = [parent for parent in aside if self.state.store.place(parent) is None]
        if lacking and not (self._is_enrolled(tx[0]) or self._projector.brings_certificate(tx)):
            return False
        if lacking:
            self._take_from_aside(batch, tx[0], lacking)
        return True

    def _take_from_aside(self, batch: _Batch, first: Operation, digests: Sequence[bytes]) -> None:
        """Take what was left out after all; GapError for the chain that rests on it when it is no longer there or not good."""
        store, chain = self.state.store, self.state.chains.get(first.site)
        txs = self._aside.needed(digests, lambda digest: store.place(digest) is not None)
        batch.vouchers |= {digest: by for digest, by in vouchers(txs).items() if by is not None}
        for tx in txs:
            try:
                news = self._receive_one(batch, tx, wanted=True)
            except Fault as wrong:
                self._aside.drop(txs)
                raise GapError(first.site, chain.seq if chain else 0) from wrong
            if news:
                batch.waiting.step(tx)

    def _leave(self, batch: _Batch, tx: Transaction) -> bool:
        """Leave one out, as if it were known; it is kept aside for a while, where what it hangs on is here or aside."""
        first, last = tx[0], tx[-1]
        batch.left[first.site] = max(last.seq, batch.left.get(first.site, 0))
        voucher = batch.vouchers.get(last.hash)
        before = first.prev in self._aside or not first.prev or self.state.store.place(first.prev) is not None
        if before and (last.sig is not None or voucher is not None):
            self._aside.put(tx, None if voucher is None else voucher[-1].hash)
        return False

    def _key_for(self, tx: Transaction) -> bytes:
        """Key in force on a chain: known, or in the enrolment that every chain begins with; the id is the key's own hash."""
        chain = self.state.chains.get(tx[0].site) if tx else None
        if chain is not None:
            return self.state.keys.before(tx[0], chain)
        if not tx or tx[0].seq != 1:
            raise GapError(tx[0].site if tx else "", 0)
        try:
            return key_in(tx[0])
        except BadTransactionError:
            raise
        except ValueError as wrong:
            raise BadTransactionError("body") from wrong

    def _check_parents(self, first: Operation) -> None:
        chain = self.state.chains.get(first.site)
        if first.prev:
            before = self.state.store.place(first.prev)
            if before is None:
                have = chain.seq if chain else 0
                raise GapError(first.site, have if have < first.seq - 1 else 0)
            if before[:2] != (first.site, first.seq - 1):
                raise BadTransactionError("chain")  # a number left out would hide a second branch
        for digest in first.parents:
            if self.state.store.place(digest) is None:
                raise GapError(first.site, chain.seq if chain else 0)

    def _fill_bodies(self, tx: Transaction, known: Sequence[Operation | None]) -> bool:
        news = [
            op
            for op, old in zip(tx, known, strict=True)
            if old is not None and old.withheld and not op.withheld
        ]
        for op in news:
            self.state.store.fill(op)
            self._late.came(op.site, op.seq)
            self._projector.reproject = True
        return bool(news)


def _check_readable(tx: Transaction) -> None:
    """NewerSchemaError for what a later version wrote; BadTransactionError where what everybody may read does not come whole."""
    for op in tx:
        if op.schema_v is not None and op.schema_v > SCHEMA_V:
            raise NewerSchemaError(op.site, op.schema_v)
        if op.body is None and op.scope == JOINT:
            raise BadTransactionError("withheld")  # validity would differ


def key_in(first: Operation) -> bytes:
    """Public key in the enrolment that a chain begins with: its hash is the site's id.

    BadTransactionError when it is none; ValueError for a body that cannot be read.
    """
    content = {} if first.withheld else first.content
    key = content.get("key")
    if content.get("v") != verbs.ENROL or not isinstance(key, bytes) or site_id(key) != first.site:
        raise BadTransactionError("a chain begins with its own enrolment")
    return key


def _closed_runs(txs: Sequence[Transaction]) -> Iterator[list[Transaction]]:
    """Runs of transactions that end where none waits for a signature of its chain."""
    run: list[Transaction] = []
    waiting = Open()
    for tx in txs:
        run.append(tx)
        if not tx or waiting.step(tx):
            yield run
            run = []
    if run:
        yield run


def _changes_of(received: Iterable[Received]) -> ChangeSet:
    return ChangeSet(tuple(change for each in received for change in each.changes.changes))


def _left_of(received: Iterable[Received]) -> dict[str, int]:
    return {site: seq for each in received for site, seq in each.left.items()}
