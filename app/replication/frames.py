"""Frames of the wire (REPLICATION, Wire): what they hold, how they are packed, and the limits they must keep.

A frame is one byte (lane << 5 | kind), then zstd level 3 over msgpack; at most 64 KiB as sent and 1 MiB
unpacked. The leading byte tells the priority without unpacking anything. Whatever breaks a limit or a shape
is a `FrameError`, and nothing else.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Final

import msgspec
import zstandard
from msgspec import Meta

PROTOCOL: Final = 1
MAX_FRAME_BYTES: Final = 64 * 1024
MAX_PLAIN_BYTES: Final = 1024 * 1024
MAX_BLOCK_OPERATIONS: Final = 8192
MAX_RANGES: Final = 2048
MAX_WANTED_BYTES: Final = 1 << 20
MAX_KEYS: Final = 256
MAX_HELD: Final = 256
CHUNK_BYTES: Final = 32 * 1024
_LEVEL: Final = 3
_KIND_BITS: Final = 5
_KIND_MASK: Final = (1 << _KIND_BITS) - 1
_BIG: Final = (1 << 63) - 1

Count = Annotated[int, Meta(ge=0, le=_BIG)]
Difference = Annotated[int, Meta(ge=-_BIG, le=_BIG)]
Index = Annotated[int, Meta(ge=0, le=65_535)]
Name = Annotated[str, Meta(min_length=1, max_length=256)]
SiteBytes = Annotated[bytes, Meta(min_length=16, max_length=16)]
HashBytes = Annotated[bytes, Meta(min_length=32, max_length=32)]
HashOrNone = Annotated[bytes, Meta(max_length=32)]
Nonce = Annotated[bytes, Meta(min_length=16, max_length=16)]
Word = Annotated[str, Meta(max_length=256)]
Chunk = Annotated[bytes, Meta(max_length=MAX_PLAIN_BYTES)]
Small = Annotated[bytes, Meta(max_length=CHUNK_BYTES)]
Column = Annotated[list[Index], Meta(max_length=MAX_BLOCK_OPERATIONS)]


class FrameError(ValueError):
    """A frame that breaks the format or a limit; the session that brought it is closed."""


class FrameTooLargeError(ValueError):
    """Our own frame would exceed 64 KiB: split it."""


class Kind(IntEnum):
    """Kinds of frames."""

    HELLO = 1
    OPS = 2
    ACK = 3
    NACK = 4
    FILL = 5
    PING = 6
    PONG = 7
    EPH = 8
    SIG = 9
    ERR = 10
    WANT = 11
    CHUNK = 12
    ASK_KEYS = 13
    KEYS = 14
    ASK_HELD = 15
    HELD = 16


class Lane(IntEnum):
    """Order of sending: lower goes first."""

    CONTROL = 0
    SIGNAL = 1
    LIVE = 2
    BULK = 3
    CHUNK = 4


class Part(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """A piece of a frame: an array of exactly its fields."""


class Head(Part, frozen=True):
    """How far a chain is projected: site, highest sequence number, its hash."""

    site: SiteBytes
    seq: Count
    hash: HashBytes


class Mark(Part, frozen=True):
    """How far a chain is acknowledged."""

    site: SiteBytes
    seq: Count


class Span(Part, frozen=True):
    """Sequence numbers first..last of a site, both included."""

    site: SiteBytes
    first: Count
    last: Count


class Packed(Part, frozen=True):
    """One transaction in columns, one entry per operation or a single entry for all of them.

    `seq` 0 with empty `prev`: continues the transaction before it of the same chain in this block. Parents
    are hashes, or the number of a transaction of this block whose last hash is meant. `shut` names the
    withheld operations when only some are; `commits` holds 32 bytes for each withheld one, the other columns
    have entries for the open ones only. No salts at all: they follow from the places (`open_salt`). No signature: a later
    transaction of the chain vouches for this one (decision 0026).
    """

    site: Index
    seq: Count
    prev: HashOrNone
    parents: Annotated[list[Index | HashBytes], Meta(max_length=1024)]
    hlcs: Annotated[list[Difference], Meta(min_length=1, max_length=MAX_BLOCK_OPERATIONS)]
    scopes: Column
    commits: Chunk
    shut: Column
    actors: Column
    commands: Column
    entities: Column
    entity_ids: Column
    schemas: Column
    salts: Chunk
    bodies: Annotated[list[Chunk], Meta(max_length=MAX_BLOCK_OPERATIONS)]
    sig: Annotated[bytes, Meta(max_length=64)]


class Block(Part, frozen=True):
    """Transactions with the tables they share.

    Actors, commands, entities, their ids and scopes are numbers into `words`, and beyond its end into
    `uuids`, which holds UUIDs as 16 bytes each, one after the other, and beyond these into `made`: ids that the
    sites of their operations made, 12 bytes each: number of the site in `sites` and the id without its tag
    (app/kernel/ids.py), first the first bytes of all of them, then the second ones, and so on. `hlc` is what
    the first difference counts from.
    """

    sites: Annotated[list[SiteBytes], Meta(max_length=MAX_BLOCK_OPERATIONS)]
    words: Annotated[list[Word], Meta(max_length=MAX_BLOCK_OPERATIONS)]
    uuids: Chunk
    hlc: Count
    transactions: Annotated[list[Packed], Meta(min_length=1, max_length=MAX_BLOCK_OPERATIONS)]
    made: Chunk = b""


class EarlierBlock(Part, frozen=True):
    """The same for readers of operations before version 3: made, never read."""

    sites: list[bytes]
    words: list[str]
    uuids: bytes
    hlc: int
    transactions: list[Packed]


class Frame(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """Base of all frames: an array whose first entry is the kind."""


class Hello(Frame, tag=int(Kind.HELLO), frozen=True):
    """First frame both ways: who speaks, what is held, what may be read, and the clock (UTC ms)."""

    proto: Count
    schema: Count
    realm: Name
    district: Name
    agency: Name
    site: SiteBytes
    vector: Annotated[list[Head], Meta(max_length=4096)]
    withheld: Annotated[list[Span], Meta(max_length=MAX_RANGES)]
    scopes: Annotated[list[Name], Meta(max_length=256)]
    clock_ms: Count
    nonce: Nonce


class Ops(Frame, tag=int(Kind.OPS), frozen=True):
    """Transactions in causal order; `batch` counts OPS and FILL answers of a session from 1, `again` marks
    the first one after a NACK.
    """

    batch: Count
    again: bool
    block: Block


class Ack(Frame, tag=int(Kind.ACK), frozen=True):
    """Projected and committed there: every batch up to this one, and these chains up to these numbers."""

    batch: Count
    vector: Annotated[list[Mark], Meta(max_length=4096)]


class Why(IntEnum):
    """Reasons of a NACK."""

    GAP = 1
    NEWER = 2
    BLOCKED = 3


class Nack(Frame, tag=int(Kind.NACK), frozen=True):
    """Not taken: the chain stands at `have`. GAP: send again from there. NEWER, BLOCKED: leave this chain
    out.
    """

    site: SiteBytes
    have: Count
    want: Count
    reason: Why


class Fill(Frame, tag=int(Kind.FILL), frozen=True):
    """Bodies for operations held as headers: asked for by ranges (batch 0), or answered by a block."""

    batch: Count
    ranges: Annotated[list[Span], Meta(max_length=MAX_RANGES)]
    block: Block | None


class Ping(Frame, tag=int(Kind.PING), frozen=True):
    """Alive; the sender's clock and the end of its own chain."""

    n: Count
    t_ms: Count
    head: Count


