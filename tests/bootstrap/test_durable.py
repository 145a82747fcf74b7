"""What is acknowledged is on the disk (XC-01): asked of the very connections of consoles at work."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import pytest

from app.replication.receiving import Receiving
from tests.bootstrap.linked import both, until, up
from tests.kit import Site, Town, register

FULL = 2


def knows(site: Site, incident_id: str) -> bool:
    return incident_id in {row["id"] for row in site.rows("incident")}


def set_up(site: Site) -> tuple[str, int]:
    """How the connection that writes the record is set up just now."""
    asked = [
        site.node.local(lambda c, name=name: c.execute(f"PRAGMA {name}").fetchone()[0])  # type: ignore[misc]
        for name in ("journal_mode", "synchronous")
    ]
    return str(asked[0]), int(asked[1])


def test_the_connections_that_write_wait_for_the_disk(town: Town) -> None:
    """WAL and FULL: a commit that has returned outlasts a power cut. Asked while both work and a record has come over."""
    incident = []

    async def story() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd), "up")
            incident.append((await asyncio.to_thread(register, town.frd)).id)
            await until(partial(knows, town.emb, incident[0]), "at EMB")
            for site in (town.emb, town.frd):
                assert await asyncio.to_thread(set_up, site) == ("wal", FULL)
                keys = site.node.subject_keys.set_up()
                assert keys == {"journal_mode": "persist", "synchronous": FULL, "secure_delete": 1}

    asyncio.run(story())


def test_what_an_acknowledgement_says_stands_in_the_files(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of the database as they are when an ACK is made hold, opened by somebody else, all that it says."""
    acknowledge, seen = Receiving._acknowledge, list[tuple[int, int]]()

    def looked_at(self: Receiving, sites: Iterable[str], vector: Mapping[str, int]) -> None:
        mine = town.frd.node.me.site
        if self._node is town.emb.node and mine in (named := set(sites)):
            seen.append((vector[mine], standing_in_files(town.emb, mine, tmp_path / f"seen-{len(seen)}")))
            sites = named
        acknowledge(self, sites, vector)

    monkeypatch.setattr(Receiving, "_acknowledge", looked_at)

    async def story() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd), "up")
            for _ in range(3):
                row = await asyncio.to_thread(register, town.frd)
                await until(partial(knows, town.emb, row.id), "at EMB")

    asyncio.run(story())
    assert len(seen) >= 3
    assert all(held >= said > 0 for said, held in seen), seen


def standing_in_files(site: Site, chain: str, folder: Path) -> int:
    """End of a chain by a copy of database and log, as another program finds them, without the writer's memory."""
    data = site.node.data
    folder.mkdir()
    for each in (data.database, Path(f"{data.database}-wal")):
        shutil.copyfile(each, folder / each.name)
    with contextlib.closing(sqlite3.connect(folder / data.database.name)) as connection:
        return int(connection.execute("SELECT max(seq) FROM op WHERE site = ?", (chain,)).fetchone()[0])
