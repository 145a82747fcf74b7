"""The carrier port: a session runs over whatever carries frames whole and in order (issue: broker at city scale)."""

from __future__ import annotations

import ast
import asyncio
import os
from pathlib import Path

import pytest

from app.kernel.enums import LinkState
from app.replication import session as session_module
from app.replication.carriers import CarrierClosedError
from app.replication.endings import CUT, FRAME
from app.replication.frames import MAX_FRAME_BYTES
from app.replication.peers import Peer
from app.replication.session import Hooks, Parts, Session
from app.replication.status import Limits, PeerStatus
from tests.replication.fakes import run, same_journal, until
from tests.replication.sites import QUICK, Site


class QueueCarrier:
    """One end of two queues, as a broker's subjects would be: what a session may rely on and no more."""

    def __init__(self, out: asyncio.Queue[bytes | None], back: asyncio.Queue[bytes | None]) -> None:
        self._out, self._back, self.carried = out, back, 0

    async def send(self, frame: bytes) -> None:
        if len(frame) > MAX_FRAME_BYTES:
            raise CarrierClosedError("too long", oversized=True)
        self.carried += 1
        await self._out.put(frame)

    async def recv(self) -> bytes:
        frame = await self._back.get()
        if frame is None:
            raise CarrierClosedError("broker gone")
        return frame

    async def close(self) -> None:
        await self._out.put(None)


def session(site: Site, other: Peer, carrier: QueueCarrier, *, dialled: bool) -> tuple[Session, PeerStatus]:
    limits = Limits(QUICK.heartbeat_s, QUICK.dead_s, QUICK.stall_s)
    status = PeerStatus(other.site, other.agency, site.site, site.clock, limits)
    hooks = Hooks(lambda _: True, lambda _site, _frame: None, lambda _site, _frame: None)
    parts = Parts(site.node, site.local(), site.clock, QUICK, os.urandom(16), hooks)
    return Session(parts, other, carrier, status, dialled=dialled), status


def test_a_session_runs_over_another_carrier_and_ends_with_it(pair: list[Site]) -> None:
    one, two = pair
    for site in pair:
        site.journal.author([site.journal.act(f"before {site.agency}")])

    async def scenario() -> tuple[str, int]:
        there: asyncio.Queue[bytes | None] = asyncio.Queue(8)
        back: asyncio.Queue[bytes | None] = asyncio.Queue(8)
        left, right = QueueCarrier(there, back), QueueCarrier(back, there)
        dialler, status = session(one, two.peer(), left, dialled=True)
        answerer, _ = session(two, one.peer(), right, dialled=False)
        ends = [asyncio.create_task(each.run()) for each in (dialler, answerer)]
        await until(lambda: same_journal((one.journal, two.journal)), "in step")
        await one.node.write("later")
        dialler.changed()
        await until(lambda: same_journal((one.journal, two.journal)), "in step again")
        assert status.snapshot().state is LinkState.UP
        await right.close()
        ended = await ends[0]
        ends[1].cancel()
        await asyncio.gather(ends[1], return_exceptions=True)
        return ended.key, left.carried

    key, carried = run(scenario())
    assert key == CUT and carried > 2


@pytest.mark.parametrize(("oversized", "key"), [(False, CUT), (True, FRAME)])
def test_what_a_carrier_could_not_keep_to_is_told(pair: list[Site], oversized: bool, key: str) -> None:
    class Broken(QueueCarrier):
        async def recv(self) -> bytes:
            raise CarrierClosedError("over", oversized=oversized)

    async def scenario() -> str:
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        ended = await session(pair[0], pair[1].peer(), Broken(queue, queue), dialled=True)[0].run()
        return ended.key

    assert run(scenario()) == key


def test_the_logic_of_a_session_names_no_network() -> None:
    """Only the doors (service, dialling, websocket) know what carries; a broker gets doors of its own."""
    folder = Path(session_module.__file__).parent
    doors = {"service.py", "dialling.py", "websocket.py"}
    for path in sorted(folder.rglob("*.py")):
        if path.name in doors:
            continue
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        named |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        assert not any(name.split(".")[0] in ("websockets", "socket") for name in named), path.name
