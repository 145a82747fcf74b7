"""Restoring a copy: as a new site of the same agency, with new keys; a site id and key are never reused.

The old site is closed by certificate and the new one is its heir (REPLICATION, Trust). What the peer still holds of the
old chain comes back at the next link. Its series letter is entered into the recovery file first: another restore of the same
copy finds it taken (D-35). The files of attachments follow once the record has its name: cut there, the next start goes on.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey

from app.bootstrap import bringing_back
from app.bootstrap.backup_store import FILES
from app.bootstrap.beside import AttachmentsBeside, FilesBeside
from app.bootstrap.feature_table import policy
from app.bootstrap.founding import check_vacant, give_name
from app.bootstrap.node import IDENTITY_FILE, hold_lock, told_plainly
from app.bootstrap.recovery import Recovery, check_letter, letter_taken, read_recovery
from app.journal import certificates, verbs
from app.journal.acts import ActMaker
from app.journal.deriving import DERIVERS
from app.journal.high_water import HighWater, Mark
from app.journal.journal import Identity, Journal
from app.journal.keys import SiteKey
from app.journal.operation import Act
from app.kernel.clock import Clock, to_ms
from app.kernel.enums import AccountKind, Role
from app.kernel.errors import EnvironmentFault
from app.kernel.ids import new_id
from app.kernel.paths import DataDir, sync_folder
from app.local import acks, bundles, identity, memory
from app.local.identity import SelfRow
from app.queries import accounts
from app.replication.tls import VALID_UNTIL, create_tls
from db import migrate
from db.backup import backup_name, check_backup
from db.engine import open_writer
from db.examine import reading
from db.fields import JOINT
from db.problems import DatabaseProblemError

RESTORED = "restored"  # key of the workstation's memory: what is known of the old site's end
ASIDE = "set-aside"
log = logging.getLogger(__name__)
Step = Callable[[str], None]
"""Told the step that begins: read | copy | project | close | check."""


@dataclass(frozen=True)
class Restored:
    """The new site, the one it takes over from, its series letter, up to when the copy reaches, where old files were put.

    `files_left`: files of attachments that lie in the backup's folder and could not be brought; the console goes on with them.
    """

    site: str
    closed_site: str
    letter: str
    last_at: int = 0
    aside: Path | None = None
    files_left: int = 0


def _silent(_step: str) -> None:
    """Nobody is told."""


def restore(
    data: DataDir,
    copy: Path,
    recovery_file: Path,
    clock: Clock,
    letter: str = "",
    *,
    set_aside: bool = False,
    tell: Step = _silent,
    beside: FilesBeside | None = None,
) -> Restored:
    """Restore a backup into a data folder without a database.

    EnvironmentFault when the copy or the key is wrong, or data is there. `set_aside`: a database that is there, damaged as a
    rule, is moved with its logs into a folder of its own, once the copy and the key have proved good; nothing is ever
    overwritten (XC-01).
    """
    check_letter(letter)
    tell("read")
    with told_plainly(copy):
        check_backup(copy)
    if data.database.exists() and not set_aside:
        raise EnvironmentFault("database.exists", "fault.database.exists", path=str(data.database))
    with told_plainly(data.root):
        data.create()
        lock = hold_lock(data)
        draft = data.root / "restoring.db"
        try:
            if not set_aside:
                check_vacant(data)
            _clear(draft)
            tell("copy")
            shutil.copyfile(copy, draft)
            os.chmod(draft, 0o600)
            migrate.bring_up_to_date(draft, data.backups)
            before, used = _taken_over(draft)
            recovery = read_recovery(recovery_file, before.realm, before.agency, before.recovery_key)
            key, left = SiteKey.generate(), HighWater(data.high_water).mark
            aside = put_aside(data, clock) if set_aside else None
            with letter_taken(recovery, key.site, letter, used, data.database) as own:
                tell("project")
                lost = _Lost(before, left, copy.parent / FILES)
                made = _as_new_site(data, draft, recovery, clock, lost, key, own, tell)
                tell("check")
                give_name(draft, data)
            files_left = _bring_files(beside or AttachmentsBeside(data.root), copy, data)
            return dataclasses.replace(made, aside=aside, files_left=files_left)
        finally:
            _clear(draft)
            lock.release()


def _bring_files(beside: FilesBeside, copy: Path, data: DataDir) -> int:
    """How many could not be brought. The site stands, whatever becomes of them: trouble is no failure of the restore."""
    folder = copy.parent / FILES
    try:
        beside.bring_back(copy, folder, data.root)
    except (OSError, sqlite3.Error, DatabaseProblemError) as wrong:
        log.warning("files of the backup wait for the next start: %s", wrong)
    try:
        return beside.lacking(copy, folder, data.root)
    except (OSError, sqlite3.Error, DatabaseProblemError):  # the medium went: the console tells it
        return 0


@dataclass(frozen=True)
class Inside:
    """What a backup says of itself: realm, district, agency, series letter, up to when (UTC ms), entries, and the public
    half of its agency's recovery key."""

    realm: str
    district: str
    agency: str
    letter: str
    last_at: int
    entries: int
    recovery_key: bytes


