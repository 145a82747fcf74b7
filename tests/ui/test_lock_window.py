"""Signing in and locking as a person meets them (SCREEN, Manners; CM-04)."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from app.kernel.enums import Post
from app.ui.shell.lock import IDLE_MS
from app.usecases.duty import EndWatch, TakeWatch
from tests.kit import PASSWORD, founded_town, register
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, PLAIN, Room, emb_room, frd_room, rooms

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]


def test_seeing_needs_no_account_acting_does(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    assert window.session.locked and window.overlays.sign_in.is_open
    row = register(room.site)
    room.wait(lambda: any(known.id == row.id for known in window.feeds.rows))
    room.wait(lambda: room.board.model.rowCount() > 0)
    room.press(ESCAPE)
    assert not window.overlays.sign_in.is_open
    room.select(row)
    ops = room.site.count("op")
    room.press(Qt.Key.Key_F4)
    room.press(ENTER)
    assert window.overlays.sign_in.is_open, "an act asks for the account"
    assert "先登录" in window.overlays.sign_in.why.text()
    assert room.site.count("op") == ops


def test_signing_in_by_keys(emb_room: Room) -> None:
    room, sheet = emb_room, emb_room.window.overlays.sign_in
    assert room.focus() is sheet.name
    room.type("EMB-duty_officer")
    room.press(ENTER)
    assert room.focus() is sheet.password
    room.type("wrong-password")
    room.press(ENTER)
    room.wait(sheet.problem.text)
    assert "登录" in sheet.problem.text() or "口令" in sheet.problem.text()
    assert sheet.is_open and sheet.password.text() == ""
    room.type("correct-horse-1")
    room.press(ENTER)
    room.wait(lambda: not room.window.session.locked)
    assert not sheet.is_open
    assert "duty_officer" in room.window.header.account.text()
    assert room.console.memory("sign_in.name") == "EMB-duty_officer"


def test_a_second_enter_does_not_sign_in_twice(emb_room: Room) -> None:
    sheet = emb_room.window.overlays.sign_in
    sheet.name.setText("EMB-duty_officer")
    sheet.password.setText("nonsense")
    sheet.submit()
    sheet.submit()
    emb_room.wait(sheet.problem.text)
    assert len([row for row in emb_room.site.refusals() if row.command == "sign_in"]) == 1


def test_locking_stops_acts_and_nothing_else(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    room.sign_in()
    row = register(room.site)
    room.select(row)
    room.press(Qt.Key.Key_N, CTRL)
    room.press(Qt.Key.Key_Tab)
    room.press(Qt.Key.Key_Tab)
    room.press(Qt.Key.Key_Tab)
    room.type("虹桥街道")
    room.press(Qt.Key.Key_L, CTRL)
    assert window.session.locked and "已锁定" in window.header.account.text()
    assert window.overlays.register.place.text() == "虹桥街道", "what was typed stays"
    before = window.line.line.text()
    room.tick(60)
    assert window.line.line.text() != before, "countdowns go on"
    assert "08:01:00" in window.header.clock.accessibleName()


def test_nobody_there_locks_the_window(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    room.tick(IDLE_MS / 1000 - 60)
    assert not room.window.session.locked
    handle = room.window.windowHandle()
    QApplication.sendEvent(handle, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Shift, PLAIN))
    room.tick(120)
    assert not room.window.session.locked, "a key counts as somebody"
    room.tick(IDLE_MS / 1000)
    assert room.window.session.locked


def test_whoever_signs_in_after_a_long_while_is_not_locked_out_at_once(emb_room: Room) -> None:
    """The span of idleness begins with the sign-in, whatever was before it."""
    room = emb_room
    room.tick(IDLE_MS / 1000 * 3)
    room.sign_in()
    room.tick(IDLE_MS / 1000 - 1)
    assert not room.window.session.locked
    room.tick(2)
    assert room.window.session.locked


def test_a_click_into_the_name_selects_it_so_that_typing_replaces_it(emb_room: Room) -> None:
    room, sheet = emb_room, emb_room.window.overlays.sign_in
    room.sign_in()
    room.press(Qt.Key.Key_L, CTRL)
    assert sheet.is_open and sheet.name.text() == "EMB-duty_officer"
    sheet.password.setFocus()
    room.click(sheet.name)
    assert sheet.name.selectedText() == "EMB-duty_officer"
    room.type("EMB-duty_chief")
    assert sheet.name.text() == "EMB-duty_chief"
    room.click(sheet.name)
    assert not sheet.name.selectedText(), "a second click puts the cursor"


def test_what_one_officer_was_told_is_gone_with_the_lock(emb_room: Room) -> None:
    """JD-04: that somebody's watch was ended by another is told to that person alone."""
    room, window = emb_room, emb_room.window
    room.act(TakeWatch(post=Post.DUTY_OFFICER))
    room.act(TakeWatch(post=Post.DUTY_CHIEF), "duty_chief")
    [watch] = [row for row in room.site.rows("watch") if row["post"] == "duty_officer"]
    room.act(EndWatch(watch_id=watch["id"], reason="忘记离岗"), "duty_chief")
    room.sign_in("duty_officer")
    bar = window.overlays.refusals
    room.wait(bar.isVisible)
    assert "您已被代为离岗" in bar.what.text()
    room.press(Qt.Key.Key_L, CTRL)
    assert not bar.isVisible()
    room.sign_in("duty_chief")
    room.settle()
    assert not bar.isVisible()


