"""Every hole that an earlier wording of REPLICATION had, as a short story with its good outcome (FINDINGS 1 to 25)."""

from __future__ import annotations

import random

import pytest

from app.journal import certificates, rows, verbs
from app.journal.faults import GapError
from app.journal.journal import QuarantinedError
from app.journal.operation import Act
from tests.journal.towns import Town, conflict_values, flags, sync, tick, town
from tests.simulation.network import acknowledge, push, wanted
from tests.simulation.world import Station, granting, revoking

OWN_SCENE = {"v": verbs.OWN, "field": "scene_handling", "to": "FRD"}


def take_over(station: Station, case: str = "i1") -> None:
    """FRD takes the scene over."""
    station.act("FRD-o", Act("own", "sim_case", case, "joint", OWN_SCENE))


def edit(station: Station, actor: str, case: str = "i1", **values: object) -> None:
    """One edit of a case."""
    station.write(actor, "edit", "sim_case", case, values)


def everywhere(stations: Town, field: str, case: str = "i1") -> set[object]:
    """Values of a column at all workstations."""
    return {station.row(case).get(field) for station in stations.values()}


def test_hidden_past_is_closed_by_the_receiver() -> None:
    """FINDINGS 3: E2 names E1's act but not the take-over it had seen, and writes FRD's section."""
    stations = town()
    take_over(stations["F1"])
    sync(stations)
    stations["E1"].write("EMB-o", "log", "sim_log", "l1", {"text": "saw it"}, new=True)
    seen = stations["E1"].last()[-1].hash
    sync(stations)
    body = {"v": verbs.WRITE, "set": {"scene_handling": "bad"}}
    bad = stations["E2"].swallow(
        stations["E2"].forge("EMB-o", [Act("edit", "sim_case", "i1", "joint", body)], parents=[seen])
    )
    sync(stations)
    assert [s.verdict(bad) for s in stations.values()] == [["owner"]] * 4
    assert everywhere(stations, "scene_handling") == {None}


def test_late_body_is_not_silently_overwritten() -> None:
    """FINDINGS 7: the hall writes over a header whose body it never saw; both values stay visible."""
    stations = town()
    east, west, hall = stations["E1"], stations["E2"], stations["H1"]
    edit(east, "EMB-o", memo="first")
    sync(stations)
    edit(west, "EMB-o", memo="unseen by the hall")
    east.mark("EMB-c", "disclose", "sim_case", "i1", verbs.DISCLOSE, field="memo")
    hall.journal.receive(wanted(west, hall))
    hall.journal.receive(wanted(east, hall))
    assert hall.row("i1").get("memo") is None
    body = {"v": verbs.WRITE, "set": {"memo": "hall"}}
    hall.act("HALL-h", Act("edit_hall", "sim_case", "i1", "joint", body))
    sync(stations)
    assert {tuple(map(str, conflict_values(s, "i1", "memo"))) for s in stations.values()} == {
        ("hall", "unseen by the hall")
    }


def test_disclosure_opens_the_whole_register() -> None:
    """FINDINGS 8: the hall reads the correction, not the value it corrected."""
    stations = town()
    edit(stations["E1"], "EMB-o", memo="2 dead")
    edit(stations["E1"], "EMB-o", memo="corrected: 0 dead")
    stations["E1"].mark("EMB-c", "disclose", "sim_case", "i1", verbs.DISCLOSE, field="memo")
    sync(stations)
    edit(stations["E2"], "EMB-o", memo="confirmed: 0 dead")
    sync(stations)
    assert everywhere(stations, "memo") == {"confirmed: 0 dead"}
    assert everywhere(stations, "conflicts") == {0}


def test_a_body_leaves_only_after_the_disclosure_was_acknowledged() -> None:
    """FINDINGS 8: without the peer's ACK of the disclosure only the header goes."""
    stations = town("E1", "H1")
    east, hall = stations["E1"], stations["H1"]
    edit(east, "EMB-o", memo="kept")
    east.mark("EMB-c", "disclose", "sim_case", "i1", verbs.DISCLOSE, field="memo")
    frames = wanted(east, hall)
    assert [op.withheld for tx in frames for op in tx if op.scope == "internal:EMB"] == [True]
    hall.journal.receive(frames)
    assert not east.journal.bodies(hall.journal.withheld(), east.view_of(hall))
    acknowledge(east, hall)
    assert hall.journal.receive(east.journal.bodies(hall.journal.withheld(), east.view_of(hall))).applied == 1
    assert hall.row("i1")["memo"] == "kept"


