"""What nobody would see on a terminal is said in a window: trouble before the console is up (XC-01)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.bootstrap.window import run_window
from app.cli.main import run as command_line
from app.kernel.clock import SystemClock
from app.kernel.enums import Realm
from app.kernel.errors import EnvironmentFault
from app.kernel.paths import DataDir
from app.kernel.texts import Texts
from app.ui import start
from app.ui.fault_window import FaultWindow
from app.ui.theme.theme import Theme
from tests.kit import founded_town

__all__ = ["founded_town"]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(code, sentence) of what was shown in a window of its own."""
    seen: list[tuple[str, str]] = []

    def show(_texts: Texts, sentence: str, code: str, path: str = "", *, restorable: bool = False) -> bool:
        assert path
        assert restorable == (code == "database.damaged")
        seen.append((code, sentence))
        return False

    monkeypatch.setattr(start, "show_fault", show)
    return seen


def called(capfd: pytest.CaptureFixture[str], *argv: object) -> tuple[int, dict[str, Any]]:
    """Exit code and answer of the command line."""
    capfd.readouterr()
    code = command_line([str(part) for part in argv])
    return int(code), json.loads(capfd.readouterr().out)


@pytest.mark.parametrize(
    "content", [b"hello this is text\n", b"only text, longer than a head\n" * 9, b"PK\3\4"]
)
def test_a_file_that_is_no_database_is_named_alike_everywhere(
    content: bytes, tmp_path: Path, shown: list[tuple[str, str]], capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "console.db").write_bytes(content)
    window, verify = called(capfd, "window", "--data", tmp_path), called(capfd, "verify", "--data", tmp_path)
    assert window == verify
    assert window[0] == 4 and window[1]["error"]["code"] == "database.foreign"
    assert shown == [("database.foreign", window[1]["error"]["text"])]


def test_our_own_database_without_its_first_page_is_offered_a_backup(
    founded_town: tuple[Path, dict[str, str]],
    tmp_path: Path,
    shown: list[tuple[str, str]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """XC-01: the folder is ours; nothing in the file tells so any more, and nothing of it is touched."""
    room = tmp_path / "EMB"
    shutil.copytree(founded_town[0] / "EMB", room)
    file = room / "console.db"
    spoilt = bytes(4096) + file.read_bytes()[4096:]
    file.write_bytes(spoilt)
    code, answer = called(capfd, "window", "--data", room)
    _, verified = called(capfd, "verify", "--data", room)
    assert (code, answer["error"]["code"]) == (4, "database.damaged")
    assert answer["error"]["text"] == Texts.load().get("fault.database.unreadable")
    assert shown == [("database.damaged", answer["error"]["text"])]  # the offer of a restore goes by the code
    assert verified["error"]["text"] == answer["error"]["text"]
    assert file.read_bytes() == spoilt


def test_a_file_cut_short_is_damaged_in_the_same_sentence(
    founded_town: tuple[Path, dict[str, str]],
    tmp_path: Path,
    shown: list[tuple[str, str]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    whole = (founded_town[0] / "EMB" / "console.db").read_bytes()
    (tmp_path / "console.db").write_bytes(whole[: len(whole) // 2])
    code, answer = called(capfd, "window", "--data", tmp_path)
    _, verified = called(capfd, "verify", "--data", tmp_path)
    assert (code, answer["error"]["code"]) == (4, "database.damaged")
    assert verified["text"] == answer["error"]["text"] == shown[0][1]


def test_a_folder_that_cannot_be_written_is_a_sentence_and_no_trace(
    founded_town: tuple[Path, dict[str, str]],
    tmp_path: Path,
    shown: list[tuple[str, str]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The log is the first thing that is written; test_process_faults tries it with permissions taken away."""
    room = tmp_path / "EMB"
    shutil.copytree(founded_town[0] / "EMB", room)
    (room / "logs" / "console.log").unlink(missing_ok=True)
    (room / "logs" / "console.log").mkdir()
    code, answer = called(capfd, "window", "--data", room)
    assert (code, answer["error"]["code"]) == (4, "data.unwritable")
    assert shown == [("data.unwritable", answer["error"]["text"])] and "不能写入" in shown[0][1]
    with pytest.raises(EnvironmentFault):
        run_window(DataDir(room), Realm.LIVE, SystemClock(), None)


def test_the_sentence_has_a_window_with_a_way_out(qtbot: QtBot) -> None:
    texts = Texts.load()
    sentence = texts.get("fault.database.foreign")
    window = FaultWindow(texts, Theme(), sentence, "database.foreign", "/somewhere/console.db")
    qtbot.addWidget(window)
    window.show()
    assert window.sentence.text() == sentence and window.code.text() == "database.foreign"
    assert "/somewhere/console.db" in window.place.text() and not window.isModal()
    ended: list[bool] = []
    window.closed.connect(lambda: ended.append(True))
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert ended == [True] and not window.isVisible()
