"""Addresses changed on both sides at bad moments: in the end one session stands, and nothing false was told on the way."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from random import Random
from typing import Any

import pytest

from app.kernel.enums import LinkState
from app.replication.peers import Peer
from app.replication.service import Replication
from app.replication.status import LinkStatus
from tests.replication.fakes import run, until
from tests.replication.sites import Site
from tools.relay import Relay

DUPLICATE = "refusal.sync.duplicate"


def spare_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as spare:
        return int(spare.getsockname()[1])


class Side:
    """A site with its service, the ways to the other and what its officer was told."""

    def __init__(self, site: Site, service: Replication, other: Site, ways: list[int]) -> None:
        self.site, self.other, self.ways = site, other, ways
        self.service: Any = service
        self.told: list[LinkStatus] = []
        service.on_status(self.told.append)

    def peers(self, way: int) -> list[Peer]:
        return [self.other.peer(self.ways[way])]

    async def set(self, way: int, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await self.service.set_peers(self.peers(way))

    @property
    def up(self) -> bool:
        [link] = self.service.status()
        return link.state is LinkState.UP

    @property
    def session(self) -> Any:
        return self.service._links[self.other.site].session


async def two_sides(stack: AsyncExitStack, bureau: Site, brigade: Site, delay_s: float = 0.0) -> list[Side]:
    """Both listen and dial; each may reach the other directly or through a relay."""
    ports = {bureau.site: spare_port(), brigade.site: spare_port()}
    sides = []
    for own, other in ((bureau, brigade), (brigade, bureau)):
        relay = await stack.enter_async_context(Relay(ports[other.site], delay_s))
        ways = [ports[other.site], relay.port]
        service = own.service(other.peer(ways[0]), listen=True, port=ports[own.site])
        sides.append(Side(own, service, other, ways))
    for side in sides:
        await stack.enter_async_context(side.service)
    return sides


async def one_session_stands(one: Side, two: Side, what: str) -> None:
    """Wait until both keep the same connection and have kept it for some heartbeats, and what is written comes over."""
    kept: tuple[Any, Any] = (None, None)
    since = 0.0

    def stands() -> bool:
        nonlocal kept, since
        now, seen = asyncio.get_running_loop().time(), (one.session, two.session)
        agreed = None not in seen and one.up and two.up and seen[0].dialler == seen[1].dialler
        if seen != kept or not agreed:
            kept, since = seen, now
        return agreed and now - since > 3 * one.service._pace.heartbeat_s

    await one.site.node.write("from the bureau")
    await two.site.node.write("from the brigade")
    await until(stands, what, 20)
    await until(lambda: one.site.journal.vector() == two.site.journal.vector(), f"in step: {what}", 20)


@pytest.mark.parametrize("seed", range(8))
def test_one_session_stands_after_the_address_was_changed_on_both_sides(pair, seed):
    chance = Random(seed)

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            one, two = await two_sides(stack, pair[0], pair[1], delay_s=chance.choice((0.0, 0.005)))
            await one_session_stands(one, two, "at first")
            for n in range(4):
                changes = [
                    side.set(chance.choice((0, 1)), chance.choice((0.0, 0.002, 0.01, 0.03, 0.06)) * step)
                    for side in (one, two)
                    for step in range(chance.choice((1, 2, 3)))
                ]
                await asyncio.gather(*changes)
                await one_session_stands(one, two, f"seed {seed}, round {n}")

    run(scenario(), 120)


def test_a_session_that_met_the_peer_before_the_change_occupies_no_later_link(pair):
    """The trial: a connection that was being greeted when the address changed and changed back was kept by the new link and
    left the old one, and the new one refused all others from then on."""
    bureau, brigade = pair

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            one, two = await two_sides(stack, bureau, brigade)
            await one_session_stands(one, two, "at first")
            greeted = asyncio.Event()
            go_on = asyncio.Event()
            node: Any = two.site.node
            writer = node.on_writer

            async def held_back(priority, work):
                if "_stand" in repr(work):
                    greeted.set()
                    await go_on.wait()
                return await writer(priority, work)

            node.on_writer = held_back
            await one.service.set_peers(one.peers(1))  # the session ends, both dial
            await asyncio.wait_for(greeted.wait(), 20)
            await two.service.set_peers(two.peers(1))
            await two.service.set_peers(two.peers(0))
            node.on_writer = writer
            go_on.set()
            await one_session_stands(one, two, "after the change and back")

    run(scenario(), 120)


def test_a_refused_session_is_never_told_as_connected(pair):
    """A side that keeps refusing: the other never says that the line is there."""
    bureau, brigade = pair

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            one, two = await two_sides(stack, bureau, brigade)
            await one_session_stands(one, two, "at first")
            for link in two.service._links.values():
                link.admit = lambda *_: False
            add = two.service._add

            def refusing(peer, *rest):
                add(peer, *rest)
                two.service._links[peer.site].admit = lambda *_: False

            two.service._add = refusing
            await two.service.set_peers(two.peers(1))
            await until(lambda: not one.up, "told of the end", 20)
            one.told.clear()
            seen = one.service._links[two.site.site]
            sessions = 0
            leave = seen.leave

            def counted(session, ended):
                nonlocal sessions
                sessions += ended.key == DUPLICATE
                return leave(session, ended)

            seen.leave = counted
            await until(lambda: sessions >= 5, "refused again and again", 20)
            assert not [link for link in one.told if link.state is not LinkState.DOWN]
            assert one.service.status()[0].reason != DUPLICATE

    run(scenario(), 120)


def test_what_was_received_is_remembered_when_the_address_changes(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            one, two = await two_sides(stack, bureau, brigade)
            await one_session_stands(one, two, "at first")
            await one.site.node.write(
                "over the one that stands"
            )  # what came before may have come by the other
            await two.site.node.write("over the one that stands")
            await until(lambda: one.service.status()[0].last_acked_at is not None, "acknowledged", 20)
            await until(lambda: one.service.status()[0].last_applied_at is not None, "applied", 20)
            before = one.service.status()[0]
            await one.service.set_peers([brigade.peer(spare_port())])
            after = one.service.status()[0]
            assert after.last_applied_at == before.last_applied_at
            assert after.last_acked_at == before.last_acked_at
            await one.service.set_peers([])
            await one.service.set_peers([brigade.peer(spare_port())])
            assert one.service.status()[0].last_applied_at >= before.last_applied_at

    run(scenario())


def test_an_orderly_goodbye_stays_the_reason_while_nobody_answers(pair):
    bureau, brigade = pair

    async def scenario() -> None:
        port = spare_port()
        tries = 0
        async with bureau.service(brigade.peer(port), listen=True) as one:
            link: Any = one._links[brigade.site]
            failed = link.failed

            def counted(key: str) -> None:
                nonlocal tries
                tries += 1
                failed(key)

            link.failed = counted
            async with brigade.service(bureau.peer(one.port), listen=True, port=port) as two:
                await until(lambda: two.status()[0].state is LinkState.UP, "up", 20)
                await until(lambda: one.status()[0].state is LinkState.UP, "up", 20)
            await until(lambda: one.status()[0].state is LinkState.DOWN, "closed", 20)
            since, tries = one.status()[0].since, 0
            await until(lambda: tries >= 3, "dialled in vain", 20)
            assert one.status()[0].reason == "refusal.sync.closed"
            assert one.status()[0].since == since

    run(scenario())


def test_who_only_changes_an_address_is_not_told_to_have_quit(pair):
    """The walk: "closed in good order, comes back when it is opened again" stood there while both consoles were open."""
    bureau, brigade = pair

    async def scenario() -> None:
        port = spare_port()
        async with (
            bureau.service(brigade.peer(port), listen=True) as one,
            brigade.service(bureau.peer(), listen=True, port=port) as two,
        ):
            await until(lambda: two.status()[0].state is LinkState.UP, "up", 20)
            await one.set_peers([brigade.peer(spare_port())])
            await until(lambda: two.status()[0].state is LinkState.DOWN, "down", 20)
            assert two.status()[0].reason == "refusal.sync.cut"
            await one.set_peers([brigade.peer(port)])
            await until(lambda: two.status()[0].state is LinkState.UP, "up again", 20)

    run(scenario())
