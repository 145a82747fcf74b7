"""Rows of the map (MP-01, MP-02): what stands on it, read whole or by ids, and the totals beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.queries import map as rows
from db import migrate
from db.engine import open_writer

AT = 1_752_495_367_000


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "console.db"
    migrate.create(path)
    opened = open_writer(path)
    yield opened
    opened.close()


def insert(connection: sqlite3.Connection, table: str, record_id: str, /, **columns: Any) -> None:
    marks = ", ".join("?" for _ in range(len(columns) + 1))
    connection.execute(
        f"INSERT INTO {table} (id, {', '.join(columns)}) VALUES ({marks})", (record_id, *columns.values())
    )


def test_only_open_incidents_stand_on_the_map(connection: sqlite3.Connection) -> None:
    insert(connection, "incident", "a", what="火灾", open=1, lon=121.4, lat=31.2)
    insert(connection, "incident", "b", what="内涝", open=0)
    insert(connection, "incident", "c", what="坍塌", open=1, retracted=1)
    insert(connection, "incident", "d", what="泄漏", open=1)
    assert [(mark.id, mark.lon) for mark in rows.incidents(connection)] == [("a", 121.4), ("d", None)]


def test_ids_read_only_what_changed_and_leave_out_what_is_gone(connection: sqlite3.Connection) -> None:
    for record_id in ("a", "b", "c"):
        insert(connection, "shelter", record_id, name=record_id)
    insert(connection, "shelter", "gone", name="x", retracted=1)
    assert [mark.id for mark in rows.shelters(connection, {"b", "gone", "unheard of"})] == ["b"]
    assert rows.shelters(connection, set()) == []
    assert [mark.id for mark in rows.shelters(connection)] == ["a", "b", "c"]


def test_ids_are_values_and_never_read_as_sql(connection: sqlite3.Connection) -> None:
    insert(connection, "point", "a'); DROP TABLE point;--", name="医院", kind="hospital")
    found = rows.points(connection, {"a'); DROP TABLE point;--"})
    assert [mark.name for mark in found] == ["医院"]


def test_vehicles_on_standby_are_left_to_their_stations(connection: sqlite3.Connection) -> None:
    insert(connection, "vehicle", "a", call_sign="1 号车", vehicle_state="10")
    insert(connection, "vehicle", "b", call_sign="2 号车", vehicle_state="21", incident_id="i")
    assert [mark.id for mark in rows.vehicles(connection)] == ["b"]
    assert rows.vehicles(connection, {"a"}) == []


def test_totals_count_stations_vehicles_and_shelters(connection: sqlite3.Connection) -> None:
    for record_id, kind, ready in (("s1", "一级站", 3), ("s2", "一级站", 1), ("s3", "微型消防站", 1)):
        insert(connection, "station", record_id, kind=kind, vehicles_ready=ready)
    for number, state in enumerate(("10", "10", "20", "21", "22", "23", "25", "30")):
        insert(connection, "vehicle", f"v{number}", vehicle_state=state, stated_at=AT + number)
    insert(connection, "vehicle", "gone", vehicle_state="21", retracted=1)
    for record_id, state, capacity, occupied in (
        ("h1", "open", 500, 486),
        ("h2", "full", 100, 100),
        ("h3", "open", 800, 312),
        ("h4", "closed", 300, 290),
        ("h5", "open", 100, 120),
        ("h6", "open", 0, 7),
    ):
        insert(
            connection,
            "shelter",
            record_id,
            name=record_id,
            state=state,
            capacity=capacity,
            occupied=occupied,
        )
    found = rows.totals(connection)
    assert [(kind.kind, kind.stations, kind.ready) for kind in found.stations] == [
        ("一级站", 2, 4),
        ("微型消防站", 1, 1),
    ]
    assert found.vehicles == rows.VehicleTotals(8, 2, 6, 2, 2, AT + 7)
    assert found.shelters == rows.ShelterTotals(open=5, shelters=6, occupied=486 + 100 + 312 + 290 + 120 + 7)
    assert [(each.id, each.left) for each in found.full] == [("h5", -20), ("h2", 0), ("h1", 14)]


def test_totals_of_an_empty_database_are_nought(connection: sqlite3.Connection) -> None:
    found = rows.totals(connection)
    assert found.vehicles == rows.VehicleTotals(0, 0, 0, 0, 0, None)
    assert found.shelters == rows.ShelterTotals(0, 0, 0)
    assert (found.stations, found.full) == ((), ())


def test_a_shelter_is_nearly_full_from_80_percent(connection: sqlite3.Connection) -> None:
    insert(connection, "shelter", "below", name="a", state="open", capacity=100, occupied=79)
    insert(connection, "shelter", "at", name="b", state="open", capacity=100, occupied=80)
    assert [each.id for each in rows.totals(connection).full] == ["at"]
