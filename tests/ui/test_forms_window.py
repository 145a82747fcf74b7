"""Forms by keyboard: keystrokes counted, faults at their field, nothing typed is lost (QUALITY, Human factors)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.kernel.enums import IncidentClass, Post, Source
from app.ui.forms import kinds
from app.ui.forms.choice import Choice, fitting
from tests.kit import founded_town, moment, ms, register
from tests.ui.forms_kit import go_to_place, open_form, said_somewhere
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, TAB, Open, Room, emb_room, frd_room, rooms

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]
ALT = Qt.KeyboardModifier.AltModifier


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


@pytest.mark.parametrize(
    ("typed", "code"), [("hz", "fire"), ("火灾", "fire"), ("fi", "fire"), ("zrzh", "class:natural")]
)
def test_in_english_a_kind_is_found_by_its_chinese_name_as_well(rooms: Open, typed: str, code: str) -> None:
    """Whoever is used to pinyin initials types them here, too."""
    room = rooms("EMB", language="en")
    room.sign_in()
    open_form(room)
    form = room.window.overlays.register
    form.type.setFocus()
    room.type(typed)
    room.press(TAB)
    assert form.type.code == code and not form.type.unknown
    room.press(TAB)
    assert not form.fields["type"].fault.isVisible()


def test_grades_follow_the_scale_of_the_kind(emb_room: Room) -> None:
    """RC-16: fire one to five, rescue one to four."""
    texts = emb_room.console.texts
    assert len(kinds.grades(texts, "fire")) == 5 and len(kinds.grades(texts)) == 5
    assert len(kinds.grades(texts, "rescue")) == 4
    assert kinds.split_type("class:natural") == (IncidentClass.NATURAL, None)
    assert kinds.split_type("") == (IncidentClass.PENDING, None)
    assert moment("08:00:00").tzinfo is not None
