"""The panel as an officer uses it: typing, keys, chips, empty and failed boards, hidden boards (SCREEN; QUALITY)."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QWidget

from app.kernel.errors import EnvironmentFault
from app.queries.board_view import PAGE
from app.ui.board.panel import BoardPanel, Face
from app.ui.session import Session
from app.ui.theme.theme import Theme
from tests.ui.board_world import NOW, FakeConsole, new_database, settle


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    connection = new_database(tmp_path_factory.mktemp("panel"))
    yield connection
    connection.close()


class Desk:
    """A window with a board in it."""

    def __init__(self, console: FakeConsole, kind: str = "dark") -> None:
        self.console, self.theme = console, Theme(kind)
        self.session = Session(console)  # type: ignore[arg-type]
        self.window = QMainWindow()
        self.window.setStyleSheet(self.theme.qss())
        self.panel = BoardPanel(console, self.session, self.theme, spell=self._spell)  # type: ignore[arg-type]
        self.other = QWidget()
        self.window.setCentralWidget(self.panel)
        self.window.resize(440, 908)
        self.window.show()
        QTest.qWaitForWindowExposed(self.window)
        settle()

    @staticmethod
    def _spell(word: str) -> tuple[str, ...]:
        return ("天山路街道",) if word == "tsl" else ()

    def face(self) -> Face:
        return Face(self.panel._faces.currentIndex())

    def rows(self) -> list[str]:
        return [name for name in self.panel.model.ids() if not name.startswith("#")]

    def type(self, text: str) -> None:
        """As an input method commits it."""
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(self.panel.search, event)
        settle()

    def hear(self, *ids: str) -> None:
        end = self.console.subscribe(self.panel.feed.hear)
        self.console.publish(*ids)
        end()
        settle()

    def texts(self) -> list[str]:
        return [label.text() for label in self.panel.findChildren(QLabel) if label.isVisible()]


@pytest.fixture
def console(qapp: QApplication, database: sqlite3.Connection) -> FakeConsole:
    made = FakeConsole(database)
    made.clear()
    made.put("r1", place="天山路街道", what="火灾", next_due_at=NOW - 1)
    made.put("r2", place="虹桥街道", what="火灾", next_due_at=NOW + 5, agency="FRD")
    made.put("r3", place="新泾镇", what="内涝")
    made.put("r4", place="天山路街道", what="误报", open=0, status="void")
    return made


@pytest.fixture
def desk(console: FakeConsole) -> Iterator[Desk]:
    made = Desk(console)
    yield made
    made.panel.stop()
    made.window.close()
    made.window.deleteLater()


def test_the_board_opens_with_figures_and_all_its_rows(desk: Desk) -> None:
    assert desk.rows() == ["r1", "r2", "r3", "r4"]
    assert desk.face() is Face.ROWS
    assert "在办 3・逾期 1・待我方 1" in desk.texts()


def test_typing_filters_and_keeps_the_focus(desk: Desk) -> None:
    desk.panel.focus_search()
    desk.type("天山")
    assert desk.rows() == ["r1", "r4"]
    assert desk.panel.search.hasFocus()
    desk.type("路 火")
    assert desk.rows() == ["r1"]
    assert desk.panel.search.hasFocus()
    assert desk.panel.search.text() == "天山路 火"
    QTest.keyClick(desk.panel.search, Qt.Key.Key_Escape)
    settle()
    assert desk.rows() == ["r1", "r2", "r3", "r4"]
    assert desk.panel.search.hasFocus()
    QTest.keyClick(desk.panel.search, Qt.Key.Key_Escape)
    assert desk.panel.list.hasFocus()


def test_pinyin_initials_are_further_spellings(desk: Desk) -> None:
    desk.type("tsl")
    assert desk.rows() == ["r1", "r4"]
    assert desk.panel.search.placeholderText() == "地名、编号、拼音"


def test_arrows_and_enter_work_from_the_search_field(desk: Desk) -> None:
    opened: list[str] = []
    desk.panel.opened.connect(opened.append)
    desk.panel.focus_search()
    desk.type("火灾")
    QTest.keyClick(desk.panel.search, Qt.Key.Key_Down)
    QTest.keyClick(desk.panel.search, Qt.Key.Key_Down)
    assert desk.session.selected_incident == "r2"
    assert desk.panel.search.hasFocus()
    QTest.keyClick(desk.panel.search, Qt.Key.Key_Up)
    QTest.keyClick(desk.panel.search, Qt.Key.Key_Return)
    assert opened == ["r1"]


def test_enter_in_the_search_field_opens_the_first_hit(desk: Desk) -> None:
    opened: list[str] = []
    desk.panel.opened.connect(opened.append)
    desk.type("内涝")
    QTest.keyClick(desk.panel.search, Qt.Key.Key_Return)
    assert opened == ["r3"]
    desk.panel.search.clear()
    settle()
    desk.type("无此词")
    QTest.keyClick(desk.panel.search, Qt.Key.Key_Return)
    assert opened == ["r3"]


def test_chips_filter(desk: Desk) -> None:
    chips = {button.text(): button for button in desk.panel._chip_of.values()}
    shown = [text for text, button in chips.items() if button.isVisible()]
    assert shown == ["全部", "待我方", "分歧"]
    QTest.mouseClick(chips["待我方"], Qt.MouseButton.LeftButton)
    settle()
    assert desk.rows() == ["r1"]
    QTest.mouseClick(chips["分歧"], Qt.MouseButton.LeftButton)
    settle()
    assert desk.rows() == []
    assert desk.face() is Face.NOTHING
    QTest.mouseClick(desk.panel.faces.clear, Qt.MouseButton.LeftButton)
    settle()
    assert desk.rows() == ["r1", "r2", "r3", "r4"]


def test_the_order_can_be_changed(desk: Desk) -> None:
    desk.console.put("r3", received_at=NOW + 1)
    by_time = desk.panel._sort.menu().actions()[1]
    assert by_time.text() == "按接报时间"
    by_time.trigger()
    settle()
    assert desk.rows()[0] == "r3"
    assert desk.panel._sort.text() == "按接报时间"


def test_selection_is_shared_with_other_screens(desk: Desk) -> None:
    desk.panel.list.setFocus()
    desk.panel.list.step(1)
    assert desk.session.selected_incident == "r1"
    desk.session.select_incident("r3")
    assert desk.panel.list.chosen_id() == "r3"
    desk.type("火灾")  # r3 is filtered out: what Enter would open is selected, on every screen
    first = desk.panel.list.chosen_id()
    assert first not in ("", "r3") and desk.session.selected_incident == first
    desk.panel.clear_filter()
    settle()
    assert desk.panel.list.chosen_id() == first


def test_what_stands_open_on_the_desk_stays_selected_whatever_is_typed(desk: Desk) -> None:
    desk.panel.held_elsewhere = lambda: True
    desk.session.select_incident("r3")
    desk.type("火灾")
    assert desk.panel.list.chosen_id() == ""
    assert desk.session.selected_incident == "r3" and desk.panel.hides("r3")
    desk.panel.clear_filter()
    settle()
    assert desk.panel.list.chosen_id() == "r3" and not desk.panel.hides("r3")


def test_a_filtered_out_row_is_selected_again_when_it_comes_back(desk: Desk) -> None:
    desk.session.select_incident("r3")
    desk.console.put("r3", retracted=1)
    desk.hear("r3")
    assert desk.panel.list.chosen_id() == ""
    desk.console.put("r3", retracted=0)
    desk.hear("r3")
    assert desk.panel.list.chosen_id() == "r3"


def test_an_empty_board_says_what_would_be_there(desk: Desk) -> None:
    for name in ("r1", "r2", "r3"):
        desk.console.put(name, open=0, next_due_at=None, status="closed")
    desk.hear("r1", "r2", "r3")
    assert desk.face() is Face.EMPTY
    assert "没有在办事件" in desk.texts()
    assert desk.panel.faces.closed.text() == "查看已结 4 件"
    assert not desk.panel._register.isVisible()  # the other one stands in the middle
    wanted: list[bool] = []
    desk.panel.register_wanted.connect(lambda: wanted.append(True))
    QTest.mouseClick(desk.panel.faces.register, Qt.MouseButton.LeftButton)
    assert wanted == [True]
    QTest.mouseClick(desk.panel.faces.closed, Qt.MouseButton.LeftButton)
    assert desk.face() is Face.ROWS
    assert len(desk.rows()) == 4
    desk.console.put("r9", next_due_at=NOW)
    desk.hear("r9")
    assert desk.face() is Face.ROWS
    desk.console.put("r9", open=0, next_due_at=None)
    desk.hear("r9")
    assert desk.face() is Face.EMPTY


def test_a_board_without_any_incident_offers_no_closed_ones(console: FakeConsole) -> None:
    console.clear()
    desk = Desk(console)
    assert desk.face() is Face.EMPTY
    assert not desk.panel.faces.closed.isVisible()
    console.put("r1")
    desk.hear("r1")
    assert desk.face() is Face.ROWS
    desk.panel.stop()
    desk.window.close()


def test_a_board_that_cannot_be_read_says_so_and_tries_again(console: FakeConsole) -> None:
    console.fault = EnvironmentFault("database.damaged", "fault.database.damaged", path="x")
    desk = Desk(console)
    assert desk.face() is Face.ERROR
    assert any(text.startswith("told: ") for text in desk.texts())
    console.fault = None
    QTest.mouseClick(desk.panel.faces.retry, Qt.MouseButton.LeftButton)
    settle()
    assert desk.face() is Face.ROWS
    assert len(desk.rows()) == 4
    desk.panel.stop()
    desk.window.close()


def test_an_unforeseen_failure_is_told_without_its_words(console: FakeConsole) -> None:
    console.fault = ZeroDivisionError("inner secret")
    desk = Desk(console)
    assert desk.face() is Face.ERROR
    assert not any("inner secret" in text for text in desk.texts())
    desk.panel.stop()
    desk.window.close()


def test_buttons_below_tell_what_is_wanted(desk: Desk) -> None:
    told: list[Any] = []
    desk.panel.register_wanted.connect(lambda: told.append("register"))
    desk.panel.oral_wanted.connect(told.append)
    QTest.mouseClick(desk.panel._register, Qt.MouseButton.LeftButton)
    QTest.mouseClick(desk.panel._oral, Qt.MouseButton.LeftButton)
    desk.panel.list.choose("r2")
    QTest.mouseClick(desk.panel._oral, Qt.MouseButton.LeftButton)
    assert told == ["register", "", "r2"]


def test_changes_come_through_the_relay(desk: Desk, qtbot: Any) -> None:
    desk.console.put("r0", next_due_at=NOW - 9)
    desk.console.publish("r0")
    qtbot.waitUntil(lambda: desk.rows()[0] == "r0", timeout=60_000)


def test_a_hidden_board_reads_nothing_and_catches_up(desk: Desk) -> None:
    desk.panel.hide()
    desk.console.asked.clear()
    desk.console.put("r0", next_due_at=NOW - 9)
    desk.hear("r0")
    assert desk.console.asked == []
    desk.panel.show()
    settle()
    assert desk.rows()[0] == "r0"


def test_the_clock_ticks_only_while_seen(desk: Desk) -> None:
    assert desk.panel._clock.isActive()
    desk.panel.hide()
    assert not desk.panel._clock.isActive()
    desk.panel.show()
    assert desk.panel._clock.isActive()


def test_ctrl_1_comes_to_a_row_and_ctrl_f_to_the_whole_word(desk: Desk) -> None:
    desk.panel.focus_list()
    assert desk.panel.list.hasFocus()
    assert desk.session.selected_incident == "r1"
    desk.panel.search.setText("火灾")
    desk.panel.focus_search()
    assert desk.panel.search.selectedText() == "火灾"


def test_another_theme_repaints_the_board(desk: Desk) -> None:
    desk.theme.use("light")
    at = desk.panel.model.place_of("r3")
    rect = desk.panel.list.visualRect(desk.panel.model.index(at or 0))
    image = desk.panel.list.viewport().grab().toImage()
    assert image.pixelColor(300, rect.top() + 2) == desk.theme.surface
    assert image.pixelColor(300, rect.top() + 2).lightness() > 250


def test_everything_has_a_name_for_screen_readers(desk: Desk) -> None:
    panel = desk.panel
    for widget in (panel, panel.list, panel.search, panel._sort, panel._register, panel._oral):
        assert widget.accessibleName()


def test_the_search_field_takes_no_endless_text(desk: Desk) -> None:
    desk.panel.search.setText("火" * 5_000)
    settle()
    assert len(desk.panel.search.text()) == 100
    assert desk.rows() == []


def test_english_fits_as_well(qapp: QApplication, console: FakeConsole, database: sqlite3.Connection) -> None:
    english = FakeConsole(database, "en")
    desk = Desk(english)
    assert "3 open · 1 overdue · 1 ours" in desk.texts()
    for button in (*desk.panel._chip_of.values(), desk.panel._register, desk.panel._oral):
        assert button.width() >= button.sizeHint().width()
    desk.panel.stop()
    desk.window.close()


def test_a_million_rows_would_not_be_loaded(desk: Desk, database: sqlite3.Connection) -> None:
    for number in range(PAGE * 3):
        desk.console.put(f"x{number:03d}", open=0, received_at=NOW - 60_000 - number)
    desk.panel.feed.open()
    settle()
    assert len(desk.rows()) == PAGE
    bar = desk.panel.list.verticalScrollBar()
    while desk.panel.model.can_more:
        before = len(desk.rows())
        QApplication.processEvents()  # the scroll bar learns of the rows
        bar.setValue(bar.maximum())
        settle()
        assert len(desk.rows()) > before
    assert len(desk.rows()) == PAGE * 3 + 4


def test_the_board_is_light_to_import() -> None:
    """QUALITY, start: none of these before the board is painted."""
    heavy = ("sqlalchemy", "alembic", "msgspec", "pyqtgraph", "folium", "qasync", "nacl", "websockets")
    code = f"import sys, app.ui.board.panel; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
