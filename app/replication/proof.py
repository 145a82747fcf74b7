"""Hearing a peer out that names more of our own chain than is here, before it is refused the line (REPLICATION, Fork;
decision 0046).

It cannot know yet that it is refused, and sends what it believes we lack, our own transactions among it. One of those proves that
this machine was put back. Nothing else of what comes is looked at, and nothing is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import Final

from app.kernel.enums import Priority
from app.replication.carriers import Carrier, CarrierClosedError
from app.replication.frames import Ack, Fill, FrameCodec, FrameError, Kind, Ops, peek
from app.replication.peers import CREDIT, Pace
from app.replication.ports import NodePort
from app.replication.wire import spans, unpack_block

_LONGEST: Final = 12  # times the patience for HELLO that all of it may take
_ASKED: Final = 1024  # operations of our own chain that are asked for at most


async def hear_proof(
    node: NodePort, carrier: Carrier, pace: Pace, own: tuple[str, int], named_seq: int
) -> bool:
    """True once the peer has proved it; False when it has nothing more to say, or says something else.

    `own`: our chain and where it ends here. A peer that names nothing beyond it takes us for up to date: it is asked.
    """
    codec, frames = FrameCodec(), 0
    with contextlib.suppress(TimeoutError, CarrierClosedError, FrameError):
        async with asyncio.timeout(_LONGEST * pace.hello_s):
            if own[1] >= named_seq:
                last = [(own[0], max(1, named_seq - _ASKED + 1), named_seq)]
                await carrier.send(codec.encode(Fill(0, spans(last), None)))
            while True:
                async with asyncio.timeout(pace.hello_s):
                    data = await _next(carrier)
                frame = codec.decode(data)
                if not isinstance(frame, Ops | Fill) or frame.block is None:
                    raise FrameError("out of place")
                txs = await asyncio.to_thread(list, unpack_block(node.journal.realm, frame.block))
                if await node.on_writer(Priority.LIVE, partial(node.journal.prove, txs)):
                    return True
                frames += 1
                if (
                    not frames % CREDIT
                ):  # it has given what it may; that it came says nothing of what was taken
                    await carrier.send(codec.encode(Ack(frame.batch, [])))
    return False


async def _next(carrier: Carrier) -> bytes:
    """The next frame of operations; pings and the like are passed over, and a farewell ends it."""
    while True:
        data = await carrier.recv()
        kind = peek(data)[0]
        if kind in (Kind.OPS, Kind.FILL):
            return data
        if kind is Kind.ERR:
            raise CarrierClosedError
