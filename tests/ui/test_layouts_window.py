"""Layouts, panels that move, hide and float, what is kept, screens that go (docs/decisions/0043)."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from app.ui.layouts import keeper, watching
from app.ui.shell import keeping
from app.ui.shell.keeping import Screens
from tests.kit import founded_town, register
from tests.ui.window_kit import ALT, CTRL, ENTER, ESCAPE, Room, emb_room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "rooms"]
KEYS = {"duty": Qt.Key.Key_1, "single": Qt.Key.Key_2, "emergency": Qt.Key.Key_3, "reset": Qt.Key.Key_0}
ONE, TWO = (0, 0, 1920, 1080), (1920, 0, 1920, 1080)


def choose(room: Room, name: str) -> None:
    """By its key."""
    room.press(KEYS[name], CTRL | ALT)


def run(room: Room, name: str) -> None:
    """An action of the table, as menu and palette run it."""
    room.window.actions_table[f"layout.{name}"].run()


def focused() -> QWidget:
    """Whatever has the keys, in any window."""
    found = QApplication.focusWidget()
    assert found is not None
    return found


def places(room: Room) -> dict[str, tuple[int, int]]:
    """Left edge and width of what stands in the main window."""
    columns = room.window.columns
    return {
        name: (part.x(), part.width())
        for name, part in columns.parts.items()
        if name not in columns.away and part.isVisible()
    }


def until_kept(room: Room) -> None:
    """Wait until what stands is what is kept: by itself, a moment after a change."""
    layouts = room.window.layouts
    setup = layouts.watch.last.setup
    room.wait(
        lambda: (
            keeping.kept_for(room.console.memory(keeping.MEMORY), layouts._owner, setup) == layouts.state()
        )
    )


def ready(room: Room) -> Room:
    """An incident, nothing in front."""
    room.window.overlays.sign_in.dismiss()
    room.wait(lambda: room.window.layouts._begun)
    return room


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Two screens beside each other, as the layouts see them; change the list and call `stir`."""
    areas: list[Any] = [ONE, TWO]

    def screens() -> Screens:
        return Screens(" | ".join(map(str, areas)), areas, [str(at) for at in range(len(areas))])

    for module in (keeping, watching):
        monkeypatch.setattr(module, "screens", screens)
    monkeypatch.setattr("app.ui.shell.main_window.screens", screens)
    monkeypatch.setattr("app.ui.wall.deeds.screens", screens)
    return areas


def stir(room: Room) -> None:
    """A cable was pulled or plugged."""
    watch = room.window.layouts.watch
    with room.bot.waitSignal(watch.changed, timeout=30_000):
        QApplication.instance().primaryScreenChanged.emit(QApplication.primaryScreen())  # type: ignore[union-attr]


# -- layouts ---------------------------------------------------------------------------------------------------------------
def test_each_layout_gives_every_panel_its_room(emb_room: Room) -> None:
    room = ready(emb_room)
    row = register(room.site)
    room.settle()
    assert places(room) == {"board": (0, 440), "map": (444, 1072), "links": (1520, 400)}
    choose(room, "single")
    assert places(room) == {"board": (0, 392), "map": (396, 1524)}
    assert room.window.header.height() == 48 and room.window.status.right.text().split("  ")
    choose(room, "emergency")
    room.wait(lambda: room.window.feeds.rows)
    room.tick()  # nothing was read yet when it was chosen
    room.wait(lambda: room.window.selected_row is not None)  # what burns first
    assert room.window.session.selected_incident == row.id
    assert places(room) == {"board": (0, 352), "desk": (356, 1040), "map": (1400, 520)}
    assert room.window.header.height() == 56 and not room.window.line.isVisible()
    choose(room, "duty")
    assert places(room) == {"board": (0, 440), "map": (444, 1072), "links": (1520, 400)}
    assert room.window.line.isVisible()


def test_the_status_line_names_the_layout(emb_room: Room) -> None:
    room = ready(emb_room)
    for name, said in (("single", "布局 单屏"), ("emergency", "布局 急时"), ("duty", "布局 值守")):
        choose(room, name)
        assert said in room.window.status.right.text()


def test_in_the_emergency_layout_esc_leaves_the_desk_standing(emb_room: Room) -> None:
    room = ready(emb_room)
    register(room.site)
    room.settle()
    room.wait(lambda: room.window.feeds.rows)
    choose(room, "emergency")
    room.wait(lambda: room.window.selected_row is not None)
    room.press(ENTER)
    assert room.window.desk is not None and room.window.desk.isVisible()
    room.press(ESCAPE)
    assert room.window.desk.isVisible() and room.board.isAncestorOf(room.focus())


