"""Backup and check in the window: by keys, with real child processes behind it (XC-09, XC-04)."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog

from app.bootstrap import second_folders, storage
from app.bootstrap.backup_store import copies, is_marked
from app.kernel.clock import HOUR_MS
from app.kernel.enums import Severity
from app.kernel.errors import EnvironmentFault
from app.queries import duty
from app.ui.backup.sheet import BackupSheet
from tests.kit import founded_town, register
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, TAB, Open, Room, emb_room, rooms

__all__ = ["emb_room", "founded_town", "rooms"]
DOWN = Qt.Key.Key_PageDown


def opened(room: Room) -> BackupSheet:
    """The sheet, by the palette's own action."""
    room.window.overlays.sign_in.dismiss()
    assert room.window.actions_table["backup.open"].run()
    sheet = room.window.overlays.backup
    room.wait(lambda: sheet.flow.view is not None)
    return sheet


def summary(sheet: BackupSheet) -> str:
    return sheet.summary.text()


def test_nothing_yet_then_one_by_the_keyboard(emb_room: Room) -> None:
    """XC-09: the empty list says what to do; Ctrl+Enter makes one, restored on trial; the status line tells its age."""
    room = emb_room
    sheet = opened(room)
    assert sheet.list.currentWidget() is sheet.empty and "Ctrl+Enter" in sheet.empty.text()
    assert "还没有一份" in summary(sheet)
    assert "尚无校验过的备份" in room.window.status.left.text()
    assert room.focus() is sheet.run
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.bar.isVisible() and sheet.cancel.isVisible())
    room.wait(lambda: sheet.model.rowCount() == 1 and not sheet.flow.busy)
    cells = [sheet.model.data(sheet.model.index(0, at)) for at in range(sheet.model.columnCount())]
    assert cells[0] == "2025-07-14 08:00:00" and cells[4:] == ["已通过", "手动", "本机"]
    assert "08:00:00" in summary(sheet)
    assert sheet.note.text() == room.console.texts.get("ui.backup.made")
    room.wait(lambda: "校验过的备份 0 秒前" in room.window.status.left.text())
    runs = {run.text: run.token for run in room.window.status._left()}
    assert runs["校验过的备份 0 秒前"] == "muted"
    room.clock.advance(6.6 * 3600)
    room.window.status.tick(room.clock.now_ms())
    runs = {run.text: run.token for run in room.window.status._left()}
    assert runs["校验过的备份 6 小时前"] == "warn", "older than the rule"
    room.press(ESCAPE)
    assert not sheet.is_open


def test_a_click_on_the_age_opens_it(emb_room: Room) -> None:
    """The status line leads there as well."""
    room = emb_room
    room.window.overlays.sign_in.dismiss()
    room.window.status.wanted.emit("backup")
    assert room.window.overlays.backup.is_open


def test_given_up(emb_room: Room) -> None:
    """Cancel ends it; what was there stays, nothing new counts."""
    room = emb_room
    sheet = opened(room)
    room.press(ENTER, CTRL)
    room.wait(lambda: sheet.flow.making.stage)
    room.click(sheet.cancel)
    room.wait(lambda: not sheet.flow.busy)
    assert sheet.note.text() == room.console.texts.get("ui.backup.given_up")
    assert all(each.verified_at is None for each in copies(room.console.data.backups))


def test_the_record_is_checked_while_work_goes_on(emb_room: Room) -> None:
    """XC-04: Ctrl+PgDn, Ctrl+Enter; an act during the check is saved; the verdict is a sentence."""
    room = emb_room
    register(room.site)
    sheet = opened(room)
    room.press(DOWN, CTRL)
    assert sheet.part == "check"
    room.press(ENTER, CTRL)
    assert sheet.flow.check_busy
    register(room.site)
    room.wait(lambda: sheet.flow.checked is not None)
    assert "没有发现问题" in sheet.verdict.text() and not sheet.found.isVisible()
    assert room.focus() is sheet.run


