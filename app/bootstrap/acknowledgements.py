"""Keeps what peers have acknowledged: gathered on the net loop, written by the writer at most twice a second, told to screens.

Under load one small commit of the least priority stands for all acknowledgements that came meanwhile, so that officers' acts
do not wait for them (REPLICATION, Wire: ACK; QUALITY, Speed).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Final

from app.bootstrap.node import Node
from app.kernel.changes import ACKNOWLEDGED, Change, ChangeSet
from app.kernel.enums import ChangeKind, Origin, Priority
from app.kernel.errors import EnvironmentFault
from app.local import acks

PAUSE_S: Final = 0.5
FAULT_PAUSE_S: Final = 5.0

log = logging.getLogger(__name__)


class Acknowledgements:
    """`note` on the loop, `run` until cancelled; the first acknowledgement after a rest is written at once."""

    def __init__(self, node: Node, noted: Mapping[str, Mapping[str, int]]) -> None:
        """`noted`: what is in the table (`acks.noted`)."""
        self._node = node
        self._known = {peer: dict(vector) for peer, vector in noted.items()}
        self._pending: dict[str, dict[str, int]] = {}
        self._fallen: set[str] = set()
        self._stir = asyncio.Event()
        self.writes = 0

    def note(self, peer: str, vector: Mapping[str, int], whole: bool) -> None:
        """A peer holds these chains up to these numbers (0: another branch of it); `whole`: that is all it holds, whatever was
        noted before."""
        known = self._known.setdefault(peer, {})
        news = acks.news(known, vector)
        if whole:
            lost = {site: vector.get(site, 0) for site, seq in known.items() if vector.get(site, 0) < seq}
            if lost:
                log.warning("%s holds less than it had acknowledged: %d chains", peer, len(lost))
                self._fallen.add(peer)
            news.update(lost)
        if news:
            known.update(news)
            self._pending.setdefault(peer, {}).update(news)
            self._stir.set()

    async def run(self) -> None:
        """Write what was noted; while the disk refuses, it is kept and tried again."""
        while True:
            await self._stir.wait()
            self._stir.clear()
            await asyncio.sleep(PAUSE_S if await self.flush() else FAULT_PAUSE_S)

    async def flush(self) -> bool:
        """Write what is pending in one commit and tell the screens; False when it could not be written."""
        pending, self._pending = self._pending, {}
        if not pending:
            return True
        at = self._node.clock.now_ms()
        try:
            await self._node.on_local(Priority.BULK, partial(acks.note, changes=pending, at=at))
        except EnvironmentFault as fault:
            log.warning("acknowledgements could not be noted: %s", fault.code)
            for peer, vector in pending.items():
                self._pending[peer] = {**vector, **self._pending.get(peer, {})}
            self._stir.set()
            return False
        self.writes += 1
        fallen, self._fallen = self._fallen, set()
        self._node.publish(
            ChangeSet(
                tuple(
                    Change(
                        ACKNOWLEDGED,
                        peer,
                        ChangeKind.RETRACTED if peer in fallen else ChangeKind.CHANGED,
                        Origin.PEER,
                    )
                    for peer in pending
                )
            )
        )
        return True