def test_a_narrow_window_puts_board_over_map_beside_the_desk(rooms: OpenRoom) -> None:
    room = ready(rooms("EMB", size=(1366, 768)))
    register(room.site)
    room.settle()
    room.wait(lambda: room.window.feeds.rows)
    choose(room, "emergency")
    room.wait(lambda: room.window.selected_row is not None)
    found = places(room)
    assert found == {"board": (0, 352), "map": (0, 352), "desk": (356, 1010)}
    columns = room.window.columns
    assert columns.parts["map"].y() == columns.parts["board"].height() + 4
    choose(room, "duty")  # there is no room for it: the narrow one
    assert places(room) == {"board": (0, 392), "map": (396, 970)}


def test_a_low_window_keeps_the_board_beside_the_desk(rooms: OpenRoom) -> None:
    """1920 by 1080 at 200 %: 960 by 540."""
    room = ready(rooms("EMB", size=(960, 540)))
    register(room.site)
    room.wait(lambda: room.window.feeds.rows)
    assert room.window.height() == 540
    choose(room, "emergency")
    room.wait(lambda: room.window.selected_row is not None)
    assert places(room) == {"board": (0, 352), "desk": (356, 604)}
    choose(room, "duty")
    assert places(room) == {"board": (0, 392), "map": (396, 564)}


def test_the_menu_is_reached_by_key_and_by_mouse(emb_room: Room) -> None:
    room = ready(emb_room)
    room.press(Qt.Key.Key_L, CTRL | ALT)
    menu = room.window.features.layouts.menu
    assert menu is not None and menu.isVisible()
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, ENTER)
    room.wait(lambda: room.window.layouts.chosen == "single")
    line = room.window.status.right
    room.wait(lambda: any(key == "layout" for _, key in line._places))
    box = next(box for box, key in line._places if key == "layout")
    room.click(line, box.center().toPoint())
    room.wait(
        lambda: bool(room.window.features.layouts.menu and room.window.features.layouts.menu.isVisible())
    )
    again = room.window.features.layouts.menu
    assert isinstance(again, QMenu)
    again.close()


# -- panels ----------------------------------------------------------------------------------------------------------------
def test_panels_change_places_and_one_command_brings_all_back(emb_room: Room) -> None:
    room = ready(emb_room)
    run(room, "left.map")
    assert places(room) == {"map": (0, 1072), "board": (1076, 440), "links": (1520, 400)}
    run(room, "left.links")
    assert [name for name in places(room)] and room.window.columns.order == ("map", "links", "board")
    assert not room.window.actions_table["layout.left.map"].enabled()
    run(room, "hide.links")
    room.window.columns.set_width("board", 600)
    choose(room, "reset")
    assert places(room) == {"board": (0, 440), "map": (444, 1072), "links": (1520, 400)}


def test_a_hidden_panel_is_found_again_by_going_to_it(emb_room: Room) -> None:
    room = ready(emb_room)
    for name, key in (("links", Qt.Key.Key_3), ("map", Qt.Key.Key_2), ("board", Qt.Key.Key_1)):
        run(room, f"hide.{name}")
        assert name not in places(room)
        room.press(key, CTRL)
        assert name in places(room)


def test_the_last_panel_stays(emb_room: Room) -> None:
    room = ready(emb_room)
    run(room, "hide.map")
    assert not room.window.actions_table["layout.hide.board"].enabled()
    assert not room.window.actions_table["layout.float.board"].enabled()
    run(room, "hide.board")
    assert places(room) == {"board": (0, 1516), "links": (1520, 400)}


def test_a_width_is_dragged_within_its_limits(emb_room: Room) -> None:
    room = ready(emb_room)
    grip = room.window.columns._grips[1]  # between map and links
    begin = grip.rect().center()
    QTest.mousePress(grip, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, begin)
    QTest.mouseMove(grip, begin + QPoint(-100, 0))
    assert places(room)["links"] == (1420, 500)
    QTest.mouseMove(grip, grip.mapFromGlobal(room.window.mapToGlobal(QPoint(200, 500))))
    QTest.mouseRelease(grip, Qt.MouseButton.LeftButton)
    assert places(room)["links"][1] == 720 and places(room)["map"][1] >= 320


