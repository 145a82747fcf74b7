"""Entering anew what was not accepted: the ordinary command, filled from the old act, under the name of who is on duty now.

Acts of a forked or cut workstation stay in the record and have no effect (REPLICATION, Fork). Nothing of them comes back by
itself: a person looks at each, enters it anew or puts it aside, once, and the record says who did (docs/decisions/0035).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import msgspec

from app.domain.figures import FIGURES
from app.domain.required import require_text
from app.journal.operation import Act
from app.kernel.clock import iso
from app.kernel.errors import ErrorCode, Refusal
from app.queries import reentries
from app.queries.reentries import OFFERED, OfferRow
from app.usecases.commands import TABLE, Command, Outcome, creates, handles
from app.usecases.context import Context, missing

# Where an argument is called otherwise than the column it fills.
_FROM = {
    "set_incident_status": {"to": "status", "reason": "status_reason"},
    "void_incident": {"reason": "status_reason"},
    "raise_alarm_grade": {"to": "alarm_grade"},
    "set_shelter_state": {"to": "state"},
    "amend_log_entry": {"entry_id": "amends_id"},
}
_CONFIRMED = ("late_confirmed", "outside_confirmed", "overload_confirmed", "confirmed")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReenterAct(Command):
    """Enter an act that was not accepted anew, by the command it was made with, under one's own name.

    `act` is its hash as `show reentries` gives it; `arguments` replace single arguments of that command.
    """

    act: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class SetAsideAct(Command):
    """An act that was not accepted is not entered anew, and why: it is no longer offered."""

    act: str
    reason: str


def arguments_of(row: OfferRow) -> dict[str, Any]:
    """Arguments (as JSON) of the command that does again what an old act did; what it says nothing of is left out."""
    entry = TABLE[row.command]
    names = [each.name for each in fields(entry.command)]
    renamed = _FROM.get(row.command, {})
    out: dict[str, Any] = {name: True for name in names if name in _CONFIRMED}
    if "figures_confirmed" in names:
        out["figures_confirmed"] = list(FIGURES)
    for name in names:
        column = renamed.get(name, name)
        if column in row.values and name not in _CONFIRMED:
            out[name] = _plain(column, row.values[column])
    own_id = "key" if row.entity == "rule_number" else f"{row.entity}_id"
    if own_id in names and not row.new:
        out[own_id] = row.entity_id
    if row.command == "set_casualties":
        out |= _verification(row.values)
    return {name: value for name, value in out.items() if value is not None}


def _verification(values: Mapping[str, Any]) -> dict[str, Any]:
    """Verify state, source and time of the figures, which one act states alike (IS-14)."""
    out: dict[str, Any] = {}
    for name, ending in (("verify_state", "_state"), ("source", "_source"), ("stated_at", "_stated_at")):
        said = [value for column, value in values.items() if column.endswith(ending) and value is not None]
        if said:
            out[name] = _plain("stated_at" if ending == "_stated_at" else name, said[0])
    return out


def _plain(column: str, value: Any) -> Any:
    is_moment = (column == "at" or column.endswith("_at")) and isinstance(value, int)
    return iso(value) if is_moment and 0 <= value < 1 << 43 else value


def _open_offer(context: Context, act: str) -> OfferRow:
    row = reentries.offer(context.connection, act)
    if row is None or row.command not in OFFERED:
        raise missing("quarantine", "act")
    if row.outcome is not None:
        raise Refusal(ErrorCode.STATE, "refusal.reentry.done", field="act", clause="REPLICATION")
    if row.agency != context.agency.value:
        raise Refusal(
            ErrorCode.OWNER,
            "refusal.owner.row",
            field="act",
            who=(str(row.agency),),
            clause="CM-04",
            owner=row.agency,
        )
    return row


def _noted(context: Context, act: str, outcome: str, **more: str | None) -> Sequence[Act]:
    values = {
        "act": act,
        "agency": context.agency.value,
        "account_id": context.author.id,
        "at": context.now_ms,
        "outcome": outcome,
        **more,
    }
    return context.create("reentry", context.new_id(), values)


@handles(ReenterAct, creates("reentry"))
def reenter_act(command: ReenterAct, context: Context) -> Outcome:
    """The ordinary command decides, with its own rules and its own right; its writes name the act they stand for."""
    row = _open_offer(context, command.act)
    if not context.may(row.command):
        who = context.who(row.command)
        text = "refusal.permission.denied" if who else "refusal.permission.nobody"
        raise Refusal(ErrorCode.PERM, text, who=who, clause="XC-06", act=row.command)
    entry = TABLE[row.command]
    known = {each.name for each in fields(entry.command)}
    strange = sorted(command.arguments.keys() - known)
    if strange:
        raise Refusal(ErrorCode.FORMAT, "refusal.command.strange", field=strange[0], problem=strange[0])
    given = {**arguments_of(row), **command.arguments}
    try:
        again = msgspec.convert(given, entry.command, strict=True)
    except msgspec.ValidationError as wrong:
        raise Refusal(
            ErrorCode.REQUIRED, "refusal.reentry.incomplete", field="arguments", clause="REPLICATION"
        ) from wrong
    why = context.texts.get(
        "log.reentry_why", title=row.title or "", at=iso(row.recorded_at), act=row.act[:12]
    )
    inner = replace(context, command=row.command, acts=context.acts.explaining(why))
    made = entry.handler(again, inner)
    about = made.transactions[0][0].entity_id if made.transactions else None
    noted = _noted(context, row.act, "entered", command=row.command, made=about)
    return Outcome((*made.transactions, noted), {**made.result, "act": row.act})


@handles(SetAsideAct, creates("reentry"))
def set_aside_act(command: SetAsideAct, context: Context) -> Outcome:
    """Looked at and not needed, say because it was entered again long ago; the reason is kept."""
    require_text(command.reason, "refusal.reentry.reason", field="reason", clause="REPLICATION")
    row = _open_offer(context, command.act)
    noted = _noted(context, row.act, "set_aside", command=row.command, reason=command.reason)
    return Outcome((noted,), {"act": row.act})
