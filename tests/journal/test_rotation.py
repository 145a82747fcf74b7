"""Rotating a site's key: the chain goes on under the new key everywhere, and under no other (docs/decisions/0033)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from nacl.signing import SigningKey

from app.journal.chain_faults import FaultKind
from app.journal.deriving import DERIVERS
from app.journal.faults import BadTransactionError, GapError
from app.journal.journal import QuarantinedError
from app.journal.keys import SiteKey
from app.journal.operation import Act, ChainEnd, Transaction
from app.journal.reprojection import Standpoint
from app.journal.site_keys import succession
from app.journal.verify import VerifyReport, verify
from tests.journal.towns import Town, sync, tick, town
from tests.simulation import schema
from tests.simulation.world import Station, key_of


@pytest.fixture
def small() -> Town:
    return town("E1", "E2", "F1")


def edit(value: str) -> Act:
    """A plain edit."""
    return Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": value}})


def begin(at: Station) -> None:
    """The record that is edited."""
    at.write("EMB-o", "register", "sim_case", "i1", {"place": "1"}, new=True)


def rotation(at: Station, new: SigningKey, old: SigningKey | None = None) -> Act:
    """The act that hands a chain to a new key."""
    body = {"v": "rotate", **succession(at.city.realm, at.site, old or at.key.signing, new)}
    return Act("rotate_key", "site", at.site, "joint", body)


def rotate(at: Station, name: str = "new") -> SigningKey:
    """Rotate a workstation's key; its old one is what is returned."""
    old, new = at.key.signing, key_of(at.site, name)
    at.journal.succeed_by(new)
    at.act("EMB-a", rotation(at, new))
    at.key = SiteKey(new, at.site)
    return old


def after(at: Station, tx: Transaction) -> ChainEnd:
    return ChainEnd(tx[-1].seq, tx[-1].hash)


def examined(at: Station) -> VerifyReport:
    return verify(at.connection, Standpoint.of(at.journal.identity), schema.policy(), DERIVERS)


def test_the_chain_goes_on_under_the_new_key_and_the_site_stays_the_same(small: Town) -> None:
    east, fire = small["E1"], small["F1"]
    begin(east)
    sync(small)
    site, first = east.site, east.key.public
    rotate(east)
    east.act("EMB-o", edit("2"))
    rotate(east, "newer")
    east.act("EMB-o", edit("3"))
    sync(small)
    for each in small.values():
        assert each.row("i1")["place"] == "3"
        assert each.journal.public_key(site) == bytes(key_of(site, "newer").verify_key)
        assert each.journal.state.chains[site].key == first
        assert each.journal.has_rotated(site) and not each.journal.has_rotated(fire.site)
        assert examined(each).ok and examined(each).signatures
        each.reopen()
        assert each.journal.public_key(site) == bytes(key_of(site, "newer").verify_key)
        before = each.row(site, "site")
        each.journal.rebuild()
        assert each.row(site, "site") == before
    tick(small)
    east.act("EMB-o", edit("4"))
    sync(small)
    assert fire.row("i1")["place"] == "4"


def test_the_old_key_cannot_continue_the_chain(small: Town) -> None:
    """After the rotation it is refused; in place of the rotation it makes a fork, which closes the chain there for everybody."""
    east, west, fire = small["E1"], small["E2"], small["F1"]
    begin(east)
    sync(small)
    before = east.end
    old = rotate(east)
    east.act("EMB-o", edit("genuine"))
    sync(small)
    thief = SiteKey(old)
    assert thief.site == east.site
    new = east.key
    east.key = thief
    beyond = east.forge("EMB-o", [edit("stolen")])
    instead = east.forge("EMB-o", [edit("stolen")], end=before, parents=[])
    east.key = new
    with pytest.raises(BadTransactionError, match="signature"):
        fire.journal.receive([beyond])
    with pytest.raises(
        BadTransactionError, match="signature"
    ):  # nor with a seal of a receiver that knew the old key
        fire.journal.receive([beyond], sealed={beyond[-1].hash: thief.public})
    assert fire.row("i1")["place"] == "genuine"
    fire.journal.receive([instead])
    west.journal.receive([instead])
    sync(small)
    for each in small.values():
        assert each.journal.state.chains[east.site].fork_seq == before.seq + 1
        assert each.row(east.site, "site")["state"] == "forked"
        assert each.row("i1")["place"] == "1"
        assert each.verdict(instead) == ["cut"]
        assert examined(each).ok