def test_a_fired_administrator_grants_nothing() -> None:
    """FINDINGS 12: revoked at E1 while the same person, offline at E2, makes a friend chief."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    east.act("EMB-a", granting("EMB-b", "account_admin"))
    sync(stations)
    east.act("EMB-a", revoking("EMB-b"))
    west.act("EMB-b", granting("EMB-x", "chief"))
    grant = west.last()
    west.mark("EMB-x", "retract", "sim_case", "i1", verbs.RETRACT, why="gone")
    act = west.last()
    sync(stations)
    for each in stations.values():
        assert each.verdict(grant) == ["granted while being revoked"]
        assert each.verdict(act) == ["unknown author"]
    with pytest.raises(QuarantinedError, match="unknown author"):
        edit(west, "EMB-x", place="still here")


def test_approval_does_not_revive() -> None:
    """FINDINGS 16: approved, changed, changed back to the same words."""
    stations = town()
    east = stations["E1"]
    edit(east, "EMB-o", aftermath="text")
    approve(east, "aftermath")
    sync(stations)
    assert all(stale(s) == [0] for s in stations.values())
    edit(east, "EMB-o", aftermath="other")
    edit(east, "EMB-o", aftermath="text")
    sync(stations)
    assert all(stale(s) == [1] for s in stations.values())


def approve(station: Station, field: str) -> None:
    """The chief approves what is shown."""
    station.journal.state.forget_records()
    record = station.journal.state.record("sim_case", "i1")
    version = rows.version_of(station.journal.state, record, field)
    assert version is not None
    station.mark("EMB-c", "approve", "sim_case", "i1", verbs.APPROVE, field=field, version=version)


def stale(station: Station) -> list[int]:
    """Standing of all approvals."""
    return [row[0] for row in station.connection.execute("SELECT stale FROM approval ORDER BY hash")]


def test_with_an_open_conflict_there_is_nothing_to_approve() -> None:
    """FINDINGS 16: a conflict that arrives makes an approval stale until somebody decides and approves anew."""
    stations = town()
    edit(stations["E1"], "EMB-o", aftermath="mine")
    approve(stations["E1"], "aftermath")
    edit(stations["E2"], "EMB-o", aftermath="yours")
    sync(stations)
    assert all(stale(s) == [1] for s in stations.values())


def test_poisoned_parents_stop_nobody() -> None:
    """FINDINGS 1, 2: an act that names a parent nobody has is a gap; honest officers go on."""
    stations = town()
    body = {"v": verbs.WRITE, "new": True, "set": {"text": "?"}}
    poison = stations["E2"].forge("EMB-o", [Act("log", "sim_log", "l1", "joint", body)], parents=[b"\7" * 32])
    with pytest.raises(GapError):
        stations["F1"].journal.receive([poison])
    assert stations["F1"].journal.state.store.place(poison[0].hash) is None
    stations["F1"].write("FRD-o", "log", "sim_log", "l2", {"text": "honest"}, new=True)
    sync(stations)
    assert {s.row("l2", "sim_log").get("text") for s in stations.values()} == {"honest"}


def test_an_act_is_valid_or_quarantined_as_a_whole() -> None:
    """FINDINGS 13: one good and one bad operation in one transaction; neither projects."""
    stations = town()
    good = Act("log", "sim_log", "l1", "joint", {"v": verbs.WRITE, "new": True, "set": {"text": "a"}})
    bad = Act("edit", "sim_case", "i1", "joint", {"v": verbs.WRITE, "set": {"aftermath": "mine"}})
    tx = stations["F1"].swallow(stations["F1"].forge("FRD-o", [good, bad]))
    sync(stations)
    assert [s.verdict(tx) for s in stations.values()] == [["owner", "owner"]] * 4
    assert all(not s.row("l1", "sim_log") for s in stations.values())


def test_retraction_and_an_edit_others_cannot_see() -> None:
    """FINDINGS 15: an edit outside the record's own scope does not outlast its retraction."""
    stations = town()
    edit(stations["E1"], "EMB-o", place="1")
    sync(stations)
    edit(stations["E2"], "EMB-o", phone="5")
    stations["E1"].mark("EMB-c", "retract", "sim_case", "i1", verbs.RETRACT, why="twice")
    sync(stations)
    assert everywhere(stations, "retracted") == {1}


