"""Acts that were not accepted and wait for somebody to enter them anew, or to put them aside (REPLICATION, Fork)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from app.queries.reading import Connection, columns_of, read
from db.tables import ENTITIES
from db.tables.accounts import ACCOUNT
from db.tables.journal import OP, QUARANTINE
from db.tables.reentries import REENTRY

# What people enter by hand. What machines write (link states, alarms, refusals) comes again by itself or has had its time.
OFFERED = (
    "register_incident",
    "change_incident",
    "set_incident_status",
    "void_incident",
    "make_reportable",
    "raise_alarm_grade",
    "set_casualties",
    "file_oral_report",
    "file_report",
    "write_log_entry",
    "amend_log_entry",
    "add_station",
    "edit_station",
    "add_vehicle",
    "set_vehicle_state",
    "add_shelter",
    "edit_shelter",
    "set_shelter_state",
    "add_point",
    "edit_point",
    "change_rule_number",
)
_LOGICAL_BITS = 16  # of a stamp, below its milliseconds
_WRITE = "write"
MAX_OFFERS = 500


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One act that was not accepted: `act` is the hash (hex) of its transaction's last operation, `values` what it wrote on
    its first record, by column; `recorded_at` UTC ms by its author's console; `outcome`: entered, set_aside or None.
    """

    act: str
    site: str
    seq: int
    recorded_at: int
    account_id: str | None
    title: str | None
    agency: str | None
    command: str
    entity: str
    entity_id: str
    new: bool
    values: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    n: int
    hash: bytes
    site: str
    seq: int
    tx: int
    tx_last: int
    hlc: int
    actor: str | None
    command: str | None
    entity: str | None
    entity_id: str | None
    body: bytes | None


@dataclass(frozen=True, slots=True)
class _Judged(_Held):
    reason: str
    title: str | None
    agency: str | None


_JOINED = OP.join(QUARANTINE, QUARANTINE.c.hash == OP.c.hash).outerjoin(
    ACCOUNT.table, ACCOUNT.table.c.id == OP.c.actor
)
_HELD = (
    select(
        *(OP.c[name] for name in columns_of(_Held)),
        QUARANTINE.c.reason,
        ACCOUNT.table.c.title,
        ACCOUNT.table.c.agency,
    )
    .select_from(_JOINED)
    .order_by(OP.c.n)
)
_OF_AGENCY = _HELD.where(ACCOUNT.table.c.agency == bindparam("of"))
_OUTCOMES = select(REENTRY.table.c.act, REENTRY.table.c.outcome)
_OF_ACT = _OUTCOMES.where(REENTRY.table.c.act == bindparam("act"))


@dataclass(frozen=True, slots=True)
class _Outcome:
    act: str | None
    outcome: str | None


def offers(connection: Connection, agency: str, limit: int = MAX_OFFERS) -> list[OfferRow]:
    """Acts of this agency's people that nobody has entered anew or put aside yet, the oldest first: in this order they are
    entered again."""
    done = {row.act for row in read(connection, _Outcome, _OUTCOMES)}
    found = (_offer(group, None) for group in _transactions(read(connection, _Judged, _OF_AGENCY, of=agency)))
    open_ones = [row for row in found if row is not None and row.act not in done]
    return sorted(open_ones, key=lambda row: (row.recorded_at, row.site, row.seq, row.act))[:limit]


def offer(connection: Connection, act: str) -> OfferRow | None:
    """One of them by the hash of its last operation, whoever made it and whatever became of it."""
    try:
        digest = bytes.fromhex(act)
    except ValueError:
        return None
    place = connection.execute(
        "SELECT site, tx FROM op WHERE hash = ?",
        (digest,),
    ).fetchone()
    if place is None:
        return None
    mine = _HELD.where(OP.c.site == bindparam("of"), OP.c.tx == bindparam("begun"))
    rows = read(connection, _Judged, mine, of=place[0], begun=place[1])
    outcome = next((row.outcome for row in read(connection, _Outcome, _OF_ACT, act=act)), None)
    for group in _transactions(rows):
        if group[-1].hash == digest:
            return _offer(group, outcome)
    return None


def _transactions(rows: Sequence[_Judged]) -> list[list[_Judged]]:
    """Operations of one transaction stand together in the order of projection."""
    out: list[list[_Judged]] = []
    whole = True
    for row in rows:
        if whole or (out[-1][-1].site, out[-1][-1].tx) != (row.site, row.tx):
            out.append([])
        out[-1].append(row)
        whole = bool(row.tx_last)
    return out


def _offer(group: Sequence[_Judged], outcome: str | None) -> OfferRow | None:
    """The act as it can be said and entered anew; None where its body is not held or is no plain write."""
    first, last = group[0], group[-1]
    bodies = [
        _content(row.body) for row in group if (row.entity, row.entity_id) == (first.entity, first.entity_id)
    ]
    writes = [body for body in bodies if body.get("v") == _WRITE]
    if not writes or first.entity not in ENTITIES or first.command not in OFFERED:
        return None
    values: dict[str, Any] = {}
    for body in writes:
        values |= _columns(str(first.entity), body)
    return OfferRow(
        act=last.hash.hex(),
        site=first.site,
        seq=first.seq,
        recorded_at=first.hlc >> _LOGICAL_BITS,
        account_id=first.actor,
        title=first.title,
        agency=first.agency,
        command=str(first.command),
        entity=str(first.entity),
        entity_id=str(first.entity_id),
        new=any(body.get("new") is True for body in writes),
        values=values,
        reason=first.reason,
        outcome=outcome,
    )


def _content(body: bytes | None) -> Mapping[str, Any]:
    try:
        found = msgspec.msgpack.decode(body) if body is not None else None
    except (ValueError, msgspec.DecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _columns(entity: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Registers and entries of a body by column; what does not fit its field is left out (it may be why it stands here)."""
    out: dict[str, Any] = {}
    fields = ENTITIES[entity].fields
    given, entries = body.get("set"), body.get("entry")
    for name, value in {
        **(given if isinstance(given, dict) else {}),
        **(entries if isinstance(entries, dict) else {}),
    }.items():
        columns = list(fields[name].columns) if name in fields else []
        if len(columns) == 1:
            out[columns[0]] = value
        elif isinstance(value, list) and len(value) == len(columns):
            out |= dict(zip(columns, value, strict=True))
    return out
