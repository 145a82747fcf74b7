"""What waits to be sent on one socket, most urgent first: control, call signalling, live operations, bulk."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from typing import Final

from app.replication.endings import SessionEndedError
from app.replication.frames import Lane

_MAX_CONTROL: Final = 1024
_MAX_SMALL: Final = 256
_MAX_DATA: Final = 2  # few, so that what is urgent never waits behind much


class Outbox:
    """Frames in order of lane, then of arrival; belongs to one session and its loop.

    Frames of operations share one queue whatever their lane, because their order is causal.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[Lane, int, bytes]] = []
        self._counts = dict.fromkeys(Lane, 0)
        self._number = 0
        self._data = 0
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def put(self, lane: Lane, frame: bytes) -> bool:
        """Queue a small frame; False when too many of its lane wait (it is dropped then).

        Control frames are never dropped: a peer that lets a thousand of them pile up does not read, and the
        session ends (SessionEndedError).
        """
        if self._counts[lane] >= (_MAX_CONTROL if lane is Lane.CONTROL else _MAX_SMALL):
            if lane is Lane.CONTROL:
                raise SessionEndedError("refusal.sync.silent", "peer does not read")
            return False
        self._push(lane, frame, counted=False)
        return True

    async def put_data(self, frame: bytes) -> None:
        """Queue a frame of operations; waits while two of them are not sent yet."""
        await self._room.wait()
        self._data += 1
        if self._data >= _MAX_DATA:
            self._room.clear()
        self._push(Lane.LIVE, frame, counted=True)

    def _push(self, lane: Lane, frame: bytes, *, counted: bool) -> None:
        # Frames of operations carry odd numbers, so that sending one tells that room was made.
        self._number += 1
        self._counts[lane] += 1
        heapq.heappush(self._heap, (lane, self._number * 2 + counted, frame))
        self._filled.set()

    async def run(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Send until cancelled; what `send` raises ends it."""
        while True:
            await self._filled.wait()
            while self._heap:
                lane, number, frame = heapq.heappop(self._heap)
                self._counts[lane] -= 1
                await send(frame)
                if number & 1:
                    self._data -= 1
                    self._room.set()
            self._filled.clear()
