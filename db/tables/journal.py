"""The journal and what the projector keeps beside it. Only app/journal writes here."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from db.fields import metadata

# The rowid is the order of projection at this site, which is a causal order: `rebuild` and relaying read in it.
OP = Table(
    "op",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("site", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("prev", LargeBinary, nullable=False),
    Column("tx", Integer, nullable=False),
    Column("tx_last", Integer, nullable=False),
    Column("parents", LargeBinary, nullable=False),
    Column("hlc", Integer, nullable=False),
    Column("scope", String, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("sig", LargeBinary),
    # hidden part: all NULL where withheld
    Column("actor", String),
    Column("command", String),
    Column("entity", String),
    Column("entity_id", String),
    Column("schema_v", Integer),
    Column("salt", LargeBinary),
    Column("body", LargeBinary),
    Index("ix_op_site_seq", "site", "seq"),
    Index("ix_op_entity", "entity", "entity_id"),
)

# One row per site whose operations are held; `no` is its short local number.
CHAIN = Table(
    "chain",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("site", String, nullable=False, unique=True),
    Column("key", LargeBinary, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("fork_seq", Integer),  # first sequence number with two operations
)

# Causal pasts, only for transactions that name parents: msgpack map {chain no: seq}.
PAST = Table(
    "past",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("chain_no", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Index("ix_past_chain_seq", "chain_no", "seq"),
)

TIP = Table("tip", metadata, Column("hash", LargeBinary, primary_key=True))

# Control facts: what validity reads. kind: valid, cut, denied.
FACT = Table(
    "fact",
    metadata,
    Column("hash", LargeBinary, nullable=False),
    Column("key", String, nullable=False),
    Column("verb", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("chain_no", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("past", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("standing", String, nullable=False),
    UniqueConstraint("hash", "key"),
    Index("ix_fact_key", "key"),
    Index("ix_fact_verb", "verb", "actor"),
)

# Heads and births of a record: msgpack, see app/journal/records.py.
RECORD = Table(
    "record",
    metadata,
    Column("entity", String, primary_key=True),
    Column("entity_id", String, primary_key=True),
    Column("state", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

ENTRY = Table(
    "entry",
    metadata,
    Column("entity", String, primary_key=True),
    Column("entity_id", String, primary_key=True),
    Column("field", String, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("value", Integer, nullable=False),
    Column("agency", String),
    Column("recorded_at", Integer, nullable=False),
    Column("struck", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

CONFLICT = Table(
    "conflict",
    metadata,
    Column("entity", String, primary_key=True),
    Column("entity_id", String, primary_key=True),
    Column("field", String, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("agency", String),
    Column("actor", String, nullable=False),
    Column("site", String, nullable=False),
    Column("written_at", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    sqlite_with_rowid=False,
)

RETRACTION = Table(
    "retraction",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("entity", String, nullable=False),
    Column("entity_id", String, nullable=False),
    Column("chain_no", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("past", LargeBinary, nullable=False),
    Column("why", String, nullable=False),
    Index("ix_retraction_entity", "entity", "entity_id"),
)

APPROVAL = Table(
    "approval",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("entity", String, nullable=False),
    Column("entity_id", String, nullable=False),
    Column("field", String, nullable=False),
    Column("version", LargeBinary, nullable=False),
    Column("actor", String, nullable=False),
    Column("stale", Integer, nullable=False),
    Index("ix_approval_entity", "entity", "entity_id", "field"),
)

STOCK = Table(
    "stock",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("holder", String, primary_key=True),
    Column("item", String, nullable=False),
    Column("chain_no", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("change", Integer, nullable=False),
    Index("ix_stock_item", "item", "holder"),
)

QUARANTINE = Table(
    "quarantine",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("reason", String, nullable=False),
)

FLAG = Table(
    "flag",
    metadata,
    Column("kind", String, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("about", String, primary_key=True),
    sqlite_with_rowid=False,
)

# Updates of long shared texts: where each stands in its writer's own text, and in the canonical order of joining
# (`seen`: how many operations it had seen). `counts` is 0 for a quarantined one, which keeps its places alone.
TEXT_PART = Table(
    "text_part",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("entity", String, nullable=False),
    Column("entity_id", String, nullable=False),
    Column("field", String, nullable=False),
    Column("client", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("chain_no", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("counts", Integer, nullable=False),
    Column("halves", LargeBinary),
    Index("ix_text_part", "entity", "entity_id", "field", "client", "chain_no", "seq"),
)

# Long shared texts as joined: `seen` and `top` name the last update in the canonical order, `state` is the document in
# its one form, `version` what an approval binds.
TEXT_STATE = Table(
    "text_state",
    metadata,
    Column("entity", String, primary_key=True),
    Column("entity_id", String, primary_key=True),
    Column("field", String, primary_key=True),
    Column("seen", Integer, nullable=False),
    Column("top", LargeBinary, nullable=False),
    Column("version", LargeBinary),
    Column("state", LargeBinary),
    sqlite_with_rowid=False,
)

# By which rules the projected rows were made (app/journal/rules.py): a program with others projects anew at its start.
PROJECTION = Table(
    "projection",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("rules", String, nullable=False),
)

# Tables that follow from the journal alone: emptied and refilled by `rebuild`, compared by `verify`.
PROJECTED = (
    PAST,
    TIP,
    FACT,
    RECORD,
    ENTRY,
    CONFLICT,
    RETRACTION,
    APPROVAL,
    STOCK,
    QUARANTINE,
    FLAG,
    TEXT_PART,
    TEXT_STATE,
)
