"""One console as a process with a window nobody sees: the program's own window, bound to its own site.

Acts come in through the site's local socket, as for every console; what is painted is asked over a pipe of its own.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from PySide6.QtCore import QBuffer, QIODevice, QSocketNotifier
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication, QWidget

from app.bootstrap.listening import listening_at
from app.bootstrap.site_console import SiteConsole
from app.kernel.clock import FileClock
from app.kernel.paths import DataDir
from app.ui import start
from app.ui.shell import map_host
from app.ui.shell.main_window import MainWindow

SIZE = (1920, 1080)
_SVG = "{http://www.w3.org/2000/svg}"
_INSIDE = ("127.", "::1", "localhost")

outside: list[str] = []  # addresses beyond this machine that something tried to reach (G4)


def _watch_sockets(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.bind", "socket.sendto") and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
        if not host.startswith(_INSIDE):
            outside.append(f"{event} {host}")
    elif event == "socket.getaddrinfo" and arguments[0] is not None:
        host = str(arguments[0])
        if not host.startswith(_INSIDE):
            outside.append(f"{event} {host}")


def painted_lines(widget: QWidget) -> list[str]:
    """The texts a window paints, line by line: what is hidden, cut off or covered by nothing is not among them.

    The window paints itself into a drawing of vectors, in which text stays text.
    """
    kept = QBuffer()
    kept.open(QIODevice.OpenModeFlag.WriteOnly)
    drawing = QSvgGenerator()
    drawing.setOutputDevice(kept)
    drawing.setSize(widget.size())
    widget.render(drawing)
    del drawing  # it is written at its end
    return lines_of(bytes(kept.data().data()))


@dataclass
class _Word:
    """A piece of text and where it stands; `frame`: the widget that painted it, as far as a drawing tells."""

    frame: str
    x: float
    y: float
    text: str


def lines_of(drawing: bytes) -> list[str]:
    """Words of a drawing, put together to lines by where they stand."""
    words: list[_Word] = []
    for group in ElementTree.fromstring(drawing).iter(f"{_SVG}g"):  # nosec B314  # our own drawing
        frame = group.get("transform", "")
        words += [
            _Word(frame, float(word.get("x", 0)), float(word.get("y", 0)), word.text or "")
            for word in group.findall(f"{_SVG}text")
        ]
    lines: list[str] = []
    last: _Word | None = None
    for word in words:  # in the order of painting: a text comes in pieces, one after the other
        if last is not None and (word.frame, word.y) == (last.frame, last.y) and word.x >= last.x:
            lines[-1] += word.text
        else:
            lines.append(word.text)
        last = word
    return [line.strip() for line in lines if line.strip()]


class Seat:
    """The window and whoever asks what it shows."""

    def __init__(self, console: SiteConsole, window: MainWindow, clock: FileClock) -> None:
        self._console, self._window, self._clock = console, window, clock
        self._asks: dict[str, Callable[[dict[str, Any]], Any]] = {
            "ready": self._ready,
            "sign_in": self._sign_in,
            "texts": self._texts,
            "draft": self._draft,
            "outside": lambda _: outside,
        }

    def answer(self, request: dict[str, Any]) -> Any:
        """Answer one question."""
        return self._asks[request["ask"]](request)

    def _ready(self, _request: dict[str, Any]) -> bool:
        if self._console.opened.done():
            self._console.opened.result()
        # A console that was killed has left its socket behind: the feed counts once the network is up.
        at_work = self._console.feed() is not None and self._console.data.socket.exists()
        return at_work and self._window.desk is not None

    def _sign_in(self, request: dict[str, Any]) -> bool:
        """True once the officer sits at the window; asked again until then."""
        window = self._window
        window._tick(self._clock.now_ms())
        if not window.session.locked:
            return True
        sheet = window.overlays.sign_in
        if not sheet.is_open:
            sheet.ask()
        sheet.name.setText(request["name"])
        if not sheet._busy:
            sheet.password.setText(request["password"])
            sheet.submit()
        return False

    def _draft(self, request: dict[str, Any]) -> bool:
        """Open the form of registration, and type into it what is given."""
        self._window.deeds.register()
        if request.get("text"):
            self._window.overlays.register.what.setText(request["text"])
        return True

    def _texts(self, request: dict[str, Any]) -> list[str]:
        """What the window paints now, with the desk of an incident open or without."""
        window = self._window
        window._tick(self._clock.now_ms())
        incident = request.get("incident")
        if incident:
            window.session.select_incident(incident)
            window.open_desk()
        else:
            window.close_desk()
        QApplication.sendPostedEvents()
        return [window.windowTitle(), *painted_lines(window)]


def run(data: str, clock_file: str, listen: str, line: Connection, errors: str) -> None:
    """One console until its site is told to stop, or nobody is on the line any more; `errors`: where standard error goes."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with Path(errors).open("ab") as kept:
        os.dup2(kept.fileno(), sys.stderr.fileno())
    sys.addaudithook(_watch_sockets)
    faulthandler.register(signal.SIGUSR1)  # whoever waits in vain asks where it stands
    map_host._PANEL = "app.ui.map.not_in_a_scenario"  # a browser of its own: tests/ui/test_map_page.py
    clock = FileClock(Path(clock_file))
    app = start.application()
    console = SiteConsole(DataDir(Path(data)), clock, listening_at(listen), language="zh_CN")
    window = start.open_window(console)
    window.first_painted.connect(console.open)
    window.closed.connect(app.quit)
    window.follow(console.stopped, window.close)
    window.resize(*SIZE)
    window.show()
    seat = Seat(console, window, clock)
    asked = QSocketNotifier(line.fileno(), QSocketNotifier.Type.Read)

    def hear() -> None:
        try:
            request = line.recv()
        except EOFError:  # whoever asked is gone
            asked.setEnabled(False)
            window.close()
            return
        line.send(seat.answer(request))

    asked.activated.connect(hear)
    try:
        app.exec()
    finally:
        window.dispose()
        console.close()
