"""One part of a bundle: a file that stands by itself (CM-07, docs/decisions/0030).

    "JDCSTICK" | format, 1 byte | length of the head, 2 bytes | head | sealed contents | signature, 64 bytes

The head is open: for whom it is, from whom, which bundle and part. Everything else lies in a sealed box to the addressee's key.
The signature of the sending site covers every byte before it, so no flipped byte gets further than that. Inside stand the
`Contents`, then a HELLO (what the sender holds: its acknowledgement), then OPS and FILL frames as on the wire.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
import zstandard
from msgspec import Meta
from nacl.exceptions import BadSignatureError, CryptoError
from nacl.public import SealedBox
from nacl.signing import SigningKey, VerifyKey

from app.kernel.errors import ErrorCode, Refusal
from app.replication.frames import (
    MAX_FRAME_BYTES,
    Count,
    FileChunk,
    Fill,
    FrameCodec,
    FrameError,
    Hello,
    Kind,
    Ops,
    Part,
    SiteBytes,
    Span,
    Want,
    peek,
)
from app.replication.peers import LocalSite
from app.replication.wire import ranges_of, site_from_bytes, site_to_bytes

MAGIC: Final = b"JDCSTICK"
FORMAT: Final = 1
MAX_PART_BYTES: Final = 8 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 64 * 1024 * 1024
MAX_FRAMES: Final = 4096
MAX_NUMBER: Final = 9999
KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_LENGTH_BYTES: Final = 4
_MAX_HEAD: Final = 16 * 1024
_PRELUDE: Final = len(MAGIC) + 3
_SIGNED: Final = b"jdc-bundle-1"
CLAUSE: Final = "CM-07"

_Id = Annotated[bytes, Meta(min_length=16, max_length=16)]
_Key = Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
_Signature = Annotated[bytes, Meta(min_length=_SIGNATURE_BYTES, max_length=_SIGNATURE_BYTES)]
_Word = Annotated[str, Meta(min_length=1, max_length=32)]
_Number = Annotated[int, Meta(ge=1, le=MAX_NUMBER)]
_Positive = Annotated[int, Meta(ge=1, le=(1 << 53))]


class Succession(Part, frozen=True):
    """A key the sender's was changed to, the word of the key before it, and the proof of the new one (REPLICATION, Trust)."""

    key: _Key
    by: _Signature
    proof: _Signature


class Head(Part, frozen=True):
    """What stands in the open: enough to say whose part this is, nothing of what it holds."""

    realm: _Word
    district: _Word
    to: SiteBytes
    to_key: _Key
    sender: SiteBytes
    successions: Annotated[list[Succession], Meta(max_length=64)]
    bundle: _Id
    seq: _Positive
    number: _Number


class Contents(Part, frozen=True):
    """First thing in the box. Sender, addressee, bundle and number again: a box put under another head is noticed.

    `after`: number of the bundle this one goes on from, 0: from what the addressee has acknowledged. `entries`: operations of
    the whole bundle, `before`: of its earlier parts. `spans`: what this part carries of each chain. Times are UTC ms.
    """

    to_key: _Key
    sender: SiteBytes
    bundle: _Id
    seq: _Positive
    number: _Number
    last: bool
    after: Count
    made_at: Annotated[int, Meta(ge=0, lt=1 << 53)]
    entries: Count
    before: Count
    spans: Annotated[list[Span], Meta(max_length=4096)]
    frames: Annotated[int, Meta(ge=1, le=MAX_FRAMES)]


@dataclass(frozen=True)
class Outline:
    """A part as far as it can be read without any key."""

    head: Head
    data: bytes
    sealed_at: int

    @property
    def sender(self) -> str:
        """Site that made it, as it claims."""
        return site_from_bytes(self.head.sender)

    @property
    def digest(self) -> bytes:
        """32 bytes that stand for this part as a whole."""
        return hashlib.blake2b(self.data, digest_size=32).digest()


@dataclass(frozen=True)
class Opened:
    """A part whose signature held and whose box was opened; `frames` are still as they travelled."""

    head: Head
    contents: Contents
    hello: Hello
    frames: Sequence[bytes]

    @property
    def spans(self) -> dict[str, list[tuple[int, int]]]:
        """Site -> sequence numbers (first, last) carried here."""
        return ranges_of(self.contents.spans)

    def decoded(self) -> Iterator[Ops | Fill | FileChunk]:
        """Frames with operations and pieces of files, one at a time; FrameError for what has no place in a bundle."""
        codec = FrameCodec()
        for data in self.frames:
            frame = codec.decode(data)
            if isinstance(frame, Want):
                continue
            if isinstance(frame, FileChunk) or (isinstance(frame, Ops | Fill) and frame.block is not None):
                yield frame
            else:
                raise FrameError("out of place")

    def asked(self) -> list[str]:
        """Hashes (hex) of the files its maker lacks; FrameError."""
        codec = FrameCodec()
        wants = [codec.decode(data) for data in self.frames if peek(data)[0] is Kind.WANT]
        return [frame.content.hex() for frame in wants if isinstance(frame, Want)]


def bundle_refusal(key: str, code: ErrorCode = ErrorCode.SYNC, **params: Any) -> Refusal:
    """A refusal of the exchange by stick."""
    return Refusal(code, key, clause=CLAUSE, **params)


def damaged(what: str) -> Refusal:
    """A part that was changed, cut off or badly copied."""
    return bundle_refusal("refusal.bundles.damaged", ErrorCode.FORMAT, what=what)


