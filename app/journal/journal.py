"""The journal's facade: append own acts, receive others' transactions, offer what a peer lacks, project everything anew."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from nacl.signing import SigningKey

from app.journal import rules, verbs
from app.journal.authors import Author, author_of
from app.journal.bugs import is_bug
from app.journal.causality import covers
from app.journal.facts import VALID_ONLY, WITH_DENIED, fact_key
from app.journal.faults import BadTransactionError, Fault, GapError, NewerSchemaError
from app.journal.hlc import HybridClock
from app.journal.indexing import index_anew, index_changes
from app.journal.keys import Identity, SiteKey, site_id
from app.journal.operation import (
    MAX_TRANSACTION_BYTES,
    SCHEMA_V,
    Act,
    Operation,
    Transaction,
    author_transaction,
    check_transaction,
    weight,
    withhold,
)
from app.journal.policy import Policy
from app.journal.projector import CANNOT_PROJECT, Deriver, Projector
from app.journal.scopes import readable_by
from app.journal.state import NO_CUT, NOTHING, Foreseen, State
from app.journal.store import Chain, save_chain
from app.kernel.changes import EVERYTHING, Change, ChangeSet
from app.kernel.clock import Clock
from app.kernel.enums import ChangeKind, Origin
from db.fields import JOINT
from db.tables.journal import PROJECTED

__all__ = ["Identity", "Journal", "PeerView", "QuarantinedError", "Received"]

MAX_PASSES = 20
NOTHING_SEALED: Mapping[bytes, bytes] = MappingProxyType({})

log = logging.getLogger(__name__)


class QuarantinedError(Exception):
    """An own act that the projector would quarantine: it is refused and nothing is written."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class PeerView:
    """Who a peer is and what it has acknowledged."""

    agency: str
    site: str
    scopes: frozenset[str] = frozenset()
    acked: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    """Transactions applied and known before, and what they changed."""

    applied: int
    duplicates: int
    changes: ChangeSet


def _changes_of(received: Iterable[Received]) -> ChangeSet:
    return ChangeSet(tuple(change for each in received for change in each.changes.changes))


