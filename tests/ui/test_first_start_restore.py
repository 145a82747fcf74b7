"""Restoring from the window: on a new machine, and in place of a database that is damaged (XC-01, XC-09)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap.backup_work import BackupJob, make
from app.bootstrap.first_start import SiteFounder
from app.bootstrap.node import open_node
from app.cli.main import run as command_line
from app.kernel.clock import ManualClock, SystemClock
from app.kernel.enums import Realm
from app.kernel.paths import DataDir
from app.kernel.texts import Texts
from app.ui import start
from app.ui.fault_window import FaultWindow
from app.ui.first_start.window import FirstStartWindow
from app.ui.shell.fault_sheet import FaultSheet
from app.ui.theme.theme import Theme
from tests.kit import PASSWORD, founded_town, ms

__all__ = ["founded_town"]
ENTER, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Escape
WAIT_MS = 30_000


@pytest.fixture
def lost(founded_town: tuple[Path, dict[str, str]], tmp_path: Path) -> DataDir:
    """EMB's data folder with one verified backup; the recovery key file is beside it."""
    folder, _ = founded_town
    shutil.copytree(folder / "EMB", tmp_path / "EMB")
    shutil.copyfile(folder / "recovery-EMB.json", tmp_path / "recovery-EMB.json")
    shutil.copyfile(folder / "recovery-FRD.json", tmp_path / "recovery-FRD.json")
    data = DataDir(tmp_path / "EMB")
    made = make(BackupJob(data.database, data.backups, ms("08:00:00")), lambda *_: None)
    assert not made.problem
    return data


def copy_of(data: DataDir) -> Path:
    [copy] = data.backups.glob("console-*.db")
    return copy


