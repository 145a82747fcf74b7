"""What an act may do: types, scopes, births, ownership, shares; a bad one is quarantined everywhere and stops nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import MetaData

from app.journal import certificates, verbs
from app.journal.faults import BadTransactionError, NewerSchemaError
from app.journal.journal import QuarantinedError
from app.journal.operation import (
    MAX_TRANSACTION_BYTES,
    SCHEMA_V,
    Act,
    Transaction,
    commitment,
    header_hash,
    pack,
    withhold,
)
from app.journal.policy import Policy
from db.fields import INTERNAL, maximum, owned, register, shared
from tests.journal.towns import Town, flags, sync, town
from tests.simulation import schema
from tests.simulation.checks import scopes_of
from tests.simulation.world import Station

BIG = 1 << 63


@pytest.fixture(scope="module")
def small() -> Town:
    """One town for all cases that only add a bad act of their own."""
    stations = town("E1", "F1", "H1")
    stations["E1"].write("EMB-o", "register", "sim_case", "born", {"no": "1", "sheet": "s"}, new=True)
    sync(stations)
    return stations


def write(
    values: dict[str, Any], case: str = "i1", command: str = "edit", scope: str = "joint", **more: Any
) -> Act:
    """A write of any shape."""
    return Act(command, "sim_case", case, scope, {"v": verbs.WRITE, "set": values, **more})


def store(verb: str, **body: Any) -> Act:
    """An act on stock."""
    return Act("take" if verb != verbs.SHARE else "share", "sim_store", "foam", "joint", {"v": verb, **body})


CASES: list[tuple[str, str, list[Act]]] = [
    # reason, author, acts
    ("type", "EMB-o", [write({"place": 5})]),
    ("type", "EMB-o", [write({"count": "5"})]),
    ("type", "EMB-o", [write({"count": True})]),
    ("type", "EMB-o", [write({"count": BIG})]),
    ("type", "EMB-o", [write({"spot": [1.0, 2.0]})]),
    ("type", "EMB-o", [write({"spot": [float("nan"), 2.0, "WGS-84"]})]),
    ("type", "EMB-o", [write({"spot": [BIG, 2.0, "WGS-84"]})]),
    ("type", "EMB-o", [write({"spot": {"lon": 1.0}})]),
    ("malformed", "EMB-o", [write({}, entry={"grade": BIG})]),
    ("malformed", "EMB-o", [write({}, entry={"grade": 1.5})]),
    ("malformed", "EMB-o", [Act("edit", "sim_case", "i1", "joint", {"v": "write"})]),
    ("malformed", "EMB-o", [Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {}, "extra": 1})]),
    ("malformed", "EMB-o", [Act("edit", "sim_case", "i1", "joint", {"v": "guess", "set": {}})]),
    ("malformed", "EMB-o", [Act("edit", "sim_case", "i1", "joint", {"set": {}})]),
    ("malformed", "EMB-o", [write({"place": "x"}, over={"cause": []})]),
    ("malformed", "EMB-o", [write({"place": "x"}, over={"place": ["text"]})]),
    ("malformed", "EMB-o", [write({"place": "x"}, case="a\x1fb")]),
    ("malformed", "EMB-o", [store(verbs.TAKE, n=0)]),
    ("malformed", "EMB-o", [store(verbs.TAKE, n=BIG)]),
    ("malformed", "EMB-a", [store(verbs.SHARE, shares={"x": -1})]),
    (
        "malformed",
        "EMB-a",
        [Act("grant", "sim_case", "i1", "joint", {"v": "grant", "agency": "EMB", "roles": []})],
    ),
    (
        "malformed",
        "EMB-a",
        [Act("meet", "agency", "FRD", "joint", {"v": "meet", "key": b"short", "name": ""})],
    ),
    ("unknown field", "EMB-o", [write({"nowhere": "x"})]),
    ("unknown field", "EMB-o", [write({"grade": 3})]),
    ("unknown field", "EMB-o", [write({}, entry={"count": 3})]),
    ("effect", "EMB-o", [Act("edit", "sim_nothing", "i1", "joint", {"v": "write", "set": {}})]),
    ("effect", "EMB-o", [Act("log", "sim_case", "i1", "joint", {"v": "write", "set": {}})]),
    ("effect", "EMB-c", [Act("retract", "sim_case", "i1", "joint", {"v": "write", "set": {}})]),
    (
        "effect",
        "FRD-o",
        [Act("own", "sim_case", "i1", "joint", {"v": "own", "field": "aftermath", "to": "FRD"})],
    ),
    ("role", "EMB-o", [write({"place": "x"}, command="guess")]),
    ("role", "EMB-o", [Act("retract", "sim_case", "i1", "joint", {"v": "retract", "why": "x"})]),
    ("unknown author", "EMB-nobody", [write({"place": "x"})]),
    ("not admitted here", "FRD-o", [write({"place": "x"})]),
    ("mixed scopes", "EMB-o", [write({"place": "x"}), write({"memo": "x"}, scope="internal:EMB")]),
    ("scope", "EMB-o", [write({"place": "x"}, scope="internal:EMB")]),
    ("scope", "EMB-o", [write({"memo": "x"})]),
    ("scope", "EMB-o", [write({"phone": "x"}, scope="internal:EMB")]),
    ("scope", "EMB-o", [write({"memo_f": "x"}, scope="internal:FRD")]),
    ("scope", "EMB-o", [write({"memo": "x"}, scope="internal:EMB", new=True, case="inside")]),
    ("scope", "EMB-o", [write({"memo": "x"}, scope="internal:EMB", entry={"grade": 2})]),
    ("scope", "EMB-o", [write({}, scope="internal:EMB", entry={"grade": 2})]),
    (
        "scope",
        "EMB-c",
        [Act("approve", "sim_case", "i1", "joint", {"v": "approve", "field": "memo", "version": b""})],
    ),
    ("scope", "EMB-c", [Act("retract", "sim_case", "i1", "contact", {"v": "retract", "why": "x"})]),
    ("scope", "EMB-c", [Act("disclose", "sim_case", "i1", "joint", {"v": "disclose", "field": "memo_f"})]),
    ("scope", "EMB-c", [Act("disclose", "sim_case", "i1", "joint", {"v": "disclose", "field": "place"})]),
    (
        "control must be joint",
        "EMB-c",
        [Act("disclose", "sim_case", "i1", "contact", {"v": "disclose", "field": "memo"})],
    ),
    (
        "control must be joint",
        "EMB-a",
        [Act("revoke", "account", "EMB-o", "internal:EMB", {"v": "revoke", "agency": "EMB"})],
    ),
    ("names a head outside its past", "EMB-o", [write({"place": "x"}, over={"place": [b"\1" * 32]})]),
    (
        "names a head outside its past",
        "EMB-c",
        [
            Act(
                "strike",
                "sim_case",
                "i1",
                "joint",
                {"v": "strike", "field": "grade", "ops": [b"\1" * 32], "why": ""},
            )
        ],
    ),
    (
        "unknown field",
        "EMB-c",
        [Act("strike", "sim_case", "i1", "joint", {"v": "strike", "field": "place", "ops": [], "why": ""})],
    ),
    ("no such record", "EMB-o", [write({"sheet": "x"}, case="never born")]),
    ("fixed", "EMB-o", [write({"no": "2"}, case="born")]),
    ("fixed", "EMB-o", [write({"no": "2"}, case="not born")]),
    ("fixed", "EMB-o", [write({"no": "1"}, case="twice", new=True), write({"no": "2"}, case="twice")]),
    (
        "exists",
        "EMB-o",
        [write({"no": "1"}, case="again", new=True), write({"no": "2"}, case="again", new=True)],
    ),
    ("exists", "EMB-o", [write({}, case="born", new=True)]),
    ("share exhausted", "EMB-o", [store(verbs.TAKE, n=1)]),
    ("share exhausted", "EMB-o", [store(verbs.MOVE, n=1, to="anywhere")]),
]


@pytest.mark.parametrize("reason, actor, acts", CASES)
def test_bad_acts_are_quarantined_everywhere(small: Town, reason: str, actor: str, acts: list[Act]) -> None:
    """Refused at the origin; forged, they stop nobody and change nothing."""
    site = small["E1"] if actor.startswith("EMB") or reason == "not admitted here" else small["F1"]
    with pytest.raises(QuarantinedError, match=reason):
        site.act(actor, *acts)
    before = {s.name: sorted(s.connection.execute("SELECT * FROM record")) for s in small.values()}
    tx = site.swallow(site.forge(actor, acts))
    sync(small)
    for each in small.values():
        if all(op.scope in scopes_of(each) for op in tx):
            assert set(each.verdict(tx)) == {reason}
        assert sorted(each.connection.execute("SELECT * FROM record")) == before[each.name]


def test_good_acts_pass(small: Town) -> None:
    """The neighbours of the bad ones: None clears, whole numbers fit decimals, limits are inside."""
    east = small["E1"]
    east.act(
        "EMB-o",
        write({"spot": [1, 2, None], "count": BIG - 1}, case="good"),
        write({"place": None}, case="good"),
    )
    east.act("EMB-o", write({}, entry={"grade": -BIG}, case="good"))
    east.act(
        "EMB-o", write({"no": "1", "sheet": "a"}, case="good2", new=True), write({"sheet": "b"}, case="good2")
    )
    sync(small)
    for each in small.values():
        assert each.row("good")["count"] == BIG - 1 and each.row("good")["grade"] == -BIG
        assert each.row("good")["lon"] == 1.0
        assert sorted(str(x) for x in (each.row("good2")["conflicts"],)) == ["1"]


def test_owned_by_birth() -> None:
    """Only the agency that made a record writes its sheet."""
    stations = town("E1", "F1")
    stations["E1"].write("EMB-o", "register", "sim_case", "i1", {"no": "1", "sheet": "s"}, new=True)
    sync(stations)
    with pytest.raises(QuarantinedError, match="owner"):
        stations["F1"].write("FRD-o", "edit", "sim_case", "i1", {"sheet": "x"})


def test_a_share_cannot_be_spent_twice_in_one_transaction(small: Town) -> None:
    """Each take alone would fit."""
    east = small["E1"]
    east.act("EMB-a", store(verbs.SHARE, shares={east.site: 3}))
    with pytest.raises(QuarantinedError, match="share exhausted"):
        east.act("EMB-o", store(verbs.TAKE, n=2), store(verbs.TAKE, n=2))
    east.act("EMB-o", store(verbs.TAKE, n=1), store(verbs.MOVE, n=1, to=east.site), store(verbs.TAKE, n=1))
    state = east.journal.state
    assert state.stock.share("foam", east.site, None) == 1
    east.act("EMB-o", store(verbs.TAKE, n=2, force=True))
    sync(small)
    for each in small.values():
        assert each.journal.state.stock.share("foam", east.site, None) == -1
        assert flags(each, "beyond the share") == {east.last()[0].hash}


def test_moved_stock_may_be_spent_by_whoever_has_seen_the_move() -> None:
    """A share is what its own past says it is."""
    stations = town("E1", "F1")
    east, fire = stations["E1"], stations["F1"]
    east.act("EMB-a", store(verbs.SHARE, shares={east.site: 3}))
    east.act("EMB-o", store(verbs.MOVE, n=2, to=fire.site))
    with pytest.raises(QuarantinedError, match="share exhausted"):
        fire.act("FRD-o", store(verbs.TAKE, n=1))
    sync(stations)
    fire.act("FRD-o", store(verbs.TAKE, n=2))


def test_naming_passes_through_a_write_that_was_cut_later() -> None:
    """W2 named W1, W1 is cut: what W1 had named stays replaced (REPLICATION, named heads)."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    east.write("EMB-o", "edit", "sim_case", "i1", {"place": "first"})
    sync(stations)
    last = west.end.seq
    west.write("EMB-o", "edit", "sim_case", "i1", {"place": "stolen"})
    sync(stations)
    east.write("EMB-o", "edit", "sim_case", "i1", {"place": "third"})
    east.act("EMB-a", certificates.cutting(east.city.recovery("EMB"), "live", "EMB", west.site, last))
    sync(stations)
    assert {s.row("i1")["place"] for s in stations.values()} == {"third"}
    assert {s.row("i1")["conflicts"] for s in stations.values()} == {0}


