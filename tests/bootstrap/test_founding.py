"""First start of a site: what is made, what is refused, and that an interrupted one begins again (XC-01, CM-04, D-35)."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from app.bootstrap import founding
from app.bootstrap import recovery as recovery_module
from app.bootstrap.founding import Founding, found
from app.bootstrap.node import Node, Open
from app.bootstrap.recovery import next_letter, read_recovery
from app.journal.high_water import HighWater
from app.journal.keys import SiteKey
from app.kernel.clock import ManualClock
from app.kernel.enums import Agency, Realm
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.paths import DataDir
from app.kernel.texts import RESOURCES
from app.queries import accounts
from tests.kit import ADMIN_PASSWORD, cheap_passwords, ms

CLOCK = ManualClock(ms("08:00:00"))


@pytest.fixture
def ask(tmp_path: Path) -> Founding:
    (tmp_path / "stick").mkdir()
    return Founding(
        Realm.LIVE,
        Agency.EMB,
        "310105",
        "admin",
        "账号管理员",
        ADMIN_PASSWORD,
        tmp_path / "stick" / "recovery.json",
    )


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / "data")


@pytest.fixture(autouse=True)
def _cheap() -> Any:
    with cheap_passwords():
        yield


def test_a_site_is_founded(data: DataDir, ask: Founding) -> None:
    """CM-04: site, administrator, the console's own account, keys for nobody else, the recovery key beside the data."""
    made = found(data, ask, CLOCK)
    with Node(Open(data, CLOCK)) as node:
        known = {row.name: row for row in node.read(accounts.accounts)}
        sites = node.read(accounts.sites)
    assert known["admin"].id == made.admin_account
    assert (known["admin"].roles, known["admin"].title) == ("account_admin", "账号管理员")
    assert known[f"console-{made.site}"].roles == "console"
    assert [(row.id, row.agency, row.letter, row.state) for row in sites] == [
        (made.site, "EMB", "", "enrolled")
    ]
    assert json.loads(data.high_water.read_text())["seq"] == 0
    for path in (ask.recovery_file, *data.keys.iterdir()):
        private = path.name in ("recovery.json", "site.key", "tls.key", "tls_root.key")
        assert not private or stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(data.keys.stat().st_mode) == 0o700
    assert not (data.root / "founding.json").exists()
    beside = sorted(path.name for path in ask.recovery_file.parent.iterdir())
    assert beside == ["recovery.json", "recovery.sheet.html"]
    assert made.sheet is not None and stat.S_IMODE(made.sheet.stat().st_mode) == 0o600


def test_recovery_key_is_nowhere_in_the_data(data: DataDir, ask: Founding) -> None:
    """REPLICATION, Trust: it is kept off the workstation."""
    found(data, ask, CLOCK)
    secret = json.loads(ask.recovery_file.read_text())["recovery_key"]
    for path in data.root.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes()
            assert bytes.fromhex(secret) not in path.read_bytes()


@pytest.mark.parametrize(
    ("change", "code", "text", "field"),
    [
        ({"admin_name": " "}, ErrorCode.REQUIRED, "refusal.accounts.name_required", "admin_name"),
        ({"admin_password": "1234567"}, ErrorCode.RANGE, "refusal.accounts.password_short", "password"),
        ({"admin_password": " " * 8}, ErrorCode.RANGE, "refusal.accounts.password_blank", "password"),
        ({"admin_password": "\u3000" * 9}, ErrorCode.RANGE, "refusal.accounts.password_blank", "password"),
        ({"admin_name": "张三 <img>"}, ErrorCode.FORMAT, "refusal.accounts.name_signs", "admin_name"),
        ({"admin_title": "a\udcff"}, ErrorCode.FORMAT, "refusal.command.encoding", None),
        ({"letter": "A"}, ErrorCode.RANGE, "refusal.founding.letter", "letter"),
        ({"letter": "BB"}, ErrorCode.RANGE, "refusal.founding.letter", "letter"),
        ({"letter": "b"}, ErrorCode.RANGE, "refusal.founding.letter", "letter"),
    ],
)
def test_input_that_is_refused(
    data: DataDir, ask: Founding, change: dict[str, Any], code: ErrorCode, text: str, field: str | None
) -> None:
    """CM-04, D-35: told before anything is made."""
    with pytest.raises(Refusal) as wrong:
        found(data, replace(ask, **change), CLOCK)
    assert (wrong.value.code, wrong.value.text, wrong.value.field) == (code, text, field)
    assert not data.root.exists()
    assert not ask.recovery_file.exists()


def test_recovery_key_does_not_go_into_the_data(data: DataDir, ask: Founding) -> None:
    """REPLICATION, Trust: a backup of the folder must not hold it."""
    for path in (data.root / "recovery.json", data.keys / ".." / "x" / "recovery.json"):
        with pytest.raises(Refusal) as wrong:
            found(data, replace(ask, recovery_file=path), CLOCK)
        assert wrong.value.text == "refusal.founding.recovery_inside"
    assert not data.root.exists()


