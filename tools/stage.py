"""A stage for pictures: two paired exercise rooms in one process, real windows, a story to show.

Used by `tools.gallery` (every screen) and `tools.manual_pictures` (the manual). The clock of the stage begins at a chosen
moment, so that pictures made again differ only where the program does. Without a screen (`offscreen`) or on a virtual one,
which needs Xvfb and xdotool.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from app.bootstrap.exercise import PASSWORD, make_pair
from app.bootstrap.listening import Listening
from app.bootstrap.site_console import SiteConsole
from app.kernel.clock import SECOND_MS, SHANGHAI, from_ms, to_ms
from app.kernel.enums import Channel, IncidentClass, IncidentStatus, Post, Source
from app.kernel.paths import DataDir
from app.ui import start
from app.ui.help.hints import EVERYBODY
from app.ui.help.hints import MEMORY as HINTS
from app.ui.shell.main_window import MainWindow
from app.usecases.commands import Command
from app.usecases.duty import TakeWatch
from app.usecases.incidents import ChangeIncident, RegisterIncident, SetIncidentStatus
from app.usecases.reports import FileOralReport
from tools.cables import cables
from tools.duo import free_ports

START = datetime(2025, 7, 14, 20, 16, 7, tzinfo=SHANGHAI)
SCREEN = (3840, 2160)
WAIT_S = 60.0
KEY_S = 0.03
STREETS = {
    "华阳路街道": "310105001", "江苏路街道": "310105002", "新华路街道": "310105004", "周家桥街道": "310105005",
    "天山路街道": "310105006", "仙霞新村街道": "310105008", "虹桥街道": "310105009", "程家桥街道": "310105010",
    "北新泾街道": "310105011", "新泾镇": "310105102",
}  # fmt: skip
HOSTILE = "<img src=x onerror=alert(1)><b>粗体</b> & {name} %s \u202e反向"
LONG = "长宁区某高层综合体地下二层车库至四层商场贯通部位电气线路故障引发火灾并伴有浓烟蔓延大量人员待疏散"


@dataclass
class StageClock:
    """Runs at the real pace from a chosen moment; `advance` jumps."""

    start_ms: int = to_ms(START)
    _began: float = field(default_factory=time.monotonic)
    _jumped_ms: int = 0

    def now_ms(self) -> int:
        """UTC milliseconds on the stage."""
        return self.start_ms + self._jumped_ms + round((time.monotonic() - self._began) * 1000)

    def advance(self, seconds: float) -> None:
        """Jump ahead."""
        self._jumped_ms += round(seconds * SECOND_MS)


class StageError(Exception):
    """Something did not happen in time."""


@dataclass
class Room:
    """One console; its window once it is shown."""

    console: SiteConsole
    clock: StageClock
    window: MainWindow | None = None
    accounts: dict[str, str] = field(default_factory=dict)

    def show(self, size: tuple[int, int]) -> MainWindow:
        """Make the window, or give it another size, at the corner of the screen; it gets the keys."""

        if self.window is None:
            self.console.remember(HINTS, {EVERYBODY: []})  # a first-use hint lies over no picture but its own
            self.window = start.open_window(self.console)
            if not self.console.opened.done():
                self.window.first_painted.connect(self.console.open)
        window = self.window
        window.setGeometry(0, 0, *size)
        window.show()
        window.raise_()
        until(lambda: self.console.opened.done() and window.desk is not None, "the window is ready")
        focus(window)
        return window

    def open(self) -> None:
        """Without a window: the partner's room."""
        self.console.open()
        self.console.opened.result(WAIT_S)

    def account(self, name: str) -> str:
        """Id of an account of the exercise."""
        if name not in self.accounts:
            self.accounts[name] = self.console.sign_in(name, PASSWORD).result(WAIT_S).id
        return self.accounts[name]

    def act(self, command: Command, who: str = "officer") -> dict[str, Any]:
        """Carry out a command behind the window's back."""
        return dict(self.console.execute(command, self.account(who)).result(WAIT_S).result)

    def ago(self, minutes: float) -> datetime:
        """A moment before now."""
        return from_ms(self.clock.now_ms()).astimezone(SHANGHAI) - timedelta(minutes=minutes)

    def sign_in(self, name: str = "officer") -> None:
        """Through the sheet."""
        window = self.window
        assert window is not None
        sheet = window.overlays.sign_in
        sheet.ask()
        sheet.name.setText(name)
        sheet.password.setText(PASSWORD)
        sheet.submit()
        until(lambda: not window.session.locked and not sheet.is_open, "signed in")

    def register(self, minutes: float, street: str, place: str, what: str, **more: Any) -> str:
        """An incident received some minutes ago; `at`: lon, lat; `to`: its state."""

        at, to = more.pop("at", None), more.pop("to", None)
        done = self.act(
            RegisterIncident(
                received_at=self.ago(minutes), unit_code=STREETS[street], place=street + place, what=what,
                lon=at[0] if at else None, lat=at[1] if at else None, late_confirmed=True, **more,
            )
        )  # fmt: skip
        incident_id = str(done["incident_id"])
        for status in to or ():
            self.act(SetIncidentStatus(incident_id=incident_id, to=status))
        return incident_id


