"""A console that lies floods an honest one, which passes on what it holds: the partner's console works on (decision 0045)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import patch

from nacl.signing import SigningKey

from app.bootstrap.recovery import open_recovery
from app.bootstrap.service import Service
from app.journal import certificates, floods
from app.journal.keys import SiteKey
from app.journal.operation import Act, ChainEnd, Transaction, author_transaction
from app.kernel.enums import Priority
from app.local import peers
from tests.bootstrap.linked import LOOPBACK, both, until
from tests.kit import Site, Town, register

STRANGERS, BRANCHES = 200, 40


def stranger(at: Site) -> Transaction:
    """The beginning of a chain that nobody enrolled."""
    key, nobody, realm = SiteKey.generate(), SigningKey.generate(), at.node.me.realm
    act = certificates.enrolment(nobody, realm, "FRD", key.public, "Z")
    hlc = at.node.clock.now_ms() << 16
    return author_transaction(realm, key.signing, key.site, ChainEnd(), [], [hlc], "x", [act])


def liar(at: Site, recovery_file: Path) -> list[Transaction]:
    """A workstation of the agency, enrolled with its key, that signs one number many times."""
    key, recovery, realm = SiteKey.generate(), open_recovery(recovery_file).key, at.node.me.realm
    enrolled = certificates.enrolment(recovery, realm, at.agency, key.public, "L")
    hlc = at.node.clock.now_ms() << 16
    first = author_transaction(realm, key.signing, key.site, ChainEnd(), [], [hlc], "x", [enrolled])
    end = ChainEnd(1, first[-1].hash)
    out = [first]
    for n in range(BRANCHES):
        body = {"v": "write", "new": True, "set": {"text": str(n)}}
        act = Act("write_log_entry", "log_entry", f"x{n}", "joint", body)
        out.append(author_transaction(realm, key.signing, key.site, end, [], [hlc + 1 + n], "x", [act]))
    return out


def held(at: Site, txs: list[Transaction]) -> int:
    """How many of these are in a journal."""
    return at.node.local(
        lambda _: sum(at.node.journal.state.store.get(tx[-1].hash) is not None for tx in txs)
    )


def numbers(at: Site) -> set[str]:
    """Incidents that a console shows."""
    return {row[0] for row in at.node.local(lambda c: c.execute("SELECT no FROM incident").fetchall())}


def test_a_flood_that_an_honest_console_passes_on_stops_nobody(town: Town, founded_town: Any) -> None:
    """Taken by an earlier version there, all of it is offered here: what has no effect is left but for a small number, the
    link and both boards work, now and after both were started anew."""
    strangers, chain = (
        [stranger(town.frd) for _ in range(STRANGERS)],
        liar(town.frd, founded_town[0] / "recovery-FRD.json"),
    )

    with patch.object(floods, "MOST_STRANGERS", 1 << 30), patch.object(floods, "MOST_BRANCHES", 1 << 30):
        journal = town.frd.node.journal
        town.frd.node.wait_on_writer(Priority.BULK, lambda: journal.receive([*strangers, *chain]))

    def work(at: Site, other: Site, what: str) -> asyncio.Future[None]:
        async def told() -> None:
            before = numbers(at)
            await asyncio.to_thread(register, at)
            (new,) = numbers(at) - before
            await until(lambda: new in numbers(other), what)

        return asyncio.ensure_future(told())

    async def story() -> None:
        async with both(town) as (emb, _):
            await work(town.frd, town.emb, "what was written behind the flood comes over")
            assert held(town.emb, strangers) == floods.MOST_STRANGERS
            assert held(town.emb, chain) == 1 + floods.MOST_BRANCHES
            assert [link.reason for link in emb.links()] == ["refusal.sync.strangers"]
            await work(town.emb, town.frd, "what is written here goes over")
        async with Service(town.emb.node, LOOPBACK) as emb, Service(town.frd.node) as frd:
            port = emb.replication.port
            await asyncio.to_thread(_dial, town.frd, town.emb, port)
            frd.desk.pairing_changed()
            await work(town.emb, town.frd, "after a new start")
            await work(town.frd, town.emb, "after a new start, the other way")

    asyncio.run(story())


def _dial(at: Site, to: Site, port: int | None) -> None:
    """The other console listens on another port now."""
    assert at.node.local(lambda c: peers.set_address(c, to.node.me.site, f"127.0.0.1:{port}"))