def test_naming_does_not_reach_what_the_writer_had_not_seen() -> None:
    """A quarantined write of the liar names somebody's concurrent head; the liar's next write names the quarantined one."""
    stations = town("E1", "E2", "F1")
    east, liar = stations["E1"], stations["E2"]
    seen = [east.end.hash]
    east.write("EMB-o", "edit", "sim_case", "i1", {"place": "honest"})
    head = east.last()[0].hash
    bad = liar.swallow(liar.forge("EMB-o", [write({"place": "bad"}, over={"place": [head]})], parents=seen))
    liar.swallow(liar.forge("EMB-o", [write({"place": "good"}, over={"place": [bad[0].hash]})], parents=seen))
    sync(stations)
    for each in stations.values():
        assert each.verdict(bad) == ["names a head outside its past"]
        assert head in each.heads("i1", "place")
        assert each.row("i1")["conflicts"] == 1


def test_a_disclosed_register_is_written_jointly() -> None:
    """After the disclosure the hall may write it, before it may not."""
    stations = town("E1", "H1")
    act = Act("edit_hall", "sim_case", "i1", "joint", {"v": "write", "set": {"memo": "hall"}})
    with pytest.raises(QuarantinedError, match="scope"):
        stations["H1"].act("HALL-h", act)
    stations["E1"].mark("EMB-c", "disclose", "sim_case", "i1", verbs.DISCLOSE, field="memo")
    sync(stations)
    stations["H1"].act("HALL-h", act)
    sync(stations)
    assert {s.row("i1")["memo"] for s in stations.values()} == {"hall"}


