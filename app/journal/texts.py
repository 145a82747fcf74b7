"""Long shared text (minutes, situation text): what updates of several writers make together (REPLICATION, Merge).

An editor makes updates with its engine (pycrdt); who may write, and what an update may name, is judged here. A client of the
engine is one workstation in one document, so nobody writes in another's name. Updates are joined in one canonical causal
order, so that every site shows the same text whatever reached it first and whatever somebody's software made of its updates.

What a quarantined update typed keeps its place without its text, so that what others wrote behind it stays where it is; its
deletions do nothing. Of a forked chain not even the places are kept: what was written against them moves to their neighbour.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from app.journal import verbs
from app.journal.causality import Dot, Past
from app.journal.facts import fact_key
from app.journal.operation import Operation, pack, unpack
from app.journal.text_codec import Id, Run, Update, decode, encode
from app.journal.text_line import Line
from db.fields import JOINT, Field, Merge

if TYPE_CHECKING:
    from app.journal.state import State

SINCE_V = 3
FIRST_EPOCH = 0
MALFORMED, UNSEEN = "malformed", "names a head outside its past"
_CLIENT_BYTES = 4  # what the engine reads of it

Place = tuple[str, str, str]  # entity, entity id, field
Order = tuple[int, bytes]  # canonical causal order: how much an update had seen, then its hash


def client_id(site: str, place: Place, epoch: int = FIRST_EPOCH) -> int:
    """The engine's client of a workstation in one document and epoch."""
    data = b"".join(len(part.encode()).to_bytes(8) + part.encode() for part in (site, *place, str(epoch)))
    return int.from_bytes(hashlib.blake2b(data, digest_size=_CLIENT_BYTES, person=b"jdc-text").digest())


@lru_cache(maxsize=512)
def _decoded(update: bytes) -> Update | None:
    try:
        return decode(update)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Part:
    order: Order
    client: int
    counts: bool  # False: quarantined, nothing but places


@dataclass
class _Pending:
    """What was folded into a document since it was last joined."""

    parts: list[_Part] = field(default_factory=list)


