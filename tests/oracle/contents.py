"""What an act may do: effects, scope, ownership, births, shares. Reads valid operations in the act's own past only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.journal import verbs
from app.journal.operation import Operation
from app.kernel import ids
from db.fields import Claim, Entity, Field, Merge
from tests.oracle.causal import Past, body_of, covers

if TYPE_CHECKING:
    from tests.oracle.reading import Reading

JOINT_ONLY = {
    verbs.GRANT,
    verbs.REVOKE,
    verbs.ADMIT,
    verbs.DISMISS,
    verbs.MEET,
    verbs.OWN,
    verbs.DISCLOSE,
    verbs.SHARE,
    verbs.TAKE,
    verbs.MOVE,
    verbs.ROTATE,
}
ON_RECORDS = {
    verbs.WRITE,
    verbs.STRIKE,
    verbs.RETRACT,
    verbs.APPROVE,
    verbs.OWN,
    verbs.DISCLOSE,
    verbs.TEXT,
}


def scope_of(declared: str, agency: str) -> str:
    """The scope an author of this agency writes under."""
    return f"internal:{agency}" if declared == "internal" else declared


def against(reading: Reading, op: Operation, agency: str, earlier: Sequence[Operation]) -> str | None:
    """Reason against what an act does, or None."""
    body, entity = body_of(op), reading.policy.entities.get(op.entity or "")
    verb = body["v"]
    if verb in JOINT_ONLY and op.scope != "joint":
        return "control must be joint"
    if op.scope.startswith("internal:") and op.scope != f"internal:{agency}":
        return "scope"
    fields = {body["field"]} if "field" in body else {*body.get("set", ()), *body.get("entry", ())}
    if not reading.policy.allows(op.command or "", op.entity or "", body):
        return "effect"
    if verb in (verbs.TAKE, verbs.MOVE) and not body.get("force"):
        return "share exhausted" if left(reading, op, earlier) < body["n"] else None
    if verb == verbs.ROTATE:
        return None if reading.causal.rotates(op, reading.setting.realm) else "certificate"
    if verb not in ON_RECORDS:
        return None
    if entity is None:
        return "unknown entity"
    if not fields <= set(entity.fields):
        return "unknown field"
    if (entity.name == "site" and op.entity_id != op.site) or not _may_speak(reading, op, agency):
        return "owner" if entity.name == "site" else "other agency"
    judge = {verbs.WRITE: _against_write, verbs.TEXT: _against_text}.get(verb, _against_mark)
    return judge(reading, op, agency, entity, earlier)


def _against_text(
    reading: Reading, op: Operation, agency: str, entity: Entity, earlier: Sequence[Operation]
) -> str | None:
    """One update of one long text in a transaction, in the text's own scope, sound in its own past."""
    field = entity.fields[body_of(op)["field"]]
    if field.merge is not Merge.TEXT:
        return "unknown field"
    if not _scope_fits(reading, op, agency, entity, [field]):
        return "scope"
    same = [e for e in earlier if (e.entity, e.entity_id) == (op.entity, op.entity_id)]
    if any(body_of(e).get("v") == verbs.TEXT and body_of(e).get("field") == field.name for e in same):
        return "malformed"
    return reading.documents.against(op)


def _may_speak(reading: Reading, op: Operation, agency: str) -> bool:
    """An agency speaks of accounts that nobody else has given rights, or it too."""
    return op.entity != "account" or reading.is_no_strangers(op, agency)


# -- stock -------------------------------------------------------------------------------------------------------------


def left(reading: Reading, op: Operation, earlier: Sequence[Operation]) -> int:
    """The site's share in the act's past, less what its own transaction took before it."""
    spent = sum(
        body_of(before)["n"]
        for before in earlier
        if before.entity_id == op.entity_id and body_of(before).get("v") in (verbs.TAKE, verbs.MOVE)
    )
    return share(reading, op.entity_id or "", op.site, reading.causal.past[op.hash]) - spent


def share(reading: Reading, item: str, holder: str, past: Past | None) -> int:
    """What a site holds in a past: its own changes and those of closed sites whose heir it is, directly or in turn."""
    heirs = {}
    for site in reading.sites:
        closed = reading.closings(site, past)
        if closed:
            heirs[site] = min(body_of(c)["heir"] for c in closed)
    holders = {holder}
    while more := {site for site, heir in heirs.items() if heir in holders} - holders:
        holders |= more
    return sum(change(reading, item, each, past) for each in holders)


