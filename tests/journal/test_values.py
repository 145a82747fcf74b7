"""What is shown when several wrote apart: entries all struck out, the same value twice."""

from __future__ import annotations

from app.journal import verbs
from tests.journal.test_stories import approve, edit, everywhere, stale
from tests.journal.towns import conflict_values, flags, sync, town


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
