"""What an act may do: effects of its command, scope, ownership, births, shares (REPLICATION, The operation and Merge).

Whatever is read here is either joint or of the scope of the act itself, so that everybody who holds the act agrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.journal import verbs
from app.journal.authors import is_no_strangers
from app.journal.births import against_birth, against_claim
from app.journal.causality import Past
from app.journal.facts import fact_key
from app.journal.operation import Operation
from app.journal.records import Record
from app.journal.scopes import INTERNAL_PREFIX, resolve
from app.journal.state import State
from app.journal.values import fits
from db.fields import INTERNAL, JOINT, Entity, Field, Merge

_ON_RECORDS = frozenset(
    {verbs.WRITE, verbs.STRIKE, verbs.RETRACT, verbs.APPROVE, verbs.OWN, verbs.DISCLOSE, verbs.TEXT}
)


class ContentJudge:
    """Judges what an act does; who may act at all was judged before."""

    def __init__(self, state: State) -> None:
        self._s = state

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

    def judge(
        self, op: Operation, content: Mapping[str, Any], past: Past, agency: str, earlier: Sequence[Operation]
    ) -> str | None:
        """Reason against an act of this agency, or None; `earlier`: what its transaction did before it."""
        assert op.command is not None and op.entity is not None and op.entity_id is not None
        verb, entity = content["v"], self._s.policy.entities.get(op.entity)
        if verb in verbs.VALIDITY_INPUT and op.scope != JOINT:
            return "control must be joint"
        if op.scope.startswith(INTERNAL_PREFIX) and op.scope != INTERNAL_PREFIX + agency:
            return "scope"
        fields = frozenset(content.get("set", {})) | frozenset(content.get("entry", {}))
        if "field" in content:
            fields = frozenset({content["field"]})
        if not self._s.policy.allows(op.command, op.entity, content):
            return "effect"
        if verb in (verbs.TAKE, verbs.MOVE):
            return self._judge_stock(op, content, past, earlier)
        if verb == verbs.ROTATE:
            return None if self._s.keys.rotates(op) else "certificate"
        if verb not in _ON_RECORDS:
            return None
        if entity is None:
            return "unknown entity"
        if not fields <= entity.fields.keys():
            return "unknown field"
        judge = {verbs.WRITE: self._judge_write, verbs.TEXT: self._judge_text}.get(verb, self._judge_mark)
        return self._judge_subject(op, past, agency) or judge(op, content, past, agency, entity, earlier)

    def _judge_subject(self, op: Operation, past: Past, agency: str) -> str | None:
        """A workstation speaks for itself (its TLS pin comes in operations it signed), an agency for its own accounts."""
        if op.entity == "site" and op.entity_id != op.site:
            return "owner"
        if op.entity == "account" and not is_no_strangers(self._s.facts, op.entity_id or "", agency, past):
            return "other agency"
        return None

    # -- stock ---------------------------------------------------------------------------------------------------------
    def _judge_stock(
        self, op: Operation, content: Mapping[str, Any], past: Past, earlier: Sequence[Operation]
    ) -> str | None:
        enough = self.left(op, past, earlier) >= content["n"]
        return None if enough or content.get("force") else "share exhausted"

    def left(self, op: Operation, past: Past, earlier: Sequence[Operation]) -> int:
        """What is left of the site's share when an act on stock begins: its past less what its own transaction took."""
        spent = 0
        for before in earlier:
            content = before.content
            if before.entity_id == op.entity_id and content.get("v") in (verbs.TAKE, verbs.MOVE):
                spent += content["n"] if isinstance(content.get("n"), int) else 0
        return self._s.stock.share(op.entity_id or "", op.site, past, self._s.heirs(past)) - spent

    # -- long texts ----------------------------------------------------------------------------------------------------
    def _judge_text(
        self,
        op: Operation,
        content: Mapping[str, Any],
        past: Past,
        agency: str,
        entity: Entity,
        earlier: Sequence[Operation],
    ) -> str | None:
        field = entity.fields[content["field"]]
        if field.merge is not Merge.TEXT:
            return "unknown field"
        if not self._scope_fits(op, content, agency, entity, [field], past):
            return "scope"
        about = (op.entity, op.entity_id, verbs.TEXT, field.name)
        if any((e.entity, e.entity_id, e.content.get("v"), e.content.get("field")) == about for e in earlier):
            return "malformed"  # one update of a text in a transaction
        return self._s.texts.against(op, content, past)

    # -- marks on records --------------------------------------------------------------------------------------------
    def _judge_mark(
        self,
        op: Operation,
        content: Mapping[str, Any],
        past: Past,
        agency: str,
        entity: Entity,
        _earlier: Sequence[Operation],
    ) -> str | None:
        verb, field = content["v"], entity.fields.get(content.get("field", ""))
        if verb == verbs.OWN:
            rule = self._s.policy.owners.get((field.owner if field else None) or "")
            return None if rule and content["to"] in rule.may_move_to and content["to"] == agency else "owner"
        if verb == verbs.DISCLOSE:
            return None if field and _may_open(entity, field, agency) else "scope"
        if op.scope != resolve(field.scope if field else entity.scope, agency):
            return "scope"
        if verb == verbs.STRIKE:
            if field is None or not field.extreme:
                return "unknown field"
            if not all(self._s.in_past(digest, op, past) for digest in content["ops"]):
                return "names a head outside its past"
        return None

    # -- writes --------------------------------------------------------------------------------------------------------
    def _judge_write(
        self,
        op: Operation,
        content: Mapping[str, Any],
        past: Past,
        agency: str,
        entity: Entity,
        earlier: Sequence[Operation],
    ) -> str | None:
        values, over = content["set"], content.get("over", {})
        fields = [entity.fields[name] for name in (*values, *content.get("entry", {}))]
        if any(f.extreme or f.merge is Merge.TEXT for f in fields[: len(values)]) or not all(
            f.extreme for f in fields[len(values) :]
        ):
            return "unknown field"
        if not all(fits(entity.fields[name], value) for name, value in values.items()):
            return "type"
        if not self._scope_fits(op, content, agency, entity, fields, past):
            return "scope"
        same = [e for e in earlier if (e.entity, e.entity_id) == (op.entity, op.entity_id)]
        record = self._s.record(entity.name, op.entity_id or "")
        born = [birth for birth in record.births if self._s.in_past(birth[0], op, past)]
        born += [(e.hash, agency) for e in same if e.content.get("new") is True]
        if content.get("new") and born:
            return "exists"
        if content.get("new") and (reason := against_birth(self._s, op, content, agency)) is not None:
            return reason
        for field in fields:
            reason = self._judge_field(op, content, past, agency, field, record, born)
            if reason is None and field.merge is Merge.FIXED and _wrote(same, field.name):
                reason = "fixed"
            if (
                reason is None
                and field.merge is Merge.FIXED
                and not content.get("new")
                and field.scope == entity.scope
            ):
                reason = "fixed"  # written with its record or not at all
            named = over.get(field.name) if reason is None else None
            if named and not all(self._s.in_past(head, op, past) for head in named):
                reason = "names a head outside its past"
            if reason is not None:
                return reason
        return None

    def _judge_field(
        self,
        op: Operation,
        content: Mapping[str, Any],
        past: Past,
        agency: str,
        field: Field,
        record: Record,
        born: list[tuple[bytes, str]],
    ) -> str | None:
        if field.merge is Merge.FIXED:
            known = record.heads.get(field.name, ())
            if content.get("over", {}).get(field.name) or any(
                self._s.in_past(head, op, past) for head in known
            ):
                return "fixed"
        if field.claim is not None:
            return against_claim(self._s, op, field, content["set"].get(field.name), agency)
        if field.merge is Merge.OWNED and field.owner == "birth":
            if not content.get("new") and not born:
                return "no such record"
            # Of several makers who had not seen each other each keeps its right: nobody is locked out by a second birth.
            return None if content.get("new") or agency in {maker for _, maker in born} else "owner"
        if field.merge is Merge.OWNED and self.owner(record.entity, record.entity_id, field, past) != agency:
            return "owner"
        return None

    def _scope_fits(
        self,
        op: Operation,
        content: Mapping[str, Any],
        agency: str,
        entity: Entity,
        fields: list[Field],
        past: Past,
    ) -> bool:
        """Scope is declared, never chosen. A birth stands in the record's own scope. Outside the joint scope a write to a
        joint record touches one register, so that opening a register opens all of its writes (FINDINGS 5, 8)."""
        assert op.entity_id is not None
        if (content.get("new") or not fields) and op.scope != resolve(entity.scope, agency):
            return False
        if op.scope != JOINT and entity.scope == JOINT and len(fields) > 1:
            return False
        return all(
            op.scope == resolve(field.scope, agency)
            or (op.scope == JOINT and self.disclosed(entity.name, op.entity_id, field.name, past))
            for field in fields
        )


def _wrote(ops: Sequence[Operation], field: str) -> bool:
    values = [op.content.get("set") for op in ops]
    return any(isinstance(value, dict) and field in value for value in values)


def _may_open(entity: Entity, field: Field, agency: str) -> bool:
    """A register of a joint record with a declared scope of its own; an agency opens none but its own internal ones."""
    if entity.scope != JOINT or field.scope in (JOINT, INTERNAL):
        return False
    return not field.scope.startswith(INTERNAL_PREFIX) or field.scope == INTERNAL_PREFIX + agency