@pytest.mark.parametrize("first", ["E1", "E2"])
def test_concurrent_edit_outlasts_a_retraction_and_is_flagged(first: str) -> None:
    """FINDINGS 15: in whatever order the two arrive."""
    stations = town()
    edit(stations["E1"], "EMB-o", place="1")
    sync(stations)
    stations["E1"].mark("EMB-c", "retract", "sim_case", "i1", verbs.RETRACT, why="twice")
    edit(stations["E2"], "EMB-o", place="2")
    late = stations["E2"].last()[0].hash
    second = "E2" if first == "E1" else "E1"
    for name in (first, second):
        push(stations[name], stations["F1"], random.Random(0))
    assert stations["F1"].row("i1")["retracted"] == 0
    sync(stations)
    assert everywhere(stations, "retracted") == {0}
    assert all(flags(s, "edit outlasts retraction") == {late} for s in stations.values())


def test_a_later_edit_brings_a_retracted_record_back() -> None:
    """Retracted means: some retraction has seen every edit; a later one has not been seen."""
    stations = town()
    edit(stations["E1"], "EMB-o", place="1")
    stations["E1"].mark("EMB-c", "retract", "sim_case", "i1", verbs.RETRACT, why="twice")
    assert stations["E1"].row("i1")["retracted"] == 1
    edit(stations["E1"], "EMB-o", place="after all")
    assert stations["E1"].row("i1")["retracted"] == 0
    sync(stations)
    assert everywhere(stations, "retracted") == {0}


def test_a_wrong_clock_does_not_hide_the_owner() -> None:
    """FINDINGS 14: FRD owns the scene; EMB, apart and three hours fast, wrote it too."""
    stations = town(offsets={"E1": 3 * 3_600_000})
    take_over(stations["F1"])
    edit(stations["F1"], "FRD-o", scene_handling="roof may fall")
    edit(stations["E1"], "EMB-o", scene_handling="all calm")
    sync(stations)
    assert everywhere(stations, "scene_handling") == {"roof may fall"}
    assert all(
        conflict_values(s, "i1", "scene_handling") == ["all calm", "roof may fall"] for s in stations.values()
    )
    with pytest.raises(QuarantinedError, match="owner"):
        edit(stations["E1"], "EMB-o", scene_handling="mine again")
    edit(stations["F1"], "FRD-o", scene_handling="decided")
    sync(stations)
    assert everywhere(stations, "scene_handling") == {"decided"}
    assert everywhere(stations, "conflicts") == {0}


def test_the_owner_arriving_last_is_shown_first_all_the_same() -> None:
    """FINDINGS 14: the take-over comes after both texts."""
    stations = town(offsets={"E1": 3 * 3_600_000})
    take_over(stations["F1"])
    edit(stations["F1"], "FRD-o", scene_handling="roof may fall")
    edit(stations["E1"], "EMB-o", scene_handling="all calm")
    before = stations["F1"].row("i1")["updated_at"]
    sync(stations)
    assert before < stations["F1"].row("i1")["updated_at"]
    assert len(everywhere(stations, "updated_at")) == 1


def test_a_lost_site_is_closed_and_nothing_of_it_is_lost() -> None:
    """FINDINGS 18: acts newer than the backup, acknowledged by F1, stay; late ones are flagged."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    for number in range(3):
        west.write("EMB-o", "log", "sim_log", f"l{number}", {"text": str(number)}, new=True)
    late = {op.hash for tx in west.transactions()[-3:] for op in tx}
    sync(stations, "E2", "F1")
    east.act("EMB-a", certificates.closing(east.city.recovery("EMB"), "live", "EMB", west.site, east.site))
    sync(stations)
    for each in stations.values():
        assert {each.row(f"l{n}", "sim_log").get("text") for n in range(3)} == {"0", "1", "2"}
        assert flags(each, "from a closed site") == late
        assert each.row(west.site, "site")["state"] == "closed"
    with pytest.raises(QuarantinedError, match="site closed"):
        edit(west, "EMB-o", place="still here")


def test_a_stolen_site_is_cut() -> None:
    """FINDINGS 10, 11: everything beyond last_seq is quarantined whatever its past; what it named comes back."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    edit(east, "EMB-o", place="true")
    sync(stations)
    last = west.end.seq
    edit(west, "EMB-o", place="false")
    bad = west.last()
    sync(stations)
    assert everywhere(stations, "place") == {"false"}
    east.act("EMB-a", certificates.cutting(east.city.recovery("EMB"), "live", "EMB", west.site, last))
    sync(stations)
    assert [s.verdict(bad) for s in stations.values()] == [["cut"]] * 4
    assert everywhere(stations, "place") == {"true"}
    edit(east, "EMB-o", place="new")
    sync(stations)
    assert everywhere(stations, "place") == {"new"} and everywhere(stations, "conflicts") == {0}


