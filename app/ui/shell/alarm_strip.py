"""The alarm strip: the top alarm in full, the next one short, and the one key that acknowledges (SCREEN, Keyboard: F2).

Only an unacknowledged red alarm blinks, at 1 Hz, and only its tile; everything else is still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.kernel.enums import Severity
from app.ui.shell import alarm_words
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
LIST = "#list"  # what is clicked that is no incident's: the list of alarms
_TONES = {Severity.RED: "bad", Severity.AMBER: "warn", Severity.NOTICE: "text"}


class AlarmStrip(QWidget):
    """36 px. `acknowledge_wanted` by its button; `incident_wanted` with the id of a clicked alarm's incident.

    `list_wanted`: the tile, the rest of the queue or an alarm without an incident was clicked.
    """

    acknowledge_wanted = Signal()
    incident_wanted = Signal(str)
    list_wanted = Signal()

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
            line.clicked.connect(self._clicked)
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

    def _clicked(self, key: str) -> None:
        if key == LIST:
            self.list_wanted.emit()
        else:
            self.incident_wanted.emit(key)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The tile opens the list."""
        if self._tile and event.position().x() < self._tile_width():
            self.list_wanted.emit()
            return
        super().mousePressEvent(event)

    def _tile_runs(self, waiting: int) -> list[Run]:
        texts = self._texts
        if waiting:
            return [Run(texts.get("ui.shell.alarm.waiting", n=waiting), "ink", "table", True, icon="bell")]
        if self._desk.standing:
            number = len(self._desk.standing)
            token = _TONES[min(alarm.severity for alarm in self._desk.standing)]
            return [Run(texts.get("ui.shell.alarm.standing", n=number), token, "table", True, icon="alert")]
        return []

    def sentence(self, alarm: Alarm) -> str:
        """What the strip says of an alarm, for the log."""
        return alarm_words.sentence(self._texts, alarm, self._console.agency, self._now)

    def _nothing(self) -> Run:
        return Run(self._texts.get("ui.shell.alarm.none"), "muted", "table", icon="check")

    def _next_runs(self) -> list[Run]:
        rest = self._desk.standing[1:]
        if not rest:
            return []
        more = Run(self._texts.get("ui.shell.alarm.more", n=len(rest)), "muted", "small", key=LIST)
        return [more, *self._runs(rest[0], rest[0].id not in self._desk.acknowledged)[:2]]

    def _runs(self, alarm: Alarm, fresh: bool) -> list[Run]:
        texts, now, key = self._texts, self._now, alarm.incident_id or LIST
        tone = _TONES[alarm.severity]
        said = alarm_words.words(texts, alarm, now)
        if alarm.due_at is None:
            return [Run(said, tone if fresh else "text", "table", shrinks=True, key=key)]
        return [
            Run(alarm_words.clock(texts, alarm, now), tone, "table", True, key=key),
            Run(said, "text", "table", shrinks=True, key=key),
            Run(alarm_words.owed(texts, alarm, self._console.agency), "muted", "table", key=key),
        ]

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
        """Enter opens the incident of the top alarm, Space the list."""
        top = self._desk.standing[0] if self._desk.standing else None
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and self.hasFocus() and top is not None and top.incident_id:
            self.incident_wanted.emit(top.incident_id)
        elif event.key() == Qt.Key.Key_Space and self.hasFocus():
            self.list_wanted.emit()
            return
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
