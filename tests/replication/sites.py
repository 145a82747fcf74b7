"""Sites for tests: keys, TLS material, journals, services over loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from app.journal.keys import SiteKey
from app.kernel.clock import Clock, SystemClock
from app.replication.peers import LocalSite, Pace, Peer
from app.replication.service import Replication
from app.replication.tls import TlsFiles, create_tls
from tests.replication.fakes import FakeJournal, FakeNode

QUICK = Pace(
    heartbeat_s=0.1,
    dead_s=1.0,
    hello_s=3.0,
    redial_min_s=0.05,
    redial_max_s=0.2,
    penalty_min_s=0.05,
    penalty_max_s=0.4,
    gap_pause_s=0.01,
    gap_pause_max_s=0.1,
    fault_pause_s=0.02,
    fault_pause_max_s=0.1,
    stall_s=1.0,
)


@dataclass
class Site:
    """One workstation of a test."""

    agency: str
    key: SiteKey
    tls: TlsFiles
    node: FakeNode
    clock: Clock

    @property
    def journal(self) -> FakeJournal:
        return self.node.journal

    @property
    def site(self) -> str:
        return self.key.site

    def local(self, **other: object) -> LocalSite:
        made = LocalSite("live", "310105", self.agency, self.site, 1)
        return replace(made, **other)  # type: ignore[arg-type]

    def peer(self, *ports: int | None, **other: object) -> Peer:
        """How others see this site; `ports` on loopback are dialled."""
        endpoints = tuple(("127.0.0.1", port) for port in ports if port is not None)
        return replace(Peer(self.site, self.agency, self.tls.root_pem, endpoints), **other)  # type: ignore[arg-type]

    def service(
        self,
        *peers: Peer,
        listen: bool = False,
        pace: Pace = QUICK,
        local: LocalSite | None = None,
        port: int = 0,
    ) -> Replication:
        address = ("127.0.0.1", port) if listen else None
        return Replication(
            self.node, local or self.local(), self.tls, peers, self.clock, listen=address, pace=pace
        )


@contextmanager
def sites(folder: Path, *agencies: str, clocks: tuple[Clock, ...] = ()) -> Iterator[list[Site]]:
    """Workstations that know each other's keys; their writers end with the block."""
    keys = [SiteKey.generate() for _ in agencies]
    known = {key.site: key.public for key in keys}
    made: list[Site] = []
    for number, (agency, key) in enumerate(zip(agencies, keys, strict=True)):
        own = folder / key.site
        own.mkdir()
        clock = clocks[number] if clocks else SystemClock()
        node = FakeNode(FakeJournal(key, agency, clock, known))
        made.append(Site(agency, key, create_tls(own, key.site), node, clock))
    try:
        yield made
    finally:
        for site in made:
            site.node.close()
