"""Full-text search"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. The index is filled by the projection that follows every migration."""
    for entity in ("incident", "log_entry"):
        op.execute(f"CREATE TABLE search_{entity} (n INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        op.execute(
            f"CREATE VIRTUAL TABLE search_{entity}_grams"
            " USING fts5(grams, content='', detail=none, tokenize='ascii')"
        )
