"""Signing in and unlocking: a sheet under the account block; what is shown goes on beside it (SCREEN, Manners; CM-04)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.sheet import Sheet, plain, set_tone
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.console import Console

WIDTH = 376
MEMORY = "sign_in.name"


class WholeLine(QLineEdit):
    """A field whose content is selected when one clicks into it, so that typing replaces it."""

    _entered = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tab selects by itself; the mouse puts the cursor where it was pressed, until it is released."""
        super().focusInEvent(event)
        self._entered = event.reason() is Qt.FocusReason.MouseFocusReason

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Whoever did not select a part selects all."""
        super().mouseReleaseEvent(event)
        if self._entered and not self.hasSelectedText():
            self.selectAll()
        self._entered = False


class SignInSheet(Sheet):
    """Name and password; Enter goes on, Enter signs in. The name used last stands there already."""

    grows = True

    def __init__(self, console: Console, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__("signInSheet", texts.get("ui.shell.sign_in.title"), "", parent)
        self._console, self._session, self._texts = console, session, texts
        self._busy = False
        self._then: Callable[[], object] | None = None  # what waits for the sign-in
        self.setFixedWidth(WIDTH)
        self.why = plain(texts.get("ui.shell.sign_in.seeing"), tone="muted", size="small")
        self.why.setWordWrap(True)
        self.name = self._field("signInName", texts.get("ui.shell.sign_in.name"))
        self.password = self._field("signInPassword", texts.get("ui.shell.sign_in.password"))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.problem = plain("", tone="bad", size="small")
        self.problem.setObjectName("signInProblem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.button = HintButton(theme, texts.get("ui.shell.sign_in.button"), hint="Enter", kind="primary")
        self.button.setObjectName("signInButton")
        self.button.clicked.connect(self.submit)
        self.sealed = HintButton(theme, texts.get("ui.sites.emergency.offer"), kind="quiet")
        self.sealed.setObjectName("signInSealed")
        self.sealed.clicked.connect(self.open_seal)
        row = QHBoxLayout()
        row.addWidget(plain(texts.get("ui.shell.sign_in.esc"), tone="muted", size="small"), 1)
        row.addWidget(self.button)
        for widget in (self.why, self.name, self.password, self.problem):
            self.body.addWidget(widget)
        self.body.addLayout(row)
        self.body.addWidget(self.sealed)
        self.name.returnPressed.connect(self.password.setFocus)
        self.password.returnPressed.connect(self.submit)
        self.name.setText(str(console.memory(MEMORY) or ""))

    def _field(self, name: str, placeholder: str) -> QLineEdit:
        field = WholeLine()
        field.setObjectName(name)
        field.setProperty("form", "true")
        field.setPlaceholderText(placeholder)
        field.setAccessibleName(placeholder)
        return field

    def first_field(self) -> QWidget:
        """The password when the name is known; the name, to be typed over, when somebody else is likely (CM-04)."""
        known = bool(self.name.text().strip()) and not self._session.another_likely
        return self.password if known else self.name

    def ask(
        self, why: str = "ui.shell.sign_in.seeing", then: Callable[[], object] | None = None, act: str = ""
    ) -> None:
        """Open with a reason (text key); after a lock the title says since when. `then` follows the sign-in, called `act`."""
        self._then = then
        last = self._session.last_account
        title = "ui.shell.sign_in.title"
        if last is not None:
            title = "ui.shell.sign_in.unlock"
            self.name.setText(last.name or "")
        self.heading.setText(self._texts.get(title, time=moments.minute_text(self._console.clock.now_ms())))
        self.why.setText(self._texts.get(why, act=act) if act else self._texts.get(why))
        self._tell("")
        self.password.clear()
        self.open()

    def open_seal(self) -> None:
        """The forgotten password at night: what opening the seal will do, before its password is typed."""
        console = self._console

        def read(connection: Any) -> str:
            from app.kernel.ids import is_own_id
            from app.queries import trust

            known = [row for row in trust.seals(connection) if row.agency == console.agency]
            known.sort(key=lambda row: not is_own_id(row.id, console.site))  # a restored seat has another's
            return known[0].name or "" if known else ""

        self._session.ask(read, self._tell_seal, "sign_in.seal")

    def _tell_seal(self, name: str) -> None:
        key = "ui.sites.emergency.told" if name else "ui.sites.emergency.none"
        self._tell(self._texts.get(key))
        set_tone(self.problem, "warn")
        if name:
            self.name.setText(name)
            self.password.clear()
            self.password.setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self) -> None:
        """Try; a second Enter while the first is under way does nothing."""
        name, password = self.name.text().strip(), self.password.text()
        if self._busy:
            return
        if not name or not password:
            self._tell(self._texts.get("ui.shell.sign_in.both"))
            (self.password if name else self.name).setFocus()
            return
        self._set_busy(True)
        self._session.sign_in(name, password, self._entered, self._refused)

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.button.setEnabled(not busy)
        self.button.setText(self._texts.get(f"ui.shell.sign_in.{'busy' if busy else 'button'}"))

    def _entered(self) -> None:
        self._set_busy(False)
        self._console.remember(MEMORY, self.name.text().strip())
        self.password.clear()
        then = self._then
        self.dismiss()
        if then is not None:
            then()

    def dismiss(self) -> None:
        """Put away, what waited is not done any more."""
        self._then = None
        super().dismiss()

    def _refused(self, error: BaseException) -> bool:
        self._set_busy(False)
        self.password.clear()
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)
        if not isinstance(error, Refusal | EnvironmentFault):
            return False
        self._tell(self._console.sentence(error))
        return True

    def _tell(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        set_tone(self.problem, "bad")
        if self.is_open:
            self.adjustSize()
