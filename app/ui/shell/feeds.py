"""What the shell reads by itself: who is on watch, which clocks run, how the links stand; hands it to its parts.

Rows are read again when a commit touched them; links and ages are looked at once a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.kernel.changes import ChangeSet
from app.kernel.clock import MINUTE_MS
from app.kernel.enums import Severity
from app.kernel.errors import EnvironmentFault
from app.queries.board_view import BoardView
from app.queries.presence import presence
from app.ui.links.judgement import OWN_ENDED, Standing, judge_partner
from app.ui.relay import BEHIND_MS, ChangeRelay, Relay
from app.ui.shell import alarms, header_text
from app.ui.shell.alarm_desk import AlarmDesk
from app.ui.shell.alarms import Alarm
from app.ui.shell.ports import Health
from app.ui.sites.words import alarms as trust_alarms

if TYPE_CHECKING:
    from app.queries.alarms import AlarmState
    from app.queries.duty import WatchRow
    from app.queries.incidents import IncidentRow
    from app.queries.trust import Calls
    from app.ui.shell.ports import SiteDoor

    Clocks = tuple[Sequence[IncidentRow], dict[str, tuple[str, ...]], Sequence[IncidentRow]]
    """Rows in the board's order, who owes their clocks, and all open ones whose class is pending."""

ROWS = 200
_HEALTH_PAUSE_MS = 5_000
MEMORY = "alarms"
_TRUST = ("site", "account", "quarantine", "reentry")
_CLOCKED = ("incident", "oral_report", "report")


