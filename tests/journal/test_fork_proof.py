"""Both branches of a fork go to whoever lacks them, and to nobody twice (REPLICATION, Fork)."""

from __future__ import annotations

import pytest

from app.journal.offering import PeerView
from app.journal.operation import Act, ChainEnd, Transaction
from tests.journal.towns import Town, sync, town
from tests.simulation.world import Station


@pytest.fixture
def forked() -> Town:
    """E2 has seen one branch of E1 first, F1 the other."""
    stations = town("E1", "E2", "F1")
    east = stations["E1"]
    east.write("EMB-o", "register", "sim_case", "i1", {"place": "1"}, new=True)
    sync(stations)
    left, right = branch(east, "left", 3), branch(east, "right", 1)
    stations["E2"].journal.receive(left)
    stations["F1"].journal.receive(right)
    stations["E2"].journal.receive(right)
    stations["F1"].journal.receive(left)
    return stations


def branch(liar: Station, name: str, count: int) -> list[Transaction]:
    out: list[Transaction] = []
    end = liar.end
    for n in range(count):
        act = Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": f"{name} {n}"}})
        out.append(liar.forge("EMB-o", [act], end=end, parents=[]))
        end = ChainEnd(out[-1][-1].seq, out[-1][-1].hash)
    return out


def lacking(source: Station, target: Station) -> list[tuple[str, int]]:
    """What a session would send, by the target's HELLO."""
    known = source.journal.common(target.journal.vector())
    return [(tx[0].site, tx[0].seq) for _, tx in source.journal.after(known, 1 << 30)]


def test_who_holds_both_branches_is_sent_none_in_whatever_order_they_came(forked: Town) -> None:
    east, west, fire = forked["E1"], forked["E2"], forked["F1"]
    assert west.journal.vector()[east.site] == fire.journal.vector()[east.site]
    assert lacking(west, fire) == [] and lacking(fire, west) == []
    west.reopen()
    fire.journal.rebuild()
    assert lacking(west, fire) == [] and lacking(fire, west) == []


def test_who_lacks_a_branch_or_one_more_act_of_it_is_sent_it(forked: Town) -> None:
    east, west, fire = forked["E1"], forked["E2"], forked["F1"]
    more = east.forge(
        "EMB-o",
        [Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": "more"}})],
        end=west.journal.state.chains[east.site].end,
        parents=[],
    )
    west.journal.receive([more])
    assert (east.site, more[0].seq) in lacking(west, fire)
    sent = [tx for _, tx in west.journal.after(west.journal.common(fire.journal.vector()), 1 << 30)]
    fire.journal.receive([west.journal.offer(tx, PeerView("FRD", fire.site)) for tx in sent])
    assert lacking(west, fire) == [] and lacking(fire, west) == []
    hall = forked["E1"]  # it knows of no fork yet: it is told the whole proof
    assert {seq for site, seq in lacking(west, hall) if site == east.site} >= {more[0].seq}
