"""An import from the choice of a file to its end, as a small state machine; widgets only show it (FR-10).

Nothing here blocks: files are read and loaded behind `console.imports`, answers and figures come back through one signal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.relay import Relay
from app.ui.session import Session
from app.ui.shell.under_way import Progress, UnderWay

if TYPE_CHECKING:
    from app.exchange.imports.run import Ask, Checked, Report
    from app.queries.imports import ImportRow
    from app.ui.shell.ports import SiteDoor

KINDS = ("shelters", "points")
NO_COLUMN = ""
LATEST = 5


class State(Enum):
    """Where an import stands."""

    EMPTY = "empty"  # no file chosen
    READING = "reading"
    FAULT = "fault"  # the file cannot be used
    READY = "ready"  # judged, nothing loaded
    LOADING = "loading"
    UNDOING = "undoing"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"  # begun and not finished; taken back unless it says otherwise


BUSY = (State.LOADING, State.UNDOING)


@dataclass(frozen=True)
class Choice:
    """What a person chose about the file; None or nothing: found out by the program."""

    kind: str = KINDS[0]
    path: Path | None = None
    encoding: str | None = None
    has_header: bool | None = None
    point_kind: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


class ImportFlow(QObject):
    """`changed` when there is something else to show, `moved` when only the figures are, `ended` when it is over."""

    changed = Signal()
    moved = Signal()
    ended = Signal()
    latest_read = Signal()

    def __init__(self, console: SiteDoor, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._console, self._session = console, session
        self._relay = Relay(self)
        self._under_way = UnderWay(self)
        self._under_way.heard.connect(self._take_progress)
        self.state = State.EMPTY
        self.choice = Choice()
        self.checked: Checked | None = None
        self.before: ImportRow | None = None  # this very file, imported earlier
        self.report: Report | None = None
        self.error: Refusal | EnvironmentFault | None = None
        self.latest: Sequence[ImportRow] = ()
        self._asked = 0
        session.account_changed.connect(self._account_changed)

    def dispose(self) -> None:
        """Hear nothing any more; what loads is given up with the site."""
        self._asked += 1
        self._under_way.end()
        self._relay.stop()

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return self._under_way.progress

    # -- who ---------------------------------------------------------------------------------------------------------------
    def denial(self) -> Refusal | None:
        """Why the account may not import this kind, and who may (XC-06); None when it may, or nobody is signed in."""
        account = self._session.account
        if account is None:
            return None
        from app.usecases.permissions import matrix

        table = matrix()
        found = (
            table.denial(command, account.agency or "", account.role_set)
            for command in self._console.imports.commands(self.choice.kind)
        )
        return next((denied for denied in found if denied is not None), None)

    @property
    def locked(self) -> bool:
        """True while nobody is signed in."""
        return self._session.locked

    def _account_changed(self, _account: Any) -> None:
        if self.busy:
            self.changed.emit()
        elif self.choice.path is not None and (self.checked is None or self.denial() is not None):
            self._look()  # waited for somebody who may, or is shown to somebody who may not
        else:
            self.changed.emit()

    # -- what --------------------------------------------------------------------------------------------------------------
    @property
    def busy(self) -> bool:
        """True while rows are loaded or taken back."""
        return self.state in BUSY

    def choose_kind(self, kind: str) -> None:
        """Shelters or points; columns are proposed anew."""
        if not self.busy and kind != self.choice.kind:
            self.choice = replace(self.choice, kind=kind, columns={}, point_kind=None)
            self._look()

    def choose_file(self, path: Path) -> None:
        """Another file: everything about it is found out anew."""
        if not self.busy:
            self.choice = Choice(self.choice.kind, path)
            self._look()

    def choose_encoding(self, encoding: str | None) -> None:
        """The encoding, None: found out."""
        self._choose(encoding=encoding, columns={})

    def choose_header(self, has_header: bool | None) -> None:
        """Whether the first row is a header, None: found out."""
        self._choose(has_header=has_header, columns={})

    def choose_point_kind(self, kind: str | None) -> None:
        """Kind of all points, None: by their type."""
        self._choose(point_kind=kind)

    def choose_column(self, name: str, index: int | None) -> None:
        """The column of a field, None: it has none. The whole mapping is remembered from now on."""
        if self.checked is None:
            return
        columns = dict(self.choice.columns) or {
            each: self._column(each) for each in self.checked.form.columns
        }
        columns[name] = NO_COLUMN if index is None else f"#{index + 1}"
        self._choose(columns=columns)

    def _column(self, name: str) -> str:
        assert self.checked is not None
        index = self.checked.mapped.get(name)
        return NO_COLUMN if index is None else f"#{index + 1}"

    def _choose(self, **changes: Any) -> None:
        if not self.busy and replace(self.choice, **changes) != self.choice:
            self.choice = replace(self.choice, **changes)
            self._look(keep=True)

    def clear(self) -> None:
        """Another import: nothing is chosen but the kind."""
        if not self.busy:
            self._asked += 1
            self.choice = Choice(self.choice.kind)
            self._set(State.EMPTY)
            self.read_latest()

    # -- looking -----------------------------------------------------------------------------------------------------------
    def look_again(self) -> None:
        """Read the file once more; after a fault, what was chosen about it is found out anew."""
        if not self.busy:
            if self.state is State.FAULT:
                self.choice = Choice(self.choice.kind, self.choice.path)
            self._look()

    def _look(self, *, keep: bool = False) -> None:
        """`keep`: what was judged before is shown until the answer comes, so that nobody loses the place."""
        self._asked += 1
        if not keep:
            self.checked = None
        self.before, self.report, self.error = None, None, None
        account = self._session.account
        if self.choice.path is None or account is None or self.denial() is not None:
            self.checked = None
            self._set(State.EMPTY)
            return
        self._set(State.READING)
        mine = self._asked
        future = self._console.imports.examine(self._ask(), account.id)
        self._relay.then(
            future,
            lambda checked: self._looked(mine, checked),
            lambda error: self._not_looked(mine, error),
        )

    def _ask(self) -> Ask:
        from app.exchange.imports.run import Ask

        choice = self.choice
        assert choice.path is not None
        return Ask(
            choice.path,
            choice.kind,
            dict(choice.columns),
            choice.encoding,
            choice.point_kind,
            choice.has_header,
        )

    def _looked(self, mine: int, checked: Checked) -> None:
        if mine != self._asked:
            return
        self.checked = checked
        digest, agency = checked.file_hash, self._console.agency
        entity = "shelter" if self.choice.kind == "shelters" else "point"

        def read(connection: Any) -> ImportRow | None:
            from app.queries import imports

            rows = imports.imports_of_file(connection, digest)
            standing = (
                row
                for row in rows
                if row.state == "finished" and row.entity == entity and row.born_agency == agency
            )
            return next(standing, None)

        def known(row: ImportRow | None) -> None:
            if mine == self._asked:
                self.before = row
                self._set(State.READY)

        self._relay.then(
            self._console.query(read, "imports.known"), known, lambda error: self._not_looked(mine, error)
        )

    def _not_looked(self, mine: int, error: BaseException) -> None:
        if mine != self._asked:
            return
        self.checked = None
        if isinstance(error, Refusal | EnvironmentFault):
            self.error = error
        else:
            self._session.failed.emit(error)
        self._set(State.FAULT)

    # -- loading -----------------------------------------------------------------------------------------------------------
    @property
    def can_load(self) -> bool:
        """True if the next step is to load."""
        checked = self.checked
        return (
            self.state is State.READY
            and checked is not None
            and bool(checked.good)
            and self.before is None
            and not checked.missing
        )

    def load(self) -> bool:
        """Begin to load what was judged; False, and a wish to sign in while locked, when that cannot be."""
        account = self._session.account
        if account is None:
            self._session.sign_in_wanted.emit("ui.shell.sign_in.to_act")
            return False
        if not self.can_load or self.checked is None:
            return False
        from app.exchange.imports.run import Watch

        work = self._under_way
        work.begin(len(self.checked.good))
        watch = Watch(
            lambda done, total: work.tell(State.LOADING, done, total),
            lambda done, total: work.tell(State.UNDOING, done, total),
            lambda: work.given_up,
        )
        future: Future[Report] = self._console.imports.load(self._ask(), self.checked, account.id, watch)
        self._relay.then(future, self._loaded, self._not_loaded)
        self._set(State.LOADING)
        return True

    def give_up(self) -> None:
        """Cancel: what was loaded is taken back (FR-10, nothing half-loaded)."""
        if self.state is State.LOADING:
            self._under_way.given_up = True
            # Nothing is taken back yet: the figures of the loading would be false.
            self._under_way.progress = Progress()
            self._set(State.UNDOING)

    def _take_progress(self, state: State, done: int, total: int) -> None:
        if self.state is State.UNDOING and state is State.LOADING:
            return  # told before it heard that it is given up
        if self.busy:
            if state is not self.state:
                self._under_way.restart_clock()
            self._under_way.note(done, total)
            if state is not self.state:
                self._set(state)
            else:
                self.moved.emit()

    def _loaded(self, report: Report) -> None:
        self.report = report
        self._under_way.note(self.progress.done, self.progress.total)
        self._over(State.DONE)

    def _not_loaded(self, error: BaseException) -> None:
        from app.exchange.imports.run import CancelledError as GivenUpError

        if isinstance(error, GivenUpError):
            self._over(State.CANCELLED)
            return
        if isinstance(error, Refusal | EnvironmentFault):
            self.error = error
        else:
            self._session.failed.emit(error)
        self._over(State.FAILED)

    def _over(self, state: State) -> None:
        self._set(state)
        self.ended.emit()
        self.read_latest()

    # -- earlier ones ------------------------------------------------------------------------------------------------------
    def read_latest(self) -> None:
        """Read the newest imports of this agency."""
        agency = self._console.agency

        def read(connection: Any) -> Sequence[ImportRow]:
            from app.queries import imports

            return [row for row in imports.imports(connection) if row.born_agency == agency][:LATEST]

        def take(rows: Sequence[ImportRow]) -> None:
            self.latest = rows
            self.latest_read.emit()

        self._relay.then(self._console.query(read, "imports.latest"), take, self._session.failed.emit)

    def _set(self, state: State) -> None:
        self.state = state
        self.changed.emit()
