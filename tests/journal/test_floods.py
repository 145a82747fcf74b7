"""What one enrolled workstation that lies can make more of at will stops nobody else (docs/decisions/0045-floods.md)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from nacl.signing import SigningKey

from app.journal import certificates, floods
from app.journal.faults import GapError
from app.journal.keys import SiteKey
from app.journal.operation import Act, ChainEnd, Transaction, author_transaction
from app.journal.vouching import thin
from app.replication.frames import FrameCodec
from app.replication.hello import greeting
from app.replication.peers import LocalSite
from tests.journal.towns import Town, sync, town
from tests.simulation.simulator import low_limits
from tests.simulation.world import Station, enrol, meeting, station


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


def rooms() -> Town:
    """Three rooms and a liar among them, F1."""
    made = town("E1", "E2", "F1", "F2")
    made["E1"].write("EMB-o", "register", "sim_case", "i1", {"place": "true"}, new=True)
    sync(made)
    return made


stations = pytest.fixture(rooms, name="stations")


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
        before.setattr(floods, "MOST_BRANCHES", 1 << 30)
        east.journal.receive([stranger(fire) for _ in range(1600)] + branches(fire, 300))
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


# -- what is taken of a flood ------------------------------------------------------------------------------------------


class Stranger:
    """A workstation whose agency nobody has met, and its chain."""

    def __init__(self, at: Station, parents: list[bytes] | None = None) -> None:
        self._at, self._key, self.recovery = at, SiteKey.generate(), SigningKey.generate()
        self.site = self._key.site
        act = certificates.enrolment(self.recovery, at.city.realm, "HALL", self._key.public, "")
        self.chain = [self._signed(ChainEnd(), act, parents or [])]

    def _signed(self, end: ChainEnd, act: Act, parents: list[bytes]) -> Transaction:
        hlc, realm = self._at.clock.now_ms() << 16, self._at.city.realm
        return author_transaction(realm, self._key.signing, self.site, end, parents, [hlc], "x", [act])

    @property
    def tip(self) -> bytes:
        return self.chain[-1][-1].hash

    def goes_on(self, count: int = 1, parents: list[bytes] | None = None) -> list[Transaction]:
        """So many acts more."""
        for _ in range(count):
            last = self.chain[-1][-1]
            self.chain.append(self._signed(ChainEnd(last.seq, last.hash), place("x"), parents or []))
        return self.chain


def held(at: Station, *txs: Transaction) -> list[bool]:
    """Which of these are in the journal."""
    return [at.journal.state.store.get(tx[-1].hash) is not None for tx in txs]


def naming(at: Station, *parents: bytes, value: str = "named") -> Transaction:
    """An act of a console that has other views of what counts, as an earlier version wrote it."""
    return at.forge("FRD-o", [place(value)], parents=list(parents))


def filled() -> Town:
    """Rooms of which E1 and E2 hold as many strangers as they take."""
    made = rooms()
    made["E1"].journal.receive([stranger(made["F1"]) for _ in range(floods.MOST_STRANGERS)])
    sync(made, "E1", "E2")
    return made


@pytest.fixture
def full() -> Iterator[Town]:
    """The same with low limits."""
    with low_limits():
        yield filled()


def test_of_strangers_so_many_are_taken_and_the_rest_is_told(stations: Town) -> None:
    """The board works on, whoever was told of them is not told again, and all else that came with them is taken."""
    east, fire = stations["E1"], stations["F1"]
    fire.write("FRD-o", "edit", "sim_case", "i1", {"cause": "gas"})
    flood = [stranger(fire) for _ in range(1600)]
    got = east.journal.receive([*flood, fire.last()])
    assert held(east, *flood).count(True) == floods.MOST_STRANGERS
    assert got.taken == 1601 and len(got.left) == 1600 - floods.MOST_STRANGERS
    assert east.row("i1")["cause"] == "gas"
    assert len(hello_of(east)) < 8 * 1024
    east.write("EMB-o", "edit", "sim_case", "i1", {"place": "at work"})
    sync(stations)
    assert {each.row("i1")["place"] for each in stations.values()} == {"at work"}


def test_more_of_a_chain_that_was_left_out_is_left_out_as_well(full: Town) -> None:
    """Whether its beginning came just now or long ago; a gap would stop all that comes behind."""
    east = full["E1"]
    one, other = Stranger(full["F1"]), Stranger(full["F1"])
    one.goes_on(3, [other.tip])
    assert east.journal.receive(one.chain).left == {one.site: 4}
    assert east.journal.receive(other.goes_on(3)[2:]).left == {other.site: 4}
    assert not any(held(east, *one.chain, *other.chain))


def test_a_stranger_that_names_what_was_left_out_is_left_out(
    full: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is here and goes on: but only what counts brings others in."""
    east, fire = full["E1"], full["F1"]
    left, known = Stranger(fire), Stranger(fire)
    with monkeypatch.context() as room:
        room.setattr(floods, "MOST_STRANGERS", 4)
        east.journal.receive(known.chain)
    east.journal.receive(left.chain)
    assert east.journal.receive(known.goes_on(1, [left.tip])).left == {known.site: 2}
    assert east.journal.receive(known.goes_on(2)).left == {known.site: 4}
    assert held(east, *known.chain, *left.chain) == [True] + [False] * 4


