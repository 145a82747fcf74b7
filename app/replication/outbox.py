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


class _Room:
    """Room for a few frames of one sort."""

    def __init__(self) -> None:
        self._waiting, self._free = 0, asyncio.Event()
        self._free.set()

    async def take(self) -> None:
        """Take a place; waits while all are taken."""
        await self._free.wait()
        self._waiting += 1
        if self._waiting >= _MAX_DATA:
            self._free.clear()

    def give_back(self) -> None:
        """A frame was sent."""
        self._waiting -= 1
        self._free.set()


class Outbox:
    """Frames in order of lane, then of arrival; belongs to one session and its loop.

    Frames of operations share one queue whatever their lane, because their order is causal. Pieces of files go last and have
    room of their own, so that no text ever waits for one that is not on its way yet.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[Lane, int, bytes, _Room | None]] = []
        self._counts = dict.fromkeys(Lane, 0)
        self._number = 0
        self._filled = asyncio.Event()
        self._data, self._pieces = _Room(), _Room()

    def put(self, lane: Lane, frame: bytes) -> bool:
        """Queue a small frame; False when too many of its lane wait (it is dropped then).

        Control frames are never dropped: a peer that lets a thousand of them pile up does not read, and the
        session ends (SessionEndedError).
        """
        if self._counts[lane] >= (_MAX_CONTROL if lane is Lane.CONTROL else _MAX_SMALL):
            if lane is Lane.CONTROL:
                raise SessionEndedError("refusal.sync.silent", "peer does not read")
            return False
        self._push(lane, frame, None)
        return True

    async def put_data(self, frame: bytes) -> None:
        """Queue a frame of operations; waits while two of them are not sent yet."""
        await self._data.take()
        self._push(Lane.LIVE, frame, self._data)

    async def put_piece(self, frame: bytes) -> None:
        """Queue a piece of a file; waits while two of them are not sent yet."""
        await self._pieces.take()
        self._push(Lane.CHUNK, frame, self._pieces)

    def _push(self, lane: Lane, frame: bytes, room: _Room | None) -> None:
        self._number += 1
        self._counts[lane] += 1
        heapq.heappush(self._heap, (lane, self._number, frame, room))
        self._filled.set()

    async def run(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Send until cancelled; what `send` raises ends it."""
        while True:
            await self._filled.wait()
            while self._heap:
                lane, _, frame, room = heapq.heappop(self._heap)
                self._counts[lane] -= 1
                await send(frame)
                if room is not None:
                    room.give_back()
            self._filled.clear()
