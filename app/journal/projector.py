"""The one projector: the only writer of shared tables, for local acts, the peer's transactions and `rebuild` alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.journal import control, retractions, rows, verbs
from app.journal.causality import Dot, Past, pack_past
from app.journal.facts import Standing
from app.journal.operation import Operation, Transaction
from app.journal.records import Record
from app.journal.state import State
from app.journal.store import Chain, save_chain
from app.journal.validity import Judge, Judgement
from app.kernel.changes import Change
from app.kernel.enums import ChangeKind, Origin
from db.fields import Entity

Deriver = Callable[[State, frozenset[str]], Mapping[str, frozenset[str]]]
"""Computes derived columns of records of one entity after a transaction; returns further records it touched."""


class Projector:
    """Projects transactions in any causal order; `reproject` is set when the whole journal must be projected anew."""

    def __init__(self, state: State, derivers: Mapping[str, Deriver]) -> None:
        self._s, self._derivers = state, derivers
        self._judge = Judge(state)
        self.reproject = False
        self._touched: dict[tuple[str, str], ChangeKind] = {}

    # -- one transaction -------------------------------------------------------------------------------------------------
    def project(self, tx: Transaction) -> str | None:
        """Project a stored transaction whose parents are projected; returns the reason if it was quarantined."""
        first, chain = tx[0], self._s.chains[tx[0].site]
        past = self._s.causality.first_past(first, chain.no)
        pasts = [past if op is first else {**past, chain.no: op.seq - 1} for op in tx]
        self._s.causality.remember(first, past, chain.no)
        reason = self._settle_all(tx, pasts, chain)
        extends = chain.hash == first.prev
        self._s.causality.advance(first, tx[-1], past, chain.no, extends)
        if extends:
            chain.seq, chain.hash = tx[-1].seq, tx[-1].hash
            save_chain(self._s.connection, chain)
        return reason

    def _settle_all(self, tx: Transaction, pasts: list[Past], chain: Chain) -> str | None:
        held = [(op, past, (chain.no, op.seq)) for op, past in zip(tx, pasts, strict=True) if not op.withheld]
        judgements = [self._judge.judge(op, past, dot) for op, past, dot in held]
        whole = "mixed scopes" if len({op.scope for op in tx}) > 1 else None
        only_denied = whole is None and all(
            j.reason is None or j.standing is Standing.DENIED for j in judgements
        )
        whole = whole or next((j.reason for j in judgements if j.reason), None)
        for (op, past, dot), judgement in zip(held, judgements, strict=True):
            if whole is None or (judgement.certified and judgement.reason is None):
                self._fold(op, past, dot, judgement)
            else:
                self._quarantine(op, past, dot, judgement, only_denied, judgement.reason or whole)
        return whole

    def _quarantine(
        self, op: Operation, past: Past, dot: Dot, judgement: Judgement, only_denied: bool, reason: str
    ) -> None:
        """An invalid operation stays in the chain and projects to nothing but a row that people see."""
        self._s.connection.execute(
            "INSERT OR IGNORE INTO quarantine (hash, reason) VALUES (?, ?)", (op.hash, reason)
        )
        self._touched.setdefault(("quarantine", op.hash.hex()), ChangeKind.NEW)
        if judgement.verb in verbs.CONTROL and only_denied:
            control.fold(self, op, past, dot, judgement.agency or "", Standing.DENIED)
        elif judgement.verb == verbs.GRANT and judgement.standing is Standing.CUT:
            control.fold(self, op, past, dot, judgement.agency or "", Standing.CUT)

    def _fold(self, op: Operation, past: Past, dot: Dot, judgement: Judgement) -> None:
        """Fold a valid operation into the shared tables."""
        if judgement.rests_on_cut:
            self.flag("rests on a cut right", op.hash, "")
        if not judgement.certified:
            control.flag_concurrent(self, op, past, dot)
        if judgement.verb in verbs.CONTROL:
            control.fold(self, op, past, dot, judgement.agency or "", Standing.VALID)
        elif judgement.verb in (verbs.SHARE, verbs.TAKE, verbs.MOVE):
            self._fold_stock(op, dot)
        else:
            self._fold_record(op, past, dot, judgement.agency or "")

    # -- records -----------------------------------------------------------------------------------------------------------
    def _fold_record(self, op: Operation, past: Past, dot: Dot, agency: str) -> None:
        content, entity = op.content, self._s.policy.entities.get(op.entity or "")
        if entity is None or op.entity_id is None:
            return
        record = self._s.record(entity.name, op.entity_id)
        fresh = not record.births and not record.heads
        verb, columns = content["v"], dict[str, Any]()
        if verb == verbs.WRITE:
            columns = self._write(entity, record, op, content, agency)
        elif verb == verbs.STRIKE:
            columns = self._strike(entity, record, content)
        elif verb == verbs.RETRACT:
            self._retract(record, op, past, dot, content)
        elif verb == verbs.APPROVE:
            self._approve(record, op, content)
        if "retraction" in record.marks:
            self._weigh_retractions(entity, record, op)
        record.save(self._s.connection)
        rows.write_row(self._s, entity, record, columns, op.at_ms)
        self.touch(entity.name, op.entity_id, ChangeKind.NEW if fresh else ChangeKind.CHANGED)

    def _write(
        self, entity: Entity, record: Record, op: Operation, content: Mapping[str, Any], agency: str
    ) -> dict[str, Any]:
        over = content.get("over", {})
        for name in content["set"]:
            gone = self._replaced(op, name, over.get(name, ()))
            heads = record.heads.get(name, [])
            record.heads[name] = [head for head in heads if head not in gone] + [op.hash]
        if content.get("new"):
            record.births.append((op.hash, agency))
        columns = rows.refresh_fields(self._s, entity, record, list(content["set"]), op)
        for name, value in content.get("entry", {}).items():
            self._s.connection.execute(
                "INSERT INTO entry (entity, entity_id, field, hash, value, agency, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (entity.name, record.entity_id, name, op.hash, value, agency, op.at_ms),
            )
            columns.update(rows.refresh_extreme(self._s, record, entity.fields[name]))
        if "approved" in record.marks:
            self._weigh_approvals(record, list(content["set"]))
        return columns

    def _replaced(self, op: Operation, field: str, named: list[bytes]) -> set[bytes]:
        """Heads that a write names; through a quarantined write also the heads that one named."""
        gone: set[bytes] = set()
        todo = list(named)
        while todo:
            digest = todo.pop()
            if digest in gone:
                continue
            gone.add(digest)
            row = self._s.connection.execute("SELECT 1 FROM quarantine WHERE hash = ?", (digest,)).fetchone()
            named_op = self._s.store.get(digest) if row else None
            if (
                named_op is None
                or named_op.withheld
                or named_op.entity != op.entity
                or named_op.entity_id != op.entity_id
            ):
                continue
            content = named_op.content if isinstance(named_op.content.get("over"), dict) else {}
            heads = content.get("over", {}).get(field, ())
            todo += [head for head in heads if isinstance(head, bytes)] if isinstance(heads, list) else []
        return gone

    def _strike(self, entity: Entity, record: Record, content: Mapping[str, Any]) -> dict[str, Any]:
        self._s.connection.executemany(
            "UPDATE entry SET struck = 1 WHERE entity = ? AND entity_id = ? AND field = ? AND hash = ?",
            [(entity.name, record.entity_id, content["field"], digest) for digest in content["ops"]],
        )
        return rows.refresh_extreme(self._s, record, entity.fields[content["field"]])

    def _retract(
        self, record: Record, op: Operation, past: Past, dot: Dot, content: Mapping[str, Any]
    ) -> None:
        record.marks.add("retraction")
        self._s.connection.execute(
            "INSERT INTO retraction (hash, entity, entity_id, chain_no, seq, past, why) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (op.hash, record.entity, record.entity_id, *dot, pack_past(past), content["why"]),
        )

    def _weigh_retractions(self, entity: Entity, record: Record, op: Operation) -> None:
        """A record is retracted when some retraction has seen all its valid edits in its own scope; `op` is being folded."""
        if retractions.weigh(self, entity, record, op):
            record.marks.add("retracted")
            self.touch(record.entity, record.entity_id, ChangeKind.RETRACTED)
        else:
            record.marks.discard("retracted")

    def _approve(self, record: Record, op: Operation, content: Mapping[str, Any]) -> None:
        record.marks.add("approved")
        good = content["version"] == rows.version_of(self._s, record, content["field"])
        self._s.connection.execute(
            "INSERT INTO approval (hash, entity, entity_id, field, version, actor, stale) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                op.hash,
                record.entity,
                record.entity_id,
                content["field"],
                content["version"],
                op.actor,
                int(not good),
            ),
        )

    def _weigh_approvals(self, record: Record, fields: list[str]) -> None:
        """A later edit makes approvals of a field stale; changed back is not approved again, for the heads differ (FINDINGS 16)."""
        for field in fields:
            self._s.connection.execute(
                "UPDATE approval SET stale = (version IS NOT ?) WHERE entity = ? AND entity_id = ? AND field = ?",
                (rows.version_of(self._s, record, field), record.entity, record.entity_id, field),
            )

    def _fold_stock(self, op: Operation, dot: Dot) -> None:
        content, item = op.content, op.entity_id or ""
        if content["v"] == verbs.SHARE:
            for holder, n in content["shares"].items():
                self._s.stock.change(op.hash, item, holder, dot, n)
        else:
            self._s.stock.change(op.hash, item, op.site, dot, -content["n"])
        if content["v"] == verbs.MOVE and content["to"] != op.site:
            self._s.stock.change(op.hash, item, content["to"], dot, content["n"])
        self.touch(op.entity or "", item, ChangeKind.CHANGED)

    # -- what happened -----------------------------------------------------------------------------------------------------
    def flag(self, kind: str, digest: bytes, about: str) -> None:
        """Put a lasting mark on an act that people should look at."""
        self._s.connection.execute(
            "INSERT OR IGNORE INTO flag (kind, hash, about) VALUES (?, ?, ?)", (kind, digest, about)
        )
        self._touched.setdefault(("flag", digest.hex()), ChangeKind.NEW)

    def touch(self, entity: str, entity_id: str, kind: ChangeKind) -> None:
        """Note a changed record for derivers and screens."""
        known = self._touched.get((entity, entity_id))
        if known is None or kind is ChangeKind.RETRACTED:
            self._touched[(entity, entity_id)] = kind

    @property
    def state(self) -> State:
        """The working state."""
        return self._s

    def finish(self, origin: Origin) -> tuple[Change, ...]:
        """End of the database transaction: compute derived columns, report what was touched."""
        todo: dict[str, set[str]] = {}
        for entity, entity_id in self._touched:
            todo.setdefault(entity, set()).add(entity_id)
        for entity, deriver in self._derivers.items():
            if entity in todo:
                for other, ids in deriver(self._s, frozenset(todo[entity])).items():
                    for entity_id in ids:
                        self.touch(other, entity_id, ChangeKind.CHANGED)
        changes = tuple(
            Change(entity, entity_id, kind, origin) for (entity, entity_id), kind in self._touched.items()
        )
        self._touched.clear()
        self._s.forget_records()
        return changes
