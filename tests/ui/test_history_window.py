"""Who changed what: F8, by item, with what each had seen, copied; nothing of it is written (XC-07)."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.ui.history.sheet import HistorySheet
from app.usecases.casualties import SetCasualties
from app.usecases.conflicts import ResolveConflict
from app.usecases.incidents import ChangeIncident
from tests.kit import forge, founded_town, maker, ms, register, ship
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, TAB, Room, emb_room, frd_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]


def open_history(room: Room, entries: int) -> HistorySheet:
    """F8 on the selected incident, until so many acts are shown."""
    room.press(Qt.Key.Key_F8)
    sheet = room.window.overlays.history
    room.wait(lambda: sheet.is_open and len(sheet.shown) == entries)
    return sheet


def story(rooms: OpenRoom) -> tuple[Room, Room, str]:
    """Registered at 08:00 and known to both; changed at 08:05 here and at 08:07 there, apart; then both hold everything."""
    here, there = rooms("EMB"), rooms("FRD")
    row = register(here.site, what="起火")
    ship(here.site, there.site)
    here.clock.set(ms("08:05:00"))
    here.act(ChangeIncident(incident_id=row.id, what="四人受伤"))
    there.clock.set(ms("08:07:00"))
    there.act(ChangeIncident(incident_id=row.id, what="六人受伤"))
    there.act(
        SetCasualties(incident_id=row.id, deaths=1, source="现场指挥员", stated_at=there.clock_at("08:01:00"))
    )
    ship(here.site, there.site)
    ship(there.site, here.site)
    return here, there, row.id


def test_both_rooms_read_the_same_history(rooms: OpenRoom) -> None:
    here, there, incident_id = story(rooms)
    said = []
    for room in (here, there):
        room.clock.set(ms("09:00:00"))
        room.select(room.site.incident(incident_id))
        assert room.window.session.locked, "seeing needs no account"
        sheet = open_history(room, 4)
        said.append([block.text() for block in sheet.shown])
    assert said[0] == said[1]
    figures, theirs, ours, made = said[0]
    assert figures.startswith("08:07:00　消防支队 duty_officer（消防支队席位）　填报伤亡数字")
    assert "死亡人数：1 人（未核实，现场指挥员，07-14 08:01）" in figures, "entered at 08:07, of 08:01"
    assert "何事：起火 → 六人受伤" in theirs and "何事：起火 → 四人受伤" in ours
    assert "写下时，应急局席位的内容看到 08:00:00 为止" in theirs
    assert "写下时尚未看到应急局 duty_officer 08:05:00 的何事 四人受伤" in theirs
    assert "写下时尚未看到消防支队 duty_officer 08:07:00 的何事 六人受伤" in ours
    assert made.startswith("08:00:00　应急局 duty_officer（应急局席位）　登记事件")
    assert "尚未看到" not in made and "尚未看到" not in figures


def test_what_settled_a_disagreement_is_called_so(rooms: OpenRoom) -> None:
    """D-19: the head says that a disagreement was settled, not the everyday act that wrote it."""
    here, there = rooms("EMB"), rooms("FRD")
    row = register(here.site)
    ship(here.site, there.site)
    here.act(SetCasualties(incident_id=row.id, deaths=1))
    there.act(SetCasualties(incident_id=row.id, deaths=2))
    ship(there.site, here.site)
    here.clock.set(ms("08:10:00"))
    here.act(ResolveConflict(entity="incident", entity_id=row.id, field="deaths", value=2, reason="医院核实"))
    here.select(row)
    heads = [block.head for block in open_history(here, 4).shown]
    assert heads[0].endswith("处理分歧")
    assert sum(head.endswith("填报伤亡数字") for head in heads) == 2


def test_one_item_alone_and_copied(rooms: OpenRoom) -> None:
    here, _, incident_id = story(rooms)
    here.select(here.site.incident(incident_id))
    sheet = open_history(here, 4)
    assert sheet.text.hasFocus()
    sheet.filter.setFocus()
    here.type("sw")
    assert [choice.name for choice in sheet.filter.offered] == ["死亡人数"]
    here.press(ENTER)
    here.wait(lambda: len(sheet.shown) == 1)
    assert "死亡人数" in sheet.text.toPlainText() and "四人受伤" not in sheet.text.toPlainText()
    here.click(sheet.copy)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("谁改过・天山路街道某居民楼6层") and "现场指挥员" in copied
    sheet.filter.setFocus()
    sheet.filter.selectAll()
    here.press(Qt.Key.Key_Backspace)
    here.wait(lambda: len(sheet.shown) == 4)
    sheet.text.setFocus()
    here.press(Qt.Key.Key_A, CTRL)
    here.press(Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text().count("登记事件") == 1
    here.press(ESCAPE)
    assert not sheet.is_open


def test_what_has_no_effect_is_said_and_struck_out(rooms: OpenRoom) -> None:
    here, there, incident_id = story(rooms)
    act = maker(there.site).write("change_incident", "incident", incident_id, {"what": "误报"})
    forge(there.site, there.site.account("observer"), act)
    ship(there.site, here.site)
    here.select(here.site.incident(incident_id))
    sheet = open_history(here, 5)
    [void] = [block for block in sheet.shown if block.void]
    assert "没有生效：填写账号没有这项权限" in void.lines
    found = sheet.text.document().find(void.head)
    assert found.charFormat().fontStrikeOut()


def test_it_follows_what_is_committed_and_keeps_its_filter(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.select(row)
    sheet = open_history(room, 1)
    sheet.filter.setFocus()
    room.type("hs")
    room.press(TAB)
    room.wait(lambda: sheet.filter.code == "what")
    room.act(ChangeIncident(incident_id=row.id, place="别处"))
    room.act(ChangeIncident(incident_id=row.id, what="厨房起火"))
    room.wait(lambda: len(sheet.shown) == 2)
    assert sheet.filter.code == "what" and "厨房起火" in sheet.text.toPlainText()
