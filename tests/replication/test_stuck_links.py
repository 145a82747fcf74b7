"""What is stuck is said as what it is: a line on which nobody answers, a full disk on the other side (JD-01)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kernel.enums import LinkState
from app.kernel.errors import EnvironmentFault
from app.replication.service import Replication
from tests.replication.fakes import run, until
from tests.replication.sites import Site, sites
from tools.relay import Relay


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[list[Site]]:
    with sites(tmp_path, "EMB", "FRD") as made:
        yield made


def up(*services: Replication) -> bool:
    return all(link.state is LinkState.UP for service in services for link in service.status())


def test_a_relay_that_takes_the_line_and_lets_nothing_through(pair: list[Site]) -> None:
    """Silent while the session lives, then: the line is there, nobody answers; never "unreachable", never up."""
    bureau, brigade = pair

    async def scenario() -> list[str | None]:
        async with (
            bureau.service(brigade.peer(), listen=True) as one,
            Relay(one.port or 0) as relay,
            brigade.service(bureau.peer(relay.port)) as two,
        ):
            await until(lambda: up(one, two), "up")
            said: list[str | None] = []
            two.on_status(lambda link: said.append(link.reason))
            relay.stall()
            await until(lambda: two.status()[0].reason == "refusal.sync.no_answer", "nobody answers", 20)
            assert two.status()[0].state is LinkState.DOWN
            assert two.status()[0].last_heard_at is not None
            relay.stall(False)
            await until(lambda: up(one, two), "up again", 20)
            return said

    said = run(scenario())
    reasons = [reason for reason in said if reason]
    assert reasons[0] == "refusal.sync.silent" and "refusal.sync.unreachable" not in reasons


def test_where_nobody_listens_is_unreachable(pair: list[Site]) -> None:
    bureau, brigade = pair

    async def scenario() -> None:
        async with bureau.service(brigade.peer(), listen=True) as one:
            port = one.port
        async with brigade.service(bureau.peer(port)) as two:
            await until(lambda: two.status()[0].reason == "refusal.sync.unreachable", "said")

    run(scenario())


def test_a_full_disk_there_is_said_here_and_goes_again(pair: list[Site]) -> None:
    bureau, brigade = pair
    bureau.journal.faults = [EnvironmentFault("disk.full", "fault.disk.full") for _ in range(12)]

    async def scenario() -> None:
        async with (
            bureau.service(brigade.peer(), listen=True) as one,
            brigade.service(bureau.peer(one.port)) as two,
        ):
            await until(lambda: up(one, two), "up")
            await brigade.node.write("waits")
            await until(lambda: one.status()[0].reason == "fault.disk.full", "said there")
            await until(lambda: two.status()[0].reason == "refusal.sync.disk_there", "said here")
            assert two.status()[0].state is LinkState.DEGRADED
            await until(lambda: up(one, two), "both steady again", 20)
            assert bureau.journal.texts() == ["waits"]

    run(scenario())
