"""The pairing window of real consoles: who may, how long, how often; then the link comes up by itself (CM-04, JD-01, XC-10)."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import pairing
from app.bootstrap.network_pairing import Pace
from app.bootstrap.service import Service
from app.kernel.enums import Agency, LinkState, Realm
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.local import peers
from app.local.pairing_view import TRIES, PairingView, Stage
from app.queries import accounts
from app.replication import pairing_wire
from app.replication.pairing_talk import Times
from tests.bootstrap.linked import LOOPBACK, until
from tests.kit import Site, found_site, people
from tests.replication.pairing_kit import Between, dialled, listening, party

QUICK = Pace(
    window_s=60.0,
    apart_s=0.01,
    redial_s=0.05,
    handshake_s=2.0,
    times=Times(step_s=2.0, beat_s=0.1, dead_s=3.0, stored_s=3.0),
)


@dataclass
class Seat:
    """A console with its service, and its officer's hands."""

    site: Site
    service: Service

    @property
    def view(self) -> PairingView:
        return self.service.pairing.view()

    def stands(self) -> Stage:
        return self.view.stage

    def has(self, tries: int) -> bool:
        return self.view.tries_left == tries

    def up(self) -> bool:
        return [link.state for link in self.service.links()] == [LinkState.UP]

    async def do(self, name: str, *given: Any) -> PairingView:
        return await asyncio.to_thread(getattr(self.service.pairing, name), *given)

    async def listen(self) -> int:
        view = await self.do("listen", self.site.admin, "127.0.0.1", 0)
        return int(view.address.rpartition(":")[2])

    async def dial(self, port: int) -> None:
        await self.do("dial", self.site.admin, "127.0.0.1", port)

    async def confirm(self, number: str | None = None) -> PairingView:
        return await self.do("confirm", self.site.admin, self.view.number if number is None else number)

    async def at(self, stage: Stage) -> None:
        await until(lambda: self.view.stage is stage, f"{self.site.agency} is {stage}: {self.view}")

    def peers(self) -> list[peers.PeerRow]:
        return self.site.node.local(peers.peers)

    def met(self) -> list[str]:
        """Agencies whose recovery key counts here."""
        return [str(row.id) for row in self.site.node.local(accounts.agencies)]


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    """Two rooms that have never met."""
    made = found_site(tmp_path, Agency.EMB), found_site(tmp_path, Agency.FRD)
    yield made
    for site in made:
        site.node.close()


@asynccontextmanager
async def seats(sites: tuple[Site, ...], pace: Pace = QUICK) -> AsyncIterator[list[Seat]]:
    """Services of the rooms; the first one listens for links."""
    first, *others = sites
    async with Service(first.node, LOOPBACK) as listening, Service(others[0].node) as dialling:
        made = [Seat(first, listening), Seat(others[0], dialling)]
        for seat in made:
            seat.service.pairing._pace = pace
        yield made


def story(sites: tuple[Site, ...], tell: Callable[[Seat, Seat], Any], pace: Pace = QUICK) -> None:
    async def run() -> None:
        async with seats(sites, pace) as (emb, frd):
            await tell(emb, frd)

    asyncio.run(run())


async def comparing(emb: Seat, frd: Seat) -> None:
    await emb.at(Stage.COMPARING)
    await frd.at(Stage.COMPARING)


def test_two_rooms_pair_and_the_link_comes_up_by_itself(sites: tuple[Site, Site]) -> None:
    """Both officers open, hear the same number, confirm; the agency is met in the journal, the address is known."""

    async def tell(emb: Seat, frd: Seat) -> None:
        await frd.dial(await emb.listen())
        await comparing(emb, frd)
        assert emb.view.number == frd.view.number
        assert (emb.view.agency, frd.view.agency) == ("FRD", "EMB")
        await emb.confirm()
        await until(lambda: frd.view.confirmed_there, "told that EMB has confirmed")
        assert emb.view.stage is Stage.WAITING
        assert not emb.peers() and not frd.peers() and not frd.service.links(), "one alone opens nothing"
        await frd.confirm(frd.view.number.replace(" ", "-") + "\n")
        await emb.at(Stage.DONE)
        await frd.at(Stage.DONE)
        assert emb.view.entered_there and frd.view.entered_there and not emb.view.reason
        assert frd.view.link_address == f"127.0.0.1:{emb.service.replication.port}"
        assert emb.view.link_address == "" and emb.view.reachable and frd.view.reachable
        assert "FRD" in emb.met() and "EMB" in frd.met()
        for seat in (emb, frd):
            await until(seat.up, "up")

    story(sites, tell)


