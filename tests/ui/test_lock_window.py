"""Signing in and locking as a person meets them (SCREEN, Manners; CM-04)."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from app.ui.shell.lock import IDLE_MS
from tests.kit import founded_town, register
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
