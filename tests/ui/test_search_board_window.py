"""The language of searching in the board's field, by keys alone: chips, completion, doubt (docs/decisions/0041)."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.kernel.enums import IncidentStatus
from app.usecases.incidents import SetIncidentStatus
from tests.kit import founded_town
from tests.ui.search_kit import board_ids, story
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, TAB, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]


def test_the_boards_field_takes_the_language_and_says_how_it_was_understood(emb_room: Room) -> None:
    room, board = emb_room, emb_room.board
    ids = story(room)
    room.wait(lambda: board_ids(room) == {ids["fire"], ids["flood"]})
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F, CTRL)
    room.type("街道:tsl 未结")
    room.wait(lambda: board_ids(room) == {ids["fire"]})
    assert board.asking.chips.texts_shown() == ["街道 天山路街道", "未结"]
    assert board.asking.isVisible()
    room.press(ESCAPE)
    room.wait(lambda: board_ids(room) == {ids["fire"], ids["flood"]})
    assert not board.asking.isVisible()
    room.type("冒烟")
    room.wait(lambda: board_ids(room) == {ids["fire"]})
    assert not board.asking.isVisible(), "a word needs no explaining"


def test_a_chip_is_taken_away_by_keys(emb_room: Room) -> None:
    room, board = emb_room, emb_room.board
    ids = story(room)
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F, CTRL)
    room.type("已结 街道:虹桥 积水")
    room.wait(lambda: not board.feed.pending and not board_ids(room))
    for _ in range(2):  # over the chips beside the field
        room.press(TAB)
    assert room.focus() is board.asking.chips.buttons[0]
    room.press(Qt.Key.Key_Delete)
    room.wait(lambda: board_ids(room) == {ids["flood"]})
    assert board.search.text() == "街道:虹桥 积水"
    assert board.asking.chips.texts_shown() == ["街道 虹桥街道", "积水"]
    assert board.asking.chips.buttons[0].hasFocus()
    room.press(Qt.Key.Key_Right)
    room.press(Qt.Key.Key_Backspace)
    assert board.search.text() == "街道:虹桥"


def test_names_and_values_are_completed_by_tab_and_enter_stays_what_it_was(emb_room: Room) -> None:
    room, board = emb_room, emb_room.board
    ids = story(room)
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F, CTRL)
    room.type("jd")
    assert board.asking.completing.offered[0].name == "街道:"
    room.press(TAB)
    assert board.search.text() == "街道:"
    assert len(board.asking.completing.offered) > 3
    room.type("hq")
    assert [entry.name for entry in board.asking.completing.offered] == ["虹桥街道"]
    room.press(TAB)
    assert board.search.text() == "街道:虹桥街道 "
    assert board.search.hasFocus()
    room.wait(lambda: board_ids(room) == {ids["flood"]})
    room.type("类型")
    assert board.asking.completing.offered
    room.press(ESCAPE)
    assert not board.asking.completing.offered and board.search.text() == "街道:虹桥街道 类型"
    room.press(ESCAPE)
    room.type("状态:已登")
    room.press(Qt.Key.Key_Down)
    room.press(ENTER)
    assert board.search.text() == "状态:已登记 "
    room.press(ESCAPE)
    room.type("虹")
    room.wait(lambda: board_ids(room) == {ids["flood"]})
    room.press(ENTER)
    room.wait(lambda: room.window.desk_shown)
    assert room.window.session.selected_incident == ids["flood"]


def test_a_doubtful_value_is_searched_for_as_text_and_said(emb_room: Room) -> None:
    room, board = emb_room, emb_room.board
    story(room)
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F, CTRL)
    room.type("街道:火星")
    room.wait(lambda: not board.feed.pending and not board_ids(room))
    assert board.asking.chips.texts_shown() == ["“街道:火星”按文字找"]
    assert board.feed.view.words == (("街道:火星",),) and board.feed.view.narrow is None


def test_a_row_that_no_longer_fits_the_filter_leaves(emb_room: Room) -> None:
    room = emb_room
    ids = story(room)
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F, CTRL)
    room.type("状态:已登记")
    room.wait(lambda: board_ids(room) == {ids["fire"], ids["flood"]})
    room.act(SetIncidentStatus(incident_id=ids["flood"], to=IncidentStatus.HANDLING))
    room.wait(lambda: board_ids(room) == {ids["fire"]})


def test_today_is_another_day_after_midnight(emb_room: Room) -> None:
    room, board = emb_room, emb_room.board
    ids = story(room)
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F, CTRL)
    room.type("今天")
    room.wait(lambda: board_ids(room) == {ids["fire"], ids["flood"]})
    room.clock.advance(24 * 3600)
    room.wait(lambda: not board.feed.pending and not board_ids(room))
    assert board.asking.chips.texts_shown() == ["今天 2025-07-15"]
