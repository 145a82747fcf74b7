"""What two consoles say to each other while they pair over the network, and the number that follows from it.

The protocol: both send an offer (identity, and a commitment to a nonce), then both reveal the nonce, then both sign what was
said. Six digits follow from all of it. Whoever stands between must choose his identities and nonces before he learns those of
the two rooms, so that his two numbers agree once in a million tries, and a window allows three (decision 0031).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from msgspec import Meta
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from app.kernel.errors import ErrorCode, Refusal
from app.replication.identity import MAX_IDENTITY_BYTES, Identity
from app.replication.tls import TlsFiles

PROTOCOL: Final = 1
DIGITS: Final = 6
NONCE_BYTES: Final = 32
MAX_TRIES: Final = 9  # more is nobody's window
MAX_MESSAGE_BYTES: Final = MAX_IDENTITY_BYTES + 1024
BETWEEN: Final = "refusal.pairing.between"
CLAUSE: Final = "REPLICATION, Wire: Pairing"
_LENGTH: Final = struct.Struct(">I")
_NUMBER: Final = b"jdc-pair-number"
_TALK: Final = b"jdc-pair-talk"
_COMMIT: Final = b"jdc-pair-commit"

_Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
_Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]


class Side(StrEnum):
    """Who waits for the other, and who dials; a message of one side is never taken for one of the other."""

    LISTENER = "listener"
    DIALLER = "dialler"

    @property
    def other(self) -> Side:
        """The side across."""
        return Side.DIALLER if self is Side.LISTENER else Side.LISTENER


class Why(StrEnum):
    """Why a side ends; what it means there is said in that room's own words."""

    MISMATCH = "mismatch"
    TRIES = "tries"  # another number, and it was the last try
    CANCELLED = "cancelled"
    CLOSED = "closed"
    REFUSED = "refused"
    BETWEEN = "between"


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="t"):
    pass


class Offer(_Message, frozen=True, tag="offer"):
    """Who we are, the commitment to our nonce, and the port our link listens on (0: it only dials)."""

    proto: int
    identity: Annotated[bytes, Meta(max_length=MAX_IDENTITY_BYTES)]
    commitment: _Hash
    link_port: Annotated[int, Meta(ge=0, lt=1 << 16)]


class Reveal(_Message, frozen=True, tag="reveal"):
    """The nonce, once the other's commitment is here."""

    nonce: _Hash


class Proof(_Message, frozen=True, tag="proof"):
    """Our site's signature over everything said so far, nonces and channel included."""

    signature: _Signature


class Confirm(_Message, frozen=True, tag="confirm"):
    """Our officer has confirmed the number; signed, so that nobody else can say it for us."""

    signature: _Signature


class Stored(_Message, frozen=True, tag="stored"):
    """We have both confirmations and have entered the other side."""


class Tries(_Message, frozen=True, tag="tries"):
    """How often another number was typed on our side in this window, and how often it may still be compared there."""

    wrong: Annotated[int, Meta(ge=0, le=MAX_TRIES)]
    left: Annotated[int, Meta(ge=0, le=MAX_TRIES)]


class Beat(_Message, frozen=True, tag="beat"):
    """Still here."""


class Abort(_Message, frozen=True, tag="abort"):
    """Ends the talk."""

    why: Why


Message = Offer | Reveal | Proof | Tries | Confirm | Stored | Beat | Abort
_DECODER = msgspec.msgpack.Decoder(Message, strict=True)
_ENCODER = msgspec.msgpack.Encoder()


class GarbageError(Exception):
    """What arrived is no message of ours."""


def refused(key: str) -> Refusal:
    """An E_SYNC refusal of pairing."""
    return Refusal(ErrorCode.SYNC, key, clause=CLAUSE)


async def send(writer: asyncio.StreamWriter, message: Message) -> None:
    """Send one message; OSError when the line is gone."""
    data = _ENCODER.encode(message)
    writer.write(_LENGTH.pack(len(data)) + data)
    await writer.drain()


