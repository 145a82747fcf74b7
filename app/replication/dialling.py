"""Dialling a peer until a session lives, with growing pauses and jitter (0.5 to 8 s)."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from itertools import cycle
from typing import Final

import websockets.exceptions
from websockets.asyncio.client import ClientConnection, connect

from app.kernel.errors import Refusal
from app.replication.endings import refusal
from app.replication.frames import MAX_FRAME_BYTES
from app.replication.links import Link
from app.replication.peers import Pace
from app.replication.tls import tls_refusal

CLOSE_S: Final = 1.0
_JITTER: Final = 0.25
_LOG = logging.getLogger(__name__)


def pauses(pace: Pace, chance: random.Random) -> Iterator[float]:
    """Seconds to wait before the next try: doubling up to the limit, each ± 25 %."""
    pause = pace.redial_min_s
    while True:
        yield pause * (1 + chance.uniform(-_JITTER, _JITTER))
        pause = min(2 * pause, pace.redial_max_s)


async def open_connection(
    host: str, port: int, context: ssl.SSLContext, timeout_s: float
) -> ClientConnection:
    """Open a websocket over TLS; Refusal (E_SYNC) that says why it did not come about.

    Under TLS 1.3 the own certificate is judged after our side of the handshake is done; the answer to the
    websocket's request is the first sign that it was accepted.
    """
    name = f"[{host}]" if ":" in host else host
    try:
        async with asyncio.timeout(timeout_s):
            line = await _reached(host, port)
    except (OSError, TimeoutError) as wrong:
        raise refusal("unreachable") from wrong
    try:
        return await connect(
            f"wss://{name}:{port}/",
            sock=line,
            ssl=context,
            compression=None,
            proxy=None,
            max_size=MAX_FRAME_BYTES,
            ping_interval=None,
            open_timeout=timeout_s,
            close_timeout=CLOSE_S,
            user_agent_header=None,
        )
    except TimeoutError as wrong:  # the line is there, and nobody speaks on it (JD-01)
        line.close()
        raise refusal("no_answer") from wrong
    except (OSError, EOFError, websockets.exceptions.InvalidHandshake) as wrong:
        raise _why(wrong) from wrong


async def _reached(host: str, port: int) -> socket.socket:
    """A TCP line to the first address of a name that takes one; OSError when none does."""
    loop = asyncio.get_running_loop()
    last: OSError = OSError("no address")
    for family, kind, number, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        line = socket.socket(family, kind, number)
        line.setblocking(False)
        try:
            await loop.sock_connect(line, address)
        except OSError as wrong:
            line.close()
            last = wrong
        except BaseException:
            line.close()
            raise
        else:
            return line
    raise last


def _why(wrong: BaseException) -> Refusal:
    cause: BaseException | None = wrong
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return tls_refusal(cause)
        cause = cause.__cause__
    if isinstance(wrong, websockets.exceptions.InvalidHandshake | EOFError):
        return refusal("refused_there")
    return refusal("unreachable")


async def dial(
    link: Link, context: ssl.SSLContext, converse: Callable[[Link, ClientConnection], Awaitable[float]]
) -> None:
    """Keep a peer's link alive until cancelled; `converse` runs a session and tells its seconds."""
    chance = random.Random()  # nosec B311
    waits = pauses(link.pace, chance)
    for host, port in cycle(link.peer.endpoints):
        await link.free.wait()
        await asyncio.sleep(link.pause_s())
        try:
            connection = await open_connection(host, port, context, link.pace.hello_s)
        except Refusal as wrong:
            link.failed(wrong.text)
        else:
            lived = await converse(link, connection)
            if link.retired:
                return
            if lived > link.pace.redial_max_s:
                waits = pauses(link.pace, chance)
        await asyncio.sleep(next(waits))


async def keep_dialling(
    link: Link, context: ssl.SSLContext, converse: Callable[[Link, ClientConnection], Awaitable[float]]
) -> None:
    """`dial` until cancelled; should a bug end it, the log says so and it begins anew: nobody else dials this peer."""
    while not link.retired:
        try:
            await dial(link, context, converse)
        except Exception:
            _LOG.exception("dialling %s failed and begins anew", link.peer.site)
            await asyncio.sleep(link.pace.redial_max_s)
