"""Contacts as they stand in the tables: sealed; and what of personal data is to be purged, by whom it was (XC-07)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import Select, bindparam, exists, literal, null, select

from app.queries.reading import columns_of, read, read_one
from db.sql import sql
from db.tables.attachments import ATTACHMENT
from db.tables.contacts import CONTACT, CONTACT_ACCESS, PURGE_ACK


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact; `sealed`: its value, which only the site's keys open (None: not for this site to hold)."""

    id: str
    incident_id: str | None
    about: str | None
    at: int | None
    agency: str | None
    account_id: str | None
    sealed: str | None
    purged_at: int | None
    conflicts: int


@dataclass(frozen=True, slots=True)
class AccessRow:
    """Somebody looked at a contact in the clear; `at` in UTC ms."""

    id: str
    contact_id: str | None
    at: int | None
    account_id: str | None


@dataclass(frozen=True, slots=True)
class PurgedRow:
    """A record whose personal data was ordered to be destroyed; `content`: hash of its file, for an attachment."""

    entity: str
    id: str
    content: str | None
    purged_at: int | None


@dataclass(frozen=True, slots=True)
class PurgeAckRow:
    """A workstation that has destroyed it; `at` in UTC ms."""

    entity: str | None
    entity_id: str | None
    at: int | None
    agency: str | None
    site: str | None


_C, _L, _P, _F = CONTACT.table.c, CONTACT_ACCESS.table.c, PURGE_ACK.table.c, ATTACHMENT.table.c
_CONTACT = select(*(_C[name] for name in columns_of(ContactRow))).where(_C.retracted == 0)
_OF = _CONTACT.where(_C.incident_id == bindparam("incident_id")).order_by(_C.at, _C.id)
_ONE = _CONTACT.where(_C.id == bindparam("id"))
_SEALED = _CONTACT.where(_C.sealed.is_not(None), _C.purged_at.is_(None)).order_by(_C.id)
_PURGED_TEXTS = sql(select(_C.id, _C.sealed).where(_C.sealed.is_not(None), _C.purged_at.is_not(None)))
_ACCESS = select(*(_L[name] for name in columns_of(AccessRow))).order_by(_L.at.desc(), _L.id)
_ACCESS_OF = _ACCESS.where(_L.contact_id == bindparam("contact_id"))
_ACKS = select(*(_P[name] for name in columns_of(PurgeAckRow))).order_by(_P.at, _P.id)
_ACKS_OF = _ACKS.where(_P.entity == bindparam("entity"), _P.entity_id == bindparam("entity_id"))


def _unacknowledged(entity: str) -> Select[tuple[str, str, str, int]]:
    table, content = (ATTACHMENT.table, _F.content) if entity == "attachment" else (CONTACT.table, null())
    done = exists().where(
        _P.entity == entity, _P.entity_id == table.c.id, _P.site == bindparam("site"), _P.retracted == 0
    )
    return select(literal(entity), table.c.id, content, table.c.purged_at).where(
        table.c.purged_at.is_not(None), ~done
    )


_TO_PURGE = {entity: _unacknowledged(entity) for entity in ("attachment", "contact")}


def contacts(connection: sqlite3.Connection, incident_id: str) -> list[ContactRow]:
    """Contacts of an incident, oldest first."""
    return read(connection, ContactRow, _OF, incident_id=incident_id)


def contact(connection: sqlite3.Connection, contact_id: str) -> ContactRow | None:
    """One contact by id."""
    return read_one(connection, ContactRow, _ONE, id=contact_id)


def sealed(connection: sqlite3.Connection) -> list[ContactRow]:
    """All contacts that hold a value and were not purged: whose keys a site needs."""
    return read(connection, ContactRow, _SEALED)


def purged_texts(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """(contact, sealed text) of those that were purged: nothing may open these any more."""
    return [(str(row[0]), str(row[1])) for row in connection.execute(_PURGED_TEXTS)]


def accesses(connection: sqlite3.Connection, contact_id: str) -> list[AccessRow]:
    """Who looked at a contact, latest first."""
    return read(connection, AccessRow, _ACCESS_OF, contact_id=contact_id)


def to_purge(connection: sqlite3.Connection, site: str) -> list[PurgedRow]:
    """What was ordered to be destroyed and this site has not said it has."""
    return [row for query in _TO_PURGE.values() for row in read(connection, PurgedRow, query, site=site)]


def acknowledged(connection: sqlite3.Connection, entity: str, entity_id: str) -> list[PurgeAckRow]:
    """Which workstations have destroyed it."""
    return read(connection, PurgeAckRow, _ACKS_OF, entity=entity, entity_id=entity_id)
