"""Validity: a pure function of the operation, its causal past and the set of site certificates.

Never of arrival order, never of the receiver's present (REPLICATION, The operation). Every answer is None (valid) or the
reason that is shown with the quarantined act. State-machine and time checks run only at the origin, in the use-cases.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Float, Integer, String
from sqlalchemy.types import TypeEngine

from app.journal import verbs
from app.journal.causality import Dot, Past, covers
from app.journal.facts import VALID_ONLY, WITH_CUT, WITH_DENIED, Fact, Standing, fact_key
from app.journal.keys import certificate_holds, site_id
from app.journal.operation import INT64, Operation
from app.journal.scopes import resolve
from app.journal.state import State
from db.fields import JOINT, Entity, Field, Merge


@dataclass(frozen=True, slots=True)
class Judgement:
    """Verdict on one operation; `agency` is the author's, `rests_on_cut` marks an act whose right came from a cut grant."""

    reason: str | None
    agency: str | None = None
    verb: str = ""
    standing: Standing = Standing.VALID
    rests_on_cut: bool = False

    @property
    def certified(self) -> bool:
        """True for a certificate, which stands by itself whatever carries it."""
        return self.verb in verbs.CERTIFIED


@dataclass(frozen=True, slots=True)
class Author:
    """Agency and roles of an account in some past."""

    agency: str | None
    roles: frozenset[str]