def test_a_workstation_that_was_enrolled_is_always_taken(full: Town) -> None:
    """However many strangers stand at the door."""
    new = station(full["E1"].city, "F3")
    enrol(new.city, new)
    full["F3"] = new
    sync(full)
    assert all(new.site in each.journal.vector() for each in full.values())


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("batches", [False, True])
def test_what_an_act_that_counts_rests_on_is_taken(full: Town, batches: bool, bulk: bool) -> None:
    """Its author has met an agency that we have not, or wrote before decision 0045."""
    east, fire = full["E1"], full["F1"]
    old, seen = Stranger(fire), Stranger(fire)
    old.goes_on(4)
    seen.goes_on(2, [old.tip])
    fire.journal.receive([*old.chain, *seen.goes_on(3)])
    act = naming(fire, seen.chain[2][-1].hash)
    flood = [stranger(fire) for _ in range(5)]
    parts = [[*old.chain, *flood], seen.chain, [act]]
    if bulk:
        parts = [thin(part) for part in parts]
    for given in parts if batches else [[tx for part in parts for tx in part]]:
        east.journal.receive(given)
    assert held(east, act, *old.chain, *seen.chain[:3]) == [True] * 9
    assert not any(held(east, *flood))
    assert east.row("i1")["place"] == "named"
    east.journal.receive(seen.chain)
    assert all(held(east, *seen.chain))


