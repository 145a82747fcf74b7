"""The link panel (right): the partner's real state, channels, round trips, last changes. Never a bare green light (JD-01)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.kernel.changes import ChangeSet
from app.kernel.enums import Channel, LogKind
from app.ui.links.alarm_feed import AlarmFeed
from app.ui.links.judgement import Standing, of_partner
from app.ui.links.rtt_plot import RttPlot
from app.ui.links.rtt_series import series
from app.ui.links.sentences import why
from app.ui.relay import Relay
from app.ui.session import Session
from app.ui.shell import header_text, moments
from app.ui.shell.runs import Run, RunLines
from app.ui.shell.sheet import plain, set_tone, tip
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.duty import LogRow
    from app.ui.shell.ports import SiteDoor

INSET = 12
ROW = 24
LOG_LINES = 8
_LOG_READ = 400
_GAP, _LAST = 6, 72  # px between columns, px of the last one
_COLUMNS = (0, 68, 168, 244)  # x of the table's columns from the inset; the last one ends at the right edge


class Tile(QWidget):
    """Where a picture will be: a dashed box that says why there is none."""

    def __init__(self, theme: Theme, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("videoTile")
        self._theme, self._sentence = theme, sentence
        self.setFixedHeight(96)
        self.setAccessibleName(sentence)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Box, icon, words."""
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.line, 1, Qt.PenStyle.DashLine))
        painter.setBrush(theme.canvas)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        middle = self.rect().center()
        painter.drawPixmap(middle.x() - 10, middle.y() - 24, theme.pixmap("camera-off", "muted", 20))
        painter.setPen(theme.muted)
        painter.setFont(theme.font("small"))
        box = QRectF(0, middle.y() + 2, self.width(), 20)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._sentence)
        painter.end()