@dataclass
class Stage:
    """Both rooms and the cable between them."""

    emb: Room
    frd: Room
    clock: StageClock
    pull: Callable[[bool], None]
    ids: dict[str, str] = field(default_factory=dict)  # of the evening's incidents, by short names

    def linked(self) -> bool:
        """True while both rooms hear each other and nothing waits."""
        links = [link for room in (self.emb, self.frd) for link in room.console.links()]
        return len(links) == 2 and all(link.state.value == "up" for link in links)

    def same(self) -> bool:
        """True once both hold the same number of operations."""
        counts = [room.console.query(_operations).result(WAIT_S) for room in (self.emb, self.frd)]
        return counts[0] == counts[1]


def _operations(connection: Any) -> int:
    return int(connection.execute("SELECT count(*) FROM op").fetchone()[0])


@dataclass(frozen=True)
class Kept:
    """Two rooms put by in a folder, as they were at a moment; ids of their incidents by short names."""

    folder: Path
    ports: tuple[int, int]
    dialled: tuple[int, int]
    now_ms: int
    ids: dict[str, str]


def keep(
    folder: Path, story: Callable[[Stage], dict[str, str]] = lambda _: {}, *, furnished: bool = True
) -> Kept:
    """Found both rooms, play something in them once, and put them by."""
    ports, dialled = free_ports(), free_ports()
    with stage(furnished=furnished, at=Kept(folder, ports, dialled, 0, {})) as shown:
        shown.emb.open()
        shown.frd.open()
        ids = story(shown)
        now_ms = shown.clock.now_ms()
    return Kept(folder, ports, dialled, now_ms, ids)


@contextlib.contextmanager
def stage(language: str = "zh_CN", *, furnished: bool = True, at: Kept | None = None) -> Iterator[Stage]:
    """Found, pair and open both rooms; everything ends with the block.

    `at`: rooms that were put by go on, in a copy, where they stood; those of an empty folder are made there.
    """
    clock = StageClock()
    ports = at.ports if at is not None else free_ports()
    with (
        tempfile.TemporaryDirectory(prefix="jdc-stage-") as name,
        cables(ports, at.dialled if at is not None else (0, 0)) as (dialled, pull),
    ):
        folder = Path(name)
        if at is not None and at.now_ms:
            shutil.copytree(at.folder, folder, dirs_exist_ok=True)
            clock = StageClock(at.now_ms)
        else:
            folder = at.folder if at is not None else folder
            clock.advance(-8 * 3600)
            make_pair(folder, clock, dialled, language, furnished=furnished)
            clock.advance(8 * 3600)
        rooms = [
            Room(SiteConsole(DataDir(folder / agency), clock, Listening("127.0.0.1", port), language), clock)
            for agency, port in zip(("EMB", "FRD"), ports, strict=True)
        ]
        try:
            yield Stage(rooms[0], rooms[1], clock, pull, dict(at.ids) if at is not None else {})
        finally:
            for room in rooms:
                if room.window is not None:
                    room.window.close()
                    room.window.dispose()
                room.console.close()
            settle(0.2)


