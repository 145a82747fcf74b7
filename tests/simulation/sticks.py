"""A stick carried from one room to another: the product's own bundles, parts mixed up, repeated, lost or damaged on the way."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from app.journal.operation import SCHEMA_V
from app.kernel.changes import ChangeSet
from app.kernel.enums import Priority
from app.kernel.errors import Refusal
from app.replication.bundles import parts, writing
from app.replication.bundles.taking import BundleTaker
from app.replication.bundles.writing import BundleWriter, Order
from app.replication.hello import flat, greeting
from app.replication.peers import LocalSite
from tests.simulation.parcels import Parcels
from tests.simulation.world import Station

DISTRICT = "310105"
SMALL = 2_000  # bytes of frames in a part, so that there are several


def _at_once(_priority: Priority, work: Callable[[], Any]) -> Any:
    return work()


def _local(at: Station) -> LocalSite:
    return LocalSite(at.city.realm, DISTRICT, at.agency, at.site, SCHEMA_V, at.granted)


def bundle(sender: Station, receiver: Station, rng: random.Random, parcels: Parcels) -> list[bytes]:
    """The parts that carry what the receiver has not acknowledged to the sender."""
    view, held = sender.view_of(receiver), sender.journal.vector()
    name = rng.randbytes(16)
    order = Order(
        local=_local(sender),
        to=receiver.site,
        to_key=receiver.key.public,
        successions=(),
        view=view,
        bundle=name,
        seq=1,
        after=0,
        made_at=sender.city.now_ms,
        start=dict(view.acked),
        target={site: seq for site, (seq, _) in held.items()},
        entries=sum(seq for seq, _ in held.values()),
        owed=flat(receiver.journal.withheld()),
        files=parcels.held(sender),
    )
    hello = greeting(_local(sender), held, sender.journal.withheld(), sender.city.now_ms, name)
    with patch.object(writing, "PART_BYTES", SMALL):
        writer = BundleWriter(
            sender.journal, _at_once, sender.key.signing, order, hello, files=parcels.files(sender)
        )
        return [part.data for part in writer.parts()]


def take_in(sender: Station, receiver: Station, data: bytes, parcels: Parcels) -> int:
    """One part, as far as it goes; how many files are whole by it."""
    outline = parts.outline(data)
    parts.check_addressee(_local(receiver), outline.head)
    parts.check_signature(outline, sender.key.public)
    opened = parts.unseal(outline, [receiver.key.signing])
    files = parcels.files(receiver)
    return BundleTaker(receiver.journal, _at_once, _deaf, files=files).take(opened).files


def _deaf(_changes: ChangeSet) -> None:
    """Nobody looks at a simulated screen."""


def carry(sender: Station, receiver: Station, rng: random.Random, parcels: Parcels) -> int:
    """Make a bundle and take most of it in, in any order, some twice; a damaged part is refused and changes nothing."""
    made = bundle(sender, receiver, rng, parcels)
    harmed = bytearray(rng.choice(made))
    harmed[rng.randrange(len(harmed))] ^= 1 << rng.randrange(8)
    before = receiver.journal.vector()
    try:
        take_in(sender, receiver, bytes(harmed), parcels)
    except Refusal:
        assert receiver.journal.vector() == before
    else:
        raise AssertionError("a damaged part was taken in")
    carried = [data for data in made if rng.random() < 0.9]
    carried += [data for data in carried if rng.random() < 0.2]
    rng.shuffle(carried)
    for data in carried:
        parcels.counts["file: came by stick"] += take_in(sender, receiver, data, parcels)
    return len(made)
