"""Acts that were not accepted: each in plain words, entered anew or put aside, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.kernel.errors import EnvironmentFault, Refusal
from app.queries.reentries import OfferRow
from app.queries.trust import TrustView
from app.ui.forms.field import Field, line
from app.ui.shell.rows import Row
from app.ui.shell.sheet import set_tone
from app.ui.sites import words
from app.ui.sites.model import CellsModel
from app.ui.sites.parts import table_of, wrapped
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.ui.session import Session
    from app.ui.shell.ports import SiteDoor

COLUMNS = ("time", "who", "what", "said", "reason")
_WIDTHS = (120, 110, 110, 380)


class OfferPart(QWidget):
    """`acted` when one was dealt with."""

    acted = Signal()

    def __init__(self, console: SiteDoor, session: Session, theme: Theme) -> None:
        super().__init__()
        self._console, self._session, self._texts = console, session, console.texts
        self.rows: tuple[OfferRow, ...] = ()
        self._busy = False
        self._writer = session.account.id if session.account is not None else ""
        session.account_changed.connect(self._account_changed)
        texts = self._texts
        names = [texts.get(f"ui.sites.offer_column.{name}") for name in COLUMNS]
        self.model = CellsModel(theme, names, self)
        self.table = table_of(self.model, "offersTable", texts.get("ui.sites.offers"), _WIDTHS)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show())
        self.empty = wrapped(texts.get("ui.sites.empty_offers"), "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.table)
        self.detail = wrapped()
        self.detail.setObjectName("offersDetail")
        self.about = wrapped(texts.get("ui.sites.reentry_about"), "muted")
        self.reason = Field("reason", texts.get("ui.sites.set_aside_reason"), line())
        self.note = wrapped(tone="muted")
        self.note.setObjectName("offersNote")
        self.aside = HintButton(theme, texts.get("ui.sites.aside"))
        self.aside.setObjectName("offersAside")
        self.aside.clicked.connect(self.put_aside)
        self.run = HintButton(theme, texts.get("ui.sites.reenter"), hint="Ctrl+Enter", kind="primary")
        self.run.setObjectName("offersRun")
        self.run.clicked.connect(self.submit)
        last = QHBoxLayout()
        last.setSpacing(8)
        last.addWidget(self.reason, 1)
        for button in (self.aside, self.run):
            last.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.stack, 1)
        for widget in (self.detail, self.about, self.note):
            column.addWidget(widget)
        column.addLayout(last)

    def take(self, view: TrustView) -> None:
        """Show other rows; the next one is chosen where one was dealt with."""
        at = max(0, self.table.currentIndex().row())
        kept = self.chosen()
        self.rows = tuple(view.offers)
        console, now = self._console, self._console.clock.now_ms()
        lines = [
            Row(row.act, tuple(words.offer_cells(self._texts, console.district, row, now)))
            for row in self.rows
        ]
        if self.model.show(lines) and lines:
            place = self.model.place_of(kept.act) if kept else -1
            self.table.selectRow(place if place >= 0 else min(at, len(lines) - 1))
        self._show()

    def chosen(self) -> OfferRow | None:
        """The selected act."""
        at = self.table.currentIndex().row()
        wanted = self.model.rows[at].id if 0 <= at < len(self.model.rows) else ""
        return next((row for row in self.rows if row.act == wanted), None)

    def _show(self) -> None:
        row = self.chosen()
        self.stack.setCurrentIndex(1 if self.rows else 0)
        self.detail.setText(words.sentence(self._texts, self._console.district, row) if row else "")
        for widget in (self.detail, self.about, self.reason, self.aside, self.run):
            widget.setVisible(row is not None)
        for button in (self.aside, self.run):
            button.setEnabled(not self._busy)

    # -- acts --------------------------------------------------------------------------------------------------------------
    def submit(self) -> None:
        """Enter the chosen one anew."""
        row = self.chosen()
        if row is None or self._busy:
            return
        from app.usecases.reentry import ReenterAct

        self._act(ReenterAct(act=row.act), "ui.sites.reentered")

    def put_aside(self) -> None:
        """It is not needed; the reason is asked for."""
        row = self.chosen()
        if row is None or self._busy:
            return
        from app.usecases.reentry import SetAsideAct

        self._act(SetAsideAct(act=row.act, reason=self.reason.editor.text()), "ui.sites.put_aside")

    def _act(self, command: Any, said: str) -> None:
        self.reason.say("")

        def done(_done: Any) -> None:
            self._busy = False
            self.reason.editor.clear()
            self._say(self._texts.get(said), "good")
            self.acted.emit()

        if self._session.act(command, done, self._refused):
            self._busy = True
            self._show()

    def _account_changed(self, account: AccountRow | None) -> None:
        """What is typed belongs to the account it was typed under."""
        if account is not None and account.id != self._writer:
            self._writer = account.id
            self.reason.editor.clear()
            self.reason.say("")
            self._say("")

    def _refused(self, error: BaseException) -> bool:
        self._busy = False
        self._show()
        if not isinstance(error, Refusal | EnvironmentFault):
            return False
        said = self._console.sentence(error)
        if isinstance(error, Refusal) and error.field == "reason":
            self.reason.say(said)
            self.reason.focus()
            return True
        who = self._console.who(error) if isinstance(error, Refusal) else ""
        self._say(said if not who or who in said else f"{said} {who}", "bad")
        return True

    def _say(self, text: str, tone: str = "muted") -> None:
        self.note.setText(text)
        set_tone(self.note, tone)
