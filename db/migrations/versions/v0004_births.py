"""Searched records numbered for good; late bodies whole; by which rules was projected"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_HEADER = ("n", "hash", "site", "seq", "prev", "tx", "tx_last", "parents", "hlc", "scope", "commitment")
_HIDDEN = ("actor", "command", "entity", "entity_id", "schema_v", "salt", "body")


def upgrade() -> None:
    """Apply. The tables made anew are filled by the projection that follows every migration."""
    _guard()
    op.create_table(
        "projection",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("one"),
    )
    for name in ("incident", "log_entry"):
        op.drop_table(name)
    _incident()
    _log_entry()


def _guard() -> None:
    """A header is filled as a whole: every hidden column at once, nothing else touched."""
    empty = " AND ".join(f"OLD.{name} IS NULL" for name in _HIDDEN)
    filled = " AND ".join(f"NEW.{name} IS NOT NULL" for name in _HIDDEN)
    kept = " AND ".join(f"OLD.{name} = NEW.{name}" for name in _HEADER)
    op.execute("DROP TRIGGER op_never_changed")
    op.execute(
        f"CREATE TRIGGER op_never_changed BEFORE UPDATE ON op WHEN NOT ({empty} AND {filled} AND {kept}"
        " AND OLD.sig IS NEW.sig) BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    )


def _incident() -> None:
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
        sa.Column("incident_level", sa.String(), nullable=True),
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


def _log_entry() -> None:
    op.create_table(
        "log_entry",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("at", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("author_role", sa.String(), nullable=True),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("amends_id", sa.String(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("n"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("ix_log_entry_amends_id", "log_entry", ["amends_id"], unique=False)
    op.create_index("ix_log_entry_at", "log_entry", ["at"], unique=False)
    op.create_index("ix_log_entry_incident_id_at", "log_entry", ["incident_id", "at"], unique=False)
