"""Voiding a registration: what will happen is said, a reason is asked for; the number stays taken (D-20, RULES part 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.ui.desk import words
from app.ui.session import Session
from app.ui.shell.sheet import Sheet, plain, press_focused
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.kernel.errors import Refusal
    from app.queries.accounts import AccountRow
    from app.queries.incidents import IncidentRow
    from app.ui.console import Console

WIDTH = 520
_COMMAND = "void_incident"


def denial(account: AccountRow | None, agency: str) -> Refusal | None:
    """Why whoever acts here may not void registrations, and who may (XC-06); None when they may or only the sign-in lacks."""
    from app.kernel.enums import Role
    from app.usecases.permissions import matrix

    if account is None:
        return matrix().denial(_COMMAND, agency, frozenset(Role))
    return matrix().denial(_COMMAND, account.agency or agency, account.role_set)


class VoidSheet(Sheet):
    """`voided` tells the number of the incident."""

    grows = True
    voided = Signal(str)

    def __init__(self, console: Console, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "voidSheet", texts.get("ui.board.void.title"), texts.get("ui.board.void.hint"), parent
        )
        self._session, self._texts = session, texts
        self._row: IncidentRow | None = None
        self._busy = False
        self.setFixedWidth(WIDTH)
        self.said = plain(size="summary")
        self.said.setWordWrap(True)
        self.reason = QLineEdit()
        self.reason.setObjectName("voidReason")
        self.reason.setPlaceholderText(texts.get("ui.board.void.reason"))
        self.reason.setAccessibleName(texts.get("ui.board.void.reason"))
        self.fault = plain(tone="bad", size="small")
        self.fault.setWordWrap(True)
        self.fault.hide()
        self.reason.textEdited.connect(lambda _text: self.fault.hide())
        self.body.addWidget(self.said)
        self.body.addWidget(self.reason)
        self.body.addWidget(self.fault)
        foot = QHBoxLayout()
        cancel = HintButton(theme, texts.get("ui.forms.cancel"), hint="Esc")
        cancel.clicked.connect(self.dismiss)
        self.button = HintButton(theme, texts.get("ui.board.void.button"), hint="Ctrl+Enter", kind="danger")
        self.button.setObjectName("voidButton")
        self.button.clicked.connect(self.submit)
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(self.button)
        self.body.addLayout(foot)

    def first_field(self) -> QWidget:
        """The reason."""
        return self.reason

    def ask(self, row: IncidentRow) -> None:
        """Open for an incident; what was typed for another one is not taken over."""
        if self._row is None or self._row.id != row.id:
            self.reason.clear()
        self._row = row
        self.fault.hide()
        title = " ".join(filter(None, (row.no, words.title(row))))
        self.said.setText(self._texts.get("ui.board.void.said", title=title))
        self.open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter on a button presses it."""
        if not press_focused(self, event):
            super().keyPressEvent(event)

    def submit(self) -> None:
        """Void it, once; without a reason the field asks for one."""
        from app.usecases.incidents import VoidIncident

        row, reason = self._row, self.reason.text().strip()
        if row is None or self._busy:
            return
        if not reason:
            self._tell(self._texts.get("ui.board.void.needs_reason"))
            return
        command = VoidIncident(incident_id=row.id, reason=reason)
        self._busy = self._session.act(command, lambda _done: self._done(row), self._refused)

    def _done(self, row: IncidentRow) -> None:
        self._busy = False
        self.reason.clear()
        self.dismiss()
        self.voided.emit(row.no or "")

    def _refused(self, error: BaseException) -> bool:
        """The refusal bar says why and who can; the reason stays typed."""
        self._busy = False
        return False

    def _tell(self, text: str) -> None:
        self.fault.setText(text)
        self.fault.show()
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
