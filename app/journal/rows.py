"""Rows of shared tables as they follow from heads and entries: which value is shown, which stand in conflict."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from app.journal import verbs
from app.journal.authors import acting_agency, counting, is_admitted, roles_of
from app.journal.causality import covers
from app.journal.facts import VALID_ONLY, Fact, fact_key, newest_of
from app.journal.operation import Operation, pack
from app.journal.records import Record
from app.journal.state import State
from db.fields import Entity, Field, Merge

NEVER = 1 << 62
ALL_STRUCK = "every entry struck out"  # flag on the entry that counts all the same; about: the field


def value_of(op: Operation, field: str) -> Any:
    """Value an operation wrote to a field."""
    return op.content["set"][field]


def head_operations(state: State, record: Record, field: str) -> list[Operation]:
    """Head operations of a field, in hash order."""
    ops = [state.store.get(digest) for digest in sorted(record.heads.get(field, ()))]
    return [op for op in ops if op is not None]


def shown(state: State, record: Record, field: Field, heads: list[Operation]) -> Operation:
    """The head that is shown: highest (HLC, site), unless the field's merge rule says otherwise."""
    if field.merge is Merge.FIXED:
        return min(heads, key=lambda op: (op.hlc, op.site))
    if field.merge is Merge.STATUS:
        return max(heads, key=lambda op: (_caution(field, value_of(op, field.name)), op.hlc, op.site))
    if field.merge is Merge.OWNED:
        owner = present_owner(state, record, field)
        return max(heads, key=lambda op: (acting_agency(state, op) == owner, op.hlc, op.site))
    return max(heads, key=lambda op: (op.hlc, op.site))


def _caution(field: Field, value: Any) -> int:
    """More cautious is higher; a value this version does not know counts as most cautious."""
    return (
        len(field.caution) - field.caution.index(value) if value in field.caution else len(field.caution) + 1
    )


def present_owner(state: State, record: Record, field: Field) -> str | None:
    """Owner of an owned field by all that is known here."""
    if field.owner == "birth":
        return record.born_agency
    moved = state.facts.newest(
        fact_key("owner", record.entity, record.entity_id, field.name), None, VALID_ONLY
    )
    if moved:
        return str(min(moved, key=lambda f: f.hash).body["to"])
    return state.policy.owners[field.owner or ""].first


def version_of(state: State, record: Record, field: str) -> bytes | None:
    """What an approval binds: hashes and values of the heads; None while there is nothing to approve (conflict, no value)."""
    if state.policy.entities[record.entity].fields[field].merge is Merge.TEXT:
        return state.texts.version_of(record.entity, record.entity_id, field)
    heads = head_operations(state, record, field)
    if not heads or disagree(heads, field):
        return None
    return hashlib.blake2b(pack([[op.hash, value_of(op, field)] for op in heads]), digest_size=16).digest()


def disagree(heads: list[Operation], field: str) -> bool:
    """True if heads hold different values; who wrote the same beside each other does not disagree (D-19)."""
    return len({pack(value_of(op, field)) for op in heads}) > 1


def column_values(field: Field, value: Any) -> dict[str, Any]:
    """Columns of a field's value."""
    names = list(field.columns)
    return dict(zip(names, value if len(names) > 1 else [value], strict=True))


def refresh_fields(
    state: State, entity: Entity, record: Record, fields: list[str], op: Operation | None
) -> dict[str, Any]:
    """Columns of these registers as now shown; `op` is the write just projected (saves reading it again)."""
    out: dict[str, Any] = {}
    for name in fields:
        field, heads = entity.fields[name], record.heads.get(name, [])
        if op is not None and heads == [op.hash]:
            out.update(column_values(field, value_of(op, name)))
            _set_conflict(state, record, field, [], None)
        elif heads:
            ops = head_operations(state, record, name)
            top = shown(state, record, field, ops)
            out.update(column_values(field, value_of(top, name)))
            _set_conflict(state, record, field, ops if disagree(ops, name) else [], top)
        else:
            out.update(dict.fromkeys(field.columns))
            _set_conflict(state, record, field, [], None)
    return out


def _set_conflict(
    state: State, record: Record, field: Field, ops: list[Operation], top: Operation | None
) -> None:
    mark = "conflict:" + field.name
    if mark in record.marks:
        state.connection.execute(
            "DELETE FROM conflict WHERE entity = ? AND entity_id = ? AND field = ?",
            (record.entity, record.entity_id, field.name),
        )
        record.marks.discard(mark)
    for op in ops:
        record.marks.add(mark)
        state.connection.execute(
            "INSERT INTO conflict (entity, entity_id, field, hash, value, agency, actor, site, written_at, shown)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.entity,
                record.entity_id,
                field.name,
                op.hash,
                pack(value_of(op, field.name)),
                acting_agency(state, op),
                op.actor,
                op.site,
                op.at_ms,
                int(op is top),
            ),
        )


def refresh_extreme(state: State, record: Record, field: Field) -> dict[str, Any]:
    """Column of a maximum or minimum over the entries not struck out.

    Acts that had not seen each other may strike out all of them. A maximum is empty then (no grade was ever right). Of a
    minimum the lowest counts on (the clock that started first), and its entry is flagged: a person enters what is right.
    """
    function = "max" if field.merge is Merge.MAX else "min"
    where = "entity = ? AND entity_id = ? AND field = ?"
    about = (record.entity, record.entity_id, field.name)
    value = state.connection.execute(
        f"SELECT {function}(value) FROM entry WHERE {where} AND struck = 0",  # nosec B608
        about,
    ).fetchone()[0]
    mark = "struck:" + field.name
    if mark in record.marks:
        state.connection.execute(
            f"DELETE FROM flag WHERE kind = ? AND about = ? AND hash IN (SELECT hash FROM entry WHERE {where})",  # nosec B608
            (ALL_STRUCK, field.name, *about),
        )
        record.marks.discard(mark)
    if value is None and field.merge is Merge.MIN:
        kept = state.connection.execute(
            f"SELECT value, hash FROM entry WHERE {where} ORDER BY value, hash LIMIT 1",  # nosec B608
            about,
        ).fetchone()
        if kept is not None:
            value = kept[0]
            record.marks.add(mark)
            state.connection.execute(
                "INSERT OR IGNORE INTO flag (kind, hash, about) VALUES (?, ?, ?)",
                (ALL_STRUCK, kept[1], field.name),
            )
    return column_values(field, value)


