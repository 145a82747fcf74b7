"""Three to five real sites over TLS: two workstations of the bureau, the brigade, the hall, and one that comes later.

Catching up in any order, scopes through a relay that may not read them, a workstation lost for ever, numbers that never meet
(REPLICATION, Scope and Trust; D-20, D-35; XC-07).
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from app.bootstrap.certifying import certify
from app.bootstrap.checking import verify_site
from app.bootstrap.node import Node, Open
from app.bootstrap.recovery import open_recovery
from app.journal import verbs
from app.journal.operation import Act
from app.kernel.clock import ManualClock
from app.kernel.enums import Agency, ContactAbout, IncidentStatus, Role
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.paths import DataDir
from app.queries import accounts
from app.usecases.contacts import AddContact, RevealContact
from app.usecases.duty import WriteLogEntry
from app.usecases.incidents import ChangeIncident, RegisterIncident, SetIncidentStatus
from app.usecases.sites import CloseSite
from tests.bootstrap.city import City, city, every, quietly
from tests.bootstrap.linked import until
from tests.kit import Site, act, cheap_passwords, forge, own_id, register, verdict

__all__ = ["city"]

NAME, NUMBER = "物业值班张三", "138-0000-1234"


@pytest.fixture(autouse=True)
def cheap() -> Iterator[None]:
    """Password verifiers that cost next to nothing."""
    with cheap_passwords():
        yield


def contact(site: Site, incident_id: str) -> str:
    """A contact at the scene; returns its id."""
    command = AddContact(incident_id=incident_id, about=ContactAbout.SCENE, name=NAME, number=NUMBER)
    return str(act(site, "duty_officer", command).result["contact_id"])


def known_number(site: Site, contact_id: str) -> str:
    return str(act(site, "duty_officer", RevealContact(contact_id=contact_id)).result["number"])


def sealed(site: Site) -> list[Any]:
    return [row["sealed"] for row in site.rows("contact")]


def headers(site: Site) -> int:
    """Operations of a contact's scope that are held without their body."""
    return sum(row["scope"] == "contact" and row["body"] is None for row in site.rows("op"))


# -- any order -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", ["E1 E2 F1 H1", "H1 F1 E2 E1", "F1 E2 H1 E1"])
def test_rooms_catch_up_in_any_order(city: City, order: str) -> None:
    """A day without lines in four rooms; opened one after the other in any order, they show the same, numbers apart."""
    shared = register(city.sites["E1"])

    async def story() -> None:
        async with city.at_work("E1", "E2", "F1", "H1"):
            await until(
                lambda: all(site.count("incident") == 1 for site in city.sites.values()), "the first", 90
            )
            await city.level(*city.sites)
        await quietly(_apart, city, shared.id)
        async with city.at_work(*order.split()):
            await city.level(*city.sites)

    asyncio.run(story())
    east, west, fire, hall = (city.shown(name) for name in ("E1", "E2", "F1", "H1"))
    assert east == west == fire == hall
    assert city.numbers("H1") == sorted(
        [
            *("EMB-20250714-001", "EMB-20250714-002", "EMB-20250714-003"),
            *("EMB-20250714-B001", "EMB-20250714-B002"),
            *("FRD-20250714-001", "FRD-20250714-002"),
        ]
    )
    row = city.sites["H1"].incident(shared.id)
    assert row.status == IncidentStatus.HANDLING and len(city.sites["H1"].rows("conflict")) == 4
    assert every([*city.sites.values()], "quarantine") == {0}
    assert all(verify_site(site.node.data)["ok"] for site in city.sites.values())


def _apart(city: City, incident_id: str) -> None:
    """Everybody works; the three duty rooms write to one incident."""
    for name, place in (("E1", "天山路1号"), ("E2", "天山路2号"), ("F1", "")):
        site = city.sites[name]
        for _ in range(2):
            register(site)
        if place:
            act(site, "duty_officer", ChangeIncident(incident_id=incident_id, place=place))
    handling, controlled = IncidentStatus.HANDLING, IncidentStatus.CONTROLLED
    for name, moves in (("E1", (handling,)), ("F1", (handling, controlled))):
        for to in moves:
            act(
                city.sites[name],
                "duty_officer",
                SetIncidentStatus(incident_id=incident_id, to=to, reason="现场"),
            )


