"""Opening a site: lock, files that cannot be used, keys, high-water mark (XC-01, REPLICATION)."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap.node import Node, Open, open_node
from app.journal.journal import PeerView
from app.kernel.clock import ManualClock
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.paths import DataDir
from app.queries import incidents
from tests.kit import PASSWORD, Site, Town, dump, ms, register, ship, sync

EVERYTHING = 1 << 30


def fault_of(data: DataDir) -> str:
    """Code of the fault when a site is opened."""
    with pytest.raises(EnvironmentFault) as fault:
        Node(Open(data, ManualClock(ms("08:00:00"))))
    return fault.value.code


def test_one_process_at_a_time(emb: Site) -> None:
    """XC-01: a second console on the same data is refused and disturbs nothing; after the end the data are free."""
    assert fault_of(emb.node.data) == "database.in_use"
    register(emb)
    emb.reopen()
    assert emb.count("incident") == 1


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (b"", "database.damaged"),
        (b"SQLite format 3\0" + b"\0" * 50, "database.damaged"),
        (b"PK\x03\x04" + b"x" * 4096, "database.damaged"),
    ],
)
def test_damaged_files_are_left_untouched(emb: Site, harm: bytes, code: str) -> None:
    """XC-01: a clear message, and every byte as before."""
    emb.node.close()
    emb.node.data.database.write_bytes(harm)
    assert fault_of(emb.node.data) == code
    assert emb.node.data.database.read_bytes() == harm
    assert not list(emb.node.data.backups.iterdir())


def test_newer_file_is_left_untouched(emb: Site) -> None:
    """XC-01: an older program does not open a newer file."""
    emb.node.close()
    path = emb.node.data.database
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    assert fault_of(emb.node.data) == "database.newer"
    assert path.read_bytes() == before


def test_missing_file_is_not_made(emb: Site) -> None:
    """XC-01: nothing is made in its place, which would hide the loss."""
    emb.node.close()
    emb.node.data.database.unlink()
    assert fault_of(emb.node.data) == "database.missing"
    assert not emb.node.data.database.exists()


def test_database_of_nobody(emb: Site) -> None:
    """A database that does not say whose it is cannot be opened as a site."""
    emb.node.close()
    connection = sqlite3.connect(emb.node.data.database)
    connection.execute("DELETE FROM self")
    connection.commit()
    connection.close()
    assert fault_of(emb.node.data) == "database.damaged"


@pytest.mark.parametrize("name", ["site.key", "tls.key", "tls_root.key"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_keys_open_to_others_are_not_used(emb: Site, name: str, mode: int) -> None:
    """CM-04: key files are 0600."""
    emb.node.close()
    os.chmod(emb.node.data.keys / name, mode)
    assert fault_of(emb.node.data) == "keys.open"
    os.chmod(emb.node.data.keys / name, 0o600)
    emb.node = Node(Open(emb.node.data, emb.clock))


def test_keys_missing_damaged_or_of_another_site(town: Town) -> None:
    """REPLICATION: a site writes under its own key or not at all; the lock is given back each time."""
    keys = town.emb.node.data.keys
    town.emb.node.close()
    kept = (keys / "site.key").read_bytes()
    (keys / "site.key").write_bytes(kept[:31])
    os.chmod(keys / "site.key", 0o600)
    assert fault_of(town.emb.node.data) == "keys"
    (keys / "site.key").unlink()
    assert fault_of(town.emb.node.data) == "keys"
    shutil.copy(town.frd.node.data.keys / "site.key", keys / "site.key")
    assert fault_of(town.emb.node.data) == "keys.mismatch"
    (keys / "site.key").write_bytes(kept)
    town.emb.node = Node(Open(town.emb.node.data, town.emb.clock))


# -- high-water mark -------------------------------------------------------------------------------------------------------
def mark(site: Site) -> int:
    return int(json.loads(site.node.data.high_water.read_text())["seq"])


def test_mark_is_raised_before_operations_leave(town: Town) -> None:
    """REPLICATION, Fork: own acts alone do not raise it; what is handed to a peer does, to the end of the chain."""
    site = town.emb.node.me.site
    sent = mark(town.emb)
    register(town.emb)
    assert mark(town.emb) == sent
    ship(town.emb, town.frd)
    end = town.emb.vector()[site][0]
    assert mark(town.emb) == end > sent
    register(town.frd)
    ship(town.frd, town.emb)
    assert mark(town.emb) == end, "the other side's operations are not ours"


def test_bodies_raise_the_mark_as_well(town: Town) -> None:
    """REPLICATION, Disclosure: late bodies are own operations that leave."""
    site = town.emb.node.me.site
    journal = town.emb.node.journal
    view = PeerView("EMB", "another")
    register(town.emb)
    end = town.emb.vector()[site][0]
    assert mark(town.emb) < end
    town.emb.node.local(lambda _: journal.bodies({site: [(end, end)]}, view))
    assert mark(town.emb) == end


def test_nothing_leaves_when_the_mark_cannot_be_written(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """REPLICATION, Fork: first the mark, then the operation."""
    register(town.emb)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("app.journal.high_water.write_secret", full)
        with pytest.raises(EnvironmentFault, match=r"data\.unwritable"):
            ship(town.emb, town.frd)
    assert town.frd.count("incident") == 0
    ship(town.emb, town.frd)
    assert town.frd.count("incident") == 1


def test_older_copy_under_the_same_key_is_refused(town: Town, tmp_path: Path) -> None:
    """REPLICATION, Fork: a database put back from a copy stands below what has left: it goes on as a new site."""
    data = town.emb.node.data
    register(town.emb)
    town.emb.node.close()
    shutil.copy(data.database, tmp_path / "older.db")
    town.emb.node = Node(Open(data, town.emb.clock))
    register(town.emb)
    ship(town.emb, town.frd)
    town.emb.node.close()
    shutil.copy(data.database, tmp_path / "newer.db")
    shutil.copy(tmp_path / "older.db", data.database)
    assert fault_of(data) == "high_water"
    shutil.copy(tmp_path / "newer.db", data.database)
    town.emb.node = Node(Open(data, town.emb.clock))
    assert register(town.emb).no == "EMB-20250714-003"


def test_older_copy_of_what_never_left_is_in_order(emb: Site, tmp_path: Path) -> None:
    """REPLICATION, Fork: nobody else has seen what is gone."""
    data = emb.node.data
    emb.node.local(lambda _: emb.node.journal.after({}, EVERYTHING))
    emb.node.close()
    shutil.copy(data.database, tmp_path / "older.db")
    emb.node = Node(Open(data, emb.clock))
    register(emb)
    emb.node.close()
    shutil.copy(tmp_path / "older.db", data.database)
    emb.node = Node(Open(data, emb.clock))
    assert register(emb).no == "EMB-20250714-001"


@pytest.mark.parametrize("harm", ["missing", "damaged", "other site"])
def test_lost_mark_means_a_new_site(town: Town, harm: str) -> None:
    """REPLICATION, Fork: without the file nobody knows what has left."""
    path = town.emb.node.data.high_water
    town.emb.node.close()
    kept = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "damaged":
        path.write_bytes(b"{}")
    else:
        shutil.copy(town.frd.node.data.high_water, path)
    assert fault_of(town.emb.node.data) == "high_water"
    path.write_bytes(kept)
    town.emb.node = Node(Open(town.emb.node.data, town.emb.clock))


# -- signing in ------------------------------------------------------------------------------------------------------------
def sign_in_fails(site: Site, name: str, password: str, text: str) -> Refusal:
    before = len(site.refusals())
    with pytest.raises(Refusal) as wrong:
        site.node.sign_in(name, password)
    assert (wrong.value.code, wrong.value.text) == (ErrorCode.PERM, text)
    rows = site.refusals()
    assert len(rows) == before + 1
    assert (rows[0].command, rows[0].code) == ("sign_in", "E_PERM")
    return wrong.value


def test_every_recorded_refusal_is_told_to_the_links(emb: Site) -> None:
    """An audit entry that nobody is told of would wait here until the next act: a wrong password, a denied right, a bad input."""
    heard: list[object] = []
    end = emb.node.subscribe(heard.append)
    officer = emb.account("duty_officer")
    refusal = Refusal(ErrorCode.FORMAT, "refusal.command.unknown")
    ways = (
        lambda: emb.node.sign_in("EMB-duty_officer", "wrong"),
        lambda: emb.node.check_right("meet_agency", officer),
        lambda: emb.node.set_password(officer, "short", officer),
    )
    for count, way in enumerate(ways, 1):
        with pytest.raises(Refusal):
            way()
        assert len(heard) >= count, count
    before = len(heard)
    emb.node.record_refusal(None, refusal, officer)
    assert len(heard) == before + 1
    end()


def test_sign_in_by_name_or_id(emb: Site) -> None:
    """CM-04: one account is one person."""
    officer = emb.account("duty_officer")
    assert emb.node.sign_in("EMB-duty_officer", PASSWORD).id == officer
    assert emb.node.sign_in(officer, PASSWORD).id == officer


def test_wrong_sign_ins_are_recorded_and_lock(emb: Site) -> None:
    """CM-04, QUALITY (10): nobody learns what was wrong; after five the account waits, then the right one works."""
    for name, password in (
        ("EMB-duty_officer", "wrong-horse-1"),
        ("nobody", PASSWORD),
        ("", ""),
        ("FRD-leader", "x"),
    ):
        sign_in_fails(emb, name, password, "refusal.sign_in.failed")
    for _ in range(4):
        sign_in_fails(emb, "EMB-duty_officer", "wrong-horse-1", "refusal.sign_in.failed")
    locked = sign_in_fails(emb, "EMB-duty_officer", PASSWORD, "refusal.sign_in.locked")
    assert locked.params["minutes"] == 1
    emb.clock.advance(30)
    assert emb.node.sign_in("EMB-duty_officer", PASSWORD).roles == "duty_officer"


def test_expired_and_revoked_accounts_do_not_sign_in(emb: Site) -> None:
    """CM-04: outside its period an account is refused already at the door, and the use is recorded."""
    from app.kernel.enums import Role
    from app.usecases.accounts import CreateAccount, RevokeAccount
    from tests.kit import act, moment

    period: dict[str, Any] = {"valid_from": moment("09:00:00"), "valid_to": moment("10:00:00")}
    account = CreateAccount(name="temp", title="跟班", roles=[Role.EMBEDDED], **period)
    new = act(emb, "admin", account).result["account_id"]
    emb.node.set_password(new, PASSWORD, emb.admin)
    for time, works in (("08:59:59", False), ("09:30:00", True), ("10:00:01", False)):
        emb.at(time)
        if works:
            assert emb.node.sign_in("temp", PASSWORD).id == new
        else:
            sign_in_fails(emb, "temp", PASSWORD, "refusal.sign_in.expired")
    emb.at("09:30:00")
    act(emb, "admin", RevokeAccount(account_id=new, reason="调离"))
    sign_in_fails(emb, "temp", PASSWORD, "refusal.sign_in.expired")
    sign_in_fails(emb, "temp", "wrong-horse-1", "refusal.sign_in.failed")


def test_short_password_is_refused_and_the_old_one_stays(emb: Site) -> None:
    """CM-04: at least eight characters, told and recorded."""
    officer = emb.account("duty_officer")
    with pytest.raises(Refusal) as wrong:
        emb.node.set_password(officer, "1234567", emb.admin)
    assert (wrong.value.code, wrong.value.text) == (ErrorCode.RANGE, "refusal.accounts.password_short")
    assert emb.refusals()[0].command == "set_password"
    assert emb.node.sign_in(officer, PASSWORD).id == officer


def test_password_of_another_needs_the_administrator(emb: Site) -> None:
    """CM-04: an officer changes his own and nobody else's."""
    officer, chief = emb.account("duty_officer"), emb.account("duty_chief")
    emb.node.set_password(officer, "another-one-2", officer)
    assert emb.node.sign_in(officer, "another-one-2").id == officer
    with pytest.raises(Refusal):
        emb.node.set_password(chief, "another-one-2", officer)
    assert emb.node.sign_in(chief, PASSWORD).id == chief