def test_two_workstations_revoke_each_other_by_certificate() -> None:
    """FINDINGS 10: both certificates hold, whoever carried them."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    key = east.city.recovery("EMB")
    ends = {name: stations[name].end.seq for name in ("E1", "E2")}
    east.act("EMB-a", certificates.cutting(key, "live", "EMB", west.site, ends["E2"]))
    west.act("EMB-a", certificates.cutting(key, "live", "EMB", east.site, ends["E1"]))
    sync(stations)
    for each in stations.values():
        assert {each.row(s.site, "site")["state"] for s in (east, west)} == {"revoked"}
    with pytest.raises(QuarantinedError, match="cut"):
        edit(east, "EMB-o", place="x")


def test_ordinary_acts_on_a_right_from_a_cut_grant_stay_and_are_flagged() -> None:
    """FINDINGS 12: the thief's workstation granted; the honest officer's entry is not erased."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    last = west.end.seq
    west.act("EMB-a", granting("EMB-x", "officer"))
    grant = west.last()
    sync(stations)
    edit(east, "EMB-x", place="honest")
    act = east.last()
    east.act("EMB-a", certificates.cutting(east.city.recovery("EMB"), "live", "EMB", west.site, last))
    sync(stations)
    for each in stations.values():
        assert each.verdict(grant) == ["cut"]
        assert each.verdict(act) == [None]
        assert flags(each, "rests on a cut right") == {act[0].hash}
    assert everywhere(stations, "place") == {"honest"}


def test_a_grant_that_was_never_good_is_not_made_good_by_a_cut() -> None:
    """A thief without the right to grant gives rights; the cut of his site must not turn them into flagged ones."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    last = west.end.seq
    west.swallow(west.forge("EMB-o", [granting("EMB-x", "officer")]))
    sync(stations)
    act = east.swallow(
        east.forge("EMB-x", [Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": "x"}})])
    )
    east.act("EMB-a", certificates.cutting(east.city.recovery("EMB"), "live", "EMB", west.site, last))
    sync(stations)
    assert [s.verdict(act) for s in stations.values()] == [["unknown author"]] * 4


def test_revocation_flags_what_was_done_meanwhile_and_nothing_else() -> None:
    """FINDINGS 11: acts concurrent with the revocation stand and are flagged, in whatever order they arrive."""
    stations = town()
    east, west = stations["E1"], stations["E2"]
    edit(west, "EMB-p", place="before")
    sync(stations)
    east.act("EMB-a", revoking("EMB-p"))
    edit(west, "EMB-p", cause="meanwhile")
    meanwhile = west.last()[0].hash
    sync(stations)
    late = west.swallow(
        west.forge("EMB-p", [Act("edit", "sim_case", "i1", "joint", {"v": "write", "set": {"place": "x"}})])
    )
    sync(stations)
    for each in stations.values():
        assert each.verdict(late) == ["unknown author"]
        assert flags(each, "acted while being revoked") == {meanwhile}
        each.journal.rebuild()
        assert flags(each, "acted while being revoked") == {meanwhile}


def test_a_year_ahead_clock_neither_drags_ours_nor_loses_anything() -> None:
    """FINDINGS 25: the stamp is kept as written, ours goes on; a later write replaces it by naming it."""
    stations = town("E1", "F1", offsets={"F1": 365 * 86_400_000})
    east, fire = stations["E1"], stations["F1"]
    edit(fire, "FRD-o", place="from next year")
    sync(stations)
    assert east.row("i1")["place"] == "from next year"
    edit(east, "EMB-o", place="now")
    assert east.last()[0].at_ms < east.city.now_ms + 60_000
    sync(stations)
    assert everywhere(stations, "place") == {"now"} and everywhere(stations, "conflicts") == {0}


def test_stamps_stay_above_what_was_seen_after_a_restart() -> None:
    """A workstation whose clock is slow does not fall behind what it has projected, restarted or not."""
    stations = town("E1", "F1", offsets={"F1": 40_000})
    east, fire = stations["E1"], stations["F1"]
    edit(fire, "FRD-o", place="a")
    sync(stations)
    seen = fire.last()[-1].hlc
    east.reopen()
    edit(east, "EMB-o", cause="b")
    assert east.last()[0].hlc > seen


def test_a_stranger_acts_where_he_was_admitted() -> None:
    """FINDINGS 24: an embedded officer's act counts for the agency of the account."""
    stations = town()
    east = stations["E1"]
    with pytest.raises(QuarantinedError, match="not admitted here"):
        edit(east, "FRD-o", place="x")
    body = {"v": verbs.ADMIT, "agency": "EMB"}
    east.act("EMB-a", Act("admit", "account", "FRD-o", "joint", body))
    take_over(stations["F1"])
    sync(stations)
    edit(east, "FRD-o", scene_handling="seen from the bureau")
    tick(stations)
    edit(stations["F1"], "FRD-o", place="elsewhere")
    sync(stations)
    assert everywhere(stations, "scene_handling") == {"seen from the bureau"}
    with pytest.raises(QuarantinedError, match="not admitted here"):
        edit(stations["E2"], "HALL-h", cause="x")


