"""Restoring a copy as a new site of the same agency (REPLICATION, Trust; D-35; XC-01)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import restoring
from app.bootstrap.node import Node, Open
from app.bootstrap.restoring import restore
from app.kernel.clock import ManualClock
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.paths import DataDir
from db.backup import backup
from tests.kit import PASSWORD, Site, Town, business, ms, register, ship, sync


@pytest.fixture
def copy(town: Town, tmp_path: Path) -> Path:
    """A copy of EMB's database with one incident in it; what came later is only at FRD."""
    register(town.emb)
    town.sync()
    backup(town.emb.node.data.database, tmp_path / "copy.db")
    register(town.emb)
    town.sync()
    return tmp_path / "copy.db"


def brought_back(town: Town, copy: Path, folder: Path, letter: str = "") -> Site:
    data, clock = DataDir(folder), ManualClock(ms("09:00:00"))
    made = restore(data, copy, town.emb.recovery_file, clock, letter)
    site = Site(Node(Open(data, clock)), clock, town.emb.agency, town.emb.recovery_file, town.emb.admin)
    site.extra["made"] = made
    return site


def test_it_goes_on_as_a_new_site(town: Town, copy: Path, tmp_path: Path) -> None:
    """REPLICATION: new keys, the old site closed with the new one as heir, nothing reused, numbers in a new series (D-35)."""
    lost = town.emb.node.me.site
    town.emb.node.close()
    new = brought_back(town, copy, tmp_path / "new")
    made = new.extra["made"]
    assert (made.closed_site, made.letter) == (lost, "B")
    assert made.site == new.node.me.site != lost
    assert json.loads(new.node.data.high_water.read_text())["site"] == made.site
    assert new.node.sign_in("EMB-duty_officer", PASSWORD).agency == "EMB"
    assert register(new).no == "EMB-20250714-B001"
    assert new.count("incident") == 2
    sync(new, town.frd)
    assert new.count("incident") == 3, "what only the peer still held came back"
    rows = {row["id"]: row for row in town.frd.rows("site")}
    assert (rows[lost]["state"], rows[lost]["heir"]) == ("closed", made.site)
    assert (rows[made.site]["state"], rows[made.site]["letter"]) == ("enrolled", "B")
    assert business(new) == business(town.frd)
    new.node.close()
    town.emb.node = Node(Open(town.emb.node.data, town.emb.clock))


def test_old_keys_are_not_in_the_copy(town: Town, copy: Path) -> None:
    """REPLICATION: a copy of a signing key beside a copy of the journal would let two workstations write one chain."""
    data = copy.read_bytes()
    for path in town.emb.node.data.keys.glob("*.key"):
        assert path.read_bytes()[:64] not in data


def test_late_acts_of_the_lost_site_are_flagged_not_lost(town: Town, copy: Path, tmp_path: Path) -> None:
    """REPLICATION: a closed site's late-surfacing acts stand and are flagged."""
    late = register(town.emb)
    new = brought_back(town, copy, tmp_path / "new")
    ship(new, town.frd)
    ship(town.emb, town.frd)
    assert town.frd.incident(late.id).no == late.no
    assert "from a closed site" in {row["kind"] for row in town.frd.rows("flag")}
    new.node.close()


def test_a_letter_of_ones_own(town: Town, copy: Path, tmp_path: Path) -> None:
    """D-35: another letter may be asked for; one that is taken is E_DUP, one that is none E_RANGE."""
    for letter, code in (("1", ErrorCode.RANGE), ("BC", ErrorCode.RANGE)):
        with pytest.raises(Refusal) as wrong:
            brought_back(town, copy, tmp_path / "new", letter)
        assert (wrong.value.code, wrong.value.field) == (code, "letter")
    first = brought_back(town, copy, tmp_path / "first", "K")
    assert first.node.workstation.letter == "K"
    first.node.close()
    backup(first.node.data.database, tmp_path / "second.db")
    with pytest.raises(Refusal) as wrong:
        brought_back(town, tmp_path / "second.db", tmp_path / "again", "K")
    assert wrong.value.text == "refusal.founding.letter_taken"
    assert not list((tmp_path / "again").glob("*.db*"))
    second = brought_back(town, tmp_path / "second.db", tmp_path / "again")
    assert second.node.workstation.letter == "B"
    second.node.close()


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("no copy", "database.missing"),
        ("damaged copy", "database.damaged"),
        ("no database", "database.foreign"),
        ("no recovery file", "keys.recovery"),
        ("other agency's recovery file", "keys.recovery"),
        ("data are there", "database.exists"),
        ("folder cannot be made", "data.unwritable"),
    ],
)
def test_what_cannot_be_restored(town: Town, copy: Path, tmp_path: Path, what: str, code: str) -> None:
    """XC-01: told in words; nothing half-made stays, no database is overwritten."""
    folder, recovery = tmp_path / "new", town.emb.recovery_file
    if what == "no copy":
        copy = tmp_path / "none.db"
    elif what == "damaged copy":
        data = bytearray(copy.read_bytes())
        data[4096:40960] = bytes(36864)
        copy.write_bytes(data)
    elif what == "no database":
        copy.write_bytes(b"hello" * 1000)
    elif what == "no recovery file":
        recovery = tmp_path / "none.json"
    elif what == "other agency's recovery file":
        recovery = town.frd.recovery_file
    elif what == "data are there":
        folder.mkdir()
        (folder / "console.db").write_bytes(b"mine")
    else:
        (tmp_path / "file").write_bytes(b"x")
        folder = tmp_path / "file" / "new"
    with pytest.raises(EnvironmentFault) as fault:
        restore(DataDir(folder), copy, recovery, ManualClock(ms("09:00:00")))
    assert fault.value.code == code
    left = [path for path in tmp_path.glob("new/**/*") if path.suffix.startswith(".db")]
    assert [path.read_bytes() for path in left] == ([b"mine"] if what == "data are there" else [])


@pytest.mark.parametrize("step", ["create_tls", "_first_acts", "sync_folder"])
def test_interrupted_restore_begins_again(
    town: Town, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """XC-01: cut off before it has its name, the same call succeeds afterwards."""

    def cut(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    data = DataDir(tmp_path / "new")
    with monkeypatch.context() as patch:
        patch.setattr(restoring, step, cut)
        with pytest.raises(KeyboardInterrupt):
            restore(data, copy, town.emb.recovery_file, ManualClock(ms("09:00:00")))
    if step == "sync_folder":
        assert data.database.exists()
    else:
        assert not data.database.exists()
        restore(data, copy, town.emb.recovery_file, ManualClock(ms("09:00:00")))
    with Node(Open(data, ManualClock(ms("09:00:00")))) as node:
        assert node.workstation.letter == "B"


def test_running_site_is_not_restored_over(town: Town, copy: Path, tmp_path: Path) -> None:
    """XC-01: the lock of a data folder holds for restoring too."""
    folder = tmp_path / "taken"
    shutil.copytree(town.frd.node.data.root, folder)
    clock = ManualClock(ms("09:00:00"))
    with Node(Open(DataDir(folder), clock)) as node:
        node.data.database.rename(folder / "aside.db")
        with pytest.raises(EnvironmentFault) as fault:
            restore(DataDir(folder), copy, town.emb.recovery_file, clock)
        (folder / "aside.db").rename(node.data.database)
    assert fault.value.code == "database.in_use"