class Channels(QWidget):
    """The channel table: data with its real ages; what is not connected says so and shows nothing else."""

    def __init__(self, texts: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("channelTable")
        self._texts, self._theme = texts, theme
        self.rows: list[list[tuple[str, str]]] = []
        self.setFixedHeight(ROW * (1 + len(Channel)))
        theme.changed.connect(self.update)

    def show_standing(self, standing: Standing) -> None:
        """Cells (text, token) of every row; repaints when one changed."""
        texts = self._texts
        dash = texts.get("ui.shell.none")
        out = moments.age(texts, standing.out_ms) if standing.out_ms is not None else dash
        arrived = moments.age(texts, standing.in_ms) if standing.in_ms is not None else dash
        rtt = texts.get("ui.links.ms", n=round(standing.rtt_ms)) if standing.rtt_ms is not None else dash
        state = (texts.get(standing.word), standing.tone)
        data = [state, (out, standing.out_tone), (arrived, standing.in_tone), (rtt, "muted")]
        absent = [(texts.get("ui.links.absent"), "muted"), *[(dash, "muted")] * 3]
        rows = []
        for channel in (Channel.DATA, Channel.VIDEO, Channel.RADIO, Channel.LANDLINE):
            name = (texts.get(f"enum.channel.{channel.value}"), "text")
            rows.append([name, *(data if channel is Channel.DATA else absent)])
        if rows != self.rows:
            self.rows = rows
            self.setAccessibleName("\n".join(" ".join(text for text, _ in row) for row in rows))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Head row muted 12, rows 13."""
        painter, theme = QPainter(self), self._theme
        whole = True
        head = [
            (self._texts.get(f"ui.links.column.{key}"), "muted")
            for key in ("name", "state", "out", "in", "rtt")
        ]
        for index, row in enumerate([head, *self.rows]):
            painter.setFont(theme.font("small" if index == 0 else "table"))
            for column, (text, token) in enumerate(row):
                painter.setPen(theme.colour(token))
                last = column == len(_COLUMNS)
                ends = (
                    *_COLUMNS,
                    self.width() - _LAST,
                    self.width() + _GAP,
                )  # where each begins, and the next
                left, until = ends[column], ends[column + 1] - _GAP
                box = QRectF(left, index * ROW, until - left, ROW)
                side = Qt.AlignmentFlag.AlignRight if last else Qt.AlignmentFlag.AlignLeft
                short = painter.fontMetrics().elidedText(
                    text, Qt.TextElideMode.ElideRight, round(box.width())
                )
                whole = whole and short == text
                painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, short)
        painter.end()
        self.setToolTip("" if whole else tip("\n".join(self._lines(head))))

    def _lines(self, head: list[tuple[str, str]]) -> list[str]:
        """Each row as one line, the heads before it."""
        return [
            ", ".join(f"{name} {cell}" for (name, _), (cell, _) in zip(head, row, strict=True))
            for row in self.rows
        ]


class LinksPanel(QWidget):
    """400 px. Fed by the shell once a second; reads the log of link changes itself."""

    def __init__(
        self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("linksPanel")
        self.setProperty("plane", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(320)
        self.setAccessibleName(console.texts.get("ui.shell.links"))
        self._console, self._session, self._theme, self._texts = console, session, theme, console.texts
        self._relay = Relay(self)
        self._standing: Standing | None = None
        self._stale, self._begun = True, False
        self._build()

    def _build(self) -> None:
        texts, theme = self._texts, self._theme
        partner = self._console.district.agencies[self._console.partner]
        inside = QWidget()
        inside.setProperty("plane", "surface")
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        column = QVBoxLayout(inside)
        column.setContentsMargins(INSET, 0, INSET, INSET)
        column.setSpacing(0)
        area = QScrollArea()  # low windows scroll it, nothing is pushed into something else
        area.setObjectName("linksScroll")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)
        self.head = RunLines(theme, (40,))
        self.head.set_runs(
            [
                Run(texts.get("ui.links.title"), size="body", bold=True),
                Run(partner.full, "muted", "small", shrinks=True),
            ]
        )
        self.state = RunLines(theme, (32, 24, 24, 24))
        self.state.setObjectName("linkState")
        self.reason = plain(tone="warn", size="small")
        self.reason.setObjectName("linkReason")
        self.reason.setWordWrap(True)
        self.reason.hide()
        self.skew = plain(tone="warn", size="small")
        self.skew.setObjectName("linkSkew")
        self.skew.setWordWrap(True)
        self.skew.hide()
        self.channels = Channels(texts, theme)
        self.plot_head = RunLines(theme, (32,))
        self.plot = RttPlot(texts, theme)
        self.log = RunLines(theme, (22,) * LOG_LINES)
        self.log.setObjectName("linkLog")
        for widget in (
            self.head,
            Tile(theme, texts.get("ui.links.no_video")),
            self.state,
            self.reason,
            self.skew,
        ):
            column.addWidget(widget)
        self.feed = AlarmFeed(self._console, theme)
        for title, body in ((self._title("ui.links.channels"), self.channels), (self.plot_head, self.plot)):
            column.addSpacing(8)
            column.addWidget(title)
            column.addWidget(body)
        column.addSpacing(8)
        column.addWidget(self.feed)
        column.addSpacing(8)
        column.addWidget(self._title("ui.links.log"))
        column.addWidget(self.log)
        column.addStretch(1)

    def _title(self, key: str) -> RunLines:
        line = RunLines(self._theme, (32,))
        line.set_runs([Run(self._texts.get(key), size="body", bold=True)])
        return line

    def begin(self) -> None:
        """After the first paint: fetch what is heavy, read what was logged."""
        self._begun = True
        self.plot.begin()
        self._read_log()

    def dispose(self) -> None:
        """Hear nothing any more."""
        self._relay.stop()
        self.feed.dispose()
        self.plot.dispose()

    # -- content -----------------------------------------------------------------------------------------------------------
    def show_standing(self, standing: Standing, now_ms: int) -> None:
        """How the link stands, once a second."""
        if self.isVisible():
            self.feed.tick(now_ms)
        if standing == self._standing and not self.isVisible():
            return
        self._standing = standing
        self.state.set_runs(*self._state_lines(standing, now_ms))
        self.channels.show_standing(standing)
        self._say(
            self.reason, self._reason(standing), "bad" if header_text.is_single_sided(standing) else "warn"
        )
        skew = abs(standing.offset_ms or 0) // 1000
        self._say(
            self.skew, self._texts.get("ui.shell.alarm.skew", s=skew) if standing.clock_warns else "", "warn"
        )
        if self.isVisible():
            self._show_curve(now_ms)

    def _state_lines(self, standing: Standing, now_ms: int) -> list[list[Run]]:
        texts = self._texts
        word = [Run(texts.get(standing.word), standing.tone, "summary", True, icon=standing.icon)]
        if standing.state is None:
            return [word, [Run(texts.get(f"{standing.word}_why"), "muted", "small", shrinks=True)], [], []]
        since = standing.since if standing.since is not None else now_ms
        word.append(
            Run(texts.get("ui.shell.single_since", time=moments.minute_text(since)), "muted", "small")
        )
        word.append(
            Run(
                texts.get("ui.shell.single_for", age=moments.age(texts, now_ms - since)),
                "muted",
                "small",
                gap=0,
            )
        )
        moved = [*header_text.ages(texts, standing), *header_text.waiting(texts, standing)]
        figures = []
        if standing.rtt_ms is not None:
            figures.append(Run(texts.get("ui.links.rtt", ms=round(standing.rtt_ms)), "muted", "small"))
        if standing.offset_ms is not None:
            tone = "warn" if standing.clock_warns else "muted"
            figures.append(Run(header_text.offset_text(texts, standing.offset_ms), tone, "small", gap=12))
        if standing.note is not None and texts.has(standing.note):
            figures.append(Run(texts.get(standing.note), "muted", "small", gap=12, shrinks=True))
        return [word, moved, self._applied(now_ms), figures]

    def _applied(self, now_ms: int) -> list[Run]:
        link = of_partner(self._console.links(), self._console.partner)
        if link is None or link.last_applied_at is None:
            return [Run(self._texts.get("ui.links.never_applied"), "muted", "small")]
        age = moments.age(self._texts, now_ms - link.last_applied_at)
        text = self._texts.get("ui.links.applied", time=moments.clock_text(link.last_applied_at), age=age)
        return [Run(text, "muted", "small")]

    def _reason(self, standing: Standing) -> str:
        """What stands still, since when and why."""
        return why(self._texts, standing, self._console.district.agencies[self._console.partner].short)

    def _say(self, label: Any, text: str, tone: str) -> None:
        if label.text() != text:
            label.setText(text)
            label.setVisible(bool(text))
        set_tone(label, tone)

    def _show_curve(self, now_ms: int) -> None:
        link = of_partner(self._console.links(), self._console.partner)
        curve = series(link.rtt_samples if link is not None else (), now_ms)
        texts = self._texts
        runs = [Run(texts.get("ui.links.plot"), size="body", bold=True)]
        if curve.middle is not None and curve.most is not None:
            figures = texts.get("ui.links.figures", middle=round(curve.middle), most=round(curve.most))
            runs.append(Run(figures, "muted", "small"))
        self.plot_head.set_runs(runs)
        self.plot.show_series(curve)

    # -- the log -----------------------------------------------------------------------------------------------------------
    def heard(self, changes: ChangeSet) -> None:
        """A commit: read the log again when it touched it, at the latest when the panel is seen."""
        self.feed.heard(changes)
        if changes.touches("log_entry"):
            if self.isVisible():
                self._read_log()
            else:
                self._stale = True

    def showEvent(self, event: QShowEvent) -> None:
        """What was missed while hidden is read now; at the first paint nothing is."""
        if self._stale and self._begun:
            self._read_log()
        super().showEvent(event)

    def _read_log(self) -> None:
        self._stale = False

        def read(connection: Any) -> Sequence[LogRow]:
            from app.queries.duty import log

            return [row for row in log(connection, _LOG_READ) if row.kind == LogKind.LINK][:LOG_LINES]

        self._relay.then(self._console.query(read, "links.log"), self._show_log)

    def _show_log(self, rows: Sequence[LogRow]) -> None:
        texts = self._texts
        if not rows:
            self.log.set_runs([Run(texts.get("ui.links.no_log"), "muted", "small")])
            return
        lines = []
        for row in rows:
            agency = self._console.district.agencies.get(row.agency or "")
            side = agency.short if agency is not None else row.agency or ""
            when = moments.local(row.at or 0)
            lines.append(
                [
                    Run(f"{when:%m-%d %H:%M}", "muted", "small"),
                    Run(side, "muted", "small"),
                    Run(row.text or "", "text", "small", shrinks=True),
                ]
            )
        self.log.set_runs(*lines)
        self.log.setToolTip(tip(self.log.text()))
