"""Trust stays inside an agency: certificates, accounts, recovery keys, and what a revocation denies (REPLICATION, Trust)."""

from __future__ import annotations

import pytest
from nacl.signing import SigningKey

from app.journal import certificates, verbs
from app.journal.faults import BadTransactionError
from app.journal.journal import QuarantinedError
from app.journal.operation import Act
from tests.journal.towns import Town, flags, sync, tick, town
from tests.simulation.world import City, Station, found, granting, meeting, revoking


def edit(at: Station, actor: str, **values: object) -> None:
    """One edit."""
    at.write(actor, "edit", "sim_case", "i1", values)


def forged(at: Station, actor: str, *acts: Act) -> list[str | None]:
    """Verdicts on a forged transaction at its own workstation."""
    return at.verdict(at.swallow(at.forge(actor, list(acts))))


def assert_nothing_quarantined(stations: Town, at: Station) -> None:
    """No act of this workstation is quarantined anywhere."""
    for each in stations.values():
        for tx in each.transactions():
            if tx[0].site == at.site:
                assert set(each.verdict(tx)) == {None}


def test_a_recovery_key_speaks_for_its_own_agency_only() -> None:
    """FRD's key cuts, closes and enrols EMB's workstation, and appoints EMB's officer: nothing happens."""
    stations = town()
    fire, east = stations["F1"], stations["E1"]
    key = fire.city.recovery("FRD")
    for act in (
        certificates.cutting(key, "live", "FRD", east.site, 1),
        certificates.closing(key, "live", "FRD", east.site, fire.site),
        certificates.enrolment(key, "live", "FRD", east.key.public, "X"),
        certificates.appointment(key, "live", "FRD", "EMB-o"),
    ):
        fire.act("FRD-a", act)
    sync(stations)
    edit(east, "EMB-o", place="still ours")
    sync(stations)
    assert_nothing_quarantined(stations, east)
    for each in stations.values():
        assert each.row(east.site, "site")["agency"] == "EMB"
        assert each.row(east.site, "site")["state"] == "enrolled"
        assert each.row("i1")["place"] == "still ours"
        assert not flags(each, "from a closed site")


@pytest.mark.parametrize("act", [revoking("EMB-o", agency="FRD"), granting("EMB-o", "chief", agency="FRD")])
def test_an_administrator_leaves_strangers_accounts_alone(act: Act) -> None:
    """Seen the account's own agency: refused at the origin. Hidden: without effect there."""
    stations = town()
    fire, east = stations["F1"], stations["E1"]
    with pytest.raises(QuarantinedError, match="other agency"):
        fire.act("FRD-a", act)
    alone = fire.forge("FRD-a", [act], parents=[])
    fire.swallow(alone)
    edit(east, "EMB-o", place="mine")
    sync(stations)
    for each in stations.values():
        assert each.row("EMB-o", "account")["agency"] == "EMB"
        assert each.row("EMB-o", "account")["roles"] == "duty_officer,officer"
        assert each.row("i1")["place"] == "mine"
        assert not flags(each, "acted while being revoked")


def test_own_agency_named_wrongly() -> None:
    """A grant in another agency's name is nobody's."""
    stations = town("E1", "F1")
    assert forged(stations["E1"], "EMB-a", granting("FRD-z", "chief")) == ["other agency"]


def test_an_administrator_cannot_add_a_recovery_key_to_his_own_agency() -> None:
    """That would make him the recovery authority."""
    stations = town("E1", "E2")
    mine = SigningKey.generate()
    body = {"v": verbs.MEET, "key": bytes(mine.verify_key), "name": "EMB"}
    with pytest.raises(QuarantinedError, match="other agency"):
        stations["E1"].act("EMB-a", Act("meet", "agency", "EMB", "joint", body))
    assert forged(stations["E1"], "EMB-a", certificates.appointment(mine, "live", "EMB", "EMB-o")) == [
        "certificate"
    ]


@pytest.mark.parametrize("first", ["E1", "E2"])
def test_two_keys_for_one_agency_count_alike_in_every_order(first: str) -> None:
    """Two workstations meet different keys of FRD while apart: both count, at both."""
    stations = found(City(), ["E1", "E2"])
    sync(stations)
    east, west = stations["E1"], stations["E2"]
    new = SigningKey.generate()
    east.act("EMB-a", meeting(east.city, "FRD"))
    body = {"v": verbs.MEET, "key": bytes(new.verify_key), "name": "FRD"}
    west.act("EMB-a", Act("meet", "agency", "FRD", "joint", body))
    order = [stations[first], *(s for n, s in stations.items() if n != first)]
    sync({s.name: s for s in order})
    for each in stations.values():
        assert each.journal.state.anchors["FRD"] == {
            bytes(new.verify_key),
            bytes(east.city.recovery("FRD").verify_key),
        }


