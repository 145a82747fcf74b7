"""What the partner's console has: noted, kept over a restart, taken back when it turns out to hold less (REPLICATION, ACK)."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from app.bootstrap import pairing
from app.bootstrap.acknowledgements import Acknowledgements
from app.bootstrap.node import Node, Open
from app.bootstrap.restoring import restore
from app.bootstrap.service import Service
from app.kernel.changes import ACKNOWLEDGED, ChangeSet
from app.kernel.enums import ChangeKind, LinkState
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from app.local import acks
from app.queries import board
from app.queries.board_view import Seen
from db.backup import backup
from tests.bootstrap.linked import LOOPBACK, both, log_of, until, up
from tests.kit import Site, Town, register


def mark(site: Site, incident_id: str, partner: str) -> Seen | None:
    """The mark on the board of a site."""
    found: dict[str, Seen] = site.node.read(lambda c: board.seen(c, [incident_id], partner))
    return found.get(incident_id)


def test_marks_follow_the_link_and_survive_a_restart(town: Town) -> None:
    """Pending until acknowledged; acknowledged stays so after a restart without a link; the next act is pending again."""
    frd = town.frd
    before = register(frd)
    assert mark(frd, before.id, "EMB") is Seen.QUEUED

    async def story() -> None:
        async with both(town) as (listening, dialling):
            await until(lambda: up(listening) and up(dialling), "link up")
            await until(lambda: mark(frd, before.id, "EMB") is Seen.DELIVERED, "acknowledged")

    asyncio.run(story())
    frd.reopen()
    assert mark(frd, before.id, "EMB") is Seen.DELIVERED
    own = frd.node.me.site
    [peer] = pairing.confirmed_peers(frd.node)
    assert peer.acked is not None and peer.acked[own] <= frd.vector()[own][0]
    assert mark(frd, register(frd).id, "EMB") is Seen.QUEUED


def test_what_waits_is_known_before_the_first_link_after_a_restart(town: Town) -> None:
    """JD-01: the backlog towards a partner that cannot be reached is a number, not unknown."""

    async def story() -> None:
        async with both(town) as (listening, dialling):
            await until(lambda: up(listening) and up(dialling), "link up")
            await until(lambda: len(log_of(town.emb)) == 2 == len(log_of(town.frd)), "notes of the link")

    async def alone() -> None:
        async with Service(town.frd.node) as service:
            [link] = service.links()
            assert link.state is LinkState.DOWN
            assert link.waiting_out is not None and link.waiting_out.count > 0
            assert link.waiting_out.oldest_ms is not None and link.waiting_out.oldest_ms >= 60_000

    asyncio.run(story())
    town.frd.reopen()
    register(town.frd)
    town.frd.clock.advance(60)
    asyncio.run(alone())


def test_partner_put_back_as_a_whole_is_believed(town: Town, tmp_path: Path) -> None:
    """Its HELLO tells less than it had acknowledged: our acts are pending again, however sure the note was."""
    emb, frd = town.emb, town.frd
    emb.node.close()
    shutil.copytree(emb.node.data.root, tmp_path / "image")
    emb.node = Node(Open(emb.node.data, emb.clock))
    incident = register(frd)
    heard: list[ChangeSet] = []

    async def delivered() -> int:
        async with both(town) as (listening, dialling):
            await until(lambda: up(listening) and up(dialling), "link up")
            await until(lambda: mark(frd, incident.id, "EMB") is Seen.DELIVERED, "acknowledged")
            await until(lambda: len(log_of(frd)) == 2, "EMB's chain has grown here")
            assert listening.replication.port is not None
            return listening.replication.port

    async def put_back(port: int) -> None:
        async with Service(emb.node, type(LOOPBACK)("127.0.0.1", port)), Service(frd.node) as dialling:
            await until(lambda: mark(frd, incident.id, "EMB") is Seen.QUEUED, "believed")
            refused = ("refusal.sync.peer_chain_behind", "refusal.sync.paused")
            await until(lambda: dialling.links()[0].reason in refused, "EMB may not go on as it is")
            assert mark(frd, incident.id, "EMB") is Seen.QUEUED

    port = asyncio.run(delivered())
    emb.node.close()
    shutil.rmtree(emb.node.data.root)
    shutil.copytree(tmp_path / "image", emb.node.data.root)
    (emb.node.data.keys / "identity.json").unlink(missing_ok=True)
    emb.node = Node(Open(emb.node.data, emb.clock))
    _confirm_again(town)
    frd.node.subscribe(heard.append)
    asyncio.run(put_back(port))
    kinds = [c.kind for changes in heard for c in changes.changes if c.entity == ACKNOWLEDGED]
    assert kinds[0] is ChangeKind.RETRACTED


def _confirm_again(town: Town) -> None:
    """The image knows nothing of the pairing that came after it."""
    file = pairing.identity_file(town.frd.node)
    number = pairing.compare(town.emb.node, file).number
    pairing.confirm(town.emb.node, file, number, town.emb.admin)


def test_acknowledgements_are_gathered(emb: Site) -> None:
    """QUALITY, Speed: the first is written at once, hundreds that follow within the pause cost one more commit."""

    async def story() -> None:
        keeper = Acknowledgements(emb.node, {})
        running = asyncio.create_task(keeper.run())
        keeper.note("f" * 26, {"e" * 26: 1}, False)
        await until(lambda: keeper.writes == 1, "written at once")
        for seq in range(2, 302):
            keeper.note("f" * 26, {"e" * 26: seq}, False)
            keeper.note("f" * 26, {"e" * 26: seq - 1}, False)  # late: takes nothing back
        await until(lambda: emb.node.local(acks.noted) == {"f" * 26: {"e" * 26: 301}}, "all noted")
        await until(lambda: keeper.writes == 2, "in one commit")
        keeper.note("f" * 26, {"e" * 26: 301}, True)
        assert await keeper.flush() and keeper.writes == 2, "nothing new is not written"
        keeper.note("f" * 26, {}, True)
        assert await keeper.flush()
        assert emb.node.local(acks.noted) == {"f" * 26: {"e" * 26: 0}}
        running.cancel()

    asyncio.run(story())


def test_full_disk_keeps_them_for_later(emb: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """XC-01: what could not be written is not lost, and the newest number counts."""

    async def story() -> None:
        keeper = Acknowledgements(emb.node, {})
        keeper.note("f" * 26, {"e" * 26: 1, "g" * 26: 4}, False)
        with monkeypatch.context() as patch:

            def full(*_: object, **__: object) -> None:
                raise EnvironmentFault("database.full", "fault.database.full", path="console.db")

            patch.setattr(acks, "note", full)
            assert not await keeper.flush()
        keeper.note("f" * 26, {"e" * 26: 2}, False)
        assert await keeper.flush()
        assert emb.node.local(acks.noted) == {"f" * 26: {"e" * 26: 2, "g" * 26: 4}}

    asyncio.run(story())


def test_restored_copy_claims_nothing_of_its_peers(town: Town, tmp_path: Path) -> None:
    """What the lost site had been told is no news of today; the peers say it again at the next link."""
    emb = town.emb
    emb.node.local(lambda c: acks.note(c, {town.frd.node.me.site: {emb.node.me.site: 5}}, 0))
    backup(emb.node.data.database, tmp_path / "copy.db")
    restore(DataDir(tmp_path / "new"), tmp_path / "copy.db", emb.recovery_file, emb.clock)
    with Node(Open(DataDir(tmp_path / "new"), emb.clock)) as node:
        assert node.local(acks.noted) == {}
