"""Making and taking in bundles over journals in memory: scopes, late bodies, chains that wait, what fits no frame (CM-07)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest

from app.journal.journal import PeerView
from app.kernel.errors import EnvironmentFault
from app.replication.bundles import writing
from app.replication.bundles.parts import Opened, outline, unseal
from app.replication.bundles.taking import BundleTaker, Taken
from app.replication.bundles.writing import BundleWriter, Order
from app.replication.hello import flat, greeting
from tests.replication.sites import Site, sites

BUNDLE = bytes(16)


def at_once(_priority: Any, work: Callable[[], Any]) -> Any:
    return work()


def carried(
    source: Site,
    target: Site,
    acked: Mapping[str, int] | None = None,
    owed: Sequence[tuple[str, int, int]] = (),
    **view: Any,
) -> list[Opened]:
    """The parts of a bundle, opened by its addressee."""
    journal = source.journal
    held = journal.vector()
    order = Order(
        local=source.local(),
        to=target.site,
        to_key=target.key.public,
        successions=(),
        view=PeerView(target.agency, target.site, acked=acked or {}, **view),
        bundle=BUNDLE,
        seq=1,
        after=0,
        made_at=1,
        start=acked or {},
        target={site: seq for site, (seq, _) in held.items()},
        entries=0,
        owed=owed,
    )
    hello = greeting(source.local(), held, journal.withheld(), 1, BUNDLE)
    writer = BundleWriter(journal, at_once, source.key.signing, order, hello)
    return [unseal(outline(part.data), [target.key.signing]) for part in writer.parts()]


def take(target: Site, parts: Sequence[Opened]) -> list[Taken]:
    taker = BundleTaker(target.journal, at_once, lambda _: None)
    return [taker.take(part) for part in parts]


def hashes(site: Site) -> list[bytes]:
    """What it holds: signatures may be fewer after a journey (decision 0026)."""
    return [op.hash for tx in site.journal.rows for op in tx]


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "PART_BYTES", 3000)
    monkeypatch.setattr(writing, "_FETCH_BYTES", 3000)
    with sites(tmp_path, "EMB", "HALL") as made:
        yield made


def test_parts_tell_what_they_carry_and_the_last_says_so(room: list[Site]) -> None:
    bureau, hall = room
    for n in range(30):
        bureau.journal.author([bureau.journal.act(f"{n} {os.urandom(150).hex()}")])
    parts = carried(bureau, hall)
    assert len(parts) >= 3
    assert [part.contents.number for part in parts] == list(range(1, len(parts) + 1))
    assert [part.contents.last for part in parts] == [False] * (len(parts) - 1) + [True]
    spans = [part.spans[bureau.site][0] for part in parts]
    assert spans[0][0] == 1 and spans[-1][1] == 30
    assert all(before[1] + 1 == after[0] for before, after in pairwise(spans))
    assert [part.contents.before for part in parts] == [first - 1 for first, _ in spans]
    assert all(taken.whole for taken in take(hall, parts))
    assert hashes(hall) == hashes(bureau)


def test_bodies_owed_come_with_a_bundle_once_the_disclosure_is_acknowledged(room: list[Site]) -> None:
    """REPLICATION, Disclosure: a body leaves only for a peer that has acknowledged it, by stick as by wire."""
    bureau, hall = room
    for n in range(5):
        bureau.journal.author([bureau.journal.act(f"inside {n}", "internal:EMB")])
    bureau.journal.author([bureau.journal.act("internal:EMB", verb="disclose")])
    take(hall, carried(bureau, hall))
    withheld = flat(hall.journal.withheld())
    assert withheld == [(bureau.site, 1, 5)] and hall.journal.texts() == []
    early = carried(bureau, hall, {}, withheld)
    assert [frame for part in early for frame in part.decoded() if hasattr(frame, "ranges")] == []
    acked = {site: seq for site, (seq, _) in hall.journal.vector().items()}
    [late] = take(hall, carried(bureau, hall, acked, withheld))
    assert late.bodies == 5 and late.applied == 0 and late.whole
    assert hall.journal.texts() == [f"inside {n}" for n in range(5)]
    assert hall.journal.withheld() == {}


def test_late_bodies_for_what_is_not_here_are_of_no_use_and_no_harm(room: list[Site]) -> None:
    bureau, hall = room
    for n in range(2):
        bureau.journal.author([bureau.journal.act(f"{n}")])
    parts = carried(bureau, hall, {bureau.site: 2}, [(bureau.site, 2, 2)])
    [taken] = take(hall, parts)
    assert taken.whole and taken.applied == 0 and hall.journal.rows == []


def test_a_hole_stops_the_part_and_nothing_behind_it_is_stored(room: list[Site]) -> None:
    bureau, hall = room
    for n in range(3):
        bureau.journal.author([bureau.journal.act(f"{n}")])
    [taken] = take(hall, carried(bureau, hall, {bureau.site: 1}))
    assert taken.gap and not taken.whole and hall.journal.rows == []


def test_a_chain_of_a_newer_version_waits_alone(tmp_path) -> None:
    """版本较新: that chain and what rests on it stop; others go on."""
    with sites(tmp_path, "EMB", "FRD", "HALL") as (bureau, brigade, hall):
        hall.journal._schema = 2  # an older program
        bureau.journal.author([bureau.journal.act("of version 3")])
        brigade.journal.receive(bureau.journal.rows)
        brigade.journal.author([brigade.journal.act("rests on it")])
        [taken] = take(hall, carried(brigade, hall))
        assert (taken.newer, taken.applied, taken.whole) == (2, 0, False)
        hall.journal._schema = 3
        [again] = take(hall, carried(brigade, hall))
        assert again.whole and hashes(hall) == hashes(brigade)


def test_nothing_leaves_while_the_high_water_file_cannot_be_written(room: list[Site]) -> None:
    """REPLICATION, Fork: the mark is raised before an own operation leaves on a stick."""
    bureau, hall = room
    bureau.journal.author([bureau.journal.act("one")])
    bureau.journal.mark_faults = [EnvironmentFault("data.unwritable", "fault.data.unwritable")]
    with pytest.raises(EnvironmentFault):
        carried(bureau, hall)
    assert len(carried(bureau, hall)) == 1


def test_an_acknowledgement_alone_is_a_bundle_too(room: list[Site]) -> None:
    bureau, hall = room
    [part] = carried(bureau, hall)
    assert part.contents.last and list(part.decoded()) == []
    assert take(hall, [part])[0].whole
