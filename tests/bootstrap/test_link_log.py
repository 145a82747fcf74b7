"""Rows of the duty log about links: what lasts is told once, what was gone before its time is not (JD-01)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.bootstrap import link_log
from app.bootstrap.service import Service
from app.kernel.enums import LinkState
from app.replication.status import LinkStatus
from tests.bootstrap.linked import log_of, until
from tests.kit import Town

UP, DEGRADED, DOWN = LinkState.UP, LinkState.DEGRADED, LinkState.DOWN
FIRST = "与消防支队的数据链路已接通（启动后首次）。"


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter patience: the clock of the log is set by hand."""
    monkeypatch.setattr(link_log, "GRACE_S", 0.15)
    monkeypatch.setattr(link_log, "UNSTEADY_S", 0.3)


def told(town: Town, story: Callable[[Callable[[LinkState], None], Callable[[int], Any]], Any]) -> list[str]:
    """Let states happen at EMB; what its log says of the link."""

    async def run() -> None:
        async with Service(town.emb.node) as service:

            def say(state: LinkState) -> None:
                service.link_log.on_status(LinkStatus("b" * 26, "FRD", state, 0))

            await story(say, lambda count: until(lambda: len(log_of(town.emb)) == count, f"{count} rows"))

    asyncio.run(run())
    return log_of(town.emb)


def test_short_unsteadiness_is_no_row_and_down_before_the_first_up_is_none(town: Town) -> None:
    async def story(say: Callable[[LinkState], None], rows: Callable[[int], Any]) -> None:
        for state in (DOWN, UP, DEGRADED, UP):
            say(state)
        await rows(1)
        town.emb.at("08:01:00")
        say(DOWN)
        await rows(2)

    assert told(town, story) == [FIRST, "与消防支队的数据链路中断，此前畅通 60 秒；转为单方值守。"]


def test_cut_that_is_back_at_once_is_none(town: Town) -> None:
    """Both sides had dialled at once: one of two connections ends."""

    async def story(say: Callable[[LinkState], None], rows: Callable[[int], Any]) -> None:
        for state in (UP, DOWN, UP):
            say(state)
        await asyncio.sleep(0.4)  # longer than the patience: nothing may come
        town.emb.at("08:05:00")
        say(DOWN)
        await rows(2)
        town.emb.at("08:06:00")
        say(UP)
        await rows(3)

    assert told(town, story)[1:] == [
        "与消防支队的数据链路中断，此前畅通 300 秒；转为单方值守。",
        "与消防支队的数据链路恢复，中断 60 秒。",
    ]


def test_lasting_unsteadiness_is_told_once_and_its_end_too(town: Town) -> None:
    """Connected, and nothing moves: a row when it has lasted, none while it flickers, one when it is over."""

    async def story(say: Callable[[LinkState], None], rows: Callable[[int], Any]) -> None:
        say(UP)
        await rows(1)
        town.emb.at("08:01:00")
        say(DEGRADED)
        await rows(2)
        town.emb.at("08:02:00")
        for state in (UP, DEGRADED, UP, DEGRADED):  # flickers: neither over nor new
            say(state)
        await asyncio.sleep(0.5)
        assert len(log_of(town.emb)) == 2
        town.emb.at("08:03:20")
        say(UP)
        await rows(3)

    assert told(town, story) == [
        FIRST,
        "与消防支队的数据链路不稳定，已持续 0 秒。",  # thirty seconds, were the patience not shortened here
        "与消防支队的数据链路恢复稳定，不稳定 140 秒。",
    ]


def test_cut_ends_an_unsteadiness(town: Town) -> None:
    async def story(say: Callable[[LinkState], None], rows: Callable[[int], Any]) -> None:
        say(UP)
        say(DEGRADED)
        await rows(2)
        town.emb.at("08:10:00")
        say(DOWN)
        await rows(3)
        town.emb.at("08:12:00")
        say(UP)
        await rows(4)
        await asyncio.sleep(0.4)

    assert told(town, story)[2:] == [
        "与消防支队的数据链路中断，此前畅通 600 秒；转为单方值守。",
        "与消防支队的数据链路恢复，中断 120 秒。",
    ]
