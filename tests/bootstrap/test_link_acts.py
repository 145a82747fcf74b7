"""What waits and what moved, as an officer counts it: acts, not rows, over restarts too (D-38, JD-01)."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from app.bootstrap import link_acts as link_acts_module
from app.bootstrap.link_acts import AwaitedBodies, readable
from app.bootstrap.service import Service
from app.kernel.enums import Agency, LinkState
from app.kernel.errors import Refusal
from app.queries.links import LinkActs, link_acts
from app.replication.status import LinkStatus
from app.usecases.duty import NoteLinkState
from app.usecases.sites import MeetAgency
from tests.bootstrap.linked import both, until, up
from tests.bootstrap.test_joining import joined
from tests.kit import Site, Town, act, register, sync


def counted(site: Site) -> LinkActs:
    [row] = site.node.read(lambda connection: link_acts(connection, site.node.me.site))
    return row


def link_of(service: Service) -> LinkStatus:
    [link] = service.links()
    return link


def told(link: LinkStatus) -> str:
    return link.last_out.command if link.last_out is not None else ""


def waits(service: Service, count: int) -> bool:
    acts = link_of(service).acts_out
    return acts is not None and acts.count == count


def test_acts_are_counted_not_rows_and_last_ones_named(town: Town) -> None:
    async def story() -> None:
        async with both(town) as (emb, frd):
            await until(lambda: up(emb) and up(frd) and waits(frd, 0), "in step")
            await asyncio.to_thread(register, town.frd)
            await until(lambda: waits(frd, 0) and told(link_of(frd)) == "register_incident", "acknowledged")
            last_out = link_of(frd).last_out
            await until(lambda: link_of(emb).last_in == last_out, "named on the other side")
        async with Service(town.frd.node) as alone:  # nobody there any more
            before = link_of(alone)
            assert before.state is LinkState.DOWN and waits(alone, 0) and before.last_out == last_out
            town.frd.clock.advance(60)
            await asyncio.to_thread(register, town.frd)
            note = NoteLinkState(peer="EMB", state=LinkState.DOWN, seconds=60)
            await asyncio.to_thread(act, town.frd, "console", note)
            town.frd.clock.advance(90)
            await until(lambda: waits(alone, 1), "one act")
            link = link_of(alone)
            assert link.acts_out is not None and link.acts_out.oldest_ms == 90_000
            await until(lambda: (rows := link_of(alone).waiting_out) is not None and rows.count > 1, "rows")

    asyncio.run(story())
    town.frd.reopen()
    assert counted(town.frd).waiting == 1, "a restart forgets nothing"


def test_of_a_peer_that_never_spoke_nothing_is_claimed(town: Town) -> None:
    from tests.bootstrap.linked import pair

    pair(town, 1)
    row = counted(town.emb)
    assert row.waiting is None and row.last_out is None
    assert row.last_in is not None, "what came another way stands here all the same"


def test_what_came_without_its_text_is_counted_until_it_comes(
    town: Town, founded_town: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """JD-01: our other workstation's own acts, relayed by the partner, who may not read them, are no silence."""
    shutil.copyfile(founded_town[0] / "recovery-EMB.json", town.emb.recovery_file)
    second = joined(town, tmp_path / "B")
    try:
        sync(second, town.emb)
        watch = AwaitedBodies(readable("EMB"))
        town.emb.node.read(watch.look)
        assert watch.of(readable("EMB")) == 0 and not watch.behind
        with pytest.raises(Refusal):  # noted within the agency
            act(second, "duty_officer", MeetAgency(agency=Agency.FRD, recovery_key="00", name="x"))
        sync(second, town.frd)
        sync(town.frd, town.emb)
        town.emb.node.read(watch.look)
        assert watch.of(readable("EMB")) == 1
        assert watch.of(readable("FRD")) == 0, "the partner cannot bring it"
        sync(second, town.emb)
        town.emb.node.read(watch.look)
        assert watch.of(readable("EMB")) == 0
        theirs = AwaitedBodies(readable("FRD"))
        town.frd.node.read(theirs.look)
        assert theirs.of(readable("EMB")) == 0, "what one may not read is not waited for"
    finally:
        second.node.close()


def test_a_long_record_is_looked_through_in_parts(emb: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_acts_module, "AT_ONCE", 7)
    watch = AwaitedBodies(readable("EMB"))
    looks = 0
    while watch.behind:
        emb.node.read(watch.look)
        looks += 1
    assert looks == emb.count("op") // 7 + 1
