"""A running site: lock, database, journal, bus, writer and reader threads, and the news of what was committed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import tomllib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from filelock import FileLock, Timeout

from app.bootstrap.feature_table import policy
from app.bootstrap.sending_journal import SendingJournal
from app.bootstrap.site_key_files import NEXT_FILE, PAST_FILE, open_key
from app.bootstrap.storage import Storage
from app.domain import sealing
from app.domain.district import District, parse_district
from app.domain.sign_in import check_password
from app.journal.deriving import DERIVERS
from app.journal.high_water import HighWater, Standing
from app.journal.indexing import index_mended
from app.journal.journal import Identity
from app.journal.keys import KEY_FILE, SiteKey
from app.kernel.changes import ChangeSet
from app.kernel.clock import Clock, SystemClock
from app.kernel.enums import AccountKind, Agency, Priority
from app.kernel.errors import EnvironmentFault, ErrorCode, Refusal
from app.kernel.paths import DataDir, check_private
from app.kernel.texts import RESOURCES, Texts
from app.local import credentials, identity
from app.local.attachments import AttachmentStore
from app.local.credentials import SignIn
from app.local.identity import SelfRow
from app.local.subject_keys import SubjectKeys
from app.queries import accounts
from app.queries.accounts import AccountRow
from app.queries.imports import interrupted
from app.replication.tls import LEAF_FILE, LEAF_KEY_FILE, ROOT_KEY_FILE
from app.usecases import seals
from app.usecases.accounts import SetPassword
from app.usecases.bus import Bus, Done
from app.usecases.commands import Command
from app.usecases.context import Beside, Workstation
from app.usecases.permissions import matrix
from app.usecases.writer import Writer
from db import migrate
from db.engine import open_reader, open_writer
from db.problems import DatabaseProblemError, ProblemKind, problem_of

log = logging.getLogger(__name__)
ResultT = TypeVar("ResultT")
DISTRICT_FILE = "district.toml"
FOUNDING_NOTE = "founding.json"
IDENTITY_FILE = "identity.json"
PRIVATE_KEYS = (KEY_FILE, NEXT_FILE, PAST_FILE, ROOT_KEY_FILE, LEAF_KEY_FILE, LEAF_FILE)
MINUTE_MS = 60_000
HearOfPeer = Callable[[str, Mapping[str, int]], None]
"""Told what a peer says it holds (site -> number) where no session brings the news; on any thread."""


@contextlib.contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """Turn trouble with a database file or its folder into a fault with its sentence (XC-01)."""
    try:
        yield
    except DatabaseProblemError as told:
        raise _fault_of(told) from told
    except sqlite3.IntegrityError:
        raise  # a bug, no trouble of the file
    except sqlite3.Error as error:
        problem = problem_of(error, path)
        raise EnvironmentFault(
            f"database.{problem.kind}", f"fault.database.{problem.kind}", path=str(path)
        ) from error
    except OSError as error:
        raise EnvironmentFault("data.unwritable", "fault.data.unwritable", path=str(path)) from error


def _fault_of(told: DatabaseProblemError) -> EnvironmentFault:
    """What is no database any more where ours has its place is ours and damaged: a backup helps (XC-01)."""
    data = DataDir(told.path.parent)
    if told.kind is ProblemKind.FOREIGN and told.path == data.database and data.ours:
        return EnvironmentFault("database.damaged", "fault.database.unreadable", path=str(told.path))
    return EnvironmentFault(f"database.{told.kind}", f"fault.database.{told.kind}", path=str(told.path))


def hold_lock(data: DataDir) -> FileLock:
    """Take the lock of a data folder; a second console on the same data is refused with its sentence."""
    lock = FileLock(data.lock, thread_local=False)  # who closes a site need not be the thread that opened it
    try:
        lock.acquire(timeout=0)
    except Timeout as taken:
        raise EnvironmentFault("database.in_use", "fault.database.in_use", path=str(data.root)) from taken
    return lock


def load_pack(code: str, data: DataDir | None = None) -> District:
    """The district pack of a site: its own file when it brought one, else the program's."""
    own = data.root / DISTRICT_FILE if data else None
    path = own if own and own.exists() else RESOURCES / "districts" / f"{code}.toml"
    try:
        return parse_district(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as wrong:
        raise EnvironmentFault("district", "fault.district", path=str(path), problem=str(wrong)) from wrong


@dataclass(frozen=True)
class Open:
    """What is needed to open a site."""

    data: DataDir
    clock: Clock
    language: str = "zh_CN"


class Node:
    """One site, opened. Close it, or use it with `with`."""

    def __init__(self, how: Open) -> None:
        self.data, self.clock, self.texts = how.data, how.clock, Texts.load(how.language)
        self.opened_at = how.clock.now_ms()
        self.storage = Storage(how.clock)
        if not self.data.database.exists():
            raise EnvironmentFault("database.missing", "fault.database.missing", path=str(self.data.database))
        with contextlib.ExitStack() as ends:
            with told_plainly(self.data.root):
                ends.callback(hold_lock(self.data).release)
            self._shut()
            self._open(ends)
            self._take_back_imports()
            self._ends = ends.pop_all()

    def _shut(self) -> None:
        """Nobody else on this machine reads the data; told when somebody could have (CM-04)."""
        shut = self.data.shut()
        for path in shut.closed:
            log.warning("open to other users of this machine until now, closed: %s", path.name)
        for path in shut.left_open:
            log.warning("open to other users of this machine and not ours to close: %s", path.name)

    def _open(self, ends: contextlib.ExitStack) -> None:
        with told_plainly(self.data.database):
            reproject = migrate.bring_up_to_date(self.data.database, self.data.backups)
            self._connection = open_writer(self.data.database)
            ends.callback(self._connection.close)
            known = identity.read_self(self._connection)
        if known is None:
            raise EnvironmentFault("database.damaged", "fault.database.damaged", path=str(self.data.database))
        for name in PRIVATE_KEYS:
            check_private(self.data.keys / name)
        with told_plainly(self.data.database):
            key = open_key(self.data.keys, self._connection, known.realm, known.site)
        self.me: SelfRow = known
        self.high_water = HighWater(self.data.high_water)
        with told_plainly(self.data.database):
            self.journal = SendingJournal(
                self._connection,
                Identity(known.realm, known.agency, known.recovery_key, key),
                policy(),
                self.clock,
                DERIVERS,
                self.high_water,
            )
            self._check_high_water()
        self.hear_of_peer: HearOfPeer | None = None  # set while replication runs: it keeps what peers hold
        self.workstation = Workstation(
            known.realm, known.district, Agency(known.agency), known.site, known.letter, known.console_account
        )
        self.attachments = AttachmentStore(self.data.attachments)
        with told_plainly(self.data.subject_keys):
            self.subject_keys = SubjectKeys(self.data.subject_keys)
        ends.callback(self.subject_keys.close)
        pack = load_pack(known.district, self.data)
        self.bus = Bus(
            self._connection,
            self.journal,
            matrix(),
            self.clock,
            pack,
            self.workstation,
            self.texts,
            Beside(self.subject_keys, self.attachments.size),
        )
        with told_plainly(self.data.database):
            if reproject or self.journal.outdated:
                log.warning("this version judges or shows the journal by other rules; it is projected anew")
                self.journal.rebuild()
                migrate.rebuilt(self._connection)
            elif index_mended(self._connection):
                log.warning("the search index did not belong to the rows and was made again")
        with told_plainly(self.data.root):
            (self.data.root / FOUNDING_NOTE).unlink(missing_ok=True)
            self._reader = open_reader(self.data.database)
        ends.callback(self._reader.close)
        self._reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
        ends.callback(self._reading.shutdown)
        self._writer = Writer()
        ends.callback(self._writer.close)
        self._subscribers: list[Callable[[ChangeSet], None]] = []
        self._subscribing = threading.Lock()

    def _take_back_imports(self) -> None:
        """Take back what a killed import had loaded; on trouble the site opens all the same, and the next import tries again."""
        with told_plainly(self.data.database):
            left = interrupted(self._connection, self.me.site)
        if not left:
            return
        from app.exchange.imports.run import undo_interrupted

        try:
            count = undo_interrupted(
                lambda command: self.execute(command, self.me.console_account, Priority.BULK), left
            )
        except (Refusal, EnvironmentFault) as wrong:
            log.warning("an interrupted import was not taken back: %s", wrong.code)
        else:
            log.info("interrupted imports taken back: %d", count)

    def _check_high_water(self) -> None:
        """An own chain that is shorter than what has left this machine means a new site (REPLICATION, Fork)."""
        chain = self.journal.state.chains.get(self.journal.own_site)
        end = chain.end if chain else None
        standing = self.high_water.check(self.journal.own_site, end, self.journal.state.store.hashes_at)
        if standing is not Standing.OK:
            log.error("high-water mark: %s", standing.value)
            raise EnvironmentFault(
                "high_water", "fault.high_water", path=str(self.data.high_water), reason=standing.value
            )

    @property
    def key(self) -> SiteKey:
        """The key this site signs with now."""
        return self.journal.identity.key

    # -- acting ----------------------------------------------------------------------------------------------------------
    def execute(self, command: Command, account_id: str, priority: Priority = Priority.OFFICER) -> Done:
        """Carry out a command and wait; raises Refusal or EnvironmentFault (disk full, say)."""
        return self._run(lambda: self._execute(command, account_id), priority)

    def _run(self, work: Callable[[], ResultT], priority: Priority = Priority.OFFICER) -> ResultT:
        """Do work on the writer's thread and wait; trouble of the disk comes out as EnvironmentFault (XC-01)."""
        return self._writer.run(self._plainly(work), priority)

    def _plainly(self, work: Callable[[], ResultT]) -> Callable[[], ResultT]:
        def plainly() -> ResultT:
            with self.storage.watched(self._connection), told_plainly(self.data.database):
                return work()

        return plainly

    def _execute(self, command: Command, account_id: str) -> Done:
        done = self._audited(lambda: self.bus.execute(command, account_id))
        self.publish(done.changes)
        return done

    def _audited(self, work: Callable[[], ResultT]) -> ResultT:
        """Do work; a refusal of it has been entered into the audit, which the links are told like any other entry."""
        try:
            return work()
        except Refusal:
            self.publish(ChangeSet())
            raise

    def record_refusal(self, command: str | None, refusal: Refusal, account_id: str) -> None:
        """Enter a refusal that happened before the bus was reached into the audit."""

        def record() -> None:
            self.bus.record_refusal(command, refusal, account_id)
            self.publish(ChangeSet())

        self._run(record)

    def check_right(self, command: str, account_id: str) -> None:
        """Refusal E_PERM, recorded, unless this account may carry out a command (XC-06)."""
        self._run(lambda: self._audited(lambda: self.bus.check_right(command, account_id)))

    def sign_in(self, name: str, password: str) -> AccountRow:
        """The account of a sign-in name or id; Refusal E_PERM, recorded, when name, password or period are wrong."""
        return self._run(lambda: self._audited(lambda: self._sign_in(name, password)))

    def _sign_in(self, name: str, password: str) -> AccountRow:
        account_id = self._meant(name)
        if self._is_emergency(account_id):
            password = sealing.as_sealed(password)
        attempt = credentials.check_password(self._connection, account_id, password, self.clock)
        if attempt.result is SignIn.LOCKED:
            minutes = -(-attempt.wait_ms // MINUTE_MS)
            refusal = Refusal(ErrorCode.PERM, "refusal.sign_in.locked", clause="CM-04", minutes=minutes)
        elif attempt.result is SignIn.WRONG:
            refusal = Refusal(
                ErrorCode.PERM, "refusal.sign_in.failed", clause="CM-04", who=("account_admin",)
            )
        else:
            try:
                return self._opened(self.bus.author(account_id))
            except Refusal as expired:
                refusal = expired
        self.bus.record_refusal("sign_in", refusal, account_id)
        raise refusal

    def _is_emergency(self, account_id: str) -> bool:
        row = accounts.account(self._connection, account_id) if account_id else None
        return row is not None and row.kind == AccountKind.EMERGENCY

    def _opened(self, row: AccountRow) -> AccountRow:
        """Signing in with the sealed emergency account breaks its seal; one whose watch is over lets nobody in."""
        if seals.is_spent(row, self.clock.now_ms()):
            raise Refusal(ErrorCode.STATE, "refusal.seal.spent", clause="CM-04", who=("account_admin",))
        if seals.is_sealed(row):
            self._execute(seals.BreakSeal(), row.id)
        return row

    def _meant(self, name: str) -> str:
        """Id of the account a sign-in name means here, "" for none: two workstations may have given one name while apart, and
        passwords stay where they were set (decision 0009)."""
        found = accounts.account_called(self._connection, name, self.me.agency)
        if found is None or credentials.has_password(self._connection, found.id):
            return found.id if found else ""
        for other in accounts.accounts_called(self._connection, name):
            if other.agency == self.me.agency and credentials.has_password(self._connection, other.id):
                return other.id
        return found.id

    def set_password(self, account_id: str, password: str, by: str) -> Done:
        """Set a password on this workstation: an audit entry in the journal, the verifier only here."""

        def work() -> Done:
            try:
                check_password(password)
            except Refusal as refusal:
                self.bus.record_refusal("set_password", refusal, by)
                raise
            done = self._execute(SetPassword(account_id=account_id), by)
            credentials.set_password(self._connection, account_id, password)
            return done

        return self._run(lambda: self._audited(work))

    # -- reading ---------------------------------------------------------------------------------------------------------
    def read(self, query: Callable[[sqlite3.Connection], ResultT]) -> ResultT:
        """Run a query on the reader's thread and wait."""
        return self._reading.submit(query, self._reader).result()

    def local(self, work: Callable[[sqlite3.Connection], ResultT]) -> ResultT:
        """Read or write local tables on the writer's thread and wait."""
        return self._run(lambda: work(self._connection))

    def writing(self, work: Callable[[], ResultT], priority: Priority = Priority.OFFICER) -> ResultT:
        """Run work on the writer's thread and wait; no other work comes in between."""
        return self._run(work, priority)

    # -- the port of replication -----------------------------------------------------------------------------------------
    def on_writer(self, priority: Priority, work: Callable[[], ResultT]) -> Awaitable[ResultT]:
        """Run work on the writer's thread, awaited by the caller's loop."""
        return asyncio.wrap_future(self._writer.submit(self._plainly(work), priority))

    def wait_on_writer(self, priority: Priority, work: Callable[[], ResultT]) -> ResultT:
        """As `on_writer`, for a thread that waits."""
        return self._run(work, priority)

    def pressed(self, priority: Priority) -> bool:
        """True if the writer has more urgent work waiting than this."""
        return self._writer.pressed(priority)

    def on_local(
        self, priority: Priority, work: Callable[[sqlite3.Connection], ResultT]
    ) -> Awaitable[ResultT]:
        """Read or write local tables on the writer's thread, awaited by the caller's loop."""
        return self.on_writer(priority, lambda: work(self._connection))

    def subscribe(self, hear: Callable[[ChangeSet], None]) -> Callable[[], None]:
        """Call `hear` after every commit, on any thread; the result ends the subscription."""
        with self._subscribing:
            self._subscribers.append(hear)

        def end() -> None:
            with self._subscribing:
                self._subscribers.remove(hear)

        return end

    def publish(self, changes: ChangeSet) -> None:
        """Tell all subscribers; one that fails is logged and the rest still hear it."""
        with self._subscribing:
            hearers = list(self._subscribers)
        for hear in hearers:
            try:
                hear(changes)
            except Exception:
                log.exception("a subscriber failed")

    # -- the end ---------------------------------------------------------------------------------------------------------
    def close(self) -> None:
        """Finish what is queued, close the database, give the lock back."""
        self._ends.close()

    def __enter__(self) -> Node:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_node(root: Path, clock: Clock | None = None) -> Node:
    """Open the site in a folder."""
    return Node(Open(DataDir(root), clock or SystemClock()))
