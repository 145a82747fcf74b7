"""A site at work without a screen: replication with its peers and the local socket, on one asyncio loop (the net thread)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import Mapping
from typing import Any

from app.bootstrap import local_socket, pairing
from app.bootstrap.acknowledgements import Acknowledgements
from app.bootstrap.attachment_files import AttachmentFiles
from app.bootstrap.bringing_back import BringingBack
from app.bootstrap.contact_keys import ContactKeys
from app.bootstrap.feeding import post_door, watch_folder
from app.bootstrap.file_receipts import FileReceipts
from app.bootstrap.link_acts import LinkActsWatch
from app.bootstrap.link_log import LinkLog
from app.bootstrap.listening import NO_DOORS, Doors, Listening
from app.bootstrap.network_pairing import NetworkPairing
from app.bootstrap.node import Node
from app.bootstrap.purging import Purging
from app.bootstrap.requests import Desk
from app.bootstrap.restored_watch import RestoredWatch
from app.bootstrap.scopes import scopes_of
from app.bootstrap.self_watch import SelfWatch
from app.bootstrap.storage import probe
from app.journal.operation import SCHEMA_V
from app.kernel.changes import ChangeSet
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault
from app.kernel.tasks import TaskSet
from app.local import acks
from app.replication.beside import Beside
from app.replication.peers import LocalSite, PeerState
from app.replication.service import Replication
from app.replication.status import LinkStatus
from app.replication.tls import load_tls

log = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 1 << 20
LAST_WORDS_S = 0.5  # at the end, for a caller that is connected and has not asked yet
LAST_ANSWERS_S = 5.0  # at the end, for requests under way


class Service:
    """Runs replication and the local socket of an open node; use it as `async with Service(...)`."""

    def __init__(self, node: Node, listen: Listening | None = None, doors: Doors = NO_DOORS) -> None:
        self._node, self._listen, self._doors = node, listen, doors
        self._tasks = TaskSet("service")
        self._stack = contextlib.AsyncExitStack()
        self.link_log = LinkLog(node, self._tasks)
        self.self_watch = SelfWatch(node, self.links)
        self.restored = RestoredWatch(node, self.links)
        self.bringing_back = BringingBack(node)
        self._callers: set[asyncio.Task[Any]] = set()  # connections of the local socket
        self._reloading = asyncio.Lock()
        self._asked: set[asyncio.Task[Any]] = set()  # those of them that wait for an answer
        self.desk = Desk(node, self.links)
        self.stop = asyncio.Event()

    async def __aenter__(self) -> Service:
        self._loop = asyncio.get_running_loop()
        me = self._node.me
        local = LocalSite(me.realm, me.district, me.agency, me.site, SCHEMA_V, scopes_of(me.agency))
        peers = await asyncio.to_thread(pairing.known_peers, self._node)
        noted = await self._node.on_local(Priority.LIVE, acks.noted)
        self.link_acts = LinkActsWatch(self._node, self._loop)
        await self.link_acts.read()
        self.acknowledgements = Acknowledgements(self._node, noted)
        where = (self._listen.host, self._listen.port) if self._listen else None
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(Purging(self._node))
            stack.enter_context(self.bringing_back)
            self.replication = await stack.enter_async_context(
                Replication(
                    self._node,
                    local,
                    load_tls(self._node.data.keys),
                    peers,
                    self._node.clock,
                    listen=where,
                    beside=Beside(
                        AttachmentFiles(self._node), ContactKeys(self._node), FileReceipts(self._node)
                    ),
                )
            )
            stack.push_async_callback(self._end_tasks)
            self.replication.on_status(self.link_log.on_status)
            self.replication.on_acknowledged(self.acknowledgements.note)
            self._tasks.spawn(self.acknowledgements.run(), "acknowledgements")
            self._node.hear_of_peer = self._heard_of_peer
            stack.callback(setattr, self._node, "hear_of_peer", None)
            stack.callback(self._node.subscribe(self.self_watch.hear))
            self._tasks.spawn(self.self_watch.run(self.link_log.write), "self watch")
            stack.callback(self._node.subscribe(self.link_acts.hear))
            stack.callback(self._node.subscribe(self._heard_of_sites))
            self._peers_changed()  # what came while nobody listened yet
            self._tasks.spawn(self.link_acts.run(), "link acts")
            self._tasks.spawn(self.restored.run(self.link_log.write), "restored watch")
            self._tasks.spawn(probe(self._node), "storage")
            self.pairing = NetworkPairing(
                self._node, self._loop, self._tasks, lambda: self.replication.port, self._peers_changed
            )
            self.desk.pairing.network = self.pairing
            self.desk.pairing_changed = lambda: self._loop.call_soon_threadsafe(self._peers_changed)
            self.feed_port = stack.enter_context(post_door(self._node, self.desk.feed, self._doors.port))
            if self._doors.folder is not None:
                self._tasks.spawn(watch_folder(self.desk.feed, self._doors.folder), "feed folder")
            if local_socket.AVAILABLE:
                stack.push_async_callback(self._close_local, await self._local_server())
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *why: object) -> None:
        await self._stack.aclose()

    async def _end_tasks(self) -> None:
        """From here on nothing is noted any more: that we end is no cut of a link."""
        self.link_log.close()
        await self._tasks.close()
        await self.acknowledgements.flush()

    @property
    def address(self) -> str:
        """Where links reach this site, host:port; empty when it only dials."""
        port = self.replication.port
        return f"{self._listen.host}:{port}" if self._listen is not None and port is not None else ""

    def listen_at(self, where: Listening) -> str:
        """Begin to take links while running, from any other thread; where they reach this site then."""
        begun = asyncio.run_coroutine_threadsafe(self.replication.listen(where.host, where.port), self._loop)
        begun.result(LAST_ANSWERS_S)
        self._listen = self._listen or where
        return self.address

    def links(self) -> list[LinkStatus]:
        """Honest state of every link, thread-safe."""
        return self.link_acts.added(self.replication.status())

    # -- links -------------------------------------------------------------------------------------------------------------
    def _peers_changed(self) -> None:
        self._tasks.spawn(self._reload_peers(), "peers")

    def _heard_of_sites(self, changes: ChangeSet) -> None:
        """A workstation was revoked, closed or copied, perhaps: its line ends or is met otherwise at once; on any thread."""
        if changes.touches("site") and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._peers_changed)

    async def _reload_peers(self) -> None:
        async with self._reloading:  # what is read later is never overtaken by what was read before
            known = await asyncio.to_thread(pairing.known_peers, self._node)
            met = {peer.site for peer in known if peer.state is not PeerState.REVOKED}
            self.link_log.forget({link.site for link in self.replication.status()} - met)
            await self.replication.set_peers(known)

    def _heard_of_peer(self, peer: str, vector: Mapping[str, int]) -> None:
        """A stick brought a peer's acknowledgement; on any thread (CM-07)."""
        with contextlib.suppress(
            RuntimeError
        ):  # the loop has just ended: the next session brings the same news
            self._loop.call_soon_threadsafe(self._by_stick, peer, dict(vector))

    def _by_stick(self, peer: str, vector: Mapping[str, int]) -> None:
        self.acknowledgements.note(peer, vector, False)
        self.replication.heard_elsewhere(peer, vector)

    # -- the local socket --------------------------------------------------------------------------------------------------
    async def _local_server(self) -> asyncio.Server:
        """JSON lines over a socket that only this user can open; a stale file of a killed console is removed."""
        path = self._node.data.socket
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            path.unlink(missing_ok=True)
            before = os.umask(0o177)
            try:
                with local_socket.address_of(path) as address:
                    listener.bind(address)
            finally:
                os.umask(before)
        except OSError as wrong:
            listener.close()
            raise EnvironmentFault("data.unwritable", "fault.data.unwritable", path=str(path)) from wrong
        return await asyncio.start_unix_server(self._serve, sock=listener, limit=MAX_REQUEST_BYTES)

    async def _close_local(self, server: asyncio.Server) -> None:
        """Let nobody in any more; whoever is in gets an answer, unless it takes longer than `LAST_ANSWERS_S`."""
        self._node.data.socket.unlink(missing_ok=True)
        await asyncio.sleep(0)  # who knocked before the name was gone is let in
        server.close()
        await self._end_of(self._callers, LAST_WORDS_S)  # who is in and has not yet asked
        await self._end_of(self._asked, LAST_ANSWERS_S)
        left = set(self._callers)
        for caller in left:
            caller.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _end_of(self, tasks: set[asyncio.Task[Any]], patience_s: float) -> None:
        if tasks:
            await asyncio.wait(set(tasks), timeout=patience_s)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        me = asyncio.current_task()
        assert me is not None
        self._callers.add(me)
        try:
            await self._serve_one(reader, writer, me)
        except (
            asyncio.CancelledError
        ):  # only at the end; a cancelled task of a stream server would be logged as a bug
            log.warning("a local caller was cut off by the end")
        finally:
            self._callers.discard(me)
            self._asked.discard(me)

    async def _serve_one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, me: asyncio.Task[Any]
    ) -> None:
        try:
            try:
                request: Any = json.loads(await reader.readline())
            except (ValueError, RecursionError):
                request = None  # no JSON, or longer than a request may be
            self._asked.add(me)
            answer = await self._answer(request if isinstance(request, dict) else {})
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except ConnectionError as wrong:
            log.warning("a local request was not answered: %s", type(wrong).__name__)
        except Exception:
            log.exception("a local request was not answered")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()  # the answer is out, not only in our hands

    async def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if request.get("call") == "stop":
            self._loop.call_soon(self.stop.set)
            return {"ok": True}
        return await asyncio.to_thread(self.desk.answer, request)
