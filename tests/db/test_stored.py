"""Databases of this and every earlier version, stored as files, open, verify and project anew with the present program."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from app.journal.history import history
from app.journal.verify import Depth, verify
from db.backup import check_backup
from db.examine import HEAD
from db.migrate import bring_up_to_date, create, rebuilt
from tests.db.make_fixture import FOLDER, make
from tests.db.test_migrate import expressions, shape
from tests.db.world import POLICY, reopen

STORED = sorted(FOLDER.glob("console-*.db"))
ALIKE = "SELECT site, seq, hash, sig, body FROM op ORDER BY n"


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """Rows of a closed file."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_this_version_is_stored() -> None:
    """After a new revision: python -m tests.db.make_fixture."""
    assert FOLDER / f"console-{HEAD}.db" in STORED


@pytest.fixture(params=STORED, ids=lambda stored: stored.stem)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a stored file."""
    path = tmp_path / "console.db"
    path.write_bytes(request.param.read_bytes())
    return path


def test_stored_file_opens_verifies_and_projects_anew(stored: Path, tmp_path: Path) -> None:
    assert check_backup(stored).entries == 21
    journal = rows(stored, ALIKE)
    if bring_up_to_date(stored, tmp_path / "copies"):
        site = reopen(stored, "EMB")
        site.journal.rebuild()
        rebuilt(site.journal.state.connection)
        site.close()
    site = reopen(stored, "EMB")
    assert rows(stored, ALIKE) == journal
    report = verify(stored, site.standpoint, POLICY)
    assert report.ok, report.as_dict()
    assert (report.entries, report.bodies) == (21, 20)
    said = rows(stored, "SELECT text FROM log_entry WHERE id = 'chinese'")
    assert said == [("14:02 接报：中山街道居民楼冒烟，=1+1 `x` <b>",)]
    assert rows(stored, "SELECT place, alarm_grade, conflicts FROM incident") == [("c", 3, 1)]
    assert rows(stored, "SELECT id FROM draft") == [("d1",)]
    assert len(history(site.journal.state.connection, "incident", "i1")) == 3
    site.journal.rebuild()
    assert verify(stored, site.standpoint, POLICY, depth=Depth(indexes=True)).ok
    site.write("log_entry", "later", {"text": "goes on"}, new=True)
    site.close()


def test_stored_file_of_this_version_has_the_present_schema(tmp_path: Path) -> None:
    """If not, the schema changed without a new revision: files out there would break."""
    fresh = tmp_path / "fresh.db"
    create(fresh)
    copy = tmp_path / "copy.db"
    copy.write_bytes((FOLDER / f"console-{HEAD}.db").read_bytes())
    with contextlib.closing(sqlite3.connect(copy)) as old, contextlib.closing(sqlite3.connect(fresh)) as new:
        assert shape(old) == shape(new)
        assert expressions(old) == expressions(new)
        triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        assert old.execute(triggers).fetchall() == new.execute(triggers).fetchall()


def test_making_the_file_again_gives_the_same_journal(tmp_path: Path) -> None:
    """If not, the encoding or the hashes changed: chains out there would no longer verify."""
    again = tmp_path / "again.db"
    make(again)
    copy = tmp_path / "copy.db"
    copy.write_bytes((FOLDER / f"console-{HEAD}.db").read_bytes())
    assert rows(again, ALIKE) == rows(copy, ALIKE)