# -- scopes through a relay ------------------------------------------------------------------------------------------------
def test_the_hall_relays_what_it_may_not_read(city: City) -> None:
    """E1 is off: between E2 and F1 stands the hall alone. The joint part passes, contacts as headers; their bodies come when
    a line between the two agencies stands, and the hall never has them (XC-07; REPLICATION, Scope)."""
    west, fire, hall, east = (city.sites[name] for name in ("E2", "F1", "H1", "E1"))

    async def story() -> str:
        async with city.at_work("E2", "H1", "F1"):
            row = await quietly(register, west)
            noted = str(await quietly(contact, west, row.id))
            await until(lambda: fire.count("contact") == 1, "the contact at F1", 90)
            await city.level("E2", "H1", "F1")
        for site in (hall, fire):
            assert sealed(site) == [None] and headers(site) == 1
        assert headers(west) == 0
        with pytest.raises(Refusal):
            known_number(fire, noted)
        async with city.at_work("E1", "E2", "F1", "H1"):
            await until(lambda: headers(fire) == 0 and headers(east) == 0, "the bodies", 90)
            await city.level(*city.sites)
            await until(lambda: quiet_number(fire, noted) == NUMBER, "the number at F1", 90)
        return noted

    noted = asyncio.run(story())
    assert known_number(east, noted) == known_number(west, noted) == NUMBER
    assert sealed(hall) == [None] and headers(hall) == 1
    assert city.shown("H1") == city.shown("E1") == city.shown("F1")
    assert all(verify_site(site.node.data)["ok"] for site in city.sites.values())
    files = [each for each in hall.node.data.root.rglob("*") if each.is_file()]
    held = b"".join(each.read_bytes() for each in files)
    assert (
        NAME.encode() not in held
        and NUMBER.encode() not in held
        and NUMBER.replace("-", "").encode() not in held
    )


def quiet_number(site: Site, contact_id: str) -> str | None:
    """The number if it can be opened here already."""
    try:
        return known_number(site, contact_id)
    except Refusal:
        return None


# -- what the hall may write -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.OBSERVER, Role.STREET, Role.DUTY_OFFICER])
def test_the_hall_writes_only_what_its_roles_allow(city: City, role: Role) -> None:
    """XC-06: no incident, no log entry, no contact is looked at, whatever role somebody has there."""
    hall = city.sites["H1"]
    incident = own_id(hall)
    asked = (
        RegisterIncident(received_at=None, place="x", what="y"),  # type: ignore[arg-type]
        WriteLogEntry(text="记事"),
        ChangeIncident(incident_id=incident, place="x"),
        AddContact(incident_id=incident, about=ContactAbout.SCENE, number=NUMBER),
    )
    for command in asked:
        with pytest.raises(Refusal) as denied:
            act(hall, str(role), command)
        assert denied.value.code is ErrorCode.PERM


def test_a_forged_act_of_the_hall_is_shown_and_stops_nothing(city: City) -> None:
    """E_SYNC: changed software at the hall writes an incident, a foreign scope and another's name; everywhere it is
    quarantined and listed, and what the hall writes afterwards goes on."""
    hall, others = city.sites["H1"], [city.sites[name] for name in ("E1", "E2", "F1")]
    observer, console = hall.account("observer"), hall.account("console")
    foreign = city.sites["F1"].account("duty_officer")

    def born(entity: str, command: str, scope: str = "joint", **values: Any) -> Act:
        return Act(command, entity, own_id(hall), scope, {"v": verbs.WRITE, "new": True, "set": values})

    lies = {
        "role": (observer, born("incident", "register_incident", agency="HALL")),
        "unknown author": ("nobody", born("log_entry", "write_log_entry", text="x")),
        "not admitted here": (foreign, born("log_entry", "write_log_entry", text="x")),
        "effect": (console, born("incident", "note_fault", agency="HALL")),
        "scope": (console, born("log_entry", "note_fault", "internal:EMB", text="x")),
    }

    async def story() -> None:
        async with city.at_work("E1", "E2", "F1", "H1"):
            await city.level(*city.sites)
            txs = {reason: await quietly(forge, hall, *_given(lie)) for reason, lie in lies.items()}
            honest = await quietly(forge, hall, console, [born("log_entry", "note_fault", text="后来")])
            await city.level(*city.sites)
            for site in (hall, *others):
                for reason, tx in txs.items():
                    if reason == "scope" and site in others[:2]:
                        assert await quietly(verdict, site, tx) == ["scope"]
                    elif reason != "scope" or site is hall:
                        assert await quietly(verdict, site, tx) == [reason], (site.agency, reason)
                assert await quietly(verdict, site, honest) == [None]

    asyncio.run(story())
    for site in others:
        shown = {str(row["reason"]) for row in site.rows("quarantine")}
        assert {"role", "unknown author", "not admitted here", "effect"} <= shown
        assert any("后来" in str(row["text"]) for row in site.rows("log_entry"))


