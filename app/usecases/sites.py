"""Sites and agencies: meeting another agency at pairing, enrolling, closing and revoking workstations (REPLICATION, Trust)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.journal import verbs
from app.journal.keys import KEY_BYTES
from app.journal.operation import Act
from app.kernel.clock import SHANGHAI, from_ms
from app.kernel.enums import Agency, FaultKind, LogKind
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.ids import derived_id
from app.queries import accounts, duty
from app.queries.accounts import SiteRow
from app.usecases.commands import Command, Outcome, creates, handles, marks, outcome, writes
from app.usecases.context import Context, missing
from app.usecases.duty import log_acts, peer_said


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetAgency(Command):
    """Take note of another agency's recovery key after the pairing number was compared on both sides."""

    agency: Agency
    recovery_key: str
    name: str
    site: str = ""  # the workstation that is paired with by this


@dataclass(frozen=True, kw_only=True, slots=True)
class PairColleague(Command):
    """Note that a further workstation of the own agency was paired here; made by pairing, which does the rest."""

    site: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetPeer(Command):
    """Undo the pairing with a workstation on this side: no line to it until it is paired again."""

    site: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AnnounceSite(Command):
    """The console announces its label and the public-key hash its TLS certificates are pinned by."""

    label: str
    tls_pin: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CloseSite(Command):
    """Close a lost workstation: nothing of it is quarantined, late acts are flagged, `heir` takes its shares.

    `certificate` (hex) is the agency's recovery key's (`main.py certify close`).
    """

    site: str
    heir: str
    certificate: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeSite(Command):
    """Revoke a stolen workstation: everything beyond `last_seq`, the end of a transaction, is quarantined.

    `certificate` (hex) is the agency's recovery key's (`main.py certify revoke`).
    """

    site: str
    last_seq: int
    certificate: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AppointAdmin(Command):
    """Make an account an administrator of the agency. `certificate` (hex) is the recovery key's (`main.py certify appoint`)."""

    account_id: str
    serial: int
    certificate: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteFault(Command):
    """The console notes a trouble of its own: its clock against the partner's (D-24) or against itself, a series letter that two
    workstations bear (D-35).

    Or that it was restored from a backup, and how far what came after the backup was given back (XC-01, XC-09).

    `seconds`: how far the clock is apart, ahead positive; `peer`: the partner's agency; `letter`: of the series, "" of the first;
    `last_at`: up to when the record of the lost workstation reaches; `count`: entries given back. `about`: what is told once and
    never again by this workstation; a second note of this kind about it is the first one's entry.
    """

    kind: FaultKind
    peer: str = ""
    seconds: int = 0
    letter: str = ""
    last_at: datetime | None = None
    count: int = 0
    about: str = ""


def _site(context: Context, site: str) -> SiteRow | None:
    return next((row for row in accounts.sites(context.connection) if row.id == site), None)


def _letter(context: Context, row: SiteRow | None) -> str:
    return (row.letter if row is not None else None) or context.texts.get("log.no_letter")


def _seat(context: Context, site: str) -> str:
    """A workstation by its letter, as the room calls it; nothing of its id. One met for the first time has none yet here."""
    row = _site(context, site) if site else None
    if row is None or not row.letter:
        return context.texts.get("log.seat")
    return context.texts.get("log.seat_letter", letter=row.letter)


def _told(context: Context, kind: LogKind, key: str, **facts: str) -> list[Act]:
    """Every act of trust has its line in the log of both rooms: written by the act itself, hence once, whoever holds it."""
    text = context.texts.get(key, title=context.author.title or "", **facts)
    return log_acts(context, kind, text, context.now_ms)


@handles(MeetAgency, marks("agency", verbs.MEET), creates("log_entry"))
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
    said, peer = "log.paired" if command.site else "log.agency_met", peer_said(context, command.agency)
    kind = LogKind.LINK if command.site else LogKind.NOTE
    told = _told(context, kind, said, peer=peer, seat=_seat(context, command.site))
    return outcome(act, *told, agency=command.agency.value)


@handles(PairColleague, creates("log_entry"))
def pair_colleague(command: PairColleague, context: Context) -> Outcome:
    """There is no agency to meet, but both rooms read that a further workstation is trusted here (CM-04, JD-11)."""
    if command.site == context.workstation.site:
        raise Refusal(ErrorCode.STATE, "refusal.sync.same_site", field="site", clause="CM-04")
    told = _told(
        context,
        LogKind.LINK,
        "log.paired",
        peer=peer_said(context, context.agency),
        seat=_seat(context, command.site),
    )
    return outcome(*told, entry_id=told[0].entity_id, site=command.site)


@handles(ForgetPeer, creates("log_entry"))
def forget_peer(command: ForgetPeer, context: Context) -> Outcome:
    """Whoever wonders why a line is gone reads it in the log; the pairing itself is this workstation's own (JD-11)."""
    row = _site(context, command.site)
    agency = None if row is None else row.agency
    text = context.texts.get(
        "log.peer_forgotten",
        peer=peer_said(context, agency) if agency else context.texts.get("log.peer_unmet"),
        letter=_letter(context, row),
    )
    acts = log_acts(context, LogKind.LINK, text, context.now_ms)
    return outcome(*acts, entry_id=acts[0].entity_id, site=command.site)


