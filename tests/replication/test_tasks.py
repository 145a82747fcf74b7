"""The one task set: failures are logged, everything ends with its owner."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest

from app.kernel.tasks import TaskSet, run_until_first_ends
from tests.replication.fakes import run


async def forever(ended: list[str], name: str) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append(name)


async def fail() -> None:
    raise ValueError("broken")


async def done() -> int:
    return 7


def test_close_ends_all_and_waits_for_them():
    async def scenario() -> None:
        ended: list[str] = []
        async with TaskSet("test") as tasks:
            tasks.spawn(forever(ended, "a"), "a")
            tasks.spawn(forever(ended, "b"), "b")
            assert await tasks.spawn(done(), "c") == 7
            await asyncio.sleep(0)
            assert len(tasks) == 2
        assert sorted(ended) == ["a", "b"] and len(tasks) == 0

    run(scenario())


def test_failure_is_logged_and_spares_the_others(caplog):
    async def scenario() -> None:
        ended: list[str] = []
        async with TaskSet("test") as tasks:
            tasks.spawn(forever(ended, "a"), "a")
            failing = tasks.spawn(fail(), "failing")
            await asyncio.wait([failing])
            await asyncio.sleep(0)
            assert len(tasks) == 1 and not ended

    with caplog.at_level(logging.ERROR):
        run(scenario())
    assert "test: failing" in caplog.text and "broken" in caplog.text


def test_closed_set_takes_nothing():
    async def scenario() -> None:
        tasks = TaskSet("test")
        await tasks.close()
        with pytest.raises(RuntimeError, match="closed"):
            tasks.spawn(done(), "late")

    run(scenario())


def test_a_task_may_close_its_own_set():
    async def scenario() -> list[str]:
        ended: list[str] = []
        tasks = TaskSet("test")

        async def closer() -> None:
            await asyncio.sleep(0)
            await tasks.close()
            ended.append("closer")

        tasks.spawn(forever(ended, "other"), "other")
        await tasks.spawn(closer(), "closer")
        return ended

    assert run(scenario()) == ["other", "closer"]


def test_first_to_end_ends_the_others_and_tells_its_failure():
    async def scenario() -> None:
        ended: list[str] = []
        await run_until_first_ends({"a": forever(ended, "a"), "done": done()})
        assert ended == ["a"]
        with pytest.raises(ValueError, match="broken"):
            await run_until_first_ends({"b": forever(ended, "b"), "fail": fail()})
        assert ended == ["a", "b"]

    run(scenario())


def test_two_failures_at_once_are_both_seen(caplog):
    async def scenario() -> None:
        with pytest.raises(ValueError, match="broken"):
            await run_until_first_ends({"one": fail(), "other": fail()})
        gc.collect()

    run(scenario())
    assert "never retrieved" not in caplog.text


def test_cancelling_the_whole_ends_the_parts_first():
    async def scenario() -> None:
        ended: list[str] = []
        whole = asyncio.current_task()
        assert whole is not None
        asyncio.get_running_loop().call_soon(whole.cancel)
        with pytest.raises(asyncio.CancelledError):
            await run_until_first_ends({"a": forever(ended, "a"), "b": forever(ended, "b")})
        whole.uncancel()
        assert sorted(ended) == ["a", "b"]

    run(scenario())
