"""A further workstation of an agency: founded by the recovery key that is there, no letter twice, closed, revoked (D-35)."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import founding, pairing
from app.bootstrap.certifying import certify
from app.bootstrap.founding import Founding, found
from app.bootstrap.node import Node, Open
from app.bootstrap.recovery import open_recovery
from app.bootstrap.restoring import restore
from app.bootstrap.service import Service
from app.kernel.clock import ManualClock
from app.kernel.enums import Agency, Realm
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.paths import DataDir
from app.queries import accounts
from app.usecases.sites import AppointAdmin, CloseSite, RevokeSite
from db.backup import backup
from tests.bootstrap.linked import LOOPBACK, until, up
from tests.kit import (
    ADMIN_PASSWORD,
    DISTRICT,
    PASSWORD,
    Site,
    Town,
    act,
    cheap_passwords,
    ms,
    refused,
    register,
    ship,
    sync,
)

START = "08:00:00"


def letters(town: Town) -> dict[str, str]:
    """What the recovery key file says it has given."""
    return open_recovery(town.emb.recovery_file).letters


def joining(town: Town, folder: Path, letter: str = "", **other: Any) -> Founding:
    ask = Founding(
        Realm.LIVE,
        Agency.EMB,
        DISTRICT,
        f"admin-{folder.name}",
        "账号管理员",
        ADMIN_PASSWORD,
        town.emb.recovery_file,
        letter,
        joining=True,
    )
    return replace(ask, **other)


def joined(town: Town, folder: Path, letter: str = "") -> Site:
    """A further workstation of EMB, opened."""
    clock, data = ManualClock(ms(START)), DataDir(folder)
    made = found(data, joining(town, folder, letter), clock)
    site = Site(Node(Open(data, clock)), clock, Agency.EMB, town.emb.recovery_file, made.admin_account)
    site.extra["made"] = made
    return site


@pytest.fixture
def keyed(town: Town, founded_town: tuple[Path, dict[str, str]]) -> Town:
    """The town with its recovery key files beside it."""
    shutil.copyfile(founded_town[0] / "recovery-EMB.json", town.emb.recovery_file)
    return town


@pytest.fixture
def second(keyed: Town, tmp_path: Path) -> Iterator[Site]:
    """Workstation B of EMB; it knows nobody yet."""
    site = joined(keyed, tmp_path / "B")
    yield site
    site.node.close()


def test_second_workstation_writes_numbers_of_its_own_series(keyed: Town, second: Site) -> None:
    """D-35: letter B, enrolled by the agency's own key; both rooms take its acts, and its accounts act everywhere."""
    emb, frd = keyed.emb, keyed.frd
    assert second.extra["made"].letter == second.node.me.letter == "B"
    assert second.node.me.recovery_key == emb.node.me.recovery_key
    assert letters(keyed) == {"": emb.node.me.site, "B": second.node.me.site}
    sync(second, emb)
    assert register(emb).no == "EMB-20250714-001"
    row = register(second)
    assert row.no == "EMB-20250714-B001"
    sync(second, emb)
    sync(emb, frd)
    assert frd.incident(row.id).no == emb.incident(row.id).no == "EMB-20250714-B001"
    assert register(emb).no == "EMB-20250714-002"
    for site in (emb, frd, second):
        assert site.count("quarantine") == 0
    rows = {row.id: row for row in frd.node.local(accounts.sites)}
    known = rows[second.node.me.site]
    assert (known.agency, known.letter, known.state) == ("EMB", "B", "enrolled")


def test_passwords_are_set_where_one_sits(keyed: Town, second: Site) -> None:
    """Decision 0009: accounts come by the journal, passwords do not; of two accounts of one name the one known here is meant."""
    sync(second, keyed.emb)
    with pytest.raises(Refusal):
        second.node.sign_in("EMB-duty_officer", PASSWORD)
    second.node.set_password(second.account("duty_officer"), PASSWORD, second.admin)
    assert second.node.sign_in("EMB-duty_officer", PASSWORD).id == keyed.emb.account("duty_officer")
    assert second.node.sign_in("admin-B", ADMIN_PASSWORD).id == second.admin
    third = joined(keyed, keyed.emb.node.data.root.parent / "third", "K")
    third.node.close()
    assert set(letters(keyed)) == {"", "B", "K"}


