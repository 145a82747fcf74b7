"""Keys of sealed contact values between two sites: asked for by name, given where the scope opens them (XC-07).

They travel in a session only, never in the journal, a backup or a bundle: what is purged here and there can then be read
nowhere, however many copies of the sealed text lie about (REPLICATION, Contacts).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final, Protocol, TypeVar

from app.kernel.errors import EnvironmentFault
from app.kernel.tasks import run_until_first_ends
from app.replication.frames import MAX_KEYS, AskKeys, FrameCodec, Keys, Lane
from app.replication.outbox import Outbox
from app.replication.peers import Pace
from app.replication.status import PeerStatus

_MAX_ASKED: Final = 8  # questions of a peer that wait for an answer
_STUCK: Final = "contact_keys"
_LOG = logging.getLogger(__name__)
FrameT = TypeVar("FrameT", AskKeys, Keys)
DoneT = TypeVar("DoneT")


class KeysPort(Protocol):
    """The contact keys of a site; every call may wait for the disk and is made off the loop."""

    def wanted(self) -> list[bytes]:
        """Names of keys that sealed values here were sealed with and that are not here."""
        ...

    def held(self, names: Collection[bytes], scopes: Collection[str]) -> list[bytes]:
        """Those of these keys that are here and that a reader of these scopes may have."""
        ...

    def take(self, keys: Sequence[bytes]) -> int:
        """Keep what was wanted and tell the screens; anything else is left. Returns how many were kept."""
        ...


class KeyExchange:
    """Both halves of a session. `scopes`: what the peer may read; `ask`: False towards a version that knows no keys.

    Trouble with the keys of this site (another program holds the file, the disk is full) is told by the link and tried again;
    it ends no session: text does not wait for keys.
    """

    def __init__(
        self,
        keys: KeysPort,
        outbox: Outbox,
        status: PeerStatus,
        pace: Pace,
        *,
        scopes: Collection[str],
        ask: bool,
    ) -> None:
        self._keys, self._outbox, self._pace, self._scopes, self._ask = keys, outbox, pace, scopes, ask
        self._status = status
        self._codec = FrameCodec()
        self._stir = asyncio.Event()
        self._stir.set()
        self._asked: asyncio.Queue[AskKeys] = asyncio.Queue(_MAX_ASKED)
        self._given: asyncio.Queue[Keys] = asyncio.Queue(_MAX_ASKED)

    def changed(self) -> None:
        """A contact was committed here: its key may be missing."""
        self._stir.set()

    def on_frame(self, frame: AskKeys | Keys) -> None:
        """A frame about keys came; of more than can be dealt with the oldest goes: what is lacking is asked for again."""
        if isinstance(frame, AskKeys):
            _put(self._asked, frame)
        else:
            _put(self._given, frame)

    async def run(self) -> None:
        """Until cancelled."""
        await run_until_first_ends(
            {"ask": self._asking(), "answer": self._answering(), "take": self._taking()}
        )

    async def _asking(self) -> None:
        """Ask when something changed, and again after a while for what did not come."""
        wanted: list[bytes] = []
        at = 0  # of more than fit a frame others are asked for each time: some may be with nobody any more
        while self._ask:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pace.gap_pause_max_s if wanted else None):
                    await self._stir.wait()
            self._stir.clear()
            wanted = await self._done("ask", self._keys.wanted)
            at = at if at < len(wanted) else 0
            if wanted:
                asked = wanted[at : at + MAX_KEYS]
                at += MAX_KEYS
                self._outbox.put(Lane.CONTROL, self._codec.encode(AskKeys(asked)))
        await asyncio.Event().wait()

    async def _answering(self) -> None:
        while True:
            asked = await self._asked.get()
            held = await self._done("answer", partial(self._keys.held, asked.names, self._scopes))
            if held:
                self._outbox.put(Lane.CONTROL, self._codec.encode(Keys(held)))

    async def _taking(self) -> None:
        while True:
            given = await self._given.get()
            kept = await self._done("take", partial(self._keys.take, given.keys))
            if kept == MAX_KEYS:
                self._stir.set()  # there may be more

    async def _done(self, what: str, work: Callable[[], DoneT]) -> DoneT:
        """Do work off the loop, however often it takes."""
        topic, pause = f"{_STUCK}.{what}", self._pace.fault_pause_s
        while True:
            try:
                done = await asyncio.to_thread(work)
            except EnvironmentFault as fault:
                _LOG.warning("contact keys wait: %s", fault.code)
                self._status.stuck(topic, "refusal.contacts.keys_wait")
                await asyncio.sleep(pause)
                pause = min(2 * pause, self._pace.fault_pause_max_s)
            else:
                self._status.stuck(topic, None)
                return done


def _put(waiting: asyncio.Queue[FrameT], frame: FrameT) -> None:
    if waiting.full():
        waiting.get_nowait()
    waiting.put_nowait(frame)


class NoKeys:
    """A site without contact keys."""

    def wanted(self) -> list[bytes]:
        """None."""
        return []

    def held(self, names: Collection[bytes], scopes: Collection[str]) -> list[bytes]:
        """None."""
        return []

    def take(self, keys: Sequence[bytes]) -> int:
        """Nothing is kept."""
        return 0