def man(room: Room) -> None:
    """The third post of the exercise is taken as well."""

    room.act(TakeWatch(post=Post.DUTY_OFFICER))


S = IncidentStatus
FIRE: dict[str, Any] = {"class_code": IncidentClass.ACCIDENT, "type_code": "fire", "source": Source.ALARM_119}


def evening(shown: Stage) -> dict[str, str]:
    """A dozen incidents of an evening, in both rooms, one of them in dispute; ids by short names."""

    emb, frd, ids = shown.emb, shown.frd, {}
    handling, controlled = (S.HANDLING,), (S.HANDLING, S.CONTROLLED)
    accident = {"class_code": IncidentClass.ACCIDENT}
    natural = {"class_code": IncidentClass.NATURAL}
    call = {"source": Source.ALARM_119, "type_code": "elevator"}
    rows: tuple[tuple[str, Room, float, str, str, str, dict[str, Any]], ...] = (
        ("warehouse", frd, 32.7, "北新泾街道", "某仓库", "冒烟",
         FIRE | {"at": (121.371, 31.217), "to": handling, "alarm_grade": 2}),
        ("mall", frd, 21.0, "虹桥街道", "某商场", "火灾，二层有人员被困",
         FIRE | {"at": (121.405, 31.194), "to": handling, "alarm_grade": 3}),
        ("home", frd, 12.5, "天山路街道", "某小区6层", "居民楼火灾",
         FIRE | {"at": (121.398, 31.211), "to": handling, "alarm_grade": 2}),
        ("gas", emb, 27.5, "新泾镇", "某小区", "燃气泄漏", accident | {"at": (121.36, 31.21), "to": handling}),
        ("road", emb, 6.0, "周家桥街道", "某路口", "道路塌陷", accident | {"at": (121.405, 31.22)}),
        ("flood", emb, 48.0, "程家桥街道", "多处", "道路积水内涝", natural | {"at": (121.38, 31.196), "to": controlled}),
        ("lift", frd, 3.0, "仙霞新村街道", "某小区", "电梯困人", call),
    )  # fmt: skip
    for name, room, minutes, street, place, what, more in rows:
        ids[name] = room.register(minutes, street, place, what, **more)
    for name, room in (("home", frd), ("flood", emb)):
        room.act(
            FileOralReport(
                incident_id=ids[name], to_role="gov_duty_room", channel=Channel.LANDLINE,
                spoken_at=room.ago(1.0), gist="已口头报",
            )
        )  # fmt: skip
    until(lambda: shown.linked() and shown.same(), "both rooms hold the evening")
    shown.pull(True)
    until(lambda: not shown.linked(), "the cable is out")
    emb.act(ChangeIncident(incident_id=ids["mall"], what="火灾，二层4人被困"))
    frd.act(ChangeIncident(incident_id=ids["mall"], what="火灾，二层6人被困"))
    shown.pull(False)
    until(lambda: shown.linked() and shown.same(), "both rooms hold both values")
    return ids


def crowd(room: Room, number: int = 320) -> None:
    """Hundreds of incidents, with titles too long and texts that would like to be markup."""
    streets = list(STREETS)
    for index in range(number):
        what = (LONG, HOSTILE, "电动车起火", LONG * 3, "商场火灾")[index % 5]
        more: dict[str, Any] = {"alarm_grade": 1 + index % 5} if index % 2 else {}
        if index % 3 == 0:
            more["at"] = (121.355 + index % 70 / 1000, 31.190 + index % 37 / 1000)
        room.register(
            1 + index * 2.1,
            streets[index % len(streets)],
            f"某处{index}号" + LONG * (index % 2),
            what,
            **FIRE,
            **more,
        )


