"""Walking the journal's chains entry by entry: hashes, commitments, links, transactions, parents, signatures.

Nothing here trusts a column that another one vouches for. The hot loop does what app/journal/operation.py
does (`header_hash`, `commitment`), with one packing call for each header; a test holds the two together. Only
sqlite3, hashlib and libsodium are needed, so that a second process starts quickly.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import nacl.bindings
from nacl.exceptions import BadSignatureError

from app.journal.chain_faults import ChainFault, FaultKind, Walked
from app.journal.keys import KEY_BYTES
from app.journal.operation import HASH_BYTES, SIGNATURE_BYTES

BATCH = 500  # rows at a time: larger batches leave the processor's cache
KEPT_NAMES = 10_000
_COLUMNS = (
    "n, hash, site, seq, prev, tx, tx_last, parents, sig,"
    " hlc, scope, commitment, actor, command, entity, entity_id, schema_v, salt, body"
)
_RANGE = f"SELECT {_COLUMNS} FROM op WHERE n > ? AND n <= ? ORDER BY n"  # nosec B608
_WRONG_TYPE = (struct.error, TypeError, AttributeError, UnicodeError, IndexError)
_U64 = struct.Struct(">Q").pack
_EIGHT = _U64(8)

_WITHHELD = (None,) * 6

Row = tuple[Any, ...]
End = tuple[int, bytes]
START: End = (0, b"")
NOWHERE: End = (-2, b"")  # of a site that is not known
UNCERTAIN = ("", 0)  # after an edited entry: whether its transaction goes on is not known


@dataclass(frozen=True)
class Range:
    """Rows after `first` up to `last`; the first keys of the chains; what to check.

    `own`: site of this journal, whose transactions are all signed; of others one signature may stand for several (decision 0026).
    `rotated`: of chains whose key was changed, (seq, hash, key from the next transaction on), in the order of seq.
    """

    first: int
    last: int
    realm: str
    keys: Mapping[str, bytes]
    signatures: bool
    rotated: Mapping[str, Sequence[tuple[int, bytes, bytes]]] = field(default_factory=dict)
    own: str = ""


def ends_before(connection: sqlite3.Connection, sites: Iterable[str], row: int) -> dict[str, End]:
    """End of each chain among the rows up to `row`."""
    ends: dict[str, End] = {}
    for site in sites:
        found = connection.execute(
            "SELECT seq, hash FROM op WHERE site = ? AND n <= ? ORDER BY seq DESC LIMIT 1", (site, row)
        ).fetchone()
        if found is not None:
            ends[site] = (found[0], found[1])
    return ends


def walk(connection: sqlite3.Connection, part: Range, tell: Callable[[int], None] | None = None) -> Walked:
    """Check a range of rows that begins and ends between transactions; `tell` is given the rows done so far."""
    factory = connection.text_factory
    try:
        return _walk(connection, part, tell)
    except sqlite3.OperationalError as error:
        if hasattr(error, "sqlite_errorcode"):
            raise
        connection.text_factory = (
            _any_text  # a text that is no UTF-8: read on, slower, and say where it stands
        )
        return _walk(connection, part, tell)
    finally:
        connection.text_factory = factory


def _any_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _walk(connection: sqlite3.Connection, part: Range, tell: Callable[[int], None] | None) -> Walked:
    walker = _Walker(connection, part)
    cursor = connection.cursor()
    cursor.row_factory = None
    entries = bodies = 0
    try:
        cursor.execute(_RANGE, (part.first, part.last))
        while batch := cursor.fetchmany(BATCH):
            entries += len(batch)
            bodies += walker.check(batch)
            if tell is not None:
                tell(entries)
    except sqlite3.DatabaseError as error:
        if not hasattr(error, "sqlite_errorcode"):
            raise
        walker.unreadable(str(error))
    walker.finish()
    return Walked(entries, bodies, walker.signatures, tuple(walker.faults))


class _Walker:
    def __init__(self, connection: sqlite3.Connection, part: Range) -> None:
        self._connection, self._part = connection, part
        self._ends = dict.fromkeys(part.keys, START) | ends_before(connection, part.keys, part.first)
        self._hasher = Hasher(part.realm)
        self._open: tuple[str, int] | None = None
        self._read: tuple[Sequence[Row], Sequence[Row]] = ((), ())  # the batch before and this one
        self._recent: dict[bytes, int] | None = None  # rows of both by hash, made for the first parent named
        self._last: Row | None = None
        self._forks: dict[str, int] = {}
        self.faults: list[ChainFault] = []
        self.signatures = 0
        self._unsigned: dict[
            bytes, Row
        ] = {}  # ends of transactions that the next one of their chain has to vouch for

    def check(self, batch: Sequence[Row]) -> int:
        """Check rows that follow those checked before; returns how many hold a body."""
        try:
            faults = self._hasher.faults(batch)
        except _WRONG_TYPE:
            faults = [fault for row in batch for fault in self._one(row)]
        self.faults += faults
        wrong = {fault.row for fault in faults}
        self._read, self._recent = (self._read[1], batch), None
        ends, short = self._ends, not self._part.signatures
        for row in batch:
            n, digest, site, seq, prev, tx, last, parents = row[:8]
            end = ends.get(site, NOWHERE)
            fits = prev == end[1] and seq == end[0] + 1 == tx and last == 1 and self._open is None
            if short and fits and not parents and n not in wrong:
                ends[site] = (seq, digest)  # an act of one operation without parents: most of a journal
            else:
                self._link(row, wrong)
            self._last = row
        return len(batch) - [row[18] for row in batch].count(None)

    def _one(self, row: Row) -> list[ChainFault]:
        try:
            return self._hasher.faults([row])
        except _WRONG_TYPE as wrong:
            return [ChainFault(FaultKind.TYPE, str(row[2]), _number(row[3]), row[0], detail=str(wrong))]

    # -- links ---------------------------------------------------------------------------------------------------
    def _link(self, row: Row, wrong: set[int | None]) -> None:
        n, digest, site, seq, prev, tx, last, parents, sig = row[:9]
        end = self._ends.get(site, NOWHERE)
        if prev == end[1] and seq == end[0] + 1:
            self._ends[site] = (seq, digest)
        elif end is NOWHERE:
            self._fault(FaultKind.UNKNOWN_SITE, row)
            self._ends[site] = (_number(seq), digest)
        elif n not in wrong or seq != end[0] + 1:  # an edited entry is named once
            self._odd_link(row, end)
        else:
            self._ends[site] = (seq, digest)
        if parents:
            self._parents(row)
        if tx == seq and self._unsigned:
            self._unsigned.pop(prev, None)  # this transaction, or one after it, vouches for it
        if n in wrong:
            self._open = UNCERTAIN
        elif self._open is not None or not last or tx != seq:
            self._transaction(row)
        if last:
            if self._part.signatures:
                self._signature(row)
        elif sig is not None:
            self._fault(FaultKind.TRANSACTION, row, "a signature inside a transaction")

    def _odd_link(self, row: Row, end: End) -> None:
        n, digest, site, seq, prev = row[:5]
        if type(seq) is not int:
            self._fault(FaultKind.TYPE, row)
            return
        before = self._connection.execute("SELECT n, site, seq FROM op WHERE hash = ?", (prev,)).fetchone()
        known = before is not None and tuple(before[1:]) == (site, seq - 1) if prev else seq == 1
        if known and seq >= self._forked_at(site) and (before is None or before[0] < n):
            self._ends[site] = max(end, (seq, digest))
        elif seq > end[0] + 1:
            self._jump(row, end)
            self._ends[site] = (seq, digest)
        elif seq == end[0] + 1:
            self._broken_link(row)
            self._ends[site] = (seq, digest)
        elif known:
            self._fault(FaultKind.ORDER, row, "stands after a later entry")
        else:
            self._fault(FaultKind.LINK, row, "a second entry under this number")

    def _forked_at(self, site: str) -> int:
        """First number with two entries; beyond all numbers when there is none."""
        if site not in self._forks:
            found = self._connection.execute(
                "SELECT seq FROM op WHERE site = ? GROUP BY seq HAVING count(*) > 1 ORDER BY seq LIMIT 1",
                (site,),
            ).fetchone()
            self._forks[site] = found[0] if found else 1 << 63
        return self._forks[site]

    def _jump(self, row: Row, end: End) -> None:
        """Numbers were left out: those that stand later are out of order, the others are missing."""
        site, seq = row[2], row[3]
        later = {
            each[0]
            for each in self._connection.execute(
                "SELECT seq FROM op WHERE site = ? AND seq > ? AND seq < ? AND n > ?",
                (site, end[0], seq, row[0]),
            )
        }
        if later:
            self._fault(FaultKind.ORDER, row, f"stands before entry {min(later)}")
        gap = end[0] + 1
        for present in sorted(later | {seq}):
            if gap < present:
                self.faults.append(ChainFault(FaultKind.MISSING, site, gap, row[0], present - 1))
            gap = present + 1

    def _broken_link(self, row: Row) -> None:
        """Two neighbours that do not fit: whichever a signature vouches for is genuine."""
        site, seq = row[2], row[3]
        if self._vouched(row):
            if not any(fault.site == site and fault.seq == seq - 1 for fault in self.faults):
                self.faults.append(ChainFault(FaultKind.REPLACED, site, seq - 1))
        else:
            self._fault(FaultKind.LINK, row, f"does not follow entry {seq - 1}")

    def _vouched(self, row: Row) -> bool:
        """True if this row hangs together with what follows it, up to a signature of the site."""
        site, prev, seq, key = row[2], row[4], row[3], self._key(row)
        for each in self._connection.execute(
            f"SELECT {_COLUMNS} FROM op WHERE site = ? AND seq >= ? ORDER BY seq, n",  # nosec B608
            (site, row[3]),
        ):
            if each[4] != prev and each[3] < seq:
                continue  # of another branch
            if each[4] != prev or self._one(tuple(each)):
                return False
            if each[6] and (each[8] is not None or self._turns(tuple(each))):
                return signed(each[1], each[8], key)
            prev, seq = each[1], each[3] + 1
        return False

    # -- transactions, parents, signatures -------------------------------------------------------------------------
    def _transaction(self, row: Row) -> None:
        site, seq, tx, last, parents = row[2], row[3], row[5], row[6], row[7]
        if self._open == (site, tx):
            if parents:
                self._fault(FaultKind.TRANSACTION, row, "parents inside a transaction")
        elif self._open != UNCERTAIN:
            if self._open is not None and self._last is not None:
                self._fault(FaultKind.TRANSACTION, self._last, "has no end")
            if tx != seq and not self._shares_beginning(row):
                self._fault(FaultKind.TRANSACTION, row, "begins in the middle")
        if last not in (0, 1):
            self._fault(FaultKind.TYPE, row, "tx_last")
        self._open = None if last else (site, tx)

    def _shares_beginning(self, row: Row) -> bool:
        """True for the rest of a transaction whose beginning stands with the first branch of a fork."""
        n, site, seq, prev, tx = row[0], row[2], row[3], row[4], row[5]
        before = self._connection.execute("SELECT n, site, tx FROM op WHERE hash = ?", (prev,)).fetchone()
        return (
            before is not None
            and before[0] < n
            and tuple(before[1:]) == (site, tx)
            and seq >= self._forked_at(site)
        )

    def _parents(self, row: Row) -> None:
        parents = row[7]
        if not isinstance(parents, bytes) or len(parents) % HASH_BYTES:
            self._fault(FaultKind.PARENT, row, "not a list of hashes")
            return
        named = [parents[i : i + HASH_BYTES] for i in range(0, len(parents), HASH_BYTES)]
        if named != sorted(set(named)):
            self._fault(FaultKind.PARENT, row, "not in order")
        if self._recent is None:
            self._recent = {each[1]: each[0] for part in self._read for each in part}
        for digest in named:
            at = self._recent.get(digest) or self._row_of(digest)
            if at is None:
                self._fault(FaultKind.PARENT, row, f"missing {digest.hex()[:16]}")
            elif at >= row[0]:
                self._fault(FaultKind.PARENT, row, f"stands later {digest.hex()[:16]}")

    def _row_of(self, digest: bytes) -> int | None:
        found = self._connection.execute("SELECT n FROM op WHERE hash = ?", (digest,)).fetchone()
        return None if found is None else int(found[0])

    def _key(self, row: Row) -> bytes | None:
        """Key in force where the row's transaction begins; past a fork, by the hashes of its own branch."""
        site, seq, prev, tx = row[2], row[3], row[4], row[5]
        changes = self._part.rotated.get(site, ())
        if not changes or type(seq) is not int or type(tx) is not int:
            return self._part.keys.get(site)
        known, below = {digest: (at, key) for at, digest, key in changes}, tx
        while seq > self._forked_at(site) and isinstance(prev, bytes):
            if prev in known and known[prev][0] < tx:
                return known[prev][1]
            before = self._connection.execute("SELECT seq, prev FROM op WHERE hash = ?", (prev,)).fetchone()
            if before is None or before[0] >= seq:
                break
            seq, prev = before
            below = min(tx, seq)
        found = [key for at, _, key in changes if at < below]
        return found[-1] if found else self._part.keys.get(site)

    def _signature(self, row: Row) -> None:
        if row[8] is None and self._may_be_unsigned(row) and not self._turns(row):
            self._unsigned[row[1]] = row
            return
        key = self._key(row)
        self.signatures += 1
        if key is not None and not signed(row[1], row[8], key):
            self._fault(FaultKind.SIGNATURE, row)

    def _may_be_unsigned(self, row: Row) -> bool:
        """True of another's transaction, and past a fork of the own chain: the other branch came from elsewhere."""
        return row[2] != self._part.own or _number(row[3]) >= self._forked_at(row[2])

    def _turns(self, row: Row) -> bool:
        """True if the transaction that ends here changes the chain's key: it has to stand by its own signature."""
        return any(row[5] <= at <= row[3] for at, _, _ in self._part.rotated.get(row[2], ()))

    # -- the end ---------------------------------------------------------------------------------------------------
    def finish(self) -> None:
        """After the last row: a transaction still open has no end, one without a signature nobody to vouch for it."""
        for digest, row in self._unsigned.items():
            sql = "SELECT 1 FROM op WHERE site = ? AND seq = ? AND prev = ? AND tx = seq"
            if self._connection.execute(sql, (row[2], row[3] + 1, digest)).fetchone() is None:
                self._fault(FaultKind.SIGNATURE, row)
        if self._open not in (None, UNCERTAIN) and self._last is not None:
            self._fault(FaultKind.TRANSACTION, self._last, "has no end")

    def unreadable(self, why: str) -> None:
        """The file gave out after the last row."""
        row = self._last
        site, seq, n = (
            (str(row[2]), _number(row[3]), row[0]) if row is not None else ("", 0, self._part.first)
        )
        self._open = None
        self.faults.append(ChainFault(FaultKind.UNREADABLE, site, seq, n, detail=why))

    def _fault(self, kind: FaultKind, row: Row, detail: str = "") -> None:
        self.faults.append(ChainFault(kind, str(row[2]), _number(row[3]), row[0], detail=detail))


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def signed(digest: object, signature: object, key: object) -> bool:
    """True if the signature (64 bytes) over the hash (32 bytes) was made with the site's key."""
    if not isinstance(digest, bytes) or not isinstance(signature, bytes) or not isinstance(key, bytes):
        return False
    if len(signature) != SIGNATURE_BYTES or len(key) != KEY_BYTES:  # the library does not look
        return False
    try:
        nacl.bindings.crypto_sign_open(signature + digest, key)
    except BadSignatureError:
        return False
    return True


