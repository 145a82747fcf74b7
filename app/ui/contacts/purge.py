"""Destroying personal data: a reason, what will happen in full, and a second press, because nothing brings it back (XC-07).

Who may not is told with the first press, before anything is asked of him.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.kernel.errors import Refusal
from app.ui.forms.field import line
from app.ui.session import Session
from app.ui.shell.sheet import plain, set_tone
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme
from app.usecases.contacts import Personal, PurgePersonalData

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow

_COMMAND = "purge_personal_data"


class PurgeRow(QWidget):
    """A line under a list: the reason, the button, and what it will do."""

    def __init__(self, session: Session, theme: Theme, entity: Personal) -> None:
        super().__init__()
        self._session, self._theme, self._entity = session, theme, entity
        self._meant, self._armed, self._busy = "", False, False
        self._words: dict[str, str] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.reason = line()
        self.reason.setObjectName("purgeReason")
        self.reason.textEdited.connect(self._disarm)
        self.button = HintButton(theme, "", icon="trash", kind="quiet")
        self.button.setObjectName("purgeButton")
        self.button.clicked.connect(self.press)
        row.addWidget(self.reason, 1)
        row.addWidget(self.button)
        self.note = plain(tone="muted", size="small")
        self.note.setObjectName("purgeNote")
        self.note.setWordWrap(True)
        column.addLayout(row)
        column.addWidget(self.note)
        self._writer = session.account.id if session.account is not None else ""
        session.account_changed.connect(self._account_changed)

    def say_words(self, words: dict[str, str]) -> None:
        """Words of this list: reason, button, again, warning, reason_needed, ordered."""
        self._words = words
        self.reason.setPlaceholderText(words["reason"])
        self.reason.setAccessibleName(words["reason"])
        self.button.setText(words["button"])

    def mean(self, entity_id: str) -> None:
        """The record it would destroy; "" for none."""
        if entity_id != self._meant:
            self._meant = entity_id
            self.reason.clear()
            self._disarm()
        self.setEnabled(bool(entity_id))

    def press(self) -> None:
        """First say what will happen, then do it."""
        if self._busy or not self._meant:
            return
        refusal = self._denial()
        if refusal is not None:
            self._disarm()
            self._say(self._session.told(refusal), "bad")
        elif not self.reason.text().strip():
            self._say(self._words["reason_needed"], "bad")
            self.reason.setFocus()
        elif not self._armed:
            self._armed = True
            self.button.setText(self._words["again"])
            self._say(self._words["warning"], "warn")
        else:
            command = PurgePersonalData(
                entity=self._entity, entity_id=self._meant, reason=self.reason.text().strip()
            )
            self._busy = self._session.act(command, self._done, self._refused)

    def _denial(self) -> Refusal | None:
        """Why whoever acts here may not, and who may (XC-06); None when they may, or when only the sign-in lacks."""
        from app.usecases.permissions import matrix

        account = self._session.account
        if account is None or account.agency is None:
            return None
        return matrix().denial(_COMMAND, account.agency, account.role_set)

    def _done(self, _done: object) -> None:
        self._busy = False
        self.reason.clear()
        self._disarm()
        self._say(self._words["ordered"], "good")

    def _refused(self, error: BaseException) -> bool:
        self._busy = False
        self._disarm()
        if isinstance(error, Refusal):
            self._say(self._session.told(error), "bad")
            return True
        return False

    def _account_changed(self, account: AccountRow | None) -> None:
        """What is typed belongs to the account it was typed under: another one begins anew."""
        if account is None:
            self._disarm()
            return
        if account.id != self._writer:
            self.reason.clear()
            self._disarm()
        self._writer = account.id

    def _disarm(self, _text: str = "") -> None:
        self._armed = False
        if self._words:
            self.button.setText(self._words["button"])
        self._say("", "muted")

    def _say(self, text: str, tone: str) -> None:
        set_tone(self.note, tone)
        self.note.setText(text)
