"""Frames: whatever arrives is a frame or a FrameError, nothing else (attack tests 6)."""

from __future__ import annotations

import os

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from app.replication import frames
from app.replication.frames import (
    MAX_FRAME_BYTES,
    MAX_PLAIN_BYTES,
    Ack,
    Block,
    Eph,
    Err,
    Fill,
    Frame,
    FrameCodec,
    FrameError,
    FrameTooLargeError,
    Head,
    Hello,
    Kind,
    Lane,
    Mark,
    Nack,
    Ops,
    Packed,
    Ping,
    Pong,
    Sig,
    Span,
    Why,
    peek,
)

CODEC = FrameCodec()
counts = st.integers(0, 2**63 - 1)
site_bytes = st.binary(min_size=16, max_size=16)
hashes = st.binary(min_size=32, max_size=32)
names = st.text(min_size=1, max_size=40)
heads = st.builds(Head, site_bytes, counts, hashes)
spans = st.builds(Span, site_bytes, counts, counts)
columns = st.lists(st.integers(0, 65_535), max_size=5)
packed = st.builds(
    Packed,
    site=st.integers(0, 65_535),
    seq=counts,
    prev=st.binary(max_size=32),
    parents=st.lists(st.one_of(st.integers(0, 65_535), hashes), max_size=3),
    hlcs=st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=5),
    scopes=columns,
    commits=st.binary(max_size=64),
    shut=columns,
    actors=columns,
    commands=columns,
    entities=columns,
    entity_ids=columns,
    schemas=columns,
    salts=st.binary(max_size=64),
    bodies=st.lists(st.binary(max_size=64), max_size=5),
    sig=st.binary(min_size=64, max_size=64),
)
blocks = st.builds(
    Block,
    st.lists(site_bytes, max_size=3),
    st.lists(st.text(max_size=20), max_size=4),
    st.binary(max_size=64),
    counts,
    st.lists(packed, min_size=1, max_size=3),
)
any_frame = st.one_of(
    st.builds(
        Hello,
        counts,
        counts,
        names,
        names,
        names,
        site_bytes,
        st.lists(heads, max_size=4),
        st.lists(spans, max_size=4),
        st.lists(names, max_size=4),
        counts,
        site_bytes,
    ),
    st.builds(Ops, counts, st.booleans(), blocks),
    st.builds(Ack, counts, st.lists(st.builds(Mark, site_bytes, counts), max_size=4)),
    st.builds(Nack, site_bytes, counts, counts, st.sampled_from(Why)),
    st.builds(Fill, counts, st.lists(spans, max_size=4), st.one_of(st.none(), blocks)),
    st.builds(Ping, counts, counts, counts),
    st.builds(Pong, counts, counts),
    st.builds(Eph, names, st.binary(max_size=200)),
    st.builds(Sig, names, counts, counts, st.binary(max_size=200)),
    st.builds(Err, names, st.text(max_size=40)),
)


def wrapped(kind: Kind, plain: bytes, lane: Lane | None = None) -> bytes:
    """A frame with this content, whatever it is worth."""
    lanes = {Kind.SIG: Lane.SIGNAL, Kind.EPH: Lane.LIVE, Kind.OPS: Lane.LIVE, Kind.FILL: Lane.BULK}
    lane = lanes.get(kind, Lane.CONTROL) if lane is None else lane
    return bytes((lane << 5 | kind,)) + zstandard.ZstdCompressor(level=3).compress(plain)


@given(any_frame)
@settings(max_examples=300, deadline=None)
def test_round_trip(frame: Frame):
    data = CODEC.encode(frame)
    assert len(data) <= MAX_FRAME_BYTES
    assert CODEC.decode(data) == frame


@given(any_frame, st.data())
@settings(max_examples=200, deadline=None)
def test_truncated_frame_is_refused(frame: Frame, data):
    whole = CODEC.encode(frame)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(FrameError):
        CODEC.decode(whole[:cut])


