"""Where backup and check stand, for widgets that only show it. Nothing here blocks; figures are looked at five times a second."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.backup.port import BackupView, Checked, Step
from app.ui.relay import Relay
from app.ui.session import Session

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

LOOK_MS = 200


class BackupFlow(QObject):
    """`changed` when there is something else to show, `moved` when only the figures of something that goes on are; `ended`
    when a backup came to its end, good or not."""

    changed = Signal()
    moved = Signal()
    ended = Signal()

    def __init__(self, console: SiteDoor, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._console, self._session = console, session
        self._relay = Relay(self)
        self.view: BackupView | None = None
        self.making, self.checking = Step(), Step()
        self.asked = False  # a backup was asked for here and has not begun yet
        self.given_up = False
        self.made_here = False  # the last backup that ended was asked for here
        self.checked: Checked | None = None
        self.check_given_up = False
        self.check_error: Refusal | EnvironmentFault | None = None
        self.error: Refusal | EnvironmentFault | None = None  # of the choice of a folder, or of looking
        self._check_runs = False
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)

    def dispose(self) -> None:
        """Hear nothing any more; what runs is given up with the site."""
        self._timer.stop()
        self._relay.stop()

    def begin(self) -> None:
        """The screen is shown."""
        self.read()
        self._timer.start()
        self._look()

    def rest(self) -> None:
        """It is put away; what goes on goes on."""
        self._timer.stop()

    # -- backups -----------------------------------------------------------------------------------------------------------
    def read(self) -> None:
        """Look into the folders."""
        self._relay.then(self._console.backup.view(), self._read, self._not_read)

    def _read(self, view: BackupView) -> None:
        self.view = view
        self.changed.emit()

    def _not_read(self, error: BaseException) -> None:
        self._lost(error)

    @property
    def busy(self) -> bool:
        """True while a backup is made."""
        return self.asked or bool(self.making.stage)

    @property
    def check_busy(self) -> bool:
        """True while the record is checked."""
        return self._check_runs

    def make(self) -> None:
        """Begin a backup."""
        if self.busy:
            return
        self.asked, self.given_up, self.made_here, self.error = True, False, True, None
        self._console.backup.make()
        self.changed.emit()

    def give_up(self) -> None:
        """Give it up; nothing of it counts."""
        if self.busy:
            self.given_up = True
            self._console.backup.give_up()
            self.changed.emit()

    def ask_right(self, granted: Callable[[], None]) -> None:
        """Go on with `granted` if the account may choose the second folder (XC-06); told here when it may not."""
        account = self._session.account
        if account is None:
            self._session.sign_in_wanted.emit("ui.shell.sign_in.to_act")
            return
        self.error = None
        self._relay.then(self._console.backup.may_choose(account.id), lambda _nothing: granted(), self._lost)

    def choose_second(self, folder: Path | None) -> None:
        """Another second folder, or none."""
        self._do(lambda account_id: self._console.backup.choose_second(folder, account_id))

    def forget_former(self, name: str) -> None:
        """A former second folder was destroyed."""
        self._do(lambda account_id: self._console.backup.forget_former(name, account_id))

    def _do(self, deed: Callable[[str], Future[None]]) -> None:
        account = self._session.account
        if account is None:
            self._session.sign_in_wanted.emit("ui.shell.sign_in.to_act")
            return
        self.error = None

        def done(_nothing: None) -> None:
            self.read()

        self._relay.then(deed(account.id), done, self._lost)

    # -- the record --------------------------------------------------------------------------------------------------------
    def check(self) -> None:
        """Check the whole record."""
        if self._check_runs:
            return
        self._check_runs, self.checked, self.check_error, self.check_given_up = True, None, None, False
        future = self._console.backup.check()
        self._relay.then(future, self._checked, self._not_checked)
        self.changed.emit()

    def give_up_check(self) -> None:
        """Give it up: nothing was written, nothing is left."""
        if self._check_runs:
            self.check_given_up = True
            self._console.backup.give_up_check()

    def _checked(self, found: Checked) -> None:
        self._check_runs, self.checked = False, found
        self.changed.emit()

    def _not_checked(self, error: BaseException) -> None:
        self._check_runs = False
        if isinstance(error, Refusal | EnvironmentFault):
            self.check_error = error
        else:
            self._session.failed.emit(error)
        self.changed.emit()

    # -- looking -----------------------------------------------------------------------------------------------------------
    def _look(self) -> None:
        making, checking = self._console.backup.making(), self._console.backup.checking()
        if (making, checking) == (self.making, self.checking):
            return
        ended = making.ended != self.making.ended
        other = ended or bool(making.stage) != bool(self.making.stage)
        other = other or bool(checking.stage) != bool(self.checking.stage)
        gone = checking.ended != self.checking.ended and self.check_given_up
        self.making, self.checking = making, checking
        if making.stage or ended:
            self.asked = False
        if gone and self._check_runs:
            self._check_runs = False  # a future that is given up tells nobody
            other = True
        if ended:
            self.read()
            self.ended.emit()
        (self.changed if other else self.moved).emit()

    def _lost(self, error: BaseException) -> None:
        if isinstance(error, CancelledError):
            return
        if isinstance(error, Refusal | EnvironmentFault):
            self.error = error
        else:
            self._session.failed.emit(error)
        self.changed.emit()
