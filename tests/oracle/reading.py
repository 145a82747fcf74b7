"""One reading of a journal: every transaction judged in its own past, under given recovery keys, cuts and revocations.

Written from REPLICATION.md, not from app/journal: it shares nothing with it but the operation, the shapes of bodies and the
certificates' signatures. Nothing is derived and kept, but for two lists by which valid operations are found again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.journal import verbs
from app.journal.keys import certificate_holds, site_id
from app.journal.operation import Operation, Transaction
from app.journal.policy import Policy
from tests.oracle import contents
from tests.oracle.causal import Causal, Past, body_of, covers, verb_of
from tests.oracle.texts import Documents, is_update

Anchors = Mapping[str, frozenset[bytes]]
DENIED = "granted while being revoked"
CUTTABLE = (verbs.GRANT, verbs.ADMIT)  # rights that leave a flag, not a hole, when they turn out to be cut


@dataclass(frozen=True)
class Setting:
    """What stands before a reading begins."""

    causal: Causal
    policy: Policy
    realm: str
    anchors: Anchors
    revocations: tuple[Operation, ...] = ()  # they deny concurrent granting acts of those they revoke


@dataclass(frozen=True)
class Verdict:
    """Reason against an operation (None: valid), the agency it counts for, whether its right came from a cut grant."""

    reason: str | None
    agency: str = ""
    on_cut: bool = False


@dataclass
class Reading:
    """Verdicts, valid operations in order, and cut grants that were good otherwise."""

    setting: Setting
    verdicts: dict[bytes, Verdict] = field(default_factory=dict)
    valid: list[Operation] = field(default_factory=list)
    good_but_cut: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._counted: set[bytes] = set()
        self._by_verb: dict[str, list[Operation]] = {}
        self._by_record: dict[tuple[str, str], list[Operation]] = {}
        self.documents = Documents(self)
        self.causal, self.policy = self.setting.causal, self.setting.policy
        enrolments = [
            op
            for op in sorted(
                self._certificates(verbs.ENROL), key=lambda op: body_of(op)["agency"], reverse=True
            )
            if op.site == op.entity_id and op.seq == 1
        ]
        self.sites = {op.entity_id or "": body_of(op)["agency"] for op in enrolments}
        self.letters = {op.entity_id or "": body_of(op)["letter"] for op in enrolments}
        self.cuts = {site: seq - 1 for site, seq in self.causal.forks.items()}
        for op in self._certificates(verbs.CUT):
            target, last = op.entity_id or "", body_of(op)["last_seq"]
            if self.sites.get(target) == body_of(op)["agency"]:
                self.cuts[target] = min(self.cuts.get(target, last), last)
        for tx in self.causal.order:
            self._read(tx)

    # -- certificates ------------------------------------------------------------------------------------------------
    def _certificates(self, verb: str) -> Iterable[Operation]:
        return [
            op
            for op in self.causal.ops.values()
            if verb_of(op) == verb and self.against_certificate(op) is None
        ]

    def against_certificate(self, op: Operation) -> str | None:
        """A certificate is valid by itself, whoever carries it."""
        body, target = body_of(op), op.entity_id or ""
        agency = body["agency"]
        if agency not in self.setting.anchors:
            return "unknown agency"
        if op.scope != "joint":
            return "control must be joint"
        terms: dict[str, Any] = {
            verbs.ENROL: lambda: {"key": body["key"].hex(), "letter": body["letter"]},
            verbs.CLOSE: lambda: {"heir": body["heir"]},
            verbs.CUT: lambda: {"last_seq": body["last_seq"]},
            verbs.APPOINT: lambda: {"serial": body["serial"]} if "serial" in body else {},
        }[body["v"]]()
        named = body["v"] != verbs.ENROL or site_id(body["key"]) == target
        signed = any(
            certificate_holds(key, self.setting.realm, body["v"], agency, target, body["cert"], **terms)
            for key in self.setting.anchors[agency]
        )
        return None if named and signed else "certificate"

    # -- one transaction ---------------------------------------------------------------------------------------------
    def _read(self, tx: Transaction) -> None:
        """Certificates stand alone; rights stand or fall together; everything else needs the whole transaction."""
        held = [op for op in tx if not op.withheld]
        own = {op.hash: self._judge(op, held[:index]) for index, op in enumerate(held)}
        mixed = "mixed scopes" if len({op.scope for op in tx}) > 1 else None
        rights = [op for op in held if verb_of(op) in verbs.RIGHTS]
        against_rights = _first(mixed, (own[op.hash].reason for op in rights))
        against_all = _first(mixed, (own[op.hash].reason for op in held))
        if mixed is None and rights and all(self._good_but_cut(op) for op in rights):
            self.good_but_cut += [op for op in rights if verb_of(op) in CUTTABLE]
        for op in held:
            verdict = own[op.hash]
            whole = against_rights if op in rights else against_all
            if verb_of(op) in verbs.CERTIFIED and verdict.reason is None:
                whole = None
            own_reason = verdict.reason if verdict.reason != DENIED else None
            self.verdicts[op.hash] = Verdict(
                own_reason or whole if whole else None, verdict.agency, verdict.on_cut
            )
            if whole is None and op.hash not in self._counted:
                self._counted.add(op.hash)
                self._count(op)
            if is_update(op):
                self.documents.note(op)

    def _count(self, op: Operation) -> None:
        self.valid.append(op)
        self._by_verb.setdefault(verb_of(op), []).append(op)
        self._by_record.setdefault((op.entity or "", op.entity_id or ""), []).append(op)

    def valid_with(self, *kinds: str) -> list[Operation]:
        """Valid operations of these verbs, verb by verb."""
        return [op for verb in kinds for op in self._by_verb.get(verb, ())]

    def valid_on(self, entity: str, entity_id: str) -> list[Operation]:
        """Valid operations on a record, in the order of reading."""
        return self._by_record.get((entity, entity_id), [])

    def _judge(self, op: Operation, earlier: Sequence[Operation]) -> Verdict:
        verb = verb_of(op)
        if verb == "" or "\x1f" in (op.entity_id or ""):
            return Verdict("malformed")
        if self._goes_back(op):
            return Verdict("older version")
        if verb in verbs.CERTIFIED:
            return Verdict(self.against_certificate(op), body_of(op)["agency"])
        if op.seq > self.cuts.get(op.site, op.seq):
            return Verdict("cut")
        return self._judge_authored(op, earlier, with_cut=False)

    def _goes_back(self, op: Operation) -> bool:
        """True if the chain's joint operation before this one was of a later version."""
        before = self.causal.ops.get(op.prev)
        while before is not None and before.scope != "joint":
            before = self.causal.ops.get(before.prev)
        return before is not None and (before.schema_v or 0) > (op.schema_v or 0)

    def _good_but_cut(self, op: Operation) -> bool:
        if op.seq <= self.cuts.get(op.site, op.seq):
            return False
        return self._judge_authored(op, (), with_cut=True).reason is None

    def _judge_authored(self, op: Operation, earlier: Sequence[Operation], with_cut: bool) -> Verdict:
        verb = verb_of(op)
        reason, agency = self._against_author(op, with_cut)
        on_cut = False
        if reason is not None and verb not in verbs.RIGHTS:
            again, other = self._against_author(op, with_cut=True)
            if again is None:
                reason, agency, on_cut = None, other, True
        if reason is not None:
            return Verdict(reason, agency)
        if verb in verbs.RIGHTS and agency != self.sites[op.site]:
            return Verdict("not at home", agency)
        reason = contents.against(self, op, agency, earlier)
        if reason is None and verb in verbs.RIGHTS and not self._is_own_matter(op, agency, with_cut):
            reason = "other agency"
        if reason is None and verb in verbs.GRANTING and self._denied(op, agency):
            reason = DENIED
        return Verdict(reason, agency, on_cut)

    # -- who may act -------------------------------------------------------------------------------------------------
    def _against_author(self, op: Operation, with_cut: bool) -> tuple[str | None, str]:
        home, past, actor = self.sites.get(op.site), self.causal.past[op.hash], op.actor or ""
        enrolled = any(e.site == op.site and e.seq == 1 for e in self.valid_with(verbs.ENROL))
        if home is None or not enrolled:
            return "unknown site", ""
        if self.closings(op.site, past):
            return "site closed", ""
        agency, roles = self.rights(actor, past, home, with_cut)
        if not agency:
            return "unknown author", ""
        if agency != home and not self._is_admitted(actor, home, past, with_cut):
            return "not admitted here", agency
        if not self.policy.permits(op.command or "", agency, roles):
            return "role", agency
        return None, agency

    def _is_admitted(self, actor: str, home: str, past: Past, with_cut: bool) -> bool:
        kinds = (verbs.ADMIT, verbs.DISMISS)
        known = [op for verb in kinds for op in self._facts(verb, actor, past, with_cut)]
        newest = self.newest([op for op in known if body_of(op)["agency"] == home])
        return bool(newest) and not any(verb_of(op) == verbs.DISMISS for op in newest)

    def _facts(self, verb: str, about: str, past: Past | None, with_cut: bool = False) -> list[Operation]:
        """Valid control operations of a verb about something, inside a past (None: all)."""
        known = self.valid_with(verb)
        if with_cut:
            known += [op for op in self.good_but_cut if verb_of(op) == verb]
        return [op for op in known if op.entity_id == about and (past is None or covers(past, op))]

    def newest(self, ops: Sequence[Operation]) -> list[Operation]:
        """Those that no other one of them had seen."""
        return [op for op in ops if not any(covers(self.causal.past[o.hash], op) for o in ops if o is not op)]

    def about_account(self, actor: str, past: Past | None, with_cut: bool = False) -> list[Operation]:
        """Grants, revocations and appointments of an account."""
        kinds = (verbs.GRANT, verbs.REVOKE, verbs.APPOINT)
        return [op for verb in kinds for op in self._facts(verb, actor, past, with_cut)]

    def rights(
        self, actor: str, past: Past | None, home: str | None = None, with_cut: bool = False
    ) -> tuple[str, frozenset[str]]:
        """Agency and roles of an account; each agency gives and takes within itself."""
        known = self.about_account(actor, past, with_cut)
        active = {}
        for agency in {body_of(op)["agency"] for op in known}:
            roles = self.roles([op for op in known if body_of(op)["agency"] == agency])
            if roles is not None:
                active[agency] = roles
        if not active:
            return "", frozenset()
        agency = home if home is not None and home in active else min(active)
        return agency, active[agency]

    def roles(self, known: Sequence[Operation]) -> frozenset[str] | None:
        """Roles by one agency's operations about an account; None when a newest one revokes."""
        newest = self.newest([op for op in known if not self._is_stale_appointment(op, known)])
        if any(verb_of(op) == verbs.REVOKE for op in newest):
            return None
        return frozenset(
            role
            for op in newest
            for role in (["account_admin"] if verb_of(op) == verbs.APPOINT else body_of(op)["roles"])
        )

    def _is_stale_appointment(self, op: Operation, known: Sequence[Operation]) -> bool:
        """A certificate carried again, or one that some carrier of it brought without having seen a revocation."""
        if verb_of(op) != verbs.APPOINT:
            return False
        carried = [
            o for o in known if verb_of(o) == verbs.APPOINT and body_of(o)["cert"] == body_of(op)["cert"]
        ]
        revoked = [o for o in known if verb_of(o) == verbs.REVOKE]
        return any(o is not op and covers(self.causal.past[op.hash], o) for o in carried) or any(
            not covers(self.causal.past[o.hash], r) for o in carried for r in revoked
        )

    def closings(self, site: str, past: Past | None) -> list[Operation]:
        """Certificates of the site's own agency that close it."""
        return [
            op for op in self._facts(verbs.CLOSE, site, past) if body_of(op)["agency"] == self.sites.get(site)
        ]

    def _denied(self, op: Operation, agency: str) -> bool:
        return any(
            revocation.entity_id == op.actor
            and body_of(revocation)["agency"] == agency
            and self.causal.concurrent(revocation, op)
            for revocation in self.setting.revocations
        )

    def _is_own_matter(self, op: Operation, agency: str, with_cut: bool) -> bool:
        if verb_of(op) == verbs.MEET:
            return op.entity_id != agency
        own = body_of(op)["agency"] == agency
        return own and (
            verb_of(op) in (verbs.ADMIT, verbs.DISMISS) or self.is_no_strangers(op, agency, with_cut)
        )

    def is_no_strangers(self, op: Operation, agency: str, with_cut: bool = False) -> bool:
        """True unless the account is known to the operation as other agencies' alone."""
        known = self.about_account(op.entity_id or "", self.causal.past[op.hash], with_cut)
        holders = {body_of(other)["agency"] for other in known}
        return not holders or agency in holders


def _first(reason: str | None, others: Iterable[str | None]) -> str | None:
    """The first reason; a denial comes last."""
    known = [other for other in others if other]
    return reason or next((other for other in known if other != DENIED), None) or next(iter(known), None)
