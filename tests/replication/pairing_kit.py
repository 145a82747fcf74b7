"""Two sides that pair over real TLS on loopback, and somebody between them who ends TLS on both sides."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from app.journal.keys import SiteKey
from app.kernel.enums import Realm
from app.replication import pairing_wire
from app.replication.identity import Identity, read_identity, write_identity
from app.replication.pairing_talk import Compared, Hooks, Outcome, Own, Talk, Times
from app.replication.pairing_wire import Message, Side
from app.replication.tls import TlsFiles, create_tls
from tests.replication.fakes import until

QUICK = Times(step_s=2.0, beat_s=0.05, dead_s=1.0, stored_s=1.0)


@dataclass
class Party:
    """A site that pairs: who it is, its TLS, and what it has entered."""

    own: Own
    tls: TlsFiles
    entered: list[str] = field(default_factory=list)
    talk: Talk | None = None
    compared: Compared | None = None

    def hooks(self) -> Hooks:
        def seen(compared: Compared) -> None:
            self.compared = compared

        async def enter(compared: Compared) -> None:
            self.entered.append(compared.identity.site)

        return Hooks(lambda _: None, seen, lambda: None, enter)

    @property
    def number(self) -> str:
        return self.compared.number if self.compared is not None else ""


def party(folder: Path, agency: str, **other: Any) -> Party:
    """A fresh site of an agency with its own TLS root."""
    key = SiteKey.generate()
    home = folder / key.site
    home.mkdir()
    tls = create_tls(home, key.site)
    fields: dict[str, Any] = {
        "format": 1,
        "realm": Realm.LIVE,
        "district": "310105",
        "agency": agency,
        "agency_name": f"agency {agency}",
        "recovery_key": bytes(SigningKey.generate().verify_key).hex(),
        "site": key.site,
        "site_key": key.public.hex(),
        "certificate": base64.b64encode(bytes(64)).decode(),
        "tls_root": tls.root_pem,
        "endpoints": [],
        "made_at": 1_752_473_000_000,
    }
    identity = Identity(**{**fields, **other})
    file = write_identity(identity, key.signing)
    return Party(Own(file, read_identity(file), key.signing, 8443), tls)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Served = Callable[[Streams], Any]


@asynccontextmanager
async def listening(tls: TlsFiles, serve: Served) -> AsyncIterator[int]:
    """A TLS port that shows a party's leaf; `serve` gets the streams of each connection."""
    context = pairing_wire.listening_context(tls)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve((reader, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


async def dialled(port: int) -> tuple[Streams, bytes]:
    """A connection to a port, and the channel as seen from here."""
    streams = await asyncio.open_connection(
        "127.0.0.1", port, ssl=pairing_wire.dialling_context(), server_hostname=""
    )
    secured: ssl.SSLObject = streams[1].get_extra_info("ssl_object")
    shown = secured.getpeercert(binary_form=True)
    assert shown
    return streams, pairing_wire.shown_channel(shown)


def answering(it: Party, ended: asyncio.Future[Outcome], times: Times = QUICK) -> Served:
    """What a listening party does with a connection."""

    async def serve(streams: Streams) -> None:
        it.talk = Talk(Side.LISTENER, it.own, streams, pairing_wire.own_channel(it.tls), it.hooks(), times)
        outcome = await it.talk.run()
        if not ended.done():
            ended.set_result(outcome)

    return serve


async def dialling(it: Party, port: int, times: Times = QUICK) -> Outcome:
    """What a dialling party does."""
    streams, channel = await dialled(port)
    it.talk = Talk(Side.DIALLER, it.own, streams, channel, it.hooks(), times)
    return await it.talk.run()


class Between:
    """Somebody in the middle: his own TLS towards both, an identity of his own for each, or theirs passed on.

    `towards` says what he makes of a message before he hands it on (None: keeps it).
    """

    def __init__(self, tls: TlsFiles, target: int, make: Callable[[str, Message], Message | None]) -> None:
        self._tls, self._target, self._make = tls, target, make
        self.seen: list[tuple[str, str]] = []

    async def serve(self, dialler: Streams) -> None:
        listener, _ = await dialled(self._target)
        ways = (("to_listener", dialler, listener), ("to_dialler", listener, dialler))
        works = [asyncio.ensure_future(self._pass(*way)) for way in ways]
        await asyncio.gather(*works, return_exceptions=True)
        for _, writer in (dialler, listener):
            writer.close()

    async def _pass(self, way: str, source: Streams, target: Streams) -> None:
        while True:
            message = await pairing_wire.receive(source[0])
            self.seen.append((way, type(message).__name__))
            made = self._make(way, message)
            if made is not None:
                await pairing_wire.send(target[1], made)


async def compared(*parties: Party) -> None:
    """Wait until all of them show a number."""
    await until(lambda: all(it.number for it in parties), "both show a number")
