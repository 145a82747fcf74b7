"""Who acts at this window, what is selected, and the way from a screen to a command (SCREEN, Manners: locking).

Without an account the window is locked: board, map, clocks and alarms go on, acts and personal data wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.relay import Relay

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.ui.console import Console
    from app.usecases.commands import Command

Heard = Callable[[Any], None]
Handled = Callable[[BaseException], bool]
"""Told of a failure first; True when the screen showed it itself (an error inline at its field)."""


class Session(QObject):
    """State of one window that several screens share."""

    account_changed = Signal(object)
    locked_changed = Signal(bool)
    selected_incident_changed = Signal(str)
    theme_changed = Signal(str)
    sign_in_wanted = Signal(str)  # text key of why
    acted = Signal()  # a command of this window was carried out
    refused = Signal(object)  # Refusal or EnvironmentFault nobody has shown yet
    failed = Signal(object)  # a bug: any other exception

    def __init__(self, console: Console, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._console = console
        self._relay = Relay(self)
        self._ended = False
        self._account: AccountRow | None = None
        self._last: AccountRow | None = None
        self._another = False
        self._selected = ""

    def dispose(self) -> None:
        """Deliver nothing any more: the window is closing."""
        self._relay.stop()
        self._ended = True

    # -- who ---------------------------------------------------------------------------------------------------------------
    @property
    def account(self) -> AccountRow | None:
        """Who acts, None while locked."""
        return self._account

    @property
    def last_account(self) -> AccountRow | None:
        """Who acted before the lock, so that the password alone is asked for."""
        return self._last

    @property
    def another_likely(self) -> bool:
        """True if somebody else is likely to sign in next: the watch was left, or it was locked by hand."""
        return self._another

    def expect_another(self, likely: bool) -> None:
        """The watch was left, or taken after all."""
        self._another = likely

    @property
    def locked(self) -> bool:
        """True while nobody may act at this window."""
        return self._account is None

    def sign_in(self, name: str, password: str, ok: Callable[[], None], failed: Handled) -> None:
        """Ask for the account; `ok` when it acts now, `failed` with the Refusal or fault."""

        def enter(account: AccountRow) -> None:
            self._account = self._last = account
            self._another = False
            self.account_changed.emit(account)
            self.locked_changed.emit(False)
            ok()

        self._relay.then(
            self._console.sign_in(name, password), enter, lambda error: self._lost(error, failed)
        )

    def lock(self, *, idle: bool = False) -> None:
        """Nobody acts until the next sign-in; nothing that is shown, typed or counted stops. `idle`: nobody locked it."""
        if self._account is None:
            return
        self._another = self._another or not idle
        self._account = None
        self.account_changed.emit(None)
        self.locked_changed.emit(True)

    # -- what --------------------------------------------------------------------------------------------------------------
    @property
    def selected_incident(self) -> str:
        """Id of the selected incident, empty for none."""
        return self._selected

    def select_incident(self, incident_id: str) -> None:
        """Select an incident for all screens; an empty id selects none."""
        if incident_id != self._selected:
            self._selected = incident_id
            self.selected_incident_changed.emit(incident_id)

    def sentence(self, error: Refusal | EnvironmentFault) -> str:
        """A refusal or fault in words, for the screen that shows it itself."""
        return self._console.sentence(error)

    def told(self, error: Refusal | EnvironmentFault) -> str:
        """The same, and who can do it where the sentence does not say so already."""
        said = self._console.sentence(error)
        who = self._console.who(error) if isinstance(error, Refusal) else ""
        return said if not who or who in said else f"{said} {who}"

    # -- acts --------------------------------------------------------------------------------------------------------------
    def act(self, command: Command, done: Heard | None = None, failed: Handled | None = None) -> bool:
        """Carry out a command for the account; False, and a wish to sign in, while locked.

        `done` gets the bus's Done on the Qt thread. A Refusal or fault goes to `failed` first and to `refused` when that
        does not show it.
        """
        if self._account is None:
            self.sign_in_wanted.emit("ui.shell.sign_in.to_act")
            return False
        future = self._console.execute(command, self._account.id)

        def heard(result: Any) -> None:
            self.acted.emit()
            (done or _nothing)(result)

        self._relay.then(future, heard, lambda error: self._lost(error, failed))
        return True

    def ask(self, read: Callable[[Any], Any], ok: Heard, key: str | None = None) -> None:
        """Run a query of app.queries and hear its rows on the Qt thread; what fails goes to `refused` or `failed`.

        After the end nothing is asked any more: a sheet may still want to look again in that moment.
        """
        if self._ended:
            return
        self._relay.then(self._console.query(read, key), ok, lambda error: self._lost(error, None))

    def follow(self, future: Any, ok: Heard, failed: Handled | None = None) -> None:
        """Hear the result of any future of the console on the Qt thread."""
        self._relay.then(future, ok, lambda error: self._lost(error, failed))

    def _lost(self, error: BaseException, failed: Handled | None) -> None:
        if failed is not None and failed(error):
            return
        if isinstance(error, Refusal | EnvironmentFault):
            self.refused.emit(error)
        else:
            self.failed.emit(error)


def _nothing(_result: Any) -> None:
    return