def test_order_of_opening_does_not_matter(sites: tuple[Site, Site]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])

    async def tell(emb: Seat, frd: Seat) -> None:
        await frd.dial(port)
        await until(lambda: frd.view.reason == "refusal.pairing.unanswered", "nobody there")
        assert frd.view.stage is Stage.DIALLING
        await emb.do("listen", emb.site.admin, "127.0.0.1", port)
        await comparing(emb, frd)
        assert not frd.view.reason

    story(sites, tell)


def test_only_who_may_meet_agencies_opens_or_confirms(sites: tuple[Site, Site]) -> None:
    for site in sites:
        people(site)

    async def tell(emb: Seat, frd: Seat) -> None:
        officer = emb.site.account("duty_officer")
        with pytest.raises(Refusal) as caught:
            await emb.do("listen", officer, "127.0.0.1", 0)
        assert caught.value.code is ErrorCode.PERM and emb.view.stage is Stage.CLOSED
        await frd.dial(await emb.listen())
        await comparing(emb, frd)
        with pytest.raises(Refusal) as caught:
            await emb.do("confirm", officer, emb.view.number)
        assert caught.value.code is ErrorCode.PERM
        assert emb.stands() is Stage.COMPARING and not emb.peers()

    story(sites, tell)


def test_a_wrong_number_three_times_closes_the_window(sites: tuple[Site, Site]) -> None:
    async def tell(emb: Seat, frd: Seat) -> None:
        await frd.dial(await emb.listen())
        await comparing(emb, frd)
        shown = emb.view.number
        wrong = "000 000" if shown != "000 000" else "000 001"
        for left in (2, 1, 0):
            with pytest.raises(Refusal) as caught:
                await emb.confirm(wrong)
            assert caught.value.text == "refusal.pairing.wrong_number"
            assert emb.view.tries_left == left
            assert emb.view.wrong or not left
        await emb.at(Stage.FAILED)
        assert emb.view.reason == "refusal.pairing.tries" and not emb.view.number
        await frd.at(Stage.FAILED)
        assert frd.view.reason == "refusal.pairing.tries", "told there, in the same sentence"
        assert not emb.peers() and not frd.peers()
        assert [(row.command, row.code) for row in emb.site.refusals()] == [("meet_agency", "E_SYNC")] * 3

    story(sites, tell)


def test_wrong_numbers_typed_in_one_room_are_told_in_the_other(sites: tuple[Site, Site]) -> None:
    """As soon as they are typed, and again with the next number: the tries of a window outlast a connection."""

    async def tell(emb: Seat, frd: Seat) -> None:
        await frd.dial(await emb.listen())
        await comparing(emb, frd)
        wrong = "000 000" if frd.view.number != "000 000" else "000 001"
        with pytest.raises(Refusal):
            await frd.confirm(wrong)
        await until(lambda: emb.view.wrong_there == 1, "told at EMB")
        assert (emb.view.tries_left, emb.view.left_there) == (TRIES, 2)
        assert frd.view.wrong_there == 0, "its own are no other's"
        before = emb.view.number
        await emb.do("mismatch")
        await until(lambda: emb.stands() is Stage.COMPARING and emb.view.number not in ("", before), "again")
        await until(lambda: emb.view.wrong_there == 1, "still known")
        assert (emb.view.tries_left, emb.view.left_there) == (2, 1)

    story(sites, tell)


def test_who_says_different_at_his_last_try_closes_both_windows(sites: tuple[Site, Site]) -> None:
    async def tell(emb: Seat, frd: Seat) -> None:
        await frd.dial(await emb.listen())
        await comparing(emb, frd)
        wrong = "000 000" if frd.view.number != "000 000" else "000 001"
        for _ in range(2):
            with pytest.raises(Refusal):
                await frd.confirm(wrong)
        await frd.do("mismatch")
        for seat in (emb, frd):
            await seat.at(Stage.FAILED)
            assert seat.view.reason == "refusal.pairing.tries" and not seat.peers()

    story(sites, tell)