def change(reading: Reading, item: str, holder: str, past: Past | None = None) -> int:
    """Sum of the changes of one site's own share."""
    total = 0
    for op in reading.valid_with(verbs.SHARE, verbs.TAKE, verbs.MOVE):
        body = body_of(op)
        if op.entity_id != item or (past is not None and not covers(past, op)):
            continue
        if body["v"] == verbs.SHARE:
            total += body["shares"].get(holder, 0)
        if body["v"] in (verbs.TAKE, verbs.MOVE) and op.site == holder:
            total -= body["n"]
        if body["v"] == verbs.MOVE and body["to"] == holder:
            total += body["n"]
    return total


# -- ownership, disclosure, births -----------------------------------------------------------------------------------


def owner(reading: Reading, entity: str, entity_id: str, field: Field, past: Past | None) -> str:
    """Present owner of a field by its ownership rule, in a past."""
    moved = reading.newest(
        [
            op
            for op in reading.valid_on(entity, entity_id)
            if body_of(op)["v"] == verbs.OWN
            and body_of(op)["field"] == field.name
            and (past is None or covers(past, op))
        ]
    )
    if moved:
        return str(min(moved, key=lambda op: op.hash).content["to"])
    return reading.policy.owners[field.owner or ""].first


def opened(reading: Reading, entity: str, entity_id: str, field: str, past: Past | None) -> bool:
    """True if the register was disclosed, in a past."""
    return any(
        body_of(op)["v"] == verbs.DISCLOSE
        and body_of(op)["field"] == field
        and (past is None or covers(past, op))
        for op in reading.valid_on(entity, entity_id)
    )


def births(reading: Reading, entity: str, entity_id: str) -> list[Operation]:
    """Valid operations that made a record."""
    return [
        op
        for op in reading.valid_on(entity, entity_id)
        if body_of(op)["v"] == verbs.WRITE and body_of(op).get("new")
    ]


# -- records -----------------------------------------------------------------------------------------------------------


def _against_mark(
    reading: Reading, op: Operation, agency: str, entity: Entity, _earlier: Sequence[Operation]
) -> str | None:
    body = body_of(op)
    field = entity.fields.get(body.get("field", ""))
    if body["v"] == verbs.OWN:
        rule = reading.policy.owners.get(field.owner or "") if field else None
        return None if rule and body["to"] == agency and agency in rule.may_move_to else "owner"
    if body["v"] == verbs.DISCLOSE:
        own = field is not None and field.scope in (f"internal:{agency}", *_groups(field))
        return None if own and entity.scope == "joint" else "scope"
    if op.scope != scope_of(field.scope if field else entity.scope, agency):
        return "scope"
    if body["v"] == verbs.STRIKE:
        if field is None or field.merge not in (Merge.MAX, Merge.MIN):
            return "unknown field"
        if not all(reading.causal.is_ancestor(digest, op) for digest in body["ops"]):
            return "names a head outside its past"
    return None


def _groups(field: Field) -> list[str]:
    plain = field.scope in ("joint", "internal") or field.scope.startswith("internal:")
    return [] if plain else [field.scope]


def _against_write(
    reading: Reading, op: Operation, agency: str, entity: Entity, earlier: Sequence[Operation]
) -> str | None:
    body = body_of(op)
    values, entries, new = body["set"], body.get("entry", {}), bool(body.get("new"))
    fields = [entity.fields[name] for name in (*values, *entries)]
    extremes = [f.name for f in fields if f.merge in (Merge.MAX, Merge.MIN)]
    if (
        set(extremes) != set(entries)
        or set(values) & set(entries)
        or any(f.merge is Merge.TEXT for f in fields)
    ):
        return "unknown field"
    if not all(_has_type(entity.fields[name], value) for name, value in values.items()):
        return "type"
    if not _scope_fits(reading, op, agency, entity, fields):
        return "scope"
    same = [e for e in earlier if (e.entity, e.entity_id) == (op.entity, op.entity_id)]
    born = [
        b for b in births(reading, entity.name, op.entity_id or "") if reading.causal.is_ancestor(b.hash, op)
    ]
    makers = [(b.hash, reading.verdicts[b.hash].agency) for b in born]
    makers += [(e.hash, agency) for e in same if body_of(e).get("new") is True]
    if new and makers:
        return "exists"
    if new and not _may_bear(reading, op, agency):
        return "id of another"
    for each in fields:
        reason = _against_field(reading, op, agency, each, makers)
        reason = reason or _against_claim(reading, op, agency, each)
        reason = reason or _against_fixed(entity, op, each, same)
        heads = body.get("over", {}).get(each.name, ())
        if reason is None and not all(reading.causal.is_ancestor(head, op) for head in heads):
            reason = "names a head outside its past"
        if reason is not None:
            return reason
    return None


