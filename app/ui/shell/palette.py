"""The command palette (Ctrl+K): every command, incident and place, in Chinese, by pinyin initials and in English."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QToolTip, QWidget

from app.kernel.texts import Texts
from app.ui.shell.initials import EXACT, matched, rank
from app.ui.shell.sheet import Sheet, plain, tip
from app.ui.theme.chips import hint_width, paint_hint
from app.ui.theme.theme import Theme

WIDTH = 640
ROW, HEAD = 34, 26
MOST_EACH, MOST = 6, 12
COMMANDS = "commands"


@dataclass(frozen=True)
class Entry:
    """Something to go to or to do. `group` is a text key; `also` are further names; `reason` says why it cannot be done."""

    group: str
    icon: str
    name: str
    run: Callable[[], None]
    detail: str = ""
    hint: str = ""
    also: tuple[str, ...] = ()
    reason: str = ""
    sign_in: Callable[[], None] | None = None  # asks for what alone is missing, then does it


def found(entries: Iterable[Entry], typed: str) -> list[Entry]:
    """Entries that fit, grouped, the best first in each. Groups stand in their order, but one with an exact fit stands
    before the others; before anything is typed, commands do.
    """
    ranked: dict[str, list[tuple[int, int, Entry]]] = {}
    for index, entry in enumerate(entries):
        ranks = [r for name in (entry.name, *entry.also) if (r := rank(typed, name)) is not None]
        if ranks:
            ranked.setdefault(entry.group, []).append((min(ranks), index, entry))
    shown: list[Entry] = []
    blank = not typed.strip()
    exact = {group for group, items in ranked.items() if min(item[0] for item in items) == EXACT}
    for name in sorted(ranked, key=lambda g: not g.endswith(COMMANDS) if blank else g not in exact):
        ranked[name].sort(key=lambda item: item[:2])
        shown += [entry for _, _, entry in ranked[name][: MOST if blank else MOST_EACH]]
    return shown[:MOST]


class Results(QWidget):
    """The list below the input, painted with group heads."""

    taken = Signal(object)

    def __init__(self, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("paletteResults")
        self._theme, self._texts = theme, texts
        self.entries: list[Entry] = []
        self.marked, self._typed = 0, ""

    def show_entries(self, entries: Sequence[Entry], typed: str) -> None:
        """Show entries, the best match marked, whether it can be done now or not: Enter does nothing else in its place.

        Before anything is typed, the first that can be done.
        """
        self.entries, self._typed = list(entries), typed
        doable = (i for i, entry in enumerate(self.entries) if not entry.reason)
        self.marked = 0 if typed.strip() else next(doable, 0)
        self.setFixedHeight(max(ROW, self._place(len(self.entries))))
        self.setAccessibleName("\n".join(entry.name for entry in self.entries))
        self.update()

    def move_mark(self, by: int) -> None:
        """Mark the next or the one before, round."""
        if self.entries:
            self.marked = (self.marked + by) % len(self.entries)
            self.update()

    def _heads_before(self, index: int) -> int:
        groups = [entry.group for entry in self.entries[: index + 1]]
        return len(dict.fromkeys(groups))

    def _place(self, index: int) -> int:
        """y of a row; of the end for the number of rows."""
        if index < len(self.entries):
            return index * ROW + self._heads_before(index) * HEAD
        return (
            len(self.entries) * ROW + self._heads_before(len(self.entries) - 1) * HEAD if self.entries else 0
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Heads muted, rows with what was typed in the accent colour."""
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        group = ""
        for index, entry in enumerate(self.entries):
            y = self._place(index)
            if entry.group != group:
                group = entry.group
                painter.setFont(theme.font("small"))
                painter.setPen(theme.muted)
                head = QRectF(4, y - HEAD, self.width(), HEAD)
                painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, self._texts.get(group))
            box = QRectF(0, y, self.width(), ROW)
            if index == self.marked:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.accbg)
                painter.drawRoundedRect(box, 6, 6)
            self._paint(painter, box.adjusted(12, 0, -12, 0), entry)
        if not self.entries:
            painter.setFont(theme.font("table"))
            painter.setPen(theme.muted)
            nothing = self._texts.get("ui.shell.palette.nothing")
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignVCenter, nothing)
        painter.end()

    def _paint(self, painter: QPainter, box: QRectF, entry: Entry) -> None:
        theme = self._theme
        ink = theme.muted if entry.reason else theme.text
        icon = theme.pixmap(entry.icon, "muted", 16, self.devicePixelRatioF())
        painter.drawPixmap(round(box.left()), round(box.center().y() - 8), icon)
        x = box.left() + 28
        font = theme.font("body")
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        hit = matched(self._typed, entry.name)
        start, length = hit if hit is not None else (0, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        for part, colour in (
            (entry.name[:start], ink),
            (entry.name[start : start + length], theme.accent),
            (entry.name[start + length :], ink),
        ):
            painter.setPen(colour)
            painter.drawText(QRectF(x, box.top(), box.right() - x, box.height()), flags, part)
            x += metrics.horizontalAdvance(part)
        right = box.right()
        if entry.hint:
            paint_hint(painter, right, box.center().y(), theme, entry.hint, theme.muted)
            right -= hint_width(theme, entry.hint) + 8
        painter.setFont(theme.font("small"))
        painter.setPen(theme.warn if entry.reason else theme.muted)
        room = max(0.0, right - x - 12)
        more = QFontMetricsF(theme.font("small")).elidedText(
            entry.reason or entry.detail, Qt.TextElideMode.ElideRight, room
        )
        painter.drawText(
            QRectF(x + 12, box.top(), room, box.height()), flags | Qt.AlignmentFlag.AlignRight, more
        )

    def event(self, event: QEvent) -> bool:
        """A row that does not fit says all of itself in its tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            rows = (i for i in range(len(self.entries)) if 0 <= event.pos().y() - self._place(i) < ROW)
            entry = next((self.entries[i] for i in rows), None)
            words = "" if entry is None else f"{entry.name}\n{entry.reason or entry.detail}"
            QToolTip.showText(event.globalPos(), tip(words), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take what was clicked."""
        for index, entry in enumerate(self.entries):
            if self._place(index) <= event.position().y() < self._place(index) + ROW:
                self.taken.emit(entry)
                return


class Palette(Sheet):
    """Ctrl+K. `entries` are asked for anew each time it opens and never change under the typing hand."""

    def __init__(
        self, texts: Texts, theme: Theme, parent: QWidget, entries: Callable[[], Sequence[Entry]]
    ) -> None:
        super().__init__(
            "palette", texts.get("ui.shell.action.palette"), texts.get("ui.shell.palette.hint"), parent
        )
        self._entries_of = entries
        self._entries: Sequence[Entry] = ()
        self.setFixedWidth(WIDTH)
        self.input = QLineEdit()
        self.input.setObjectName("paletteInput")
        self.input.setProperty("form", "true")
        self.input.setPlaceholderText(texts.get("ui.shell.palette.hint"))
        self.input.setAccessibleName(texts.get("ui.shell.action.palette"))
        self.results = Results(theme, texts)
        self.results.taken.connect(self.take)
        self.body.addWidget(self.input)
        self.body.addWidget(self.results)
        self.body.addWidget(plain(texts.get("ui.shell.palette.foot"), tone="muted", size="small"))
        self.input.textChanged.connect(self._search)

    def first_field(self) -> QWidget:
        """The input."""
        return self.input

    def open(self) -> None:
        """Open empty."""
        self._entries = self._entries_of()
        self.input.clear()
        self._search("")
        super().open()

    def _search(self, typed: str) -> None:
        self.results.show_entries(found(self._entries, typed), typed)
        self.adjustSize()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows mark, Enter takes."""
        key = event.key()
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.results.move_mark(1 if key == Qt.Key.Key_Down else -1)
            event.accept()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.results.entries:
                self.take(self.results.entries[self.results.marked])
            event.accept()
        else:
            super().keyPressEvent(event)

    def take(self, entry: Entry) -> None:
        """Close, then do it; where only the sign-in is missing, that; what cannot be done now stays and says why."""
        run = entry.sign_in if entry.reason else entry.run
        if run is None:
            return
        self.dismiss()
        run()
