"""Sites and agencies: meeting another agency at pairing, enrolling, closing and revoking workstations (REPLICATION, Trust)."""

from __future__ import annotations

from dataclasses import dataclass

from app.journal import verbs
from app.journal.keys import KEY_BYTES
from app.kernel.enums import Agency
from app.kernel.errors import ErrorCode, Refusal
from app.usecases.commands import Command, Outcome, handles, marks, outcome, writes
from app.usecases.context import Context


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetAgency(Command):
    """Take note of another agency's recovery key after the pairing number was compared on both sides."""

    agency: Agency
    recovery_key: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AnnounceSite(Command):
    """The console announces its label and the public-key hash its TLS certificates are pinned by."""

    label: str
    tls_pin: str


@handles(MeetAgency, marks("agency", verbs.MEET))
def meet_agency(command: MeetAgency, context: Context) -> Outcome:
    """One journalled act of the administrator; without it nothing of that agency counts here."""
    if command.agency is context.agency:
        raise Refusal(ErrorCode.STATE, "refusal.sync.same_agency", field="agency", clause="CM-04")
    try:
        key = bytes.fromhex(command.recovery_key)
    except ValueError as wrong:
        raise Refusal(
            ErrorCode.FORMAT, "refusal.sync.identity", field="recovery_key", clause="CM-04"
        ) from wrong
    if len(key) != KEY_BYTES:
        raise Refusal(ErrorCode.FORMAT, "refusal.sync.identity", field="recovery_key", clause="CM-04")
    act = context.mark("agency", command.agency.value, verbs.MEET, key=key, name=command.name)
    return outcome(act, agency=command.agency.value)


@handles(AnnounceSite, writes("site", "label", "tls_pin"))
def announce_site(command: AnnounceSite, context: Context) -> Outcome:
    """Label and pin of this workstation, signed by its own key."""
    values = {"label": command.label, "tls_pin": command.tls_pin}
    return outcome(*context.change("site", context.workstation.site, values), site=context.workstation.site)
