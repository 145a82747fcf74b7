"""Searching from the window, by keys alone: the language in the board's field, the sheet over everything, what Enter opens."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.kernel.enums import ContactAbout
from app.kernel.errors import EnvironmentFault
from app.queries import search as queries
from app.queries.search import Kind
from app.ui.search.lines import Line
from app.ui.search.model import Head, Recent
from app.ui.search.recent import MEMORY, Recents, looks_personal
from app.usecases.contacts import AddContact
from app.usecases.duty import WriteLogEntry
from app.usecases.forces import AddStation
from tests.kit import founded_town, register
from tests.ui.search_kit import board_ids, lines, opened, searched, story
from tests.ui.window_kit import ALT, CTRL, ENTER, ESCAPE, Open, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]

PHONE = "13900001234"


def test_everything_is_found_from_one_field_grouped_by_kind_with_counts(emb_room: Room) -> None:
    room = emb_room
    ids = story(room)
    sheet = opened(room, "天山")
    room.wait(
        lambda: {line.id for line in lines(sheet)} == {ids["fire"], ids["about"], ids["oral"], ids["shelter"]}
    )
    heads = [entry.text for entry in sheet.model.entries if isinstance(entry, Head)]
    assert heads == ["事件 1", "日志 1", "报告 1", "台账 1"]
    assert [tab.text() for tab in sheet.tabs.values()] == ["全部", *heads]
    [fire] = [line for line in lines(sheet) if line.id == ids["fire"]]
    assert fire.first[slice(*fire.first_marks[0])] == "天山"
    room.press(Qt.Key.Key_3, ALT)
    assert [line.id for line in lines(sheet)] == [ids["about"]]
    assert sheet.field.text() == "天山"
    room.press(Qt.Key.Key_1, ALT)
    assert len(lines(sheet)) == 4


def test_the_chosen_records_main_facts_stand_beside_it_without_contacts(emb_room: Room) -> None:
    room = emb_room
    ids = story(room)
    room.act(AddContact(incident_id=ids["fire"], about=ContactAbout.CALLER, name="赵某某", number=PHONE))
    sheet = opened(room, "天山仓库 无人员")
    room.wait(lambda: sheet.preview.shown is not None and sheet.preview.shown.text)
    assert sheet.preview.text.text() == "天山仓库冒烟，无人员被困"
    sheet.field.clear()
    room.type("冒烟")
    searched(room, sheet)
    room.wait(lambda: sheet.preview.shown is not None and "联系人" in sheet.preview.words())
    said = sheet.preview.words()
    assert said["街镇"] == "天山路街道"
    assert "报警人 1" in said["联系人"] and "遮住" in said["联系人"]
    seen = " ".join(label.text() for label in sheet.findChildren(QLabel))
    assert PHONE not in seen and "赵某某" not in seen


@pytest.mark.parametrize("typed", [PHONE, "赵某某", PHONE[-8:]])
def test_contacts_are_not_found_by_name_or_number_and_numbers_are_not_kept(
    emb_room: Room, typed: str
) -> None:
    room = emb_room
    ids = story(room)
    room.act(AddContact(incident_id=ids["fire"], about=ContactAbout.CALLER, name="赵某某", number=PHONE))
    room.sign_in()
    sheet = opened(room, typed)
    assert not lines(sheet)
    if typed.isdigit():
        assert "联系人" in sheet.empty_text.text()
        room.press(ENTER, CTRL)
        assert room.console.memory(MEMORY) in (None, {})


def test_enter_opens_each_record_in_its_place(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    ids = story(room)
    sheet = opened(room, "积水")
    room.press(ENTER)
    room.wait(lambda: window.desk_shown and window.session.selected_incident == ids["flood"])
    assert not sheet.is_open
    opened(room)
    room.type("后门堵塞")
    room.press(ENTER)  # before anything came: opened as soon as it is there
    room.wait(lambda: window.desk is not None and window.desk.timeline.marked == ids["about"])
    desk: Any = window.desk
    assert window.session.selected_incident == ids["fire"]
    assert desk.tabs.currentIndex() == 1
    room.wait(lambda: desk.timeline.place_of(ids["about"]) >= 0)
    opened(room)
    room.type("B7")
    room.press(ENTER)
    room.wait(
        lambda: window.overlays.registers.is_open and window.overlays.registers.chosen_id() == ids["shelter"]
    )
    assert not sheet.is_open
    room.press(ESCAPE)
    opened(room)
    room.type("接班检查")
    searched(room, sheet)
    room.press(ENTER)
    assert sheet.is_open, "it belongs to no incident: its text stands beside it"
    room.wait(lambda: sheet.preview.shown is not None and "电台正常" in sheet.preview.shown.text)


def test_a_station_opens_its_card(emb_room: Room, rooms: Open) -> None:
    frd = rooms("FRD")
    made = frd.act(AddStation(code="X9", name="北新泾消防站", kind="普通站"), "duty_chief")
    station = str(next(iter(made.result.values())))
    opened(frd)
    frd.type("bxjxf")
    frd.press(ENTER)
    record = frd.window.overlays.record
    frd.wait(lambda: record.is_open and record.record is not None and record.record.id == station)


def test_arrows_walk_over_the_heads_and_the_field_keeps_the_keys(emb_room: Room) -> None:
    room = emb_room
    story(room)
    sheet = opened(room, "天山")
    walked = []
    for _ in range(6):
        entry = sheet.chosen()
        assert isinstance(entry, Line)
        walked.append(entry.kind)
        room.press(Qt.Key.Key_Down)
    assert walked == [Kind.INCIDENT, Kind.LOG, Kind.REPORT, Kind.REGISTER, Kind.REGISTER, Kind.REGISTER]
    room.press(Qt.Key.Key_PageUp)
    first = sheet.chosen()
    assert isinstance(first, Line) and first.kind is Kind.INCIDENT
    assert sheet.field.hasFocus()


def test_the_same_search_goes_from_the_board_to_everything_and_back(emb_room: Room) -> None:
    room, board = emb_room, emb_room.board
    ids = story(room)
    room.press(ESCAPE)
    room.press(Qt.Key.Key_F, CTRL)
    room.type("街道:天山")
    room.press(ENTER, CTRL)
    sheet = room.window.overlays.search
    assert sheet.is_open and sheet.field.text() == "街道:天山"
    room.wait(
        lambda: {line.id for line in lines(sheet)} == {ids["fire"], ids["about"], ids["oral"], ids["shelter"]}
    )
    sheet.field.setText("级别:未定级 虹桥")
    room.press(ENTER, CTRL)
    assert not sheet.is_open
    assert board.search.text() == "级别:未定级 虹桥" and board.search.hasFocus()
    room.wait(lambda: board_ids(room) == {ids["flood"]})
    room.type("某站")
    room.wait(board.faces.everywhere.isVisible)
    room.click(board.faces.everywhere)
    assert sheet.is_open and sheet.field.text() == board.search.text()


def test_pages_follow_each_other_without_holes(emb_room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room = emb_room
    for number in range(9):
        room.act(WriteLogEntry(text=f"第{number}次巡查"))
    monkeypatch.setattr("app.ui.search.flow.PAGE", 4)
    sheet = opened(room, "次巡查")
    room.press(Qt.Key.Key_3, ALT)
    room.wait(lambda: len(lines(sheet)) == 9)
    said = [line.first for line in lines(sheet)]
    assert said == [f"第{number}次巡查" for number in reversed(range(9))] or sorted(said) == sorted(set(said))
    assert sheet.tabs[Kind.LOG].text() == "日志 9"


def test_more_than_are_counted_are_many(emb_room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room = emb_room
    for number in range(4):
        room.act(WriteLogEntry(text=f"第{number}次巡查"))
    monkeypatch.setattr("app.ui.search.flow.PAGE", 2)
    monkeypatch.setattr(queries, "COUNTED", 2)
    monkeypatch.setattr("app.ui.search.flow.COUNTED", 2)
    monkeypatch.setattr("app.ui.search.sheet.COUNTED", 2)
    sheet = opened(room, "次巡查")
    room.wait(lambda: sheet.tabs[Kind.LOG].text() == "日志 999+")


# -- recent searches ---------------------------------------------------------------------------------------------------
def test_recent_searches_are_the_accounts_and_can_be_made_again_and_cleared(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    ids = story(room)
    sheet = opened(room)
    assert "登录后" in sheet.empty_title.text()
    room.press(ESCAPE)
    room.sign_in()
    for typed in ("积水", "冒烟"):
        opened(room, typed)
        room.press(ENTER)
        room.wait(lambda: not sheet.is_open)
    opened(room)
    sheet.field.clear()
    room.wait(lambda: sheet.model.entries == [Recent("冒烟"), Recent("积水")])
    room.press(Qt.Key.Key_Down)
    room.press(Qt.Key.Key_Down)
    room.press(ENTER)
    room.wait(lambda: [line.id for line in lines(sheet)] == [ids["flood"]])
    sheet.field.clear()
    room.wait(lambda: sheet.model.entries == [Recent("冒烟"), Recent("积水")])
    room.press(Qt.Key.Key_Down)
    room.press(Qt.Key.Key_Delete)
    assert sheet.model.entries == [Recent("积水")]
    room.press(Qt.Key.Key_Delete, CTRL)
    assert sheet.model.entries == [] and not sheet.recents.of(window.session.account.id)  # type: ignore[union-attr]
    sheet.recents.keep("somebody else", "别人的")
    assert sheet.recents.of(window.session.account.id) == []  # type: ignore[union-attr]


def test_numbers_of_telephones_are_never_kept() -> None:
    kept: dict[str, Any] = {}
    recents = Recents(kept.get, kept.__setitem__)
    for text in (
        PHONE,
        "138 0000 0000",
        "021-62512345",
        "找 13900001234",
        "+86 138-0000-0000",
        "编号:13900001234",
    ):
        assert looks_personal(text)
        recents.keep("a", text)
    assert recents.of("a") == []
    for text in (
        "FRD-20250714-001",
        "日期:2025-07-14",
        "天山路 123 弄 45 号",
        "2025-07-14..2025-07-20",
    ):
        assert not looks_personal(text)
        recents.keep("a", text)
    assert len(recents.of("a")) == 4
    for number in range(30):
        recents.keep("a", f"第{number}次")
    assert len(recents.of("a")) == 12
    recents.keep("", "无人")
    assert recents.of("") == []


# -- states ------------------------------------------------------------------------------------------------------------
def test_nothing_found_says_so_and_a_failure_can_be_tried_again(
    emb_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = emb_room
    ids = story(room)
    sheet = opened(room, "没有这样的事")
    assert sheet.empty.isVisible() and sheet.empty_title.text() == "没有找到"
    assert not sheet.again.isVisible()

    def broken(*_: object) -> None:
        raise EnvironmentFault("database.locked", "fault.database.locked")

    whole = queries.find
    monkeypatch.setattr(queries, "find", broken)
    sheet.field.clear()
    room.type("冒烟")
    room.wait(sheet.again.isVisible)
    assert not lines(sheet)
    monkeypatch.setattr(queries, "find", whole)
    room.press(Qt.Key.Key_F5)
    room.wait(lambda: ids["fire"] in {line.id for line in lines(sheet)})
    assert not sheet.empty.isVisible()


def test_a_search_that_takes_long_says_so_and_a_newer_one_supersedes_it(
    emb_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = emb_room
    ids = story(room)
    gate, whole = threading.Event(), queries.find

    def slow(connection: Any, kind: Kind, asked: Any, *rest: Any) -> Any:
        if asked.words == (("冒烟",),):
            gate.wait(30)
        return whole(connection, kind, asked, *rest)

    monkeypatch.setattr(queries, "find", slow)
    sheet = opened(room)
    room.type("冒烟")
    room.wait(lambda: sheet.note.text() == "正在查找…")
    sheet.field.clear()
    room.type("积水")
    gate.set()
    room.wait(lambda: [line.id for line in lines(sheet)] == [ids["flood"]])
    assert sheet.note.text() == ""


def test_news_do_not_move_what_is_looked_at(emb_room: Room) -> None:
    room = emb_room
    story(room)
    sheet = opened(room, "天山")
    shown = list(sheet.model.entries)
    register(room.site, place="天山支路", what="积水")
    room.wait(lambda: "F5" in sheet.note.text())
    assert sheet.model.entries == shown
    room.press(Qt.Key.Key_F5)
    room.wait(lambda: sheet.tabs[Kind.INCIDENT].text() == "事件 2")
    assert sheet.note.text() == ""


HOSTILE = '<img src=x onerror=alert(1)>"%_\\ & {name}'


def test_what_looks_like_markup_or_a_query_is_text(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site, place="天山路", what=HOSTILE)
    room.act(WriteLogEntry(text=HOSTILE, incident_id=row.id))
    sheet = opened(room)
    for typed in ("<img", "onerror=", "%_\\", "{name}", '"& {name}"'):
        sheet.field.setText(typed)
        sheet.search()
        room.wait(lambda: {line.kind for line in lines(sheet)} == {Kind.INCIDENT, Kind.LOG})
    room.wait(lambda: sheet.preview.shown is not None and HOSTILE in sheet.preview.shown.title)
    for label in sheet.findChildren(QLabel):
        assert label.textFormat() is Qt.TextFormat.PlainText
    assert not any("onerror" in chip.toolTip() and "<img" in chip.toolTip() for chip in sheet.chips.buttons)


def test_a_line_is_read_aloud_whole(emb_room: Room) -> None:
    room = emb_room
    story(room)
    sheet = opened(room, "积水")
    said = sheet.list.currentIndex().data(int(Qt.ItemDataRole.AccessibleTextRole))
    assert "虹桥某路口 积水" in said and "已登记" in said
    assert sheet.list.accessibleName() and sheet.field.accessibleName() and sheet.chips.accessibleName()


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_the_sheet_fits_the_window(rooms: Open, size: tuple[int, int]) -> None:
    room = rooms("EMB", size=size)
    story(room)
    sheet = opened(room, "天山 街道:天山 级别:未定级 未结 今天 编号:2 类型:火灾,救援,首报")
    shell = room.window.shell.rect()
    assert shell.contains(sheet.geometry())
    for chip in sheet.chips.buttons:
        assert sheet.chips.rect().contains(chip.geometry().center())
    assert sheet.preview.geometry().right() <= sheet.width()


def test_english_names_and_chinese_ones_are_both_understood(rooms: Open) -> None:
    room = rooms("EMB", language="en")
    ids = story(room)
    sheet = opened(room, "street:tsl open")
    room.wait(lambda: ids["fire"] in {line.id for line in lines(sheet)})
    [street, still] = sheet.chips.texts_shown()
    assert street.startswith("street Tianshan") and still == "open"
    sheet.field.setText("街道:虹桥 未结")
    room.wait(lambda: [line.id for line in lines(sheet)] == [ids["flood"]])