class Journal:
    """One site's journal over the writing connection. Every call belongs to the writer's thread."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        identity: Identity,
        policy: Policy,
        clock: Clock,
        derivers: Mapping[str, Deriver] | None = None,
    ) -> None:
        self._connection, self.identity, self._policy = connection, identity, policy
        self._derivers = derivers or {}
        self._spoiled: set[bytes] = set()  # last hashes of transactions that met a bug of this version
        self.realm, self.own_site, self.own_agency = identity.realm, identity.key.site, identity.agency
        self._rules = rules.fingerprint(policy)
        self._next_key: SigningKey | None = None
        self._load()
        if not self.state.chains:
            rules.note(connection, self._rules)
        self._hlc = self._restore_clock(clock)

    def _load(self, foreseen: Foreseen = NOTHING) -> None:
        self.state = State(
            self._connection, self._policy, self.realm, self.own_agency, self.identity.recovery_key, foreseen
        )
        self._projector = Projector(self.state, self._derivers, self._spoiled)

    def _restore_clock(self, clock: Clock) -> HybridClock:
        """Go on above our own last stamp and above what was seen of others, as before the restart."""
        ends = [op for chain in self.state.chains.values() if (op := self.state.store.get(chain.hash))]
        hybrid = HybridClock(clock, max((op.hlc for op in ends if op.site == self.own_site), default=0))
        for op in ends:
            hybrid.saw(op.hlc)
        return hybrid

    # -- own acts --------------------------------------------------------------------------------------------------------
    def author(self, actor: str, transactions: Sequence[Sequence[Act]]) -> ChangeSet:
        """Append and project own transactions, committed together; QuarantinedError if the projector would not accept them."""
        before = self.identity
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for acts in transactions:
                self._author_one(actor, acts)
            changes = self._finish(Origin.LOCAL)
            self._connection.execute("COMMIT")
        except BaseException:
            self.identity = before
            self._undo()
            raise
        return changes

    def succeed_by(self, key: SigningKey | None) -> None:
        """The key the next own rotation hands the chain to; the caller has put it where a restart finds it."""
        self._next_key = key

    def _author_one(self, actor: str, acts: Sequence[Act]) -> None:
        chain = self.state.chain(self.own_site, self.identity.key.public)
        if self.state.keys.current(self.own_site) != self.identity.key.public:
            raise BadTransactionError("signature")
        parents = self.state.causality.parents_for(chain.hash)
        tx = author_transaction(
            self.realm,
            self.identity.key.signing,
            self.own_site,
            chain.end,
            parents,
            [self._hlc.tick() for _ in acts],
            actor,
            acts,
        )
        if weight(tx) > MAX_TRANSACTION_BYTES:
            raise BadTransactionError("too large")
        self.state.store.append(tx)
        self.state.keys.saw(tx)
        reason = self._projector.project(tx)
        if reason is not None:
            raise QuarantinedError(reason)
        self._hand_over()

    def _hand_over(self) -> None:
        """After an own rotation we sign with the key it named; one that we do not hold is refused."""
        key, new = self.state.keys.current(self.own_site), self._next_key
        if key == self.identity.key.public:
            return
        if new is None or bytes(new.verify_key) != key:
            raise QuarantinedError("certificate")
        self.identity = replace(self.identity, key=SiteKey(new, self.own_site))

    def _finish(self, origin: Origin) -> ChangeSet:
        if self._projector.reproject:
            self._project_anew()
            return ChangeSet((Change(EVERYTHING, EVERYTHING, ChangeKind.CHANGED, Origin.REBUILD),))
        changes = self._projector.finish(origin)
        index_changes(self._connection, changes)
        return ChangeSet(changes)

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._load()

    # -- others' transactions --------------------------------------------------------------------------------------------
    def receive(
        self, transactions: Sequence[Transaction], sealed: Mapping[bytes, bytes] = NOTHING_SEALED
    ) -> Received:
        """Store and project transactions in one database transaction.

        `sealed`: of those whose hashes the caller computed and whose signatures it verified: last hash -> key it used.

        What comes before a faulty one is kept; then GapError, NewerSchemaError or BadTransactionError is raised. One that
        meets a bug of ours is kept and quarantined: it stops neither its chain nor the session.
        """
        try:
            return self._receive(transactions, sealed)
        except Exception as bug:
            if not is_bug(bug) or isinstance(bug, Fault):
                raise
            log.exception("transactions of a peer met a bug; they are taken one by one")
        one_by_one: list[Received] = []
        for tx in transactions:
            try:
                one_by_one.append(self._receive_guarded(tx))
            except Fault as wrong:
                wrong.kept, wrong.changes = len(one_by_one), _changes_of(one_by_one)
                raise
        return Received(
            sum(each.applied for each in one_by_one),
            sum(each.duplicates for each in one_by_one),
            _changes_of(one_by_one),
        )

    def _receive_guarded(self, tx: Transaction) -> Received:
        """Take one transaction; what cannot be projected is quarantined, what cannot even be stored is refused."""
        try:
            return self._receive([tx])
        except Exception as bug:
            if not is_bug(bug) or isinstance(bug, Fault):
                raise
            log.exception("a transaction cannot be projected: %s:%d", tx[0].site, tx[0].seq)
        self._spoiled.add(tx[-1].hash)
        try:
            return self._receive([tx])
        except Exception as bug:
            if not is_bug(bug) or isinstance(bug, Fault):
                raise
            raise BadTransactionError(CANNOT_PROJECT) from bug

    def _receive(
        self, transactions: Sequence[Transaction], sealed: Mapping[bytes, bytes] = NOTHING_SEALED
    ) -> Received:
        """`receive` in one database transaction; whatever else is raised, the database and the state are as before."""
        applied = duplicates = 0
        fault: Fault | None = None
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for tx in transactions:
                try:
                    news = self._receive_one(tx, sealed.get(tx[-1].hash) if tx else None)
                except Fault as wrong:
                    wrong.kept = applied + duplicates
                    fault = wrong
                    break
                applied, duplicates = applied + news, duplicates + (not news)
            changes = self._finish(Origin.PEER)
            self._connection.execute("COMMIT")
        except BaseException:
            self._undo()
            raise
        if fault is not None:
            fault.changes = changes
            raise fault
        return Received(applied, duplicates, changes)

    def _receive_one(self, tx: Transaction, sealed_by: bytes | None) -> bool:
        key = self._key_for(tx)
        try:
            check_transaction(self.realm, tx, key, sealed_by == key)
        except BadTransactionError as wrong:
            if str(wrong) == "signature":  # what is missing before it may hold a rotation
                self._check_parents(tx[0])
            raise
        for op in tx:
            if op.schema_v is not None and op.schema_v > SCHEMA_V:
                raise NewerSchemaError(op.site, op.schema_v)
        if any(op.withheld and op.scope == JOINT for op in tx):
            raise BadTransactionError(
                "withheld"
            )  # what everybody may read comes whole, or validity would differ
        known = [self.state.store.get(op.hash) for op in tx]
        if all(known):
            return self._fill_bodies(tx, known)
        self._check_parents(tx[0])
        chain = self.state.chain(tx[0].site, key)
        news = [op for op, old in zip(tx, known, strict=True) if old is None]
        self._notice_fork(chain, news[0])
        self.state.store.append(news)
        self.state.keys.saw(news)
        self._projector.project(tx)
        for op in tx:
            self._hlc.saw(op.hlc)
        return True

    def _notice_fork(self, chain: Chain, op: Operation) -> None:
        """Two signed operations under one (site, seq) close the chain before the first transaction that tells them apart."""
        others = [self.state.store.place(digest) for digest in self.state.store.hashes_at(op.site, op.seq)]
        if not others:
            return
        seq = min(op.tx, *(place[3] for place in others if place is not None))
        if chain.fork_seq is None or seq < chain.fork_seq:
            chain.fork_seq = seq
            save_chain(self._connection, chain)
            self.state.refresh_trust()
            self._projector.reproject = True

    def _key_for(self, tx: Transaction) -> bytes:
        """Key in force on a chain: known, or in the enrolment that every chain begins with; the id is the key's own hash."""
        chain = self.state.chains.get(tx[0].site) if tx else None
        if chain is not None:
            return self.state.keys.before(tx[0], chain)
        if not tx or tx[0].seq != 1:
            raise GapError(tx[0].site if tx else "", 0)
        try:
            content = {} if tx[0].withheld else tx[0].content
        except ValueError as wrong:
            raise BadTransactionError("body") from wrong
        key = content.get("key")
        if content.get("v") != verbs.ENROL or not isinstance(key, bytes) or site_id(key) != tx[0].site:
            raise BadTransactionError("a chain begins with its own enrolment")
        return key

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
            self._projector.reproject = True
        return bool(news)

    # -- what a peer lacks -----------------------------------------------------------------------------------------------
    def vector(self) -> dict[str, tuple[int, bytes]]:
        """Highest projected sequence number and its hash, per site."""
        return {site: (chain.seq, chain.hash) for site, chain in self.state.chains.items() if chain.seq}

    def withheld(self) -> dict[str, list[tuple[int, int]]]:
        """Ranges held as headers only."""
        return self.state.store.withheld()

    def common(self, theirs: Mapping[str, tuple[int, bytes]]) -> dict[str, int]:
        """What a peer's HELLO says it has, for `after`: a chain whose head there is another operation than here counts as
        not held at all, so that both sides come to know both branches of a fork."""
        out: dict[str, int] = {}
        for site, (seq, digest) in theirs.items():
            here = self.state.store.hashes_at(site, seq)
            out[site] = seq if not here or digest in here else 0
        return out

    def after(
        self, vector: Mapping[str, int], limit_bytes: int, cursor: int = 0
    ) -> list[tuple[int, Transaction]]:
        """Transactions beyond a vector in causal order, up to a size; each with its row number, to go on from."""
        vector = {
            site: min(
                vector.get(site, 0), (chain.fork_seq or NO_CUT) - 1
            )  # of a fork both branches go, as its proof
            for site, chain in self.state.chains.items()
        }
        starts = [self.state.store.first_row_beyond(site, seq) for site, seq in vector.items()]
        known = [n for n in starts if n is not None]
        if not known:
            return []
        out: list[tuple[int, Transaction]] = []
        size = 0
        for n, tx in self.state.store.in_order(max(min(known) - 1, cursor)):
            if tx[-1].seq <= vector.get(tx[0].site, 0):
                continue
            size += weight(tx)
            if out and size > limit_bytes:
                break
            out.append((n, tx))
        return out

    def offer(self, tx: Transaction, peer: PeerView) -> Transaction:
        """The transaction as this peer may see it."""
        return tuple(op if op.withheld or self._may_read(op, peer) else withhold(op) for op in tx)

    def _may_read(self, op: Operation, peer: PeerView) -> bool:
        if readable_by(op.scope, peer.agency, peer.scopes):
            return True
        entity, content = self._policy.entities.get(op.entity or ""), op.content
        if entity is None or not verbs.well_formed(entity.name, content):
            return False
        names = {verbs.WRITE: content.get("set", ()), verbs.TEXT: (content.get("field"),)}.get(
            content["v"], ()
        )
        opened = [
            name in entity.fields and entity.fields[name].scope == op.scope and self._opened(op, name, peer)
            for name in names
        ]
        return bool(opened) and all(opened)

    def _opened(self, op: Operation, name: str, peer: PeerView) -> bool:
        """A body leaves only to a peer that has acknowledged the disclosure (FINDINGS 8)."""
        for fact in self.state.facts.all(fact_key("open", op.entity or "", op.entity_id or "", name)):
            site, seq = self.state.site_of(fact.dot[0]), fact.dot[1]
            if fact.standing in VALID_ONLY and peer.acked.get(site, 0) >= seq:
                return True
        return False

    def bodies(self, ranges: Mapping[str, Sequence[tuple[int, int]]], peer: PeerView) -> list[Transaction]:
        """Transactions whose bodies the peer holds as headers and may read now."""
        out: list[Transaction] = []
        for site, spans in ranges.items():
            for first, last in spans:
                for start in self.state.store.starts_between(site, first, last):
                    for tx in self.state.store.transactions_of(site, start):
                        offered = self.offer(tx, peer)
                        if any(not op.withheld and first <= op.seq <= last for op in offered):
                            out.append(offered)
        return out

    def rights_of(self, account: str) -> Author:
        """Agency and roles of an account by all that is known here; this agency's own view goes first."""
        return author_of(self.state.facts, account, None, home=self.own_agency)

    def public_key(self, site: str) -> bytes | None:
        """Key in force at the end of a known site's chain: that of its next transaction, and of what is sealed to it."""
        return self.state.keys.current(site)

    def has_rotated(self, site: str) -> bool:
        """True if the key of a site's chain was ever changed."""
        return bool(self.state.keys.rotations(site))

    def succession(self, site: str) -> tuple[bytes, list[tuple[bytes, bytes, bytes]]]:
        """A known site's first key, and (key, by, proof) of each change since; of an own chain, which has one line."""
        return self.state.keys.succession(site)

    def has_seen(self, observer: str, digest: bytes) -> bool:
        """True if some projected operation of site `observer` had the operation in its causal past."""
        place, chain = self.state.store.place(digest), self.state.chains.get(observer)
        if place is None or chain is None or not chain.seq:
            return False
        past = self.state.causality.with_self(chain.hash)
        return covers(past, (self.state.chains[place[0]].no, place[1]))

    # -- projecting anew -------------------------------------------------------------------------------------------------
    @property
    def outdated(self) -> bool:
        """True if other rules than this program's made the projected rows: they must be projected anew."""
        return rules.noted(self._connection) != self._rules

    def rebuild(self) -> ChangeSet:
        """Empty all projected tables and project the journal again; one database transaction."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._project_anew()
            self._connection.execute("COMMIT")
        except BaseException:
            self._undo()
            raise
        return ChangeSet((Change(EVERYTHING, EVERYTHING, ChangeKind.CHANGED, Origin.REBUILD),))

    def _project_anew(self) -> None:
        """Repeat until the facts that act backwards (revocations, cuts, recovery keys) are those known from the beginning."""
        foreseen = self._backward_facts()
        for _ in range(MAX_PASSES):
            self._project_all(foreseen)
            found = self._backward_facts()
            if found.hashes == foreseen.hashes:
                rules.note(self._connection, self._rules)
                index_anew(self._connection)
                self._load()
                return
            foreseen = found
        raise RuntimeError("projection does not settle")

    def _project_all(self, foreseen: Foreseen) -> None:
        """One pass over the whole journal; begun again without what meets a bug of ours."""
        while True:
            self._clear()
            self._load(foreseen)
            for _, tx in self.state.store.in_order():
                try:
                    self._projector.project(tx)
                except Exception as bug:
                    if not is_bug(bug) or tx[-1].hash in self._spoiled:
                        raise
                    log.exception("a transaction cannot be projected: %s:%d", tx[0].site, tx[0].seq)
                    self._spoiled.add(tx[-1].hash)
                    break
            else:
                self._projector.finish(Origin.REBUILD)
                return

    def _backward_facts(self) -> Foreseen:
        facts = self.state.facts
        known = [f for f in facts.of_verb(verbs.REVOKE) if f.standing in WITH_DENIED]
        known += facts.of_verb(verbs.CUT)
        known += [f for f in facts.of_verb(verbs.MEET) if f.standing in VALID_ONLY]
        return Foreseen(tuple(known))

    def _clear(self) -> None:
        for table in PROJECTED:
            self._connection.execute(f"DELETE FROM {table.name}")  # nosec B608
        for entity in self._policy.entities.values():
            self._connection.execute(f"DELETE FROM {entity.table.name}")  # nosec B608
        self._connection.execute("UPDATE chain SET seq = 0, hash = x''")
