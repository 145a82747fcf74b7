"""The status line: database, backup, record, clocks, and what this is not (24 px)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.kernel.clock import MINUTE_MS
from app.kernel.enums import Realm
from app.ui.links.judgement import Standing
from app.ui.shell import header_text, moments
from app.ui.shell.ports import Health
from app.ui.shell.runs import Run, RunLines
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.exchange.feed.intake import FeedCounts
    from app.ui.console import Console

HEIGHT = 24
BACKUP_GRACE_MS = 30 * MINUTE_MS  # one that falls due now is being made and checked
INSET = 12
_KB, _MB = 1024, 1024 * 1024


class StatusLine(QWidget):
    """Left: how the site is; right: exercise mark, layout, the two keys that lead everywhere."""

    wanted = Signal(str)  # "palette" | "keys" | "backup" | "conflicts" | "layout"

    def __init__(self, console: Console, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusLine")
        self.setProperty("plane", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setFixedHeight(HEIGHT)
        self._console, self._texts = console, console.texts
        self._health: Health | None = None
        self._fault = False
        self._standing: Standing | None = None
        self._feed: FeedCounts | None = None
        self._cases = self._refused = 0
        self._now = console.clock.now_ms()
        self._layout_key = "ui.layouts.status.duty"
        self.left = RunLines(theme, (HEIGHT,), parent=self)
        self.right = RunLines(theme, (HEIGHT,), right=True, parent=self)
        self.left.setObjectName("statusLeft")
        self.right.setObjectName("statusRight")
        for line in (self.left, self.right):
            line.clicked.connect(self.wanted)
        self._show()

    def show_health(self, health: Health) -> None:
        """New figures of the database."""
        self._health, self._fault = health, False
        self._show()

    def show_fault(self) -> None:
        """The database said no: disk full, read-only, damaged."""
        self._fault = True
        self._show()

    def show_link(self, standing: Standing) -> None:
        """The partner's clock against ours (D-24)."""
        self._standing = standing
        self._show()

    def show_feed(self, counts: FeedCounts | None) -> None:
        """The 119 feed: age of the last alarm and what was rejected, where any came in (IS-01)."""
        self._feed = counts if counts is not None and (counts.last_at is not None or counts.trouble) else None

    def show_conflicts(self, cases: int, refused: int) -> None:
        """Disagreements that wait for a person, and how much was not accepted (XC-03)."""
        self._cases, self._refused = cases, refused
        self._show()

    def show_layout(self, key: str) -> None:
        """Name of the layout (text key)."""
        self._layout_key = key
        self._show()

    def tick(self, now_ms: int) -> None:
        """Ages grow once a minute; painted only when the words change."""
        self._now = now_ms
        self._show()

    def _show(self) -> None:
        self.left.set_runs(self._left())
        self.right.set_runs(self._right())
        self._place()

    def _left(self) -> list[Run]:
        texts, health = self._texts, self._health
        if self._fault:
            return [Run(texts.get("ui.shell.status.fault"), "bad", "small", True, icon="alert")]
        if health is None:
            return [Run(texts.get("ui.shell.status.opening"), "muted", "small")]
        runs = self._conflict_runs()
        runs.append(
            Run(
                texts.get("ui.shell.status.database", size=_size(health.size_bytes)), "muted", "small", gap=16
            )
        )
        if health.backup_at is None:
            runs.append(Run(texts.get("ui.shell.status.no_backup"), "warn", "small", gap=16, key="backup"))
        else:
            age_ms = self._now - health.backup_at
            said = texts.get("ui.shell.status.backup", age=moments.age(texts, age_ms))
            late = age_ms > health.backup_limit_ms + BACKUP_GRACE_MS
            runs.append(Run(said, "warn" if late else "muted", "small", gap=16, key="backup"))
        runs.append(Run(texts.get("ui.shell.status.record", n=health.operations), "muted", "small", gap=16))
        runs += self._feed_runs()
        standing = self._standing
        if standing is not None and standing.offset_ms is not None:
            tone = "warn" if standing.clock_warns else "muted"
            runs.append(Run(header_text.offset_text(texts, standing.offset_ms), tone, "small", gap=16))
        return runs

    def _conflict_runs(self) -> list[Run]:
        texts, runs = self._texts, []
        if self._cases:
            said = texts.get("ui.conflicts.status", n=self._cases)
            runs.append(Run(said, "warn", "small", True, icon="bolt", key="conflicts"))
        if self._refused:
            said = texts.get("ui.conflicts.status_refused", n=self._refused)
            runs.append(Run(said, "muted", "small", gap=16, icon="state-void", key="conflicts"))
        return runs

    def _feed_runs(self) -> list[Run]:
        texts, counts = self._texts, self._feed
        if counts is None:
            return []
        runs = []
        if counts.last_at is not None:
            age = moments.age(texts, self._now - counts.last_at)
            runs.append(Run(texts.get("ui.links.feed.status", age=age), "muted", "small", gap=16))
        if counts.rejected:
            said = texts.get("ui.links.feed.rejected", n=counts.rejected)
            runs.append(Run(said, "warn", "small", gap=8))
        if counts.trouble:
            runs.append(Run(texts.get("ui.links.feed.stuck"), "bad", "small", True, gap=8, icon="alert"))
        return runs

    def _right(self) -> list[Run]:
        texts = self._texts
        runs = []
        if self._console.realm == Realm.EXERCISE:
            runs.append(Run(texts.get("ui.shell.exercise"), "warn", "small"))
        runs.append(Run(texts.get(self._layout_key), "muted", "small", gap=16, key="layout"))
        runs.append(Run(texts.get("ui.shell.status.palette"), "muted", "small", gap=16, key="palette"))
        runs.append(Run(texts.get("ui.shell.status.keys"), "muted", "small", gap=16, key="keys"))
        return runs

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the two parts anew."""
        self._place()
        super().resizeEvent(event)

    def _place(self) -> None:
        right = min(self.right.sizeHint().width(), self.width() - 2 * INSET)
        self.right.setGeometry(self.width() - INSET - right, 0, right, HEIGHT)
        self.left.setGeometry(INSET, 0, max(0, self.width() - 3 * INSET - right), HEIGHT)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / _MB:.1f} MB" if size_bytes >= _MB else f"{size_bytes / _KB:.0f} KB"