def touch(data: Path) -> None:
    with contextlib.closing(sqlite3.connect(data, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("UPDATE incident SET place = '别处'")


def test_what_was_touched_is_named_in_plain_words(emb_room: Room) -> None:
    """XC-04: which record, which field; what to do next; nothing of the file was touched by the check."""
    room = emb_room
    register(room.site)
    touch(room.console.data.database)
    sheet = opened(room)
    sheet.choose("check")
    sheet.submit()
    room.wait(lambda: sheet.flow.checked is not None)
    assert "1 处问题" in sheet.verdict.text()
    assert sheet.found.isVisible() and "事件" in sheet.found.toPlainText()
    assert "地点" in sheet.found.toPlainText() and "被直接改动过" in sheet.found.toPlainText()
    assert "打电话与对方核对" in sheet.next.text()


def test_a_check_that_is_given_up(emb_room: Room) -> None:
    room = emb_room
    sheet = opened(room)
    sheet.choose("check")
    sheet.submit()
    room.wait(lambda: sheet.flow.checking.stage)
    sheet.give_up()
    room.wait(lambda: not sheet.flow.check_busy)
    if sheet.flow.checked is None:  # it may have been faster
        assert sheet.verdict.text() == room.console.texts.get("ui.backup.check.given_up")


def test_who_may_choose_the_second_folder(emb_room: Room, tmp_path: Path) -> None:
    """XC-06: a copy of everything on a stick is for technician and administrator; others are told who may, on record."""
    room = emb_room
    stick = tmp_path / "stick"
    stick.mkdir()
    sheet = opened(room)
    room.press(Qt.Key.Key_O, CTRL)
    assert room.window.overlays.sign_in.is_open, "nobody is signed in"
    room.sign_in("duty_officer")
    sheet = opened(room)
    room.press(Qt.Key.Key_O, CTRL)
    room.wait(lambda: sheet.flow.error is not None or sheet.findChild(QFileDialog) is not None)
    assert sheet.findChild(QFileDialog) is None, "asked before the dialog, not after the choice"
    assert sheet.note.text().count("账号管理员") == sheet.note.text().count("技术人员") == 1
    assert "refusal.backup.second" in {row.about for row in room.site.refusals()}
    sheet.flow.error = None
    sheet.flow.choose_second(stick)  # and nobody comes past it
    room.wait(lambda: sheet.flow.error is not None)
    assert not is_marked(stick)
    room.sign_in_again("technician")
    sheet = opened(room)
    room.press(Qt.Key.Key_O, CTRL)
    room.wait(lambda: sheet.findChild(QFileDialog) is not None)
    dialog = sheet.findChild(QFileDialog)
    assert dialog is not None and dialog.isVisible() and sheet.flow.error is None
    dialog.fileSelected.emit(str(stick))
    dialog.close()
    room.wait(lambda: sheet.flow.view is not None and sheet.flow.view.second == stick)
    assert is_marked(stick) and "在" in sheet.second.text()
    sheet.submit()
    room.wait(lambda: sheet.model.rowCount() == 2 and not sheet.flow.busy)
    assert len(copies(stick)) == 1
    room.click(sheet.no_second)
    room.wait(lambda: sheet.flow.view is not None and sheet.flow.view.second is None)


def test_the_second_folder_is_still_known_after_a_restart(rooms: Open, tmp_path: Path) -> None:
    """XC-09: and a stick that is not in is said, in the sheet and as an alarm, after the next backup."""
    stick = tmp_path / "stick"
    stick.mkdir()
    room = rooms("EMB")
    room.sign_in("technician")
    sheet = opened(room)
    sheet.flow.choose_second(stick)
    room.wait(lambda: sheet.flow.view is not None and sheet.flow.view.second == stick)
    room.close()
    stick.rename(tmp_path / "in a drawer")
    room = rooms("EMB")
    sheet = opened(room)
    assert sheet.flow.view is not None and sheet.flow.view.second_state == "missing"
    sheet.submit()
    room.wait(lambda: sheet.flow.making.trouble is not None)
    room.tick()
    assert "第二备份位置不在" in room.window.strip.line.text() + room.window.strip.next.text()
    assert len(copies(room.console.data.backups)) == 1


def test_a_former_place_is_said_to_be_destroyed(emb_room: Room, tmp_path: Path) -> None:
    """XC-06, XC-07: by who may choose such places, with a second press, on record; then nothing waits for it."""
    room, sticks = emb_room, [tmp_path / name for name in ("first", "second", "third")]
    for stick in sticks:
        stick.mkdir()
        second_folders.choose(room.site.node, stick)
    room.sign_in("duty_officer")
    sheet = opened(room)
    former = sheet.former
    assert [former.place.itemText(at) for at in range(former.place.count())] == list(map(str, sticks[:2]))
    room.click(former.gone)
    room.wait(lambda: sheet.flow.error is not None)
    assert "技术人员" in sheet.note.text() and not former.note.isVisible()
    room.sign_in_again("technician")
    sheet = opened(room)
    former = sheet.former
    former.place.setFocus()
    room.press(Qt.Key.Key_Down)
    assert former.place.currentText() == str(sticks[1])
    room.press(Qt.Key.Key_Tab)
    room.press(Qt.Key.Key_Space)
    room.wait(former.note.isVisible)
    former.place.setFocus()
    room.press(Qt.Key.Key_Up)
    assert not former.note.isVisible(), "another place: it begins anew"
    for _ in range(2):
        room.click(former.gone)
        room.wait(lambda: former.note.isVisible() or former.place.count() == 1)
    room.wait(lambda: former.place.count() == 1)
    assert former.place.currentText() == str(sticks[1])
    said = [str(row.text) for row in room.site.node.local(duty.log)]
    assert sum(str(sticks[0]) in text and "已销毁" in text for text in said) == 1


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (960, 640)])
def test_every_part_fits(rooms: Open, language: str, size: tuple[int, int]) -> None:
    """Nothing of the sheet is cut off or lies over something else, in either language."""
    room = rooms("EMB", size=size, language=language)
    sheet = opened(room)
    for part in ("copies", "check", "restore"):
        sheet.choose(part)
        room.settle()
        assert sheet.rect().right() < room.window.width()
        for label in sheet.findChildren(type(sheet.note)):
            if label.isVisible() and label.wordWrap() and label.text():
                assert label.heightForWidth(label.width()) <= label.height() + 1, (part, label.text())
        if not sheet.run.isHidden():
            corner = sheet.run.mapTo(sheet, QPoint(sheet.run.width(), sheet.run.height()))
            assert sheet.rect().contains(corner)


