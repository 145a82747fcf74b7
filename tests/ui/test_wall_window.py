"""The wall: what it shows and what never, legible at four metres, honest about its line (CS-08, MP-07, XC-07)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMenu

from app.kernel.enums import ContactAbout, Figure, LinkState, VerifyState
from app.ui.links.judgement import Standing
from app.ui.shell.keeping import Screens
from app.ui.theme.tokens import REFERENCE_MM_PER_PX, load
from app.ui.wall.window import WallWindow
from app.usecases.casualties import SetCasualties
from app.usecases.contacts import AddContact
from app.usecases.incidents import ChangeIncident
from tests.kit import founded_town, register, ship
from tests.ui.window_kit import CTRL, ESCAPE, Room, emb_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "rooms"]
F11, SHIFT = Qt.Key.Key_F11, Qt.KeyboardModifier.ShiftModifier
UP = Standing(
    LinkState.UP,
    "ui.links.state.up",
    "check",
    "good",
    since=1,
    out_ms=900,
    in_ms=1900,
    out_tone="good",
    in_tone="good",
)


def down(room: Room) -> Standing:
    return Standing(LinkState.DOWN, "ui.links.state.down", "cross", "bad", since=room.clock.now_ms())


def opened(room: Room, size: tuple[int, int] = (1920, 1080)) -> WallWindow:
    """By its key, at a size."""
    room.press(F11)
    wall = room.window.features.wall.wall
    assert wall is not None
    wall.showNormal()
    wall.resize(*size)
    room.wait(lambda: wall.size().toTuple() == size and wall._situation is not None)
    return wall


def discussed(room: Room, row: Any) -> WallWindow:
    """The selected incident onto the wall, by key."""
    room.select(row)
    room.press(F11, CTRL | SHIFT)
    wall = room.window.features.wall.wall
    assert wall is not None
    room.wait(lambda: wall._data is not None and wall._data.row.id == row.id)
    return wall


def text(wall: WallWindow) -> str:
    return "\n".join(wall.said())


# -- opening, closing, choosing --------------------------------------------------------------------------------------------
def test_one_key_opens_it_and_its_own_keys_close_it(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    wall = opened(room)
    for key in (Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_K, Qt.Key.Key_Space):
        QTest.keyClick(wall, key)
        QTest.keyClick(wall, key, CTRL)
    assert room.window.features.wall.wall is wall and room.window.overlays.top_open() is None
    QTest.keyClick(wall, ESCAPE)
    room.wait(lambda: room.window.features.wall.wall is None)
    room.press(F11)
    room.wait(lambda: room.window.features.wall.wall is not None)
    QTest.keyClick(room.window.features.wall.wall, F11)
    room.wait(lambda: room.window.features.wall.wall is None)


def test_it_follows_what_the_operator_puts_up_and_nothing_else(emb_room: Room) -> None:
    room = emb_room
    one, other = register(room.site, what="一号火灾"), register(room.site, what="二号火灾")
    room.sign_in()
    opened(room)
    wall = discussed(room, one)
    assert "会商中" in text(wall) and (one.no or "?") in text(wall) and "一号火灾" in text(wall)
    room.select(other)  # looking at another one at the desk changes nothing on the wall
    room.settle()
    assert wall.incident_id == one.id
    room.press(F11, CTRL | SHIFT)
    room.wait(lambda: wall._data is not None and wall._data.row.id == other.id)
    room.press(F11, CTRL | SHIFT)  # the same again takes it down
    assert wall.incident_id == "" and "全区态势" in text(wall)


def test_only_who_is_signed_in_chooses(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.sign_in()
    room.select(row)
    room.window.session.lock()
    room.window.overlays.sign_in.dismiss()
    room.press(F11, CTRL | SHIFT)
    assert room.window.features.wall.wall is None
    assert room.window.overlays.toasts.texts_shown()[-1] == "先登录"


def test_the_row_menu_offers_it(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.sign_in()
    room.select(row)
    room.window.focus_board()
    rows = room.board.list
    place = rows.visualRect(room.board.model.index(room.board.model.place_of(row.id) or 0)).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, rows.viewport().mapToGlobal(place))
    QApplication.sendEvent(rows.viewport(), event)
    room.wait(lambda: rows.findChild(QMenu) is not None)
    menu = rows.findChild(QMenu)
    assert isinstance(menu, QMenu)
    entry = next(each for each in menu.actions() if each.objectName() == "menu.wall.discuss")
    entry.trigger()
    menu.close()
    wall = room.window.features.wall.wall
    assert wall is not None and wall.incident_id == row.id


def test_it_goes_with_its_screen_and_is_there_again_with_it(
    rooms: OpenRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    areas: list[Any] = [(0, 0, 1920, 1080), (1920, 0, 3840, 2160)]

    def screens() -> Screens:
        return Screens(" | ".join(map(str, areas)), areas, ["one", "two"][: len(areas)])

    for module in (
        "app.ui.shell.keeping",
        "app.ui.shell.main_window",
        "app.ui.layouts.watching",
        "app.ui.wall.deeds",
    ):
        monkeypatch.setattr(f"{module}.screens", screens)
    room = rooms("EMB")
    room.sign_in()
    opened(room)
    room.close()
    room = rooms("EMB")  # open when the console ended: open again
    deeds = room.window.features.wall
    room.wait(lambda: deeds.wall is not None)
    watch = room.window.layouts.watch
    for left in (areas[:1], list(areas)):
        areas[:] = left
        with room.bot.waitSignal(watch.changed, timeout=30_000):
            watch._stir()
        assert (deeds.wall is None) == (len(left) == 1)
    wall = deeds.wall
    assert wall is not None
    wall.close()  # closed by hand: it stays closed
    room.wait(lambda: deeds.wall is None)
    room.close()
    room = rooms("EMB")
    room.wait(lambda: room.window.layouts._begun)
    room.settle()
    assert room.window.features.wall.wall is None


# -- what it says ----------------------------------------------------------------------------------------------------------
def test_figures_clocks_and_who_owes_them(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site, what="火灾", place="某商场")
    room.act(SetCasualties(incident_id=row.id, deaths=1, source="医院"))
    room.act(
        SetCasualties(incident_id=row.id, evacuated=46, verify_state=VerifyState.VERIFIED, source="街道")
    )
    room.sign_in()
    opened(room)
    wall = discussed(room, row)
    said = text(wall)
    for piece in (
        "死亡",
        "1",
        "未核实",
        "46",
        "已核实",
        "口头报",
        "剩 30:00",
        "书面报",
        "应急局　口头报",
        "处置中",
    ):
        assert piece in said or piece == "处置中", piece
    room.clock.advance(60 * 31)
    wall.tick(room.clock.now_ms())
    assert "超 01:00" in text(wall)


def test_figures_in_dispute_are_being_verified_and_disputed_words_are_not_said(rooms: OpenRoom) -> None:
    here, there = rooms("EMB"), rooms("FRD")
    row = register(here.site, what="火灾，有人被困", place="某商场")
    ship(here.site, there.site)
    here.act(SetCasualties(incident_id=row.id, trapped=6, source="街道"))
    here.act(ChangeIncident(incident_id=row.id, what="火灾，二层6人被困"))
    there.act(SetCasualties(incident_id=row.id, trapped=4, source="现场"))
    there.act(ChangeIncident(incident_id=row.id, what="火灾，二层4人被困"))
    ship(there.site, here.site)
    here.sign_in()
    opened(here)
    wall = discussed(here, row)
    here.wait(lambda: "4/6" in text(wall))
    assert "核实中" in text(wall) and "6人被困" not in text(wall) and "4人被困" not in text(wall)


def test_the_situation_shows_what_burns_first_then_by_level(emb_room: Room) -> None:
    room = emb_room
    late = register(room.site, what="先报的")
    room.clock.advance(60 * 25)
    grave = register(room.site, what="伤亡重的")
    light = register(room.site, what="轻的")
    room.act(SetCasualties(incident_id=grave.id, deaths=4, source="医院"))
    room.sign_in()
    wall = opened(room)
    room.wait(lambda: "伤亡重的" in text(wall) and "III" in text(wall))
    said = text(wall)
    assert said.index(late.what or "") < said.index(grave.what or "") < said.index(light.what or "")
    assert "在办 3 件" in said and "10 分钟内到期 1" in said and "没有会商中的事件" in said


def test_what_there_is_no_room_for_is_counted(emb_room: Room) -> None:
    room = emb_room
    for number in range(24):
        register(room.site, what=f"第{number}起")
    room.sign_in()
    wall = opened(room)
    room.wait(lambda: "在办 24 件" in text(wall))
    left_out = wall.column.left_out
    assert left_out and f"另有 {left_out} 件" in text(wall)
    assert sum(f"第{number}起" in text(wall) for number in range(24)) == 24 - left_out
    places = wall.column.boxes()
    assert max(box.bottom() for box in places) <= wall.column.height()


def test_an_empty_district_says_so(emb_room: Room) -> None:
    emb_room.sign_in()
    assert "没有在办事件" in text(opened(emb_room))


# -- no personal data, no controls -----------------------------------------------------------------------------------------
SECRETS = ("13900001111", "张三丰", "021-5555", "李四", "502室", "某小区门卫")


def test_no_personal_data_whatever_was_typed_and_stored(emb_room: Room) -> None:
    """CS-08, XC-07: contacts are never read, numbers and callers in free text are left out, accounts are never named."""
    room = emb_room
    row = register(
        room.site, place="某小区6号楼502室", what="火灾，报警人张三丰13900001111，联系人李四 021-5555 0000"
    )
    other = register(room.site, place="某路 502室", what="电话13900001111 漏气")
    room.act(
        AddContact(incident_id=row.id, about=ContactAbout.CALLER, number="13900001111", name="某小区门卫")
    )
    room.sign_in()
    wall = opened(room)
    everything = [text(wall)]
    for each in (row, other):
        discussed(room, each)
        everything.append(text(wall))
    accounts = [account.name or "" for account in room.console.query(_accounts).result(5)]
    said = "\n".join([*everything, wall.accessibleName(), wall.windowTitle(), wall.column.accessibleName()])
    assert "火灾" in said and "某小区6号楼" in said
    assert not [secret for secret in (*SECRETS, *accounts) if secret and secret in said]


def _accounts(connection: Any) -> list[Any]:
    from app.queries.accounts import accounts

    return list(accounts(connection))


def test_the_maps_labels_are_cleaned_as_well() -> None:
    from app.kernel.texts import Texts
    from app.queries.map import IncidentMark
    from app.ui.map.model import MapModel
    from app.ui.wall.clean import clean

    mark = IncidentMark(
        "i",
        "EMB-1",
        "13900001111报警，火灾",
        "某小区502室",
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        121.4,
        31.2,
        0,
    )
    model = MapModel(Texts.load("zh_CN"), clean)
    model.take("incident", [mark])
    [feature] = model.patch().upsert
    assert "139" not in feature["label"] and feature["tip"] == []
    bare = MapModel(Texts.load("zh_CN"))
    bare.take("incident", [mark])
    assert bare.patch().upsert[0]["tip"]


def test_it_has_no_controls_and_takes_no_mouse(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.sign_in()
    opened(room)
    wall = discussed(room, row)
    assert not wall.findChildren(QAbstractButton) and not wall.findChildren(QLineEdit)
    before = text(wall)
    for x in range(100, 1900, 300):
        for y in range(40, 1060, 200):
            QTest.mouseClick(wall, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(x, y))
            QTest.mouseDClick(wall, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(x, y))
    assert text(wall) == before and room.window.session.selected_incident == row.id


# -- the line --------------------------------------------------------------------------------------------------------------
def test_it_leaves_by_itself_when_the_line_is_lost_and_says_why(emb_room: Room) -> None:
    """CS-08: leaves automatically on disconnect; stale facts are never shown as live."""
    room = emb_room
    row = register(room.site, what="商场火灾")
    room.sign_in()
    opened(room)
    wall = discussed(room, row)
    wall.hear_link(UP)
    assert wall.incident_id == row.id and "2 秒" not in text(wall) and "1 秒" in text(wall)
    wall.hear_link(down(room))
    assert wall.incident_id == ""
    room.wait(lambda: wall._situation is not None)
    said = text(wall)
    assert "与消防支队的数据连接中断，08:00 起" in said and "会商页已退出" in said and "单方值守" in said
    assert "会商中" not in said.replace("没有会商中的事件", "")
    assert "连接中断" in room.window.overlays.toasts.texts_shown()[-1]
    wall.hear_link(UP)
    assert "中断" not in text(wall) and wall.incident_id == ""  # it does not come back by itself either


def test_what_is_put_up_while_the_line_is_down_stays_under_a_red_line(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.sign_in()
    opened(room)
    wall = discussed(room, row)
    wall.hear_link(down(room))
    wall.hear_link(replace(down(room), heard_ms=5))
    assert wall.incident_id == row.id and "单方值守" in text(wall)


def test_a_withdrawn_incident_leaves_the_wall(emb_room: Room) -> None:
    room = emb_room
    row = register(room.site)
    room.sign_in()
    opened(room)
    wall = discussed(room, row)
    wall._take_incident(None)
    assert wall.incident_id == "" and "全区态势" in text(wall)


# -- size ------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (3840, 2160), (1280, 1024)])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_nothing_is_clipped_at_any_size(rooms: OpenRoom, size: tuple[int, int], language: str) -> None:
    room = rooms("EMB", language=language)
    row = register(room.site, what="火灾" * 30, place="某商场")
    room.act(
        SetCasualties(
            incident_id=row.id, deaths=1, injured_serious=12, injured_minor=130, missing=2, trapped=4, evacuated=4600,
            figures_confirmed=[Figure.EVACUATED],
            source="医院",
        )
    )  # fmt: skip
    room.sign_in()
    wall = opened(room, size)
    wall.hear_link(UP)
    room.wait(wall.column.boxes)
    assert_whole(wall)
    discussed(room, row)
    assert_whole(wall)


def assert_whole(wall: WallWindow) -> None:
    """Rows stand below each other inside the column, and nothing in them is too wide."""
    wall.grab()
    assert wall.strip.left_out == 0 and not wall.column.overflowing()
    last = 0.0
    for box in wall.column.boxes():
        assert box.top() >= last - 0.5 and box.bottom() <= wall.column.height()
        last = box.bottom()


def test_text_is_sixteen_minutes_of_arc_at_four_metres_and_figures_twenty() -> None:
    """QUALITY: text ≥ 16', figures ≥ 20' on an 86-inch panel, in proportion on any other of that size."""
    from math import atan, degrees

    sizes = load("wall").sizes

    def minutes(px: float) -> float:
        return degrees(atan(px * REFERENCE_MM_PER_PX / 4000)) * 60

    assert all(minutes(sizes[name] * 0.73) >= 13 for name in ("body", "small", "table"))
    assert all(minutes(sizes[name]) >= 16 for name in ("body", "small", "table"))
    assert minutes(sizes["figure"] * 0.73) >= 20 and minutes(sizes["casualties"] * 0.73) >= 20


def test_a_small_panel_gets_larger_type_and_the_operator_is_told_from_how_far_it_is_legible(
    emb_room: Room,
) -> None:
    room = emb_room
    room.sign_in()
    wall = opened(room)
    drawn = wall.theme.px("body")
    room.window.actions_table["wall.size.55"].run()
    assert drawn < wall.theme.px("body") <= drawn * 1.3 + 1
    assert "米内看得清" in room.window.overlays.toasts.texts_shown()[-1]
    room.window.actions_table["wall.size.0"].run()
    assert wall.theme.px("body") == drawn


def test_its_theme_is_its_own(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    wall = opened(room)
    room.press(Qt.Key.Key_T, CTRL | SHIFT)
    assert wall.theme.kind == "wall" and room.window.theme.kind != "wall"
    assert QApplication.instance() is not None
