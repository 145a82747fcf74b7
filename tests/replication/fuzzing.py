"""What a hostile peer or stick may say, made from seeds: honest material, bent. Used by test_fuzz.py and by `fuzz`.

The oracle is the same everywhere: what comes in is understood, or refused with a FrameError or Refusal; nothing else is raised,
nothing takes long, nothing grows beyond what the limits allow.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec
import zstandard
from nacl.signing import SigningKey

from app.journal.operation import Act, ChainEnd, Transaction, author_transaction, withhold
from app.kernel.errors import Refusal
from app.replication.bundles.parts import Contents, Head, check_addressee, outline, seal, unseal
from app.replication.frames import (
    AskHeld,
    FileChunk,
    Fill,
    FrameCodec,
    FrameError,
    Held,
    Hello,
    Kind,
    Lane,
    Ops,
    Want,
    peek,
)
from app.replication.hello import check_hello, greeting
from app.replication.peers import LocalSite, Peer
from app.replication.wire import pack_block, site_to_bytes, unpack_block

REALM = "live"
LONGEST_S = 2.0  # for one input, on a loaded machine; honest ones take milliseconds
MAKER, READER = SigningKey(bytes(32)), SigningKey(bytes([1] * 32))
_CODEC = FrameCodec()


def _site(key: SigningKey) -> str:
    from app.journal.keys import site_id

    return site_id(bytes(key.verify_key))


US = LocalSite(REALM, "310105", "EMB", _site(READER), 3)
THEM = LocalSite(REALM, "310105", "FRD", _site(MAKER), 3)
PEER = Peer(THEM.site, "FRD", "")


def transactions(chance: random.Random, count: int) -> list[Transaction]:
    """A chain of some length with text, parents, and now and then something withheld."""
    out: list[Transaction] = []
    end, hlc = ChainEnd(), chance.randrange(1 << 40)
    for _ in range(count):
        acts = [
            Act(
                chance.choice(("write_log_entry", "x")),
                "log_entry",
                f"{chance.getrandbits(128):032x}"[: chance.choice((32, 5))],
                "joint",
                {"v": "write", "set": {"text": "火" * chance.randrange(40)}},
            )
            for _ in range(chance.randrange(1, 4))
        ]
        parents = sorted(chance.randbytes(32) for _ in range(chance.randrange(3)))
        stamps = [hlc + n for n in range(len(acts))]
        tx = author_transaction(REALM, MAKER, THEM.site, end, parents, stamps, "someone", acts)
        end, hlc = ChainEnd(tx[-1].seq, tx[-1].hash), hlc + chance.randrange(1 << 20)
        out.append(tuple(map(withhold, tx)) if chance.random() < 0.2 else tx)
    return out


def honest_frames(chance: random.Random) -> list[bytes]:
    """Frames as an honest site sends them."""
    txs = transactions(chance, chance.randrange(1, 8))
    vector = {THEM.site: (txs[-1][-1].seq, txs[-1][-1].hash)}
    hello = greeting(THEM, vector, {THEM.site: [(1, 2)]}, chance.randrange(1 << 41), bytes(16))
    return [
        _CODEC.encode(hello),
        _CODEC.encode(Ops(1, False, pack_block(txs)), chance.choice((Lane.LIVE, Lane.BULK))),
        _CODEC.encode(Fill(2, [], pack_block(txs[:1]))),
        _CODEC.encode(chance.choice((AskHeld, Held))([chance.randbytes(32)])),
    ]


def honest_part(chance: random.Random) -> bytes:
    """A part of a bundle as an honest site makes it."""
    bundle = chance.randbytes(16)
    hello = _CODEC.encode(greeting(THEM, {}, {}, chance.randrange(1 << 41), bundle))
    want = _CODEC.encode(Want(chance.randbytes(32), 0, 1 << 20))
    pieces = [
        _CODEC.encode(FileChunk(chance.randbytes(32), n * 100, chance.randbytes(100))) for n in range(2)
    ]
    frames = [hello, want, *honest_frames(chance)[1:], *pieces]
    to, sender = site_to_bytes(US.site), site_to_bytes(THEM.site)
    key = bytes(READER.verify_key)
    head = Head(REALM, "310105", to, key, sender, [], bundle, 1, 1)
    inner = Contents(key, sender, bundle, 1, 1, True, 0, 1, 9, 0, [], len(frames))
    return seal(head, inner, frames, MAKER)


# -- bending ---------------------------------------------------------------------------------------------------------------
def bent(data: bytes, chance: random.Random) -> bytes:
    """Bytes with a few things wrong."""
    out = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        match chance.randrange(6):
            case 0 if out:
                out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
            case 1 if out:
                out[chance.randrange(len(out))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                del out[chance.randrange(len(out) + 1) :]
            case 3:
                at = chance.randrange(len(out) + 1)
                out[at:at] = chance.randbytes(chance.randrange(1, 9))
            case 4 if out:
                at, size = chance.randrange(len(out)), chance.randrange(1, 32)
                out[at : at + size] = out[chance.randrange(len(out)) :][:size]
            case _:
                out += chance.randbytes(chance.randrange(16))
    return bytes(out)


def bent_inside(frame: bytes, chance: random.Random) -> bytes:
    """A frame whose compression is proper and whose content is bent: gets deeper than noise does."""
    plain = zstandard.ZstdDecompressor().decompress(frame[1:], max_output_size=1 << 20)
    return frame[:1] + zstandard.ZstdCompressor(level=1).compress(bent(plain, chance))


def bent_values(frame: bytes, chance: random.Random) -> bytes:
    """A frame whose msgpack is proper and whose values are bent: gets to the rebuilding of operations."""
    plain = zstandard.ZstdDecompressor().decompress(frame[1:], max_output_size=1 << 20)
    return frame[:1] + zstandard.ZstdCompressor(level=1).compress(
        msgspec.msgpack.encode(
            _twisted(msgspec.msgpack.decode(plain), chance, chance.choice((0.003, 0.01, 0.1)))
        )
    )


_ODD: tuple[object, ...] = (
    0,
    1,
    -1,
    65_535,
    1 << 31,
    (1 << 63) - 1,
    -(1 << 62),
    True,
    None,
    "",
    "x" * 300,
    b"",
    bytes(32),
    [],
    [[]],
)


def _twisted(value: object, chance: random.Random, share: float) -> object:
    if chance.random() < share / 4:
        return chance.choice(_ODD)
    if isinstance(value, list):
        items = [_twisted(each, chance, share) for each in value]
        if items and chance.random() < share:
            items.append(chance.choice(items))
        if items and chance.random() < share:
            del items[chance.randrange(len(items))]
        return items
    if isinstance(value, bytes) and chance.random() < share:
        return bent(value, chance)
    if isinstance(value, int) and chance.random() < share:
        return value + chance.choice((-1, 1, 255, 1 << 20))
    return value


# -- the oracle ------------------------------------------------------------------------------------------------------------
def read_frame(data: bytes) -> bool:
    """Read a frame as a session does; True if it was understood. Anything but FrameError and Refusal is a finding."""
    try:
        peek(data)
        frame = FrameCodec().decode(data)
        match frame:
            case Hello():
                check_hello(US, PEER, {}, frame)
            case Ops() | Fill() if frame.block is not None:
                for tx in unpack_block(REALM, frame.block):
                    assert tx and tx[-1].tx_last and len({op.site for op in tx}) == 1
    except (FrameError, Refusal):
        return False
    return True


def read_part(data: bytes) -> bool:
    """Read a part as a site does, its signature left out so that what lies behind it is reached."""
    try:
        found = outline(data)
        check_addressee(US, found.head)
        opened = unseal(found, [READER])
        check_hello(US, PEER, {}, opened.hello)
        for frame in opened.decoded():
            if isinstance(frame, Ops | Fill):
                assert frame.block is not None
                list(unpack_block(REALM, frame.block))
        opened.asked()
    except (FrameError, Refusal):
        return False
    return True


def bent_part(chance: random.Random) -> bytes:
    """A part bent outside, or sealed anew around bent frames by somebody who holds a paired site's key."""
    whole = honest_part(chance)
    if chance.random() < 0.3:
        return bent(whole, chance)
    opened = unseal(outline(whole), [READER])
    hello = _CODEC.encode(opened.hello)
    frames = [chance.choice((bent, bent_inside, bent_values))(each, chance) for each in opened.frames]
    if chance.random() < 0.2:
        hello = chance.choice((bent_inside, bent_values))(hello, chance)
    return seal(opened.head, opened.contents, [hello, *frames], MAKER)


