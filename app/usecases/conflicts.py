"""Conflicts are resolved by one recorded act with value and reason; never by the last writer (XC-03, D-19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.domain.required import require_text
from app.journal.validity import fits
from app.kernel.errors import ErrorCode, Refusal
from app.queries import incidents
from app.usecases.commands import Command, Outcome, handles, outcome, writes
from app.usecases.context import Context
from db.tables import ENTITIES


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolveConflict(Command):
    """Decide a conflict: keep one of the values (`keep`: its hash) or set another (`value`), with a reason (D-19)."""

    entity: str
    entity_id: str
    field: str
    reason: str
    keep: str | None = None
    value: str | int | float | list[str | int | float | None] | None = None


@handles(
    ResolveConflict,
    *(writes(name) for name in ENTITIES if name not in ("account", "site", "agency", "refusal")),
)
def resolve_conflict(command: ResolveConflict, context: Context) -> Outcome:
    """Write the decided value over all heads that stand against each other."""
    require_text(command.reason, "refusal.record.reason_required", field="reason", clause="D-19")
    standing = [
        row
        for row in incidents.conflicts_of(context.connection, command.entity, command.entity_id)
        if row.field == command.field
    ]
    if not standing:
        raise Refusal(ErrorCode.STATE, "refusal.record.conflict_resolved", field="field", clause="D-19")
    value: Any = command.value
    if command.keep is not None:
        kept = [row for row in standing if row.hash.hex() == command.keep]
        if not kept:
            raise Refusal(ErrorCode.STATE, "refusal.record.conflict_resolved", field="keep", clause="D-19")
        value = kept[0].value
    if value is None or not fits(ENTITIES[command.entity].fields[command.field], value):
        raise Refusal(ErrorCode.RANGE, "refusal.record.value", field="value", clause="D-19")
    acts = context.change(
        command.entity, command.entity_id, {command.field: value}, why=command.reason.strip()
    )
    return outcome(*acts, entity_id=command.entity_id)