def test_two_accounts_of_one_name(keyed: Town, tmp_path: Path) -> None:
    """Both workstations called their administrator admin: each signs in at home."""
    data, clock = DataDir(tmp_path / "same"), ManualClock(ms(START))
    made = found(data, joining(keyed, data.root, admin_name="admin"), clock)
    site = Site(Node(Open(data, clock)), clock, Agency.EMB, keyed.emb.recovery_file, made.admin_account)
    sync(site, keyed.emb)
    assert site.node.sign_in("admin", ADMIN_PASSWORD).id == made.admin_account
    assert keyed.emb.node.sign_in("admin", ADMIN_PASSWORD).id == keyed.emb.admin
    site.node.close()


def test_two_workstations_of_one_agency_over_tls(keyed: Town, second: Site) -> None:
    """REPLICATION: paired like two rooms, by files and number; they hold the same record, internal parts too."""
    emb = keyed.emb

    async def story() -> None:
        async with Service(emb.node, LOOPBACK) as listening:
            port = listening.replication.port
            await asyncio.to_thread(_pair, emb, second, f"127.0.0.1:{port}")
            listening.desk.pairing_changed()
            async with Service(second.node) as dialling:
                await until(lambda: up(listening) and up(dialling), "link up")
                await until(lambda: second.called("EMB-duty_officer") is not None, "accounts arrived")
                row = await asyncio.to_thread(register, second)
                await until(
                    lambda: emb.node.read(lambda c: accounts.account(c, second.admin)), "its administrator"
                )
                await until(lambda: emb.count("incident") == 1, "the incident")
                assert emb.incident(row.id).no == "EMB-20250714-B001"

    asyncio.run(story())
    assert emb.count("agency") == second.count("agency"), "nobody was met for it"


def _pair(one: Site, other: Site, address: str) -> None:
    files = [pairing.identity_file(site.node, []) for site in (one, other)]
    number = pairing.compare(one.node, files[1]).number
    pairing.confirm(one.node, files[1], number, one.admin)
    with pytest.raises(Refusal):  # only an administrator confirms, a colleague's workstation too
        pairing.confirm(one.node, files[1], number, one.account("duty_officer"))
    pairing.confirm(other.node, files[0], number, other.admin, address)


# -- what is refused -------------------------------------------------------------------------------------------------------
def test_letters_are_given_once(keyed: Town, second: Site, tmp_path: Path) -> None:
    """D-35: the key's own file knows what it has given, whoever asks and wherever."""
    with pytest.raises(Refusal) as wrong:
        found(DataDir(tmp_path / "again"), joining(keyed, tmp_path / "again", "B"), second.clock)
    assert (wrong.value.code, wrong.value.text) == (ErrorCode.DUP, "refusal.founding.letter_taken")
    assert not (tmp_path / "again" / "console.db").exists()
    third = joined(keyed, tmp_path / "third")
    assert third.node.me.letter == "C"
    third.node.close()


def test_two_restores_of_one_backup_get_two_letters(keyed: Town, tmp_path: Path) -> None:
    """D-35: neither copy knows of the other; the file does. The second one closes the same lost site again."""
    copy = tmp_path / "copy.db"
    backup(keyed.emb.node.data.database, copy)
    clock = ManualClock(ms("09:00:00"))
    made = [
        restore(DataDir(tmp_path / name), copy, keyed.emb.recovery_file, clock) for name in ("one", "two")
    ]
    assert [each.letter for each in made] == ["B", "C"]
    assert {letter: site for letter, site in letters(keyed).items() if letter} == {
        each.letter: each.site for each in made
    }
    with pytest.raises(Refusal):
        restore(DataDir(tmp_path / "three"), copy, keyed.emb.recovery_file, clock, "C")


def test_copies_of_the_key_that_know_nothing_of_each_other_are_found_out(keyed: Town, tmp_path: Path) -> None:
    """D-35: from two sticks one letter is given twice; as soon as the two meet, both say so in their logs."""
    spare = tmp_path / "spare.json"
    shutil.copyfile(keyed.emb.recovery_file, spare)
    one = joined(keyed, tmp_path / "one")
    data, clock = DataDir(tmp_path / "two"), ManualClock(ms(START))
    made = found(data, joining(keyed, data.root, recovery_file=spare), clock)
    two = Site(Node(Open(data, clock)), clock, Agency.EMB, spare, made.admin_account)
    assert one.node.me.letter == two.node.me.letter == "B"

    async def start() -> None:
        async with Service(one.node) as first, Service(two.node) as other:
            await asyncio.to_thread(ship, one, two)
            await asyncio.to_thread(ship, two, one)
            for site in (one, two):
                await until(lambda site=site: _said(site), "told")  # type: ignore[misc]
            for service in (first, other):  # it is remembered once it stands in the log, a moment later
                await until(lambda service=service: not service.self_watch.of_letter(), "not told again")  # type: ignore[misc]

    asyncio.run(start())
    assert "编号字母 B" in _said(one)[0]
    for site in (one, two):
        site.node.close()


