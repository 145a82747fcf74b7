"""The port of what carries frames between two sites that talk to each other (REPLICATION, Wire: Carriers).

A session knows nothing else of the network. Today's carrier is a websocket over mutual TLS (`websocket.py`); a broker at city
scale brings its own. A stick is no carrier in this sense, because nobody answers while it is written: bundles share what
lies below a session instead, frames, packing, filling, greeting and taking in (`bundles/`).
"""

from __future__ import annotations

from typing import Protocol


class CarrierClosedError(Exception):
    """The carrier is over; `oversized`: because the peer sent more in one piece than a frame may have."""

    def __init__(self, detail: str = "", *, oversized: bool = False) -> None:
        super().__init__(detail)
        self.oversized = oversized


class Carrier(Protocol):
    """Carries frames of at most 64 KiB whole, in the order sent, each at most once; what it cannot keep to ends it.

    It has made sure whom it carries to before a session gets it (for a websocket: the pinned certificate); the session checks
    again what HELLO says. Frames lost with the carrier are no loss: a new session begins with what each side holds.
    """

    async def send(self, frame: bytes) -> None:
        """Hand over one frame, waiting while the other side is slower; CarrierClosedError when it is over."""
        ...

    async def recv(self) -> bytes:
        """The next frame; CarrierClosedError when it is over, FrameError for what is none."""
        ...

    async def close(self) -> None:
        """End it from this side; not an error when it has ended already."""
        ...
