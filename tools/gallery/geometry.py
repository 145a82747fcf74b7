"""What can be wrong with a window by its boxes alone; knows Qt, and nothing of this program.

cut: a text is wider or higher than its room, without an ellipsis whose tooltip holds the whole.
over: two that stand beside each other lie over each other; two texts are painted over each other.
outside: a widget reaches beyond its parent, a painted text beyond its widget.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import combinations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QLayout,
    QLineEdit,
    QListView,
    QMainWindow,
    QRadioButton,
    QStyle,
    QStyleOptionComboBox,
    QStyleOptionFrame,
    QTableView,
    QToolTip,
    QTreeView,
    QWidget,
)

from tools.gallery.ink import ELLIPSIS, Painted

CLOSE = 1.5  # px that do not count
GAP = 4
_SAMPLE = "\N{CJK UNIFIED IDEOGRAPH-56FD}gÁ|"
_TAG = re.compile(r"<[^>]+>")
_WRAP = int(Qt.TextFlag.TextWordWrap.value)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: its kind, the widget's path, the text or the other widget, and the measures."""

    kind: str
    where: str
    what: str
    more: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.what!r} {self.more}".rstrip()


def path_of(widget: QWidget) -> str:
    """Names of a widget and of those it stands in, the outermost first; its class where it has no name."""
    names: list[str] = []
    at: QWidget | None = widget
    while at is not None:
        name = at.objectName()
        names.append(name if name and not name.startswith("qt_") else type(at).__name__)
        at = None if at.isWindow() else at.parentWidget()
    return "/".join(reversed(names))


def shown(window: QWidget) -> list[QWidget]:
    """The window and every widget in it that can be seen."""
    inside = [
        each
        for each in window.findChildren(QWidget)
        if each.isVisibleTo(window) and each.window() is window.window()
    ]
    return [window, *(each for each in inside if _in_sight(each))]


def _in_sight(widget: QWidget) -> bool:
    """False where all of it lies outside what is around it: scrolled away."""
    area, at = widget.rect(), widget
    while not at.isWindow() and not area.isEmpty():
        parent = at.parentWidget()
        if parent is None:
            break
        area = area.translated(at.pos()) & parent.rect()
        at = parent
    return not area.isEmpty()


def check(window: QWidget, painted: Sequence[Painted]) -> list[Finding]:
    """Everything that is wrong with a window's boxes."""
    widgets = shown(window)
    own = {id(each.widget) for each in painted}
    found: list[Finding] = []
    for widget in widgets:
        found += _texts(widget, id(widget) in own)
        found += outside(widget)
        found += overlaps(widget)
    grounds: dict[tuple[int, int], list[Painted]] = {}
    for each in painted:
        grounds.setdefault((id(each.widget), each.picture[0] if each.picture else 0), []).append(each)
    for texts in grounds.values():
        found += inks(texts)
    return found


# -- texts of Qt's own widgets ---------------------------------------------------------------------------------------------
def _texts(widget: QWidget, paints: bool) -> Iterator[Finding]:
    match widget:
        case QLabel() | QAbstractButton() if paints:
            pass
        case QLabel():
            yield from label(widget)
        case QAbstractButton():
            yield from button(widget)
        case QComboBox():
            yield from combo(widget)
        case QLineEdit():
            yield from placeholder(widget)
        case QHeaderView():
            yield from header(widget)
        case QAbstractItemView():
            yield from cells(widget)
        case _:
            pass


def _cut(widget: QWidget, text: str, need: float, room: float, way: str = "wide") -> Iterator[Finding]:
    if need > room + CLOSE:
        yield Finding("cut", path_of(widget), text, f"{need:.0f} > {room:.0f} px {way}")


def ink_height(metrics: QFontMetricsF) -> float:
    """Height of the glyphs themselves; a line is higher, and what it has above and below them may go."""
    return metrics.tightBoundingRect(_SAMPLE).height()


def label(widget: QLabel) -> Iterator[Finding]:
    """A label shows all of its text: wrapped where it wraps, else line by line."""
    text = widget.text()
    if not text.strip() or widget.textFormat() == Qt.TextFormat.RichText:
        return
    metrics = QFontMetricsF(widget.font())
    room, margin = widget.contentsRect(), widget.margin()
    wide, high = room.width() - 2 * margin - max(0, widget.indent()), room.height() - 2 * margin
    flags = _WRAP if widget.wordWrap() else 0
    need = metrics.boundingRect(QRectF(0, 0, max(1, wide), 1e6), flags, text)
    yield from _cut(widget, text, need.width(), wide)
    leading = max(0.0, metrics.lineSpacing() - ink_height(metrics))
    yield from _cut(widget, text, need.height() - leading, high, "high")


