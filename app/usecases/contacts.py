"""Contacts of an incident: sealed, masked by default, opened by a logged act, destroyed by a chief's (XC-07, CM-04)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.contact import Contact, check_contact, packed, unpacked
from app.domain.required import require_text, tidy
from app.journal import verbs
from app.journal.policy import Effect
from app.kernel.enums import ContactAbout
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.ids import derived_id
from app.queries import attachments, contacts
from app.queries.contacts import ContactRow
from app.usecases.commands import Command, Outcome, creates, handles, outcome, writes
from app.usecases.context import Context, check_settled, missing
from app.usecases.incidents import find

_CLAUSE = "XC-07"


class Personal(StrEnum):
    """Records that hold personal data which can be destroyed."""

    CONTACT = "contact"
    ATTACHMENT = "attachment"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddContact(Command):
    """Note whom to ring at an incident; the value is sealed before it is journalled."""

    incident_id: str
    about: ContactAbout
    number: str
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeContact(Command):
    """Correct a contact: name and number are one value."""

    contact_id: str
    number: str
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RevealContact(Command):
    """Look at a contact in the clear; that somebody did is noted."""

    contact_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PurgePersonalData(Command):
    """Destroy a contact's value, or an attachment's file, on all workstations and for good; a reason stays."""

    entity: Personal
    entity_id: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AcknowledgePurge(Command):
    """This workstation has destroyed it; the console's own act."""

    entity: Personal
    entity_id: str


@handles(AddContact, creates("contact"), writes("contact", "sealed"))
def add_contact(command: AddContact, context: Context) -> Outcome:
    """A new contact under a key of its own."""
    row, contact_id = find(context, command.incident_id), context.new_id()
    value = packed(check_contact(command.name, command.number))
    values = {
        "incident_id": row.id,
        "about": command.about.value,
        "at": context.now_ms,
        "agency": context.agency.value,
        "account_id": context.author.id,
        "sealed": context.beside.contacts.seal(contact_id, value),
    }
    return outcome(*context.create("contact", contact_id, values), contact_id=contact_id, incident_id=row.id)


@handles(ChangeContact, writes("contact", "sealed"))
def change_contact(command: ChangeContact, context: Context) -> Outcome:
    """Another value in place of the known one."""
    row = _standing(context, command.contact_id)
    value = packed(check_contact(command.name, command.number))
    check_settled(context, "contact", row.id, ["sealed"])
    sealed = context.beside.contacts.seal(row.id, value)
    return outcome(*context.change("contact", row.id, {"sealed": sealed}), contact_id=row.id)


@handles(RevealContact, creates("contact_access"))
def reveal_contact(command: RevealContact, context: Context) -> Outcome:
    """The value, for the asker alone; E_STATE while its key has not come."""
    row = _standing(context, command.contact_id)
    contact = _opened(context, row)
    access = context.create(
        "contact_access",
        context.new_id(),
        {"contact_id": row.id, "at": context.now_ms, "account_id": context.author.id},
    )
    return outcome(*access, contact_id=row.id, name=contact.name, number=contact.number)


@handles(
    PurgePersonalData,
    Effect("contact", frozenset({verbs.WRITE}), frozenset({"purged_at"})),
    Effect("attachment", frozenset({verbs.WRITE}), frozenset({"purged_at"})),
)
def purge_personal_data(command: PurgePersonalData, context: Context) -> Outcome:
    """The order to destroy; every workstation carries it out when it learns of it, and says so."""
    require_text(command.reason, "refusal.record.reason_required", field="reason", clause=_CLAUSE)
    entity_id = _meant(context, command)
    acts = context.enter(command.entity.value, entity_id, why=tidy(command.reason), purged_at=context.now_ms)
    return outcome(*acts, entity_id=command.entity_id)


def _meant(context: Context, command: PurgePersonalData) -> str:
    """The record that is meant, if it can still be purged."""
    connection, entity_id = context.connection, command.entity_id
    if command.entity is Personal.CONTACT:
        return _standing(context, entity_id).id
    row = attachments.attachment(connection, entity_id)
    if row is None:
        raise missing("attachment", "entity_id")
    if row.purged_at is not None:
        raise Refusal(ErrorCode.STATE, "refusal.contacts.purged", field="entity_id", clause=_CLAUSE)
    return row.id  # the file goes for every record that names it


@handles(AcknowledgePurge, creates("purge_ack"))
def acknowledge_purge(command: AcknowledgePurge, context: Context) -> Outcome:
    """One record a workstation and purge; saying it twice is one record."""
    cause = ("purge", command.entity.value, command.entity_id, context.workstation.site)
    ack_id = derived_id(context.agency.value, *cause)
    values = {
        "entity": command.entity.value,
        "entity_id": command.entity_id,
        "at": context.now_ms,
        "agency": context.agency.value,
        "site": context.workstation.site,
    }
    return outcome(*context.create("purge_ack", ack_id, values, cause=cause), entity_id=command.entity_id)


def _standing(context: Context, contact_id: str) -> ContactRow:
    row = contacts.contact(context.connection, contact_id)
    if row is None:
        raise missing("contact", "contact_id")
    if row.purged_at is not None:
        raise Refusal(ErrorCode.STATE, "refusal.contacts.purged", field="contact_id", clause=_CLAUSE)
    return row


def _opened(context: Context, row: ContactRow) -> Contact:
    value = context.beside.contacts.unseal(row.id, row.sealed) if row.sealed else None
    if value is None:
        raise Refusal(ErrorCode.STATE, "refusal.contacts.no_key", field="contact_id", clause=_CLAUSE)
    try:
        return unpacked(value)
    except ValueError as wrong:
        raise Refusal(
            ErrorCode.STATE, "refusal.contacts.unreadable", field="contact_id", clause=_CLAUSE
        ) from wrong
