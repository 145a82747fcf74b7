"""Validity: a pure function of the operation, its causal past and the set of site certificates.

Never of arrival order, never of the receiver's present (REPLICATION, The operation). Every answer is None (valid) or the
reason that is shown with the quarantined act. State-machine and time checks run only at the origin, in the use-cases.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.journal import verbs
from app.journal.authors import Author, author_of, is_admitted, is_no_strangers
from app.journal.births import goes_back
from app.journal.causality import Dot, Past, covers
from app.journal.contents import ContentJudge
from app.journal.facts import VALID_ONLY, WITH_CUT, WITH_DENIED, Fact, Standing, fact_key
from app.journal.keys import certificate_holds, site_id
from app.journal.operation import SCHEMA_V, Operation
from app.journal.quick import Plan, Quick
from app.journal.state import State
from app.journal.values import fits
from db.fields import JOINT

__all__ = ["Judge", "Judgement", "concurrent", "fits"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Verdict on one operation.

    `agency` is the author's; `denied`: good but for a concurrent revocation of its author, which is weighed last, when
    nothing else stands against the transaction; `undenied`: good where no revocation denies anything; `good_but_cut`:
    nothing but a cut stands against it; `rests_on_cut` marks an act whose right came from a cut grant.
    """

    reason: str | None
    agency: str | None = None
    verb: str = ""
    denied: bool = False
    undenied: bool = False
    good_but_cut: bool = False
    rests_on_cut: bool = False
    plan: Plan | None = None  # how the row of a new record is made, where one look was enough

    @property
    def certified(self) -> bool:
        """True for a certificate, which stands by itself whatever carries it."""
        return self.verb in verbs.CERTIFIED


