"""The import screen through the main window, by keys and mouse, on the project's own file (FR-10, RS-08; issue, stage C)."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QLineEdit

from app.queries import imports, points, shelters
from app.ui.imports.flow import State
from app.ui.imports.model import Part, one_line
from app.ui.imports.sheet import ImportSheet
from tests.kit import founded_town
from tests.ui.window_kit import (
    CTRL,
    ENTER,
    ESCAPE,
    PLAIN,
    TAB,
    Room,
    emb_room,
    frd_room,
    rooms,
)
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["emb_room", "founded_town", "frd_room", "rooms"]

from tests.ui.import_kit import FILE, SHIFT, choose, many, opened, written


@pytest.fixture
def no_files_left_to_the_desktop(monkeypatch: pytest.MonkeyPatch) -> list[QUrl]:
    asked: list[QUrl] = []

    def open_url(url: QUrl) -> bool:
        asked.append(url)
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    return asked


def cells(sheet: ImportSheet, column: int) -> list[str]:
    model = sheet.model
    return [str(model.data(model.index(at, column))) for at in range(model.rowCount())]


def shown(sheet: ImportSheet) -> str:
    """All words of the empty page."""
    labels = (sheet.say_head, sheet.say, sheet.say_who, sheet.say_code)
    return " ".join(label.text() for label in labels if label.isVisible())


# -- from the file to the register -----------------------------------------------------------------------------------------
def test_a_file_comes_in_by_keys_alone(emb_room: Room, no_files_left_to_the_desktop: list[QUrl]) -> None:
    """Opened, typed, checked, loaded, told; the record holds it and the rejects stand beside it with their reasons."""
    room = emb_room
    sheet = opened(room)
    assert room.focus() is sheet.path
    choose(room, sheet, FILE)
    assert [sheet.model.count(part) for part in Part] == [40, 33, 7, 27]
    assert "40 行" in sheet.settings.facts.text() and "逗号" in sheet.settings.facts.text()
    assert sheet.settings.encoding.currentText() == "自动：UTF-8"
    assert "33 行" in sheet.note.text() and "7 行" in sheet.note.text()
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.flow.state is State.DONE)
    assert len(room.site.node.read(shelters.shelters)) == 33
    [row] = room.site.node.read(imports.imports)
    assert (row.state, row.accepted, row.rejected, row.account_id) == (
        "finished",
        33,
        7,
        room.site.account("duty_chief"),
    )
    assert "已导入 33 行" in sheet.result.text() and "7 行没有导入" in sheet.result.text()
    rejects = room.console.data.root / "imports" / "shelters-rejected.csv"
    assert str(rejects) in sheet.rejects.text()
    with rejects.open(encoding="utf-8-sig", newline="") as handle:
        assert len(list(csv.reader(handle))) == 8
    room.click(sheet.folder)
    assert [url.toLocalFile() for url in no_files_left_to_the_desktop] == [str(rejects.parent)]


def test_every_row_says_what_becomes_of_it_and_the_parts_filter(emb_room: Room) -> None:
    """Swapped, zero, outside, of another system: each named at its row."""
    sheet = opened(emb_room)
    choose(emb_room, sheet, FILE)
    emb_room.click(sheet.parts[Part.BAD])
    said = " ".join(cells(sheet, 1))
    for word in ("填反", "为 0", "范围之外", "投影", "容纳人数", "缺名称", "重复"):
        assert word in said, word
    emb_room.click(sheet.parts[Part.WARNED])
    assert all("提醒" in text for text in cells(sheet, 1))
    emb_room.click(sheet.parts[Part.GOOD])
    assert sheet.model.rowCount() == 33
    assert "经度和纬度填反了 1" in sheet.reasons.text()


def test_the_same_file_twice_is_told_before_anybody_tries(emb_room: Room, tmp_path: Path) -> None:
    """E_DUP in words; the button does nothing; the bus would refuse as well."""
    sheet, path = opened(emb_room), many(tmp_path / "twice.csv", 12)
    choose(emb_room, sheet, path)
    emb_room.press(ENTER, CTRL)
    emb_room.wait(lambda: sheet.flow.state is State.DONE)
    emb_room.click(sheet.other)
    emb_room.wait(lambda: "twice.csv" in sheet.latest.text())
    choose(emb_room, sheet, path)
    assert "E_DUP" in sheet.note.text() and "12 行" in sheet.note.text()
    assert sheet.flow.before is not None and sheet.flow.checked is not None
    assert set(sheet.flow.checked.reasons) == {"imports.reason.known"}, "row by row as well"
    assert not sheet.run.isEnabled()
    emb_room.press(ENTER, CTRL)
    assert sheet.flow.state is State.READY
    assert len(emb_room.site.node.read(shelters.shelters)) == 12


def test_points_come_in_with_the_kind_that_was_chosen(emb_room: Room, tmp_path: Path) -> None:
    sheet = opened(emb_room)
    emb_room.click(sheet.kinds["points"])
    choose(emb_room, sheet, written(tmp_path / "p.csv", "名称,类型,经度,纬度\n甲院,其他,121.40,31.21\n"))
    pick = sheet.settings.point_kind
    assert pick.isVisible() and pick.currentIndex() == 0
    pick.setFocus()
    QTest.keyClick(pick, Qt.Key.Key_Down)
    emb_room.wait(lambda: sheet.flow.state is State.READY)
    emb_room.press(ENTER, CTRL)
    emb_room.wait(lambda: sheet.flow.state is State.DONE)
    assert [row.kind for row in emb_room.site.node.read(points.points)] == ["hospital"]


# -- how it is read --------------------------------------------------------------------------------------------------------
def test_columns_are_chosen_and_remembered(emb_room: Room, tmp_path: Path) -> None:
    """A header nobody knows: the needed column is asked for by name, chosen by keys, and known the next time."""
    sheet = opened(emb_room)
    path = written(tmp_path / "own.csv", "场所,可住\n甲,5\n乙,6\n")
    choose(emb_room, sheet, path)
    assert "还缺“名称”" in sheet.note.text() and not sheet.run.isEnabled()
    assert emb_room.window.overlays.imports.flow.can_load is False
    assert cells(sheet, 1) == ["甲", "乙"], "the file as it came"
    pick = sheet.settings.columns["name"]
    assert pick.property("fault") == "true"
    pick.setFocus()
    QTest.keyClick(pick, Qt.Key.Key_Down)
    emb_room.wait(lambda: sheet.flow.state is State.READY and sheet.run.isEnabled())
    assert pick.currentText().startswith("场所")
    assert pick.hasFocus(), "whoever chooses by keys stays where he is"
    sheet.flow.clear()
    choose(emb_room, sheet, path)
    assert sheet.run.isEnabled()
    assert sheet.settings.columns["name"].currentText().startswith("场所")


def test_encoding_and_header_are_shown_and_changed(emb_room: Room, tmp_path: Path) -> None:
    sheet = opened(emb_room)
    choose(emb_room, sheet, written(tmp_path / "g.csv", "名称,容纳人数\n演练所,5\n".encode("gb18030")))
    encoding, header = sheet.settings.encoding, sheet.settings.header
    assert (encoding.currentText(), header.currentText()) == ("自动：GB18030", "自动：是表头")
    pick(encoding, 3)
    emb_room.wait(lambda: sheet.flow.state in (State.READY, State.FAULT))
    assert sheet.flow.checked is None or sheet.flow.checked.table.encoding == "cp950"
    if sheet.flow.state is State.FAULT:
        QTest.keyClick(sheet, Qt.Key.Key_F5)  # what was chosen is found out anew
    else:
        sheet.flow.choose_encoding(None)
    emb_room.wait(lambda: sheet.flow.state is State.READY)
    pick(header, 2)
    emb_room.wait(lambda: sheet.flow.state is State.READY)
    assert sheet.flow.checked is not None and len(sheet.flow.checked.table.rows) == 2
    assert sheet.settings.columns["name"].itemText(1).startswith("第 1 列")


def pick(box: QComboBox, at: int) -> None:
    """As a person does it: down by keys."""
    box.setFocus()
    while box.currentIndex() < at:
        before = box.currentIndex()
        box.setCurrentIndex(before + 1)
    box.activated.emit(at)


def test_a_wheel_that_passes_by_changes_nothing(emb_room: Room) -> None:
    sheet = opened(emb_room)
    choose(emb_room, sheet, FILE)
    box = sheet.settings.columns["name"]
    before = box.currentIndex()
    at = QPointF(box.rect().center())
    wheel = QWheelEvent(
        at,
        box.mapToGlobal(at),
        QPointF(0, -240).toPoint(),
        QPointF(0, -240).toPoint(),
        Qt.MouseButton.NoButton,
        PLAIN,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, wheel)
    assert box.currentIndex() == before


def test_tab_goes_through_everything_and_stays_inside(emb_room: Room) -> None:
    sheet = opened(emb_room)
    choose(emb_room, sheet, FILE)
    seen = set()
    for _ in range(60):
        emb_room.press(TAB)
        widget = QApplication.focusWidget()
        assert widget is not None and sheet.isAncestorOf(widget)
        seen.add(widget.objectName())
    for name in (
        "importPath",
        "importPick",
        "importEncoding",
        "importColumn.lat",
        "importPart.bad",
        "importRows",
        "importRun",
    ):
        assert name in seen, name


def test_a_file_is_dropped_or_chosen_in_a_dialog_that_blocks_nothing(emb_room: Room) -> None:
    sheet = opened(emb_room)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(FILE))])
    buttons = (Qt.MouseButton.LeftButton, PLAIN)
    enter = QDragEnterEvent(sheet.rect().center(), Qt.DropAction.CopyAction, mime, *buttons)
    sheet.dragEnterEvent(enter)
    assert enter.isAccepted()
    sheet.dropEvent(QDropEvent(QPointF(10, 10), Qt.DropAction.CopyAction, mime, *buttons))
    emb_room.wait(lambda: sheet.flow.state is State.READY)
    assert sheet.path.text() == str(FILE)
    QTest.keyClick(sheet, Qt.Key.Key_O, CTRL)
    dialog = sheet.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    emb_room.wait(dialog.isVisible)
    emb_room.tick()  # the window lives on below it
    assert dialog.directory().absolutePath() == str(FILE.parent)
    dialog.fileSelected.emit(str(FILE))
    dialog.close()
    emb_room.wait(lambda: sheet.flow.state is State.READY)


# -- trouble with the file -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "打不开"),
        (b"PK\x03\x04\0\0", "不是文本表格"),
        ("名称,容纳人数\n", "没有数据行"),
        ("一封信\n第二行\n", "不像是表格"),
        (b"", "没有内容"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_is_read_again(
    emb_room: Room, tmp_path: Path, content: bytes | str | None, words: str
) -> None:
    sheet = opened(emb_room)
    path = tmp_path / "odd.csv"
    if content is not None:
        written(path, content)
    choose(emb_room, sheet, path)
    assert sheet.flow.state is State.FAULT
    assert words in shown(sheet) and "E_FORMAT" in shown(sheet)
    assert not sheet.run.isEnabled()
    many(path, 3)
    QTest.keyClick(sheet, Qt.Key.Key_F5)
    emb_room.wait(lambda: sheet.flow.state is State.READY)
    assert sheet.model.rowCount() == 3


def test_a_file_that_vanishes_after_the_look_comes_in_as_it_was_shown(emb_room: Room, tmp_path: Path) -> None:
    sheet = opened(emb_room)
    path = many(tmp_path / "s.csv", 60)
    choose(emb_room, sheet, path)
    path.unlink()
    emb_room.press(ENTER, CTRL)
    emb_room.wait(lambda: sheet.flow.state is State.DONE)
    assert len(emb_room.site.node.read(shelters.shelters)) == 60


def test_attack_texts_are_shown_as_text(emb_room: Room, tmp_path: Path) -> None:
    """Attack test 1: labels, lists, table and tooltips show exactly what stands in the file, cut where it is long."""
    sheet = opened(emb_room)
    evil = "<img src=x onerror=alert(1)>"
    path = written(tmp_path / "evil.csv", f"名称,{evil}\n{evil},=1+1\n{'长' * 400_000},`x`\n坏\x1b名,1\n")
    choose(emb_room, sheet, path)
    sheet.table.grab()
    model = sheet.model
    name = model.index(0, 2)
    assert model.data(name) == evil
    assert "<img" not in str(model.data(name, Qt.ItemDataRole.ToolTipRole))
    assert len(str(model.data(model.index(1, 2)))) <= 160
    assert "内容过长" in str(model.data(model.index(1, 1))) and "控制字符" in str(
        model.data(model.index(2, 1))
    )
    rich = [
        label.text()
        for label in sheet.findChildren(QLabel)
        if label.textFormat() is not Qt.TextFormat.PlainText and label.text()
    ]
    assert not rich
    assert one_line("a\ud800b\0c\nd") == "a\ufffdb\ufffdc d"


# -- who -------------------------------------------------------------------------------------------------------------------
def test_who_may_not_import_sees_why_and_who_can(emb_room: Room) -> None:
    """XC-06: told before anything is chosen; nothing is recorded for a look."""
    before = len(emb_room.site.refusals())
    sheet = opened(emb_room, "duty_officer")
    assert "不能导入" in shown(sheet) and "值班长" in shown(sheet) and "E_PERM" in shown(sheet)
    assert not sheet.path.isEnabled() and not sheet.pick.isEnabled()
    QTest.keyClick(sheet, Qt.Key.Key_O, CTRL)
    assert sheet.findChild(QFileDialog) is None
    assert len(emb_room.site.refusals()) == before
    assert emb_room.focus() is sheet.kinds["shelters"], "keys stay inside"
    emb_room.press(ESCAPE)
    assert not sheet.is_open


def test_the_fire_side_may_import_points_and_learns_who_imports_shelters(frd_room: Room) -> None:
    sheet = opened(frd_room)
    assert "应急局" in shown(sheet), "shelters are the bureau's"
    frd_room.click(sheet.kinds["points"])
    assert sheet.path.isEnabled() and "还没有选择文件" in shown(sheet)


def test_locked_it_says_so_and_goes_on_after_signing_in(emb_room: Room) -> None:
    room = emb_room
    room.window.overlays.sign_in.dismiss()
    room.press(Qt.Key.Key_I, CTRL | SHIFT)
    sheet = room.window.overlays.imports
    assert "登录" in shown(sheet) and not sheet.path.isEnabled()
    room.sign_in("duty_chief")
    assert sheet.path.isEnabled()


# -- looks -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_nothing_is_cut_off_in_either_language(rooms: OpenRoom, size: tuple[int, int], language: str) -> None:
    room = rooms("EMB", size=size, language=language)
    sheet = opened(room)
    choose(room, sheet, FILE)
    room.bot.wait(20)
    assert room.window.shell.rect().contains(sheet.geometry())
    for widget in (sheet.run, sheet.pick, *sheet.kinds.values(), *sheet.parts.values()):
        assert widget.width() >= widget.sizeHint().width(), widget.objectName()
    for label in sheet.findChildren(QLabel):
        if label.isVisible() and not label.wordWrap():
            assert label.width() >= label.sizeHint().width() or label is sheet.hint, label.text()
    assert sheet.table.height() > 150
    assert isinstance(sheet.path, QLineEdit) and sheet.path.width() > 200


def test_the_palette_finds_it(emb_room: Room) -> None:
    emb_room.sign_in("duty_chief")
    emb_room.press(Qt.Key.Key_K, CTRL)
    emb_room.type("drtz")
    emb_room.press(ENTER)
    assert emb_room.window.overlays.imports.is_open


def test_the_import_ends_in_the_duty_rooms_news(emb_room: Room, tmp_path: Path) -> None:
    """A commit of the import reaches whoever listens: the map and the lists follow."""
    heard: list[Any] = []
    emb_room.window.feeds.committed.connect(heard.append)
    sheet = opened(emb_room)
    choose(emb_room, sheet, many(tmp_path / "s.csv", 3))
    emb_room.press(ENTER, CTRL)
    emb_room.wait(lambda: any(changes.touches("shelter") for changes in heard))
    emb_room.wait(lambda: sheet.flow.state is State.DONE)


def test_sheet_is_gone_with_its_window(rooms: OpenRoom, tmp_path: Path) -> None:
    room = rooms("EMB")
    sheet = opened(room)
    sheet.flow.choose_file(many(tmp_path / "a.csv", 5000))
    room.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert os.listdir(room.console.data.root)
