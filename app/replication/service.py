"""The replication service of a site: listens, dials its confirmed peers, keeps one session with each, tells
how they stand.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Final

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import Server, ServerConnection, serve

from app.kernel.changes import ChangeSet
from app.kernel.clock import Clock
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault, Refusal
from app.kernel.tasks import TaskSet
from app.replication.beside import Beside
from app.replication.dialling import CLOSE_S, keep_dialling
from app.replication.endings import CLOSED, CUT, NOT_PAIRED, PAUSED, REVOKED, SessionEndedError, refusal
from app.replication.files import KeptBack
from app.replication.frames import MAX_FRAME_BYTES, Eph, Err, FrameCodec, Sig
from app.replication.links import Link
from app.replication.peers import LocalSite, Pace, Peer, PeerState
from app.replication.ports import JournalPort, NodePort
from app.replication.session import Hooks, Parts, Session
from app.replication.status import Limits, LinkStatus, PeerStatus
from app.replication.tls import TlsFiles, client_context, peer_pin, server_context
from app.replication.websocket import WebSocketCarrier

_LOG = logging.getLogger(__name__)
_SOCKET_LOG = logging.getLogger(f"{__name__}.websocket")
_SOCKET_LOG.setLevel(logging.CRITICAL)  # what strangers send is told once, by us, not with a traceback each
_WATCH_S: Final = 0.2
_INSTANCE_BYTES: Final = 16

Heard = Callable[[LinkStatus], None]
Acknowledged = Callable[[str, Mapping[str, int], bool], None]
"""Peer, chains up to these numbers, whether that is all it holds."""


class Replication:
    """Keeps this site's journal in step with its peers'.

    Use it as `async with Replication(...)`. Everything happens on the loop it was entered on; callbacks are
    called there; one that fails is logged and the rest goes on. Raises EnvironmentFault `port.taken` or
    `port.unusable` on entering when it cannot listen.
    """

    def __init__(
        self,
        node: NodePort,
        local: LocalSite,
        tls: TlsFiles,
        peers: Iterable[Peer],
        clock: Clock,
        *,
        listen: tuple[str, int] | None = None,
        pace: Pace | None = None,
        beside: Beside | None = None,
    ) -> None:
        self._node, self._local, self._tls, self._clock = node, local, tls, clock
        self._listen, self._pace = listen, pace or Pace()
        self._wanted = tuple(peers)
        self._links: dict[str, Link] = {}
        self._met: dict[str, PeerStatus] = {}  # the newest of every peer since the start
        self._revoked: tuple[Peer, ...] = ()
        self._setting = asyncio.Lock()
        self._tasks = TaskSet("replication")
        self._server: Server | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._changed = asyncio.Event()
        self._status_heard: list[Heard] = []
        self._signal_heard: list[Callable[[str, Sig], None]] = []
        self._ephemeral_heard: list[Callable[[str, Eph], None]] = []
        self._acknowledged_heard: list[Acknowledged] = []
        self.last_refusal: Refusal | None = None
        hooks = Hooks(lambda _: False, self._on_ephemeral, self._on_signal, self._on_acknowledged)
        instance = os.urandom(_INSTANCE_BYTES)
        beside = beside or Beside()
        self._parts = Parts(node, local, clock, self._pace, instance, hooks, beside)
        self._parts_for_ended = replace(self._parts, beside=replace(beside, files=KeptBack(beside.files)))

    # -- beginning and end -------------------------------------------------------------------------------
    async def __aenter__(self) -> Replication:
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        self._context = server_context(self._tls, (), self._on_refused)
        if self._listen is not None:
            self._server = await self._listening(*self._listen)
        self._unsubscribe = self._node.subscribe(self._on_change)
        await self.set_peers(self._wanted)
        self._tasks.spawn(self._watch(), "watch")
        self._tasks.spawn(self._tick(), "tick")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
        for link in self._links.values():
            link.retire(CLOSED)
        await self._sessions_over()
        await self._tasks.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _listening(self, host: str, port: int) -> Server:
        try:
            return await serve(
                self._accept,
                host,
                port,
                ssl=self._context,
                compression=None,
                max_size=MAX_FRAME_BYTES,
                ping_interval=None,
                open_timeout=self._pace.hello_s,
                close_timeout=CLOSE_S,
                server_header=None,
                logger=_SOCKET_LOG,
            )
        except OSError as wrong:
            name = "port.taken" if wrong.errno == errno.EADDRINUSE else "port.unusable"
            raise EnvironmentFault(name, f"fault.{name}", host=host, port=port) from wrong

    async def listen(self, host: str, port: int) -> int:
        """Begin to listen while running, unless it listens already; the port. EnvironmentFault as on entering."""
        if self._server is None:
            self._server = await self._listening(host, port)
        assert self.port is not None
        return self.port

    @property
    def port(self) -> int | None:
        """The port listened on, None when this site only dials."""
        return None if self._server is None else int(next(iter(self._server.sockets)).getsockname()[1])

    async def _sessions_over(self) -> None:
        try:
            async with asyncio.timeout(2 * CLOSE_S):
                for link in self._links.values():
                    await link.free.wait()
        except TimeoutError:
            _LOG.warning("a session did not end in time")

    # -- peers -------------------------------------------------------------------------------------------
    async def set_peers(self, peers: Iterable[Peer]) -> None:
        """Talk to exactly these confirmed peers from now on; sessions with others end, and so they do when more or less of a
        peer is met than before. A revoked one is told why it is refused, and nothing else.
        """
        async with self._setting:
            await self._set_peers({peer.site: peer for peer in peers})

    async def _set_peers(self, known: Mapping[str, Peer]) -> None:
        self._revoked = tuple(peer for peer in known.values() if peer.state is PeerState.REVOKED)
        for peer in self._revoked:
            self._context.load_verify_locations(cadata=peer.root_pem)
        wanted = {site: peer for site, peer in known.items() if peer not in self._revoked}
        for link in [link for site, link in self._links.items() if wanted.get(site) != link.peer]:
            site = link.peer.site
            # Met otherwise from now on, we do not quit: nobody is told that we did.
            link.retire(CUT if site in wanted else REVOKED if site in known else NOT_PAIRED)
            del self._links[site]
        new = [peer for site, peer in wanted.items() if site not in self._links]
        ages = await self._node.on_writer(Priority.LIVE, partial(_own_end, self._node.journal, new))
        for peer, (seq, hlc_ms) in zip(new, ages, strict=True):
            self._add(peer, seq, hlc_ms)

    def _add(self, peer: Peer, own_seq: int, oldest_at: int | None) -> None:
        limits = Limits(self._pace.heartbeat_s, self._pace.dead_s, self._pace.stall_s)
        status = PeerStatus(
            *(peer.site, peer.agency, self._local.site, self._clock, limits),
            remembered=peer.acked,
            ended=peer.state is PeerState.ENDED,
            ended_at=peer.ended_at,
        )
        if peer.site in self._met:
            status.takes_over(self._met[peer.site])
        self._met[peer.site] = status
        status.own_end(own_seq, 0 if oldest_at is None else self._clock.now_ms() - oldest_at)
        link = self._links[peer.site] = Link(peer, status, self._pace)
        self._tell(link)
        self._context.load_verify_locations(cadata=peer.root_pem)
        if peer.endpoints:
            context = client_context(self._tls, [peer.root_pem])
            link.dialling = self._tasks.spawn(
                keep_dialling(link, context, self._dialled), f"dial {peer.site}"
            )

    # -- sessions ----------------------------------------------------------------------------------------
    async def _dialled(self, link: Link, connection: ClientConnection) -> float:
        return await self._converse(link, connection, dialled=True)

    async def _accept(self, connection: ServerConnection) -> None:
        """A handshake succeeded on our port: whose root was it?"""
        try:
            link = self._pinned(connection)
        except Refusal as wrong:
            self._on_refused(wrong)
            await connection.send(FrameCodec().encode(Err(wrong.text, "")))
            return
        if link.pause_s():
            await connection.send(FrameCodec().encode(Err(PAUSED, "")))
            return
        await self._converse(link, connection, dialled=False)

    def _pinned(self, connection: ClientConnection | ServerConnection, only: Link | None = None) -> Link:
        """The link whose pinned root signed the certificate shown, checked before any HELLO; Refusal
        otherwise.
        """
        links = self._links.values() if only is None else (only,)
        shown = connection.transport.get_extra_info("ssl_object")
        revoked = self._revoked if only is None else ()
        pin = peer_pin(shown, [*(link.peer.root_pem for link in links), *(peer.root_pem for peer in revoked)])
        if any(peer.pin == pin for peer in revoked):
            raise refusal("revoked")
        return next(link for link in links if link.peer.pin == pin)

    async def _converse(
        self, link: Link, connection: ClientConnection | ServerConnection, *, dialled: bool
    ) -> float:
        """Run one session to its end; return how long it lived (s)."""
        if dialled:
            try:
                self._pinned(connection, link)
            except Refusal as wrong:
                await connection.close()
                link.failed(wrong.text)
                return 0.0
        parts = self._parts if link.peer.state is PeerState.OPEN else self._parts_for_ended
        # the link it ends with is the one that keeps it, whichever stands in its place by then
        parts = replace(parts, hooks=replace(parts.hooks, admit=partial(link.admit, self._local)))
        session = Session(parts, link.peer, WebSocketCarrier(connection), link.status, dialled=dialled)
        try:
            ended = await session.run()
        except asyncio.CancelledError:
            connection.transport.abort()
            link.leave(session, SessionEndedError(CLOSED))
            raise
        lived = link.leave(session, ended)
        self._tell(link)
        return lived

    def _on_refused(self, wrong: Refusal) -> None:
        self.last_refusal = wrong
        _LOG.warning("a connection was refused: %s", wrong.text)

    # -- changes -----------------------------------------------------------------------------------------
    def _on_change(self, changes: ChangeSet) -> None:
        """Called on any thread after a commit."""
        if changes.only_acknowledged:
            return  # no operation came about: nothing goes out for it
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(
                self._stir, changes.touches("attachment"), changes.touches("contact")
            )

    def _stir(self, files: bool, keys: bool) -> None:
        self._changed.set()
        for link in self._links.values():
            if link.session is not None:
                link.session.changed()
                link.session.beside_changed(files=files, keys=keys)

    async def _watch(self) -> None:
        """Keep count of what waits for peers that cannot be reached."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            [(seq, _)] = await self._node.on_writer(
                Priority.BULK, partial(_own_end, self._node.journal, [None])
            )
            for link in self._links.values():
                link.status.own_end(seq)
            await asyncio.sleep(_WATCH_S)

    # -- status ------------------------------------------------------------------------------------------
    def status(self) -> tuple[LinkStatus, ...]:
        """How every link stands; from another thread than the loop's as of the last half second."""
        if threading.get_ident() == self._thread:
            return tuple(link.status.snapshot() for link in self._links.values())
        return tuple(link.shown for link in list(self._links.values()) if link.shown is not None)

    def on_status(self, heard: Heard) -> None:
        """Call `heard` whenever state, reason or note of a link changes (JD-01: each is a log row)."""
        self._status_heard.append(heard)

    def on_acknowledged(self, heard: Acknowledged) -> None:
        """Call `heard` whenever a peer says what it has projected: step by step, and all of it when it was
        started anew."""
        self._acknowledged_heard.append(heard)

    def heard_elsewhere(self, site: str, vector: Mapping[str, int]) -> None:
        """A peer told by other means than a session (a stick) that it holds these chains so far (CM-07)."""
        link = self._links.get(site)
        if link is not None and vector.get(self._local.site, 0):
            link.status.acked(vector[self._local.site])
            self._tell(link)

    def _on_acknowledged(self, site: str, vector: Mapping[str, int], whole: bool) -> None:
        for heard in self._acknowledged_heard:
            _call(heard, site, vector, whole)

    async def _tick(self) -> None:
        while True:
            for link in list(self._links.values()):
                self._tell(link)
            await asyncio.sleep(self._pace.heartbeat_s / 2)

    def _tell(self, link: Link) -> None:
        if self._links.get(link.peer.site, link) is not link:
            return  # another one stands for this peer now
        now, before = link.status.snapshot(), link.shown
        link.shown = now
        if before is None or (now.state, now.reason, now.note) != (before.state, before.reason, before.note):
            _LOG.info("link to %s: %s %s", now.site, now.state, now.reason or "")
            for heard in self._status_heard:
                _call(heard, now)

    # -- passing frames ----------------------------------------------------------------------------------
    def signal(self, site: str, frame: Sig) -> bool:
        """Send call signalling to a peer; False when no session lives or too much waits."""
        return self._send_small(site, frame)

    def ephemeral(self, site: str, frame: Eph) -> bool:
        """Send a passing frame to a peer; False when no session lives or too much waits."""
        return self._send_small(site, frame)

    def _send_small(self, site: str, frame: Eph | Sig) -> bool:
        link = self._links.get(site)
        return link is not None and link.session is not None and link.session.send_small(frame)

    def on_signal(self, heard: Callable[[str, Sig], None]) -> None:
        """Call `heard(site, frame)` for call signalling of a peer."""
        self._signal_heard.append(heard)

    def on_ephemeral(self, heard: Callable[[str, Eph], None]) -> None:
        """Call `heard(site, frame)` for passing frames of a peer."""
        self._ephemeral_heard.append(heard)

    def _on_signal(self, site: str, frame: Sig) -> None:
        for heard in self._signal_heard:
            _call(heard, site, frame)

    def _on_ephemeral(self, site: str, frame: Eph) -> None:
        for heard in self._ephemeral_heard:
            _call(heard, site, frame)


def _call(heard: Callable[..., object], *what: object) -> None:
    """A hearer that fails is logged; it ends neither a session nor the service."""
    try:
        heard(*what)
    except Exception:
        _LOG.exception("a hearer of replication failed")


def _own_end(journal: JournalPort, peers: Sequence[Peer | None]) -> list[tuple[int, int | None]]:
    """End of our own chain, and for each peer when the oldest act it was not known to have was recorded (UTC
    ms).
    """
    vector = {site: seq for site, (seq, _) in journal.vector().items()}
    own = vector.get(journal.own_site, 0)
    out: list[tuple[int, int | None]] = []
    for peer in peers:
        oldest: int | None = None
        if peer is not None and peer.acked is not None:
            known = {**vector, journal.own_site: peer.acked.get(journal.own_site, 0)}
            oldest = journal.oldest_beyond(known)
        out.append((own, oldest))
    return out
