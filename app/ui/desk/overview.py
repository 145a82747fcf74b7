"""The desk's overview: key facts, clocks with their rule, oral reports and reports, units. Cards painted from rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from app.kernel.clock import Clock
from app.kernel.enums import DeadlineKind, Figure, IncidentClass
from app.ui.desk import words as says
from app.ui.desk.conflict_card import ConflictCard
from app.ui.desk.data import DeskData
from app.ui.desk.disputes import Disputes
from app.ui.desk.figures import figure_lines, name_of, number_words
from app.ui.desk.values import Words
from app.ui.desk.wrap import wrapped
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.runs import Painter, Run, RunLines
from app.ui.shell.sheet import tip
from app.ui.theme.chips import Look
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.incidents import IncidentRow

LINE, SIDE = 28, 12
_EVERYDAY, _LEVEL, _NUMBER = "everyday", "level", "number."
_NUMBERS = {
    DeadlineKind.ORAL_REPORT.value: "oral_report_limit",
    DeadlineKind.WRITTEN_REPORT.value: "written_report_limit",
    _EVERYDAY: "reportable_grade",
}
"""Rule numbers behind what is shown (D-31)."""
_LEVEL_FIGURES = (Figure.DEATHS, Figure.INJURED_SERIOUS, Figure.DIRECT_LOSS_YUAN)  # the columns of RULES 4.7
_FACTS = (
    "received_at",
    "occurred_at",
    "source",
    "place",
    "unit_code",
    "class_code",
    "type_code",
    "alarm_grade",
    "what",
    "alarm_no",
)


class Card(QFrame):
    """A titled plate of lines. `taken` with the key of a run that was clicked, or taken by the keyboard."""

    taken = Signal(str)

    def __init__(self, theme: Theme, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("plane", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self._theme = theme
        column = QVBoxLayout(self)
        column.setContentsMargins(SIDE, 6, SIDE, 10)
        column.setSpacing(0)
        head = RunLines(theme, (32,))
        head.set_runs([Run(title, size="body", bold=True)])
        column.addWidget(head)
        self._lines: list[RunLines] = []
        self._taking: list[RunLines] = []
        self._shown: list[tuple[list[Run], str]] = []
        self._column = column
        column.addStretch(1)

    def show_lines(self, lines: list[tuple[list[Run], str]]) -> None:
        """Lines of runs, each with its tooltip; what is too long for the card goes on in the next row."""
        self._shown = lines
        room = self.contentsRect().width() - 2 * SIDE
        rows = [wrapped(self._theme, runs, room) for runs, _ in lines]
        for index, parts in enumerate(rows):
            line = self._line(index, len(parts))
            line.show()
            line.set_runs(*parts)
            line.take_keys(any(run.key for runs in parts for run in runs))
            line.setToolTip(tip(lines[index][1]))
        for line in self._lines[len(lines) :]:
            line.hide()
        taking = [line for line in self._lines if line.focusPolicy() != Qt.FocusPolicy.NoFocus]
        if taking != self._taking:  # Tab goes down the card, whichever line was made first
            self._taking = taking
            for first, second in pairwise(taking):
                QWidget.setTabOrder(first, second)

    def _line(self, index: int, rows: int) -> RunLines:
        """The widget of a line, with so many rows."""
        if index == len(self._lines):
            self._lines.append(self._new_line(rows))
            self._column.insertWidget(self._column.count() - 1, self._lines[index])
        line = self._lines[index]
        if line.rows != rows:
            other = self._new_line(rows)
            self._column.replaceWidget(line, other)
            line.hide()  # it goes a moment later, and must not show through until then
            line.deleteLater()
            self._lines[index] = other
        return self._lines[index]

    def _new_line(self, rows: int) -> RunLines:
        line = RunLines(self._theme, (LINE,) * rows)
        line.clicked.connect(self.taken)
        return line

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width breaks lines elsewhere."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.show_lines(self._shown)

    def text(self) -> str:
        """All words shown, a line each."""
        return "\n".join(line.text().replace("\n", "") for line in self._lines if not line.isHidden())


class Overview(QWidget):
    """Cards in two columns; disputed fields stand above everything else. `focus_lost`: what had the focus is gone."""

    focus_lost = Signal()
    wanted = Signal(str)  # id of an action: its key stands in the line that was taken
    number_wanted = Signal(str)  # a rule number that something shown follows from (D-31)

    def __init__(self, theme: Theme, session: Session, words: Words, amber_s: int, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.pending_s = words.district.pending_s
        self._theme, self._session, self._words, self.amber_s = theme, session, words, amber_s
        self._data: DeskData | None = None
        self._now_ms = 0
        self._explained: set[tuple[str, str]] = set()  # incidents and clocks whose rules stand open
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        self._top = QGridLayout()
        self._top.setSpacing(12)
        column.addLayout(self._top)
        self.disputes = Disputes(theme, session, words, clock, self._top, self.focus_lost.emit)
        grid = QGridLayout()
        grid.setSpacing(12)
        texts = words.texts
        self.facts = Card(theme, "deskFacts", texts.get("ui.desk.card.facts"))
        self.figures = Card(theme, "deskFigures", texts.get("ui.casualties.card"))
        self.clocks = Card(theme, "deskClocks", texts.get("ui.desk.card.clocks"))
        self.oral = Card(theme, "deskOral", texts.get("ui.desk.card.oral"))
        self.reports = Card(theme, "deskReports", texts.get("ui.desk.card.reports"))
        self.units = Card(theme, "deskUnits", texts.get("ui.desk.card.units"))
        self.clocks.taken.connect(self._explain)
        self.facts.taken.connect(self._taken)
        self.figures.taken.connect(self.wanted)
        grid.addWidget(self.facts, 0, 0, 2, 1)
        grid.addWidget(self.clocks, 0, 1)
        grid.addWidget(self.figures, 1, 1)
        grid.addWidget(self.oral, 2, 0)
        grid.addWidget(self.units, 2, 1)
        grid.addWidget(self.reports, 3, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        column.addStretch(1)

    def show_data(self, data: DeskData, now_ms: int) -> None:
        """Show an incident."""
        self._data = data
        self.oral.show_lines(self._oral(data, now_ms))
        self.reports.show_lines(self._reports(data, now_ms))
        self.units.show_lines(self._units(data))
        self.disputes.show(data)
        self.tick(now_ms)

    def tick(self, now_ms: int) -> None:
        """Countdowns go on."""
        self._now_ms = now_ms
        if self._data is not None:
            self.clocks.show_lines(self._clocks(self._data, now_ms))
            self.facts.show_lines(self._facts(self._data, now_ms))
            self.figures.show_lines(self._figures(self._data, now_ms))

    # -- cards -------------------------------------------------------------------------------------------------------------
    def _facts(self, data: DeskData, now_ms: int) -> list[tuple[list[Run], str]]:
        words, disputed = self._words, says.conflict_fields(data.conflicts)
        names = [Run(says.field_name(words.texts, field), "muted", "small") for field in _FACTS]
        if disputed:  # room for the badge
            names = [replace(name, icon="bolt") for name in names]
        wide = round(max(Painter(self._theme).width(name) for name in names)) + 1
        lines = []
        for field in _FACTS:
            value, tone = words.value(field, getattr(data.row, field)), "text"
            if field == "class_code":
                value, tone = self._class_words(data.row, now_ms)
            runs = [
                Run(says.field_name(words.texts, field), "muted", "small", wide=wide),
                Run(value, tone, "body", gap=16, shrinks=True),
            ]
            if field in disputed:
                both = " / ".join(words.value(field, row.value) for row in disputed[field])
                runs[0] = Run(says.field_name(words.texts, field), "warn", "small", wide=wide, icon="bolt")
                runs[1] = Run(
                    words.texts.get("ui.desk.conflict.both", values=both),
                    "warn",
                    "body",
                    gap=16,
                    shrinks=True,
                )
            if field == "class_code" and data.row.class_code == IncidentClass.PENDING:
                runs.append(self._why_run(f"{_NUMBER}pending_class_limit"))
            lines.append((runs, value))
        act = Run(words.texts.get("ui.history.action"), "accent", "small", key="history")
        return [*self._level(data, wide), *lines, self._act_line(act, "F8")]

    def _level(self, data: DeskData, wide: int) -> list[tuple[list[Run], str]]:
        """The proposed level, and on request what it follows from (RULES 4.7): order 493, no number of the district."""
        texts, row = self._words.texts, data.row
        stated = [
            f"{name_of(texts, row.figure)} {number_words(texts, row.figure, row.value)}"
            for row in data.figures
            if row.figure in _LEVEL_FIGURES and row.value is not None and not row.disputed
        ]
        figures = texts.get("wording.comma").join(stated) or texts.get("ui.desk.why.no_figures")
        said = texts.get("ui.desk.why.level", clause=texts.get("clause.RULES-4"), figures=figures)
        runs = [
            Run(texts.get("ui.desk.level"), "muted", "small", wide=wide),
            replace(says.level_run(row, "body"), gap=16),
            Run(says.level_words(texts, row), "text", "body", gap=4, shrinks=True),
            self._why_run(_LEVEL),
        ]
        return [(runs, said), *self._explanation(data, _LEVEL, said)]

    def _figures(self, data: DeskData, now_ms: int) -> list[tuple[list[Run], str]]:
        texts = self._words.texts
        names = [Run(name_of(texts, figure), "muted", "small") for figure in Figure]
        wide = round(max(Painter(self._theme).width(name) for name in names)) + 1
        act = Run(texts.get("ui.casualties.action"), "accent", "small", key="casualties")
        return [*figure_lines(texts, data.figures, now_ms, wide), self._act_line(act, "F6")]

    def _act_line(self, act: Run, key: str) -> tuple[list[Run], str]:
        """A line that does what its key does."""
        return [act, Run(key, "muted", "small", look=Look.OUTLINED)], ""

    def _class_words(self, row: IncidentRow, now_ms: int) -> tuple[str, str]:
        """(class, tone): with its special headquarters; pending says since when, amber once that is too long (RC-01)."""
        from app.queries import incidents

        texts, name = self._words.texts, self._words.value("class_code", row.class_code)
        headquarters = incidents.special_hq(row.class_code)
        if headquarters is not None:
            return texts.get("ui.desk.class.known", name=name, headquarters=texts.get(headquarters)), "text"
        if row.class_code != IncidentClass.PENDING or row.registered_at is None:
            return name, "text"
        minutes = self.pending_s // 60
        late = incidents.class_overdue_since(row, now_ms, self.pending_s) is not None
        time = moments.day_clock(row.registered_at, now_ms)
        if late:
            return texts.get("ui.desk.class.overdue", name=name, time=time, minutes=minutes), "warn"
        return texts.get("ui.desk.class.pending", name=name, time=time, minutes=minutes), "text"

    def _clocks(self, data: DeskData, now_ms: int) -> list[tuple[list[Run], str]]:
        texts, row = self._words.texts, data.row
        found = says.clocks(texts, row, now_ms, self.amber_s)
        if not found:
            reason = (
                texts.get(row.owes_why)
                if row.owes_why and texts.has(row.owes_why)
                else texts.get("ui.desk.everyday")
            )
            said = texts.get("ui.desk.why.everyday")
            runs = [Run(reason, "muted", "table"), self._why_run(_EVERYDAY)]
            return [(runs, said), *self._explanation(data, _EVERYDAY, said)]
        lines = []
        for clock in found:
            runs = [
                Run(clock.name, "muted", "table", wide=48),
                Run(clock.figure, clock.tone, "countdown", clock.tone != "good", gap=12),
                Run(clock.second, "muted", "small", gap=12),
                self._why_run(clock.kind.value),
            ]
            said = self.why(data, clock.kind)
            lines += [(runs, said), *self._explanation(data, clock.kind.value, said)]
        return lines

    def _why_run(self, key: str) -> Run:
        return Run(self._words.texts.get("ui.desk.why.label"), "accent", "small", gap=12, key=key)

    def _explanation(self, data: DeskData, key: str, said: str) -> list[tuple[list[Run], str]]:
        """The rule's words below its clock once they were asked for; seeing needs no account."""
        if (data.row.id, key) not in self._explained:
            return []
        told: list[tuple[list[Run], str]] = [([Run(said, "text", "small")], "")]
        if key in _NUMBERS:
            link = self._words.texts.get("ui.settings.to_number")
            told.append(([Run(link, "accent", "small", key=f"{_NUMBER}{_NUMBERS[key]}")], ""))
        return told

    def _taken(self, key: str) -> None:
        """The level explains itself, a limit leads to its number; everything else is an act of the window."""
        if key == _LEVEL or key.startswith(_NUMBER):
            self._explain(key)
        else:
            self.wanted.emit(key)

    def _explain(self, key: str) -> None:
        """Open the rule behind something computed, or put it away again; its number is looked up in the settings."""
        if key.startswith(_NUMBER):
            self.number_wanted.emit(key.removeprefix(_NUMBER))
        elif self._data is not None:
            self._explained ^= {(self._data.row.id, key)}
            self.tick(self._now_ms)

    def why(self, data: DeskData, kind: DeadlineKind) -> str:
        """The rule behind a clock: its source, from when it counts, and that the due moment is on time (RP-07, D-01, D-02)."""
        texts = self._words.texts
        received = moments.exact_text(data.row.received_at) if data.row.received_at is not None else ""
        return texts.get(
            f"ui.desk.why.{kind.value}",
            clause=texts.get("clause.RP-07"),
            start=texts.get("clause.D-01"),
            limit=texts.get("clause.D-02"),
            received=received,
        )

    def _oral(self, data: DeskData, now_ms: int) -> list[tuple[list[Run], str]]:
        words = self._words
        amended = {row.amends_id for row in data.oral if row.amends_id}
        lines = []
        for row in data.oral:
            tone = "muted" if row.id in amended else "text"
            lines.append(
                (
                    [
                        Run(moments.day_clock(row.spoken_at or 0, now_ms), tone, "table", True),
                        Run(words.value("to_role", row.to_role), tone),
                        Run(words.value("channel", row.channel), "muted"),
                        Run(row.gist or "", tone, shrinks=True),
                    ],
                    row.gist or "",
                )
            )
        return lines or [([Run(words.texts.get("ui.desk.nothing.oral"), "muted")], "")]

    def _reports(self, data: DeskData, now_ms: int) -> list[tuple[list[Run], str]]:
        words = self._words
        lines = [
            (
                [
                    Run(moments.day_clock(row.sent_at or 0, now_ms), "text", "table", True),
                    Run(words.value("kind", row.kind)),
                    Run(words.value("form", row.form), "muted"),
                    Run(words.value("recipient", row.recipient), "muted"),
                    Run(row.title or row.text or "", shrinks=True),
                ],
                row.text or "",
            )
            for row in data.reports
        ]
        return lines or [([Run(words.texts.get("ui.desk.nothing.reports"), "muted")], "")]

    def _units(self, data: DeskData) -> list[tuple[list[Run], str]]:
        texts = self._words.texts
        lines = []
        for unit in data.units:
            runs = [Run(unit.unit or "", size="table", bold=True)]
            for stamp in ("dispatched_at", "departed_at", "arrived_at", "released_at"):
                at = getattr(unit, stamp)
                if at is not None:
                    text = texts.get(
                        "ui.desk.stamped",
                        word=texts.get(f"ui.desk.stamp.{stamp}"),
                        time=moments.minute_text(at),
                    )
                    runs.append(Run(text, "muted", "small"))
            lines.append((runs, unit.unit_kind or ""))
        return lines or [([Run(texts.get("ui.desk.nothing.units"), "muted")], "")]

    # -- disputes ----------------------------------------------------------------------------------------------------------
    @property
    def conflicts(self) -> list[ConflictCard]:
        """The cards of disputed fields."""
        return self.disputes.cards

    def show_history(self, entries: Sequence[Any]) -> None:
        """What the authors of disputed values had seen, and who settled what is settled (XC-03)."""
        if self._data is not None:
            self.disputes.show_history(entries, self._clock.now_ms())
