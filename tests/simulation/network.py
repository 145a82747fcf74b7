"""Frames between workstations: what a link may do to them, and talking until nobody has news."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.journal.faults import BadTransactionError, GapError, NewerSchemaError
from app.journal.operation import Transaction
from app.journal.vouching import thin
from tests.simulation.world import Station

ROUNDS = 60


@dataclass(frozen=True)
class Weather:
    """What the link does: share of frames lost, reordered, sent twice."""

    loss: float = 0.0
    shuffle: float = 0.0
    twice: float = 0.0


CLEAR = Weather()


def wanted(sender: Station, receiver: Station) -> list[Transaction]:
    """What the sender's journal finds the receiver lacks, as the receiver may see it."""
    known = sender.journal.common(receiver.journal.vector())
    view = sender.view_of(receiver)
    found = [sender.journal.offer(tx, view) for _, tx in sender.journal.after(known, 1 << 40)]
    held = receiver.journal.state.store
    return [tx for tx in found if any(held.place(op.hash) is None for op in tx)]


def fills(sender: Station, receiver: Station) -> list[Transaction]:
    """Bodies the receiver holds as headers and may read by what it has acknowledged to the sender."""
    return sender.journal.bodies(receiver.journal.withheld(), sender.view_of(receiver))


def acknowledge(sender: Station, receiver: Station) -> None:
    """The sender hears what the receiver has projected."""
    vector = {site: seq for site, (seq, _) in receiver.journal.vector().items()}
    sender.acked[receiver.name] = vector


def push(
    sender: Station,
    receiver: Station,
    rng: random.Random,
    weather: Weather = CLEAR,
    sent: Callable[[Iterable[Transaction]], None] | None = None,
) -> int:
    """One exchange in one direction; returns how many transactions were applied there."""
    frames = wanted(sender, receiver)
    if weather is not CLEAR and len(frames) % 2:  # as in bulk, with one signature for many (decision 0026)
        frames = thin(frames)
    if sent is not None:
        sent(frames)
    if weather.loss and frames:
        kept = [tx for tx in frames if rng.random() >= weather.loss]
        frames = kept[: rng.randint(1, 12)]
    if weather.shuffle and rng.random() < weather.shuffle:
        rng.shuffle(frames)
    if weather.twice:
        frames += [tx for tx in frames[:3] if rng.random() < weather.twice]
    applied = feed(receiver, frames)
    acknowledge(sender, receiver)
    late = fills(sender, receiver)
    if sent is not None:
        sent(late)
    if late and not (weather.loss and rng.random() < weather.loss):
        applied += feed(receiver, late)
    return applied


def feed(receiver: Station, frames: Sequence[Transaction]) -> int:
    """Hand frames over; a gap ends the batch, the rest is tried frame by frame as later batches would be."""
    applied = 0
    todo = list(frames)
    while todo:
        before = len(todo)
        try:
            return applied + receiver.journal.receive(todo).applied
        except (GapError, BadTransactionError, NewerSchemaError):
            held = receiver.journal.state.store
            done = [tx for tx in todo if all(held.place(op.hash) is not None for op in tx)]
            applied += len(done)
            todo = [tx for tx in todo if tx not in done][1:]
        assert len(todo) < before
    return applied


def settle(stations: Iterable[Station], rng: random.Random | None = None) -> None:
    """Exchange until nobody has news; AssertionError if that never comes."""
    everybody = list(stations)
    rng = rng or random.Random(0)
    for _ in range(ROUNDS):
        moved = [push(a, b, rng) for a in everybody for b in everybody if a is not b]
        if not any(moved):
            return
    raise AssertionError("the network does not come to rest")
