"""`verify` on a real room of two, mutation by mutation: every shared table, every column of the record (XC-04, attack test 8).

The attacker owns the machine: he opens the closed file with SQLite, takes the guards away and puts genuine ones back.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap.checking import verify_site
from app.bootstrap.feature_table import policy
from app.journal.guards import GUARDS
from app.kernel.enums import Agency, Post
from app.kernel.paths import DataDir
from app.usecases.duty import TakeWatch, WriteLogEntry
from app.usecases.incidents import ChangeIncident, RaiseAlarmGrade
from db.tables.journal import PROJECTED
from tests.kit import Town, act, cheap_passwords, found_site, meet, people, register, sync

# What belongs to this workstation alone, and what SQLite and the migrations keep.
LOCAL = {
    "self",
    "peer",
    "peer_ack",
    "credential",
    "draft",
    "bundle",
    "bundle_peer",
    "file_held",
    "projection",
}
KEPT = {"alembic_version", "op", "chain"}
MANY = 10  # tables that an hour of two rooms fills


@dataclass
class Victim:
    """A copy of a room's closed data folder."""

    data: DataDir
    own: str
    peer: str

    @contextmanager
    def attack(self) -> Iterator[sqlite3.Connection]:
        """Without guards while the block lasts; they are put back as they were."""
        with contextlib.closing(sqlite3.connect(self.data.database, isolation_level=None)) as connection:
            kept = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in kept:
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute("PRAGMA foreign_keys=OFF")
            yield connection
            for _, sql in kept:
                connection.execute(sql)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def report(self) -> dict[str, Any]:
        found = verify_site(self.data, workers=1)
        assert found["damaged"] == (not found["report"]["ok"])
        assert bool(found["findings"]) == found["damaged"], "every finding has a sentence"
        return dict(found["report"])


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Victim:
    """Two rooms after a busy hour: both chains, a conflict, watches, log, grades."""
    folder = tmp_path_factory.mktemp("rooms")
    with cheap_passwords():
        town = Town(found_site(folder, Agency.EMB), found_site(folder, Agency.FRD))
        for site in (town.emb, town.frd):
            people(site)
        meet(town.emb, town.frd)
        meet(town.frd, town.emb)
        town.sync()
        one, two = register(town.emb), register(town.frd)
        sync(town.emb, town.frd)
        act(town.emb, "duty_officer", ChangeIncident(incident_id=one.id, what="甲"))
        act(town.frd, "duty_officer", ChangeIncident(incident_id=one.id, what="乙"))
        act(town.frd, "duty_officer", RaiseAlarmGrade(incident_id=two.id, to=3))
        for site in (town.emb, town.frd):
            act(site, "duty_officer", TakeWatch(post=Post.DUTY_OFFICER))
            act(site, "duty_officer", WriteLogEntry(text="记事"))
        sync(town.emb, town.frd)
        for site in (town.emb, town.frd):
            site.node.close()
    return Victim(town.emb.node.data, town.emb.node.me.site, town.frd.node.me.site)


@pytest.fixture
def victim(rooms: Victim, tmp_path: Path) -> Victim:
    shutil.copytree(rooms.data.root, tmp_path / "EMB")
    return Victim(DataDir(tmp_path / "EMB"), rooms.own, rooms.peer)


def shared() -> list[str]:
    """Tables whose rows follow from the record."""
    return [entity.table.name for entity in policy().entities.values()] + [each.name for each in PROJECTED]


def columns(connection: sqlite3.Connection, table: str) -> list[tuple[str, bool]]:
    """(name, is part of the key) of a table's columns."""
    info = connection.execute(f"PRAGMA table_info({table})").fetchall()
    by_id = any(row[1] == "id" for row in info)
    return [(row[1], row[1] == "id" or (bool(row[5]) and not by_id)) for row in info]


def test_the_untouched_room_is_in_order(victim: Victim) -> None:
    assert victim.report()["ok"]


def test_every_table_is_either_local_or_looked_at(victim: Victim) -> None:
    """A table nobody compares would be a place where anything can be changed unseen."""
    with contextlib.closing(sqlite3.connect(victim.data.database)) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    plain = {name for name in names if not name.startswith(("sqlite_", "search_"))}
    assert plain - LOCAL - KEPT == set(shared())


