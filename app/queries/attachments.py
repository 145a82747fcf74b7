"""Attachments of an incident, and which contents records speak of (CM-05)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from app.queries.reading import columns_of, read, read_one
from db.sql import sql, with_values
from db.tables.attachments import ATTACHMENT
from db.tables.local import FILE_HELD, PEER


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """One attachment; `content`: hash of the file (hex), `size` in bytes, `at` in UTC ms; `purged_at`: its file was destroyed,
    whichever record of it the order was for."""

    id: str
    incident_id: str | None
    content: str | None
    size: int | None
    media_type: str | None
    name: str | None
    note: str | None
    at: int | None
    agency: str | None
    account_id: str | None
    purged_at: int | None


@dataclass(frozen=True, slots=True)
class ContentRow:
    """A file that a record speaks of: its hash (hex), size in bytes, and its kind by that record."""

    content: str | None
    size: int | None
    media_type: str | None = None


_C = ATTACHMENT.table.c
_TWIN = ATTACHMENT.table.alias("twin")
# A file that was destroyed for one record is destroyed for all that name it, those made apart or later too (XC-07).
_GONE_AT = (
    select(func.min(_TWIN.c.purged_at))
    .where(_TWIN.c.content == _C.content)
    .scalar_subquery()
    .label("purged_at")
)
_COLUMNS = [_GONE_AT if name == "purged_at" else _C[name] for name in columns_of(AttachmentRow)]
_ATTACHMENT = select(*_COLUMNS).where(_C.retracted == 0)
_OF = _ATTACHMENT.where(_C.incident_id == bindparam("incident_id")).order_by(_C.at, _C.id)
_ONE = _ATTACHMENT.where(_C.id == bindparam("id"))
_KEPT = _GONE_AT.element.is_(None)
_NAMED = _ATTACHMENT.where(_C.content == bindparam("content"), _KEPT).order_by(_C.at, _C.id)
_PURGED = select(_C.content, _C.size).where(_C.purged_at.is_not(None)).distinct()
_CONTENTS = (
    select(_C.content, _C.size, _C.media_type)
    .where(_C.retracted == 0, _KEPT)
    .order_by(_C.size, _C.content, _C.media_type)
    .distinct()
)  # small ones first: a picture is not kept waiting by a film


_RECORDED = sql(select(func.count()).select_from(ATTACHMENT.table).where(_C.content == bindparam("content")))
_UNCONFIRMED, _UNCONFIRMED_VALUES = with_values(
    select(_C.content)
    .where(
        _C.retracted == 0,
        _KEPT,
        _C.content.is_not(None),
        _C.agency == bindparam("agency"),
        _C.content.not_in(select(FILE_HELD.c.content).where(FILE_HELD.c.peer == bindparam("peer"))),
    )
    .group_by(_C.content)
    .order_by(func.max(_C.at).desc(), _C.content)
)
_REACHED = sql(
    select(PEER.c.agency, func.min(FILE_HELD.c.told_at))
    .join(FILE_HELD, FILE_HELD.c.peer == PEER.c.site)
    .where(FILE_HELD.c.content == bindparam("content"))
    .group_by(PEER.c.agency)
    .order_by(func.min(FILE_HELD.c.told_at), PEER.c.agency)
)


def unconfirmed(connection: sqlite3.Connection, agency: str, peer: str) -> list[str]:
    """Files that an agency attached and that a peer has not said it holds (hash in hex), newest first."""
    given = {**_UNCONFIRMED_VALUES, "agency": agency, "peer": peer}
    return [str(row[0]) for row in connection.execute(_UNCONFIRMED, given)]


def reached(connection: sqlite3.Connection, content: str) -> list[tuple[str, int]]:
    """Agencies of which a workstation has said that it held a file (hash in hex) whole, and when one first did (UTC ms)."""
    return [(str(row[0]), int(row[1])) for row in connection.execute(_REACHED, {"content": content})]


def purged(connection: sqlite3.Connection) -> list[ContentRow]:
    """Files that were ordered to be destroyed."""
    return read(connection, ContentRow, _PURGED)


def attachments(connection: sqlite3.Connection, incident_id: str) -> list[AttachmentRow]:
    """Attachments of an incident, oldest first."""
    return read(connection, AttachmentRow, _OF, incident_id=incident_id)


def attachment(connection: sqlite3.Connection, attachment_id: str) -> AttachmentRow | None:
    """One attachment by id."""
    return read_one(connection, AttachmentRow, _ONE, id=attachment_id)


def is_purged(connection: sqlite3.Connection, content: str) -> bool:
    """True if a file was ordered to be destroyed (hash in hex)."""
    return any(row.content == content for row in purged(connection))


def is_recorded(connection: sqlite3.Connection, content: str) -> bool:
    """True if any record ever named a file (hash in hex)."""
    return bool(connection.execute(_RECORDED, {"content": content}).fetchone()[0])


def named(connection: sqlite3.Connection, content: str) -> list[AttachmentRow]:
    """Attachments that speak of a file (hash in hex) and were not purged."""
    return read(connection, AttachmentRow, _NAMED, content=content)


def contents(connection: sqlite3.Connection) -> list[ContentRow]:
    """All files that records speak of and that were not purged, smallest first."""
    return read(connection, ContentRow, _CONTENTS)
