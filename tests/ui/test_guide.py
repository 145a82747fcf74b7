"""The guided exercise says who signs in, opens the other room, and can be put away (XC-10)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap import guided
from app.bootstrap.first_start import SiteFounder
from app.bootstrap.node import open_node
from app.kernel.clock import SystemClock
from app.kernel.enums import Agency, Realm
from app.kernel.paths import DataDir
from app.kernel.texts import Texts
from app.queries import accounts
from app.ui.first_start.guide import Guide
from app.ui.theme.theme import Theme

NAMES = {"EMB": "应急局", "FRD": "消防支队"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data folder."""
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_args, **_named: str(tmp_path))
    return tmp_path


def test_the_guide_tells_what_was_made(home: Path) -> None:
    founder = SiteFounder(DataDir(home / "live"), Realm.LIVE, SystemClock())
    founder.exercise().result(60)
    founder.close()
    assert guided.guided_agency(founder.data) is Agency.EMB
    assert guided.guided_agency(DataDir(home / "live")) is None
    told = guided.guidance_of(Agency.EMB, Texts.load(), NAMES)
    with open_node(founder.data.root) as node:
        for name in told.accounts.split(", "):
            assert node.sign_in(name, told.password).name == name
        assert len(node.read(accounts.accounts)) >= len(told.accounts.split(", "))
    frd = guided.guided_root() / "FRD"
    assert (frd / "console.db").exists() and str(frd) in told.command
    assert told.command.startswith(sys.executable) and "--realm exercise" in told.command
    assert guided.listening_of(Agency.EMB).port == 47601


def test_the_guide_opens_the_other_room_once_and_is_put_away(qtbot: QtBot, home: Path) -> None:
    opened: list[bool] = []
    told = guided.guidance_of(Agency.EMB, Texts.load(), NAMES)
    told = type(told)(**{**vars(told), "open_other": lambda: opened.append(True)})
    room = QWidget()
    qtbot.addWidget(room)
    room.resize(1200, 900)
    guide = Guide(told, Theme(), room)
    guide.place(QRect(0, 0, 1200, 800))
    room.show()
    said = " ".join(line.text() for line in guide.lines)
    for word in ("exercise-119", "officer", "Ctrl+N", "F4", "单方值守", "应急局", "消防支队"):
        assert word in said, word
    assert all(line.height() >= line.heightForWidth(line.width()) for line in guide.lines), (
        "nothing is cut off"
    )
    for _ in range(2):
        QTest.mouseClick(guide.other, Qt.MouseButton.LeftButton)
    assert opened == [True]
    QTest.keyClick(guide, Qt.Key.Key_Escape)
    assert not guide.isVisible()
