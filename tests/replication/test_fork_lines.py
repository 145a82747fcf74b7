"""A line on which both sides hold the proof of a fork: more of it comes to one of them meanwhile (REPLICATION, Fork)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.journal.operation import Act, ChainEnd, Transaction
from app.replication.service import Replication
from app.replication.tls import create_tls
from tests.journal.towns import sync, town
from tests.replication.fakes import run
from tests.replication.test_real_journals import CASE, LIMIT_S, Room, Street, edit
from tests.simulation.world import Station


def said(liar: Station, place: str, end: ChainEnd) -> Transaction:
    act = Act("edit", "sim_case", CASE, "joint", {"v": "write", "set": {"place": place}})
    return liar.forge("EMB-o", [act], end=end, parents=[])


def end_of(tx: Transaction) -> ChainEnd:
    return ChainEnd(tx[-1].seq, tx[-1].hash)


@pytest.fixture
def told(tmp_path: Path) -> Any:
    """E2 and F1 hold both branches of E1, which is on no line; and one act more, that neither has."""
    stations = town("E1", "E2", "F1")
    liar = stations["E1"]
    sync(stations)
    left, right = said(liar, "left", liar.end), said(liar, "right", liar.end)
    rooms = {}
    for name in ("E2", "F1"):
        stations[name].journal.receive([left, right])
        (tmp_path / name).mkdir()
        rooms[name] = Room(stations[name], create_tls(tmp_path / name, stations[name].site))
    yield Street(rooms), said(liar, "more", end_of(left))
    for room in rooms.values():
        room.close()


@pytest.mark.parametrize("acts", [0, 1], ids=["nothing else", "an own act after it"])
def test_one_more_act_of_a_branch_comes_from_elsewhere(told: tuple[Street, Transaction], acts: int) -> None:
    """It goes on over the line that stands, and the own act that names it as parent is no gap there."""
    street, more = told

    def comes(at: Station) -> None:
        at.journal.receive([more])
        for n in range(acts):
            edit(at, "EMB-o", place=f"afterwards {n}")

    async def story() -> None:
        async with street.linked():
            await street["E2"].do(lambda at: edit(at, "EMB-o", place="before"))
            await street.shows("place", "before")
            await street["E2"].do(comes)
            await street.level()
            await street["F1"].do(lambda at: edit(at, "FRD-o", place="and back"))
            await street.shows("place", "and back")

    run(story(), LIMIT_S)
    assert all(room.station.journal.state.store.get(more[-1].hash) for room in street.rooms.values())
    street.sound()


def test_who_sends_more_of_a_branch_is_noted_no_further_than_the_fork(
    told: tuple[Street, Transaction], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a fork a number tells nothing of which branch it is: what is held here as that chain ends before it."""
    street, more = told
    chain, noted, hear = more[-1].site, list[int](), Replication._on_acknowledged

    def heard(self: Replication, site: str, vector: Mapping[str, int], whole: bool) -> None:
        noted.append(vector.get(chain, 0))
        hear(self, site, vector, whole)

    monkeypatch.setattr(Replication, "_on_acknowledged", heard)

    async def story() -> None:
        async with street.linked():
            await street.level()
            await street["E2"].do(lambda at: at.journal.receive([more]))
            await street.level()
            await street["F1"].do(lambda at: edit(at, "FRD-o", place="and back"))
            await street.shows("place", "and back")

    run(story(), LIMIT_S)
    for room in street.rooms.values():
        fork = room.station.journal.state.chains[chain].fork_seq
        assert fork is not None and max(noted) < fork <= more[-1].seq


def test_a_proof_longer_than_one_reading_goes_over_whole(tmp_path: Path) -> None:
    """A branch of half a MiB is no news by its numbers; it is sent to its end, and nobody has to write anything for that."""
    stations = town("E1", "E2", "F1")
    liar = stations["E1"]
    sync(stations)
    ends = [liar.end, liar.end]
    branches: list[list[Transaction]] = [[], []]
    for n in range(80):
        which = int(n > 0)
        branches[which].append(
            said(liar, "".join(chr(0x4E00 + (n * 97 + k * k) % 9000) for k in range(2500)), ends[which])
        )
        ends[which] = end_of(branches[which][-1])
    rooms = {}
    for name, known in (("E2", [*branches[0], *branches[1]]), ("F1", branches[0])):
        stations[name].journal.receive(known)
        (tmp_path / name).mkdir()
        rooms[name] = Room(stations[name], create_tls(tmp_path / name, stations[name].site))
    street = Street(rooms)

    async def story() -> None:
        async with street.linked():
            await street.level()

    run(story(), LIMIT_S)
    assert stations["F1"].journal.state.store.get(branches[1][-1][-1].hash)
    street.sound()
    for room in rooms.values():
        room.close()
