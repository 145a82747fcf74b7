"""One link per confirmed peer: its status, its one live session, and the pause after what will not mend
itself.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from app.replication.endings import DUPLICATE, SessionEndedError
from app.replication.peers import LocalSite, Pace, Peer, doubled
from app.replication.session import Session
from app.replication.status import LinkStatus, PeerStatus

_NOBODY_THERE = frozenset(
    {"refusal.sync.unreachable", "refusal.sync.no_answer", "refusal.sync.refused_there"}
)
_LOG = logging.getLogger(__name__)
_TRUSTED_AFTER = 10  # heartbeats a session must live until earlier penalties are forgotten


@dataclass
class Link:
    """State of one peer; belongs to the thread of the net loop."""

    peer: Peer
    status: PeerStatus
    pace: Pace
    session: Session | None = None
    free: asyncio.Event = field(default_factory=asyncio.Event)
    dialling: asyncio.Task[None] | None = None
    shown: LinkStatus | None = None
    retired: bool = False
    _penalties: int = 0
    _paused_until: float = 0.0
    _began: float = 0.0

    def __post_init__(self) -> None:
        self.free.set()

    def pause_s(self) -> float:
        """Seconds until this peer is talked to again (0 when it may be now)."""
        return max(0.0, self._paused_until - asyncio.get_running_loop().time())

    def retire(self, key: str) -> None:
        """End the link for good: its session says goodbye, nobody dials again."""
        self.retired = True
        talking = self.session is not None and self.session.dialler != self.peer.site
        if self.session is not None:
            self.session.stop(key)
        if self.dialling is not None and not talking:  # who has just dialled says goodbye first
            self.dialling.cancel()

    def admit(self, local: LocalSite, session: Session) -> bool:
        """Let a greeted session live, unless a better one does.

        Both sides decide alike: of two connections the one that the lower site id dialled stays; a newer one
        of the same dialler, or from a peer that restarted meanwhile, replaces the older. One that is over stands in
        nobody's way.
        """
        current = self.session
        if self.retired:
            return False
        if current is not None:
            better = (
                not current.live
                or session.dialler == current.dialler
                or session.peer_instance != current.peer_instance
                or session.dialler == min(local.site, self.peer.site)
            )
            if not better:
                return False
            current.stop(DUPLICATE)
        self.session = session
        self.free.clear()
        self._began = asyncio.get_running_loop().time()
        return True

    def leave(self, session: Session, ended: SessionEndedError) -> float:
        """A session ended; return the seconds it lived (0 when it never did)."""
        if ended.lasting:
            self._penalise()
        if self.session is not session:
            if self.session is None and ended.key != DUPLICATE:
                self.status.lost(ended.key)
            return 0.0
        self.session = None
        self.free.set()
        if ended.key != DUPLICATE:  # the other one is about to take over; if none does, silence shows it
            self.status.lost(ended.key)
        lived = asyncio.get_running_loop().time() - self._began
        if not ended.lasting and lived > _TRUSTED_AFTER * self.pace.heartbeat_s:
            self._penalties = 0
        return lived

    def failed(self, key: str) -> None:
        """No connection came about; of a peer that said goodbye this is no news."""
        if self.session is None and not (self.status.said_goodbye and key in _NOBODY_THERE):
            self.status.lost(key)

    def _penalise(self) -> None:
        pause = doubled(self.pace.penalty_min_s, self._penalties, self.pace.penalty_max_s)
        self._penalties += 1
        self._paused_until = asyncio.get_running_loop().time() + pause
        _LOG.warning("%s is not talked to for %.1f s", self.peer.site, pause)
