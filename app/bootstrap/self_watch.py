"""What a console notices of itself while it runs, and tells in the duty log: its clock, and a series letter borne twice.

Clock (D-24, XC-05): apart from the partner's by more than 60 s, set while the console ran, or standing before our own last act.
Times are stored as they were read, on both sides; what is apart is told, never added.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from app.bootstrap.link_log import LONGEST_RETRY_S, RETRY_S, Write
from app.bootstrap.node import Node
from app.journal.journal import Journal
from app.kernel.changes import ChangeSet
from app.kernel.clock import SECOND_MS, SystemClock
from app.kernel.enums import FaultKind
from app.local import memory
from app.queries import accounts
from app.replication.status import SKEW_LIMIT_MS, LinkStatus
from app.usecases.commands import Command
from app.usecases.sites import NoteFault

LOOK_S: Final = 1.0
MOST_JUMPS: Final = 20  # that are remembered
TOLD_FORKS: Final = "trust.forks_told"  # kept on this workstation
_BOOT_CLOCK: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)

log = logging.getLogger(__name__)


def steady_s() -> float:
    """Seconds that run on evenly, where the system knows them also while it sleeps: waking up is no jump of the clock."""
    return time.monotonic() if _BOOT_CLOCK is None else time.clock_gettime(_BOOT_CLOCK)


class SelfWatch:
    """Looks once a second; each trouble is told when it begins and not again while it lasts."""

    def __init__(
        self,
        node: Node,
        links: Callable[[], Sequence[LinkStatus]],
        steady: Callable[[], float] = steady_s,
    ) -> None:
        self._node, self._links, self._steady = node, links, steady
        # A test clock is set on purpose; only the machine's own clock can jump.
        self._own = isinstance(node.clock, SystemClock) or steady is not steady_s
        self._mark = (node.clock.now_ms(), steady())
        self.jumps: tuple[
            tuple[int, int], ...
        ] = ()  # since the start: (UTC ms, seconds); a snapshot for any thread
        self._apart: set[str] = set()
        self._twice: str | None = None
        self._look_at_sites = True
        self._retry_s, self._not_before = RETRY_S, 0.0  # after a note that could not be written

    def hear(self, changes: ChangeSet) -> None:
        """Called after every commit, on any thread."""
        if changes.touches("site"):
            self._look_at_sites = True

    async def run(self, write: Write) -> None:
        """Look until cancelled and hand every note to `write`; remembered as told is what stands in the log."""
        for note in await asyncio.to_thread(self.at_the_start):
            await write(note)
        while True:
            for note in self.of_clock():
                await write(note)
            for told in await asyncio.to_thread(self.of_sites):
                if await write(told):
                    await asyncio.to_thread(self.said, told)
                else:
                    self._again_later()
            await asyncio.sleep(LOOK_S)

    def at_the_start(self) -> list[Command]:
        """Our own last act lies more than 60 s ahead of the clock: one of the two is wrong."""
        last = self._node.local(lambda _: _last_own_ms(self._node.journal))
        behind = self._node.clock.now_ms() - last
        if behind >= -SKEW_LIMIT_MS:
            return []
        log.warning("the clock stands %d s before our own last act", -behind // SECOND_MS)
        return [NoteFault(kind=FaultKind.CLOCK_BEHIND, seconds=behind // SECOND_MS)]

    def of_clock(self) -> list[Command]:
        """Clock set since the last look, or apart from a partner's, or no longer so."""
        notes: list[Command] = []
        now, steady = self._node.clock.now_ms(), self._steady()
        jumped = now - self._mark[0] - round((steady - self._mark[1]) * SECOND_MS)
        self._mark = (now, steady)
        if self._own and abs(jumped) > SKEW_LIMIT_MS:
            log.warning("the clock was set by %d s while the console ran", jumped // SECOND_MS)
            self.jumps = (*self.jumps, (now, jumped // SECOND_MS))[-MOST_JUMPS:]
            notes.append(NoteFault(kind=FaultKind.CLOCK_JUMPED, seconds=jumped // SECOND_MS))
        for link in self._links():
            if link.clock_offset_ms is None:
                continue
            ahead = -link.clock_offset_ms  # the offset is the peer's clock minus ours
            if link.clock_warns and link.site not in self._apart:
                self._apart.add(link.site)
                log.warning("the clock is %d s ahead of %s's", ahead // SECOND_MS, link.site)
                notes.append(
                    NoteFault(kind=FaultKind.CLOCK_APART, peer=link.agency, seconds=ahead // SECOND_MS)
                )
            elif not link.clock_warns and link.site in self._apart:
                self._apart.discard(link.site)
                notes.append(NoteFault(kind=FaultKind.CLOCK_TOGETHER, peer=link.agency))
        return notes

    def of_sites(self) -> list[NoteFault]:
        """What other workstations' rows tell: a letter borne twice, a workstation that was copied."""
        if not self._look_at_sites or self._steady() < self._not_before:
            return []
        self._look_at_sites = False  # before reading: what is committed meanwhile is looked at the next time
        return [*self.of_forks(), *self.of_letter()]

    def said(self, note: NoteFault) -> None:
        """A note of `of_sites` stands in the log: it is not told again."""
        self._retry_s = RETRY_S
        if note.kind is FaultKind.LETTER_TWICE:
            self._twice = note.about
            return
        told = sorted({*self._told(), note.about})
        at = self._node.clock.now_ms()
        self._node.local(lambda connection: memory.keep(connection, TOLD_FORKS, told, at))

    def _again_later(self) -> None:
        self._not_before = self._steady() + self._retry_s
        self._retry_s = min(LONGEST_RETRY_S, 2 * self._retry_s)
        self._look_at_sites = True

    def _told(self) -> list[str]:
        return list(self._node.local(memory.load).get(TOLD_FORKS) or ())

    def of_forks(self) -> list[NoteFault]:
        """A workstation's record came in two branches; each console says so once in its own log, over restarts too."""
        me = self._node.me.site
        forked = [row for row in self._node.read(accounts.sites) if row.state == "forked" and row.id != me]
        told = self._told()
        news = [row for row in forked if row.id not in told]
        for row in news:
            log.error("the record of workstation %s came in two branches", row.id)
        return [
            NoteFault(kind=FaultKind.FORKED, peer=row.agency or "", letter=row.letter or "", about=row.id)
            for row in news
        ]

    def of_letter(self) -> list[NoteFault]:
        """Another workstation of ours bears our letter: a copy was restored twice from files that know nothing of each other."""
        twin = self._node.read(lambda c: accounts.twin_of(c, self._node.me.site))
        if twin is None or twin == self._twice:
            return []
        log.error("workstation %s bears the same series letter", twin)
        return [NoteFault(kind=FaultKind.LETTER_TWICE, letter=self._node.me.letter, about=twin)]


def _last_own_ms(journal: Journal) -> int:
    """Recorded time of our own last operation (UTC ms), 0 before the first."""
    chain = journal.state.chains.get(journal.own_site)
    end = journal.state.store.get(chain.hash) if chain is not None and chain.seq else None
    return end.at_ms if end is not None else 0
