"""The journal's facade: append own acts, receive others' transactions, offer what a peer lacks, project everything anew."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nacl.signing import SigningKey

from app.journal import rules, verbs
from app.journal.bugs import is_bug
from app.journal.facts import VALID_ONLY, WITH_DENIED
from app.journal.faults import BadTransactionError
from app.journal.floods import Aside
from app.journal.hlc import HybridClock
from app.journal.indexing import index_anew, index_changes
from app.journal.keys import Identity, SiteKey
from app.journal.late_bodies import LateBodies
from app.journal.offering import Offering, PeerView
from app.journal.operation import MAX_TRANSACTION_BYTES, Act, author_transaction, weight
from app.journal.policy import Policy
from app.journal.projector import Deriver, Projector
from app.journal.state import NOTHING, Foreseen, State
from app.journal.taking import NOTHING_SEALED, Received, Taking, in_parts
from app.kernel.changes import EVERYTHING, Change, ChangeSet
from app.kernel.clock import Clock
from app.kernel.enums import ChangeKind, Origin
from db.tables.journal import PROJECTED

__all__ = ["NOTHING_SEALED", "Identity", "Journal", "PeerView", "QuarantinedError", "Received"]

MAX_PASSES = 20

log = logging.getLogger(__name__)


class QuarantinedError(Exception):
    """An own act that the projector would quarantine: it is refused and nothing is written."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Journal(Taking, Offering):
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
        self._late, self._aside = LateBodies(), Aside()
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
        self.state.store.hold(tx)
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
        self.state.flush()
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
        """One pass over the whole journal; begun again, one by one, without what meets a bug of ours."""
        try:
            self._pass(foreseen)
            return
        except Exception as bug:
            if not is_bug(bug):
                raise
            log.exception("the journal met a bug; it is projected one by one")
        while not self._pass_one_by_one(foreseen):
            pass

    def _pass(self, foreseen: Foreseen) -> None:
        self._clear()
        self._load(foreseen)
        for part in in_parts(tx for _, tx in self.state.store.in_order()):
            self.state.foresee(part)
            for tx in part:
                self._projector.project(tx)
            self.state.flush()
            self.state.forget_records()
        self._projector.finish(Origin.REBUILD)

    def _pass_one_by_one(self, foreseen: Foreseen) -> bool:
        """A pass that writes after each transaction; False when one of them met a bug and is spoiled from now on."""
        self._clear()
        self._load(foreseen)
        for _, tx in self.state.store.in_order():
            try:
                self._projector.project(tx)
                self.state.flush()
            except Exception as bug:
                if not is_bug(bug) or tx[-1].hash in self._spoiled:
                    raise
                log.exception("a transaction cannot be projected: %s:%d", tx[0].site, tx[0].seq)
                self._spoiled.add(tx[-1].hash)
                return False
        self._projector.finish(Origin.REBUILD)
        return True

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
