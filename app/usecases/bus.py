"""The bus: permission, handler, signed operations, one commit; a refused act becomes an audit entry (XC-06)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain.district import District
from app.journal.acts import ActMaker
from app.journal.faults import BadTransactionError
from app.journal.journal import Journal, QuarantinedError
from app.kernel.changes import ChangeSet
from app.kernel.clock import Clock
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.ids import new_id
from app.kernel.texts import Texts
from app.queries import accounts, settings
from app.queries.accounts import AccountRow
from app.queries.reading import Connection
from app.usecases.commands import TABLE, Command, Entry, name_of
from app.usecases.context import Beside, Context, Workstation
from app.usecases.permissions import Permissions

log = logging.getLogger(__name__)

RECORD_REFUSAL = "record_refusal"
# What the projector would quarantine although the use-case let it pass: the same rules, told to the officer now.
_QUARANTINE_CODES = {
    "owner": (ErrorCode.OWNER, "refusal.sync.scope"),
    "type": (ErrorCode.RANGE, "refusal.record.out_of_range"),
    "role": (ErrorCode.PERM, "refusal.permission.denied"),
    "unknown author": (ErrorCode.PERM, "refusal.sign_in.expired"),
    "certificate": (ErrorCode.PERM, "refusal.sites.certificate"),
    "not admitted here": (ErrorCode.PERM, "refusal.sign_in.expired"),
}


@dataclass(frozen=True)
class Done:
    """An act that was committed: what changed, and what the asker is told."""

    changes: ChangeSet
    result: Mapping[str, Any] = field(default_factory=dict)


class Bus:
    """Executes commands on the writer's thread; there is no other way to write shared data."""

    def __init__(
        self,
        connection: Connection,
        journal: Journal,
        permissions: Permissions,
        clock: Clock,
        pack: District,
        workstation: Workstation,
        texts: Texts,
        beside: Beside,
    ) -> None:
        self._connection, self._journal, self._permissions = connection, journal, permissions
        self._clock, self._pack, self.workstation, self._texts = clock, pack, workstation, texts
        self._beside = beside

    def execute(self, command: Command, account_id: str) -> Done:
        """Carry out a command for an account; raises Refusal, which has then been recorded.

        EnvironmentFault `site.closed` when this workstation was closed, cut off or forked (REPLICATION, Trust).
        """
        entry = TABLE[name_of(type(command))]
        try:
            return self._storable(entry, command, account_id)
        except Refusal as refusal:
            self._record(entry.name, refusal, account_id)
            raise

    def _storable(self, entry: Entry, command: Command, account_id: str) -> Done:
        """What no journal and no database takes is refused like any other wrong input."""
        try:
            return self._execute(entry, command, account_id)
        except OverflowError as wrong:
            raise Refusal(ErrorCode.RANGE, "refusal.record.out_of_range", clause="XC-01") from wrong
        except UnicodeEncodeError as wrong:
            raise Refusal(ErrorCode.FORMAT, "refusal.command.encoding", clause="XC-01") from wrong

    def _execute(self, entry: Entry, command: Command, account_id: str) -> Done:
        author = self.author(account_id)
        agency = author.agency or ""
        self._check_right(entry.name, author)
        context = Context(
            author=author,
            workstation=self.workstation,
            clock=self._clock,
            connection=self._connection,
            district=self.district(),
            command=entry.name,
            acts=ActMaker(self._journal.state, agency),
            texts=self._texts,
            beside=self._beside,
            may=lambda name: self._permissions.permits(name, agency, author.role_set),
            who=lambda name: self._permissions.who(name, agency),
        )
        self._journal.state.forget_records()
        outcome = entry.handler(command, context)
        changes = ChangeSet()
        if outcome.transactions:
            changes = self._append(author, entry.name, outcome.transactions)
        return Done(changes, outcome.result)

    def _append(self, author: AccountRow, command: str, transactions: Any) -> ChangeSet:
        try:
            return self._journal.author(author.id, transactions)
        except QuarantinedError as wrong:
            code, text = _QUARANTINE_CODES.get(wrong.reason, (ErrorCode.SYNC, "refusal.sync.scope"))
            log.error("own act %s would be quarantined: %s", command, wrong.reason)
            raise Refusal(code, text, clause="REPLICATION", act=command, reason=wrong.reason) from wrong
        except BadTransactionError as wrong:
            log.error("own act %s cannot be written: %s", command, wrong)
            raise Refusal(ErrorCode.RANGE, "refusal.command.too_large", clause="REPLICATION") from wrong

    def author(self, account_id: str) -> AccountRow:
        """The account; Refusal E_PERM unless it is active and inside its period, both ends included (CM-04)."""
        author, now = self._own_view(account_id), self._clock.now_ms()
        in_time = author is not None and (author.valid_from or 0) <= now <= (
            author.valid_to if author.valid_to is not None else now
        )
        if author is None or author.state != "active" or not in_time:
            raise Refusal(ErrorCode.PERM, "refusal.sign_in.expired", clause="CM-04", who=("account_admin",))
        return author

    def _own_view(self, account_id: str) -> AccountRow | None:
        """The account with the rights that count at this agency's consoles.

        The row shows one agency; what another agency says of an account of ours must neither add to nor take from it.
        """
        row, rights = accounts.account(self._connection, account_id), self._journal.rights_of(account_id)
        if row is None or rights.agency is None:
            return row
        if rights.agency == row.agency:
            return row
        roles = ",".join(sorted(rights.roles))
        return replace(row, agency=rights.agency, roles=roles, state="active", valid_from=None, valid_to=None)

    @property
    def pack(self) -> District:
        """The district pack as it came, for names; rule numbers that were changed are in `district`."""
        return self._pack

    def check_right(self, command: str, account_id: str) -> None:
        """Refuse, and record the refusal, unless this account may carry out a command (XC-06)."""
        try:
            self._check_right(command, self.author(account_id))
        except Refusal as refusal:
            self._record(command, refusal, account_id)
            raise

    def _check_right(self, command: str, author: AccountRow) -> None:
        denied = self._permissions.denial(command, author.agency or "", author.role_set)
        if denied is not None:
            raise denied

    def district(self) -> District:
        """The district pack with the rule numbers this district has changed (D-31)."""
        return replace(self._pack, rules=settings.in_force(self._connection, self._pack.rules))

    def record_refusal(self, command: str | None, refusal: Refusal, account_id: str) -> None:
        """Record a refusal that happened before the bus was reached (sign-in, input that is no command: None)."""
        self._record(command, refusal, account_id)

    def _record(self, command: str | None, refusal: Refusal, account_id: str) -> None:
        """One audit entry per refused act: code, command, faulty field, account; never the content (XC-07).

        EnvironmentFault `site.closed` when this workstation may not even record that.
        """
        maker = ActMaker(self._journal.state, self.workstation.agency)
        self._journal.state.forget_records()
        values = {
            "at": self._clock.now_ms(),
            "command": command,
            "code": refusal.code.value,
            "field": refusal.field,
            "account_id": account_id,
            "about": refusal.text,
        }
        acts = maker.write(
            RECORD_REFUSAL,
            "refusal",
            new_id(self._clock, self.workstation.site),
            {k: v for k, v in values.items() if v is not None},
            new=True,
        )
        try:
            self._journal.author(self.workstation.console_account, [acts])
        except QuarantinedError as wrong:  # closed, cut or forked: what it still says, nobody takes
            log.error("a refusal would be quarantined: %s", wrong.reason)
            raise EnvironmentFault("site.closed", "fault.site.closed", reason=wrong.reason) from wrong
        except BadTransactionError as wrong:  # what was refused is told all the same
            log.error("a refusal cannot be recorded: %s", wrong)