async def receive(reader: asyncio.StreamReader) -> Message:
    """The next message; GarbageError, or EOFError when the line ended."""
    (size,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if size > MAX_MESSAGE_BYTES:
        raise GarbageError("size")
    try:
        message: Message = _DECODER.decode(await reader.readexactly(size))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as wrong:
        raise GarbageError("message") from wrong
    return message


# -- what is committed, signed and compared --------------------------------------------------------------------------------
def _digest(person: bytes, *parts: bytes) -> bytes:
    state = hashlib.blake2b(digest_size=32, person=person)
    for part in parts:
        state.update(len(part).to_bytes(8) + part)
    return state.digest()


def commitment_of(side: Side, nonce: bytes, identity: bytes) -> bytes:
    """Binds a side to its nonce and its identity before it learns the other's."""
    return _digest(_COMMIT, side.encode(), nonce, identity)


@dataclass(frozen=True)
class Told:
    """What one side has said: offer and nonce."""

    offer: Offer
    nonce: bytes

    def kept(self, side: Side) -> bool:
        """True if the nonce is the one committed to."""
        expected = commitment_of(side, self.nonce, self.offer.identity)
        return hmac.compare_digest(expected, self.offer.commitment)


def transcript(listener: Told, dialler: Told, channel: bytes) -> bytes:
    """Everything said by both, and the channel it was said over, in 32 bytes."""
    parts = [
        part
        for told in (listener, dialler)
        for part in (
            told.offer.proto.to_bytes(8),
            told.offer.identity,
            told.offer.commitment,
            told.offer.link_port.to_bytes(8),
            told.nonce,
        )
    ]
    return _digest(_TALK, *parts, channel)


def number_of(digest: bytes) -> str:
    """The number both rooms read to each other: six digits in two groups."""
    value = int.from_bytes(hashlib.blake2b(digest, person=_NUMBER).digest()) % 10**DIGITS
    digits = f"{value:0{DIGITS}d}"
    return f"{digits[:3]} {digits[3:]}"


def _signed(what: str, side: Side, digest: bytes) -> bytes:
    return _digest(_TALK, what.encode(), side.encode(), digest)


def sign(key: SigningKey, what: str, side: Side, digest: bytes) -> bytes:
    """Signature of a side's site under `what` ("proof" | "confirm") over the transcript."""
    return key.sign(_signed(what, side, digest)).signature


def is_signed(identity: Identity, signature: bytes, what: str, side: Side, digest: bytes) -> bool:
    """True if that side's site has signed this."""
    try:
        VerifyKey(bytes.fromhex(identity.site_key)).verify(_signed(what, side, digest), signature)
    except BadSignatureError:
        return False
    return True


# -- the channel -----------------------------------------------------------------------------------------------------------
def _context(purpose: int) -> ssl.SSLContext:
    """TLS 1.3 without any trust: who is across is decided by the number alone."""
    context = ssl.SSLContext(purpose)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def listening_context(own: TlsFiles) -> ssl.SSLContext:
    """Shows the own leaf to whoever dials; no tickets, so that every connection shows it."""
    context = _context(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.leaf, own.key)
    context.num_tickets = 0
    return context


def dialling_context() -> ssl.SSLContext:
    """Takes any leaf; it enters the number, and must stem from the root that the other side's identity names."""
    return _context(ssl.PROTOCOL_TLS_CLIENT)


def own_channel(own: TlsFiles) -> bytes:
    """The channel as the listener knows it: hash of the leaf it shows."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(own.leaf.read_text("ascii"))).digest()


def shown_channel(shown: bytes) -> bytes:
    """The channel as the dialler sees it: hash of the leaf (DER) that was shown."""
    return hashlib.sha256(shown).digest()


def check_leaf(shown: bytes, identity: Identity) -> None:
    """Refusal `between` unless the leaf shown (DER) stems from the root in the identity."""
    try:
        root = x509.load_pem_x509_certificate(identity.tls_root.encode("ascii"))
        x509.load_der_x509_certificate(shown).verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature) as wrong:
        raise refused(BETWEEN) from wrong
