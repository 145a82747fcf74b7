"""Four and five real sites in one process, linked over loopback TLS: two workstations of the bureau, the brigade, the hall."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import pairing
from app.bootstrap.founding import Founding, found
from app.bootstrap.listening import Listening
from app.bootstrap.node import Node, Open
from app.bootstrap.service import Service
from app.kernel.clock import ManualClock
from app.kernel.enums import Agency, LogKind, Realm
from app.kernel.paths import DataDir
from tests.bootstrap.linked import until
from tests.cli.runner import free_port
from tests.kit import ADMIN_PASSWORD, DISTRICT, START, Site, Town, found_site, ms, people, sync

PATIENCE_S = 90.0
TABLES = ("incident", "log_entry", "oral_report", "report", "entry", "conflict", "flag", "quarantine")


@dataclass
class City:
    """Sites by name: E1, E2 (series B), F1, H1, later E3."""

    folder: Path
    sites: dict[str, Site]
    ports: dict[str, int] = field(default_factory=dict)

    def pair(self, listening: str, dialling: str) -> None:
        """Both sides compare the number and confirm; the second one dials."""
        one, other = self.sites[listening], self.sites[dialling]
        port = self.ports.setdefault(listening, free_port())
        files = [pairing.identity_file(site.node, []) for site in (one, other)]
        number = pairing.compare(one.node, files[1]).number
        pairing.confirm(one.node, files[1], number, one.admin)
        pairing.confirm(other.node, files[0], number, other.admin, f"127.0.0.1:{port}")

    @asynccontextmanager
    async def at_work(self, *names: str) -> AsyncIterator[dict[str, Service]]:
        """These sites, opened one after the other, each with its links."""
        async with AsyncExitStack() as stack:
            services = {}
            for name in names:
                port = self.ports.get(name)
                listening = Listening("127.0.0.1", port) if port else None
                services[name] = await stack.enter_async_context(Service(self.sites[name].node, listening))
            yield services

    async def level(self, *names: str) -> None:
        """Until these sites hold the same chains, headers or bodies."""
        sites = [self.sites[name] for name in names]

        def same() -> bool:
            return len({tuple(sorted(site.vector().items())) for site in sites}) == 1

        await until(same, f"{names} hold the same", PATIENCE_S)

    def shown(self, name: str) -> dict[str, list[str]]:
        """What a site shows of the joint record, in one order; what consoles note of their lines may still be on its way."""
        out = {}
        for table in TABLES:
            rows = [row for row in self.sites[name].rows(table) if row.get("kind") != LogKind.LINK]
            for row in rows:
                row.pop("n", None)
            out[table] = sorted(map(str, rows))
        return out

    def numbers(self, name: str) -> list[str]:
        """Printed numbers on a site's board."""
        return sorted(str(row["no"]) for row in self.sites[name].rows("incident"))

    def join(self, name: str, folder: str) -> Site:
        """A further workstation of the bureau."""
        clock, data = ManualClock(self.sites["E1"].clock.now_ms()), DataDir(self.folder / folder)
        ask = Founding(
            *(Realm.LIVE, Agency.EMB, DISTRICT, f"admin-{folder}", "账号管理员", ADMIN_PASSWORD),
            self.sites["E1"].recovery_file,
            joining=True,
        )
        made = found(data, ask, clock)
        site = Site(
            Node(Open(data, clock)), clock, Agency.EMB, self.sites["E1"].recovery_file, made.admin_account
        )
        self.sites[name] = site
        return site

    def at(self, time: str) -> None:
        """Set all clocks."""
        for site in self.sites.values():
            site.at(time)


@pytest.fixture
def city(town: Town, founded_town: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[City]:
    """The two rooms of the town, a second workstation of the bureau, and the hall; paired along E1 - E2 - H1 - F1 - E1."""
    shutil.copyfile(founded_town[0] / "recovery-EMB.json", town.emb.recovery_file)
    hall = found_site(tmp_path, Agency.HALL)
    people(hall)
    made = City(tmp_path, {"E1": town.emb, "F1": town.frd, "H1": hall})
    sync(made.join("E2", "B"), town.emb)
    for listening, dialling in (("E1", "E2"), ("H1", "E2"), ("H1", "F1"), ("E1", "F1")):
        made.pair(listening, dialling)
    yield made
    for site in (*(s for s in made.sites.values() if s not in (town.emb, town.frd)),):
        site.node.close()


async def quietly(work: Any, *given: Any, **named: Any) -> Any:
    """Do something that blocks beside the loop."""
    return await asyncio.to_thread(work, *given, **named)


def every(sites: Sequence[Site], table: str) -> set[int]:
    """How many rows of a table each of them has."""
    return {site.count(table) for site in sites}


__all__ = ["DISTRICT", "START", "City", "city", "every", "ms", "quietly"]
