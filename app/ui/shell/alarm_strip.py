"""The alarm strip: the top alarm in full, the next one short, and the one key that acknowledges (SCREEN, Keyboard: F2).

Only an unacknowledged red alarm blinks, at 1 Hz, and only its tile; everything else is still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.kernel.enums import Severity
from app.ui.shell import moments
from app.ui.shell.alarm_desk import AlarmDesk
from app.ui.shell.alarms import Alarm
from app.ui.shell.runs import Painter, Run, RunLines
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.console import Console

HEIGHT = 36
BLINK_MS = 500  # on and off: 1 Hz
INSET = 12


class AlarmStrip(QWidget):
    """36 px. `acknowledge_wanted` by its button; `incident_wanted` with the id of a clicked alarm's incident."""

    acknowledge_wanted = Signal()
    incident_wanted = Signal(str)

    def __init__(
        self, console: Console, desk: AlarmDesk, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("alarmStrip")
        self.setFixedHeight(HEIGHT)
        self._console, self._texts, self._desk, self._theme = console, console.texts, desk, theme
        self._painter = Painter(theme)
        self._lit = True
        self._tile: list[Run] = []
        self._now = console.clock.now_ms()
        self.line = RunLines(theme, (HEIGHT,), parent=self)
        self.line.setObjectName("alarmLine")
        self.next = RunLines(theme, (HEIGHT,), parent=self)
        self.day = RunLines(theme, (HEIGHT,), right=True, parent=self)
        self.button = HintButton(
            theme, self._texts.get("ui.shell.alarm.acknowledge"), hint="F2", kind="danger", parent=self
        )
        self.button.setObjectName("alarmAcknowledge")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self.acknowledge_wanted)
        for line in (self.line, self.next):
            line.clicked.connect(self.incident_wanted)
        self._blink = QTimer(self)
        self._blink.setInterval(BLINK_MS)
        self._blink.timeout.connect(self._toggle)
        theme.changed.connect(self.update)
        self.refresh(self._now)

    # -- content -----------------------------------------------------------------------------------------------------------
    def refresh(self, now_ms: int) -> None:
        """Show what stands now."""
        self._now = now_ms
        desk, texts = self._desk, self._texts
        waiting = desk.unacknowledged
        tile = self._tile_runs(len(waiting))
        if tile != self._tile:
            self._tile = tile
            self.update()
        top = desk.standing[0] if desk.standing else None
        self.line.set_runs(
            [self._nothing()] if top is None else self._runs(top, top.id not in desk.acknowledged)
        )
        self.next.set_runs(self._next_runs())
        self.day.set_runs([Run(texts.get("ui.shell.alarm.day", n=len(desk.seen)), "muted", "small")])
        self.button.setVisible(bool(waiting))
        if bool(waiting) != self._blink.isActive():
            (self._blink.start if waiting else self._blink.stop)()
            self._lit = True
            self.update()
        self._place()

    def _tile_runs(self, waiting: int) -> list[Run]:
        texts = self._texts
        if waiting:
            return [Run(texts.get("ui.shell.alarm.waiting", n=waiting), "ink", "table", True, icon="bell")]
        if self._desk.standing:
            number = len(self._desk.standing)
            red = any(alarm.severity is Severity.RED for alarm in self._desk.standing)
            token = "bad" if red else "warn"
            return [Run(texts.get("ui.shell.alarm.standing", n=number), token, "table", True, icon="alert")]
        return []

    def sentence(self, alarm: Alarm) -> str:
        """What the strip says of an alarm, for the log."""
        return " ".join(run.text for run in self._runs(alarm, True))

    def _nothing(self) -> Run:
        return Run(self._texts.get("ui.shell.alarm.none"), "muted", "table", icon="check")

    def _next_runs(self) -> list[Run]:
        rest = self._desk.standing[1:]
        if not rest:
            return []
        more = Run(self._texts.get("ui.shell.alarm.more", n=len(rest)), "muted", "small")
        return [more, *self._runs(rest[0], rest[0].id not in self._desk.acknowledged)[:2]]

    def _runs(self, alarm: Alarm, fresh: bool) -> list[Run]:
        texts = self._texts
        tone = "bad" if alarm.severity is Severity.RED else "warn"
        key = alarm.incident_id
        if alarm.due_at is None:
            return [Run(self._words(alarm), tone if fresh else "text", "table", shrinks=True, key=key)]
        left = alarm.due_at - self._now
        clock = texts.get(
            "ui.shell.alarm.over" if left < 0 else "ui.shell.alarm.left", time=moments.countdown(texts, left)
        )
        agency = self._console.agency
        side = texts.get(f"ui.shell.side.{'own' if alarm.owner == agency else 'partner'}")
        what = texts.get(
            "ui.shell.alarm.clock", title=alarm.title, clock=texts.get(f"enum.deadline_kind.{alarm.kind}")
        )
        return [
            Run(clock, tone, "table", True, key=key),
            Run(what, "text", "table", shrinks=True, key=key),
            Run(texts.get("ui.shell.alarm.owed", side=side), "muted", "table", key=key),
        ]

    def _words(self, alarm: Alarm) -> str:
        texts = self._texts
        if alarm.kind == "single_sided":
            since = alarm.since if alarm.since is not None else self._now
            span = moments.age(texts, self._now - since)
            return texts.get("ui.shell.alarm.single_sided", time=moments.minute_text(since), age=span)
        if alarm.kind == "class_pending":
            since = alarm.since if alarm.since is not None else self._now
            span = moments.age(texts, self._now - since)
            return texts.get(
                "ui.shell.alarm.class_pending", title=alarm.title, time=moments.minute_text(since), age=span
            )
        if alarm.kind == "skew":
            return texts.get("ui.shell.alarm.skew", s=abs(alarm.number))
        return alarm.title

    # -- painting ----------------------------------------------------------------------------------------------------------
    def _toggle(self) -> None:
        self._lit = not self._lit
        self.update(0, 0, self._tile_width(), self.height())

    def _tile_width(self) -> int:
        if not self._tile:
            return 0
        width = round(self._painter.total(self._tile)) + 2 * INSET
        return max(115, width) if self._desk.unacknowledged else width

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, then the tile."""
        waits, theme = bool(self._desk.unacknowledged), self._theme
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.badbg if waits else theme.surface)
        width = self._tile_width()
        if self._tile:
            if waits:
                painter.fillRect(0, 0, width, self.height(), theme.bad if self._lit else theme.badbg)
            token = self._tile[0].token if self._lit or not waits else "bad"
            runs = [Run(r.text, token, r.size, r.bold, r.gap, r.icon) for r in self._tile]
            area = QRectF(INSET, 0, width - INSET, self.height())
            self._painter.paint(painter, runs, area, self.devicePixelRatioF())
        if self.hasFocus():  # Ctrl+5, while there is nothing to acknowledge
            painter.setPen(QPen(theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The frame of the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Without it."""
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the incident of the top alarm."""
        top = self._desk.standing[0] if self._desk.standing else None
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and self.hasFocus() and top is not None and top.incident_id:
            self.incident_wanted.emit(top.incident_id)
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the parts anew."""
        self._place()
        super().resizeEvent(event)

    def _place(self) -> None:
        x, height = self._tile_width() + INSET, self.height()
        day = self.day.sizeHint().width()
        right = self.width() - INSET - day
        self.day.setGeometry(right, 0, day, height)
        button = self.button.sizeHint().width() if self._desk.unacknowledged else 0
        room = right - 2 * INSET - x - (button + INSET if button else 0)
        line = max(0, min(self.line.sizeHint().width(), room))
        self.line.setGeometry(x, 0, line, height)
        x += line + INSET
        if button:
            self.button.setGeometry(x, (height - 28) // 2, button, 28)
            x += button + 2 * INSET
        self.next.setGeometry(x, 0, max(0, right - INSET - x), height)