def test_keys_go_round_inside(emb_room: Room) -> None:
    """Everything is reached by Tab, and the way back by Esc."""
    room = emb_room
    sheet = opened(room)
    seen = set()
    for _ in range(12):
        seen.add(room.focus().objectName())
        room.press(TAB)
    assert {
        "backupPart.copies",
        "backupPart.check",
        "backupPart.restore",
        "backupChoose",
        "backupRun",
    } <= seen
    assert all(sheet.isAncestorOf(widget) for widget in [room.focus()])


# -- nothing can be stored -----------------------------------------------------------------------------------------------------
class Full:
    """A disk that takes nothing while it is full."""

    def __init__(self) -> None:
        self.full = False

    def __call__(self, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
        node: Any = room.console._node
        real = node.bus.execute

        def execute(*arguments: Any) -> Any:
            if self.full:
                raise EnvironmentFault("database.full", "fault.database.full", path="console.db")
            return real(*arguments)

        monkeypatch.setattr(node.bus, "execute", execute)
        written = storage._write

        def write(*arguments: Any) -> None:
            if self.full:
                raise EnvironmentFault("database.full", "fault.database.full", path="console.db")
            written(*arguments)

        monkeypatch.setattr(storage, "_write", write)


def test_a_full_disk_is_red_until_there_is_room(emb_room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """REPLICATION, When things go wrong: a red banner with what to do; gone when something was stored again."""
    room, disk = emb_room, Full()
    disk(room, monkeypatch)
    room.sign_in()
    disk.full = True
    with pytest.raises(EnvironmentFault):
        register(room.site)
    room.tick()
    standing = room.window.feeds.desk.standing
    [alarm] = [each for each in standing if each.id.startswith("trouble:storage")]
    assert alarm.severity is Severity.RED
    said = room.window.strip.line.text() + room.window.strip.next.text()
    assert "磁盘已满" in said and "没有回执" in said
    disk.full = False
    register(room.site)
    room.tick()
    assert not [each for each in room.window.feeds.desk.standing if each.id.startswith("trouble:storage")]


def test_a_full_disk_is_tried_again_without_an_officer(
    emb_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REPLICATION, When things go wrong: goes on by itself when space returns."""
    room, disk = emb_room, Full()
    disk(room, monkeypatch)
    disk.full = True
    with pytest.raises(EnvironmentFault):
        register(room.site)
    assert [fault.text for fault in room.console.troubles()] == ["fault.storage.full"]
    disk.full = False
    room.wait(lambda: not room.console.troubles())


@pytest.fixture
def small_room(founded_town: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Path]:
    """EMB's data folder on a disk of its own, where the window will look for it."""
    folder = tmp_path / "town" / "EMB"
    folder.mkdir(parents=True)
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("a small disk cannot be mounted here")
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    subprocess.run(["cp", "-a", f"{founded_town[0] / 'EMB'}/.", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_room: Path, rooms: Open) -> None:
    """REPLICATION, When things go wrong: a real disk: red, nothing half-saved, no backup that would fill it; then all is well."""
    room = rooms("EMB")
    room.sign_in()
    ballast = small_room / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as handle:
        while True:
            handle.write(bytes(4096))
    before = room.site.count("incident")

    def refused() -> bool:
        try:
            register(room.site, what="火" * 1500)
        except EnvironmentFault:
            return True
        return False

    room.wait(refused)
    held = room.site.count("incident")
    room.tick()
    assert "磁盘已满" in room.window.strip.line.text() + room.window.strip.next.text()
    sheet = opened(room)
    sheet.submit()
    room.wait(lambda: sheet.flow.making.trouble is not None)
    assert "没有做备份" in sheet.note.text()
    ballast.unlink()
    room.wait(lambda: not [fault for fault in room.console.troubles() if fault.code == "storage"])
    assert room.site.count("incident") == held >= before
    register(room.site)
    assert room.site.count("incident") == held + 1


def test_the_first_backup_of_a_day_is_due_by_the_rule(emb_room: Room) -> None:
    """D-31: how old it may be follows the district's numbers, also when they were changed."""
    from app.domain.rule_numbers import RuleKey
    from app.usecases.settings import ChangeRuleNumber

    room = emb_room
    assert room.window.status._health is not None
    assert room.window.status._health.backup_limit_ms == 6 * HOUR_MS
    room.act(ChangeRuleNumber(key=RuleKey.BACKUP_INTERVAL, value=2), "leader")
    room.window.feeds.read_health()
    room.wait(
        lambda: (
            room.window.status._health is not None
            and room.window.status._health.backup_limit_ms == 2 * HOUR_MS
        )
    )
