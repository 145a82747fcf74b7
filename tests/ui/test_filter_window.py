"""The board in its window: filter and selection, so that no act means an incident nobody sees; figures that follow time."""

from __future__ import annotations

from PySide6.QtCore import Qt

from tests.kit import founded_town, register
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]


def search(room: Room, typed: str) -> None:
    room.press(Qt.Key.Key_F, CTRL)
    room.type(typed)
    room.wait(lambda: room.board.feed.view.words and not room.board.feed.pending)
    room.settle()


def test_a_filter_that_hides_the_selected_incident_selects_what_enter_would_open(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    first, second = register(room.site, what="仓库冒烟"), register(room.site, what="燃气泄漏")
    room.wait(lambda: len(window.feeds.rows) == 2)
    room.sign_in()
    room.select(first)
    search(room, (second.no or "")[-3:])
    room.wait(lambda: window.session.selected_incident == second.id)
    room.wait(lambda: window.selected_row is not None and window.selected_row.id == second.id)
    room.press(Qt.Key.Key_F4)
    assert window.overlays.oral.is_open
    room.press(ENTER)
    room.wait(lambda: room.site.count("oral_report") == 1)
    [oral] = room.site.rows("oral_report")
    assert oral["incident_id"] == second.id


def test_a_filter_that_leaves_nothing_selects_nothing(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    row = register(room.site)
    room.select(row)
    room.press(ESCAPE)
    search(room, "zzz")
    room.wait(lambda: window.session.selected_incident == "")
    room.press(Qt.Key.Key_F4)
    assert window.overlays.toasts.texts_shown() == ["先在事件板选一个事件"]


def test_an_incident_that_left_the_filter_is_not_acted_on_unseen(emb_room: Room) -> None:
    """It leaves the filtered rows by a change, not by the typing hand: acts refuse and name it."""
    from app.usecases.incidents import ChangeIncident

    room, window = emb_room, emb_room.window
    row = register(room.site, what="仓库冒烟")
    register(room.site, what="仓库进水")
    room.wait(lambda: len(window.feeds.rows) == 2)
    room.press(ESCAPE)
    search(room, "仓库")
    room.select(row)
    room.act(ChangeIncident(incident_id=row.id, what="车库冒烟"))
    room.wait(lambda: room.board.model.place_of(row.id) is None)
    room.press(Qt.Key.Key_F4)
    [said] = window.overlays.toasts.texts_shown()
    assert (row.no or "") in said and "筛选" in said
    window.open_desk()
    room.press(Qt.Key.Key_F4)
    assert window.overlays.oral.is_open, "on the desk it stands under its name"


def test_an_incident_chosen_elsewhere_is_shown_whatever_the_filter(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    hidden, shown = register(room.site, what="仓库冒烟"), register(room.site, what="燃气泄漏")
    room.wait(lambda: len(window.feeds.rows) == 2)
    room.press(ESCAPE)
    search(room, "燃气")
    room.select(shown)
    room.press(Qt.Key.Key_K, CTRL)
    room.type(hidden.no or "")
    room.press(ENTER)
    room.wait(lambda: room.board.list.chosen_id() == hidden.id)
    assert room.board.search.text() == ""


def test_the_figures_of_the_groups_follow_the_time(emb_room: Room) -> None:
    """D-02: what comes into the amber span or is overdue by time alone is counted there, without any change."""
    room = emb_room
    for minute in ("07:58:00", "07:59:00"):
        register(room.site, received_at=room.clock_at(minute))
    register(room.site, what="仓库冒烟")
    model = room.board.model

    def shown(group: str) -> tuple[str, int]:
        places = {model.item(at).id: at for at in range(model.rowCount())}
        at, rows = places.get(f"#{group}"), 0
        if at is None:
            return "", 0
        while at + rows + 1 < model.rowCount() and not model.item(at + rows + 1).id.startswith("#"):
            rows += 1
        return model.figures.get(group, ""), rows

    room.wait(lambda: shown("running") == ("3", 3))
    room.clock.advance(18 * 60 + 1)
    room.wait(lambda: shown("soon") == ("1", 1))
    room.clock.advance(60)
    room.wait(lambda: shown("soon") == ("2", 2) and shown("running") == ("1", 1))
    room.clock.advance(9 * 60)
    room.wait(lambda: shown("overdue") == ("1", 1) and shown("soon") == ("2", 2))
    assert "逾期 1" in room.board._facts.text()


def test_figures_follow_the_time_whatever_the_filter_hides(emb_room: Room) -> None:
    room = emb_room
    register(room.site, what="仓库冒烟")
    register(room.site, what="燃气泄漏")
    room.press(ESCAPE)
    search(room, "燃气")
    room.clock.advance(30 * 60 + 1)
    room.wait(lambda: "逾期 2" in room.board._facts.text())
