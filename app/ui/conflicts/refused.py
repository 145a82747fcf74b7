"""What was not accepted: who wrote it, when, what it asked for, and why it has no effect, in plain words (E_SYNC)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.conflicts.listing import Line, LineList
from app.ui.desk.values import Words
from app.ui.desk.words import field_name
from app.ui.history.lines import act_words, reason_words
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.sheet import plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow, SiteRow
    from app.queries.quarantine import QuarantineRow
    from app.ui.shell.ports import SiteDoor

LIST_WIDTH = 380
_MOST_VALUES = 20


class RefusedView(QWidget):
    """The list at the left, one of them at the right. Acts on the chosen one are added with `add_button`."""

    def __init__(self, console: SiteDoor, session: Session, theme: Theme) -> None:
        super().__init__()
        texts = console.texts
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self._words = Words(texts, console.district, console.agency)
        self._rows: Sequence[QuarantineRow] = ()
        self._accounts: Mapping[str, AccountRow] = {}
        self._sites: Mapping[str, SiteRow] = {}
        self.total = 0
        self._own: list[HintButton] = []  # acts of the agency that wrote it
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self.list = LineList(theme, "refusedRows", texts.get("ui.conflicts.refused"))
        self.list.setFixedWidth(LIST_WIDTH)
        self.list.selectionModel().currentChanged.connect(lambda *_: self._show_chosen())
        row.addWidget(self.list)
        self.side = QWidget()
        column = QVBoxLayout(self.side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.head, self.by = (
            self._label("refusedHead", size="summary"),
            self._label("refusedBy", tone="muted"),
        )
        self.asked = self._label("refusedAsked")
        self.why = self._label("refusedWhy", tone="warn")
        self.next = self._label("refusedNext", tone="muted")
        for label in (self.head, self.by, self.asked, self.why, self.next):
            column.addWidget(label)
        self.acts = QHBoxLayout()
        self.acts.setSpacing(8)
        self.copy = HintButton(theme, texts.get("ui.history.copy"), icon="copy")
        self.copy.setObjectName("refusedCopy")
        self.copy.clicked.connect(self._copy)
        self.acts.addWidget(self.copy)
        self.acts.addStretch(1)
        column.addLayout(self.acts)
        column.addStretch(1)
        row.addWidget(self.side, 1)
        self.empty = plain(texts.get("ui.conflicts.refused_nothing"), tone="muted")
        self.empty.setObjectName("refusedEmpty")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row.addWidget(self.empty, 1)
        self.show_rows((), 0, {}, {})

    def _label(self, name: str, *, tone: str = "", size: str = "") -> QLabel:
        label = plain(tone=tone, size=size)
        label.setObjectName(name)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def add_button(
        self,
        text: str,
        call: Callable[[QuarantineRow], None],
        *,
        icon: str = "",
        hint: str = "",
        own: bool = False,
    ) -> HintButton:
        """An act on the chosen entry, called with its row; `own`: only where its agency is asked to enter it anew."""
        button = HintButton(self._theme, text, icon=icon, hint=hint)

        def run() -> None:
            row = self.chosen()
            if row is not None:
                call(row)

        button.clicked.connect(run)
        self.acts.insertWidget(self.acts.count() - 1, button)
        if own:
            self._own.append(button)
            self._show_chosen()
        return button

    def agency_of(self, row: QuarantineRow) -> str:
        """Whose people wrote it."""
        account, site = self._accounts.get(row.account_id or ""), self._sites.get(row.site)
        return (account.agency if account is not None else site.agency if site is not None else "") or ""

    def to_be_entered(self, row: QuarantineRow) -> bool:
        """It may be entered anew here: written by this agency's people, and of what people enter by hand."""
        from app.queries.reentries import OFFERED

        return self.agency_of(row) == self._console.agency and row.command in OFFERED

    # -- content -----------------------------------------------------------------------------------------------------------
    def chosen(self) -> QuarantineRow | None:
        """The entry at the right."""
        key = self.list.chosen()
        return next((row for row in self._rows if row.hash == key), None)

    def show_rows(
        self,
        rows: Sequence[QuarantineRow],
        total: int,
        accounts: Mapping[str, AccountRow],
        sites: Mapping[str, SiteRow],
    ) -> None:
        """Show the newest of them; `total`: all there are."""
        self._rows, self.total, self._accounts, self._sites = rows, total, accounts, sites
        self.list.show_lines([self._line(row) for row in rows])
        self.list.setVisible(bool(rows))
        self.side.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        self._show_chosen()

    def _line(self, row: QuarantineRow) -> Line:
        now = self._console.clock.now_ms()
        about = " ".join(part for part in (self._who(row), act_words(self._texts, row.command)) if part)
        why = reason_words(self._texts, row.reason)
        return Line(row.hash, "state-void", "muted", about, moments.day_clock(row.recorded_at, now), why)

    def _who(self, row: QuarantineRow) -> str:
        return self._words.who(row.account_id, self._accounts) or self._station(row)

    def _station(self, row: QuarantineRow) -> str:
        site = self._sites.get(row.site)
        agency = self._words.side(site.agency) if site is not None else ""
        agency = agency or self._texts.get("ui.history.console_unknown")
        letter = (site.letter or "") if site is not None else ""
        key = "ui.history.console_letter" if letter else "ui.history.console"
        return self._texts.get(key, agency=agency, letter=letter)

    def _show_chosen(self) -> None:
        row, texts = self.chosen(), self._texts
        if row is None:
            return
        now = self._console.clock.now_ms()
        self.head.setText(act_words(texts, row.command))
        self.by.setText(
            texts.get(
                "ui.conflicts.by",
                time=moments.day_clock(row.recorded_at, now),
                who=self._who(row),
                console=self._station(row),
            )
        )
        self.asked.setText("\n".join(self.asked_words(row)))
        self.why.setText(texts.get("ui.conflicts.why", why=reason_words(texts, row.reason)))
        agency = self.agency_of(row)
        if agency == self._console.agency:
            self.next.setText(texts.get("ui.conflicts.next"))
        else:
            whose = self._words.side(agency) or texts.get("ui.history.console_unknown")
            self.next.setText(texts.get("ui.conflicts.next_theirs", agency=whose))
        for button in self._own:
            button.setVisible(self.to_be_entered(row))

    def asked_words(self, row: QuarantineRow) -> list[str]:
        """What the act asked for, a line for each field; nothing where only its header is held."""
        texts, said = self._texts, []
        entity = f"entity.{row.entity}"
        if row.entity and texts.has(entity):
            said.append(texts.get("ui.conflicts.on", what=texts.get(entity)))
        values = {**_mapping(row.content.get("set")), **_mapping(row.content.get("entry"))}
        for field, value in list(values.items())[:_MOST_VALUES]:
            name = field_name(texts, str(field))
            said.append(
                texts.get(
                    "ui.desk.moment.set",
                    field=name,
                    value=self._words.value(str(field), value, self._accounts),
                )
            )
        if row.content.get("why"):
            said.append(texts.get("ui.desk.moment.why", why=row.content["why"]))
        return said

    def _copy(self) -> None:
        labels = (self.head, self.by, self.asked, self.why)
        QGuiApplication.clipboard().setText("\n".join(label.text() for label in labels if label.text()))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
