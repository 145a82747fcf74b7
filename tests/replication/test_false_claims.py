"""What a confirmed peer may claim of chains it did not write: believed as far as it was offered, or is here (attack test 6)."""

from __future__ import annotations

from app.journal.operation import HASH_BYTES, Transaction
from app.kernel.changes import Change, ChangeSet
from app.kernel.enums import ChangeKind, Origin, Priority
from app.replication.frames import Ack, Mark, Nack, Ops, Why
from app.replication.wire import pack_heads, site_to_bytes, unpack_block
from tests.replication.fakes import until
from tests.replication.scripted import attack
from tests.replication.sites import Site, sites

FAR = 10**9
Vector = dict[str, int]


async def relayed(victim: Site, hall: Site, text: str) -> Transaction:
    """The hall writes something and the victim hears of it by another line."""

    def work() -> Transaction:
        tx = hall.journal.author([hall.journal.act(text)])
        victim.journal.receive([tx])
        news = Change("duty_log", str(tx[0].entity_id), ChangeKind.NEW, Origin.PEER)
        victim.node.publish(ChangeSet((news,)))
        return tx

    return await victim.node.on_writer(Priority.OFFICER, work)


def test_an_ack_beyond_what_was_sent_suppresses_and_vouches_for_nothing(tmp_path):
    """Of a third workstation's chain: what comes later is offered all the same, and is not told as arrived before it was."""
    with sites(tmp_path, "EMB", "FRD", "HALL") as (victim, attacker, hall):
        heard: list[Vector] = []

        async def script(service, peer):
            service.on_acknowledged(lambda site, vector, whole: heard.append(dict(vector)))
            await relayed(victim, hall, "one")
            await peer.greet(vector=[])
            ops = await peer.hear(Ops)
            await peer.say(Ack(ops.batch, [Mark(site_to_bytes(hall.site), FAR)]))
            await until(lambda: any(vector.get(hall.site) for vector in heard), "acknowledged")
            later = await relayed(victim, hall, "two")
            ops = await peer.hear(Ops)
            assert [tx[-1].hash for tx in unpack_block("live", ops.block)] == [later[-1].hash]

        attack([victim, attacker], script)
        assert {vector.get(hall.site, 0) for vector in heard} <= {0, 1}


def test_a_greeting_vouches_for_nothing_that_is_not_here(tmp_path):
    """It may be ahead of us on others' chains; noted is what of it is here, and nothing of chains unknown here."""
    with sites(tmp_path, "EMB", "FRD", "HALL", "HALL") as (victim, attacker, hall, unknown):
        heard: list[Vector] = []
        tx = hall.journal.author([hall.journal.act("one")])
        victim.journal.receive([tx])

        async def script(service, peer):
            service.on_acknowledged(lambda site, vector, whole: heard.append(dict(vector)))
            claimed = {site: (FAR, bytes(HASH_BYTES)) for site in (hall.site, unknown.site)}
            await peer.greet(vector=pack_heads(claimed))
            await until(lambda: heard, "greeted")

        attack([victim, attacker], script)
        assert heard[0] == {hall.site: 1}


def test_a_gap_claims_nothing(tmp_path):
    """A NACK takes back, it never vouches: nothing of ours is held as arrived by it."""
    with sites(tmp_path, "EMB", "FRD") as (victim, attacker):

        async def script(service, peer):
            await victim.node.write("one")
            await peer.greet(vector=[])
            await peer.hear(Ops)
            await peer.say(Nack(site_to_bytes(victim.site), FAR, 1, Why.GAP))
            again = await peer.hear(Ops)
            assert again.again
            await peer.say(Ack(again.batch, []))
            await victim.node.write("two")
            await peer.hear(Ops)
            assert service.status()[0].waiting_out.count == 2

        attack([victim, attacker], script)


def test_who_brings_a_chain_holds_it_as_far_as_it_brought_it(tmp_path):
    """Noted without any ACK: what it wrote, and what it relayed of a third workstation. Not of our own chain, though it brings
    that as well: what of ours has arrived there is said by its ACKs alone."""
    with sites(tmp_path, "EMB", "FRD", "HALL") as (victim, attacker, hall):
        heard: list[Vector] = []

        async def script(service, peer):
            await victim.node.write("ours")
            relayed_ = [hall.journal.author([hall.journal.act(f"{n}")]) for n in range(2)]
            written = attacker.journal.author([attacker.journal.act("theirs")])
            await peer.greet(vector=[])
            await peer.hear(Ops)
            service.on_acknowledged(lambda site, vector, whole: heard.append(dict(vector)))
            await peer.ops(1, [*own_chain(victim), *relayed_, written])
            await until(lambda: any(attacker.site in vector for vector in heard), "taken")
            assert {hall.site: 2, attacker.site: 1} in heard
            assert not any(victim.site in vector for vector in heard)

        attack([victim, attacker], script)


def own_chain(site: Site) -> list[Transaction]:
    return [tx for tx in site.journal.rows if tx[0].site == site.site]
