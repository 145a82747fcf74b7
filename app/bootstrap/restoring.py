"""Restoring a copy: as a new site of the same agency, with new keys; a site id and key are never reused.

The old site is closed by certificate and the new one is its heir (REPLICATION, Trust). What the peer still holds of the
old chain comes back at the next link. Its series letter is entered into the recovery file first: another restore of the same
copy finds it taken (D-35).
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey

from app.bootstrap.feature_table import policy
from app.bootstrap.founding import check_vacant, give_name
from app.bootstrap.node import IDENTITY_FILE, hold_lock, told_plainly
from app.bootstrap.recovery import Recovery, check_letter, letter_taken, read_recovery
from app.journal import certificates, verbs
from app.journal.acts import ActMaker
from app.journal.deriving import DERIVERS
from app.journal.high_water import HighWater
from app.journal.journal import Identity, Journal
from app.journal.keys import SiteKey
from app.journal.operation import Act
from app.kernel.clock import Clock
from app.kernel.enums import AccountKind, Role
from app.kernel.errors import EnvironmentFault
from app.kernel.ids import new_id
from app.kernel.paths import DataDir
from app.local import acks, identity
from app.local.identity import SelfRow
from app.queries import accounts
from app.replication.tls import create_tls
from db import migrate
from db.backup import check_backup
from db.engine import open_writer
from db.fields import JOINT


@dataclass(frozen=True)
class Restored:
    """The new site, the one it takes over from, and its series letter."""

    site: str
    closed_site: str
    letter: str


def restore(data: DataDir, copy: Path, recovery_file: Path, clock: Clock, letter: str = "") -> Restored:
    """Restore a backup into an empty data folder; EnvironmentFault when the copy or the key is wrong, or data is there."""
    check_letter(letter)
    with told_plainly(copy):
        check_backup(copy)
    if data.database.exists():
        raise EnvironmentFault("database.exists", "fault.database.exists", path=str(data.database))
    with told_plainly(data.root):
        data.create()
        lock = hold_lock(data)
        draft = data.root / "restoring.db"
        try:
            check_vacant(data)
            _clear(draft)
            shutil.copyfile(copy, draft)
            os.chmod(draft, 0o600)
            migrate.bring_up_to_date(draft, data.backups)
            before, used = _taken_over(draft)
            recovery = read_recovery(recovery_file, before.realm, before.agency, before.recovery_key)
            key = SiteKey.generate()
            with letter_taken(recovery, key.site, letter, used, data.database) as own:
                made = _as_new_site(data, draft, recovery, clock, before, key, own)
                give_name(draft, data)
            return made
        finally:
            _clear(draft)
            lock.release()


def _clear(draft: Path) -> None:
    for leftover in draft.parent.glob(draft.name + "*"):
        leftover.unlink()


def _taken_over(draft: Path) -> tuple[SelfRow, set[str]]:
    """Whose copy this is, and the series letters its agency had given when it was made."""
    connection = open_writer(draft)
    try:
        before = identity.read_self(connection)
        if before is None:
            raise EnvironmentFault("database.damaged", "fault.database.damaged", path=str(draft))
        known = accounts.sites(connection)
        return before, {row.letter or "" for row in known if row.agency == before.agency}
    finally:
        connection.close()


def _as_new_site(
    data: DataDir, draft: Path, recovery: Recovery, clock: Clock, before: SelfRow, key: SiteKey, letter: str
) -> Restored:
    connection = open_writer(draft)
    try:
        (data.keys / IDENTITY_FILE).unlink(missing_ok=True)  # told of the lost site
        key.save(data.keys)
        HighWater(data.high_water).begin(key.site)
        pin = create_tls(data.keys, key.site).pin.hex()
        who = Identity(before.realm, before.agency, before.recovery_key, key)
        journal = Journal(connection, who, policy(), clock, DERIVERS)
        journal.rebuild()
        after = dataclasses.replace(
            before,
            site=key.site,
            letter=letter,
            console_account=new_id(clock, key.site),
            made_at=clock.now_ms(),
        )
        _first_acts(journal, recovery.key, before, after, key, pin)
        identity.replace_self(connection, after)
        acks.forget_all(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Restored(key.site, before.site, letter)
    finally:
        connection.close()


def _first_acts(
    journal: Journal, recovery: SigningKey, before: SelfRow, after: SelfRow, key: SiteKey, pin: str
) -> None:
    """Enrol the new site, close the old one, give the new console its machine account under a fresh appointment."""
    realm, agency = after.realm, after.agency
    admin = after.console_account  # appointed for this one step, then only a console
    journal.author(
        admin,
        [
            [
                certificates.enrolment(recovery, realm, agency, key.public, after.letter),
                certificates.closing(recovery, realm, agency, before.site, key.site),
                certificates.appointment(recovery, realm, agency, admin),
            ]
        ],
    )
    maker = ActMaker(journal.state, agency)
    name = f"console-{key.site}"
    values = {"kind": AccountKind.MACHINE.value, "name": name, "title": name}
    acts = maker.write("create_account", "account", admin, values, new=True)
    acts.append(
        Act(
            "create_account",
            "account",
            admin,
            JOINT,
            {"v": verbs.GRANT, "agency": agency, "roles": [Role.CONSOLE.value]},
        )
    )
    journal.author(admin, [acts])
    journal.author(
        admin, [maker.write("announce_site", "site", key.site, {"label": key.site[:6], "tls_pin": pin})]
    )
