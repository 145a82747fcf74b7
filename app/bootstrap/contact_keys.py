"""The contact keys of a site as replication gets them, and contacts as a screen gets them (XC-07)."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from app.bootstrap.node import Node
from app.domain import contact as contact_rules
from app.kernel.changes import Change, ChangeSet
from app.kernel.enums import ChangeKind, Origin
from app.kernel.errors import EnvironmentFault
from app.local.sealing import NotUnsealedError, key_id, key_id_of, unseal
from app.queries import contacts
from app.queries.contacts import ContactRow
from db.tables.contacts import CONTACT_SCOPE


class ContactKeys:
    """KeysPort over a node.

    Whose key it is follows from the records here, never from what a peer says: a key under a wrong subject would outlive
    the purge of the right one.
    """

    def __init__(self, node: Node) -> None:
        self._node = node

    def wanted(self) -> list[bytes]:
        """Names of keys that are missing."""
        return sorted(self._missing())

    def held(self, names: Collection[bytes], scopes: Collection[str]) -> list[bytes]:
        """Keys for a peer that may read contacts."""
        if CONTACT_SCOPE not in scopes:
            return []
        with _told(self._node):
            return [key.key for key in self._node.subject_keys.held(names)]

    def take(self, keys: Sequence[bytes]) -> int:
        """Keep what is missing here, each under the contact whose sealed text it opens."""
        missing, store = self._missing(), self._node.subject_keys
        with _told(self._node):
            added = [
                (subject, key_id(key))
                for key in keys
                if (subject := _opened_by(key, missing.get(key_id(key), ()))) and store.add(subject, key)
            ]
            if added:  # asked only now: an order that came meanwhile finds the keys, or is found here
                store.destroy((), self._node.read(contacts.purged_texts))
            kept = [subject for subject, name in added if store.of(name) is not None]
        if kept:
            changes = (Change("contact", subject, ChangeKind.CHANGED, Origin.PEER) for subject in kept)
            self._node.publish(ChangeSet(tuple(changes)))
        return len(kept)

    def _missing(self) -> dict[bytes, list[tuple[str, str]]]:
        """Name of a missing key -> the contacts whose texts name it, with the text: it may be of several."""
        found: dict[bytes, list[tuple[str, str]]] = {}
        rows = self._node.read(contacts.sealed)
        with _told(self._node):
            for row in rows:
                sealed = row.sealed or ""
                try:
                    name = key_id_of(sealed)
                except NotUnsealedError:
                    continue  # another version's
                if self._node.subject_keys.of(name) is None and not self._node.subject_keys.is_destroyed(
                    row.id
                ):
                    found.setdefault(name, []).append((row.id, sealed))
        return found


def _opened_by(key: bytes, texts: Sequence[tuple[str, str]]) -> str | None:
    """The contact whose text this key opens: the subject is sealed into it, so that a text copied into another opens there
    for nobody."""
    for subject, sealed in texts:
        with suppress(NotUnsealedError):
            unseal(key, subject, sealed)
            return subject
    return None


@contextmanager
def _told(node: Node) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as wrong:
        raise EnvironmentFault(
            "data.unwritable", "fault.data.unwritable", path=str(node.data.subject_keys)
        ) from wrong


@dataclass(frozen=True, slots=True)
class MaskedContact:
    """A contact as it is shown by default; `state`: open (its key is here), waiting (not yet), withheld, disputed, purged."""

    id: str
    incident_id: str | None
    about: str | None
    at: int | None
    agency: str | None
    masked: str
    state: str


def masked_contacts(node: Node, incident_id: str) -> list[MaskedContact]:
    """Contacts of an incident, masked; call it off the screen's thread."""
    rows = node.read(lambda c: contacts.contacts(c, incident_id))
    with _told(node):
        return [_masked(node, row) for row in rows]


def _masked(node: Node, row: ContactRow) -> MaskedContact:
    shown, state = "", "open"
    if row.purged_at is not None:
        state = "purged"
    elif row.sealed is None:
        state = "withheld"
    elif (value := node.subject_keys.unseal(row.id, row.sealed)) is None:
        state = "waiting"
    else:
        try:
            shown = contact_rules.masked(contact_rules.unpacked(value))
        except ValueError:
            state = "waiting"
        if row.conflicts:
            state = "disputed"
    return MaskedContact(row.id, row.incident_id, row.about, row.at, row.agency, shown, state)
