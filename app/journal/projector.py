"""The one projector: the only writer of shared tables, for local acts, the peer's transactions and `rebuild` alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.journal import control, retractions, rows, verbs
from app.journal.causality import Dot, Past, pack_past
from app.journal.derivation import Derivation, Deriver
from app.journal.facts import Standing
from app.journal.operation import Operation, Transaction
from app.journal.quick import Plan
from app.journal.records import Record
from app.journal.state import State
from app.journal.store import Chain
from app.journal.validity import Judge, Judgement
from app.kernel.changes import Change
from app.kernel.enums import ChangeKind, Origin
from db.fields import Entity

__all__ = ["CANNOT_PROJECT", "Deriver", "Projector"]

CANNOT_PROJECT = (
    "cannot be projected"  # a bug of this version met it; the next version projects anew and may do better
)


@dataclass
class _Held:
    """An operation whose body is held, with its past, its place and the verdict on it."""

    op: Operation
    past: Past
    dot: Dot
    judgement: Judgement = field(default_factory=lambda: Judgement("malformed"))


def _reason_against(judgements: list[Judgement]) -> str | None:
    """The first reason against what must stand or fall together; a denial only where nothing else is wrong."""
    first = next((j.reason for j in judgements if j.reason), None)
    return first or ("granted while being revoked" if any(j.denied for j in judgements) else None)


class Projector:
    """Projects transactions in any causal order; `reproject` is set when the whole journal must be projected anew.

    `spoiled`: last hashes of transactions that this version failed to project before; they are quarantined unread.
    """

    def __init__(
        self, state: State, derivers: Mapping[str, Deriver], spoiled: Collection[bytes] = frozenset()
    ) -> None:
        self._s, self._spoiled = state, spoiled
        self._derivation = Derivation(state, derivers)
        self._judge = Judge(state)
        self.reproject = False
        self._bears = False  # the transaction at hand brings a certificate that nothing else here brings
        self._touched: dict[tuple[str, str], ChangeKind] = {}

    # -- one transaction -------------------------------------------------------------------------------------------------
    def project(self, tx: Transaction) -> str | None:
        """Project a stored transaction whose parents are projected; returns the reason if it was quarantined."""
        first, chain = tx[0], self._s.chains[tx[0].site]
        past = self._s.causality.first_past(first, chain.no)
        pasts = [past if op is first else {**past, chain.no: op.seq - 1} for op in tx]
        self._s.causality.remember(first, past, chain.no)
        self._bears = False
        reason = self._refuse(tx) if tx[-1].hash in self._spoiled else self._settle_all(tx, pasts, chain)
        extends = chain.hash == first.prev
        counts = self._s.counts(chain.site, first.seq) or self._bears
        self._s.causality.advance(first, tx[-1], past, chain.no, extends, counts)
        if extends:
            chain.seq, chain.hash = tx[-1].seq, tx[-1].hash
            self._s.moved(chain)
        return reason

    def certifies(self, op: Operation) -> bool:
        """True if a certificate, such as the enrolment that a chain begins with, was made by an agency we have met or our own."""
        return self._judge.judge_fully(op, {}, (0, op.seq), (), older=False).reason is None

    def brings_certificate(self, tx: Transaction) -> bool:
        """True if a certificate that stands, and that nothing here carries yet, is part of it."""
        return any(
            not op.withheld
            and op.content.get("v") in verbs.CERTIFIED
            and self.certifies(op)
            and control.is_news(self._s, op)
            for op in tx
        )

    def _refuse(self, tx: Transaction) -> str:
        """Quarantine a transaction as a whole without looking into it."""
        for op in tx:
            if not op.withheld:
                self._quarantine(op, CANNOT_PROJECT)
        return CANNOT_PROJECT

    def _settle_all(self, tx: Transaction, pasts: list[Past], chain: Chain) -> str | None:
        """Judge a transaction and fold or quarantine its operations; returns the reason against it as a whole."""
        if len(tx) == 1 and not tx[0].withheld:
            dot = (chain.no, tx[0].seq)
            judgement = self._judge.judge(tx[0], pasts[0], dot, ())
            if judgement.plan is not None:
                self._fold_record(tx[0], pasts[0], dot, judgement.plan.agency, judgement.plan)
                return None
            return self._settle([_Held(tx[0], pasts[0], dot, judgement)], tx)
        held = [
            _Held(op, past, (chain.no, op.seq)) for op, past in zip(tx, pasts, strict=True) if not op.withheld
        ]
        for index, each in enumerate(held):
            earlier = [other.op for other in held[:index]]
            each.judgement = self._judge.judge(each.op, each.past, each.dot, earlier)
        return self._settle(held, tx)

    def _settle(self, held: list[_Held], tx: Transaction) -> str | None:
        """Fold or quarantine operations that were judged."""
        mixed = "mixed scopes" if len({op.scope for op in tx}) > 1 else None
        rights = [each.judgement for each in held if each.judgement.verb in verbs.RIGHTS]
        of_rights = mixed or _reason_against(rights)
        whole = mixed or _reason_against([each.judgement for each in held])
        for each in held:
            if each.judgement.certified and each.judgement.reason is None:
                self._bears = self._bears or control.is_news(self._s, each.op)
                self._fold(each, Standing.VALID)
            elif each.judgement.verb in verbs.RIGHTS:
                self._settle_right(each, of_rights, mixed is None, rights)
            elif whole is None:
                self._fold(each, Standing.VALID)
            else:
                self._quarantine(each.op, each.judgement.reason or whole)
                if each.judgement.verb == verbs.TEXT:
                    self._s.texts.fold(each.op, each.past, each.dot, counts=False)
        return whole

    def _settle_right(
        self, held: _Held, reason: str | None, one_scope: bool, rights: list[Judgement]
    ) -> None:
        """The rights of a transaction stand or fall together, whatever else it holds."""
        undenied = one_scope and all(j.undenied for j in rights)
        if reason is None:
            self._fold(held, Standing.VALID if undenied else Standing.SPARED)
            return
        self._quarantine(held.op, held.judgement.reason or reason)
        if undenied:
            control.fold(self, held.op, held.past, held.dot, held.judgement.agency or "", Standing.DENIED)
        elif (
            one_scope
            and held.judgement.verb in (verbs.GRANT, verbs.ADMIT)
            and all(j.good_but_cut for j in rights)
        ):
            control.fold(self, held.op, held.past, held.dot, held.judgement.agency or "", Standing.CUT)

    def _quarantine(self, op: Operation, reason: str) -> None:
        """An invalid operation stays in the chain and projects to nothing but a row that people see."""
        self._s.connection.execute(
            "INSERT OR IGNORE INTO quarantine (hash, reason) VALUES (?, ?)", (op.hash, reason)
        )
        self._touched.setdefault(("quarantine", op.hash.hex()), ChangeKind.NEW)

    def _fold(self, held: _Held, standing: Standing) -> None:
        """Fold a valid operation into the shared tables."""
        op, past, dot, judgement = held.op, held.past, held.dot, held.judgement
        agency = judgement.agency or ""
        if judgement.plan is not None:
            self._fold_record(op, past, dot, agency, judgement.plan)
            return
        if judgement.rests_on_cut:
            self.flag("rests on a cut right", op.hash, "")
        if not judgement.certified:
            control.flag_concurrent(self, op, past, dot, agency)
        if judgement.verb in verbs.CONTROL:
            control.fold(self, op, past, dot, agency, standing)
        elif judgement.verb in (verbs.SHARE, verbs.TAKE, verbs.MOVE):
            self._fold_stock(op, past, dot)
        else:
            self._fold_record(op, past, dot, agency)

    # -- records -----------------------------------------------------------------------------------------------------------
    def _fold_record(
        self, op: Operation, past: Past, dot: Dot, agency: str, plan: Plan | None = None
    ) -> None:
        content, entity = op.content, self._s.policy.entities.get(op.entity or "")
        if entity is None or op.entity_id is None:
            return
        if plan is not None:
            self._fold_new(op, op.entity_id, plan)
            return
        record = self._s.record(entity.name, op.entity_id)
        fresh = not record.births and not record.heads
        verb, columns = content["v"], dict[str, Any]()
        if verb == verbs.WRITE:
            columns = self._write(entity, record, op, past, content, agency)
        elif verb == verbs.STRIKE:
            columns = self._strike(entity, record, content)
        elif verb == verbs.RETRACT:
            self._retract(record, op, past, dot, content)
        elif verb == verbs.APPROVE:
            self._approve(record, op, content)
        elif verb == verbs.TEXT:
            self._s.texts.fold(op, past, dot)
        if "retraction" in record.marks:
            self._weigh_retractions(entity, record, op)
        self._s.records.keep(record)
        self._derivation.before_write(entity, op.entity_id)
        rows.write_row(self._s, entity, record, columns, op.at_ms)
        self.touch(entity.name, op.entity_id, ChangeKind.NEW if fresh else ChangeKind.CHANGED)

    def _fold_new(self, op: Operation, entity_id: str, plan: Plan) -> None:
        """A record that nobody has written to: its heads are this operation, its row is what this operation says."""
        name, written = plan.entity.name, op.content["set"]
        record = self._s.record(name, entity_id)
        record.heads = {field: [op.hash] for field in written}
        record.births.append((op.hash, plan.agency))
        self._s.records.keep(record)
        self._s.pending.row(plan.sql, name, entity_id, plan.values(op, written))
        self.touch(name, entity_id, ChangeKind.NEW)

    def _write(
        self,
        entity: Entity,
        record: Record,
        op: Operation,
        past: Past,
        content: Mapping[str, Any],
        agency: str,
    ) -> dict[str, Any]:
        over = content.get("over", {})
        for name in content["set"]:
            gone = self._replaced(op, past, name, over.get(name, ()))
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

    def _replaced(self, op: Operation, past: Past, field: str, named: list[bytes]) -> set[bytes]:
        """Heads that a write names; through a quarantined write also the heads that one named, of those this write had seen."""
        gone: set[bytes] = set()
        todo = list(named)
        while todo:
            digest = todo.pop()
            if digest in gone:
                continue
            gone.add(digest)
            named_op = self._s.store.get(digest) if self._s.store.is_quarantined(digest) else None
            if named_op is None or (named_op.entity, named_op.entity_id) != (op.entity, op.entity_id):
                continue
            over = named_op.content.get("over")
            heads = over.get(field) if isinstance(over, dict) else None
            for head in heads if isinstance(heads, list) else ():
                if isinstance(head, bytes) and self._s.in_past(head, op, past):
                    todo.append(head)
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
        """A later edit makes approvals stale; changed back is not approved again, for the heads differ (FINDINGS 16)."""
        for name in fields:
            self._s.connection.execute(
                "UPDATE approval SET stale = (version IS NOT ?) WHERE entity = ? AND entity_id = ? AND field = ?",
                (rows.version_of(self._s, record, name), record.entity, record.entity_id, name),
            )

    def _fold_stock(self, op: Operation, past: Past, dot: Dot) -> None:
        content, item = op.content, op.entity_id or ""
        if content["v"] == verbs.SHARE:
            for holder, n in content["shares"].items():
                self._s.stock.change(op.hash, item, holder, dot, n)
        elif content.get("to") != op.site:  # moved to where it is: nothing moves
            if self._s.stock.share(item, op.site, past, self._s.heirs(past)) < content["n"]:
                self.flag("beyond the share", op.hash, item)
            self._s.stock.change(op.hash, item, op.site, dot, -content["n"])
            if content["v"] == verbs.MOVE:
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
        """End of the database transaction: write what waits, compute derived columns, report what was touched."""
        self._s.flush()
        self._s.texts.flush()
        touched: dict[str, set[str]] = {}
        for entity, entity_id in self._touched:
            touched.setdefault(entity, set()).add(entity_id)
        for entity, entity_id in self._derivation.run(
            {name: frozenset(ids) for name, ids in touched.items()}
        ):
            self.touch(entity, entity_id, ChangeKind.CHANGED)
        changes = tuple(
            Change(entity, entity_id, kind, origin) for (entity, entity_id), kind in self._touched.items()
        )
        self._touched.clear()
        self._s.forget_records()
        return changes
