"""Forks: two signed operations under one (site, seq) close the site there, at every site and in every order (FINDINGS 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.journal import certificates
from app.journal.deriving import DERIVERS
from app.journal.faults import BadTransactionError, GapError
from app.journal.journal import QuarantinedError
from app.journal.operation import Act, ChainEnd, Operation, Transaction, author_transaction, header_hash
from app.journal.reprojection import Standpoint
from app.journal.verify import verify
from tests.journal.towns import Town, sync, town
from tests.simulation import schema
from tests.simulation.world import Station, enrol, granting, station


def place(value: str) -> Act:
    """A plain edit."""
    return Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": value}})


def chain_of(liar: Station, *values: Sequence[str]) -> list[Transaction]:
    """Successive forged transactions from the liar's present end on."""
    out: list[Transaction] = []
    end = liar.end
    for group in values:
        tx = liar.forge("EMB-o", [place(value) for value in group], end=end)
        out.append(tx)
        end = ChainEnd(tx[-1].seq, tx[-1].hash)
    return out


def sharing(liar: Station, whole: Transaction, *values: str) -> Transaction:
    """A second transaction that begins with the first operation of another and goes on differently."""
    first = whole[0]
    rest = author_transaction(
        liar.city.realm,
        liar.key.signing,
        liar.site,
        ChainEnd(first.seq, first.hash),
        [],
        [first.hlc + 1 + index for index in range(len(values))],
        "EMB-o",
        [place(value) for value in values],
    )
    ops: list[Operation] = [first]
    for op in rest:
        ops.append(resealed(liar, op, ops[-1].hash, first.seq))
    return tuple(ops)


def resealed(liar: Station, op: Operation, prev: bytes, start: int) -> Operation:
    """The operation as part of the transaction that starts at `start`, signed again."""
    op = replace(op, prev=prev, tx=start)
    digest = header_hash(liar.city.realm, op)
    return replace(op, hash=digest, sig=liar.key.signing.sign(digest).signature if op.tx_last else None)


def assert_closed_at(stations: Town, liar: Station, seq: int, *branches: Transaction) -> None:
    """Every site holds every branch, counts nothing from `seq` on, and says so."""
    for each in stations.values():
        assert each.journal.state.chains[liar.site].fork_seq == seq
        for tx in branches:
            assert set(each.verdict(tx)) == {"cut"}
        assert each.row(liar.site, "site")["state"] == "forked"
        assert each.row("i1").get("place") == "true"
        before = sorted(each.connection.execute("SELECT * FROM quarantine"))
        each.journal.rebuild()
        assert sorted(each.connection.execute("SELECT * FROM quarantine")) == before


def forked_town() -> Town:
    """A town in which something true was written before."""
    stations = town()
    stations["E1"].write("EMB-o", "edit", "sim_case", "i1", {"place": "true"})
    sync(stations)
    return stations


def test_each_branch_known_to_one_site_only() -> None:
    """Branches of equal length; the proof is relayed although the numbers look known."""
    stations = forked_town()
    liar, start = stations["E2"], stations["E2"].end.seq + 1
    left, right = chain_of(liar, ["left"])[0], chain_of(liar, ["right"])[0]
    stations["E1"].journal.receive([left])
    stations["F1"].journal.receive([right])
    sync(stations)
    assert_closed_at(stations, liar, start, left, right)


