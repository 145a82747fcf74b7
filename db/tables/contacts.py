"""Contacts of an incident: whom to ring there. Their names and numbers are sealed and leave under a scope of their own (XC-07).

What is shared about a contact is that there is one and for what; the value is a sealed text (app/local/sealing.py), whose key
stands neither in the journal nor in a backup. Purging destroys the keys (REPLICATION, Contacts).
"""

from __future__ import annotations

from sqlalchemy import Integer

from db.fields import INTERNAL, Claim, fixed, minimum, register, shared

CONTACT_SCOPE = "contact"

CONTACT = shared(
    "contact",
    [
        fixed("incident_id"),
        fixed("about"),  # caller | scene | unit | family
        fixed("at", Integer),
        fixed("agency", claim=Claim.AGENCY),
        fixed("account_id", claim=Claim.ACCOUNT),
        register("sealed", scope=CONTACT_SCOPE),
        minimum("purged_at"),
    ],
    indexes=[("incident_id", "at")],
)

# Who looked at a contact in the clear (CM-04: every use logged); stays with the agency.
CONTACT_ACCESS = shared(
    "contact_access",
    [
        fixed("contact_id", scope=INTERNAL),
        fixed("at", Integer, INTERNAL),
        fixed("account_id", scope=INTERNAL, claim=Claim.ACCOUNT),
    ],
    scope=INTERNAL,
    indexes=[("contact_id", "at")],
)

# A workstation says that it has destroyed what was to be purged.
PURGE_ACK = shared(
    "purge_ack",
    [
        fixed("entity"),  # contact | attachment
        fixed("entity_id"),
        fixed("at", Integer),
        fixed("agency", claim=Claim.AGENCY),
        fixed("site", claim=Claim.SITE),
    ],
    indexes=[("entity", "entity_id")],
)
