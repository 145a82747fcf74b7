"""Deletions: a signed retraction with reason.

A concurrent edit in the record's own scope outlasts it and is flagged (FINDINGS 15).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.journal import verbs
from app.journal.causality import Dot, covers, unpack_past
from app.journal.operation import Operation
from app.journal.records import Record
from app.journal.scopes import resolve
from db.fields import Entity

if TYPE_CHECKING:
    from app.journal.projector import Projector


def weigh(projector: Projector, entity: Entity, record: Record, folding: Operation) -> bool:
    """True if some valid retraction of the record has seen all its valid edits in the record's own scope."""
    state = projector.state
    edits = _edits(projector, entity, record, folding)
    retractions = state.connection.execute(
        "SELECT hash, chain_no, seq, past FROM retraction WHERE entity = ? AND entity_id = ?",
        (record.entity, record.entity_id),
    ).fetchall()
    final = False
    for digest, no, seq, packed in retractions:
        past = unpack_past(packed)
        unseen = [edit for edit, dot in edits if not covers(past, dot)]
        final = final or not unseen
        for edit in unseen:
            if not covers(state.causality.past_of(edit), (no, seq)):
                projector.flag("edit outlasts retraction", edit, digest.hex())
    return final


def _edits(
    projector: Projector, entity: Entity, record: Record, folding: Operation
) -> list[tuple[bytes, Dot]]:
    """Valid edits projected so far, the one being folded included."""
    state = projector.state
    home = resolve(entity.scope, record.born_agency or "")
    return [
        (op.hash, (state.chains[op.site].no, op.seq))
        for op in state.store.valid_of_record(record.entity, record.entity_id)
        if op.scope == home
        and (state.is_projected(op) or (op.site == folding.site and op.seq <= folding.seq))
        and (op.content["v"] == verbs.TEXT or (op.content["v"] == verbs.WRITE and op.content["set"]))
    ]
