"""The 119 feed as it really stands: age of the last alarm, what was rejected and why, trouble of the folder (IS-01).

Where no feed comes in (only the fire side's consoles take alarms), the age of the newest alarm that arrived is all it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.kernel.changes import ChangeSet
from app.kernel.enums import Role
from app.kernel.texts import Texts
from app.ui.relay import Relay
from app.ui.shell import moments
from app.ui.shell.runs import Run, RunLines
from app.ui.shell.sheet import plain, set_tone
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.exchange.feed.intake import FeedCounts
    from app.ui.shell.ports import SiteDoor

REJECTS = "rejects"


def takes_alarms(agency: str) -> bool:
    """True if consoles of this agency take alarms of the 119 system (XC-06, IS-01)."""
    from app.usecases.permissions import matrix

    return matrix().permits("receive_alarm", agency, frozenset({Role.CONSOLE}))


def age_run(texts: Texts, counts: FeedCounts, now_ms: int, size: str = "small") -> Run:
    """How long ago the last alarm came in, since the start."""
    if counts.last_at is None:
        return Run(texts.get("ui.links.feed.nothing"), "muted", size)
    age = moments.age(texts, now_ms - counts.last_at)
    return Run(texts.get("ui.links.feed.last", age=age), "text", size, icon="arrow-down")


def rejected_run(texts: Texts, counts: FeedCounts, size: str = "small") -> Run:
    """How many were rejected since the start; a click shows the file."""
    if counts.rejected:
        said = texts.get("ui.links.feed.rejected", n=counts.rejected)
        return Run(said, "warn", size, True, gap=12, icon="alert", key=REJECTS)
    return Run(texts.get("ui.links.feed.none_rejected"), "muted", size, gap=12)


class AlarmFeed(QWidget):
    """Two lines, and a sentence while something is wrong."""

    def __init__(self, console: SiteDoor, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("alarmFeed")
        self._console, self._texts = console, console.texts
        self._relay = Relay(self)
        self._newest: int | None = None
        self._stale, self._takes = True, takes_alarms(console.agency)
        title = RunLines(theme, (32,))
        title.set_runs([Run(self._texts.get("ui.links.feed.title"), size="body", bold=True)])
        self.lines = RunLines(theme, (22, 22))
        self.lines.setObjectName("alarmFeedLines")
        self.lines.clicked.connect(self._show_rejects)
        self.why = plain(tone="warn", size="small")
        self.why.setObjectName("alarmFeedWhy")
        self.why.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (title, self.lines, self.why):
            column.addWidget(part)
        self.tick(console.clock.now_ms())

    def dispose(self) -> None:
        """Hear nothing any more."""
        self._relay.stop()

    def tick(self, now_ms: int) -> None:
        """Once a second: ages grow, figures may have changed."""
        counts = self._console.feed() if self._takes else None
        if counts is not None:
            lines, (said, tone) = self._own(counts, now_ms), self._sentence(counts)
        else:
            lines, said, tone = self._other(now_ms), "", "muted"
        self.lines.set_runs(*lines)
        if self.why.text() != said:
            self.why.setText(said)
        self.why.setVisible(bool(said))
        set_tone(self.why, tone)

    def _own(self, counts: FeedCounts, now_ms: int) -> list[list[Run]]:
        texts = self._texts
        first = [age_run(texts, counts, now_ms), rejected_run(texts, counts)]
        taken = texts.get(
            "ui.links.feed.taken", new=counts.new, changed=counts.changed, same=counts.unchanged
        )
        second = [Run(taken, "muted", "small")] if counts.last_at is not None else self._newest_line(now_ms)
        if counts.kept_before:
            kept = texts.get("ui.links.feed.kept_before", n=counts.kept_before)
            second.append(Run(kept, "muted", "small", gap=12, key=REJECTS, shrinks=True))
        return [first, second]

    def _other(self, now_ms: int) -> list[list[Run]]:
        key = "nothing" if self._takes else "not_here"
        first = [Run(self._texts.get(f"ui.links.feed.{key}"), "muted", "small", shrinks=True)]
        return [first, self._newest_line(now_ms)]

    def _newest_line(self, now_ms: int) -> list[Run]:
        if self._newest is None:
            return [Run(self._texts.get("ui.links.feed.no_alarm"), "muted", "small")]
        said = self._texts.get(
            "ui.links.feed.newest",
            time=moments.minute_text(self._newest),
            age=moments.age(self._texts, now_ms - self._newest),
        )
        return [Run(said, "muted", "small")]

    def _sentence(self, counts: FeedCounts) -> tuple[str, str]:
        """Trouble of the folder first, then why the last alarm was rejected."""
        texts = self._texts
        if counts.trouble:
            return texts.get("ui.links.feed.trouble"), "bad"
        if counts.why is None or counts.rejected_at is None:
            return "", "muted"
        why = texts.get(counts.why) if texts.has(counts.why) and not texts.parameters(counts.why) else ""
        key = "why" if why else "why_format"
        return texts.get(
            f"ui.links.feed.{key}", time=moments.minute_text(counts.rejected_at), why=why
        ), "warn"

    # -- the newest alarm in the record ------------------------------------------------------------------------------------
    def heard(self, changes: ChangeSet) -> None:
        """A commit: the newest alarm may be another."""
        if changes.touches("incident"):
            self._stale = True
            if self.isVisible():
                self.read()

    def showEvent(self, event: QShowEvent) -> None:
        """What was missed while hidden is read now."""
        super().showEvent(event)
        if self._stale:
            self.read()

    def read(self) -> None:
        """Read the newest alarm."""
        self._stale = False

        def ask(connection: Any) -> int | None:
            from app.queries.feed import newest_alarm_at

            return newest_alarm_at(connection)

        self._relay.then(self._console.query(ask, "links.feed"), self._take)

    def _take(self, newest: int | None) -> None:
        self._newest = newest
        self.tick(self._console.clock.now_ms())

    def _show_rejects(self, key: str) -> None:
        if key == REJECTS:
            folder = self._console.data.root / "feed"
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
