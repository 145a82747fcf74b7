"""Operations: header, hidden part, canonical encoding, hash, commitment (REPLICATION, The operation).

hash   = BLAKE2b-256 over a domain tag that names the realm and the length-prefixed header; `prev` chains it.
commit = BLAKE2b-256 over the salted, length-prefixed hidden part; the bytes of `body` are hashed as stored.
A transaction is a run of operations of one site; the last one carries the signature, which covers the prefix.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import msgspec
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from app.journal.faults import BadTransactionError
from db.fields import JOINT

SCHEMA_V = 3  # raised when an older program would judge or show an operation differently (docs/REPLICATION.md, Versions)
HASH_BYTES = 32
SALT_BYTES = 16
SIGNATURE_BYTES = 64
MAX_TRANSACTION_BYTES = 48 * 1024  # a transaction fits one frame of 64 KiB
_HEADER_WEIGHT = 160
_SMALL_BYTES = 8 * 1024
INT64 = 1 << 63  # what SQLite stores

_pack = msgspec.msgpack.Encoder(order="deterministic").encode
_unpack = msgspec.msgpack.Decoder().decode
_U64 = struct.Struct(">Q").pack


def pack(value: object) -> bytes:
    """Deterministic msgpack: equal values give equal bytes."""
    return _pack(value)


def unpack(data: bytes) -> Any:
    """Inverse of `pack`; ValueError on damaged or absurdly nested input."""
    try:
        return _unpack(data)
    except RecursionError as wrong:
        raise ValueError("nested too deeply") from wrong


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; the hidden part is None throughout where it is withheld."""

    hash: bytes
    site: str
    seq: int
    prev: bytes
    tx: int
    tx_last: bool
    parents: tuple[bytes, ...]
    hlc: int
    scope: str
    commit: bytes
    sig: bytes | None = None
    actor: str | None = None
    command: str | None = None
    entity: str | None = None
    entity_id: str | None = None
    schema_v: int | None = None
    salt: bytes | None = None
    body: bytes | None = None
    _content: Mapping[str, Any] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def withheld(self) -> bool:
        """True when only the header is held."""
        return self.body is None

    @property
    def content(self) -> Mapping[str, Any]:
        """The body, decoded once for the many who look at it; ValueError when withheld or not a map."""
        known = self._content
        if known is None:
            if self.body is None:
                raise ValueError("withheld")
            known = unpack(self.body)
            if not isinstance(known, dict):
                raise ValueError("a body is a map")
            object.__setattr__(self, "_content", known)
        return known

    @property
    def at_ms(self) -> int:
        """Recorded time in UTC milliseconds."""
        return self.hlc >> 16


Transaction = tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """What a use-case returns: one operation still without its place in a chain."""

    command: str
    entity: str
    entity_id: str
    scope: str
    body: Mapping[str, Any]


def _prefixed(parts: Iterable[bytes]) -> bytes:
    return b"".join(_U64(len(part)) + part for part in parts)


_header_of = hashlib.blake2b(digest_size=HASH_BYTES, person=b"jdc-op-1").copy
_hidden_of = hashlib.blake2b(digest_size=HASH_BYTES, person=b"jdc-body").copy
_EIGHT = _U64(8)
_NUMBERS = struct.Struct(">QQQ").pack


@lru_cache(maxsize=4096)
def _words(*texts: str) -> bytes:
    """Texts that come again and again, each preceded by its length."""
    return _prefixed(text.encode() for text in texts)


def commitment(
    salt: bytes, actor: str, command: str, entity: str, entity_id: str, schema_v: int, body: bytes
) -> bytes:
    """Return the salted commitment (32 bytes) to a hidden part."""
    about = entity_id.encode()
    hashed = _hidden_of()
    hashed.update(
        b"".join(
            (_U64(len(salt)), salt, _words(actor, command, entity), _U64(len(about)), about,
             _NUMBERS(8, schema_v, len(body)), body)
        )
    )  # fmt: skip
    return hashed.digest()