def _said(site: Site) -> list[str]:
    return [row["text"] for row in site.rows("log_entry") if row["kind"] == "fault"]


def test_read_only_key_gives_no_letter(keyed: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XC-01, D-35: what cannot be entered is not given; nothing is left behind, the key file stays as it was."""
    kept = keyed.emb.recovery_file.read_bytes()
    replaced = os.replace

    def read_only(source: Any, target: Any) -> None:
        if Path(target) == keyed.emb.recovery_file:
            raise PermissionError(target)
        replaced(source, target)

    monkeypatch.setattr(os, "replace", read_only)
    with pytest.raises(EnvironmentFault) as fault:
        found(DataDir(tmp_path / "B"), joining(keyed, tmp_path / "B"), ManualClock(ms(START)))
    assert fault.value.code == "keys.recovery_kept"
    assert keyed.emb.recovery_file.read_bytes() == kept
    assert not list(keyed.emb.recovery_file.parent.glob("recovery*.new"))
    assert not (tmp_path / "B" / "console.db").exists()


def test_interrupted_joining_gives_the_letter_back(
    keyed: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XC-01: cut off before the database has its name, the same call succeeds afterwards, with the same letter."""

    def cut(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(founding, "_first_acts", cut)
        with pytest.raises(KeyboardInterrupt):
            found(DataDir(tmp_path / "B"), joining(keyed, tmp_path / "B"), ManualClock(ms(START)))
    assert set(letters(keyed)) == {""}
    site = joined(keyed, tmp_path / "B")
    assert site.node.me.letter == "B"
    site.node.close()


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"agency": Agency.FRD}, "keys.recovery"),
        ({"realm": Realm.EXERCISE}, "keys.recovery"),
        ({"recovery_file": Path("/nowhere/recovery.json")}, "keys.recovery"),
        ({"joining": False, "letter": "B"}, "E_RANGE"),
        ({"letter": "BB"}, "E_RANGE"),
    ],
)
def test_who_cannot_join(keyed: Town, tmp_path: Path, other: dict[str, Any], code: str) -> None:
    """XC-01, XC-10, D-35: another agency's or realm's key, none, a letter without an agency to join."""
    ask = joining(keyed, tmp_path / "B", **other)
    if not ask.joining:
        ask = replace(ask, recovery_file=tmp_path / "new.json")
    with pytest.raises((EnvironmentFault, Refusal)) as wrong:
        found(DataDir(tmp_path / "B"), ask, ManualClock(ms(START)))
    assert isinstance(wrong.value, EnvironmentFault | Refusal)
    assert str(wrong.value.code) == code
    assert not (tmp_path / "B" / "console.db").exists()
    assert set(letters(keyed)) == {""}


# -- certificates ----------------------------------------------------------------------------------------------------------
def command(made: dict[str, Any]) -> Any:
    """The command that a certificate was made for."""
    kinds = {"close_site": CloseSite, "revoke_site": RevokeSite, "appoint_admin": AppointAdmin}
    return kinds[made["command"]](**json.loads(json.dumps(made["arguments"])))


def test_lost_workstation_is_closed(keyed: Town, second: Site) -> None:
    """REPLICATION, Trust: nothing of it is lost, what surfaces late is flagged, it may write no more once it knows."""
    emb, key = keyed.emb, keyed.emb.recovery_file
    sync(second, emb)
    early = register(second)
    sync(second, emb)
    late = register(second)
    made = certify(key, "close", second.node.me.site, heir=emb.node.me.site, clock=emb.clock)
    act(emb, "admin", command(made))
    ship(second, emb)
    assert emb.incident(early.id).no == "EMB-20250714-B001"
    assert emb.incident(late.id).no == "EMB-20250714-B002"
    assert "from a closed site" in {row["kind"] for row in emb.rows("flag")}
    ship(emb, second)
    with pytest.raises(EnvironmentFault) as fault:
        register(second)
    assert fault.value.code == "site.closed"
    refused(emb, "admin", command(made), "E_STATE", "refusal.sites.ended", field="site")