@given(any_frame, st.data())
@settings(max_examples=500, deadline=None)
def test_flipped_bit_gives_a_frame_or_a_frame_error(frame: Frame, data):
    whole = bytearray(CODEC.encode(frame))
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[bit // 8] ^= 1 << bit % 8
    try:
        got = CODEC.decode(bytes(whole))
    except FrameError:
        return
    assert isinstance(got, Frame)


@given(st.binary(max_size=400))
@settings(max_examples=500, deadline=None)
def test_garbage_is_refused(data: bytes):
    with pytest.raises(FrameError):
        CODEC.decode(data)


@given(st.sampled_from(Kind), st.binary(max_size=200))
@settings(max_examples=500, deadline=None)
def test_garbage_inside_proper_compression_is_refused(kind: Kind, plain: bytes):
    try:
        frame = CODEC.decode(wrapped(kind, plain))
    except FrameError:
        return
    assert msgspec.msgpack.decode(plain)[0] == kind and isinstance(frame, Frame)


def test_oversized_frame_is_refused_before_it_is_unpacked(monkeypatch):
    def never(*args: object) -> None:
        raise AssertionError("unpacked")

    data = wrapped(Kind.PING, os.urandom(MAX_FRAME_BYTES))
    monkeypatch.setattr(zstandard, "get_frame_parameters", never)
    with pytest.raises(FrameError, match="oversized"):
        CODEC.decode(data)


@pytest.mark.parametrize("size", [MAX_PLAIN_BYTES + 1, 1 << 30])
def test_bomb_is_refused_by_its_announced_size(size):
    data = bytes((Kind.PING,)) + zstandard.ZstdCompressor(level=19).compress(bytes(size))
    assert len(data) < MAX_FRAME_BYTES
    with pytest.raises(FrameError, match="unpacked size"):
        CODEC.decode(data)


def test_bomb_without_announced_size_is_refused():
    packing = zstandard.ZstdCompressor(level=3, write_content_size=False)
    data = bytes((Kind.PING,)) + packing.compress(bytes(10 * MAX_PLAIN_BYTES))
    with pytest.raises(FrameError, match="unpacked size"):
        CODEC.decode(data)


def test_bomb_that_lies_about_its_size_is_refused():
    honest = zstandard.ZstdCompressor(level=3).compress(bytes(900_000))
    small = zstandard.ZstdCompressor(level=3).compress(bytes(70_000))
    assert zstandard.get_frame_parameters(honest).content_size == 900_000
    for lie in (honest[:5] + small[5:9] + honest[9:], small[:9] + honest[9:]):
        with pytest.raises(FrameError):
            CODEC.decode(bytes((Kind.PING,)) + lie)


def test_two_frames_in_one_and_trailing_bytes_are_refused():
    ping = CODEC.encode(Ping(1, 2, 3))
    for tail in (ping[1:], b"\0"):
        with pytest.raises(FrameError):
            CODEC.decode(ping + tail)
    plain = msgspec.msgpack.encode(Ping(1, 2, 3))
    with pytest.raises(FrameError):
        CODEC.decode(wrapped(Kind.PING, plain + b"\xc0"))


@pytest.mark.parametrize("kind", list(Kind))
def test_deep_nesting_is_refused(kind):
    arrays, maps = b"\x91" * 500_000 + b"\xc0", b"\x81\xa1a" * 300_000 + b"\xc0"
    for deep in (arrays, maps):
        for lead in (b"", b"\x92" + bytes((kind,)), b"\x94" + bytes((kind, 1, 0xC2))):
            with pytest.raises(FrameError):
                CODEC.decode(wrapped(kind, lead + deep))


def test_lane_is_known_without_unpacking_and_must_fit_the_kind():
    assert peek(CODEC.encode(Sig("c", 1, 0, b""))) == (Kind.SIG, Lane.SIGNAL)
    assert peek(CODEC.encode(Ping(1, 2, 3))) == (Kind.PING, Lane.CONTROL)
    assert Lane.CONTROL < Lane.SIGNAL < Lane.LIVE < Lane.BULK < Lane.CHUNK
    plain = msgspec.msgpack.encode(Ping(1, 2, 3))
    for lane in (Lane.SIGNAL, Lane.LIVE, Lane.BULK, Lane.CHUNK):
        with pytest.raises(FrameError, match="lane"):
            peek(wrapped(Kind.PING, plain, lane))
    with pytest.raises(ValueError, match="lane"):
        CODEC.encode(Ping(1, 2, 3), Lane.SIGNAL)


@pytest.mark.parametrize("first", [0, 17, 31, 255])
def test_unknown_kind_is_refused(first):
    with pytest.raises(FrameError):
        peek(bytes((first,)) + b"x")
    with pytest.raises(FrameError, match="empty"):
        peek(b"")


def test_kind_in_front_must_be_the_kind_inside():
    with pytest.raises(FrameError):
        CODEC.decode(wrapped(Kind.PONG, msgspec.msgpack.encode(Ping(1, 2, 3))))


@pytest.mark.parametrize(
    "plain",
    [
        [6, 1, 2],
        [6, 1, 2, 3, 4],
        [6, -1, 2, 3],
        [6, "1", 2, 3],
        [6, 1.0, 2, 3],
        [6, True, 2, 3],
        [6, 2**63, 2, 3],
        {"n": 1},
    ],
)
def test_wrong_shape_is_refused(plain):
    with pytest.raises(FrameError):
        CODEC.decode(wrapped(Kind.PING, msgspec.msgpack.encode(plain)))


def test_too_long_parts_are_refused():
    for frame in (
        Eph("t" * 257, b""),
        Sig("c", 1, 0, bytes(32 * 1024 + 1)),
        Err("c", "t" * 257),
        Ack(1, [Mark(bytes(16), 1)] * 4097),
        Nack(bytes(15), 0, 1, Why.GAP),
    ):
        with pytest.raises(FrameError):
            CODEC.decode(CODEC.encode(frame))


def test_own_frame_that_would_be_too_large_is_not_made():
    with pytest.raises(FrameTooLargeError):
        CODEC.encode(Eph("t", os.urandom(MAX_FRAME_BYTES)))
    with pytest.raises(FrameTooLargeError):
        CODEC.encode(Eph("t", bytes(MAX_PLAIN_BYTES)))


def test_every_kind_has_a_frame_and_kinds_keep_their_numbers():
    assert {kind.value for kind in Kind} == set(range(1, 17))
    assert set(frames._FRAMES) == set(Kind)