class Feeds(QObject):
    """Signals carry plain rows. `begin` starts reading, `dispose` ends it."""

    watch_changed = Signal(object, object)  # list of WatchRow; agencies of which somebody has left
    link_changed = Signal(object)  # Standing
    alarms_changed = Signal()
    health_changed = Signal(object)  # Health
    committed = Signal(object)  # ChangeSet
    lost = Signal(object)  # BaseException of a reading

    def __init__(self, console: SiteDoor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._console = console
        self._relay = Relay(self)
        self._changes = ChangeRelay(console.subscribe, self, BEHIND_MS)
        self._changes.changed.connect(self._heard)
        self.desk = AlarmDesk(ask_first=True)
        self.rows: Sequence[IncidentRow] = ()
        self.watch: Sequence[WatchRow] = ()
        self._left_at: int | None = None
        self._watch_known = False
        self._asked: frozenset[str] = frozenset()
        self.standing: Standing | None = None
        self._network = False
        self._clocks_known = False
        self._owners: dict[str, tuple[str, ...]] = {}
        self._unclassed: Sequence[IncidentRow] = ()
        self._calls: Calls | None = None
        self._health_at, self._grown = 0, False  # grown: there were commits since
        self.desk.recall(console.memory(MEMORY), console.clock.now_ms())
        self._kept = self.desk.memory()

    def begin(self) -> None:
        """Read everything once; called after the first paint."""
        self.read_watch()
        self.read_clocks()

    def opened(self) -> None:
        """The site is open: links can be asked."""
        self._network = True
        self.read_health()
        self.read_trust()

    def dispose(self) -> None:
        """Hear nothing any more."""
        self._changes.stop()
        self._relay.stop()

    # -- rows --------------------------------------------------------------------------------------------------------------
    def _heard(self, changes: ChangeSet) -> None:
        if changes.touches("watch", "account"):
            self.read_watch()
        if changes.touches(*_CLOCKED):
            self.read_clocks()
        if changes.touches(*_TRUST):
            self.read_trust()
        if changes.touches("log_entry"):
            self._asked = frozenset()
            self._ask_states()
        self._grown = True
        self.committed.emit(changes)

    def read_watch(self) -> None:
        """Who is on watch."""

        agencies = (self._console.agency, self._console.partner)

        def read(connection: Any) -> tuple[Sequence[WatchRow], dict[str, int]]:
            from app.queries.duty import last_left, on_watch

            found = {agency: last_left(connection, agency) for agency in agencies}
            return on_watch(connection), {agency: at for agency, at in found.items() if at is not None}

        self._relay.then(self._console.query(read, "shell.watch"), self._take_watch, self.lost.emit)

    def _take_watch(self, found: tuple[Sequence[WatchRow], dict[str, int]]) -> None:
        (self.watch, left), self._watch_known = found, True
        self._left_at = left.get(self._console.agency)
        self.watch_changed.emit(self.watch, frozenset(left))
        self.judge_alarms(self._console.clock.now_ms())

    def read_clocks(self) -> None:
        """What burns first: the head of the board's own order."""

        view = BoardView(self._console.agency, self._console.partner)

        def read(connection: Any) -> Clocks:
            from app.queries import board, incidents

            rows = incidents.board(connection, ROWS)
            running = [row.id for row in rows if row.open and row.next_due_at is not None]
            owners = {row.id: row.owed_by for row in board.rows(connection, view, running)}
            return rows, owners, incidents.pending_class(connection)

        self._relay.then(self._console.query(read, "shell.clocks"), self._take_clocks, self.lost.emit)

    def _take_clocks(self, found: Clocks) -> None:
        (self.rows, self._owners, self._unclassed), self._clocks_known = found, True
        self.judge_alarms(self._console.clock.now_ms())

    def read_trust(self) -> None:
        """Copied workstations, opened seals, what waits to be entered anew."""
        agency, own = self._console.agency, self._console.site

        def read(connection: Any) -> Calls:
            from app.queries import trust

            return trust.calls(connection, agency, own)

        self._relay.then(self._console.query(read, "shell.trust"), self._take_trust, self.lost.emit)

    def _take_trust(self, found: Calls) -> None:
        self._calls = found
        if found.ended is not None and self.standing is not OWN_ENDED:
            self.tick(self._console.clock.now_ms())  # which judges the alarms as well
            return
        self.judge_alarms(self._console.clock.now_ms())

    def read_health(self) -> None:
        """Figures of the status line."""
        self._health_at, self._grown = self._console.clock.now_ms(), False
        self._relay.then(self._console.health(), self._take_health, self.lost.emit)

    def _take_health(self, health: Health) -> None:
        self.health_changed.emit(health)

    # -- every second ------------------------------------------------------------------------------------------------------
    def tick(self, now_ms: int) -> None:
        """Look at links and clocks."""
        console = self._console
        links = console.links() if self._network else ()
        ended = self._calls is not None and self._calls.ended is not None
        standing = (
            OWN_ENDED if ended else judge_partner(links, console.partner, now_ms, network=self._network)
        )
        if standing != self.standing:
            self.standing = standing
            self.link_changed.emit(standing)
        self.judge_alarms(now_ms)
        pause_ms = _HEALTH_PAUSE_MS if self._grown else MINUTE_MS
        if self._network and not 0 <= now_ms - self._health_at < pause_ms:
            self.read_health()

    def judge_alarms(self, now_ms: int) -> None:
        """Derive the alarms anew; ages in them are painted by the strip. Before the first rows nothing is judged."""
        if not self._clocks_known:
            return
        console = self._console
        found = alarms.of_clocks(self.rows, self._owners, now_ms, console.district.amber_s)
        if self._unclassed:
            found += alarms.of_classes(self._unclassed, now_ms, console.district.pending_s)
        if self._watch_known:
            found += self._of_watch()
        if self._calls is not None:
            found += trust_alarms(console.texts, console.district, self._calls, now_ms)
        if self._network:
            found += alarms.of_link(self.standing) if self.standing is not None else []
            found += [self._of_trouble(trouble) for trouble in console.troubles()]
        if self.desk.stand(found, now_ms):
            self._ask_states()
            self.alarms_changed.emit()
        self.keep()

    def _of_watch(self) -> list[Alarm]:
        """JD-04: who is missing on our own watch; the partner's shift is theirs, the header names it."""
        shift = presence(self.watch, self._console.agency)
        return alarms.of_watch(shift, self._left_at, header_text.missing_said(self._console.texts, shift))

    def _of_trouble(self, fault: EnvironmentFault) -> Alarm:
        since = fault.params.get("since_at")
        if since is None:
            return Alarm(
                f"trouble:{fault.code}:AMBER", Severity.AMBER, "trouble", title=self._console.sentence(fault)
            )
        name = f"trouble:{fault.code}:{since}:RED"  # nothing can be saved: red until it is over
        return Alarm(name, Severity.RED, "trouble", title=self._console.sentence(fault), since=int(since))

    # -- what people do about them -------------------------------------------------------------------------------------------
    def _ask_states(self) -> None:
        """Look what this or another workstation of the agency has done about what stands here (JD-11)."""
        ids = frozenset(alarm.id for alarm in (*self.desk.standing, *self.desk.resting))
        if not ids - self._asked:
            return
        self._asked, agency = ids, self._console.agency

        def read(connection: Any) -> dict[str, AlarmState]:
            from app.queries.alarms import states

            return states(connection, agency, ids)

        def failed(error: BaseException) -> None:
            self.desk.take_states({}, ids)
            self.lost.emit(error)

        def take(found: dict[str, AlarmState]) -> None:
            if self.desk.take_states(found, ids):
                self.judge_alarms(self._console.clock.now_ms())
                self.keep()
                self.alarms_changed.emit()

        self._relay.then(self._console.query(read, "shell.alarm_states"), take, failed)

    def acknowledge(self, known: Iterable[str]) -> None:
        """These alarms were acknowledged: nothing blinks or sounds for them any more."""
        if self.desk.acknowledge(known):
            self.keep()
            self.alarms_changed.emit()

    def keep(self) -> None:
        """Remember acknowledgements and the day's count when they changed."""
        memory = self.desk.memory()
        if memory != self._kept:
            self._kept = memory
            self._console.remember(MEMORY, memory)
