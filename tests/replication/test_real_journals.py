"""Scopes, ownership, lies and long texts between real journals, in real sessions over TLS (REPLICATION, Scope and Validity).

The entities are those of the simulated city, where every merge rule and every scope stands once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from app.journal import verbs
from app.journal.deriving import DERIVERS
from app.journal.journal import QuarantinedError
from app.journal.operation import SCHEMA_V, Act, Transaction
from app.journal.reprojection import Standpoint
from app.journal.verify import verify
from app.kernel.changes import EVERYTHING, Change, ChangeSet
from app.kernel.clock import SystemClock
from app.kernel.enums import ChangeKind, Origin, Priority
from app.replication.peers import LocalSite, Peer
from app.replication.service import Replication
from app.replication.tls import TlsFiles, create_tls
from tests.journal.towns import Town, conflict_values, town
from tests.replication.fakes import run
from tests.replication.sites import QUICK
from tests.simulation import schema
from tests.simulation.world import Station

_T = TypeVar("_T")
PATIENCE_S = 60.0
LIMIT_S = 150.0
CASE = "i1"


class Room:
    """A workstation of the city with a writer's thread and a line."""

    def __init__(self, station: Station, tls: TlsFiles) -> None:
        self.station, self.tls = station, tls
        self._writer = ThreadPoolExecutor(1, "writer")
        self._hearers: list[Callable[[ChangeSet], None]] = []

    @property
    def journal(self) -> Any:
        """The real journal."""
        return self.station.journal

    async def on_writer(self, priority: Priority, work: Callable[[], _T]) -> _T:
        """Run work on the writer's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    def pressed(self, priority: Priority) -> bool:
        """Nobody else waits for this writer."""
        return False

    def subscribe(self, hear: Callable[[ChangeSet], None]) -> Callable[[], None]:
        """Hear of every commit."""
        self._hearers.append(hear)
        return lambda: self._hearers.remove(hear)

    def publish(self, changes: ChangeSet) -> None:
        """Tell of a commit."""
        for hear in list(self._hearers):
            hear(changes)

    async def do(self, work: Callable[[Station], _T]) -> _T:
        """An act at this workstation; the line hears of it."""
        made = await self.on_writer(Priority.OFFICER, lambda: work(self.station))
        self.publish(ChangeSet((Change(EVERYTHING, EVERYTHING, ChangeKind.CHANGED, Origin.LOCAL),)))
        return made

    async def row(self, name: str) -> Any:
        """What its row of the case shows."""
        return (await self.on_writer(Priority.OFFICER, lambda: self.station.row(CASE))).get(name)

    def local(self) -> LocalSite:
        """How it introduces itself."""
        at = self.station
        return LocalSite(at.city.realm, "310105", at.agency, at.site, SCHEMA_V, at.granted)

    def peer(self, port: int | None = None) -> Peer:
        """How others see it."""
        at = self.station
        ends = (("127.0.0.1", port),) if port else ()
        return Peer(at.site, at.agency, self.tls.root_pem, ends, at.granted)

    def close(self) -> None:
        """End its thread."""
        self._writer.shutdown()


@dataclass
class Street:
    """Rooms of one town; the first one listens, the others dial it."""

    rooms: dict[str, Room]

    def __getitem__(self, name: str) -> Room:
        return self.rooms[name]

    @asynccontextmanager
    async def linked(self) -> AsyncIterator[None]:
        """All lines up."""
        first, *others = self.rooms.values()
        async with AsyncExitStack() as stack:
            centre = Replication(
                *(first, first.local(), first.tls, [each.peer() for each in others], SystemClock()),
                listen=("127.0.0.1", 0),
                pace=QUICK,
            )
            await stack.enter_async_context(centre)
            for each in others:
                dialling = Replication(
                    each, each.local(), each.tls, [first.peer(centre.port)], SystemClock(), pace=QUICK
                )
                await stack.enter_async_context(dialling)
            yield

    async def level(self) -> None:
        """Until all hold the same chains."""
        await self._until(
            lambda: len({str(sorted(self._vector(r).items())) for r in self.rooms.values()}) == 1
        )

    def _vector(self, room: Room) -> Any:
        return room._writer.submit(room.journal.vector).result()

    async def _until(self, true: Callable[[], bool]) -> None:
        end = asyncio.get_running_loop().time() + PATIENCE_S
        while not await asyncio.to_thread(true):
            assert asyncio.get_running_loop().time() < end, "never level"
            await asyncio.sleep(0.01)

    async def shows(self, name: str, value: object, *rooms: str) -> None:
        """Until these rooms (all) show a value."""
        for each in rooms or self.rooms:
            end = asyncio.get_running_loop().time() + PATIENCE_S
            while (shown := await self[each].row(name)) != value:
                assert asyncio.get_running_loop().time() < end, f"{each} shows {shown!r}, not {value!r}"
                await asyncio.sleep(0.01)

    def sound(self) -> None:
        """Every room's journal verifies, with what is withheld there."""
        for room in self.rooms.values():
            at = room.station
            report = verify(at.connection, Standpoint.of(at.journal.identity), schema.policy(), DERIVERS)
            assert report.ok, (at.name, report)


