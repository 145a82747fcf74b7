"""The projection's working state over one connection: journal rows, chains, pasts, facts, records of the transaction at hand."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from app.journal import verbs
from app.journal.causality import Causality, Past, covers
from app.journal.facts import VALID_ONLY, Fact, Facts, fact_key
from app.journal.operation import HASH_BYTES, Operation, Transaction
from app.journal.pending import Pending
from app.journal.policy import Policy
from app.journal.records import Record, Records
from app.journal.site_keys import Keys
from app.journal.stock import Stock
from app.journal.store import Chain, Store, load_chains, save_chain
from app.journal.texts import Texts

NO_CUT = 1 << 62


@dataclass(frozen=True)
class Foreseen:
    """Facts that act on what came before them (revocations, cuts, recovery keys), known when a projection anew begins."""

    known: tuple[Fact, ...] = ()

    @property
    def hashes(self) -> frozenset[bytes]:
        """Their operations."""
        return frozenset(f.hash for f in self.known)

    def facts(self, verb: str) -> list[Fact]:
        """Those of one verb."""
        return [f for f in self.known if f.verb == verb]


NOTHING = Foreseen()


class State:
    """Everything the judge and the projector read; thrown away and made anew when a database transaction fails."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        policy: Policy,
        realm: str,
        own_agency: str,
        own_key: bytes,
        foreseen: Foreseen = NOTHING,
    ) -> None:
        self.connection, self.policy, self.realm = connection, policy, realm
        self.own_agency, self._own_key, self._foreseen = own_agency, own_key, foreseen
        self.store = Store(connection)
        self.chains = load_chains(connection)
        self.keys = Keys(connection, realm, self.store, self.chains)
        self.causality = Causality(connection, self.store, self.chains)
        self.facts = Facts(connection)
        self.stock = Stock(connection)
        self.pending = Pending(connection)
        self.records = Records(connection)
        self.texts = Texts(self)
        self._moved: dict[int, Chain] = {}
        self._site_of_no = {chain.no: chain.site for chain in self.chains.values()}
        self._cuts: dict[str, int] = {}
        self._branches: dict[str, int] = {}  # of forked chains, once somebody asked
        self._fork_heads: dict[str, tuple[tuple[int, int], bytes]] = {}
        self._agencies: dict[str, str] = {}  # of enrolled sites; emptied when an enrolment is added
        self.refresh_trust()

    # -- chains --------------------------------------------------------------------------------------------------------
    def chain(self, site: str, key: bytes) -> Chain:
        """The chain of a site, begun when it is new here."""
        chain = self.chains.get(site)
        if chain is None:
            chain = Chain(len(self.chains) + 1, site, key, 0, b"", None)
            self.chains[site] = chain
            self._site_of_no[chain.no] = site
            save_chain(self.connection, chain)
        return chain

    def fork_head(self, site: str, fork_seq: int) -> tuple[int, bytes]:
        """Number before the fork of a chain, and a digest (32 bytes) of all its operations from there on, in no order."""
        count, hashes = self.store.branches(site, fork_seq)
        known = self._fork_heads.get(site)
        if known is None or known[0] != (count, fork_seq):
            digest = hashlib.blake2b(b"".join(sorted(hashes())), digest_size=HASH_BYTES, person=b"jdc-fork-1")
            known = self._fork_heads[site] = ((count, fork_seq), digest.digest())
        return fork_seq - 1, known[1]

    def branches(self, chain: Chain) -> int:
        """Into how many branches a chain falls."""
        if chain.fork_seq is None:
            return 1
        if chain.site not in self._branches:
            self._branches[chain.site] = self.store.branch_count(chain.site, chain.fork_seq)
        return self._branches[chain.site]

    def branched(self, chain: Chain) -> None:
        """One more branch of it is about to be stored."""
        if chain.site in self._branches:
            self._branches[chain.site] += 1

    def site_of(self, no: int) -> str:
        """Site of a chain number."""
        return self._site_of_no[no]

    # -- trust ---------------------------------------------------------------------------------------------------------
    def refresh_trust(self) -> None:
        """Read the recovery keys of known agencies and the cuts of revoked and forked sites."""
        self._agencies.clear()
        anchors = {self.own_agency: {self._own_key}}
        for fact in (*self._foreseen.facts(verbs.MEET), *self.facts.of_verb(verbs.MEET)):
            if fact.standing in VALID_ONLY and fact.body["by"] == self.own_agency != fact.body["agency"]:
                anchors.setdefault(fact.body["agency"], set()).add(fact.body["key"])
        self.anchors = {agency: frozenset(keys) for agency, keys in anchors.items()}
        self._cuts = {chain.site: chain.fork_seq - 1 for chain in self.chains.values() if chain.fork_seq}
        for fact in (*self._foreseen.facts(verbs.CUT), *self.facts.of_verb(verbs.CUT)):
            site = fact.key.split("\x1f")[1]
            if fact.body["agency"] == self.agency_of(site):
                self._cuts[site] = min(self._cuts.get(site, NO_CUT), fact.body["last_seq"])

    def enrolment_of(self, site: str) -> Fact | None:
        """The enrolment that begins a site's own chain; the same certificate elsewhere, or another agency's, makes nothing."""
        chain = self.chains.get(site)
        found = [
            f for f in self.facts.all(fact_key("site", site)) if chain is not None and f.dot == (chain.no, 1)
        ]
        return min(found, key=lambda f: (str(f.body["agency"]), f.hash), default=None)

    def agency_of(self, site: str) -> str | None:
        """Agency a site was enrolled for; None before its enrolment counts."""
        known = self._agencies.get(site)
        if known is None and (enrolment := self.enrolment_of(site)) is not None:
            known = self._agencies[site] = str(enrolment.body["agency"])
        return known

    def closings(self, site: str, past: Past | None) -> list[Fact]:
        """Certificates of the site's own agency that close it, inside a past (None: all that is known)."""
        agency = self.agency_of(site)
        found = self.facts.all(fact_key("closed", site))
        return [f for f in found if f.body["agency"] == agency and (past is None or covers(past, f.dot))]

    def counts(self, site: str, seq: int) -> bool:
        """True for a place where operations may have effect: the site is enrolled, and nothing is cut there."""
        return self.agency_of(site) is not None and seq <= self.cut_of(site)

    def strangers(self) -> list[str]:
        """Sites of chains held here that no agency we have met enrolled, first come first."""
        return [site for site in self.chains if self.agency_of(site) is None]

    def heirs(self, past: Past | None) -> dict[str, str]:
        """Closed site -> who takes its shares; of two heirs the lower id."""
        sites = {fact.key.split("\x1f")[1] for fact in self.facts.of_verb(verbs.CLOSE)}
        found = {site: self.closings(site, past) for site in sites}
        return {site: min(str(f.body["heir"]) for f in closed) for site, closed in found.items() if closed}

    def cut_of(self, site: str) -> int:
        """Last sequence number of a site that counts."""
        return self._cuts.get(site, NO_CUT)

    def foreseen_revocations(self, account: str) -> list[Fact]:
        """Revocations of an account that a projection anew knows beforehand."""
        return [f for f in self._foreseen.facts(verbs.REVOKE) if f.key == fact_key("account", account)]

    def is_foreseen(self, fact: Fact) -> bool:
        """True if this projection already reckoned with the fact from its beginning."""
        return fact.hash in self._foreseen.hashes

    @property
    def any_cut(self) -> bool:
        """True if some site was revoked or forked."""
        return bool(self._cuts)

    # -- records -------------------------------------------------------------------------------------------------------
    def record(self, entity: str, entity_id: str) -> Record:
        """The record with what earlier operations of this transaction did to it."""
        return self.records.get(entity, entity_id)

    def forget_records(self) -> None:
        """End of a transaction: the records at hand were saved."""
        self.records.forget()

    # -- writing together ----------------------------------------------------------------------------------------------
    def flush(self) -> None:
        """Hand what waits to SQLite: operations, the projector's own rows, rows of shared tables."""
        self.store.flush()
        self.causality.flush()
        for chain in self._moved.values():
            save_chain(self.connection, chain)
        self._moved.clear()
        self.records.flush()
        self.pending.flush()

    def foresee(self, txs: Iterable[Transaction]) -> None:
        """Read the records of these transactions together."""
        wanted: dict[str, set[str]] = {}
        for tx in txs:
            for op in tx:
                if op.entity is not None and op.entity_id is not None and op.entity in self.policy.entities:
                    wanted.setdefault(op.entity, set()).add(op.entity_id)
        for entity, ids in wanted.items():
            self.records.fetch(entity, ids)

    def moved(self, chain: Chain) -> None:
        """The end of a chain moved on."""
        self._moved[chain.no] = chain

    def is_projected(self, op: Operation) -> bool:
        """True if an operation that is not quarantined was projected: what lies beyond a cut projects to nothing."""
        return op.seq <= min(self.chains[op.site].seq, self.cut_of(op.site))

    # -- ancestry ------------------------------------------------------------------------------------------------------
    def in_past(self, digest: bytes, op: Operation, past: Past) -> bool:
        """True if the operation `digest` lies in the causal past of `op`."""
        place = self.store.place(digest)
        if place is None or digest == op.hash:
            return False
        site, seq = place[0], place[1]
        if not covers(past, (self.chains[site].no, seq)):
            return False
        if seq <= self.cut_of(site):
            return True
        return self._reaches(op, digest)

    def _reaches(self, op: Operation, digest: bytes) -> bool:
        """On a forked or cut chain sequence numbers are ambiguous: walk the hashes."""
        seen: set[bytes] = set()
        todo = [op.prev, *op.parents]
        while todo:
            step = todo.pop()
            if step == digest:
                return True
            if not step or step in seen:
                continue
            seen.add(step)
            place = self.store.place(step)
            if place is not None:
                parents = place[4]
                todo += [place[2], *(parents[i : i + HASH_BYTES] for i in range(0, len(parents), HASH_BYTES))]
        return False
