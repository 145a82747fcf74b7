"""Times and drafts of a registration: no day is guessed in silence, nothing typed is lost (D-26, QUALITY)."""

from __future__ import annotations

from app.ui.desk import words
from tests.kit import founded_town, moment, ms, register
from tests.ui.forms_kit import go_to_place, open_form
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, TAB, Room, emb_room, frd_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]


def test_the_form_says_what_its_registration_will_start(emb_room: Room) -> None:
    """RP-07: thirty minutes and one hour from the message."""
    open_form(emb_room)
    note = emb_room.window.overlays.register.note
    assert note.text() == "登记后起算：口头报 08:30:00，书面报 09:00:00"
    emb_room.press(TAB)
    emb_room.window.overlays.register.received.selectAll()
    emb_room.type("0752")
    assert note.text() == "登记后起算：口头报 08:22:00，书面报 08:52:00"


def test_a_late_entry_is_confirmed_by_the_same_key(emb_room: Room) -> None:
    """D-26: up to 24 h back without asking, then only after a second Ctrl+Enter."""
    room = emb_room
    room.sign_in()
    open_form(room)
    sheet = room.window.overlays.register
    sheet.place.setText("某处")
    sheet.received.setText("2025-07-12 08:00")
    room.press(ENTER, CTRL)
    room.wait(sheet.fields["received_at"].fault.text)
    assert "再按一次 Ctrl+Enter" in sheet.fields["received_at"].fault.text()
    room.press(ENTER, CTRL)
    room.wait(lambda: room.window.selected_row is not None)
    row = room.window.selected_row
    assert row is not None and row.received_at == ms("08:00:00", "2025-07-12")


def test_a_time_ahead_without_a_date_is_refused_and_never_moved_to_yesterday(emb_room: Room) -> None:
    """D-26: 18:52 typed at 18:49 is not yesterday's 18:52."""
    room = emb_room
    room.clock.set(ms("18:49:00"))
    room.sign_in()
    open_form(room)
    sheet = room.window.overlays.register
    room.press(TAB)
    room.type("1852")
    assert sheet.note.text() == "登记后起算：口头报 19:22:00，书面报 19:52:00"
    room.press(TAB)
    room.press(TAB)
    room.type("某处")
    room.press(ENTER, CTRL)
    room.wait(sheet.fields["received_at"].fault.text)
    said = sheet.fields["received_at"].fault.text()
    assert "不能是将来的时间" in said and "昨天的请写日期 07-13 18:52:00" in said
    room.press(ENTER, CTRL)
    room.settle()
    assert sheet.is_open and room.site.count("incident") == 0
    room.type("1850")
    room.press(ENTER, CTRL)
    room.wait(lambda: room.window.selected_row is not None)
    row = room.window.selected_row
    assert row is not None and row.received_at == ms("18:50:00"), "a minute ahead is allowed"


def test_a_late_evening_typed_after_midnight_is_shown_with_its_date_and_asked(emb_room: Room) -> None:
    room = emb_room
    room.clock.set(ms("00:05:00"))
    room.sign_in()
    open_form(room)
    sheet = room.window.overlays.register
    room.press(TAB)
    room.type("2340")
    assert sheet.note.text() == "登记后起算：口头报 00:10:00，书面报 00:40:00"
    room.type(":00")
    room.press(TAB)
    room.type("2330")
    room.press(TAB)
    room.type("某处")
    room.press(ENTER, CTRL)
    assert sheet.received.text() == "07-13 23:40:00"
    assert "按 07-13 23:40:00 记" in sheet.fields["received_at"].fault.text()
    assert "再按一次 Ctrl+Enter" in sheet.fields["received_at"].fault.text()
    room.settle()
    assert room.site.count("incident") == 0
    room.press(ENTER, CTRL)
    assert sheet.occurred.text() == "07-13 23:30:00", "each such time is asked"
    room.press(ENTER, CTRL)
    room.wait(lambda: room.window.selected_row is not None)
    row = room.window.selected_row
    assert row is not None
    assert (row.received_at, row.occurred_at) == (
        ms("23:40:00", "2025-07-13"),
        ms("23:30:00", "2025-07-13"),
    )


