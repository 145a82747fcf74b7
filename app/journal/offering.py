"""What a peer lacks, and what of it this peer may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.journal import floods, verbs
from app.journal.authors import Author, author_of
from app.journal.causality import covers
from app.journal.facts import VALID_ONLY, fact_key
from app.journal.late_bodies import LateBodies, Span
from app.journal.operation import Operation, Transaction, weight, withhold
from app.journal.policy import Policy
from app.journal.scopes import readable_by
from app.journal.state import NO_CUT, State
from app.journal.vouching import Open


@dataclass(frozen=True)
class PeerView:
    """Who a peer is and what it has acknowledged."""

    agency: str
    site: str
    scopes: frozenset[str] = frozenset()
    acked: Mapping[str, int] = field(default_factory=dict)


def _known(seq: int, fork_seq: int | None) -> int:
    """Of a fork both branches go, as its proof, unless both are held there."""
    return seq if fork_seq is None or seq >= NO_CUT else min(seq, fork_seq - 1)


def numbers(common: Mapping[str, int]) -> dict[str, int]:
    """What of `common` are numbers of operations: a fork whose proof is held on both sides has none."""
    return {site: seq for site, seq in common.items() if seq < NO_CUT}


def as_far_as_here(claimed: Mapping[str, int], held: Mapping[str, tuple[int, bytes]]) -> dict[str, int]:
    """Of what a peer says it has, what is held here: a number beyond would vouch for acts that nobody has shown it yet."""
    return {site: min(seq, held[site][0]) for site, seq in claimed.items() if site in held}


class Offering:
    """The reading half of the journal's facade."""

    state: State
    own_agency: str
    _policy: Policy
    _late: LateBodies

    # -- what a peer lacks -----------------------------------------------------------------------------------------------
    def vector(self) -> dict[str, tuple[int, bytes]]:
        """Highest projected sequence number and its hash, per site.

        Of a forked chain the number before the fork, so that whoever wrote one of the branches does not take himself for behind
        and learns of the other; and a digest of everything held from the fork on: who shows the same one holds the same proof.
        Of workstations that nobody enrolled only the first ones are shown: a HELLO fits its frame, whatever was taken.
        """
        hidden = self._hidden()
        return {
            site: (chain.seq, chain.hash)
            if chain.fork_seq is None
            else self.state.fork_head(site, chain.fork_seq)
            for site, chain in self.state.chains.items()
            if chain.seq and chain.fork_seq != 1 and site not in hidden
        }

    def _hidden(self) -> frozenset[str]:
        most = floods.MOST_STRANGERS
        return frozenset(self.state.strangers()[most:]) if len(self.state.chains) > most else frozenset()

    def withheld(self) -> dict[str, list[tuple[int, int]]]:
        """Ranges held as headers only."""
        return self.state.store.withheld()

    def common(self, theirs: Mapping[str, tuple[int, bytes]]) -> dict[str, int]:
        """What a peer's HELLO says it has, for `after`: a chain whose head there is another operation than here counts as
        not held at all, so that both sides come to know both branches of a fork; who holds both as well is not told again."""
        out: dict[str, int] = {}
        for site, (seq, digest) in theirs.items():
            chain = self.state.chains.get(site)
            fork = chain.fork_seq if chain is not None else None
            if fork is not None and (seq, digest) == self.state.fork_head(site, fork):
                out[site] = NO_CUT
                continue
            here = self.state.store.hashes_at(site, seq)
            out[site] = seq if not here or digest in here else 0
        return out

    def unknown(self, txs: Sequence[Transaction]) -> frozenset[bytes]:
        """Hashes of those operations among these that are not here."""
        ends = {site: chain.seq for site, chain in self.state.chains.items() if chain.fork_seq is None}
        return frozenset(
            op.hash
            for tx in txs
            for op in tx
            if op.seq > ends.get(op.site, NO_CUT) or self.state.store.place(op.hash) is None
        )

    def lack_bodies(self, txs: Sequence[Transaction]) -> frozenset[bytes]:
        """Last hashes of those transactions among these that bring a body of what is held as header here."""
        held = self.state.store.get
        return frozenset(
            tx[-1].hash
            for tx in txs
            if any(not op.withheld and (here := held(op.hash)) is not None and here.withheld for op in tx)
        )

    def after(
        self, vector: Mapping[str, int], limit_bytes: int, cursor: int = 0
    ) -> list[tuple[int, Transaction]]:
        """Transactions beyond a vector in causal order, each with its row number, to go on from; up to a size, and on to the next
        place where no transaction waits for a signature of its chain."""
        vector = {
            site: _known(vector.get(site, 0), chain.fork_seq) for site, chain in self.state.chains.items()
        }
        starts = [self.state.store.first_row_beyond(site, seq) for site, seq in vector.items()]
        known = [n for n in starts if n is not None]
        if not known:
            return []
        out: list[tuple[int, Transaction]] = []
        size, waiting = 0, Open()
        for n, tx in self.state.store.in_order(max(min(known) - 1, cursor)):
            if tx[-1].seq <= vector.get(tx[0].site, 0):
                continue
            size += weight(tx)
            if out and size > limit_bytes and waiting.closed:
                break
            out.append((n, tx))
            waiting.step(tx)
        return out

    def oldest_beyond(self, vector: Mapping[str, int]) -> int | None:
        """When the first transaction beyond a vector was recorded (UTC ms); it is only looked at."""
        found = Offering.after(self, vector, 1)
        return found[0][1][0].at_ms if found else None

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

    def late_bodies(self, mark: int | None) -> tuple[int, list[Span] | None]:
        """(mark for the next question, ranges whose bodies came since `mark`); None when more came than is remembered."""
        return self._late.since(mark)

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
