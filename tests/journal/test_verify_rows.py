"""Any touched row that does not follow from the journal is found and named (QUALITY, attack test 8)."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from app.journal.chain_faults import FaultKind
from app.journal.reprojection import Difference, DifferenceKind
from app.journal.verify import VerifyReport
from tests.journal.victim import Victim, op_at, original, victim

__all__ = ["original", "victim"]


def _only(report: VerifyReport) -> Difference:
    assert not report.faults
    (one,) = [each for each in report.differences if not each.table.startswith("search_")]
    return one


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE incident SET place = 'elsewhere', alarm_grade = 9",
            Difference(DifferenceKind.CHANGED, "incident", ("i1",), ("place", "alarm_grade")),
        ),
        ("UPDATE log_entry SET retracted = 0 WHERE id = 'l4'",
         Difference(DifferenceKind.CHANGED, "log_entry", ("l4",), ("retracted",))),
        ("DELETE FROM log_entry WHERE id = 'l2'", Difference(DifferenceKind.MISSING, "log_entry", ("l2",))),
        ("INSERT INTO log_entry (id, text) VALUES ('l99', 'never said')",
         Difference(DifferenceKind.SURPLUS, "log_entry", ("l99",))),
        ("UPDATE account SET roles = 'duty_chief' WHERE id = 'officer-FRD'",
         Difference(DifferenceKind.CHANGED, "account", ("officer-FRD",), ("roles",))),
        ("UPDATE entry SET struck = 1 WHERE value = 3", None),
        ("DELETE FROM conflict WHERE shown = 0", None),
        ("UPDATE fact SET standing = 'cut' WHERE verb = 'grant' AND actor = 'admin-FRD'", None),
        ("INSERT INTO flag (kind, hash, about) VALUES ('from a closed site', x'00', '')",
         Difference(DifferenceKind.SURPLUS, "flag", ("from a closed site", "00", ""))),
        ("DELETE FROM tip WHERE rowid = (SELECT min(rowid) FROM tip)", None),
    ],
)  # fmt: skip
def test_touched_row_is_named(victim: Victim, statement: str, expected: Difference | None) -> None:
    with contextlib.closing(sqlite3.connect(victim.path, isolation_level=None)) as connection:
        assert connection.execute(statement).rowcount == 1
    report = victim.examine()
    difference = _only(report)
    assert not report.ok
    assert difference.table in statement
    if expected is not None:
        assert difference == expected


@pytest.mark.parametrize(
    ("statement", "table", "key"),
    [
        ("UPDATE search_incident SET text = 'elsewhere'", "search_incident", "i1"),
        ("DELETE FROM search_log_entry WHERE text = 'entry 2'", "search_log_entry", "l2"),
        ("INSERT INTO search_log_entry VALUES (99, 'never said')", "search_log_entry", "row 99"),
        (
            "INSERT INTO search_log_entry_grams (rowid, grams) VALUES (99, '6e')",
            "search_log_entry_grams",
            "6e",
        ),
        (
            "INSERT INTO search_incident_grams (search_incident_grams, rowid, grams)"
            " SELECT 'delete', rowid, '63' FROM incident WHERE id = 'i1'",
            "search_incident_grams",
            "63",
        ),
    ],
)
def test_record_hidden_from_the_search_is_named(victim: Victim, statement: str, table: str, key: str) -> None:
    with contextlib.closing(sqlite3.connect(victim.path, isolation_level=None)) as connection:
        connection.execute(statement)
    report = victim.examine()
    assert {(each.table, each.key) for each in report.differences} == {(table, (key,))}


def test_changed_quarantine_is_named(victim: Victim) -> None:
    with contextlib.closing(sqlite3.connect(victim.path, isolation_level=None)) as connection:
        digest = op_at(connection, victim.peer, 5).hash
        connection.execute("INSERT INTO quarantine (hash, reason) VALUES (?, 'role')", (digest,))
    assert _only(victim.examine()) == Difference(DifferenceKind.SURPLUS, "quarantine", (digest.hex(),))


def test_journal_that_cannot_be_projected_is_told(victim: Victim) -> None:
    with victim.attack() as connection:
        connection.execute("DELETE FROM op WHERE site = ? AND seq = 2", (victim.own,))
    report = victim.examine()
    assert (FaultKind.MISSING, victim.own, 2) in {
        (fault.kind, fault.site, fault.seq) for fault in report.faults
    }
    assert report.projection_failed is not None or report.differences_total > 0