def test_an_embedded_owner_is_shown_first() -> None:
    """FINDINGS 14 and 24 together: the owner writes from the other agency's workstation."""
    stations = town(offsets={"E2": 3 * 3_600_000})
    east = stations["E1"]
    east.act("EMB-a", Act("admit", "account", "FRD-o", "joint", {"v": verbs.ADMIT, "agency": "EMB"}))
    take_over(stations["F1"])
    sync(stations, "E1", "F1", "H1")
    edit(east, "FRD-o", scene_handling="owner")
    edit(stations["E2"], "EMB-o", scene_handling="stranger")
    sync(stations)
    assert everywhere(stations, "scene_handling") == {"owner"}
    for each in stations.values():
        rows = each.connection.execute("SELECT agency, shown FROM conflict ORDER BY agency").fetchall()
        assert rows == [("EMB", 0), ("FRD", 1)]


def test_status_shows_the_more_cautious_move() -> None:
    """REPLICATION, status machines: both kept, the more cautious shown, a person confirms."""
    stations = town()
    edit(stations["E1"], "EMB-o", status="closed")
    tick(stations, -100)
    edit(stations["F1"], "FRD-o", status="handling")
    sync(stations)
    assert everywhere(stations, "status") == {"handling"}
    assert all(conflict_values(s, "i1", "status") == ["closed", "handling"] for s in stations.values())


def test_a_struck_grade_no_longer_counts() -> None:
    """FINDINGS 17: the highest is taken over entries not struck out; 00:15 typed for 10:15 can be corrected."""
    stations = town()
    stations["E1"].write("EMB-o", "edit", "sim_case", "i1", {}, entries={"grade": 5, "received_at": 15})
    wrong = stations["E1"].last()[0].hash
    stations["F1"].write("FRD-o", "edit", "sim_case", "i1", {}, entries={"grade": 3, "received_at": 1015})
    sync(stations)
    assert everywhere(stations, "grade") == {5} and everywhere(stations, "received_at") == {15}
    with pytest.raises(QuarantinedError, match="role"):
        stations["E1"].mark(
            "EMB-o", "strike", "sim_case", "i1", verbs.STRIKE, field="grade", ops=[wrong], why="typed"
        )
    for name in ("grade", "received_at"):
        stations["E2"].mark(
            "EMB-c", "strike", "sim_case", "i1", verbs.STRIKE, field=name, ops=[wrong], why="typed"
        )
    sync(stations)
    assert everywhere(stations, "grade") == {3} and everywhere(stations, "received_at") == {1015}


def test_double_birth_keeps_both_and_the_lower_hash_owns() -> None:
    """Two workstations make the same record while apart: one conflict per field, one owner everywhere."""
    stations = town()
    for name, actor in (("E1", "EMB-o"), ("F1", "FRD-o")):
        stations[name].write(actor, "register", "sim_case", "i1", {"no": name, "sheet": name}, new=True)
    sync(stations)
    assert all(conflict_values(s, "i1", "no") == ["E1", "F1"] for s in stations.values())
    assert everywhere(stations, "no") in ({"E1"}, {"F1"})
    assert len(everywhere(stations, "born_agency")) == 1
    owner = everywhere(stations, "born_agency").pop()
    assert everywhere(stations, "sheet") == {"E1" if owner == "EMB" else "F1"}
    for name, actor in (("E1", "EMB-o"), ("F1", "FRD-o")):
        edit(stations[name], actor, sheet=f"{name} still may")
    with pytest.raises(QuarantinedError, match="exists"):
        stations["E2"].write("EMB-o", "register", "sim_case", "i1", {"no": "3"}, new=True)


def test_a_half_read_body_is_not_projected_twice() -> None:
    """FINDINGS 6: the same body offered again is a duplicate."""
    stations = town("E1", "H1")
    edit(stations["E1"], "EMB-o", memo="x")
    sync(stations)
    frames = [tx for tx in stations["E1"].transactions() if tx[0].scope == "internal:EMB"]
    assert stations["H1"].journal.receive(frames).applied == 1
    again = stations["H1"].journal.receive(frames)
    assert (again.applied, again.duplicates) == (0, 1)
