"""Keys in force on a chain: the first, whose hash is the site's id, and those it was rotated to (docs/decisions/0033).

A rotation is an operation of the site about itself, signed by the key before it; the transactions after it are signed by the
new key. Which key is in force follows from the chain alone, never from what is valid: everybody who holds the chain agrees.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from app.journal import verbs
from app.journal.operation import Operation, pack, unpack
from app.journal.store import Chain, Store
from db.fields import JOINT

SINCE_V = 3
_CANDIDATES = (
    "SELECT hash, site, seq, tx, scope, schema_v, body FROM op"
    " WHERE entity = 'site' AND entity_id = site AND body IS NOT NULL ORDER BY n"
)


@dataclass(frozen=True, slots=True)
class Rotation:
    """One change of a chain's key: the operation that made it, the beginning of its transaction, the key from then on."""

    site: str
    seq: int
    tx: int
    hash: bytes
    key: bytes


def succession_text(realm: str, site: str, key: bytes) -> bytes:
    """What the old key and the new key both sign: this site goes on under this key."""
    return b"jdc-succession-1" + pack([realm, site, key])


def succession(realm: str, site: str, old: SigningKey, new: SigningKey) -> dict[str, bytes]:
    """Body parts of a rotation: the new key, the old key's word for it, and proof that somebody holds it."""
    text = succession_text(realm, site, bytes(new.verify_key))
    return {
        "key": bytes(new.verify_key),
        "by": old.sign(text).signature,
        "proof": new.sign(text).signature,
    }


def succeeds(realm: str, site: str, old: bytes, key: bytes, by: bytes, proof: bytes) -> bool:
    """True if the old key (32 bytes) named this key, and the new key's holder agreed."""
    text = succession_text(realm, site, key)
    try:
        VerifyKey(old).verify(text, by)
        VerifyKey(key).verify(text, proof)
    except (BadSignatureError, ValueError):
        return False
    return True


def rotation_in(op: Operation) -> bytes | None:
    """The new key if this operation rotates its own site's, by its form alone; its signatures are looked at by `Keys`."""
    if op.body is None or op.entity != "site" or op.entity_id != op.site or op.scope != JOINT:
        return None
    if (op.schema_v or 0) < SINCE_V:
        return None
    return _named(op.body)


def _named(body: object) -> bytes | None:
    try:
        content = unpack(body) if isinstance(body, bytes) else None
    except ValueError:
        return None
    if not isinstance(content, dict) or content.get("v") != verbs.ROTATE:
        return None
    return bytes(content["key"]) if verbs.well_formed("site", content) else None


class Keys:
    """Keys of all chains held here."""

    def __init__(
        self, connection: sqlite3.Connection, realm: str, store: Store, chains: Mapping[str, Chain]
    ) -> None:
        self._store, self._chains, self._realm = store, chains, realm
        self._rotations: dict[str, list[Rotation]] = {}
        for digest, site, seq, tx, scope, version, body in connection.execute(_CANDIDATES):
            if scope == JOINT and (version or 0) >= SINCE_V and (key := _named(body)) is not None:
                self._note(Rotation(site, seq, tx, digest, key), body)

    def saw(self, tx: Iterable[Operation]) -> None:
        """A transaction was stored: take note of what it rotates."""
        for op in tx:
            if op.body is not None and (key := rotation_in(op)) is not None:
                self._note(Rotation(op.site, op.seq, op.tx, op.hash, key), op.body)

    def _note(self, rotation: Rotation, body: bytes) -> None:
        known = self._rotations.get(rotation.site, [])
        chain, content = self._chains.get(rotation.site), unpack(body)
        if chain is None or any(each.hash == rotation.hash for each in known):
            return
        old = self._before(rotation.site, chain, rotation.tx, rotation.hash)
        if succeeds(self._realm, rotation.site, old, rotation.key, content["by"], content["proof"]):
            self._rotations.setdefault(rotation.site, []).append(rotation)

    def before(self, first: Operation, chain: Chain) -> bytes:
        """The key that signs the transaction which begins with `first`."""
        return self._before(first.site, chain, first.tx, first.prev)

    def current(self, site: str) -> bytes | None:
        """The key a chain's next transaction has to be signed with; None for a site that is not known."""
        chain = self._chains.get(site)
        return None if chain is None else self._before(site, chain, chain.seq + 1, chain.hash)

    def rotates(self, op: Operation) -> bool:
        """True if this stored operation changed its chain's key."""
        return any(each.hash == op.hash for each in self._rotations.get(op.site, ()))

    def rotations(self, site: str) -> list[Rotation]:
        """Changes of a site's key, in the order they were stored."""
        return list(self._rotations.get(site, ()))

    def succession(self, site: str) -> tuple[bytes, list[tuple[bytes, bytes, bytes]]]:
        """A chain's first key, and (key, by, proof) of each of its changes."""
        found = sorted(self._rotations.get(site, ()), key=lambda each: each.seq)
        bodies = [op.content for each in found if (op := self._store.get(each.hash)) is not None]
        return self._chains[site].key, [(body["key"], body["by"], body["proof"]) for body in bodies]

    def _before(self, site: str, chain: Chain, tx: int, digest: bytes) -> bytes:
        """Key in force where a transaction begins at number `tx`, `digest` being an operation of its branch."""
        rotations = self._rotations.get(site)
        if not rotations:
            return chain.key
        below = tx
        if chain.fork_seq is not None and tx > chain.fork_seq:  # numbers are ambiguous there: walk the hashes
            by_hash = {each.hash: each for each in rotations}
            for step, seq in self._back(digest):
                if seq < tx and step in by_hash:
                    return by_hash[step].key
                below = seq
                if seq < chain.fork_seq:
                    break
        last = max((each for each in rotations if each.seq < below), key=lambda each: each.seq, default=None)
        return chain.key if last is None else last.key

    def _back(self, digest: bytes) -> Iterator[tuple[bytes, int]]:
        while digest and (place := self._store.place(digest)) is not None:
            yield digest, place[1]
            digest = place[2]