def test_an_agency_met_by_somebody_being_revoked_is_not_shown_as_met() -> None:
    """FINDINGS 12: meeting is granting; the agency's row follows what counts."""
    city = City()
    stations = found(city, ["E1", "E2"])
    east, west = stations["E1"], stations["E2"]
    east.act("EMB-a", granting("EMB-b", "account_admin"))
    sync(stations)
    east.act("EMB-a", revoking("EMB-b"))
    west.act("EMB-b", meeting(city, "FRD"))
    assert west.row("FRD", "agency")["recovery_key"] is not None
    sync(stations)
    for each in stations.values():
        assert each.row("FRD", "agency")["recovery_key"] is None
        assert "FRD" not in each.journal.state.anchors


def test_meeting_an_agency_late_lets_what_was_quarantined_count() -> None:
    """Acts of an agency that was not met wait as "unknown agency" and project when it is met."""
    city = City()
    stations = found(city, ["E1"]) | found(city, ["F1"])
    east, fire = stations["E1"], stations["F1"]
    edit(fire, "FRD-o", place="from FRD")
    sync(stations)
    assert not east.row("i1")
    reasons = {row[0] for row in east.connection.execute("SELECT DISTINCT reason FROM quarantine")}
    assert reasons == {"unknown agency", "unknown site"}
    east.act("EMB-a", meeting(city, "FRD"))
    assert east.row("i1")["place"] == "from FRD"
    assert east.connection.execute("SELECT count(*) FROM quarantine").fetchone() == (0,)


def test_rights_are_given_at_home_only() -> None:
    """An administrator who is a guest elsewhere does not administer from there."""
    stations = town()
    stations["F1"].act(
        "FRD-a", Act("admit", "account", "EMB-a", "joint", {"v": verbs.ADMIT, "agency": "FRD"})
    )
    with pytest.raises(QuarantinedError, match="not at home"):
        stations["F1"].act("EMB-a", granting("EMB-x", "chief"))


def test_a_right_does_not_fall_with_what_else_its_transaction_holds() -> None:
    """Rights stand or fall together; an entry beside a bad right is not half projected."""
    stations = town()
    east = stations["E1"]
    wrong = Act("grant", "account", "EMB-x", "joint", {"v": verbs.WRITE, "set": {"title": 5}})
    assert forged(east, "EMB-a", granting("EMB-x", "officer"), wrong) == [None, "type"]
    assert forged(east, "EMB-a", granting("EMB-y", "officer"), revoking("FRD-o")) == [
        "other agency",
        "other agency",
    ]
    edit(east, "EMB-x", place="may")
    with pytest.raises(QuarantinedError, match="unknown author"):
        edit(east, "EMB-y", place="may not")


def test_revocations_always_hold_even_of_each_other() -> None:
    """Two administrators revoke each other while apart: both are out, and nothing granted meanwhile counts."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    east.act("EMB-a", granting("EMB-b", "account_admin"))
    sync(stations)
    east.act("EMB-a", revoking("EMB-b"))
    east.act("EMB-a", granting("EMB-x", "chief"))
    west.act("EMB-b", revoking("EMB-a"))
    west.act("EMB-b", granting("EMB-y", "chief"))
    sync(stations)
    for each in stations.values():
        assert {each.row(f"EMB-{name}", "account")["state"] for name in "ab"} == {"revoked"}
        assert {each.row(f"EMB-{name}", "account")["state"] for name in "xy"} == {"unknown"}


def test_a_revocation_by_a_denied_administrator_still_denies() -> None:
    """FINDINGS 12: friend X, made administrator by the fired B, revokes A: A's concurrent grants are void, A himself stays."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    east.act("EMB-a", granting("EMB-b", "account_admin"))
    sync(stations)
    east.act("EMB-a", revoking("EMB-b"))
    east.act("EMB-a", granting("EMB-y", "officer"))
    given = east.last()
    west.act("EMB-b", granting("EMB-x", "account_admin"))
    west.act("EMB-x", revoking("EMB-a"))
    sync(stations)
    for each in stations.values():
        assert each.verdict(given) == ["granted while being revoked"]
        assert each.row("EMB-a", "account")["state"] == "active"
        rebuilt = sorted(each.connection.execute("SELECT hash, key, standing FROM fact"))
        each.journal.rebuild()
        assert sorted(each.connection.execute("SELECT hash, key, standing FROM fact")) == rebuilt


