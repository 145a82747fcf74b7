"""Sites and agencies: meeting another agency at pairing, enrolling, closing and revoking workstations (REPLICATION, Trust)."""

from __future__ import annotations

from dataclasses import dataclass

from app.journal import verbs
from app.journal.keys import KEY_BYTES
from app.kernel.enums import Agency, FaultKind, LogKind
from app.kernel.errors import ErrorCode, Refusal
from app.usecases.commands import Command, Outcome, creates, handles, marks, outcome, writes
from app.usecases.context import Context
from app.usecases.duty import log_acts


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


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteFault(Command):
    """The console notes a trouble of its own: its clock against the partner's (D-24) or against itself, a series letter that two
    workstations bear (D-35).

    `seconds`: how far the clock is apart, ahead positive; `peer`: the partner's agency; `letter`: of the series, "" of the first.
    """

    kind: FaultKind
    peer: str = ""
    seconds: int = 0
    letter: str = ""


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


@handles(NoteFault, creates("log_entry"))
def note_fault(command: NoteFault, context: Context) -> Outcome:
    """A log row in the words of this room, so that whoever reads the times of that night knows (D-24, D-35, JD-11)."""
    agencies = context.district.agencies
    peer = agencies[Agency(command.peer)].short if command.peer in set(Agency) else command.peer
    way = context.texts.get("log.clock_fast" if command.seconds > 0 else "log.clock_slow")
    text = context.texts.get(
        f"log.fault_{command.kind}",
        peer=peer,
        way=way,
        seconds=abs(command.seconds),
        letter=command.letter or context.texts.get("log.no_letter"),
    )
    acts = log_acts(context, LogKind.FAULT, text, context.now_ms)
    return outcome(*acts, entry_id=acts[0].entity_id)
