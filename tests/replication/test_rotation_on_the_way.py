"""A site changes its key while others pass its acts on: no line ends for it (docs/decisions/0033)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kernel.clock import SystemClock
from app.kernel.enums import LinkState
from app.replication.peers import Peer
from app.replication.service import Replication
from app.replication.tls import create_tls
from tests.journal.test_rotation import rotate
from tests.journal.towns import town
from tests.replication.fakes import run, until
from tests.replication.scripted import CALM
from tests.replication.test_real_journals import LIMIT_S, Room, Street, edit


@pytest.fixture
def triangle(tmp_path: Path) -> Iterator[Street]:
    """A and B, which stay in touch, and C, which talks to one of them at a time."""
    rooms = {}
    for name, station in town("E1", "F1", "E2").items():
        (tmp_path / name).mkdir()
        rooms[name] = Room(station, create_tls(tmp_path / name, station.site))
    yield Street(rooms)
    for room in rooms.values():
        room.close()


def line(room: Room, *peers: Peer, listen: bool = False) -> Replication:
    """A room's service."""
    address = ("127.0.0.1", 0) if listen else None
    return Replication(room, room.local(), room.tls, peers, SystemClock(), listen=address, pace=CALM)


def test_a_change_of_key_that_came_by_one_line_is_known_on_the_others(
    triangle: Street, caplog: pytest.LogCaptureFixture
) -> None:
    """C's change comes to A directly, C's next act by B, in a session of A and B that began before the change."""
    first, second, third = triangle["E1"], triangle["F1"], triangle["E2"]
    caplog.set_level(logging.INFO, "app.replication.session")

    async def story() -> None:
        async with (
            line(first, second.peer(), third.peer(), listen=True) as a,
            line(second, first.peer(a.port), third.peer(), listen=True) as b,
        ):
            await until(lambda: stands(a, second), "A and B in touch", 60)
            async with line(third, first.peer(a.port)):
                await third.do(rotate)
                await triangle.level()  # B has it from A
            async with line(third, second.peer(b.port)):
                await third.do(lambda at: edit(at, "EMB-o", place="under the new key"))
                await triangle.shows("place", "under the new key")
                await triangle.level()

    run(story(), LIMIT_S)
    for reason in ("bad_transaction", "refused_there"):
        assert not any(reason in said for said in caplog.messages)
    triangle.sound()


def stands(service: Replication, room: Room) -> bool:
    """True if the line to a room is up."""
    return any(link.site == room.station.site and link.state is LinkState.UP for link in service.status())
