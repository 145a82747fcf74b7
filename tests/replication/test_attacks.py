"""What a confirmed but hostile peer can do: be refused, logged, and left alone for a while (attack tests 6)."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
import zstandard

from app.journal.operation import ChainEnd, author_transaction, unsigned
from app.kernel.enums import LinkState
from app.kernel.errors import EnvironmentFault
from app.replication.frames import (
    MAX_FRAME_BYTES,
    Ack,
    Eph,
    Err,
    Fill,
    Kind,
    Lane,
    Mark,
    Nack,
    Ops,
    Ping,
    Pong,
    Span,
    Why,
)
from app.replication.wire import site_to_bytes, unpack_block
from tests.replication.fakes import run, same_journal, until
from tests.replication.scripted import CALM, ScriptedPeer, attack
from tests.replication.sites import sites


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
        await peer.say(Ping(1, 0, 0))
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
        await peer.say(Ping(1, 0, 0))
        await until(lambda: service.status()[0].state is LinkState.UP, "up")
        await peer.say(bytes(100_000_000))
        await peer.socket.wait_closed()
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


def test_frames_in_another_order_are_refused(pair):
    """Attack test 6, reordered: frames are numbered; the second one cannot come first."""
    victim, attacker = pair
    txs = [attacker.journal.author([attacker.journal.act(f"{n}")]) for n in range(2)]

    async def script(service, peer):
        await peer.greet(vector=[])
        await peer.ops(2, [txs[1]])
        assert await peer.told_why() == "refusal.sync.frame"

    attack(pair, script)
    assert victim.journal.rows == []


def test_transactions_in_another_order_are_asked_again_and_none_is_lost(pair):
    """Attack test 6, reordered: what lacks its predecessor is neither stored nor acknowledged."""
    victim, attacker = pair
    txs = [attacker.journal.author([attacker.journal.act(f"{n}")]) for n in range(3)]

    async def script(service, peer):
        await peer.greet(vector=[])
        await peer.ops(1, [txs[0], txs[2], txs[1]])
        nack = await peer.hear(Nack)
        assert (nack.have, nack.reason) == (1, Why.GAP)
        await peer.ops(2, txs, again=True)
        await until(lambda: victim.journal.rows == txs, "all, in order")
        assert service.status()[0].state is not LinkState.DOWN

    attack(pair, script)


@pytest.mark.parametrize("lead", [b"", b"\x94\x02\x01\xc2"], ids=["all", "in the block"])
def test_deeply_nested_frames_are_refused(pair, lead):
    """Attack test 6, deep: half a million arrays inside one another, properly compressed."""
    nested = lead + b"\x91" * 500_000 + b"\xc0"
    frame = bytes((Lane.LIVE << 5 | Kind.OPS,)) + zstandard.ZstdCompressor(level=3).compress(nested)

    async def script(service, peer):
        await peer.greet()
        await peer.say(frame)
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


@pytest.mark.parametrize("sign", [1, -1])
def test_operations_a_year_off_only_warn(pair, sign):
    """Attack test 6, clock ± 1 year: stored as sent, the offset is shown, nothing else happens."""
    victim, attacker = pair
    year = sign * 365 * 86_400_000
    tx = attacker.journal.author([attacker.journal.act("now")])

    async def script(service, peer):
        peer.ahead_ms = year
        await peer.greet(clock_ms=attacker.clock.now_ms() + year)
        await peer.ops(1, [tx])
        await peer.hear(Ack)
        await peer.hear(Ping)
        await until(lambda: service.status()[0].clock_warns, "warns")
        link = service.status()[0]
        assert link.state is LinkState.UP and (link.clock_offset_ms or 0) * sign > 0

    attack(pair, script, pace=replace(CALM, heartbeat_s=0.3))
    assert victim.journal.rows == [tx]


def test_pong_for_a_ping_never_sent_is_ignored(pair):
    async def script(service, peer):
        await peer.greet()
        await peer.say(Pong(77, 1))
        await peer.say(Ping(5, 1, 0))
        assert (await peer.hear(Pong)).n == 5
        link = service.status()[0]
        assert link.state is LinkState.UP and abs(link.clock_offset_ms or 0) < 1_000

    attack(pair, script)


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


def test_nobody_acknowledges_acts_of_tomorrow(pair):
    """An ACK beyond the end of our chain would vouch for acts not yet made: the session ends, nothing is noted of it."""
    heard: list[dict[str, int]] = []

    async def script(service, peer):
        service.on_acknowledged(lambda site, vector, whole: heard.append(dict(vector)))
        await pair[0].node.write("一")
        await peer.greet()
        ops = await peer.hear(Ops)
        own = site_to_bytes(pair[0].site)
        await peer.say(Ack(ops.batch, [Mark(own, 1)]))
        await until(lambda: {pair[0].site: 1} in heard, "the honest one")
        await peer.say(Ack(ops.batch, [Mark(own, 1 << 40)]))
        assert await peer.told_why() == "refusal.sync.frame"
        assert all(vector.get(pair[0].site, 0) <= 1 for vector in heard)

    attack(pair, script)


def test_nothing_is_noted_of_what_a_peer_merely_sent(tmp_path):
    """An unsigned act of number 10^9 in our own name, or in another's: the peer holds nothing by that, now or after a restart."""
    with sites(tmp_path, "EMB", "FRD", "HALL") as (victim, attacker, hall):
        heard: list[dict[str, int]] = []
        victim.journal.author([victim.journal.act("one")])
        for named in (victim, hall):
            end = ChainEnd(10**9 - 1, bytes(32))
            act = attacker.journal.act("in your name")
            (op,) = author_transaction("live", attacker.key.signing, named.site, end, [], [1], "x", [act])
            forged = unsigned(op)

            async def script(service, peer, forged=forged):
                service.on_acknowledged(lambda site, vector, whole: heard.append(dict(vector)))
                await peer.greet(vector=[])
                await peer.hear(Ops)
                await peer.ops(1, [(forged,)])
                assert await peer.told_why() == "refusal.sync.bad_transaction"
                assert service.status()[0].waiting_out.count == 1

            attack([victim, attacker], script)
        assert heard
        assert not any(any(vector.values()) for vector in heard)
        assert [tx[0].site for tx in victim.journal.rows] == [victim.site]


def test_who_sends_holds_what_was_taken_of_it(pair):
    """What was taken is noted, what waits behind a gap is not."""
    attacker = pair[1]
    heard: list[dict[str, int]] = []
    txs = [attacker.journal.author([attacker.journal.act(f"{n}")]) for n in range(4)]

    async def script(service, peer):
        service.on_acknowledged(lambda site, vector, whole: heard.append(dict(vector)))
        await peer.greet(vector=[])
        await peer.ops(1, [*txs[:2], txs[3]])
        await peer.hear(Nack)
        before = list(heard)
        await peer.ops(2, txs, again=True)
        await until(lambda: heard[-1] == {attacker.site: 4}, "all of it")
        return before

    before = attack(pair, script)
    assert max(vector.get(attacker.site, 0) for vector in before) <= 2
