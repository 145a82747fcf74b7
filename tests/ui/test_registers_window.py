"""Lists of shelters and points, the card of a marker, and the 119 feed's figures in the window (RS-08, MP-02, IS-01)."""

from __future__ import annotations

import json
import socket
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLabel

from app.bootstrap import importing
from app.bootstrap.listening import Doors
from app.exchange.imports.run import Ask
from app.kernel.clock import MINUTE_MS, iso
from app.kernel.enums import ShelterState, VehicleState
from app.kernel.errors import Refusal
from app.queries import registers
from app.ui.registers.sheet import RegisterListSheet
from app.usecases.forces import AddStation, AddVehicle, SetVehicleState
from app.usecases.points import AddPoint
from app.usecases.shelters import AddShelter, EditShelter, SetShelterState
from tests.kit import founded_town, register
from tests.ui.window_kit import CTRL, ESCAPE, Room, emb_room, frd_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]

FILE = Path(__file__).parents[1] / "exchange" / "fixtures" / "shelters.csv"
SHIFT = Qt.KeyboardModifier.ShiftModifier
EVIL = "<img src=x onerror=alert(1)>"


class MapOfTest(QObject):
    """Stands for the map panel: what it was told to show, and its click."""

    record_clicked = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[str, str]] = []

    def show_record(self, kind: str, record_id: str) -> None:
        self.shown.append((kind, record_id))


def with_map(room: Room) -> MapOfTest:
    made = MapOfTest()
    room.window.map_host.panel = made  # type: ignore[assignment]
    room.window.features.registers.map_loaded(made)
    return made


def added(room: Room, command: Any) -> str:
    return str(next(iter(room.act(command).result.values())))


def filled(room: Room) -> None:
    """The project's shelter file, loaded behind the window's back."""
    site = room.site
    importing.run(site.node, Ask(FILE, "shelters"), site.account("duty_chief"))


def listed(room: Room, key: Qt.Key = Qt.Key.Key_B) -> RegisterListSheet:
    """The list, opened by its key."""
    room.window.overlays.sign_in.dismiss()
    room.press(key, CTRL | SHIFT)
    sheet = room.window.overlays.registers
    room.wait(lambda: sheet.is_open and sheet.counts is not None)
    return sheet


def _more_than(sheet: RegisterListSheet, before: int) -> bool:
    return sheet.model.rowCount() > before


def _titled(card: Any, title: str) -> bool:
    return bool(card.is_open and card.heading.text() == title)


def names(sheet: RegisterListSheet) -> list[str]:
    return [str(row.name) for row in sheet.model.rows]


# -- the list --------------------------------------------------------------------------------------------------------------
def test_an_empty_register_says_what_would_be_there_and_how_to_fill_it(emb_room: Room) -> None:
    sheet = listed(emb_room)
    assert "还没有登记避难场所" in sheet.empty.text() and sheet.bring.isVisible()
    emb_room.click(sheet.bring)
    assert emb_room.window.overlays.imports.is_open and not sheet.is_open


def test_a_filter_narrows_and_a_walk_by_keys_shows_each_on_the_map(emb_room: Room) -> None:
    """Typed in the filter, walked with the arrows, the record stands below and on the map; unplaced ones are not asked for."""
    room = emb_room
    shown_on = with_map(room)
    filled(room)
    sheet = listed(room)
    room.wait(lambda: sheet.model.rowCount() == 33)
    assert "共 33，无坐标 1" in sheet.figures.text()
    room.type("29号")
    room.wait(lambda: sheet.model.rowCount() == 1)
    room.press(Qt.Key.Key_Down)
    room.wait(lambda: sheet.view.title.text() == "演练避难场所29号")
    assert "没有坐标" in sheet.view.words()["坐标"]
    room.bot.wait(200)
    assert shown_on.shown == []
    room.press(ESCAPE)
    room.wait(lambda: sheet.model.rowCount() == 33)
    for _ in range(2):
        room.press(Qt.Key.Key_Down)
    second = sheet.model.rows[1]
    room.wait(lambda: shown_on.shown and shown_on.shown[-1] == ("shelter", sheet.chosen_id()))
    assert second.placed
    room.press(ESCAPE)
    assert not sheet.is_open


