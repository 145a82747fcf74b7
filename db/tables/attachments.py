"""Attachments of an incident: what is known of a file; the file itself lies beside the database under its hash (CM-05)."""

from __future__ import annotations

from sqlalchemy import Integer

from db.fields import Claim, fixed, minimum, shared

ATTACHMENT = shared(
    "attachment",
    [
        fixed("incident_id"),
        fixed("content"),  # BLAKE2b-256 of the file, hex
        fixed("size", Integer),
        fixed("media_type"),
        fixed("name"),
        fixed("note"),
        fixed("at", Integer),
        fixed("agency", claim=Claim.AGENCY),
        fixed("account_id", claim=Claim.ACCOUNT),
        minimum("purged_at"),  # its file was destroyed everywhere for the sake of a person (XC-07)
    ],
    indexes=[("incident_id", "at"), ("content",)],
)
