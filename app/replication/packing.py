"""How many transactions go into one frame: as many as fit, judged by how the last ones were compressed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from app.journal.operation import Transaction
from app.journal.vouching import Open, closed_after, closed_before, thin
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
from app.replication.wire import earlier, estimate, pack_block

_FIRST_TARGET: Final = 320 * 1024
_LEVEL: Final = 3
_BULK_LEVEL: Final = 6  # of zstd
_LEAST_TARGET: Final = 12 * 1024
_MAX_TARGET: Final = 768 * 1024
_FULL: Final = 0.8  # of a frame, so that the next one rarely overflows


class TransactionTooLargeError(Exception):
    """A single transaction exceeds a frame; its chain cannot be sent."""

    def __init__(self, site: str, seq: int) -> None:
        super().__init__(f"transaction {seq} of {site} does not fit a frame")
        self.site, self.seq = site, seq


class FramePacker:
    """Takes transactions from a queue and makes frames of them, which end where no transaction waits for a signature.

    `compact`: for readers of version 3 of operations and later. In bulk they get one signature for many transactions, and nothing
    that they can compute (decision 0026).
    """

    def __init__(self, compact: bool = False) -> None:
        self._codec = FrameCodec(_BULK_LEVEL if compact else _LEVEL)
        self._compact = compact
        self._target = _FIRST_TARGET

    def take(
        self, queue: deque[Transaction], lane: Lane, frame: Callable[[Block], Ops | Fill]
    ) -> tuple[list[Transaction], bytes]:
        """Remove what fits from the front of a queue; return it with its encoded frame.

        Raises TransactionTooLargeError when not even the first one fits, with all that its signature stands for; the queue is
        unchanged then.
        """
        count, size = self._count(queue)
        while True:
            txs = [queue[index] for index in range(count)]
            if not self._compact and any(tx[-1].sig is None for tx in txs):
                raise TransactionTooLargeError(
                    txs[0][0].site, txs[0][0].seq
                )  # an earlier version takes none without
            try:
                block = pack_block(self._thinned(txs, lane), self._compact)
                data = self._codec.encode(frame(block if self._compact else earlier(block)), lane)
                break
            except FrameTooLargeError as wrong:
                fewer = closed_before(txs, count // 2) or closed_after(txs)
                if fewer >= count:
                    raise TransactionTooLargeError(txs[0][0].site, txs[0][0].seq) from wrong
                count = fewer
                self._target = max(_LEAST_TARGET, self._target // 2)
        if size > _LEAST_TARGET:
            fitting = round(sum(map(estimate, txs)) / len(data) * MAX_FRAME_BYTES * _FULL)
            self._target = min(_MAX_TARGET, (self._target + fitting) // 2)
        for _ in txs:
            queue.popleft()
        return txs, data

    def hungry(self, queue: deque[Transaction]) -> bool:
        """True if what waits would not fill a frame."""
        size = 0
        for tx in queue:
            size += estimate(tx)
            if size >= self._target:
                return False
        return True

    def _thinned(self, txs: Sequence[Transaction], lane: Lane) -> Sequence[Transaction]:
        """In bulk without the signatures that another one vouches for; what an officer does just now keeps its own."""
        return thin(txs) if self._compact and lane is Lane.BULK else txs

    def _count(self, queue: deque[Transaction]) -> tuple[int, int]:
        """How many of the first transactions to try, and their size; up to a place where none waits for a signature."""
        count = size = operations = 0
        best = (0, 0)
        waiting = Open()
        for tx in queue:
            more, ops = estimate(tx), len(tx)
            if best[0] and (size + more > self._target or operations + ops > MAX_BLOCK_OPERATIONS):
                break
            count, size, operations = count + 1, size + more, operations + ops
            if waiting.step(tx):
                best = (count, size)
        return best if best[0] else (count, size)
