"""The general assertions turn red: rows that differ, touched records, holes, doubled numbers, ways out, numbers told."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.kernel.paths import DataDir
from tests.kit import Site, Town, founded_town, register, town
from tests.scenarios import general

__all__ = ["founded_town", "town"]


@dataclass
class Closed:
    """A console nobody has open."""

    agency: str
    data: DataDir
    outside: list[str] = field(default_factory=list)

    def rows(self, statement: str, *given: Any) -> list[dict[str, Any]]:
        with contextlib.closing(sqlite3.connect(self.data.database)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, given)]

    def touch(self, *statements: str) -> None:
        """Change the file as no program of ours does."""
        with contextlib.closing(sqlite3.connect(self.data.database)) as connection, connection:
            for trigger in self.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                connection.execute(f"DROP TRIGGER {trigger['name']}")
            for statement in statements:
                connection.execute(statement)


@pytest.fixture
def consoles(town: Town) -> tuple[Closed, Closed, str]:
    """Both rooms after two registrations, in step and closed; the id of one incident."""
    one = register(town.frd)
    register(town.frd)
    town.sync()
    return _closed(town.emb), _closed(town.frd), one.id


def _closed(site: Site) -> Closed:
    site.node.close()
    return Closed(str(site.agency), site.node.data)


def fails(check: Callable[[], object]) -> None:
    with pytest.raises(AssertionError):
        check()


def test_all_hold_on_two_rooms_in_step(consoles: tuple[Closed, Closed, str]) -> None:
    emb, frd, incident = consoles
    general.equal_rows(emb, frd)
    for console in (emb, frd):
        general.record_is_whole(console)
        general.nothing_lost(console, {incident: "incident"})
        general.nothing_outside(console)
        general.no_contact_data(console)
        general.numbers_without_holes(console)


def test_rows_that_differ(consoles: tuple[Closed, Closed, str]) -> None:
    """G1, G2: one changed word in one room."""
    emb, frd, _ = consoles
    emb.touch("UPDATE incident SET what = '改过' WHERE rowid = 1")
    fails(lambda: general.equal_rows(emb, frd))
    fails(lambda: general.record_is_whole(emb))
    general.record_is_whole(frd)


@pytest.mark.parametrize(
    "wrong",
    [
        "DELETE FROM op WHERE seq = 3",
        "UPDATE op SET tx_last = 0 WHERE n = (SELECT max(n) FROM op)",
        "DELETE FROM incident",
        "UPDATE incident SET no = 'FRD-20250714-001'",
        "UPDATE incident SET alarm_no = 'A1', agency = 'FRD'",
    ],
)
def test_what_is_lost_or_twice(consoles: tuple[Closed, Closed, str], wrong: str) -> None:
    """G3: a hole in a chain, a torn transaction, a record that was answered for, a number or an alarm that stands twice."""
    emb, _, incident = consoles
    general.nothing_lost(emb, {incident: "incident"})
    emb.touch(wrong)
    fails(lambda: general.nothing_lost(emb, {incident: "incident"}))


def test_a_hole_in_the_numbers(consoles: tuple[Closed, Closed, str]) -> None:
    """D-20."""
    emb, _, _ = consoles
    emb.touch("DELETE FROM incident WHERE no LIKE '%-001'")
    fails(lambda: general.numbers_without_holes(emb))


def test_a_way_out_of_this_machine(consoles: tuple[Closed, Closed, str]) -> None:
    """G4: what the process noticed; sockets of this machine alone are no way out."""
    emb, _, _ = consoles
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as open_socket:
        open_socket.connect(("127.0.0.1", 9))
        assert not general.foreign_sockets(os.getpid())
    emb.outside.append("socket.connect 192.0.2.1")
    fails(lambda: general.nothing_outside(emb))


@pytest.mark.skipif(not Path("/proc/net/udp").exists(), reason="sockets are listed by Linux")
def test_a_socket_to_elsewhere_is_seen() -> None:
    """G4: an address beyond this machine (one that is kept for documents: nothing is sent)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as open_socket:
        try:
            open_socket.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no way out at all")
        assert general.foreign_sockets(os.getpid())
    assert not general.foreign_sockets(os.getpid())


@pytest.mark.parametrize("told", ["呼叫 13" + "800000000", "呼叫 021-" + "55500000"])
def test_a_telephone_number_in_a_log(consoles: tuple[Closed, Closed, str], told: str) -> None:
    """G5."""
    emb, _, _ = consoles
    emb.data.logs.mkdir(exist_ok=True)
    (emb.data.logs / "console.log").write_text("12345678901234567890\n", "utf-8")
    general.no_contact_data(emb)
    (emb.data.logs / "console.log").write_text(f"{told}\n", "utf-8")
    fails(lambda: general.no_contact_data(emb))
