"""After a restore: what the copy did not hold comes back from whoever held it, and what may be missing is said (XC-01, XC-09).

The acts of the lost workstation that a partner had applied are in the partner's record and return at the next link. Acts that
never left the lost workstation are in neither; nobody can count them, so the moment from which on they may be missing is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.bootstrap.link_log import LONGEST_RETRY_S, RETRY_S, Write
from app.bootstrap.node import Node
from app.bootstrap.restoring import RESTORED, end_of
from app.kernel.clock import from_ms
from app.kernel.enums import Agency, FaultKind, LinkState
from app.kernel.errors import EnvironmentFault
from app.local import memory
from app.replication.status import LinkStatus
from app.usecases.sites import NoteFault

LOOK_S: Final = 2.0


@dataclass(frozen=True)
class News:
    """Notes for the log, and what is remembered once they stand there."""

    notes: Sequence[NoteFault]
    known: dict[str, Any]


class RestoredWatch:
    """Tells once that the site was restored, and each time a partner has given back more of the lost chain."""

    def __init__(self, node: Node, links: Callable[[], Sequence[LinkStatus]]) -> None:
        self._node, self._links = node, links
        self.trouble: EnvironmentFault | None = None  # for the alarm strip, while nothing was given back yet

    async def run(self, write: Write) -> None:
        """Look until cancelled; a site that was never restored is not looked at again."""
        known: Any = await asyncio.to_thread(self._known)
        if not isinstance(known, dict):
            return
        retry_s = RETRY_S
        while True:
            written = await self._tell(write)
            self.trouble = awaited(await asyncio.to_thread(self._known))
            await asyncio.sleep(LOOK_S if written else retry_s)
            retry_s = RETRY_S if written else min(LONGEST_RETRY_S, 2 * retry_s)

    async def _tell(self, write: Write) -> bool:
        """Write what is to be said now and remember it as said once all of it stands in the log; False: it does not."""
        news = await asyncio.to_thread(self.look)
        if news is None:
            return True
        for note in news.notes:  # told twice, each is one entry
            if not await write(note):
                return False
        await asyncio.to_thread(self._keep, news.known)
        return True

    def _known(self) -> Any:
        return self._node.local(memory.load).get(RESTORED)

    def look(self) -> News | None:
        """What is to be said now, if anything."""
        known = self._known()
        if not isinstance(known, dict):
            return None
        if not known.get("told"):
            others = [link.agency for link in self._links() if link.agency != self._node.me.agency]
            note = self._note(FaultKind.RESTORED, known["site"], known["last_at"], self._partner(others))
            return News([note], {**known, "told": True})
        full = [link for link in self._links() if link.state is LinkState.UP and not link.waiting_in]
        if not full:
            return None
        seq, last_at = self._node.local(lambda _: end_of(self._node.journal, known["site"]))
        if known.get("filled", -1) >= seq:
            return None
        before = max(known["seq"], known.get("filled", 0))
        about = f"{known['site']} {seq}"
        kind = FaultKind.RESTORED_FILLED if seq > known["seq"] else FaultKind.RESTORED_NOTHING
        notes = [self._note(kind, about, last_at, full[0].agency, seq - before)]
        if (lacks := known.get("left", 0) - seq) > 0:
            notes.append(self._note(FaultKind.RESTORED_LACKS, about, last_at, full[0].agency, lacks))
        return News(notes, {**known, "filled": seq, "filled_at": last_at})

    def _partner(self, agencies: Sequence[str]) -> str:
        other = Agency.FRD if self._node.me.agency == Agency.EMB else Agency.EMB
        return next(iter(agencies), other.value)

    def _note(self, kind: FaultKind, about: str, last_at: int, peer: str, count: int = 0) -> NoteFault:
        return NoteFault(kind=kind, about=about, peer=peer, last_at=from_ms(last_at), count=count)

    def _keep(self, known: dict[str, Any]) -> None:
        at = self._node.clock.now_ms()
        self._node.local(lambda connection: memory.keep(connection, RESTORED, known, at))


def awaited(kept: Any) -> EnvironmentFault | None:
    """What the window says while nobody has given anything back yet; `kept`: the workstation's memory of it."""
    if not isinstance(kept, dict) or "filled" in kept:
        return None
    return EnvironmentFault("restored", "fault.restored", last_at=kept.get("last_at", 0))