class Judge:
    """Judges operations against the state projected so far."""

    def __init__(self, state: State) -> None:
        self._s = state

    # -- the facts as they stood ------------------------------------------------------------------------------------
    def agency_of_site(self, site: str, past: Past | None) -> str | None:
        """Agency a site was enrolled for."""
        enrolled = self._s.facts.newest(fact_key("site", site), past)
        return min(str(f.body["agency"]) for f in enrolled) if enrolled else None

    def author(self, actor: str, past: Past | None, standings: Collection[Standing] = VALID_ONLY) -> Author:
        """Agency and roles of an account; a revocation among the newest facts wins over a concurrent grant."""
        newest = self._s.facts.newest(fact_key("account", actor), past, standings)
        if not newest or any(f.verb == verbs.REVOKE for f in newest):
            return Author(None, frozenset())
        agency = min(newest, key=lambda f: f.hash).body["agency"]
        roles: set[str] = set()
        for fact in newest:
            if fact.body["agency"] == agency:
                roles.update(["account_admin"] if fact.verb == verbs.APPOINT else fact.body["roles"])
        return Author(agency, frozenset(roles))

    def owner(self, entity: str, entity_id: str, field: Field, past: Past | None) -> str | None:
        """Owner of an owned field by its ownership rule (D-06)."""
        assert field.owner is not None
        moved = self._s.facts.newest(fact_key("owner", entity, entity_id, field.name), past)
        if moved:
            return str(min(moved, key=lambda f: f.hash).body["to"])
        return self._s.policy.owners[field.owner].first

    def disclosed(self, entity: str, entity_id: str, field: str, past: Past | None) -> bool:
        """True if the register was opened to all."""
        return bool(self._s.facts.newest(fact_key("open", entity, entity_id, field), past))

    # -- the judgement -----------------------------------------------------------------------------------------------
    def judge(self, op: Operation, past: Past, dot: Dot) -> Judgement:
        """Judge one operation whose body is held."""
        try:
            content = op.content
        except ValueError:
            return Judgement("malformed")
        assert op.entity is not None and op.entity_id is not None
        if not verbs.well_formed(op.entity, content):
            return Judgement("malformed")
        return replace(self._judge_content_of(op, content, past, dot), verb=content["v"])

    def _judge_content_of(self, op: Operation, content: Mapping[str, Any], past: Past, dot: Dot) -> Judgement:
        if content["v"] in verbs.CERTIFIED:
            return self._judge_certificate(op, content)
        if op.seq > self._s.cut_of(op.site):
            return Judgement("cut", standing=Standing.CUT)
        judgement = self._judge_authored(op, content, past, dot, VALID_ONLY)
        if judgement.reason is None or content["v"] not in verbs.CONTROL:
            return judgement
        # A granting act denied by a concurrent revocation still counts when revocations are found: they always hold.
        lenient = self._judge_authored(op, content, past, dot, WITH_DENIED)
        if lenient.reason is None:
            return Judgement(judgement.reason, lenient.agency, standing=Standing.DENIED)
        return judgement

    def _judge_certificate(self, op: Operation, content: Mapping[str, Any]) -> Judgement:
        assert op.entity_id is not None
        agency, verb = content["agency"], content["v"]
        key = self._s.anchors.get(agency)
        if key is None:
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
        if not certificate_holds(key, self._s.realm, verb, agency, op.entity_id, content["cert"], **terms):
            return Judgement("certificate")
        return Judgement(None, agency)

    def _judge_authored(
        self, op: Operation, content: Mapping[str, Any], past: Past, dot: Dot, standings: frozenset[Standing]
    ) -> Judgement:
        assert op.actor is not None and op.command is not None
        site_agency = self.agency_of_site(op.site, past)
        if site_agency is None:
            return Judgement("unknown site")
        if self._s.facts.newest(fact_key("closed", op.site), past):
            return Judgement("site closed")
        author, rests_on_cut = self.author(op.actor, past, standings), False
        permitted = author.agency is not None and self._s.policy.permits(
            op.command, author.agency, author.roles
        )
        if not permitted and content["v"] not in verbs.CONTROL and self._s.any_cut:
            author, rests_on_cut = self.author(op.actor, past, WITH_CUT), True
            permitted = author.agency is not None and self._s.policy.permits(
                op.command, author.agency, author.roles
            )
        agency = author.agency
        if agency is None:
            return Judgement("unknown author")
        if agency != site_agency and not self._s.facts.newest(fact_key("admit", op.actor, site_agency), past):
            return Judgement("not admitted here", agency)
        if not permitted:
            return Judgement("role", agency)
        if standings == VALID_ONLY and content["v"] in verbs.GRANTING and self._denied(op.actor, past, dot):
            return Judgement("granted while being revoked", agency)
        reason = self._judge_content(op, content, past, agency)
        return Judgement(reason, agency, rests_on_cut=rests_on_cut)

    def _denied(self, actor: str, past: Past, dot: Dot) -> bool:
        known = (*self._s.facts.all(fact_key("account", actor)), *self._s.foreseen_revocations(actor))
        return any(
            f.verb == verbs.REVOKE and f.standing in WITH_DENIED and concurrent(f, past, dot) for f in known
        )

    def _judge_content(
        self, op: Operation, content: Mapping[str, Any], past: Past, agency: str
    ) -> str | None:
        assert op.command is not None and op.entity is not None and op.entity_id is not None
        verb, entity = content["v"], self._s.policy.entities.get(op.entity)
        if verb in verbs.VALIDITY_INPUT and op.scope != JOINT:
            return "control must be joint"
        fields = frozenset(content.get("set", {})) | frozenset(content.get("entry", {}))
        if "field" in content:
            fields = frozenset({content["field"]})
        if not self._s.policy.allows(op.command, verb, op.entity, fields):
            return "effect"
        if verb in (verbs.GRANT, verbs.REVOKE, verbs.ADMIT) and content["agency"] != agency:
            return "other agency"
        if verb in (verbs.TAKE, verbs.MOVE):
            enough = self._s.stock.share(op.entity_id, op.site, past) >= content["n"]
            return None if enough or content.get("force") else "share exhausted"
        if entity is None:
            return "unknown entity" if verb in (verbs.WRITE, verbs.STRIKE, verbs.RETRACT) else None
        if not fields <= entity.fields.keys():
            return "unknown field"
        if verb == verbs.WRITE:
            return self._judge_write(op, content, past, agency, entity)
        if verb == verbs.OWN:
            return self._judge_own(entity.fields[content["field"]], content, agency)
        if verb in (verbs.STRIKE, verbs.RETRACT, verbs.APPROVE):
            return self._judge_mark(op, content, past, agency, entity)
        return None

    def _judge_own(self, field: Field, content: Mapping[str, Any], agency: str) -> str | None:
        rule = self._s.policy.owners.get(field.owner or "")
        if rule is None or content["to"] not in rule.may_move_to or content["to"] != agency:
            return "owner"
        return None

    def _judge_mark(
        self, op: Operation, content: Mapping[str, Any], past: Past, agency: str, entity: Entity
    ) -> str | None:
        field = entity.fields.get(content.get("field", ""))
        if op.scope != resolve(field.scope if field else entity.scope, agency):
            return "scope"
        if content["v"] == verbs.STRIKE:
            if field is None or not field.extreme:
                return "unknown field"
            if not all(self._s.in_past(digest, op, past) for digest in content["ops"]):
                return "names a head outside its past"
        return None

    def _judge_write(
        self, op: Operation, content: Mapping[str, Any], past: Past, agency: str, entity: Entity
    ) -> str | None:
        assert op.entity_id is not None
        values, over = content["set"], content.get("over", {})
        fields = [entity.fields[name] for name in (*values, *content.get("entry", {}))]
        if any(f.extreme for f in fields[: len(values)]) or not all(f.extreme for f in fields[len(values) :]):
            return "unknown field"
        if not all(fits(entity.fields[name], value) for name, value in values.items()):
            return "type"
        if not self._scope_fits(op, agency, entity, fields, past):
            return "scope"
        record = self._s.record(op.entity or "", op.entity_id)
        born = [birth for birth in record.births if self._s.in_past(birth[0], op, past)]
        if content.get("new") and born:
            return "exists"
        for field in fields:
            heads = over.get(field.name, ())
            if field.merge is Merge.FIXED and (
                heads or any(self._s.in_past(head, op, past) for head in record.heads.get(field.name, ()))
            ):
                return "fixed"
            if field.merge is Merge.OWNED:
                owner = self._birth_owner(born, content, agency) if field.owner == "birth" else None
                owner = (
                    owner
                    if field.owner == "birth"
                    else self.owner(op.entity or "", op.entity_id, field, past)
                )
                if owner != agency:
                    return "owner" if owner is not None else "no such record"
            if not all(self._s.in_past(head, op, past) for head in heads):
                return "names a head outside its past"
        return None

    @staticmethod
    def _birth_owner(born: list[tuple[bytes, str]], content: Mapping[str, Any], agency: str) -> str | None:
        if content.get("new"):
            return agency
        return min(born)[1] if born else None

    def _scope_fits(
        self, op: Operation, agency: str, entity: Entity, fields: list[Field], past: Past
    ) -> bool:
        assert op.entity_id is not None
        if not fields:
            return op.scope == resolve(entity.scope, agency)
        for field in fields:
            if op.scope == resolve(field.scope, agency):
                continue
            if op.scope != JOINT or not self.disclosed(entity.name, op.entity_id, field.name, past):
                return False
        return True


def concurrent(fact: Fact, past: Past, dot: Dot) -> bool:
    """True if neither the fact nor the operation at `dot` with this past had seen the other."""
    return not covers(past, fact.dot) and not covers(fact.past, dot)


def fits(field: Field, value: object) -> bool:
    """True if a value has the types of the field's columns (a list in their order when there are several)."""
    kinds = list(field.columns.values())
    values = value if len(kinds) > 1 else [value]
    if not isinstance(values, list) or len(values) != len(kinds):
        return False
    return all(_fits(kind, each) for kind, each in zip(kinds, values, strict=True))


def _fits(kind: TypeEngine[object], value: object) -> bool:
    if value is None:
        return True
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return isinstance(kind, (Integer, Float)) and -INT64 <= value < INT64
    if isinstance(kind, Float):
        return isinstance(value, float) and math.isfinite(value)
    return isinstance(kind, String) and isinstance(value, str)