class Hasher:
    """Recomputes hashes and commitments of rows, fast."""

    def __init__(self, realm: str) -> None:
        self._realm = realm.encode()
        self._headers: dict[tuple[Any, ...], tuple[Callable[..., bytes], bytes, bytes]] = {}
        self._names: dict[tuple[Any, ...], tuple[Callable[..., bytes], bytes]] = {}
        self._header = hashlib.blake2b(digest_size=HASH_BYTES, person=b"jdc-op-1").copy
        self._hidden = hashlib.blake2b(digest_size=HASH_BYTES, person=b"jdc-body").copy

    def faults(self, rows: Iterable[Row]) -> list[ChainFault]:
        """Rows whose header or hidden part was edited; an exception of `_WRONG_TYPE` if a column has a wrong
        type.
        """
        out: list[ChainFault] = []
        header, hidden = self._header, self._hidden
        for row in rows:
            (n, digest, site, seq, prev, tx, last, parents, _, hlc, scope, commit, actor, command, entity, entity_id,
             version, salt, body) = row  # fmt: skip
            before, named = len(prev), len(parents)
            try:
                pack, start, middle = self._headers[site, scope, before, named, len(commit)]
            except KeyError:
                pack, start, middle = self._frame(site, scope, before, named, len(commit))
            hashed = header()
            hashed.update(
                pack(start, seq, before, prev, 8, tx, 1, last, named, parents, 8, hlc, middle, commit)
            )
            if hashed.digest() != digest:
                out.append(ChainFault(FaultKind.HEADER, site, seq, n))
            if body is None:
                if (actor, command, entity, entity_id, version, salt) != _WITHHELD:
                    out.append(ChainFault(FaultKind.HALF_WITHHELD, site, seq, n))
                continue
            about, size = entity_id.encode(), len(body)
            try:
                pack, names = self._names[actor, command, entity, len(salt), len(about), size]
            except KeyError:
                pack, names = self._name(actor, command, entity, len(salt), len(about), size)
            hashed = hidden()
            hashed.update(pack(len(salt), salt, names, len(about), about, 8, version, size, body))
            if hashed.digest() != commit:
                out.append(ChainFault(FaultKind.HIDDEN, site, seq, n))
        return out

    def _frame(
        self, site: str, scope: str, before: int, named: int, commit: int
    ) -> tuple[Callable[..., bytes], bytes, bytes]:
        """Packer of headers of this site and scope with so many bytes of predecessor, parents and commitment."""
        start = _prefixed(self._realm, site.encode()) + _EIGHT
        middle = _prefixed(scope.encode()) + _U64(commit)
        pack = struct.Struct(f">{len(start)}sQQ{before}sQQQBQ{named}sQQ{len(middle)}s{commit}s").pack
        frame = self._headers[site, scope, before, named, commit] = (pack, start, middle)
        return frame

    def _name(
        self, actor: str, command: str, entity: str, salt: int, about: int, body: int
    ) -> tuple[Callable[..., bytes], bytes]:
        """Packer of hidden parts with these names and so many bytes of salt, entity id and body."""
        if len(self._names) > KEPT_NAMES:
            self._names.clear()
        names = _prefixed(actor.encode(), command.encode(), entity.encode())
        pack = struct.Struct(f">Q{salt}s{len(names)}sQ{about}sQQQ{body}s").pack
        frame = self._names[actor, command, entity, salt, about, body] = (pack, names)
        return frame


def _prefixed(*parts: bytes) -> bytes:
    return b"".join(_U64(len(part)) + part for part in parts)
