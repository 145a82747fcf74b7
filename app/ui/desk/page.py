"""The incident desk, opened large: head with clocks, tabs, overview and timeline (SCREEN; NOTES: head 76, tabs 40)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from app.kernel.changes import ChangeSet
from app.ui.desk import words as says
from app.ui.desk.data import ENTITY, DeskData, read
from app.ui.desk.overview import Overview
from app.ui.desk.timeline import ROW, Timeline, moments_of
from app.ui.desk.values import Words
from app.ui.relay import Relay
from app.ui.session import Session
from app.ui.shell.runs import Run, RunLines
from app.ui.shell.sheet import plain, tip
from app.ui.theme.button import HintButton
from app.ui.theme.chips import Look
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

HEAD, TABS = 76, 40
PAGES = ("overview", "timeline")
_TOUCHED = ("incident", "oral_report", "report", "alarm_unit", "log_entry", "account")


class ClockCards(QWidget):
    """The clocks at the right of the head: name, figure in 20, second line."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("deskClockCards")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(24)
        self._theme = theme
        self._cards: list[RunLines] = []

    def show_clocks(self, clocks: Sequence[says.ClockWords]) -> None:
        """Show these clocks."""
        while len(self._cards) < len(clocks):
            card = RunLines(self._theme, (18, 28, 18))
            self._cards.append(card)
            self._row.addWidget(card)
        for index, card in enumerate(self._cards):
            card.setVisible(index < len(clocks))
            if index < len(clocks):
                clock = clocks[index]
                card.set_runs(
                    [Run(clock.name, "muted", "small")],
                    [Run(clock.figure, clock.tone, "title", True)],
                    [Run(clock.second, "muted", "small")],
                )


