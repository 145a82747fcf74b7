"""A field on which the two sides disagree: values stacked with who and when, until a person decides, with a reason (D-19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from app.ui.desk.data import ENTITY
from app.ui.desk.values import Words
from app.ui.desk.words import field_name
from app.ui.forms.field import line
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.runs import Run, RunLines
from app.ui.shell.sheet import plain
from app.ui.theme.button import HintButton
from app.ui.theme.chips import Look
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.queries.incidents import ConflictRow
    from app.usecases.conflicts import ResolveConflict

_WRITABLE = frozenset({"what", "place"})  # registers of plain text: a third value can be typed


class ConflictCard(QFrame):
    """One disputed field. `resolved` when the decision is recorded."""

    resolved = Signal(str)

    def __init__(
        self,
        theme: Theme,
        session: Session,
        words: Words,
        rows: Sequence[ConflictRow],
        accounts: Mapping[str, AccountRow],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.rows = tuple(rows)
        self.field = rows[0].field
        self.setObjectName(f"conflict.{self.field}")
        self.setProperty("plane", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self._theme, self._session, self._words = theme, session, words
        self._busy = False
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        texts = words.texts
        head = RunLines(theme, (24,))
        head.set_runs(
            [
                Run(field_name(texts, self.field), size="body", bold=True),
                Run(texts.get("ui.desk.conflict.open"), look=Look.WARN, size="small", icon="bolt"),
            ]
        )
        column.addWidget(head)
        self.group = QButtonGroup(self)
        for index, row in enumerate(rows):
            column.addLayout(self._value(index, row, accounts))
        self.other: QLineEdit | None = None
        if self.field in _WRITABLE:
            column.addLayout(self._other())
        self.reason = line(texts.get("ui.desk.conflict.reason"))
        self.reason.setObjectName("conflictReason")
        self.reason.textEdited.connect(self._told)
        self.fault = plain(tone="bad", size="small")
        self.fault.hide()
        column.addWidget(self.reason)
        column.addWidget(self.fault)
        foot = QHBoxLayout()
        foot.addWidget(plain(texts.get("ui.desk.conflict.note"), tone="muted", size="small"), 1)
        self.button = HintButton(theme, "", hint="Enter", kind="primary")
        self.button.setObjectName("conflictButton")
        self.button.clicked.connect(self.submit)
        foot.addWidget(self.button)
        column.addLayout(foot)
        self.group.idToggled.connect(self._told)
        self._told()

    def _value(self, index: int, row: ConflictRow, accounts: Mapping[str, AccountRow]) -> QHBoxLayout:
        words = self._words
        radio = QRadioButton(words.value(self.field, row.value))
        radio.setObjectName(f"conflictValue{index}")
        self.group.addButton(radio, index)
        own = row.agency == words.own
        by = RunLines(self._theme, (20,))
        side = words.texts.get(f"ui.shell.side.{'own' if own else 'partner'}")
        said = f"{moments.clock_text(row.written_at)} {words.who(row.actor, accounts)}"
        by.set_runs(
            [
                Run(side, size="small", look=Look.OUTLINED if own else Look.FILLED),
                Run(said, "muted", "small", shrinks=True),
            ]
        )
        box = QHBoxLayout()
        box.addWidget(radio, 1)
        box.addWidget(by, 1)
        return box

    def _other(self) -> QHBoxLayout:
        radio = QRadioButton(self._words.texts.get("ui.desk.conflict.other"))
        radio.setObjectName("conflictOther")
        self.group.addButton(radio, len(self.rows))
        self.other = line()
        self.other.setObjectName("conflictOtherValue")
        self.other.textEdited.connect(lambda _text: radio.setChecked(True))
        self.other.textEdited.connect(self._told)
        box = QHBoxLayout()
        box.addWidget(radio)
        box.addWidget(self.other, 1)
        return box

    def is_being_edited(self) -> bool:
        """True while somebody is deciding: nothing is refreshed under an open editor."""
        return bool(self.reason.text()) or self.group.checkedId() >= 0

    def _told(self, *_changed: object) -> None:
        texts, value = self._words.texts, self._chosen_words()
        ready = bool(value) and bool(self.reason.text().strip())
        key = "ui.desk.conflict.decide" if value else "ui.desk.conflict.choose"
        self.button.setText(texts.get(key, value=value))
        self.button.setEnabled(ready)
        self.button.setToolTip("" if ready else texts.get("ui.desk.conflict.needs"))
        self.button.updateGeometry()

    def _chosen_words(self) -> str:
        index = self.group.checkedId()
        if 0 <= index < len(self.rows):
            return self._words.value(self.field, self.rows[index].value)
        return self.other.text().strip() if index == len(self.rows) and self.other is not None else ""

    def command(self) -> ResolveConflict:
        """The act that the card stands for."""
        from app.usecases.conflicts import ResolveConflict

        index = self.group.checkedId()
        row = self.rows[min(index, len(self.rows) - 1)]
        keep = row.hash.hex() if index < len(self.rows) else None
        value = None if keep is not None or self.other is None else self.other.text().strip()
        return ResolveConflict(
            entity=ENTITY,
            entity_id=row.entity_id,
            field=self.field,
            reason=self.reason.text(),
            keep=keep,
            value=value,
        )

    def submit(self) -> None:
        """Record the decision, once."""
        if self.button.isEnabled() and not self._busy:
            self._busy = self._session.act(self.command(), self._done, self._refused)

    def _done(self, _done: object) -> None:
        self._busy = False
        self.resolved.emit(self.field)

    def _refused(self, _error: BaseException) -> bool:
        self._busy = False
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter decides when everything is there."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submit()
            event.accept()
            return
        super().keyPressEvent(event)
