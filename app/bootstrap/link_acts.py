"""Keeps, beside the state of the links, what officers count: acts that wait, the newest that came over, and entries that came
without their bodies, which only somebody else who may read them can still bring (D-38, JD-01).
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import partial
from typing import Final

from app.bootstrap.node import Node
from app.bootstrap.scopes import scopes_of
from app.journal.scopes import INTERNAL_PREFIX
from app.kernel.changes import ChangeSet
from app.kernel.enums import Agency
from app.queries.links import HeaderRow, LinkActs, headers_beyond, link_acts, still_headers
from app.replication.status import LinkStatus, Moved, Waiting

PAUSE_S: Final = 0.25  # between two readings while much is written
AT_ONCE: Final = 5_000  # rows of the record that are looked at in one reading
MOST: Final = 20_000  # entries without bodies that are counted
REST: Final = 20  # and so many times as long as the last one took: a backlog of 100 000 is no load

_LOG = logging.getLogger(__name__)


class AwaitedBodies:
    """Entries that this agency may read and that are here as headers only, counted by what they are read under.

    Looks at a part of the record with every reading, from its beginning once and then only at what is new.
    """

    def __init__(self, scopes: Collection[str]) -> None:
        self._scopes = sorted(scopes)
        self._looked = 0
        self._open: dict[int, HeaderRow] = {}
        self.behind = True

    def look(self, connection: sqlite3.Connection) -> None:
        """Go on through the record; forget what has come meanwhile."""
        still = still_headers(connection, self._open.keys())
        self._open = {n: row for n, row in self._open.items() if n in still}
        looked, found = headers_beyond(connection, self._looked, self._scopes, AT_ONCE)
        self.behind = looked == self._looked + AT_ONCE
        self._looked = looked
        self._open.update((row[0], row) for row in found[: max(0, MOST - len(self._open))])

    def of(self, scopes: Collection[str]) -> int:
        """How many of them somebody who reads these scopes could bring."""
        return len({(site, tx) for _, site, tx, scope in self._open.values() if scope in scopes})


def readable(agency: str) -> frozenset[str]:
    """Everything but the joint scope that an agency reads."""
    return scopes_of(agency) | {INTERNAL_PREFIX + agency}


class LinkActsWatch:
    """Reads again after every commit and acknowledgement; `hear` from any thread, `run` on the net loop until cancelled."""

    def __init__(self, node: Node, loop: asyncio.AbstractEventLoop) -> None:
        self._node, self._loop = node, loop
        self._stir = asyncio.Event()
        self._stir.set()
        self._found: dict[str, LinkActs] = {}
        self._bodies = AwaitedBodies(readable(node.me.agency))
        self._awaited: dict[str, int] = {}  # by agency of the peer

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
            await asyncio.to_thread(self._node.read, self._bodies.look)
        except Exception:
            _LOG.exception("what waits for the peers could not be read")
            return
        self._found = {row.peer: row for row in rows}
        self._awaited = {str(agency): self._bodies.of(readable(agency)) for agency in Agency}
        if self._bodies.behind:
            self._stir.set()

    def added(self, links: Iterable[LinkStatus]) -> list[LinkStatus]:
        """The links with what officers count; thread-safe."""
        found, awaited, now = self._found, self._awaited, self._node.clock.now_ms()
        known = (replace(link, bodies_in=awaited.get(link.agency, 0)) for link in links)
        return [_with(link, found.get(link.site), now) for link in known]


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
