"""Transactions on the wire: columns and shared tables, nothing that the receiver can compute (REPLICATION,
The operation, Wire).

Hashes never travel, commitments only for withheld operations, `prev` only where a chain begins in a block.
This is the one place where operations are taken apart and rebuilt; a rebuilt one carries the hash of what
came, so a changed byte breaks chain or signature.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.journal.operation import (
    HASH_BYTES,
    SALT_BYTES,
    SIGNATURE_BYTES,
    Operation,
    Transaction,
    commitment,
    hash_of_header,
    open_salt,
)
from app.kernel.ids import OWN_BYTES, own_id, own_part
from app.replication.frames import (
    MAX_BLOCK_OPERATIONS,
    MAX_PLAIN_BYTES,
    Block,
    EarlierBlock,
    FrameError,
    FrameTooLargeError,
    Head,
    Mark,
    Packed,
    Span,
)

_SITE_LENGTH: Final = 26
_UUID_LENGTH: Final = 36
_UUID_BYTES: Final = 16
_MADE: Final = 1 << 20  # numbers of ids in the third table, negative until all tables are whole, begin here
_MADE_BYTES: Final = 2 + OWN_BYTES
_OPEN_BYTES: Final = 48  # what an operation with its hidden part adds to a block beside its body, roughly
_SHUT_BYTES: Final = 40
_TRANSACTION_BYTES: Final = 100

_Hidden = tuple[
    str, str, str, str, int, bytes, bytes
]  # actor, command, entity, entity id, version, salt, body
_NOTHING: Final = (None,) * 7  # in its place where it is withheld


def site_to_bytes(site: str) -> bytes:
    """Site id (26 characters, base32) -> its 16 bytes; ValueError when it is not one."""
    try:
        raw = base64.b32decode(site.upper() + "======")
    except binascii.Error as wrong:
        raise ValueError("not a site id") from wrong
    if len(site) != _SITE_LENGTH or site_from_bytes(raw) != site:
        raise ValueError("not a site id")
    return raw


def site_from_bytes(raw: bytes) -> str:
    """16 bytes -> site id."""
    return base64.b32encode(raw).decode().rstrip("=").lower()


def pack_heads(vector: Mapping[str, tuple[int, bytes]]) -> list[Head]:
    """Vector with head hashes -> wire."""
    return [Head(site_to_bytes(site), seq, digest) for site, (seq, digest) in vector.items() if seq]


def marks(vector: Mapping[str, int]) -> list[Mark]:
    """Vector -> wire."""
    return [Mark(site_to_bytes(site), seq) for site, seq in vector.items()]


def vector_of(entries: Iterable[Head] | Iterable[Mark]) -> dict[str, int]:
    """Wire -> vector; FrameError when a site stands twice."""
    out: dict[str, int] = {}
    for entry in entries:
        site = site_from_bytes(entry.site)
        if site in out:
            raise FrameError("a site stands twice")
        out[site] = entry.seq
    return out


def spans(ranges: Iterable[tuple[str, int, int]]) -> list[Span]:
    """(site, first, last) -> wire."""
    return [Span(site_to_bytes(site), first, last) for site, first, last in ranges]


def ranges_of(entries: Iterable[Span]) -> dict[str, list[tuple[int, int]]]:
    """Wire -> ranges per site; FrameError when one is empty or reversed."""
    out: dict[str, list[tuple[int, int]]] = {}
    for span in entries:
        if not 1 <= span.first <= span.last:
            raise FrameError("range")
        out.setdefault(site_from_bytes(span.site), []).append((span.first, span.last))
    return out


def estimate(tx: Transaction) -> int:
    """Bytes a transaction adds to a block before compression, roughly."""
    total = _TRANSACTION_BYTES + HASH_BYTES * len(tx[0].parents)
    for op in tx:
        total += _SHUT_BYTES if op.body is None else _OPEN_BYTES + len(op.body)
    return total


def _uuid_bytes(text: str) -> bytes | None:
    """The 16 bytes of a canonical UUID, None for any other text."""
    if len(text) != _UUID_LENGTH:
        return None
    try:
        raw = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return None
    return raw if len(raw) == _UUID_BYTES and _uuid_text(raw) == text else None


def _uuid_text(raw: bytes) -> str:
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _column(values: list[int]) -> list[int]:
    """One entry stands for all when they are equal."""
    return values[:1] if values and values.count(values[0]) == len(values) else values


@dataclass
class _Tables:
    """Words and UUIDs of a block; a UUID's number is known only when all words are, so it is kept negative
    until then.
    """

    words: dict[str, int] = field(default_factory=dict)
    uuids: dict[bytes, int] = field(default_factory=dict)
    made: list[bytes] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        known = self.seen.get(text)
        if known is None:
            raw = _uuid_bytes(text)
            known = (
                self.words.setdefault(text, len(self.words))
                if raw is None
                else ~self.uuids.setdefault(raw, len(self.uuids))
            )
            self.seen[text] = known
        return known

    def number_of_id(self, text: str, site: str, index: int) -> int:
        """The same for the id of a record, which the site of the operation (and its number in the block) may have made."""
        known = self.seen.get(text)
        if known is not None:
            return known
        part = own_part(text, site)
        if part is None:
            return self.number(text)
        known = self.seen[text] = -_MADE - len(self.made)
        self.made.append(index.to_bytes(_MADE_BYTES - OWN_BYTES) + part)
        return known

    def settle(self, column: list[int]) -> list[int]:
        if len(column) == 1 and column[0] >= 0:
            return column
        words = len(self.words)
        ids = words + len(self.uuids)
        return _column([n if n >= 0 else words + ~n if n > -_MADE else ids - _MADE - n for n in column])

    def made_in_planes(self) -> bytes:
        rows = b"".join(self.made)
        return b"".join(rows[at::_MADE_BYTES] for at in range(_MADE_BYTES))


_Row = tuple[
    tuple[int, int, bytes, list[int | bytes], list[int]],
    list[int],
    bytes,
    list[int],
    tuple[list[int], list[int], list[int], list[int]],
    list[int],
    tuple[bytes, list[bytes], bytes],
]  # parts of a `Packed`, numbers of texts not yet final


class _Packing:
    """Builds one block."""

    def __init__(self, txs: Sequence[Transaction], compact: bool) -> None:
        self._txs, self._compact = txs, compact
        self._sites: dict[str, int] = {}
        self._tables = _Tables()
        self._ends: dict[str, Operation] = {}
        self._numbers: dict[bytes, int] = {}
        self._first_hlc = self._hlc = txs[0][0].hlc

    def block(self) -> Block:
        rows = [self._row(number, tx) for number, tx in enumerate(self._txs)]
        packed = [self._settled(row) for row in rows]
        words, uuids = list(self._tables.words), b"".join(self._tables.uuids)
        sites = [site_to_bytes(site) for site in self._sites]
        return Block(sites, words, uuids, self._first_hlc, packed, self._tables.made_in_planes())

    def _settled(self, row: _Row) -> Packed:
        """A row with the numbers its texts have now that the tables are whole."""
        before, scopes, commits, shut, (actors, commands, entities, entity_ids), schemas, after = row
        settle = self._tables.settle
        names = (settle(actors), settle(commands), settle(entities), settle(entity_ids))
        return Packed(*before, settle(scopes), commits, shut, *names, _column(schemas), *after)

    def _row(self, number: int, tx: Transaction) -> _Row:
        first, last = tx[0], tx[-1]
        before = self._ends.get(first.site)
        goes_on = before is not None and before.hash == first.prev and before.seq + 1 == first.seq
        hlcs = []
        for op in tx:
            hlcs.append(op.hlc - self._hlc)
            self._hlc = op.hlc
        number_of, site = self._tables.number, self._sites.setdefault(first.site, len(self._sites))
        opened: Sequence[Operation] = tx
        shut: list[int] = []
        if any(op.body is None for op in tx):
            shut = [index for index, op in enumerate(tx) if op.body is None]
            opened = [op for op in tx if op.body is not None]
        names = (
            [number_of(op.actor or "") for op in opened],
            [number_of(op.command or "") for op in opened],
            [number_of(op.entity or "") for op in opened],
            [self._number_of_id(op.entity_id or "", first.site, site) for op in opened],
        )
        parents = [self._numbers.get(parent, parent) for parent in first.parents]
        self._ends[first.site] = last
        self._numbers[last.hash] = number
        return (
            (site, 0, b"", parents, hlcs) if goes_on else (site, first.seq, first.prev, parents, hlcs),
            [number_of(op.scope) for op in tx],
            b"".join([tx[index].commit for index in shut]),
            shut if len(shut) < len(tx) else [],
            names,
            [op.schema_v or 0 for op in opened],
            (self._salts(opened), [op.body or b"" for op in opened], last.sig or b""),
        )

    def _number_of_id(self, text: str, site: str, index: int) -> int:
        return self._tables.number_of_id(text, site, index) if self._compact else self._tables.number(text)

    def _salts(self, opened: Sequence[Operation]) -> bytes:
        """None where all of them follow from the places of the operations."""
        if self._compact and all(op.salt == open_salt(op.site, op.seq, op.prev) for op in opened):
            return b""
        return b"".join(op.salt or b"" for op in opened)


def pack_block(txs: Sequence[Transaction], compact: bool = False) -> Block:
    """Transactions (at least one, in causal order) -> block; FrameTooLargeError when it has too many
    operations or bytes.

    `compact`: for readers of version 3 of operations and later; what they can compute of salts and ids is left out.
    """
    if sum(map(len, txs)) > MAX_BLOCK_OPERATIONS or sum(map(estimate, txs)) > MAX_PLAIN_BYTES:
        raise FrameTooLargeError("block")
    return _Packing(txs, compact).block()


def earlier(block: Block) -> Block:
    """The same block, to be encoded for readers that know no ids without tags; it must hold none."""
    old = EarlierBlock(block.sites, block.words, block.uuids, block.hlc, block.transactions)
    return old  # type: ignore[return-value]


def _spread(column: list[int], count: int) -> list[int]:
    if len(column) == count:
        return column
    if len(column) == 1:
        return column * count
    raise FrameError("column")


def _pieces(blob: bytes, size: int, count: int) -> list[bytes]:
    if len(blob) != size * count:
        raise FrameError("column")
    return [blob[start : start + size] for start in range(0, len(blob), size)]


@dataclass(frozen=True)
class _Open:
    """Columns of the operations of a transaction whose hidden part came along."""

    actors: list[str]
    commands: list[str]
    entities: list[str]
    entity_ids: list[str]
    schemas: list[int]
    salts: list[bytes]
    bodies: list[bytes]

    def hidden(self, n: int, site: str, seq: int, prev: bytes) -> _Hidden:
        """The hidden part of the nth of them, which stands at this place of this chain."""
        return (
            self.actors[n],
            self.commands[n],
            self.entities[n],
            self.entity_ids[n],
            self.schemas[n],
            self.salts[n] if self.salts else open_salt(site, seq, prev),
            self.bodies[n],
        )


def _is_alone(packed: Packed) -> bool:
    """True if every column that must have one entry has one, none withheld."""
    return (
        len(packed.hlcs) == len(packed.scopes) == len(packed.actors) == len(packed.commands) == 1
        and len(packed.entities) == len(packed.entity_ids) == len(packed.schemas) == len(packed.bodies) == 1
        and not packed.commits
        and not packed.shut
        and len(packed.salts) in (0, SALT_BYTES)
        and len(packed.sig) in (0, SIGNATURE_BYTES)
    )


class _Unpacking:
    """Reads one block from beginning to end."""

    def __init__(self, realm: str, block: Block) -> None:
        self._realm, self._block = realm, block
        self._sites = [site_from_bytes(raw) for raw in block.sites]
        uuids = _pieces(block.uuids, _UUID_BYTES, len(block.uuids) // _UUID_BYTES)
        self._words = [*block.words, *map(_uuid_text, uuids), *self._made(block.made)]
        self._ends: dict[str, Operation] = {}
        self._hashes: list[bytes] = []
        self._hlc = block.hlc
        self._operations = 0

    def _made(self, blob: bytes) -> Iterator[str]:
        """Ids that sites of this block made."""
        count = len(blob) // _MADE_BYTES
        if len(blob) != count * _MADE_BYTES:
            raise FrameError("made")
        try:
            for n in range(count):
                row = blob[n::count]
                yield own_id(row[-OWN_BYTES:], self._sites[int.from_bytes(row[:-OWN_BYTES])])
        except (ValueError, IndexError) as wrong:
            raise FrameError("made") from wrong

    def transactions(self) -> Iterator[Transaction]:
        for packed in self._block.transactions:
            self._operations += len(packed.hlcs)
            if self._operations > MAX_BLOCK_OPERATIONS:
                raise FrameError("too many operations")
            try:
                tx = self._alone(packed) if _is_alone(packed) else self._transaction(packed)
            except IndexError as wrong:
                raise FrameError("number outside its table") from wrong
            self._ends[tx[-1].site] = tx[-1]
            self._hashes.append(tx[-1].hash)
            yield tx

    def _alone(self, packed: Packed) -> Transaction:
        """A transaction of one whole operation, as most are: the same as `_transaction`, without columns."""
        site, words = self._sites[packed.site], self._words
        seq, prev = self._beginning(packed, site)
        self._hlc += packed.hlcs[0]
        if not 0 <= self._hlc < 1 << 63:
            raise FrameError("hlc")
        parents = tuple(sorted(self._hashes[p] if isinstance(p, int) else p for p in packed.parents))
        scope, body, version = words[packed.scopes[0]], packed.bodies[0], packed.schemas[0]
        actor, command = words[packed.actors[0]], words[packed.commands[0]]
        entity, entity_id = words[packed.entities[0]], words[packed.entity_ids[0]]
        salt = packed.salts or open_salt(site, seq, prev)
        commit = commitment(salt, actor, command, entity, entity_id, version, body)
        digest = hash_of_header(
            self._realm, site, seq, prev, seq, True, b"".join(parents), self._hlc, scope, commit
        )
        return (
            Operation(
                digest, site, seq, prev, seq, True, parents, self._hlc, scope, commit, packed.sig or None, actor, command,
                entity, entity_id, version, salt, body,
            ),
        )  # fmt: skip

    def _transaction(self, packed: Packed) -> Transaction:
        site, count = self._sites[packed.site], len(packed.hlcs)
        seq, prev = self._beginning(packed, site)
        if packed.sig and len(packed.sig) != SIGNATURE_BYTES:
            raise FrameError("signature")
        first, realm = seq, self._realm
        shut = self._shut(packed, count)
        commits = iter(_pieces(packed.commits, HASH_BYTES, len(shut)))
        opened = self._opened(packed, count - len(shut))
        parents = tuple(sorted(self._hashes[p] if isinstance(p, int) else p for p in packed.parents))
        named = b"".join(parents)
        scopes = self._texts(packed.scopes, count)
        ops: list[Operation] = []
        nth = 0
        hidden: _Hidden | tuple[None, ...]
        for index, step in enumerate(packed.hlcs):
            self._hlc += step
            if not 0 <= self._hlc < 1 << 63:
                raise FrameError("hlc")
            last = index == count - 1
            if index in shut:
                commit, hidden = next(commits), _NOTHING
            else:
                hidden = opened.hidden(nth, site, seq, prev)
                actor, command, entity, entity_id, version, salt, body = hidden
                commit = commitment(salt, actor, command, entity, entity_id, version, body)
                nth += 1
            digest = hash_of_header(
                realm, site, seq, prev, first, last, b"" if index else named, self._hlc, scopes[index], commit
            )
            ops.append(
                Operation(
                    digest, site, seq, prev, first, last, () if index else parents, self._hlc, scopes[index], commit,
                    (packed.sig or None) if last else None, *hidden,
                )
            )  # fmt: skip
            seq, prev = seq + 1, digest
        return tuple(ops)

    def _beginning(self, packed: Packed, site: str) -> tuple[int, bytes]:
        """Sequence number and prev of a transaction's first operation."""
        if packed.seq:
            if len(packed.prev) != (HASH_BYTES if packed.seq > 1 else 0):
                raise FrameError("prev")
            return packed.seq, packed.prev
        before = self._ends.get(site)
        if before is None or packed.prev:
            raise FrameError("continues nothing")
        return before.seq + 1, before.hash

    def _shut(self, packed: Packed, count: int) -> frozenset[int]:
        """Positions of the withheld operations."""
        shut = frozenset(packed.shut)
        if len(shut) != len(packed.shut) or any(index >= count for index in shut):
            raise FrameError("withheld positions")
        if not shut and packed.commits:
            return frozenset(range(count))
        return shut

    def _opened(self, packed: Packed, count: int) -> _Open:
        if len(packed.bodies) != count:
            raise FrameError("column")
        return _Open(
            actors=self._texts(packed.actors, count),
            commands=self._texts(packed.commands, count),
            entities=self._texts(packed.entities, count),
            entity_ids=self._texts(packed.entity_ids, count),
            schemas=_spread(packed.schemas, count),
            salts=_pieces(packed.salts, SALT_BYTES, count) if packed.salts else [],
            bodies=packed.bodies,
        )

    def _texts(self, column: list[int], count: int) -> list[str]:
        return [self._words[number] for number in _spread(column, count)]


def unpack_block(realm: str, block: Block) -> Iterator[Transaction]:
    """Block -> transactions with their hashes and commitments computed anew, one at a time; FrameError when
    it does not add up.

    Signatures, scopes and the place in the causal past are for the journal to judge.
    """
    if len(block.uuids) % _UUID_BYTES:
        raise FrameError("uuids")
    return _Unpacking(realm, block).transactions()
