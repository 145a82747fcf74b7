"""How many transactions go into one frame: as many as fit, judged by how the last ones were compressed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from app.journal.operation import Transaction
from app.replication.frames import (
    MAX_BLOCK_OPERATIONS,
    MAX_FRAME_BYTES,
    Block,
    Fill,
    FrameCodec,
    FrameTooLargeError,
    Lane,
    Ops,
)
from app.replication.wire import estimate, pack_block

_FIRST_TARGET: Final = 96 * 1024
_MAX_TARGET: Final = 768 * 1024
_FULL: Final = 0.8  # of a frame, so that the next one rarely overflows


class TransactionTooLargeError(Exception):
    """A single transaction exceeds a frame; its chain cannot be sent."""

    def __init__(self, site: str, seq: int) -> None:
        super().__init__(f"transaction {seq} of {site} does not fit a frame")
        self.site, self.seq = site, seq


class FramePacker:
    """Takes transactions from a queue and makes frames of them."""

    def __init__(self) -> None:
        self._codec = FrameCodec()
        self._target = _FIRST_TARGET

    def take(
        self, queue: deque[Transaction], lane: Lane, frame: Callable[[Block], Ops | Fill]
    ) -> tuple[list[Transaction], bytes]:
        """Remove what fits from the front of a queue; return it with its encoded frame.

        Raises TransactionTooLargeError when not even the first one fits; the queue is unchanged then.
        """
        count, size = self._count(queue)
        while True:
            txs = [queue[index] for index in range(count)]
            try:
                data = self._codec.encode(frame(pack_block(txs)), lane)
                break
            except FrameTooLargeError as wrong:
                if count == 1:
                    raise TransactionTooLargeError(txs[0][0].site, txs[0][0].seq) from wrong
                count //= 2
                self._target = max(_FIRST_TARGET // 8, self._target // 2)
        if size > _FIRST_TARGET // 8:
            fitting = round(sum(map(estimate, txs)) / len(data) * MAX_FRAME_BYTES * _FULL)
            self._target = min(_MAX_TARGET, (self._target + fitting) // 2)
        for _ in txs:
            queue.popleft()
        return txs, data

    def _count(self, queue: deque[Transaction]) -> tuple[int, int]:
        count = size = operations = 0
        for tx in queue:
            more, ops = estimate(tx), len(tx)
            if count and (size + more > self._target or operations + ops > MAX_BLOCK_OPERATIONS):
                break
            count, size, operations = count + 1, size + more, operations + ops
        return count, size
