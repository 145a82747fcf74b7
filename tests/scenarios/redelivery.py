"""All changes are delivered again, twice, shuffled, over the real wire: by a peer that shows a console's own certificate."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from app.bootstrap.node import Node, Open
from app.journal.journal import Journal, PeerView
from app.journal.operation import SCHEMA_V, Transaction
from app.kernel.clock import Clock, FileClock
from app.kernel.paths import DataDir
from app.replication.frames import Ack, Nack
from app.replication.peers import LocalSite
from app.replication.tls import TlsFiles, load_tls
from tests.replication.scripted import ScriptedPeer
from tests.scenarios import general
from tests.scenarios.duo import Duo, Room, until

TIMES = 2
WINDOW = 4  # batches that may be unanswered; a session allows eight


@dataclass
class Twin:
    """A copy of a console as far as the wire sees it: certificate, chains, clock."""

    tls: TlsFiles
    journal: Journal
    clock: Clock
    who: LocalSite

    def local(self) -> LocalSite:
        """How it introduces itself."""
        return self.who


@contextmanager
def twin(room: Room) -> Iterator[tuple[Twin, list[Transaction], str]]:
    """A console's copy, everything it would hand to its partner in causal order, and its site id."""
    with tempfile.TemporaryDirectory(dir=room.data.root.parent) as place:
        data = DataDir(Path(place) / "copy")
        data.root.mkdir(mode=0o700)
        shutil.copytree(room.data.keys, data.keys)
        data.database.touch(0o600)
        with (
            contextlib.closing(sqlite3.connect(f"file:{room.data.database}?mode=ro", uri=True)) as there,
            contextlib.closing(sqlite3.connect(data.database)) as here,
        ):
            there.backup(here)
        shutil.copy(room.data.high_water, data.high_water)
        clock = FileClock(room.clock_file)
        with contextlib.closing(Node(Open(data, clock))) as node:
            me = node.me
            other = "FRD" if me.agency == "EMB" else "EMB"
            view = PeerView(other, "", frozenset(), {})
            txs = node.local(
                lambda _: [node.journal.offer(tx, view) for _, tx in node.journal.after({}, 1 << 30)]
            )
            who = LocalSite(me.realm, me.district, me.agency, me.site, SCHEMA_V)
            yield Twin(load_tls(data.keys), cast("Journal", _Held(node)), clock, who), txs, me.site


class _Held:
    """What a HELLO asks of a journal, asked on the node's own thread."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def vector(self) -> Any:
        """Heads of all chains."""
        return self._node.local(lambda _: self._node.journal.vector())

    def withheld(self) -> Any:
        """Ranges held as headers."""
        return self._node.local(lambda _: self._node.journal.withheld())


@dataclass
class _Target:
    tls: TlsFiles


async def _deliver(sender: Twin, target: Room, txs: Sequence[Transaction]) -> int:
    """Send transactions one by one to a console; the number of them it answered for."""
    aim = _Target(load_tls(target.data.keys))
    async with ScriptedPeer(cast("Any", sender), cast("Any", aim), target.port) as peer:
        await peer.greet()
        answered = 0
        for batch, tx in enumerate(txs, 1):
            await peer.ops(batch, [tx])
            while batch - answered >= WINDOW:
                answered = await _answer(peer, answered)
        while answered < len(txs):
            answered = await _answer(peer, answered)
        return answered


async def _answer(peer: ScriptedPeer, answered: int) -> int:
    ack: Ack | Nack = await peer.hear(Ack, 30.0)
    assert isinstance(ack, Ack)
    return max(answered, ack.batch)


def redeliver(duo: Duo, seed: object = 0) -> int:
    """Deliver everything each console holds to the other one again, twice, shuffled; nothing may change.

    The cable is pulled meanwhile, so that nobody else speaks for the sender. Returns how many transactions were answered for.
    """
    chance, answered = random.Random(str(seed)), 0
    duo.settle()
    before = {room.agency: general.business(room) for room in duo.both}
    held = {room.agency: duo.held(room) for room in duo.both}
    duo.pull(True)
    try:
        for room in duo.both:
            with twin(duo.other(room)) as (sender, txs, _):
                again = [*txs] * TIMES
                chance.shuffle(again)
                answered += asyncio.run(_deliver(sender, room, again))
                assert len(again) == TIMES * len(txs) > 0
        for room in duo.both:
            _unchanged(room, before[room.agency], held[room.agency])
    finally:
        duo.pull(False)
    until(lambda: all(_up(room) for room in duo.both), "the link is back")
    duo.settle()
    return answered


def _unchanged(room: Room, before: dict[str, list[str]], held: dict[str, int]) -> None:
    """Nothing but what the console itself notes of its links."""
    now = general.business(room)
    for name, rows in before.items():
        new = [row for row in now[name] if row not in set(rows)]
        assert set(rows) <= set(now[name]), f"{room.agency}: {name} lost rows"
        assert (name == "log_entry" and all("'link'" in row for row in new)) or not new, (
            room.agency,
            name,
            new,
        )
    assert not general.duplicates(room)


def _up(room: Room) -> bool:
    rows = room.request({"call": "links"})["rows"]
    return bool(rows) and all(row["state"] == "up" for row in rows)