@pytest.fixture
def street(tmp_path: Path) -> Any:
    """E1 listens; F1 and the hall dial."""
    stations: Town = town("E1", "F1", "H1")
    rooms = {}
    for name, station in stations.items():
        (tmp_path / name).mkdir()
        rooms[name] = Room(station, create_tls(tmp_path / name, station.site))
    yield Street(rooms)
    for room in rooms.values():
        room.close()


def edit(at: Station, actor: str, **values: object) -> None:
    at.write(actor, "edit", "sim_case", CASE, values)


def forge(at: Station, actor: str, act: Act) -> Transaction:
    return at.swallow(at.forge(actor, [act]))


def writing(scope: str = "joint", command: str = "edit", **values: object) -> Act:
    return Act(command, "sim_case", CASE, scope, {"v": verbs.WRITE, "set": values})


def headers(room: Room) -> int:
    rows = room.station.connection.execute("SELECT count(*) FROM op WHERE body IS NULL")
    return int(rows.fetchone()[0])


def test_internal_and_contact_values_stay_and_verify(street: Street) -> None:
    """FINDINGS 5: each room holds the bodies of its own scopes; what is withheld verifies by its commitment."""

    async def story() -> None:
        await street["E1"].do(lambda at: edit(at, "EMB-o", place="p", memo="inside EMB"))
        await street["E1"].do(lambda at: edit(at, "EMB-o", phone="138"))
        await street["F1"].do(lambda at: edit(at, "FRD-o", memo_f="inside FRD"))
        async with street.linked():
            await street.level()
            await street.shows("place", "p")
            await street.shows("phone", "138", "E1", "F1")
            for name, hidden in (("E1", "memo_f"), ("F1", "memo"), ("H1", "memo"), ("H1", "phone")):
                assert await street[name].row(hidden) is None

    run(story(), LIMIT_S)
    assert [headers(street[name]) for name in ("E1", "F1", "H1")] == [1, 1, 3]
    street.sound()


def test_disclosure_opens_the_whole_register_late_and_for_good(street: Street) -> None:
    """FINDINGS 6, 8: values of before come after their headers, the correction is what is shown, later ones come at once."""

    async def story() -> None:
        async with street.linked():
            await street["E1"].do(lambda at: edit(at, "EMB-o", memo="2 dead"))
            await street["E1"].do(lambda at: edit(at, "EMB-o", memo="corrected: 0 dead"))
            await street.level()
            assert headers(street["H1"]) == headers(street["F1"]) == 2
            await street["E1"].do(
                lambda at: at.mark("EMB-c", "disclose", "sim_case", CASE, verbs.DISCLOSE, field="memo")
            )
            await street.shows("memo", "corrected: 0 dead")
            await street["E1"].do(lambda at: edit(at, "EMB-o", memo="confirmed"))
            await street.shows("memo", "confirmed")
            await street.shows("conflicts", 0)

    run(story(), LIMIT_S)
    assert [headers(room) for room in street.rooms.values()] == [0, 0, 0]
    street.sound()


def test_nobody_opens_what_is_not_his(street: Street) -> None:
    """A disclosure of another agency's register is quarantined everywhere and opens nothing."""

    async def story() -> Transaction:
        async with street.linked():
            await street["E1"].do(lambda at: edit(at, "EMB-o", memo="inside"))
            opening = Act("disclose", "sim_case", CASE, "joint", {"v": verbs.DISCLOSE, "field": "memo"})
            tx = await street["F1"].do(lambda at: forge(at, "FRD-c", opening))
            await street.level()
            return tx

    tx = run(story(), LIMIT_S)
    assert [room.station.verdict(tx) for room in street.rooms.values()] == [["scope"]] * 3
    assert headers(street["F1"]) == headers(street["H1"]) == 1


