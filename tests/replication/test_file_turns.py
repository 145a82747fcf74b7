"""Files that a peer has not got keep nobody from those that it has: each is asked for in its turn."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from app.replication.files import Fetching, NoFiles
from app.replication.frames import FileChunk, FrameCodec, Want
from app.replication.peers import Pace
from tests.replication.fakes import run

NOT_THERE = [(f"{n:064x}", 1) for n in range(400)]  # smallest first, as they are wanted
HAD = ("f" * 64, 50_000)


class _Files(NoFiles):
    def __init__(self) -> None:
        self.here: set[str] = set()

    def wanted(self) -> list[tuple[str, int]]:
        return [each for each in (*NOT_THERE, HAD) if each[0] not in self.here]

    def claim(self, content: str) -> bool:
        return True

    def append(self, content: str, offset: int, data: bytes) -> int:
        return offset + len(data)

    def finish(self, content: str, size: int, *, more: bool = False) -> bool:
        self.here.add(content)
        return True


class _Peer:
    """Has one file; answers at once."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fetching: Fetching

    def put(self, _lane: Any, data: bytes) -> bool:
        want = FrameCodec().decode(data)
        assert isinstance(want, Want)
        self.asked.append(want.content.hex())
        piece = b"x" * want.size if self.asked[-1] == HAD[0] else b""
        asyncio.get_running_loop().call_soon(
            self.fetching.on_chunk, FileChunk(want.content, want.offset, piece)
        )
        return True


def test_a_file_that_is_there_is_asked_for_after_all_that_are_not() -> None:
    """However soon those may be asked for again: here at once, which is a pause that never outlasts a round."""

    async def story() -> None:
        files, peer = _Files(), _Peer()
        box: Any = peer
        nothing: Any = None
        peer.fetching = Fetching(files, box, nothing, replace(Pace(), gap_pause_max_s=0.0))
        for _ in range(len(NOT_THERE) + 1):
            assert await peer.fetching._fetch_next()
        assert files.here == {HAD[0]}
        for _ in range(len(NOT_THERE)):
            assert await peer.fetching._fetch_next()
        rounds = [content for content in peer.asked if content != HAD[0]]
        assert rounds == [content for content, _ in NOT_THERE] * 2, "each once before any of them again"

    run(story())
