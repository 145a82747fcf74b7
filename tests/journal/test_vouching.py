"""One signature for many transactions: what may travel and be kept without its own (decision 0026)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

import pytest
from nacl.signing import SigningKey

from app.journal.chain_faults import FaultKind
from app.journal.deriving import DERIVERS
from app.journal.faults import BadTransactionError, GapError
from app.journal.keys import SiteKey
from app.journal.operation import Act, Transaction, rebuild_operation
from app.journal.reprojection import Standpoint
from app.journal.site_keys import succession
from app.journal.verify import verify
from app.journal.vouching import SEGMENT, Open, closed_before, thin, vouchers
from tests.journal.towns import Town, sync, town
from tests.simulation import schema
from tests.simulation.network import wanted
from tests.simulation.world import Station, key_of


@pytest.fixture
def small() -> Town:
    return town("E1", "F1", "H1")


def edits(at: Station, count: int) -> None:
    """As many transactions of one operation."""
    at.write("EMB-o", "register", "sim_case", "i1", {"place": "0"}, new=True)
    for n in range(1, count):
        at.act("EMB-o", Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": str(n)}}))


def unsigned(txs: Sequence[Transaction]) -> list[bool]:
    return [tx[-1].sig is None for tx in txs]


def bare(tx: Transaction) -> Transaction:
    return (*tx[:-1], replace(tx[-1], sig=None))


def signatures_at(station: Station, site: str) -> list[bool]:
    rows = station.connection.execute(
        "SELECT sig IS NOT NULL FROM op WHERE site = ? AND tx_last = 1 ORDER BY seq", (site,)
    )
    return [bool(row[0]) for row in rows]


def test_what_was_thinned_is_taken_relayed_and_verified(small: Town) -> None:
    """From E1 to F1 and from there, thinned again, to H1: the same rows, every chain ends with a signature."""
    east, fire, hall = small["E1"], small["F1"], small["H1"]
    edits(east, 3 * SEGMENT + 5)
    sent = thin(wanted(east, fire))
    assert sum(unsigned(sent)) >= 3 * (SEGMENT - 1)
    assert all(
        any(not each for each in unsigned(sent[at : at + SEGMENT])) for at in range(len(sent) - SEGMENT)
    )
    assert fire.journal.receive(sent).applied == len(sent)
    relayed = thin(wanted(fire, hall))
    assert hall.journal.receive(relayed).applied == len(relayed)
    for each in (fire, hall):
        assert each.row("i1")["place"] == str(3 * SEGMENT + 4)
        kept = signatures_at(each, east.site)
        assert not all(kept)
        assert kept[-1]
        report = verify(each.connection, Standpoint.of(each.journal.identity), schema.policy(), DERIVERS)
        assert report.ok, report.faults
    sync(small)


def test_the_other_branch_of_the_own_chain_is_verified_as_it_came(small: Town) -> None:
    """A copied disk wrote on, and what it wrote comes home thinned: only one's own branch is signed throughout."""
    east, fire = small["E1"], small["F1"]
    edits(east, 2)
    sync(small)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    east.connection.backup(connection)
    copy = Station("E1x", east.city, east.clock, east.key, connection, ring=dict(east.ring))
    for n in range(2 * SEGMENT):
        act = Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": f"copy {n}"}})
        copy.act("EMB-o", act)
    edits_of = Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": "original"}})
    east.act("EMB-o", edits_of)
    fire.journal.receive(thin(wanted(copy, fire)))
    east.journal.receive(thin(wanted(fire, east)))
    assert not all(signatures_at(east, east.site)), "some of the copy's have come without"
    report = verify(east.connection, Standpoint.of(east.journal.identity), schema.policy(), DERIVERS)
    assert report.ok, report.faults[:3]
    assert [(fork.site) for fork in report.forks] == [east.site]


def test_a_reading_of_the_journal_ends_where_nobody_waits(small: Town) -> None:
    """However little is asked for: what comes without signature comes with what vouches for it."""
    east, fire, hall = small["E1"], small["F1"], small["H1"]
    edits(east, 2 * SEGMENT)
    fire.journal.receive(thin(wanted(east, fire)))
    known, cursor, found = fire.journal.common(hall.journal.vector()), 0, []
    while part := fire.journal.after(known, 1, cursor):
        txs = [tx for _, tx in part]
        waiting = Open()
        assert [waiting.step(tx) for tx in txs][-1]
        assert None not in vouchers(txs).values()
        cursor = part[-1][0]
        found += txs
    assert hall.journal.receive(found).applied == len(found)


def test_nothing_is_taken_without_a_signature_that_stands_for_it(small: Town) -> None:
    east, fire = small["E1"], small["F1"]
    edits(east, 6)
    sent = wanted(east, fire)
    with pytest.raises(BadTransactionError, match="signature"):
        fire.journal.receive([bare(tx) for tx in sent])
    with pytest.raises(BadTransactionError, match="signature"):
        fire.journal.receive([*map(bare, sent[:2]), *sent[3:]])
    assert east.site not in fire.journal.vector() or fire.journal.vector()[east.site][0] < sent[0][0].seq
    wrong = (*sent[-1][:-1], replace(sent[-1][-1], sig=bytes(64)))
    with pytest.raises(BadTransactionError, match="signature"):
        fire.journal.receive([*map(bare, sent[:-1]), wrong])
    assert fire.journal.receive([*map(bare, sent[:-1]), sent[-1]]).applied == len(sent)


