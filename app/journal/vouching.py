"""One signature for many transactions (decision 0026).

A signature covers the hash of the last operation of its transaction, and this hash covers everything before it in its chain.
So a signed transaction vouches for those before it, and in bulk these travel and are kept without signatures of their own.
Rule: of every transaction without a signature the next one of its chain stands in the same block, in the same commit and in
the same database, up to one that is signed. A place between two transactions where nobody waits for a signature is *closed*:
blocks, commits and readings of the journal end in closed places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.journal.operation import Transaction, unsigned, weight
from app.journal.site_keys import rotation_in

SEGMENT = 32  # transactions that one signature of each chain may stand for
SEGMENT_BYTES = 32 * 1024  # so that what belongs together always fits a frame


class Open:
    """Follows transactions in their order: does one of them still wait for a signature of its chain?"""

    def __init__(self) -> None:
        self._waiting: set[bytes] = set()

    def step(self, tx: Transaction) -> bool:
        """The next transaction; True if the place behind it is closed."""
        if tx[-1].sig is not None and not self._waiting:
            return True
        self._waiting.discard(tx[0].prev)
        if tx[-1].sig is None:
            self._waiting.add(tx[-1].hash)
        return not self._waiting

    @property
    def closed(self) -> bool:
        """True if nobody waits."""
        return not self._waiting


def closed_before(txs: Sequence[Transaction], index: int) -> int:
    """The last closed place at or before an index."""
    place, waiting = 0, Open()
    for at, tx in enumerate(txs[:index]):
        if waiting.step(tx):
            place = at + 1
    return place


def closed_after(txs: Sequence[Transaction]) -> int:
    """The first closed place behind the beginning; all of them where there is none."""
    waiting = Open()
    return next((at for at, tx in enumerate(txs, 1) if waiting.step(tx)), len(txs))


def vouchers(txs: Sequence[Transaction]) -> dict[bytes, Transaction | None]:
    """For each transaction without a signature (by its last hash): the signed one of its chain that vouches for it, or None.

    Only transactions that follow each other by `prev` count; hashes are taken as they stand.
    """
    after: dict[bytes, Transaction | None] = {}
    found: dict[bytes, Transaction | None] = {}
    for tx in reversed(txs):
        last = tx[-1]
        signed = tx if last.sig is not None else after.get(last.hash)
        if last.sig is None:
            found[last.hash] = signed
        after[tx[0].prev] = signed or after.get(tx[0].prev)  # of two branches either will do
    return found


def thin(txs: Sequence[Transaction]) -> list[Transaction]:
    """The same transactions, with as few signatures as the rule allows."""
    out: list[Transaction] = []
    for segment in _segments(txs):
        followers = {tx[0].prev: tx for tx in segment}
        out += [_without_signature(tx) if _can_do_without(tx, followers) else tx for tx in segment]
    return out


def _can_do_without(tx: Transaction, followers: dict[bytes, Transaction]) -> bool:
    """Not where a version changes: of a chain that a reader must stop at, what is older stands by itself. Nor where the key
    changes."""
    follower = followers.get(tx[-1].hash)
    if tx[-1].sig is None or follower is None or tx[-1].schema_v != follower[0].schema_v:
        return False
    return not any(
        rotation_in(op) for op in tx
    )  # the new key's signatures do not vouch for what was before it


def _without_signature(tx: Transaction) -> Transaction:
    return (*tx[:-1], unsigned(tx[-1]))


def _segments(txs: Iterable[Transaction]) -> Iterable[list[Transaction]]:
    """Runs that end in closed places and are short, unless what came without signatures is longer."""
    segment: list[Transaction] = []
    waiting, place, size = Open(), 0, 0
    for tx in txs:
        more = weight(tx)
        if place and (len(segment) >= SEGMENT or size + more > SEGMENT_BYTES):
            yield segment[:place]
            segment = segment[place:]
            place, size = 0, sum(map(weight, segment))
        segment.append(tx)
        size += more
        if waiting.step(tx):
            place = len(segment)
    if segment:
        yield segment
