"""A workstation that was stolen, lost or copied, and one whose pairing was undone, over real TLS: what it still gets.

Four real sites (REPLICATION, Trust: Lines; docs/decisions/0016; XC-07).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import pairing
from app.bootstrap.attaching import attach
from app.bootstrap.bundles import partner_named
from app.bootstrap.certifying import certify
from app.bootstrap.service import Service
from app.kernel.enums import LinkState, LogKind
from app.kernel.errors import ErrorCode, Refusal
from app.local import peers
from app.queries import accounts
from app.replication.endings import REVOKED
from app.replication.files import KeptBack
from app.replication.peers import PeerState
from tests.bootstrap.city import City, city, quietly
from tests.bootstrap.linked import until
from tests.bootstrap.test_attachments import picture
from tests.bootstrap.test_city import NUMBER, contact, headers, quiet_number, sealed
from tests.bootstrap.test_joining import command
from tests.kit import ADMIN_PASSWORD, PASSWORD, Site, act, cheap_passwords, register

__all__ = ["city"]

THERE = "refusal.sync.revoked_there"
FORGOTTEN = "refusal.sync.not_paired_there"
REFUSED = {FORGOTTEN, "refusal.sync.own_certificate", "refusal.sync.refused_there"}


@pytest.fixture(autouse=True)
def cheap() -> Iterator[None]:
    """Password verifiers that cost next to nothing."""
    with cheap_passwords():
        yield


def revoke(at: Site, site: str) -> None:
    made = certify(at.recovery_file, "revoke", site, last_seq=at.vector()[site][0], clock=at.clock)
    act(at, "admin", command(made))


def close(at: Site, site: str) -> None:
    heir = at.node.me.site
    act(at, "admin", command(certify(at.recovery_file, "close", site, heir=heir, clock=at.clock)))


def state(at: Site, site: str) -> str | None:
    return {row.id: row.state for row in at.node.read(accounts.sites)}.get(site)


def lines(service: Service) -> dict[str, tuple[LinkState, str | None]]:
    return {link.site: (link.state, link.reason) for link in service.replication.status()}


def link_ended(service: Service, site: str) -> bool:
    return any(
        link.site == site and link.ended and link.state is LinkState.UP
        for link in service.replication.status()
    )


def peers_of(site: Site) -> dict[str, peers.PeerRow]:
    return {row.site: row for row in site.node.local(peers.peers)}


def opens(site: Site, contact_id: str) -> bool:
    """True if its key and its sealed text are here; nothing is entered, as by who may write no more."""
    texts = [row["sealed"] for row in site.rows("contact") if row["id"] == contact_id]
    return any(text and site.node.subject_keys.unseal(contact_id, text) is not None for text in texts)


def attached(site: Site, incident_id: str, folder: Path) -> str:
    """A file at an incident; its content's name."""
    assert attach(site.node, picture(folder, "scene.jpg", 60_000), incident_id, site.account("duty_officer"))
    return str(site.rows("attachment")[-1]["content"])


def colleague_lines(site: Site) -> list[str]:
    """What the duty log says of the line to the other workstation of the bureau."""
    rows = site.rows("log_entry")
    return [row["text"] for row in rows if row["kind"] == LogKind.LINK and "另一席位" in row["text"]]


def ask(service: Service, at: Site, who: str, password: str, name: str, **arguments: str) -> dict[str, Any]:
    account = {row.id: row.name for row in at.node.read(accounts.accounts)}[at.account(who)]
    request = {"call": "do", "command": name, "arguments": arguments, "as": account, "password": password}
    return service.desk.answer(request)


