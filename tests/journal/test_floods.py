"""What one enrolled workstation that lies can make more of at will stops nobody else (docs/decisions/0045-floods.md)."""

from __future__ import annotations

import os

import pytest
from nacl.signing import SigningKey

from app.journal import certificates, floods
from app.journal.keys import SiteKey
from app.journal.operation import Act, ChainEnd, Transaction, author_transaction
from app.replication.frames import FrameCodec
from app.replication.hello import greeting
from app.replication.peers import LocalSite
from tests.journal.towns import Town, sync, town
from tests.simulation.world import Station, enrol, station


def stranger(at: Station, parents: list[bytes] | None = None, agency: str = "FRD") -> Transaction:
    """The beginning of a chain under a key and a recovery key that nobody knows."""
    key, recovery = SiteKey.generate(), SigningKey.generate()
    act = certificates.enrolment(recovery, at.city.realm, agency, key.public, "Z")
    hlc = at.clock.now_ms() << 16
    return author_transaction(
        at.city.realm, key.signing, key.site, ChainEnd(), parents or [], [hlc], "x", [act]
    )


def place(value: str) -> Act:
    """A plain edit."""
    return Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": value}})


def branches(liar: Station, count: int, end: ChainEnd | None = None) -> list[Transaction]:
    """So many operations of one workstation under one number."""
    return [liar.forge("FRD-o", [place(f"{n}")], end=end or liar.end, parents=[]) for n in range(count)]


def named_by_next(at: Station) -> list[bytes]:
    """What the next own act names."""
    return at.journal.state.causality.parents_for(at.end.hash)


def hello_of(at: Station) -> bytes:
    """The frame that begins a session; FrameError when it does not fit."""
    local = LocalSite(at.city.realm, "310105", at.agency, at.site, at.version, at.granted)
    return FrameCodec().encode(greeting(local, at.journal.vector(), at.journal.withheld(), 0, os.urandom(16)))


@pytest.fixture
def stations() -> Town:
    """Three rooms and a liar among them, F1."""
    made = town("E1", "E2", "F1", "F2")
    made["E1"].write("EMB-o", "register", "sim_case", "i1", {"place": "true"}, new=True)
    sync(made)
    return made


def test_own_acts_name_no_workstation_that_nobody_enrolled(stations: Town) -> None:
    """Nor does such a one hide from them what it names itself."""
    east, fire = stations["E1"], stations["F1"]
    fire.write("FRD-o", "edit", "sim_case", "i1", {"cause": "gas"})
    sync(stations, "E1", "F1")
    tip = fire.end.hash
    assert named_by_next(east) == [tip]
    east.journal.receive([stranger(fire, [tip])])
    assert named_by_next(east) == [tip]
    east.write("EMB-o", "edit", "sim_case", "i1", {"cause": "oil"})
    sync(stations, "E1", "E2", "F1")
    assert {stations[name].row("i1")["cause"] for name in ("E1", "E2", "F1")} == {"oil"}


def test_own_acts_name_what_counts_of_a_forked_chain_and_no_branch(stations: Town) -> None:
    """What stands before the fork may be what an act replaces."""
    east, fire = stations["E1"], stations["F1"]
    fire.write("FRD-o", "edit", "sim_case", "i1", {"cause": "gas"})
    before = fire.end
    sync(stations, "E1", "F1")
    east.journal.receive(branches(fire, 3))
    assert named_by_next(east) == [before.hash]
    east.write("EMB-o", "edit", "sim_case", "i1", {"cause": "oil"})
    assert not east.connection.execute("SELECT * FROM conflict").fetchall()
    assert east.row("i1")["cause"] == "oil"


def test_a_certificate_on_a_branch_is_named_once(stations: Town) -> None:
    """It stands by itself, wherever it is carried: whoever acts on it must be able to name it. Copies add nothing."""
    east, fire = stations["E1"], stations["F1"]
    new = certificates.appointment(east.city.recovery("EMB"), east.city.realm, "EMB", "EMB-new")
    carried = [fire.forge("FRD-o", [new, place(str(n))], parents=[]) for n in range(3)]
    east.journal.receive(carried)
    assert len({carried[n][-1].hash for n in range(3)} & set(named_by_next(east))) == 1
    body = {"v": "grant", "agency": "EMB", "roles": ["officer"]}
    east.act("EMB-new", Act("grant", "account", "EMB-z", "joint", body))
    assert east.verdict(east.last()) == [None]


def test_what_an_earlier_version_took_stops_nothing(stations: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database full of chains and branches: HELLO fits, acts are written, and nothing has to be thrown away."""
    east, fire = stations["E1"], stations["F1"]
    with monkeypatch.context() as before:
        before.setattr(floods, "MOST_STRANGERS", 1 << 30)
        before.setattr(floods, "MOST_BRANCHES", 1 << 30, raising=False)
        east.journal.receive([stranger(fire) for _ in range(1600)] + branches(fire, 1600))
    with monkeypatch.context() as before:
        tips = [tx[-1].hash for tx in east.transactions() if tx[0].site != east.site]
        east.connection.executemany("INSERT OR IGNORE INTO tip (hash) VALUES (?)", [(tip,) for tip in tips])
        before.setattr("app.journal.rules.PROJECTION_V", 2)
        east.reopen()
    east.connection.execute("UPDATE projection SET rules = 'of an earlier version'")
    east.reopen()
    assert east.journal.outdated
    east.journal.rebuild()  # as every start does then
    assert len(hello_of(east)) < 8 * 1024
    assert len(named_by_next(east)) < 8
    east.write("EMB-o", "edit", "sim_case", "i1", {"place": "at work"})
    sync(stations, "E1", "E2")
    assert stations["E2"].row("i1")["place"] == "at work"
    new = station(east.city, "E3")
    enrol(east.city, new)
    stations["E3"] = new
    sync(stations, "E1", "E3")
    assert new.row("i1")["place"] == "at work"
