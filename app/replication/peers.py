"""Who takes part in a link: this site, a confirmed peer, and the pace of a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.replication.tls import pin_of

CREDIT: Final = 8  # un-ACKed OPS frames; a window of 1 fell to a third at 100 ms round trip


@dataclass(frozen=True)
class LocalSite:
    """This site as it introduces itself; `schema` is the journal's schema number."""

    realm: str
    district: str
    agency: str
    site: str
    schema: int
    scopes: frozenset[str] = frozenset()


_MOST_DOUBLINGS: Final = 64  # more than any pause needs, and far less than a float takes


def doubled(first_s: float, times: int, most_s: float) -> float:
    """A pause that was doubled so many times, up to its limit."""
    return min(first_s * 2.0 ** min(times, _MOST_DOUBLINGS), most_s)


class PeerState(StrEnum):
    """How far a paired site is still met (REPLICATION, Trust: Lines)."""

    OPEN = "open"
    ENDED = "ended"  # closed or copied: what it says is taken, and it is given neither contacts nor files
    REVOKED = "revoked"  # never dialled, refused at our port with the reason


@dataclass(frozen=True)
class Peer:
    """A site with which pairing was confirmed on both sides.

    `root_pem` is its pinned TLS root; `endpoints` are (host, port) to dial, none when only the peer dials;
    `scopes` are those it may read beside its own agency's; `acked` is what was last known to be
    acknowledged there (site -> seq), None when nothing is known; `ended_at`: when it was closed or copied (UTC ms).
    """

    site: str
    agency: str
    root_pem: str
    endpoints: tuple[tuple[str, int], ...] = ()
    scopes: frozenset[str] = frozenset()
    acked: Mapping[str, int] | None = field(default=None, compare=False)  # says nothing of who it is
    state: PeerState = PeerState.OPEN
    ended_at: int | None = field(default=None, compare=False)

    @property
    def pin(self) -> bytes:
        """Public-key hash of its root."""
        return pin_of(self.root_pem)


@dataclass(frozen=True)
class Pace:
    """Times in seconds; tests use shorter ones."""

    heartbeat_s: float = 1.0
    dead_s: float = 5.0
    hello_s: float = 5.0
    coalesce_s: float = 0.02
    redial_min_s: float = 0.5
    redial_max_s: float = 8.0
    penalty_min_s: float = 1.0
    penalty_max_s: float = 300.0
    gap_pause_s: float = 0.1
    gap_pause_max_s: float = 30.0
    fault_pause_s: float = 1.0
    fault_pause_max_s: float = 30.0
    stall_s: float = 10.0
    # What one commit of a peer's transactions takes on the writer while nobody waits; for an officer's act it ends at once.
    commit_s: float = 0.2
