"""First start by keyboard: founds a site, says what is missing, leaves nothing half-made (XC-01, XC-10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.bootstrap.first_start import SiteFounder
from app.bootstrap.node import open_node
from app.kernel.clock import SystemClock
from app.kernel.enums import Realm
from app.kernel.paths import DataDir
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
    window.recovery.understood.setChecked(True)
    press(window, ENTER)


def test_a_site_is_founded_by_keyboard(window: FirstStartWindow, tmp_path: Path, qtbot: QtBot) -> None:
    ended: list[bool] = []
    window.finished.connect(ended.append)
    fill(window, tmp_path / "recovery.json")
    assert "guanli" in window.last.summary.text() and "password-1" not in window.last.summary.text()
    press(window, ENTER)
    qtbot.waitUntil(lambda: window.last.state.property("tone") == "good", timeout=30_000)
    press(window, ENTER)
    assert ended == [True]
    assert (tmp_path / "recovery.json").stat().st_mode & 0o077 == 0
    with open_node(tmp_path / "site") as node:
        assert (node.me.agency, node.me.realm, node.me.district) == ("EMB", "live", "310105")
        assert node.sign_in("guanli", "password-1").roles == "account_admin"


def test_what_is_missing_is_said_and_nothing_goes_on(window: FirstStartWindow) -> None:
    press(window, ENTER, 4)
    assert window.stack.currentWidget() is window.admin
    assert window.problem.text() == window.admin.say("missing_name")
    QTest.keyClicks(window.admin.name, "guanli")
    QTest.keyClicks(window.admin.password, "short")
    press(window, ENTER)
    assert window.problem.text() == window.admin.say("missing_password", n=8)
    QTest.keyClicks(window.admin.password, "er-than-that")
    press(window, ENTER)
    assert window.problem.text() == window.admin.say("missing_again")
    press(window, ESCAPE)
    assert window.stack.currentWidget() is window.seat


def test_a_refused_founding_says_why_and_can_be_tried_again(
    window: FirstStartWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    fill(window, tmp_path / "site" / "recovery.json")  # inside the data folder: not allowed
    press(window, ENTER)
    qtbot.waitUntil(lambda: window.last.state.property("tone") == "bad", timeout=30_000)
    assert not (tmp_path / "site" / "console.db").exists()
    press(window, ESCAPE)
    window.recovery.path.setText(str(tmp_path / "recovery.json"))
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
    assert window.problem.text() == window.recovery.say("missing_file")
    first.found(replace(made(), letter="", admin_name="guanli")).result(30)
    first.close()
    press(window, ENTER, 2)
    qtbot.waitUntil(lambda: window.last.state.property("tone") == "good", timeout=30_000)
    with open_node(tmp_path / "site") as node, open_node(tmp_path / "first") as other:
        assert (node.me.letter, other.me.letter) == ("B", "")
        assert node.me.recovery_key == other.me.recovery_key
