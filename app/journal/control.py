"""Control operations: accounts, roles, sites, agencies, ownership, disclosure; and the flags that follow from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.journal import rows, verbs
from app.journal.authors import acting_agency
from app.journal.causality import Dot, Past, covers
from app.journal.facts import VALID_ONLY, WITH_CUT, WITH_DENIED, Fact, Standing, fact_key
from app.journal.operation import Operation
from app.journal.state import State
from app.journal.validity import concurrent
from app.kernel.enums import ChangeKind

if TYPE_CHECKING:
    from app.journal.projector import Projector

_KEY_KIND = {
    verbs.GRANT: "account",
    verbs.REVOKE: "account",
    verbs.APPOINT: "account",
    verbs.ENROL: "site",
    verbs.CLOSE: "closed",
    verbs.CUT: "cut",
    verbs.MEET: "agency",
    verbs.ROTATE: "keys",
}


def _key(op: Operation, body: dict[str, Any]) -> str:
    entity_id = op.entity_id or ""
    if body["v"] in (verbs.ADMIT, verbs.DISMISS):
        return fact_key("admit", entity_id, str(body["agency"]))
    if body["v"] == verbs.OWN:
        return fact_key("owner", op.entity or "", entity_id, str(body["field"]))
    if body["v"] == verbs.DISCLOSE:
        return fact_key("open", op.entity or "", entity_id, str(body["field"]))
    return fact_key(_KEY_KIND[body["v"]], entity_id)


def is_news(state: State, op: Operation) -> bool:
    """True if nothing here says yet what this certificate says: a copy adds nothing."""
    body = dict(op.content)
    return all(known.body != body for known in state.facts.all(_key(op, body)))


def fold(projector: Projector, op: Operation, past: Past, dot: Dot, agency: str, standing: Standing) -> None:
    """Record a control operation as fact and refresh the row of the account, site or agency it speaks of."""
    state, body = projector.state, dict(op.content)
    verb = body["v"]
    if verb == verbs.MEET:
        body |= {"agency": op.entity_id, "by": agency}
    fact = Fact(op.hash, _key(op, body), verb, op.actor or "", dot, past, body, standing)
    state.facts.add(fact)
    if verb in (verbs.ADMIT, verbs.DISMISS):
        state.facts.add(
            Fact(
                op.hash,
                fact_key("admitted", op.entity_id or ""),
                verb,
                op.actor or "",
                dot,
                past,
                body,
                standing,
            )
        )
    if standing is not Standing.CUT:
        _effects_on_others(projector, fact, op)
    _refresh_row(projector, op, verb)


def _effects_on_others(projector: Projector, fact: Fact, op: Operation) -> None:
    """What is already projected may count differently now: project anew only if something really does."""
    state, verb = projector.state, fact.verb
    target, foreseen = op.entity_id or "", projector.state.is_foreseen(fact)
    if verb == verbs.REVOKE:
        if fact.standing in WITH_DENIED and not foreseen and _denies_something(projector, fact, target):
            projector.reproject = True
        if fact.standing in VALID_ONLY:
            _flag_acts_of(projector, fact, target)
    elif verb == verbs.DISMISS and fact.standing in VALID_ONLY:
        _flag_acts_of(projector, fact, target)
    elif verb == verbs.ENROL:
        state.refresh_trust()
    elif verb == verbs.CUT:
        before = state.cut_of(target)
        state.refresh_trust()
        if state.cut_of(target) < before and state.store.beyond(target, state.cut_of(target)):
            projector.reproject = True
    elif verb == verbs.MEET and fact.standing in VALID_ONLY:
        state.refresh_trust()
        row = state.connection.execute(
            "SELECT 1 FROM quarantine WHERE reason IN ('unknown agency', 'certificate') LIMIT 1"
        ).fetchone()
        projector.reproject = projector.reproject or (row is not None and not foreseen)
    elif verb == verbs.CLOSE and target in state.chains and fact in state.closings(target, None):
        for act, past in _unaware_acts(projector, fact, target):
            _flag_late(projector, fact, act.hash, past, (state.chains[target].no, act.seq))


def _denies_something(projector: Projector, revocation: Fact, account: str) -> bool:
    return any(
        granted.standing in WITH_CUT and concurrent(revocation, granted.past, granted.dot)
        for granting in verbs.GRANTING
        for granted in projector.state.facts.of_verb(granting, account)
    )


def _unaware_acts(projector: Projector, fact: Fact, site: str) -> Iterator[tuple[Operation, Past]]:
    """Valid acts of a site that were projected before a fact and had not seen it, nor been seen by its author."""
    state = projector.state
    chain = state.chains[site]
    for op in state.store.beyond(site, fact.past.get(chain.no, 0)):
        if not state.is_projected(op) or op.withheld or state.store.is_quarantined(op.hash):
            continue
        past = state.causality.past_of(op.hash)
        if op.content["v"] not in verbs.CERTIFIED and not covers(past, fact.dot):
            yield op, past


def _flag_acts_of(projector: Projector, revocation: Fact, account: str) -> None:
    """Acts concurrent with the revocation or dismissal of their author stand and are flagged (FINDINGS 11)."""
    state = projector.state
    for site in state.chains:
        for op, _ in _unaware_acts(projector, revocation, site):
            if op.actor == account and _takes(state, revocation, op, acting_agency(state, op)):
                projector.flag("acted while being revoked", op.hash, "")


def _takes(state: State, fact: Fact, op: Operation, agency: str | None) -> bool:
    """True if a fact takes from the author of an act what the act rests on: rights of its agency, a stranger's admission."""
    if fact.verb == verbs.REVOKE:
        return bool(fact.body["agency"] == agency)
    home = state.agency_of(op.site)
    return fact.verb == verbs.DISMISS and fact.body["agency"] == home != agency


