"""Casualty figures, attachments, sealed contact values, exchange by stick"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Shared tables made anew are filled by the projection that follows every migration."""
    _attachments()
    _contacts()
    _trust()
    _incident_figures()
    _texts()
    _bundles()


def _trust() -> None:
    """Workstations and accounts made anew with what is known of their keys and seals; acts entered anew."""
    for name in ("site", "account", "reentry"):
        op.execute(f"DROP TABLE IF EXISTS {name}")
    _shared(
        "site",
        ("label", sa.String()),
        ("tls_pin", sa.String()),
        ("tls_until", sa.Integer()),
        ("agency", sa.String()),
        ("letter", sa.String()),
        ("state", sa.String()),
        ("last_seq", sa.Integer()),
        ("heir", sa.String()),
        ("enrolled_at", sa.Integer()),
        ("state_at", sa.Integer()),
        ("key_at", sa.Integer()),
    )
    _shared(
        "account",
        ("kind", sa.String()),
        ("name", sa.String()),
        ("title", sa.String()),
        ("secret_at", sa.Integer()),
        ("sealed_at", sa.Integer()),
        ("opened_at", sa.Integer()),
        ("agency", sa.String()),
        ("roles", sa.String()),
        ("state", sa.String()),
        ("valid_from", sa.Integer()),
        ("valid_to", sa.Integer()),
        ("admitted", sa.String()),
    )
    op.create_index("ix_account_agency", "account", ["agency"], unique=False)
    _shared(
        "reentry",
        ("act", sa.String()),
        ("agency", sa.String()),
        ("account_id", sa.String()),
        ("at", sa.Integer()),
        ("outcome", sa.String()),
        ("command", sa.String()),
        ("made", sa.String()),
        ("reason", sa.String()),
    )
    op.create_index("ix_reentry_act", "reentry", ["act"], unique=False)


