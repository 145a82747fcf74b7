"""What a handler may use: who acts, the clock, the district, reading, and the maker of acts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from app.domain.district import District
from app.domain.rule_numbers import RuleKey
from app.journal.acts import ActMaker
from app.journal.operation import Act
from app.kernel.clock import Clock, to_ms
from app.kernel.enums import Agency
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.ids import new_id
from app.kernel.texts import Texts
from app.queries import incidents
from app.queries.accounts import AccountRow
from app.queries.reading import Connection


class Contacts(Protocol):
    """Seals and opens contact values under keys that stand outside the journal (XC-07)."""

    def seal(self, subject: str, value: str) -> str:
        """Seal a value for a subject; its key is durable when this returns."""
        ...

    def unseal(self, subject: str, sealed: str) -> str | None:
        """The value, None when its key is not here."""
        ...


@dataclass(frozen=True)
class Beside:
    """What this workstation keeps beside the database: keys of contacts; `stored`: bytes of a file by its hash (hex), None
    when it is not here.
    """

    contacts: Contacts
    stored: Callable[[str], int | None]


@dataclass(frozen=True)
class Workstation:
    """Who this console is: realm, agency, site, series letter (D-35), its machine account."""

    realm: str
    district: str
    agency: Agency
    site: str
    letter: str
    console_account: str


@dataclass(frozen=True)
class Context:
    """One act in progress."""

    author: AccountRow
    workstation: Workstation
    clock: Clock
    connection: Connection
    district: District
    command: str
    acts: ActMaker
    texts: Texts
    beside: Beside
    may: Callable[[str], bool]
    """True if the author may carry out a command (by name)."""
    who: Callable[[str], tuple[str, ...]]
    """Roles of the author's agency (else the agencies) that may carry out a command."""

    @property
    def now_ms(self) -> int:
        """The present moment, UTC milliseconds."""
        return self.clock.now_ms()

    @property
    def agency(self) -> Agency:
        """An act counts for the agency of the account."""
        return Agency(self.author.agency or self.workstation.agency)

    def new_id(self) -> str:
        """A fresh id for a record."""
        return new_id(self.clock, self.workstation.site)

    def limit_s(self, key: RuleKey) -> int:
        """A rule number of this district in seconds (D-31)."""
        return self.district.seconds(key)

    def create(
        self,
        entity: str,
        entity_id: str,
        values: Mapping[str, Any],
        *,
        cause: Sequence[str] = (),
        **entries: int | None,
    ) -> list[Act]:
        """A new record; entries are the first of its maxima and minima; `cause`: what its id was derived from, if it was."""
        given = {name: value for name, value in entries.items() if value is not None}
        known = {name: value for name, value in values.items() if value is not None}
        return self.acts.write(self.command, entity, entity_id, known, new=True, entries=given, cause=cause)

    def change(
        self, entity: str, entity_id: str, values: Mapping[str, Any], why: str | None = None
    ) -> list[Act]:
        """New values for registers of a record; each names the heads it replaces."""
        return self.acts.write(self.command, entity, entity_id, values, why=why)

    def enter(self, entity: str, entity_id: str, why: str | None = None, **entries: int) -> list[Act]:
        """Further entries of a record's maxima and minima."""
        return self.acts.write(self.command, entity, entity_id, {}, entries=entries, why=why)

    def mark(self, entity: str, entity_id: str, verb: str, **body: Any) -> Act:
        """Any other verb on a record."""
        return self.acts.mark(self.command, entity, entity_id, verb, **body)


def check_settled(context: Context, entity: str, entity_id: str, fields: Collection[str]) -> None:
    """Refuse to write over values that stand against each other: first they are resolved, with a reason (XC-03, D-19).

    Both sides having written the same is no disagreement.
    """
    said: dict[str, Any] = {}
    for row in incidents.conflicts_of(context.connection, entity, entity_id):
        if row.field in fields and said.setdefault(row.field, row.value) != row.value:
            raise Refusal(
                ErrorCode.STATE, "refusal.record.in_conflict", field=row.field, clause="XC-03, D-19"
            )


def ms(moment: datetime | None) -> int | None:
    """Moment of a command -> UTC milliseconds."""
    return None if moment is None else to_ms(moment)


StateT = TypeVar("StateT", bound=StrEnum)


def known_state(states: type[StateT], value: str | None) -> StateT:
    """The state a record stands in; Refusal E_STATE for one that only a newer version knows."""
    try:
        return states(str(value))
    except ValueError as wrong:
        raise Refusal(
            ErrorCode.STATE, "refusal.record.state_unknown", field="state", clause="RULES-2"
        ) from wrong


def missing(entity: str, field: str) -> Refusal:
    """The refusal for a record that is not here."""
    return Refusal(ErrorCode.STATE, "refusal.record.missing", field=field, entity=entity)