# -- stolen ----------------------------------------------------------------------------------------------------------------
def test_a_stolen_workstation_reads_nothing_any_more(city: City, tmp_path: Path) -> None:
    """Its lines end with the certificate, at its own agency's console and at the hall, which hears of it by way of the brigade;
    no incident, contact, key or file comes any more, nor after all were started again; its own window says why."""
    east, west, fire, hall = (city.sites[name] for name in ("E1", "E2", "F1", "H1"))
    stolen = west.node.me.site

    async def alone(services: dict[str, Service]) -> None:
        told = {east.node.me.site: (LinkState.DOWN, THERE), hall.node.me.site: (LinkState.DOWN, THERE)}
        await until(lambda: lines(services["E2"]) == told, "the stolen one is told why, twice", 90)

    async def goes_on(count: int) -> None:
        """Joint, sealed, and beside the journal: it reaches the brigade, and not the stolen one."""
        before = {table: west.count(table) for table in ("incident", "contact", "attachment")}
        row = await quietly(register, east)
        noted = str(await quietly(contact, east, row.id))
        content = await quietly(attached, east, row.id, tmp_path)
        await until(
            lambda: fire.count("attachment") == count and fire.node.attachments.has(content), "file", 90
        )
        await until(lambda: quiet_number(fire, noted) == NUMBER, "the number at the brigade", 90)
        assert {table: west.count(table) for table in before} == before
        assert not west.node.attachments.has(content)

    async def live() -> None:
        async with city.at_work("E1", "E2", "F1", "H1") as services:
            await city.level("E1", "E2", "F1", "H1")
            await quietly(revoke, east, stolen)
            await until(lambda: state(hall, stolen) == "revoked", "the hall knows", 90)
            await alone(services)
            for name in ("E1", "H1"):
                assert stolen not in lines(services[name]), "no line that would be waited for"
                assert peers_of(city.sites[name]).keys() == {*lines(services[name]), stolen}
            await goes_on(1)
            refused = services["E1"].replication
            await until(lambda: refused.last_refusal is not None, "it dials again", 90)
            wrong = refused.last_refusal
            assert wrong is not None and (wrong.code, wrong.text) == (ErrorCode.SYNC, REVOKED)
        assert not [line for line in colleague_lines(east) if "中断" in line], "decided, not cut"

    async def again() -> None:
        async with city.at_work("E1", "E2", "F1", "H1") as services:
            await alone(services)
            await goes_on(2)

    asyncio.run(live())
    asyncio.run(again())
    with pytest.raises(Refusal) as caught:
        partner_named(east.node, stolen)
    assert caught.value.text == "refusal.bundles.partner_closed"
    with pytest.raises(Refusal) as caught:
        pairing.compare(east.node, pairing.identity_file(west.node, []))
    assert caught.value.text == REVOKED, "nor is it paired again"