def test_the_clocks_of_another_day_are_told_with_their_date(emb_room: Room) -> None:
    room = emb_room
    open_form(room)
    sheet = room.window.overlays.register
    room.press(TAB)
    room.type("7-13 22:45")
    assert sheet.note.text() == "登记后起算：口头报 07-13 23:15:00，书面报 07-13 23:45:00"
    row = register(room.site, received_at=moment("22:45:00", "2025-07-13"))
    oral, written = words.clocks(room.console.texts, row, room.clock.now_ms(), 600)
    assert "07-13 23:15:00" in oral.second and "07-13 23:45:00" in written.second


def test_a_form_left_open_over_midnight_keeps_the_day_of_its_times(emb_room: Room) -> None:
    room = emb_room
    room.clock.set(ms("17:00:00"))
    room.sign_in()
    open_form(room)
    sheet = room.window.overlays.register
    sheet.place.setText("某处")
    room.clock.set(ms("18:00:00", "2025-07-15"))
    room.press(ENTER, CTRL)
    assert sheet.received.text() == "07-14 17:00:00"
    assert sheet.fields["received_at"].fault.text()
    room.press(ESCAPE)
    sheet.received.setText("17:30")
    assert not sheet.received.assumed()


def test_a_draft_is_kept_by_the_keystroke_batch_and_offered_after_a_restart(rooms: OpenRoom) -> None:
    room = rooms("EMB")
    room.sign_in()
    open_form(room)
    go_to_place(room)
    room.type("新华路街道某小区")
    room.wait(lambda: room.console.memory("draft.register"))
    assert room.console.memory("draft.register")["place"] == "新华路街道某小区"
    room.close()
    again = rooms("EMB")
    again.wait(again.window.overlays.toasts.texts_shown)
    assert "登记表有未提交的草稿，08:00:00，8 字" in again.window.overlays.toasts.texts_shown()
    again.sign_in()
    open_form(again)
    sheet = again.window.overlays.register
    assert sheet.place.text() == "新华路街道某小区" and "已取回 08:00:00 的草稿" in sheet.note.text()
    again.press(ENTER, CTRL)
    again.wait(lambda: again.window.selected_row is not None)
    assert again.console.memory("draft.register") is None


def test_escape_keeps_the_draft_and_clear_throws_it_away(emb_room: Room) -> None:
    room = emb_room
    open_form(room)
    go_to_place(room)
    room.type("某处")
    room.press(ESCAPE)
    sheet = room.window.overlays.register
    if sheet.is_open:  # the first Esc put the list of places away
        room.press(ESCAPE)
    assert not sheet.is_open and room.console.memory("draft.register")["place"] == "某处"
    open_form(room)
    assert sheet.place.text() == "某处"
    room.click(sheet.clear)
    assert sheet.place.text() == "" and room.console.memory("draft.register") is None
    room.click(sheet.clear)
    assert sheet.place.text() == "某处" and room.console.memory("draft.register")["place"] == "某处"
    room.click(sheet.clear)
    room.press(TAB)
    room.type("0755")
    assert sheet.clear.text() == "清空重填", "what was cleared comes back only until something is typed"


def test_a_draft_is_kept_as_soon_as_anything_was_typed_and_shown_on_the_board(rooms: OpenRoom) -> None:
    room = rooms("EMB")
    room.clock.set(ms("18:40:00"))
    room.sign_in()
    button = room.board._register
    assert button.text() == "登记事件"
    open_form(room)
    room.press(TAB)
    room.type("1830")
    room.press(ESCAPE)
    assert button.text() == "继续登记（草稿）"
    room.close()
    again = rooms("EMB")
    again.wait(lambda: again.board._register.text() == "继续登记（草稿）")
    again.clock.set(ms("08:40:00", "2025-07-15"))
    again.sign_in()
    open_form(again)
    sheet = again.window.overlays.register
    assert sheet.received.text() == "07-14 18:30:00", "a draft of yesterday keeps its day"
    assert "已取回 07-14 18:40:00 的草稿" in sheet.note.text()
    assert "登记后起算：口头报 07-14 19:00:00" in sheet.note.text()
    sheet.place.setText("某处")
    again.press(ENTER, CTRL)
    again.wait(lambda: again.window.selected_row is not None)
    assert again.board._register.text() == "登记事件"


def test_a_form_that_was_only_opened_leaves_no_draft(emb_room: Room) -> None:
    open_form(emb_room)
    emb_room.press(ESCAPE)
    assert emb_room.console.memory("draft.register") is None
    assert emb_room.board._register.text() == "登记事件"