class Judge:
    """Judges operations against the state projected so far."""

    def __init__(self, state: State) -> None:
        self._s = state
        self._contents = ContentJudge(state)
        self._quick = Quick(state)

    def author(
        self,
        actor: str,
        past: Past | None,
        standings: Collection[Standing] = VALID_ONLY,
        home: str | None = None,
    ) -> Author:
        """Agency and roles of an account as they stood in a past."""
        return author_of(self._s.facts, actor, past, standings, home)

    def judge(self, op: Operation, past: Past, dot: Dot, earlier: Sequence[Operation] = ()) -> Judgement:
        """Judge one operation whose body is held; `earlier`: what its transaction did before it."""
        content = op.content
        assert op.entity is not None and op.entity_id is not None
        older = (op.schema_v or 0) < SCHEMA_V and goes_back(self._s, op)
        if not older and not any(before.entity_id == op.entity_id for before in earlier):
            plan = self._quick.plan_of(op, content, past)
            if plan is not None:
                return Judgement(None, plan.agency, verbs.WRITE, plan=plan)
        return self.judge_fully(op, past, dot, earlier, older)

    def judge_fully(
        self, op: Operation, past: Past, dot: Dot, earlier: Sequence[Operation], older: bool
    ) -> Judgement:
        """The same without the short cut; `older`: written in an older version than its chain before."""
        content = op.content
        assert op.entity is not None and op.entity_id is not None
        if not verbs.well_formed(op.entity, content) or "\x1f" in op.entity_id:
            return Judgement("malformed")
        if older:
            return Judgement("older version")
        return replace(self._judge(op, content, past, dot, earlier), verb=content["v"])

    def _judge(
        self, op: Operation, content: Mapping[str, Any], past: Past, dot: Dot, earlier: Sequence[Operation]
    ) -> Judgement:
        verb = content["v"]
        if verb in verbs.CERTIFIED:
            return self._judge_certificate(op, content)
        if op.seq > self._s.cut_of(op.site):
            right = self._judge_right(op, content, past, dot, WITH_CUT) if verb in verbs.RIGHTS else None
            return Judgement(
                "cut", good_but_cut=right is not None and right.reason is None and not right.denied
            )
        if verb in verbs.RIGHTS:
            undenied = self._judge_right(op, content, past, dot, WITH_DENIED)
            judgement = self._judge_right(op, content, past, dot, VALID_ONLY)
            return replace(
                judgement, agency=judgement.agency or undenied.agency, undenied=undenied.reason is None
            )
        judgement = self._judge_authored(op, past, VALID_ONLY)
        if judgement.reason is not None and self._s.any_cut:
            on_cut = self._judge_authored(op, past, WITH_CUT)
            judgement = replace(on_cut, rests_on_cut=True) if on_cut.reason is None else judgement
        if judgement.reason is not None:
            return judgement
        agency = judgement.agency or ""
        reason = self._contents.judge(op, content, past, agency, earlier)
        denied = reason is None and verb in verbs.GRANTING and self._denied(op.actor or "", agency, past, dot)
        return replace(judgement, reason=reason, denied=denied)

    # -- certificates ------------------------------------------------------------------------------------------------
    def _judge_certificate(self, op: Operation, content: Mapping[str, Any]) -> Judgement:
        assert op.entity_id is not None
        agency, verb = content["agency"], content["v"]
        keys = self._s.anchors.get(agency)
        if keys is None:
            return Judgement("unknown agency")
        if op.scope != JOINT:
            return Judgement("control must be joint")
        terms: dict[str, str | int] = {}
        if verb == verbs.ENROL:
            if site_id(content["key"]) != op.entity_id:
                return Judgement("certificate")
            terms = {"key": content["key"].hex(), "letter": content["letter"]}
        elif verb == verbs.CLOSE:
            terms = {"heir": content["heir"]}
        elif verb == verbs.CUT:
            terms = {"last_seq": content["last_seq"]}
        elif "serial" in content:
            terms = {"serial": content["serial"]}
        cert, realm = content["cert"], self._s.realm
        if not any(certificate_holds(key, realm, verb, agency, op.entity_id, cert, **terms) for key in keys):
            return Judgement("certificate")
        return Judgement(None, agency)

    # -- authors -----------------------------------------------------------------------------------------------------
    def _judge_authored(self, op: Operation, past: Past, standings: frozenset[Standing]) -> Judgement:
        """May this account do this at this site? The first thing asked of every act but certificates."""
        assert op.actor is not None and op.command is not None
        home = self._s.agency_of(op.site)
        if home is None:
            return Judgement("unknown site")
        if self._s.closings(op.site, past):
            return Judgement("site closed")
        author = self.author(op.actor, past, standings, home)
        if author.agency is None:
            return Judgement("unknown author")
        if author.agency != home and not is_admitted(self._s.facts, op.actor, home, past, standings):
            return Judgement("not admitted here", author.agency)
        if not self._s.policy.permits(op.command, author.agency, author.roles):
            return Judgement("role", author.agency)
        return Judgement(None, author.agency)

    def _judge_right(
        self, op: Operation, content: Mapping[str, Any], past: Past, dot: Dot, standings: frozenset[Standing]
    ) -> Judgement:
        """Rights are given and taken at a workstation of the agency itself, and rest on that agency's certificates and
        rights alone: so what one agency trusts never hangs on what another does."""
        judgement = self._judge_authored(op, past, standings)
        agency, verb = judgement.agency, content["v"]
        if judgement.reason is not None or agency is None:
            return judgement
        if agency != self._s.agency_of(op.site):
            return replace(judgement, reason="not at home")
        reason = self._contents.judge(op, content, past, agency, ())
        if reason is None and not self._is_own_matter(op, content, past, agency, standings):
            reason = "other agency"
        denied = reason is None and verb in verbs.GRANTING and self._denied(op.actor or "", agency, past, dot)
        return replace(judgement, reason=reason, denied=denied)

    def _is_own_matter(
        self,
        op: Operation,
        content: Mapping[str, Any],
        past: Past,
        agency: str,
        standings: frozenset[Standing],
    ) -> bool:
        verb = content["v"]
        if verb == verbs.MEET:
            return op.entity_id != agency
        if content["agency"] != agency:
            return False
        return verb in (verbs.ADMIT, verbs.DISMISS) or is_no_strangers(
            self._s.facts, op.entity_id or "", agency, past, standings
        )

    def _denied(self, actor: str, agency: str | None, past: Past, dot: Dot) -> bool:
        known = (*self._s.facts.all(fact_key("account", actor)), *self._s.foreseen_revocations(actor))
        return any(
            f.verb == verbs.REVOKE
            and f.standing in WITH_DENIED
            and f.body["agency"] == agency
            and concurrent(f, past, dot)
            for f in known
        )


def concurrent(fact: Fact, past: Past, dot: Dot) -> bool:
    """True if neither the fact nor the operation at `dot` with this past had seen the other."""
    return not covers(past, fact.dot) and not covers(fact.past, dot)