# -- lost, copied ----------------------------------------------------------------------------------------------------------
def test_a_closed_workstation_is_heard_and_given_neither_contacts_nor_files(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it never sent is taken; from the closing on it gets the joint record alone, live and after a new start."""
    east, west, fire = (city.sites[name] for name in ("E1", "E2", "F1"))
    lost = west.node.me.site
    asked: list[str] = []

    def piece(_files: KeptBack, content: str, _offset: int, _size: int) -> None:
        asked.append(content)

    monkeypatch.setattr(KeptBack, "piece", piece)

    async def note_and_look(services: dict[str, Service], shut: int) -> None:
        row = await quietly(register, east)
        noted = str(await quietly(contact, east, row.id))
        content = await quietly(attached, east, row.id, tmp_path)
        await until(lambda: fire.node.attachments.has(content), "the file at the brigade", 90)
        await until(lambda: quiet_number(fire, noted) == NUMBER, "the number at the brigade", 90)
        await until(lambda: content in asked, "it asked for the file, in vain", 90)
        await until(lambda: headers(west) == shut, "it has the contact, closed", 90)
        await until(lambda: lines(services["E1"])[lost] == (LinkState.UP, None), "it is still heard", 90)
        assert sealed(west) == [None] * shut and not opens(west, noted)
        assert not west.node.attachments.has(content)

    late = register(west)

    async def live() -> None:
        async with city.at_work("E1", "F1") as services:
            await quietly(close, east, lost)
            async with Service(west.node):
                await until(lambda: east.count("incident") == 1, "what it never sent", 90)
                await note_and_look(services, 1)

    async def closed_while_it_stands() -> None:
        async with city.at_work("E1", "E2", "F1") as services:
            await note_and_look(services, 2)

    asyncio.run(live())
    asyncio.run(closed_while_it_stands())
    assert east.incident(late.id).id == late.id and state(east, lost) == "closed"


def test_a_standing_line_to_a_workstation_that_is_closed_is_met_anew(city: City) -> None:
    """The session of before would go on giving contacts: it ends with the certificate, the next one gives none."""
    east, west, fire = (city.sites[name] for name in ("E1", "E2", "F1"))
    lost = west.node.me.site

    async def story() -> None:
        async with city.at_work("E1", "E2", "F1") as services:
            row = await quietly(register, east)
            open_one = str(await quietly(contact, east, row.id))
            await until(lambda: opens(west, open_one), "a number while it is in use", 90)
            await quietly(close, east, lost)
            await until(lambda: link_ended(services["E1"], lost), "it is met as a closed one", 90)
            shut = str(await quietly(contact, east, row.id))
            await until(lambda: quiet_number(fire, shut) == NUMBER, "the number at the brigade", 90)
            await until(lambda: west.count("contact") == 2, "the closed contact", 90)
            assert headers(west) == 1 and not opens(west, shut)

    asyncio.run(story())


def test_how_far_a_workstation_is_met() -> None:
    """A copied one that was revoked besides is revoked: its copy is in somebody's hands."""
    row = accounts.SiteRow("a", "EMB", "", "enrolled", None, None, None, None)
    met = {
        state: pairing.state_of(replace(row, state=state))
        for state in ("enrolled", "closed", "forked", "revoked")
    }
    assert met == {
        "enrolled": PeerState.OPEN,
        "closed": PeerState.ENDED,
        "forked": PeerState.ENDED,
        "revoked": PeerState.REVOKED,
    }
    assert pairing.state_of(replace(row, state="forked", last_seq=7)) is PeerState.REVOKED
    assert pairing.state_of(None) is PeerState.OPEN, "paired and never met"


# -- a pairing undone ------------------------------------------------------------------------------------------------------
def test_a_pairing_is_undone_by_the_administrator_until_it_is_made_again(city: City) -> None:
    """CM-04: neither let in nor sent anything, live and after a new start; the log says so; paired again, all is made up for."""
    east, fire = city.sites["E1"], city.sites["F1"]
    other = fire.node.me.site

    async def live() -> None:
        async with city.at_work("E1", "F1") as services:
            await city.level("E1", "F1")
            desk = services["E1"]
            refused = await quietly(ask, desk, east, "duty_officer", PASSWORD, "forget_peer", site=other)
            assert refused["error"]["code"] == "E_PERM" and other in lines(desk)
            done = await quietly(ask, desk, east, "admin", ADMIN_PASSWORD, "forget_peer", site=other)
            assert done["ok"], done
            await until(
                lambda: lines(services["F1"])[east.node.me.site] == (LinkState.DOWN, FORGOTTEN), "told", 90
            )
            assert other not in lines(desk) and other not in peers_of(east)
            await quietly(register, east)
            twice = await quietly(ask, desk, east, "admin", ADMIN_PASSWORD, "forget_peer", site=other)
            assert twice["error"]["code"] == "E_STATE"

    async def again() -> None:
        async with city.at_work("E1", "F1") as services:
            line = services["F1"]
            await until(lambda: lines(line)[east.node.me.site][1] in REFUSED, "refused at the door", 90)
            assert fire.count("incident") == 0
            await quietly(city.pair, "E1", "F1")
            services["E1"].desk.pairing_changed()
            await until(lambda: fire.count("incident") == 1, "made up for", 90)

    asyncio.run(live())
    asyncio.run(again())
    said = [row["text"] for row in fire.rows("log_entry") if "解除配对" in row["text"]]
    assert len(said) == 1 and other[:8] not in said[0], "no piece of an id in the log"
