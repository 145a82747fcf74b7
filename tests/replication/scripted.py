"""A peer with a proper certificate that says exactly what a test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TypeVar

import websockets.exceptions
from msgspec.structs import replace as altered
from websockets.asyncio.client import ClientConnection

from app.journal.operation import Transaction
from app.replication.dialling import open_connection
from app.replication.frames import Err, Fill, Frame, FrameCodec, Hello, Lane, Ops, Ping, Pong
from app.replication.hello import greeting
from app.replication.peers import Pace
from app.replication.service import Replication
from app.replication.tls import client_context
from app.replication.wire import pack_block
from tests.replication.fakes import run
from tests.replication.sites import QUICK, Site

_F = TypeVar("_F", bound=Frame)
_T = TypeVar("_T")
CALM = replace(QUICK, heartbeat_s=5.0, dead_s=20.0)  # a scripted peer need not answer PINGs


class ScriptedPeer:
    """Dials a service as `site`; use as `async with`. It answers PINGs while it waits for something else.

    `ahead_ms` is what its clock shows beyond the real one.
    """

    def __init__(self, site: Site, target: Site, port: int | None) -> None:
        assert port is not None
        self.site, self.codec = site, FrameCodec()
        self._target, self._port = target, port
        self.socket: ClientConnection
        self.ahead_ms = 0

    async def __aenter__(self) -> ScriptedPeer:
        context = client_context(self.site.tls, [self._target.tls.root_pem])
        self.socket = await open_connection("127.0.0.1", self._port, context, 5)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.transport.abort()
        await self.socket.wait_closed()

    def hello(self, **wrong: object) -> Hello:
        """This site's HELLO, with some fields replaced."""
        journal = self.site.journal
        vector, withheld = journal.vector(), journal.withheld()
        made = greeting(self.site.local(), vector, withheld, self.site.clock.now_ms(), bytes(16))
        return altered(made, **wrong)

    async def say(self, frame: Frame | bytes | str, lane: Lane | None = None) -> None:
        """Send a frame, or anything else; what the other side has closed already is left unsaid."""
        with contextlib.suppress(websockets.exceptions.ConnectionClosed):
            await self.socket.send(self.codec.encode(frame, lane) if isinstance(frame, Frame) else frame)

    async def ops(self, batch: int, txs: Sequence[Transaction], again: bool = False) -> None:
        """Send transactions."""
        await self.say(Ops(batch, again, pack_block(txs)))

    async def greet(self, **wrong: object) -> Hello:
        """Exchange HELLOs."""
        await self.say(self.hello(**wrong))
        return await self.hear(Hello)

    async def hear(self, kind: type[_F], timeout_s: float = 60.0) -> _F:
        """The next frame of a kind, others are passed over; PINGs are answered meanwhile."""
        async with asyncio.timeout(timeout_s):
            while True:
                data = await self.socket.recv()
                assert isinstance(data, bytes)
                frame = self.codec.decode(data)
                if isinstance(frame, Ping):
                    await self.say(Pong(frame.n, self.site.clock.now_ms() + self.ahead_ms))
                if isinstance(frame, kind):
                    return frame
                assert not isinstance(frame, Err), frame

    async def heard_in(self, seconds: float, kind: type[_F]) -> list[_F]:
        """All frames of a kind that arrive within a span of time."""
        out: list[_F] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    out.append(await self.hear(kind, seconds + 1))
        return out

    async def told_why(self) -> str | None:
        """The text key of the ERR that ends the session, None when it just ends."""
        try:
            return (await self.hear(Err)).code
        except websockets.exceptions.ConnectionClosed:
            return None

    async def bodies(self) -> Fill:
        """The next answer with late bodies."""
        return await self.hear(Fill)


def attack(
    pair: list[Site],
    script: Callable[[Replication, ScriptedPeer], Awaitable[_T]],
    pace: Pace = CALM,
    **peer: object,
) -> _T:
    """Run a script against the service of the first site, as the second one."""
    victim, attacker = pair

    async def scenario() -> _T:
        async with (
            victim.service(attacker.peer(**peer), listen=True, pace=pace) as service,
            ScriptedPeer(attacker, victim, service.port) as scripted,
        ):
            return await script(service, scripted)

    return run(scenario())
