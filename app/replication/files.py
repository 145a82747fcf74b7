"""Files of attachments on the wire: WANT asks for a stretch of one, CHUNKs bring it (REPLICATION, Wire).

They travel behind everything else and only when they were asked for. Who asks keeps little on the way at a time: a stretch
is as long as the line carries in about a third of a second, so that an act of an officer never waits behind a film. What has
come stays on the disk; after a cut, and after a restart, it goes on from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Final, Protocol

from app.kernel.errors import EnvironmentFault
from app.kernel.tasks import run_until_first_ends
from app.replication.frames import (
    CHUNK_BYTES,
    MAX_WANTED_BYTES,
    FileChunk,
    FrameCodec,
    FrameError,
    Lane,
    Want,
)
from app.replication.outbox import Outbox
from app.replication.peers import Pace
from app.replication.status import PeerStatus

_FIRST_STRETCH: Final = 2 * CHUNK_BYTES
_QUICK_S: Final = 0.15  # a stretch that came faster may be twice as long the next time
_SLOW_S: Final = 0.45
_MAX_ASKED: Final = 64  # stretches a peer may have asked for and not got yet; we ask for one
_STUCK: Final = "files"
NO_ROOM: Final = "files.no_room"  # code of the fault: the rest of the disk is the record's
_LOG = logging.getLogger(__name__)


class FilesPort(Protocol):
    """The files of a site; every call may wait for the disk and is made off the loop.

    `content` is a hash in hex. Trouble of the disk is an EnvironmentFault.
    """

    def wanted(self) -> list[tuple[str, int]]:
        """(content, bytes) of files that records speak of and that are not here, most wanted first."""
        ...

    def claim(self, content: str) -> bool:
        """True if nobody else is fetching this file; `release` it afterwards."""
        ...

    def release(self, content: str) -> None:
        """End a claim."""
        ...

    def held(self, content: str) -> int:
        """Bytes of the file that have come so far."""
        ...

    def append(self, content: str, offset: int, data: bytes) -> int:
        """Add a piece at the end of what has come; returns the bytes that are here."""
        ...

    def finish(self, content: str, size: int, *, more: bool = False) -> bool:
        """Check what has come, keep it durably and tell the screens; False, and it is thrown away, if it is something else.

        `more`: of what may not be all yet; then it stays.
        """
        ...

    def piece(self, content: str, offset: int, size: int) -> bytes | None:
        """Bytes of a file that a record speaks of; None when there is none such here."""
        ...


class _NotHadError(Exception):
    """This peer does not hold the file, or holds another."""


@dataclass
class _Stretch:
    """What was asked for last and has not come whole."""

    content: str
    offset: int
    end: int
    pieces: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)

    def takes(self, chunk: FileChunk) -> bool:
        """True for its next piece."""
        fits = chunk.offset == self.offset and self.offset + len(chunk.data) <= self.end
        return fits and chunk.content.hex() == self.content


class Fetching:
    """The asking half of a session."""

    def __init__(self, files: FilesPort, outbox: Outbox, status: PeerStatus, pace: Pace) -> None:
        self._files, self._outbox, self._status, self._pace = files, outbox, status, pace
        self._codec = FrameCodec()
        self._stir = asyncio.Event()
        self._stir.set()
        self._asked: _Stretch | None = None
        self._over: _Stretch | None = None  # asked for and given up: what is on its way is let pass
        self._stretch = _FIRST_STRETCH
        self._later: dict[
            tuple[str, int], float
        ] = {}  # (content, bytes) -> when to ask again, in time of the loop
        self._turns: dict[
            tuple[str, int], int
        ] = {}  # what was asked for -> how many had been asked for before
        self._turn = 0

    def changed(self) -> None:
        """Something was committed here: it may speak of a file."""
        self._stir.set()

    def on_chunk(self, chunk: FileChunk) -> None:
        """A piece came. FrameError for what nobody asked for."""
        for asked in (self._asked, self._over):
            if asked is not None and asked.takes(chunk):
                asked.offset += len(chunk.data)
                asked.pieces.put_nowait(chunk.data)
                return
        raise FrameError("chunk nobody asked for")

    async def run(self) -> None:
        """Fetch what is missing, one file after the other, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min(self._later.values(), default=None)):
                    await self._stir.wait()
            self._stir.clear()
            try:
                while await self._fetch_next():
                    pass
                self._status.stuck(_STUCK, None)
            except EnvironmentFault as fault:
                _LOG.warning("files of attachments wait: %s", fault.code)
                self._stretch = _FIRST_STRETCH
                full = fault.code == NO_ROOM
                self._status.stuck(
                    _STUCK, "refusal.attachments.no_room" if full else "refusal.attachments.disk"
                )
                await asyncio.sleep(self._pace.fault_pause_max_s)
                self._stir.set()

    async def _fetch_next(self) -> bool:
        """Fetch one file; False when there is none that could be had from this peer now."""
        now = asyncio.get_running_loop().time()
        wanted = await asyncio.to_thread(self._files.wanted)
        self._later = {wanted: at for wanted, at in self._later.items() if at > now}
        self._turns = {each: self._turns[each] for each in wanted if each in self._turns}
        for content, size in sorted(wanted, key=self._last_asked):
            if (content, size) in self._later:
                continue
            self._turn += 1
            self._turns[content, size] = self._turn
            if not self._files.claim(content):  # another session is at it; should it fail, it is our turn
                self._later[content, size] = now + self._pace.gap_pause_max_s
                continue
            try:
                await self._fetch(content, size)
            except _NotHadError:
                self._later[content, size] = now + self._pace.gap_pause_max_s
            finally:
                self._asked, self._over = None, self._asked
                self._files.release(content)
            return True
        return False

    def _last_asked(self, wanted: tuple[str, int]) -> int:
        """What was never asked for has its turn first, then what was asked for longest ago: many that this peer has not got keep
        nobody from one that it has."""
        return self._turns.get(wanted, 0)

    async def _fetch(self, content: str, size: int) -> None:
        offset = await asyncio.to_thread(self._files.held, content)
        while offset < size:
            offset = await self._fetch_stretch(content, offset, min(self._stretch, size - offset))
        if not await asyncio.to_thread(self._files.finish, content, size):
            _LOG.warning("the file %s came with another content and was thrown away", content[:12])
            raise _NotHadError

    async def _fetch_stretch(self, content: str, offset: int, size: int) -> int:
        loop = asyncio.get_running_loop()
        self._asked = asked = _Stretch(content, offset, offset + size)
        begun = loop.time()
        self._outbox.put(Lane.CONTROL, self._codec.encode(Want(bytes.fromhex(content), offset, size)))
        here = offset
        while here < asked.end:
            data = await asked.pieces.get()  # a peer that stays silent altogether is the session's matter
            if not data:
                raise _NotHadError
            came = here + len(data)
            here = await asyncio.to_thread(self._files.append, content, here, data)
            if here != came:  # destroyed while it was on its way
                raise _NotHadError
        taken = loop.time() - begun
        if taken < _QUICK_S:
            self._stretch = min(self._stretch * 2, MAX_WANTED_BYTES)
        elif taken > _SLOW_S:
            self._stretch = max(self._stretch // 2, CHUNK_BYTES // 8)
        return here


class Serving:
    """The answering half of a session."""

    def __init__(self, files: FilesPort, outbox: Outbox) -> None:
        self._files, self._outbox = files, outbox
        self._codec = FrameCodec()
        self._asked: asyncio.Queue[Want] = asyncio.Queue(_MAX_ASKED)

    def on_want(self, want: Want) -> None:
        """The peer asks for a stretch. FrameError when it asks faster than it can be answered."""
        try:
            self._asked.put_nowait(want)
        except asyncio.QueueFull as full:
            raise FrameError("too many wants") from full

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            await self._serve(await self._asked.get())

    async def _serve(self, want: Want) -> None:
        offset, end = want.offset, want.offset + want.size
        while offset < end:
            size = min(CHUNK_BYTES, end - offset)
            try:
                data = await asyncio.to_thread(self._files.piece, want.content.hex(), offset, size)
            except EnvironmentFault as fault:
                _LOG.warning("a file cannot be read: %s", fault.code)
                data = None
            await self._outbox.put_piece(self._codec.encode(FileChunk(want.content, offset, data or b"")))
            if not data:
                return
            offset += len(data)


class FileExchange:
    """Both halves of a session. `ask`: False towards a peer whose version knows no files."""

    def __init__(
        self, files: FilesPort, outbox: Outbox, status: PeerStatus, pace: Pace, *, ask: bool
    ) -> None:
        self._fetching = Fetching(files, outbox, status, pace) if ask else None
        self._serving = Serving(files, outbox)

    def changed(self) -> None:
        """A record was committed here that may speak of a file."""
        if self._fetching is not None:
            self._fetching.changed()

    def on_frame(self, frame: Want | FileChunk) -> None:
        """A frame about files came. FrameError for what has no place here."""
        if isinstance(frame, Want):
            self._serving.on_want(frame)
        elif self._fetching is None:
            raise FrameError("chunk of another file")
        else:
            self._fetching.on_chunk(frame)

    async def run(self) -> None:
        """Until cancelled."""
        works: dict[str, Coroutine[None, None, object]] = {"serve": self._serving.run()}
        if self._fetching is not None:
            works["fetch"] = self._fetching.run()
        await run_until_first_ends(works)


class KeptBack:
    """The files of a site towards one that is given none: what is missing here is still asked of it."""

    def __init__(self, files: FilesPort) -> None:
        self.wanted, self.claim, self.release = files.wanted, files.claim, files.release
        self.held, self.append, self.finish = files.held, files.append, files.finish

    def piece(self, content: str, offset: int, size: int) -> bytes | None:
        """None, as if it were not here."""
        return None


class NoFiles:
    """A site without files: wants none, has none."""

    def wanted(self) -> list[tuple[str, int]]:
        """None."""
        return []

    def claim(self, content: str) -> bool:
        """Never."""
        return False

    def release(self, content: str) -> None:
        """Nothing was claimed."""

    def held(self, content: str) -> int:
        """None."""
        return 0

    def append(self, content: str, offset: int, data: bytes) -> int:
        """Nothing is kept."""
        return 0

    def finish(self, content: str, size: int, *, more: bool = False) -> bool:
        """Never."""
        return False

    def piece(self, content: str, offset: int, size: int) -> bytes | None:
        """None."""
        return None
