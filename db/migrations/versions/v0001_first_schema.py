"""First schema"""

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
        "account",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("roles", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Integer(), nullable=True),
        sa.Column("valid_to", sa.Integer(), nullable=True),
        sa.Column("admitted", sa.String(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_account_agency", "account", ["agency"], unique=False)
    op.create_table(
        "agency",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("recovery_key", sa.String(), nullable=True),
        sa.Column("admitted_by", sa.String(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "alarm_unit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("unit_kind", sa.String(), nullable=True),
        sa.Column("dispatched_at", sa.Integer(), nullable=True),
        sa.Column("departed_at", sa.Integer(), nullable=True),
        sa.Column("arrived_at", sa.Integer(), nullable=True),
        sa.Column("released_at", sa.Integer(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alarm_unit_incident_id", "alarm_unit", ["incident_id"], unique=False)
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
        "incident",
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
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_incident_alarm_no", "incident", ["alarm_no"], unique=False)
    op.create_index("ix_incident_no", "incident", ["no"], unique=False)
    op.create_index("ix_incident_received_at", "incident", ["received_at"], unique=False)
    op.create_table(
        "log_entry",
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
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_log_entry_amends_id", "log_entry", ["amends_id"], unique=False)
    op.create_index("ix_log_entry_at", "log_entry", ["at"], unique=False)
    op.create_index("ix_log_entry_incident_id_at", "log_entry", ["incident_id", "at"], unique=False)
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
        "oral_report",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("to_role", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("spoken_at", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.Integer(), nullable=True),
        sa.Column("gist", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("amends_id", sa.String(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_oral_report_amends_id", "oral_report", ["amends_id"], unique=False)
    op.create_index(
        "ix_oral_report_incident_id_spoken_at", "oral_report", ["incident_id", "spoken_at"], unique=False
    )
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
        "point",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("unit_code", sa.String(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("crs", sa.String(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_point_kind", "point", ["kind"], unique=False)
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
        "refusal",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=True),
        sa.Column("command", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("field", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_refusal_at", "refusal", ["at"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("form", sa.String(), nullable=True),
        sa.Column("recipient", sa.String(), nullable=True),
        sa.Column("sent_at", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_report_incident_id_sent_at", "report", ["incident_id", "sent_at"], unique=False)
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
        "rule_number",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
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
        "shelter",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("indoor", sa.Integer(), nullable=True),
        sa.Column("area_m2", sa.Float(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("occupied", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("unit_code", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("crs", sa.String(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_shelter_code", "shelter", ["code"], unique=False)
    op.create_index("ix_shelter_unit_code", "shelter", ["unit_code"], unique=False)
    op.create_table(
        "site",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("tls_pin", sa.String(), nullable=True),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("letter", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=True),
        sa.Column("heir", sa.String(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "station",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("unit_code", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("crs", sa.String(), nullable=True),
        sa.Column("vehicles_ready", sa.Integer(), nullable=True),
        sa.Column("vehicles_out", sa.Integer(), nullable=True),
        sa.Column("stated_at", sa.Integer(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_station_code", "station", ["code"], unique=False)
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
    op.create_table(
        "vehicle",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("station_id", sa.String(), nullable=True),
        sa.Column("call_sign", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("vehicle_state", sa.String(), nullable=True),
        sa.Column("stated_at", sa.Integer(), nullable=True),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_vehicle_call_sign", "vehicle", ["call_sign"], unique=False)
    op.create_index("ix_vehicle_station_id", "vehicle", ["station_id"], unique=False)
    op.create_table(
        "watch",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("post", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("taken_at", sa.Integer(), nullable=True),
        sa.Column("left_at", sa.Integer(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_watch_account_id_left_at", "watch", ["account_id", "left_at"], unique=False)
    op.create_index("ix_watch_agency_left_at", "watch", ["agency", "left_at"], unique=False)
    op.execute(
        "CREATE INDEX ix_incident_board ON incident (open DESC, coalesce(next_due_at, 9223372036854775807), received_at DESC, id)"
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
