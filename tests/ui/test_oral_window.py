"""Oral reports by keyboard: stamped, asked back, corrected (RP-16, D-26)."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.queries.incidents import IncidentRow
from tests.kit import feed_incident, founded_town, moment, ms, register
from tests.ui.forms_kit import said_somewhere
from tests.ui.window_kit import CTRL, ENTER, Room, emb_room, frd_room, rooms

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]


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