def _against_field(
    reading: Reading, op: Operation, agency: str, field: Field, makers: list[tuple[bytes, str]]
) -> str | None:
    body, entity, entity_id = body_of(op), op.entity or "", op.entity_id or ""
    if field.merge is Merge.FIXED:
        before = [
            w
            for w in writes(reading, entity, entity_id, field.name)
            if reading.causal.is_ancestor(w.hash, op)
        ]
        return "fixed" if before or body.get("over", {}).get(field.name) else None
    if field.merge is not Merge.OWNED:
        return None
    if field.owner != "birth":
        return (
            None
            if owner(reading, entity, entity_id, field, reading.causal.past[op.hash]) == agency
            else "owner"
        )
    if body.get("new"):
        return None
    if not makers:
        return "no such record"
    return None if agency in {maker for _, maker in makers} else "owner"


def _may_bear(reading: Reading, op: Operation, agency: str) -> bool:
    """A record is made under an id of its maker's site, or of its agency and the cause; in version 1 under any other."""
    entity_id = op.entity_id or ""
    if op.entity not in reading.policy.bound or (op.schema_v == 1 and not ids.is_bound(entity_id)):
        return True
    cause = body_of(op).get("cause")
    return ids.is_own_id(entity_id, op.site) if cause is None else ids.derived_id(agency, *cause) == entity_id


def _against_claim(reading: Reading, op: Operation, agency: str, field: Field) -> str | None:
    """What a field says of its author must be so."""
    value = body_of(op)["set"].get(field.name)
    if field.claim is None or value is None or op.schema_v == 1:
        return None
    if field.claim is Claim.NUMBER:
        home, letter = reading.sites[op.site], reading.letters[op.site]
        good = re.fullmatch(rf"{home}-[0-9]{{8}}-{letter}[0-9]{{3,}}", str(value)) is not None
        return None if good else "false claim"
    right = {Claim.AGENCY: agency, Claim.ACCOUNT: op.actor, Claim.SITE: op.site}[field.claim]
    return None if value == right else "false claim"


def _against_fixed(entity: Entity, op: Operation, field: Field, same: list[Operation]) -> str | None:
    """A fixed field comes with its record (its other scopes in acts beside it) and once."""
    if field.merge is not Merge.FIXED:
        return None
    again = any(isinstance(body_of(e).get("set"), dict) and field.name in body_of(e)["set"] for e in same)
    late = not body_of(op).get("new") and field.scope == entity.scope
    return "fixed" if again or late else None


def writes(reading: Reading, entity: str, entity_id: str, field: str) -> list[Operation]:
    """Valid writes to a register."""
    return [
        op
        for op in reading.valid_on(entity, entity_id)
        if body_of(op)["v"] == verbs.WRITE and field in body_of(op)["set"]
    ]


def _scope_fits(reading: Reading, op: Operation, agency: str, entity: Entity, fields: list[Field]) -> bool:
    home = scope_of(entity.scope, agency)
    if (body_of(op).get("new") or not fields) and op.scope != home:
        return False
    if entity.scope == "joint" and op.scope != "joint" and len(fields) > 1:
        return False
    past = reading.causal.past[op.hash]
    return all(
        op.scope == scope_of(f.scope, agency)
        or (op.scope == "joint" and opened(reading, entity.name, op.entity_id or "", f.name, past))
        for f in fields
    )


def _has_type(field: Field, value: Any) -> bool:
    kinds = [kind.python_type for kind in field.columns.values()]
    values = [value] if len(kinds) == 1 else value
    if not isinstance(values, list) or len(values) != len(kinds):
        return False
    return all(each is None or _is(kind, each) for kind, each in zip(kinds, values, strict=True))


def _is(kind: type, value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return kind in (int, float) and -(1 << 63) <= value < 1 << 63
    if isinstance(value, float):
        return kind is float and value - value == 0
    return kind is str and isinstance(value, str)