def button(widget: QAbstractButton) -> Iterator[Finding]:
    """A button shows its whole text beside its icon or its box."""
    text = widget.text()
    style_only_icon = getattr(widget, "toolButtonStyle", None)
    if (
        callable(style_only_icon)
        and style_only_icon() == Qt.ToolButtonStyle.ToolButtonIconOnly
        and not widget.icon().isNull()
    ):
        return
    if not text.strip() or isinstance(
        widget.parentWidget(), QLineEdit
    ):  # Qt's own buttons in a field show an icon alone
        return
    metrics, style = QFontMetricsF(widget.font()), widget.style()
    need = max(metrics.horizontalAdvance(line.replace("&", "")) for line in text.splitlines())
    if not widget.icon().isNull():
        need += widget.iconSize().width() + GAP
    if isinstance(widget, QCheckBox | QRadioButton):
        box, space = (
            (QStyle.PixelMetric.PM_IndicatorWidth, QStyle.PixelMetric.PM_CheckBoxLabelSpacing)
            if isinstance(widget, QCheckBox)
            else (
                QStyle.PixelMetric.PM_ExclusiveIndicatorWidth,
                QStyle.PixelMetric.PM_RadioButtonLabelSpacing,
            )
        )
        need += style.pixelMetric(box, None, widget) + style.pixelMetric(space, None, widget)
    yield from _cut(widget, text, need, widget.contentsRect().width())
    yield from _cut(widget, text, ink_height(metrics), widget.contentsRect().height(), "high")


def combo(widget: QComboBox) -> Iterator[Finding]:
    """A choice shows the whole of what is chosen."""
    option = QStyleOptionComboBox()
    option.initFrom(widget)
    field = QStyle.SubControl.SC_ComboBoxEditField
    room = widget.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, widget)
    metrics = QFontMetricsF(widget.font())
    if one_line(widget.currentText()) in tooltip(widget):
        return
    yield from _cut(
        widget, widget.currentText(), metrics.horizontalAdvance(widget.currentText()), room.width()
    )


def placeholder(widget: QLineEdit) -> Iterator[Finding]:
    """What a field says while it is empty is a text like any other; what somebody typed may be longer than the field."""
    if widget.text() or not widget.placeholderText():
        return
    option = QStyleOptionFrame()
    option.initFrom(widget)
    room = widget.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, widget)
    margins = widget.textMargins()
    wide = room.width() - margins.left() - margins.right() - GAP
    text = widget.placeholderText()
    if one_line(text) in tooltip(widget):
        return
    yield from _cut(widget, text, QFontMetricsF(widget.font()).horizontalAdvance(text), wide)


def header(widget: QHeaderView) -> Iterator[Finding]:
    """Each head shows its whole text."""
    model, role = widget.model(), Qt.ItemDataRole
    if model is None:
        return
    metrics = QFontMetricsF(widget.font())
    for at in range(widget.count()):
        text = str(model.headerData(at, widget.orientation(), role.DisplayRole) or "")
        if widget.isSectionHidden(at) or not text or widget.orientation() is Qt.Orientation.Vertical:
            continue
        if one_line(text) in unmarked(
            str(model.headerData(at, widget.orientation(), role.ToolTipRole) or "")
        ):
            continue
        yield from _cut(widget, text, metrics.horizontalAdvance(text) + GAP, widget.sectionSize(at))


def cells(view: QAbstractItemView) -> Iterator[Finding]:
    """Cells that Qt itself paints: what is cut off is whole in the tooltip."""
    if not type(view.itemDelegate()).__module__.startswith("PySide6") or view.model() is None:
        return
    model, bottom = view.model(), view.viewport().height()
    first, top = view.indexAt(QPoint(1, 1)), QModelIndex()
    metrics = QFontMetricsF(view.font())
    wraps = isinstance(view, QTableView) and view.wordWrap()
    for row in range(max(0, first.row()), model.rowCount(top)):
        for column in _columns(view):
            index = model.index(row, column)
            box = view.visualRect(index) & view.viewport().rect()
            if view.visualRect(index).top() > bottom:
                return
            text = str(index.data() or "")
            if (
                not text
                or box.isEmpty()
                or one_line(text) in unmarked(str(index.data(Qt.ItemDataRole.ToolTipRole) or ""))
            ):
                continue
            room = QRectF(0, 0, box.width() - 2 * GAP, 1e6)
            need = metrics.boundingRect(room, _WRAP if wraps else 0, text)
            if need.height() > view.visualRect(index).height() + CLOSE or need.width() > box.width():
                yield Finding("cut", path_of(view), text, f"{need.width():.0f} > {box.width()} px wide")


def _columns(view: QAbstractItemView) -> range:
    """Columns a view shows."""
    if isinstance(view, QTableView):
        return range(view.horizontalHeader().count())
    if isinstance(view, QTreeView):
        return range(view.header().count())
    return range(view.modelColumn(), view.modelColumn() + 1) if isinstance(view, QListView) else range(1)


def tooltip(widget: QWidget) -> str:
    """What is read when the mouse rests on a widget, or on the next around it that says something."""
    at: QWidget | None = widget
    while at is not None and not at.toolTip() and not at.isWindow():
        at = at.parentWidget()
    return unmarked(at.toolTip()) if at is not None else ""


