"""Raising the alarm grade: Ctrl+Up proposes the next one, Enter does it. It cannot be lowered again, so it is said first
what will happen (RC-16; QUALITY: at most three keystrokes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.desk import words
from app.ui.forms import kinds
from app.ui.session import Session
from app.ui.shell.sheet import Sheet, plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.incidents import IncidentRow
    from app.ui.console import Console
    from app.usecases.bus import Done

WIDTH = 520


class RaiseSheet(Sheet):
    """`raised` tells (incident number, grade as a word)."""

    grows = True
    raised = Signal(str, str)

    def __init__(self, console: Console, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "raiseSheet", texts.get("ui.forms.raise.title"), texts.get("ui.forms.raise.hint"), parent
        )
        self._session, self._texts = session, texts
        self._row: IncidentRow | None = None
        self.grade = 0
        self._busy = False
        self.setFixedWidth(WIDTH)
        self.said = plain(size="summary")
        self.said.setWordWrap(True)
        self.body.addWidget(self.said)
        foot = QHBoxLayout()
        cancel = HintButton(theme, texts.get("ui.forms.cancel"), hint="Esc")
        cancel.clicked.connect(self.dismiss)
        self.button = HintButton(theme, "", hint="Enter", kind="primary")
        self.button.setObjectName("raiseButton")
        self.button.clicked.connect(self.submit)
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(self.button)
        self.body.addLayout(foot)

    def first_field(self) -> QWidget:
        """One Enter does it."""
        return self.button

    @staticmethod
    def highest(row: IncidentRow) -> int:
        """Top of the scale of an incident's kind."""
        return kinds.RESCUE_GRADES if row.type_code and row.type_code != kinds.FIRE else kinds.FIRE_GRADES

    def ask(self, row: IncidentRow) -> bool:
        """Open for an incident with the next grade; pressed again, with the one after. False at the top of the scale."""
        again = self.is_open and self._row is not None and self._row.id == row.id
        grade = self.grade + 1 if again else (row.alarm_grade or 0) + 1
        if grade > self.highest(row):
            return again
        self._row, self.grade = row, grade
        texts = self._texts
        before = self._word(row.alarm_grade) if row.alarm_grade else texts.get("ui.forms.raise.none")
        self.said.setText(
            texts.get(
                "ui.forms.raise.to", title=words.title(row), **{"from": before, "to": self._word(grade)}
            )
        )
        self.button.setText(texts.get("ui.forms.raise.button", to=self._word(grade)))
        self.button.updateGeometry()
        self.open()
        return True

    def _word(self, grade: int) -> str:
        return self._texts.get("ui.forms.grade", n=kinds.numeral(self._texts, grade))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter does it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submit()
            event.accept()
            return
        super().keyPressEvent(event)

    def submit(self) -> None:
        """Raise it, once."""
        from app.usecases.incidents import RaiseAlarmGrade

        row, grade = self._row, self.grade
        if row is None or self._busy:
            return
        command = RaiseAlarmGrade(incident_id=row.id, to=grade)
        self._busy = self._session.act(command, lambda done: self._done(done, row, grade), self._refused)

    def _done(self, done: Done, row: IncidentRow, grade: int) -> None:
        self._busy = False
        self.dismiss()
        self.raised.emit(row.no or "", self._word(grade))

    def _refused(self, error: BaseException) -> bool:
        """The refusal bar says why and who can."""
        self._busy = False
        self.dismiss()
        return False