def test_that_the_tries_are_over_is_no_strangers_to_say(sites: tuple[Site, Site]) -> None:
    """Said before any number could be compared it closes no window and costs no try."""

    async def tell(emb: Seat, frd: Seat) -> None:
        port = await emb.listen()
        (_, writer), _ = await dialled(port)
        await pairing_wire.send(writer, pairing_wire.Abort(pairing_wire.Why.TRIES))
        await until(lambda: emb.view.reason == "refusal.pairing.garbage", "heard")
        writer.close()
        assert emb.view.stage is Stage.LISTENING and emb.has(TRIES)
        await frd.dial(port)
        await comparing(emb, frd)

    story(sites, tell)


def test_three_talks_that_came_to_nothing_close_the_window_whoever_ended_them(
    sites: tuple[Site, Site],
) -> None:
    """Somebody between would cut whatever does not suit him before anybody compares: every talk with a number is a try."""

    async def tell(emb: Seat, frd: Seat) -> None:
        await frd.dial(await emb.listen())
        numbers = set()
        for left in (2, 1, 0):
            await comparing(emb, frd)
            numbers.add(emb.view.number)
            if left == 2:
                await frd.do("mismatch")
            else:
                window = emb.service.pairing._window
                assert window is not None and window.talk is not None
                window.talk._line.writer.transport.abort()
            for seat in (emb, frd):
                await until(partial(seat.has, left), f"{left} left")
        for seat in (emb, frd):
            await seat.at(Stage.FAILED)
            assert seat.view.reason == "refusal.pairing.tries"
        assert len(numbers) == TRIES
        assert not emb.peers() and not frd.peers()

    story(sites, tell)


def test_one_confirmed_and_cut_is_said_on_that_side_and_nothing_flows(sites: tuple[Site, Site]) -> None:
    async def tell(emb: Seat, frd: Seat) -> None:
        await frd.dial(await emb.listen())
        await comparing(emb, frd)
        await emb.confirm()
        await until(lambda: frd.view.confirmed_there, "heard")
        frd.service.pairing._pace = replace(QUICK, redial_s=30.0)
        window = frd.service.pairing._window
        assert window is not None and window.talk is not None
        window.talk._line.writer.transport.abort()
        await emb.at(Stage.LISTENING)
        assert emb.view.reason == "refusal.pairing.half"
        await frd.at(Stage.DIALLING)
        assert frd.view.reason == "refusal.pairing.cut"
        assert not emb.peers() and not frd.peers() and not emb.met() and not frd.met()

    story(sites, tell)


def test_either_side_may_give_up(sites: tuple[Site, Site]) -> None:
    async def tell(emb: Seat, frd: Seat) -> None:
        port = await emb.listen()
        assert (await emb.do("cancel")).stage is Stage.CLOSED
        await emb.do("listen", emb.site.admin, "127.0.0.1", port)
        await frd.dial(port)
        await comparing(emb, frd)
        assert (await frd.do("cancel")).stage is Stage.CLOSED
        await until(lambda: emb.view.reason == "refusal.pairing.cancelled_there", "told")
        assert emb.view.stage is Stage.LISTENING and emb.view.tries_left == 2
        with pytest.raises(Refusal) as caught:
            await emb.confirm("123 456")
        assert caught.value.text == "refusal.pairing.nothing_to_confirm"
        with pytest.raises(Refusal) as caught:
            await emb.listen()
        assert caught.value.text == "refusal.pairing.open_already"

    story(sites, tell)