@pytest.mark.parametrize("short, long", [("E1", "F1"), ("F1", "H1")])
def test_branches_of_different_length(short: str, long: str) -> None:
    """The longer branch looks like news without its beginning: neither side may wait for ever."""
    stations = forked_town()
    liar, start = stations["E2"], stations["E2"].end.seq + 1
    left, right = chain_of(liar, ["l"]), chain_of(liar, ["r1", "r2"], ["r3"], ["r4"])
    stations[short].journal.receive(left)
    stations[long].journal.receive(right)
    for name in (short, long):
        stations[name].write(
            {"E": "EMB-o", "F": "FRD-o", "H": "HALL-h"}[name[0]],
            "log",
            "sim_log",
            name,
            {"text": name},
            new=True,
        )
    sync(stations)
    assert_closed_at(stations, liar, start, *left, *right)
    assert all(s.row(name, "sim_log") for s in stations.values() for name in (short, long))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_transactions_that_share_their_first_operation(order: tuple[int, int]) -> None:
    """Overlap: both are stored, relayed whole and quarantined whole, whichever came first."""
    stations = forked_town()
    liar, start = stations["E2"], stations["E2"].end.seq + 1
    left = chain_of(liar, ["a", "b"])[0]
    right = sharing(liar, left, "c", "d")
    assert left[0] == right[0] and left[1].hash != right[1].hash
    for name, index in zip(("E1", "F1"), order, strict=True):
        stations[name].journal.receive([(left, right)[index]])
    sync(stations)
    assert_closed_at(stations, liar, start, left, right)
    for each in stations.values():
        held = [tx for tx in each.transactions() if tx[0].site == liar.site and tx[0].seq == start]
        assert sorted(held, key=lambda tx: tx[-1].hash) == sorted((left, right), key=lambda tx: tx[-1].hash)


def test_a_transaction_that_begins_inside_another() -> None:
    """The chain goes on from the middle of a transaction: closed before that transaction."""
    stations = forked_town()
    liar, start = stations["E2"], stations["E2"].end.seq + 1
    left = chain_of(liar, ["a", "b"])[0]
    inside = liar.forge("EMB-o", [place("c")], end=ChainEnd(left[0].seq, left[0].hash))
    stations["E1"].journal.receive([left, inside])
    sync(stations)
    assert_closed_at(stations, liar, start, left, inside)


def test_three_branches_close_at_the_lowest() -> None:
    """The lowest fork wins, whatever is discovered first."""
    stations = forked_town()
    liar, start = stations["E2"], stations["E2"].end.seq + 1
    long = chain_of(liar, ["a"], ["b"])
    other = liar.forge("EMB-o", [place("c")], end=ChainEnd(long[0][-1].seq, long[0][-1].hash))
    low = chain_of(liar, ["d"])[0]
    stations["E1"].journal.receive([*long, other])
    assert stations["E1"].journal.state.chains[liar.site].fork_seq == start + 1
    stations["F1"].journal.receive([low])
    sync(stations)
    assert_closed_at(stations, liar, start, *long, other, low)


def test_certificates_on_both_branches_hold() -> None:
    """A certificate is valid by itself, even inside the beginning that two forked transactions share."""
    stations = forked_town()
    liar = stations["E2"]
    own = certificates.closing(liar.city.recovery("EMB"), "live", "EMB", liar.site, stations["E1"].site)
    left = liar.forge("EMB-o", [own, place("b")])
    right = sharing(liar, left, "c")
    stations["E1"].journal.receive([left])
    stations["F1"].journal.receive([right])
    sync(stations)
    for each in stations.values():
        assert each.verdict(left) == [None, "cut"] and each.verdict(right) == [None, "cut"]
        assert each.row(liar.site, "site")["heir"] == stations["E1"].site


def test_a_left_out_number_is_no_chain() -> None:
    """Seq 9 on seq 5: refused, or a second branch could hide in the hole."""
    stations = forked_town()
    liar = stations["E2"]
    end = liar.end
    for wrong in (ChainEnd(end.seq + 4, end.hash), ChainEnd(end.seq, stations["E1"].end.hash)):
        with pytest.raises(BadTransactionError, match="chain"):
            stations["F1"].journal.receive([liar.forge("EMB-o", [place("x")], end=wrong)])


def test_a_forked_site_is_told() -> None:
    """Its own acts are refused from then on: it must begin anew as a new site."""
    stations = forked_town()
    liar = stations["E2"]
    left, right = chain_of(liar, ["a"])[0], chain_of(liar, ["b"])[0]
    liar.swallow(left)
    liar.swallow(right)
    with pytest.raises(QuarantinedError, match="cut"):
        liar.write("EMB-o", "edit", "sim_case", "i1", {"place": "x"})
    again = station(liar.city, "E3")
    enrol(liar.city, again)
    stations["E3"] = again
    sync(stations)
    again.write("EMB-o", "edit", "sim_case", "i1", {"place": "anew"})
    sync(stations)
    assert {s.row("i1")["place"] for s in stations.values()} == {"anew"}


