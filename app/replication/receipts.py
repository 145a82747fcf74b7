"""Who has a file whole: the site that attached it asks, and the other answers once it has checked what came (CM-05).

That a file was sent says nothing; only an answer does. It is asked once in a session for each file; the other side remembers
the question and answers it as soon as it can, be it that the file came over another line, or by stick.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, Protocol

from app.kernel.errors import EnvironmentFault
from app.replication.frames import MAX_HELD, AskHeld, Frame, FrameCodec, FrameError, Held, Lane
from app.replication.outbox import Outbox

MOST: Final = 4096  # files asked for in a session, and questions of a peer that are remembered
_LOG = logging.getLogger(__name__)


class ReceiptsPort(Protocol):
    """Files of a site by their hash in hex; every call may wait for the disk and is made off the loop."""

    def unconfirmed(self, peer: str) -> list[str]:
        """Files that this agency attached, that are here, and that the peer has not said it holds; newest first."""
        ...

    def whole(self, contents: Collection[str]) -> list[str]:
        """Those of these that a record speaks of and that are here, checked and whole."""
        ...

    def confirmed(self, peer: str, contents: Collection[str]) -> None:
        """The peer holds these: keep that and tell the screens."""
        ...


class Receipts:
    """A session's part. `ask`: False towards a version that knows nothing of this."""

    def __init__(self, receipts: ReceiptsPort, outbox: Outbox, peer: str, *, ask: bool) -> None:
        self._receipts, self._outbox, self._peer, self._ask = receipts, outbox, peer, ask
        self._codec = FrameCodec()
        self._stir = asyncio.Event()
        self._stir.set()
        self._asked: set[str] = set()
        self._told: set[str] = set()  # answers that are not kept yet
        self._open: set[str] = set()  # questions of the peer that are not answered yet

    def changed(self) -> None:
        """A record of a file was committed here, or a file has come."""
        self._stir.set()

    def on_frame(self, frame: AskHeld | Held) -> None:
        """A question or an answer. FrameError for more questions than anybody needs; answers nobody asked for are let pass."""
        contents = {content.hex() for content in frame.contents}
        if isinstance(frame, Held):
            self._told |= contents & self._asked
        elif len(self._open | contents) > MOST:
            raise FrameError("too many files")
        else:
            self._open |= contents
        self._stir.set()

    async def run(self) -> None:
        """Until cancelled; trouble of the disk waits for the next change."""
        while True:
            await self._stir.wait()
            self._stir.clear()
            try:
                await self._keep()
                await self._answer()
                await self._question()
            except EnvironmentFault as fault:
                _LOG.warning("receipts of files wait: %s", fault.code)

    async def _keep(self) -> None:
        if told := frozenset(self._told):
            await asyncio.to_thread(self._receipts.confirmed, self._peer, told)
            self._told -= told

    async def _answer(self) -> None:
        if self._open:
            whole = await asyncio.to_thread(self._receipts.whole, frozenset(self._open))
            self._open.difference_update(whole)
            self._put(Held(contents) for contents in _packed(whole))

    async def _question(self) -> None:
        if not self._ask or len(self._asked) >= MOST:
            return
        found = await asyncio.to_thread(self._receipts.unconfirmed, self._peer)
        new = [content for content in found if content not in self._asked][: MOST - len(self._asked)]
        self._asked.update(new)
        self._put(AskHeld(contents) for contents in _packed(new))

    def _put(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            self._outbox.put(Lane.CONTROL, self._codec.encode(frame))


def _packed(contents: Sequence[str]) -> Iterator[list[bytes]]:
    for at in range(0, len(contents), MAX_HELD):
        yield [bytes.fromhex(content) for content in contents[at : at + MAX_HELD]]


class NoReceipts:
    """A site without files."""

    def unconfirmed(self, peer: str) -> list[str]:
        """None."""
        return []

    def whole(self, contents: Collection[str]) -> list[str]:
        """None."""
        return []

    def confirmed(self, peer: str, contents: Collection[str]) -> None:
        """Nothing is kept."""