def write_row(state: State, entity: Entity, record: Record, columns: dict[str, Any], at_ms: int) -> None:
    """Upsert the row of a record: changed columns and the bookkeeping every shared table has."""
    conflicts = sum(1 for mark in record.marks if mark.startswith("conflict:"))
    values = {
        **columns,
        "born_agency": record.born_agency,
        "conflicts": conflicts,
        "retracted": int("retracted" in record.marks),
    }
    state.pending.row(
        upsert(entity.table.name, tuple(values)),
        entity.name,
        record.entity_id,
        (record.entity_id, *values.values(), at_ms),
    )


@lru_cache(maxsize=1024)
def upsert(table: str, columns: tuple[str, ...]) -> str:
    """Statement that makes or changes a row of a shared table; its values: id, these columns, updated_at."""
    names = ["id", *columns, "updated_at"]
    update = ", ".join(f"{name} = excluded.{name}" for name in columns)
    return (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # nosec B608
        f" ON CONFLICT (id) DO UPDATE SET {update}, updated_at = max(updated_at, excluded.updated_at)"
    )


def account_columns(state: State, account: str) -> dict[str, Any]:
    """Derived columns of an account's row, from the facts known here of the agency that gave it rights first."""
    known = [f for f in state.facts.all(fact_key("account", account)) if f.standing in VALID_ONLY]
    hosts = {str(f.body["agency"]) for f in state.facts.all(fact_key("admitted", account))}
    admitted = {agency for agency in hosts if is_admitted(state.facts, account, agency, None)}
    columns: dict[str, Any] = {
        "agency": None,
        "roles": "",
        "state": "unknown",
        "admitted": ",".join(sorted(admitted)),
    }
    agency = _first_agency(state, known)
    if agency is None:
        return columns
    newest = newest_of(counting([f for f in known if f.body["agency"] == agency]))
    roles = roles_of(newest)
    columns |= {"agency": agency, "state": "revoked" if roles is None else "active"}
    if roles is not None:
        columns |= {
            "roles": ",".join(sorted(roles)),
            "valid_from": max((f.body.get("valid_from", 0) for f in newest), default=0),
            "valid_to": min((f.body.get("valid_to", NEVER) for f in newest), default=NEVER),
        }
    return columns


def _first_agency(state: State, known: list[Fact]) -> str | None:
    """Agency of the earliest right an account was given; taking rights away makes nobody its agency."""
    given = [f for f in known if f.verb != verbs.REVOKE]
    if len({f.body["agency"] for f in given}) > 1:
        given = [f for f in given if not any(covers(f.past, g.dot) for g in given if g is not f)]
        given.sort(key=lambda f: (op.hlc if (op := state.store.get(f.hash)) else 0, f.hash))
    return str(given[0].body["agency"]) if given else None


def site_columns(state: State, site: str) -> dict[str, Any]:
    """Derived columns of a site's row, from the certificates known here."""
    enrolment = state.enrolment_of(site)
    closed = state.closings(site, None)
    agency = str(enrolment.body["agency"]) if enrolment else None
    cuts = [f for f in state.facts.all(fact_key("cut", site)) if f.body["agency"] == agency]
    standing = "revoked" if cuts else "closed" if closed else "enrolled" if enrolment else "unknown"
    deciding = cuts or closed or ([enrolment] if enrolment else [])
    since = min((_at(state, f.hash) for f in deciding), default=None)
    chain = state.chains.get(site)
    if chain is not None and chain.fork_seq:
        standing = "forked"
        since = min(
            (_at(state, each) for each in state.store.hashes_at(site, chain.fork_seq - 1)), default=None
        )
    turns = [f.hash for f in state.facts.all(fact_key("keys", site)) if f.standing in VALID_ONLY]
    begun = [_at(state, enrolment.hash)] if enrolment else []
    return {
        "agency": agency,
        "letter": str(enrolment.body["letter"]) if enrolment else None,
        "state": standing,
        "last_seq": min(f.body["last_seq"] for f in cuts) if cuts else None,
        "heir": state.heirs(None).get(site),
        "enrolled_at": begun[0] if begun else None,
        "state_at": since,
        "key_at": max((*begun, *(_at(state, each) for each in turns)), default=None),
    }


def _at(state: State, digest: bytes) -> int:
    """Recorded time of a stored operation, UTC ms."""
    op = state.store.get(digest)
    return op.at_ms if op is not None else 0


def agency_columns(state: State, agency: str) -> dict[str, Any]:
    """Derived columns of an agency's row: who met it, and the key this agency (else the first in order) took note of."""
    met = [f for f in state.facts.all(fact_key("agency", agency)) if f.standing in VALID_ONLY]
    own = sorted(met, key=lambda f: (f.body["by"] != state.own_agency, f.hash))
    return {
        "recovery_key": own[0].body["key"].hex() if own else None,
        "admitted_by": ",".join(sorted({str(f.body["by"]) for f in met})),
    }
