"""The port of the screens over a running site: light until the first paint, then node, writer and network behind it.

Before the node is open, questions are already answered by the window's own reader, and acts wait for it. Nothing here
imports SQLAlchemy or the network before `open` is called: the board paints first (QUALITY, Speed).
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from app.bootstrap.district_view import district_view
from app.bootstrap.listening import NO_DOORS, Doors, Listening, listening_at
from app.bootstrap.reading import Reader, told
from app.bootstrap.screen_ports import ScreenPorts
from app.kernel import imports
from app.kernel.changes import ChangeSet
from app.kernel.clock import HOUR_MS, SECOND_MS, Clock
from app.kernel.enums import Agency
from app.kernel.errors import EnvironmentFault, Refusal
from app.kernel.paths import DataDir
from app.kernel.texts import DEFAULT_LANGUAGE, Texts
from app.local import identity, memory
from db.engine import open_reader

if TYPE_CHECKING:
    from app.bootstrap.node import Node
    from app.bootstrap.service import Service
    from app.exchange.feed.intake import FeedCounts
    from app.kernel.running import Former, Running
    from app.queries.accounts import AccountRow
    from app.replication.status import LinkStatus
    from app.ui.shell.ports import Health
    from app.usecases.bus import Done
    from app.usecases.commands import Command

log = logging.getLogger(__name__)
ResultT = TypeVar("ResultT")

FORMER_MEMORY = "running.former"
_PARTNER = {Agency.EMB: Agency.FRD, Agency.FRD: Agency.EMB, Agency.HALL: Agency.EMB}


class SiteConsole(ScreenPorts):
    """One site for one window. `open` starts the work behind it, `close` ends all of it in order.

    EnvironmentFault from the constructor: no database, not ours, or unreadable; nothing is left running then.
    """

    def __init__(
        self,
        data: DataDir,
        clock: Clock,
        listen: Listening | None = None,
        language: str | None = None,
        doors: Doors = NO_DOORS,
    ) -> None:
        """`language`: None for the one chosen on this workstation."""
        imports.one_at_a_time()
        self.data, self.clock = data, clock
        self._doors = doors
        if not data.database.exists():
            raise EnvironmentFault("database.missing", "fault.database.missing", path=str(data.database))
        self._know(language)
        self._listen = listen
        self._reader = Reader(data.database, threading.Event())
        self._acts = ThreadPoolExecutor(max_workers=1, thread_name_prefix="window-acts")
        self._hearers: list[Callable[[ChangeSet], None]] = []
        self._guard = threading.Lock()
        self._troubles: list[EnvironmentFault] = []
        self._node: Node | None = None
        self._service: Service | None = None
        self._opening: threading.Thread | None = None
        self._net: threading.Thread | None = None
        self._closed = False
        self._running: Running | None = None
        self.former: Former | None = None
        self.opened: Future[None] = Future()
        self.stopped: Future[None] = Future()  # done when the site was told to stop through its local socket

    def _know(self, language: str | None) -> None:
        """Who this site is and what it remembers, read before anything else runs."""
        me, self._memory = _remembered(self.data)
        self.texts = Texts.load(language or str(self._memory.get("language", DEFAULT_LANGUAGE)))
        self.realm, self.agency, self.site = me.realm, me.agency, me.site
        self.partner = _PARTNER[Agency(me.agency)].value
        self.limits_s: Mapping[str, int]
        self.district, self.limits_s = district_view(me.district, self.data, self.texts.language)

    def _listened_before(self) -> Listening | None:
        """Where links were taken when it was chosen on the screen; None when never, or when what is kept is none."""
        from app.local.pairing_view import LISTEN_MEMORY

        try:
            return listening_at(str(self._memory.get(LISTEN_MEMORY) or ""))
        except Refusal:
            return None

    # -- beginning and end -----------------------------------------------------------------------------------------------
    def open(self, before: Callable[[], None] | None = None) -> None:
        """Open the site behind the window; `opened` tells how it went. To be called once, after the first paint.

        `before` comes first on the same thread; a fault of it is one of the opening.
        """
        self._listen = self._listen or self._listened_before()
        self._opening = threading.Thread(
            target=self._open, args=(before,), name="window-opening", daemon=True
        )
        self._opening.start()

    def _open(self, before: Callable[[], None] | None) -> None:
        try:
            if before is not None:
                before()
            from app.bootstrap.node import Node, Open

            node = Node(Open(self.data, self.clock, self.texts.language))
        except BaseException as error:
            self.opened.set_exception(error)
            if not isinstance(error, EnvironmentFault):
                log.exception("the site could not be opened")
            return
        node.subscribe(self._publish)
        self._node = node
        self._look_back()
        self._follow_numbers(node)
        self._reader.settle()
        self.backup.begin(node)
        self._net = threading.Thread(target=self._run_net, args=(node,), name="net", daemon=True)
        self._net.start()
        self.opened.set_result(None)

    def _follow_numbers(self, node: Node) -> None:
        """What the screens need of the rule numbers, as this district has changed them (D-31)."""
        from app.domain.rule_numbers import RuleKey
        from app.queries import settings

        now = node.read(lambda connection: settings.in_force(connection, node.bus.pack.rules))
        amber, pending = now[RuleKey.AMBER_BEFORE], now[RuleKey.PENDING_CLASS_LIMIT]
        self.district = replace(self.district, amber_s=amber.seconds, pending_s=pending.seconds)

    def _look_back(self) -> None:
        """Nobody else runs on this folder: how the last run ended is told until somebody has read it."""
        from app.kernel.running import Former, Running

        self._running = Running(self.data.logs, self.clock)
        found = self._running.begin()
        if found is not None:
            self.remember(FORMER_MEMORY, [found.at, found.trace, found.error])
        match self._memory.get(FORMER_MEMORY):
            case [int(at), str(trace), str(error)]:
                self.former = Former(at, trace, error)

    def _run_net(self, node: Node) -> None:
        """Try to listen; a port that is taken costs the listening or the feed's own port, not the dialling and not the window."""
        import asyncio

        folder = replace(self._doors, port=None)
        ways = [(listen, doors) for doors in (self._doors, folder) for listen in (self._listen, None)]
        for listen, doors in dict.fromkeys(ways):
            try:
                asyncio.run(self._serve(node, listen, doors))
            except EnvironmentFault as fault:
                log.warning("the network did not start: %s", fault.code)
                self._trouble(fault)
            except Exception:
                log.exception("the network failed")
                self._trouble(EnvironmentFault("net.failed", "fault.window.net"))
                return
            else:
                self.stopped.set_result(None)
                return

    async def _serve(self, node: Node, listen: Listening | None, doors: Doors) -> None:
        import asyncio

        from app.bootstrap.service import Service

        async with Service(node, listen, doors) as service:
            with self._guard:
                self._service, self._loop = service, asyncio.get_running_loop()
            if not self._closed:
                await service.stop.wait()
            with self._guard:
                self._service = None

    def close(self) -> None:
        """Imports taken back, network, then acts under way, then reader and database; nothing runs afterwards."""
        self._closed = True
        if self._opening is not None:
            self._opening.join()
        else:
            self.opened.cancel()  # acts that wait for it give up
        self.close_ports()
        with self._guard:
            service = self._service
        if service is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just ended by itself
                self._loop.call_soon_threadsafe(service.stop.set)
        if self._net is not None:
            self._net.join()
        self._acts.shutdown(wait=True)
        self._reader.close()
        if self._node is not None:
            self._node.close()
        if self._running is not None:
            self._running.end()
        with self._guard:
            self._hearers.clear()

    # -- the two doors ---------------------------------------------------------------------------------------------------
    def execute(self, command: Command, account_id: str) -> Future[Done]:
        """Carry out a command; the future raises Refusal or EnvironmentFault."""
        return self._acts.submit(lambda: self._site().execute(command, account_id))

    def sign_in(self, name: str, password: str) -> Future[AccountRow]:
        """The account; the future raises Refusal E_PERM."""
        return self._acts.submit(lambda: self._site().sign_in(name, password))

    def query(self, read: Callable[[Any], ResultT], key: str | None = None) -> Future[ResultT]:
        """Run a query on the reader's thread; a newer one under the same key cancels an older."""
        return self._reader.ask(read, key)

    def history(self, entity: str, entity_id: str, asker: str = "") -> Future[Sequence[Any]]:
        """Operations on one record in their order (app.journal.history); a newer question of the asker supersedes an older."""

        def read(connection: sqlite3.Connection) -> Sequence[Any]:
            from app.journal.history import history

            return history(connection, entity, entity_id)

        return self._reader.ask(read, f"history:{asker}:{entity}")

    def _site(self) -> Node:
        """The open site; waits for the opening, raises its fault."""
        self.opened.result()
        assert self._node is not None
        return self._node

    # -- news ------------------------------------------------------------------------------------------------------------
    def subscribe(self, hear: Callable[[ChangeSet], None]) -> Callable[[], None]:
        """Call `hear` after every commit, on any thread; the result ends the subscription."""
        with self._guard:
            self._hearers.append(hear)

        def end() -> None:
            with self._guard, contextlib.suppress(ValueError):
                self._hearers.remove(hear)

        return end

    def _publish(self, changes: ChangeSet) -> None:
        if changes.touches("rule_number") and self._node is not None:
            self._follow_numbers(self._node)
        with self._guard:
            hearers = list(self._hearers)
        for hear in hearers:
            hear(changes)

    def links(self) -> list[LinkStatus]:
        """Honest state of every link; empty while the network is not up."""
        with self._guard:
            service = self._service
        return service.links() if service is not None else []

    def feed(self) -> FeedCounts | None:
        """What came in through the 119 feed since the start; None while the network is not up."""
        with self._guard:
            service = self._service
        return service.desk.feed.counts if service is not None else None

    def health(self) -> Future[Health]:
        """Figures of the status line."""
        return self._reader.ask(self._health, "health")

    def _health(self, connection: sqlite3.Connection) -> Health:
        from app.ui.shell.ports import Health

        files = [self.data.database, self.data.database.with_name(self.data.database.name + "-wal")]
        size = sum(file.stat().st_size for file in files if file.exists())
        (held,) = connection.execute("SELECT coalesce(max(n), 0) FROM op").fetchone()
        return Health(size, *self._last_backup(connection), held)

    def _last_backup(self, connection: sqlite3.Connection) -> tuple[int | None, int]:
        """Moment of the newest backup that was restored and checked, and how old it may be (XC-09, D-31)."""
        from app.bootstrap.backup_store import copies
        from app.domain.backups import newest_verified
        from app.domain.rule_numbers import RuleKey
        from app.queries import settings

        name = RuleKey.BACKUP_INTERVAL.value
        changed = {row.id: row.value for row in settings.rule_numbers(connection)}.get(name)
        limit_ms = self.limits_s[name] * SECOND_MS if changed is None else changed * HOUR_MS
        last = newest_verified((each.kept for each in copies(self.data.backups)), self.clock.now_ms())
        return None if last is None else last.at, limit_ms

    def troubles(self) -> list[EnvironmentFault]:
        """What does not work although the site is open."""
        with self._guard:
            found, service = list(self._troubles), self._service
        standing = [
            self._node.storage.fault if self._node is not None else None,
            self._node.journal.behind if self._node is not None else None,
            service.restored.trouble if service is not None else None,
            service.bringing_back.trouble if service is not None else None,
            self.backup.trouble(),
        ]
        return [*found, *(fault for fault in standing if fault is not None)]

    def _trouble(self, fault: EnvironmentFault) -> None:
        with self._guard:
            self._troubles.append(fault)

    # -- words -----------------------------------------------------------------------------------------------------------
    def _names(self) -> dict[str, str]:
        return {key: view.short for key, view in self.district.agencies.items()}

    def sentence(self, error: Refusal | EnvironmentFault) -> str:
        """What happened, why, and what to do."""
        from app.domain import wording

        return wording.sentence(self.texts, error, self._names())

    def who(self, error: Refusal) -> str:
        """Who can do the refused act."""
        from app.domain import wording

        return wording.who_can(self.texts, error, self._names())

    def clause(self, error: Refusal) -> str:
        """Source clause of the rule behind a refusal."""
        from app.domain import wording

        return wording.clauses(self.texts, error)

    # -- memory ----------------------------------------------------------------------------------------------------------
    def memory(self, key: str) -> Any:
        """Something this workstation remembers, None when nothing."""
        return self._memory.get(key)

    def remember(self, key: str, value: Any) -> None:
        """Keep a JSON value; it is on the disk within milliseconds once the site is open. None forgets it."""
        if value is None:
            self._memory.pop(key, None)
        else:
            self._memory[key] = value
        at = self.clock.now_ms()
        kept = self._acts.submit(lambda: self._site().local(lambda c: memory.keep(c, key, value, at)))
        kept.add_done_callback(_log_failure)


def _log_failure(kept: Future[None]) -> None:
    if not kept.cancelled() and kept.exception() is not None:
        log.warning("something was not remembered: %s", type(kept.exception()).__name__)


def _remembered(data: DataDir) -> tuple[identity.SelfRow, dict[str, Any]]:
    """Who the site is and its memory; EnvironmentFault when the file is not ours or cannot be read."""
    try:
        with contextlib.closing(open_reader(data.database)) as connection:
            me = identity.read_self(connection)
            known = memory.load(connection)
    except sqlite3.Error as wrong:
        _check_file(data)
        fault = told(wrong, data.database)
        if fault is wrong and isinstance(wrong, sqlite3.OperationalError):
            fault = _damaged(data)  # no trouble of the file: tables of ours are missing
        raise fault from wrong
    if me is None:
        raise _damaged(data)
    return me, known


def _check_file(data: DataDir) -> None:
    """EnvironmentFault when the head of the file tells what is wrong with it, in the words that `verify` uses."""
    from app.bootstrap.node import told_plainly
    from db.examine import check_header

    with told_plainly(data.database):
        check_header(data.database)


def _damaged(data: DataDir) -> EnvironmentFault:
    return EnvironmentFault("database.damaged", "fault.database.damaged", path=str(data.database))
