"""A relay between two consoles in user space: delays, throttles, stalls, cuts, lets later connections overtake. It sees only
ciphertext.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType

PIECE = 16_384


def _at_once() -> float:
    return 0.0


class Relay:
    """Forwards TCP from its own port to a target port on loopback; use as `async with`.

    `delay_s` holds every piece back that long each way; `rate` lets so many bytes a second through in each direction of a
    connection (None: all); `hold_s` says how long a new connection waits before it goes on, so that a later one may overtake
    it; `stalled` lets nothing through (the sockets stay open); `refusing` cuts new connections at once; `cut()` resets all that
    are open; `cut_after` cuts once that many bytes were forwarded.
    """

    def __init__(self, target: int, delay_s: float = 0.0, port: int = 0) -> None:
        self.delay_s = delay_s
        self.rate: int | None = None
        self.hold_s: Callable[[], float] = _at_once
        self.forwarded = 0
        self.connections = 0
        self.cut_after: int | None = None
        self.refusing = False
        self._target, self._own_port = target, port  # 0: any free one
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Relay:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._own_port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._flowing.set()
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where to dial."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def stall(self, stalled: bool = True) -> None:
        """Hold everything back, or let it flow again."""
        if stalled:
            self._flowing.clear()
        else:
            self._flowing.set()

    def cut(self) -> None:
        """Reset every open connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.refusing:
            writer.transport.abort()
            return
        try:
            await asyncio.sleep(self.hold_s())
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:  # nobody listens there yet
            writer.transport.abort()
            return
        self._writers |= {writer, there_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, there_writer))
                group.create_task(self._pump(there_reader, writer))
        finally:
            self._writers -= {writer, there_writer}
            for end in (writer, there_writer):
                end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(1024)

        async def fill() -> None:
            with contextlib.suppress(ConnectionError):  # reset: for the other side an end like any other
                while data := await reader.read(PIECE):
                    await held.put((loop.time() + self.delay_s, data))
            await held.put((loop.time() + self.delay_s, b""))

        async with asyncio.TaskGroup() as group:
            filling = group.create_task(fill())
            with contextlib.suppress(ConnectionError):
                await self._drain(held, writer)
            filling.cancel()
            writer.close()

    async def _drain(self, held: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, data = await held.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            await self._flowing.wait()
            if not data:
                return
            self.forwarded += len(data)
            if self.cut_after is not None and self.forwarded >= self.cut_after:
                self.cut_after = None
                self.cut()
                return
            writer.write(data)
            await writer.drain()
            if self.rate is not None:
                await asyncio.sleep(len(data) / self.rate)
