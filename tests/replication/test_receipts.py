"""Receipts of files in a session: an answer counts only where it was asked for, and questions have an end (CM-05)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from app.replication.frames import AskHeld, FrameCodec, FrameError, Held
from app.replication.outbox import Outbox
from app.replication.receipts import MOST, Receipts
from tests.replication.fakes import until


class Files:
    """ReceiptsPort in memory."""

    def __init__(self, unconfirmed: list[str]) -> None:
        self.asking, self.kept = unconfirmed, list[set[str]]()

    def unconfirmed(self, peer: str) -> list[str]:
        return self.asking

    def whole(self, contents: Collection[str]) -> list[str]:
        return []

    def confirmed(self, peer: str, contents: Collection[str]) -> None:
        self.kept.append(set(contents))


def name(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_an_answer_nobody_asked_for_is_not_believed() -> None:
    """Attack: a peer says it holds files it was never asked about, as many as it likes."""
    files, outbox = Files([name(1).hex()]), Outbox()
    receipts = Receipts(files, outbox, "peer", ask=True)
    sent: list[object] = []

    async def send(data: bytes) -> None:
        sent.append(FrameCodec().decode(data))

    async def story() -> None:
        async with asyncio.TaskGroup() as group:
            works = [group.create_task(receipts.run()), group.create_task(outbox.run(send))]
            await until(lambda: sent, "asked")
            for first in range(2, 2000, 100):
                receipts.on_frame(Held([name(first + n) for n in range(100)]))
            receipts.on_frame(Held([name(0), name(1)]))
            await until(lambda: files.kept, "kept")
            for work in works:
                work.cancel()

    asyncio.run(story())
    assert sent == [AskHeld([name(1)])]
    assert set().union(*files.kept) == {name(1).hex()}


def test_questions_of_a_peer_have_an_end() -> None:
    """Attack: questions about files nobody has are remembered, but not without bound."""

    async def story() -> None:
        receipts = Receipts(Files([]), Outbox(), "peer", ask=True)
        for first in range(0, MOST, 128):
            receipts.on_frame(AskHeld([name(first + n) for n in range(128)]))
        receipts.on_frame(AskHeld([name(0)]))
        with pytest.raises(FrameError):
            receipts.on_frame(AskHeld([name(MOST)]))

    asyncio.run(story())
