"""The board, and what stands around it: plates in its places until the board has been painted, then the real parts at once.

Nothing of it is imported before `bring` is called (docs/decisions/0040).
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.ui.shell.initials import speller

if TYPE_CHECKING:
    from app.ui.console import Console
    from app.ui.desk.page import DeskPage
    from app.ui.links.panel import LinksPanel
    from app.ui.session import Session
    from app.ui.shell.main_window import MainWindow
    from app.ui.theme.theme import Theme

_PANEL = "app.ui.board.panel"
GAP = 4
HEADER, STRIP, LINE, STATUS = 56, 36, 44, 24  # heights in px of what will stand there
HEADER_SMALL, LINE_SMALL = 48, 40
_DESK_ACTS = (("oral", "F4"), ("raise", "Ctrl+\N{UPWARDS ARROW}"), ("handling", ""), ("controlled", ""))


def make_board(console: Console, session: Session, theme: Theme) -> QWidget:
    """The board panel of this build, or an honest sentence."""
    if importlib.util.find_spec("app.ui.board") is None or importlib.util.find_spec(_PANEL) is None:
        from app.ui.shell.sheet import plain

        label: QLabel = plain(console.texts.get("ui.shell.board.absent"), tone="muted")
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setProperty("plane", "surface")
        label.setObjectName("incidentBoard")
        return label
    panel: QWidget = importlib.import_module(_PANEL).BoardPanel(
        console, session, theme, spell=speller(console.district.streets)
    )
    return panel


class Plate(QWidget):
    """A part's ground in its place, without its content."""

    def __init__(self, theme: Theme, token: str, height: int = 0) -> None:
        super().__init__()
        self._theme, self._token = theme, token
        if height:
            self.setFixedHeight(height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """One colour."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._theme.colour(self._token))
        painter.end()


class Plates:
    """The column of the window's parts around `middle`, all of them plates at first."""

    def __init__(self, theme: Theme, shell: QWidget, middle: QWidget) -> None:
        self._header, self._strip = Plate(theme, "surface", HEADER), Plate(theme, "surface", STRIP)
        self._line, self._status = Plate(theme, "surface", LINE), Plate(theme, "canvas", STATUS)
        self._column = column = QVBoxLayout(shell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addSpacing(GAP)
        column.addWidget(middle, 1)
        column.addSpacing(GAP)
        column.addWidget(self._strip)
        column.addSpacing(GAP)
        column.addWidget(self._line)
        column.addWidget(self._status)

    def set_small(self, small: bool) -> None:
        """Heights of a narrow window."""
        self._header.setFixedHeight(HEADER_SMALL if small else HEADER)
        self._line.setFixedHeight(LINE_SMALL if small else LINE)

    def give_way(self, header: QWidget, strip: QWidget, line: QWidget, status: QWidget) -> None:
        """The real parts, where the plates are."""
        pairs = ((self._header, header), (self._strip, strip), (self._line, line), (self._status, status))
        for plate, part in pairs:
            self._column.replaceWidget(plate, part)
            plate.hide()
            plate.deleteLater()


def bring(window: MainWindow) -> None:
    """Make every part of the window but the board, and put them into their places."""
    from app.ui.actions import ActionTable
    from app.ui.desk.line import DeskLine
    from app.ui.layouts.keeper import Layouts
    from app.ui.shell.alarm_strip import AlarmStrip
    from app.ui.shell.deeds import Deeds
    from app.ui.shell.features import Features
    from app.ui.shell.feeds import Feeds
    from app.ui.shell.header import Header
    from app.ui.shell.lock import IdleLock
    from app.ui.shell.map_host import MapHost
    from app.ui.shell.overlays import Overlays
    from app.ui.shell.pulse import Pulse
    from app.ui.shell.status_line import StatusLine
    from app.ui.shell.tone import Tone

    console, session, theme = window.console, window.session, window.theme
    window.feeds = Feeds(console, window)
    window.pulse = Pulse(console.clock, window)
    window.idle = IdleLock(session, console.clock, parent=window)
    window.tone = Tone(window)
    window.header = Header(console, session, theme)
    window.map_host = MapHost(console, session, theme)
    window.strip = AlarmStrip(console, window.feeds.desk, theme)
    window.line = DeskLine(console, theme)
    window.status = StatusLine(console, theme)
    window.actions_table = ActionTable()
    window.overlays = Overlays(
        console, session, theme, window.shell, window.actions_table, window.palette_entries
    )
    window.layouts = Layouts(window)
    window.deeds = Deeds(window)
    window.features = Features(window)
    window.actions_table.install(window, console.texts.get, window.deeds.denied)


def connect(window: MainWindow) -> None:
    """What each part tells the others."""
    from app.ui.shell import wiring

    wiring.connect(window)


def bring_panels(window: MainWindow) -> tuple[DeskPage, LinksPanel]:
    """Make desk and links."""
    from app.ui.desk.page import DeskPage
    from app.ui.links.panel import LinksPanel
    from app.ui.shell import grading

    desk = DeskPage(window.console, window.session, window.theme)
    for name, shown in _DESK_ACTS:
        if name == "raise" and not grading.is_ours(window.console.agency):
            continue  # nobody here does it (RC-16); the palette says who
        text = window.texts.get(window.actions_table[name].text)
        desk.add_button(text, shown, window.deeds.runner(name))
    desk.overview.wanted.connect(lambda name: window.deeds.runner(name)())
    desk.overview.number_wanted.connect(lambda key: window.features.settings.show("numbers", key))
    return desk, LinksPanel(window.console, window.session, window.theme)
