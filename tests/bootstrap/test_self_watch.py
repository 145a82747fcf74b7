"""What a console notices of itself: its clock against the partner's and its own past, a letter borne twice (D-24, D-35)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from app.bootstrap import self_watch
from app.bootstrap.self_watch import TOLD_FORKS, SelfWatch, steady_s
from app.bootstrap.service import Service
from app.kernel.changes import Change, ChangeSet
from app.kernel.enums import ChangeKind, FaultKind, LinkState, Origin
from app.kernel.errors import EnvironmentFault
from app.local import memory
from app.queries import accounts, duty
from app.replication.status import LinkStatus
from app.usecases.sites import NoteFault
from tests.bootstrap.linked import until
from tests.kit import Site, Town, ms, register

SITES_CHANGED = ChangeSet((Change("site", "x" * 26, ChangeKind.NEW, Origin.PEER),))
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
    assert [by for _, by in watch.jumps] == [365 * 86_400, -365 * 86_400], "the diagnostics page tells them"


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
    watch.hear(SITES_CHANGED)
    [note] = watch.of_letter()
    assert note == NoteFault(kind=FaultKind.LETTER_TWICE, letter="", about="x" * 26)
    watch.said(note)
    assert watch.of_letter() == []


def copied(site: Site, other: str) -> None:
    """A workstation of the partner's whose record came in two branches."""
    site.node.local(
        lambda c: c.execute(
            "INSERT INTO site (id, agency, letter, state) VALUES (?, 'FRD', 'C', 'forked')", (other,)
        )
    )


def told(site: Site) -> list[str]:
    return list(site.node.local(memory.load).get(TOLD_FORKS) or ())


def of_copies(site: Site) -> list[str]:
    return [text for text in faults(site) if "疑似被复制" in text]


def test_a_copied_workstation_is_remembered_as_told_only_once_the_log_says_so(
    emb: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full as it is to be written: it is written later. Killed before that is remembered: it is not written twice."""
    monkeypatch.setattr(self_watch, "LOOK_S", 0.02)
    monkeypatch.setattr(self_watch, "RETRY_S", 0.05, raising=False)
    copied(emb, "x" * 26)
    carried_out, full = emb.node.execute, [True, True]

    def execute(command: Any, *given: Any) -> Any:
        if isinstance(command, NoteFault) and full:
            full.pop()
            assert not told(emb), "remembered before it was written"
            raise EnvironmentFault("storage.full", "fault.storage.full")
        return carried_out(command, *given)

    monkeypatch.setattr(emb.node, "execute", execute)

    async def run() -> None:
        async with Service(emb.node):
            await until(lambda: told(emb) and of_copies(emb), "told")

    asyncio.run(run())
    assert not full and len(of_copies(emb)) == 1
    emb.node.local(lambda c: memory.keep(c, TOLD_FORKS, None, 0))
    asyncio.run(run())
    assert len(of_copies(emb)) == 1


def test_what_is_committed_while_it_reads_is_looked_at_the_next_time(
    emb: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = SelfWatch(emb.node, list)
    read = accounts.twin_of

    def and_meanwhile(*given: Any) -> str | None:
        found = read(*given)
        monkeypatch.setattr(accounts, "twin_of", read)
        watch.hear(SITES_CHANGED)
        return found

    monkeypatch.setattr(accounts, "twin_of", and_meanwhile)
    assert watch.of_sites() == []
    copied(emb, "x" * 26)
    assert [note.about for note in watch.of_sites()] == ["x" * 26]
