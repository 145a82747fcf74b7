"""The timeline of an incident: acts, oral reports, reports, units, log entries, in the order of their time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app.ui.desk.data import DeskData
from app.ui.desk.values import Words
from app.ui.desk.words import act_of, field_name
from app.ui.shell import moments
from app.ui.shell.sheet import tip
from app.ui.theme.theme import Theme

ROW = 28
_TIME, _WHO, _KIND, _TEXT = 0, 176, 336, 448
# Registers that say nothing an officer has not read in the line itself.
_SILENT = frozenset({"report_duty", "no", "agency", "origin", "registered_at", "registered_by"})
_ORDER = (
    "status",
    "status_reason",
    "place",
    "what",
    "received_at",
    "occurred_at",
    "class_code",
    "type_code",
    "alarm_grade",
)
_STAMPS = ("dispatched_at", "departed_at", "arrived_at", "released_at")


@dataclass(frozen=True, slots=True)
class Moment:
    """One line: `at` UTC ms, who, kind (icon and words), what; `foreign` came from the partner."""

    at: int
    who: str
    icon: str
    kind: str
    text: str
    foreign: bool = False
    weak: bool = False
    record_id: str = ""  # of an entry of the log or a report


def moments_of(data: DeskData, history: Sequence[Any], words: Words) -> list[Moment]:
    """Everything known of an incident, oldest first."""
    found = [*_acts(data, history, words), *_oral(data, words), *_reports(data, words), *_units(data, words)]
    for row in data.log:
        who = words.who(row.account_id, data.accounts)
        kind = words.texts.get("ui.desk.moment.log")
        found.append(
            Moment(row.at or 0, who, "list", kind, row.text or "", row.agency != words.own, record_id=row.id)
        )
    return sorted(found, key=lambda moment: moment.at)


def _acts(data: DeskData, history: Sequence[Any], words: Words) -> list[Moment]:
    found = []
    for entry in history:
        act = act_of(entry)
        key = f"act.{act}"
        kind = words.texts.get(key) if words.texts.has(key) else act
        told = sorted(
            (c for c in entry.changes if c.field not in _SILENT), key=lambda change: _place(change.field)
        )
        parts = [_change(change, words) for change in told]
        reason = entry.details.get("why") if entry.details else None
        if reason:
            parts.append(words.texts.get("ui.desk.moment.why", why=reason))
        if entry.quarantined is not None:
            parts.append(words.texts.get("ui.desk.moment.void", why=entry.quarantined))
        text = (
            reduce(lambda a, b: words.texts.get("ui.desk.moment.join", first=a, second=b), parts)
            if parts
            else ""
        )
        who = words.who(entry.account_id, data.accounts)
        found.append(
            Moment(
                entry.recorded_at,
                who,
                "pencil",
                kind,
                text,
                entry.agency != words.own,
                entry.quarantined is not None,
            )
        )
    return found


def _place(field: str) -> tuple[int, str]:
    return (_ORDER.index(field) if field in _ORDER else len(_ORDER), field)


def _change(change: Any, words: Words) -> str:
    name, after = field_name(words.texts, change.field), words.value(change.field, change.after)
    before = [value for value in change.before if value is not None]
    if not before:
        return words.texts.get("ui.desk.moment.set", field=name, value=after)
    said = words.texts.get("wording.comma").join(words.value(change.field, value) for value in before)
    return words.texts.get("ui.desk.moment.changed", field=name, before=said, value=after)


def _oral(data: DeskData, words: Words) -> list[Moment]:
    amended = {row.amends_id for row in data.oral if row.amends_id}
    found = []
    for row in data.oral:
        text = words.texts.get(
            "ui.desk.moment.oral",
            to=words.value("to_role", row.to_role),
            channel=words.value("channel", row.channel),
            gist=row.gist or "",
        )
        who = words.who(row.account_id, data.accounts)
        kind = words.texts.get("enum.deadline_kind.oral_report")
        found.append(
            Moment(
                row.spoken_at or 0, who, "mic", kind, text, row.agency != words.own, row.id in amended, row.id
            )
        )
    return found


def _reports(data: DeskData, words: Words) -> list[Moment]:
    found = []
    for row in data.reports:
        kind = words.value("kind", row.kind)
        text = words.texts.get(
            "ui.desk.moment.report",
            to=words.value("recipient", row.recipient),
            form=words.value("form", row.form),
            text=row.title or row.text or "",
        )
        who = words.who(row.account_id, data.accounts)
        found.append(
            Moment(row.sent_at or 0, who, "send", kind, text, row.agency != words.own, record_id=row.id)
        )
    return found


def _units(data: DeskData, words: Words) -> list[Moment]:
    found = []
    for unit in data.units:
        for stamp in _STAMPS:
            at = getattr(unit, stamp)
            if at is not None:
                kind = words.texts.get(f"ui.desk.stamp.{stamp}")
                found.append(Moment(at, "", "truck", kind, unit.unit or ""))
    return found


def _plain_tip(line: Moment) -> str:
    """Words of a tooltip; what looks like markup stays words."""
    return tip(f"{moments.exact_text(line.at)} {line.who} {line.kind}: {line.text}")


class Timeline(QWidget):
    """Painted lines inside a scroll area; only what is visible is painted."""

    def __init__(self, theme: Theme, nothing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline")
        self._theme, self._nothing = theme, nothing
        self.lines: Sequence[Moment] = ()
        self.marked = ""  # id of a record that was asked for
        theme.changed.connect(self.update)

    def show_lines(self, lines: Sequence[Moment]) -> None:
        """Show these lines."""
        if list(lines) == list(self.lines):
            return
        self.lines = lines
        self.setMinimumHeight(max(1, len(lines)) * ROW)
        self.setAccessibleName(
            "\n".join(f"{moments.exact_text(m.at)} {m.who} {m.kind} {m.text}" for m in lines)
        )
        self.update()

    def place_of(self, record_id: str) -> int:
        """y of a record's line, -1 where it is not (yet)."""
        found = (at * ROW for at, line in enumerate(self.lines) if line.record_id == record_id)
        return next(found, -1) if record_id else -1

    def event(self, event: QEvent) -> bool:
        """A line that does not fit says all of itself in its tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = event.pos().y() // ROW
            known = 0 <= index < len(self.lines)
            QToolTip.showText(event.globalPos(), _plain_tip(self.lines[index]) if known else "", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Time, who, what kind, what."""
        painter, theme = QPainter(self), self._theme
        if not self.lines:
            painter.setPen(theme.muted)
            painter.setFont(theme.font("table"))
            painter.drawText(0, 0, self.width(), ROW, Qt.AlignmentFlag.AlignVCenter, self._nothing)
        first = max(0, event.rect().top() // ROW)
        last = min(len(self.lines), event.rect().bottom() // ROW + 1)
        day = moments.local(self.lines[first - 1].at).date() if 0 < first < len(self.lines) else None
        for index in range(first, last):
            line = self.lines[index]
            when = moments.local(line.at)
            self._paint(painter, line, index * ROW, new_day=when.date() != day)
            day = when.date()
        painter.end()

    def _paint(self, painter: QPainter, line: Moment, y: int, *, new_day: bool) -> None:
        theme = self._theme
        if line.foreign:
            painter.fillRect(0, y, self.width(), ROW, theme.tint)
        if self.marked and line.record_id == self.marked:
            painter.fillRect(0, y, self.width(), ROW, theme.accbg)
            painter.fillRect(0, y, 4, ROW, theme.accent)
        when = moments.local(line.at)
        stamp = f"{when:%m-%d %H:%M:%S}" if new_day else f"{when:%H:%M:%S}"
        cells = (
            (_TIME, _WHO, stamp, theme.text, Qt.AlignmentFlag.AlignLeft),
            (_WHO, _KIND, line.who, theme.muted, Qt.AlignmentFlag.AlignLeft),
            (_KIND + 20, _TEXT, line.kind, theme.text, Qt.AlignmentFlag.AlignLeft),
            (
                _TEXT,
                self.width(),
                line.text,
                theme.muted if line.weak else theme.text,
                Qt.AlignmentFlag.AlignLeft,
            ),
        )
        painter.setFont(theme.font("table"))
        metrics = QFontMetricsF(theme.font("table"))
        for left, right, text, colour, side in cells:
            painter.setPen(colour)
            short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, right - left - 12)
            painter.drawText(
                QRectF(left + 8, y, right - left - 8, ROW), side | Qt.AlignmentFlag.AlignVCenter, short
            )
        painter.drawPixmap(QPointF(_KIND + 4, y + (ROW - 16) / 2), theme.pixmap(line.icon, "muted", 16))
