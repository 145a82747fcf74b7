"""Long shared texts once more, unit by unit: a list of characters, the rule for concurrent ones, no engine and no state kept.

It shares with the program the reading of an update and the name of a workstation in a document; what is sound, in which order
updates are joined and where a character comes to stand is written from the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from app.journal import verbs
from app.journal.operation import Operation, pack
from app.journal.text_codec import Update, decode
from app.journal.texts import client_id
from db.fields import Merge
from tests.oracle.causal import Past, body_of, covers, verb_of

if TYPE_CHECKING:
    from tests.oracle.reading import Reading

Place = tuple[str, str, str]
Id = tuple[int, int]


@dataclass
class Unit:
    """One UTF-16 unit: its id, its neighbours when it was typed, its two bytes (empty: only the place is left)."""

    id: Id
    left: Id | None
    right: Id | None
    data: bytes
    gone: bool = False


@dataclass
class Documents:
    """Sound updates, valid or not, in the order of reading."""

    reading: Reading
    sound: dict[Place, list[Operation]] = field(default_factory=dict)
    units: dict[bytes, list[Unit]] = field(default_factory=dict)

    # -- what may be written -----------------------------------------------------------------------------------------
    def against(self, op: Operation) -> str | None:
        """Reason against an update, in its own past."""
        body, place = body_of(op), _place(op)
        try:
            update = decode(body["update"])
        except ValueError:
            return "malformed"
        if body["epoch"] != 0 or (op.schema_v or 0) < 3:
            return "malformed"
        own, past = client_id(op.site, place), self.reading.causal.past[op.hash]
        if any(client != own for client in update.runs):
            return "another's text"
        if not update.runs and not update.deleted:
            return "malformed"
        known = {unit.id: unit for unit in self._seen(place, past)}
        mine = units_of(update, own)
        before = [clock for client, clock in known if client == own]
        if mine and mine[0].id[1] != max(before, default=-1) + 1:
            return "malformed"
        forked = {client_id(site, place) for site in self.reading.causal.forks} - {own}
        for unit in mine:
            if not all(
                each is None or each in known or each[0] in forked for each in (unit.left, unit.right)
            ):
                return "names a head outside its past"
            known[unit.id] = unit
        for client, ranges in update.deleted.items():
            named = ((client, clock) for first, length in ranges for clock in range(first, first + length))
            if client not in forked and not all(each in known for each in named):
                return "names a head outside its past"
        everything = {u.id: u for op_ in self.sound.get(place, ()) for u in self.units[op_.hash]} | known
        return "malformed" if any(_is_half(everything.get(cut)) for cut in _cuts(update)) else None

    def _seen(self, place: Place, past: Past) -> list[Unit]:
        inside = [op for op in self.sound.get(place, ()) if covers(past, op)]
        return [unit for op in inside for unit in self.units[op.hash]]

    def note(self, op: Operation) -> None:
        """Keep an update that is sound, whatever else stands against it."""
        entity = self.reading.policy.entities.get(op.entity or "")
        known = entity.fields.get(body_of(op)["field"]) if entity else None
        fork = self.reading.causal.forks.get(op.site)
        if known is None or known.merge is not Merge.TEXT or (fork and op.seq >= fork):
            return
        from tests.oracle.contents import opened

        past = self.reading.causal.past[op.hash]
        free = op.scope == "joint" and opened(self.reading, *_place(op), past)
        if (op.scope != known.scope and not free) or self.against(op) is not None:
            return
        if op not in self.sound.setdefault(_place(op), []):
            self.sound[_place(op)].append(op)
            self.units[op.hash] = units_of(decode(body_of(op)["update"]), client_id(op.site, _place(op)))

    # -- what is shown -----------------------------------------------------------------------------------------------
    def shown(self) -> dict[Place, tuple[str, bytes]]:
        """Text and version of every document that somebody validly wrote to."""
        return {place: shown for place in self.sound if (shown := self.show(place)) is not None}

    def show(self, place: Place) -> tuple[str, bytes] | None:
        """Text and version of one document."""
        causal, verdicts = self.reading.causal, self.reading.verdicts
        ops = sorted(self.sound.get(place, ()), key=lambda op: (causal.seen(op), op.hash))
        line: list[Unit] = []
        for op in ops:
            counts, update = verdicts[op.hash].reason is None, decode(body_of(op)["update"])
            seen = {unit.id for unit in self._seen(place, causal.past[op.hash])}
            for unit in self.units[op.hash]:
                left, right = _neighbours(line, unit, seen)
                _insert(line, Unit(unit.id, left, right, unit.data if counts else b""))
                seen.add(unit.id)
            gone = {
                (client, clock)
                for client, ranges in (update.deleted.items() if counts else ())
                for first, length in ranges
                for clock in range(first, first + length)
            }
            for unit in line:
                unit.gone = unit.gone or unit.id in gone
        counting = [op.hash for op in ops if verdicts[op.hash].reason is None]
        if not counting:
            return None
        text = b"".join(unit.data for unit in line if not unit.gone).decode("utf-16-le")
        return text, blake2b(pack([counting, text]), digest_size=16).digest()


def units_of(update: Update, client: int) -> list[Unit]:
    """The units an update types."""
    out: list[Unit] = []
    for run in update.runs.get(client, ()):
        data = run.text.encode("utf-16-le") if run.text is not None else b""
        for n in range(run.length):
            left = run.left if n == 0 else (client, run.clock + n - 1)
            out.append(Unit((client, run.clock + n), left, run.right, data[2 * n : 2 * n + 2]))
    return out


def _place(op: Operation) -> Place:
    return op.entity or "", op.entity_id or "", body_of(op)["field"]


def _cuts(update: Update) -> list[Id]:
    """First unit behind every place where an update goes between two."""
    out: list[Id] = []
    for runs in update.runs.values():
        for run in runs:
            out += [(run.left[0], run.left[1] + 1)] if run.left else []
            out += [run.right] if run.right else []
    for client, ranges in update.deleted.items():
        out += [(client, clock) for first, length in ranges for clock in (first, first + length)]
    return out


def _is_half(unit: Unit | None) -> bool:
    """True for the second half of a character."""
    return unit is not None and len(unit.data) == 2 and 0xDC <= unit.data[1] <= 0xDF


def _neighbours(line: list[Unit], unit: Unit, seen: set[Id]) -> tuple[Id | None, Id | None]:
    """Between the left neighbour and what followed it in the author's past; without it, before the right one, or last."""
    ids = [each.id for each in line]
    if unit.left is None or unit.left in ids:
        at = 0 if unit.left is None else ids.index(unit.left) + 1
        return unit.left, next((each for each in ids[at:] if each in seen), None)
    right = unit.right if unit.right in ids else None
    end = ids.index(right) if right is not None else len(ids)
    return next((each for each in reversed(ids[:end]) if each in seen), None), right