def test_ownership_moves_while_both_write(street: Street) -> None:
    """D-06, FINDINGS 14: apart, EMB writes its section and FRD takes it over and writes as well. Both texts stay, the new
    owner's is shown in every room; then EMB writes no more, not even by changed software, and the line goes on."""
    late: list[Transaction] = []

    async def story() -> None:
        await street["E1"].do(lambda at: edit(at, "EMB-o", scene_handling="all calm"))
        await street["F1"].do(
            lambda at: at.mark("FRD-o", "own", "sim_case", CASE, verbs.OWN, field="scene_handling", to="FRD")
        )
        await street["F1"].do(lambda at: edit(at, "FRD-o", scene_handling="the roof may fall"))
        await street["E1"].do(lambda at: edit(at, "EMB-o", scene_handling="still calm"))
        async with street.linked():
            await street.level()
            await street.shows("scene_handling", "the roof may fall")
            await street.shows("conflicts", 1)
            with pytest.raises(QuarantinedError, match="owner"):
                await street["E1"].do(lambda at: edit(at, "EMB-o", scene_handling="calm, I say"))
            late.append(
                await street["E1"].do(lambda at: forge(at, "EMB-o", writing(scene_handling="calm, I say")))
            )
            await street["F1"].do(lambda at: edit(at, "FRD-o", scene_handling="it fell"))
            await street["E1"].do(lambda at: edit(at, "EMB-o", place="north"))
            await street.shows("scene_handling", "it fell")
            await street.shows("place", "north")
            await street.shows("conflicts", 0)
            await street.level()

    run(story(), LIMIT_S)
    for room in street.rooms.values():
        assert room.station.verdict(late[0]) == ["owner"]
        assert conflict_values(room.station, CASE, "scene_handling") == []
    street.sound()


LIES = {
    "role": ("FRD-o", Act("retract", "sim_case", CASE, "joint", {"v": verbs.RETRACT, "why": "mine"})),
    "unknown author": ("FRD-q", writing(place="nobody's")),
    "not admitted here": ("EMB-o", writing(place="another's")),
    "scope": ("FRD-o", writing("internal:EMB", memo="yours")),
    "effect": ("FRD-o", writing(command="log", place="by another command")),
    "owner": ("FRD-o", writing(aftermath="not ours")),
    "malformed": ("FRD-o", Act("edit", "sim_case", CASE, "joint", {"v": verbs.WRITE, "sets": {}})),
}


@pytest.mark.parametrize("reason", LIES)
def test_a_lie_is_quarantined_and_the_line_goes_on(street: Street, reason: str) -> None:
    """Forged author, wrong scope, missing right, not the owner: a row that people see (E_SYNC), never a stop."""
    actor, act = LIES[reason]

    async def story() -> Transaction:
        async with street.linked():
            tx = await street["F1"].do(lambda at: forge(at, actor, act))
            await street["F1"].do(lambda at: edit(at, "FRD-o", place="afterwards"))
            await street.shows("place", "afterwards")
            await street.level()
            return tx

    tx = run(story(), LIMIT_S)
    for name, room in street.rooms.items():
        held = act.scope == "joint" or name == "F1" or act.scope == f"internal:{room.station.agency}"
        assert room.station.verdict(tx) == [reason if held else None], name
    street.sound()


def test_a_long_text_is_written_in_two_rooms_at_once(street: Street) -> None:
    """REPLICATION, long shared text: three rooms type on; in the end they show one text, and nobody's words are missing."""

    def typed(at: Station, actor: str, words: str) -> None:
        now = str(at.row(CASE).get("minutes") or "")
        acts = at.maker().text("edit", "sim_case", CASE, "minutes", at.site, now + words)
        at.journal.author(actor, [[each] for each in acts])

    async def story() -> str:
        async with street.linked():
            for n in range(12):
                await street["E1"].do(lambda at, n=n: typed(at, "EMB-o", f"甲{n};"))  # type: ignore[misc]
                await street["F1"].do(lambda at, n=n: typed(at, "FRD-o", f"乙{n};"))  # type: ignore[misc]
            await street.level()
            text = str(await street["E1"].row("minutes"))
            await street.shows("minutes", text)
            return text

    text = run(story(), LIMIT_S)
    assert sorted(text.split(";")[:-1]) == sorted(f"{who}{n}" for who in "甲乙" for n in range(12))
    street.sound()