def hash_of_header(  # noqa: PLR0913, PLR0917 - a header has so many parts
    realm: str,
    site: str,
    seq: int,
    prev: bytes,
    tx: int,
    tx_last: bool,
    parents: bytes,
    hlc: int,
    scope: str,
    commit: bytes,
) -> bytes:
    """Return the hash (32 bytes) of a header; the realm is part of it: exercise and live never verify in each other (XC-10)."""
    hashed = _header_of()
    hashed.update(
        b"".join(
            (_words(realm, site), _NUMBERS(8, seq, len(prev)), prev, _NUMBERS(8, tx, 1), b"\1" if tx_last else b"\0",
             _U64(len(parents)), parents, _EIGHT, _U64(hlc), _words(scope), _U64(len(commit)), commit)
        )
    )  # fmt: skip
    return hashed.digest()


def header_hash(realm: str, op: Operation) -> bytes:
    """Return the hash (32 bytes) of an operation's header."""
    return hash_of_header(
        realm, op.site, op.seq, op.prev, op.tx, op.tx_last, b"".join(op.parents), op.hlc, op.scope, op.commit
    )


def open_salt(site: str, seq: int, prev: bytes) -> bytes:
    """Return the salt (16 bytes) of a joint operation (decision 0026).

    A salt keeps those who hold only the header from guessing what is hidden. A joint operation is never withheld from anybody
    (REPLICATION, Scope), so its salt follows from its place, and need not travel.
    """
    hashed = hashlib.blake2b(site.encode() + _U64(seq) + prev, digest_size=SALT_BYTES, person=b"jdc-salt")
    return hashed.digest()


def withhold(op: Operation) -> Operation:
    """The same operation with its hidden part removed."""
    return replace(
        op, actor=None, command=None, entity=None, entity_id=None, schema_v=None, salt=None, body=None
    )


