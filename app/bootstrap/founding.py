"""First start: a site with its keys and its administrator; of a new agency with its recovery key, or joining one that is there.

Everything is made beside the final database file and moved there last: an interrupted first start leaves no database and
starts again cleanly. What it may have left of a recovery key is told by a note and replaced.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

from nacl.signing import SigningKey

from app.bootstrap import sheets
from app.bootstrap.feature_table import policy
from app.bootstrap.node import DISTRICT_FILE, FOUNDING_NOTE, IDENTITY_FILE, hold_lock, load_pack, told_plainly
from app.bootstrap.parsing import check_storable
from app.bootstrap.recovery import Recovery, check_letter, letter_taken, open_recovery, write_recovery
from app.domain import sealing
from app.domain.required import tidy
from app.domain.sign_in import check_password, check_sign_in_name, check_title
from app.journal import certificates, verbs
from app.journal.acts import ActMaker
from app.journal.deriving import DERIVERS
from app.journal.high_water import HighWater
from app.journal.journal import Identity, Journal
from app.journal.keys import SiteKey
from app.journal.operation import Act
from app.kernel.clock import Clock, to_ms
from app.kernel.enums import AccountKind, Agency, LogKind, Realm, Role
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.ids import new_id
from app.kernel.paths import DataDir, sync_folder, write_secret
from app.kernel.texts import Texts
from app.local import credentials, identity
from app.local.identity import SelfRow
from app.replication.tls import VALID_UNTIL, create_tls
from db import migrate
from db.engine import open_writer
from db.examine import quick_check, reading
from db.fields import JOINT


@dataclass(frozen=True)
class Founding:
    """What the first start asks for.

    `joining`: a further workstation of an agency whose recovery key is there already; without it, the file is made.
    """

    realm: Realm
    agency: Agency
    district: str
    admin_name: str
    admin_title: str
    admin_password: str
    recovery_file: Path
    letter: str = ""
    district_file: Path | None = None
    label: str = ""
    joining: bool = False


@dataclass(frozen=True)
class Founded:
    """The new site, its administrator, its series letter, where the recovery key is, and where the sealed sheets beside it are.

    `sheet`: a page for a printer, with the recovery key and the emergency account's password; None where it could not be
    written.
    """

    site: str
    admin_account: str
    console_account: str
    recovery_file: Path
    letter: str = ""
    sheet: Path | None = None


def found(data: DataDir, ask: Founding, clock: Clock) -> Founded:
    """Found a site; Refusal for bad input, EnvironmentFault when there is a database already or the folder is not writable."""
    ask = replace(
        ask, admin_name=tidy(ask.admin_name), admin_title=tidy(ask.admin_title), label=tidy(ask.label)
    )
    _check(data, ask)
    with told_plainly(data.root):
        data.create()
        lock = hold_lock(data)
        try:
            check_vacant(data)
            return _found(data, ask, clock)
        finally:
            lock.release()


def check_vacant(data: DataDir) -> None:
    """EnvironmentFault unless the folder holds neither a database nor the log of one that was moved away (XC-01).

    SQLite would play an old log over the new file and destroy it.
    """
    if data.database.exists():
        raise EnvironmentFault("database.exists", "fault.database.exists", path=str(data.database))
    left = [str(each) for each in data.beside_database if each.exists()]
    if left:
        raise EnvironmentFault("database.leftovers", "fault.database.leftovers", path=", ".join(left))


def give_name(draft: Path, data: DataDir) -> None:
    """Move a finished database to its place, durably, and read it through there; EnvironmentFault when it is damaged."""
    draft.rename(data.database)
    sync_folder(data.root)
    with reading(data.database) as connection:
        quick_check(connection, data.database)


def _check(data: DataDir, ask: Founding) -> None:
    check_vacant(data)
    check_storable([ask.admin_name, ask.admin_title, ask.label])
    if not ask.admin_name.strip():
        raise Refusal(
            ErrorCode.REQUIRED, "refusal.accounts.name_required", field="admin_name", clause="CM-04"
        )
    check_sign_in_name(ask.admin_name, field="admin_name")
    check_title(ask.admin_title, field="admin_title")
    check_password(ask.admin_password)
    check_letter(ask.letter)
    if ask.recovery_file.resolve().is_relative_to(data.root.resolve()):
        raise Refusal(
            ErrorCode.FORMAT, "refusal.founding.recovery_inside", field="recovery_file", clause="CM-04"
        )
    if ask.joining:
        _check_recovery(ask)
    elif ask.letter:
        raise Refusal(ErrorCode.RANGE, "refusal.founding.letter_alone", field="letter", clause="D-35")
    elif ask.recovery_file.exists() and not _left_over(data, ask.recovery_file):
        raise EnvironmentFault("file.exists", "fault.file.exists", path=str(ask.recovery_file))
    elif (
        not ask.recovery_file.parent.is_dir()
    ):  # a stick that is not in: nothing is made in its place on this disk
        raise EnvironmentFault("file.unwritable", "fault.keys.recovery_folder", path=str(ask.recovery_file))


def _check_recovery(ask: Founding) -> Recovery:
    """The key of the agency that is joined; EnvironmentFault `keys.recovery` unless it is of this realm, agency and district."""
    found = open_recovery(ask.recovery_file)
    if (found.realm, found.agency, found.district) != (ask.realm.value, ask.agency.value, ask.district):
        raise EnvironmentFault("keys.recovery", "fault.keys.recovery", path=str(ask.recovery_file))
    return found


def _left_over(data: DataDir, recovery_file: Path) -> bool:
    """True if an interrupted first start wrote this recovery file: its key has founded nothing."""
    try:
        note = json.loads((data.root / FOUNDING_NOTE).read_text("utf-8"))
        key = SigningKey(bytes.fromhex(json.loads(recovery_file.read_text("utf-8"))["recovery_key"]))
        return bool(note["public_key"] == bytes(key.verify_key).hex())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _take_pack(data: DataDir, ask: Founding) -> None:
    (data.root / DISTRICT_FILE).unlink(missing_ok=True)
    if ask.district_file is not None:
        if not ask.district_file.is_file():
            raise EnvironmentFault("file.unreadable", "fault.file.unreadable", path=str(ask.district_file))
        shutil.copyfile(ask.district_file, data.root / DISTRICT_FILE)
    if load_pack(ask.district, data).code != ask.district:
        raise Refusal(ErrorCode.FORMAT, "refusal.founding.district", field="district", clause="PRODUCT")


def _found(data: DataDir, ask: Founding, clock: Clock) -> Founded:
    for leftover in data.root.glob("founding.db*"):
        leftover.unlink()
    _take_pack(data, ask)
    if ask.joining:
        joined, key = _check_recovery(ask), SiteKey.generate()
        with letter_taken(joined, key.site, ask.letter, {""}, data.database) as letter:
            return _make(data, replace(ask, letter=letter), clock, joined.key, key)
    if _left_over(data, ask.recovery_file):
        ask.recovery_file.unlink()
    recovery = SigningKey.generate()
    note = json.dumps({"public_key": bytes(recovery.verify_key).hex()})
    write_secret(data.root / FOUNDING_NOTE, note.encode())
    return _make(data, ask, clock, recovery, SiteKey.generate())


def _make(data: DataDir, ask: Founding, clock: Clock, recovery: SigningKey, key: SiteKey) -> Founded:
    """Keys, database, recovery file (unless it is there), and the name last."""
    draft = data.root / "founding.db"
    (data.keys / IDENTITY_FILE).unlink(missing_ok=True)  # told of a site that was here before
    key.save(data.keys)
    HighWater(data.high_water).begin(key.site)
    pin = create_tls(data.keys, key.site).pin.hex()
    migrate.create(draft)
    os.chmod(draft, 0o600)
    connection = open_writer(draft)
    try:
        admin, console, sealed = _first_acts(connection, ask, clock, recovery, key, pin)
    finally:
        connection.close()
    letters = {ask.letter: key.site}
    if not ask.joining:
        write_recovery(ask.recovery_file, recovery, ask.realm.value, ask.agency.value, ask.district, letters)
    give_name(draft, data)
    (data.root / FOUNDING_NOTE).unlink(missing_ok=True)
    sheet = _write_sheet(data, ask, clock, None if ask.joining else recovery, key.site, sealed)
    return Founded(key.site, admin, console, ask.recovery_file, ask.letter, sheet)


def _write_sheet(
    data: DataDir, ask: Founding, clock: Clock, recovery: SigningKey | None, site: str, sealed: sheets.Sealed
) -> Path | None:
    """The sealed sheets, beside the recovery key on the medium it was given to."""
    texts, pack = Texts.load(), load_pack(ask.district, data)
    where = sheets.Where(
        ask.agency.value,
        pack.agencies[ask.agency].full,
        ask.district,
        ask.realm.value,
        site,
        ask.letter,
        clock.now_ms(),
    )
    pages = [sheets.seal_page(texts, where, sealed)]
    if recovery is not None:
        pages.insert(0, sheets.recovery_page(texts, where, recovery, [ask.letter]))
    return sheets.write_beside(ask.recovery_file, ask.letter, sheets.document(texts, pages))


def _joined(maker: ActMaker, texts: Texts, ask: Founding, site: str, console: str, clock: Clock) -> list[Act]:
    """A further workstation is trusted from here on: the log of both rooms says so once it has met them (CM-04, JD-11)."""
    letter = ask.letter or texts.get("log.no_letter")
    values = {
        "agency": ask.agency.value,
        "at": clock.now_ms(),
        "entered_at": clock.now_ms(),
        "kind": LogKind.NOTE.value,
        "text": texts.get("log.site_joined", letter=letter, title=ask.admin_title or ask.admin_name),
        "account_id": console,
        "author_role": Role.CONSOLE.value,
    }
    return maker.write("announce_site", "log_entry", new_id(clock, site), values, new=True)


def _first_acts(
    connection: sqlite3.Connection, ask: Founding, clock: Clock, recovery: SigningKey, key: SiteKey, pin: str
) -> tuple[str, str, sheets.Sealed]:
    """Enrol the site, appoint the administrator, make the console's machine account and the sealed emergency account, announce
    the site."""
    realm, agency = ask.realm.value, ask.agency.value
    journal = Journal(
        connection, Identity(realm, agency, bytes(recovery.verify_key), key), policy(), clock, DERIVERS
    )
    admin, console, emergency = (new_id(clock, key.site) for _ in range(3))
    texts, password = Texts.load(), sealing.sealed_password(os.urandom(sealing.PASSWORD_BYTES))
    sealed = sheets.Sealed(emergency, sheets.account_name(texts, ask.letter), password)
    journal.author(
        admin,
        [
            [
                certificates.enrolment(recovery, realm, agency, key.public, ask.letter),
                certificates.appointment(recovery, realm, agency, admin),
            ]
        ],
    )
    maker = ActMaker(journal.state, agency)
    kinds = (
        (admin, AccountKind.PERSON, ask.admin_name, ask.admin_title),
        (console, AccountKind.MACHINE, f"console-{key.site}", ask.label),
        (emergency, AccountKind.EMERGENCY, sealed.name, texts.get("sheet.account_title")),
    )
    acts: list[Act] = []
    for account, kind, name, title in kinds:
        acts += maker.write(
            "create_account",
            "account",
            account,
            {"kind": kind.value, "name": name, "title": title or name},
            new=True,
        )
    for account, role in ((console, Role.CONSOLE), (emergency, Role.DUTY_CHIEF)):
        grant = {"v": verbs.GRANT, "agency": agency, "roles": [role.value]}
        acts.append(Act("create_account", "account", account, JOINT, grant))
    journal.author(
        admin, [acts, maker.write("seal_account", "account", emergency, {"sealed_at": clock.now_ms()})]
    )
    label = {"label": ask.label or key.site[:6], "tls_pin": pin, "tls_until": to_ms(VALID_UNTIL)}
    announced = maker.write("announce_site", "site", key.site, label)
    if ask.joining:
        announced += _joined(maker, texts, ask, key.site, console, clock)
    journal.author(console, [announced])
    identity.write_self(
        connection,
        SelfRow(
            realm,
            ask.district,
            agency,
            key.site,
            ask.letter,
            bytes(recovery.verify_key),
            console,
            clock.now_ms(),
        ),
    )
    credentials.set_password(connection, admin, ask.admin_password)
    credentials.set_password(connection, emergency, sealing.as_sealed(password))
    return admin, console, sealed