# -- floats ----------------------------------------------------------------------------------------------------------------
def test_a_panel_floats_works_there_and_comes_home(emb_room: Room) -> None:
    room = ready(emb_room)
    register(room.site)
    room.settle()
    run(room, "float.board")
    made = room.window.layouts.floats["board"]
    room.wait(made.isVisible)
    assert room.board.window() is made and places(room) == {"map": (0, 1516), "links": (1520, 400)}
    made.activateWindow()
    room.wait(lambda: QApplication.activeWindow() is made)
    room.board.focus_list()
    QTest.keyClick(focused(), Qt.Key.Key_Down)
    room.wait(lambda: room.window.session.selected_incident)
    QTest.keyClick(focused(), Qt.Key.Key_K, CTRL)  # the same keys
    room.wait(lambda: room.window.overlays.palette.is_open)
    room.wait(lambda: QApplication.activeWindow() is room.window)  # where the palette is
    room.press(ESCAPE)
    made.close()
    room.wait(lambda: "board" not in room.window.layouts.floats)
    assert room.board.window() is room.window
    assert places(room) == {"board": (0, 440), "map": (444, 1072), "links": (1520, 400)}
    row = register(room.site)
    room.wait(lambda: room.board.model.place_of(row.id) is not None)  # it lives on


def test_a_floating_desk_shows_what_is_opened(emb_room: Room) -> None:
    room = ready(emb_room)
    row = register(room.site)
    room.settle()
    room.select(row)
    run(room, "float.desk")
    desk = room.window.desk
    assert desk is not None
    made = room.window.layouts.floats["desk"]
    room.window.open_desk("timeline")
    room.wait(lambda: QApplication.activeWindow() is made)
    assert desk.tabs.currentIndex() == 1 and places(room) == {
        "board": (0, 440),
        "map": (444, 1072),
        "links": (1520, 400),
    }
    QTest.keyClick(desk, Qt.Key.Key_1, ALT)
    assert desk.tabs.currentIndex() == 0
    made.close()
    room.wait(lambda: desk.window() is room.window)
    assert not desk.isVisible() and not room.window.columns.desk_open


