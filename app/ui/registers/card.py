"""The card of a record chosen on the map: it takes no focus, covers nothing that runs, and follows the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.kernel.changes import ChangeSet
from app.ui.registers import facts
from app.ui.registers.facts import Record, Wording
from app.ui.registers.facts_view import FactsView
from app.ui.session import Session
from app.ui.shell.sheet import Sheet
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

WIDTH = 340


class RecordSheet(Sheet):
    """`list_wanted(kind, id)`: show it in its register."""

    list_wanted = Signal(str, str)

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__("recordSheet", "", texts.get("ui.registers.esc"), parent)
        self._session, self._texts = session, texts
        self._wording = Wording(texts, console.district)
        self._wanted: tuple[str, str] = ("", "")
        self._most = 600
        self.record: Record | None = None
        self.setFixedWidth(WIDTH)
        self.heading.setWordWrap(True)
        self.view = FactsView(texts, titled=False)
        self.body.addWidget(self.view)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.to_list = HintButton(theme, texts.get("ui.registers.in_list"), icon="list")
        self.to_list.setObjectName("recordList")
        self.to_incident = HintButton(theme, texts.get("ui.registers.to_incident"), icon="alert")
        self.to_incident.setObjectName("recordIncident")
        self.copy = HintButton(theme, texts.get("ui.registers.copy_place"), icon="copy")
        self.copy.setObjectName("recordCopy")
        self.to_list.clicked.connect(self._to_list)
        self.to_incident.clicked.connect(self._to_incident)
        self.copy.clicked.connect(self._copy)
        for button in (self.to_list, self.to_incident, self.copy):
            row.addWidget(button)
        row.addStretch(1)
        self.body.addLayout(row)

    def ask(self, kind: str, record_id: str) -> None:
        """Read a record and show it; a kind that has no card is left alone."""
        if kind in facts.KINDS:
            self._wanted = (kind, record_id)
            self._read()

    def heard(self, changes: ChangeSet) -> None:
        """A commit: the record shown may have changed."""
        kind, record_id = self._wanted
        if self.is_open and (record_id in changes.ids(kind) or changes.everything):
            self._read()

    def _read(self) -> None:
        wanted = self._wanted

        def take(row: Any) -> None:
            if wanted != self._wanted:
                return
            if row is None:
                self.dismiss()
                return
            self._show(self._wording.record(wanted[0], row))

        self._session.ask(lambda connection: facts.read(connection, *wanted), take, "registers.card")

    def _show(self, record: Record) -> None:
        self.record = record
        self.heading.setText(" ".join(record.title[:80].split()))
        self.hint.setText(self._texts.get("ui.registers.card_hint", what=record.what))
        self.view.show_record(record)
        self.to_list.setVisible(record.kind in ("shelter", "point"))
        self.to_incident.setVisible(bool(record.incident_id))
        self.copy.setVisible(record.place is not None)
        if not self.is_open:
            self.open()
        self._grow()

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as its facts, never higher than the body of the window."""
        self._most = max(80, whole.height() - 24)
        self._grow()

    def _grow(self) -> None:
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.setFixedHeight(min(self._most, max(80, layout.heightForWidth(WIDTH))))

    def _to_list(self) -> None:
        self.list_wanted.emit(*self._wanted)

    def _to_incident(self) -> None:
        if self.record is not None:
            self._session.select_incident(self.record.incident_id)

    def _copy(self) -> None:
        if self.record is not None and self.record.place is not None:
            QGuiApplication.clipboard().setText("{:.6f},{:.6f}".format(*self.record.place))