def _flag_late(projector: Projector, closing: Fact, digest: bytes, past: Past, dot: Dot) -> None:
    if digest != closing.hash and concurrent(closing, past, dot):
        projector.flag("from a closed site", digest, "")


def flag_concurrent(projector: Projector, op: Operation, past: Past, dot: Dot, agency: str) -> None:
    """Flag a valid act concurrent with the revocation or dismissal of its author, or with the closing of its site."""
    state = projector.state
    home, actor = state.agency_of(op.site) or "", op.actor or ""
    known = [*state.facts.all(fact_key("account", actor)), *state.facts.all(fact_key("admit", actor, home))]
    for fact in known:
        taken = fact.standing in VALID_ONLY and _takes(state, fact, op, agency)
        if taken and concurrent(fact, past, dot):
            projector.flag("acted while being revoked", op.hash, "")
    for fact in state.closings(op.site, None):
        _flag_late(projector, fact, op.hash, past, dot)


def _refresh_row(projector: Projector, op: Operation, verb: str) -> None:
    state, entity_id = projector.state, op.entity_id or ""
    if verb in (verbs.OWN, verbs.DISCLOSE):
        _refresh_owned(projector, op)
        return
    of = {"enrol": "site", "close": "site", "cut": "site", "rotate": "site", "meet": "agency"}
    name = of.get(verb, "account")
    entity = state.policy.entities.get(name)
    if entity is None:
        return
    record = state.record(name, entity_id)
    if name == "account":
        columns = rows.account_columns(state, entity_id)
    elif name == "site":
        columns = rows.site_columns(state, entity_id)
    else:
        columns = rows.agency_columns(state, entity_id)
    rows.write_row(state, entity, record, columns, op.at_ms)
    projector.touch(name, entity_id, ChangeKind.CHANGED)


def _refresh_owned(projector: Projector, op: Operation) -> None:
    """A new owner's text is shown first among concurrent ones (FINDINGS 14)."""
    state, field = projector.state, op.content["field"]
    entity = state.policy.entities.get(op.entity or "")
    if entity is not None and field in entity.fields:
        record = state.record(entity.name, op.entity_id or "")
        if record.heads.get(field):
            columns = rows.refresh_fields(state, entity, record, [field], None)
            state.records.keep(record)
            rows.write_row(
                state, entity, record, columns, 0
            )  # who owns or reads a text does not make it newer
    projector.touch(op.entity or "", op.entity_id or "", ChangeKind.CHANGED)
