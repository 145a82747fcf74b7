"""A bug of ours met through what another program wrote: quarantined, never a crash, never half a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from app.journal import rows, verbs
from app.journal.bugs import is_bug
from app.journal.derivation import Deriver
from app.journal.deriving import DERIVERS
from app.journal.journal import Journal
from app.journal.operation import Act
from app.journal.projector import CANNOT_PROJECT, Projector
from app.journal.state import State
from db.fields import Field
from tests.db.world import NOON_MS, POLICY, Site, two_sites
from tests.journal.towns import sync, town
from tests.simulation.network import wanted
from tests.simulation.observe import projected_rows
from tests.simulation.world import Station


@contextmanager
def stumbling(value: str = "boom") -> Iterator[None]:
    """The projector fails over a value, after it has written something."""
    original = rows.column_values

    def stumble(field: Field, found: Any) -> dict[str, Any]:
        if found == value:
            raise KeyError(value)
        return original(field, found)

    with patch.object(rows, "column_values", stumble):
        yield


def edit(case: str, **values: object) -> Act:
    """One edit of a case."""
    return Act("edit", "sim_case", case, "joint", {"v": verbs.WRITE, "set": values})


def test_what_cannot_be_projected_is_quarantined_and_stops_nobody() -> None:
    """One of five transactions meets a bug in its second half: the other four stand, and nothing of it does."""
    stations = town("E1", "F1")
    east, fire = stations["E1"], stations["F1"]
    east.act("EMB-o", edit("i1", place="one"))
    east.act("EMB-o", edit("i1", cause="first half"), edit("i2", place="boom"))
    bad = east.last()
    east.act("EMB-o", edit("i1", place="two"))
    east.act("EMB-o", edit("i2", place="three"))
    with stumbling():
        received = fire.journal.receive(wanted(east, fire))
        assert received.applied == 4
        assert fire.verdict(bad) == [CANNOT_PROJECT, CANNOT_PROJECT]
        assert (fire.row("i1")["place"], fire.row("i1")["cause"]) == ("two", None)
        assert fire.row("i2")["place"] == "three"
        fire.act("FRD-o", edit("i1", cause="goes on"))
        before = projected_rows(fire)
        fire.journal.rebuild()
        assert projected_rows(fire) == before
        fire.reopen()
        fire.journal.rebuild()  # a new start has to meet the bug again
        assert projected_rows(fire) == before
    fire.reopen()
    fire.journal.rebuild()  # the next version projects anew
    assert fire.verdict(bad) == [None, None]
    sync(stations)
    assert east.row("i1") == fire.row("i1") and east.row("i2") == fire.row("i2")


def test_a_bug_met_while_projecting_anew_leaves_the_rest() -> None:
    """An old transaction fails only when the journal is projected anew for a peer's act: that act is none the worse."""
    stations = town("E1", "F1")
    east, fire = stations["E1"], stations["F1"]
    fire.act("FRD-o", edit("i1", place="boom"))
    old = fire.last()
    left = east.forge("EMB-o", [edit("i2", place="left")])
    right = east.forge("EMB-o", [edit("i2", place="right")])
    fire.journal.receive([left])
    with stumbling():
        assert fire.journal.receive([right]).applied == 1
        assert fire.verdict(old) == [CANNOT_PROJECT]
        assert fire.verdict(right) == ["cut"]


def test_trouble_of_the_machine_is_no_bug() -> None:
    """A full disk is told as such; nothing is quarantined for it."""
    stations = town("E1", "F1")
    east, fire = stations["E1"], stations["F1"]
    east.act("EMB-o", edit("i1", place="x"))
    frames = wanted(east, fire)
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    with patch.object(Projector, "_fold_record", side_effect=full), pytest.raises(sqlite3.OperationalError):
        fire.journal.receive(frames)
    assert fire.journal.receive(frames).applied == 1
    assert fire.verdict(east.last()) == [None]


