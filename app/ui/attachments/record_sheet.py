"""What the sheets of files and of contacts of an incident have in common: a list of lines, and what is said below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QWidget

from app.kernel.changes import ChangeSet
from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.desk.words import title as incident_title
from app.ui.session import Session
from app.ui.shell.rows import RowsModel, RowsTable
from app.ui.shell.sheet import Sheet, plain, set_tone
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.incidents import IncidentRow
    from app.ui.shell.ports import SiteDoor

PURGE_WORDS = ("reason", "button", "again", "warning", "reason_needed", "ordered")


class RecordSheet(Sheet):
    """Opened for an incident by `ask`; lines of it are asked for anew whenever a record of `entity` changes."""

    entity: ClassVar[str]
    note: QLabel

    def __init__(
        self,
        name: str,
        title: str,
        hint: str,
        console: SiteDoor,
        session: Session,
        theme: Theme,
        parent: QWidget,
    ) -> None:
        super().__init__(name, title, hint, parent)
        self._console, self._session, self._theme, self._texts = console, session, theme, console.texts
        self._title, self._incident = title, ""
        self._lines: Mapping[str, Any] = {}

    def _make_list(self, name: str, empty: str, heads: Sequence[str], widths: Sequence[int]) -> None:
        self.model = RowsModel(self._theme, heads, self)
        self.table = RowsTable(f"{name}Table", self._title, self.model, widths)
        self.table.selectionModel().currentChanged.connect(lambda *_: self._chosen())
        self.empty = plain(empty, tone="muted")
        self.empty.setObjectName(f"{name}Empty")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.list = QStackedWidget()
        self.list.addWidget(self.empty)
        self.list.addWidget(self.table)

    # -- what there is -----------------------------------------------------------------------------------------------------
    def ask(self, row: IncidentRow) -> None:
        """Open for an incident; what was typed for it is still there."""
        if row.id != self._incident:
            self._incident, self._lines = row.id, {}
            self._begin_anew()
            self._say("", "muted")
            self._show(())
        self.heading.setText(f"{self._title}\N{KATAKANA MIDDLE DOT}{incident_title(row)}")
        if not self.is_open:
            self._say("", "muted")
        self.read()
        self.open()

    def heard(self, changes: ChangeSet) -> None:
        """A commit, or what belongs to a record has arrived."""
        if self.is_open and changes.touches(self.entity, "purge_ack"):
            self.read()

    def read(self) -> None:
        """Look anew."""
        incident = self._incident

        def take(lines: Sequence[Any]) -> None:
            if incident == self._incident:
                self._show(lines)

        self._session.follow(self._lines_of(incident), take)

    def _lines_of(self, incident_id: str) -> Future[Any]:
        raise NotImplementedError

    def _begin_anew(self) -> None:
        """Another incident: what belonged to the one before is put away."""
        raise NotImplementedError

    def _show(self, lines: Sequence[Any]) -> None:
        raise NotImplementedError

    def _chosen(self) -> None:
        raise NotImplementedError

    # -- what is said ------------------------------------------------------------------------------------------------------
    def _wrong(self, error: BaseException) -> bool:
        if not isinstance(error, Refusal | EnvironmentFault):
            return False
        self._say(self._session.sentence(error), "bad")
        return True

    def _say(self, text: str, tone: str) -> None:
        set_tone(self.note, tone)
        self.note.setText(text)
