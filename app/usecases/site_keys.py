"""Keys and certificates of this workstation: the signing key handed on, the link's certificate renewed (docs/decisions/0033)."""

from __future__ import annotations

from dataclasses import dataclass

from app.journal import verbs
from app.kernel.clock import FOR_LONG_MS, SHANGHAI, to_ms
from app.kernel.enums import LogKind
from app.kernel.errors import ErrorCode, Refusal
from app.usecases.commands import Command, Moment, Outcome, creates, handles, marks, outcome, writes
from app.usecases.context import Context
from app.usecases.duty import log_acts


@dataclass(frozen=True, kw_only=True, slots=True)
class RotateKey(Command):
    """Hand this workstation's chain to a new signing key (hex), with the word of the old key and the new key's proof (hex).

    `main.py rotate-key` makes the key and gives this command: the key has to lie in the data folder before.
    """

    key: str
    by: str
    proof: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RenewCertificate(Command):
    """Announce that this workstation's certificate was renewed under the root its peers have pinned; `until`: its end.

    `main.py renew` makes the certificate and gives this command.
    """

    until: Moment


@handles(RotateKey, marks("site", verbs.ROTATE), creates("log_entry"))
def rotate_key(command: RotateKey, context: Context) -> Outcome:
    """The site stays the same; both rooms read in the log when its key changed (REPLICATION, Trust)."""
    try:
        parts = {name: bytes.fromhex(getattr(command, name)) for name in ("key", "by", "proof")}
    except ValueError as wrong:
        raise Refusal(ErrorCode.FORMAT, "refusal.sites.key_verb", field="key", clause="CM-04") from wrong
    site = context.workstation.site
    act = context.mark("site", site, verbs.ROTATE, **parts)
    letter = context.workstation.letter or context.texts.get("log.no_letter")
    text = context.texts.get("log.key_rotated", letter=letter)
    return outcome(act, *log_acts(context, LogKind.FAULT, text, context.now_ms), site=site)


@handles(RenewCertificate, writes("site", "tls_until"), creates("log_entry"))
def renew_certificate(command: RenewCertificate, context: Context) -> Outcome:
    """Nothing is paired again: what peers have pinned is the root (decision 0016)."""
    until, site = to_ms(command.until), context.workstation.site
    if until <= context.now_ms:
        raise Refusal(ErrorCode.TIME, "refusal.sites.tls_until", field="until", clause="CM-04")
    letter = context.workstation.letter or context.texts.get("log.no_letter")
    day = command.until.astimezone(SHANGHAI).strftime("%Y-%m-%d")
    long = until - context.now_ms > FOR_LONG_MS
    lasts = context.texts.get("log.certificate_long" if long else "log.certificate_until", day=day)
    text = context.texts.get("log.certificate_renewed", letter=letter, until=lasts)
    acts = context.change("site", site, {"tls_until": until})
    return outcome(*acts, *log_acts(context, LogKind.FAULT, text, context.now_ms), site=site)
