"""Views of the board: built in, saved, renamed, deleted, recalled by keys; what an account keeps (SCREEN)."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.queries.board_view import Chip, Sort
from app.ui.board.views import BUILT_IN, Kept, Part, View
from app.ui.board.views_sheet import ViewsSheet
from tests.kit import founded_town, register
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Open, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]
SHIFT = Qt.KeyboardModifier.ShiftModifier


def sheet_of(room: Room) -> ViewsSheet:
    room.press(Qt.Key.Key_V, CTRL | SHIFT)
    sheet = room.window.overlays.views
    room.wait(lambda: sheet.is_open)
    return sheet


def ready(room: Room, who: str = "duty_officer") -> Room:
    register(room.site, what="仓库冒烟")
    room.sign_in(who)
    room.press(Qt.Key.Key_1, CTRL)
    return room


def test_built_in_views_are_two_keys_away_and_keep_the_order(emb_room: Room) -> None:
    room = ready(emb_room)
    room.board.sort_by(Sort.LEVEL)
    sheet = sheet_of(room)
    assert [sheet.list.item(at).text() for at in range(4)] == ["我方欠账", "对方欠账", "未结", "全部"]
    room.press(Qt.Key.Key_Down)
    room.press(ENTER)
    room.wait(lambda: room.board.feed.view.chip is Chip.THEIRS and not room.board.feed.pending)
    assert room.board.feed.view.sort is Sort.LEVEL
    chip = room.board._chip_of[Chip.THEIRS]
    assert chip.isVisible() and chip.isChecked(), "the board says which filter hides the rest"
    room.window.actions_table["board.view.all"].run()
    room.wait(lambda: room.board.feed.view.whole)
    assert not chip.isVisible()


def test_a_view_is_saved_recalled_renamed_deleted_and_comes_back_by_keys(emb_room: Room) -> None:
    room = ready(emb_room)
    room.press(Qt.Key.Key_F, CTRL)
    room.type("仓库")
    room.board.sort_by(Sort.STREET)
    sheet = sheet_of(room)
    room.press(Qt.Key.Key_Tab)
    room.type("夜班")
    room.press(ENTER)
    assert sheet.kept.views == (View("夜班", Chip.ALL, "仓库", Sort.STREET),)
    room.press(ESCAPE)
    room.board.clear_filter()
    room.board.sort_by(Sort.DEADLINE)
    sheet_of(room)
    room.press(Qt.Key.Key_End)
    room.press(ENTER)
    room.wait(lambda: room.board.search.text() == "仓库" and not room.board.feed.pending)
    assert room.board.feed.view.sort is Sort.STREET and room.board.feed.view.words
    sheet_of(room)
    room.press(Qt.Key.Key_End)
    room.press(Qt.Key.Key_Tab)
    room.type("白班")
    room.press(Qt.Key.Key_R, CTRL)
    assert [view.name for view in sheet.kept.views] == ["白班"]
    room.press(Qt.Key.Key_Delete)
    assert not sheet.kept.views and sheet.list.count() == len(BUILT_IN)
    room.press(ESCAPE)
    room.press(Qt.Key.Key_Z, CTRL)
    assert [view.name for view in room.window.features.views.kept().views] == ["白班"]


def test_an_account_finds_its_order_and_rows_again_but_no_filter(rooms: Open) -> None:
    """An incident that yesterday's filter hides would be hidden from everybody."""
    room = ready(rooms("EMB"))
    room.board.sort_by(Sort.OWNER)
    sheet = sheet_of(room)
    for box in (sheet.boxes[Part.FIGURES], sheet.small):
        box.setFocus()
        room.press(Qt.Key.Key_Space)
    room.press(ESCAPE)
    room.board.show_view(Chip.OPEN, "仓库")
    assert room.board._delegate.small
    room.close()
    again = rooms("EMB")
    again.wait(lambda: again.board.feed.view.sort is Sort.OWNER)
    assert again.board.feed.view.whole
    assert again.board._delegate.small and "figures" in again.board._delegate._parts
    again.sign_in("duty_chief")
    again.board.sort_by(Sort.DEADLINE)
    again.sign_in_again("duty_officer")
    again.wait(lambda: again.board.feed.view.sort is Sort.OWNER)


def test_what_is_stored_wrongly_is_left_out() -> None:
    assert Kept.read(None) == Kept()
    assert Kept.read({"sort": "x", "parts": ["number", 3], "views": [3, {"name": 1}, {"name": "a"}]}) == Kept(
        parts=frozenset({Part.NUMBER})
    )
    kept = Kept(Sort.LEVEL, frozenset({Part.SEEN}), True, (View("a", Chip.OPEN, "x", Sort.OWNER, True),))
    assert Kept.read(kept.stored()) == kept
    assert kept.with_view(View("b")).renamed("b", "a").views == (View("a"),)
