"""Accounts in the window, by keys: opening, roles, password, disabling, use; who may, and what is said (CM-04, XC-06)."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from app.kernel.enums import Post, Role
from app.kernel.errors import Refusal
from app.ui.accounts.sheet import AccountsSheet
from app.ui.accounts.words import end_of_day
from app.usecases.duty import TakeWatch
from tests.kit import PASSWORD, cheap_passwords, founded_town, register
from tests.ui.test_sites_window import admin
from tests.ui.window_kit import ALT, CTRL, ENTER, ESCAPE, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]
SECRET = "another-horse-2"


def opened(room: Room) -> AccountsSheet:
    room.window.overlays.sign_in.dismiss()
    assert room.window.actions_table["accounts.open"].run()
    sheet = room.window.overlays.accounts
    room.wait(lambda: sheet.uses)
    return sheet


def choose(room: Room, sheet: AccountsSheet, who: str) -> str:
    account = room.site.account(who)
    sheet.table.choose(account)
    assert sheet.table.chosen == account
    return account


def editor(sheet: AccountsSheet, name: str) -> QLineEdit:
    found: Any = sheet.form.fields[name]
    return found.editor


def said(sheet: AccountsSheet, name: str) -> str:
    return sheet.form.fields[name].fault.text()


def test_everybody_sees_who_may_what_and_nobody_acts_without_signing_in(emb_room: Room) -> None:
    room = emb_room
    sheet = opened(room)
    mine = [use.row for use in sheet.uses.values() if use.row.agency == "EMB"]
    assert {row.name for row in mine} >= {"EMB-duty_officer", "EMB-leader", "admin"}
    assert not any("console" in row.role_set for row in mine), "workstations are no accounts of people"
    assert [row.agency for row in (use.row for use in sheet.uses.values())][: len(mine)] == ["EMB"] * len(
        mine
    )
    room.press(Qt.Key.Key_5, ALT)
    assert sheet.deed == "revoke" and not sheet.confirm.isEnabled()
    assert sheet.note.text() == room.console.texts.get("ui.shell.why.signed_out")
    room.press(ESCAPE)
    assert not sheet.is_open


def test_an_officer_is_told_who_can_and_changes_his_own_password(emb_room: Room) -> None:
    room = emb_room
    room.sign_in()
    sheet = opened(room)
    own = choose(room, sheet, "duty_officer")
    sheet.choose("revoke")
    assert not sheet.confirm.isEnabled() and "账号管理员" in sheet.note.text()
    sheet.choose("password")
    choose(room, sheet, "leader")
    assert not sheet.confirm.isEnabled()
    sheet.table.choose(own)
    assert sheet.confirm.isEnabled()
    editor(sheet, "password").setFocus()
    QTest.keyClicks(editor(sheet, "password"), SECRET)
    QTest.keyClicks(editor(sheet, "again"), SECRET + "x")
    sheet.submit()
    assert said(sheet, "again") == "两次输入的不一样，请重新输入。"
    editor(sheet, "again").setText(SECRET)
    with cheap_passwords():
        room.press(ENTER, CTRL)
        room.wait(lambda: "本席的口令" in "".join(room.window.overlays.toasts.texts_shown()))
        assert editor(sheet, "password").text() == ""
        assert room.console.sign_in("EMB-duty_officer", SECRET).result(30).id == own
        with pytest.raises(Refusal):
            room.console.sign_in("EMB-duty_officer", PASSWORD).result(30)


def test_the_administrator_opens_an_account_and_sets_its_password(emb_room: Room) -> None:
    room = emb_room
    admin(room)
    sheet = opened(room)
    room.press(Qt.Key.Key_1, ALT)
    room.type("emb-9")
    editor(sheet, "title").setText("值班员 9 席")
    editor(sheet, "valid_to").setText("明天")
    room.press(ENTER, CTRL)
    assert "2026-12-31" in said(sheet, "valid_to"), "how a day is typed"
    editor(sheet, "valid_to").setText("2020-12-31")
    sheet.form.roles.boxes[Role.DUTY_OFFICER].setChecked(True)
    room.press(ENTER, CTRL)
    room.wait(lambda: "已经过了" in said(sheet, "valid_to"))
    sheet.form.roles.boxes[Role.DUTY_OFFICER].setChecked(False)
    editor(sheet, "valid_to").setText("2025-12-31")
    room.press(ENTER, CTRL)
    room.wait(lambda: said(sheet, "roles"))
    assert "至少选一个角色" in said(sheet, "roles")
    assert editor(sheet, "title").text() == "值班员 9 席", "nothing typed is lost"
    sheet.form.roles.boxes[Role.DUTY_OFFICER].setChecked(True)
    room.press(ENTER, CTRL)
    room.wait(
        lambda: sheet.deed == "password" and sheet.chosen is not None and sheet.chosen.row.name == "emb-9"
    )
    assert sheet.chosen is not None and not sheet.chosen.secret_here
    assert sheet.chosen.row.valid_to == 1_767_196_799_999, "to the last moment of the day, in Shanghai"
    for name in ("password", "again"):
        editor(sheet, name).setText(SECRET)
    with cheap_passwords():
        room.press(ENTER, CTRL)
        room.wait(lambda: sheet.chosen is not None and sheet.chosen.secret_here)
        assert room.console.sign_in("emb-9", SECRET).result(30).role_set == {"duty_officer"}


def test_roles_and_posts_are_changed_and_an_account_is_disabled(emb_room: Room) -> None:
    room = emb_room
    admin(room)
    sheet = opened(room)
    account = choose(room, sheet, "duty_officer")
    sheet.choose("roles")
    assert sheet.form.roles.chosen() == [Role.DUTY_OFFICER], "as they are"
    sheet.form.roles.boxes[Role.DUTY_CHIEF].setChecked(True)
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.uses[account].row.role_set == {"duty_officer", "duty_chief"})
    sheet.choose("title")
    editor(sheet, "title").setText("夜班值班员")
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.uses[account].row.title == "夜班值班员")
    sheet.choose("revoke")
    assert "夜班值班员" in sheet.form.said.text() and "EMB-duty_officer" in sheet.form.said.text()
    assert "在岗" not in sheet.form.said.text()
    room.act(TakeWatch(post=Post.DUTY_OFFICER))
    room.wait(lambda: "现在在岗（值班员）" in sheet.form.said.text())
    assert "值班长或带班领导" in sheet.form.said.text()
    room.press(ENTER, CTRL)
    room.wait(lambda: "没有写停用的原因" in said(sheet, "reason"))
    editor(sheet, "reason").setFocus()
    room.type("diaoli")
    room.press(ENTER, CTRL)
    assert sheet.confirm.text() == "确实停用，再按一次"
    room.type("2")
    assert sheet.confirm.text() == "停用这个账号", "another reason: it begins anew"
    room.press(ENTER, CTRL)
    room.settle()
    assert sheet.uses[account].row.state == "active"
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.uses[account].row.state == "revoked")
    assert not sheet.confirm.isEnabled() and "已经停用" in sheet.note.text()
    own = room.site.account("admin") if room.site.admin else ""
    assert own == ""
    admin_id = next(
        use.row.id for use in sheet.uses.values() if use.row.name == "admin" and use.row.agency == "EMB"
    )
    sheet.table.choose(admin_id)
    sheet.submit()
    room.wait(lambda: "自己的账号管理权限" in sheet.note.text())
    assert sheet.uses[admin_id].row.state == "active"


def test_the_partners_accounts_are_the_partners(emb_room: Room) -> None:
    room = emb_room
    admin(room)
    sheet = opened(room)
    theirs = [use.row for use in sheet.uses.values() if use.row.agency == "FRD"]
    assert theirs
    sheet.table.choose(theirs[0].id)
    sheet.choose("revoke")
    assert not sheet.confirm.isEnabled() and "消防" in sheet.note.text()


def test_what_an_account_did_is_listed_newest_first(emb_room: Room) -> None:
    room = emb_room
    register(room.site)
    room.clock.advance(60)
    register(room.site)
    sheet = opened(room)
    choose(room, sheet, "duty_officer")
    sheet.choose("used")
    room.wait(lambda: len(sheet.acts.rows) == 2)
    assert [row.cells[1] for row in sheet.acts.rows] == ["登记事件"] * 2
    assert sheet.acts.rows[0].cells[0] > sheet.acts.rows[1].cells[0]
    choose(room, sheet, "leader")
    room.wait(lambda: not sheet.acts.rows)
    assert "没有在这里留下记录" in sheet.form.said.text()


def test_what_was_typed_is_not_shown_to_the_next_one(emb_room: Room) -> None:
    room = emb_room
    admin(room)
    sheet = opened(room)
    sheet.choose("password")
    editor(sheet, "password").setText(SECRET)
    room.window.session.lock()
    assert editor(sheet, "password").text() == ""


def test_a_day_is_typed_as_a_day() -> None:
    assert end_of_day("2025-02-29") is None and end_of_day("gestern") is None
    until = end_of_day(" 2024-02-29 ")
    assert until is not None and until.isoformat() == "2024-02-29T23:59:59.999000+08:00"
