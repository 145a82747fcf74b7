"""Searching in the tests: the sheet opened by its key, what it shows, and a story to search in."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.queries.search import Kind
from app.ui.search.lines import Line
from app.ui.search.sheet import SearchSheet
from app.usecases.duty import WriteLogEntry
from app.usecases.reports import FileOralReport
from app.usecases.shelters import AddShelter
from tests.kit import register
from tests.ui.window_kit import CTRL, Room

SHIFT = Qt.KeyboardModifier.ShiftModifier
TIANSHAN, HONGQIAO = "310105006", "310105009"


def opened(room: Room, typed: str = "") -> SearchSheet:
    """The sheet, by its key, with something typed."""
    room.window.overlays.sign_in.dismiss()
    room.press(Qt.Key.Key_F, CTRL | SHIFT)
    sheet = room.window.overlays.search
    assert sheet.is_open and sheet.field.hasFocus()
    if typed:
        room.type(typed)
        searched(room, sheet)
    return sheet


def searched(room: Room, sheet: SearchSheet) -> None:
    """What was typed is answered and counted."""
    room.wait(lambda: not sheet._typed.isActive() and not sheet.flow.busy)
    room.wait(lambda: not sheet.flow.asked or len(sheet.flow.counts) == len(Kind))


def lines(sheet: SearchSheet) -> list[Line]:
    return [entry for entry in sheet.model.entries if isinstance(entry, Line)]


def board_ids(room: Room) -> set[str]:
    return {each for each in room.board.model.ids() if not each.startswith("#")}


def story(room: Room) -> dict[str, str]:
    """Two incidents, entries and a report that speak of one, a shelter and a station."""
    fire = register(room.site, place="天山路某仓库", what="冒烟", unit_code=TIANSHAN)
    flood = register(room.site, place="虹桥某路口", what="积水", unit_code=HONGQIAO)
    about = room.act(WriteLogEntry(text="巡查发现：天山仓库后门堵塞，已通知街道", incident_id=fire.id))
    alone = room.act(WriteLogEntry(text="接班检查电台正常"))
    oral = room.act(FileOralReport(incident_id=fire.id, gist="天山仓库冒烟，无人员被困"))
    shelter = room.act(
        AddShelter(code="B7", name="天山中学", kind="固定", unit_code=TIANSHAN, address="天山路 1 号")
    )
    return {
        "fire": fire.id,
        "flood": flood.id,
        "about": str(about.result["entry_id"]),
        "alone": str(alone.result["entry_id"]),
        "oral": str(next(iter(oral.result.values()))),
        "shelter": str(next(iter(shelter.result.values()))),
    }
