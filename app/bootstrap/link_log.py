"""What the links do goes into the duty log (JD-01): first up, cuts and recoveries, and an unsteadiness that lasts.

A cut counts once it has lasted two seconds (both sides may have dialled at once), an unsteadiness once it has lasted thirty: then
one row, and one when it is over. Nothing is written about a state that was gone before its time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from app.bootstrap.node import Node
from app.kernel.clock import SECOND_MS
from app.kernel.enums import LinkState
from app.kernel.errors import EnvironmentFault, Refusal
from app.kernel.tasks import TaskSet
from app.replication.status import LinkStatus
from app.usecases.commands import Command
from app.usecases.duty import NoteLinkState

GRACE_S: Final = 2.0
UNSTEADY_S: Final = 30.0
RETRY_S: Final = 15.0  # until a note is tried again that could not be written, doubled each time
LONGEST_RETRY_S: Final = 3600.0

Write = Callable[[Command], Awaitable[bool]]  # True: the note stands in the log

log = logging.getLogger(__name__)


@dataclass
class _Line:
    """One link as far as the log is concerned; moments in UTC ms."""

    agency: str
    up_at: int | None = None  # None: down
    down_at: int | None = None
    met: bool = False  # up once since the start
    cut: bool = False  # the cut is in the log
    unsteady_at: int | None = None
    unsteady: bool = False  # is in the log
    steady_at: int | None = None  # up again, perhaps not for long


class LinkLog:
    """Hears every change of a link on the net loop and writes what lasts, one row after the other."""

    def __init__(self, node: Node, tasks: TaskSet) -> None:
        self._node, self._tasks = node, tasks
        self._lines: dict[str, _Line] = {}
        self._writing = asyncio.Lock()
        self._closed = False

    def close(self) -> None:
        """From here on nothing is noted any more: that we end is no cut of a link."""
        self._closed = True

    def forget(self, sites: Iterable[str]) -> None:
        """These are met no more: that their lines end is no cut, it was decided (JD-01)."""
        for site in sites:
            self._lines.pop(site, None)

    def on_status(self, status: LinkStatus) -> None:
        """A link changed its state or its reason."""
        if self._closed or status.ended:  # a closed workstation is not the line to its agency
            return
        line = self._lines.setdefault(status.site, _Line(status.agency))
        now = self._node.clock.now_ms()
        if status.state is LinkState.DOWN:
            if line.up_at is not None:
                self._went_down(line, now)
            return
        if line.up_at is None:
            self._came_up(line, now)
        if status.state is LinkState.DEGRADED:
            self._unsteady(line, now)
        elif line.unsteady_at is not None and line.steady_at is None:
            line.steady_at = now
            self._later(GRACE_S, line, self._settled, now)

    # -- up and down -------------------------------------------------------------------------------------------------------
    def _came_up(self, line: _Line, now: int) -> None:
        if not line.met:
            line.met = True
            self._note(line, LinkState.UP, first=True)
        elif line.cut:
            line.cut = False
            self._note(line, LinkState.UP, _seconds(line.down_at, now))
        line.up_at = now

    def _went_down(self, line: _Line, now: int) -> None:
        line.down_at, up_at, line.up_at = now, line.up_at, None
        line.unsteady_at = line.steady_at = None
        line.unsteady = False
        self._later(GRACE_S, line, self._cut, now, _seconds(up_at, now))

    def _cut(self, line: _Line, began: int, lasted_s: int) -> None:
        if line.up_at is None and line.down_at == began:
            line.cut = True
            self._note(line, LinkState.DOWN, lasted_s)

    # -- steady and not ----------------------------------------------------------------------------------------------------
    def _unsteady(self, line: _Line, now: int) -> None:
        line.steady_at = None  # it was not over
        if line.unsteady_at is None:
            line.unsteady_at = now
            self._later(UNSTEADY_S, line, self._lasts, now)

    def _lasts(self, line: _Line, began: int) -> None:
        if line.unsteady_at == began and line.steady_at is None:
            line.unsteady = True
            self._note(line, LinkState.DEGRADED, round(UNSTEADY_S))

    def _settled(self, line: _Line, began: int) -> None:
        if line.steady_at == began:
            if line.unsteady:
                self._note(line, LinkState.UP, _seconds(line.unsteady_at, began), steady=True)
            line.unsteady_at = line.steady_at = None
            line.unsteady = False

    # -- writing -----------------------------------------------------------------------------------------------------------
    def _later(self, patience_s: float, line: _Line, then: Callable[..., None], *facts: int) -> None:
        async def wait() -> None:
            await asyncio.sleep(patience_s)
            then(line, *facts)

        self._tasks.spawn(wait(), "link patience")

    def _note(
        self,
        line: _Line,
        state: LinkState,
        seconds: int = 0,
        *,
        first: bool = False,
        steady: bool = False,
    ) -> None:
        note = NoteLinkState(peer=line.agency, state=state, seconds=seconds, first=first, steady=steady)
        self._tasks.spawn(self.write(note), "link note")

    async def write(self, note: Command) -> bool:
        """Enter a note of the console's into the log, in turn; True once it stands there. What cannot be written is told in the
        technical log.
        """
        if self._closed:
            return False
        async with self._writing:
            try:
                await asyncio.to_thread(self._node.execute, note, self._node.me.console_account)
            except (Refusal, EnvironmentFault) as wrong:
                log.warning("a note of the console was not logged: %s", wrong)
                return False
        return True


def _seconds(since: int | None, now: int) -> int:
    return 0 if since is None else round((now - since) / SECOND_MS)