def _given(lie: tuple[str, Act]) -> tuple[str, list[Act]]:
    return lie[0], [lie[1]]


# -- lost for ever ---------------------------------------------------------------------------------------------------------
def test_a_workstation_lost_for_ever(city: City) -> None:
    """The bureau's second workstation burns after it told the hall alone; it is closed, the first one is its heir, a third one
    takes a letter of its own. Nothing of it is lost, no number meets another; its disk found later changes nothing of that."""
    east, west, fire = (city.sites[name] for name in ("E1", "E2", "F1"))
    kept = city.folder / "kept"

    async def before() -> None:
        async with city.at_work("E1", "E2", "F1", "H1"):
            await city.level(*city.sites)
        async with city.at_work("E2", "H1"):
            await quietly(register, west)
            await city.level("E2", "H1")
        register(west)  # told to nobody

    asyncio.run(before())
    lost = west.node.me.site
    west.node.close()
    shutil.copytree(west.node.data.root, kept)
    shutil.rmtree(west.node.data.root)
    del city.sites["E2"]
    made = certify(east.recovery_file, "close", lost, heir=east.node.me.site, clock=east.clock)
    act(east, "admin", CloseSite(**made["arguments"]))
    third = city.join("E3", "C")
    assert third.node.me.letter == "C" and open_recovery(east.recovery_file).letters["B"] == lost
    city.pair("E1", "E3")

    async def after() -> None:
        async with city.at_work("F1", "E3", "H1", "E1"):
            await city.level("E1", "F1", "H1", "E3")
        for name in ("E1", "E3", "F1"):
            register(city.sites[name])
        async with city.at_work("E1", "E3", "F1", "H1"):
            await city.level("E1", "F1", "H1", "E3")

    asyncio.run(after())
    numbers = [
        *("EMB-20250714-001", "EMB-20250714-B001", "EMB-20250714-C001"),
        "FRD-20250714-001",
    ]
    assert all(city.numbers(name) == numbers for name in city.sites)
    [row] = [row for row in fire.node.read(accounts.sites) if row.id == lost]
    assert row.state == "closed"
    _found_again(city, kept, lost)


def _found_again(city: City, kept: Any, lost: str) -> None:
    """Its disk turns up: what it told nobody comes to light and is flagged; it writes no more."""
    clock = ManualClock(city.sites["E1"].clock.now_ms())
    city.sites["E2"] = Site(
        Node(Open(DataDir(kept), clock)), clock, Agency.EMB, city.sites["E1"].recovery_file
    )

    async def story() -> None:
        async with city.at_work("E1", "H1", "E2", "F1", "E3"):
            await until(lambda: "EMB-20250714-B002" in city.numbers("F1"), "what it told nobody", 90)
            await until(
                lambda: any(row["kind"] == "from a closed site" for row in city.sites["F1"].rows("flag")),
                "flagged",
                90,
            )

    asyncio.run(story())
    west = city.sites["E2"]
    assert lost == west.node.me.site
    numbers = city.numbers("F1")
    assert len(numbers) == len(set(numbers)) == 5
