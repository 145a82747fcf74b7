"""The sealed emergency account: made at the first start, opened once, told in both rooms, sealed anew; its sheets."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import sheets
from app.bootstrap.node import Node, Open
from app.bootstrap.recovery import open_recovery
from app.bootstrap.restoring import restore
from app.domain.sealing import as_sealed
from app.kernel.enums import Agency, Realm
from app.kernel.errors import ErrorCode, Refusal
from app.kernel.paths import DataDir
from app.local import credentials
from app.queries import accounts, trust
from app.usecases.accounts import SetPassword
from app.usecases.seals import OPEN_FOR_S, BreakSeal, SealAccount
from db.backup import backup
from tests.kit import (
    DISTRICT,
    PASSWORD,
    Site,
    Town,
    cheap_passwords,
    found_site,
    founded_town,
    refused,
    register,
    town,
)

__all__ = ["founded_town", "town"]

NAME = "应急-A"


def cells(page: str) -> dict[str, str]:
    """What a sheet says, by what it calls it."""
    found = re.findall(r"<tr><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td></tr>", page)
    return {html.unescape(name): html.unescape(value) for name, value in found}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Site]:
    with cheap_passwords():
        site = found_site(tmp_path, Agency.EMB)
    yield site
    site.node.close()


def sheet_of(site: Site) -> dict[str, str]:
    beside = site.recovery_file.with_name(site.recovery_file.stem + sheets.SHEET_SUFFIX)
    return cells(beside.read_text("utf-8"))


def sign_in(site: Site, name: str, password: str) -> accounts.AccountRow:
    with cheap_passwords():
        return site.node.sign_in(name, password)


def test_the_first_start_seals_an_account_and_writes_both_sheets_beside_the_key(
    made: Site, tmp_path: Path
) -> None:
    said = sheet_of(made)
    assert said["登录名"] == NAME and len(as_sealed(said["封存口令"])) == 16
    [row] = [row for row in made.rows("account") if row["kind"] == "emergency"]
    assert (row["name"], row["roles"], row["agency"], row["opened_at"]) == (NAME, "duty_chief", "EMB", None)
    assert row["sealed_at"] == made.clock.now_ms()
    lines = [said[f"第 {n} 行"] for n in (1, 2, 3, 4)]
    again = tmp_path / "again.json"
    code = sheets.retype(lines, Realm.LIVE, Agency.EMB, DISTRICT, said["核对码"], ["", "B"], again)
    assert code == said["核对码"]
    assert open_recovery(again).key == open_recovery(made.recovery_file).key
    assert set(open_recovery(again).letters) == {"", "B"}
    secret = [
        as_sealed(said["封存口令"]),
        said["封存口令"],
        *lines,
        bytes(open_recovery(made.recovery_file).key).hex(),
    ]
    for path in made.node.data.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(each.encode() in content for each in secret), path


def test_a_slip_in_typing_names_its_line_and_makes_no_file(made: Site, tmp_path: Path) -> None:
    said = sheet_of(made)
    lines = [said[f"第 {n} 行"] for n in (1, 2, 3, 4)]
    out = tmp_path / "again.json"
    slip = lines[2].replace(lines[2][0], "X" if lines[2][0] != "X" else "Y", 1)
    cases = (
        ([*lines[:2], slip, lines[3]], said["核对码"], "refusal.sheet.line", 3),
        (lines[:3], said["核对码"], "refusal.sheet.whole", 0),
        (lines, "AAAAAAAA", "refusal.sheet.other", None),
    )
    for typed, code, text, line in cases:
        with pytest.raises(Refusal) as told:
            sheets.retype(typed, Realm.LIVE, Agency.EMB, DISTRICT, code, [""], out)
        assert told.value.text == text and told.value.params.get("line") == line
        assert not out.exists()


def test_opening_it_is_told_in_both_rooms_and_serves_for_one_watch(town: Town) -> None:
    emb, frd = town.emb, town.frd
    with cheap_passwords():
        sealed = sheets.seal_account(emb.node, emb.admin)
    town.sync()
    opened = sign_in(emb, NAME, sealed.password.lower().replace("-", " "))
    assert opened.role_set == {"duty_chief"}
    register(emb, NAME)
    town.sync()
    for site in (emb, frd):
        row = next(row for row in site.rows("account") if row["id"] == opened.id)
        assert row["opened_at"] == emb.clock.now_ms() >= row["sealed_at"]
        told = [row for row in site.rows("log_entry") if row["kind"] == "alarm" and "启封" in row["text"]]
        assert len(told) == 1 and told[0]["account_id"] == opened.id
        calls = site.node.read(partial(trust.calls, agency=site.agency, own=site.node.me.site))
        assert [seal.id for seal in calls.opened] == [opened.id], "red at both consoles"
    emb.clock.advance(OPEN_FOR_S - 60)
    sign_in(emb, NAME, sealed.password)  # the screen had locked
    assert emb.count("log_entry") == frd.count("log_entry")
    emb.clock.advance(120)
    with pytest.raises(Refusal) as spent:
        sign_in(emb, NAME, sealed.password)
    assert spent.value.text == "refusal.seal.spent"


def test_a_restored_workstation_opens_the_old_sheet_until_it_has_its_own(town: Town, tmp_path: Path) -> None:
    """CM-04, XC-01: as its first screen says; the sheet sealed after the backup is of no use there, the one before it is."""
    emb, folder = town.emb, DataDir(tmp_path / "restored")
    with cheap_passwords():
        before = sheets.seal_account(emb.node, emb.admin)
        backup(emb.node.data.database, tmp_path / "copy.db")
        emb.clock.advance(60)
        after = sheets.seal_account(emb.node, emb.admin)
        restore(folder, tmp_path / "copy.db", emb.recovery_file, emb.clock)
        new = Node(Open(folder, emb.clock))
        try:
            with pytest.raises(Refusal):
                new.sign_in(NAME, after.password)
            assert new.sign_in(NAME, before.password).id == before.account
            own = sheets.seal_account(new, emb.admin)
            assert own.account != before.account and new.sign_in(own.name, own.password).id == own.account
        finally:
            new.close()


def test_sealed_anew_the_old_password_is_void(town: Town) -> None:
    emb = town.emb
    with cheap_passwords():
        old = sheets.seal_account(emb.node, emb.admin)
        sign_in(emb, NAME, old.password)
        emb.clock.advance(60)
        new = sheets.seal_account(emb.node, emb.admin)
    assert (new.account, new.name) == (old.account, NAME) and new.password != old.password
    with pytest.raises(Refusal) as void:
        sign_in(emb, NAME, old.password)
    assert void.value.text == "refusal.sign_in.failed"
    assert sign_in(emb, NAME, new.password).id == old.account
    assert sum("启封" in row["text"] for row in emb.rows("log_entry")) == 2


@pytest.mark.parametrize("second", ["password", "journal"])
def test_ended_in_between_a_known_password_never_counts_as_sealed(
    town: Town, monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    """Killed or out of disk at either step: what was read aloud at night does not open the account as a sealed one."""
    emb = town.emb
    with cheap_passwords():
        old = sheets.seal_account(emb.node, emb.admin)
        sign_in(emb, NAME, old.password)
        emb.clock.advance(60)
        carried_out = emb.node.execute

        def execute(command: Any, *given: Any) -> Any:
            if isinstance(command, SealAccount):
                raise Ended
            return carried_out(command, *given)

        def set_password(*_: Any) -> None:
            raise Ended

        with monkeypatch.context() as patch:
            if second == "journal":
                patch.setattr(emb.node, "execute", execute)
            else:
                patch.setattr(credentials, "set_password", set_password)
            with pytest.raises(Ended):
                sheets.seal_account(emb.node, emb.admin)
        [row] = [row for row in emb.rows("account") if row["id"] == old.account]
        assert row["opened_at"] >= row["sealed_at"], "its seal is still the broken one"
        emb.clock.advance(OPEN_FOR_S + 1)
        with pytest.raises(Refusal):
            sign_in(emb, NAME, old.password)
        new = sheets.seal_account(emb.node, emb.admin)
        assert sign_in(emb, NAME, new.password).id == old.account


class Ended(Exception):
    """The console ends here."""


def test_only_the_administrator_seals_and_only_the_sealed_account_breaks_a_seal(town: Town) -> None:
    emb = town.emb
    with pytest.raises(Refusal) as denied:
        sheets.seal_account(emb.node, emb.account("duty_chief"))
    assert denied.value.code is ErrorCode.PERM
    refused(emb, "duty_chief", BreakSeal(), ErrorCode.STATE, "refusal.seal.not_sealed")
    refused(emb, "duty_officer", BreakSeal(), ErrorCode.PERM, "refusal.permission.denied")
    ordinary = SealAccount(account_id=emb.account("duty_chief"))
    refused(emb, "admin", ordinary, ErrorCode.STATE, "refusal.seal.not_sealed", field="account_id")
    chosen = SetPassword(account_id=emb.account(NAME))
    refused(emb, "admin", chosen, ErrorCode.STATE, "refusal.seal.not_chosen", field="account_id")
    refused(emb, NAME, chosen, ErrorCode.STATE, "refusal.seal.not_chosen", field="account_id")


def test_a_thousand_wrong_passwords(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """QUALITY, attack 10: one try a second for a thousand seconds costs the machine a dozen verifications and opens nothing;
    the right one is taken again when the pause is over."""
    emb = town.emb
    with cheap_passwords():
        sealed = sheets.seal_account(emb.node, emb.admin)
    for name, right in ((NAME, sealed.password), ("EMB-duty_officer", PASSWORD)):
        assert tries_that_count(emb, name, right, monkeypatch) < 12
    assert emb.count("refusal") >= 2000


def tries_that_count(site: Site, name: str, right: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """A thousand wrong passwords, one a second: how many were compared at all."""
    tried: list[str] = []
    answers: set[str] = set()
    with cheap_passwords(), monkeypatch.context() as patch:
        check = credentials._HASHER

        class Counting:
            """Counts what is compared."""

            @staticmethod
            def verify(hashed: str, password: str) -> bool:
                tried.append(password)
                return check.verify(hashed, password)

            hash = staticmethod(check.hash)

        patch.setattr(credentials, "_HASHER", Counting)
        for n in range(1000):
            with pytest.raises(Refusal) as wrong:
                site.node.sign_in(name, f"wrong-{n}-password")
            answers.add(wrong.value.text)
            site.clock.advance(1)
        compared = len(tried)
        with pytest.raises(Refusal) as locked:
            site.node.sign_in(name, right)
        assert locked.value.text == "refusal.sign_in.locked"
        site.clock.advance(credentials.LONGEST_PAUSE_S)
        assert site.node.sign_in(name, right).name == name
    assert answers == {"refusal.sign_in.failed", "refusal.sign_in.locked"}
    return compared
