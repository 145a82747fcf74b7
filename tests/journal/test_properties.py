"""What must hold of any operation and any history, not only of examples."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.journal import verbs
from app.journal.faults import BadTransactionError
from app.journal.hlc import TOLERANCE_MS, HybridClock
from app.journal.operation import (
    HASH_BYTES,
    Act,
    ChainEnd,
    Operation,
    Transaction,
    author_transaction,
    check_transaction,
    commitment,
    header_hash,
    pack,
    rebuild_operation,
    unpack,
    withhold,
)
from app.journal.values import fits
from app.kernel.clock import ManualClock
from db.fields import register
from tests.journal.towns import sync, town
from tests.oracle.causal import body_of
from tests.simulation import schema
from tests.simulation.checks import reference
from tests.simulation.network import push
from tests.simulation.observe import observe
from tests.simulation.world import key_of

QUICK = settings(max_examples=60, deadline=None)
SLOW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])

scalars = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text() | st.binary()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
hashes = st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES)
acts = st.builds(
    Act,
    st.text(min_size=1, max_size=8),
    st.text(min_size=1, max_size=8),
    st.text(max_size=8),
    st.sampled_from(["joint", "internal:EMB"]),
    st.dictionaries(st.text(max_size=4), values, max_size=4),
)
KEY = key_of("property")
PUBLIC = bytes(KEY.verify_key)


def shape(value: object) -> object:
    """A value with its types spelled out, so that 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__, value


@given(values, values)
@QUICK
def test_packing_is_injective(one: object, other: object) -> None:
    """Equal bytes mean equal values, types included; what was packed comes back."""
    assert unpack(pack(one)) == one
    assert (pack(one) == pack(other)) == (shape(one) == shape(other))


@given(st.dictionaries(st.text(), st.integers(-(1 << 63), (1 << 64) - 1), min_size=2))
@QUICK
def test_packing_ignores_the_order_of_keys(value: dict[str, int]) -> None:
    """A map made in another order gives the same bytes."""
    assert pack(dict(reversed(value.items()))) == pack(value)


@given(
    st.lists(st.text(max_size=6), min_size=4, max_size=4),
    st.lists(st.text(max_size=6), min_size=4, max_size=4),
)
@QUICK
def test_commitments_keep_parts_apart(one: list[str], other: list[str]) -> None:
    """Moving letters from one part into its neighbour changes the commitment."""
    made = [commitment(b"s" * 16, a, b, c, d, 1, b"") for a, b, c, d in (one, other)]
    assert (made[0] == made[1]) == (one == other)


@st.composite
def transactions(draw: st.DrawFn) -> Transaction:
    """Signed transactions anywhere in a chain."""
    todo = draw(st.lists(acts, min_size=1, max_size=3))
    start = draw(st.integers(0, 5))
    end = ChainEnd(start, draw(hashes)) if start else ChainEnd()
    stamps = [draw(st.integers(0, (1 << 63) - 1)) for _ in todo]
    parents = draw(st.lists(hashes, unique=True, max_size=3))
    return author_transaction("live", KEY, "site", end, parents, stamps, draw(st.text(max_size=6)), todo)


@given(transactions(), st.data())
@QUICK
def test_what_is_authored_verifies_whole_or_withheld(tx: Transaction, data: st.DataObject) -> None:
    """Round trip, with any of the operations withheld, and rebuilt from what travels."""
    check_transaction("live", tx, PUBLIC)
    part = tuple(withhold(op) if data.draw(st.booleans()) else op for op in tx)
    check_transaction("live", part, PUBLIC)
    assert tuple(rebuild_operation("live", replace(op, hash=b"")) for op in part) == part
    with pytest.raises(BadTransactionError):
        check_transaction("exercise", tx, PUBLIC)


def changed(value: Any, data: st.DataObject) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + data.draw(st.integers(1, 1000)) * data.draw(st.sampled_from([1, -1]))
    if isinstance(value, str):
        return data.draw(st.text(max_size=8).filter(lambda text: text != value))
    if isinstance(value, bytes):
        if not value:
            return data.draw(hashes)
        at = data.draw(st.integers(0, len(value) - 1))
        return value[:at] + bytes([value[at] ^ 1 << data.draw(st.integers(0, 7))]) + value[at + 1 :]
    if isinstance(value, tuple):
        if value and not data.draw(st.booleans()):
            return value[1:]
        return tuple(sorted({*value, data.draw(hashes.filter(lambda each: each not in value))}))
    return data.draw(st.binary(min_size=64, max_size=64))


HEADER = ("site", "seq", "prev", "tx", "tx_last", "parents", "hlc", "scope", "commit")
HIDDEN = ("actor", "command", "entity", "entity_id", "schema_v", "salt", "body")


@pytest.mark.parametrize("name", HEADER)
@given(tx=transactions(), data=st.data())
@settings(max_examples=15, deadline=None)
def test_the_hash_covers_every_part_of_the_header(name: str, tx: Transaction, data: st.DataObject) -> None:
    """Any change of a header gives another hash."""
    op = tx[-1]
    other = replace(op, **{name: changed(getattr(op, name), data)})
    assume(all(0 <= getattr(other, part) < 1 << 64 for part in ("seq", "tx", "hlc")))
    assert header_hash("live", other) != op.hash