@pytest.mark.parametrize(
    "error, bug",
    [
        (KeyError("x"), True),
        (OverflowError("too large"), True),
        (sqlite3.IntegrityError("UNIQUE"), True),
        (sqlite3.ProgrammingError("Error binding parameter 1"), True),
        (sqlite3.ProgrammingError("Cannot operate on a closed database."), False),
        (sqlite3.OperationalError("disk I/O error"), False),
        (OSError("no space"), False),
        (MemoryError(), False),
    ],
)
def test_bugs_and_trouble_are_told_apart(error: Exception, bug: bool) -> None:
    if isinstance(error, sqlite3.IntegrityError):
        error.sqlite_errorcode = sqlite3.SQLITE_CONSTRAINT_UNIQUE
    assert is_bug(error) is bug


# -- derived columns -------------------------------------------------------------------------------------------------------


def derive(site: Site, derivers: Mapping[str, Deriver]) -> None:
    """Go on with these derivers."""
    journal = site.journal
    site.journal = Journal(journal.state.connection, journal.identity, POLICY, site.clock, derivers)


def incident(site: Site, incident_id: str) -> dict[str, Any]:
    """One row."""
    cursor = site.journal.state.connection.execute("SELECT * FROM incident WHERE id = ?", (incident_id,))
    found = cursor.fetchone()
    return dict(zip((part[0] for part in cursor.description), found, strict=True))


OWES: dict[str, object] = {"report_duty": [1, "grade", 900, 7200], "status": "handling"}


def test_a_deriver_that_fails_leaves_one_record_without_its_columns(tmp_path: Path) -> None:
    """The same after a rebuild and at the peer; other records have theirs."""
    real = DERIVERS["incident"].compute
    assert real is not None

    def fails(state: State, ids: frozenset[str]) -> None:
        real(state, ids)
        if "bad" in ids:
            raise ZeroDivisionError

    with two_sites(tmp_path) as (emb, frd):
        for site in (emb, frd):
            derive(site, {**DERIVERS, "incident": Deriver(compute=fails)})
        for name in ("bad", "good"):
            emb.write("incident", name, OWES, new=True, entries={"received_at": NOON_MS})
        emb.tell(frd)
        emb.journal.rebuild()
        for site in (emb, frd):
            assert incident(site, "good")["oral_due_at"] == NOON_MS + 900_000
            assert incident(site, "bad")["oral_due_at"] is None and incident(site, "bad")["open"] is None
            assert incident(site, "bad")["status"] == "handling"


def test_a_report_that_moves_takes_its_clock_along(tmp_path: Path) -> None:
    """Two births of one report name different incidents; when the second one wins, the first incident's clock runs again."""
    with two_sites(tmp_path) as (emb, frd):
        for site in (emb, frd):
            derive(site, DERIVERS)
        for name in ("i1", "i2"):
            emb.write("incident", name, OWES, new=True, entries={"received_at": NOON_MS})
        emb.tell(frd)
        told = {"to_role": "gov_duty_room", "spoken_at": NOON_MS + 60_000}
        frd.clock.set(NOON_MS + 1_000_000)
        emb.clock.set(NOON_MS + 2_000_000)
        frd.write("oral_report", "o1", {**told, "incident_id": "i1"}, new=True)
        emb.write("oral_report", "o1", {**told, "incident_id": "i2"}, new=True)
        assert incident(emb, "i2")["oral_met_at"] == NOON_MS + 60_000
        frd.tell(emb)
        emb.tell(frd)
        for site in (emb, frd):
            assert incident(site, "i1")["oral_met_at"] == NOON_MS + 60_000
            assert incident(site, "i2")["oral_met_at"] is None
            assert incident(site, "i2")["next_clock"] == "oral_report"
        before = [incident(emb, name) for name in ("i1", "i2")]
        emb.journal.rebuild()
        assert [incident(emb, name) for name in ("i1", "i2")] == before


def test_the_row_of_an_agency_nobody_validly_met() -> None:
    """No meeting counts any more (the facts are denied, say): the row is there and empty, nothing raises."""
    stations = town("E1", "F1")
    fire: Station = stations["F1"]
    fire.journal.state.facts.all("agency\x1fEMB").clear()
    assert rows.agency_columns(fire.journal.state, "EMB") == {"recovery_key": None, "admitted_by": ""}
