"""`python -m tools.manual_pictures`: the pictures of the manual and the README, taken from the real window in an exercise.

Each picture has 256 colours and stays below 200 KB; `--only NAME …` takes some of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton, QWidget

from app.bootstrap.backup_work import BackupJob, make
from app.bootstrap.exercise import make_pair
from app.bootstrap.first_start import SiteFounder
from app.kernel.clock import HOUR_MS, SystemClock
from app.kernel.enums import Realm, VerifyState
from app.kernel.paths import DataDir
from app.ui import start
from app.ui.fault_window import FaultWindow
from app.ui.first_start.window import FirstStartWindow
from app.ui.shell.main_window import MainWindow
from app.ui.theme.theme import Theme
from app.usecases.casualties import SetCasualties
from app.usecases.duty import LeaveWatch, TakeWatch
from tools import stage as on
from tools.duo import free_ports
from tools.looks import fill_page
from tools.small_png import small_png
from tools.tour import ROOT

IMAGES = ROOT / "docs" / "manual" / "images"
WIDE, NARROW = (1920, 1080), (1366, 768)
STICK = "/media/usb/recovery-EMB.json"
COPY = "/media/usb/console-20250714T120000Z.db"
DAMAGED = "/srv/joint-duty-console/live/console.db"
SHELTERS = """名称,类别,地址,经度,纬度,容纳人数,面积
演练·第一中学,应急避难场所,演练路 1 号,121.412,31.215,600,1500
演练·体育公园,应急避难场所,演练路 2 号,121.377,31.205,1200,3200
演练·社区中心,应急避难场所,演练路 3 号,121.43,31.208,-5,800
演练·第一中学,应急避难场所,演练路 1 号,121.412,31.215,600,1500
"""


class Album:
    """Takes a picture when it is wanted."""

    def __init__(self, only: list[str]) -> None:
        self._only = only

    def take(self, name: str, window: QWidget, part: QWidget | None = None, margin: int = 0) -> None:
        """Window, or a part of it."""
        if self._only and name not in self._only:
            return
        path = IMAGES / f"{name}.png"
        on.grab(window, path, part, margin)
        small_png(path)

    def band(self, name: str, window: QWidget, first: QWidget, last: QWidget) -> None:
        """The rows of the window from one widget to another over its whole width."""
        if self._only and name not in self._only:
            return
        path = IMAGES / f"{name}.png"
        on.grab(window, path)
        top = first.mapTo(window, QPoint(0, 0)).y()
        bottom = last.mapTo(window, QPoint(0, last.height())).y()
        QImage(str(path)).copy(QRect(0, top, window.width(), bottom - top)).save(str(path))
        small_png(path)


class WithStick(SiteFounder):
    """A first start where the place of the recovery key is a stick."""

    def on_data_disk(self, path: Path) -> bool:
        """Never."""
        return False


def first_start(album: Album) -> None:
    """The questions of the first start."""
    with tempfile.TemporaryDirectory(prefix="jdc-first-") as name:
        folder = Path(name)
        founder = WithStick(DataDir(folder / "data"), Realm.EXERCISE, SystemClock())
        theme = Theme("dark")
        theme.apply(start.application())
        window = FirstStartWindow(founder, theme)
        window.move(0, 0)
        window.show()
        on.focus(window)
        for page in window._pages:
            fill_page(window, page, folder)
            if page is window.recovery:
                window.recovery.path.setText(STICK)
                window.recovery.understood.setChecked(True)
            if page in (window.choice, window.recovery, window.last):
                album.take(f"first-{page.key}", window)
            if page is window.recovery:
                window.recovery.path.setText(str(folder / "recovery-EMB.json"))
            if page is not window.last:
                window.go_on()
                window.recovery.path.setText(STICK)
                on.settle(0.2)
        window.close()
        window.deleteLater()
        founder.close()


def restoring(album: Album) -> None:
    """A backup is chosen for a restore; what a damaged file looks like."""
    with tempfile.TemporaryDirectory(prefix="jdc-restore-") as name:
        folder = Path(name)
        make_pair(folder / "rooms", SystemClock(), free_ports(), "zh_CN", furnished=False)
        data = DataDir(folder / "rooms" / "EMB")
        made = make(BackupJob(data.database, data.backups, SystemClock().now_ms()), lambda *_: None)
        founder = SiteFounder(DataDir(folder / "data"), Realm.EXERCISE, SystemClock())
        theme = Theme("dark")
        theme.apply(start.application())
        window = FirstStartWindow(founder, theme)
        window.move(0, 0)
        window.show()
        on.focus(window)
        window.choice.restore.setChecked(True)
        window.go_on()
        window.copy.path.setText(str(made.path))
        on.until(lambda: window.copy.view is not None, "read")
        window.copy.path.blockSignals(True)
        window.copy.path.setText(COPY)
        album.take("restore", window)
        window.close()
        sentence = founder.texts.get("fault.database.damaged")
        fault = FaultWindow(founder.texts, theme, sentence, "database.damaged", DAMAGED, restorable=True)
        fault.move(0, 0)
        fault.show()
        on.settle(0.3)
        album.take("fault-restore", fault)
        fault.close()
        founder.close()


def backup(album: Album, window: MainWindow) -> None:
    """Backups of some days, then the check of the record."""
    data, now = window.console.data, window.console.clock.now_ms()
    for hours, why in (
        (100, "day"),
        (76, "day"),
        (52, "day"),
        (28, "day"),
        (14, "schedule"),
        (8, "handover"),
        (2, "schedule"),
    ):
        make(BackupJob(data.database, data.backups, now - hours * HOUR_MS, why), lambda *_: None)
    window.actions_table["backup.open"].handler()
    sheet = window.overlays.backup
    on.until(lambda: sheet.model.rowCount() > 0, "backups")
    on.settle(0.5)
    album.take("backup", window, sheet, 12)
    sheet.choose("check")
    sheet.submit()
    on.until(lambda: sheet.flow.checked is not None, "checked")
    on.settle(0.5)
    album.take("backup-check", window, sheet, 12)
    sheet.dismiss()


def unpaired(album: Album) -> None:
    """A room that is alone: what the links say before pairing. Then the first sign-in."""
    with on.stage(furnished=False) as shown:
        shown.pull(True)
        window = shown.emb.show(WIDE)
        on.settle(2.0)
        album.take("sign-in", window, window.overlays.sign_in, 10)
        pairing(album, shown, window)


def pairing(album: Album, shown: on.Stage, window: MainWindow) -> None:
    """Both rooms have their windows open: the number to be read on the telephone."""
    shown.frd.open()
    shown.emb.sign_in("admin")
    window.actions_table["pairing.open"].handler()
    page = window.overlays.pairing.network
    page.address.editor.setText("127.0.0.1:0")
    page.open()
    on.until(lambda: page.view.open, "the pairing window is open")
    admin = shown.frd.account("admin")
    on.until(lambda: shown.frd.console._service is not None, "the other room's network is up")
    shown.frd.console.pairing.dial(page.view.address, admin)
    on.until(lambda: bool(page.number.text), "there is a number")
    on.settle(0.5)
    album.take("pairing", window, window.overlays.pairing, 12)
    page.close_window()
    on.until(lambda: not page.view.open, "the pairing window is closed")
    window.overlays.pairing.dismiss()


def watch(album: Album, shown: on.Stage, window: MainWindow) -> None:
    """The watch is taken, its place, what is missing."""
    room = shown.emb
    window.deeds.watch()
    on.settle(0.6)
    album.take("watch", window, window.overlays.watch, 10)
    window.overlays.watch.dismiss()
    on.man(room)
    on.man(shown.frd)
    on.until(lambda: "缺" not in window.header.own.text(), "the shift is complete")
    on.settle(1.0)
    album.take("header", window, window.header)


def evening(album: Album, shown: on.Stage, window: MainWindow) -> dict[str, str]:
    """The window in the middle of an evening, by night and by day, wide and narrow."""
    ids = on.evening(shown)
    window.session.select_incident(ids["mall"])
    on.settle(5.0)
    album.take("duty", window)
    album.take("board", window, window.board)
    album.take("map", window, window.map_host)
    album.band("alarms", window, window.strip, window.status)
    window.theme.use("light")
    on.settle(2.0)
    album.take("duty-light", window)
    window.theme.use("dark")
    shown.emb.show(NARROW)
    on.settle(3.0)
    album.take("small", window)
    shown.emb.show(WIDE)
    on.settle(2.0)
    return ids


def forms(album: Album, shown: on.Stage, window: MainWindow, ids: dict[str, str]) -> None:
    """Registration by keys, its fault, oral report, refusal, palette, keys."""
    ctrl, key = Qt.KeyboardModifier.ControlModifier, Qt.Key
    overlays = window.overlays
    on.press(key.Key_N, ctrl)
    for _ in range(3):
        on.press(key.Key_Tab)
    on.put("tsl")
    album.take("register-place", window, overlays.register, 10)
    on.press(key.Key_Return)
    on.put("某小区8号楼")
    on.press(key.Key_Tab)
    on.put("hz")
    on.press(key.Key_Return)
    on.press(key.Key_Tab)
    on.put("2")
    on.press(key.Key_Tab)
    on.put("居民楼火灾，有人员被困")
    album.take("register", window, overlays.register, 10)
    overlays.register.received.setText("25:10")
    on.press(key.Key_Return, ctrl)
    album.take("register-fault", window, overlays.register, 10)
    overlays.register.start_over()
    on.press(key.Key_Escape)
    window.session.select_incident(ids["gas"])
    on.until(lambda: window.selected_row is not None and window.selected_row.id == ids["gas"], "selected")
    window.deeds.oral()
    album.take("oral", window, overlays.oral, 10)
    overlays.oral.dismiss()
    window.deeds.raise_grade()
    overlays.grade.submit()
    on.until(overlays.refusals.isVisible, "refused")
    album.take("refusal", window, overlays.refusals, 10)
    overlays.refusals.dismiss()
    on.press(key.Key_K, ctrl)
    on.put("tsl")
    album.take("palette", window, overlays.palette, 10)
    overlays.palette.dismiss()
    on.press(key.Key_F1)
    album.take("keys", window, overlays.keys, 10)
    overlays.keys.dismiss()


def ended(album: Album, shown: on.Stage, window: MainWindow) -> None:
    """A forgotten watch, and the shift that is short of one."""
    window.session.lock()
    shown.emb.sign_in("chief")
    window.deeds.watch()
    sheet = window.overlays.watch
    on.until(lambda: sheet.others.count() > 1, "those present")
    on.settle(0.3)
    rows = [
        b
        for b in sheet.findChildren(QPushButton)
        if b.objectName().startswith("watch.end.") and b.isVisible()
    ]
    rows[-1].click()
    album.take("watch-end", window, sheet, 10)
    sheet.dismiss()
    shown.emb.act(LeaveWatch(), "officer")
    on.until(lambda: "双人" in window.strip.line.text() + window.strip.next.text(), "short of one")
    on.settle(0.5)
    album.band("short-handed", window, window.header, window.header)
    shown.emb.act(TakeWatch(post=on.Post.DUTY_OFFICER), "officer")
    window.session.lock()
    shown.emb.sign_in()


def desk(album: Album, window: MainWindow, ids: dict[str, str]) -> None:
    """The desk with a dispute, and its timeline."""
    window.session.select_incident(ids["mall"])
    on.settle(1.0)
    window.open_desk()
    on.until(lambda: not window.overlays.toasts.isVisible(), "no note lies over it")
    on.settle(2.0)
    album.take("desk", window)
    cards = window.desk.findChildren(QWidget, "conflict.what") if window.desk is not None else []
    if cards:
        album.take("conflict", window, cards[0], 12)
    window.open_desk("timeline")
    on.settle(0.6)
    album.take("timeline", window, window.desk)
    window.close_desk()


def figures(album: Album, shown: on.Stage, window: MainWindow, ids: dict[str, str]) -> None:
    """Casualty figures, a disputed one on the conflict desk, and who changed what."""
    home, mall = ids["home"], ids["mall"]
    done = SetCasualties(incident_id=home, deaths=1, verify_state=VerifyState.VERIFIED, source="区中心医院")
    shown.emb.act(done)
    shown.emb.act(SetCasualties(incident_id=home, injured_serious=2, evacuated=130, source="现场指挥员"))
    on.until(shown.same, "both rooms hold the figures")
    shown.pull(True)
    on.until(lambda: not shown.linked(), "the cable is out")
    shown.emb.act(SetCasualties(incident_id=mall, injured_serious=4, source="区中心医院"))
    shown.frd.act(SetCasualties(incident_id=mall, injured_serious=6, source="现场指挥员"))
    shown.pull(False)
    on.until(lambda: shown.linked() and shown.same(), "the cable is back")
    window.session.select_incident(home)
    on.settle(1.0)
    deeds, overlays = window.features.conflicts, window.overlays
    deeds.casualties()
    on.until(lambda: overlays.casualties.is_open, "the form")
    album.take("casualties", window, overlays.casualties, 12)
    overlays.casualties.dismiss()
    deeds.conflicts()
    on.until(lambda: overlays.conflicts.cases.card is not None, "the card")
    on.settle(1.5)
    album.take("conflicts", window, overlays.conflicts, 12)
    overlays.conflicts.dismiss()
    deeds.history()
    on.until(lambda: overlays.history.shown, "the history")
    on.settle(0.5)
    album.take("history", window, overlays.history, 12)
    overlays.history.dismiss()


def alone(album: Album, shown: on.Stage, window: MainWindow) -> None:
    """The cable is out: header, links."""
    shown.pull(True)
    on.until(lambda: not shown.linked(), "the cable is out")
    shown.emb.register(1, "江苏路街道", "某商铺", "店铺起火", **on.FIRE)
    on.settle(4.0)
    album.take("single-sided", window, window.header)
    album.take("links", window, window.links)
    window.actions_table["link_desk.open"].handler()
    on.until(lambda: bool(window.overlays.link_desk.story.peers), "the link desk has read its peers")
    on.settle(1.0)
    album.take("link-desk", window, window.overlays.link_desk, 12)
    window.overlays.link_desk.dismiss()
    stick(album, window)
    shown.pull(False)
    on.until(lambda: shown.linked() and shown.same(), "the cable is back")


def stick(album: Album, window: MainWindow) -> None:
    """What waits goes onto a stick while the cable is out."""
    memory = Path("/dev/shm")  # a stick is another disk than that of the data
    with tempfile.TemporaryDirectory(prefix="U盘-", dir=memory if memory.is_dir() else None) as name:
        window.actions_table["bundles"].handler()
        sheet = window.overlays.bundles
        on.until(lambda: sheet.flow.partner is not None, "what waits is counted")
        sheet.folder.setText(name)
        sheet.submit()
        if not sheet.flow.busy:  # warned of: the disk of the data
            sheet.submit()
        on.until(lambda: sheet.flow.exported is not None and bool(sheet.flow.past), "the bundle is made")
        on.settle(1.0)
        album.take("stick", window, sheet, 12)
        sheet.dismiss()


def trust(album: Album, shown: on.Stage, window: MainWindow) -> None:
    """Workstations and certificates, with what changing a key will do."""
    window.session.lock()
    shown.emb.sign_in("admin")
    window.actions_table["sites.open"].handler()
    sheet = window.overlays.sites
    on.until(lambda: sheet.view is not None, "workstations")
    sheet.sites.choose("rotate")
    on.settle(0.5)
    album.take("sites", window, sheet, 12)
    sheet.dismiss()


def imports(album: Album, shown: on.Stage, window: MainWindow) -> None:
    """The import screen with a file that holds two bad rows."""
    window.session.lock()
    shown.emb.sign_in("chief")
    with tempfile.TemporaryDirectory(prefix="jdc-import-") as name:
        file = Path(name) / "避难场所.csv"
        file.write_text(SHELTERS, "utf-8")
        window.actions_table["import"].handler()
        sheet = window.overlays.imports
        sheet.flow.choose_file(file)
        on.settle(3.0)
        album.take("import", window, sheet, 12)
        sheet.dismiss()


def main() -> int:
    """Parent: a screen of its own; child: the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tools.manual_pictures")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    ask = parser.parse_args()
    if not ask.child:
        with on.virtual_screen() as environment:
            return on.on_screen("tools.manual_pictures", ["--child", "--only", *ask.only], environment)
    start.application()
    album = Album(ask.only)
    first_start(album)
    restoring(album)
    unpaired(album)
    with on.stage() as shown:
        shown.frd.open()
        window = shown.emb.show(WIDE)
        shown.emb.sign_in()
        watch(album, shown, window)
        ids = evening(album, shown, window)
        steps: list[Callable[[], None]] = [
            lambda: forms(album, shown, window, ids),
            lambda: ended(album, shown, window),
            lambda: desk(album, window, ids),
            lambda: figures(album, shown, window, ids),
            lambda: imports(album, shown, window),
            lambda: backup(album, window),
            lambda: trust(album, shown, window),
            lambda: alone(album, shown, window),
        ]
        for step in steps:
            on.focus(window)
            step()
    return 0


if __name__ == "__main__":
    sys.exit(main())
