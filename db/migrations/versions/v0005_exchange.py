"""Casualty figures, attachments, sealed contact values, exchange by stick"""

from __future__ import annotations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Shared tables made anew are filled by the projection that follows every migration."""
