"""What a confirmed but faulty or hostile peer can do: be refused, logged, and left alone for a while (attack tests 6)."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace

import pytest
import websockets.exceptions
from msgspec.structs import replace as altered

from app.journal.operation import ChainEnd, author_transaction, rebuild_operation
from app.kernel.enums import LinkState
from app.kernel.errors import EnvironmentFault
from app.replication.frames import (
    MAX_FRAME_BYTES,
    Ack,
    Eph,
    Err,
    Fill,
    Head,
    Hello,
    Kind,
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
from tests.replication.fakes import run, same_journal, until
from tests.replication.scripted import ScriptedPeer
from tests.replication.sites import QUICK, Site, sites

CALM = replace(QUICK, heartbeat_s=5.0, dead_s=20.0)  # a scripted peer need not answer PINGs


@pytest.fixture
def pair(tmp_path):
    with sites(tmp_path, "EMB", "FRD") as made:
        yield made


def attack(pair: list[Site], script, pace=CALM, **peer: object):
    """Run a script against the service of the first site, as the second one."""
    victim, attacker = pair

    async def scenario():
        async with (
            victim.service(attacker.peer(**peer), listen=True, pace=pace) as service,
            ScriptedPeer(attacker, victim, service.port) as scripted,
        ):
            return await script(service, scripted)

    return run(scenario())


# -- before and in HELLO -----------------------------------------------------------------------------------
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
        frame = await peer.hear(Ops)
        assert list(unpack_block("live", frame.block)) == [tx]
        link = service.status()[0]
        assert (link.state, link.reason) == (LinkState.DEGRADED, "refusal.sync.fork")

    attack(pair, script)


def test_newer_and_older_version_are_noted_and_do_not_part(pair):
    for schema, note in ((2, "refusal.sync.schema_newer"), (0, "refusal.sync.schema_older")):

        async def script(service, peer, schema=schema, note=note):
            await peer.greet(schema=schema)
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


# -- in a session ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "rubbish",
    [
        b"\xff" * 50,
        "text",
        bytes((Kind.PING,)) + b"\x28\xb5\x2f\xfd" + bytes(range(40)),
        Fill(0, [], None),
        Fill(1, [], None),
        Fill(0, [Span(bytes(16), 5, 2)], None),
        Ack(9, []),
        Err("<script>", "x"),
    ],
)
def test_rubbish_ends_the_session_and_the_peer_is_left_alone_for_a_while(pair, rubbish):
    async def script(service, peer):
        await peer.greet()
        await until(lambda: service.status()[0].state is LinkState.UP, "up")
        await peer.say(rubbish)
        await peer.told_why()
        await until(lambda: service.status()[0].state is LinkState.DOWN, "down")
        known = ("refusal.sync.frame", "refusal.sync.peer_error")
        assert service.status()[0].reason in known
        async with ScriptedPeer(pair[1], pair[0], service.port) as again:
            assert await again.told_why() == "refusal.sync.paused"

    attack(pair, script, pace=replace(CALM, penalty_min_s=20.0, penalty_max_s=20.0))


def test_second_hello_is_out_of_place(pair):
    async def script(service, peer):
        await peer.greet()
        await peer.say(peer.hello())
        assert await peer.told_why() == "refusal.sync.frame"

    attack(pair, script)


def test_hundred_megabytes_are_refused(pair):
    async def script(service, peer):
        await peer.greet()
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            await peer.socket.send(bytes(100_000_000))
            await peer.socket.wait_closed()
            await peer.socket.recv()
        await until(lambda: service.status()[0].reason == "refusal.sync.frame", "refused")

    attack(pair, script)


def test_announced_gigabyte_is_refused_by_its_header(pair):
    """Nothing is read or kept of it: fourteen bytes of header are enough to part."""

    async def script(service, peer):
        await peer.greet()
        header = b"\x82\xff" + (1 << 30).to_bytes(8, "big") + bytes(4)
        peer.socket.transport.write(header)
        await until(lambda: service.status()[0].reason == "refusal.sync.frame", "refused")

    attack(pair, script)


def test_frame_one_byte_too_long_is_refused(pair):
    async def script(service, peer):
        await peer.greet()
        await peer.say(os.urandom(MAX_FRAME_BYTES + 1))
        await until(lambda: service.status()[0].reason == "refusal.sync.frame", "refused")

    attack(pair, script)


def test_replayed_transactions_are_ignored(pair):
    victim, attacker = pair
    tx = attacker.journal.author([attacker.journal.act("once")])

    async def script(service, peer):
        await peer.greet()
        for batch in range(1, 5):
            await peer.ops(batch, [tx, tx])
        while (await peer.hear(Ack)).batch < 4:
            pass
        assert service.status()[0].state is LinkState.UP

    attack(pair, script)
    assert victim.journal.rows == [tx]


def test_replayed_frame_is_refused(pair):
    tx = pair[1].journal.author([pair[1].journal.act("once")])

    async def script(service, peer):
        await peer.greet()
        await peer.ops(1, [tx])
        await peer.hear(Ack)
        await peer.ops(1, [tx])
        assert await peer.told_why() == "refusal.sync.frame"

    attack(pair, script)


def test_forged_author_and_broken_signature_are_refused(pair):
    victim, attacker = pair
    own = attacker.journal.author([attacker.journal.act("mine")])
    act = attacker.journal.act("in your name")
    signed_by_attacker = author_transaction(
        "live", attacker.key.signing, victim.site, ChainEnd(), [], [1], "someone", [act]
    )
    broken = (replace(own[0], sig=bytes(64)),)
    for tx in (signed_by_attacker, broken):

        async def script(service, peer, tx=tx):
            await peer.greet()
            await peer.ops(1, [tx])
            assert await peer.told_why() == "refusal.sync.bad_transaction"
            await until(lambda: service.status()[0].reason == "refusal.sync.bad_transaction", "shown")

        attack(pair, script)
    assert victim.journal.rows == []


def test_broken_signature_of_a_known_site_never_reaches_the_writer(pair):
    victim, attacker = pair
    good = attacker.journal.author([attacker.journal.act("good")])
    bad = (replace(attacker.journal.author([attacker.journal.act("bad")])[0], sig=bytes(64)),)

    async def script(service, peer):
        await peer.greet(vector=[])
        await peer.ops(1, [good])
        await peer.hear(Ack)
        calls = len(victim.journal.received)
        await peer.ops(2, [bad])
        assert await peer.told_why() == "refusal.sync.bad_transaction"
        return len(victim.journal.received) - calls

    assert attack(pair, script) == 0


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
    op = rebuild_operation("live", replace(tx[0], schema_v=2))
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


def test_peer_that_ignores_its_credit_is_refused(pair):
    victim, attacker = pair
    txs = [attacker.journal.author([attacker.journal.act(f"{n}")]) for n in range(60)]
    victim.journal.faults = [EnvironmentFault("disk.full", "fault.disk.full")] * 1000

    async def script(service, peer):
        await peer.greet(vector=[])
        for batch, tx in enumerate(txs, 1):
            await peer.ops(batch, [tx])
        assert await peer.told_why() == "refusal.sync.frame"

    attack(pair, script)
    assert victim.journal.rows == []


def test_endless_range_of_questions_costs_nothing(pair):
    victim, _ = pair
    victim.journal.author([victim.journal.act("one")])

    async def script(service, peer):
        await peer.greet()
        await peer.hear(Ops)
        await peer.say(Fill(0, [Span(site_to_bytes(victim.site), 1, 2**62)] * 3, None))
        await peer.say(Ping(1, 2, 3))
        await peer.hear(Pong)
        assert (await peer.bodies()).block is not None
        assert service.status()[0].state is LinkState.UP

    attack(pair, script)


def test_bodies_outside_the_peers_scope_are_not_given_however_it_asks(pair):
    victim, _ = pair
    victim.journal.author([victim.journal.act("inside", scope="internal:EMB")])
    victim.journal.author([victim.journal.act("contacts", scope="contacts:a")])

    async def script(service, peer):
        await peer.greet(scopes=["internal:EMB", "contacts:a"])
        frame = await peer.hear(Ops)
        txs = list(unpack_block("live", frame.block))
        assert [op.withheld for tx in txs for op in tx] == [True, True]
        assert b"inside" not in b"".join(body for p in frame.block.transactions for body in p.bodies)
        await peer.say(Fill(0, [Span(site_to_bytes(victim.site), 1, 2)], None))
        await peer.say(Ping(1, 2, 3))
        assert await peer.heard_in(0.3, Fill) == []

    attack(pair, script)


def test_operations_a_year_off_only_warn(pair):
    """Attack test 6, clock ± 1 year: stored as sent, the offset is shown, nothing else happens."""
    _, attacker = pair
    year = 365 * 86_400_000
    tx = attacker.journal.author([attacker.journal.act("now")])

    async def script(service, peer):
        peer.ahead_ms = year
        await peer.greet(clock_ms=attacker.clock.now_ms() + year)
        await peer.ops(1, [tx])
        await peer.hear(Ack)
        await peer.hear(Ping)
        await until(lambda: service.status()[0].clock_warns, "warns")
        assert service.status()[0].state is LinkState.UP

    attack(pair, script, pace=replace(CALM, heartbeat_s=0.3))


def test_pong_for_a_ping_never_sent_is_ignored(pair):
    async def script(service, peer):
        await peer.greet()
        await peer.say(Pong(77, 1))
        await peer.say(Ping(5, 1, 0))
        assert (await peer.hear(Pong)).n == 5
        assert service.status()[0].clock_offset_ms is None or service.status()[0].state is LinkState.UP

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


def test_passing_frames_of_a_hostile_peer_do_no_harm(pair):
    got = []

    async def script(service, peer):
        service.on_ephemeral(lambda site, frame: got.append(frame))
        await peer.greet()
        for n in range(2000):
            await peer.say(Eph(f"<b>{n}", bytes(100)))
        await until(lambda: len(got) == 2000, "all passed on")
        assert service.status()[0].state is LinkState.UP

    attack(pair, script)


def test_two_honest_sites_still_meet_after_an_attack(pair):
    victim, attacker = pair
    victim.journal.author([victim.journal.act("before")])

    async def scenario() -> None:
        async with (
            victim.service(attacker.peer(), listen=True) as service,
            ScriptedPeer(attacker, victim, service.port) as scripted,
        ):
            await scripted.greet()
            await scripted.say(b"\xff" * 10)
            await until(lambda: service.status()[0].reason == "refusal.sync.frame", "refused")
            async with attacker.service(victim.peer(service.port)):
                await until(lambda: same_journal((victim.journal, attacker.journal)), "in step")

    run(scenario())


def test_block_of_a_live_frame_is_what_was_written(pair):
    victim, _ = pair

    async def script(service, peer):
        await peer.greet()
        tx = await victim.node.write("a", "b")
        frame = await peer.hear(Ops)
        assert isinstance(frame, Ops) and frame.batch == 1 and not frame.again
        assert altered(frame.block) == pack_block([tx])

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


def test_first_act_leaves_at_once_and_the_following_are_gathered(pair):
    victim, _ = pair

    async def script(service, peer):
        await peer.greet()
        begun = asyncio.get_running_loop().time()
        await victim.node.write("first")
        first = await peer.hear(Ops)
        assert asyncio.get_running_loop().time() - begun < 2
        for n in range(10):
            await victim.node.write(f"{n}")
        second = await peer.hear(Ops)
        assert asyncio.get_running_loop().time() - begun >= 2
        return [len(frame.block.transactions) for frame in (first, second)]

    assert attack(pair, script, pace=replace(CALM, coalesce_s=2.0)) == [1, 10]


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
