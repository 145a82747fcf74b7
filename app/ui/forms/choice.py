"""A field that is filled by its first letters: Chinese, pinyin initials, code or number; the list hangs below it.

The list is a child of the window, not a window of its own: it never takes the focus. Arrow keys choose, Enter or Tab takes
the marked entry, Esc puts the list away and keeps the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QWidget

from app.ui.shell.initials import matched, rank
from app.ui.theme.chips import hint_width, paint_hint
from app.ui.theme.theme import Theme

ROW = 34
MOST = 7
LEAST_WIDTH = 220


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry: code, name shown, words at its right, further names it is found by."""

    code: str
    name: str
    detail: str = ""
    also: tuple[str, ...] = ()
    place: tuple[float, float] | None = None


def fitting(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """Entries that fit what was typed, best first; all in their order when nothing was."""
    ranked = []
    for index, choice in enumerate(choices):
        found = [r for name in (choice.name, *choice.also) if (r := rank(typed, name)) is not None]
        if found:
            ranked.append((min(found), index, choice))
    return [choice for _, _, choice in sorted(ranked, key=lambda item: item[:2])]


class ChoiceList(QFrame):
    """The hanging list, painted."""

    taken = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget, key: str = "Enter") -> None:
        """`key`: what takes the marked entry."""
        super().__init__(parent)
        self._key = key
        self.setObjectName("choiceList")
        self.setProperty("plane", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._theme = theme
        self.entries: list[Choice] = []
        self.marked, self._typed = 0, ""
        self.hide()

    def show_entries(self, entries: Sequence[Choice], typed: str, marked: int = 0) -> None:
        """Show entries, one of them marked."""
        self.entries, self._typed, self.marked = list(entries)[:MOST], typed, marked
        self.setFixedHeight(ROW * len(self.entries) + 2)
        self.setAccessibleName("\n".join(entry.name for entry in self.entries))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Rows: name with what was typed in the accent colour, detail muted, Enter at the marked one."""
        super().paintEvent(event)
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, entry in enumerate(self.entries):
            box = QRectF(1, 1 + index * ROW, self.width() - 2, ROW)
            if index == self.marked:
                painter.fillRect(box, theme.accbg)
            self._paint(painter, box.adjusted(12, 0, -12, 0), entry, index == self.marked)
        painter.end()

    def _paint(self, painter: QPainter, box: QRectF, entry: Choice, marked: bool) -> None:
        theme, font = self._theme, self._theme.font("body")
        painter.setFont(font)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        hit = matched(self._typed, entry.name)
        start, length = hit if hit is not None else (0, 0)
        x = box.left()
        for part, colour in (
            (entry.name[:start], theme.text),
            (entry.name[start : start + length], theme.accent),
            (entry.name[start + length :], theme.text),
        ):
            painter.setPen(colour)
            painter.drawText(QRectF(x, box.top(), box.right() - x, box.height()), flags, part)
            x += QFontMetricsF(font).horizontalAdvance(part)
        hint = self._key if marked else ""
        if hint:
            paint_hint(painter, box.right(), box.center().y(), theme, hint, theme.text)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.muted)
        room = QRectF(x + 8, box.top(), box.right() - x - 16 - hint_width(theme, hint), box.height())
        painter.drawText(room, flags, entry.detail)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take what was clicked."""
        index = int((event.position().y() - 1) // ROW)
        if 0 <= index < len(self.entries):
            self.taken.emit(self.entries[index])


class ChoiceField(QLineEdit):
    """A line edit over a list of choices. Text that is no entry stays where it was typed: `free` fields mean it so, of all
    others it is `unknown`, and `unknown_left` tells when such a field is left.

    `chosen` tells the entry, or None when the text is none.
    """

    chosen = Signal(object)
    unknown_left = Signal()

    def __init__(
        self, theme: Theme, choices: Sequence[Choice], *, free: bool = False, empty_ok: bool = True
    ) -> None:
        super().__init__()
        self.setProperty("form", "true")
        self._theme, self._choices, self._free, self._empty_ok = theme, list(choices), free, empty_ok
        self._list: ChoiceList | None = None
        self.choice: Choice | None = None
        self.detail: Callable[[Choice], str] = lambda choice: choice.detail
        self.textEdited.connect(self._typed)

    # -- content -----------------------------------------------------------------------------------------------------------
    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Replace the entries; what is chosen stays."""
        self._choices = list(choices)

    def take(self, code: str) -> None:
        """Choose an entry by its code; nothing for one that is not there."""
        found = [choice for choice in self._choices if choice.code == code]
        self._choose(found[0] if found else None)
        if found:
            self.setText(found[0].name)

    @property
    def code(self) -> str:
        """Code of the chosen entry, empty for none."""
        return self.choice.code if self.choice is not None else ""

    @property
    def unknown(self) -> bool:
        """True while something stands here that is no entry and may not be free."""
        text = self.text().strip()
        return not self._free and bool(text) and (self.choice is None or self.choice.name != text)

    def settle(self) -> None:
        """What was typed becomes the marked entry, or the one that fits best; text that fits none stays and is `unknown`."""
        if self._free or self._take_marked():
            self.close_list()
            return
        text = self.text().strip()
        if not text:
            if self._empty_ok:
                self._choose(None)
            elif self.choice is not None:
                self.setText(self.choice.name)
        elif self.unknown:
            found = fitting(self._choices, text)
            self._choose(found[0] if found else None)
            if found:
                self.setText(found[0].name)

    def _choose(self, choice: Choice | None) -> None:
        if choice != self.choice:
            self.choice = choice
            self.chosen.emit(choice)

    def _typed(self, text: str) -> None:
        if self._free:
            if self.choice is not None and self.choice.name not in text:
                self._choose(None)
        elif not text.strip():
            self._choose(None)
        self._offer(text)

    # -- the list ----------------------------------------------------------------------------------------------------------
    def _offer(self, typed: str) -> None:
        entries = fitting(self._choices, typed) if typed.strip() else []
        if self._free and (not entries or (self.choice is not None and self.choice.name in typed)):
            self.close_list()
            return
        if not entries:
            self.close_list()
            return
        hanging = self._hanging()
        hanging.show_entries(entries, typed)
        self._hang(hanging)

    def _hang(self, hanging: ChoiceList) -> None:
        """Below the field, as wide as it or wider."""
        hanging.setFixedWidth(max(self.width(), LEAST_WIDTH))
        hanging.move(self.mapTo(self.window(), QPoint(0, self.height() + 2)))
        hanging.show()
        hanging.raise_()

    def _hanging(self) -> ChoiceList:
        if self._list is None:
            self._list = ChoiceList(self._theme, self.window())
            self._list.taken.connect(self._take)
        return self._list

    @property
    def offered(self) -> list[Choice]:
        """Entries shown now."""
        return self._list.entries if self._list is not None and self._list.isVisible() else []

    def close_list(self) -> None:
        """Put the list away."""
        if self._list is not None:
            self._list.hide()

    def _take(self, choice: Choice) -> None:
        self.setText(choice.name)
        self._choose(choice)
        self.close_list()
        self.setModified(True)

    def _take_marked(self) -> bool:
        entries = self.offered
        if not entries or self._list is None:
            return False
        self._take(entries[self._list.marked])
        return True

    # -- keys --------------------------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move in the list, Enter takes, Esc puts it away; the rest is typing."""
        key, entries = event.key(), self.offered
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._move(1 if key == Qt.Key.Key_Down else -1)
            return
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if entries and plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take_marked()
            return
        if entries and key == Qt.Key.Key_Escape:
            self.close_list()
            return
        super().keyPressEvent(event)

    def _move(self, by: int) -> None:
        if not self.offered:
            entries = fitting(self._choices, "" if not self._free else self.text()) or self._choices
            hanging = self._hanging()
            codes = [entry.code for entry in entries[:MOST]]
            hanging.show_entries(entries, "", codes.index(self.code) if self.code in codes else 0)
            self._hang(hanging)
            return
        assert self._list is not None
        self._list.marked = (self._list.marked + by) % len(self._list.entries)
        self._list.update()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab takes the marked entry on its way, when something was typed for it."""
        if forward and self.offered and self.text().strip():
            self._take_marked()
        return super().focusNextPrevChild(forward)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving puts the list away; text that fits no entry stays, and is told."""
        self.close_list()
        self.settle()
        super().focusOutEvent(event)
        self.setCursorPosition(0)  # a narrow field shows the beginning of its text
        if self.unknown:
            self.unknown_left.emit()

    def sizeHint(self) -> QSize:
        """Forms decide about the width."""
        return QSize(120, super().sizeHint().height())