class DeskPage(QWidget):
    """Follows the session's selected incident while it is shown. `closed` for Esc."""

    closed = Signal()
    loaded = Signal(object)  # DeskData or None: the folded line shows the same

    def __init__(
        self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("deskPage")
        self.setProperty("plane", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._console, self._session, self._theme, self._texts = console, session, theme, console.texts
        self.setAccessibleName(console.texts.get("ui.shell.action.desk"))
        self._words = Words(console.texts, console.district, console.agency)
        self._relay = Relay(self)
        self.data: DeskData | None = None
        self._history: Sequence[Any] = ()
        self._history_stale = True
        self._build()
        session.selected_incident_changed.connect(self.show_incident)

    def _build(self) -> None:
        texts, theme = self._texts, self._theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QWidget()
        head.setFixedHeight(HEAD)
        row = QHBoxLayout(head)
        row.setContentsMargins(16, 0, 16, 0)
        self.head = RunLines(theme, (36, 24))
        self.head.setObjectName("deskHead")
        self.clocks = ClockCards(theme)
        row.addWidget(self.head, 1)
        row.addWidget(self.clocks)
        self.tabs = QTabBar()
        self.tabs.setObjectName("deskTabs")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        for page in PAGES:
            self.tabs.addTab(texts.get(f"ui.desk.tab.{page}"))
        bar = QWidget()
        bar.setFixedHeight(TABS)
        buttons = QHBoxLayout(bar)
        buttons.setContentsMargins(4, 0, 16, 0)
        buttons.addWidget(self.tabs)
        buttons.addStretch(1)
        self.back = plain(texts.get("ui.desk.back"), tone="muted", size="small")
        buttons.addWidget(self.back)
        self.buttons = buttons
        line = QFrame()
        line.setProperty("plane", "line")
        line.setFixedHeight(1)
        self.overview = Overview(
            theme, self._session, self._words, self._console.district.amber_s, self._console.clock
        )
        self.timeline = Timeline(theme, texts.get("ui.desk.nothing.timeline"))
        self.stack = QStackedWidget()
        for name, widget in (("deskOverviewScroll", self.overview), ("deskTimelineScroll", self.timeline)):
            area = QScrollArea()
            area.setObjectName(name)
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setWidget(widget)
            self.stack.addWidget(area)
        self.tabs.currentChanged.connect(self._page_changed)
        self.overview.focus_lost.connect(lambda: self.setFocus(Qt.FocusReason.OtherFocusReason))
        for part in (head, bar, line):
            column.addWidget(part)
        column.addWidget(self.stack, 1)

    def add_button(self, text: str, hint: str, call: Any) -> HintButton:
        """An act of the window in the tab row."""
        button = HintButton(self._theme, text, hint=hint)
        button.clicked.connect(call)
        self.buttons.insertWidget(self.buttons.count() - 1, button)
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is no room for all, the tabs and the acts stay; the keys stand on F1 as well."""
        super().resizeEvent(event)
        row = self.buttons
        parts = [item.widget() for index in range(row.count()) if (item := row.itemAt(index)) is not None]
        wide = [part.sizeHint().width() + row.spacing() for part in parts if part is not None]
        margins = row.contentsMargins()
        self.back.setVisible(sum(wide) + margins.left() + margins.right() <= event.size().width())

    def dispose(self) -> None:
        """Hear nothing any more."""
        self._relay.stop()

    # -- reading -----------------------------------------------------------------------------------------------------------
    def show_page(self, page: str) -> None:
        """Go to a page."""
        self.tabs.setCurrentIndex(PAGES.index(page))

    def show_incident(self, incident_id: str) -> None:
        """Read the selected incident; the folded line lives from the same reading."""
        self._history_stale = True
        if self.data is None or self.data.row.id != incident_id:
            self.timeline.marked = ""
        if not incident_id:
            self._take(None)
            return
        future = self._console.query(lambda connection: read(connection, incident_id), "desk.data")
        self._relay.then(future, self._take, self._session.refused.emit)

    def heard(self, changes: ChangeSet) -> None:
        """A commit: read again when it may concern what is shown."""
        selected = self._session.selected_incident
        if selected and (selected in changes.ids(ENTITY) or changes.touches(*_TOUCHED[1:])):
            self.show_incident(selected)

    def _take(self, data: DeskData | None) -> None:
        if data is not None and data.row.id != self._session.selected_incident:
            return
        self.data = data
        self.loaded.emit(data)
        if self.isVisible():
            self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Painted only while it is seen."""
        self._show()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """The desk is left: what it told in passing has been read."""
        self.overview.disputes.leave()
        super().hideEvent(event)

    def _page_changed(self, index: int) -> None:
        self.stack.setCurrentIndex(index)
        self._show()

    # -- showing -----------------------------------------------------------------------------------------------------------
    def _show(self) -> None:
        data, texts, now = self.data, self._texts, self._console.clock.now_ms()
        if data is None:
            self.head.set_runs([Run(texts.get("ui.desk.none"), "muted", "summary")], [])
            self.clocks.show_clocks(())
            self.timeline.show_lines(())
            self.stack.hide()
            return
        self.stack.show()
        self._show_head(data)
        self.tick(now)
        self.overview.show_data(data, now)
        if self.overview.disputes.asks_history:
            self._read_seen(data.row.id)
        if PAGES[self.tabs.currentIndex()] == "timeline":
            self._show_timeline(data)

    def _show_head(self, data: DeskData) -> None:
        texts, row = self._texts, data.row
        chips = [
            Run(texts.get(f"enum.incident_status.{row.status}"), size="small", look=Look.FILLED),
            Run(says.level_words(texts, row), size="small", look=Look.FILLED),
        ]
        if row.alarm_grade:
            grade = self._words.value("alarm_grade", row.alarm_grade)
            chips.append(Run(texts.get("ui.desk.grade", grade=grade), size="small", look=Look.FILLED))
        flag = says.conflict_run(texts, data.conflicts)
        first = [
            says.level_run(row, "title"),
            Run(says.title(row), size="title", bold=True, gap=12, shrinks=True),
            *chips,
        ]
        agency = self._words.side(row.agency)
        second = [
            Run(row.no or "", "muted", "small"),
            Run(texts.get("ui.desk.registered_by", agency=agency), "muted", "small", gap=16),
            Run(self._words.value("source", row.source), "muted", "small", gap=16),
        ]
        self.head.set_runs(first, second if flag is None else [*second, flag])
        self.head.setToolTip(tip(says.title(row)))

    def _read_seen(self, incident_id: str) -> None:
        """What each had seen who wrote a disputed value, and who settled one."""

        def take(entries: Sequence[Any]) -> None:
            if self.data is not None and self.data.row.id == incident_id:
                self.overview.show_history(entries)

        self._relay.then(self._console.history(ENTITY, incident_id, "seen"), take, self._session.refused.emit)

    def mark(self, record_id: str) -> None:
        """An entry of the timeline that was asked for: marked, and brought into view as soon as it is there."""
        self.timeline.marked = record_id
        self.timeline.update()
        self._bring_marked()

    def _bring_marked(self) -> None:
        y = self.timeline.place_of(self.timeline.marked)
        area: Any = self.stack.widget(PAGES.index("timeline"))
        if y >= 0:
            area.ensureVisible(0, y + ROW, 0, 2 * ROW)

    def _show_moments(self, data: DeskData) -> None:
        self.timeline.show_lines(moments_of(data, self._history, self._words))
        if self.timeline.marked:
            QTimer.singleShot(0, self.timeline, self._bring_marked)  # when the lines have their room

    def _show_timeline(self, data: DeskData) -> None:
        self._show_moments(data)
        if self._history_stale:
            self._history_stale = False
            incident_id = data.row.id

            def take(entries: Sequence[Any]) -> None:
                if self.data is not None and self.data.row.id == incident_id:
                    self._history = entries
                    self._show_moments(self.data)

            self._history = ()
            self._relay.then(self._console.history(ENTITY, incident_id), take, self._session.refused.emit)

    def tick(self, now_ms: int) -> None:
        """Countdowns go on while the page is seen."""
        if self.data is not None and self.isVisible():
            amber = self._console.district.amber_s
            self.clocks.show_clocks(says.clocks(self._texts, self.data.row, now_ms, amber))
            self.overview.tick(now_ms)

    def turn_page(self, event: QKeyEvent) -> bool:
        """Alt+1, Alt+2 change the page, wherever in the window the focus is; False for any other key."""
        page = event.key() - Qt.Key.Key_1
        if not (event.modifiers() & Qt.KeyboardModifier.AltModifier and page in range(len(PAGES))):
            return False
        self.tabs.setCurrentIndex(page)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back; Alt+1, Alt+2 change the page."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif not self.turn_page(event):
            super().keyPressEvent(event)