def unsigned(op: Operation) -> Operation:
    """The same operation without its signature."""
    return Operation(
        op.hash, op.site, op.seq, op.prev, op.tx, op.tx_last, op.parents, op.hlc, op.scope, op.commit, None, op.actor,
        op.command, op.entity, op.entity_id, op.schema_v, op.salt, op.body,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """Where a chain stands: its last sequence number (0 before the first) and hash."""

    seq: int = 0
    hash: bytes = b""


def author_transaction(
    realm: str,
    key: SigningKey,
    site: str,
    end: ChainEnd,
    parents: Sequence[bytes],
    hlcs: Sequence[int],
    actor: str,
    acts: Sequence[Act],
) -> Transaction:
    """Make and sign the next transaction of a chain; ValueError without acts."""
    if not acts:
        raise ValueError("a transaction needs an act")
    ops: list[Operation] = []
    first, prev = end.seq + 1, end.hash
    for index, (act, hlc) in enumerate(zip(acts, hlcs, strict=True)):
        seq, body, last = first + index, pack(act.body), index == len(acts) - 1
        salt = open_salt(site, seq, prev) if act.scope == JOINT else os.urandom(SALT_BYTES)
        commit = commitment(salt, actor, act.command, act.entity, act.entity_id, SCHEMA_V, body)
        named = tuple(sorted(parents)) if index == 0 else ()
        digest = hash_of_header(realm, site, seq, prev, first, last, b"".join(named), hlc, act.scope, commit)
        op = Operation(
            hash=digest,
            site=site,
            seq=seq,
            prev=prev,
            tx=first,
            tx_last=last,
            parents=named,
            hlc=hlc,
            scope=act.scope,
            commit=commit,
            sig=key.sign(digest).signature if last else None,
            actor=actor,
            command=act.command,
            entity=act.entity,
            entity_id=act.entity_id,
            schema_v=SCHEMA_V,
            salt=salt,
            body=body,
        )
        ops.append(op)
        prev = digest
    return tuple(ops)


def check_transaction(realm: str, tx: Transaction, public_key: bytes, sealed: bool = False) -> None:
    """Verify shape, chain, commitments and signature of one transaction, withheld or not; BadTransactionError if wrong.

    `sealed`: the caller has computed hashes and commitments itself and verified the signature with this key. A transaction
    without a signature may be good all the same: whether another one vouches for it is for the caller to see (decision 0026).
    """
    if len(tx) == 1 and sealed and _is_plain(tx[0]):
        _check_body(tx[0])
        return
    _check_shape(tx)
    for before, op in zip((None, *tx[:-1]), tx, strict=True):
        if before is not None and (op.prev != before.hash or op.seq != before.seq + 1):
            raise BadTransactionError("chain")
        if sealed:
            continue
        if header_hash(realm, op) != op.hash:
            raise BadTransactionError("hash")
        if op.body is not None and _commitment_of(op) != op.commit:
            raise BadTransactionError("commitment")
    if not sealed and tx[-1].sig is not None:
        check_signature(tx[-1], public_key)
    for op in tx:
        _check_body(op)


def check_signature(last: Operation, public_key: bytes) -> None:
    """BadTransactionError unless the last operation of a transaction is signed with this key."""
    try:
        VerifyKey(public_key).verify(last.hash, last.sig)
    except (BadSignatureError, ValueError) as wrong:  # ValueError: what should be a key is none
        raise BadTransactionError("signature") from wrong


def _check_body(op: Operation) -> None:
    """Whatever is stored can be read: a body that is no map would stop everybody who looks at it."""
    try:
        if not op.withheld:
            _ = op.content
    except ValueError as wrong:
        raise BadTransactionError("body") from wrong


def _is_plain(op: Operation) -> bool:
    """True for what `_check_shape` has nothing against, seen at once: a small transaction of one whole operation, no parents."""
    return (
        op.tx_last
        and op.tx == op.seq
        and not op.parents
        and op.body is not None
        and len(op.body) < _SMALL_BYTES
        and op.actor is not None
        and op.command is not None
        and op.entity is not None
        and op.entity_id is not None
        and op.schema_v is not None
        and op.salt is not None
        and len(op.actor) + len(op.command) + len(op.entity) + len(op.entity_id) + len(op.scope)
        < _SMALL_BYTES
        and 1 < op.seq < INT64
        and 0 <= op.hlc < INT64
        and 1 <= op.schema_v < INT64
        and len(op.commit) == HASH_BYTES
        and len(op.prev) == HASH_BYTES
        and (op.sig is None or len(op.sig) == SIGNATURE_BYTES)
    )


def _check_shape(tx: Transaction) -> None:
    if not tx:
        raise BadTransactionError("empty")
    first, last = tx[0], tx[-1]
    for op in tx:
        plain = (op.actor, op.command, op.entity, op.entity_id, op.schema_v, op.salt, op.body)
        if any(part is None for part in plain) and any(part is not None for part in plain):
            raise BadTransactionError("half withheld")
        if (
            op.site != first.site
            or op.tx != first.seq
            or op.tx_last != (op is last)
            or (op.parents and op is not first)
        ):
            raise BadTransactionError("shape")
        if op.sig is not None and op is not last:
            raise BadTransactionError("shape")
        if not _sizes_fit(op):
            raise BadTransactionError("shape")
    if weight(tx) > MAX_TRANSACTION_BYTES:
        raise BadTransactionError("too large")  # it would fit no frame of whoever relays it
    if list(first.parents) != sorted(set(first.parents)):
        raise BadTransactionError("parents")
    if last.sig is not None and len(last.sig) != SIGNATURE_BYTES:
        raise BadTransactionError("signature")
    if (first.seq == 1) != (first.prev == b""):
        raise BadTransactionError("chain")


def _sizes_fit(op: Operation) -> bool:
    """Numbers that can be stored and hashed, digests of their length."""
    return (
        1 <= op.seq < INT64
        and 0 <= op.hlc < INT64
        and (op.schema_v is None or 1 <= op.schema_v < INT64)
        and len(op.commit) == HASH_BYTES
        and len(op.prev) in (0, HASH_BYTES)
        and all(len(parent) == HASH_BYTES for parent in op.parents)
    )


def _commitment_of(op: Operation) -> bytes:
    assert op.salt is not None and op.actor is not None and op.command is not None and op.entity is not None
    assert op.entity_id is not None and op.schema_v is not None and op.body is not None
    return commitment(op.salt, op.actor, op.command, op.entity, op.entity_id, op.schema_v, op.body)


def rebuild_operation(realm: str, op: Operation) -> Operation:
    """Fill commit (where the hidden part is held) and hash of an operation that came without them."""
    if op.body is not None:
        op = replace(op, commit=_commitment_of(op))
    return replace(op, hash=header_hash(realm, op))


def weight(tx: Transaction) -> int:
    """Rough size in bytes on the wire before compression."""
    total = 0
    for op in tx:
        total += _HEADER_WEIGHT + len(op.scope.encode()) + HASH_BYTES * len(op.parents)
        if op.body is not None:
            total += len(op.body)
            for text in (op.actor, op.command, op.entity, op.entity_id):
                total += len(text.encode()) if text else 0
    return total