def test_an_answer_for_one_officer_that_comes_late_is_not_shown_to_another(
    emb_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, window = emb_room, emb_room.window
    room.act(TakeWatch(post=Post.DUTY_OFFICER))
    room.act(TakeWatch(post=Post.DUTY_CHIEF), "duty_chief")
    [watch] = [row for row in room.site.rows("watch") if row["post"] == "duty_officer"]
    room.act(EndWatch(watch_id=watch["id"], reason="忘记离岗"), "duty_chief")
    plain, held = window.session.ask, []

    def ask(read: Any, ok: Any, key: str | None = None) -> None:
        plain(read, (lambda rows: held.append((ok, rows))) if key == "watch.told" else ok, key)

    monkeypatch.setattr(window.session, "ask", ask)
    room.sign_in("duty_officer")
    room.wait(lambda: held)
    window.session.lock()
    tell, rows = held[0]
    assert rows
    tell(rows)
    assert not window.overlays.refusals.isVisible()
    monkeypatch.undo()
    room.sign_in("duty_officer")
    room.wait(window.overlays.refusals.isVisible)
    assert "您已被代为离岗" in window.overlays.refusals.what.text(), "nobody read it: it is told again"


def test_the_cursor_is_where_the_next_officer_types(emb_room: Room) -> None:
    """CM-04: whoever locks by hand, or has left the watch, hands over: the name, all of it selected. Whom the idle span
    locked out comes back: the password.
    """
    room, sheet = emb_room, emb_room.window.overlays.sign_in
    room.sign_in()
    room.tick(IDLE_MS / 1000 + 1)
    assert sheet.is_open and room.focus() is sheet.password
    room.sign_in()
    room.press(Qt.Key.Key_L, CTRL)
    assert room.focus() is sheet.name and sheet.name.selectedText() == "EMB-duty_officer"
    room.type("EMB-duty_chief")
    room.press(ENTER)
    room.type(PASSWORD)
    room.press(ENTER)
    room.wait(lambda: not room.window.session.locked)
    room.act(TakeWatch(post=Post.DUTY_CHIEF), "duty_chief")
    room.wait(lambda: any(row.post == Post.DUTY_CHIEF.value for row in room.window.feeds.watch))
    assert room.window.actions_table["leave_watch"].run()
    room.press(Qt.Key.Key_0)
    room.wait(lambda: room.window.session.another_likely)
    room.tick(IDLE_MS / 1000 + 1)
    assert sheet.is_open and room.focus() is sheet.name, "the watch was left: another is likely"


def test_control_l_while_locked_opens_the_sign_in(emb_room: Room) -> None:
    room, window = emb_room, emb_room.window
    room.press(ESCAPE)
    assert not window.overlays.sign_in.is_open
    room.press(Qt.Key.Key_L, CTRL)
    assert window.overlays.sign_in.is_open and not window.overlays.toasts.texts_shown()
    room.sign_in()
    room.settle()
    assert not window.session.locked, "not locked again by the wish of before"


def test_what_only_lacks_the_sign_in_asks_for_it_and_is_done_afterwards(emb_room: Room) -> None:
    """Enter in the palette never does something else than what stands first."""
    room, window = emb_room, emb_room.window
    kind = window.theme.kind
    room.press(ESCAPE)
    room.press(Qt.Key.Key_K, CTRL)
    room.type("sg")
    results = window.overlays.palette.results
    assert (
        results.entries[results.marked].name == "上岗" and results.entries[results.marked].reason == "先登录"
    )
    room.press(ENTER)
    sheet = window.overlays.sign_in
    assert sheet.is_open and not window.overlays.palette.is_open and "上岗" in sheet.why.text()
    assert window.theme.kind == kind
    room.press(ESCAPE)
    room.sign_in()
    assert window.overlays.made("watch") is None, "put away: not wanted any more"
    window.session.lock()
    room.press(ESCAPE)
    room.press(Qt.Key.Key_K, CTRL)
    room.type("sg")
    room.press(ENTER)
    room.sign_in()
    room.wait(lambda: window.overlays.watch.is_open)
    assert not sheet.is_open