def test_a_disclosure_by_somebody_being_revoked_opens_nothing() -> None:
    """FINDINGS 12: disclosing is granting."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    edit(east, "EMB-o", memo="inside")
    sync(stations)
    east.act("EMB-a", revoking("EMB-c"))
    west.mark("EMB-c", "disclose", "sim_case", "i1", verbs.DISCLOSE, field="memo")
    sync(stations)
    assert stations["H1"].row("i1").get("memo") is None
    assert stations["F1"].row("i1").get("memo") is None


def test_revoked_and_granted_anew() -> None:
    """A later grant that has seen the revocation counts; the certificate of appointment likewise."""
    stations = town()
    east = stations["E1"]
    east.act("EMB-a", revoking("EMB-o"))
    east.act("EMB-a", granting("EMB-o", "officer"))
    edit(east, "EMB-o", place="back")
    east.act("EMB-a", revoking("EMB-a"))
    with pytest.raises(QuarantinedError, match="unknown author"):
        east.act("EMB-a", granting("EMB-x", "officer"))
    east.act("EMB-a", certificates.appointment(east.city.recovery("EMB"), "live", "EMB", "EMB-a", serial=2))
    east.act("EMB-a", granting("EMB-x", "officer"))
    sync(stations)
    assert {s.row("EMB-x", "account")["state"] for s in stations.values()} == {"active"}
    assert all(not flags(s, "acted while being revoked") for s in stations.values())


def carried_again(at: Station, account: str) -> Act:
    """The certificate of an account's appointment as everybody can read it in the journal."""
    found = [
        op
        for tx in at.transactions()
        for op in tx
        if op.command == "appoint_admin" and op.entity_id == account
    ]
    return Act("appoint_admin", "account", account, "joint", found[0].content)


def test_an_appointment_counts_once() -> None:
    """A certificate stands in the journal for everybody to read: carried again it undoes neither revocation nor demotion."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    east.act("EMB-a", granting("EMB-b", "account_admin"))
    sync(stations)
    west.act("EMB-b", revoking("EMB-a"))
    sync(stations)
    forged(east, "EMB-a", carried_again(east, "EMB-a"))
    forged(stations["F1"], "FRD-o", carried_again(east, "EMB-a"))
    hidden = stations["F1"].forge("FRD-o", [carried_again(east, "EMB-a")], parents=[west.end.hash])
    stations["F1"].swallow(hidden)
    sync(stations)
    for each in stations.values():
        assert each.row("EMB-a", "account")["state"] == "revoked"
    with pytest.raises(QuarantinedError, match="unknown author"):
        east.act("EMB-a", granting("EMB-x", "chief"))


def test_an_appointment_for_one_step_stays_one() -> None:
    """A restored console is appointed to give itself its role: carried again, the certificate makes no administrator."""
    stations = town()
    east = stations["E1"]
    east.act("EMB-d", certificates.appointment(east.city.recovery("EMB"), "live", "EMB", "EMB-d"))
    east.act("EMB-d", granting("EMB-d", "officer"))
    east.act("EMB-d", carried_again(east, "EMB-d"))
    sync(stations)
    assert {s.row("EMB-d", "account")["roles"] for s in stations.values()} == {"officer"}


def test_a_workstation_speaks_for_itself() -> None:
    """Nobody else writes its label or the pin of its TLS certificates."""
    stations = town("E1", "E2", "F1")
    for at, actor in ((stations["F1"], "FRD-o"), (stations["E2"], "EMB-o")):
        with pytest.raises(QuarantinedError, match="owner"):
            at.write(actor, "label", "site", stations["E1"].site, {"tls_pin": "mine"})
    stations["E1"].write("EMB-o", "label", "site", stations["E1"].site, {"tls_pin": "own"})
    sync(stations)
    assert {s.row(stations["E1"].site, "site")["tls_pin"] for s in stations.values()} == {"own"}


def test_nobody_writes_about_another_agencys_account() -> None:
    """Titles of accounts are their own agency's."""
    stations = town("E1", "F1")
    with pytest.raises(QuarantinedError, match="other agency"):
        stations["F1"].write("FRD-a", "grant", "account", "EMB-o", {"title": "nobody"})
    stations["E1"].write("EMB-a", "grant", "account", "EMB-o", {"title": "on duty"})