def unmarked(text: str) -> str:
    """The words of a tooltip without its tags."""
    return one_line(unescape(_TAG.sub("", text.replace("<br>", " "))))


def one_line(text: str) -> str:
    """Words with one space between them, wherever their lines end."""
    return " ".join(text.split())


# -- boxes -----------------------------------------------------------------------------------------------------------------
def _viewport(widget: QWidget) -> bool:
    """True for the opening through which scrolled content is seen."""
    parent = widget.parentWidget()
    return isinstance(parent, QAbstractScrollArea) and parent.viewport() is widget


def outside(widget: QWidget) -> Iterator[Finding]:
    """A widget stays inside its parent, except where it is scrolled; a window on its screen."""
    parent = widget.parentWidget()
    if widget.isWindow() or parent is None or _viewport(parent):
        return
    if not parent.rect().adjusted(-1, -1, 1, 1).contains(widget.geometry()):
        yield Finding("outside", path_of(widget), "", f"{_box(widget.geometry())} in {_box(parent.rect())}")


def _box(rect: QRect) -> str:
    return f"{rect.x()},{rect.y()} {rect.width()}x{rect.height()}"


def _laid_out(layout: QLayout | None) -> set[int]:
    """Ids of the widgets in a layout and the layouts in it."""
    found: set[int] = set()
    for at in range(layout.count() if layout is not None else 0):
        assert layout is not None
        item = layout.itemAt(at)
        inner = item.widget() if item is not None else None
        found |= _laid_out(item.layout()) if item is not None else set()
        if inner is not None:
            found.add(id(inner))
    return found


def overlaps(parent: QWidget) -> Iterator[Finding]:
    """Children that stand beside each other do not lie over each other; what floats over a layout is not beside it."""
    if isinstance(parent, QAbstractScrollArea | QMainWindow | QComboBox | QLineEdit):
        return
    kids = [
        each
        for each in parent.children()
        if isinstance(each, QWidget) and each.isVisible() and not each.isWindow() and not _blank(each)
    ]
    inside = _laid_out(parent.layout())
    for one, other in combinations(kids, 2):
        if inside and (id(one) in inside) != (id(other) in inside):
            continue
        both = one.geometry() & other.geometry()
        if both.width() > CLOSE and both.height() > CLOSE:
            yield Finding("over", path_of(one), path_of(other), _box(both))


def _blank(widget: QWidget) -> bool:
    """Nothing is seen of it: an empty label, or what only the mouse passes through."""
    if isinstance(widget, QLabel):
        return not widget.text() and widget.pixmap().isNull()
    return widget.size().isEmpty()


# -- what our own code paints ----------------------------------------------------------------------------------------------
def inks(painted: Sequence[Painted]) -> Iterator[Finding]:
    """Texts painted by one widget: inside it, inside their boxes, not over each other; cut off only where it is told."""
    for each in painted:
        yield from _fits(each)
    for one, other in combinations(painted, 2):
        both = one.ink & other.ink
        if one.text != other.text and both.width() > CLOSE and both.height() > CLOSE:
            yield Finding("over", path_of(one.widget), one.text, f"and {other.text!r}")


def _fits(each: Painted) -> Iterator[Finding]:
    where, ink, box = path_of(each.widget), each.ink, each.box
    if box is not None and (ink.width() > box.width() + CLOSE or ink.height() > box.height() + CLOSE):
        yield Finding("cut", where, each.text, f"{_size(ink)} in {_size(box)}")
    room = (each.picture[1] if each.picture else QRectF(each.widget.rect())).adjusted(
        -CLOSE, -CLOSE, CLOSE, CLOSE
    )
    scrolled = _viewport(each.widget) and each.picture is None
    if ink.left() < room.left() or (ink.right() > room.right() and not scrolled):
        yield Finding(
            "outside", where, each.text, f"{ink.left():.0f} to {ink.right():.0f} of {room.right():.0f}"
        )
    if not scrolled and (ink.top() < room.top() or ink.bottom() > room.bottom()):
        yield Finding(
            "outside", where, each.text, f"{ink.top():.0f} to {ink.bottom():.0f} of {room.bottom():.0f}"
        )
    if (each.cut or each.text == ELLIPSIS) and one_line(each.whole) not in _told(each):
        yield Finding("cut", where, each.whole, f"painted {each.text!r}, no tooltip says it")
    if each.cut and isinstance(each.widget, QAbstractButton):
        yield Finding("cut", where, each.whole, "a button says all of it")


def _size(rect: QRectF) -> str:
    return f"{rect.width():.0f}x{rect.height():.0f}"


def _told(each: Painted) -> str:
    """What is read when the mouse rests on a text: the tooltip of its widget, or what that says there when it is asked."""
    if each.picture is not None:
        return tooltip(each.widget)
    at = each.ink.center().toPoint()
    event = QHelpEvent(QEvent.Type.ToolTip, at, each.widget.mapToGlobal(at))
    QApplication.sendEvent(each.widget, event)
    said = QToolTip.text()
    QToolTip.hideText()
    return unmarked(said) or tooltip(each.widget)