def test_words_find_states_kinds_and_streets_in_any_order(emb_room: Room) -> None:
    room = emb_room
    one = added(room, AddShelter(name="北体育馆", capacity=100, unit_code="310105006"))
    added(room, AddShelter(name="南体育馆", capacity=100))
    room.act(SetShelterState(shelter_id=one, to=ShelterState.PREPARING))
    room.act(SetShelterState(shelter_id=one, to=ShelterState.OPEN, occupied=90))
    sheet = listed(room)
    room.wait(lambda: names(sheet) == ["北体育馆", "南体育馆"])
    assert sheet.model.words(sheet.model.rows[0])[2:] == ("已开放 90 / 100", "warn"), (
        "open ones first, nearly full in amber"
    )
    for typed in ("已开放", "体育馆 tsl", "天山路", "北 体育"):
        sheet.search.setText(typed)
        room.wait(lambda: names(sheet) == ["北体育馆"])
    sheet.search.setText("100%")
    room.wait(lambda: sheet.model.rowCount() == 0)
    assert "100%" in sheet.empty.text() and not sheet.bring.isVisible()


def test_points_are_listed_by_kind_and_found_by_its_name(frd_room: Room) -> None:
    room = frd_room
    for kind, name in (("school", "甲校"), ("hospital", "乙院"), ("hospital", EVIL)):
        added(room, AddPoint(kind=kind, name=name))
    sheet = listed(room, Qt.Key.Key_D)
    room.wait(lambda: sheet.entity == "point" and sheet.model.rowCount() == 3)
    assert names(sheet) == [EVIL, "乙院", "甲校"]
    sheet.search.setText("医院")
    room.wait(lambda: names(sheet) == [EVIL, "乙院"])
    sheet.list.grab()
    rich = [
        label.text()
        for label in sheet.findChildren(QLabel)
        if label.textFormat() is not Qt.TextFormat.PlainText and label.text()
    ]
    assert not rich


def test_pages_follow_each_other_without_gap_or_double(emb_room: Room, tmp_path: Path) -> None:
    """Keyset: the list loads as it is walked; what comes in meanwhile does not shift it."""
    room = emb_room
    many = tmp_path / "s.csv"
    many.write_text("名称,容纳人数\n" + "".join(f"所{n % 7},5\n" for n in range(200)), "utf-8")
    importing.run(room.site.node, Ask(many, "shelters"), room.site.account("duty_chief"))
    sheet = listed(room)
    room.wait(lambda: sheet.model.rowCount() == registers.PAGE)
    while sheet.model.canFetchMore(sheet.list.rootIndex()):
        before = sheet.model.rowCount()
        sheet.list.scrollToBottom()
        sheet.model.fetchMore(sheet.list.rootIndex())
        room.wait(partial(_more_than, sheet, before))
    ids = [row.id for row in sheet.model.rows]
    assert (len(ids), len(set(ids))) == (200, 200)
    assert names(sheet) == sorted(names(sheet))


def test_what_is_committed_meanwhile_appears_and_the_selection_stays(emb_room: Room) -> None:
    room = emb_room
    with_map(room)
    added(room, AddShelter(name="乙所", capacity=5))
    sheet = listed(room)
    room.wait(lambda: names(sheet) == ["乙所"])
    room.press(Qt.Key.Key_Down)
    chosen = sheet.chosen_id()
    added(room, AddShelter(name="丙所", capacity=5))
    added(room, AddShelter(name="一所", capacity=5))
    room.wait(lambda: len(names(sheet)) == 3)
    assert sheet.chosen_id() == chosen
    room.act(EditShelter(shelter_id=chosen, address="新路 1 号"))
    room.wait(lambda: sheet.view.words().get("地址") == "新路 1 号")


def test_pages_of_any_size_give_every_line_once(emb_room: Room) -> None:
    """Every line once, in one order, at any page size."""
    filled(emb_room)
    read = emb_room.site.node.read
    whole = read(lambda c: registers.page(c, "shelter", (), None, 1000)).rows
    paged: list[registers.ListedRow] = []
    after: registers.ListedRow | None = None
    while True:
        page = read(partial(registers.page, entity="shelter", words=(("避难",),), after=after, limit=7))
        paged += page.rows
        after = page.rows[-1]
        if not page.more:
            break
    assert tuple(paged) == tuple(row for row in whole if "避难" in (row.name or ""))
    assert read(lambda c: registers.counts(c, "shelter", (("%",),))).fitting == 0