def test_stolen_workstation_is_revoked(keyed: Town, second: Site) -> None:
    """REPLICATION, Trust: what it did up to the last trusted operation stands, everything later is quarantined, everywhere."""
    emb, frd, key = keyed.emb, keyed.frd, keyed.emb.recovery_file
    sync(second, emb)
    good = register(second)
    last = second.vector()[second.node.me.site][0]
    bad = register(second)
    sync(second, emb)
    site = second.node.me.site
    inside = next(row["seq"] for row in emb.rows("op") if row["site"] == site and not row["tx_last"])
    for seq in (inside, 9_999):
        torn = certify(key, "revoke", site, last_seq=seq, clock=emb.clock)
        refused(emb, "admin", command(torn), "E_RANGE", "refusal.sites.last_seq", field="last_seq")
    act(emb, "admin", command(certify(key, "revoke", site, last_seq=last, clock=emb.clock)))
    sync(emb, frd)
    for room in (emb, frd):
        assert room.incident(good.id).no == "EMB-20250714-B001"
        with pytest.raises(AssertionError):
            room.incident(bad.id)
        assert {row["reason"] for row in room.rows("quarantine")} == {"cut"}


def test_administrator_is_appointed_again(keyed: Town) -> None:
    """CM-04: the recovery key gives the right to manage accounts to whoever lost it; nobody else can."""
    emb, key = keyed.emb, keyed.emb.recovery_file
    chief = emb.account("duty_chief")
    act(emb, "admin", command(certify(key, "appoint", chief, clock=emb.clock)))
    row = emb.node.local(lambda c: accounts.account(c, chief))
    assert row is not None and "account_admin" in row.role_set


@pytest.mark.parametrize("who", ["duty_officer", "technician", "console"])
def test_certificates_are_entered_by_the_administrator(keyed: Town, second: Site, who: str) -> None:
    """XC-06: the certificate counts by itself, but not everybody's console takes it."""
    emb = keyed.emb
    sync(second, emb)
    made = certify(emb.recovery_file, "close", second.node.me.site, heir=emb.node.me.site, clock=emb.clock)
    refused(emb, who, command(made), "E_PERM", "refusal.permission.denied", clause="XC-06")


def test_certificates_that_do_not_fit(keyed: Town, second: Site, tmp_path: Path) -> None:
    """REPLICATION, Trust: another key's, changed terms, no hex, this workstation itself, an heir of nobody, a partner's site."""
    emb, key = keyed.emb, keyed.emb.recovery_file
    sync(second, emb)
    mine, hers = emb.node.me.site, second.node.me.site
    made = command(certify(key, "close", hers, heir=mine, clock=emb.clock))
    foreign = json.loads(key.read_text()) | {"recovery_key": "11" * 32}
    (tmp_path / "foreign.json").write_text(json.dumps(foreign))
    forged = command(certify(tmp_path / "foreign.json", "close", hers, heir=mine, clock=emb.clock))
    cases = [
        (forged, "E_PERM", "refusal.sites.certificate"),
        (replace(made, certificate="xyz"), "E_FORMAT", "refusal.sites.certificate"),
        (replace(made, site=mine), "E_STATE", "refusal.sites.itself"),
        (replace(made, heir=hers), "E_STATE", "refusal.sites.heir"),
        (replace(made, site="z" * 26), "E_STATE", "refusal.record.missing"),
        (replace(made, site=keyed.frd.node.me.site), "E_OWNER", "refusal.owner.row"),
    ]
    for wrong, code, text in cases:
        with pytest.raises(Refusal) as caught:
            act(emb, "admin", wrong)
        assert (str(caught.value.code), caught.value.text) == (code, text)
    with pytest.raises(Refusal) as caught:
        certify(key, "close", hers, clock=emb.clock)
    assert caught.value.text == "refusal.sites.heir_required"
    with pytest.raises(EnvironmentFault) as fault:
        certify(tmp_path / "none.json", "close", hers, heir=mine, clock=emb.clock)
    assert fault.value.code == "keys.recovery"
    rows = {row.id: row.state for row in emb.node.local(accounts.sites)}
    assert rows[hers] == "enrolled"


@pytest.fixture(autouse=True)
def cheap() -> Iterator[None]:
    """Password verifiers that cost next to nothing."""
    with cheap_passwords():
        yield
