"""The folded desk: one line that says what matters of the selected incident, 44 px; Enter opens it large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.ui.desk import words
from app.ui.shell.runs import Run, RunLines
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.incidents import ConflictRow, IncidentRow
    from app.ui.console import Console

HEIGHT, HEIGHT_SMALL = 44, 40
INSET = 12


class DeskLine(QWidget):
    """`open_wanted` with the page: overview | timeline."""

    open_wanted = Signal(str)
    oral_wanted = Signal()

    def __init__(self, console: Console, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("deskLine")
        self.setProperty("plane", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setFixedHeight(HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._console, self._texts = console, console.texts
        self._row: IncidentRow | None = None
        self._conflicts: Sequence[ConflictRow] = ()
        self._small = False
        texts = self._texts
        self.line = RunLines(theme, (HEIGHT,), parent=self)
        self.line.setObjectName("deskSummary")
        self.overview = HintButton(theme, texts.get("ui.desk.tab.overview"), kind="quiet", parent=self)
        self.timeline = HintButton(theme, texts.get("ui.desk.tab.timeline"), kind="quiet", parent=self)
        self.oral = HintButton(
            theme, texts.get("ui.shell.action.oral"), hint="F4", kind="quiet", icon="mic", parent=self
        )
        self.open = HintButton(theme, texts.get("ui.desk.open"), hint="Enter", parent=self)
        for name, button in (
            ("deskOverview", self.overview),
            ("deskTimeline", self.timeline),
            ("deskOpen", self.open),
        ):
            button.setObjectName(name)
        self.overview.clicked.connect(lambda: self.open_wanted.emit("overview"))
        self.timeline.clicked.connect(lambda: self.open_wanted.emit("timeline"))
        self.open.clicked.connect(lambda: self.open_wanted.emit("overview"))
        self.oral.clicked.connect(self.oral_wanted)
        self.show_incident(None, ())

    def set_small(self, small: bool) -> None:
        """40 px in narrow windows, without the page buttons."""
        self._small = small
        self.setFixedHeight(HEIGHT_SMALL if small else HEIGHT)
        self._show()

    def show_incident(self, row: IncidentRow | None, conflicts: Sequence[ConflictRow]) -> None:
        """The selected incident, None for none."""
        self._row, self._conflicts = row, conflicts
        self._show()

    def tick(self, now_ms: int) -> None:
        """Countdowns go on."""
        if self._row is not None:
            self.line.set_runs(self._runs(self._row, now_ms))

    def _show(self) -> None:
        row = self._row
        for button in (self.overview, self.timeline, self.oral):
            button.setVisible(row is not None and not self._small)
        self.open.setVisible(row is not None)
        if row is None:
            self.line.set_runs([Run(self._texts.get("ui.desk.none"), "muted", "table")])
        else:
            self.line.set_runs(self._runs(row, self._console.clock.now_ms()))
        self.setAccessibleName(self.line.text())
        self._place()

    def _runs(self, row: IncidentRow, now_ms: int) -> list[Run]:
        texts = self._texts
        runs = [
            words.level_run(row, "body"),
            Run(words.title(row), size="summary", bold=True, gap=12, shrinks=True),
            Run(row.no or "", "muted", "small", gap=16),
            Run(words.level_words(texts, row), "text", "table", gap=16),
            words.state_run(texts, row),
        ]
        runs += words.clock_runs(words.clocks(texts, row, now_ms, self._console.district.amber_s))
        if not row.owes_reports:
            runs.append(Run(texts.get("ui.desk.everyday"), "muted", "table", gap=16))
        flag = words.conflict_run(texts, self._conflicts)
        return runs if flag is None else [*runs, flag]

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click opens the desk."""
        if self._row is not None:
            self.open_wanted.emit("overview")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the parts anew."""
        self._place()
        super().resizeEvent(event)

    def _place(self) -> None:
        right = self.width() - INSET
        for button in (self.open, self.timeline, self.overview, self.oral):
            if button.isHidden():
                continue
            size = button.sizeHint()
            right -= size.width()
            button.setGeometry(right, (self.height() - size.height()) // 2, size.width(), size.height())
            right -= 8
        self.line.setGeometry(INSET, 0, max(0, right - 2 * INSET), self.height())
