"""Workstations and their keys as the screen "workstations and certificates" shows them; what of it calls for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.kernel.enums import AccountKind
from app.queries import accounts, reentries
from app.queries.accounts import SiteRow
from app.queries.reading import Connection, columns_of, read
from app.queries.reentries import OfferRow
from db.tables.accounts import ACCOUNT

FORKED = "forked"
ENDED = ("closed", "revoked", FORKED)
_LOGICAL_BITS = 16  # of a stamp, below its milliseconds
_NEWEST = "SELECT hlc, seq FROM op WHERE site = ? ORDER BY seq DESC LIMIT 1"
_BEFORE = "SELECT seq, hlc FROM op WHERE site = ? AND tx_last = 1 AND hlc <= ? ORDER BY seq DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class SealRow:
    """A sealed emergency account; moments in UTC ms, `opened_at` None or before `sealed_at` while the seal holds."""

    id: str
    name: str | None
    agency: str | None
    state: str | None
    sealed_at: int | None
    opened_at: int | None

    @property
    def is_open(self) -> bool:
        """True from the moment it was opened until it is sealed anew."""
        return self.opened_at is not None and self.opened_at >= (self.sealed_at or 0)


@dataclass(frozen=True, slots=True)
class SiteView:
    """A workstation, when its newest act held here was recorded (UTC ms, None: nothing held), and that act's number."""

    row: SiteRow
    heard_at: int | None
    last_seq: int


@dataclass(frozen=True, slots=True)
class TrustView:
    """Everything the screen shows."""

    sites: Sequence[SiteView]
    seals: Sequence[SealRow]
    offers: Sequence[OfferRow]


_SEALS = (
    select(*(ACCOUNT.table.c[name] for name in columns_of(SealRow)))
    .where(ACCOUNT.table.c.kind == AccountKind.EMERGENCY.value)
    .order_by(ACCOUNT.table.c.agency, ACCOUNT.table.c.name, ACCOUNT.table.c.id)
)


def seals(connection: Connection) -> list[SealRow]:
    """Sealed emergency accounts of all agencies."""
    return read(connection, SealRow, _SEALS)


def view(connection: Connection, agency: str) -> TrustView:
    """Workstations, seals, and the acts this agency's people may enter anew."""
    sites = []
    for row in accounts.sites(connection):
        newest = connection.execute(_NEWEST, (row.id,)).fetchone()
        at, seq = (newest[0] >> _LOGICAL_BITS, newest[1]) if newest else (None, 0)
        sites.append(SiteView(row, at, seq))
    return TrustView(sites, seals(connection), reentries.offers(connection, agency))


@dataclass(frozen=True, slots=True)
class Calls:
    """What calls for somebody: copied workstations, opened seals, acts to be entered anew, the end of our certificate.

    `ended`: this workstation itself, once it was closed, revoked or copied and can save nothing any more; `heir`: its successor.
    """

    forked: Sequence[SiteRow] = ()
    opened: Sequence[SealRow] = ()
    waiting: int = 0
    tls_until: int | None = None
    ended: SiteRow | None = None
    heir: SiteRow | None = None


def calls(connection: Connection, agency: str, own: str) -> Calls:
    """What calls for somebody at this workstation."""
    rows = accounts.sites(connection)
    forked = [row for row in rows if row.state == FORKED]
    opened = [row for row in seals(connection) if row.is_open]
    waiting = len(reentries.offers(connection, agency)) if _anything(connection) else 0
    me = next((row for row in rows if row.id == own), None)
    ended = me if me is not None and me.state in ENDED else None
    heir = next((row for row in rows if ended is not None and row.id == ended.heir), None)
    return Calls(forked, opened, waiting, me.tls_until if me is not None else None, ended, heir)


def _anything(connection: Connection) -> bool:
    return connection.execute("SELECT 1 FROM quarantine LIMIT 1").fetchone() is not None


def last_before(connection: Connection, site: str, at_ms: int) -> tuple[int, int]:
    """Number and moment (UTC ms) of a workstation's last act recorded up to a moment; (0, 0) for none."""
    row = connection.execute(_BEFORE, (site, (at_ms << _LOGICAL_BITS) | 0xFFFF)).fetchone()
    return (int(row[0]), int(row[1]) >> _LOGICAL_BITS) if row else (0, 0)