def test_rights_from_a_forked_branch() -> None:
    """A grant on a closed branch gives nothing but the flag on ordinary acts that rested on it (FINDINGS 12)."""
    stations = forked_town()
    liar, east = stations["E2"], stations["E1"]
    left = liar.forge("EMB-a", [granting("EMB-x", "officer")])
    liar.swallow(left)
    right = liar.forge("EMB-o", [place("b")], end=ChainEnd(left[0].seq - 1, left[0].prev))
    sync(stations)
    east.write("EMB-x", "edit", "sim_case", "i1", {"cause": "honest"})
    act = east.last()
    stations["F1"].journal.receive([right])
    sync(stations)
    for each in stations.values():
        assert each.verdict(left) == ["cut"] and each.verdict(act) == [None]
        kinds = {
            row[0] for row in each.connection.execute("SELECT kind FROM flag WHERE hash = ?", (act[0].hash,))
        }
        assert kinds == {"rests on a cut right"}


def test_the_beginning_of_a_chain_is_its_enrolment() -> None:
    """No key can be claimed for a site; without its first transaction a chain is a gap."""
    stations = town("E1", "F1")
    stranger = station(stations["E1"].city, "E9")
    with pytest.raises(BadTransactionError, match="enrolment"):
        stations["E1"].journal.receive([stranger.forge("EMB-o", [place("x")])])
    far = stranger.forge("EMB-o", [place("x")], end=ChainEnd(3, b"\1" * 32))
    with pytest.raises(GapError):
        stations["E1"].journal.receive([far])
    other = certificates.enrolment(
        stranger.city.recovery("EMB"), "live", "EMB", stations["F1"].key.public, ""
    )
    with pytest.raises(BadTransactionError, match="enrolment"):
        stations["E1"].journal.receive([stranger.forge("EMB-o", [other])])


def test_a_shared_beginning_is_in_order() -> None:
    """`verify` finds two transactions that begin with the same operation, a fork, and no torn transaction."""
    stations = forked_town()
    liar = stations["E2"]
    whole = liar.forge("EMB-o", [place("a"), place("b")])
    other = sharing(liar, whole, "c", "d")
    east = stations["E1"]
    east.journal.receive([whole])
    east.write("EMB-o", "edit", "sim_case", "i1", {"cause": "between"})
    east.journal.receive([other])
    report = verify(east.connection, Standpoint.of(east.journal.identity), schema.policy(), DERIVERS)
    assert report.faults == () and report.ok
    assert [(fork.site, fork.seq) for fork in report.forks] == [(liar.site, whole[1].seq)]


def test_a_branch_whose_beginning_is_not_here_is_asked_for_from_the_first() -> None:
    """The numbers are here, the operations are not: what comes before must be sent, although it looks known."""
    stations = forked_town()
    liar, east = stations["E2"], stations["E1"]
    left, right = chain_of(liar, ["l1"], ["l2"]), chain_of(liar, ["r1"], ["r2"], ["r3"])
    east.journal.receive(left)
    for tx in right[1:]:
        with pytest.raises(GapError) as gap:
            east.journal.receive([tx])
        assert gap.value.have_seq == (0 if tx[0].seq - 1 <= left[-1][-1].seq else left[-1][-1].seq)
    east.journal.receive(right)
    assert east.verdict(right[2]) == ["cut"]


def test_a_fault_says_how_many_were_kept_before_it() -> None:
    """Not by numbers, which a fork makes ambiguous: second branches, duplicates and news alike are counted."""
    stations = forked_town()
    liar, east = stations["E2"], stations["E1"]
    left, right = chain_of(liar, ["l1"], ["l2"]), chain_of(liar, ["r1"], ["r2"], ["r3"], ["r4"])
    east.journal.receive(left)
    with pytest.raises(GapError) as gap:
        east.journal.receive([left[0], right[0], right[1], right[3], right[2]])
    assert gap.value.kept == 3
    bad = (replace(right[2][0], sig=bytes(64)),)
    with pytest.raises(BadTransactionError) as wrong:
        east.journal.receive([right[0], bad])
    assert wrong.value.kept == 1
