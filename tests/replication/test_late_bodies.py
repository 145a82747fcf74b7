"""A body that comes late to one side of a line that stands goes on to the other (REPLICATION: late bodies)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from app.journal.journal import PeerView
from app.journal.late_bodies import MOST, LateBodies
from app.journal.operation import Transaction
from app.replication.tls import create_tls
from tests.journal.towns import Town, sync, town
from tests.replication.fakes import run
from tests.replication.test_real_journals import LIMIT_S, PATIENCE_S, Room, Street, edit, headers
from tests.simulation.network import push
from tests.simulation.world import Station

Ranges = Mapping[str, Sequence[tuple[int, int]]]


@pytest.fixture
def stations() -> Town:
    """The fire brigade and the hall know of a contact of E2 by its header only, and so does E1."""
    made = town("E1", "F1", "E2", "H1")
    sync(made)
    edit(made["E2"], "EMB-o", phone="138")
    for sender, receiver in (("E2", "H1"), ("H1", "F1"), ("H1", "E1")):
        push(made[sender], made[receiver], random.Random(1))
    return made


@pytest.fixture
def street(stations: Town, tmp_path: Path) -> Iterator[Street]:
    """E1 and F1 on one line."""
    rooms = {}
    for name in ("E1", "F1"):
        (tmp_path / name).mkdir()
        rooms[name] = Room(stations[name], create_tls(tmp_path / name, stations[name].site))
    yield Street(rooms)
    for room in rooms.values():
        room.close()


def bodies(holder: Station, seeker: Station) -> list[Transaction]:
    return list(holder.journal.bodies(seeker.journal.withheld(), holder.view_of(seeker)))


async def until_none(room: Room) -> None:
    end = asyncio.get_running_loop().time() + PATIENCE_S
    while await room.on_writer(0, lambda: headers(room)):  # type: ignore[arg-type]
        assert asyncio.get_running_loop().time() < end, "the body did not come"
        await asyncio.sleep(0.01)


class Asked:
    """How often a room was asked for bodies, and how many transactions it gave."""

    def __init__(self, room: Room) -> None:
        self.times = self.given = 0
        self._answer = room.journal.bodies
        room.journal.bodies = self._bodies

    def _bodies(self, ranges: Ranges, peer: PeerView) -> list[Transaction]:
        found: list[Transaction] = self._answer(ranges, peer)
        self.times += 1
        self.given += len(found)
        return found

    async def once(self) -> None:
        """Until it was asked."""
        end = asyncio.get_running_loop().time() + PATIENCE_S
        while not self.times:
            assert asyncio.get_running_loop().time() < end, "nobody asked"
            await asyncio.sleep(0.01)


def test_a_body_that_comes_late_goes_on_over_a_line_that_stands(stations: Town, street: Street) -> None:
    """E1 is asked when the line begins, and has it as little as who asks. Then it comes: nobody asks again, and F1 gets it.

    The answer is no news for who gave it: nothing goes back.
    """
    asked = {name: Asked(street[name]) for name in ("E1", "F1")}
    late = bodies(stations["E2"], stations["E1"])

    async def story() -> None:
        async with street.linked():
            await asked["E1"].once()
            await asked["F1"].once()
            assert headers(street["E1"]) == headers(street["F1"]) == 1
            await street["E1"].do(lambda at: at.journal.receive(late))
            await until_none(street["F1"])
            assert await street["F1"].row("phone") == "138"
            await street["F1"].do(lambda at: edit(at, "FRD-o", place="x"))
            await street.shows("place", "x")

    run(story(), LIMIT_S)
    assert (asked["E1"].given, asked["F1"].given) == (1, 0)


def test_what_came_since_a_mark() -> None:
    late = LateBodies()
    mark, none = late.since(None)
    assert none == []
    for seq in (7, 5, 6, 9):
        late.came("a", seq)
    late.came("b", 1)
    mark, found = late.since(mark)
    assert found == [("a", 5, 7), ("a", 9, 9), ("b", 1, 1)]
    assert late.since(mark) == (mark, [])
    for seq in range(MOST + 1):
        late.came("c", seq)
    assert late.since(mark) == (mark + MOST + 1, None), "more than is remembered: everything is looked for"
