"""A workstation whose folder was put back whole, database and high-water file, over real TLS: it never forks by mistake.

REPLICATION, Fork; decision 0046. Only the partner knows that its chain went on; it says so, and proves it.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import bundle_export, bundle_import, pairing
from app.bootstrap.checking import verify_site
from app.bootstrap.listening import Listening
from app.bootstrap.node import Node, Open
from app.bootstrap.restoring import restore
from app.bootstrap.service import Service
from app.journal.high_water import Standing
from app.kernel.errors import EnvironmentFault, Refusal
from tests.bootstrap.linked import until, up
from tests.bootstrap.test_restored_over_tls import backed_up
from tests.cli.runner import free_port
from tests.kit import Site, Town, business, register

BEHIND = "refusal.sync.own_chain_behind"
TOLD = ("refusal.sync.peer_chain_behind", "refusal.sync.paused")


class Street:
    """EMB listens, FRD dials. EMB's folder is the one that is put back."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.emb, self.frd, self.image, self.port = town.emb, town.frd, folder / "image", free_port()
        files = [pairing.identity_file(site.node, []) for site in (self.emb, self.frd)]
        number = pairing.compare(self.emb.node, files[1]).number
        pairing.confirm(self.emb.node, files[1], number, self.emb.admin)
        pairing.confirm(self.frd.node, files[0], number, self.frd.admin, f"127.0.0.1:{self.port}")

    def linked(self, story: Callable[[Service, Service], Coroutine[Any, Any, None]]) -> None:
        async def run() -> None:
            async with (
                Service(self.emb.node, Listening("127.0.0.1", self.port)) as emb,
                Service(self.frd.node) as frd,
            ):
                await story(emb, frd)

        asyncio.run(run())

    def level(self) -> None:
        """Both link and hold the same."""

        async def story(emb: Service, frd: Service) -> None:
            await until(lambda: up(emb), "linked")
            await until(lambda: self.emb.vector() == self.frd.vector(), "level")

        self.linked(story)

    def keep(self) -> None:
        """A copy of the whole folder, as a snapshot of the machine holds it."""
        self.emb.node.close()
        shutil.copytree(self.emb.node.data.root, self.image)
        self.emb.node = Node(Open(self.emb.node.data, self.emb.clock))

    def put_back(self) -> None:
        data = self.emb.node.data
        self.emb.node.close()
        shutil.rmtree(data.root)
        shutil.copytree(self.image, data.root)
        self.emb.node = Node(Open(data, self.emb.clock))

    def forked(self) -> int:
        ask = "SELECT count(*) FROM chain WHERE fork_seq IS NOT NULL"
        return sum(site.node.local(lambda c: c.execute(ask).fetchone()[0]) for site in (self.emb, self.frd))


@pytest.fixture
def street(town: Town, tmp_path: Path) -> Street:
    made = Street(town, tmp_path)
    register(made.emb)
    made.level()
    made.keep()
    return made


def lose(street: Street, acts: int = 3) -> list[str]:
    """Acts that the partner holds and that the snapshot takes back."""
    numbers = [str(register(street.emb).no) for _ in range(acts)]
    street.level()
    street.put_back()
    return numbers


def refused(site: Site) -> EnvironmentFault:
    with pytest.raises(EnvironmentFault) as caught:
        register(site)
    assert (caught.value.code, caught.value.text) == ("site.behind", "fault.site.behind")
    return caught.value


@pytest.mark.parametrize(
    "alone", [0, 1, 9], ids=["at once", "after an act alone", "past the partner's number"]
)
def test_it_stops_writing_and_what_the_partner_holds_stays(street: Street, alone: int) -> None:
    """However much was written alone before the partner could say so: none of it leaves, and nothing there is doubted."""
    lost = lose(street)
    before = len(street.emb.vector()), street.frd.count("incident")
    for _ in range(alone):
        register(street.emb)

    async def story(emb: Service, frd: Service) -> None:
        await until(lambda: street.emb.node.journal.behind is not None, "proved")
        await until(
            lambda: emb.links()[0].reason == BEHIND and frd.links()[0].reason in TOLD, "said on both sides"
        )
        await asyncio.to_thread(refused, street.emb)

    street.linked(story)
    fault = street.emb.node.journal.behind
    assert fault is not None and fault.params["held_at"] == street.emb.clock.now_ms()
    assert street.forked() == 0 == street.frd.count("quarantine")
    assert street.frd.count("incident") == before[1] == 1 + len(lost)
    for no in lost:
        street.frd.incident(no)


