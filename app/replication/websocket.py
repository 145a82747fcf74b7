"""The carrier over a websocket: one binary message is one frame."""

from __future__ import annotations

from typing import Protocol

import websockets.exceptions
import websockets.frames

from app.replication.carriers import CarrierClosedError
from app.replication.frames import FrameError


class Connection(Protocol):
    """What the carrier needs of a websocket of either end."""

    async def send(self, message: bytes) -> None:
        """Send one message."""
        ...

    async def recv(self) -> bytes | str:
        """The next message."""
        ...

    async def close(self) -> None:
        """Close from this side."""
        ...


class WebSocketCarrier:
    """See `app.replication.carriers.Carrier`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def send(self, frame: bytes) -> None:
        """Send one message."""
        try:
            await self._connection.send(frame)
        except websockets.exceptions.ConnectionClosed as over:
            raise _closed(over) from over

    async def recv(self) -> bytes:
        """The next message; text is no frame."""
        try:
            data = await self._connection.recv()
        except websockets.exceptions.ConnectionClosed as over:
            raise _closed(over) from over
        if isinstance(data, str):
            raise FrameError("text")
        return data

    async def close(self) -> None:
        """Close from this side."""
        await self._connection.close()


def _closed(over: websockets.exceptions.ConnectionClosed) -> CarrierClosedError:
    too_big = over.sent is not None and over.sent.code == websockets.frames.CloseCode.MESSAGE_TOO_BIG
    return CarrierClosedError(str(over), oversized=too_big)
