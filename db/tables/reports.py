"""Oral reports (RP-16) and the minimal report row that the reports feature extends (RP-15, D-32)."""

from __future__ import annotations

from sqlalchemy import Integer

from db.fields import Claim, fixed, shared

ORAL_REPORT = shared(
    "oral_report",
    [
        fixed("incident_id"),
        fixed("agency", claim=Claim.AGENCY),
        fixed("to_role"),
        fixed("channel"),
        fixed("spoken_at", Integer),
        fixed("entered_at", Integer),
        fixed("gist"),
        fixed("account_id", claim=Claim.ACCOUNT),
        fixed("amends_id"),
    ],
    indexes=[("incident_id", "spoken_at"), ("amends_id",), ("spoken_at",)],
    numbered=True,
)

REPORT = shared(
    "report",
    [
        fixed("incident_id"),
        fixed("agency", claim=Claim.AGENCY),
        fixed("kind"),
        fixed("form"),
        fixed("recipient"),
        fixed("sent_at", Integer),
        fixed("entered_at", Integer),
        fixed("title"),
        fixed("text"),
        fixed("account_id", claim=Claim.ACCOUNT),
    ],
    indexes=[("incident_id", "sent_at"), ("sent_at",)],
    numbered=True,
)