def test_it_is_known_after_a_restart_and_to_verify_and_the_way_out_leads_on(
    street: Street, tmp_path: Path
) -> None:
    """The mark keeps it: no start opens the folder again. As a new workstation all that the partner held is back (XC-01)."""
    lost = lose(street)

    async def told(emb: Service, frd: Service) -> None:
        await until(lambda: street.emb.node.journal.behind is not None, "proved")

    street.linked(told)
    data, copy = street.emb.node.data, backed_up(street.emb)
    street.emb.node.close()
    with pytest.raises(EnvironmentFault) as caught:
        Node(Open(data, street.emb.clock))
    assert (caught.value.code, caught.value.params["reason"]) == ("high_water", Standing.BEHIND)
    found = verify_site(data)
    assert found["damaged"] and found["report"]["high_water"]["standing"] == Standing.BEHIND
    made = restore(data, copy, street.emb.recovery_file, street.emb.clock, set_aside=True)
    street.emb.node = Node(Open(data, street.emb.clock))
    assert made.letter == "B" and street.emb.node.journal.behind is None
    own = register(street.emb).no
    again = Street.__new__(Street)
    again.emb, again.frd, again.port = street.emb, street.frd, street.port
    files = [pairing.identity_file(site.node, []) for site in (again.emb, again.frd)]
    number = pairing.compare(again.emb.node, files[1]).number
    pairing.confirm(again.emb.node, files[1], number, again.emb.account("admin"))
    pairing.confirm(again.frd.node, files[0], number, again.frd.admin, f"127.0.0.1:{again.port}")
    again.level()
    numbers = {str(row["no"]) for row in again.emb.rows("incident")}
    assert {*lost, own} <= numbers and business(again.emb) == business(again.frd)
    assert street.forked() == 0 == street.frd.count("quarantine")


def test_a_bare_claim_refuses_the_line_and_nothing_else(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partner that only says it holds more stops nobody from writing; what it said counts over a restart, and when our own
    numbers have passed it, until it is paired anew."""
    lose(street)
    peer = street.frd.node.me.site

    async def silent(*_: object) -> bool:
        return False

    monkeypatch.setattr("app.replication.session.hear_proof", silent)

    async def claimed(emb: Service, frd: Service) -> None:
        await until(lambda: emb.links()[0].reason == BEHIND, "refused")
        await asyncio.to_thread(register, street.emb)

    street.linked(claimed)
    named = street.frd.vector()[street.emb.node.me.site]
    while street.emb.vector()[street.emb.node.me.site][0] <= named[0]:
        register(street.emb)
    end = street.emb.vector()[street.emb.node.me.site]
    street.emb.node.high_water.raise_to(
        street.emb.node.me.site, *end
    )  # carried off to somebody else meanwhile
    street.emb.reopen()
    assert street.emb.node.journal.behind is None
    street.linked(claimed)
    assert street.forked() == 0 == street.frd.count("quarantine")
    with pytest.raises(Refusal) as caught:
        bundle_export.export(street.emb.node, peer, street.image.parent, street.emb.admin)
    assert caught.value.text == BEHIND
    street.emb.node.local(lambda _: street.emb.node.journal.forget_claim(peer))
    assert bundle_export.export(street.emb.node, peer, street.image.parent, street.emb.admin).files


def test_what_a_stick_says_counts_like_what_a_line_says(street: Street) -> None:
    """No line at all: the partner's bundle names what is not here; nothing of it is taken, none is made for that partner, and
    for want of proof (a bundle holds nothing of its reader's own) writing goes on (CM-07)."""
    lose(street)
    stick, peer = street.image.parent / "stick", street.frd.node.me.site
    stick.mkdir()
    bundle_export.export(street.frd.node, street.emb.node.me.site, stick, street.frd.admin)
    before = street.emb.vector()
    with pytest.raises(Refusal) as caught:
        bundle_import.take(street.emb.node, [stick], street.emb.admin)
    assert caught.value.text == BEHIND and street.emb.vector().keys() == before.keys()
    street.emb.reopen()
    with pytest.raises(Refusal) as caught:
        bundle_export.export(street.emb.node, peer, stick, street.emb.admin)
    assert caught.value.text == BEHIND
    register(street.emb)


def test_what_only_looks_like_ours_proves_nothing(street: Street) -> None:
    """A transaction under our name with another's signature, and our own ones that are here."""
    numbers = [register(street.emb).no for _ in range(2)]
    journal, own = street.emb.node.journal, street.emb.node.me.site
    held = street.emb.node.local(lambda _: [tx for _, tx in journal.after({own: 1}, 1 << 20)])
    assert numbers and not street.emb.node.local(lambda _: journal.prove(held))
    street.level()
    theirs = street.frd.node.journal
    more = [register(street.emb).no]
    street.level()
    nothing = dict.fromkeys(street.frd.vector(), 0)
    real = street.frd.node.local(lambda _: [tx for _, tx in theirs.after(nothing, 1 << 24)])
    street.put_back()
    journal = street.emb.node.journal
    forged = [(*tx[:-1], replace(tx[-1], sig=bytes(64))) for tx in real if tx[0].site == own]
    assert more and not street.emb.node.local(lambda _: journal.prove(forged))
    assert journal.behind is None
    assert street.emb.node.local(lambda _: journal.prove(real))
    assert journal.behind is not None
