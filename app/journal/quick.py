"""What the judge would accept anyway, accepted in one look: the making of a new record.

Most of a journal is new records of a few shapes: the same command writing the same fields of the same entity. All that the
judge asks of the shape alone is asked once and kept as a `Plan`; of each operation there remain its values, its author in its
own past and whether its record is new. Whoever is not accepted here is judged as ever (`validity.py`, `contents.py`): this
module can only say yes, and `tests/journal/test_quick.py` holds each of its answers against the judge's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.journal import verbs
from app.journal.authors import author_of, is_admitted
from app.journal.births import against_birth, against_claim
from app.journal.causality import Dot, Past
from app.journal.facts import VALID_ONLY, fact_key
from app.journal.operation import INT64, Operation
from app.journal.rows import upsert
from app.journal.scopes import INTERNAL_PREFIX, resolve
from app.journal.state import State
from app.journal.values import fits, simple_type
from db.fields import JOINT, Entity, Field, Merge

MOST_PLANS = 1_000
_KEYS = frozenset({"v", "set", "new", "batch", "cause", "why"})
_TEXTS = ("batch", "why")
_MERGES = frozenset({Merge.FIXED, Merge.REGISTER, Merge.STATUS})
_NOT_HERE = frozenset({"site", "account", "agency"})  # their rows follow from facts as well
_BOOKKEEPING = ("born_agency", "conflicts", "retracted")


@dataclass(frozen=True)
class _Author:
    """What an account may do at a site, by which of the facts about it lie in the past of an act."""

    dots: tuple[Dot, ...]
    found: dict[tuple[bool, ...], tuple[str, frozenset[str]] | None]
    calm: bool  # nothing was ever taken from the account or from the site


@dataclass(frozen=True)
class Plan:
    """A shape of new records that is allowed, and how a row is made of one."""

    entity: Entity
    agency: str
    fields: tuple[
        tuple[str, Field, type | None, bool], ...
    ]  # name, field, its simple type, whether it has one column
    claims: tuple[Field, ...]
    sql: str

    def values(self, op: Operation, written: Mapping[str, Any]) -> tuple[Any, ...]:
        """Values of `sql`: the row of a record that nobody else has written to."""
        out: list[Any] = [op.entity_id]
        for name, _, _, alone in self.fields:
            if alone:
                out.append(written[name])
            else:
                out += written[name]
        out += (self.agency, 0, 0, op.at_ms)
        return tuple(out)


class Quick:
    """Plans by shape, authors by what is known of them; both forgotten when a control fact comes."""

    def __init__(self, state: State) -> None:
        self._s = state
        self._plans: dict[tuple[Any, ...], Plan | None] = {}
        self._authors: dict[tuple[str, str], _Author] = {}
        self._facts_seen = -1

    def plan_of(self, op: Operation, content: Mapping[str, Any], past: Past) -> Plan | None:
        """The plan of an operation that the judge would accept and that makes its record; None: ask the judge."""
        if content.get("v") != verbs.WRITE or content.get("new") is not True or op.entity in _NOT_HERE:
            return None
        if op.seq > self._s.cut_of(op.site):
            return None
        author = self._author(op, past)
        if author is None or not self._s.policy.permits(op.command or "", *author):
            return None
        plan = self._plan(op, content, author[0])
        return plan if plan is not None and self._fits(plan, op, content) else None

    # -- who -------------------------------------------------------------------------------------------------------------
    def _author(self, op: Operation, past: Past) -> tuple[str, frozenset[str]] | None:
        """Agency and roles of the author in this past; None where anything was ever taken from him or from the site."""
        if self._facts_seen != self._s.facts.count:
            self._authors.clear()
            self._facts_seen = self._s.facts.count
        key = (op.actor or "", op.site)
        known = self._authors.get(key)
        if known is None:
            known = self._authors[key] = self._look_at(*key)
        if not known.calm:
            return None
        inside = tuple([past.get(no, 0) >= seq for no, seq in known.dots])
        try:
            return known.found[inside]
        except KeyError:
            found = known.found[inside] = self._rights(key[0], self._s.agency_of(op.site), past)
            return found

    def _look_at(self, actor: str, site: str) -> _Author:
        home, facts = self._s.agency_of(site), self._s.facts
        about = [*facts.all(fact_key("account", actor)), *facts.all(fact_key("admit", actor, home or ""))]
        calm = home is not None and not facts.all(fact_key("closed", site))
        calm = calm and not any(fact.verb in (verbs.REVOKE, verbs.DISMISS) for fact in about)
        return _Author(tuple(fact.dot for fact in about), {}, calm)

    def _rights(self, actor: str, home: str | None, past: Past) -> tuple[str, frozenset[str]] | None:
        author = author_of(self._s.facts, actor, past, VALID_ONLY, home)
        if author.agency is None or home is None:
            return None
        if author.agency != home and not is_admitted(self._s.facts, actor, home, past, VALID_ONLY):
            return None
        return author.agency, author.roles

    # -- what ------------------------------------------------------------------------------------------------------------
    def _plan(self, op: Operation, content: Mapping[str, Any], agency: str) -> Plan | None:
        written = content.get("set")
        if not isinstance(written, dict):
            return None
        shape = (agency, op.command, op.entity, op.scope, *content, None, *written)
        try:
            return self._plans[shape]
        except KeyError:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            plan = self._plans[shape] = self._made(op, content, agency)
            return plan

    def _made(self, op: Operation, content: Mapping[str, Any], agency: str) -> Plan | None:
        """The plan of a shape; None where something in it depends on more than what `_fits` looks at."""
        policy, entity = self._s.policy, self._s.policy.entities.get(op.entity or "")
        written = content["set"]
        if entity is None or not content.keys() <= _KEYS or not written.keys() <= entity.fields.keys():
            return None
        fields = [entity.fields[name] for name in written]
        if not all(field.merge in _MERGES or _of_birth(field) for field in fields):
            return None
        scope = op.scope
        if scope.startswith(INTERNAL_PREFIX) and scope != INTERNAL_PREFIX + agency:
            return None
        if scope != JOINT and entity.scope == JOINT:
            return None
        if any(scope != resolve(each, agency) for each in (entity.scope, *(field.scope for field in fields))):
            return None
        allowed = [each for each in policy.effects.get(op.command or "", ()) if each.entity == entity.name]
        if not any(not each.values and each.covers(content) for each in allowed):
            return None
        columns = [column for field in fields for column in field.columns]
        return Plan(
            entity,
            agency,
            tuple(
                (name, field, simple_type(field), len(field.columns) == 1)
                for name, field in zip(written, fields, strict=True)
            ),
            tuple(field for field in fields if field.claim is not None),
            upsert(entity.table.name, (*columns, *_BOOKKEEPING)),
        )

    def _fits(self, plan: Plan, op: Operation, content: Mapping[str, Any]) -> bool:
        """What hangs on the values: types, the id, claims of the author, and that nobody has written to the record."""
        written = content["set"]
        for name, field, simple, _ in plan.fields:
            value = written[name]
            if value is not None and not _simply_fits(value, simple) and not fits(field, value):
                return False
        for name in _TEXTS:
            if name in content and not isinstance(content[name], str):
                return False
        cause = content.get("cause")
        if cause is not None and not (
            isinstance(cause, list) and all(isinstance(each, str) for each in cause)
        ):
            return False
        if "\x1f" in (op.entity_id or ""):
            return False
        record = self._s.record(plan.entity.name, op.entity_id or "")
        if record.births or record.heads or record.marks:
            return False
        if against_birth(self._s, op, content, plan.agency) is not None:
            return False
        return all(
            against_claim(self._s, op, field, written[field.name], plan.agency) is None
            for field in plan.claims
        )


def _simply_fits(value: object, simple: type | None) -> bool:
    kind = type(value)
    return kind is simple and (kind is str or -INT64 <= value < INT64)  # type: ignore[operator]


def _of_birth(field: Field) -> bool:
    return field.merge is Merge.OWNED and field.owner == "birth"
