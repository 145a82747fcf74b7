"""Order of sending on one socket."""

from __future__ import annotations

import asyncio

import pytest

from app.replication.endings import SessionEndedError
from app.replication.frames import Lane
from app.replication.outbox import Outbox
from tests.replication.fakes import run, until


async def sent(box: Outbox, count: int) -> list[bytes]:
    got: list[bytes] = []

    async def send(frame: bytes) -> None:
        got.append(frame)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(box.run(send))
        await until(lambda: len(got) == count, "all sent")
        task.cancel()
    return got


def test_more_urgent_lanes_go_first_and_keep_their_order():
    async def scenario() -> list[bytes]:
        box = Outbox()
        await box.put_data(b"ops 1")
        await box.put_data(b"ops 2")
        box.put(Lane.BULK, b"ask")
        box.put(Lane.SIGNAL, b"sig 1")
        box.put(Lane.CONTROL, b"ping")
        box.put(Lane.SIGNAL, b"sig 2")
        return await sent(box, 6)

    assert run(scenario()) == [b"ping", b"sig 1", b"sig 2", b"ops 1", b"ops 2", b"ask"]


def test_operations_wait_for_room_so_that_urgent_frames_do_not():
    async def scenario() -> list[bytes]:
        box = Outbox()
        await box.put_data(b"1")
        await box.put_data(b"2")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await box.put_data(b"3")
        assert await sent(box, 2) == [b"1", b"2"]
        await box.put_data(b"3")
        return await sent(box, 1)

    assert run(scenario()) == [b"3"]


def test_passing_frames_are_dropped_when_too_many_wait_and_control_ends_the_session():
    async def scenario() -> None:
        box = Outbox()
        assert sum(box.put(Lane.SIGNAL, b"s") for _ in range(300)) == 256
        with pytest.raises(SessionEndedError, match="does not read"):
            for _ in range(2000):
                box.put(Lane.CONTROL, b"c")

    run(scenario())
