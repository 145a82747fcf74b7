"""Two sites at work in one process, linked over loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from app.bootstrap import pairing
from app.bootstrap.listening import Listening
from app.bootstrap.service import Service
from app.kernel.enums import LinkState
from app.queries import duty
from tests.kit import Site, Town

LOOPBACK = Listening("127.0.0.1", 0)


async def until(true: Callable[[], Any], what: str, patience_s: float = 60.0) -> Any:
    """Wait for a condition; fails with its name."""
    end = asyncio.get_running_loop().time() + patience_s
    while not (value := true()):
        assert asyncio.get_running_loop().time() < end, f"never: {what}"
        await asyncio.sleep(0.02)
    return value


def log_of(site: Site) -> list[str]:
    """What the consoles themselves noted of their links, oldest first."""
    rows = reversed(site.node.local(duty.log))
    return [str(row.text) for row in rows if (row.kind, row.author_role) == ("link", "console")]


def pair(town: Town, port: int) -> None:
    """FRD dials EMB; both have confirmed."""
    files = [pairing.identity_file(site.node, []) for site in (town.emb, town.frd)]
    number = pairing.compare(town.emb.node, files[1]).number
    pairing.confirm(town.emb.node, files[1], number, town.emb.admin)
    pairing.confirm(town.frd.node, files[0], number, town.frd.admin, f"127.0.0.1:{port}")


@asynccontextmanager
async def both(town: Town) -> AsyncIterator[tuple[Service, Service]]:
    """Two services over loopback, paired; EMB listens."""
    async with Service(town.emb.node, LOOPBACK) as listening:
        assert listening.replication.port is not None
        await asyncio.to_thread(pair, town, listening.replication.port)
        listening.desk.pairing_changed()
        async with Service(town.frd.node) as dialling:
            yield listening, dialling


def up(service: Service) -> bool:
    return [link.state for link in service.links()] == [LinkState.UP]
