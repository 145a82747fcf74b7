"""The honest state of a link (JD-01): what was applied and acknowledged, when, and what waits, never just
"the socket is open".
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.kernel.clock import MINUTE_MS, SECOND_MS, Clock
from app.kernel.enums import LinkState
from app.replication.endings import CLOSED

RTT_WINDOW_MS: Final = 10 * MINUTE_MS
SKEW_LIMIT_MS: Final = 60 * SECOND_MS  # D-24
DISK: Final = "disk"  # topic of `PeerStatus.stuck`
_OFFSET_SAMPLES: Final = 8
_LATE_HEARTBEATS: Final = 2.5


@dataclass(frozen=True, slots=True)
class Waiting:
    """Operations that wait: how many, and the age of the oldest in ms (None when unknown)."""

    count: int
    oldest_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The last act that came over in one direction: its command, and when its author recorded it (UTC ms)."""

    command: str
    at: int


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """Snapshot of one link. Times are UTC ms; `reason` and `note` are text keys.

    `waiting_out` counts own operations that the peer has not acknowledged, None when nothing is known of
    the peer yet; `waiting_in` counts those it announced and that are not applied here. `acts_out` counts what an officer
    would call waiting, acts instead of operations, without the console's own notes (D-38). `last_out`, `last_in`: the
    newest act acknowledged there and the newest of theirs applied here; known after a restart too. `ended`: a workstation that
    was closed or copied, of which nobody expects that it answers, `ended_at`: when. `bodies_in`: acts that came here without what
    they say, and that this peer may know. `rtt_samples` holds
    (UTC ms, ms) of the last ten minutes. `clock_offset_ms` is the peer's clock minus ours (D-24).
    """

    site: str
    agency: str
    state: LinkState
    since: int
    last_heard_at: int | None = None
    last_applied_at: int | None = None
    last_acked_at: int | None = None
    waiting_out: Waiting | None = None
    waiting_in: int = 0
    rtt_ms: float | None = None
    rtt_samples: tuple[tuple[int, float], ...] = ()
    clock_offset_ms: int | None = None
    reason: str | None = None
    note: str | None = None
    acts_out: Waiting | None = None
    last_out: Moved | None = None
    last_in: Moved | None = None
    ended: bool = False
    ended_at: int | None = None
    bodies_in: int = 0

    @property
    def clock_warns(self) -> bool:
        """True when the clocks are more than 60 s apart (D-24, XC-05)."""
        return self.clock_offset_ms is not None and abs(self.clock_offset_ms) > SKEW_LIMIT_MS


@dataclass(frozen=True)
class Limits:
    """Seconds after which silence or standstill shows."""

    heartbeat_s: float = 1.0
    dead_s: float = 5.0
    stall_s: float = 10.0


@dataclass
class _Progress:
    """Seconds (monotonic) of the last event of each kind, since the link came up."""

    up: float = 0.0
    heard: float = 0.0
    applied: float = 0.0
    acked: float = 0.0
    announced: float = 0.0


