"""Keeps, beside the state of the links, what officers count: acts that wait, the newest that came over (D-38, JD-01)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Final

from app.bootstrap.node import Node
from app.kernel.changes import ChangeSet
from app.queries.links import LinkActs, link_acts
from app.replication.status import LinkStatus, Moved, Waiting

PAUSE_S: Final = 0.25  # between two readings while much is written
REST: Final = 20  # and so many times as long as the last one took: a backlog of 100 000 is no load

_LOG = logging.getLogger(__name__)


class LinkActsWatch:
    """Reads again after every commit and acknowledgement; `hear` from any thread, `run` on the net loop until cancelled."""

    def __init__(self, node: Node, loop: asyncio.AbstractEventLoop) -> None:
        self._node, self._loop = node, loop
        self._stir = asyncio.Event()
        self._stir.set()
        self._found: dict[str, LinkActs] = {}

    def hear(self, _changes: ChangeSet) -> None:
        """Something was committed, or acknowledged."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stir.set)

    async def run(self) -> None:
        """Read, wait for news, read again."""
        while True:
            await self._stir.wait()
            self._stir.clear()
            begun = self._loop.time()
            await self.read()
            await asyncio.sleep(max(PAUSE_S, REST * (self._loop.time() - begun)))

    async def read(self) -> None:
        """Read once; trouble of the reading leaves what was known."""
        try:
            rows = await asyncio.to_thread(self._node.read, partial(link_acts, own_site=self._node.me.site))
        except Exception:
            _LOG.exception("what waits for the peers could not be read")
            return
        self._found = {row.peer: row for row in rows}

    def added(self, links: Iterable[LinkStatus]) -> list[LinkStatus]:
        """The links with what officers count; thread-safe."""
        found, now = self._found, self._node.clock.now_ms()
        return [_with(link, found.get(link.site), now) for link in links]


def _with(link: LinkStatus, row: LinkActs | None, now_ms: int) -> LinkStatus:
    if row is None:
        return link
    waiting = None
    if row.waiting is not None:
        oldest = max(0, now_ms - row.oldest_at) if row.oldest_at is not None else None
        waiting = Waiting(row.waiting, oldest)
    return replace(
        link,
        acts_out=waiting,
        last_out=Moved(*row.last_out) if row.last_out is not None else None,
        last_in=Moved(*row.last_in) if row.last_in is not None else None,
    )
