"""The screen for exchange by stick through the main window, by keys, between two real rooms (CM-07)."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from app.exchange.bundles import Exported, Watch
from app.kernel.texts import Texts
from app.local import bundles
from app.replication.bundles import files, writing
from app.ui.bundles import words
from app.ui.bundles.flow import BUSY, State, Way
from app.ui.bundles.sheet import BundleSheet
from app.ui.bundles.words import minute
from tests.bootstrap.sticks import heads, make
from tests.kit import Site, founded_town, register
from tests.ui.bundle_kit import SHIFT, carry, introduce, look, opened, take, turn, type_into
from tests.ui.window_kit import CTRL, ENTER, ESCAPE, TAB, Room, rooms
from tests.ui.window_kit import Open as OpenRoom

__all__ = ["founded_town", "rooms"]


@pytest.fixture
def both(rooms: OpenRoom) -> tuple[Room, Room]:
    """Two rooms, paired, with no network between them."""
    frd, emb = rooms("FRD"), rooms("EMB")
    introduce(emb.site, frd.site)
    return emb, frd


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "u盘"
    folder.mkdir()
    return folder


def parts(stick: Path) -> list[str]:
    return sorted(path.name for path in stick.glob("*.jdb"))


# -- there and back --------------------------------------------------------------------------------------------------------
def test_a_stick_goes_there_and_back_by_keys_alone(both: tuple[Room, Room], stick: Path) -> None:
    emb, frd = both
    register(emb.site, what="甲")
    sheet = opened(emb)
    assert emb.focus() is sheet.folder
    emb.wait(lambda: sheet.flow.partner is not None)
    partner = sheet.flow.partner
    assert partner is not None and 0 < partner.acts <= partner.waiting
    emb.wait(lambda: f"待同步 {partner.acts} 项（{partner.waiting} 条记录）" in sheet.waiting.text())
    assert not sheet.run.isEnabled() and "选择" in sheet.note.text()
    carry(emb, sheet, stick)
    assert sheet.flow.state is State.DONE and len(parts(stick)) == 1
    code = f"{sheet.flow.exported.bundle_id[:4]}-{sheet.flow.exported.bundle_id[4:8]}".upper()  # type: ignore[union-attr]
    assert "第 1 号已做好" in sheet.made.text() and code in sheet.made.text()
    emb.wait(lambda: "对方未确认" in sheet.latest.text())
    there = opened(frd)
    look(frd, there, stick)
    assert "应急局" in there.found.text() and "还没有" in there.found.text() and code in there.found.text()
    take(frd, there)
    assert there.flow.state is State.DONE and "已全部导入" in there.found.text()
    assert frd.focus() is there.other
    carry(frd, there, stick)
    look(emb, sheet, stick)
    take(emb, sheet)
    turn(emb, sheet, Way.OUT)
    emb.wait(lambda: "对方已收到" in sheet.latest.text())
    assert heads(emb.site)[frd.site.node.me.site] == heads(frd.site)[frd.site.node.me.site]


def test_the_same_again_says_that_nothing_changes(both: tuple[Room, Room], stick: Path) -> None:
    emb, frd = both
    register(frd.site)
    make(frd.site, "EMB", stick)
    sheet = opened(emb)
    look(emb, sheet, stick)
    take(emb, sheet)
    assert "已全部导入" in sheet.found.text() and "导入完成，新增" in sheet.note.text()
    emb.wait(lambda: "新增" in sheet.latest.text())
    first, at = sheet.latest.text(), minute(emb.site.clock.now_ms())
    emb.site.clock.advance(5 * 60)
    look(emb, sheet, stick)
    assert f"{at} 已导入过，没有新内容" in sheet.found.text() and "没有新记录" in sheet.note.text()
    take(emb, sheet)
    assert f"没有新内容：{at} 已全部导入过" in sheet.found.text()
    assert sheet.note.text() == f"没有新内容：{at} 已全部导入过"
    emb.wait(lambda: not sheet.flow._reading)
    assert sheet.latest.text() == first, "the line tells of the time when something came"
    emb.press(ENTER)  # "another", which has the focus
    assert sheet.flow.state is State.IDLE and emb.focus() is sheet.path and sheet.path.text() == ""


def test_files_that_cannot_be_used_are_told_in_place(both: tuple[Room, Room], stick: Path) -> None:
    emb, frd = both
    (stick / "照片.jdb").write_bytes(b"x")
    sheet = opened(emb)
    look(emb, sheet, stick)
    assert sheet.flow.state is State.FAULT
    assert "不能导入" in sheet.say_head.text() and ".jdb" in sheet.say.text()
    assert not sheet.run.isVisible()
    look(emb, sheet, stick / "没有这个文件.jdb")
    assert "读不出来" in sheet.say.text()
    register(frd.site)
    made = make(frd.site, "EMB", stick)
    whole = bytearray(Path(made.files[0]).read_bytes())
    whole[-100] ^= 1
    (stick / "坏的.jdb").write_bytes(whole)
    look(emb, sheet, stick)
    assert sheet.run.isEnabled()
    assert "坏的.jdb" in sheet.found.text() and "照片.jdb" in sheet.found.text()
    QTest.keyClick(sheet, Qt.Key.Key_F5)
    emb.wait(lambda: sheet.flow.state is State.READY)
    take(emb, sheet)
    assert "另有 2 个文件没有导入" in sheet.note.text()


# -- who and what is missing -----------------------------------------------------------------------------------------------
def test_nobody_signed_in_nobody_paired_and_nobody_who_may(rooms: OpenRoom, stick: Path) -> None:
    emb = rooms("EMB")
    emb.press(Qt.Key.Key_U, CTRL | SHIFT)
    sheet = emb.window.overlays.bundles
    emb.wait(lambda: sheet.flow.partners == [])
    assert "登录" in sheet.note.text() and "配对" in sheet.nobody.text() and sheet.nobody.isVisible()
    assert not sheet.run.isEnabled() and not sheet.folder.isVisible()
    emb.press(ESCAPE)
    frd = rooms("FRD")
    introduce(emb.site, frd.site)
    sheet = opened(emb)
    emb.wait(lambda: bool(sheet.flow.partners))
    emb.sign_in_again("technician")
    emb.wait(lambda: sheet.flow.usable)
    emb.window.session.lock()
    emb.wait(lambda: not sheet.flow.usable)
    assert "登录" in sheet.note.text() and not sheet.pick_folder.isEnabled()


def test_tab_goes_round_inside_and_reaches_everything(both: tuple[Room, Room], stick: Path) -> None:
    emb, _ = both
    register(emb.site)
    sheet = opened(emb)
    carry(emb, sheet, stick)
    emb.wait(lambda: sheet.flow.partner is not None and bool(sheet.flow.partner.follows))
    seen = set()
    for _ in range(14):
        emb.press(TAB)
        seen.add(emb.focus().objectName())
    site = sheet.flow.site
    assert {"bundleWay.in", f"bundlePartner.{site}", "bundleFollow", "bundleFolder", "bundleRun"} <= seen


def test_the_dialogs_block_nothing_and_choose(both: tuple[Room, Room], stick: Path) -> None:
    emb, frd = both
    register(frd.site)
    make(frd.site, "EMB", stick)
    sheet = opened(emb)
    for way, what in ((Way.OUT, "folder"), (Way.IN, "files")):
        turn(emb, sheet, way)
        emb.press(Qt.Key.Key_O, CTRL)
        dialog = sheet.findChild(QFileDialog, f"bundleDialog.{what}")
        assert dialog is not None and dialog.isVisible() and not dialog.isModal()
        if what == "folder":
            dialog.fileSelected.emit(str(stick))
            assert sheet.flow.folder == stick
        else:
            dialog.filesSelected.emit([str(stick / name) for name in parts(stick)])
            emb.wait(lambda: sheet.flow.state is State.READY)
        dialog.close()


def test_following_and_going_on(
    both: tuple[Room, Room], stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bundle that goes on from the last one; one that was cut off is gone on with on another stick."""
    emb, frd = both
    register(emb.site)
    sheet = opened(emb)
    carry(emb, sheet, stick)
    emb.wait(sheet.follow.isVisible)
    register(emb.site, what="后来")
    emb.wait(
        lambda: sheet.flow.partner is not None and sheet.flow.partner.carried < sheet.flow.partner.waiting
    )
    emb.click(sheet.follow)
    assert sheet.flow.follow and "第 1 号之后" in sheet.note.text()
    emb.press(ENTER, CTRL)
    emb.wait(lambda: sheet.flow.exported is not None and sheet.flow.exported.seq == 2)
    assert sheet.flow.exported is not None and sheet.flow.exported.follows == 1
    monkeypatch.setattr(writing, "PART_BYTES", 900)
    monkeypatch.setattr(writing, "_FETCH_BYTES", 900)
    real, count = files.Target.free, iter(range(9))
    monkeypatch.setattr(files.Target, "free", lambda self: real(self) if next(count) < 2 else 0)
    for n in range(6):
        register(emb.site, what=f"{n}" * 100)
    emb.press(ENTER, CTRL)
    emb.wait(lambda: sheet.flow.state is State.FAILED)
    assert "空间不够" in sheet.note.text()
    monkeypatch.setattr(files.Target, "free", real)
    emb.wait(lambda: sheet.resume.isVisible() and sheet.resume.isEnabled())
    other = stick / "另一个"
    other.mkdir()
    type_into(sheet.folder, str(other))
    emb.click(sheet.resume)
    emb.wait(lambda: sheet.flow.state is State.DONE)
    look(frd, there := opened(frd), stick)
    take(frd, there)
    assert "还缺" in there.found.text()
    look(frd, there, other)
    take(frd, there)
    frd.wait(lambda: there.flow.state is State.DONE)
    assert "还缺" not in there.found.text()


