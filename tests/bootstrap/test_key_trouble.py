"""Trouble with the file of contact keys: the link stays, text goes on, keys come once it is over (XC-07, JD-01)."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial

import pytest

from app.bootstrap.contact_keys import masked_contacts
from app.bootstrap.service import Service
from app.kernel.enums import LinkState
from app.kernel.errors import EnvironmentFault
from tests.bootstrap.linked import both, until, up
from tests.bootstrap.test_contacts import noted, states
from tests.bootstrap.test_durable import knows
from tests.kit import Site, Town, register


def held_by_another(site: Site) -> sqlite3.Connection:
    other = sqlite3.connect(site.node.data.subject_keys, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    return other


def reasons(service: Service) -> list[tuple[LinkState, str | None]]:
    return [(link.state, link.reason) for link in service.links()]


WAITS = [(LinkState.DEGRADED, "refusal.contacts.keys_wait")]


@pytest.mark.parametrize("where", ["who asks", "who answers"])
def test_another_program_holds_the_keys(town: Town, where: str) -> None:
    """It is told by the link, and no session ends, however much text comes over meanwhile; then the key comes by itself."""
    incident = register(town.frd).id
    lost: list[str] = []

    async def story() -> None:
        async with both(town) as (emb, frd):
            for service in (emb, frd):
                service.replication.on_status(
                    lambda status: lost.append(str(status.reason)) if status.state is LinkState.DOWN else None
                )
            await until(lambda: up(emb) and up(frd), "up")
            lost.clear()
            site, service = (town.emb, emb) if where == "who asks" else (town.frd, frd)
            if where == "who asks":
                other = held_by_another(site)
                await asyncio.to_thread(noted, town.frd, incident)
            else:
                other = await asyncio.to_thread(noted_and_held, town, incident)
            await until(lambda: reasons(service) == WAITS, "told")
            for _ in range(3):
                row = await asyncio.to_thread(register, town.frd)
                await until(partial(knows, town.emb, row.id), "the text")
            other.execute("ROLLBACK")
            other.close()
            await until(lambda: states(town.emb, incident) == ["open"], "the key at EMB")
            await until(lambda: up(emb) and up(frd), "as if nothing had been")
            assert lost == []

    asyncio.run(story())


def noted_and_held(town: Town, incident: str) -> sqlite3.Connection:
    """A contact whose key is held by another program from the moment on at which it was sealed."""
    held: list[sqlite3.Connection] = []
    end = town.frd.node.subscribe(
        lambda changes: (
            held.append(held_by_another(town.frd)) if changes.touches("contact") and not held else None
        )
    )
    noted(town.frd, incident)
    end()
    return held[0]


def test_the_screen_is_told_in_words(town: Town) -> None:
    incident = register(town.frd).id
    noted(town.frd, incident)
    other = held_by_another(town.frd)
    with pytest.raises(EnvironmentFault) as told:
        masked_contacts(town.frd.node, incident)
    assert told.value.code == "data.unwritable"
    other.execute("ROLLBACK")
    other.close()
    assert [row.state for row in masked_contacts(town.frd.node, incident)] == ["open"]
