"""A session's flow: credit, gathering, gaps, chains that stop, what leaves when."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import replace

from msgspec.structs import replace as altered

from app.journal.operation import SCHEMA_V, rebuild_operation
from app.kernel.enums import LinkState
from app.kernel.errors import EnvironmentFault
from app.replication.frames import (
    Ack,
    Fill,
    Mark,
    Nack,
    Ops,
    Ping,
    Pong,
    Span,
    Why,
)
from app.replication.peers import CREDIT
from app.replication.wire import pack_block, site_to_bytes, unpack_block
from tests.replication.fakes import run, until
from tests.replication.scripted import CALM, ScriptedPeer, attack
from tests.replication.sites import Site, sites


def test_gap_is_asked_again_once_and_filled(pair):
    victim, attacker = pair
    txs = [attacker.journal.author([attacker.journal.act(f"{n}")]) for n in range(6)]

    async def script(service, peer):
        await peer.greet(vector=[])
        await peer.ops(1, txs[:2])
        await peer.ops(2, txs[3:4])
        await peer.ops(3, txs[4:5])
        nack = await peer.hear(Nack)
        assert (nack.site, nack.have, nack.want, nack.reason) == (site_to_bytes(attacker.site), 2, 4, Why.GAP)
        await peer.ops(4, txs[5:])
        await peer.ops(5, txs[2:], again=True)
        while (await peer.hear(Ack)).batch < 5:
            pass

    attack(pair, script)
    assert victim.journal.rows == txs


def test_what_stands_before_a_gap_is_told_to_the_screens(pair):
    victim, attacker = pair
    txs = [attacker.journal.author([attacker.journal.act(f"{n}")]) for n in range(4)]

    async def script(service, peer):
        await peer.greet(vector=[])
        await peer.ops(1, [*txs[:2], txs[3]])
        await peer.hear(Nack)

    attack(pair, script)
    told = {change.entity_id for changes in victim.node.published for change in changes.changes}
    assert told == {op.entity_id for tx in txs[:2] for op in tx}


def test_a_session_cut_off_during_its_commit_leaves_no_screen_behind(pair):
    """What is committed is told, whoever is left to hear of it: the same comes again as a duplicate and changes nothing."""
    victim, attacker = pair
    [tx] = [attacker.journal.author([attacker.journal.act("while the cable is pulled")])]
    begun, cut = threading.Event(), threading.Event()
    receive = victim.journal.receive

    def slow(*given):
        begun.set()
        assert cut.wait(10)
        return receive(*given)

    victim.journal.receive = slow

    async def script(service, peer):
        await peer.greet(vector=[])
        await peer.ops(1, [tx])
        await until(begun.is_set, "the commit is under way")

    attack(pair, script)  # ends service and session
    assert victim.node.published == []
    cut.set()
    victim.node.close()
    assert [change.entity_id for each in victim.node.published for change in each.changes] == [
        tx[0].entity_id
    ]


def test_gap_without_end_is_asked_in_growing_pauses(pair):
    """Never an endless loop: a peer that cannot be satisfied is served ever more slowly."""
    victim, _ = pair
    for n in range(3):
        victim.journal.author([victim.journal.act(f"{n}")])

    async def script(service, peer):
        await peer.greet()
        served = 0
        end = asyncio.get_running_loop().time() + 1.0
        while asyncio.get_running_loop().time() < end:
            frame = await peer.hear(Ops)
            served += 1
            assert frame.again is (served > 1)
            await peer.say(Nack(site_to_bytes(victim.site), 0, 1, Why.GAP))
        assert service.status()[0].reason == "refusal.sync.gap"
        frame = await peer.hear(Ops)
        await peer.say(Ack(frame.batch, [Mark(site_to_bytes(victim.site), 3)]))
        await until(lambda: service.status()[0].reason is None, "well again")
        return served

    assert attack(pair, script, pace=replace(CALM, gap_pause_s=0.05, gap_pause_max_s=0.4)) <= 8


def test_newer_chain_stops_alone(tmp_path):
    """Newer schema stops that chain here, and what rests on it; others go on (REPLICATION, When things go wrong)."""
    with sites(tmp_path, "EMB", "FRD", "HALL") as (victim, attacker, hall):
        first = attacker.journal.author([attacker.journal.act("old style")])
        newer = attacker.journal.author([attacker.journal.act("new style")])
        newer = resigned(attacker, newer)
        attacker.journal.rows[-1] = newer
        attacker.journal.ops[newer[-1].hash] = newer[-1]
        hall.journal.receive([first])
        apart = hall.journal.author([hall.journal.act("rests on the old one")])
        hall.journal.tips = {newer[-1].hash, apart[-1].hash}
        resting = hall.journal.author([hall.journal.act("rests on the new one")])
        after = attacker.journal.author([attacker.journal.act("more")])

        async def script(service, peer):
            await peer.greet(vector=[])
            await peer.ops(1, [first, newer, apart, resting])
            nacks = [await peer.hear(Nack), await peer.hear(Nack)]
            assert [(n.site, n.have, n.reason) for n in nacks] == [
                (site_to_bytes(attacker.site), 1, Why.NEWER),
                (site_to_bytes(hall.site), 1, Why.BLOCKED),
            ]
            await peer.ops(2, [after])
            while (await peer.hear(Ack)).batch < 2:
                pass
            link = service.status()[0]
            assert (link.state, link.reason) == (LinkState.DEGRADED, "refusal.sync.schema_newer")

        attack([victim, attacker], script)
        assert victim.journal.rows == [first, apart]


def resigned(site: Site, tx):
    """The same transaction in a newer schema, signed anew."""
    op = rebuild_operation("live", replace(tx[0], schema_v=SCHEMA_V + 1))
    return (replace(op, sig=site.key.signing.sign(op.hash).signature),)


def test_chain_that_the_peer_cannot_take_is_left_out(tmp_path):
    with sites(tmp_path, "EMB", "FRD", "HALL") as (victim, attacker, hall):
        hall.journal.author([hall.journal.act("hall 1")])
        victim.journal.receive(hall.journal.rows)
        victim.journal.author([victim.journal.act("own 1")])

        async def script(service, peer):
            await peer.greet()
            frame = await peer.hear(Ops)
            await peer.say(Ack(frame.batch, []))
            await peer.say(Nack(site_to_bytes(hall.site), 0, 1, Why.NEWER))
            await until(lambda: service.status()[0].reason == "refusal.sync.chain_newer", "shown")
            more = hall.journal.author([hall.journal.act("hall 2")])
            victim.journal.receive([more])
            await victim.node.write("own 2")
            frame = await peer.hear(Ops)
            (tx,) = unpack_block("live", frame.block)
            assert tx[0].site == victim.site

        attack([victim, attacker], script)


def test_peer_that_never_acknowledges_gets_no_more_than_its_credit(pair):
    victim, _ = pair
    for _ in range(20):
        victim.journal.author([victim.journal.act(os.urandom(20_000).hex())])

    async def script(service, peer):
        await peer.greet()
        assert len(await peer.heard_in(0.5, Ops)) == 8
        await until(lambda: service.status()[0].reason == "refusal.sync.not_acknowledged", "shown")
        assert service.status()[0].waiting_out.count == 20

    attack(pair, script)


def test_urgent_frames_pass_bulk(pair):
    victim, _ = pair
    for _ in range(400):
        victim.journal.author([victim.journal.act(os.urandom(8_000).hex())])

    async def script(service, peer):
        await peer.greet()
        await peer.hear(Ops)
        before = 1
        await peer.say(Ping(9, 1, 0))
        while True:
            data = await peer.socket.recv()
            frame = peer.codec.decode(data)
            if isinstance(frame, Pong) and frame.n == 9:
                return before
            if isinstance(frame, Ops):
                before += 1
                await peer.say(Ack(frame.batch, []))

    assert attack(pair, script) <= 2 * CREDIT


def test_block_of_a_live_frame_is_what_was_written(pair):
    victim, _ = pair

    async def script(service, peer):
        await peer.greet()
        tx = await victim.node.write("a", "b")
        frame = await peer.hear(Ops)
        assert isinstance(frame, Ops) and frame.batch == 1 and not frame.again
        assert altered(frame.block) == pack_block([tx], compact=True)

    attack(pair, script)


def test_nothing_leaves_while_the_high_water_file_cannot_be_written(pair):
    """Starting below what has left means a new site, so it is noted first (REPLICATION, Fork)."""
    victim, attacker = pair

    async def scenario() -> None:
        await victim.node.write("first")
        service = victim.service(attacker.peer(), listen=True, pace=CALM)
        async with service, ScriptedPeer(attacker, victim, service.port) as scripted:
            await scripted.greet()
            await scripted.hear(Ops)
            victim.journal.mark_faults = [EnvironmentFault("data.unwritable", "fault.data.unwritable")]
            await victim.node.write("second")
            assert await scripted.told_why() == "refusal.sync.closed"
            await until(lambda: service.status()[0].reason == "fault.data.unwritable", "reason shown")
            async with ScriptedPeer(attacker, victim, service.port) as again:
                await again.greet(vector=[])
                frame = await again.hear(Ops)
                assert len(frame.block.transactions) == 2

    run(scenario())


def test_failure_inside_a_session_is_logged_and_ends_only_that_session(pair, caplog):
    victim, attacker = pair
    tx = attacker.journal.author([attacker.journal.act("x")])
    victim.journal.faults = [RuntimeError("a bug")]

    async def script(service, peer):
        await peer.greet(vector=[])
        await peer.ops(1, [tx])
        assert await peer.told_why() == "refusal.sync.internal"
        await until(lambda: service.status()[0].reason == "refusal.sync.internal", "shown")

    attack(pair, script)
    assert "a bug" in caplog.text


GATHERED_S = 5.0  # so long that the first act cannot have waited for it


def test_first_act_leaves_at_once_and_the_following_are_gathered(pair):
    victim, _ = pair

    async def script(service, peer):
        await peer.greet()
        begun = asyncio.get_running_loop().time()
        await victim.node.write("first")
        first = await peer.hear(Ops)
        assert asyncio.get_running_loop().time() - begun < GATHERED_S
        for n in range(10):
            await victim.node.write(f"{n}")
        second = await peer.hear(Ops)
        assert asyncio.get_running_loop().time() - begun >= GATHERED_S
        return [len(frame.block.transactions) for frame in (first, second)]

    assert attack(pair, script, pace=replace(CALM, coalesce_s=GATHERED_S)) == [1, 10]


def test_several_frames_are_applied_in_one_commit(pair):
    victim, attacker = pair
    txs = [attacker.journal.author([attacker.journal.act(f"{n}")]) for n in range(7)]

    async def script(service, peer):
        await peer.greet(vector=[])
        victim.journal.faults = [EnvironmentFault("disk.full", "fault.disk.full")] * 3
        for batch, tx in enumerate(txs, 1):
            await peer.ops(batch, [tx])
        while (await peer.hear(Ack)).batch < 7:
            pass

    attack(pair, script, pace=replace(CALM, fault_pause_s=0.1))
    assert victim.journal.rows == txs
    assert len(victim.journal.received) <= 3


def test_question_after_a_disclosure_covers_what_was_under_way_as_header(pair):
    """What left before the disclosure was acknowledged would else stay closed until the next HELLO."""
    victim, _ = pair
    victim.journal.author([victim.journal.act("internal:EMB", verb="disclose")])

    async def script(service, peer):
        await peer.greet()
        await peer.hear(Ops)
        await victim.node.write("inside", scope="internal:EMB")
        frame = await peer.hear(Ops)
        (tx,) = unpack_block("live", frame.block)
        assert tx[0].withheld
        own = site_to_bytes(victim.site)
        await peer.say(Ack(1, [Mark(own, 1)]))
        await peer.say(Fill(0, [Span(own, 1, 1)], None))
        answered = [*unpack_block("live", (await peer.bodies()).block)]
        while answered[-1][0].seq < 2:
            answered += unpack_block("live", (await peer.bodies()).block)
        assert answered[-1][0].content["set"] == {"text": "inside"}

    attack(pair, script)
