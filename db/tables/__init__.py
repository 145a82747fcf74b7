"""All tables, one module per feature; ENTITIES is the list of shared tables."""

from __future__ import annotations

from db.fields import Entity
from db.tables import (
    accounts,
    attachments,
    contacts,
    duty,
    forces,
    imports,
    incidents,
    journal,
    local,
    points,
    reentries,
    reports,
    settings,
    shelters,
)

__all__ = [
    "ENTITIES",
    "accounts",
    "attachments",
    "contacts",
    "duty",
    "forces",
    "imports",
    "incidents",
    "journal",
    "local",
    "points",
    "reentries",
    "reports",
    "settings",
    "shelters",
]

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        accounts.ACCOUNT,
        accounts.SITE,
        accounts.AGENCY,
        accounts.REFUSAL,
        duty.WATCH,
        duty.LOG_ENTRY,
        incidents.INCIDENT,
        incidents.ALARM_UNIT,
        reports.ORAL_REPORT,
        reports.REPORT,
        forces.STATION,
        forces.VEHICLE,
        shelters.SHELTER,
        points.POINT,
        attachments.ATTACHMENT,
        contacts.CONTACT,
        contacts.CONTACT_ACCESS,
        contacts.PURGE_ACK,
        reentries.REENTRY,
        settings.RULE_NUMBER,
        imports.IMPORT_BATCH,
    )
}
