"""Real windows over real sites, offscreen, without the web engine; keys and mouse as a person uses them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap.site_console import SiteConsole
from app.kernel.clock import ManualClock
from app.kernel.enums import Agency
from app.kernel.paths import DataDir
from app.queries.incidents import IncidentRow
from app.ui import start
from app.ui.board.panel import BoardPanel
from app.ui.shell import map_host
from app.ui.shell.main_window import MainWindow
from app.usecases.bus import Done
from app.usecases.commands import Command
from tests.kit import PASSWORD, START, Site, cheap_passwords, moment, ms

WAIT_MS = 30_000
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
PLAIN = Qt.KeyboardModifier.NoModifier
ENTER, ESCAPE, TAB = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab


@dataclass
class Room:
    """One console with its window and a clock one sets."""

    console: SiteConsole
    window: MainWindow
    clock: ManualClock
    bot: QtBot
    keys: int = 0
    open: bool = True

    @property
    def site(self) -> Site:
        """The site behind the window, as the kit knows sites."""
        node = self.console._node
        assert node is not None
        return Site(node, self.clock, Agency(self.console.agency), Path())

    @property
    def board(self) -> BoardPanel:
        """The board of the window."""
        assert isinstance(self.window.board, BoardPanel)
        return self.window.board

    def wait(self, true: Callable[[], object]) -> None:
        """Let the window live until something holds."""
        self.bot.waitUntil(lambda: bool(true()), timeout=WAIT_MS)

    def settle(self) -> None:
        """Let everything that is queued arrive: what the window asked is answered, and what it asked upon that."""
        self._answered()
        self._answered()

    def _answered(self) -> None:
        """Wait for a question of one's own that stands behind all others."""
        answered: list[bool] = []
        self.window.follow(self.console.query(lambda _: None), lambda: answered.append(True))
        self.wait(lambda: answered)

    def focus(self) -> QWidget:
        """The widget that gets the keys."""
        if QApplication.activeWindow() is not self.window:
            self.window.activateWindow()
            self.bot.waitUntil(lambda: QApplication.activeWindow() is self.window, timeout=WAIT_MS)
        return QApplication.focusWidget() or self.window

    def press(self, key: Qt.Key, modifiers: Any = PLAIN) -> None:
        """One keystroke, counted."""
        self.keys += 1
        QTest.keyClick(self.focus(), key, modifiers)
        self.bot.wait(1)

    def type(self, text: str) -> None:
        """Type text into the field that has the focus; Chinese as an input method commits it."""
        field = self.focus()
        if text.isascii():
            QTest.keyClicks(field, text)
            return
        assert isinstance(field, QLineEdit)
        field.insert(text)
        field.textEdited.emit(field.text())

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """One click."""
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, PLAIN, at or widget.rect().center())

    def tick(self, seconds: float = 1.0) -> None:
        """Let the clock go on and the window notice."""
        self.clock.advance(seconds)
        self.window._tick(self.clock.now_ms())

    def clock_at(self, time: str) -> datetime:
        """A local time of the day of the stories."""
        return moment(time)

    def sign_in(self, who: str = "duty_officer") -> None:
        """Sign in through the sheet, by keys."""
        sheet = self.window.overlays.sign_in
        if not sheet.is_open:
            sheet.ask()
        sheet.name.setText(f"{self.console.agency}-{who}")
        sheet.password.setFocus()
        QTest.keyClicks(sheet.password, PASSWORD)
        QTest.keyClick(sheet.password, ENTER)
        self.wait(lambda: not self.window.session.locked)

    def sign_in_again(self, who: str) -> None:
        """Somebody else takes the seat."""
        self.window.session.lock()
        self.sign_in(who)

    def act(self, command: Command, who: str = "duty_officer") -> Done:
        """Carry out a command behind the window's back."""
        done: Done = self.site.node.execute(command, self.site.account(who))
        return done

    def select(self, row: IncidentRow) -> None:
        """Select an incident and wait until the desk knows it."""
        self.window.session.select_incident(row.id)
        self.wait(lambda: self.window.selected_row is not None and self.window.selected_row.id == row.id)

    def close(self) -> None:
        """As the program does it: window, then site."""
        if not self.open:
            return
        self.open = False
        self.window.close()
        self.window.dispose()
        self.console.close()
        QApplication.processEvents()


Open = Callable[..., Room]


@pytest.fixture
def rooms(
    founded_town: tuple[Path, dict[str, str]],
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Open]:
    """Opens consoles with their windows: rooms("EMB"), rooms("FRD", size=(1366, 768)); all are closed afterwards."""
    monkeypatch.setattr(map_host, "_PANEL", "app.ui.map.not_in_this_test")
    folder, _ = founded_town
    made: list[Room] = []

    def open_room(
        agency: str = "EMB",
        *,
        size: tuple[int, int] = (1920, 1080),
        language: str | None = None,
        before: Callable[[SiteConsole], None] | None = None,
        wait: bool = True,
    ) -> Room:
        data = tmp_path / "town" / agency
        if not data.exists():
            shutil.copytree(folder / agency, data)
        clock = ManualClock(ms(START))
        console = SiteConsole(DataDir(data), clock, language=language)
        if before is not None:
            before(console)
        window = start.open_window(console)
        window.first_painted.connect(console.open)
        room = Room(console, window, clock, qtbot)
        made.append(room)
        window.resize(*size)
        window.show()
        window.activateWindow()
        if wait:
            room.wait(lambda: console.opened.done() and window.desk is not None)
            room.settle()
        return room

    with cheap_passwords():
        yield open_room
    for room in made:
        room.close()


@pytest.fixture
def emb_room(rooms: Open) -> Room:
    """The bureau's window, locked, at 08:00 on the day of the stories."""
    return rooms("EMB")


@pytest.fixture
def frd_room(rooms: Open) -> Room:
    """The fire side's window."""
    return rooms("FRD")


def threads() -> set[str]:
    """Names of the threads that run."""
    return {thread.name for thread in threading.enumerate()}
