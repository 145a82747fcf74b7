"""Casualty figures by keyboard: F6, numbers, Enter; disputed ones in both rooms alike (IS-14, D-19)."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.kernel.enums import VerifyState
from app.queries import casualties
from app.queries.casualties import FigureRow
from app.ui.casualties.sheet import DRAFT, CasualtySheet
from app.ui.forms.numbers import read_number
from app.usecases.casualties import SetCasualties
from tests.kit import feed_incident, founded_town, moment, ms, register, ship
from tests.ui.forms_kit import open_form, said_somewhere
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, TAB, Room, emb_room, frd_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]
F6 = Qt.Key.Key_F6


def figures(room: Room, incident_id: str) -> dict[str, FigureRow]:
    rows = room.site.node.local(lambda c: casualties.figures(c, incident_id))
    return {row.figure: row for row in rows}


def open_sheet(room: Room) -> CasualtySheet:
    """F6, and until the sheet is there."""
    room.press(F6)
    room.wait(lambda: (made := room.window.overlays.made("casualties")) is not None and made.is_open)
    return room.window.overlays.casualties


def test_numbers_as_they_are_typed() -> None:
    assert [read_number(text) for text in ("0", " 12 ", "1,000", "1，000", "007")] == [0, 12, 1000, 1000, 7]
    assert not any(read_number(text) is not None for text in ("", "-1", "1.5", "三", "１２"))
    assert read_number("9" * 5000) == 10**18 - 1 and read_number("0" * 30 + "7") == 7


def test_figures_are_stated_by_keys_alone(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.sign_in()
    room.select(row)
    room.clock.advance(20 * 60)
    room.window.open_desk()
    overview = room.window.desk.overview if room.window.desk is not None else None
    assert overview is not None
    room.wait(lambda: "还没有伤亡数字" in overview.figures.text())
    sheet = open_sheet(room)
    room.wait(sheet.numbers["deaths"].hasFocus)
    room.keys = 0
    room.type("1")
    room.press(TAB)
    room.type("4")
    room.press(ENTER)
    assert room.keys <= 2, "beyond the numbers a Tab and an Enter"
    room.wait(lambda: not sheet.is_open)
    found = figures(room, row.id)
    for name, number in (("deaths", 1), ("injured_serious", 4)):
        assert (found[name].value, found[name].verify_state) == (number, "reported")
        assert found[name].stated_at == ms("08:20:00")
    room.wait(lambda: said_somewhere(room, "已记伤亡数字：死亡 1 人、重伤 4 人"))
    room.wait(lambda: "死亡 1 人 未核实 08:20:00" in overview.figures.text())
    assert "未报：轻伤、失联、被困、疏散、直接损失" in overview.figures.text()
    dotted = [run for line in overview.figures._lines for run in line.runs[0] if run.dotted]
    assert [run.text for run in dotted] == ["1 人", "4 人"], (
        "what is not verified is underlined with dots (SCREEN)"
    )
    room.wait(lambda: "一般（初判）" in room.window.line.line.text())


def test_state_source_and_time_are_typed_by_their_letters(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.act(SetCasualties(incident_id=row.id, deaths=2))
    room.sign_in()
    room.select(row)
    room.clock.advance(60 * 60)
    sheet = open_sheet(room)
    assert sheet.numbers["deaths"].placeholderText() == "现 2 人"
    room.type("1")
    sheet.state.setFocus()
    sheet.state.selectAll()
    room.type("yhs")
    assert [choice.name for choice in sheet.state.offered] == ["已核实"]
    room.press(ENTER)
    room.press(ENTER)
    room.wait(sheet.fields["source"].fault.text)
    assert "是谁核实的" in sheet.fields["source"].fault.text() and sheet.source.hasFocus()
    room.type("区中心医院")
    room.press(TAB)
    sheet.stated.selectAll()
    room.type("0845")
    room.press(ENTER)
    room.wait(lambda: not sheet.is_open)
    deaths = figures(room, row.id)["deaths"]
    assert (deaths.value, deaths.verify_state, deaths.source, deaths.stated_at) == (
        1,
        "verified",
        "区中心医院",
        ms("08:45:00"),
    )
    room.wait(lambda: "一般 " in room.window.line.line.text() + " ")
    assert "初判" not in room.window.line.line.text()


def test_what_is_no_number_is_said_at_its_field(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.sign_in()
    room.select(row)
    sheet = open_sheet(room)
    room.press(ENTER)
    room.wait(sheet.wrong.text)
    assert "至少填一项" in sheet.wrong.text() and sheet.numbers["deaths"].hasFocus()
    assert sheet.numbers["deaths"].property("fault") == "true"
    assert sheet.wrong.isVisible() and not sheet.fields["deaths"].fault.text(), "not in the narrow column"
    room.wait(lambda: sheet.wrong.width() > sheet.width() * 0.9)
    room.wait(lambda: sheet.wrong.height() >= sheet.wrong.heightForWidth(sheet.wrong.width()))
    sheet.numbers["missing"].setFocus()
    room.type("-3")
    room.press(ENTER)
    assert "失联：请填 0 或整数" in sheet.wrong.text() and sheet.numbers["missing"].hasFocus()
    assert sheet.numbers["deaths"].property("fault") != "true"
    room.type("3")
    assert sheet.wrong.isHidden()
    assert all(each.value is None for each in figures(room, row.id).values())


def test_a_figure_far_above_what_is_known_takes_a_second_enter(emb_room: Room) -> None:
    """RC-04: what nobody can mean is refused, a leap is asked about, and asked anew after another keystroke."""
    room = emb_room
    row = register(room.site)
    room.sign_in()
    room.select(row)
    sheet = open_sheet(room)
    deaths = sheet.numbers["deaths"]
    deaths.setFocus()
    for typed in ("999999999999", "9" * 40):
        deaths.selectAll()
        room.type(typed)
        room.press(ENTER)
        room.wait(lambda: "最多填 9,999,999 人" in sheet.wrong.text())
        assert "0 或整数" not in sheet.wrong.text() and deaths.hasFocus()
    deaths.selectAll()
    room.type("1000")
    room.press(ENTER)
    room.wait(lambda: "确实是 1,000 人" in sheet.wrong.text())
    assert "再按一次 Enter" in sheet.wrong.text()
    room.type("1001")
    assert sheet.wrong.isHidden()
    room.press(ENTER)
    room.wait(lambda: "确实是 1,001 人" in sheet.wrong.text())
    assert figures(room, row.id)["deaths"].value is None
    room.press(ENTER)
    room.wait(lambda: not sheet.is_open)
    assert figures(room, row.id)["deaths"].value == 1001


def test_what_is_typed_survives_escape_and_a_restart(rooms: OpenRoom) -> None:
    room = rooms("EMB")
    row, other = register(room.site), register(room.site, place="别处")
    room.sign_in()
    room.select(row)
    sheet = open_sheet(room)
    room.type("3")
    room.press(ESCAPE)
    assert not sheet.is_open and room.console.memory(DRAFT)["typed"] == {"deaths": "3"}
    room.select(other)
    sheet = open_sheet(room)
    assert sheet.numbers["deaths"].text() == "", "it was typed for another incident"
    room.press(ESCAPE)
    room.close()
    again = rooms("EMB")
    again.sign_in()
    again.select(again.site.incident(row.id))
    sheet = open_sheet(again)
    assert sheet.numbers["deaths"].text() == "3" and "没有保存的内容还在" in sheet.note.text()
    again.press(ENTER)
    again.wait(lambda: figures(again, row.id)["deaths"].value == 3)
    again.wait(lambda: again.console.memory(DRAFT) is None)


def test_an_everyday_call_gets_its_clocks_by_a_figure(frd_room: Room) -> None:
    """D-34: from received_at, at once on the desk line."""
    room = frd_room
    row = feed_incident(room.site, "119-7", 1, place="某处", type_code="service")
    room.sign_in()
    room.select(row)
    room.wait(lambda: "日常警情" in room.window.line.line.text())
    room.clock.advance(10 * 60)
    sheet = open_sheet(room)
    sheet.numbers["trapped"].setFocus()
    room.type("2")
    room.press(ENTER)
    room.wait(lambda: "口头报 剩 20:00" in room.window.line.line.text())


def test_a_disputed_figure_reads_the_same_in_both_rooms(rooms: OpenRoom) -> None:
    """S3 14:47: "核实中 (4/6)"; nothing can be typed over it before it is settled."""
    here, there = rooms("EMB"), rooms("FRD")
    row = register(there.site)
    ship(there.site, here.site)
    here.act(SetCasualties(incident_id=row.id, injured_serious=4, verify_state=VerifyState.VERIFYING))
    there.act(SetCasualties(incident_id=row.id, injured_serious=6, stated_at=moment("07:55:00")))
    ship(there.site, here.site)
    ship(here.site, there.site)
    for room in (here, there):
        reads_as_disputed(room, row.id)


def reads_as_disputed(room: Room, incident_id: str) -> None:
    room.select(room.site.incident(incident_id))
    room.window.open_desk()
    desk = room.window.desk
    assert desk is not None
    room.wait(lambda: "重伤 核实中 (4/6)" in desk.overview.figures.text())
    said = desk.overview.figures.text()
    assert "4 人" not in said and "6 人" not in said, "neither is shown as if it were the figure"
    room.window.close_desk()
    room.wait(room.board.model.rowCount)
    sheet = open_sheet(room)
    assert not sheet.numbers["injured_serious"].isEnabled()
    assert sheet.numbers["injured_serious"].placeholderText() == "核实中 (4/6)"
    assert "先按 F7 处理分歧" in sheet.note.text()
    room.press(ESCAPE)


def test_figures_come_with_the_registration(emb_room: Room) -> None:
    """SCREEN: one form, figures last; what is no number is said at its field, and nothing is lost."""
    room = emb_room
    room.sign_in()
    open_form(room)
    form = room.window.overlays.register
    form.place.setFocus()
    room.type("天山路")
    form.numbers["injured_serious"].setFocus()
    room.type("x")
    room.press(ENTER, CTRL)
    assert "重伤：请填 0 或整数" in form.wrong.text() and form.wrong.isVisible()
    form.numbers["injured_serious"].selectAll()
    room.type("2")
    assert form.wrong.isHidden() and form.numbers["injured_serious"].property("fault") != "true"
    form.numbers["evacuated"].setFocus()
    room.type("1200")
    room.press(ENTER, CTRL)
    room.wait(lambda: "确实是 1,200 人" in form.wrong.text())
    assert "再按一次 Ctrl+Enter" in form.wrong.text() and form.numbers["evacuated"].hasFocus()
    room.press(ENTER, CTRL)
    room.wait(lambda: not form.is_open)
    room.wait(lambda: room.window.session.selected_incident)
    found = figures(room, room.window.session.selected_incident)
    assert (found["injured_serious"].value, found["deaths"].value) == (2, None)