def look_into(copy: Path) -> Inside:
    """Read a backup through without changing it; EnvironmentFault when it is damaged, newer, or no backup of a site."""
    with told_plainly(copy):
        held = check_backup(copy)
        with reading(copy) as connection:
            known = identity.read_self(connection)
            if known is None:
                raise EnvironmentFault("database.damaged", "fault.database.damaged", path=str(copy))
            stamp = connection.execute(
                "SELECT max(hlc) FROM op WHERE site = ? AND seq = (SELECT max(seq) FROM op WHERE site = ?)",
                (known.site, known.site),
            ).fetchone()[0]
    last_at = (stamp or 0) >> 16
    return Inside(
        known.realm, known.district, known.agency, known.letter, last_at, held.entries, known.recovery_key
    )


def put_aside(data: DataDir, clock: Clock) -> Path | None:
    """Move the database, its logs and the lost site's keys into a folder of their own; None when there is nothing.

    The folder is a data folder by itself: where the file can still be read after all, a console over it says what it never
    sent. Whoever calls holds the lock.
    """
    there = [each for each in (data.database, *data.beside_database) if each.exists()]
    if not there:
        return None
    folder = data.root / f"{ASIDE}-{backup_name(clock.now_ms()).removeprefix('console-').removesuffix('.db')}"
    folder.mkdir(mode=0o700)
    # The database first: a log that stays behind is told, a database without its log would be opened.
    for each in (*there, data.keys, data.high_water):
        if each.exists():
            each.rename(folder / each.name)
    sync_folder(folder)
    sync_folder(data.root)
    data.create()
    return folder


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


@dataclass(frozen=True)
class _Lost:
    """The site the copy is of, how much of its chain may have left this machine, where that is known, and where the files are
    that the copy names."""

    row: SelfRow
    left: Mark | None
    files: Path


def _as_new_site(
    data: DataDir,
    draft: Path,
    recovery: Recovery,
    clock: Clock,
    lost: _Lost,
    key: SiteKey,
    letter: str,
    tell: Step,
) -> Restored:
    before, left = lost.row, lost.left
    connection = open_writer(draft)
    try:
        (data.keys / IDENTITY_FILE).unlink(missing_ok=True)  # told of the lost site
        key.save(data.keys)
        HighWater(data.high_water).begin(key.site)
        pin = create_tls(data.keys, key.site).pin.hex()
        who = Identity(before.realm, before.agency, before.recovery_key, key)
        journal = Journal(connection, who, policy(), clock, DERIVERS)
        journal.rebuild()
        tell("close")
        seq, last_at = end_of(journal, before.site)
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
        bundles.forget_all(connection)
        known = {"site": before.site, "seq": seq, "last_at": last_at}
        known["left"] = left.seq if left is not None and left.site == before.site else 0
        memory.keep(connection, RESTORED, known, clock.now_ms())
        if lost.files.is_dir():
            bringing_back.note(connection, lost.files, clock.now_ms())
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Restored(key.site, before.site, letter, last_at)
    finally:
        connection.close()


def end_of(journal: Journal, site: str) -> tuple[int, int]:
    """Number and recorded time (UTC ms) of the last entry of a chain."""
    chain = journal.state.chains.get(site)
    last = journal.state.store.get(chain.hash) if chain is not None and chain.seq else None
    return (0, 0) if chain is None or last is None else (chain.seq, last.at_ms)


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
    label = {"label": key.site[:6], "tls_pin": pin, "tls_until": to_ms(VALID_UNTIL)}
    journal.author(admin, [maker.write("announce_site", "site", key.site, label)])
