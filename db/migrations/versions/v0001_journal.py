"""The journal, what the projector keeps beside it, and this workstation's own tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "approval",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("version", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("stale", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_approval_entity", "approval", ["entity", "entity_id", "field"], unique=False)
    op.create_table(
        "chain",
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("fork_seq", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("no"),
        sa.UniqueConstraint("site"),
    )
    op.create_table(
        "conflict",
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("written_at", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "entity_id", "field", "hash"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "credential",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("verifier", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_used_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("saved_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "entry",
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("recorded_at", sa.Integer(), nullable=False),
        sa.Column("struck", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("entity", "entity_id", "field", "hash"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fact",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("chain_no", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("past", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.UniqueConstraint("hash", "key"),
    )
    op.create_index("ix_fact_key", "fact", ["key"], unique=False)
    op.create_index("ix_fact_verb", "fact", ["verb", "actor"], unique=False)
    op.create_table(
        "flag",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "hash", "about"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "op",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("tx", sa.Integer(), nullable=False),
        sa.Column("tx_last", sa.Integer(), nullable=False),
        sa.Column("parents", sa.LargeBinary(), nullable=False),
        sa.Column("hlc", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("sig", sa.LargeBinary(), nullable=True),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("command", sa.String(), nullable=True),
        sa.Column("entity", sa.String(), nullable=True),
        sa.Column("entity_id", sa.String(), nullable=True),
        sa.Column("schema_v", sa.Integer(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("n"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("ix_op_entity", "op", ["entity", "entity_id"], unique=False)
    op.create_index("ix_op_site_seq", "op", ["site", "seq"], unique=False)
    op.create_table(
        "past",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("chain_no", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_past_chain_seq", "past", ["chain_no", "seq"], unique=False)
    op.create_table(
        "peer",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.String(), server_default="", nullable=False),
        sa.Column("confirmed_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site"),
    )
    op.create_table(
        "peer_ack",
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("acked_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("peer", "site"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "quarantine",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "record",
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "entity_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "retraction",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("chain_no", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("past", sa.LargeBinary(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_retraction_entity", "retraction", ["entity", "entity_id"], unique=False)
    op.create_table(
        "self",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("realm", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("letter", sa.String(), nullable=False),
        sa.Column("recovery_key", sa.LargeBinary(), nullable=False),
        sa.Column("console_account", sa.String(), nullable=False),
        sa.Column("made_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("one"),
    )
    op.create_table(
        "stock",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("chain_no", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hash", "holder"),
    )
    op.create_index("ix_stock_item", "stock", ["item", "holder"], unique=False)
    op.create_table(
        "tip", sa.Column("hash", sa.LargeBinary(), nullable=False), sa.PrimaryKeyConstraint("hash")
    )
    op.execute(
        "CREATE TRIGGER op_never_deleted BEFORE DELETE ON op BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER op_never_changed BEFORE UPDATE ON op WHEN NOT ("
        "OLD.body IS NULL AND NEW.body IS NOT NULL AND OLD.n = NEW.n AND OLD.hash = NEW.hash AND OLD.site = NEW.site"
        " AND OLD.seq = NEW.seq AND OLD.prev = NEW.prev AND OLD.tx = NEW.tx AND OLD.tx_last = NEW.tx_last"
        " AND OLD.parents = NEW.parents AND OLD.hlc = NEW.hlc AND OLD.scope = NEW.scope"
        " AND OLD.commitment = NEW.commitment AND OLD.sig IS NEW.sig)"
        " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    )
