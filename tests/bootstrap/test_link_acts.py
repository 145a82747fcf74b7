"""What waits and what moved, as an officer counts it: acts, not rows, over restarts too (D-38, JD-01)."""

from __future__ import annotations

import asyncio

from app.bootstrap.service import Service
from app.kernel.enums import LinkState
from app.queries.links import LinkActs, link_acts
from app.replication.status import LinkStatus
from app.usecases.duty import NoteLinkState
from tests.bootstrap.linked import both, until, up
from tests.kit import Site, Town, act, register


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
