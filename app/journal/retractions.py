"""Deletions: a signed retraction with reason; a concurrent edit in the record's own scope outlasts it and is flagged (FINDINGS 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.journal import verbs
from app.journal.causality import Dot, covers, unpack_past
from app.journal.records import Record
from app.journal.scopes import resolve
from db.fields import Entity

if TYPE_CHECKING:
    from app.journal.projector import Projector


def weigh(projector: Projector, entity: Entity, record: Record) -> bool:
    """True if some valid retraction of the record has seen all its valid edits in the record's own scope."""
    state = projector.state
    edits = _edits(projector, entity, record)
    retractions = state.connection.execute(
        "SELECT hash, chain_no, seq, past FROM retraction WHERE entity = ? AND entity_id = ?",
        (record.entity, record.entity_id),
    ).fetchall()
    final = False
    for digest, no, seq, packed in retractions:
        past = unpack_past(packed)
        unseen = [(edit, dot) for edit, dot in edits if not covers(past, dot)]
        final = final or not unseen
        for edit, _ in unseen:
            if not covers(state.causality.past_of(edit), (no, seq)):
                projector.flag("edit outlasts retraction", edit, digest.hex())
    return final


def _edits(projector: Projector, entity: Entity, record: Record) -> list[tuple[bytes, Dot]]:
    state = projector.state
    quarantined = {row[0] for row in state.connection.execute("SELECT hash FROM quarantine")}
    out: list[tuple[bytes, Dot]] = []
    for op in state.store.of_record(record.entity, record.entity_id):
        if op.hash in quarantined or op.content.get("v") != verbs.WRITE or not op.content["set"]:
            continue
        if op.scope != resolve(entity.scope, record.born_agency or ""):
            continue
        chain = state.chains[op.site]
        if op.seq <= chain.seq or chain.fork_seq:
            out.append((op.hash, (chain.no, op.seq)))
    return out