@pytest.mark.parametrize("name", (*HEADER, *HIDDEN, "hash", "sig"))
@given(tx=transactions(), data=st.data())
@settings(max_examples=15, deadline=None)
def test_any_single_change_is_noticed(name: str, tx: Transaction, data: st.DataObject) -> None:
    """Whatever is changed in whatever operation: BadTransactionError, and nothing else."""
    at = data.draw(st.integers(0, len(tx) - 1))
    op = tx[at]
    bad = (*tx[:at], replace(op, **{name: changed(getattr(op, name), data)}), *tx[at + 1 :])
    with pytest.raises(BadTransactionError):
        check_transaction("live", bad, PUBLIC)


@given(transactions(), st.data())
@QUICK
def test_any_missing_or_doubled_operation_is_noticed(tx: Transaction, data: st.DataObject) -> None:
    """A transaction comes whole and in order, or not at all."""
    at = data.draw(st.integers(0, len(tx) - 1))
    for bad in (
        tx[:at] + tx[at + 1 :],
        (*tx[: at + 1], *tx[at:]),
        tuple(reversed(tx)) if len(tx) > 1 else (),
    ):
        with pytest.raises(BadTransactionError):
            check_transaction("live", bad, PUBLIC)


@given(values)
@settings(max_examples=200, deadline=None)
def test_whatever_fits_can_be_stored_and_read(value: object) -> None:
    """No value that passes the type check makes the database refuse it."""
    connection = sqlite3.connect(":memory:")
    for kind, column in (("place", "TEXT"), ("count", "INTEGER")):
        field = schema.CASE.fields[kind]
        if fits(field, value):
            assert connection.execute(f"SELECT CAST(? AS {column})", (value,)).fetchone() == (value,)
    assert fits(register("x"), None)


@given(
    st.dictionaries(st.text(max_size=6), values, max_size=5), st.sampled_from(["account", "site", "sim_case"])
)
@settings(max_examples=200, deadline=None)
def test_any_map_is_judged_without_an_accident(body: dict[str, Any], entity: str) -> None:
    """The check of shapes answers for everything that can be read."""
    body = {"v": body.get("v", "write"), **body}
    assert verbs.well_formed(entity, body) in (True, False)


@given(st.lists(st.tuples(st.sampled_from(["tick", "saw", "back"]), st.integers(0, 400_000)), max_size=30))
@QUICK
def test_stamps_stay_with_the_own_clock(steps: list[tuple[str, int]]) -> None:
    """D-24, decision 0023: never more than the tolerance from the own clock, whatever others say and whatever it was before;
    within the tolerance never backwards.
    """
    clock = ManualClock(1_000_000)
    hybrid, last = HybridClock(clock), 0
    for step, amount in steps:
        if step == "saw":
            hybrid.saw(clock.now_ms() + amount << 16)
        else:
            clock.set(clock.now_ms() + (amount if step == "tick" else -amount) // 4)
            stamp = hybrid.tick()
            assert clock.now_ms() <= stamp >> 16 <= clock.now_ms() + TOLERANCE_MS + 1
            assert stamp > last or last >> 16 > clock.now_ms() + TOLERANCE_MS
            last = stamp


NAMES = ("E1", "E2", "F1")
moves = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "enter", "strike", "send", "send"]),
        st.sampled_from(NAMES),
        st.integers(0, 2),
    ),
    min_size=6,
    max_size=24,
)


@given(moves)
@SLOW
def test_heads_and_extremes_in_any_history(history: list[tuple[str, str, int]]) -> None:
    """Heads are the writes no write names; extremes run over what was not struck; both alike everywhere and in the oracle."""
    stations = town(*NAMES)
    written: list[Operation] = []
    rng = random.Random(0)
    for number, (kind, name, choice) in enumerate(history):
        at, actor = stations[name], {"E": "EMB-c", "F": "FRD-c"}[name[0]]
        at.city.now_ms += 1
        if kind == "write":
            at.write(actor, "edit", "sim_case", "i1", {("place", "cause", "status")[choice]: str(number)})
            written += at.last()
        elif kind == "enter":
            at.write(
                actor, "edit", "sim_case", "i1", {}, entries={("grade", "received_at")[choice % 2]: number}
            )
        elif kind == "strike":
            found = at.connection.execute("SELECT field, hash FROM entry ORDER BY hash").fetchall()
            if found:
                field, digest = found[choice % len(found)]
                at.mark(
                    actor, "strike", "sim_case", "i1", verbs.STRIKE, field=field, ops=[digest], why="typed"
                )
        else:
            push(at, stations[NAMES[(NAMES.index(name) + 1 + choice % 2) % 3]], rng)
    sync(stations)
    named = {head for op in written for heads in body_of(op).get("over", {}).values() for head in heads}
    states = [observe(each) for each in stations.values()]
    assert states[0] == states[1]
    for state, each in zip(states, stations.values(), strict=True):
        oracle = reference(each).state
        assert {part: state[part] for part in oracle} == oracle
        heads = {digest for _, found in state["registers"].values() for digest in found}
        assert heads == {op.hash for op in written} - named
