"""What the link desk asks of a running site."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PeerCard:
    """A workstation confirmed here: site, agency, its label and series letter, state of enrolment ("" unknown), the address it is
    dialled at ("" it dials), moments in UTC ms: confirmed, certificate valid from and until, in this state since (None unknown).
    `copied`: two branches of its record came, whatever else became of it. `inherited`: confirmed by the workstation this one was
    restored from, so that the other side has never met this one. `moved`: when (UTC ms) and by whom its address was changed here.
    """

    site: str
    agency: str
    label: str
    letter: str
    state: str
    address: str
    confirmed_at: int
    valid_from: int | None
    valid_until: int | None
    state_at: int | None = None
    copied: bool = False
    inherited: bool = False
    moved: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """A change of a link as the duty log has it: when (UTC ms), whose log, its sentence."""

    at: int
    agency: str
    text: str


@dataclass(frozen=True, slots=True)
class LinkStory:
    """Everything the desk shows that is not the links' present state."""

    peers: Sequence[PeerCard] = ()
    log: Sequence[LogLine] = ()


class LinkDeskDoor(Protocol):
    """Peers of the site behind the window."""

    def story(self) -> Future[LinkStory]:
        """Peers confirmed here, and what the links did in the last days, newest first."""
        ...

    def listening(self) -> str:
        """Where this workstation is reached, host:port; "" when it only dials or the network is not up."""
        ...

    def listen_for_links(self, address: str, account_id: str) -> Future[str]:
        """Take links at host:port from now on, unless they are taken already; where that is. Refusal, EnvironmentFault."""
        ...

    def set_address(self, site: str, address: str, account_id: str) -> Future[None]:
        """Dial a peer elsewhere ("" nowhere). The future raises Refusal (E_PERM, E_FORMAT)."""
        ...

    def forget(self, site: str, account_id: str) -> Future[None]:
        """Undo the pairing with a workstation on this side. The future raises Refusal (E_PERM, E_STATE), EnvironmentFault."""
        ...