def test_a_stranger_is_dismissed() -> None:
    """What he did before stands, what he did meanwhile stands and is flagged, what he does afterwards is quarantined."""
    stations = town("E1", "E2", "F1")
    east, west = stations["E1"], stations["E2"]
    admit = Act("admit", "account", "FRD-o", "joint", {"v": verbs.ADMIT, "agency": "EMB"})
    dismiss = Act("admit", "account", "FRD-o", "joint", {"v": verbs.DISMISS, "agency": "EMB"})
    east.act("EMB-a", admit)
    sync(stations)
    west.write("FRD-o", "edit", "sim_case", "i1", {"place": "before"})
    sync(stations)
    east.act("EMB-a", dismiss)
    west.write("FRD-o", "edit", "sim_case", "i1", {"place": "meanwhile"})
    late = west.last()
    stations["F1"].write("FRD-o", "edit", "sim_case", "i2", {"place": "at home"})
    sync(stations)
    after = west.swallow(
        west.forge("FRD-o", [Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": "x"}})])
    )
    sync(stations)
    for each in stations.values():
        assert each.verdict(late) == [None]
        assert each.verdict(after) == ["not admitted here"]
        assert flags(each, "acted while being revoked") == {late[0].hash}
        assert each.row("i1")["place"] == "meanwhile"
        assert each.row("FRD-o", "account")["admitted"] == ""
    east.act("EMB-a", admit)
    sync(stations)
    west.write("FRD-o", "edit", "sim_case", "i1", {"place": "again"})


def test_the_heir_takes_the_shares_and_late_spending_shows() -> None:
    """FINDINGS 21: closing names the heir; what the lost site spent meanwhile may overdraw."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    east.act(
        "EMB-a",
        Act(
            "share", "sim_store", "foam", "joint", {"v": verbs.SHARE, "shares": {east.site: 1, west.site: 4}}
        ),
    )
    sync(stations)
    take = {"v": verbs.TAKE, "n": 4}
    west.act("EMB-o", Act("take", "sim_store", "foam", "joint", take))
    with pytest.raises(QuarantinedError, match="share exhausted"):
        east.act("EMB-o", Act("take", "sim_store", "foam", "joint", take))
    east.act("EMB-a", certificates.closing(east.city.recovery("EMB"), "live", "EMB", west.site, east.site))
    east.act("EMB-o", Act("take", "sim_store", "foam", "joint", take))
    tick(stations)
    assert held(east, east) == 1
    sync(stations)
    assert {held(each, east) for each in stations.values()} == {-3}
    with pytest.raises(QuarantinedError, match="share exhausted"):
        east.act("EMB-o", Act("take", "sim_store", "foam", "joint", {"v": verbs.TAKE, "n": 1}))
    east.act("EMB-o", Act("take", "sim_store", "foam", "joint", {"v": verbs.TAKE, "n": 1, "force": True}))
    sync(stations)
    assert all(flags(s, "beyond the share") == {east.last()[0].hash} for s in stations.values())


def held(at: Station, holder: Station) -> int:
    """What a site holds, by what is projected at another."""
    return at.journal.state.stock.share("foam", holder.site, None, at.journal.state.heirs(None))


def test_two_heirs_the_lower_id() -> None:
    """Two certificates made while apart: everybody names the same heir."""
    stations = town()
    key = stations["E1"].city.recovery("EMB")
    lost = stations["E2"].site
    heirs = sorted([stations["E1"].site, stations["F1"].site])
    stations["E1"].act("EMB-a", certificates.closing(key, "live", "EMB", lost, heirs[1]))
    stations["F1"].act("FRD-o", certificates.closing(key, "live", "EMB", lost, heirs[0]))
    sync(stations)
    assert {s.row(lost, "site")["heir"] for s in stations.values()} == {heirs[0]}


def test_an_exercise_operation_never_verifies_in_live() -> None:
    """XC-10: the realm is part of every hash and every certificate."""
    live, drill = City(), City(realm="exercise")
    east = found(live, ["E1"])["E1"]
    there = found(drill, ["E1", "E2"])
    sync(there)
    for tx in there["E2"].transactions():
        with pytest.raises(BadTransactionError, match="hash"):
            east.journal.receive([tx])
    certificate = certificates.appointment(live.recovery("EMB"), "exercise", "EMB", "EMB-z")
    assert forged(east, "EMB-a", certificate) == ["certificate"]