def test_touching_a_float_keeps_the_window_from_locking(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    room.wait(lambda: room.window.layouts._begun)
    run(room, "float.links")
    made = room.window.layouts.floats["links"]
    room.wait(made.isVisible)
    room.clock.advance(9 * 60)
    QTest.mouseClick(made.windowHandle(), Qt.MouseButton.LeftButton)
    room.clock.advance(9 * 60)
    room.window._tick(room.clock.now_ms())
    assert not room.window.session.locked


# -- what is kept ----------------------------------------------------------------------------------------------------------
def test_a_layout_is_there_again_after_the_next_start(rooms: OpenRoom) -> None:
    room = ready(rooms("EMB"))
    run(room, "left.map")
    run(room, "hide.links")
    run(room, "float.map")
    room.window.layouts.floats["map"].setGeometry(60, 80, 700, 500)
    room.close()
    again = ready(rooms("EMB"))
    assert again.window.columns.order == ("map", "board", "links")
    assert places(again) == {"board": (0, 1920)}
    assert again.window.layouts.floats["map"].geometry().getRect() == (60, 80, 700, 500)


def test_everybody_has_a_layout_of_his_own(rooms: OpenRoom) -> None:
    room = ready(rooms("EMB"))
    room.sign_in("duty_officer")
    choose(room, "emergency")
    room.sign_in_again("duty_chief")  # nothing kept: what stands
    assert room.window.layouts.chosen == "emergency"
    choose(room, "duty")
    run(room, "hide.links")
    room.sign_in_again("duty_officer")
    assert room.window.layouts.chosen == "emergency" and not room.window.columns.hidden
    room.sign_in_again("duty_chief")
    assert room.window.layouts.chosen == "duty" and room.window.columns.hidden == {"links"}


def test_the_window_comes_back_where_it_was_or_where_it_can_be_seen(
    rooms: OpenRoom, desktop: list[Any]
) -> None:
    def at(*box: int) -> dict[str, Any]:
        state = {"window": list(box), "maximized": False}
        return keeping.with_kept(None, "somebody", " | ".join(map(str, desktop)), state)

    def opened(memory: Any) -> tuple[int, int, int, int]:
        room = rooms("EMB", before=lambda console: console.remember(keeping.MEMORY, memory))
        room.window.appear()
        box = keeping.box_in(room.window.geometry())
        room.close()
        return box

    assert opened(at(2000, 40, 1600, 900)) == (2000, 40, 1600, 900)
    assert opened(at(5000, 40, 1600, 900)) == (320, 40, 1600, 900)
    desktop[:] = [ONE]
    assert opened(at(2000, 40, 1600, 900)) == (320, 40, 1600, 900)


@pytest.mark.parametrize(
    "state",
    [
        {
            "order": ["map", "map", "map"],
            "hidden": 7,
            "floats": [],
            "widths": "x",
            "layout": "wall",
            "window": {},
        },
        {
            "order": 3,
            "hidden": ["board", "map", "links", "desk"],
            "floats": {"map": [0, 0, -5, 3], "sea": [0, 0, 9, 9]},
        },
        {"floats": {"board": [99999, 0, 500, 500]}, "widths": {"board": 5, "links": 9999}, "maximized": "no"},
    ],
)
def test_a_state_of_any_shape_is_survived(rooms: OpenRoom, state: dict[str, Any]) -> None:
    def damage(console: Any) -> None:
        setup = keeping.screens().setup
        console.remember(keeping.MEMORY, keeping.with_kept(None, "x", setup, state))

    room = ready(rooms("EMB", before=damage))
    found = places(room)
    assert {"board", "map"} & set(found) and not room.window.layouts.floats
    assert found.get("board", (0, 440))[1] in (440, 1916, 1920)


# -- screens ---------------------------------------------------------------------------------------------------------------
def test_a_lost_screen_brings_every_window_back_and_the_next_one_out_again(
    rooms: OpenRoom, desktop: list[Any]
) -> None:
    room = ready(rooms("EMB"))
    run(room, "float.map")
    out = room.window.layouts.floats["map"]
    assert keeping.overlap(keeping.box_in(out.geometry()), TWO) > 0  # by itself on the other screen
    out.setGeometry(2000, 100, 1500, 900)
    until_kept(room)
    room.window.setGeometry(1980, 60, 1800, 1000)
    until_kept(room)
    desktop[:] = [ONE]
    stir(room)
    assert not room.window.layouts.floats and "map" in places(room)
    assert keeping.is_seen(keeping.box_in(room.window.geometry()), [ONE])
    assert "屏幕断开" in room.window.overlays.toasts.texts_shown()[-1]
    desktop[:] = [ONE, TWO]
    stir(room)
    assert room.window.layouts.floats["map"].geometry().getRect() == (2000, 100, 1500, 900)


def test_a_float_on_a_screen_that_is_gone_at_the_start_stands_at_home(
    rooms: OpenRoom, desktop: list[Any]
) -> None:
    state = {"floats": {"map": [2500, 100, 900, 700]}}
    desktop[:] = [ONE]
    memory = keeping.with_kept(None, "x", str(ONE), state)
    room = ready(rooms("EMB", before=lambda console: console.remember(keeping.MEMORY, memory)))
    assert not room.window.layouts.floats and places(room)["map"] == (444, 1072)


def test_the_window_goes_back_to_the_screen_that_comes_back(rooms: OpenRoom, desktop: list[Any]) -> None:
    room = ready(rooms("EMB", size=(1600, 900)))
    room.window.setGeometry(2000, 60, 1600, 900)
    until_kept(room)
    desktop[:] = [ONE]
    stir(room)
    assert keeping.overlap(keeping.box_in(room.window.geometry()), ONE) == 1600 * 900
    desktop[:] = [ONE, TWO]
    stir(room)
    assert keeping.box_in(room.window.geometry()) == (2000, 60, 1600, 900)


def test_where_a_failing_desktop_pushes_windows_is_not_kept(rooms: OpenRoom, desktop: list[Any]) -> None:
    room = ready(rooms("EMB"))
    run(room, "float.links")
    made = room.window.layouts.floats["links"]
    made.setGeometry(2000, 100, 500, 700)
    until_kept(room)
    watch = room.window.layouts.watch
    desktop[:] = [ONE]
    QApplication.instance().primaryScreenChanged.emit(QApplication.primaryScreen())  # type: ignore[union-attr]
    assert watch.settling
    made.setGeometry(0, 0, 360, 240)  # the desktop does that
    room.wait(lambda: not watch.settling and not room.window.layouts.floats)
    desktop[:] = [ONE, TWO]
    stir(room)
    assert room.window.layouts.floats["links"].geometry().getRect() == (2000, 100, 500, 700)


def test_every_layout_has_its_words(emb_room: Room) -> None:
    texts = emb_room.window.texts
    for name in keeper.LAYOUTS:
        assert texts.has(f"ui.layouts.{name}") and emb_room.window.actions_table[f"layout.{name}"].shortcut