# -- bodies and numbers no honest program writes ---------------------------------------------------------------------------


def resigned(at: Station, tx: Transaction, **changes: Any) -> Transaction:
    """A single operation with some parts changed, committed, hashed and signed again."""
    op = replace(tx[0], **changes)
    salt, body = op.salt or b"", op.body or b""
    op = replace(
        op,
        commit=commitment(
            salt, str(op.actor), str(op.command), str(op.entity), str(op.entity_id), op.schema_v or 0, body
        )
        if op.schema_v and op.schema_v > 0
        else op.commit,
    )
    digest = header_hash(at.city.realm, op)
    return (replace(op, hash=digest, sig=at.key.signing.sign(digest).signature),)


@pytest.mark.parametrize(
    "body",
    [b"", b"\xc1", b"\x91" * 40_000, pack([1]), pack("text"), b"\x81\xa1v"],
    ids=range(6),
)
def test_bodies_that_are_no_map_are_never_stored(small: Town, body: bytes) -> None:
    """Whatever is stored can be read by everybody who looks at it later."""
    east, fire = small["E1"], small["F1"]
    tx = resigned(east, east.forge("EMB-o", [write({"place": "x"})]), body=body)
    with pytest.raises(BadTransactionError, match="body"):
        fire.journal.receive([tx])
    assert fire.journal.state.store.place(tx[0].hash) is None