# -- hands and eyes --------------------------------------------------------------------------------------------------------
def unseen() -> bool:
    """True where there is no screen at all."""
    return QGuiApplication.platformName() == "offscreen"


def still(window: MainWindow) -> None:
    """Everything that was asked is answered and laid out: a question of one's own stands behind all others, twice."""
    for _ in range(2):
        window.console.query(lambda _: None).result(WAIT_S)
        for _ in range(3):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.MetaCall)
    QApplication.processEvents()


def settle(seconds: float = 0.6) -> None:
    """Let the windows live for a while."""

    QTest.qWait(round(seconds * 1000))


def until(true: Callable[[], object], what: str) -> None:
    """Let the windows live until something holds; StageError after a minute."""

    end = time.monotonic() + WAIT_S
    while not true():
        if time.monotonic() > end:
            raise StageError(f"in {WAIT_S:.0f} s there was not: {what}")
        QTest.qWait(5)


def focus(window: QWidget) -> None:
    """Without a window manager nobody else gives a window the keys."""

    def has_keys() -> bool:
        if not window.isActiveWindow():
            window.raise_()
            window.activateWindow()
            if unseen():
                return window.isActiveWindow()
            name = str(int(window.winId()))
            subprocess.run(["xdotool", "windowfocus", name], check=False, capture_output=True)
        return window.isActiveWindow()

    until(has_keys, "the window has the keys")


def press(key: Any, modifiers: Any = None) -> None:
    """A key for whatever has the focus."""

    widget = QApplication.focusWidget() or QApplication.activeWindow()
    assert widget is not None
    QTest.keyClick(widget, key, modifiers or Qt.KeyboardModifier.NoModifier)
    settle(KEY_S)


def put(text: str) -> None:
    """Text into the field that has the focus, as an input method commits it."""

    widget = QApplication.focusWidget()
    assert widget is not None
    if text.isascii():
        QTest.keyClicks(widget, text)
    elif isinstance(widget, QLineEdit):
        widget.insert(text)
        widget.textEdited.emit(widget.text())
    settle(KEY_S)


def grab(window: QWidget, path: Path, part: QWidget | None = None, margin: int = 0) -> None:
    """What the screen shows of a window, or of a part of it with a margin."""

    settle(0.5)
    shot = window.screen().grabWindow(0)
    ratio = shot.devicePixelRatio()
    shown = part or window
    area = QRect(shown.mapToGlobal(QPoint(0, 0)), shown.size()).adjusted(-margin, -margin, margin, margin)
    area &= QRect(window.mapToGlobal(QPoint(0, 0)), window.size())
    crop = QRect(area.topLeft() * ratio, area.size() * ratio)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not shot.copy(crop).save(str(path)):
        raise StageError(f"not written: {path}")


# -- the virtual screen ----------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def virtual_screen() -> Iterator[dict[str, str]]:
    """An Xvfb of our own; yields the environment of a process on it."""
    read, write = os.pipe()
    size = "x".join(map(str, SCREEN))
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            display = ":" + pipe.readline().strip()
        kept = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")}
        root = {"QTWEBENGINE_DISABLE_SANDBOX": "1"} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}
        yield kept | {"DISPLAY": display, "QTWEBENGINE_CHROMIUM_FLAGS": "--disable-gpu"} | root
    finally:
        screen.terminate()
        screen.wait(20)


def on_screen(module: str, arguments: list[str], environment: dict[str, str], scale: int = 1) -> int:
    """Run `python -m module …` on a virtual screen, with a scale factor; its exit code."""
    more = {"QT_SCALE_FACTOR": str(scale)} if scale != 1 else {}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], env=environment | more, check=False
    ).returncode
