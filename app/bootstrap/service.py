"""A site at work without a screen: replication with its peers and the local socket, on one asyncio loop (the net thread)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
from typing import Any

from app.bootstrap import local_socket, pairing
from app.bootstrap.acknowledgements import Acknowledgements
from app.bootstrap.feeding import NO_DOORS, Doors, post_door, watch_folder
from app.bootstrap.listening import Listening
from app.bootstrap.node import Node
from app.bootstrap.requests import Desk
from app.journal.operation import SCHEMA_V
from app.kernel.enums import LinkState, Priority
from app.kernel.errors import EnvironmentFault, Refusal
from app.kernel.tasks import TaskSet
from app.local import acks
from app.replication.peers import LocalSite
from app.replication.service import Replication
from app.replication.status import LinkStatus
from app.replication.tls import load_tls
from app.usecases.duty import NoteLinkState

log = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 1 << 20
GRACE_S = 2.0  # a link that is back sooner was not cut: both sides had dialled at once
LAST_WORDS_S = 0.5  # at the end, for a caller that is connected and has not asked yet
LAST_ANSWERS_S = 5.0  # at the end, for requests under way


class Service:
    """Runs replication and the local socket of an open node; use it as `async with Service(...)`."""

    def __init__(self, node: Node, listen: Listening | None = None, doors: Doors = NO_DOORS) -> None:
        self._node, self._listen, self._doors = node, listen, doors
        self._tasks = TaskSet("service")
        self._stack = contextlib.AsyncExitStack()
        self._states: dict[str, tuple[LinkState, int]] = {}
        self._met: set[str] = set()  # sites a link has been up with since the start
        self._closing = False
        self._callers: set[asyncio.Task[Any]] = set()  # connections of the local socket
        self._asked: set[asyncio.Task[Any]] = set()  # those of them that wait for an answer
        self.desk = Desk(node, self.links)
        self.stop = asyncio.Event()

    async def __aenter__(self) -> Service:
        self._loop = asyncio.get_running_loop()
        me = self._node.me
        local = LocalSite(me.realm, me.district, me.agency, me.site, SCHEMA_V)
        peers = await asyncio.to_thread(pairing.confirmed_peers, self._node)
        noted = await self._node.on_local(Priority.LIVE, acks.noted)
        self.acknowledgements = Acknowledgements(self._node, noted)
        where = (self._listen.host, self._listen.port) if self._listen else None
        async with contextlib.AsyncExitStack() as stack:
            self.replication = await stack.enter_async_context(
                Replication(
                    self._node, local, load_tls(self._node.data.keys), peers, self._node.clock, listen=where
                )
            )
            stack.push_async_callback(self._end_tasks)
            self.replication.on_status(self._on_status)
            self.replication.on_acknowledged(self.acknowledgements.note)
            self._tasks.spawn(self.acknowledgements.run(), "acknowledgements")
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
        self._closing = True
        await self._tasks.close()
        await self.acknowledgements.flush()

    def links(self) -> list[LinkStatus]:
        """Honest state of every link, thread-safe."""
        return list(self.replication.status())

    # -- links -------------------------------------------------------------------------------------------------------------
    def _peers_changed(self) -> None:
        self._tasks.spawn(self._reload_peers(), "peers")

    async def _reload_peers(self) -> None:
        await self.replication.set_peers(await asyncio.to_thread(pairing.confirmed_peers, self._node))

    def _on_status(self, status: LinkStatus) -> None:
        """Every change between up and down is a log row, with how long the state before it lasted (JD-01).

        That our own end takes the link down is none. The first link-up since the start had no cut before it.
        """
        if self._closing:
            return
        state = LinkState.DOWN if status.state is LinkState.DOWN else LinkState.UP
        before = self._states.get(status.site)
        if before is not None and before[0] is state:
            return
        now = self._node.clock.now_ms()
        self._states[status.site] = (state, now)
        if before is None and state is LinkState.DOWN:
            return
        seconds = 0 if before is None else round((now - before[1]) / 1000)
        first = state is LinkState.UP and status.site not in self._met
        if state is LinkState.UP and not first and before is not None and now - before[1] < GRACE_S * 1000:
            return
        self._met |= {status.site} if state is LinkState.UP else set()
        note = NoteLinkState(peer=status.agency, state=state, seconds=seconds, first=first)
        self._tasks.spawn(self._note(note, status.site), "link note")

    async def _note(self, note: NoteLinkState, site: str) -> None:
        """Enter the change into the log; a cut only once it has lasted."""
        if note.state is LinkState.DOWN:
            await asyncio.sleep(GRACE_S)
            if self._states[site][0] is LinkState.UP:
                return
        try:
            await asyncio.to_thread(self._node.execute, note, self._node.me.console_account)
        except (Refusal, EnvironmentFault) as wrong:
            log.warning("a link change was not logged: %s", wrong)

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