def test_what_rests_on_strangers_forgotten_since_is_a_gap(
    full: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes again then, and everything it rests on before it."""
    east, fire = full["E1"], full["F1"]
    seen = Stranger(fire)
    fire.journal.receive(seen.chain)
    act = naming(fire, seen.tip)
    east.journal.receive(seen.chain)
    monkeypatch.setattr(floods, "ASIDE_BYTES", 1000)
    east.journal.receive([stranger(fire) for _ in range(5)])
    with pytest.raises(GapError):
        east.journal.receive([act])
    east.journal.receive([*seen.chain, act])
    assert all(held(east, act, *seen.chain))


def test_an_agency_that_is_met_later_comes_in(full: Town) -> None:
    """Left out before, it goes on from where it was left, or from its beginning."""
    east, hall = full["E1"], station(full["E1"].city, "H1")
    enrol(hall.city, hall)
    chain = hall.transactions()
    assert hall.site in east.journal.receive(chain).left
    east.act("EMB-a", meeting(east.city, "HALL"))
    body = {"v": "grant", "agency": "HALL", "roles": ["hall"]}
    hall.act("HALL-a", Act("grant", "account", "HALL-h", "joint", body))
    east.journal.receive([hall.last()])
    assert all(held(east, *hall.transactions()))
    assert hall.site in east.journal.vector()
    full["E2"].journal.receive([*chain, east.last(), *hall.transactions()])
    assert all(held(full["E2"], *hall.transactions()))


def test_of_branches_so_many_are_taken(stations: Town) -> None:
    """In a time that does not grow with their number; proof of the fork is there for everybody."""
    east, fire = stations["E1"], stations["F1"]
    flood = branches(fire, 400)
    got = east.journal.receive(flood)
    assert held(east, *flood).count(True) == floods.MOST_BRANCHES and fire.site in got.left
    more = fire.forge("FRD-o", [place("y")], end=ChainEnd(flood[-1][-1].seq, flood[-1][-1].hash), parents=[])
    assert fire.site in east.journal.receive([more]).left
    further = fire.forge("FRD-o", [place("y")], end=ChainEnd(flood[0][-1].seq, flood[0][-1].hash), parents=[])
    east.journal.receive([further])
    assert held(east, more, further) == [False, True]
    east.write("EMB-o", "edit", "sim_case", "i1", {"place": "at work"})
    sync(stations, "E1", "E2", "F2")
    for name in ("E1", "E2", "F2"):
        assert stations[name].row(fire.site, "site")["state"] == "forked"
        assert stations[name].row("i1")["place"] == "at work"


def test_what_moves_a_fork_forward_is_always_taken(full: Town) -> None:
    """All must agree where a chain ends, whatever else they took of it."""
    east, mate, fire = full["E1"], full["E2"], full["F1"]
    early = fire.end
    for n in range(3):
        fire.write("FRD-o", "edit", "sim_case", "i1", {"cause": f"{n}"})
    sync(full, "E1", "E2", "F1")
    late, low = branches(fire, 6), branches(fire, 1, early)
    east.journal.receive(late[:5])
    mate.journal.receive(late[1:])
    assert held(east, *late).count(True) == held(mate, *late).count(True) == 4
    east.journal.receive(low)
    sync(full, "E1", "E2")
    assert {each.journal.state.chains[fire.site].fork_seq for each in (east, mate)} == {early.seq + 1}
    assert east.row("i1").get("cause") is None and mate.row("i1").get("cause") is None


def test_a_branch_that_an_act_rests_on_is_taken(full: Town) -> None:
    """One room took it for the chain and acted on it; the other has enough branches already."""
    east, west, fire = full["E1"], full["F2"], full["F1"]
    flood = branches(fire, 5)
    west.journal.receive([flood[4]])
    west.write("FRD-o", "edit", "sim_case", "i1", {"cause": "seen"})
    act = west.last()
    assert flood[4][-1].hash in act[0].parents
    east.journal.receive(flood)
    assert held(east, *flood) == [True] * 4 + [False]
    east.journal.receive([act])
    assert held(east, flood[4], act) == [True, True] and east.verdict(act) == [None]
    sync(full)
    assert {each.row("i1")["cause"] for each in full.values() if each is not fire} == {"seen"}


def test_acts_of_a_revoked_workstation_are_taken_with_what_they_rest_on(full: Town) -> None:
    """They have no effect, and are offered to be entered anew; all must come to know them."""
    east, west, fire = full["E1"], full["F2"], full["F1"]
    flood = branches(fire, 6)
    west.journal.receive([flood[5]])
    west.write("FRD-o", "edit", "sim_case", "i1", {"cause": "seen"})
    last, act = west.end.seq - 1, west.last()
    cut = certificates.cutting(east.city.recovery("FRD"), east.city.realm, "FRD", west.site, last)
    east.act("EMB-a", cut)
    east.journal.receive(flood)
    east.journal.receive([act])
    assert held(east, flood[4], flood[5], act) == [False, True, True] and east.verdict(act) == ["cut"]


def test_a_certificate_is_taken_from_whoever_carries_it(full: Town) -> None:
    """On a branch too many, behind what was left out, of a stranger too many: all must know of it. Copies are left."""
    east, fire, key = full["E1"], full["F1"], full["E1"].city.recovery("EMB")
    flood = branches(fire, 6)
    east.journal.receive(flood)
    new = certificates.appointment(key, east.city.realm, "EMB", "EMB-new")
    end = ChainEnd(flood[5][-1].seq, flood[5][-1].hash)
    carried, again = (fire.forge("FRD-o", [new, place(name)], end=end, parents=[]) for name in "ab")
    east.journal.receive([carried])
    assert held(east, flood[4], flood[5], carried) == [False, True, True]
    assert east.row("EMB-new", "account")["state"] == "active"
    east.journal.receive([again])
    assert held(east, again) == [False]
    other, stranger_ = certificates.appointment(key, east.city.realm, "EMB", "EMB-x"), Stranger(fire)
    stranger_.chain.append(stranger_._signed(ChainEnd(1, stranger_.tip), other, []))
    for tx in stranger_.chain:
        east.journal.receive([tx])
    assert all(held(east, *stranger_.chain))


def test_what_is_kept_aside_has_an_end(full: Town) -> None:
    """Neither memory nor disk grows with what a liar sends."""
    east, fire = full["E1"], full["F1"]
    before = east.connection.execute("SELECT count(*) FROM op").fetchone()
    aside = east.journal._aside
    for _ in range(120):
        long = Stranger(fire)
        big = Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": "x" * 40_000}})
        end = ChainEnd(1, long.tip)
        long.chain.append(long._signed(end, big, []))
        east.journal.receive(long.chain)
    assert 0 < aside._size <= floods.ASIDE_BYTES
    assert east.connection.execute("SELECT count(*) FROM op").fetchone() == before