# -- writing ---------------------------------------------------------------------------------------------------------------
def seal(head: Head, contents: Contents, frames: Sequence[bytes], key: SigningKey) -> bytes:
    """The bytes of a part; `key` is the sending site's."""
    packed = msgspec.msgpack.encode(contents)
    plain = b"".join(_measured(piece) for piece in (packed, *frames))
    outer = msgspec.msgpack.encode(head)
    box = SealedBox(VerifyKey(head.to_key).to_curve25519_public_key())
    data = MAGIC + bytes((FORMAT,)) + len(outer).to_bytes(2) + outer + box.encrypt(plain)
    return data + key.sign(_signed(data)).signature


def _measured(piece: bytes) -> bytes:
    return len(piece).to_bytes(_LENGTH_BYTES) + piece


def _signed(data: bytes) -> bytes:
    return _SIGNED + hashlib.blake2b(data, digest_size=64).digest()


# -- reading ---------------------------------------------------------------------------------------------------------------
def outline(data: bytes) -> Outline:
    """Read the head. Refusal E_FORMAT: `no_bundle`, `newer` (made by a later version), `damaged`."""
    if len(data) > MAX_PART_BYTES:
        raise bundle_refusal("refusal.bundles.no_bundle", ErrorCode.FORMAT)
    if not data.startswith(MAGIC) or len(data) < _PRELUDE:
        raise bundle_refusal("refusal.bundles.no_bundle", ErrorCode.FORMAT)
    if data[len(MAGIC)] > FORMAT:
        raise bundle_refusal("refusal.bundles.newer", ErrorCode.FORMAT)
    length = int.from_bytes(data[_PRELUDE - 2 : _PRELUDE])
    if data[len(MAGIC)] != FORMAT or length > _MAX_HEAD:
        raise damaged("head")
    try:
        head = msgspec.msgpack.decode(data[_PRELUDE : _PRELUDE + length], type=Head, strict=True)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as wrong:
        raise damaged("head") from wrong
    return Outline(head, data, _PRELUDE + length)


def check_addressee(local: LocalSite, head: Head) -> None:
    """Refusal E_SYNC unless the head names this site: `realm` (XC-10), `district`, `own`, `not_for_us`."""
    own = site_to_bytes(local.site)
    for wrong, key in (
        (head.realm != local.realm, "refusal.bundles.realm"),
        (head.district != local.district, "refusal.bundles.district"),
        (head.sender == own, "refusal.bundles.own"),
        (head.to != own, "refusal.bundles.not_for_us"),
    ):
        if wrong:
            raise bundle_refusal(key)


def check_signature(part: Outline, key: bytes) -> None:
    """Refusal `damaged` unless every byte is as the holder of this key (32 bytes) wrote it."""
    data, signature = part.data[:-_SIGNATURE_BYTES], part.data[-_SIGNATURE_BYTES:]
    try:
        VerifyKey(key).verify(_signed(data), signature)
    except (BadSignatureError, ValueError) as wrong:
        raise damaged("signature") from wrong


def unseal(part: Outline, keys: Sequence[SigningKey]) -> Opened:
    """Open the box of a part whose signature was checked; `keys` are our own, the present one and the one before it.

    Refusal: `old_key` when it was sealed to another one, `damaged` when the inside does not add up.
    """
    key = next((each for each in keys if bytes(each.verify_key) == part.head.to_key), None)
    if key is None:
        raise bundle_refusal("refusal.bundles.old_key")
    try:
        plain = SealedBox(key.to_curve25519_private_key()).decrypt(
            part.data[part.sealed_at : -_SIGNATURE_BYTES]
        )
    except (CryptoError, ValueError, TypeError) as wrong:
        raise damaged("box") from wrong
    try:
        return _opened(part.head, plain)
    except (msgspec.MsgspecError, FrameError, RecursionError, UnicodeDecodeError) as wrong:
        raise damaged("contents") from wrong


def _opened(head: Head, plain: bytes) -> Opened:
    pieces = _pieces(plain)
    contents = msgspec.msgpack.decode(next(pieces, b""), type=Contents, strict=True)
    frames = list(pieces)
    told = (contents.to_key, contents.sender, contents.bundle, contents.seq, contents.number)
    if told != (head.to_key, head.sender, head.bundle, head.seq, head.number):
        raise FrameError("another head")
    if len(frames) != contents.frames or contents.after >= contents.seq:
        raise FrameError("counts")
    if sum(map(unpacked_size, frames)) > MAX_UNPACKED_BYTES:
        raise FrameError("unpacked size")
    hello = FrameCodec().decode(frames[0])
    if not isinstance(hello, Hello) or hello.site != head.sender or hello.nonce != head.bundle:
        raise FrameError("no hello")
    ranges_of(contents.spans)
    return Opened(head, contents, hello, frames[1:])


def _pieces(plain: bytes) -> Iterator[bytes]:
    at = count = 0
    while at < len(plain):
        length = int.from_bytes(plain[at : at + _LENGTH_BYTES])
        at += _LENGTH_BYTES
        count += 1
        if at + length > len(plain) or count > MAX_FRAMES + 1 or (count > 1 and length > MAX_FRAME_BYTES):
            raise FrameError("length")
        yield plain[at : at + length]
        at += length


def unpacked_size(frame: bytes) -> int:
    """Bytes a frame says it unpacks to; FrameError when it does not say."""
    try:
        size = zstandard.get_frame_parameters(frame[1:]).content_size
    except zstandard.ZstdError as wrong:
        raise FrameError("not zstd") from wrong
    if not 0 < size <= MAX_UNPACKED_BYTES:
        raise FrameError("unpacked size")
    return int(size)