def test_secrets_are_in_no_file(emb: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """QUALITY (11): passwords are searched for in database, WAL, temporary files, backup and log, whole and in parts."""
    from db.backup import backup

    secret = "a-password-to-be-searched-for-7"
    officer = emb.account("duty_officer")
    emb.node.set_password(officer, secret, emb.admin)
    emb.node.sign_in(officer, secret)
    sign_in_fails(emb, officer, secret + "x", "refusal.sign_in.failed")
    backup(emb.node.data.database, tmp_path / "copy.db")
    assert (emb.node.data.root / "console.db-wal").stat().st_size > 0
    files = [path for path in (*tmp_path.rglob("*"), *emb.node.data.root.rglob("*")) if path.is_file()]
    assert {"console.db", "console.db-wal", "copy.db"} <= {path.name for path in files}
    for path in files:
        data = path.read_bytes()
        assert secret.encode() not in data and secret[:12].encode() not in data, path
        assert PASSWORD.encode() not in data, path
    assert secret not in caplog.text
    bodies = emb.node.local(lambda c: c.execute("SELECT body FROM op WHERE body IS NOT NULL").fetchall())
    assert not [1 for (body,) in bodies if b"argon2" in body]


# -- the end ---------------------------------------------------------------------------------------------------------------
def test_rebuild_gives_the_same_rows(town: Town) -> None:
    """REPLICATION, One write path: the same code again."""
    row = register(town.emb, alarm_grade=2)
    town.sync()
    before = dump(town.frd)
    town.frd.node.local(lambda _: town.frd.node.journal.rebuild())
    assert dump(town.frd) == before
    assert town.frd.incident(row.id).alarm_grade == 2


def test_failed_opening_leaves_nothing_open(emb: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """XC-01: after a fault the data can be opened at once, by this process too."""
    emb.node.close()

    def broken(*_: object, **__: object) -> None:
        raise EnvironmentFault("district", "fault.district", path="x", problem="y")

    with monkeypatch.context() as patch:
        patch.setattr("app.bootstrap.node.load_pack", broken)
        assert fault_of(emb.node.data) == "district"
    with open_node(emb.node.data.root, emb.clock) as node:
        assert node.read(incidents.board) == []
    assert fault_of(DataDir(emb.node.data.root / "none")) == "database.missing"
    emb.node = Node(Open(emb.node.data, emb.clock))


def test_two_sites_joined_by_hand(town: Town) -> None:
    """The kit itself: afterwards both hold the same chains, and shipping again changes nothing."""
    register(town.emb)
    register(town.frd)
    sync(town.emb, town.frd)
    assert ship(town.emb, town.frd).changes == ()


@pytest.mark.parametrize("work", ["sign_in", "check_right", "record_refusal", "set_password", "local"])
def test_a_disk_that_takes_nothing_is_told_by_every_job(emb: Site, work: str) -> None:
    """XC-01: not only an act but signing in, too, needs to write; trouble of the disk is told as such, never raw."""
    node = emb.node
    refusal = Refusal(ErrorCode.FORMAT, "refusal.command.unknown", name="x")
    jobs = {
        "sign_in": lambda: node.sign_in("EMB-duty_officer", "wrong-horse-1"),
        "check_right": lambda: node.check_right("meet_agency", emb.account("observer")),
        "record_refusal": lambda: node.record_refusal(None, refusal, emb.admin),
        "set_password": lambda: node.set_password(emb.account("leader"), "x", emb.admin),
        "local": lambda: node.local(lambda c: c.execute("DELETE FROM credential")),
    }
    node.local(lambda c: c.execute("PRAGMA query_only=ON"))
    with pytest.raises(EnvironmentFault) as fault:
        jobs[work]()
    node.local(lambda c: c.execute("PRAGMA query_only=OFF"))
    assert fault.value.code == "database.readonly"


def test_what_is_open_to_others_is_closed_at_every_start(emb: Site, caplog: pytest.LogCaptureFixture) -> None:
    """CM-04, XC-07: a folder put back from elsewhere with its old modes; told, since somebody could have read it."""
    data = emb.node.data
    emb.node.close()
    copy = data.backups / "console-20250714.db"
    copy.write_bytes(b"a copy")
    wide = {data.root: 0o755, data.keys: 0o750, data.backups: 0o755, data.database: 0o644, copy: 0o640}
    for path, mode in wide.items():
        os.chmod(path, mode)
    emb.node = Node(Open(data, emb.clock))
    told = {line.message for line in caplog.records if "other users" in line.message}
    assert told == {f"open to other users of this machine until now, closed: {path.name}" for path in wide}
    for path in wide:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    register(emb)
    for path in data.root.glob("console.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    caplog.clear()
    emb.reopen()
    assert not [line for line in caplog.records if "other users" in line.message]


def test_what_is_not_ours_to_close_is_told(
    emb: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CM-04: somebody else's folder that we may write in is used, and said."""
    os.chmod(emb.node.data.root, 0o770)

    def refuse(*_: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "chmod", refuse)
        emb.reopen()
    assert "not ours to close" in caplog.text
    os.chmod(emb.node.data.root, 0o700)
