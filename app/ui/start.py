"""Brings the window up: display, QApplication, board painted; only then does the site behind it open."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.kernel import imports
from app.kernel.errors import EnvironmentFault
from app.kernel.staying import stay

if TYPE_CHECKING:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QWidget

    from app.kernel.texts import Texts
    from app.ui.first_start.guide import Guidance
    from app.ui.first_start.port import FirstStart
    from app.ui.shell.main_window import MainWindow
    from app.ui.shell.ports import SiteDoor

log = logging.getLogger(__name__)
EXIT_OK, EXIT_FAULT = 0, 4
RESTORE = -1  # no exit code: a backup is to be restored, then the console opens again
_UNSEEN = ("offscreen", "minimal")  # platforms of Qt that nobody looks at
_BEAT_MS = 200
_X_PORT = 6000
_X_TIMEOUT_S = 2.0


def check_display(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> None:
    """EnvironmentFault `display.none` where Qt would abort the process: no X or Wayland server answers."""
    if not platform.startswith("linux"):
        return
    chosen = environment.get("QT_QPA_PLATFORM", "")
    if chosen and not chosen.startswith(("xcb", "wayland")):
        return
    if _wayland_answers(environment) or _x_answers(environment.get("DISPLAY", "")):
        return
    raise EnvironmentFault("display.none", "fault.display.none")


def _wayland_answers(environment: Mapping[str, str]) -> bool:
    name, folder = environment.get("WAYLAND_DISPLAY", ""), environment.get("XDG_RUNTIME_DIR", "")
    return bool(name) and os.path.exists(os.path.join(folder, name))


def _x_answers(display: str) -> bool:
    host, _, number = display.rpartition(":")
    number = number.partition(".")[0]
    if not number.isdigit():
        return False
    if host not in ("", "unix"):
        try:
            socket.create_connection((host, _X_PORT + int(number)), _X_TIMEOUT_S).close()
        except OSError:
            return False
        return True
    path = os.path.join(os.sep, "tmp", ".X11-unix", f"X{number}")
    return any(_connects(address) for address in (path, f"\0{path}"))


def _connects(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.connect(address)
        except OSError:
            return False
        return True


def application() -> QApplication:
    """The one QApplication, made ready for the web engine; the program ends when it is told to, not with a window."""
    from PySide6.QtCore import QCoreApplication, Qt
    from PySide6.QtWidgets import QApplication

    imports.one_at_a_time()
    running = QApplication.instance()
    if isinstance(running, QApplication):
        running.setQuitOnLastWindowClosed(False)
        return running
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    made = QApplication(sys.argv[:1])
    made.setApplicationName("joint-duty-console")
    made.setQuitOnLastWindowClosed(False)
    return made


def translate_dialogues(app: QApplication, language: str) -> None:
    """Qt's own dialogues (files, printing) in the console's language; nothing happens where Qt came without it."""
    from PySide6.QtCore import QLibraryInfo, QTranslator

    translator = QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(f"qtbase_{language}", folder):
        app.installTranslator(translator)


def open_window(console: SiteDoor) -> MainWindow:
    """The window over a console, not shown yet; needs a QApplication."""
    from app.ui.session import Session
    from app.ui.shell.main_window import MainWindow
    from app.ui.theme.theme import Theme

    theme = Theme(str(console.memory("theme") or "dark"))
    return MainWindow(console, Session(console), theme)


def run(
    console: SiteDoor,
    begin: Callable[[], None],
    stopped: Future[None],
    side: str | None = None,
    guidance: Guidance | None = None,
) -> int:
    """Show the window until it is closed; `begin` is called once, after its first paint. Returns the exit code.

    `stopped` done: the site was told from outside to stop, and the window closes. `guidance`: an exercise with a guide.
    """
    kept = console.memory("scale")
    if kept:  # before the application is made; nobody else needs the module
        from app.ui.settings import scale

        scale.take(kept)
    app = application()
    window = open_window(console)
    window.first_painted.connect(_collect_again)
    window.first_painted.connect(begin)
    window.first_painted.connect(lambda: translate_dialogues(app, console.texts.language))
    window.closed.connect(app.quit)
    window.follow(stopped, window.close)
    before = _on_signals(window)
    window.appear()
    if side is not None:
        _take_half(window, side)
    if guidance is not None:
        window.first_painted.connect(lambda: _guide(window, guidance, with_other=side is None))
    try:
        app.exec()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    code = EXIT_FAULT if window.fault is not None else EXIT_OK
    code = RESTORE if window.restore_wanted else code
    window.dispose()
    return code


def _guide(window: MainWindow, guidance: Guidance, *, with_other: bool) -> None:
    """The guide over the window; who opens the other room has both beside each other."""
    from PySide6.QtCore import QRect

    from app.ui.first_start.guide import Guide

    def beside() -> None:
        _take_half(window, "left")
        open_other()

    open_other = guidance.open_other
    guide = Guide(replace(guidance, open_other=beside), window.theme, window.shell)
    guide.other.setVisible(with_other)
    guide.command.setVisible(with_other)
    columns = window.columns
    guide.place(QRect(columns.pos(), columns.size()))
    guide.show()
    guide.raise_()


def _collect_again() -> None:
    """What the start made stays for good and is not looked through at every collection."""
    if not gc.isenabled():
        stay()
        gc.enable()


def _take_half(window: MainWindow, side: str) -> None:
    """The left or right half of the screen: two consoles side by side."""
    room = window.screen().availableGeometry()
    half = room.width() // 2
    window.showNormal()
    window.setGeometry(room.x() + (half if side == "right" else 0), room.y(), half, room.height())


def first_start(port: FirstStart, *, only_restore: bool = False) -> bool:
    """Ask the questions of the first start; True when something is there to be opened. `only_restore`: a backup, nothing else."""
    from app.ui.first_start.window import FirstStartWindow
    from app.ui.theme.theme import Theme

    gc.enable()
    app = application()
    theme = Theme("dark")
    theme.apply(app)
    translate_dialogues(app, port.texts.language)
    window = FirstStartWindow(port, theme, only_restore=only_restore)
    ended: list[bool] = []
    window.finished.connect(ended.append)
    window.finished.connect(app.quit)
    window.show()
    app.exec()
    window.deleteLater()
    return ended == [True]


def show_fault(texts: Texts, sentence: str, code: str, path: str = "", *, restorable: bool = False) -> bool:
    """Show why there is no console until it was read; nothing where there is no display or nobody sees it.

    True when a backup is to be restored (`restorable`: that is offered).
    """
    try:
        check_display()
    except EnvironmentFault:
        return False
    if os.environ.get("QT_QPA_PLATFORM", "").startswith(_UNSEEN):
        return False
    from app.ui.fault_window import FaultWindow
    from app.ui.theme.theme import Theme

    gc.enable()
    app = application()
    theme = Theme("dark")
    theme.apply(app)
    window = FaultWindow(texts, theme, sentence, code, path, restorable=restorable)
    wanted: list[bool] = []
    window.restore_wanted.connect(lambda: wanted.append(True))
    window.closed.connect(app.quit)
    before = _on_signals(window)
    beat = _beat(window)
    window.show()
    try:
        app.exec()
    finally:
        beat.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    window.deleteLater()
    return bool(wanted)


def _beat(window: QWidget) -> QTimer:
    """Lets Python hear signals where no clock ticks."""
    from PySide6.QtCore import QTimer

    timer = QTimer(window)
    timer.timeout.connect(lambda: None)
    timer.start(_BEAT_MS)
    return timer


def _on_signals(window: QWidget) -> dict[int, Any]:
    """SIGINT and SIGTERM close the window; Python hears them at the next tick of a clock."""
    from PySide6.QtCore import QTimer

    def close(_number: int, _frame: object) -> None:
        QTimer.singleShot(0, window.close)

    return {number: signal.signal(number, close) for number in (signal.SIGINT, signal.SIGTERM)}