class Texts:
    """The documents of one journal, joined at the end of a database transaction or when somebody asks."""

    def __init__(self, state: State) -> None:
        self._s, self._db = state, state.connection
        self._pending: dict[Place, _Pending] = {}
        self._chains_of: dict[tuple[Place, int], set[int]] = {}

    # -- judging -----------------------------------------------------------------------------------------------------
    def against(self, op: Operation, content: Mapping[str, Any], past: Past) -> str | None:
        """Reason against an update, or None: its form, its client and clock, and what it names, all in its own past."""
        place = _place(op, content)
        update = _decoded(content["update"])
        client = client_id(op.site, place, content["epoch"])
        if (op.schema_v or 0) < SINCE_V or content["epoch"] != FIRST_EPOCH or update is None:
            return MALFORMED
        doubled = any(
            no != self._s.chains[op.site].no and self._end(place, client, no, past)
            for no in self._writers(place, client)
        )
        if doubled or update.runs.keys() - {client}:
            return "another's text"
        if not (update.runs or update.deleted):
            return MALFORMED
        held = self._ends(place, {client, *_clients(update)}, past)
        runs = update.runs.get(client, ())
        if runs and runs[0].clock != held.get(client, 0):
            return MALFORMED
        loose = self._loose(place) - {client}  # what stands below its own fork is known to a chain
        if not all(self._named(ids, held, loose, client) for ids in _neighbours(runs)):
            return UNSEEN
        ends = held | ({client: runs[-1].clock + runs[-1].length} if runs else {})
        spans = [(c, first, n) for c, ranges in update.deleted.items() for first, n in ranges]
        if not all(c in loose or first + n <= ends.get(c, 0) for c, first, n in spans):
            return UNSEEN
        return MALFORMED if self._parts_a_character(place, update, client) else None

    def _ends(self, place: Place, clients: Iterable[int], past: Past) -> dict[int, int]:
        """Client -> units of text it had written in a past."""
        out: dict[int, int] = {}
        for client in clients:
            for no in self._writers(place, client):
                out[client] = max(out.get(client, 0), self._end(place, client, no, past))
        return out

    def _writers(self, place: Place, client: int) -> set[int]:
        """Chains that wrote as this client: one, but for ids that somebody made to collide."""
        known = self._chains_of.get((place, client))
        if known is None:
            rows = self._db.execute(
                "SELECT DISTINCT chain_no FROM text_part WHERE entity = ? AND entity_id = ? AND field = ? AND client = ?",
                (*place, client),
            )
            known = self._chains_of[place, client] = {row[0] for row in rows}
        return known

    def _end(self, place: Place, client: int, no: int, past: Past) -> int:
        row = self._db.execute(
            "SELECT start + length FROM text_part WHERE entity = ? AND entity_id = ? AND field = ? AND client = ?"
            " AND chain_no = ? AND seq <= ? ORDER BY seq DESC LIMIT 1",
            (*place, client, no, past.get(no, 0)),
        ).fetchone()
        return int(row[0]) if row else 0

    def _loose(self, place: Place) -> set[int]:
        """Clients of forked chains: what is named of them may not be here, and need not be."""
        return {client_id(site, place) for site, chain in self._s.chains.items() if chain.fork_seq}

    @staticmethod
    def _named(
        ids: tuple[int, Id | None, Id | None], held: Mapping[int, int], loose: set[int], own: int
    ) -> bool:
        before, *neighbours = ids
        return all(
            each is None or each[0] in loose or each[1] < (before if each[0] == own else held.get(each[0], 0))
            for each in neighbours
        )

    def _parts_a_character(self, place: Place, update: Update, client: int) -> bool:
        """True if an update would part a character of two units."""
        cuts = set(_cuts(update))
        rows = self._db.execute(
            "SELECT client, halves FROM text_part WHERE entity = ? AND entity_id = ? AND field = ? AND halves IS NOT NULL",
            place,
        )
        halves = {(each, clock) for each, packed in rows for clock in unpack(packed)}
        halves |= {(client, clock) for run in update.runs.get(client, ()) for clock in run.halves()}
        return not cuts.isdisjoint(halves)

    # -- folding -----------------------------------------------------------------------------------------------------
    def fold(self, op: Operation, past: Past, dot: Dot, counts: bool = True) -> None:
        """Note an update for joining; of a quarantined one (`counts` False) the places, where it is sound at all."""
        content = op.content
        fork = self._s.chains[op.site].fork_seq
        if (fork and op.seq >= fork) or (not counts and not self._is_sound(op, content, past)):
            return
        place, update = _place(op, content), _decoded(content["update"])
        assert update is not None
        client = client_id(op.site, place, content["epoch"])
        runs = update.runs.get(client, ())
        start = runs[0].clock if runs else self._ends(place, {client}, past).get(client, 0)
        length = sum(run.length for run in runs)
        halves = [clock for run in runs for clock in run.halves()]
        part = _Part((self._seen(past), op.hash), client, counts)
        self._db.execute(
            "INSERT OR IGNORE INTO text_part (hash, entity, entity_id, field, client, start, length, chain_no, seq, seen,"
            " counts, halves) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                op.hash,
                *place,
                client,
                start,
                length,
                *dot,
                part.order[0],
                counts,
                pack(halves) if halves else None,
            ),
        )
        self._writers(place, client).add(dot[0])
        self._pending.setdefault(place, _Pending()).parts.append(part)

    def _seen(self, past: Past) -> int:
        """How much an author had seen; of a forked chain what is below the fork, for behind it a number says nothing of the
        other branch, and who had seen more could be placed before what he had seen."""
        forked = ((chain.no, chain.fork_seq - 1) for chain in self._s.chains.values() if chain.fork_seq)
        return sum(past.values()) - sum(max(0, past.get(no, 0) - last) for no, last in forked)

    def _is_sound(self, op: Operation, content: Mapping[str, Any], past: Past) -> bool:
        """True if a quarantined update is a well-formed one of a text, in a scope whose readers all hold it."""
        entity = self._s.policy.entities.get(op.entity or "")
        if entity is None or not verbs.well_formed(entity.name, content):
            return False
        known = entity.fields.get(content["field"])
        if known is None or known.merge is not Merge.TEXT or not self._in_scope(op, known, past):
            return False
        return self.against(op, content, past) is None

    def _in_scope(self, op: Operation, known: Field, past: Past) -> bool:
        opened = fact_key("open", op.entity or "", op.entity_id or "", known.name)
        return op.scope == known.scope or (op.scope == JOINT and bool(self._s.facts.newest(opened, past)))

    # -- joining -----------------------------------------------------------------------------------------------------
    def flush(self) -> None:
        """Join what was folded since; the rows of these records show the text."""
        for place in list(self._pending):
            self._flush(place)

    def _flush(self, place: Place) -> None:
        pending = self._pending.pop(place, None)
        if pending is None:
            return
        self._s.flush()  # what is read and changed here may still wait to be written
        line = self._join(place, pending)
        parts = sorted(self._parts(place), key=lambda part: part.order)
        counting = [part.order[1] for part in parts if part.counts]
        text = line.text if counting else None
        version = _version(counting, text) if counting else None
        self._s.pending.flush()  # the record's row may wait
        self._db.execute(
            "INSERT OR REPLACE INTO text_state (entity, entity_id, field, seen, top, version, state)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*place, *parts[-1].order, version, line.state),
        )
        entity, entity_id, name = place
        table = self._s.policy.entities[entity].table.name
        self._db.execute(f"UPDATE {table} SET {name} = ? WHERE id = ?", (text, entity_id))  # nosec B608
        self._db.execute(
            "UPDATE approval SET stale = (version IS NOT ?) WHERE entity = ? AND entity_id = ? AND field = ?",
            (version, *place),
        )

    def _join(self, place: Place, pending: _Pending) -> Line:
        """The line with everything in its canonical order; from the beginning where something came in between."""
        known = self._db.execute(
            "SELECT seen, top, state FROM text_state WHERE entity = ? AND entity_id = ? AND field = ?", place
        ).fetchone()
        new = sorted(pending.parts, key=lambda part: part.order)
        if known is not None and new[0].order > (known[0], known[1]):
            line = Line(known[2])
        else:
            new, line = sorted(self._parts(place), key=lambda part: part.order), Line()
        ends = line.ends()
        for part in new:
            self._join_part(line, ends, place, part)
        return line

    def _join_part(self, line: Line, ends: dict[int, int], place: Place, part: _Part) -> None:
        """Of two who wrote under ids made to collide, without hearing of each other, the first one's text stands."""
        op = self._s.store.get(part.order[1])
        update = _decoded(op.content["update"]) if op is not None else None
        runs = update.runs.get(part.client, ()) if update is not None else ()
        if op is None or update is None or (runs and runs[0].clock != ends.get(part.client, 0)):
            return
        if runs:
            seen = self._ends(place, ends, self._s.causality.past_of(op.hash))
            line.join(part.client, runs, seen, part.counts)
            ends[part.client] = runs[-1].clock + runs[-1].length
        for client, ranges in update.deleted.items() if part.counts else ():
            for first, length in _clipped(ranges, ends.get(client, 0)):
                line.delete(client, first, length)

    def _parts(self, place: Place) -> list[_Part]:
        rows = self._db.execute(
            "SELECT seen, hash, client, counts FROM text_part WHERE entity = ? AND entity_id = ? AND field = ?",
            place,
        )
        return [_Part((seen, digest), client, bool(counts)) for seen, digest, client, counts in rows]

    # -- what is shown ---------------------------------------------------------------------------------------------------
    def version_of(self, entity: str, entity_id: str, name: str) -> bytes | None:
        """Version of the text as it is shown now; None while there is none."""
        place = (entity, entity_id, name)
        self._flush(place)
        row = self._db.execute(
            "SELECT version FROM text_state WHERE entity = ? AND entity_id = ? AND field = ?", place
        ).fetchone()
        return bytes(row[0]) if row and row[0] is not None else None

    def state_of(self, entity: str, entity_id: str, name: str) -> bytes | None:
        """The joined document as one update, for an editor to go on from; None while there is none."""
        place = (entity, entity_id, name)
        self._flush(place)
        row = self._db.execute(
            "SELECT state FROM text_state WHERE entity = ? AND entity_id = ? AND field = ?", place
        ).fetchone()
        return encode(Line(row[0]).update()) if row else None