@handles(AnnounceSite, writes("site", "label", "tls_pin", "tls_until"), creates("log_entry"))
def announce_site(command: AnnounceSite, context: Context) -> Outcome:
    """Label and pin of this workstation, signed by its own key; one that joined says so in the log (founding.py)."""
    values = {"label": command.label, "tls_pin": command.tls_pin}
    return outcome(*context.change("site", context.workstation.site, values), site=context.workstation.site)


def _own_site(context: Context, site: str, states: tuple[str, ...]) -> SiteRow:
    """Refuse a workstation that is not known, another agency's, this one itself, or not in one of these states."""
    row = _site(context, site)
    if row is None:
        raise missing("site", "site")
    if row.agency != context.agency:
        who = (str(row.agency),)
        raise Refusal(
            ErrorCode.OWNER, "refusal.owner.row", field="site", who=who, clause="CM-04", owner=row.agency
        )
    if site == context.workstation.site:
        raise Refusal(ErrorCode.STATE, "refusal.sites.itself", field="site", clause="CM-04")
    if row.state not in states:
        raise Refusal(ErrorCode.STATE, "refusal.sites.ended", field="site", clause="CM-04")
    return row


def _moment(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _bytes_of(certificate: str) -> bytes:
    try:
        return bytes.fromhex(certificate)
    except ValueError as wrong:
        raise Refusal(
            ErrorCode.FORMAT, "refusal.sites.certificate", field="certificate", clause="CM-04"
        ) from wrong


@handles(CloseSite, marks("site", verbs.CLOSE), creates("log_entry"))
def close_site(command: CloseSite, context: Context) -> Outcome:
    """The certificate counts by itself; whoever carries it in is on record (REPLICATION, Trust)."""
    row = _own_site(context, command.site, ("enrolled", "forked"))
    heirs = [
        row.id
        for row in accounts.sites(context.connection)
        if row.agency == context.agency and row.state == "enrolled" and row.id != command.site
    ]
    if command.heir not in heirs:
        raise Refusal(ErrorCode.STATE, "refusal.sites.heir", field="heir", clause="CM-04")
    cert = _bytes_of(command.certificate)
    act = context.mark(
        "site", command.site, verbs.CLOSE, agency=context.agency.value, heir=command.heir, cert=cert
    )
    told = _told(
        context,
        LogKind.NOTE,
        "log.site_closed",
        letter=_letter(context, row),
        heir=_letter(context, _site(context, command.heir)),
    )
    return outcome(act, *told, site=command.site)


@handles(RevokeSite, marks("site", verbs.CUT), creates("log_entry"))
def revoke_site(command: RevokeSite, context: Context) -> Outcome:
    """A cut never tears a transaction; of several the lowest counts (REPLICATION, Trust)."""
    row = _own_site(context, command.site, ("enrolled", "closed", "revoked", "forked"))
    last_at = accounts.transaction_ended_at(context.connection, command.site, command.last_seq)
    if last_at is None:
        raise Refusal(ErrorCode.RANGE, "refusal.sites.last_seq", field="last_seq", clause="CM-04")
    cert = _bytes_of(command.certificate)
    body = {"agency": context.agency.value, "last_seq": command.last_seq, "cert": cert}
    told = _told(
        context,
        LogKind.NOTE,
        "log.site_revoked",
        letter=_letter(context, row),
        time=_moment(from_ms(last_at)),
    )
    return outcome(context.mark("site", command.site, verbs.CUT, **body), *told, site=command.site)


@handles(AppointAdmin, marks("account", verbs.APPOINT), creates("log_entry"))
def appoint_admin(command: AppointAdmin, context: Context) -> Outcome:
    """Another administrator, or the same one again after his right was taken."""
    row = accounts.account(context.connection, command.account_id)
    if row is None:
        raise missing("account", "account_id")
    if row.agency not in (None, context.agency.value):
        who = (str(row.agency),)
        raise Refusal(
            ErrorCode.OWNER,
            "refusal.owner.row",
            field="account_id",
            who=who,
            clause="CM-04",
            owner=row.agency,
        )
    cert = _bytes_of(command.certificate)
    body = {"agency": context.agency.value, "cert": cert, "serial": command.serial}
    act = context.mark("account", command.account_id, verbs.APPOINT, **body)
    told = _told(
        context, LogKind.NOTE, "log.admin_appointed", name=row.name or "", post=row.title or row.name or ""
    )
    return outcome(act, *told, account_id=command.account_id)


@handles(NoteFault, creates("log_entry"))
def note_fault(command: NoteFault, context: Context) -> Outcome:
    """A log row in the words of this room, so that whoever reads the times of that night knows (D-24, D-35, JD-11)."""
    cause = ("fault", command.kind.value, context.workstation.site, command.about) if command.about else ()
    if (
        cause
        and (entry := duty.log_entry(context.connection, derived_id(context.agency, *cause))) is not None
    ):
        return outcome(entry_id=entry.id)
    way = context.texts.get("log.clock_fast" if command.seconds > 0 else "log.clock_slow")
    text = context.texts.get(
        f"log.fault_{command.kind}",
        peer=peer_said(context, command.peer),
        way=way,
        seconds=abs(command.seconds),
        letter=command.letter or context.texts.get("log.no_letter"),
        time="" if command.last_at is None else _moment(command.last_at),
        count=command.count,
    )
    acts = log_acts(context, LogKind.FAULT, text, context.now_ms, cause=cause)
    return outcome(*acts, entry_id=acts[0].entity_id)
