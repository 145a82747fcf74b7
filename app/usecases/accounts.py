"""Accounts (CM-04): one account is one person on duty or one machine; roles, period, revocation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.domain.event_time import check_kept
from app.domain.required import alike, require_text, tidy
from app.domain.sign_in import check_sign_in_name, check_title
from app.journal import verbs
from app.journal.operation import Act
from app.kernel.enums import AccountKind, LogKind, Role
from app.kernel.errors import ErrorCode, Refusal
from app.queries import accounts, duty
from app.queries.accounts import AccountRow
from app.usecases.commands import Command, Moment, Outcome, creates, handles, marks, outcome, writes
from app.usecases.context import Context, missing, ms
from app.usecases.duty import log_acts, peer_said

_CLAUSE = "CM-04"


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateAccount(Command):
    """Create an account: sign-in name, title on screen (a role, no person's name), roles, period."""

    name: str
    title: str
    roles: list[Role]
    kind: AccountKind = AccountKind.PERSON
    valid_from: Moment | None = None
    valid_to: Moment | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SetAccountRoles(Command):
    """Give an account exactly these roles and this period."""

    account_id: str
    roles: list[Role]
    valid_from: Moment | None = None
    valid_to: Moment | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeAccount(Command):
    """Disable an account for good, with a reason; its recorded acts stay."""

    account_id: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RenameAccount(Command):
    """Change the title shown on screen."""

    account_id: str
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AdmitAccount(Command):
    """Let an account of another agency act at this agency's consoles (GV-04)."""

    account_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DismissAccount(Command):
    """Take an admission back: the account of another agency acts no longer at this agency's consoles (GV-04)."""

    account_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SetPassword(Command):
    """Note that a password was set on this workstation; the verifier itself never enters the journal."""

    account_id: str


def _find(context: Context, key: str) -> AccountRow:
    found = accounts.account_called(context.connection, key, context.agency)
    if found is None:
        raise missing("account", "account_id")
    return found


def _own(context: Context, key: str) -> AccountRow:
    row = _find(context, key)
    if row.agency != context.agency:
        raise Refusal(
            ErrorCode.OWNER,
            "refusal.owner.row",
            field="account_id",
            who=(str(row.agency),),
            clause=_CLAUSE,
            owner=row.agency,
        )
    return row


def _open(context: Context, key: str) -> AccountRow:
    """An own account that may be changed: not revoked for good, not a workstation's own (it keeps the audit)."""
    row = _own(context, key)
    if Role.CONSOLE in row.role_set:
        raise Refusal(ErrorCode.STATE, "refusal.accounts.console_account", field="account_id", clause=_CLAUSE)
    if row.state != "active":
        raise Refusal(ErrorCode.STATE, "refusal.accounts.already_revoked", field="account_id", clause=_CLAUSE)
    return row


def _told(context: Context, key: str, row: AccountRow, **facts: str) -> list[Act]:
    """The line of an act of trust in the duty log of both rooms, written by the act itself (JD-11)."""
    text = context.texts.get(
        key,
        title=context.author.title or "",
        name=row.name or "",
        post=row.title or row.name or "",
        agency=peer_said(context, row.agency or ""),
        **facts,
    )
    return log_acts(context, LogKind.NOTE, text, context.now_ms)


def _roles(context: Context, roles: list[Role]) -> str:
    comma = context.texts.get("wording.comma")
    return comma.join(context.texts.get(f"enum.role.{role.value}") for role in sorted(set(roles)))


def _grant(context: Context, account_id: str, roles: list[Role], valid_from: Any, valid_to: Any) -> Any:
    start, end = ms(valid_from), ms(valid_to)
    for field, at in (("valid_from", start), ("valid_to", end)):
        if at is not None:
            check_kept(at, field=field, clause=_CLAUSE)
    if not roles:
        raise Refusal(ErrorCode.REQUIRED, "refusal.accounts.roles_required", field="roles", clause=_CLAUSE)
    if Role.CONSOLE in roles:
        raise Refusal(ErrorCode.PERM, "refusal.accounts.console_role", field="roles", clause=_CLAUSE)
    if start is not None and end is not None and end < start:
        raise Refusal(ErrorCode.TIME, "refusal.accounts.period", field="valid_to", clause=_CLAUSE)
    if end is not None and end <= context.now_ms:
        raise Refusal(ErrorCode.TIME, "refusal.accounts.period_over", field="valid_to", clause=_CLAUSE)
    period = {name: value for name, value in (("valid_from", start), ("valid_to", end)) if value is not None}
    names = sorted({role.value for role in roles})
    return context.mark(
        "account", account_id, verbs.GRANT, agency=context.agency.value, roles=names, **period
    )


@handles(CreateAccount, creates("account"), marks("account", verbs.GRANT))
def create_account(command: CreateAccount, context: Context) -> Outcome:
    """A new account of the administrator's own agency; the sign-in name is taken once (E_DUP)."""
    require_text(command.name, "refusal.accounts.name_required", field="name", clause=_CLAUSE)
    require_text(command.title, "refusal.accounts.title_required", field="title", clause=_CLAUSE)
    name = tidy(command.name)
    taken = {
        alike(key)
        for row in accounts.accounts(context.connection)
        if row.agency in (None, context.agency)
        for key in (row.id, row.name or "")
    }
    if alike(name) in taken:
        raise Refusal(ErrorCode.DUP, "refusal.accounts.name_taken", field="name", clause=_CLAUSE)
    check_sign_in_name(name, field="name")
    check_title(command.title, field="title")
    account_id = context.new_id()
    values = {"kind": command.kind.value, "name": name, "title": tidy(command.title)}
    grant = _grant(context, account_id, command.roles, command.valid_from, command.valid_to)
    return outcome(*context.create("account", account_id, values), grant, account_id=account_id)


@handles(SetAccountRoles, marks("account", verbs.GRANT), creates("log_entry"))
def set_account_roles(command: SetAccountRoles, context: Context) -> Outcome:
    """Least privilege: the new set replaces the old one; an administrator cannot take his own right away."""
    row = _open(context, command.account_id)
    if row.id == context.author.id:
        _check_own_right(command, context)
    act = _grant(context, row.id, command.roles, command.valid_from, command.valid_to)
    told = _told(context, "log.account_roles", row, roles=_roles(context, command.roles))
    return outcome(act, *told, account_id=row.id)


def _check_own_right(command: SetAccountRoles, context: Context) -> None:
    """An administrator keeps his right, and keeps it without an end: another one may set that."""
    if Role.ACCOUNT_ADMIN not in command.roles:
        raise Refusal(ErrorCode.STATE, "refusal.accounts.own_right", field="roles", clause=_CLAUSE)
    start = ms(command.valid_from)
    if command.valid_to is not None or (start is not None and start > context.now_ms):
        field = "valid_from" if command.valid_to is None else "valid_to"
        raise Refusal(ErrorCode.STATE, "refusal.accounts.own_right", field=field, clause=_CLAUSE)


@handles(RevokeAccount, marks("account", verbs.REVOKE), creates("log_entry"))
def revoke_account(command: RevokeAccount, context: Context) -> Outcome:
    """Revoke; acts concurrent with it stand and are flagged (REPLICATION, Trust).

    Whoever is on watch stays so until a chief or leader ends his watch: the line in both logs says that too (JD-04).
    """
    row = _open(context, command.account_id)
    if row.id == context.author.id:
        raise Refusal(ErrorCode.STATE, "refusal.accounts.own_right", field="account_id", clause=_CLAUSE)
    require_text(command.reason, "refusal.accounts.reason_required", field="reason", clause=_CLAUSE)
    act = context.mark("account", row.id, verbs.REVOKE, agency=context.agency.value)
    held = [each.post for each in duty.on_watch(context.connection) if each.account_id == row.id]
    posts = context.texts.get("wording.comma").join(context.texts.get(f"enum.post.{post}") for post in held)
    key = "log.account_revoked_on_watch" if held else "log.account_revoked"
    told = _told(context, key, row, reason=tidy(command.reason), **({"held": posts} if held else {}))
    return outcome(act, *told, account_id=row.id)


@handles(RenameAccount, writes("account", "title"))
def rename_account(command: RenameAccount, context: Context) -> Outcome:
    """A new title; titles are roles, never persons' names."""
    require_text(command.title, "refusal.accounts.title_required", field="title", clause=_CLAUSE)
    check_title(command.title, field="title")
    row = _own(context, command.account_id)
    return outcome(*context.change("account", row.id, {"title": tidy(command.title)}), account_id=row.id)


@handles(AdmitAccount, marks("account", verbs.ADMIT), creates("log_entry"))
def admit_account(command: AdmitAccount, context: Context) -> Outcome:
    """Admit a foreign account; it keeps acting for its own agency."""
    row = _find(context, command.account_id)
    if row.agency == context.agency:
        raise Refusal(ErrorCode.STATE, "refusal.accounts.own_agency", field="account_id", clause=_CLAUSE)
    act = context.mark("account", row.id, verbs.ADMIT, agency=context.agency.value)
    return outcome(act, *_told(context, "log.account_admitted", row), account_id=row.id)


@handles(DismissAccount, marks("account", verbs.DISMISS), creates("log_entry"))
def dismiss_account(command: DismissAccount, context: Context) -> Outcome:
    """What it did stands; what it does meanwhile elsewhere stands and is flagged."""
    row = _find(context, command.account_id)
    if context.agency not in (row.admitted or "").split(","):
        raise Refusal(ErrorCode.STATE, "refusal.accounts.not_admitted", field="account_id", clause=_CLAUSE)
    act = context.mark("account", row.id, verbs.DISMISS, agency=context.agency.value)
    return outcome(act, *_told(context, "log.account_dismissed", row), account_id=row.id)


@handles(SetPassword, writes("account", "secret_at"))
def set_password(command: SetPassword, context: Context) -> Outcome:
    """Audit entry of a new password; one's own, or anybody's of the agency for its administrator."""
    row = _open(context, command.account_id)
    if row.id != context.author.id and Role.ACCOUNT_ADMIN not in context.author.role_set:
        raise Refusal(
            ErrorCode.PERM,
            "refusal.permission.denied",
            who=(Role.ACCOUNT_ADMIN,),
            clause=_CLAUSE,
            act="set_password",
        )
    if row.kind == AccountKind.EMERGENCY:  # its password is nobody's: it is sealed, not chosen
        raise Refusal(ErrorCode.STATE, "refusal.seal.not_chosen", field="account_id", clause=_CLAUSE)
    return outcome(*context.change("account", row.id, {"secret_at": context.now_ms}), account_id=row.id)