# -- where it goes ---------------------------------------------------------------------------------------------------------
def test_a_folder_that_is_not_there_is_told_and_nothing_is_made(
    both: tuple[Room, Room], tmp_path: Path
) -> None:
    """An unmounted stick: no file of its name on the local disk, by no key (CM-07)."""
    emb, _ = both
    register(emb.site)
    sheet = opened(emb)
    emb.wait(lambda: sheet.flow.partner is not None and sheet.flow.partner.waiting)
    before, gone = sorted(tmp_path.rglob("*.jdb")), tmp_path / "usb"
    type_into(sheet.folder, str(gone))
    assert sheet.target.text() == "这个文件夹不存在，U 盘插好了吗？" and sheet.target.isVisible()
    assert not sheet.run.isEnabled() and emb.focus() is sheet.folder
    emb.press(ENTER, CTRL)
    assert sheet.flow.state is State.IDLE and sheet.flow.exported is None
    assert sorted(tmp_path.rglob("*.jdb")) == before and not gone.exists()
    gone.mkdir()
    type_into(sheet.folder, str(gone))
    assert "不存在" not in sheet.target.text() and sheet.run.isEnabled()
    gone.rmdir()  # pulled out after it was chosen
    emb.press(ENTER, CTRL)
    assert sheet.flow.state is State.IDLE and "不存在" in sheet.target.text()
    assert sorted(tmp_path.rglob("*.jdb")) == before
    assert emb.site.node.local(lambda c: bundles.of_peer(c, bundles.OUT, sheet.flow.site)) == []