def test_a_map_that_says_nothing_is_malformed(small: Town) -> None:
    """Keys of any kind are read, shown as malformed, and that is all."""
    east = small["E1"]
    tx = east.swallow(resigned(east, east.forge("EMB-o", [write({"place": "x"})]), body=b"\x81\x91\x01\x01"))
    sync(small)
    assert {tuple(s.verdict(tx)) for s in small.values()} == {("malformed",)}


@pytest.mark.parametrize("changes", [{"hlc": BIG}, {"schema_v": -1}, {"schema_v": 0}, {"commit": b"short"}])
def test_numbers_that_cannot_be_stored_are_refused(small: Town, changes: dict[str, Any]) -> None:
    """BadTransactionError, not an error of the database in the middle of a batch."""
    east, fire = small["E1"], small["F1"]
    tx = east.forge("EMB-o", [write({"place": "x"})])
    with pytest.raises(BadTransactionError):
        fire.journal.receive(
            [resigned(east, tx, **changes) if "commit" not in changes else (withhold(tx[0]),)]
        )


def test_what_everybody_may_read_comes_whole(small: Town) -> None:
    """A joint operation without its body would let one site judge by less than another."""
    east, fire = small["E1"], small["F1"]
    tx = east.forge("EMB-o", [write({"place": "x"})])
    with pytest.raises(BadTransactionError, match="withheld"):
        fire.journal.receive([(withhold(tx[0]),)])


