"""Restoring a copy as a new site of the same agency (REPLICATION, Trust; D-35; XC-01)."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import founding, pairing, restoring
from app.bootstrap.node import Node, Open
from app.bootstrap.restoring import restore
from app.kernel.clock import ManualClock
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.paths import DataDir
from app.replication.identity import read_identity
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


@pytest.mark.parametrize("step", ["create_tls", "_first_acts", "sync_folder", "_bring_files"])
def test_interrupted_restore_begins_again(
    town: Town, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """XC-01: cut off before it has its name, the same call succeeds afterwards; after that the site opens (its files:
    test_restored_files)."""

    def cut(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    data = DataDir(tmp_path / "new")
    with monkeypatch.context() as patch:
        patch.setattr(founding if step == "sync_folder" else restoring, step, cut)
        with pytest.raises(KeyboardInterrupt):
            restore(data, copy, town.emb.recovery_file, ManualClock(ms("09:00:00")))
    if step in ("sync_folder", "_bring_files"):
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


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
def test_log_of_the_old_database_is_not_played_over_the_new_one(
    town: Town, copy: Path, tmp_path: Path, end: str
) -> None:
    """XC-01: the damaged file was moved aside, its log was not: refused, and every byte stays for whoever looks into it."""
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / f"console.db{end}").write_bytes(b"log of the old file")
    with pytest.raises(EnvironmentFault) as fault:
        restore(DataDir(folder), copy, town.emb.recovery_file, ManualClock(ms("09:00:00")))
    assert fault.value.code == "database.leftovers"
    assert f"console.db{end}" in fault.value.params["path"]
    assert [path.name for path in folder.glob("*.db*")] == [f"console.db{end}"]
    assert (folder / f"console.db{end}").read_bytes() == b"log of the old file"


def test_restored_database_is_read_through_in_its_place(
    town: Town, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XC-01: what got the name is what was made; a disk that broke it meanwhile is told at once."""
    made = restoring._as_new_site

    def then_the_disk_fails(data: DataDir, draft: Path, *rest: Any) -> Any:
        done = made(data, draft, *rest)
        content = bytearray(draft.read_bytes())
        content[8192:40960] = bytes(32768)
        draft.write_bytes(content)
        return done

    monkeypatch.setattr(restoring, "_as_new_site", then_the_disk_fails)
    with pytest.raises(EnvironmentFault) as fault:
        restore(DataDir(tmp_path / "new"), copy, town.emb.recovery_file, ManualClock(ms("09:00:00")))
    assert fault.value.code == "database.damaged"


def test_identity_file_of_the_lost_site_is_not_handed_out(town: Town, copy: Path, tmp_path: Path) -> None:
    """REPLICATION, Pairing: restored in the old folder, the site tells of itself and not of the one it took over from."""
    old = pairing.identity_file(town.emb.node)
    data = DataDir(tmp_path / "old")
    data.create()
    kept = data.keys / "identity.json"
    kept.write_bytes(old)
    new = brought_back(town, copy, data.root)
    assert not kept.exists()
    for left in (old, b"{damaged"):
        kept.write_bytes(left)
        assert read_identity(pairing.identity_file(new.node)).site == new.node.me.site
    again = pairing.identity_file(new.node)
    assert pairing.identity_file(new.node) == again == kept.read_bytes(), "the same file until asked anew"
    new.node.close()


def test_data_folder_is_its_owners_alone(town: Town, copy: Path, tmp_path: Path) -> None:
    """CM-04, XC-07: neither the folder nor the database nor its log can be read by another user of the machine."""
    new = brought_back(town, copy, tmp_path / "new")
    register(new)
    for root in (new.node.data.root, town.frd.node.data.root):
        files = [path for path in root.glob("console.db*") if path.is_file()]
        assert [stat.S_IMODE(path.stat().st_mode) for path in (root, *files)] == [
            0o700,
            *[0o600] * len(files),
        ]
    new.node.close()


def test_a_damaged_database_is_put_aside_not_overwritten(town: Town, copy: Path) -> None:
    """XC-01: restored in the folder of the damaged file; every byte of it stays, with its logs, for whoever looks into it."""
    data = town.emb.node.data
    town.emb.node.close()
    spoilt = bytearray(data.database.read_bytes())
    spoilt[4096:40960] = bytes(36864)
    data.database.write_bytes(spoilt)
    (data.root / "console.db-wal").write_bytes(b"log of the damaged file")
    made = restore(data, copy, town.emb.recovery_file, ManualClock(ms("09:00:00")), set_aside=True)
    assert made.aside is not None and made.aside.parent == data.root
    assert (made.aside / "console.db").read_bytes() == spoilt
    assert (made.aside / "console.db-wal").read_bytes() == b"log of the damaged file"
    assert stat.S_IMODE(made.aside.stat().st_mode) == 0o700
    town.emb.node = Node(Open(data, town.emb.clock))
    assert town.emb.node.me.site == made.site
    assert town.emb.count("incident") == 1


@pytest.mark.parametrize("what", ["copy", "key"])
def test_nothing_is_put_aside_for_a_restore_that_cannot_succeed(
    town: Town, copy: Path, tmp_path: Path, what: str
) -> None:
    """XC-01: a bad copy or another agency's key leaves the folder as it was."""
    data = town.emb.node.data
    town.emb.node.close()
    before = data.database.read_bytes()
    if what == "copy":
        copy.write_bytes(copy.read_bytes()[:10_000])
    recovery = town.frd.recovery_file if what == "key" else town.emb.recovery_file
    with pytest.raises(EnvironmentFault):
        restore(data, copy, recovery, ManualClock(ms("09:00:00")), set_aside=True)
    assert data.database.read_bytes() == before
    assert not list(data.root.glob("set-aside-*"))
    town.emb.node = Node(Open(data, town.emb.clock))


def test_what_was_put_aside_is_a_data_folder_of_the_lost_site(town: Town, copy: Path) -> None:
    """REPLICATION, Trust: where the file can be read after all, its console says what it never sent: flagged, not lost."""
    data, lost = town.emb.node.data, town.emb.node.me.site
    unsent = register(town.emb)
    town.emb.node.close()
    made = restore(data, copy, town.emb.recovery_file, ManualClock(ms("09:00:00")), set_aside=True)
    assert made.aside is not None
    new = Site(
        Node(Open(data, ManualClock(ms("09:00:00")))), town.emb.clock, town.emb.agency, town.emb.recovery_file
    )
    assert new.node.me.site != lost and (data.keys.stat().st_mode & 0o777) == 0o700
    sync(new, town.frd)
    old = Site(
        Node(Open(DataDir(made.aside), town.emb.clock)), town.emb.clock, new.agency, town.emb.recovery_file
    )
    assert old.node.me.site == lost
    ship(old, new)
    ship(new, town.frd)
    assert town.frd.incident(unsent.id).no == unsent.no
    assert business(new) == business(town.frd)
    old.node.close()
    town.emb.node = new.node