def test_both_branches_of_a_fork_are_verified_by_the_keys_of_their_own(small: Town) -> None:
    """Two rotations beside each other, seen in both orders, and what follows on each branch."""
    east, west, fire = small["E1"], small["E2"], small["F1"]
    begin(east)
    sync(small)
    start, old = east.end, east.key
    branches: list[list[Transaction]] = []
    for name in ("left", "right"):
        new = key_of(east.site, name)
        east.key = old
        turn = east.forge("EMB-a", [rotation(east, new)], end=start, parents=[])
        east.key = SiteKey(new, east.site)
        one = east.forge("EMB-o", [edit(name)], end=after(east, turn), parents=[])
        two = east.forge("EMB-o", [edit(name + " 2")], end=after(east, one), parents=[])
        branches.append([turn, one, two])
    left, right = branches
    west.journal.receive(left + right)
    fire.journal.receive([right[0], left[0], right[1], left[1], left[2], right[2]])
    crossed = replace(left[1][0], sig=right[1][0].sig)
    for each in (west, fire):
        assert each.journal.state.chains[east.site].fork_seq == start.seq + 1
        assert all(each.journal.state.store.get(tx[-1].hash) for tx in left + right)
        assert examined(each).ok
        with pytest.raises(BadTransactionError, match="signature"):
            each.journal.receive([(crossed,)])
        each.reopen()
        assert each.journal.receive(left + right).duplicates == len(left + right)
    sync(small, "E2", "F1")


def test_a_rotation_that_is_missing_is_a_gap_and_no_wrong_signature(small: Town) -> None:
    east, fire = small["E1"], small["F1"]
    begin(east)
    sync(small)
    rotate(east)
    turn = east.last()
    east.act("EMB-o", edit("2"))
    with pytest.raises(GapError):
        fire.journal.receive([east.last()])
    assert fire.journal.receive([turn, east.last()]).applied == 2


def test_who_does_not_hold_the_old_or_the_new_key_rotates_nothing(small: Town) -> None:
    east, fire = small["E1"], small["F1"]
    begin(east)
    sync(small)
    new, other = key_of("new"), key_of("other")
    good = rotation(east, new)
    wrong = [
        replace(good, body={**good.body, "key": bytes(other.verify_key)}),
        replace(good, body={**good.body, "by": rotation(east, new, other).body["by"]}),
        replace(good, entity_id=fire.site),
    ]
    for act in wrong:
        tx = east.swallow(east.forge("EMB-a", [act]))
        fire.journal.receive([tx])
        assert fire.verdict(tx)[0] is not None and east.verdict(tx) == fire.verdict(tx)
        assert fire.journal.public_key(east.site) == east.key.public
    malformed = replace(good, body={**good.body, "proof": b"short"})
    assert east.verdict(east.swallow(east.forge("EMB-a", [malformed]))) == ["malformed"]
    east.act("EMB-o", edit("2"))
    sync(small)
    assert fire.row("i1")["place"] == "2"


def test_nobody_hands_the_own_chain_to_a_key_that_is_not_held(small: Town) -> None:
    """Whatever a command says, the journal refuses: the next act could not be signed."""
    east = small["E1"]
    with pytest.raises(QuarantinedError):
        east.act("EMB-a", rotation(east, key_of("unknown")))
    east.journal.succeed_by(key_of("held"))
    with pytest.raises(QuarantinedError):
        east.act("EMB-a", rotation(east, key_of("unknown")))
    with pytest.raises(QuarantinedError):  # the rotation and what follows fall together
        east.journal.author(
            "EMB-a", [[rotation(east, key_of("held"))], [Act("nonsense", "site", "x", "joint", {})]]
        )
    begin(east)
    sync(small)
    assert small["F1"].row("i1")["place"] == "1"


def test_without_the_right_the_key_changes_all_the_same_and_it_is_seen(small: Town) -> None:
    """The chain's own signatures follow the chain alone; the act itself is quarantined like any other without a right."""
    east, fire = small["E1"], small["F1"]
    begin(east)
    sync(small)
    new = key_of(east.site, "new")
    turn = east.forge("EMB-o", [rotation(east, new)])
    fire.journal.receive([turn])
    assert fire.verdict(turn) == ["role"]
    assert fire.journal.public_key(east.site) == bytes(new.verify_key)


def test_verify_finds_a_signature_by_a_key_not_in_force(small: Town) -> None:
    east, fire = small["E1"], small["F1"]
    begin(east)
    rotate(east)
    east.act("EMB-o", edit("2"))
    sync(small)
    op = east.last()[-1]
    old = key_of(east.city.seed, "site", "E1")
    fire.connection.execute("DROP TRIGGER op_never_changed")
    fire.connection.execute("UPDATE op SET sig = ? WHERE hash = ?", (old.sign(op.hash).signature, op.hash))
    found = examined(fire).faults
    assert [(each.kind, each.site, each.seq) for each in found] == [(FaultKind.SIGNATURE, east.site, op.seq)]