def _shared(name: str, *columns: tuple[str, sa.types.TypeEngine[Any]]) -> None:
    """A shared table with the bookkeeping every one has."""
    op.create_table(
        name,
        sa.Column("id", sa.String(), nullable=False),
        *(sa.Column(column, kind, nullable=True) for column, kind in columns),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _attachments() -> None:
    text, number = sa.String(), sa.Integer()
    _shared(
        "attachment",
        ("incident_id", text),
        ("content", text),
        ("size", number),
        ("media_type", text),
        ("name", text),
        ("note", text),
        ("at", number),
        ("agency", text),
        ("account_id", text),
        ("purged_at", number),
    )
    op.create_table(
        "file_held",
        sa.Column("peer", text, nullable=False),
        sa.Column("content", text, nullable=False),
        sa.Column("told_at", number, nullable=False),
        sa.PrimaryKeyConstraint("peer", "content"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_attachment_content", "attachment", ["content"], unique=False)
    op.create_index("ix_attachment_incident_id_at", "attachment", ["incident_id", "at"], unique=False)


_FIGURES = (
    "deaths",
    "injured_serious",
    "injured_minor",
    "missing",
    "trapped",
    "evacuated",
    "direct_loss_yuan",
)


def _incident_figures() -> None:
    """Incidents made anew with their casualty figures, each with its verify state, source and time (IS-14)."""
    op.drop_table("incident")
    figures = [
        column
        for name in _FIGURES
        for column in (
            sa.Column(name, sa.Integer(), nullable=True),
            sa.Column(f"{name}_state", sa.String(), nullable=True),
            sa.Column(f"{name}_source", sa.String(), nullable=True),
            sa.Column(f"{name}_stated_at", sa.Integer(), nullable=True),
        )
    ]
    op.create_table(
        "incident",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("no", sa.String(), nullable=True),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("registered_at", sa.Integer(), nullable=True),
        sa.Column("registered_by", sa.String(), nullable=True),
        sa.Column("origin", sa.String(), nullable=True),
        sa.Column("alarm_no", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("received_at", sa.Integer(), nullable=True),
        sa.Column("occurred_at", sa.Integer(), nullable=True),
        sa.Column("class_code", sa.String(), nullable=True),
        sa.Column("type_code", sa.String(), nullable=True),
        sa.Column("what", sa.String(), nullable=True),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("unit_code", sa.String(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("crs", sa.String(), nullable=True),
        sa.Column("address_note", sa.String(), nullable=True),
        sa.Column("alarm_grade", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("status_reason", sa.String(), nullable=True),
        sa.Column("owes_reports", sa.Integer(), nullable=True),
        sa.Column("owes_why", sa.String(), nullable=True),
        sa.Column("oral_limit_s", sa.Integer(), nullable=True),
        sa.Column("written_limit_s", sa.Integer(), nullable=True),
        *figures,
        sa.Column("incident_level", sa.String(), nullable=True),
        sa.Column("preliminary", sa.Integer(), nullable=True),
        sa.Column("oral_due_at", sa.Integer(), nullable=True),
        sa.Column("oral_met_at", sa.Integer(), nullable=True),
        sa.Column("oral_status", sa.String(), nullable=True),
        sa.Column("written_due_at", sa.Integer(), nullable=True),
        sa.Column("written_met_at", sa.Integer(), nullable=True),
        sa.Column("written_status", sa.String(), nullable=True),
        sa.Column("next_due_at", sa.Integer(), nullable=True),
        sa.Column("next_clock", sa.String(), nullable=True),
        sa.Column("open", sa.Integer(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("n"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("ix_incident_alarm_no", "incident", ["alarm_no"], unique=False)
    op.create_index("ix_incident_no", "incident", ["no"], unique=False)
    op.create_index("ix_incident_received_at", "incident", ["received_at"], unique=False)
    op.execute(
        "CREATE INDEX ix_incident_board ON incident (open DESC, coalesce(next_due_at, 9223372036854775807), received_at DESC, id)"
    )


def _texts() -> None:
    """Long shared texts: their updates in the canonical order, and the documents as joined."""
    op.create_table(
        "text_part",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("client", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("chain_no", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Integer(), nullable=False),
        sa.Column("halves", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index(
        "ix_text_part",
        "text_part",
        ["entity", "entity_id", "field", "client", "chain_no", "seq"],
        unique=False,
    )
    op.create_table(
        "text_state",
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("top", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("entity", "entity_id", "field"),
        sqlite_with_rowid=False,
    )


def _bundles() -> None:
    """Exchange by stick (CM-07): local tables."""
    op.create_table(
        "bundle",
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("follows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made_at", sa.Integer(), nullable=False),
        sa.Column("touched_at", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("entries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("applied", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("done", sa.String(), server_default="{}", nullable=False),
        sa.Column("size", sa.Integer(), server_default="0", nullable=False),
        sa.Column("upto", sa.LargeBinary(), nullable=True),
        sa.Column("target", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("direction", "id", "peer"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bundle_peer",
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("heard_at", sa.Integer(), nullable=False),
        sa.Column("owed", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.String(), server_default="[]", nullable=False),
        sa.Column("files", sa.String(), server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("peer"),
    )


def _contacts() -> None:
    """Sealed contacts, who looked at them, and which workstations have purged what."""
    text, number = sa.String(), sa.Integer()
    _shared(
        "contact",
        ("incident_id", text),
        ("about", text),
        ("at", number),
        ("agency", text),
        ("account_id", text),
        ("sealed", text),
        ("purged_at", number),
    )
    op.create_index("ix_contact_incident_id_at", "contact", ["incident_id", "at"], unique=False)
    _shared("contact_access", ("contact_id", text), ("at", number), ("account_id", text))
    op.create_index("ix_contact_access_contact_id_at", "contact_access", ["contact_id", "at"], unique=False)
    _shared(
        "purge_ack", ("entity", text), ("entity_id", text), ("at", number), ("agency", text), ("site", text)
    )
    op.create_index("ix_purge_ack_entity_entity_id", "purge_ack", ["entity", "entity_id"], unique=False)
