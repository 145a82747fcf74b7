"""Accounts, sites, agencies and refused acts (CM-04, XC-06)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select

from app.queries.reading import columns_of, read, read_one
from db.sql import sql
from db.tables.accounts import ACCOUNT, AGENCY, REFUSAL, SITE
from db.tables.journal import OP


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account; moments in UTC ms, roles joined by commas, state active | revoked."""

    id: str
    kind: str | None
    name: str | None
    title: str | None
    agency: str | None
    roles: str | None
    state: str | None
    valid_from: int | None
    valid_to: int | None
    admitted: str | None = None  # agencies at whose consoles it acts as a guest
    sealed_at: int | None = None  # of a sealed emergency account (UTC ms)
    opened_at: int | None = None

    @property
    def role_set(self) -> frozenset[str]:
        """Roles as a set."""
        return frozenset(filter(None, (self.roles or "").split(",")))


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One workstation: agency, series letter, state (enrolled, closed, revoked, forked), label; moments in UTC ms.

    `tls_until`: when the certificate it dials and answers with ends.
    """

    id: str
    agency: str | None
    letter: str | None
    state: str | None
    label: str | None
    tls_pin: str | None
    last_seq: int | None
    heir: str | None
    tls_until: int | None = None
    enrolled_at: int | None = None
    state_at: int | None = None
    key_at: int | None = None


@dataclass(frozen=True, slots=True)
class AgencyRow:
    """An agency whose recovery key was met at pairing."""

    id: str
    name: str | None
    recovery_key: str | None
    admitted_by: str | None


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One refused act: when, what, code, faulty field, by whom."""

    id: str
    at: int | None
    command: str | None
    code: str | None
    field: str | None
    account_id: str | None
    about: str | None
    born_agency: str | None


_MS = 16  # an hlc is milliseconds << 16 plus a counter
_ACCOUNT = select(*(ACCOUNT.table.c[name] for name in columns_of(AccountRow)))
_ALL = _ACCOUNT.order_by(ACCOUNT.table.c.agency, ACCOUNT.table.c.name)
_ONE = _ACCOUNT.where(ACCOUNT.table.c.id == bindparam("id"))
_BY_NAME = _ACCOUNT.where(
    or_(ACCOUNT.table.c.id == bindparam("key"), ACCOUNT.table.c.name == bindparam("key"))
)
_SITES = select(*(SITE.table.c[name] for name in columns_of(SiteRow))).order_by(
    SITE.table.c.agency, SITE.table.c.letter
)
_ENDS = sql(
    select(OP.c.hlc).where(
        OP.c.site == bindparam("of"), OP.c.seq == bindparam("number"), OP.c.tx_last == bindparam("last")
    )
)
_AGENCIES = select(*(AGENCY.table.c[name] for name in columns_of(AgencyRow))).order_by(AGENCY.table.c.id)
_REFUSALS = (
    select(*(REFUSAL.table.c[name] for name in columns_of(RefusalRow)))
    .order_by(REFUSAL.table.c.at.desc(), REFUSAL.table.c.id.desc())
    .limit(bindparam("limit"))
)


def accounts(connection: sqlite3.Connection) -> list[AccountRow]:
    """All accounts known here, by agency and name."""
    return read(connection, AccountRow, _ALL)


def account(connection: sqlite3.Connection, account_id: str) -> AccountRow | None:
    """One account by id."""
    return read_one(connection, AccountRow, _ONE, id=account_id)


def accounts_called(connection: sqlite3.Connection, key: str) -> list[AccountRow]:
    """Accounts with this id or sign-in name, active ones first."""
    found = read(connection, AccountRow, _BY_NAME, key=key)
    return sorted(found, key=lambda row: (row.state != "active", row.id))


def account_called(connection: sqlite3.Connection, key: str, agency: str) -> AccountRow | None:
    """The account meant by this id or sign-in name at a console of `agency`.

    Two agencies may have given the same name while apart: the own agency's account is meant.
    """
    found = read(connection, AccountRow, _BY_NAME, key=key)
    found.sort(key=lambda row: (row.id != key, row.agency != agency, row.state != "active", row.id))
    return found[0] if found else None


def sites(connection: sqlite3.Connection) -> list[SiteRow]:
    """All workstations known here."""
    return read(connection, SiteRow, _SITES)


def is_revoked(site: SiteRow) -> bool:
    """True of a workstation that was cut off as stolen, one that was copied besides as well."""
    return site.state == "revoked" or site.last_seq is not None


def twin_of(connection: sqlite3.Connection, site: str) -> str | None:
    """Another enrolled workstation of the same agency that bears the same series letter (D-35), None as it should be."""
    found = sites(connection)
    me = next((row for row in found if row.id == site), None)
    if me is None or me.state != "enrolled":
        return None
    same = (
        row.id for row in found if (row.agency, row.letter, row.state) == (me.agency, me.letter, me.state)
    )
    return next((other for other in same if other != site), None)


def transaction_ended_at(connection: sqlite3.Connection, site: str, seq: int) -> int | None:
    """When the transaction was recorded (UTC ms) whose last operation has this number of the site; None when that is not here,
    or not the last of its transaction."""
    found = connection.execute(_ENDS, {"of": site, "number": seq, "last": 1}).fetchone()
    return None if found is None else int(found[0]) >> _MS


def agencies(connection: sqlite3.Connection) -> list[AgencyRow]:
    """Agencies met at pairing."""
    return read(connection, AgencyRow, _AGENCIES)


def refusals(connection: sqlite3.Connection, limit: int = 200) -> list[RefusalRow]:
    """Refused acts, newest first."""
    return read(connection, RefusalRow, _REFUSALS, limit=limit)