@dataclass
class Tally:
    """What was tried and what came of it."""

    frames: int = 0
    parts: int = 0
    understood: int = 0
    slowest_s: float = 0.0


def cases(seed: int) -> Iterator[tuple[Callable[[bytes], bool], bytes]]:
    """Inputs of a seed with their readers; the honest ones first."""
    chance = random.Random(seed)
    for frame in honest_frames(chance):
        yield read_frame, frame
        for how in (bent, bent_inside, bent_values):
            yield read_frame, how(frame, chance)
    yield read_part, honest_part(chance)
    yield read_part, bent_part(chance)
    kind = chance.choice(list(Kind))
    yield read_frame, bytes((kind,)) + zstandard.ZstdCompressor().compress(chance.randbytes(64))


def run_seed(seed: int, tally: Tally) -> None:
    """All inputs of a seed; AssertionError names the seed, whatever went wrong."""
    for number, (read, data) in enumerate(cases(seed)):
        begun = time.monotonic()
        try:
            understood = read(data)
        except Exception as finding:
            raise AssertionError(
                f"seed {seed}, input {number}: {type(finding).__name__}: {finding}"
            ) from finding
        took = time.monotonic() - begun
        assert took < LONGEST_S, f"seed {seed}, input {number}: {took:.1f} s"
        tally.slowest_s = max(took, tally.slowest_s)
        tally.understood += understood
        if read is read_frame:
            tally.frames += 1
        else:
            tally.parts += 1
