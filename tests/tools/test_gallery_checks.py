"""Every check of the gallery finds what it is there for, and lets pass what is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPointF, QRectF, QStringListModel, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPixmap, QStaticText
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.kernel.pseudo import pseudo
from tools.gallery import geometry, names, words
from tools.gallery.allowed import ALLOWED, DATA, Allowed, left
from tools.gallery.geometry import Finding
from tools.gallery.ink import Painted, Recorder, look, watching

LONG = "A sentence that is far too long for the room that it was given"


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with watching() as made:
        yield made


class Brush(QWidget):
    """Paints by itself what it is told to."""

    def __init__(self, parent: QWidget, paint: Callable[[QPainter, QWidget], None]) -> None:
        super().__init__(parent)
        self._paint = paint
        self.setObjectName("brush")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint(painter, self)
        painter.end()


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    made.setObjectName("window")
    made.resize(400, 300)
    qtbot.addWidget(made)
    return made


def seen(recorder: Recorder, window: QWidget) -> list[Finding]:
    window.show()
    picture, painted = look(recorder, window)
    assert isinstance(picture, QPixmap) and not picture.isNull()
    return geometry.check(window, painted)


def kinds(found: list[Finding]) -> list[str]:
    return [each.kind for each in found]


def put(widget: QWidget, width: int, height: int = 24, at: tuple[int, int] = (10, 10)) -> QWidget:
    widget.setGeometry(*at, width, height)
    return widget


@pytest.mark.parametrize(
    "make",
    [
        lambda parent, text: QLabel(text, parent),
        lambda parent, text: QPushButton(text, parent),
        lambda parent, text: QCheckBox(text, parent),
    ],
)
def test_a_text_wider_than_its_widget_is_found(
    recorder: Recorder, window: QWidget, make: Callable[[QWidget, str], QWidget]
) -> None:
    widget = make(window, LONG)
    put(widget, 60)
    [found] = seen(recorder, window)
    assert found.kind == "cut" and found.what == LONG and "px wide" in found.more
    put(widget, 390)
    widget.setMinimumWidth(600)
    window.resize(700, 300)
    assert seen(recorder, window) == []


def test_a_wrapped_label_that_is_too_low_is_found(recorder: Recorder, window: QWidget) -> None:
    label = QLabel(LONG, window)
    label.setWordWrap(True)
    put(label, 120, 24)
    [found] = seen(recorder, window)
    assert (found.kind, found.more.endswith("high")) == ("cut", True)
    put(label, 120, 200)
    assert seen(recorder, window) == []


def test_a_choice_and_a_hint_that_are_cut_are_found(recorder: Recorder, window: QWidget) -> None:
    choice, field = QComboBox(window), QLineEdit(window)
    choice.addItem(LONG)
    field.setPlaceholderText(LONG)
    put(choice, 80), put(field, 80, at=(10, 60))
    assert kinds(seen(recorder, window)) == ["cut", "cut"]
    field.setText("typed: longer than the field, and that is nobody's fault")
    put(choice, 700)
    window.resize(800, 300)
    assert seen(recorder, window) == []


def test_heads_and_cells_that_are_cut_are_found_unless_a_tooltip_tells(
    recorder: Recorder, window: QWidget
) -> None:
    table = QTableWidget(1, 1, window)
    table.setWordWrap(False)
    table.setHorizontalHeaderLabels([LONG])
    item = table.item(0, 0) or table.itemPrototype()
    assert item is None
    table.model().setData(table.model().index(0, 0), LONG)
    put(table, 300, 200)
    table.setColumnWidth(0, 60)
    assert sorted(each.where.split("/")[-1] for each in seen(recorder, window)) == [
        "QHeaderView",
        "QTableWidget",
    ]
    table.model().setData(table.model().index(0, 0), LONG, Qt.ItemDataRole.ToolTipRole)
    table.horizontalHeaderItem(0).setToolTip(LONG)
    assert seen(recorder, window) == []


def test_siblings_over_each_other_are_found_and_what_floats_is_not(
    recorder: Recorder, window: QWidget
) -> None:
    one, other = QPushButton("One", window), QPushButton("Other", window)
    put(one, 80), put(other, 80, at=(60, 12))
    [found] = seen(recorder, window)
    assert found.kind == "over" and {found.where[-11:], found.what[-11:]} == {"QPushButton"}
    column = QVBoxLayout(window)
    column.addWidget(one)
    assert seen(recorder, window) == [], "one is laid out, the other lies over it on purpose"


def test_what_reaches_beyond_its_parent_is_found_except_where_it_scrolls(
    recorder: Recorder, window: QWidget
) -> None:
    box = QWidget(window)
    put(box, 100, 100)
    inner = QPushButton("In", box)
    put(inner, 80, at=(60, 10))
    [found] = seen(recorder, window)
    assert found.kind == "outside"
    inner.setParent(None)
    area = QScrollArea(window)
    put(area, 100, 100, at=(150, 10))
    inner.resize(300, 300)
    area.setWidget(inner)
    assert seen(recorder, window) == []


# -- what is painted -------------------------------------------------------------------------------------------------------
def painted_by(window: QWidget, paint: Callable[[QPainter, QWidget], None], tip: str = "") -> Brush:
    brush = Brush(window, paint)
    put(brush, 120, 40)
    brush.setToolTip(tip)
    return brush


def in_box(painter: QPainter, widget: QWidget) -> None:
    painter.drawText(QRectF(0, 0, 120, 40), int(Qt.AlignmentFlag.AlignCenter.value), LONG)


def at_point(painter: QPainter, widget: QWidget) -> None:
    painter.drawText(QPointF(4, 20), LONG)


def beside(painter: QPainter, widget: QWidget) -> None:
    painter.drawText(4, 20, "first")
    painter.drawText(16, 22, "second")


def laid_out(painter: QPainter, widget: QWidget) -> None:
    painter.drawStaticText(QPointF(4, 4), QStaticText(LONG))


@pytest.mark.parametrize(
    ("paint", "kind"), [(in_box, "cut"), (at_point, "outside"), (beside, "over"), (laid_out, "outside")]
)
def test_painted_texts_are_looked_at(
    recorder: Recorder, window: QWidget, paint: Callable[[QPainter, QWidget], None], kind: str
) -> None:
    brush = painted_by(window, paint)
    assert kind in kinds(seen(recorder, window))
    brush._paint = lambda painter, _: painter.drawText(QPointF(4, 20), "short")
    assert seen(recorder, window) == []
    assert [each.text for each in recorder.painted] == ["short"]


def elided(painter: QPainter, widget: QWidget) -> None:
    metrics = QFontMetricsF(painter.font())
    painter.drawText(QPointF(4, 20), metrics.elidedText(LONG, Qt.TextElideMode.ElideRight, 100))


def test_what_is_cut_off_on_purpose_is_whole_in_the_tooltip(recorder: Recorder, window: QWidget) -> None:
    brush = painted_by(window, elided)
    [found] = seen(recorder, window)
    assert found.what == LONG and "no tooltip" in found.more
    brush.setToolTip(f"<span>{LONG}</span>")
    assert seen(recorder, window) == []


def test_a_button_is_never_cut_off(recorder: Recorder, window: QWidget) -> None:
    class Cut(QPushButton):
        def paintEvent(self, event: QPaintEvent) -> None:
            painter = QPainter(self)
            elided(painter, self)
            painter.end()

    button = Cut(LONG, window)
    button.setToolTip(LONG)
    put(button, 120)
    assert [each.more for each in seen(recorder, window)] == ["a button says all of it"]


def test_rows_of_a_list_have_tooltips_of_their_own(recorder: Recorder, window: QWidget) -> None:
    view = QListView(window)
    view.setModel(QStringListModel([LONG], view))
    put(view, 80, 80)
    view.viewport().setObjectName("rows")
    assert kinds(seen(recorder, window)) == ["cut"]


def test_qts_drawing_is_its_own_again_afterwards() -> None:
    before = QPainter.drawText
    with watching():
        assert QPainter.drawText is not before
    assert QPainter.drawText is before


# -- names and order -------------------------------------------------------------------------------------------------------
def test_a_control_without_a_name_is_found(window: QWidget) -> None:
    field, named, button = QLineEdit(window), QLineEdit(window), QPushButton("Save", window)
    label = QLabel("&Name", window)
    label.setBuddy(named)
    for at, each in enumerate((field, named, button, label)):
        put(each, 80, at=(10, 10 + 40 * at))
    window.show()
    assert [each.what for each in names.nameless(window)] == ["QLineEdit"]
    field.setAccessibleName("Street")
    assert list(names.nameless(window)) == []


def test_tab_that_goes_back_up_is_found(window: QWidget) -> None:
    first, second, third = (QPushButton(name, window) for name in ("1", "2", "3"))
    for each, at in ((first, (10, 10)), (second, (10, 60)), (third, (10, 110))):
        put(each, 60, at=at)
    QWidget.setTabOrder(first, second)
    QWidget.setTabOrder(second, third)
    window.show()
    assert list(names.disorder(window)) == []
    put(third, 60, at=(10, 0))
    put(first, 60, at=(10, 160))
    put(second, 60, at=(200, 10))
    assert [each.kind for each in names.disorder(window)] == [], "up, but to the right: the next column"
    put(second, 60, at=(10, 60))
    assert "disorder" in [each.kind for each in names.disorder(window)]


# -- words -----------------------------------------------------------------------------------------------------------------
def test_words_of_no_catalogue_are_found(window: QWidget) -> None:
    label = QLabel(pseudo("Known"), window)
    hint = QLineEdit(window)
    hint.setPlaceholderText("Left out")
    painted = [Painted(window, "Drawn", "Drawn", QRectF(), None)]
    window.show()
    found = list(words.outside_catalogues(window, painted, DATA))
    assert [each.what for each in found] == ["Left out", "Drawn"]
    label.setText(pseudo("Known {no}").format_map({"no": "EMB-20250714-001"}) + " Ctrl+N 天山路")
    hint.setPlaceholderText("Tianshan")
    known = [re.compile("Tianshan"), *DATA]
    assert list(words.outside_catalogues(window, [], known)) == []


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("[Áá lóóng tééxt", []),
        ("[Óóné] [twóó]", []),
        ("[Óóné] two", ["two"]),
        ("half…", ["half"]),
        ("20:16 EMB-officer F2", []),
        ("[óútéér [ínnéér] réést]", []),
    ],
)
def test_what_stands_in_brackets_is_from_a_catalogue(text: str, strange: list[str]) -> None:
    assert words.strange(text, DATA) == strange


def test_what_is_allowed_has_a_reason_and_allows_nothing_else() -> None:
    rule = Allowed("over", "board$", "chip", "chips share a line")
    wanted = Finding("over", "window/board", "chip a")
    others = [Finding("cut", "window/board", "chip a"), Finding("over", "window/map", "chip a")]
    assert rule.fits(wanted) and not any(rule.fits(each) for each in others)
    assert all(len(each.reason) > 10 for each in ALLOWED)
    assert left([Finding("cut", "x", "y")]) == [Finding("cut", "x", "y")]


def test_rows_painted_as_pictures_are_looked_at_row_by_row(recorder: Recorder, window: QWidget) -> None:
    words = ["first row", "second row"]

    def rows(painter: QPainter, widget: QWidget) -> None:
        for at, each in enumerate(words):
            picture = QPixmap(110, 20)
            inner = QPainter(picture)
            inner.drawStaticText(QPointF(2, 0), QStaticText(each))
            inner.end()
            painter.drawPixmap(0, 20 * at, picture)

    painted_by(window, rows)
    assert seen(recorder, window) == [], "each row is a ground of its own"
    words[1] = LONG
    assert kinds(seen(recorder, window)) == ["outside"]
