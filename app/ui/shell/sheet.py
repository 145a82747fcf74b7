"""Sheets: panels that lie over the window without stopping anything below them. No nested loop, no modal dialog.

The focus stays inside while a sheet is open, so that nothing is typed into the wrong place; Esc closes it and gives the
focus back to where it was.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.ui.theme.chips import PlainLabel, tip

__all__ = ["Sheet", "plain", "press_focused", "set_tone", "tip"]

INSET = 16


class Sheet(QFrame):
    """A plate with a title row. Subclasses fill `body`, name their first field in `first_field`."""

    closed = Signal()
    grows = False  # True for forms, whose height follows from what they hold

    def __init__(self, name: str, title: str, hint: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("plane", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self._before: QWidget | None = None
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(INSET, 12, INSET, INSET)
        self.body.setSpacing(12)
        head = QHBoxLayout()
        self.heading, self.hint = plain(title, size="head"), plain(hint, tone="muted", size="small")
        head.addWidget(self.heading)
        head.addStretch(1)
        head.addWidget(self.hint)
        self.body.addLayout(head)
        self.hide()

    def first_field(self) -> QWidget | None:
        """The widget that gets the focus when the sheet opens."""
        return None

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """Take the room there is between board and links (`map_area`) or in the whole body; small sheets keep their size."""

    @property
    def is_open(self) -> bool:
        """True while the sheet is shown."""
        return not self.isHidden()

    def open(self) -> None:
        """Show the sheet and put the focus into its first field."""
        if self.isHidden():
            self._before = QApplication.focusWidget()
            self.adjustSize()
            self.show()
        self.raise_()
        field = self.first_field()
        if field is not None:
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def dismiss(self) -> None:
        """Hide the sheet and give the focus back."""
        if self.isHidden():
            return
        focused = QApplication.focusWidget()
        inside = focused is None or self.isAncestorOf(focused)
        self.hide()
        before, self._before = self._before, None
        there = before is not None and isValid(before)  # what it lay in may have been made anew meanwhile
        if inside and before is not None and there and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        elif inside:  # not to whatever stands first in the tab order
            home = getattr(self.window(), "focus_board", None)
            if callable(home):
                home()
        self.closed.emit()

    def adjustSize(self) -> None:
        """As high as its words need at its width; by itself Qt asks that of windows alone."""
        super().adjustSize()
        column = self.layout()
        if column is not None and column.hasHeightForWidth():
            self.resize(self.width(), column.totalHeightForWidth(self.width()))

    def event(self, event: QEvent) -> bool:
        """A form is as high as what stands in it: a fault that appears pushes, it does not cover."""
        handled = super().event(event)
        if self.grows and event.type() == QEvent.Type.LayoutRequest and self.is_open:
            self.adjustSize()
        return handled

    def submit(self) -> None:
        """What Ctrl+Enter does."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes, Ctrl+Enter submits; no other key reaches what lies below."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        elif (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.submit()
        event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round inside the sheet."""
        current = QApplication.focusWidget()
        start: QWidget = current if current is not None and self.isAncestorOf(current) else self
        widget: QWidget | None = start
        while widget is not None:
            widget = widget.nextInFocusChain() if forward else widget.previousInFocusChain()
            if widget is start or widget is None:
                return True
            if self.isAncestorOf(widget) and _takes_tab(widget):
                widget.setFocus(
                    Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
                )
                return True
        return True


def press_focused(sheet: Sheet, event: QKeyEvent) -> bool:
    """Enter on a button that has the focus presses it, as Space does; True if that was so."""
    focused = sheet.focusWidget()
    plain_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not (
        event.modifiers() & Qt.KeyboardModifier.ControlModifier
    )
    if not plain_enter or not isinstance(focused, QPushButton) or not focused.hasFocus():
        return False
    focused.click()
    event.accept()
    return True


def _takes_tab(widget: QWidget) -> bool:
    tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return bool(tab) and widget.isVisible() and widget.isEnabled() and widget.focusProxy() is None


def plain(text: str = "", *, tone: str = "", size: str = "") -> QLabel:
    """A label of plain text, never markup, whose look follows the style sheet's hooks."""
    label = PlainLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if tone:
        label.setProperty("tone", tone)
    if size:
        label.setProperty("type", size)
    return label


def set_tone(label: QLabel, tone: str) -> None:
    """Change a label's tone while it is shown."""
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        label.style().unpolish(label)
        label.style().polish(label)