def test_a_newer_schema_stops_its_chain_only(small: Town) -> None:
    """FINDINGS 23: stored nowhere until the upgrade; the rest of the batch before it is kept."""
    east, fire = small["E1"], small["F1"]
    newer = resigned(east, east.forge("EMB-o", [write({"place": "x"})]), schema_v=SCHEMA_V + 1)
    with pytest.raises(NewerSchemaError):
        fire.journal.receive([newer])
    fire.write("FRD-o", "edit", "sim_case", "i9", {"place": "goes on"})
    assert fire.row("i9")["place"] == "goes on"


def test_too_large_is_refused_everywhere(small: Town) -> None:
    """A transaction fits one frame, or whoever stored it could not pass it on."""
    with pytest.raises(BadTransactionError, match="large"):
        small["E1"].act("EMB-o", write({"place": "x" * MAX_TRANSACTION_BYTES}))
    small["E1"].act("EMB-o", write({"place": "x" * 1000}, case="large"))
    east = small["E1"]
    for act in (write({"place": "x" * MAX_TRANSACTION_BYTES}), write({"place": "x"}, case="长" * 20_000)):
        with pytest.raises(BadTransactionError, match="large"):
            small["F1"].journal.receive([east.forge("EMB-o", [act])])


def test_what_was_verified_on_the_way_is_not_verified_again(small: Town) -> None:
    """`sealed` spares hashes and signature of the named transactions alone; shape, chain and body are looked at all the same."""
    sync(small)
    east, fire = small["E1"], small["F1"]
    good, key = east.forge("EMB-o", [write({"place": "x"})]), east.key.public
    with pytest.raises(BadTransactionError, match="signature"):  # verified with a key that is not the chain's
        unknown = (replace(good[0], sig=bytes(64)),)
        fire.journal.receive([unknown], sealed={good[0].hash: fire.key.public})
    unsigned = (replace(good[0], sig=bytes(64)),)
    with pytest.raises(BadTransactionError, match="signature"):
        fire.journal.receive([unsigned], sealed={b"another": key})
    for wrong, reason in (
        ((replace(good[0], tx=good[0].tx + 1),), "shape"),
        ((*good, replace(good[0], seq=good[0].seq + 1)), "shape"),
        ((replace(good[0], body=b"\x01"),), "body"),
    ):
        with pytest.raises(BadTransactionError, match=reason):
            fire.journal.receive([wrong], sealed={good[0].hash: key})
    assert fire.journal.receive([good], sealed={good[0].hash: key}).applied == 1


def test_a_refused_act_leaves_no_trace(small: Town) -> None:
    """Nothing is written, the chain goes on where it was."""
    east = small["E1"]
    end, rows = east.end, east.connection.execute("SELECT count(*) FROM op").fetchone()
    with pytest.raises(QuarantinedError):
        east.journal.author(
            "EMB-o", [[write({"place": "good"}, case="trace")], [write({"place": 5}, case="trace")]]
        )
    assert (east.end, east.connection.execute("SELECT count(*) FROM op").fetchone()) == (end, rows)
    assert not east.row("trace")


# -- declarations -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields, scope",
    [
        ([owned("text", "birth")], INTERNAL),
        ([maximum("grade")], INTERNAL),
        ([owned("text", "no rule")], "joint"),
    ],
)
def test_declarations_that_would_split_sites_are_refused(fields: list[Any], scope: str) -> None:
    """Ownership and extremes are joint, or a reader without the births would judge otherwise."""
    entity = shared("odd", fields, scope=scope, into=MetaData())
    with pytest.raises(ValueError, match="odd"):
        Policy({"odd": entity}, schema.permits, {})
    Policy({"even": shared("even", [register("text")], into=MetaData())}, schema.permits, {})
