"""Signatures of what arrives, looked at beside the writer: one for all transactions that it vouches for (decision 0026)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from app.journal.faults import BadTransactionError
from app.journal.operation import Transaction
from app.journal.site_keys import rotation_in
from app.journal.taking import key_in


class Verifier:
    """Keys of the chains, and which of the waiting transactions were found genuine with which of them."""

    def __init__(self) -> None:
        self._keys: dict[str, VerifyKey] = {}
        self._rotated: set[str] = set()
        self._sealed: dict[bytes, bytes] = {}
        self._runs: dict[bytes, list[bytes]] = {}  # by the last hash: transactions that wait for a signature

    def learn(self, keys: Mapping[str, bytes], rotated: Iterable[str]) -> None:
        """Keys in force, as the journal has them; chains whose key was ever changed."""
        for site, key in keys.items():
            known = self._keys.get(site)
            if known is None or bytes(known) != key:
                self._keys[site] = VerifyKey(key)
        self._rotated.update(rotated)

    def begin(self) -> None:
        """A new frame: nothing in it vouches for what was in another."""
        self._runs.clear()

    def look(self, tx: Transaction) -> bool:
        """Check a transaction, in the order of its frame, where the key is known. A new chain brings its key, which its name is
        the hash of. On a chain that has changed its key what does not fit here is left to the journal, which knows the key in
        force at every place; so is what nothing in its frame vouches for.

        False for a signature that does not fit on a chain of which no change is known here: it is wrong, unless the journal
        heard of a change from somebody else (`learn`, then `has_rotated`).
        """
        first, last = tx[0], tx[-1]
        run = self._runs.pop(first.prev, None) if self._runs else None
        rotates = any(op.entity == "site" and rotation_in(op) for op in tx)
        if rotates:
            self._rotated.add(last.site)
        if last.sig is None:
            if not rotates:
                waiting = [] if run is None else run
                waiting.append(last.hash)
                self._runs[last.hash] = waiting
            return True
        key = self._keys.get(last.site) or self._brought(tx)
        if key is None:
            return True
        try:
            key.verify(last.hash, last.sig)
        except BadSignatureError:
            return self.has_rotated(last.site)
        for digest in (last.hash, *(run or ())):
            self._sealed[digest] = bytes(key)
        return True

    def has_rotated(self, site: str) -> bool:
        """True if a change of this chain's key is known here."""
        return site in self._rotated

    def _brought(self, tx: Transaction) -> VerifyKey | None:
        if tx[0].seq != 1:
            return None
        try:
            key = self._keys[tx[0].site] = VerifyKey(key_in(tx[0]))
        except (BadTransactionError, ValueError):
            return None  # for the journal to say
        return key

    def sealed(self, txs: Sequence[Transaction]) -> dict[bytes, bytes]:
        """Of these the genuine ones: last hash -> key."""
        return {tx[-1].hash: key for tx in txs if (key := self._sealed.get(tx[-1].hash)) is not None}

    def forget(self, txs: Iterable[Transaction]) -> None:
        """They are taken, or will not be."""
        for tx in txs:
            self._sealed.pop(tx[-1].hash, None)

    def forget_all(self) -> None:
        """Everything that waits comes again."""
        self._sealed.clear()