class Pong(Frame, tag=int(Kind.PONG), frozen=True):
    """Answer to a PING with the answerer's clock (D-24)."""

    n: Count
    t_ms: Count


class Eph(Frame, tag=int(Kind.EPH), frozen=True):
    """Passing things (typing, pointers), never journalled; `data` belongs to the topic."""

    topic: Name
    data: Small


class Sig(Frame, tag=int(Kind.SIG), frozen=True):
    """Call signalling; `data` belongs to the call."""

    call: Name
    n: Count
    ack: Count
    data: Small


class Want(Frame, tag=int(Kind.WANT), frozen=True):
    """Asks for bytes of an attachment's file: `size` of them from `offset` on."""

    content: HashBytes
    offset: Count
    size: Annotated[int, Meta(ge=1, le=MAX_WANTED_BYTES)]


class FileChunk(Frame, tag=int(Kind.CHUNK), frozen=True):
    """Bytes of an attachment's file; none at all: it is not held here, or not to be had."""

    content: HashBytes
    offset: Count
    data: Small


class AskKeys(Frame, tag=int(Kind.ASK_KEYS), frozen=True):
    """Asks for keys of sealed contact values by their names."""

    names: Annotated[list[Nonce], Meta(max_length=MAX_KEYS)]


class Keys(Frame, tag=int(Kind.KEYS), frozen=True):
    """Keys that are held here and that the asker's scopes open; they travel in no bundle and in no journal."""

    keys: Annotated[list[HashBytes], Meta(max_length=MAX_KEYS)]


