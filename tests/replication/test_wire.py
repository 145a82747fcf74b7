"""Transactions on the wire come out as they went in; what does not add up is a FrameError; sizes are kept."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as altered

from app.journal.faults import BadTransactionError
from app.journal.keys import SiteKey
from app.journal.operation import (
    MAX_TRANSACTION_BYTES,
    Act,
    ChainEnd,
    Transaction,
    author_transaction,
    check_transaction,
    weight,
    withhold,
)
from app.journal.vouching import thin
from app.kernel.clock import ManualClock
from app.kernel.ids import new_id
from app.replication.frames import MAX_FRAME_BYTES, Block, FrameCodec, FrameError, Lane, Ops
from app.replication.packing import FramePacker, TransactionTooLargeError
from app.replication.wire import (
    earlier,
    marks,
    pack_block,
    ranges_of,
    site_from_bytes,
    site_to_bytes,
    spans,
    unpack_block,
    vector_of,
)

CODEC = FrameCodec()
KEYS = [SiteKey.generate() for _ in range(3)]
CLOCK = ManualClock(1_752_473_000_000)
SENTENCE = (
    "光复西路与古北路口一栋六层居民楼三楼起火有浓烟冒出疑有人员被困现场风力三级请求增援两车十二人已到场"
)
acts = st.builds(
    Act,
    command=st.sampled_from(["register_incident", "note"]),
    entity=st.sampled_from(["incident", "duty_log"]),
    entity_id=st.one_of(st.uuids().map(str), st.uuids().map(lambda u: str(u).upper()), st.text(max_size=40)),
    scope=st.sampled_from(["joint", "internal:EMB"]),
    body=st.dictionaries(
        st.text(max_size=5), st.one_of(st.integers(-(2**63), 2**63), st.text(max_size=30)), max_size=3
    ),
)


class Chains:
    """Writes transactions of several sites that see each other."""

    def __init__(self) -> None:
        self.ends = {key.site: ChainEnd() for key in KEYS}
        self.txs: list[Transaction] = []

    def write(self, who: int, made: list[Act], parents: list[bytes], hlc: int) -> Transaction:
        key = KEYS[who]
        end = self.ends[key.site]
        hlcs = [hlc + n for n in range(len(made))]
        tx = author_transaction("live", key.signing, key.site, end, parents, hlcs, new_id(CLOCK, "s"), made)
        self.ends[key.site] = ChainEnd(tx[-1].seq, tx[-1].hash)
        self.txs.append(tx)
        return tx


@st.composite
def histories(draw):
    chains = Chains()
    for _ in range(draw(st.integers(1, 6))):
        seen = [draw(st.binary(min_size=32, max_size=32)), *(tx[-1].hash for tx in chains.txs)]
        parents = draw(st.lists(st.sampled_from(seen), unique=True, max_size=3))
        made = draw(st.lists(acts, min_size=1, max_size=4))
        tx = chains.write(draw(st.integers(0, 2)), made, parents, draw(st.integers(0, 2**62)))
        shut = draw(st.sets(st.integers(0, len(tx) - 1)))
        chains.txs[-1] = tuple(withhold(op) if n in shut else op for n, op in enumerate(tx))
    first = draw(st.integers(0, len(chains.txs) - 1))
    return chains.txs[first:]


def over_the_wire(block: Block) -> Block:
    frame = CODEC.decode(CODEC.encode(Ops(1, False, block)))
    assert isinstance(frame, Ops)
    return frame.block


@given(histories())
@settings(max_examples=200, deadline=None)
def test_round_trip_with_withheld_operations_and_any_parents(txs):
    assert list(unpack_block("live", over_the_wire(pack_block(txs)))) == list(txs)
    assert list(unpack_block("live", over_the_wire(earlier(pack_block(txs))))) == list(txs)
    assert list(unpack_block("live", over_the_wire(pack_block(txs, compact=True)))) == list(txs)


@given(histories(), st.data())
@settings(max_examples=300, deadline=None)
def test_flipped_bit_gives_frame_error_or_a_transaction_that_does_not_verify(txs, data):
    public = {key.site: key.public for key in KEYS}
    whole = bytearray(CODEC.encode(Ops(1, False, pack_block(txs))))
    bit = 8 + data.draw(st.integers(0, 2**32)) % (len(whole) * 8 - 8)  # its length is not the same twice
    whole[bit // 8] ^= 1 << bit % 8
    try:
        frame = CODEC.decode(bytes(whole))
        assert isinstance(frame, Ops)
        got = list(unpack_block("live", frame.block))
        for tx in got:
            check_transaction("live", tx, public.get(tx[0].site, KEYS[0].public))
    except (FrameError, BadTransactionError):
        return
    assert all(tx in txs for tx in got)


def test_exercise_and_live_never_verify_in_each_other():
    """XC-10: the realm is part of every hash."""
    tx = Chains().write(0, [Act("note", "duty_log", "1", "joint", {"t": "x"})], [], 1)
    (other,) = unpack_block("exercise", pack_block([tx]))
    with pytest.raises(BadTransactionError):
        check_transaction("exercise", other, KEYS[0].public)


@pytest.mark.parametrize(
    "wrong",
    [
        {"site": 1},
        {"seq": 0},
        {"seq": 2},
        {"prev": bytes(32)},
        {"prev": bytes(5)},
        {"parents": [0]},
        {"hlcs": [-(2**62), 0]},
        {"hlcs": [0, 2**62, 2**62]},
        {"scopes": []},
        {"scopes": [999]},
        {"scopes": [0, 0, 0]},
        {"commits": bytes(31)},
        {"commits": bytes(32)},
        {"shut": [0]},
        {"shut": [5]},
        {"shut": [0, 0]},
        {"actors": []},
        {"commands": [60_000]},
        {"entity_ids": [0]},
        {"schemas": [1, 1, 1]},
        {"salts": bytes(31)},
        {"bodies": []},
    ],
)
def test_columns_that_do_not_add_up_are_refused(wrong):
    made = [Act("note", "duty_log", new_id(CLOCK, "s"), "joint", {"t": n}) for n in range(2)]
    block = pack_block([Chains().write(0, made, [], 5)])
    (good,) = block.transactions
    bad = altered(block, transactions=[altered(good, **wrong)])
    if wrong == {"entity_ids": [0]}:  # one entry stands for all: well-formed, but not what was signed
        (tx,) = unpack_block("live", bad)
        with pytest.raises(BadTransactionError):
            check_transaction("live", tx, KEYS[0].public)
        return
    with pytest.raises(FrameError):
        list(unpack_block("live", bad))


def test_too_many_operations_are_refused():
    tx = Chains().write(0, [Act("note", "duty_log", "1", "joint", {})], [], 5)
    (good,) = pack_block([tx]).transactions
    many = altered(good, hlcs=[0] * 8192, commits=bytes(32) * 8192, salts=b"", bodies=[], actors=[])
    many = altered(many, commands=[], entities=[], entity_ids=[], schemas=[])
    block = altered(pack_block([tx]), transactions=[many, altered(many, seq=0)])
    with pytest.raises(FrameError, match="too many"):
        list(unpack_block("live", block))
    with pytest.raises(FrameError, match="uuids"):
        unpack_block("live", altered(block, uuids=bytes(17)))


def test_site_ids_are_canonical():
    site = KEYS[0].site
    assert site_from_bytes(site_to_bytes(site)) == site
    for wrong in ("", site[:-1], site + "a", site.upper(), "1" * 26, site[:-1] + "9", "a" * 25 + "b"):
        with pytest.raises(ValueError, match="site id"):
            site_to_bytes(wrong)


def test_vectors_and_ranges_are_checked():
    (span,) = spans([(KEYS[0].site, 3, 9)])
    assert ranges_of([span]) == {KEYS[0].site: [(3, 9)]}
    for wrong in ({"first": 0}, {"first": 10}):
        with pytest.raises(FrameError):
            ranges_of([altered(span, **wrong)])
    (mark,) = marks({KEYS[0].site: 4})
    with pytest.raises(FrameError, match="twice"):
        vector_of([mark, mark])


def real_acts(count: int) -> list[Act]:
    out = []
    for n in range(count):
        start = (n * 7) % 20
        text = {
            "title": SENTENCE[start : start + 14],
            "addr": SENTENCE[start + 3 : start + 21],
            "level": n % 4,
        }
        text |= {"status": "registered", "note": SENTENCE[start : start + 30] + str(n * n * 7919)}
        out.append(
            Act("register_incident", "incident", new_id(CLOCK, "s"), "joint", {"v": "write", "set": text})
        )
    return out


def bulk(count: int) -> list[Transaction]:
    """Acts of one operation each, as a room makes them one after the other, with its own ids."""
    chains = Chains()
    for n in range(count):
        CLOCK.ms += 1 + n * 7919 % 40
        (act,) = real_acts(n % 40 + 1)[-1:]
        act = replace(act, entity_id=new_id(CLOCK, KEYS[0].site))
        chains.write(0, [act], [], CLOCK.ms << 16)
    return chains.txs


def test_in_bulk_nothing_travels_that_can_be_computed():
    """Own ids without their tags, no salts of joint operations, one signature for many; all of it is there again."""
    txs = bulk(300)
    packer = FramePacker(compact=True)
    queue = deque(txs)
    got: list[Transaction] = []
    while queue:
        _, data = packer.take(queue, Lane.BULK, lambda block: Ops(1, False, block))
        frame = CODEC.decode(data)
        assert isinstance(frame, Ops)
        got += unpack_block("live", frame.block)
        assert all(not packed.salts for packed in frame.block.transactions)
        assert len(frame.block.uuids) == 16 * len(frame.block.transactions)  # authors, each a new one here
        assert len(frame.block.made) == 12 * len(frame.block.transactions)
        assert frame.block.transactions[-1].sig
    assert [[replace(op, sig=None) for op in tx] for tx in got] == [
        [replace(op, sig=None) for op in tx] for tx in txs
    ]
    assert sum(tx[-1].sig is not None for tx in got) <= 300 // 32 + 2


def test_a_salt_of_another_kind_and_anothers_id_travel_whole():
    chains = Chains()
    tx = chains.write(
        0, [Act("note", "duty_log", new_id(CLOCK, KEYS[1].site), "internal:EMB", {"t": 1})], [], 5
    )
    block = pack_block([tx], compact=True)
    assert len(block.transactions[0].salts) == 16
    assert not block.made
    assert list(unpack_block("live", block)) == [tx]


@pytest.mark.parametrize("wrong", [{"made": bytes(11)}, {"made": bytes(12)}, {"made": b"\xff" * 12}])
def test_ids_that_nobody_made_are_refused(wrong):
    with pytest.raises(FrameError, match="made"):
        unpack_block("live", altered(pack_block(bulk(1), compact=True), **wrong))


def test_a_signature_is_whole_or_none():
    block = pack_block(bulk(1))
    (good,) = block.transactions
    for length in (1, 63):
        with pytest.raises(FrameError, match="signature"):
            list(unpack_block("live", altered(block, transactions=[altered(good, sig=bytes(length))])))


def test_an_earlier_version_gets_nothing_without_a_signature():
    queue = deque(thin(bulk(3)))
    with pytest.raises(TransactionTooLargeError):
        FramePacker().take(queue, Lane.BULK, lambda block: Ops(1, False, block))
    assert len(queue) == 3


def test_single_act_costs_at_most_500_bytes_on_the_wire():
    chains = Chains()
    chains.write(0, real_acts(1), [], CLOCK.ms << 16)
    tx = chains.write(0, real_acts(1), [os.urandom(32)], CLOCK.ms << 16)
    assert len(CODEC.encode(Ops(7, False, pack_block([tx])))) <= 500


def test_bulk_costs_at_most_50_bytes_an_operation_beside_its_text():
    chains = Chains()
    txs = [chains.write(0, real_acts(100), [], (CLOCK.ms << 16) + n * 99_000) for n in range(8)]
    whole = len(CODEC.encode(Ops(7, False, pack_block(txs))))
    bodies = b"".join(op.body or b"" for tx in txs for op in tx)
    text = len(CODEC._compress(bodies))
    assert (whole - text) / 800 <= 50
    shut = [tuple(withhold(op) for op in tx) for tx in txs]
    assert len(CODEC.encode(Ops(7, False, pack_block(shut)))) / 800 <= 50


def test_packer_fills_frames_and_never_exceeds_them():
    chains = Chains()
    queue = deque(chains.write(0, real_acts(1), [], (CLOCK.ms << 16) + n) for n in range(3000))
    packer, sizes, got = FramePacker(), [], []
    while queue:
        txs, data = packer.take(queue, Lane.BULK, lambda block: Ops(1, False, block))
        sizes.append(len(data))
        got += txs
    assert got == chains.txs
    assert max(sizes) <= MAX_FRAME_BYTES
    assert sum(sizes) / len(sizes) > 0.4 * MAX_FRAME_BYTES


def test_packer_splits_what_does_not_compress():
    chains = Chains()
    noise = [Act("note", "duty_log", "1", "joint", {"b": os.urandom(20_000)}) for _ in range(12)]
    queue = deque(chains.write(0, [act], [], n) for n, act in enumerate(noise))
    packer = FramePacker()
    while queue:
        _, data = packer.take(queue, Lane.BULK, lambda block: Ops(1, False, block))
        assert len(data) <= MAX_FRAME_BYTES


def test_largest_transaction_of_the_journal_fits_a_frame():
    chains = Chains()
    room = MAX_TRANSACTION_BYTES - 160 - 80
    tx = chains.write(0, [Act("note", "duty_log", "1", "joint", {"b": os.urandom(room)})], [], 1)
    assert MAX_TRANSACTION_BYTES - 100 < weight(tx) <= MAX_TRANSACTION_BYTES
    FramePacker().take(deque([tx]), Lane.LIVE, lambda block: Ops(1, False, block))


def test_transaction_beyond_a_frame_is_named_and_left_in_place():
    tx = Chains().write(0, [Act("note", "duty_log", "1", "joint", {"b": os.urandom(70_000)})], [], 1)
    queue = deque([tx])
    with pytest.raises(TransactionTooLargeError) as caught:
        FramePacker().take(queue, Lane.LIVE, lambda block: Ops(1, False, block))
    assert (caught.value.site, caught.value.seq) == (KEYS[0].site, 1)
    assert list(queue) == [tx]


def test_changed_body_changes_the_hash():
    tx = Chains().write(0, [Act("note", "duty_log", "1", "joint", {"t": "a"})], [], 1)
    changed = (replace(tx[0], body=(tx[0].body or b"")[:-1] + b"b"),)
    (got,) = unpack_block("live", pack_block([changed]))
    assert got[0].hash != tx[0].hash
    with pytest.raises(BadTransactionError):
        check_transaction("live", got, KEYS[0].public)
