"""Presence on watch (JD-01, JD-04) and the duty log (JD-11)."""

from __future__ import annotations

from sqlalchemy import Integer

from db.fields import Claim, fixed, register, shared

WATCH = shared(
    "watch",
    [
        fixed("agency", claim=Claim.AGENCY),
        fixed("post"),
        fixed("account_id", claim=Claim.ACCOUNT),
        fixed("taken_at", Integer),
        register("left_at", Integer),
    ],
    indexes=[("agency", "left_at"), ("account_id", "left_at")],
)

LOG_ENTRY = shared(
    "log_entry",
    [
        fixed("agency", claim=Claim.AGENCY),
        fixed("at", Integer),
        fixed("entered_at", Integer),
        fixed("kind"),
        fixed("text"),
        fixed("account_id", claim=Claim.ACCOUNT),
        fixed("author_role"),
        fixed("incident_id"),
        fixed("amends_id"),
    ],
    indexes=[("at",), ("incident_id", "at"), ("amends_id",)],
    numbered=True,
)
