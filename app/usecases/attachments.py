"""Attaching a file to an incident: the record; the file was stored before it (CM-05; REPLICATION, Wire)."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.attachment import MediaType, check_size, safe_name
from app.domain.required import tidy
from app.domain.rule_numbers import RuleKey
from app.kernel.errors import ErrorCode, Refusal
from app.queries import attachments
from app.usecases.commands import Command, Outcome, creates, handles, outcome
from app.usecases.context import Context
from app.usecases.incidents import find

_CLAUSE = "CM-05"
_HASH_DIGITS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class AttachFile(Command):
    """Attach a file that lies in this workstation's store under its hash (hex)."""

    incident_id: str
    content: str
    size: int
    media_type: MediaType
    name: str
    note: str | None = None


@handles(AttachFile, creates("attachment"))
def attach_file(command: AttachFile, context: Context) -> Outcome:
    """One record; the same file twice at one incident is E_DUP. Only what is stored here can be named."""
    row = find(context, command.incident_id)
    digits = command.content
    if len(digits) != _HASH_DIGITS or not set(digits) <= set("0123456789abcdef"):
        raise Refusal(ErrorCode.FORMAT, "refusal.attachments.missing", field="content", clause=_CLAUSE)
    if context.beside.stored(digits) != command.size:
        raise Refusal(ErrorCode.STATE, "refusal.attachments.missing", field="content", clause=_CLAUSE)
    check_size(command.size, context.district.value(RuleKey.ATTACHMENT_LIMIT))
    if attachments.is_purged(context.connection, digits):
        raise Refusal(ErrorCode.STATE, "refusal.attachments.purged", field="path", clause="XC-07")
    if any(known.content == digits for known in attachments.attachments(context.connection, row.id)):
        raise Refusal(ErrorCode.DUP, "refusal.attachments.twice", field="path", clause=_CLAUSE)
    attachment_id = context.new_id()
    values = {
        "incident_id": row.id,
        "content": digits,
        "size": command.size,
        "media_type": command.media_type.value,
        "name": safe_name(command.name, command.media_type),
        "note": (tidy(command.note) or None) if command.note else None,
        "at": context.now_ms,
        "agency": context.agency.value,
        "account_id": context.author.id,
    }
    return outcome(
        *context.create("attachment", attachment_id, values), attachment_id=attachment_id, incident_id=row.id
    )