def damage(data: DataDir, *, head: bool = False) -> bytes:
    """Cut the file short, or write over its first page; returns the bytes as they are now."""
    for beside in data.beside_database:
        beside.unlink(missing_ok=True)
    whole = data.database.read_bytes()
    whole = b"\xa5" * 4096 + whole[4096:] if head else whole[: len(whole) // 2]
    data.database.write_bytes(whole)
    return whole


def shown(qtbot: QtBot, founder: SiteFounder, *, only_restore: bool = False) -> FirstStartWindow:
    window = FirstStartWindow(founder, Theme(), only_restore=only_restore)
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[SiteFounder]:
    """A first start on an empty machine."""
    founder = SiteFounder(DataDir(tmp_path / "new"), Realm.LIVE, ManualClock(ms("09:00:00")))
    yield founder
    founder.close()


def press(window: FirstStartWindow, key: Qt.Key, times: int = 1) -> None:
    for _ in range(times):
        QTest.keyClick(window, key)


def test_a_new_machine_goes_on_from_a_backup(
    lost: DataDir, fresh: SiteFounder, tmp_path: Path, qtbot: QtBot
) -> None:
    """XC-01: by keys: choice, backup, key, look, restore; whose backup it is and what may be missing is said before."""
    window = shown(qtbot, fresh)
    window.choice.restore.setChecked(True)
    press(window, ENTER)
    assert window.stack.currentWidget() is window.copy
    press(window, ENTER)
    assert window.copy.faults[window.copy.path].text() == window.copy.say("missing_path")
    window.copy.path.setText(str(copy_of(lost)))
    qtbot.waitUntil(lambda: window.copy.view is not None, timeout=WAIT_MS)
    assert "应急管理局" in window.copy.found.text() and "可能缺少" in window.copy.gap.text()
    press(window, ENTER)
    assert window.stack.currentWidget() is window.key
    window.key.path.setText(str(tmp_path / "nowhere.json"))
    press(window, ENTER)
    assert window.key.faults[window.key.path].text() == window.key.say("missing_file")
    window.key.path.setText(str(tmp_path / "recovery-EMB.json"))
    press(window, ENTER)
    assert window.stack.currentWidget() is window.last
    assert "须与对方重新配对" in window.last.summary.text() and window.forward.text() == "开始恢复"
    press(window, ENTER)
    qtbot.waitUntil(lambda: window.last.state.property("tone") == "good", timeout=WAIT_MS)
    assert "序号字母 B" in window.last.state.text()
    ended: list[bool] = []
    window.finished.connect(ended.append)
    press(window, ENTER)
    assert ended == [True]
    with open_node(fresh.data.root, ManualClock(ms("09:00:00"))) as node:
        assert (node.me.letter, node.me.agency) == ("B", "EMB")
        assert node.sign_in("EMB-duty_officer", PASSWORD).agency == "EMB"


def test_what_is_no_backup_is_said_at_its_field(
    lost: DataDir, fresh: SiteFounder, tmp_path: Path, qtbot: QtBot
) -> None:
    """XC-01: damaged, foreign; another file afterwards is read anew."""
    window = shown(qtbot, fresh)
    window.choice.restore.setChecked(True)
    press(window, ENTER)
    page = window.copy
    foreign = tmp_path / "photo.db"
    foreign.write_bytes(b"GIF89a" * 100)
    cut = tmp_path / "cut.db"
    cut.write_bytes(copy_of(lost).read_bytes()[:30_000])
    for file, key in ((foreign, "no_backup"), (cut, "damaged")):
        page.path.setText(str(file))
        qtbot.waitUntil(page.faults[page.path].isVisible, timeout=WAIT_MS)
        told = page.faults[page.path].text()
        assert told == page.say(key) and "请换一份备份" in told and "数据目录" not in told
        press(window, ENTER)
        assert window.stack.currentWidget() is page
    page.path.setText(str(copy_of(lost)))
    qtbot.waitUntil(lambda: page.view is not None, timeout=WAIT_MS)
    assert not page.faults[page.path].isVisible()
    press(window, ESCAPE)
    assert window.stack.currentWidget() is window.choice


def test_the_other_agencys_key_makes_nothing(
    lost: DataDir, fresh: SiteFounder, tmp_path: Path, qtbot: QtBot
) -> None:
    """XC-01: said on the page where it is chosen; the right one, done."""
    window = shown(qtbot, fresh)
    window.choice.restore.setChecked(True)
    press(window, ENTER)
    window.copy.path.setText(str(copy_of(lost)))
    qtbot.waitUntil(lambda: window.copy.view is not None, timeout=WAIT_MS)
    press(window, ENTER)
    window.key.path.setText(str(tmp_path / "recovery-FRD.json"))
    press(window, ENTER)
    assert window.stack.currentWidget() is window.key
    assert window.key.faults[window.key.path].text() == fresh.texts.get("fault.keys.recovery")
    assert not fresh.data.database.exists()
    window.key.path.setText(str(tmp_path / "recovery-EMB.json"))
    press(window, ENTER, 2)
    qtbot.waitUntil(lambda: window.last.state.property("tone") == "good", timeout=WAIT_MS)


def test_in_place_of_a_damaged_database(lost: DataDir, tmp_path: Path, qtbot: QtBot) -> None:
    """XC-01: the newest checked backup is proposed; the damaged file is put aside byte for byte, and the screen says where."""
    spoilt = damage(lost)
    founder = SiteFounder(lost, Realm.LIVE, ManualClock(ms("09:00:00")), damaged=True)
    window = shown(qtbot, founder, only_restore=True)
    assert window.stack.currentWidget() is window.copy
    heads = {label.text() for label in window.findChildren(QLabel) if label.isVisible()}
    assert window.windowTitle() == "从备份恢复" in heads and "首次使用" not in heads
    assert {"1  备份", "2  恢复密钥", "3  恢复"} <= heads
    assert window.copy.path.text() == str(copy_of(lost))
    qtbot.waitUntil(lambda: window.copy.view is not None, timeout=WAIT_MS)
    press(window, ESCAPE)
    assert window.stack.currentWidget() is window.copy, "nothing else is offered"
    press(window, ENTER)
    window.key.path.setText(str(tmp_path / "recovery-EMB.json"))
    press(window, ENTER, 2)
    qtbot.waitUntil(lambda: window.last.state.property("tone") == "good", timeout=WAIT_MS)
    [aside] = lost.root.glob("set-aside-*")
    assert (aside / "console.db").read_bytes() == spoilt
    assert str(aside) in window.last.state.text()
    assert Texts.load().get("sheet.none_restored") in window.last.state.text()
    founder.close()


def test_the_window_of_a_fault_leads_there(qtbot: QtBot) -> None:
    """XC-01: offered for a damaged file, by key and mouse; not where a backup would not help."""
    texts = Texts.load()
    window = FaultWindow(texts, Theme(), "…", "database.damaged", "/x", restorable=True)
    qtbot.addWidget(window)
    window.show()
    wanted: list[bool] = []
    window.restore_wanted.connect(lambda: wanted.append(True))
    assert window.restore.isVisible() and window.focusWidget() is window.restore
    assert (window.restore._kind, window.button._kind) == ("primary", "secondary"), (
        "it looks like what Enter does"
    )
    QTest.keyClick(window, ENTER)
    assert wanted == [True] and not window.isVisible()
    other = FaultWindow(texts, Theme(), "…", "database.newer", "/x")
    qtbot.addWidget(other)
    other.show()
    assert not other.restore.isVisible()
    parent = FaultWindow(texts, Theme(), "…", "x")
    qtbot.addWidget(parent)
    sheets = [
        FaultSheet(texts, Theme(), parent, "…", code) for code in ("database.damaged", "database.newer")
    ]
    assert [sheet.restore.isHidden() for sheet in sheets] == [False, True]


def test_enter_presses_the_button_that_has_the_focus_in_the_window_of_the_console_too(qtbot: QtBot) -> None:
    """XC-01: the offer of a restore has the focus first; Enter presses what has it, as Space does."""
    home = QWidget()
    qtbot.addWidget(home)
    home.show()
    home.activateWindow()
    sheet = FaultSheet(Texts.load(), Theme(), home, "…", "database.damaged")
    wanted: list[bool] = []
    sheet.restore_wanted.connect(lambda: wanted.append(True))
    sheet.open()
    qtbot.waitUntil(sheet.restore.hasFocus, timeout=WAIT_MS)
    QTest.keyClick(home.windowHandle(), ENTER)
    assert wanted == [True] and sheet.is_open
    QTest.keyClick(home.windowHandle(), Qt.Key.Key_Tab)
    assert sheet.button.hasFocus()
    QTest.keyClick(home.windowHandle(), ENTER)
    assert wanted == [True] and not sheet.is_open


@pytest.mark.parametrize("where", ["before the window", "first page", "in the window"])
def test_from_the_fault_to_the_console(
    lost: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """XC-01: `main.py window` on a damaged file: fault, restore, console, in one go."""
    before = lost.database.read_bytes()
    spoilt = before if where == "in the window" else damage(lost, head=where == "first page")
    codes = [start.RESTORE, 0] if where == "in the window" else [0]
    opened: list[str] = []

    def run(console: Any, *_: Any) -> int:
        opened.append(console.site)
        return codes.pop(0)

    def first_start(founder: SiteFounder, *, only_restore: bool = False) -> bool:
        assert only_restore
        founder.restore(copy_of(lost), tmp_path / "recovery-EMB.json", lambda _: None).result(WAIT_MS / 1000)
        return True

    monkeypatch.setattr(start, "check_display", lambda: None)
    monkeypatch.setattr(start, "run", run)
    monkeypatch.setattr(start, "first_start", first_start)
    monkeypatch.setattr(start, "show_fault", lambda *_, restorable=False, **__: restorable)
    assert command_line(["window", "--data", str(lost.root)]) == 0
    assert not codes
    with open_node(lost.root, SystemClock()) as node:
        assert opened[-1] == node.me.site and node.me.letter == "B"
    [aside] = lost.root.glob("set-aside-*")
    assert (aside / "console.db").read_bytes() == spoilt