def test_entered_while_giving_up_is_said(sites: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have confirmed and the entering is under way: the officer who gives up now sees that the other was entered."""
    entered, begun, go = pairing.enter, threading.Event(), threading.Event()

    def enter(node: Any, *given: Any) -> Any:
        if node is sites[0].node:
            begun.set()
            assert go.wait(30.0)
        return entered(node, *given)

    monkeypatch.setattr(pairing, "enter", enter)

    async def tell(emb: Seat, frd: Seat) -> None:
        await frd.dial(await emb.listen())
        await comparing(emb, frd)
        await emb.confirm()
        await frd.confirm()
        await until(begun.is_set, "being entered")
        window = emb.service.pairing._window
        assert window is not None and window.talk is not None
        talk, giving_up = window.talk, asyncio.create_task(emb.do("cancel"))
        await until(lambda: talk._will is not None, "given up")
        go.set()
        view = await giving_up
        assert view.stage is Stage.DONE and view.agency == "FRD" and emb.peers()
        assert (await emb.do("cancel")).stage is Stage.DONE, "a click that came late"
        await emb.listen()
        assert (await emb.do("cancel")).stage is Stage.CLOSED

    story(sites, tell)


def test_the_window_closes_by_itself(sites: tuple[Site, Site]) -> None:
    async def tell(emb: Seat, frd: Seat) -> None:
        await frd.dial(await emb.listen())
        await emb.at(Stage.FAILED)
        await frd.at(Stage.FAILED)
        assert emb.view.reason == "refusal.pairing.expired"
        with pytest.raises(OSError):
            await dialled(int(emb.view.address.rpartition(":")[2]))

    story(sites, tell, replace(QUICK, window_s=2.0))


def test_strangers_do_not_shut_the_window_nor_use_up_its_tries(
    sites: tuple[Site, Site], tmp_path: Path
) -> None:
    """Plain text, a hanging line, an exercise's console: told, and the window waits on; then the right one comes."""

    async def tell(emb: Seat, frd: Seat) -> None:
        port = await emb.listen()
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" + bytes(400)):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(data)
            await until(lambda: emb.view.reason == "refusal.pairing.garbage", "garbage is said")
            writer.close()
            emb.service.pairing._say(reason="")
        exercise = party(tmp_path, "FRD", realm=Realm.EXERCISE)
        (_, writer), _ = await dialled(port)
        await pairing_wire.send(writer, pairing_wire.Offer(1, exercise.own.file, bytes(32), 0))
        await until(lambda: emb.view.reason == "refusal.sync.realm", "the other realm is said")
        writer.close()
        assert emb.view.stage is Stage.LISTENING and emb.view.tries_left == TRIES
        await frd.dial(port)
        await comparing(emb, frd)

    story(sites, tell)


def test_one_connection_at_a_time(sites: tuple[Site, Site], tmp_path: Path) -> None:
    """While two compare, whoever comes gets no answer; the number on the screen does not change."""

    async def tell(emb: Seat, frd: Seat) -> None:
        port = await emb.listen()
        await frd.dial(port)
        await comparing(emb, frd)
        shown = emb.view.number
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await dialled(port)
        assert emb.view.number == frd.view.number == shown
        await emb.confirm()
        await frd.confirm()
        await emb.at(Stage.DONE)

    story(sites, tell)


def test_with_a_real_relay_between_that_ends_tls_nobody_is_shown_a_number(
    sites: tuple[Site, Site], tmp_path: Path
) -> None:
    """He passes on what both say; certificate and signature do not fit: both are told, three times, then it is over."""
    thief = party(tmp_path, "EMB")

    async def tell(emb: Seat, frd: Seat) -> None:
        between = Between(thief.tls, await emb.listen(), lambda _, message: message)
        async with listening(thief.tls, between.serve) as middle:
            await frd.dial(middle)
            await until(lambda: frd.view.reason == "refusal.pairing.between", "told")
            assert not frd.view.number and not emb.view.number
            await frd.do("cancel")
        assert not emb.peers() and not frd.peers()

    story(sites, tell)


def test_a_port_in_use_is_said(sites: tuple[Site, Site]) -> None:
    async def tell(emb: Seat, frd: Seat) -> None:
        port = await emb.listen()
        with pytest.raises(EnvironmentFault) as caught:
            await frd.do("listen", frd.site.admin, "127.0.0.1", port)
        assert caught.value.code == "port.taken" and frd.view.stage is Stage.CLOSED

    story(sites, tell)


def test_a_console_closed_while_comparing_ends_in_order(
    sites: tuple[Site, Site], caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with seats(sites) as (emb, frd):
            await frd.dial(await emb.listen())
            await comparing(emb, frd)

    asyncio.run(run())
    gc.collect()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_pairing_again_is_welcome(sites: tuple[Site, Site]) -> None:
    """A new address, or one side that had not heard: the same two pair once more."""

    async def tell(emb: Seat, frd: Seat) -> None:
        for _ in range(2):
            await frd.dial(await emb.listen())
            await comparing(emb, frd)
            await emb.confirm()
            await frd.confirm()
            await emb.at(Stage.DONE)
            await frd.at(Stage.DONE)
        assert len(emb.peers()) == len(frd.peers()) == 1
        await until(frd.up, "up")

    story(sites, tell)
