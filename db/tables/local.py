"""Tables of this workstation alone: never journalled, never sent. Only app/local and the bootstrap write here."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table

from db.fields import metadata

# One row: who we are. `phase` tells how far the first start has come.
SELF = Table(
    "self",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("realm", String, nullable=False),
    Column("district", String, nullable=False),
    Column("agency", String, nullable=False),
    Column("site", String, nullable=False),
    Column("letter", String, nullable=False),
    Column("recovery_key", LargeBinary, nullable=False),
    Column("console_account", String, nullable=False),
    Column("made_at", Integer, nullable=False),
)

# Password verifiers stay on the workstation (docs/decisions).
CREDENTIAL = Table(
    "credential",
    metadata,
    Column("account_id", String, primary_key=True),
    Column("verifier", String, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("locked_until", Integer, nullable=False, server_default="0"),
    Column("last_used_at", Integer),
)

# Peers whose identity file was compared by telephone and confirmed here.
PEER = Table(
    "peer",
    metadata,
    Column("site", String, primary_key=True),
    Column("agency", String, nullable=False),
    Column("name", String, nullable=False),
    Column("identity", LargeBinary, nullable=False),
    Column("address", String, nullable=False, server_default=""),
    Column("confirmed_at", Integer, nullable=False),
)

# What every peer has projected as far as it has said so (ACK): what this site knows, not shared state.
PEER_ACK = Table(
    "peer_ack",
    metadata,
    Column("peer", String, primary_key=True),
    Column("site", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("acked_at", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Files of attachments that a peer has said it holds whole (`content`: hash in hex).
FILE_HELD = Table(
    "file_held",
    metadata,
    Column("peer", String, primary_key=True),
    Column("content", String, primary_key=True),
    Column("told_at", Integer, nullable=False),
    sqlite_with_rowid=False,
)

DRAFT = Table(
    "draft",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", String, nullable=False),
    Column("command", String, nullable=False),
    Column("content", String, nullable=False),
    Column("saved_at", Integer, nullable=False),
)

# Bundles made here ("out") and taken in here ("in") for exchange by stick (CM-07). `done`: part -> hash, as JSON;
# `upto`, `target` (out): how far each chain is carried, and is to be, packed.
BUNDLE = Table(
    "bundle",
    metadata,
    Column("direction", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("peer", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("follows", Integer, nullable=False, server_default="0"),
    Column("made_at", Integer, nullable=False),
    Column("touched_at", Integer, nullable=False),
    Column("account_id", String, nullable=False, server_default=""),
    Column("state", String, nullable=False),
    Column("entries", Integer, nullable=False, server_default="0"),
    Column("applied", Integer, nullable=False, server_default="0"),
    Column("parts", Integer),
    Column("done", String, nullable=False, server_default="{}"),
    Column("size", Integer, nullable=False, server_default="0"),
    Column("upto", LargeBinary),
    Column("target", LargeBinary),
    sqlite_with_rowid=False,
)

# What the newest bundle of a peer said beside its acknowledgement: ranges it holds as headers, scopes it may read, files it
# lacks.
BUNDLE_PEER = Table(
    "bundle_peer",
    metadata,
    Column("peer", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("heard_at", Integer, nullable=False),
    Column("owed", LargeBinary, nullable=False),
    Column("scopes", String, nullable=False, server_default="[]"),
    Column("files", String, nullable=False, server_default="[]"),
)
