"""What a console notices of itself: its clock against the partner's and its own past, a letter borne twice (D-24, D-35)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from app.bootstrap.self_watch import SelfWatch, steady_s
from app.bootstrap.service import Service
from app.kernel.changes import Change, ChangeSet
from app.kernel.enums import ChangeKind, FaultKind, LinkState, Origin
from app.queries import duty
from app.replication.status import LinkStatus
from app.usecases.sites import NoteFault
from tests.bootstrap.linked import until
from tests.kit import Site, Town, ms, register

LINK = LinkStatus("b" * 26, "FRD", LinkState.UP, 0)


def faults(site: Site) -> list[str]:
    """Rows of the log about the console's own troubles, oldest first."""
    return [str(row.text) for row in reversed(site.node.local(duty.log)) if row.kind == "fault"]


class Seconds:
    """A monotonic clock one sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("offset_ms", "ahead_s"), [(-75_000, 75), (90_000, -90), (60_001, -61)])
def test_clock_apart_from_the_partner_is_told_once(emb: Site, offset_ms: int, ahead_s: int) -> None:
    """D-24: more than 60 s warns, once while it lasts; 60 s exactly does not; the end is told too."""
    links = [LINK]
    watch = SelfWatch(emb.node, lambda: links)
    assert watch.of_clock() == []
    links[0] = replace(LINK, clock_offset_ms=60_000)
    assert watch.of_clock() == []
    links[0] = replace(LINK, clock_offset_ms=offset_ms)
    assert watch.of_clock() == [NoteFault(kind=FaultKind.CLOCK_APART, peer="FRD", seconds=ahead_s)]
    assert watch.of_clock() == []
    links[0] = replace(LINK, clock_offset_ms=None)  # the link is away: nothing is known, nothing is said
    assert watch.of_clock() == []
    links[0] = replace(LINK, clock_offset_ms=-60_000)
    assert watch.of_clock() == [NoteFault(kind=FaultKind.CLOCK_TOGETHER, peer="FRD")]
    assert watch.of_clock() == []


def test_clock_that_jumps_is_told(emb: Site) -> None:
    """XC-05: set by more than 60 s while the console runs, either way; running on is no jump."""
    seconds = Seconds()
    watch = SelfWatch(emb.node, list, seconds)
    seconds.now += 3600
    emb.clock.advance(3600)
    assert watch.of_clock() == []
    emb.clock.advance(365 * 86_400)
    assert watch.of_clock() == [NoteFault(kind=FaultKind.CLOCK_JUMPED, seconds=365 * 86_400)]
    assert watch.of_clock() == []
    emb.clock.advance(-365 * 86_400)
    assert watch.of_clock() == [NoteFault(kind=FaultKind.CLOCK_JUMPED, seconds=-365 * 86_400)]


def test_steady_seconds_run_on() -> None:
    """What a jump is measured by never runs backwards."""
    first = steady_s()
    assert steady_s() >= first > 0


def test_year_ahead_is_told_at_the_next_start_and_does_not_stay_in_the_stamps(town: Town) -> None:
    """D-24, decision 0023: once the clock is right again, so are the times of our acts."""
    emb = town.emb
    emb.at("08:00:00", "2026-07-14")
    ahead = register(emb, what="一年之后")
    emb.reopen()
    emb.at("08:10:00")
    assert [type(note) for note in SelfWatch(emb.node, list).at_the_start()] == [NoteFault]

    async def start() -> None:
        async with Service(emb.node):
            await until(lambda: faults(emb), "told")

    asyncio.run(start())
    [said] = faults(emb)
    assert "慢 31535400 秒" in said
    right = register(emb)
    made = {row["entity_id"]: row["hlc"] >> 16 for row in emb.rows("op") if row["entity"] == "incident"}
    assert made[ahead.id] == ms("08:00:00", "2026-07-14")
    assert made[right.id] == ms("08:10:00")
    town.frd.at("08:10:00")
    town.sync()
    assert town.frd.incident(right.id).no == right.no


def test_two_workstations_of_one_letter_are_told(town: Town) -> None:
    """D-35: restored twice from copies that know nothing of each other: both say so as soon as they meet."""
    watch = SelfWatch(town.emb.node, list)
    assert watch.of_letter() == []
    watch.hear(town.emb.node.local(lambda _: town.emb.node.journal.rebuild()))
    assert watch.of_letter() == []
    town.emb.node.local(
        lambda c: c.execute(
            "INSERT INTO site (id, agency, letter, state) VALUES (?, 'EMB', '', 'enrolled')", ("x" * 26,)
        )
    )
    watch.hear(ChangeSet((Change("site", "x" * 26, ChangeKind.NEW, Origin.PEER),)))
    assert watch.of_letter() == [NoteFault(kind=FaultKind.LETTER_TWICE, letter="")]
    assert watch.of_letter() == []