@dataclass
class PeerStatus:
    """Gathers what happens on one link and judges it; belongs to the thread of the net loop."""

    site: str
    agency: str
    own_site: str
    clock: Clock
    limits: Limits = field(default_factory=Limits)
    monotonic: Callable[[], float] = time.monotonic
    remembered: Mapping[str, int] | None = None
    ended: bool = False
    ended_at: int | None = None

    def __post_init__(self) -> None:
        self._connected = False
        self._state = LinkState.DOWN
        self._since = self.clock.now_ms()
        self._progress = _Progress()
        self._heard_at: int | None = None
        self._applied_at: int | None = None
        self._acked_at: int | None = None
        self._own_seq = 0
        self._acked_seq = None if self.remembered is None else self.remembered.get(self.own_site, 0)
        self._unacked: deque[tuple[int, float]] = deque()  # (own seq, seconds when it was written)
        self._announced: dict[str, int] = {}
        self._have: dict[str, int] = {}
        self._rtts: deque[tuple[int, float]] = deque()
        self._offsets: deque[tuple[float, int]] = deque(maxlen=_OFFSET_SAMPLES)
        self._reason: str | None = None
        self._stuck: dict[str, str] = {}
        self._note: str | None = None
        self._instance = b""

    # -- the link itself ---------------------------------------------------------------------------------
    def takes_over(self, before: PeerStatus) -> None:
        """Go on from what was known of the same peer before it was met anew (another address): moments and round trips."""
        self._heard_at, self._applied_at, self._acked_at = (
            before._heard_at,
            before._applied_at,
            before._acked_at,
        )
        self._rtts.extend(before._rtts)
        self._instance = before._instance
        if before._state is LinkState.DOWN:
            self._since = before._since

    def begun(self) -> None:
        """A session begins: what kept the one before from moving is over."""
        self._stuck.clear()
        self._offsets.clear()

    def started_anew(self, instance: bytes) -> bool:
        """True if this start of the peer's program (16 random bytes) was not met before: it may hold less than it had said."""
        before, self._instance = self._instance, instance
        return instance != before

    def connected(self, note: str | None = None) -> None:
        """Both sides keep the session; `note` is a text key on the peer's version, if any."""
        now = self.monotonic()
        self._connected, self._note = True, note
        self._reason = None
        self._progress = _Progress(now, now, now, now, now)

    @property
    def said_goodbye(self) -> bool:
        """True while the peer has closed in good order and not been met since."""
        return not self._connected and self._reason == CLOSED

    def lost(self, reason: str) -> None:
        """The session ended, or could not begin; `reason` is a text key."""
        self._connected, self._reason = False, reason
        self._stuck.clear()
        self._announced.clear()

    def heard(self) -> None:
        """A frame arrived."""
        self._progress.heard = self.monotonic()
        self._heard_at = self.clock.now_ms()

    def silent_s(self) -> float:
        """Seconds since the last frame of a session that both sides keep."""
        return self.monotonic() - self._progress.heard

    def stuck(self, topic: str, reason: str | None) -> None:
        """Something keeps operations from moving (text key), or no longer does (None), per topic."""
        if reason is None:
            self._stuck.pop(topic, None)
        else:
            self._stuck[topic] = reason

    @property
    def disk_is_full(self) -> bool:
        """True while nothing of the peer's can be stored here; it is told so."""
        return DISK in self._stuck

    @property
    def own_seq(self) -> int:
        """End of our own chain as last reported."""
        return self._own_seq

    # -- outward -----------------------------------------------------------------------------------------
    def own_end(self, seq: int, age_ms: int = 0) -> None:
        """Our chain reaches `seq`; `age_ms` is the age of its oldest operation not reported before."""
        if seq > self._own_seq:
            self._own_seq = seq
            if self._acked_seq is None or seq > self._acked_seq:
                self._unacked.append((seq, self.monotonic() - max(0, age_ms) / SECOND_MS))

    def backlog(self, age_ms: int) -> None:
        """What waits since before this session is this old: learnt from the oldest operation itself."""
        self._unacked.clear()
        self._unacked.append((self._own_seq, self.monotonic() - max(0, age_ms) / SECOND_MS))

    def acked(self, seq: int, *, stated: bool = False) -> None:
        """The peer holds our chain up to `seq`; `stated`: said in HELLO, not acknowledged now."""
        if self._acked_seq is not None and seq <= self._acked_seq and not stated:
            return
        self._acked_seq = seq
        while self._unacked and self._unacked[0][0] <= seq:
            self._unacked.popleft()
        self._progress.acked = self.monotonic()
        if not stated:
            self._acked_at = self.clock.now_ms()

    # -- inward ------------------------------------------------------------------------------------------
    def announced(self, vector: Mapping[str, int]) -> None:
        """The peer says it holds these chains up to these numbers."""
        before = self._waiting_in()
        for site, seq in vector.items():
            self._announced[site] = max(seq, self._announced.get(site, 0))
        if not before and self._waiting_in():
            self._progress.announced = self.monotonic()

    def have(self, vector: Mapping[str, int]) -> None:
        """We hold these chains up to these numbers."""
        self._have.update(vector)

    def passed(self, sites: Iterable[str]) -> None:
        """These chains are not taken any further: nobody waits for what was announced of them."""
        for site in sites:
            self._announced.pop(site, None)

    @property
    def held(self) -> Mapping[str, int]:
        """What we hold, as last reported."""
        return self._have

    def applied(self) -> None:
        """Operations from this peer were committed here."""
        self._progress.applied = self.monotonic()
        self._applied_at = self.clock.now_ms()

    def _waiting_in(self) -> int:
        return sum(max(0, seq - self._have.get(site, 0)) for site, seq in self._announced.items())

    # -- clocks ------------------------------------------------------------------------------------------
    def pong(self, rtt_ms: float, offset_ms: int) -> None:
        """A PING came back after `rtt_ms`; the peer's clock was then `offset_ms` ahead of ours."""
        now = self.clock.now_ms()
        self._rtts.append((now, rtt_ms))
        while self._rtts and not 0 <= now - self._rtts[0][0] <= RTT_WINDOW_MS:
            self._rtts.popleft()
        self._offsets.append((rtt_ms, offset_ms))

    # -- judgement ---------------------------------------------------------------------------------------
    def _judge(self) -> tuple[LinkState, str | None]:
        if not self._connected:
            return LinkState.DOWN, self._reason
        silent = self.silent_s()
        if silent > self.limits.dead_s:
            return LinkState.DOWN, "refusal.sync.silent"
        if silent > _LATE_HEARTBEATS * self.limits.heartbeat_s:
            return LinkState.DEGRADED, "refusal.sync.silent"
        if self._stuck:
            return LinkState.DEGRADED, next(iter(self._stuck.values()))
        if self._stalled_out():
            return LinkState.DEGRADED, "refusal.sync.not_acknowledged"
        if self._stalled_in():
            return LinkState.DEGRADED, "refusal.sync.not_arriving"
        return LinkState.UP, None

    def _stalled_out(self) -> bool:
        if not self._unacked:
            return False
        begun = max(self._unacked[0][1], self._progress.acked, self._progress.up)
        return self.monotonic() - begun > self.limits.stall_s

    def _stalled_in(self) -> bool:
        if not self._waiting_in():
            return False
        begun = max(self._progress.applied, self._progress.announced, self._progress.up)
        return self.monotonic() - begun > self.limits.stall_s

    def _waiting_out(self) -> Waiting | None:
        if self._acked_seq is None:
            return None
        count = max(0, self._own_seq - self._acked_seq)
        if not count or not self._unacked:
            return Waiting(count)
        return Waiting(count, round((self.monotonic() - self._unacked[0][1]) * SECOND_MS))

    def snapshot(self) -> LinkStatus:
        """Judge the link now; `since` moves when the state does."""
        state, reason = self._judge()
        if state is not self._state:
            self._state, self._since = state, self.clock.now_ms()
        return LinkStatus(
            site=self.site,
            agency=self.agency,
            state=state,
            since=self._since,
            last_heard_at=self._heard_at,
            last_applied_at=self._applied_at,
            last_acked_at=self._acked_at,
            waiting_out=self._waiting_out(),
            waiting_in=self._waiting_in(),
            rtt_ms=self._rtts[-1][1] if self._rtts else None,
            rtt_samples=tuple(self._rtts),
            clock_offset_ms=min(self._offsets)[1] if self._offsets else None,
            reason=reason,
            note=self._note if self._connected else None,
            ended=self.ended,
            ended_at=self.ended_at,
        )
