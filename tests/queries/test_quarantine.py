"""What was not accepted is listed with its reason, its author and what it asked for (E_SYNC)."""

from __future__ import annotations

from functools import partial

from app.queries.quarantine import quarantined, quarantined_act, quarantined_count
from tests.kit import Town, forge, maker, ms, register


def test_what_was_not_accepted_is_listed_on_both_sides_alike(town: Town) -> None:
    row = register(town.emb)
    town.sync()
    observer = town.frd.account("observer")
    town.frd.at("14:05:00")
    act = maker(town.frd).write("change_incident", "incident", row.id, {"what": "误报"})
    forge(town.frd, observer, act)
    town.sync()
    for site in (town.emb, town.frd):
        assert site.node.local(quarantined_count) == 1
        [found] = site.node.local(quarantined)
        assert (found.reason, found.command, found.account_id) == ("role", "change_incident", observer)
        assert (found.entity, found.entity_id, found.recorded_at) == ("incident", row.id, ms("14:05:00"))
        assert (found.verb, found.content["set"]) == ("write", {"what": "误报"})
        assert site.node.local(partial(quarantined_act, digest=found.hash)) == found
        assert site.node.local(lambda c: quarantined_act(c, b"x" * 32)) is None
        assert site.incident(row.id).what == row.what
    assert town.emb.node.local(quarantined) == town.frd.node.local(quarantined)
