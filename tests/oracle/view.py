"""What people see: shown values, conflicts, extremes, approvals, retractions, flags; all from the valid operations at once."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from app.journal import verbs
from app.journal.operation import Operation, pack
from db.fields import Entity, Field, Merge
from tests.oracle import contents
from tests.oracle.causal import body_of, covers, verb_of
from tests.oracle.reading import Reading

Register = tuple[str, str, str]


class Painter:
    """Paints the shared state of a reading as plain dicts."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.causal = reading, reading.causal
        self._texts = reading.documents.shown()
        self._record_ids: list[tuple[str, str]] | None = None

    def state(self) -> dict[str, dict[Any, Any]]:
        """All parts of the shared state."""
        return {
            "registers": self.registers(),
            "conflicts": self.conflicts(),
            "extremes": self.extremes(),
            "sets": self.sets(),
            "births": {key: agency for key in self._records() if (agency := self.born(*key)) is not None},
            "retracted": {key: self.retracted(*key) for key in self._records()},
            "approvals": self.approvals(),
            "stock": self.stock(),
            "texts": self._texts,
            "owners": self.owners(),
            "accounts": self.accounts(),
            "sites": self.site_rows(),
            "quarantine": {h: v.reason for h, v in self.reading.verdicts.items() if v.reason is not None},
            "flags": dict.fromkeys(self.flags()),
        }

    # -- records -----------------------------------------------------------------------------------------------------
    def _on_records(self) -> list[Operation]:
        return self.reading.valid_with(verbs.WRITE, verbs.STRIKE, verbs.RETRACT, verbs.APPROVE, verbs.TEXT)

    def _of(self, record: tuple[str, str], *kinds: str) -> list[Operation]:
        return [op for op in self.reading.valid_on(*record) if body_of(op)["v"] in kinds]

    def _records(self) -> list[tuple[str, str]]:
        if self._record_ids is None:
            self._record_ids = sorted({(op.entity or "", op.entity_id or "") for op in self._on_records()})
        return self._record_ids

    def _fields(self) -> list[tuple[Register, Entity, Field]]:
        out = []
        for name, entity_id in self._records():
            entity = self.reading.policy.entities[name]
            out += [((name, entity_id, f.name), entity, f) for f in entity.fields.values()]
        return out

    def sets(self) -> dict[str, tuple[str, ...]]:
        """Ids of the records of every entity that exist at all."""
        out: dict[str, tuple[str, ...]] = {}
        for name, entity_id in self._records():
            out[name] = (*out.get(name, ()), entity_id)
        return out

    def born(self, entity: str, entity_id: str) -> str | None:
        """Agency of the record's maker."""
        found = contents.births(self.reading, entity, entity_id)
        return self._agency(min(found, key=lambda op: op.hash)) if found else None

    def _agency(self, op: Operation) -> str:
        return self.reading.verdicts[op.hash].agency

    # -- registers ---------------------------------------------------------------------------------------------------
    def heads(self, register: Register) -> list[Operation]:
        """Valid writes that no valid write names; naming passes through quarantined writes."""
        written = contents.writes(self.reading, *register)
        gone = set[bytes]().union(*(self._replaced(op, register[2]) for op in written))
        return sorted((op for op in written if op.hash not in gone), key=lambda op: op.hash)

    def _replaced(self, op: Operation, field: str) -> set[bytes]:
        gone: set[bytes] = set()
        todo = list(body_of(op).get("over", {}).get(field, ()))
        while todo:
            digest = todo.pop()
            named = self.causal.ops.get(digest)
            if digest in gone:
                continue
            gone.add(digest)
            if named is None or named.withheld or self.reading.verdicts[digest].reason is None:
                continue
            if (named.entity, named.entity_id) == (op.entity, op.entity_id) and verb_of(named) == verbs.WRITE:
                further = body_of(named).get("over", {}).get(field, ())
                todo += [head for head in further if self.causal.is_ancestor(head, op)]
        return gone

    def shown(self, register: Register, field: Field, heads: list[Operation]) -> Operation:
        """The head that is shown first."""
        if field.merge is Merge.FIXED:
            return min(heads, key=lambda op: (op.hlc, op.site))
        first: dict[bytes, int] = dict.fromkeys((op.hash for op in heads), 0)
        if field.merge is Merge.STATUS:
            order = [*reversed(field.caution)]
            for op in heads:
                value = body_of(op)["set"][field.name]
                first[op.hash] = order.index(value) if value in order else len(order)
        if field.merge is Merge.OWNED:
            owner = self._owner(register, field)
            first = {op.hash: int(self._agency(op) == owner) for op in heads}
        return max(heads, key=lambda op: (first[op.hash], op.hlc, op.site))

    def _owner(self, register: Register, field: Field) -> str | None:
        if field.owner == "birth":
            return self.born(register[0], register[1])
        return contents.owner(self.reading, register[0], register[1], field, None)

    def registers(self) -> dict[Register, tuple[Any, tuple[bytes, ...]]]:
        """Shown value and heads of every register that was written."""
        out = {}
        for register, _, field in self._fields():
            heads = self.heads(register)
            if heads:
                top = self.shown(register, field, heads)
                out[register] = (body_of(top)["set"][field.name], tuple(op.hash for op in heads))
        return out

    def conflicts(self) -> dict[Register, dict[bytes, tuple[Any, ...]]]:
        """Values that stand against each other: value, agency, actor, whether it is shown."""
        out = {}
        for register, _, field in self._fields():
            heads = self.heads(register)
            if _different(heads, field.name):
                top = self.shown(register, field, heads)
                out[register] = {
                    op.hash: (body_of(op)["set"][field.name], self._agency(op), op.actor, op is top)
                    for op in heads
                }
        return out

    def extremes(self) -> dict[Register, tuple[Any, dict[bytes, tuple[int, bool]]]]:
        """Extreme over the entries not struck out, and all entries."""
        out = {}
        for register, _, field in self._fields():
            if field.merge not in (Merge.MAX, Merge.MIN):
                continue
            about = self._of(register[:2], verbs.WRITE, verbs.STRIKE)
            struck = {
                digest
                for op in about
                if body_of(op)["v"] == verbs.STRIKE and body_of(op)["field"] == field.name
                for digest in body_of(op)["ops"]
            }
            entries = {
                op.hash: (body_of(op)["entry"][field.name], op.hash in struck)
                for op in about
                if field.name in body_of(op).get("entry", {})
            }
            if entries:
                standing = [value for value, gone in entries.values() if not gone]
                best = max if field.merge is Merge.MAX else min
                if field.merge is Merge.MIN:  # something hangs on it: the lowest counts on
                    standing = standing or [value for value, _ in entries.values()]
                out[register] = (best(standing, default=None), entries)
        return out

    # -- retractions and approvals -----------------------------------------------------------------------------------
    def _edits(self, entity: str, entity_id: str) -> list[Operation]:
        home = contents.scope_of(
            self.reading.policy.entities[entity].scope, self.born(entity, entity_id) or ""
        )
        return [
            op
            for op in self._of((entity, entity_id), verbs.WRITE, verbs.TEXT)
            if (body_of(op)["v"] == verbs.TEXT or body_of(op)["set"]) and op.scope == home
        ]

    def _retractions(self, entity: str, entity_id: str) -> list[Operation]:
        return self._of((entity, entity_id), verbs.RETRACT)

    def retracted(self, entity: str, entity_id: str) -> bool:
        """True if some retraction had seen all edits in the record's own scope."""
        edits = self._edits(entity, entity_id)
        return any(
            all(covers(self.causal.past[retraction.hash], edit) for edit in edits)
            for retraction in self._retractions(entity, entity_id)
        )

    def approvals(self) -> dict[bytes, bool]:
        """Approval -> True while it stands, False when stale."""
        out = {}
        for op in self.reading.valid_with(verbs.APPROVE):
            name = body_of(op)["field"]
            register = (op.entity or "", op.entity_id or "", name)
            heads = self.heads(register)
            version = self._texts[register][1] if register in self._texts else None
            if heads and not _different(heads, name):
                bound = [[head.hash, body_of(head)["set"][name]] for head in heads]
                version = blake2b(pack(bound), digest_size=16).digest()
            out[op.hash] = body_of(op)["version"] == version
        return out

    # -- stock, owners, accounts, sites --------------------------------------------------------------------------------
    def stock(self) -> dict[tuple[str, str], int]:
        """What every site holds of every item, heirs included."""
        moved = self.reading.valid_with(verbs.SHARE, verbs.TAKE, verbs.MOVE)
        items = {op.entity_id or "" for op in moved}
        return {
            (item, site): contents.share(self.reading, item, site, None)
            for item in items
            for site in self.reading.sites
        }

    def owners(self) -> dict[Register, str]:
        """Fields whose ownership has moved."""
        out = {}
        for op in self.reading.valid_with(verbs.OWN):
            register = (op.entity or "", op.entity_id or "", body_of(op)["field"])
            field = self.reading.policy.entities[register[0]].fields[register[2]]
            out[register] = contents.owner(self.reading, register[0], register[1], field, None)
        return out

    def accounts(self) -> dict[str, tuple[Any, ...]]:
        """Agency, roles and state of every account that somebody gave or took rights."""
        known_of = self.reading.valid_with(verbs.GRANT, verbs.REVOKE, verbs.APPOINT)
        names = {op.entity_id or "" for op in known_of}
        out = {}
        for name in names:
            known = self.reading.about_account(name, None)
            given = [op for op in known if body_of(op)["v"] != verbs.REVOKE]
            first = [
                op
                for op in given
                if not any(covers(self.causal.past[op.hash], o) for o in given if o is not op)
            ]
            if not first:
                continue
            agency = body_of(min(first, key=lambda op: (op.hlc, op.hash)))["agency"]
            own = [op for op in known if body_of(op)["agency"] == agency]
            roles = self.reading.roles(own)
            out[name] = (agency, ",".join(sorted(roles or ())), "revoked" if roles is None else "active")
        return out

    def site_rows(self) -> dict[str, tuple[Any, ...]]:
        """Agency, state and last sequence number of every enrolled site."""
        out = {}
        for site, agency in self.reading.sites.items():
            cuts = [
                body_of(op)["last_seq"]
                for op in self.reading.valid_with(verbs.CUT)
                if op.entity_id == site and body_of(op)["agency"] == agency
            ]
            state = "revoked" if cuts else "closed" if self.reading.closings(site, None) else "enrolled"
            state = "forked" if site in self.causal.forks else state
            out[site] = (agency, state, min(cuts, default=None))
        return out

    # -- flags -------------------------------------------------------------------------------------------------------
    def flags(self) -> set[tuple[str, bytes, str]]:
        """Acts that stand and that people should look at."""
        out = self._all_struck()
        acts = [op for op in self.reading.valid if body_of(op)["v"] not in verbs.CERTIFIED]
        for op in acts:
            verdict = self.reading.verdicts[op.hash]
            if verdict.on_cut:
                out.add(("rests on a cut right", op.hash, ""))
            if any(self.causal.concurrent(c, op) for c in self.reading.closings(op.site, None)):
                out.add(("from a closed site", op.hash, ""))
            for other in self.reading.valid_with(verbs.REVOKE, verbs.DISMISS):
                if other is op or other.entity_id != op.actor:
                    continue
                if self._takes(other, op, verdict.agency) and self.causal.concurrent(other, op):
                    out.add(("acted while being revoked", op.hash, ""))
            if self._beyond_share(op):
                out.add(("beyond the share", op.hash, op.entity_id or ""))
        for key in self._records():
            for retraction in self._retractions(*key):
                for edit in self._edits(*key):
                    if self.causal.concurrent(retraction, edit):
                        out.add(("edit outlasts retraction", edit.hash, retraction.hash.hex()))
        return out

    def _takes(self, other: Operation, op: Operation, agency: str) -> bool:
        """True if one act takes what another rests on: its agency's rights, or a stranger's admission."""
        if body_of(other)["v"] == verbs.DISMISS:
            return body_of(other)["agency"] == self.reading.sites[op.site] != agency
        return body_of(other)["v"] == verbs.REVOKE and body_of(other)["agency"] == agency

    def _all_struck(self) -> set[tuple[str, bytes, str]]:
        """Entries that count although they were struck out, since nothing else is left."""
        out = set()
        for (_, _, name), (shown, entries) in self.extremes().items():
            if shown is not None and all(gone for _, gone in entries.values()):
                kept = min(digest for digest, (value, _) in entries.items() if value == shown)
                out.add(("every entry struck out", kept, name))
        return out

    def _beyond_share(self, op: Operation) -> bool:
        body = body_of(op)
        if body["v"] not in (verbs.TAKE, verbs.MOVE) or body.get("to") == op.site:
            return False
        past = self.causal.past[op.hash]
        return contents.share(self.reading, op.entity_id or "", op.site, past) < body["n"]


def _different(heads: list[Operation], field: str) -> bool:
    """True if heads say different things."""
    return any(pack(body_of(op)["set"][field]) != pack(body_of(heads[0])["set"][field]) for op in heads)