def test_existing_files_are_not_overwritten(data: DataDir, ask: Founding) -> None:
    """XC-01: neither a recovery file nor a database."""
    ask.recovery_file.write_text("old")
    with pytest.raises(EnvironmentFault) as fault:
        found(data, ask, CLOCK)
    assert (fault.value.code, ask.recovery_file.read_text()) == ("file.exists", "old")
    ask.recovery_file.unlink()
    found(data, ask, CLOCK)
    before = {path: path.read_bytes() for path in data.root.rglob("*") if path.is_file()}
    with pytest.raises(EnvironmentFault) as fault:
        found(data, replace(ask, recovery_file=ask.recovery_file.with_name("second.json")), CLOCK)
    assert fault.value.code == "database.exists"
    after = {path: path.read_bytes() for path in data.root.rglob("*") if path.is_file()}
    assert before == after
    assert len(list(ask.recovery_file.parent.iterdir())) == 2  # the key, and the sheet beside it


def test_no_folder_is_made_for_the_recovery_key(data: DataDir, ask: Founding, tmp_path: Path) -> None:
    """A stick that is not in: its folder made on this disk would look as if the key were off the machine."""
    absent = tmp_path / "usb" / "deep" / "key.json"
    with pytest.raises(EnvironmentFault) as fault:
        found(data, replace(ask, recovery_file=absent), CLOCK)
    assert (fault.value.code, fault.value.text) == ("file.unwritable", "fault.keys.recovery_folder")
    assert not (tmp_path / "usb").exists() and not data.root.exists()


def test_titles_of_blanks_are_none(data: DataDir, ask: Founding) -> None:
    made = found(data, replace(ask, admin_title=" \u3000", label="  "), CLOCK)
    with Node(Open(data, CLOCK)) as node:
        rows = {row.id: row for row in node.read(accounts.accounts)}
    assert rows[made.admin_account].title == "admin"
    assert rows[made.console_account].title == rows[made.console_account].name


def test_folder_that_cannot_be_made(tmp_path: Path, ask: Founding) -> None:
    """XC-01: told in words, for the data as for the recovery file."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(EnvironmentFault) as fault:
        found(DataDir(tmp_path / "file" / "data"), ask, CLOCK)
    assert fault.value.code == "data.unwritable"
    with pytest.raises(EnvironmentFault) as fault:
        found(DataDir(tmp_path / "data"), replace(ask, recovery_file=tmp_path / "file" / "r.json"), CLOCK)
    assert fault.value.code == "file.unwritable"
    assert not (tmp_path / "data" / "console.db").exists()


def test_own_district_pack(data: DataDir, ask: Founding, tmp_path: Path) -> None:
    """PRODUCT: another district's pack travels with the site; it must be the one that was named."""
    pack = tmp_path / "pack.toml"
    pack.write_bytes((RESOURCES / "districts" / "310117.toml").read_bytes())
    with pytest.raises(Refusal) as wrong:
        found(data, replace(ask, district_file=pack), CLOCK)
    assert wrong.value.text == "refusal.founding.district"
    with pytest.raises(EnvironmentFault) as fault:
        found(data, replace(ask, district_file=tmp_path / "none.toml"), CLOCK)
    assert fault.value.code == "file.unreadable"
    with pytest.raises(EnvironmentFault) as fault:
        found(data, replace(ask, district="999999"), CLOCK)
    assert fault.value.code == "district"
    found(data, replace(ask, district="310117", district_file=pack), CLOCK)
    pack.unlink()
    with Node(Open(data, CLOCK)) as node:
        assert node.bus.pack.code == "310117"


class PowerCut(BaseException):
    """The machine went off."""


STEPS: dict[str, tuple[object, str]] = {
    "before the keys": (SiteKey, "save"),
    "before the certificate": (founding, "create_tls"),
    "before the mark": (HighWater, "begin"),
    "before the first acts": (founding, "_first_acts"),
    "before the recovery file": (founding, "write_recovery"),
    "before the recovery file has its name": (recovery_module, "_name_once"),
    "before the database has its name": (Path, "rename"),
}


@pytest.mark.parametrize("step", list(STEPS))
def test_interrupted_first_start_begins_again(
    data: DataDir, ask: Founding, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """XC-01: cut off anywhere, there is no database, and the same call succeeds afterwards."""
    owner, name = STEPS[step]
    real: Callable[..., Any] = getattr(owner, name)

    def cut(*args: Any, **more: Any) -> Any:
        if name == "rename" and args[0].name != "founding.db":
            return real(*args, **more)
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, cut)
        with pytest.raises(PowerCut):
            found(data, ask, CLOCK)
    assert not data.database.exists()
    made = found(data, ask, CLOCK)
    with Node(Open(data, CLOCK)) as node:
        assert node.sign_in("admin", ADMIN_PASSWORD).id == made.admin_account
        key = node.me.recovery_key
    assert bytes(read_recovery(ask.recovery_file, "live", "EMB", key).key.verify_key) == key
    assert sorted(path.name for path in data.root.iterdir() if path.is_file()) == [
        "console.db",
        "high_water.json",
        "lock",
        "subject_keys.db",
        "subject_keys.db-journal",  # kept, and empty of keys (decision 0047)
    ]