class AskHeld(Frame, tag=int(Kind.ASK_HELD), frozen=True):
    """Asks to be told of these attachment files once they are there whole."""

    contents: Annotated[list[HashBytes], Meta(max_length=MAX_HELD)]


class Held(Frame, tag=int(Kind.HELD), frozen=True):
    """Attachment files that are here, whole and checked."""

    contents: Annotated[list[HashBytes], Meta(max_length=MAX_HELD)]


class Err(Frame, tag=int(Kind.ERR), frozen=True):
    """Last frame before closing: a text key and a technical remark without data."""

    code: Name
    text: Annotated[str, Meta(max_length=256)]


_FRAMES: Final[dict[Kind, type[Frame]]] = {
    Kind.HELLO: Hello,
    Kind.OPS: Ops,
    Kind.ACK: Ack,
    Kind.NACK: Nack,
    Kind.FILL: Fill,
    Kind.PING: Ping,
    Kind.PONG: Pong,
    Kind.EPH: Eph,
    Kind.SIG: Sig,
    Kind.ERR: Err,
    Kind.WANT: Want,
    Kind.CHUNK: FileChunk,
    Kind.ASK_KEYS: AskKeys,
    Kind.KEYS: Keys,
    Kind.ASK_HELD: AskHeld,
    Kind.HELD: Held,
}
_KINDS: Final = {frame: kind for kind, frame in _FRAMES.items()}
_LANES: Final[dict[Kind, tuple[Lane, ...]]] = {
    **dict.fromkeys(Kind, (Lane.CONTROL,)),
    Kind.SIG: (Lane.SIGNAL,),
    Kind.EPH: (Lane.LIVE,),
    Kind.OPS: (Lane.LIVE, Lane.BULK),
    Kind.FILL: (Lane.BULK,),
    Kind.CHUNK: (Lane.CHUNK,),
}


def peek(data: bytes) -> tuple[Kind, Lane]:
    """Return kind and lane from the leading byte; FrameError when empty, oversized or unknown."""
    if not data:
        raise FrameError("empty")
    if len(data) > MAX_FRAME_BYTES:
        raise FrameError("oversized")
    try:
        kind, lane = Kind(data[0] & _KIND_MASK), Lane(data[0] >> _KIND_BITS)
    except ValueError as unknown:
        raise FrameError("unknown kind") from unknown
    if lane not in _LANES[kind]:
        raise FrameError("wrong lane")
    return kind, lane


class FrameCodec:
    """Packs and unpacks frames; one per session, because its compressor holds state."""

    def __init__(self, level: int = _LEVEL) -> None:
        self._compress = zstandard.ZstdCompressor(level=level).compress
        self._decompress = zstandard.ZstdDecompressor(max_window_size=2 * MAX_PLAIN_BYTES).decompress
        self._pack = msgspec.msgpack.Encoder().encode
        self._unpack = {
            kind: msgspec.msgpack.Decoder(frame, strict=True).decode for kind, frame in _FRAMES.items()
        }

    def encode(self, frame: Frame, lane: Lane | None = None) -> bytes:
        """Return the bytes to send; FrameTooLargeError above 64 KiB (or 1 MiB unpacked), ValueError for a
        lane that is not the kind's.
        """
        kind = _KINDS[type(frame)]
        lane = _LANES[kind][0] if lane is None else lane
        if lane not in _LANES[kind]:
            raise ValueError(f"{kind.name} does not travel in lane {lane.name}")
        plain = self._pack(frame)
        data = bytes((lane << _KIND_BITS | kind,)) + self._compress(plain)
        if len(data) > MAX_FRAME_BYTES or len(plain) > MAX_PLAIN_BYTES:
            raise FrameTooLargeError(f"{len(data)} bytes, {len(plain)} unpacked")
        return data

    def decode(self, data: bytes) -> Frame:
        """Return the frame; FrameError for anything that is not exactly one well-formed frame within the
        limits.
        """
        kind, _ = peek(data)
        plain = self._unpacked(data[1:])
        try:
            return self._unpack[kind](plain)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as wrong:
            raise FrameError(f"{kind.name}: {type(wrong).__name__}") from wrong

    def _unpacked(self, packed: bytes) -> bytes:
        """The size is announced in the zstd header and checked before a byte is unpacked, so a bomb costs
        nothing.
        """
        try:
            header = zstandard.get_frame_parameters(packed)
            if not 0 < header.content_size <= MAX_PLAIN_BYTES or header.dict_id:
                raise FrameError("unpacked size")
            return self._decompress(packed, allow_extra_data=False)
        except zstandard.ZstdError as wrong:
            raise FrameError("not zstd") from wrong
