"""Exchange by stick from the choice of partner or files to its end, as a small state machine; widgets only show it (CM-07).

Nothing here blocks: bundles are made and taken in behind `console.bundles`, answers and figures come back through one signal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.kernel.changes import ACKNOWLEDGED, ChangeSet
from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.bundles.port import COMMAND
from app.ui.relay import Relay
from app.ui.session import Session
from app.ui.shell.under_way import Progress, UnderWay

if TYPE_CHECKING:
    from app.exchange.bundles import Examined, Exported, Imported, Partner, Past, Watch
    from app.ui.shell.ports import SiteDoor

LATEST = 6


class Way(Enum):
    """Carrying out, or taking in."""

    OUT = "out"
    IN = "in"


class State(Enum):
    """Where one way stands."""

    IDLE = "idle"  # nothing chosen, or only the partner
    LOOKING = "looking"  # files are read
    READY = "ready"  # files were read, nothing is taken in
    FAULT = "fault"  # files cannot be used
    WORKING = "working"
    STOPPING = "stopping"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


BUSY = (State.WORKING, State.STOPPING)


class BundleFlow(QObject):
    """`changed` when there is something else to show, `moved` when only the figures are, `ended` when it is over."""

    changed = Signal()
    moved = Signal()
    ended = Signal()

    def __init__(self, console: SiteDoor, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._console, self._session = console, session
        self._relay = Relay(self)
        self._under_way = UnderWay(self)
        self._under_way.heard.connect(self._take_progress)
        self.way = Way.OUT
        self.states = {Way.OUT: State.IDLE, Way.IN: State.IDLE}
        self.partners: Sequence[Partner] | None = None  # None: not read yet
        self.past: Sequence[Past] = ()
        self.site = ""
        self.follow = False
        self.folder: Path | None = None
        self.missing = False  # the folder asked for is not there
        self.near = False  # it lies on the disk of the data
        self.paths: tuple[Path, ...] = ()
        self.examined: Examined | None = None
        self.exported: Exported | None = None
        self.imported: Imported | None = None
        self.error: Refusal | EnvironmentFault | None = None
        self._asked = 0
        self._reading = False
        session.account_changed.connect(self._account_changed)

    def dispose(self) -> None:
        """Hear nothing any more; what runs is given up with the site."""
        self._asked += 1
        self._under_way.end()
        self._relay.stop()

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return self._under_way.progress

    # -- who ---------------------------------------------------------------------------------------------------------------
    def denial(self) -> Refusal | None:
        """Why the account may not exchange, and who may (XC-06); None when it may, or nobody is signed in."""
        account = self._session.account
        if account is None:
            return None
        from app.usecases.permissions import matrix

        return matrix().denial(COMMAND, account.agency or "", account.role_set)

    @property
    def locked(self) -> bool:
        """True while nobody is signed in."""
        return self._session.locked

    @property
    def usable(self) -> bool:
        """True if somebody is signed in who may."""
        return not self.locked and self.denial() is None

    def _account_changed(self, _account: Any) -> None:
        if not self.busy and self.paths and self.examined is None:
            self.look(self.paths)
        else:
            self.changed.emit()

    # -- where it stands ---------------------------------------------------------------------------------------------------
    @property
    def state(self) -> State:
        """State of the way that is shown."""
        return self.states[self.way]

    @property
    def busy(self) -> bool:
        """True while a bundle is made or taken in."""
        return any(state in BUSY for state in self.states.values())

    @property
    def under_way(self) -> Way | None:
        """What is made or taken in just now."""
        return next((way for way, state in self.states.items() if state in BUSY), None)

    @property
    def partner(self) -> Partner | None:
        """The partner chosen."""
        return next((each for each in self.partners or () if each.site == self.site), None)

    def choose_way(self, way: Way) -> None:
        """Show the other way; what runs goes on."""
        if way is not self.way:
            self.way = way
            self.changed.emit()

    # -- what waits --------------------------------------------------------------------------------------------------------
    def read(self) -> None:
        """Read partners and earlier bundles anew."""
        if self._reading:
            return
        self._reading = True
        self._relay.then(self._console.bundles.partners(), self._take_partners, self._not_read)

    def heard(self, changes: ChangeSet) -> None:
        """Something was committed: what waits may be another number."""
        if not self.busy and (changes.only_acknowledged or changes.touches(ACKNOWLEDGED) or changes.changes):
            self.read()

    def _take_partners(self, partners: Sequence[Partner]) -> None:
        self._reading = False
        self.partners = partners
        open_ones = [each for each in partners if not each.closed]
        if self.partner is None:
            self.site = open_ones[0].site if open_ones else ""
        if self.partner is None or not self.partner.follows:
            self.follow = False
        self.changed.emit()
        self._relay.then(self._console.bundles.past(), self._take_past, self._session.failed.emit)

    def _take_past(self, past: Sequence[Past]) -> None:
        self.past = past
        self.changed.emit()

    def _not_read(self, error: BaseException) -> None:
        self._reading = False
        if isinstance(error, Refusal | EnvironmentFault):
            self.error = error
            self.changed.emit()
        else:
            self._session.failed.emit(error)

    def choose_partner(self, site: str) -> None:
        """For whom the next bundle is."""
        if not self.busy and site != self.site:
            self.site, self.follow = site, False
            self._fresh(Way.OUT)

    def choose_follow(self, follow: bool) -> None:
        """Whether the next bundle goes on from the last one instead of from what was confirmed."""
        if not self.busy and follow != self.follow:
            self.follow = follow
            self.changed.emit()

    def choose_folder(self, folder: Path) -> None:
        """Where the next bundle is written: a folder that is there, or none is chosen and `missing` says so."""
        if not self.busy:
            self.missing = not folder.is_dir()
            self.folder = None if self.missing else folder
            self.near = not self.missing and self._console.sites.on_data_disk(folder)
            self._fresh(Way.OUT)

    def _fresh(self, way: Way) -> None:
        self.error = None
        if way is Way.OUT:
            self.exported = None
        self._set(way, State.IDLE)

    # -- carrying out ------------------------------------------------------------------------------------------------------
    @property
    def can_make(self) -> bool:
        """True if a bundle can be made now."""
        partner = self.partner
        return (
            self.usable
            and not self.busy
            and partner is not None
            and not partner.closed
            and self.folder is not None
        )

    def make(self, *, resume: bool = False) -> bool:
        """Begin to make a bundle; False, and a wish to sign in while locked, when that cannot be."""
        account = self._session.account
        if account is None:
            self._session.sign_in_wanted.emit("ui.shell.sign_in.to_act")
            return False
        if not self.can_make or self.folder is None:
            return False
        if not self.folder.is_dir():  # pulled out since
            self.choose_folder(self.folder)
            return False
        partner = self.partner
        self.exported = None
        future = self._console.bundles.export(
            self.site,
            self.folder,
            account.id,
            self._watch(partner.waiting if partner else 0),
            follow=self.follow and not resume,
            resume=resume,
        )
        self._begin(Way.OUT, future, self._made)
        return True

    def _made(self, exported: Exported) -> None:
        self.exported = exported
        self.follow = False
        self._over(Way.OUT, State.DONE)

    # -- taking in ---------------------------------------------------------------------------------------------------------
    def look(self, paths: Sequence[Path]) -> None:
        """Read what files or folders hold; nothing is taken in."""
        if self.busy:
            return
        self._asked += 1
        self.paths, self.examined, self.imported, self.error = tuple(paths), None, None, None
        account = self._session.account
        if not self.paths or account is None or self.denial() is not None:
            self._set(Way.IN, State.IDLE)
            return
        mine = self._asked
        self._set(Way.IN, State.LOOKING)
        self._relay.then(
            self._console.bundles.examine(self.paths, account.id),
            lambda examined: self._looked(mine, examined),
            lambda error: self._not_looked(mine, error),
        )

    def _looked(self, mine: int, examined: Examined) -> None:
        if mine == self._asked:
            self.examined = examined
            self._set(Way.IN, State.READY)

    def _not_looked(self, mine: int, error: BaseException) -> None:
        if mine != self._asked:
            return
        self._keep(error)
        self._set(Way.IN, State.FAULT)

    @property
    def can_take(self) -> bool:
        """True if the files can be taken in now."""
        return self.usable and not self.busy and self.states[Way.IN] is State.READY

    def take(self) -> bool:
        """Begin to take in what was looked at; False, and a wish to sign in while locked, when that cannot be."""
        account = self._session.account
        if account is None:
            self._session.sign_in_wanted.emit("ui.shell.sign_in.to_act")
            return False
        if not self.can_take or self.examined is None:
            return False
        total = sum(each.entries for each in self.examined.bundles)
        future = self._console.bundles.take(self.paths, account.id, self._watch(total))
        self._begin(Way.IN, future, self._taken)
        return True

    def _taken(self, imported: Imported) -> None:
        self.imported = imported
        self._over(Way.IN, State.DONE)

    def clear(self) -> None:
        """Other files: nothing is chosen."""
        if not self.busy:
            self.look(())

    # -- while it runs -----------------------------------------------------------------------------------------------------
    def _watch(self, total: int) -> Watch:
        from app.exchange.bundles import Watch

        work, self.error = self._under_way, None
        work.begin(total)
        return Watch(lambda done, total: work.tell(None, done, total), lambda: work.given_up)

    def _begin(self, way: Way, future: Future[Any], done: Callable[[Any], None]) -> None:
        self._relay.then(future, done, lambda error: self._failed(way, error))
        self._set(way, State.WORKING)

    def give_up(self) -> None:
        """Cancel what runs."""
        for way, state in self.states.items():
            if state is State.WORKING:
                self._under_way.given_up = True
                self._set(way, State.STOPPING)

    def _take_progress(self, _stage: object, done: int, total: int) -> None:
        if self.busy:
            self._under_way.note(done, total)
            self.moved.emit()

    def _failed(self, way: Way, error: BaseException) -> None:
        from app.exchange.bundles import CancelledError as GivenUpError

        if isinstance(error, GivenUpError):
            self._over(way, State.CANCELLED)
            return
        self._keep(error)
        self._over(way, State.FAILED)

    def _keep(self, error: BaseException) -> None:
        if isinstance(error, Refusal | EnvironmentFault):
            self.error = error
        else:
            self._session.failed.emit(error)

    def _over(self, way: Way, state: State) -> None:
        self._set(way, state)
        self.ended.emit()
        self.read()

    def _set(self, way: Way, state: State) -> None:
        self.states[way] = state
        self.changed.emit()
