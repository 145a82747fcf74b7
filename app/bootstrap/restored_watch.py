"""After a restore: what the copy did not hold comes back from whoever held it, and what may be missing is said (XC-01, XC-09).

The acts of the lost workstation that a partner had applied are in the partner's record and return at the next link. Acts that
never left the lost workstation are in neither; nobody can count them, so the moment from which on they may be missing is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from app.bootstrap.node import Node
from app.bootstrap.restoring import RESTORED, end_of
from app.kernel.clock import from_ms
from app.kernel.enums import Agency, FaultKind, LinkState
from app.kernel.errors import EnvironmentFault
from app.local import memory
from app.replication.status import LinkStatus
from app.usecases.commands import Command
from app.usecases.sites import NoteFault

LOOK_S: Final = 2.0


class RestoredWatch:
    """Tells once that the site was restored, and each time a partner has given back more of the lost chain."""

    def __init__(self, node: Node, links: Callable[[], Sequence[LinkStatus]]) -> None:
        self._node, self._links = node, links
        self.trouble: EnvironmentFault | None = None  # for the alarm strip, while nothing was given back yet

    async def run(self, write: Callable[[Command], object]) -> None:
        """Look until cancelled; a site that was never restored is not looked at again."""
        known: Any = await asyncio.to_thread(self._known)
        if not isinstance(known, dict):
            return
        while True:
            for note in await asyncio.to_thread(self.look):
                write(note)
            self.trouble = awaited(await asyncio.to_thread(self._known))
            await asyncio.sleep(LOOK_S)

    def _known(self) -> Any:
        return self._node.local(memory.load).get(RESTORED)

    def look(self) -> list[Command]:
        """What is to be said now; it is remembered as said."""
        known = self._known()
        if not isinstance(known, dict):
            return []
        if not known.get("told"):
            self._keep({**known, "told": True})
            others = [link.agency for link in self._links() if link.agency != self._node.me.agency]
            return [self._note(FaultKind.RESTORED, known["last_at"], self._partner(others))]
        full = [link for link in self._links() if link.state is LinkState.UP and not link.waiting_in]
        if not full:
            return []
        seq, last_at = self._node.local(lambda _: end_of(self._node.journal, known["site"]))
        if known.get("filled", -1) >= seq:
            return []
        before = max(known["seq"], known.get("filled", 0))
        self._keep({**known, "filled": seq, "filled_at": last_at})
        kind = FaultKind.RESTORED_FILLED if seq > known["seq"] else FaultKind.RESTORED_NOTHING
        notes = [self._note(kind, last_at, full[0].agency, seq - before)]
        if (lacks := known.get("left", 0) - seq) > 0:
            notes.append(self._note(FaultKind.RESTORED_LACKS, last_at, full[0].agency, lacks))
        return notes

    def _partner(self, agencies: Sequence[str]) -> str:
        other = Agency.FRD if self._node.me.agency == Agency.EMB else Agency.EMB
        return next(iter(agencies), other.value)

    def _note(self, kind: FaultKind, last_at: int, peer: str, count: int = 0) -> Command:
        return NoteFault(kind=kind, peer=peer, last_at=from_ms(last_at), count=count)

    def _keep(self, known: dict[str, Any]) -> None:
        at = self._node.clock.now_ms()
        self._node.local(lambda connection: memory.keep(connection, RESTORED, known, at))


def awaited(kept: Any) -> EnvironmentFault | None:
    """What the window says while nobody has given anything back yet; `kept`: the workstation's memory of it."""
    if not isinstance(kept, dict) or "filled" in kept:
        return None
    return EnvironmentFault("restored", "fault.restored", last_at=kept.get("last_at", 0))
