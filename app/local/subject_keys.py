"""Keys of sealed contact values, outside journal and backups (REPLICATION, Contacts).

Keys of a subject that was purged are destroyed, and nobody brings them back. sqlite3.Error reaches the caller.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.local import sealing
from app.local.sealing import KEY_BYTES, key_id
from db.key_store import KeyStore


class DestroyedError(Exception):
    """The keys of this subject were destroyed: nothing is sealed for it any more."""


@dataclass(frozen=True)
class SubjectKey:
    """One key: its name, whose it is, the key (never shown, never logged)."""

    id: bytes
    subject: str
    key: bytes

    def __repr__(self) -> str:
        return f"SubjectKey({self.id.hex()})"


class SubjectKeys:
    """The keys of one site; callable from any thread."""

    def __init__(self, path: Path) -> None:
        self._store = KeyStore(path)

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def set_up(self) -> dict[str, str | int]:
        """How the file is written: see `KeyStore.set_up`."""
        return self._store.set_up()

    def for_subject(self, subject: str) -> SubjectKey:
        """The newest key of a subject; one is made when there is none. DestroyedError after a purge."""
        with self._store.guard:
            if self._store.is_destroyed(subject):
                raise DestroyedError(subject)
            found = self._store.newest(subject)
            if found is None:
                key = secrets.token_bytes(KEY_BYTES)
                found = (key_id(key), subject, key)
                self._store.add(*found)
            return SubjectKey(*found)

    def of(self, name: bytes) -> SubjectKey | None:
        """A key by its name."""
        found = self._store.named(name)
        return None if found is None else SubjectKey(*found)

    def held(self, names: Collection[bytes]) -> list[SubjectKey]:
        """Those of these keys that are here."""
        return [key for name in names if (key := self.of(name)) is not None]

    def is_destroyed(self, subject: str) -> bool:
        """True after a purge."""
        return self._store.is_destroyed(subject)

    def add(self, subject: str, key: bytes) -> bool:
        """Keep a key that came from a peer; False for what is none, and for a subject whose keys were destroyed."""
        with self._store.guard:
            if len(key) != KEY_BYTES or self._store.is_destroyed(subject):
                return False
            self._store.add(key_id(key), subject, key)
            return True

    def destroy(self, subjects: Sequence[str], texts: Iterable[tuple[str, str]] = ()) -> None:
        """Overwrite all keys of these subjects, for good, and whatever else opens one of `texts` (subject, sealed): a manipulated
        console may have sealed another contact under a key it was given."""
        with self._store.guard:
            names = [
                sealing.key_id_of(sealed)
                for subject, sealed in texts
                if self.unseal(subject, sealed) is not None
            ]
            self._store.destroy(subjects, names)

    # -- the port of use-cases ----------------------------------------------------------------------------------------------
    def seal(self, subject: str, value: str) -> str:
        """Seal a value under the newest key of a subject. DestroyedError after a purge."""
        return sealing.seal(self.for_subject(subject).key, subject, value)

    def unseal(self, subject: str, sealed: str) -> str | None:
        """The value; None while its key is not here, for ever after a purge, and for what nobody sealed for this subject."""
        try:
            held = self.of(sealing.key_id_of(sealed))
            return None if held is None else sealing.unseal(held.key, subject, sealed)
        except sealing.NotUnsealedError:
            return None
