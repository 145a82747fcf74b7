"""What a screen reader says of a control, and the order of Tab through a window; knows Qt, and nothing of this program."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractSpinBox, QLabel, QScrollArea, QScrollBar, QWidget

from tools.gallery.geometry import Finding, path_of, shown


def name_of(widget: QWidget) -> str:
    """The name a screen reader is given: its accessible name, its label, or its own text."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip() if interface is not None else ""


def takes_tab(widget: QWidget) -> bool:
    """True if Tab stops at a widget."""
    tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return bool(tab) and widget.isEnabled() and widget.focusProxy() is None


def controls(window: QWidget) -> list[QWidget]:
    """What can have the keys in a window and can be seen; parts of Qt's own controls left out."""
    return [
        each
        for each in shown(window)
        if each is not window
        and each.focusPolicy() is not Qt.FocusPolicy.NoFocus
        and each.focusProxy() is None
        and not isinstance(each, QScrollBar | QScrollArea)
        and not isinstance(each.parentWidget(), QAbstractSpinBox)
    ]


def nameless(window: QWidget) -> Iterator[Finding]:
    """Controls of which a screen reader can say nothing."""
    for each in controls(window):
        if each.isEnabled() and not isinstance(each, QLabel) and not name_of(each):
            yield Finding("nameless", path_of(each), type(each).__name__)


def disorder(group: QWidget) -> Iterator[Finding]:
    """Tab goes down or to the right, never back up within a column."""
    stops = [each for each in chain(group) if takes_tab(each) and each.isVisibleTo(group)]
    if stops:  # the chain is a ring: it begins where a reader does
        top = min(stops, key=lambda each: (_place(each, group).top(), _place(each, group).left()))
        stops = stops[stops.index(top) :] + stops[: stops.index(top)]
    for one, other in pairwise(stops):
        a, b = _place(one, group), _place(other, group)
        if b.bottom() < a.top() and b.left() < a.right():
            yield Finding("disorder", path_of(one), path_of(other), "Tab goes back up")


def chain(group: QWidget) -> list[QWidget]:
    """Widgets of a group in the order of Tab, beginning with the first one in it."""
    found: list[QWidget] = []
    at = group.nextInFocusChain()
    while at is not None and at is not group:
        if group.isAncestorOf(at):
            found.append(at)
        at = at.nextInFocusChain()
    return found


def _place(widget: QWidget, group: QWidget) -> QRect:
    return QRect(widget.mapTo(group, QPoint(0, 0)), widget.size())