def first_row(connection: sqlite3.Connection, table: str) -> tuple[str, tuple[Any, ...]] | None:
    """A condition that names the first row of a table, whether it has row numbers or not, and its values."""
    names = [name for name, _ in columns(connection, table)]
    row = connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()
    return None if row is None else (" AND ".join(f"{name} IS ?" for name in names), row)


def _changed(value: Any) -> Any:
    if isinstance(value, str):
        return f"{value}x"
    return b"x" if isinstance(value, bytes) else (value or 0) + 1


def test_an_edited_row_is_named_with_each_of_its_columns(victim: Victim) -> None:
    """XC-04: one row of every shared table, all of its columns one after the other."""
    expected: dict[str, set[str]] = {}
    with victim.attack() as connection:
        for table in shared():
            found_row = first_row(connection, table)
            if found_row is None:
                continue
            values = list(found_row[1])
            for at, (name, key) in enumerate(columns(connection, table)):
                if key or name in ("n", "hash", "key"):
                    continue
                sql = f"UPDATE {table} SET {name} = ? WHERE {found_row[0]}"
                with contextlib.suppress(sqlite3.IntegrityError):  # a value the table itself does not take
                    connection.execute(sql, (_changed(values[at]), *values))
                    values[at] = _changed(values[at])
                    expected.setdefault(table, set()).add(name)
    assert len(expected) > MANY
    found: dict[str, set[str]] = {}
    for difference in victim.report()["differences"]:
        found.setdefault(difference["table"], set()).update(difference["columns"])
    for table, names in expected.items():
        assert table in found, table
        assert names <= found[table] or not found[table], (table, names - found[table])


def test_a_removed_row_is_named(victim: Victim) -> None:
    """XC-04: one row of every shared table."""
    touched = set()
    with victim.attack() as connection:
        for table in shared():
            row = first_row(connection, table)
            if row is not None:
                assert connection.execute(f"DELETE FROM {table} WHERE {row[0]}", row[1]).rowcount >= 1
                touched.add(table)
    found = {each["table"] for each in victim.report()["differences"] if each["kind"] == "missing"}
    assert touched <= found and len(touched) > MANY, touched - found


def test_an_added_row_is_named(victim: Victim) -> None:
    """XC-04: a row that no entry gives, in every shared table."""
    touched = set()
    with victim.attack() as connection:
        for table in shared():
            names = [name for name, _ in columns(connection, table)]
            row = connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()
            if row is None:
                continue
            forged = [_other(name, value) for name, value in zip(names, row, strict=True)]
            with contextlib.suppress(sqlite3.IntegrityError):
                connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", forged)
                touched.add(table)
    found = {each["table"] for each in victim.report()["differences"]}
    assert touched <= found and len(touched) > MANY, touched - found


def _other(name: str, value: Any) -> Any:
    if name == "n":
        return 1_000_000
    if isinstance(value, bytes):
        return bytes(reversed(value)) or b"x"
    return (
        f"{value[:-1]}~" if isinstance(value, str) and name in ("id", "key", "site", "entity_id") else value
    )


def _entries(connection: sqlite3.Connection, seed: int) -> list[tuple[int, str, int]]:
    """Some entries of both chains: row number, site, number."""
    rows = connection.execute("SELECT n, site, seq FROM op ORDER BY n").fetchall()
    return sorted(random.Random(seed).sample(rows, 6))


OP_COLUMNS = (
    "hash", "site", "seq", "prev", "tx", "tx_last", "parents", "hlc", "scope", "commitment", "sig",
    "actor", "command", "entity", "entity_id", "schema_v", "salt", "body",
)  # fmt: skip


@pytest.mark.parametrize("column", OP_COLUMNS)
def test_an_edited_entry_is_named(victim: Victim, column: str) -> None:
    """XC-04: any column of any entry; the entry itself, or the ones it joins on to, are named."""
    with victim.attack() as connection:
        hit = []
        for n, site, seq in _entries(connection, OP_COLUMNS.index(column)):
            [value] = connection.execute(f"SELECT {column} FROM op WHERE n = ?", (n,)).fetchone()
            if value is None:
                continue
            other = (
                f"{value}x"
                if isinstance(value, str)
                else bytes(value) + b"x"
                if isinstance(value, bytes)
                else value + 1
            )
            if column == "tx_last":
                other = 1 - value
            connection.execute(f"UPDATE op SET {column} = ? WHERE n = ?", (other, n))
            hit.append((site, seq))
    assert hit
    faults = {(each["site"], each["seq"]) for each in victim.report()["faults"]}
    near = {(site, seq + step) for site, seq in faults for step in (-1, 0, 1)}
    if column == "site":
        assert faults
    else:
        assert set(hit) <= near, set(hit) - near


