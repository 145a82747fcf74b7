"""Dialogs for files and folders: in the console's language, beginning at a place that makes sense (SCREEN, Manners)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTranslator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.kernel.texts import Texts
from app.ui import start
from app.ui.shell import file_dialogs
from app.ui.shell.file_dialogs import file_dialog
from tests.kit import founded_town
from tests.ui.window_kit import CTRL, ENTER, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]
_LATIN = re.compile(r"[A-Za-z]{2,}")


class Places:
    """Remembers in memory."""

    def __init__(self, **kept: Any) -> None:
        self.kept = kept

    def memory(self, key: str) -> Any:
        return self.kept.get(key)

    def remember(self, key: str, value: Any) -> None:
        self.kept[key] = value


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with documents; the program is started somewhere else."""
    folder = tmp_path / "家"
    (folder / "Documents").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(file_dialogs, "media", list)
    return folder


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    before = set(qapp.findChildren(QTranslator))
    start.translate_dialogues(qapp, "zh_CN")
    yield
    for each in set(qapp.findChildren(QTranslator)) - before:
        qapp.removeTranslator(each)
        each.deleteLater()


def words_of(dialog: QFileDialog) -> set[str]:
    """Everything it says but the names of files and folders."""
    said = {label.text() for label in dialog.findChildren(QLabel)}
    for button in dialog.findChildren(QAbstractButton):
        said |= {re.sub(r"\(&\w\)", "", button.text()), button.toolTip()}
    types = dialog.findChild(QComboBox, "fileTypeCombo")
    said |= {types.itemText(at) for at in range(types.count())} if types is not None else set()
    view = dialog.findChild(QTreeView)
    assert view is not None
    model, across = view.model(), Qt.Orientation.Horizontal
    said |= {str(model.headerData(at, across)) for at in range(model.columnCount())}
    root = view.rootIndex()
    said |= {str(model.index(row, 2, root).data()) for row in range(model.rowCount(root))}
    return said


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("mode", [QFileDialog.FileMode.Directory, QFileDialog.FileMode.ExistingFiles])
def test_no_english_in_a_chinese_dialog(qtbot: QtBot, home: Path, mode: QFileDialog.FileMode) -> None:
    (home / "Documents" / "一个文件夹").mkdir()
    (home / "Documents" / "没有扩展名").write_text("x")
    (home / "Documents" / "名单.csv").write_text("x")
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = file_dialog(parent, "选择", Texts.load("zh_CN"))
    dialog.setFileMode(mode)
    dialog.show()
    view = dialog.findChild(QTreeView)
    assert view is not None
    rows = 1 if mode is QFileDialog.FileMode.Directory else 3
    qtbot.waitUntil(lambda: view.model().rowCount(view.rootIndex()) >= rows, timeout=20_000)
    said = words_of(dialog)
    assert {"位置：", "类型：", "取消", "文件夹"} <= said
    assert not {each for each in said if _LATIN.search(each)} - {"CSV 文件"}
    dialog.close()


def test_it_begins_with_the_documents_then_where_one_was_for_this_purpose(
    qtbot: QtBot, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never with the folder of the program; one purpose knows nothing of another; a folder that is gone is none."""
    monkeypatch.chdir(Path(__file__).parent)
    texts, places, parent = Texts.load("zh_CN"), Places(), QWidget()
    qtbot.addWidget(parent)

    def begins(purpose: str = "imports.folder", **more: Any) -> Path:
        return Path(
            file_dialog(parent, "选", texts, places=places, purpose=purpose, **more).directory().path()
        )

    assert begins() == home / "Documents"
    stick = tmp_path / "u盘"
    stick.mkdir()
    (stick / "名单.csv").write_text("x")
    dialog = file_dialog(parent, "选", texts, places=places, purpose="imports.folder")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.show()
    name = dialog.findChild(QLineEdit, "fileNameEdit")
    assert name is not None
    name.setText(str(stick / "名单.csv"))
    QTest.keyClick(name, ENTER)
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=20_000)
    assert places.kept == {"imports.folder": str(stick)}
    assert begins() == stick and begins("attachments.folder") == home / "Documents"
    assert begins(start=str(tmp_path)) == tmp_path
    monkeypatch.setattr(file_dialogs, "media", lambda: [str(tmp_path)])
    assert begins("bundles.folder", medium=True) == tmp_path, (
        "a medium that is plugged in, if it is meant for one"
    )
    (stick / "名单.csv").unlink()
    stick.rmdir()
    assert begins() == home / "Documents"
    (home / "Documents").rmdir()
    assert begins() == home


def test_the_folder_of_a_stick_is_remembered_over_a_new_window(
    emb_room: Room, home: Path, tmp_path: Path
) -> None:
    """By keys: Ctrl+O, the name, Enter."""
    room, stick = emb_room, tmp_path / "u盘"
    stick.mkdir()
    room.sign_in()
    room.press(Qt.Key.Key_U, CTRL | Qt.KeyboardModifier.ShiftModifier)
    sheet = room.window.overlays.bundles
    room.wait(lambda: sheet.flow.partners is not None)
    room.press(Qt.Key.Key_O, CTRL)
    dialog = sheet.findChild(QFileDialog, "bundleDialog.folder")
    assert dialog is not None and dialog.isVisible() and not dialog.isModal()
    assert Path(dialog.directory().path()) == home / "Documents"
    name = dialog.findChild(QLineEdit, "fileNameEdit")
    assert name is not None
    name.setText(str(stick))
    QTest.keyClick(name, ENTER)
    room.wait(lambda: sheet.flow.folder == stick)
    assert room.console.memory("bundles.folder") == str(stick)


@pytest.mark.parametrize(
    ("path", "is_one"),
    [("/media/usb", True), ("/media/duty/KINGSTON", True), ("/run/media/duty/a", True), ("/mnt/usb", True),
     ("/media", False), ("/mnt/a/b", False), ("/media/a/b/c", False), ("/srv/x", False), ("/", False)],
)  # fmt: skip
def test_what_counts_as_a_medium(path: str, is_one: bool) -> None:
    assert file_dialogs._is_medium(Path(path)) is is_one
