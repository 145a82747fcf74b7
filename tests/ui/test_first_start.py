"""First start by keyboard: founds a site, says what is missing, leaves nothing half-made (XC-01, XC-10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap.first_start import SiteFounder
from app.bootstrap.node import open_node
from app.kernel.clock import SystemClock
from app.kernel.enums import Realm
from app.kernel.paths import DataDir
from app.ui.first_start.pages import Page
from app.ui.first_start.window import FirstStartWindow
from app.ui.theme.theme import Theme

ENTER, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Escape


@pytest.fixture
def founder(tmp_path: Path) -> Iterator[SiteFounder]:
    made = SiteFounder(DataDir(tmp_path / "site"), Realm.LIVE, SystemClock())
    yield made
    made.close()


@pytest.fixture
def window(founder: SiteFounder, qtbot: QtBot) -> FirstStartWindow:
    made = FirstStartWindow(founder, Theme())
    qtbot.addWidget(made)
    made.show()
    return made


def press(window: FirstStartWindow, key: Qt.Key, times: int = 1) -> None:
    for _ in range(times):
        QTest.keyClick(window, key)


def fill(window: FirstStartWindow, recovery: Path, password: str = "password-1") -> None:
    press(window, ENTER, 3)
    for field, text in (
        (window.admin.name, "guanli"),
        (window.admin.password, password),
        (window.admin.again, password),
    ):
        field.clear()
        QTest.keyClicks(field, text)
    press(window, ENTER)
    window.recovery.path.setText(str(recovery))
    window.recovery.here.setChecked(True)
    window.recovery.understood.setChecked(True)
    press(window, ENTER)


def said(page: Page, widget: QWidget) -> str:
    """What stands under a field."""
    fault = page.faults[widget]
    return fault.text() if fault.isVisible() else ""


def test_a_site_is_founded_by_keyboard(window: FirstStartWindow, tmp_path: Path, qtbot: QtBot) -> None:
    ended: list[bool] = []
    window.finished.connect(ended.append)
    fill(window, tmp_path / "recovery.json")
    assert "岗位名称：账号管理员" in window.last.summary.text()
    assert "guanli" in window.last.summary.text() and "password-1" not in window.last.summary.text()
    press(window, ENTER)
    qtbot.waitUntil(lambda: window.last.state.property("tone") == "good", timeout=30_000)
    told = window.last.state.text()
    assert "Ctrl+K" in told and "账号与权限" in told and "main.py" not in told, (
        "accounts are made in the window"
    )
    press(window, ENTER)
    assert ended == [True]
    assert (tmp_path / "recovery.json").stat().st_mode & 0o077 == 0
    with open_node(tmp_path / "site") as node:
        assert (node.me.agency, node.me.realm, node.me.district) == ("EMB", "live", "310105")
        assert node.sign_in("guanli", "password-1").roles == "account_admin"


def test_what_is_missing_is_said_and_nothing_goes_on(window: FirstStartWindow) -> None:
    press(window, ENTER, 4)
    assert window.stack.currentWidget() is window.admin
    admin = window.admin
    assert said(admin, admin.name) == admin.say("missing_name") and not window.problem.text()
    QTest.keyClicks(admin.name, "guanli <img>")
    assert not said(admin, admin.name), "typing takes it away"
    press(window, ENTER)
    assert said(admin, admin.name) == admin.say("missing_signs")
    admin.name.setText("guanli")
    admin.title.setText("  \u3000")
    press(window, ENTER)
    assert said(admin, admin.title) == admin.say("missing_post")
    admin.title.setText("账号管理员")
    QTest.keyClicks(admin.password, "short")
    press(window, ENTER)
    assert said(admin, admin.password) == admin.say("missing_password", n=8)
    admin.password.setText(" " * 8)
    press(window, ENTER)
    assert said(admin, admin.password) == admin.say("missing_visible")
    admin.password.setText("shorter-than-that")
    press(window, ENTER)
    assert said(admin, admin.again) == admin.say("missing_again")
    press(window, ESCAPE)
    assert window.stack.currentWidget() is window.seat


def test_a_seat_of_blanks_has_no_name(window: FirstStartWindow) -> None:
    press(window, ENTER, 2)
    window.seat.name.setText("   ")
    press(window, ENTER)
    assert window.stack.currentWidget() is window.seat
    assert said(window.seat, window.seat.name) == window.seat.say("missing_label")


def test_the_recovery_key_has_no_place_until_one_is_chosen(
    window: FirstStartWindow, founder: SiteFounder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enter alone keeps nothing; a folder that is not there is not made; this disk is said in red and confirmed twice."""
    fill(window, tmp_path / "usb" / "deep" / "key.json")
    page = window.recovery
    assert window.stack.currentWidget() is page
    assert said(page, page.path) == page.say("missing_folder") and not (tmp_path / "usb").exists()
    page.path.clear()
    press(window, ENTER)
    assert said(page, page.path) == page.say("missing_path")
    page.path.setText(str(tmp_path))
    assert page.file == tmp_path / "recovery-EMB.json"
    assert page.same_disk.isVisible() and page.same_disk.property("tone") == "bad"
    press(window, ENTER)
    assert window.problem.text() == page.say("missing_here")
    page.here.setChecked(True)
    page.path.setText(str(tmp_path / "other.json"))
    assert not page.here.isChecked(), "another place is confirmed anew"
    monkeypatch.setattr(founder, "on_data_disk", lambda _path: False)
    page.path.setText(str(tmp_path / "stick.json"))
    assert not page.same_disk.isVisible() and not page.here.isVisible()
    press(window, ENTER)
    assert window.stack.currentWidget() is window.last


