"""A body that comes late to one side of a line that stands goes on to the other (REPLICATION: late bodies)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.journal.late_bodies import MOST, LateBodies
from app.journal.operation import Transaction
from app.replication.tls import create_tls
from tests.journal.towns import Town, sync, town
from tests.replication.fakes import run
from tests.replication.test_real_journals import LIMIT_S, PATIENCE_S, Room, Street, edit, headers
from tests.simulation.network import push
from tests.simulation.world import Station


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


def test_a_body_that_comes_late_goes_on_over_a_line_that_stands(stations: Town, street: Street) -> None:
    async def story() -> None:
        async with street.linked():
            await street.level()
            assert headers(street["E1"]) == headers(street["F1"]) == 1, "nobody here could tell it"
            late = bodies(stations["E2"], stations["E1"])
            await street["E1"].do(lambda at: at.journal.receive(late))
            await until_none(street["F1"])
            assert await street["F1"].row("phone") == "138"

    run(story(), LIMIT_S)


def test_nothing_goes_back_to_whom_it_came_from(stations: Town, street: Street) -> None:
    """The answer to a question is no news for who gave it: it is looked for no further."""
    given: list[str] = []

    async def story() -> None:
        async with street.linked():
            await street.level()
            for name in ("E1", "F1"):
                journal = street[name].journal
                asked = journal.bodies

                def told(
                    ranges: dict[str, object], peer: object, name: str = name, asked: object = asked
                ) -> object:
                    found = asked(ranges, peer)  # type: ignore[operator]
                    given.extend(name for _ in found)
                    return found

                journal.bodies = told
            late = bodies(stations["E2"], stations["E1"])
            await street["E1"].do(lambda at: at.journal.receive(late))
            await until_none(street["F1"])
            await street["F1"].do(lambda at: edit(at, "FRD-o", place="x"))
            await street.shows("place", "x")

    run(story(), LIMIT_S)
    assert given == ["E1"]


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
