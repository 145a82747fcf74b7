"""Forms by keyboard: keystrokes counted, faults at their field, nothing typed is lost (QUALITY, Human factors)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.kernel.enums import IncidentClass, Post, Source
from app.queries.incidents import IncidentRow
from app.ui.desk import words
from app.ui.forms import kinds
from app.ui.forms.choice import Choice, fitting
from tests.kit import feed_incident, founded_town, moment, ms, register
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, TAB, Room, emb_room, frd_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]
ALT = Qt.KeyboardModifier.AltModifier


def open_form(room: Room) -> None:
    room.press(Qt.Key.Key_N, CTRL)


def said_somewhere(room: Room, text: str) -> bool:
    """True while a note with this text is shown."""
    return any(text in said for said in room.window.overlays.toasts.texts_shown())


def go_to_place(room: Room) -> None:
    for _ in range(3):
        room.press(TAB)


# -- registration ----------------------------------------------------------------------------------------------------------
def test_an_incident_is_registered_with_at_most_twelve_keystrokes_beyond_its_text(frd_room: Room) -> None:
    room, window = frd_room, frd_room.window
    room.sign_in()
    room.keys = 0
    open_form(room)
    go_to_place(room)
    room.type("tsl")
    room.press(ENTER)
    room.type("某居民楼6层")
    room.press(TAB)
    room.type("hz")
    room.press(TAB)
    room.type("2")
    room.press(TAB)
    room.type("居民楼火灾，有人员被困")
    room.press(ENTER, CTRL)
    assert room.keys <= 12
    room.wait(lambda: window.selected_row is not None)
    row = window.selected_row
    assert row is not None
    assert (row.place, row.unit_code, row.what) == (
        "天山路街道某居民楼6层",
        "310105006",
        "居民楼火灾，有人员被困",
    )
    assert (row.class_code, row.type_code, row.alarm_grade, row.source) == (
        "accident",
        "fire",
        2,
        Source.ALARM_119,
    )
    assert row.received_at == ms("08:00:00") and row.no == "FRD-20250714-001"
    assert not window.overlays.register.is_open
    room.wait(lambda: said_somewhere(room, "已登记 FRD-20250714-001"))


def test_when_and_where_are_enough(emb_room: Room) -> None:
    """D-37: all else may wait; without a kind the class is pending."""
    room = emb_room
    room.sign_in()
    open_form(room)
    go_to_place(room)
    room.type("某处")
    room.press(ENTER, CTRL)
    room.wait(lambda: room.window.selected_row is not None)
    row = room.window.selected_row
    assert row is not None and row.class_code == IncidentClass.PENDING and row.unit_code is None


def test_the_form_says_what_its_registration_will_start(emb_room: Room) -> None:
    """RP-07: thirty minutes and one hour from the message."""
    open_form(emb_room)
    note = emb_room.window.overlays.register.note
    assert note.text() == "登记后起算：口头报 08:30:00，书面报 09:00:00"
    emb_room.press(TAB)
    emb_room.window.overlays.register.received.selectAll()
    emb_room.type("0752")
    assert note.text() == "登记后起算：口头报 08:22:00，书面报 08:52:00"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("received_at", "25:00", "时间写成"),
        ("occurred_at", "soon", "时间写成"),
        ("occurred_at", "0759", ""),
        ("received_at", "2025-07-14 08:05", "将来"),
    ],
)
def test_a_fault_stands_at_its_field_with_the_cursor_in_it(
    emb_room: Room, field: str, typed: str, said: str
) -> None:
    room = emb_room
    room.sign_in()
    open_form(room)
    sheet = room.window.overlays.register
    sheet.place.setText("某处")
    editor = sheet.fields[field].editor
    editor.setFocus()
    editor.selectAll()
    room.type(typed)
    room.press(ENTER, CTRL)
    if not said:
        room.wait(lambda: not sheet.is_open)
        return
    room.wait(sheet.fields[field].fault.text)
    assert said in sheet.fields[field].fault.text()
    assert QApplication.focusWidget() is editor
    room.type("1")
    assert not sheet.fields[field].fault.text(), "typing takes the fault away"


def test_a_missing_place_is_said_at_the_place(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    open_form(room)
    room.press(ENTER, CTRL)
    sheet = room.window.overlays.register
    room.wait(sheet.fields["place"].fault.text)
    assert "地点" in sheet.fields["place"].fault.text() and "D-37" in sheet.fields["place"].fault.text()
    assert QApplication.focusWidget() is sheet.place


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
    assert "不能是将来的时间" in said and "昨天的请写日期：07-13 18:52:00" in said
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


def test_tab_stays_in_the_form_and_keys_do_not_fall_through(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    open_form(room)
    sheet = room.window.overlays.register
    for _ in range(25):
        focused = room.focus()
        assert sheet.isAncestorOf(focused), "the focus left the open form"
        room.press(TAB)
    sheet.what.setFocus()
    room.press(Qt.Key.Key_Down)
    room.press(Qt.Key.Key_PageDown)
    assert room.window.session.selected_incident == ""
    assert not room.board.search.text()


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


@pytest.mark.parametrize(
    ("field", "typed"), [("type", "=1+1"), ("alarm_grade", "99"), ("source", "hz"), ("type", "zzz")]
)
def test_what_no_list_knows_stays_and_is_said(emb_room: Room, field: str, typed: str) -> None:
    """Nothing typed is dropped: not by leaving the field, not by Ctrl+Enter, not by a draft."""
    room = emb_room
    room.sign_in()
    open_form(room)
    sheet = room.window.overlays.register
    sheet.place.setText("某处")
    editor, fault = sheet.fields[field].editor, sheet.fields[field].fault
    editor.setFocus()
    editor.selectAll()
    room.type(typed)
    room.press(TAB)
    assert editor.text() == typed and f"列表里没有“{typed}”" in fault.text()
    room.press(ENTER, CTRL)
    room.settle()
    assert sheet.is_open and QApplication.focusWidget() is editor and room.site.count("incident") == 0
    room.press(ESCAPE)
    open_form(room)
    assert editor.text() == typed
    room.press(ENTER, CTRL)
    room.settle()
    assert room.site.count("incident") == 0 and f"“{typed}”" in fault.text()


def test_a_kind_typed_last_is_taken_by_ctrl_enter(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    open_form(room)
    sheet = room.window.overlays.register
    sheet.place.setText("某处")
    sheet.type.setFocus()
    room.type("hz")
    room.press(ENTER, CTRL)
    room.wait(lambda: room.window.selected_row is not None)
    row = room.window.selected_row
    assert row is not None and row.type_code == "fire"


def test_an_oral_report_to_nobody_known_is_said_at_its_field(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.sign_in()
    room.select(row)
    room.press(Qt.Key.Key_F4)
    sheet = room.window.overlays.oral
    for name, editor in (("to_role", sheet.to), ("channel", sheet.channel)):
        usual = editor.text()
        editor.setFocus()
        editor.selectAll()
        room.type("=1+1")
        room.press(ENTER)
        assert "列表里没有" in sheet.fields[name].fault.text() and editor.text() == "=1+1"
        editor.setText(usual)
    assert not room.site.oral_reports(row.id)


def test_two_ctrl_enters_register_once(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    open_form(room)
    sheet = room.window.overlays.register
    sheet.place.setText("某处")
    sheet.submit()
    sheet.submit()
    room.wait(lambda: room.window.selected_row is not None)
    assert room.site.count("incident") == 1


def test_a_point_picked_on_the_map_goes_into_the_form(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    wished: list[bool] = []
    sheet = room.window.overlays.register
    sheet.pick_wanted.connect(lambda: wished.append(True))
    open_form(room)
    for times in range(3):
        room.press(Qt.Key.Key_P, ALT)
        room.wait(wished.copy)
        wished.clear()
        room.window.deeds.point_picked(121.39 + times / 100, 31.21)
        room.press(ESCAPE)
        open_form(room)
        sheet.place.setFocus()
    assert sheet.place.text() == "", "the key types no letter"
    room.click(sheet.clear)
    room.press(Qt.Key.Key_P, ALT)
    room.wait(wished.copy)
    room.window.deeds.point_picked(121.39, 31.21)
    assert "121.39000" in sheet.pick.text() and QApplication.focusWidget() is sheet.place
    room.press(ENTER, CTRL)
    room.wait(lambda: room.window.selected_row is not None)
    row = room.window.selected_row
    assert row is not None and (row.lon, row.lat) == (121.39, 31.21)


def test_a_possible_duplicate_is_suggested_afterwards(emb_room: Room) -> None:
    """D-21: same class, within 200 m and 30 min; a person decides."""
    room = emb_room
    other = register(room.site, lon=121.39, lat=31.21)
    room.sign_in()
    open_form(room)
    sheet = room.window.overlays.register
    sheet.type.take("fire")
    sheet.fill_point(121.3905, 31.21)
    room.press(ENTER, CTRL)
    said = room.window.overlays.toasts.texts_shown
    room.wait(lambda: any(other.no is not None and other.no in text for text in said()))
    assert any("请核对" in text and "米" in text for text in said())


def test_the_same_address_without_a_point_is_hinted_too(emb_room: Room) -> None:
    """D-21 compares points; the same words are a hint where one has none, and nothing is merged."""
    room = emb_room
    other = register(room.site, type_code="fire")
    room.sign_in()
    open_form(room)
    go_to_place(room)
    room.type("天山路街道 某居民楼6层")
    room.press(TAB)
    room.type("hz")
    room.press(ENTER, CTRL)
    said = room.window.overlays.toasts.texts_shown
    room.wait(
        lambda: any(other.no is not None and other.no in text and "写法相同" in text for text in said())
    )
    assert room.site.count("incident") == 2


def test_a_place_of_ten_thousand_characters_is_refused_at_its_field(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    open_form(room)
    go_to_place(room)
    room.type("长" * 10_000)
    room.press(ENTER, CTRL)
    sheet = room.window.overlays.register
    room.wait(sheet.fields["place"].fault.text)
    assert "最多 200 个字" in sheet.fields["place"].fault.text()
    assert len(sheet.place.text()) == 10_000 and room.site.count("incident") == 0


def test_places_with_a_name_bring_their_point(emb_room: Room) -> None:
    from app.usecases.points import AddPoint

    room = emb_room
    room.act(AddPoint(kind="hospital", name="天山路医院", lon=121.37, lat=31.2))
    open_form(room)
    sheet = room.window.overlays.register
    room.wait(lambda: any(choice.name == "天山路医院" for choice in sheet.place._choices))
    go_to_place(room)
    room.type("tslyy")
    room.press(ENTER)
    assert sheet.place.text() == "天山路医院" and "121.37000" in sheet.pick.text()


# -- oral report -----------------------------------------------------------------------------------------------------------
def test_an_oral_report_is_stamped_with_at_most_three_keystrokes(emb_room: Room) -> None:
    """RP-16: to the duty room, by telephone, now, place and what: the usual values stand there."""
    room = emb_room
    row = register(room.site)
    room.sign_in()
    room.select(row)
    room.clock.advance(17 * 60 + 30)
    room.keys = 0
    room.press(Qt.Key.Key_F4)
    room.press(ENTER)
    assert room.keys <= 3
    room.wait(lambda: room.site.oral_reports(row.id))
    [report] = room.site.oral_reports(row.id)
    assert (report.to_role, report.channel, report.spoken_at) == ("gov_duty_room", "landline", ms("08:17:30"))
    assert row.no in report.gist
    room.wait(lambda: room.site.incident(row.id).oral_met_at == ms("08:17:30"))
    room.wait(lambda: said_somewhere(room, "已记口头报 08:17:30"))


def test_a_report_from_before_the_message_is_asked_back(emb_room: Room) -> None:
    """RP-16, D-26: asked again whenever something was changed after it was confirmed."""
    room = emb_room
    row = register(room.site)
    room.sign_in()
    room.select(row)
    room.press(Qt.Key.Key_F4)
    sheet = room.window.overlays.oral
    sheet.spoken.setFocus()
    sheet.spoken.selectAll()
    said = sheet.fields["spoken_at"].fault.text
    for typed in ("0730", "0710"):
        room.type(typed)
        room.press(ENTER)
        room.wait(said)
        assert "早于接报时间" in said() and "再按一次 Enter" in said()
        assert typed[2:] in said()
    assert not room.site.oral_reports(row.id)
    room.press(ENTER)
    room.wait(lambda: not sheet.is_open)
    [report] = room.site.oral_reports(row.id)
    assert report.spoken_at == ms("07:10:00")


def test_an_oral_report_of_the_time_ahead_or_of_yesterday_is_not_guessed(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site, received_at=moment("07:55:00"))
    room.sign_in()
    room.select(row)
    room.press(Qt.Key.Key_F4)
    sheet = room.window.overlays.oral
    sheet.spoken.setFocus()
    sheet.spoken.selectAll()
    room.type("0810")
    room.press(ENTER)
    said = sheet.fields["spoken_at"].fault.text
    room.wait(said)
    assert "不能是将来的时间" in said() and "07-13 08:10:00" in said()
    assert not room.site.oral_reports(row.id)


def stamp(room: Room, row: IncidentRow, at: str) -> None:
    """One oral report by F4 and Enter, known to the desk."""
    room.clock.set(ms(at))
    known = len(room.site.oral_reports(row.id))
    room.press(Qt.Key.Key_F4)
    room.press(ENTER)
    desk = room.window.desk
    assert desk is not None
    room.wait(lambda: desk.data is not None and len(desk.data.oral) == known + 1)


def test_a_second_f4_says_what_is_recorded_and_asks_before_it_stamps_again(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.sign_in()
    room.select(row)
    stamp(room, row, "08:17:30")
    room.clock.set(ms("08:20:00"))
    room.press(Qt.Key.Key_F4)
    sheet = room.window.overlays.oral
    assert "08:17:30" in sheet.earlier.text() and sheet.to.text() in sheet.earlier.text()
    assert sheet.correct.isVisible()
    room.press(ENTER)
    room.settle()
    said = sheet.fields["to_role"].fault.text()
    assert sheet.is_open and "08:17:30 已报过" in said and "F4" in said
    assert len(room.site.oral_reports(row.id)) == 1
    room.press(ENTER)
    room.wait(lambda: len(room.site.oral_reports(row.id)) == 2)


def test_a_mistaken_oral_report_is_corrected_by_f4_twice(emb_room: Room) -> None:
    """RP-16: by a new row that counts, the old one stays."""
    room = emb_room
    row = register(room.site)
    room.sign_in()
    room.select(row)
    stamp(room, row, "08:05:00")
    room.clock.set(ms("08:25:00"))
    room.press(Qt.Key.Key_F4)
    room.press(Qt.Key.Key_F4)
    sheet = room.window.overlays.oral
    assert "更正 08:05:00" in sheet.earlier.text() and sheet.spoken.text() == "08:05:00"
    assert QApplication.focusWidget() is sheet.spoken
    room.type("0822")
    room.press(ENTER)
    room.wait(lambda: len(room.site.oral_reports(row.id)) == 2)
    room.wait(lambda: said_somewhere(room, "已更正口头报 08:22:00"))
    old, new = room.site.oral_reports(row.id)
    assert (new.spoken_at, new.amends_id, new.gist, new.channel) == (
        ms("08:22:00"),
        old.id,
        old.gist,
        old.channel,
    )
    assert room.site.incident(row.id).oral_met_at == ms("08:22:00")


def test_ctrl_z_says_that_records_are_corrected_and_not_taken_back(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    room.press(Qt.Key.Key_Z, CTRL)
    assert said_somewhere(room, "口头报记错了，选中事件按 F4 更正")


def test_everyday_calls_owe_no_report(frd_room: Room) -> None:
    """D-34."""
    row = feed_incident(frd_room.site, "119-1", 1, place="某处", type_code="service")
    frd_room.sign_in()
    frd_room.select(row)
    frd_room.press(Qt.Key.Key_F4)
    assert any("日常警情，不用报送" in said for said in frd_room.window.overlays.toasts.texts_shown())


# -- grade and watch -------------------------------------------------------------------------------------------------------
def test_a_grade_is_raised_with_at_most_three_keystrokes_and_said_before(frd_room: Room) -> None:
    """RC-16: never lowered again, so it is named before it happens."""
    room = frd_room
    row = register(room.site, alarm_grade=2, type_code="fire")
    room.sign_in()
    room.select(row)
    room.keys = 0
    room.press(Qt.Key.Key_Up, CTRL)
    assert "二级 → 三级" in room.window.overlays.grade.said.text()
    room.press(ENTER)
    assert room.keys <= 3
    room.wait(lambda: room.site.incident(row.id).alarm_grade == 3)


def test_the_scale_ends(frd_room: Room) -> None:
    room = frd_room
    row = register(room.site, alarm_grade=4, type_code="rescue")
    room.sign_in()
    room.select(row)
    room.press(Qt.Key.Key_Up, CTRL)
    assert any(
        "已是最高等级（四级）" in said and "增援" in said
        for said in room.window.overlays.toasts.texts_shown()
    )
    assert room.window.overlays.made("grade") is None or not room.window.overlays.grade.is_open


def test_the_watch_is_taken_and_left_from_the_account_block(emb_room: Room) -> None:
    """JD-04; the rules say who may take which post."""
    room, window = emb_room, emb_room.window
    room.sign_in()
    room.click(window.header, window.header.account.geometry().center())
    sheet = window.overlays.watch
    assert sheet.is_open and not sheet.buttons["0"].isEnabled()
    room.press(Qt.Key.Key_3)
    room.wait(lambda: any(row.post == Post.DUTY_OFFICER for row in window.feeds.watch))
    room.click(window.header, window.header.account.geometry().center())
    assert "值班员" in sheet.mine.text() and sheet.buttons["0"].isEnabled()
    room.press(Qt.Key.Key_1)
    room.wait(window.overlays.refusals.isVisible)
    assert window.overlays.refusals.code.text() == "E_PERM"
    room.press(ESCAPE)
    room.click(window.header, window.header.account.geometry().center())
    room.press(Qt.Key.Key_0)
    room.wait(lambda: not window.feeds.watch)
    assert "无人在岗" in window.header.own.text()


# -- choices ---------------------------------------------------------------------------------------------------------------
def test_entries_are_found_by_name_initials_and_code() -> None:
    entries = [Choice("fire", "火灾", also=("fire",)), Choice("gas", "燃气泄漏"), Choice("x", "火灾隐患")]
    assert [found.code for found in fitting(entries, "hz")] == ["fire", "x"]
    assert [found.code for found in fitting(entries, "泄漏")] == ["gas"]
    assert [found.code for found in fitting(entries, "fire")] == ["fire"]
    assert [found.code for found in fitting(entries, "")] == ["fire", "gas", "x"]
    assert fitting(entries, "zzz") == []


def test_grades_follow_the_scale_of_the_kind(emb_room: Room) -> None:
    """RC-16: fire one to five, rescue one to four."""
    texts = emb_room.console.texts
    assert len(kinds.grades(texts, "fire")) == 5 and len(kinds.grades(texts)) == 5
    assert len(kinds.grades(texts, "rescue")) == 4
    assert kinds.split_type("class:natural") == (IncidentClass.NATURAL, None)
    assert kinds.split_type("") == (IncidentClass.PENDING, None)
    assert moment("08:00:00").tzinfo is not None
