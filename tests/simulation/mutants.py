"""The rules of the journal, each broken on purpose: what every test of them must notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from app.journal import contents, control, floods, retractions, rows, texts
from app.journal.causality import Causality, Past, covers, join
from app.journal.contents import ContentJudge
from app.journal.derivation import Derivation
from app.journal.facts import Fact, Standing, fact_key
from app.journal.hlc import HybridClock
from app.journal.journal import Journal
from app.journal.operation import Operation, pack
from app.journal.projector import Projector
from app.journal.state import NO_CUT, State
from app.journal.stock import Stock
from app.journal.taking import Taking
from app.journal.text_line import Line
from app.journal.texts import Texts
from app.journal.validity import Judge
from db.fields import Merge

Patch = tuple[Any, str, Any]


def _first_past_unclosed(self: Causality, op: Operation, no: int) -> Past:
    past = self.with_self(op.prev) if op.prev else {}
    for parent in op.parents:
        place = self._store.place(parent)
        assert place is not None
        join(past, {self._chains[place[0]].no: place[1]})
    past.pop(no, None)
    if op.seq > 1:
        past[no] = op.seq - 1
    return past


def _with_self_or_nothing(self: Causality, digest: bytes) -> Past:
    place = self._store.place(digest)
    return {} if place is None else {**self.past_of(digest), self._chains[place[0]].no: place[1]}


def _version_of_text(state_: State, record: Any, field: str) -> bytes | None:
    heads = rows.head_operations(state_, record, field)
    return pack([rows.value_of(op, field) for op in heads]) if len(heads) == 1 else None


def _full(state_: State, chain: Any, op: Operation) -> bool:
    rivals = state_.store.rivals(op.site, op.seq)
    return floods.full_of_branches(state_, chain) and any(prev == op.prev for prev, _ in rivals)


def _settle_singly(original: Callable[..., Any]) -> Callable[..., Any]:
    def settle(self: Projector, tx: Any, pasts: Any, chain: Any) -> Any:
        reasons = [original(self, (op,), [past], chain) for op, past in zip(tx, pasts, strict=True)]
        return next((reason for reason in reasons if reason), None)

    return settle


def _edits_of_any_scope(original: Callable[..., Any]) -> Callable[..., Any]:
    def edits(projector_: Projector, entity: Any, record: Any, folding: Operation) -> Any:
        out = []
        for scope in ("joint", "contact", "internal:EMB", "internal:FRD"):
            out += original(projector_, replace(entity, scope=scope), record, folding)
        return out

    return edits


def _shown_by_clock(_state: State, _record: Any, _field: Any, heads: list[Operation]) -> Operation:
    return max(heads, key=lambda op: (op.hlc, op.site))


def _opened_at_once(self: Journal, op: Operation, name: str, _peer: Any) -> bool:
    key = fact_key("open", op.entity or "", op.entity_id or "", name)
    return bool(self.state.facts.all(key))


def _any_closing(self: State, site: str, past: Past | None) -> list[Fact]:
    found = self.facts.all(fact_key("closed", site))
    return [f for f in found if past is None or covers(past, f.dot)]


def _tick_upwards(self: HybridClock) -> int:
    self._last = max(self._clock.now_ms() << 16, self._last + 1)
    return self._last


def _saw_everything(self: HybridClock, hlc: int) -> None:
    self._last = max(self._last, hlc)


def _share_of_all_time(original: Callable[..., int]) -> Callable[..., int]:
    def share(self: Stock, item: str, holder: str, _past: Past | None, heirs: Any = None) -> int:
        return original(self, item, holder, None, heirs)

    return share


def _settle_right_strictly(
    self: Projector, held: Any, reason: str | None, one_scope: bool, rights: Any
) -> None:
    if reason is None:
        self._fold(held, Standing.VALID)
    else:
        self._quarantine(held.op, reason)


def _standing_extreme(state_: State, record: Any, field: Any) -> dict[str, Any]:
    function = "max" if field.merge is Merge.MAX else "min"
    value = state_.connection.execute(
        f"SELECT {function}(value) FROM entry WHERE entity_id = ? AND field = ? AND struck = 0",
        (record.entity_id, field.name),
    ).fetchone()[0]
    return rows.column_values(field, value)


def _fold_what_counts(original: Callable[..., None]) -> Callable[..., None]:
    def fold(self: Texts, op: Operation, past: Past, dot: Any, counts: bool = True) -> None:
        if counts:
            original(self, op, past, dot)

    return fold


MUTANTS: dict[str, list[Patch]] = {
    "seen need not be projected": [
        (Journal, "_check_parents", lambda self, first: None),
        (Causality, "with_self", _with_self_or_nothing),
    ],
    "past not closed": [(Causality, "first_past", _first_past_unclosed)],
    "scope not checked": [(ContentJudge, "_scope_fits", lambda *_: True)],
    "nothing denied": [(Judge, "_denied", lambda *_: False)],
    "nothing cut": [(State, "cut_of", lambda *_: NO_CUT)],
    "forks not noticed": [(Journal, "_notice_fork", lambda *_: None)],
    "owner not asked": [(ContentJudge, "_judge_field", lambda *_: None)],
    "approval by text": [(rows, "version_of", _version_of_text)],
    "late body dropped": [(Journal, "_fill_bodies", lambda *_: False)],
    "naming stops at quarantined writes": [
        (Projector, "_replaced", lambda self, op, past, field, named: set(named))
    ],
    "heads not in the past": [(State, "in_past", lambda self, digest, op, past: True)],
    "operations judged singly": [(Projector, "_settle_all", _settle_singly(Projector._settle_all))],
    "any edit outlasts a retraction": [(retractions, "_edits", _edits_of_any_scope(retractions._edits))],
    "shown by the clock": [(rows, "shown", _shown_by_clock)],
    "opened before it is acknowledged": [(Journal, "_opened", _opened_at_once)],
    "anybody closes a site": [(State, "closings", _any_closing)],
    "a far clock drags ours": [(HybridClock, "saw", _saw_everything), (HybridClock, "tick", _tick_upwards)],
    "share by what is known here": [(Stock, "share", _share_of_all_time(Stock.share))],
    "struck entries count": [(Projector, "_strike", lambda self, entity, record, content: {})],
    "a cut right is no right": [(Projector, "_settle_right", _settle_right_strictly)],
    "anybody bears any id": [(contents, "against_birth", lambda *_: None)],
    "claims are believed": [(contents, "against_claim", lambda *_: None)],
    "a moved report leaves its clock": [(Derivation, "before_write", lambda *_: None)],
    "entries all struck out give no clock": [(rows, "refresh_extreme", _standing_extreme)],
    "the same value is a conflict": [(rows, "disagree", lambda heads, _field: len(heads) > 1)],
    "updates of a text are believed": [(Texts, "against", lambda *_: None)],
    "neighbours in a text are believed": [
        (Line, "_neighbours", lambda self, run, known: (run.left, run.right))
    ],
    "what falls takes its places along": [(Texts, "fold", _fold_what_counts(Texts.fold))],
    "a text approved is approved for good": [(texts, "_version", lambda counting, text: text.encode())],
    "own acts name whatever came": [(State, "counts", lambda *_: True)],
    "what an act rests on is left out": [(Taking, "_is_enrolled", lambda *_: False)],
    "a fork is what was taken first": [(floods, "is_surplus", _full)],
    "no flags for what was done meanwhile": [(control, "_flag_acts_of", lambda *_: None)],
}


@contextmanager
def broken(name: str) -> Iterator[None]:
    """The journal with one rule broken."""
    with ExitStack() as stack:
        for target, attribute, replacement in MUTANTS[name]:
            stack.enter_context(patch.object(target, attribute, replacement))
        yield