def test_cut_after_the_database_has_its_name(
    data: DataDir, ask: Founding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site is founded; what was left for a second try goes away, so that no real recovery key is ever replaced."""
    with monkeypatch.context() as patch:
        patch.setattr(founding, "sync_folder", _cut_for(data.root))
        with pytest.raises(PowerCut):
            found(data, ask, CLOCK)
    assert data.database.exists()
    assert (data.root / "founding.json").exists()
    with Node(Open(data, CLOCK)) as node:
        assert node.me.agency == "EMB"
    assert not (data.root / "founding.json").exists()
    kept = ask.recovery_file.read_bytes()
    data.database.unlink()
    with pytest.raises(EnvironmentFault) as fault:
        found(data, ask, CLOCK)
    assert (fault.value.code, ask.recovery_file.read_bytes()) == ("file.exists", kept)


def _cut_for(folder: Path) -> Callable[[Path], None]:
    def sync(path: Path) -> None:
        if path == folder:
            raise PowerCut

    return sync


def test_stick_without_links(data: DataDir, ask: Founding, monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory stick's file system knows no links: the file gets its name all the same, and replaces none."""

    def no_links(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", no_links)
    found(data, ask, CLOCK)
    assert json.loads(ask.recovery_file.read_text())["agency"] == "EMB"
    with pytest.raises(EnvironmentFault) as fault:
        recovery_module.write_recovery(ask.recovery_file, SigningKey.generate(), "live", "EMB", "310105", {})
    assert fault.value.code == "file.unwritable"
    assert json.loads(ask.recovery_file.read_text())["agency"] == "EMB"


@pytest.mark.parametrize(
    ("realm", "agency", "content"),
    [
        ("exercise", "EMB", None),
        ("live", "FRD", None),
        ("live", "EMB", "{}"),
        ("live", "EMB", "[]"),
        ("live", "EMB", "\ufeff"),
        ("live", "EMB", '{"recovery_key": "zz"}'),
    ],
)
def test_recovery_files_of_others(
    data: DataDir, ask: Founding, realm: str, agency: str, content: str | None
) -> None:
    """CM-04: another realm's, another agency's or a damaged file is told."""
    found(data, ask, CLOCK)
    key = bytes.fromhex(json.loads(ask.recovery_file.read_text())["recovery_key"])
    public = bytes(SigningKey(key).verify_key)
    if content is not None:
        ask.recovery_file.write_text(content)
    with pytest.raises(EnvironmentFault) as fault:
        read_recovery(ask.recovery_file, realm, agency, public)
    assert fault.value.code == "keys.recovery"


def test_letters_of_workstations() -> None:
    """D-35: the first without a letter, then B to Z, none twice."""
    used: set[str] = set()
    for expected in ("", *"BCDEFGHIJKLMNOPQRSTUVWXYZ"):
        assert next_letter(used) == expected
        used.add(expected)
    with pytest.raises(Refusal):
        next_letter(used)


def test_log_of_an_old_database_is_not_played_over_the_new_one(data: DataDir, ask: Founding) -> None:
    """XC-01: the old file was moved away, its log was not: refused before anything is made or written."""
    data.root.mkdir()
    log = data.root / "console.db-wal"
    log.write_bytes(b"log of the old file")
    with pytest.raises(EnvironmentFault) as fault:
        found(data, ask, CLOCK)
    assert fault.value.code == "database.leftovers"
    assert [path.name for path in data.root.iterdir()] == [log.name]
    assert not ask.recovery_file.exists()
    log.unlink()
    found(data, ask, CLOCK)


def test_new_site_hands_out_no_identity_of_an_old_one(data: DataDir, ask: Founding) -> None:
    """REPLICATION, Pairing: the file of the site that was in this folder before is gone."""
    data.create()
    (data.keys / "identity.json").write_bytes(b"of the old site")
    found(data, ask, CLOCK)
    assert not (data.keys / "identity.json").exists()


def test_founded_database_is_its_owners_alone(data: DataDir, ask: Founding) -> None:
    """CM-04, XC-07: no other user of the machine reads the record."""
    found(data, ask, CLOCK)
    assert stat.S_IMODE(data.root.stat().st_mode) == 0o700
    assert stat.S_IMODE(data.database.stat().st_mode) == 0o600
