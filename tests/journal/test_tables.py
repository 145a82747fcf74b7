"""The journal's table refuses to be changed, whoever tries (REPLICATION, The operation)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from app.journal.journal import Identity, Journal
from db import migrate
from db.engine import open_writer
from tests.journal.towns import Town, sync, town
from tests.simulation import schema
from tests.simulation.world import City, enrol, station


@pytest.fixture
def file(tmp_path: Path) -> sqlite3.Connection:
    """A founded journal in a file of the product's schema, opened as the product opens it."""
    path = tmp_path / "console.db"
    migrate.create(path)
    connection = open_writer(path)
    city = City()
    site = station(city, "E1")
    identity = Identity(city.realm, "EMB", bytes(city.recovery("EMB").verify_key), site.key)
    site.connection, site.journal = connection, Journal(connection, identity, schema.policy(), site.clock)
    enrol(city, site)
    return connection


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE op SET hlc = hlc + 1",
        "UPDATE op SET body = x'80'",
        "UPDATE op SET actor = 'somebody'",
        "UPDATE OR REPLACE op SET hash = (SELECT hash FROM op LIMIT 1)",
        "DELETE FROM op",
        "REPLACE INTO op SELECT * FROM op",
        "INSERT OR REPLACE INTO op SELECT * FROM op LIMIT 1",
    ],
)
def test_rows_of_the_journal_stand(file: sqlite3.Connection, statement: str) -> None:
    """Triggers refuse it and the rows are as they were."""
    before = file.execute("SELECT * FROM op").fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        file.execute(statement)
    assert file.execute("SELECT * FROM op").fetchall() == before and len(before) == 2


@pytest.fixture(scope="module")
def two() -> Town:
    """EMB and the hall, with one internal entry."""
    stations = town("E1", "H1")
    stations["E1"].write("EMB-o", "edit", "sim_case", "i1", {"memo": "inside"})
    sync(stations)
    return stations


def test_a_header_takes_its_body_once(two: Town) -> None:
    """Only what was withheld may be filled in, with nothing else changed; what stands is never overwritten."""
    hall = two["H1"].connection
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        hall.execute("UPDATE op SET body = x'80', hlc = hlc + 1 WHERE body IS NULL")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        hall.execute("UPDATE op SET body = NULL WHERE body IS NOT NULL")
    frames = [tx for tx in two["E1"].transactions() if tx[0].scope == "internal:EMB"]
    assert two["H1"].journal.receive(frames).applied == 1
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        hall.execute("UPDATE op SET body = x'80' WHERE scope = 'internal:EMB'")


def test_an_empty_projection_is_refilled(two: Town) -> None:
    """Everything beside the journal follows from it."""
    east = two["E1"]
    before = east.row("i1")
    for table in ("record", "fact", "past", "tip", "sim_case"):
        east.connection.execute(f"DELETE FROM {table}")
    east.reopen()
    east.journal.rebuild()
    assert east.row("i1") == before and before["memo"] == "inside"