def test_a_refused_founding_says_why_and_can_be_tried_again(
    window: FirstStartWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    (old := tmp_path / "old.json").write_text("another agency's")
    fill(window, old)  # is never overwritten
    press(window, ENTER)
    qtbot.waitUntil(lambda: window.last.state.property("tone") == "bad", timeout=30_000)
    assert not (tmp_path / "site" / "console.db").exists()
    press(window, ESCAPE)
    window.recovery.path.setText(str(tmp_path / "recovery.json"))
    window.recovery.here.setChecked(True)
    press(window, ENTER, 2)
    qtbot.waitUntil(lambda: window.last.state.property("tone") == "good", timeout=30_000)


def test_a_faulty_pack_is_named_and_the_choice_stays(window: FirstStartWindow, tmp_path: Path) -> None:
    press(window, ENTER)
    odd = tmp_path / "odd.toml"
    odd.write_text('code = "310105"\n', "utf-8")
    window.place.take(odd)
    assert window.place.problem.text()
    assert window.place.pack.code == "310105" and window.place.pack.file is None


def test_the_exercise_skips_the_questions(window: FirstStartWindow) -> None:
    window.choice.exercise.setChecked(True)
    press(window, ENTER)
    assert window.stack.currentWidget() is window.last
    press(window, ESCAPE)
    assert window.stack.currentWidget() is window.choice


def test_closed_before_the_end_nothing_is_there(window: FirstStartWindow, tmp_path: Path) -> None:
    ended: list[bool] = []
    window.finished.connect(ended.append)
    press(window, ENTER, 2)
    window.close()
    assert ended == [False]
    assert not (tmp_path / "site").exists()


def test_a_further_workstation_joins_with_the_key_that_is_there(
    founder: SiteFounder, window: FirstStartWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    """D-35: with a letter, the agency's key file is asked for instead of being made; the letter is entered into it."""
    first = SiteFounder(DataDir(tmp_path / "first"), Realm.LIVE, SystemClock())
    key = tmp_path / "recovery.json"
    made = window.answers
    press(window, ENTER, 2)
    window.seat.letter.setCurrentIndex(1)
    press(window, ENTER)
    for field, text in (
        (window.admin.name, "guanli-b"),
        (window.admin.password, "password-1"),
        (window.admin.again, "password-1"),
    ):
        field.clear()
        QTest.keyClicks(field, text)
    press(window, ENTER)
    assert window.recovery.understood.isHidden()
    assert window.recovery.path.text() == ""
    window.recovery.path.setText(str(key))
    press(window, ENTER)
    assert said(window.recovery, window.recovery.path) == window.recovery.say("missing_file")
    first.found(replace(made(), letter="", admin_name="guanli")).result(30)
    first.close()
    press(window, ENTER, 2)
    qtbot.waitUntil(lambda: window.last.state.property("tone") == "good", timeout=30_000)
    with open_node(tmp_path / "site") as node, open_node(tmp_path / "first") as other:
        assert (node.me.letter, other.me.letter) == ("B", "")
        assert node.me.recovery_key == other.me.recovery_key