def test_an_edited_beginning_hidden_below_the_first_row_number_is_named(victim: Victim) -> None:
    """XC-04: the entries of a chain's beginning keep their order under numbers at which nobody would begin to look."""
    with victim.attack() as connection:
        connection.execute("UPDATE op SET n = n - 1000 WHERE site = ? AND seq <= 8", (victim.own,))
        [n, seq, body] = connection.execute(
            "SELECT n, seq, body FROM op WHERE site = ? AND n < 0 ORDER BY n DESC LIMIT 1", (victim.own,)
        ).fetchone()
        connection.execute("UPDATE op SET body = ? WHERE n = ?", (bytes(body) + b"x", n))
    report = victim.report()
    assert ("hidden", victim.own, seq) in {
        (each["kind"], each["site"], each["seq"]) for each in report["faults"]
    }
    assert report["entries"] == sum(report["chains"].values())


def test_removed_swapped_and_added_entries_are_named(victim: Victim) -> None:
    """XC-04: an entry in the middle of each chain goes; two change places; one is copied under a number of its own."""
    with victim.attack() as connection:
        for number, site in enumerate((victim.own, victim.peer)):
            connection.execute("DELETE FROM op WHERE site = ? AND seq = 5", (site,))
            for at, n in ((7, -1), (9, -2)):
                connection.execute(
                    "UPDATE op SET n = ? WHERE site = ? AND seq = ?", (n - 10 * number, site, at)
                )
        names = ", ".join(OP_COLUMNS)
        last = connection.execute("SELECT max(n) FROM op").fetchone()[0]
        connection.execute(
            f"INSERT INTO op (n, {names}) SELECT ?, {names.replace('hash', 'randomblob(32)', 1).replace('seq', 'seq + 500', 1)}"
            " FROM op WHERE site = ? AND seq = 6",
            (last + 1, victim.peer),
        )
    faults = victim.report()["faults"]
    for each in faults:
        print(each)
    kinds = {(each["kind"], each["site"]) for each in faults}
    for site in (victim.own, victim.peer):
        assert ("missing", site) in kinds
        assert ("order", site) in kinds
    assert {kind for kind, site in kinds if site == victim.peer} & {"end", "header"}


def _weaken(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TRIGGER op_never_changed")
    connection.execute(
        "CREATE TRIGGER op_never_changed BEFORE UPDATE ON op WHEN 0 BEGIN SELECT RAISE(ABORT, 'no'); END"
    )


def _spare_one_column(connection: sqlite3.Connection) -> None:
    [sql] = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'op_never_changed'").fetchone()
    connection.execute("DROP TRIGGER op_never_changed")
    connection.execute(sql.replace("BEFORE UPDATE ON", "BEFORE UPDATE OF hash, site, seq, prev, body ON"))


def _add(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TRIGGER nobodys AFTER INSERT ON log_entry BEGIN UPDATE log_entry SET text = '' WHERE id = NEW.id; END"
    )


def _add_view(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE VIEW board AS SELECT * FROM incident")


@pytest.mark.parametrize(
    ("harm", "where", "name"),
    [
        (_weaken, "guards_missing", "op_never_changed"),
        (_spare_one_column, "guards_missing", "op_never_changed"),
        (_add, "strange", "nobodys"),
        (_add_view, "strange", "board"),
    ],
)
def test_guards_that_no_longer_guard_and_strangers_are_named(
    victim: Victim, harm: Callable[[sqlite3.Connection], None], where: str, name: str
) -> None:
    """XC-04: of the right name and letting everything pass; a trigger that changes what is written."""
    with contextlib.closing(sqlite3.connect(victim.data.database, isolation_level=None)) as connection:
        harm(connection)
    report = victim.report()
    assert report[where] == (name,) and not report["ok"]
    assert set(GUARDS) >= set(report["guards_missing"])
