"""Who changed what: F8 on the selected incident, or on one field of any record. Read, filtered, copied; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QWidget

from app.kernel.changes import ChangeSet
from app.ui.desk.values import Words
from app.ui.desk.words import field_name
from app.ui.forms.choice import Choice, ChoiceField
from app.ui.history.lines import Block, blocks, fields_of
from app.ui.history.seen import Teller
from app.ui.session import Session
from app.ui.shell.initials import initials
from app.ui.shell.sheet import Sheet, plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.ui.shell.ports import SiteDoor

WIDTH = 920
ASKER = "history"


class HistorySheet(Sheet):
    """Read-only text that takes the keys of any text: arrows, Shift to mark, Ctrl+C."""

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__("historySheet", texts.get("ui.history.title"), texts.get("ui.history.hint"), parent)
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self._words = Words(texts, console.district, console.agency)
        self._record: tuple[str, str] = ("", "")
        self._field = ""
        self._entries: Sequence[Any] = ()
        self._accounts: Mapping[str, AccountRow] = {}
        self.shown: list[Block] = []
        row = QHBoxLayout()
        row.setSpacing(8)
        self.filter = ChoiceField(theme, ())
        self.filter.setObjectName("historyFilter")
        self.filter.setPlaceholderText(texts.get("ui.history.all"))
        self.filter.setAccessibleName(texts.get("ui.history.filter"))
        self.filter.setFixedWidth(260)
        self.filter.chosen.connect(self._chosen)
        self.count = plain(tone="muted", size="small")
        self.count.setObjectName("historyCount")
        self.copy = HintButton(theme, texts.get("ui.history.copy"), icon="copy")
        self.copy.setObjectName("historyCopy")
        self.copy.clicked.connect(self._copy)
        row.addWidget(self.filter)
        row.addWidget(self.count, 1)
        row.addWidget(self.copy)
        self.body.addLayout(row)
        self.text = QPlainTextEdit()
        self.text.setObjectName("historyText")
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setAccessibleName(texts.get("ui.history.title"))
        self.body.addWidget(self.text, 1)
        theme.changed.connect(self._paint)

    def first_field(self) -> QWidget:
        """The text: arrows walk it, Tab goes to the filter."""
        return self.text

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as the body of the window."""
        self.setFixedSize(min(WIDTH, max(480, whole.width() - 24)), max(1, whole.height() - 24))

    # -- reading -----------------------------------------------------------------------------------------------------------
    def ask(self, entity: str, entity_id: str, title: str, field: str = "") -> None:
        """Open with the history of a record, or of one field of it."""
        self._record, self._field, self._entries = (entity, entity_id), field, ()
        self.heading.setText(f"{self._texts.get('ui.history.title')}\N{KATAKANA MIDDLE DOT}{title}")
        self.filter.choice = None
        self.filter.clear()
        self._paint()
        self._read()
        self.open()

    def heard(self, changes: ChangeSet) -> None:
        """A commit on the record shown."""
        entity, entity_id = self._record
        if self.is_open and (entity_id in changes.ids(entity) or changes.everything):
            self._read()

    def _read(self) -> None:
        record = self._record

        def accounts(connection: Any) -> Mapping[str, AccountRow]:
            from app.queries.accounts import accounts

            return {account.id: account for account in accounts(connection)}

        def known(found: Mapping[str, AccountRow]) -> None:
            self._accounts = found
            self._session.follow(self._console.history(*record, ASKER), take)

        def take(entries: Sequence[Any]) -> None:
            if record == self._record:
                self._take(entries)

        self._session.ask(accounts, known, "history.accounts")

    def _take(self, entries: Sequence[Any]) -> None:
        self._entries = entries
        names = [(field, field_name(self._texts, field)) for field in fields_of(entries)]
        self.filter.set_choices(
            [Choice(field, name, initials(name) if not name.isascii() else "") for field, name in names]
        )
        if self._field and self.filter.choice is None:
            self.filter.take(self._field)
        self._paint()

    # -- showing -----------------------------------------------------------------------------------------------------------
    def _chosen(self, choice: Choice | None) -> None:
        self._field = choice.code if choice is not None else ""
        self._paint()

    def _paint(self) -> None:
        """Heads bold, what has no effect struck out, the rest plain; the place in the text stays."""
        teller = Teller(self._words, self._accounts, self._console.clock.now_ms())
        self.shown = blocks(self._entries, teller, self._field)
        at = self.text.verticalScrollBar().value()
        self.text.clear()
        head, line, void = self._format("text", bold=True), self._format("muted"), self._format("muted")
        void.setFontStrikeOut(True)
        cursor = QTextCursor(self.text.document())
        for index, block in enumerate(self.shown):
            cursor.insertText("\n\n" if index else "", line)
            cursor.insertText(block.head, void if block.void else head)
            for said in block.lines:
                cursor.insertText(f"\n    {said}", line)
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        self.text.verticalScrollBar().setValue(at)
        self.count.setText(self._texts.get("ui.history.count", n=len(self.shown)))

    def _format(self, token: str, *, bold: bool = False) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setForeground(self._theme.colour(token))
        made.setFont(self._theme.font("body" if bold else "table", bold))
        return made

    def _copy(self) -> None:
        """All that is shown; what was marked, when something was."""
        marked = self.text.textCursor().selectedText().replace("\u2029", "\n")
        everything = "\n\n".join(block.text() for block in self.shown)
        QGuiApplication.clipboard().setText(marked or f"{self.heading.text()}\n\n{everything}")
