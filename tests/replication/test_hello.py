"""The first frame: who may not go on, and what is only noted."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from msgspec.structs import replace as altered

from app.kernel.enums import LinkState
from app.replication.frames import Ack, Head, Hello, Ops, Ping, Pong
from app.replication.wire import marks, site_to_bytes, unpack_block
from tests.replication.fakes import until
from tests.replication.scripted import CALM, ScriptedPeer, attack


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"proto": 2}, "refusal.sync.proto_newer"),
        ({"proto": 0}, "refusal.sync.proto_older"),
        ({"realm": "exercise"}, "refusal.sync.realm"),
        ({"district": "310104"}, "refusal.sync.district"),
        ({"agency": "HALL"}, "refusal.sync.wrong_site"),
        ({"site": bytes(16)}, "refusal.sync.wrong_site"),
    ],
)
def test_hello_that_does_not_fit_is_refused(pair, wrong, key):
    """XC-10 among others: live and exercise do not exchange."""

    async def script(service, peer):
        await peer.greet(**wrong)
        assert await peer.told_why() == key
        await until(lambda: service.status()[0].reason == key, "reason shown")
        assert service.status()[0].state is LinkState.DOWN

    attack(pair, script)


def test_own_site_id_in_the_peers_hello_is_refused(pair):
    async def script(service, peer):
        await peer.greet(site=site_to_bytes(pair[0].site))
        assert await peer.told_why() == "refusal.sync.same_site"

    attack(pair, script)


def test_restored_site_notices_that_the_peer_knows_more_of_its_chain(pair):
    """A start below what a peer knows of our chain means a new site (REPLICATION, Fork)."""
    victim, _ = pair
    victim.journal.author([victim.journal.act("one")])

    async def script(service, peer):
        head = Head(site_to_bytes(victim.site), 2, os.urandom(32))
        await peer.greet(vector=[head])
        assert await peer.told_why() == "refusal.sync.own_chain_behind"

    attack(pair, script)


def test_fork_is_shown_and_both_branches_are_told(pair):
    """Two operations under one (site, seq) are proof by themselves and relayed (REPLICATION, Fork)."""
    victim, _ = pair
    tx = victim.journal.author([victim.journal.act("one")])

    async def script(service, peer):
        await peer.greet(vector=[Head(site_to_bytes(victim.site), 1, os.urandom(32))])
        await peer.say(Ping(1, 0, 0))
        frame = await peer.hear(Ops)
        assert list(unpack_block("live", frame.block)) == [tx]
        await until(lambda: service.status()[0].state is LinkState.DEGRADED, "degraded")
        assert service.status()[0].reason == "refusal.sync.fork"

    attack(pair, script)


def test_newer_and_older_version_are_noted_and_do_not_part(pair):
    for schema, note in ((2, "refusal.sync.schema_newer"), (0, "refusal.sync.schema_older")):

        async def script(service, peer, schema=schema, note=note):
            await peer.greet(schema=schema)
            await peer.say(Ping(1, 0, 0))
            await until(lambda: service.status()[0].note == note, "note")
            assert service.status()[0].state is LinkState.UP

        attack(pair, script)


@pytest.mark.parametrize("first", [b"", b"\x00", b"\x01garbage", bytes(range(250)), "text", Ping(1, 2, 3)])
def test_anything_but_hello_first_is_refused(pair, first):
    async def script(service, peer):
        await peer.say(first)
        await peer.hear(Hello)
        assert await peer.told_why() == "refusal.sync.frame"

    attack(pair, script)


def test_silent_connection_is_given_up(pair):
    async def script(service, peer):
        await peer.hear(Hello)
        assert await peer.told_why() in (None, "refusal.sync.cut")

    attack(pair, script, pace=replace(CALM, hello_s=0.2))


def test_what_was_committed_while_hello_was_on_its_way_makes_nobody_look_behind(pair):
    """The peer knows an act that another session brought it after our HELLO was made: no machine was restored."""
    victim, _ = pair
    victim.journal.author([victim.journal.act("one")])

    async def script(service, peer):
        await peer.hear(Hello)
        victim.journal.author([victim.journal.act("two")])
        head = Head(site_to_bytes(victim.site), *victim.journal.vector()[victim.site])
        await peer.say(peer.hello(vector=[head]))
        await peer.say(Ping(1, 0, 0))
        await until(lambda: service.status()[0].state is LinkState.UP, "link up")
        assert service.status()[0].waiting_out.count == 0

    attack(pair, script)


def test_a_hello_older_than_what_was_acknowledged_takes_nothing_back(pair):
    """REPLICATION, Wire: ACK. Made before the last acknowledgement of the session before it, it says less; only a peer that was
    started anew may hold less."""
    victim, attacker = pair
    tx = victim.journal.author([victim.journal.act("one")])
    heard = []

    async def script(service, peer):
        service.on_acknowledged(lambda site, vector, whole: heard.append((dict(vector), whole)))
        stale = peer.hello()  # knows nothing of the act
        await peer.say(stale)
        frame = await peer.hear(Ops)
        await peer.say(Ack(frame.batch, marks({victim.site: tx[-1].seq})))
        await until(lambda: ({victim.site: tx[-1].seq}, False) in heard, "acknowledged")
        assert heard[0] == ({}, True)
        for nonce, anew in ((stale.nonce, False), (os.urandom(16), True)):
            heard.clear()
            async with ScriptedPeer(attacker, victim, service.port) as again:
                await again.say(altered(stale, nonce=nonce))
                await again.say(Ping(1, 0, 0))
                await again.hear(Pong)
                assert heard[0] == ({}, anew)
                assert service.status()[0].waiting_out.count == (1 if anew else 0)

    attack(pair, script)
