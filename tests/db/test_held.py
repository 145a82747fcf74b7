"""SQLite's locks survive that the file is looked at: nobody else deletes the log under a running console (XC-01)."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from db import held
from db.engine import open_reader, open_writer
from db.examine import check_header, quick_look, wal_of
from db.migrate import bring_up_to_date, create

POSIX = pytest.mark.skipif(
    not held.LOCKS_GO_WITH_ANY_DESCRIPTOR, reason="only POSIX locks go with a descriptor"
)
# Opens the database as any other program would, and closes it again: the last one to close deletes the log.
ANOTHER = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT count(*) FROM op').fetchone(); c.close()"


def another_program(path: Path) -> None:
    subprocess.run([sys.executable, "-c", ANOTHER, path], check=True, timeout=60)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "console.db"
    create(path)
    return path


def tables(path: Path) -> set[str]:
    """Names of tables as another process sees them."""
    code = "import sqlite3, sys; print(*[r[0] for r in sqlite3.connect(sys.argv[1]).execute('SELECT name FROM sqlite_master')])"
    done = subprocess.run([sys.executable, "-c", code, path], check=True, capture_output=True, timeout=60)
    return set(done.stdout.decode().split())


@POSIX
def test_the_log_of_a_window_that_opens_stays(database: Path, tmp_path: Path) -> None:
    """The window reads before the site behind it opens and looks at the file: what is committed afterwards reaches everybody."""
    with closing(open_reader(database)) as reader:
        reader.execute("SELECT count(*) FROM op").fetchone()
        bring_up_to_date(database, tmp_path / "backups")
        with closing(open_writer(database)) as writer:
            writer.execute("CREATE TABLE before_it (x)")
            another_program(database)
            assert wal_of(database).exists(), "another program believed that nobody has it open"
            writer.execute("CREATE TABLE after_it (x)")
            assert {"before_it", "after_it"} <= tables(database)


@POSIX
def test_looking_while_it_is_open_costs_no_lock(database: Path) -> None:
    """Whoever looks at a running console's file from inside its process keeps the descriptor until the last connection closes."""
    writer = open_writer(database)
    writer.execute("CREATE TABLE something (x)")
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    for _ in range(3):
        check_header(database)
        quick_look(database)
    another_program(database)
    assert wal_of(database).exists()
    writer.close()
    assert not before or len(os.listdir("/proc/self/fd")) < before, (
        "kept descriptors go with the last connection"
    )
    assert not held._kept and not held._open


def test_a_file_nobody_has_open_is_let_go_at_once(database: Path) -> None:
    """Without a connection there is nothing to protect."""
    with held.looking(database) as handle:
        assert handle.read(6) == b"SQLite"
    assert handle.closed and not held._open


def test_a_connection_counts_once(database: Path) -> None:
    """Closing twice is closing once; two connections are two."""
    one, two = open_reader(database), open_reader(database)
    one.close()
    one.close()
    assert sum(held._open.values()) == 1
    two.close()
    assert not held._open
    with pytest.raises(sqlite3.ProgrammingError):
        two.execute("SELECT 1")
