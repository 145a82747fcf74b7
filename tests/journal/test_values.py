"""What is shown when several wrote apart or falsely: entries all struck out, the same value twice, a record made again."""

from __future__ import annotations

from app.journal import verbs
from app.journal.operation import Act
from app.kernel.ids import derived_id, new_id
from tests.journal.test_stories import approve, edit, everywhere, stale
from tests.journal.towns import conflict_values, flags, sync, tick, town


def test_entries_struck_out_by_two_leave_the_first_clock_running() -> None:
    """Two chiefs, apart, each strike out the other's entry: the earliest counts on, flagged, until somebody enters anew."""
    stations = town()
    stations["E1"].write("EMB-o", "edit", "sim_case", "i1", {}, entries={"grade": 5, "received_at": 15})
    first = stations["E1"].last()[0].hash
    stations["F1"].write("FRD-o", "edit", "sim_case", "i1", {}, entries={"grade": 3, "received_at": 1015})
    second = stations["F1"].last()[0].hash
    sync(stations)
    for name, actor, wrong in (("E1", "EMB-c", first), ("F1", "FRD-c", second)):
        for field in ("grade", "received_at"):
            stations[name].mark(
                actor, "strike", "sim_case", "i1", verbs.STRIKE, field=field, ops=[wrong], why="x"
            )
    sync(stations)
    for each in stations.values():
        assert (each.row("i1")["grade"], each.row("i1")["received_at"]) == (None, 15)
        assert flags(each, "every entry struck out") == {first}
    stations["E1"].write("EMB-o", "edit", "sim_case", "i1", {}, entries={"received_at": 20})
    stations["E1"].write("EMB-o", "edit", "sim_case", "i1", {}, entries={"grade": 4})
    sync(stations)
    for each in stations.values():
        assert (each.row("i1")["grade"], each.row("i1")["received_at"]) == (4, 20)
        assert not flags(each, "every entry struck out")


def test_the_same_value_written_twice_is_one_value() -> None:
    """D-19: nobody disagrees, so there is no conflict, and the value can be approved; a third value makes one."""
    stations = town()
    for name, actor in (("E1", "EMB-o"), ("F1", "FRD-o")):
        edit(stations[name], actor, place="gate 3")
    sync(stations)
    assert everywhere(stations, "conflicts") == {0}
    assert all(conflict_values(s, "i1", "place") == [] for s in stations.values())
    approve(stations["E1"], "place")
    edit(stations["F1"], "FRD-o", place="gate 4")
    edit(stations["E2"], "EMB-o", place="gate 3")
    assert all(stale(s) == [0] for s in (stations["E1"],))
    sync(stations)
    assert everywhere(stations, "conflicts") == {1}
    assert all(stale(s) == [1] for s in stations.values())
    assert all(conflict_values(s, "i1", "place") == ["gate 3", "gate 4"] for s in stations.values())


def test_a_second_birth_in_the_city_rewrites_nothing() -> None:
    """Changed software makes EMB's log entry again, with the lowest stamp and another agency's name in it."""
    stations = town("E1", "F1")
    east, fire = stations["E1"], stations["F1"]
    entry = new_id(east.clock, east.site)
    values = {"text": "as it was", "agency": "EMB", "account_id": "EMB-o"}
    east.write("EMB-o", "write_log_entry", "log_entry", entry, values, new=True)
    body = {"v": verbs.WRITE, "new": True, "set": {"text": "as it should have been"}}
    bad = fire.forge("FRD-o", [Act("write_log_entry", "log_entry", entry, "joint", body)], hlc=1)
    fire.swallow(bad)
    sync(stations)
    for each in stations.values():
        assert each.verdict(bad) == ["id of another"]
        assert each.row(entry, "log_entry")["text"] == "as it was"


def test_nobody_writes_in_anothers_name() -> None:
    """An entry that names another agency counts for nothing."""
    stations = town("E1", "F1")
    fire = stations["F1"]
    body = {"v": verbs.WRITE, "new": True, "set": {"text": "x", "agency": "EMB"}}
    bad = fire.swallow(
        fire.forge(
            "FRD-o",
            [Act("write_log_entry", "log_entry", new_id(fire.clock, fire.site), "joint", body)],
        )
    )
    sync(stations)
    assert {tuple(each.verdict(bad)) for each in stations.values()} == {("false claim",)}


def test_a_report_that_moves_leaves_no_clock_behind() -> None:
    """Two workstations make one report of two incidents: whoever loses it has its clock running, at once and everywhere."""
    stations = town("E1", "E2")
    east, west = stations["E1"], stations["E2"]
    cases = [new_id(east.clock, east.site) for _ in range(2)]
    duty = {"report_duty": [1, "x", 900, 7200]}
    for case in cases:
        east.write("EMB-o", "register_incident", "incident", case, duty, new=True, entries={"received_at": 5})
    sync(stations)
    cause = ["twin", "1"]
    report = derived_id("EMB", *cause)
    for each, case in ((west, cases[1]), (east, cases[0])):
        values = {"incident_id": case, "to_role": "gov_duty_room", "spoken_at": 7}
        each.write("EMB-o", "file_oral_report", "oral_report", report, values, new=True, cause=cause)
        tick(stations)
    assert (east.row(cases[0], "incident")["oral_met_at"], west.row(cases[1], "incident")["oral_met_at"]) == (
        7,
        7,
    )
    sync(stations)
    for each in stations.values():
        met = [each.row(case, "incident")["oral_met_at"] for case in cases]
        assert met == [None, 7]