# -- the card of a marker --------------------------------------------------------------------------------------------------
def test_a_click_on_a_marker_shows_its_card_without_taking_the_focus(emb_room: Room) -> None:
    room = emb_room
    room.window.overlays.sign_in.dismiss()
    made = with_map(room)
    one = added(room, AddShelter(name=EVIL, capacity=100, lon=121.40, lat=31.21, unit_code="310105006"))
    room.window.focus_board()
    focus = room.focus()
    made.record_clicked.emit("shelter", one)
    card = room.window.overlays.record
    room.wait(lambda: card.is_open)
    assert card.heading.text() == EVIL and card.heading.textFormat() is Qt.TextFormat.PlainText
    assert card.view.words()["街镇"] == "天山路街道"
    assert room.focus() is focus
    host = room.window.map_host
    assert host.rect().contains(host.mapFrom(room.window.shell, card.geometry().center()))
    room.act(SetShelterState(shelter_id=one, to=ShelterState.PREPARING))
    room.wait(lambda: card.view.words()["状态"] == "准备中")
    room.click(card.copy)
    assert QGuiApplication.clipboard().text() == "121.400000,31.210000"
    room.click(card.to_list)
    sheet = room.window.overlays.registers
    room.wait(lambda: sheet.is_open and sheet.chosen_id() == one)
    assert not card.is_open


def test_stations_vehicles_and_hospitals_have_their_cards(frd_room: Room) -> None:
    room = frd_room
    room.window.overlays.sign_in.dismiss()
    made = with_map(room)
    card = room.window.overlays.record
    station = added(room, AddStation(name="甲站", code="A", kind="特勤站", lon=121.4, lat=31.2))
    vehicle = added(room, AddVehicle(station_id=station, call_sign="甲01", kind="水罐车"))
    row = register(room.site, lon=121.41, lat=31.21)
    room.act(SetVehicleState(vehicle_id=vehicle, state=VehicleState.TURNED_OUT, incident_id=row.id))
    hospital = added(room, AddPoint(kind="hospital", name="某医院", lon=121.4, lat=31.2))
    for kind, record_id, title in (
        ("station", station, "甲站"),
        ("point", hospital, "某医院"),
        ("vehicle", vehicle, "甲01"),
    ):
        made.record_clicked.emit(kind, record_id)
        room.wait(partial(_titled, card, title))
    assert card.view.words()["所属站"] == "甲站" and card.to_incident.isVisible()
    room.click(card.to_incident)
    assert room.window.session.selected_incident == row.id
    room.press(ESCAPE)
    assert not card.is_open


def test_a_record_that_is_taken_back_takes_its_card_along(emb_room: Room) -> None:
    room = emb_room
    room.window.overlays.sign_in.dismiss()
    made = with_map(room)
    filled(room)
    [batch] = room.site.rows("import_batch")
    shelter = room.site.rows("shelter")[0]["id"]
    made.record_clicked.emit("shelter", shelter)
    card = room.window.overlays.record
    room.wait(lambda: card.is_open)
    from app.usecases.imports import UndoImport

    room.act(UndoImport(batch_id=batch["id"], first_line=1, last_line=100), "duty_chief")
    room.wait(lambda: not card.is_open)


