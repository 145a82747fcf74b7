"""Whether this site can store at all: a disk that is full, read-only or broken is a state, not one refused act (XC-01).

While it lasts nothing is acknowledged to anybody, the window says so in red, and it is tried again and again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from app.kernel.clock import Clock
from app.kernel.enums import Priority
from app.kernel.errors import EnvironmentFault, Refusal
from app.local import memory

if TYPE_CHECKING:
    from app.bootstrap.node import Node

PROBE_S: Final = 2.0
_PROBE, _PROBE_BYTES = "storage.probe", 256 << 10  # as much as a busy second writes
_SAID: Final = {
    "database.full": "fault.storage.full",
    "database.readonly": "fault.storage.readonly",
    "database.locked": "fault.storage.locked",
    "database.damaged": "fault.storage.damaged",
    "data.unwritable": "fault.storage.readonly",
}

log = logging.getLogger(__name__)


class Storage:
    """Watches the writer's work; `fault` says since when nothing could be stored, None while all is well."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._fault: EnvironmentFault | None = None

    @property
    def fault(self) -> EnvironmentFault | None:
        """A snapshot, from any thread."""
        return self._fault

    @contextlib.contextmanager
    def watched(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Around one job of the writer: trouble of the disk begins here and ends with the first job that has written."""
        before = connection.total_changes
        try:
            yield
        except EnvironmentFault as fault:
            self._begin(fault)
            raise
        if self._fault is not None and connection.total_changes != before and not connection.in_transaction:
            log.warning("the disk takes what is written again")
            self._fault = None

    def _begin(self, fault: EnvironmentFault) -> None:
        said = _SAID.get(fault.code)
        if said is None or (self._fault is not None and self._fault.text == said):
            return
        log.error("nothing can be stored: %s", fault.code)
        self._fault = EnvironmentFault("storage", said, since_at=self._clock.now_ms())


async def probe(node: Node, pause_s: float = PROBE_S, tried: Callable[[], None] = lambda: None) -> None:
    """While nothing could be stored, try it with something that nobody misses; runs until cancelled."""
    while True:
        await asyncio.sleep(pause_s)
        if node.storage.fault is None:
            continue
        with contextlib.suppress(EnvironmentFault, Refusal):
            await node.on_local(Priority.BULK, lambda connection: _write(connection, node.clock))
        tried()


def _write(connection: sqlite3.Connection, clock: Clock) -> None:
    for value in ("x" * _PROBE_BYTES, None):
        memory.keep(connection, _PROBE, value, clock.now_ms())