def test_enter_in_the_field_chooses_and_makes_nothing(
    both: tuple[Room, Room], stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Manual ch. 6: making is the button's, or Ctrl+Enter's."""
    emb, _ = both
    register(emb.site)
    sheet = opened(emb)
    emb.wait(lambda: sheet.flow.partner is not None and sheet.flow.partner.waiting)
    monkeypatch.setattr(emb.console.sites, "on_data_disk", lambda _path: False)
    type_into(sheet.folder, str(stick))
    assert sheet.flow.folder == stick and sheet.flow.state is State.IDLE
    assert sheet.target.isHidden() and emb.focus() is sheet.run
    emb.press(ENTER)  # on the button
    emb.wait(lambda: sheet.flow.state is State.DONE)
    assert len(parts(stick)) == 1


def test_a_folder_on_the_disk_of_the_data_is_warned_of_first(
    both: tuple[Room, Room], stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emb, _ = both
    register(emb.site)
    sheet = opened(emb)
    emb.wait(lambda: sheet.flow.partner is not None and sheet.flow.partner.waiting)
    sheet.folder.setFocus()
    sheet.folder.insert(str(stick))
    emb.press(ENTER, CTRL)
    assert sheet.flow.state is State.IDLE and parts(stick) == [], "said before, not after"
    assert "本机" in sheet.target.text() and sheet.target.isVisible()
    assert emb.focus() is sheet.folder and sheet.run.isEnabled()
    emb.press(ENTER, CTRL)
    emb.wait(lambda: sheet.flow.state is State.DONE)
    assert len(parts(stick)) == 1, "warned of, not forbidden"
    other = stick / "另一个"
    other.mkdir()
    monkeypatch.setattr(emb.console.sites, "on_data_disk", lambda _path: False)
    type_into(sheet.folder, str(other))
    assert sheet.target.isHidden()


# -- while it runs ---------------------------------------------------------------------------------------------------------
class Slow:
    """An export that waits to be let go, and tells how far it is."""

    def __init__(self, sheet: BundleSheet) -> None:
        self._door = sheet._console.bundles
        self.go, self.watch = threading.Event(), Watch()

    def export(self, site: str, folder: Path, account_id: str, watch: Watch, **how: bool) -> object:
        self.watch = watch

        def progress(done: int, total: int) -> None:
            watch.progress(done, total)
            self.go.wait(20)

        return self._door.export(site, folder, account_id, Watch(progress, watch.cancelled), **how)

    def __getattr__(self, name: str) -> object:
        return getattr(self._door, name)


def test_progress_cancel_and_the_sheet_put_away(both: tuple[Room, Room], stick: Path) -> None:
    emb, _ = both
    register(emb.site)
    sheet = opened(emb)
    emb.wait(lambda: sheet.flow.partner is not None and sheet.flow.partner.waiting)
    slow = Slow(sheet)
    emb.console.bundles = slow  # type: ignore[assignment]
    type_into(sheet.folder, str(stick))
    emb.press(ENTER, CTRL)
    emb.wait(lambda: sheet.flow.progress.total > 0 and sheet.flow.state is State.WORKING)
    assert sheet.bar.isVisible() and "已写" in sheet.note.text()
    assert emb.focus() is sheet.cancel
    assert not sheet.folder.isEnabled() and not sheet.run.isVisible()
    emb.click(sheet.cancel)
    assert sheet.flow.state is State.STOPPING and "正在停下" in sheet.note.text()
    slow.go.set()
    emb.wait(lambda: sheet.flow.state is State.CANCELLED)
    assert parts(stick) == [] and "不用带走" in sheet.note.text()
    slow.go.clear()
    emb.press(ENTER, CTRL)
    emb.wait(lambda: sheet.flow.state is State.WORKING)
    emb.press(ESCAPE)
    assert not sheet.is_open and sheet.flow.state in BUSY
    slow.go.set()
    emb.wait(lambda: sheet.flow.state is State.DONE)
    emb.wait(lambda: "第 2 号已做好" in " ".join(emb.window.overlays.toasts.texts_shown()))
    assert isinstance(sheet.flow.exported, Exported)


def test_closing_the_window_gives_up_and_leaves_no_half_file(both: tuple[Room, Room], stick: Path) -> None:
    emb, _ = both
    register(emb.site)
    sheet = opened(emb)
    emb.wait(lambda: sheet.flow.partner is not None and sheet.flow.partner.waiting)
    slow = Slow(sheet)
    emb.console.bundles = slow  # type: ignore[assignment]
    type_into(sheet.folder, str(stick))
    emb.press(ENTER, CTRL)
    emb.wait(lambda: sheet.flow.state is State.WORKING)
    threading.Timer(0.3, slow.go.set).start()
    data: Site = emb.site
    emb.close()
    assert list(stick.iterdir()) == [] and data.node is not None


@pytest.mark.parametrize(
    ("found", "said"), [((), ""), ((2,), "2"), ((1, 3, 4, 5, 11), "1、3–5、11"), ((2, 1), "1–2")]
)
def test_numbers_of_parts_are_shortened(found: tuple[int, ...], said: str) -> None:
    assert words.numbers(Texts.load("zh_CN"), found) == said


def test_a_revoked_workstation_says_that_it_gets_nothing(both: tuple[Room, Room]) -> None:
    """It can be chosen, and what stands in place of what waits says why nothing can be made for it."""
    emb, _ = both
    sheet = opened(emb)
    emb.wait(lambda: sheet.flow.partner is not None)
    [partner] = sheet.flow.partners or ()
    [[said]] = words.waiting(Texts.load("zh_CN"), replace(partner, closed=True), 0)
    assert "吊销" in said.text
    assert sheet.partner_chips[partner.site].isEnabled()


def test_esc_after_the_field_one_came_from_is_gone(both: tuple[Room, Room]) -> None:
    """What arrives makes cards of the desk anew, with the field one was in; under Python 3.11 Esc then ended the console."""
    emb, _ = both
    emb.sign_in()
    field = QLineEdit(emb.window)
    field.show()
    field.setFocus()
    assert emb.focus() is field
    sheet = opened(emb)
    field.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    emb.press(ESCAPE)
    assert not sheet.is_open
    assert emb.window.board.isAncestorOf(emb.focus())


def test_esc_at_every_stage(both: tuple[Room, Room], stick: Path) -> None:
    """Nothing chosen, a dialog open, while it is made, stopped, looked at, taken in, over: the sheet goes, the rest goes on."""
    emb, frd = both
    register(frd.site)
    make(frd.site, "EMB", stick)
    register(emb.site)
    sheet = opened(emb)
    slow = Slow(sheet)
    emb.console.bundles = slow  # type: ignore[assignment]

    def away_and_back() -> None:
        state = sheet.flow.state
        emb.press(ESCAPE)
        assert not sheet.is_open and emb.window.board.isAncestorOf(emb.focus())
        opened(emb)
        assert sheet.is_open and sheet.flow.state in (state, State.DONE, State.CANCELLED, State.READY)

    away_and_back()
    emb.press(Qt.Key.Key_O, CTRL)
    dialog = sheet.findChild(QFileDialog, "bundleDialog.folder")
    assert dialog is not None and dialog.isVisible()
    QTest.keyClick(dialog, ESCAPE)
    assert not dialog.isVisible() and sheet.is_open
    type_into(sheet.folder, str(stick))
    emb.press(ENTER, CTRL)
    emb.press(ENTER, CTRL)  # on the disk of the data: warned of first
    emb.wait(lambda: sheet.flow.states[Way.OUT] is State.WORKING)
    away_and_back()
    emb.click(sheet.cancel)
    away_and_back()
    slow.go.set()
    emb.wait(lambda: sheet.flow.states[Way.OUT] not in BUSY)
    away_and_back()
    turn(emb, sheet, Way.IN)
    type_into(sheet.path, str(stick))
    away_and_back()
    emb.wait(lambda: sheet.flow.states[Way.IN] is State.READY)
    away_and_back()
    emb.press(ENTER, CTRL)
    away_and_back()
    emb.wait(lambda: sheet.flow.states[Way.IN] is State.DONE)
    away_and_back()


def test_ctrl_q_while_a_bundle_is_made_says_so_first(both: tuple[Room, Room], stick: Path) -> None:
    """The walk: the console was gone, and with it the bundle one waited for."""
    emb, _ = both
    register(emb.site)
    sheet = opened(emb)
    emb.wait(lambda: sheet.flow.partner is not None and sheet.flow.partner.waiting)
    slow = Slow(sheet)
    emb.console.bundles = slow  # type: ignore[assignment]
    type_into(sheet.folder, str(stick))
    emb.press(ENTER, CTRL)
    emb.press(ENTER, CTRL)  # on the disk of the data: warned of first
    emb.wait(lambda: sheet.flow.state is State.WORKING)
    emb.press(Qt.Key.Key_Q, CTRL)
    toasts = emb.window.overlays.toasts
    assert emb.window.isVisible() and any("再按一次 Ctrl+Q" in text for text in toasts.texts_shown())
    slow.go.set()
    emb.wait(lambda: sheet.flow.state is State.DONE)
    assert len(parts(stick)) == 1, "it went on"
    slow.go.clear()
    emb.press(ENTER, CTRL)
    emb.wait(lambda: sheet.flow.state is State.WORKING)
    emb.press(Qt.Key.Key_Q, CTRL)
    assert emb.window.isVisible(), "said again for another one"
    threading.Timer(0.3, slow.go.set).start()
    emb.press(Qt.Key.Key_Q, CTRL)
    emb.wait(lambda: not emb.window.isVisible())
