"""First start: a site of an agency with its keys, its first administrator and the agency's recovery key.

Everything is made beside the final database file and moved there last: an interrupted first start leaves no database and
starts again cleanly.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey

from app.bootstrap.feature_table import policy
from app.bootstrap.node import DISTRICT_FILE, hold_lock, load_pack, told_plainly
from app.journal import certificates, verbs
from app.journal.acts import ActMaker
from app.journal.deriving import DERIVERS
from app.journal.journal import Identity, Journal
from app.journal.keys import SiteKey
from app.journal.operation import Act
from app.kernel.clock import Clock
from app.kernel.enums import AccountKind, Agency, Realm, Role
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.ids import new_id
from app.kernel.paths import DataDir, sync_folder
from app.local import credentials, identity
from app.local.identity import SelfRow
from app.replication.tls import create_tls
from db import migrate
from db.engine import open_writer
from db.fields import JOINT

RECOVERY_FORMAT = 1


@dataclass(frozen=True)
class Founding:
    """What the first start asks for."""

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


@dataclass(frozen=True)
class Founded:
    """The new site, its administrator, and where the recovery key was written."""

    site: str
    admin_account: str
    console_account: str
    recovery_file: Path


def found(data: DataDir, ask: Founding, clock: Clock) -> Founded:
    """Found a site; Refusal for bad input, EnvironmentFault when there is a database already or the folder is not writable."""
    _check(data, ask)
    with told_plainly(data.root):
        data.create()
        lock = hold_lock(data)
        try:
            if data.database.exists():
                raise EnvironmentFault("database.exists", "fault.database.exists", path=str(data.database))
            return _found(data, ask, clock)
        finally:
            lock.release()


def _check(data: DataDir, ask: Founding) -> None:
    if data.database.exists():
        raise EnvironmentFault("database.exists", "fault.database.exists", path=str(data.database))
    if not ask.admin_name.strip():
        raise Refusal(
            ErrorCode.REQUIRED, "refusal.accounts.name_required", field="admin_name", clause="CM-04"
        )
    if len(ask.admin_password) < credentials.MIN_LENGTH:
        raise Refusal(
            ErrorCode.RANGE,
            "refusal.accounts.password_short",
            field="password",
            clause="CM-04",
            n=credentials.MIN_LENGTH,
        )
    if ask.letter and not (len(ask.letter) == 1 and "B" <= ask.letter <= "Z"):
        raise Refusal(ErrorCode.RANGE, "refusal.founding.letter", field="letter", clause="D-35")
    if ask.recovery_file.exists():
        raise EnvironmentFault("file.exists", "fault.file.exists", path=str(ask.recovery_file))
    if ask.recovery_file.resolve().is_relative_to(data.root.resolve()):
        raise Refusal(
            ErrorCode.FORMAT, "refusal.founding.recovery_inside", field="recovery_file", clause="CM-04"
        )


def _found(data: DataDir, ask: Founding, clock: Clock) -> Founded:
    draft = data.root / "founding.db"
    for leftover in data.root.glob("founding.db*"):
        leftover.unlink()
    (data.root / DISTRICT_FILE).unlink(missing_ok=True)
    if ask.district_file is not None:
        shutil.copyfile(ask.district_file, data.root / DISTRICT_FILE)
    pack = load_pack(ask.district, data)
    if pack.code != ask.district:
        raise Refusal(ErrorCode.FORMAT, "refusal.founding.district", field="district", clause="PRODUCT")
    recovery, key = SigningKey.generate(), SiteKey.generate()
    key.save(data.keys)
    pin = create_tls(data.keys, key.site).pin.hex()
    migrate.create(draft)
    connection = open_writer(draft)
    try:
        admin, console = _first_acts(connection, ask, clock, recovery, key, pin)
    finally:
        connection.close()
    write_recovery(ask.recovery_file, recovery, ask.realm, ask.agency, ask.district)
    data.high_water.unlink(missing_ok=True)
    draft.rename(data.database)
    sync_folder(data.root)
    return Founded(key.site, admin, console, ask.recovery_file)


def _first_acts(
    connection: sqlite3.Connection, ask: Founding, clock: Clock, recovery: SigningKey, key: SiteKey, pin: str
) -> tuple[str, str]:
    """Enrol the site, appoint the administrator, make the console's machine account, announce the site."""
    realm, agency = ask.realm.value, ask.agency.value
    journal = Journal(
        connection, Identity(realm, agency, bytes(recovery.verify_key), key), policy(), clock, DERIVERS
    )
    admin, console = new_id(clock), new_id(clock)
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
    grant = {"v": verbs.GRANT, "agency": agency, "roles": [Role.CONSOLE.value]}
    acts.append(Act("create_account", "account", console, JOINT, grant))
    journal.author(admin, [acts])
    label = {"label": ask.label or key.site[:6], "tls_pin": pin}
    journal.author(console, [maker.write("announce_site", "site", key.site, label)])
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
    return admin, console


def write_recovery(path: Path, recovery: SigningKey, realm: str, agency: str, district: str) -> None:
    """Hand the agency's recovery key out as a file, 0600; it is kept off the workstations and never overwritten."""
    content = {
        "format": RECOVERY_FORMAT,
        "realm": realm,
        "agency": agency,
        "district": district,
        "recovery_key": bytes(recovery).hex(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump(content, handle, indent=2)
        handle.write("\n")
        handle.flush()
        os.fsync(handle.fileno())


def read_recovery(path: Path, realm: str, agency: str, public_key: bytes) -> SigningKey:
    """Read a recovery key file of this agency; EnvironmentFault when it is another's, damaged or not there."""
    try:
        content = json.loads(path.read_text("utf-8"))
        key = SigningKey(bytes.fromhex(content["recovery_key"]))
        fits = (content["realm"], content["agency"], bytes(key.verify_key)) == (realm, agency, public_key)
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise EnvironmentFault("keys.recovery", "fault.keys.recovery", path=str(path)) from wrong
    if not fits:
        raise EnvironmentFault("keys.recovery", "fault.keys.recovery", path=str(path))
    return key