def test_a_marker_clicked_while_somebody_fills_a_form_covers_nothing(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    made = with_map(room)
    one = added(room, AddShelter(name="甲所", capacity=5, lon=121.4, lat=31.2))
    room.press(Qt.Key.Key_N, CTRL)
    made.record_clicked.emit("shelter", one)
    room.settle()
    assert room.window.overlays.register.is_open
    assert room.window.overlays.made("record") is None


def test_an_incident_clicked_on_the_map_puts_the_card_away(emb_room: Room) -> None:
    room = emb_room
    room.window.overlays.sign_in.dismiss()
    made = with_map(room)
    one = added(room, AddShelter(name="甲所", capacity=5, lon=121.4, lat=31.2))
    made.record_clicked.emit("shelter", one)
    room.wait(lambda: room.window.overlays.record.is_open)
    made.record_clicked.emit("incident", "x")
    assert not room.window.overlays.record.is_open


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_lists_and_cards_stay_inside_the_window(
    rooms: OpenRoom, size: tuple[int, int], language: str
) -> None:
    room = rooms("EMB", size=size, language=language)
    with_map(room)
    long = "很长的名称" * 30
    one = added(room, AddShelter(name=long, address=long, capacity=5, lon=121.4, lat=31.2, kind=long))
    sheet = listed(room)
    room.press(Qt.Key.Key_Down)
    room.wait(sheet.view.isVisible)
    room.bot.wait(20)
    shell = room.window.shell
    assert shell.rect().contains(sheet.geometry()) and sheet.list.height() >= 44
    room.press(ESCAPE)
    room.window.features.registers.record_clicked("shelter", one)
    card = room.window.overlays.record
    room.wait(lambda: card.is_open)
    room.bot.wait(20)
    assert shell.rect().contains(card.geometry())


# -- the 119 feed ----------------------------------------------------------------------------------------------------------
def alarm(room: Room, **changes: Any) -> dict[str, Any]:
    return {"alarm_no": "A-1", "received_at": iso(room.clock.now_ms() - MINUTE_MS), "what": "火灾"} | changes


def feed_text(room: Room) -> str:
    assert room.window.links is not None
    room.window._tick(room.clock.now_ms())
    feed = room.window.links.feed
    return feed.lines.text() + "\n" + feed.why.text()


def test_age_of_the_last_alarm_and_rejected_rows_are_shown(
    frd_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IS-01: honest from the first second: nothing came yet; then ages that grow, and what was rejected with its reason."""
    room = frd_room
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    room.wait(lambda: room.console.feed() is not None)
    assert "本次启动后还没有来报" in feed_text(room) and "没有拒收" in feed_text(room)
    service = room.console._service
    assert service is not None
    intake = service.desk.feed
    intake.take(alarm(room))
    room.tick(125)
    assert "最近来报 2 分钟前" in feed_text(room) and "新增 1" in feed_text(room)
    with pytest.raises(Refusal):
        intake.take(alarm(room, alarm_no=" "))
    assert "拒收 1 条" in feed_text(room) and "缺编号" in feed_text(room)
    assert (
        "119 警情 0 秒前" in room.window.status.left.text() and "拒收 1 条" in room.window.status.left.text()
    )
    room.window.links.feed.lines.clicked.emit("rejects")  # type: ignore[union-attr]
    assert opened[0].toLocalFile() == str(room.console.data.root / "feed")
    intake.trouble = "Permission denied"
    assert "文件夹没有收完" in feed_text(room)


def test_after_a_restart_the_newest_alarm_and_the_kept_rejects_are_still_told(rooms: OpenRoom) -> None:
    room = rooms("FRD")
    room.wait(lambda: room.console.feed() is not None)
    assert room.console._service is not None
    intake = room.console._service.desk.feed
    intake.take(alarm(room))
    with pytest.raises(Refusal):
        intake.take({})
    room.close()
    again = rooms("FRD")
    again.wait(lambda: again.console.feed() is not None)
    assert again.window.links is not None
    again.window.links.feed.read()
    again.wait(lambda: "最新一条警情接报 07:59" in feed_text(again))
    assert "此前拒收 1 条" in feed_text(again)


def test_the_bureau_says_that_alarms_come_in_at_the_fire_side(emb_room: Room) -> None:
    assert "由消防支队接入" in feed_text(emb_room)
    assert "119" not in emb_room.window.status.left.text()


def test_the_window_takes_alarms_from_a_watched_folder_and_a_port(rooms: OpenRoom, tmp_path: Path) -> None:
    """IS-01: the console that the officers see is the one the 119 system talks to; a taken port costs only that port."""
    folder = tmp_path / "in"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        doors = Doors(folder, taken.getsockname()[1])
        room = rooms("FRD", before=lambda console: setattr(console, "_doors", doors))
        (folder / "1.jsonl").write_text(json.dumps(alarm(room)) + "\n{}\n", "utf-8")
        room.wait((folder / "rejected" / "1.jsonl").exists)
        room.wait(lambda: "新增 1" in feed_text(room) and "拒收 1 条" in feed_text(room))
        assert [trouble.code for trouble in room.console.troubles()][:1] == ["port.taken"]
    room.wait(lambda: len(room.window.feeds.rows) == 1)
