"""The port through which screens reach the rest: run a command, run a query, hear what changed. Nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from app.kernel.changes import ChangeSet
from app.kernel.clock import Clock
from app.kernel.errors import EnvironmentFault, Refusal
from app.kernel.paths import DataDir
from app.kernel.texts import Texts

if TYPE_CHECKING:  # heavy, and only named: the board paints before any of them is loaded
    from app.queries.accounts import AccountRow
    from app.replication.status import LinkStatus
    from app.usecases.bus import Done
    from app.usecases.commands import Command

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class AgencyView:
    """Names of an agency as shown."""

    key: str
    full: str
    short: str


@dataclass(frozen=True)
class DistrictView:
    """What a screen needs of the district pack; box and outline in WGS-84 degrees (lon, lat)."""

    code: str
    name: str
    agencies: Mapping[str, AgencyView]
    streets: tuple[tuple[str, str], ...]  # (code, name)
    recipients: tuple[tuple[str, str], ...]  # (key, name)
    box: tuple[float, float, float, float]  # west, south, east, north
    outline: tuple[tuple[tuple[float, float], ...], ...] = ()  # rings
    units: tuple[
        Any, ...
    ] = ()  # areas of streets and towns (app.domain.outline.UnitArea), schematic ones marked
    amber_s: int = 600
    pending_s: int = 600  # how long a class may stay open (RC-01)
    also: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # names of streets and agencies in the other language, by code or key


class Console(Protocol):
    """One running site as its screens see it."""

    clock: Clock
    texts: Texts
    realm: str
    agency: str
    partner: str
    site: str
    data: DataDir
    district: DistrictView

    def execute(self, command: Command, account_id: str) -> Future[Done]:
        """Carry out a command; the future raises Refusal or EnvironmentFault."""
        ...

    def query(self, read: Callable[[Any], ResultT], key: str | None = None) -> Future[ResultT]:
        """Run a query of app.queries on the reader's thread; a newer one under the same key supersedes an older."""
        ...

    def subscribe(self, hear: Callable[[ChangeSet], None]) -> Callable[[], None]:
        """Call `hear` after every commit, on any thread; the result ends the subscription."""
        ...

    def links(self) -> list[LinkStatus]:
        """Honest state of every link; a snapshot, from any thread."""
        ...

    def sign_in(self, name: str, password: str) -> Future[AccountRow]:
        """The account; the future raises Refusal E_PERM."""
        ...

    def sentence(self, error: Refusal | EnvironmentFault) -> str:
        """What happened, why, and what to do, in the language of the screen."""
        ...

    def who(self, error: Refusal) -> str:
        """Who can do the refused act; empty when nobody is named."""
        ...

    def clause(self, error: Refusal) -> str:
        """Source clause of the rule behind a refusal; empty when it names none."""
        ...

    def memory(self, key: str) -> Any:
        """Something this workstation remembers (window state, drafts by key), None when nothing."""
        ...

    def remember(self, key: str, value: Any) -> None:
        """Keep a JSON value on this workstation; None forgets it."""
        ...
