"""The 119 feed (IS-01): idempotent by alarm number, nothing dropped, nothing trusted; replay of a day of calls."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap.feeding import intake_of, token_of
from app.bootstrap.node import Node
from app.exchange.feed.fire_calls import alarm_at, read_calls, timeline
from app.exchange.feed.folder import sweep
from app.exchange.feed.http import FeedServer
from app.exchange.feed.replay import play
from app.kernel.clock import ManualClock, iso
from app.kernel.enums import Agency
from app.kernel.errors import EnvironmentFault, Refusal
from app.queries import incidents
from tests.exchange.site import FIXTURES, START, open_site

CALLS = FIXTURES / "fire_calls.csv"
DAY = date(2024, 3, 6)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    opened, _ = open_site(tmp_path, Agency.FRD)
    with opened:
        yield opened


def clock_of(node: Node) -> ManualClock:
    assert isinstance(node.clock, ManualClock)
    return node.clock


def alarm(**changes: Any) -> dict[str, Any]:
    return {
        "alarm_no": "A-1",
        "received_at": iso(START - 60_000),
        "type_code": "fire",
        "what": "fire",
        "place": "exercise road",
        "lon": 121.40,
        "lat": 31.21,
        "alarm_grade": 1,
    } | changes


def operations(node: Node) -> int:
    return int(node.local(lambda c: c.execute("SELECT count(*) FROM op").fetchone()[0]))


def test_an_alarm_becomes_an_incident_and_the_same_alarm_changes_nothing(node: Node) -> None:
    """IS-01: one incident per alarm number; D-34: an everyday call owes no reports and has no clocks."""
    intake = intake_of(node)
    first = intake.take(alarm())
    before = operations(node)
    again = intake.take(alarm())
    row = node.read(lambda c: incidents.incident_by_alarm_no(c, "A-1"))
    assert first["new"] and not again["new"] and not again["changed"]
    assert operations(node) == before
    assert row is not None and row.no == "FRD-20240306-001" and row.origin == "feed"
    assert not row.owes_reports and row.next_due_at is None
    assert (intake.counts.new, intake.counts.unchanged) == (1, 1)


def test_a_grade_of_two_makes_it_reportable_from_received_at(node: Node) -> None:
    """D-34, RC-16: the clocks count from received_at; a lower grade later changes nothing."""
    intake = intake_of(node)
    intake.take(alarm())
    intake.take(alarm(alarm_grade=2))
    intake.take(alarm(alarm_grade=1))
    row = node.read(lambda c: incidents.incident_by_alarm_no(c, "A-1"))
    assert row is not None and row.alarm_grade == 2 and row.owes_reports
    assert row.oral_due_at == START - 60_000 + 30 * 60_000


def test_an_unknown_type_is_kept_as_it_came_and_flagged(node: Node) -> None:
    """IS-01: never dropped; RC-01: its class is pending."""
    result = intake_of(node).take(alarm(type_code="Bee Swarm", lon=None, lat=None))
    row = node.read(lambda c: incidents.incident_by_alarm_no(c, "A-1"))
    assert set(result["flags"]) == {"type_unknown", "no_point"}
    assert row is not None and row.type_code == "Bee Swarm" and row.class_code == "pending"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"alarm_no": "  "}, "E_REQUIRED"),
        ({"received_at": iso(START + 61_000)}, "E_TIME"),
        ({"received_at": "2024-03-06 00:00"}, "E_FORMAT"),
        ({"colour": "red"}, "E_FORMAT"),
        ({"lon": "east"}, "E_FORMAT"),
        ({"units": [{"unit": "E1"}, {"unit": "E1"}]}, "E_DUP"),
        ({"units": [{"unit": " "}]}, "E_REQUIRED"),
    ],
)
def test_a_faulty_alarm_is_refused_and_kept(node: Node, changes: dict[str, Any], code: str) -> None:
    """Bad input gets a clear error and nothing is lost: the alarm stands in the rejects with its reason."""
    intake = intake_of(node)
    faulty = alarm(**changes)
    with pytest.raises(Refusal) as refused:
        intake.take(faulty)
    kept = [
        json.loads(line)
        for line in (node.data.root / "feed" / "rejected.jsonl").read_text("utf-8").splitlines()
    ]
    assert refused.value.code == code
    assert [(line["code"], line["alarm"]) for line in kept] == [(code, faulty)]
    assert intake.counts.rejected == 1
    assert node.read(incidents.board) == []


def test_what_a_person_wrote_is_not_overwritten(node: Node) -> None:
    """The feed fills what is empty; it does not undo a correction."""
    intake = intake_of(node)
    intake.take(alarm(place=None))
    intake.take(alarm(place="first"))
    intake.take(alarm(place="second"))
    row = node.read(lambda c: incidents.incident_by_alarm_no(c, "A-1"))
    assert row is not None and row.place == "first"


def test_a_number_that_comes_round_again_is_another_alarm(node: Node) -> None:
    """IS-01: nothing is swallowed by an old incident of the same number."""
    intake = intake_of(node)
    first = intake.take(alarm())
    clock_of(node).advance(180 * 86_400)
    again = intake.take(alarm(received_at=iso(clock_of(node).now_ms()), place="elsewhere", alarm_grade=3))
    rows = node.read(incidents.board)
    assert again["new"] and again["incident_id"] != first["incident_id"]
    assert {row.place for row in rows} == {"exercise road", "elsewhere"}


def test_an_alarm_that_is_over_when_it_comes_is_closed_at_once(node: Node) -> None:
    """The same state twice changes nothing, also for an alarm first heard of when it was over."""
    stamps = {"dispatched_at": iso(START - 50_000), "released_at": iso(START - 10_000)}
    over = alarm(units=[{"unit": "E1", **stamps}], finished=True)
    intake = intake_of(node)
    intake.take(over)
    again = intake.take(over)
    [row] = node.read(incidents.board)
    assert row.status == "closed" and not again["changed"]


def test_a_type_told_later_gives_the_class(node: Node) -> None:
    """RC-01, D-34: class and duty to report are judged again when the type becomes known."""
    intake = intake_of(node)
    intake.take(alarm(type_code=None))
    intake.take(alarm(type_code="fire"))
    [row] = node.read(incidents.board)
    assert (row.type_code, row.class_code) == ("fire", "accident")


def test_stamps_out_of_order_are_kept_and_flagged(node: Node) -> None:
    stamps = {"dispatched_at": iso(START - 10_000), "arrived_at": iso(START - 30_000)}
    result = intake_of(node).take(alarm(units=[{"unit": "E1", **stamps}]))
    rows = node.read(lambda c: incidents.units(c, str(result["incident_id"])))
    assert result["flags"] == ["stamps_out_of_order"]
    assert [(row.unit, row.dispatched_at, row.arrived_at) for row in rows] == [
        ("E1", START - 10_000, START - 30_000)
    ]


def test_a_watched_folder_takes_files_in_order_and_keeps_them(node: Node, tmp_path: Path) -> None:
    folder = tmp_path / "feed"
    folder.mkdir()
    (folder / "1.jsonl").write_text(json.dumps(alarm()) + "\n\n", "utf-8")
    (folder / "2.jsonl").write_text("no json\n" + json.dumps(alarm(alarm_no="A-2")), "utf-8")
    (folder / "3.part").write_text("half", "utf-8")
    results = sweep(intake_of(node), folder)
    assert [(r.name, r.taken, r.rejected) for r in results] == [("1.jsonl", 1, 0), ("2.jsonl", 1, 1)]
    assert (folder / "done" / "1.jsonl").exists() and (folder / "rejected" / "2.jsonl").exists()
    assert (folder / "3.part").exists()
    assert len(node.read(incidents.board)) == 2


def _post(port: int, token: str, body: bytes, path: str = "/alarms") -> tuple[int, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        body,
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as wrong:
        with wrong:
            return wrong.code, json.loads(wrong.read())


def test_local_post_needs_the_token_and_answers_for_each_alarm(node: Node) -> None:
    """IS-01: authenticated local POST, loopback only."""
    token = token_of(node)
    with FeedServer(intake_of(node), token) as server:
        assert _post(server.port, "wrong", json.dumps(alarm()).encode())[0] == 401
        assert _post(server.port, token, b"{}", "/else")[0] == 404
        assert _post(server.port, token, b"{not json")[0] == 400
        status, answer = _post(server.port, token, json.dumps([alarm(), alarm(alarm_no="")]).encode())
        with pytest.raises(EnvironmentFault):
            FeedServer(intake_of(node), token, server.port)
    assert status == 422
    assert answer["results"][0]["new"] and answer["results"][1] == {"code": "E_REQUIRED", "field": "alarm_no"}


def test_a_day_of_calls_is_played_and_counts_equal_the_file(node: Node) -> None:
    """The reference day of the fixture: 40 incidents, one row per unit, faults reported and not dropped silently."""
    reading = read_calls(CALLS, DAY)
    intake = intake_of(node)
    played = list(
        play(reading, clock_of(node).set, lambda told: {"ok": True, **intake.take(dict(told))}, speed=0)
    )[-1]
    rows = node.read(lambda c: incidents.board(c, 1000))
    units = node.local(lambda c: c.execute("SELECT count(*) FROM alarm_unit").fetchone()[0])
    assert (len(reading.calls), len(rows), played.outcomes["new"]) == (40, 40, 40)
    assert units == sum(len(call.units) for call in reading.calls)
    assert {row.alarm_no for row in rows} == {call.alarm_no for call in reading.calls}
    assert (len(reading.faults), reading.out_of_order) == (2, 1)
    assert played.flags["type_unknown"] > 0 and played.flags["outside_district"] > 0
    open_calls = {row.alarm_no for row in rows if row.status != "closed"}
    assert open_calls == {"24060009", "24060013"}  # never closed; owes reports, so the feed may not close it


def test_played_twice_the_second_time_changes_nothing(node: Node) -> None:
    reading = read_calls(CALLS, DAY)
    intake = intake_of(node)
    for _ in play(reading, clock_of(node).set, lambda told: {"ok": True, **intake.take(dict(told))}, speed=0):
        pass
    before = operations(node)
    last = max(at for at, _ in timeline(reading.calls))
    for call in reading.calls:
        assert not intake.take(alarm_at(call, last))["changed"]
    assert operations(node) == before


def test_at_a_given_speed_the_clock_runs_and_never_goes_back(node: Node) -> None:
    reading = read_calls(CALLS, DAY)
    reading.calls = reading.calls[:2]
    shown: list[int] = []
    waited: list[float] = []
    for _ in play(reading, shown.append, lambda told: {"ok": True}, speed=1e9, wait=waited.append):
        pass
    assert shown == sorted(shown) and shown[-1] == max(at for at, _ in timeline(reading.calls))


def test_a_file_without_its_columns_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("Incident Number,Unit ID\n1,E1\n", "utf-8")
    with pytest.raises(Refusal) as refused:
        read_calls(path)
    assert refused.value.params["column"] == "Call Type"


SHARED = (
    Path(__file__).resolve().parents[3]
    / "shared"
    / "data"
    / "incidents"
    / "sf_fire_calls_2016-12-31_2017-01.csv"
)


@pytest.mark.skipif(not SHARED.exists(), reason="the real fire-call file in ../shared/data is not here")
def test_the_real_file_has_its_reference_day() -> None:
    reading = read_calls(SHARED, date(2017, 1, 1))
    assert (len(reading.calls), reading.rows, reading.faults) == (539, 1166, [])
