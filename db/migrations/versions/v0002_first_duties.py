"""Tables of the first duties"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "account",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("secret_at", sa.Integer(), nullable=True),
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
        "import_batch",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=True),
        sa.Column("file_hash", sa.String(), nullable=True),
        sa.Column("last_line", sa.Integer(), nullable=True),
        sa.Column("site", sa.String(), nullable=True),
        sa.Column("begun_at", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("accepted", sa.Integer(), nullable=True),
        sa.Column("rejected", sa.Integer(), nullable=True),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_import_batch_file_hash", "import_batch", ["file_hash"], unique=False)
    op.create_index("ix_import_batch_site_state", "import_batch", ["site", "state"], unique=False)
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
