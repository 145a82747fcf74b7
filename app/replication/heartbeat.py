"""One PING a second: round trip, clock difference (D-24, XC-05), and the end of a silent session."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from app.kernel.clock import SECOND_MS, Clock
from app.replication.endings import SessionEndedError
from app.replication.frames import Eph, FrameCodec, Lane, Ping, Pong
from app.replication.outbox import Outbox
from app.replication.peers import Pace
from app.replication.status import DISK, PeerStatus

SILENT: Final = "refusal.sync.silent"
TROUBLE: Final = "trouble"  # topic of EPH: what keeps a side from storing; empty when nothing does
_DISK_THERE: Final = "refusal.sync.disk_there"
_MOST_OPEN: Final = 16
_STEP_MS: Final = 500  # a clock that moved by this much during a round trip was set, not running


class Heartbeat:
    """Pings the peer, answers its pings, and ends the session when nothing arrives."""

    def __init__(self, outbox: Outbox, status: PeerStatus, clock: Clock, pace: Pace) -> None:
        self._outbox, self._status, self._clock, self._pace = outbox, status, clock, pace
        self._codec = FrameCodec()
        self._number = 0
        self._told_trouble = False
        self._heard = time.monotonic()
        self._open: dict[int, tuple[float, int]] = {}  # number -> seconds (monotonic), our clock in ms

    async def run(self) -> None:
        """Ping until cancelled; SessionEndedError after `dead_s` without any frame."""
        while True:
            silent = time.monotonic() - self._heard
            if silent > self._pace.dead_s:
                raise SessionEndedError(SILENT, f"nothing for {silent:.1f} s")
            self._ping()
            await asyncio.sleep(self._pace.heartbeat_s)

    def heard(self) -> None:
        """A frame of this session arrived."""
        self._heard = time.monotonic()

    def _ping(self) -> None:
        self._number += 1
        now_ms = self._clock.now_ms()
        self._open[self._number] = (time.monotonic(), now_ms)
        if len(self._open) > _MOST_OPEN:
            del self._open[min(self._open)]
        ping = Ping(self._number, max(0, now_ms), self._status.own_seq)
        self._outbox.put(Lane.CONTROL, self._codec.encode(ping))
        if self._status.disk_is_full is not self._told_trouble:
            self._told_trouble = self._status.disk_is_full
            data = DISK.encode() if self._told_trouble else b""
            self._outbox.put(Lane.CONTROL, self._codec.encode(Eph(TROUBLE, data)))

    def on_trouble(self, eph: Eph) -> None:
        """The peer says that it cannot store, or can again."""
        self._status.stuck(TROUBLE, _DISK_THERE if eph.data == DISK.encode() else None)

    def on_ping(self, ping: Ping) -> None:
        """Answer, and note how far the peer's own chain reaches."""
        self._status.announced({self._status.site: ping.head})
        self._outbox.put(Lane.CONTROL, self._codec.encode(Pong(ping.n, max(0, self._clock.now_ms()))))

    def on_pong(self, pong: Pong) -> None:
        """Round trip and clock offset, unless our own clock was set in between or the number is not ours."""
        begun = self._open.pop(pong.n, None)
        if begun is None:
            return
        rtt_ms = (time.monotonic() - begun[0]) * SECOND_MS
        passed_ms = self._clock.now_ms() - begun[1]
        if abs(passed_ms - rtt_ms) <= _STEP_MS:
            self._status.pong(rtt_ms, round(pong.t_ms - begun[1] - rtt_ms / 2))