def _place(op: Operation, content: Mapping[str, Any]) -> Place:
    return op.entity or "", op.entity_id or "", content["field"]


def _neighbours(runs: tuple[Run, ...]) -> Iterator[tuple[int, Id | None, Id | None]]:
    """(clock, left, right) of every run."""
    return ((run.clock, run.left, run.right) for run in runs)


def _cuts(update: Update) -> Iterator[Id]:
    """Places between two units that an update names: a cut stands before its clock."""
    for run in chain.from_iterable(update.runs.values()):
        if run.left is not None:
            yield run.left[0], run.left[1] + 1
        if run.right is not None:
            yield run.right
    for client, ranges in update.deleted.items():
        for first, length in ranges:
            yield client, first
            yield client, first + length


def _clients(update: Update) -> Iterator[int]:
    """Clients that an update names."""
    for run in chain.from_iterable(update.runs.values()):
        yield from (each[0] for each in (run.left, run.right) if each is not None)
    yield from update.deleted


def _clipped(ranges: Iterable[tuple[int, int]], end: int) -> Iterator[tuple[int, int]]:
    """Ranges as far as there is something."""
    return ((first, min(length, end - first)) for first, length in ranges if first < end)


def _version(counting: list[bytes], text: str | None) -> bytes:
    """What an approval binds: the shown text, and all updates that made it (changed back is not approved again)."""
    return hashlib.blake2b(pack([counting, text]), digest_size=16).digest()