def test_a_forged_entry_among_them_takes_all_of_them_with_it(small: Town) -> None:
    """A hash that does not fit, and an entry rebuilt to fit, are noticed; what stood closed before them is kept."""
    east, fire = small["E1"], small["F1"]
    edits(east, 8)
    sent = wanted(east, fire)
    run = [*sent[:3], *map(bare, sent[3:-1]), sent[-1]]
    forged = replace(run[5][0], hlc=run[5][0].hlc + 1)
    for entry in (forged, rebuild_operation(east.city.realm, forged)):
        with pytest.raises(BadTransactionError) as told:
            fire.journal.receive([*run[:5], (entry,), *run[6:]])
        assert told.value.kept in (0, 3)
        assert fire.journal.vector()[east.site][0] == sent[2][-1].seq
        assert signatures_at(fire, east.site)[-1]


def test_a_gap_among_them_keeps_what_stood_closed_before(small: Town) -> None:
    """The parents of one are not here: none of those that wait for the same signature is kept, all come again."""
    east, fire = small["E1"], small["F1"]
    edits(east, 4)
    sent = wanted(east, fire)
    lost = replace(sent[2][0], parents=(b"p" * 32,))
    lost = rebuild_operation(east.city.realm, lost)
    lost = replace(lost, sig=None)
    follower = rebuild_operation(east.city.realm, replace(sent[3][0], prev=lost.hash))
    signed = replace(follower, sig=east.key.signing.sign(follower.hash).signature)
    with pytest.raises(GapError) as told:
        fire.journal.receive([sent[0], bare(sent[1]), (lost,), (signed,)])
    assert (told.value.kept, told.value.at) == (1, 2)
    assert fire.journal.vector()[east.site][0] == sent[0][-1].seq
    assert closed_before([sent[0], bare(sent[1]), (lost,)], 2) == 1


def test_a_change_of_the_key_stands_by_its_own_signature(small: Town) -> None:
    """Who has only the new key could otherwise make up what the old key never signed."""
    east, fire = small["E1"], small["F1"]
    edits(east, 3)
    new: SigningKey = key_of(east.site, "new")
    east.journal.succeed_by(new)
    body = {"v": "rotate", **succession(east.city.realm, east.site, east.key.signing, new)}
    east.act("EMB-a", Act("rotate_key", "site", east.site, "joint", body))
    east.key = SiteKey(new, east.site)
    east.act("EMB-o", Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": "later"}}))
    sent = wanted(east, fire)
    turns = next(n for n, tx in enumerate(sent) if tx[0].command == "rotate_key")
    assert not unsigned(thin(sent))[turns]
    with pytest.raises(BadTransactionError, match="signature"):
        fire.journal.receive([*sent[:turns], bare(sent[turns]), *sent[turns + 1 :]])
    assert fire.journal.receive(thin(sent)[turns:]).applied == len(sent) - turns
    assert fire.row("i1")["place"] == "later"
    fire.connection.execute("DROP TRIGGER op_never_changed")
    fire.connection.execute("UPDATE op SET sig = NULL WHERE hash = ?", (sent[turns][-1].hash,))
    report = verify(fire.connection, Standpoint.of(fire.journal.identity), schema.policy(), DERIVERS)
    assert [(fault.kind, fault.seq) for fault in report.faults] == [
        (FaultKind.SIGNATURE, sent[turns][-1].seq)
    ]


def test_an_edited_entry_and_an_end_without_signature_are_found(small: Town) -> None:
    """What is kept without its own signature is no less fixed; the last entry of a chain must have one."""
    east, fire = small["E1"], small["F1"]
    edits(east, 6)
    sent = thin(wanted(east, fire))
    fire.journal.receive(sent)
    edited, last = sent[2][0], sent[-1][-1]
    assert edited.sig is None
    fire.connection.execute("DROP TRIGGER op_never_changed")
    fire.connection.execute("UPDATE op SET hlc = hlc + 1 WHERE hash = ?", (edited.hash,))
    fire.connection.execute("UPDATE op SET sig = NULL WHERE hash = ?", (last.hash,))
    report = verify(fire.connection, Standpoint.of(fire.journal.identity), schema.policy(), DERIVERS)
    found = {(fault.kind, fault.seq) for fault in report.faults if fault.site == east.site}
    assert found == {(FaultKind.HEADER, edited.seq), (FaultKind.SIGNATURE, last.seq)}


def test_something_urgent_is_let_in_between_where_nobody_waits(small: Town) -> None:
    east, fire = small["E1"], small["F1"]
    edits(east, 3 * SEGMENT)
    sent = thin(wanted(east, fire))
    rounds = 0
    while sent:
        received = fire.journal.receive(sent, pressed=lambda: True)
        assert 0 < received.taken <= SEGMENT
        assert signatures_at(fire, east.site)[-1]
        sent, rounds = sent[received.taken :], rounds + 1
    assert rounds >= 3
    assert fire.row("i1")["place"] == str(3 * SEGMENT - 1)