def _insert(line: list[Unit], unit: Unit) -> None:
    """Between its neighbours; of what others typed there meanwhile, those of lower clients stand before it."""
    index: dict[Id, int] = {each.id: n for n, each in enumerate(line)}

    def left_of(each: Unit) -> int:
        return index[each.left] if each.left is not None else -1

    def right_of(each: Unit) -> int:
        return index[each.right] if each.right is not None else len(line)

    left, right = left_of(unit), right_of(unit)
    at = left + 1
    passed: set[int] = set()  # places looked at; those that stand before the unit leave it
    waiting: set[int] = set()
    n = left + 1
    while n < len(line) and n != right:
        other = line[n]
        passed.add(n)
        waiting.add(n)
        if left_of(other) == left:
            if other.id[0] < unit.id[0]:
                at = n + 1
                waiting.clear()
            elif right_of(other) == right:
                break
        elif other.left is not None and index[other.left] in passed:
            if index[other.left] not in waiting:
                at = n + 1
                waiting.clear()
        else:
            break
        n += 1
    line.insert(at, unit)


def versions(reading: Any) -> dict[Place, bytes]:
    """Versions of all documents, as approvals bind them."""
    return {place: version for place, (_, version) in reading.documents.shown().items()}


def is_update(op: Operation) -> bool:
    """True for a well-formed update of a long text."""
    return verb_of(op) == verbs.TEXT
