"""The sealed emergency account: for the forgotten password at night; whoever opens it alarms both agencies (docs/decisions/0034).

Its password lies sealed in the duty room and was never anybody's. Opened once, it serves for one watch, so that the lock of the
screen does not end what it was opened for; then it is sealed anew under another password.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.enums import AccountKind, LogKind
from app.kernel.errors import ErrorCode, Refusal
from app.queries import accounts
from app.queries.accounts import AccountRow
from app.usecases.commands import Command, Outcome, creates, handles, outcome, writes
from app.usecases.context import Context, missing
from app.usecases.duty import log_acts

OPEN_FOR_S = 12 * 3600  # one watch
_MS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakSeal(Command):
    """Open the sealed emergency account; carried out by signing in with its sealed password, by nobody else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SealAccount(Command):
    """Note that an emergency account has a new sealed password (`main.py seal` makes both)."""

    account_id: str


def is_sealed(row: AccountRow) -> bool:
    """True for an emergency account whose present seal was not broken."""
    if row.kind != AccountKind.EMERGENCY or row.sealed_at is None:
        return False
    return row.opened_at is None or row.opened_at < row.sealed_at


def is_spent(row: AccountRow, now_ms: int) -> bool:
    """True for an emergency account that was opened, and whose watch is over."""
    if row.kind != AccountKind.EMERGENCY or is_sealed(row):
        return False
    return now_ms > (row.opened_at or 0) + OPEN_FOR_S * _MS


def _letter(context: Context) -> str:
    return context.workstation.letter or context.texts.get("log.no_letter")


@handles(BreakSeal, writes("account", "opened_at"), creates("log_entry"))
def break_seal(command: BreakSeal, context: Context) -> Outcome:
    """One entry in the log of both rooms; the red alarm at both follows from the account's row."""
    if not is_sealed(context.author):
        raise Refusal(ErrorCode.STATE, "refusal.seal.not_sealed", clause="CM-04")
    text = context.texts.get("log.seal_broken", letter=_letter(context), hours=OPEN_FOR_S // 3600)
    acts = context.change("account", context.author.id, {"opened_at": context.now_ms})
    return outcome(
        *acts, *log_acts(context, LogKind.ALARM, text, context.now_ms), account_id=context.author.id
    )


@handles(SealAccount, writes("account", "sealed_at"), creates("log_entry"))
def seal_account(command: SealAccount, context: Context) -> Outcome:
    """The password itself never leaves this workstation (decision 0009)."""
    row = accounts.account(context.connection, command.account_id)
    if row is None:
        raise missing("account", "account_id")
    if row.kind != AccountKind.EMERGENCY:
        raise Refusal(ErrorCode.STATE, "refusal.seal.not_sealed", field="account_id", clause="CM-04")
    if row.agency != context.agency.value:
        who = (str(row.agency),)
        raise Refusal(
            ErrorCode.OWNER,
            "refusal.owner.row",
            field="account_id",
            who=who,
            clause="CM-04",
            owner=row.agency,
        )
    text = context.texts.get("log.seal_made", letter=_letter(context))
    acts = context.change("account", row.id, {"sealed_at": context.now_ms})
    return outcome(*acts, *log_acts(context, LogKind.NOTE, text, context.now_ms), account_id=row.id)
