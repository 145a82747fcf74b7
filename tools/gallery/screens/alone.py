"""Windows without a console behind them: first start, restoring, faults, the guide of an exercise. Given the language, and the
folder of two rooms."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QLineEdit, QWidget

from app.bootstrap import guided
from app.bootstrap.backup_work import BackupJob, make
from app.bootstrap.first_start import SiteFounder
from app.kernel.clock import SystemClock
from app.kernel.enums import Agency, Realm
from app.kernel.paths import DataDir
from app.kernel.texts import Texts
from app.ui import start
from app.ui.fault_window import FaultWindow
from app.ui.first_start.guide import Guide
from app.ui.first_start.window import FirstStartWindow
from app.ui.theme.theme import Theme
from tools import stage as on
from tools.gallery.screens.shot import Picture, Shot

STICK = "/media/usb/recovery-EMB.json"
COPY = "/media/usb/console-20250714T120000Z.db"
DAMAGED = "/srv/joint-duty-console/live/console.db"
_IN_MANUAL = ("choice", "recovery", "last")


class WithStick(SiteFounder):
    """A first start where the place of the recovery key is a stick."""

    def on_data_disk(self, path: Path) -> bool:
        """Never."""
        return False


def theme() -> Theme:
    """A theme that dresses the application; `Shot`s are dressed anew by `dress`."""
    made = Theme("dark")
    made.apply(start.application())
    return made


def _show(window: Any, dressed: Theme) -> None:
    window.theme = dressed
    window.move(0, 0)
    window.show()
    on.focus(window)


def first_start(language: str, _rooms: Path) -> Iterator[Shot]:
    """Each page, with what is missing and filled."""
    with tempfile.TemporaryDirectory(prefix="jdc-first-") as name:
        folder = Path(name)
        founder = WithStick(DataDir(folder / "data"), Realm.EXERCISE, SystemClock(), language)
        dressed = theme()
        window: Any = FirstStartWindow(founder, dressed)
        _show(window, dressed)
        for page in window._pages:
            if page is window.last:
                yield Shot("first-last", window, window, (Picture("first-last"),))
                break
            yield Shot(f"first-{page.key}-empty", window, window)
            if page.missing() is not None:
                window.go_on()
                yield Shot(f"first-{page.key}-missing", window, window)
            fill_page(window, page, folder)
            if page is window.recovery:
                page.path.setText(STICK)
            pictures = (Picture(f"first-{page.key}"),) if page.key in _IN_MANUAL else ()
            yield Shot(f"first-{page.key}", window, window, pictures)
            if page is window.recovery:
                page.path.setText(str(folder / "recovery-EMB.json"))
            window.go_on()
            on.settle(0.05)
        window.close()
        window.deleteLater()
        founder.close()


def fill_page(window: Any, page: Any, folder: Path) -> None:
    """What an administrator would answer."""
    password = "night-watch-119"
    for editor in page.findChildren(QLineEdit):
        if not editor.text() and editor.isEnabled():
            secret = editor.echoMode() is QLineEdit.EchoMode.Password
            editor.setText(password if secret else "admin")
    if page is window.recovery:
        page.path.setText(str(folder / "recovery-EMB.json"))
        page.here.setChecked(True)
        page.understood.setChecked(True)


def restoring(language: str, rooms: Path) -> Iterator[Shot]:
    """A backup is chosen for a restore; what a damaged file looks like."""
    with tempfile.TemporaryDirectory(prefix="jdc-restore-") as name:
        folder = Path(name)
        shutil.copytree(rooms / "EMB", folder / "EMB")
        data = DataDir(folder / "EMB")
        made = make(BackupJob(data.database, data.backups, SystemClock().now_ms()), lambda *_: None)
        founder = SiteFounder(DataDir(folder / "data"), Realm.EXERCISE, SystemClock(), language)
        dressed = theme()
        window: Any = FirstStartWindow(founder, dressed)
        _show(window, dressed)
        window.choice.restore.setChecked(True)
        window.go_on()
        yield Shot("restore-empty", window, window)
        window.copy.path.setText(str(made.path))
        on.until(lambda: window.copy.view is not None, "read")
        window.copy.path.blockSignals(True)
        window.copy.path.setText(COPY)
        yield Shot("restore", window, window, (Picture("restore"),))
        window.close()
        window.deleteLater()
        for kind, restorable in (("damaged", True), ("locked", False), ("newer", False)):
            sentence = founder.texts.get(f"fault.database.{kind}")
            fault: Any = FaultWindow(
                founder.texts, dressed, sentence, f"database.{kind}", DAMAGED, restorable=restorable
            )
            _show(fault, dressed)
            pictures = (Picture("fault-restore"),) if restorable else ()
            yield Shot(f"fault-{kind}", fault, fault, pictures)
            fault.close()
            fault.deleteLater()
        founder.close()


def guide(language: str, _rooms: Path) -> Iterator[Shot]:
    """What an exercise tells a newcomer."""
    texts, dressed = Texts.load(language), theme()
    room: Any = QWidget()
    room.setObjectName("guideRoom")
    room.resize(900, 900)
    shown = Guide(guided.guidance_of(Agency.EMB, texts, {"EMB": "EMB", "FRD": "FRD"}), dressed, room)
    shown.place(QRect(0, 0, 900, 860))
    _show(room, dressed)
    shown.show()
    yield Shot("guide", room, shown)
    room.close()
    room.deleteLater()


CHAPTERS = (first_start, restoring, guide)
