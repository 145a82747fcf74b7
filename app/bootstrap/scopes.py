"""Field groups beside the joint one: which agencies may read them (REPLICATION, Scope; XC-07, CS-08)."""

from __future__ import annotations

from app.kernel.enums import Agency
from db.tables.contacts import CONTACT_SCOPE

_READERS = {CONTACT_SCOPE: frozenset({Agency.EMB, Agency.FRD})}


def scopes_of(agency: str) -> frozenset[str]:
    """The groups an agency reads: contacts at the two duty rooms; the hall sees that there is a contact, and no more."""
    return frozenset(scope for scope, readers in _READERS.items() if agency in readers)
