"""Reports are searched and numbered for good; filters of incidents have their indexes"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. The tables made anew are filled by the projection that follows every migration."""
    for name in ("unit_code", "incident_level", "status", "type_code", "class_code"):
        op.create_index(f"ix_incident_{name}", "incident", [name], unique=False)
    op.execute("CREATE INDEX ix_incident_conflicts ON incident (conflicts) WHERE conflicts > 0")
    _reports()
    for entity in ("oral_report", "report"):
        op.execute(f"CREATE TABLE search_{entity} (n INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        op.execute(
            f"CREATE VIRTUAL TABLE search_{entity}_grams"
            " USING fts5(grams, content='', detail=none, tokenize='ascii')"
        )


def _reports() -> None:
    text, number = sa.String(), sa.Integer()
    _numbered(
        "oral_report",
        ("incident_id", text),
        ("agency", text),
        ("to_role", text),
        ("channel", text),
        ("spoken_at", number),
        ("entered_at", number),
        ("gist", text),
        ("account_id", text),
        ("amends_id", text),
    )
    _numbered(
        "report",
        ("incident_id", text),
        ("agency", text),
        ("kind", text),
        ("form", text),
        ("recipient", text),
        ("sent_at", number),
        ("entered_at", number),
        ("title", text),
        ("text", text),
        ("account_id", text),
    )
    for name, columns in (
        ("oral_report", ["incident_id", "spoken_at"]),
        ("oral_report", ["amends_id"]),
        ("oral_report", ["spoken_at"]),
        ("report", ["incident_id", "sent_at"]),
        ("report", ["sent_at"]),
    ):
        op.create_index("_".join(["ix", name, *columns]), name, columns, unique=False)


def _numbered(name: str, *columns: tuple[str, sa.types.TypeEngine[Any]]) -> None:
    """A shared table made anew, its rows with a number of their own."""
    op.drop_table(name)
    op.create_table(
        name,
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        *(sa.Column(column, kind, nullable=True) for column, kind in columns),
        sa.Column("born_agency", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retracted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("n"),
        sa.UniqueConstraint("id"),
    )
