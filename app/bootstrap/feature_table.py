"""All features, imported once so that their commands stand in the table, and the policy that follows from it."""

from __future__ import annotations

from functools import lru_cache

from app.journal.policy import OwnerRule, Policy
from app.kernel.enums import Agency
from app.usecases import (
    accounts,
    alarms,
    attachments,
    backups,
    bundles,
    casualties,
    conflicts,
    contacts,
    duty,
    forces,
    imports,
    incidents,
    points,
    reentry,
    reports,
    seals,
    settings,
    shelters,
    site_keys,
    sites,
)
from app.usecases.bus import RECORD_REFUSAL
from app.usecases.commands import TABLE, creates
from app.usecases.permissions import matrix
from db.tables import ENTITIES

FEATURES = (
    accounts,
    alarms,
    attachments,
    backups,
    bundles,
    casualties,
    conflicts,
    contacts,
    duty,
    forces,
    imports,
    incidents,
    points,
    reentry,
    reports,
    seals,
    settings,
    shelters,
    site_keys,
    sites,
)

# D-06: scene handling belongs to EMB until the first FRD unit is attached, then to FRD, and never goes back by itself.
OWNERS = {"scene_handling": OwnerRule(Agency.EMB, frozenset({Agency.FRD}))}


@lru_cache(maxsize=1)
def policy() -> Policy:
    """Entities, permissions, effects and ownership rules of the product."""
    effects = {name: entry.effects for name, entry in TABLE.items()}
    effects[RECORD_REFUSAL] = (creates("refusal"),)
    return Policy(
        ENTITIES,
        matrix().permits,
        effects,
        OWNERS,
        bound=frozenset(ENTITIES),
        rights=matrix().table,
    )
