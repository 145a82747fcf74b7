"""The main window: header, columns, alarm strip, desk line, status line, and what lies over them.

The board paints first, between empty plates; what stands around it follows at once (`furniture`), map and plot a moment
later, sheets when they are first opened (docs/decisions/0040). What is imported here is imported before the first paint.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QMoveEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from app.kernel.changes import ChangeSet
from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.relay import Relay
from app.ui.session import Session
from app.ui.shell import furniture
from app.ui.shell.columns import SMALL_BELOW, Columns
from app.ui.shell.keeping import MEMORY as LAYOUTS
from app.ui.shell.keeping import box_of, brought_back, kept_for, overlap, screens
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.incidents import IncidentRow
    from app.ui.actions import ActionTable
    from app.ui.desk.data import DeskData
    from app.ui.desk.line import DeskLine
    from app.ui.desk.page import DeskPage
    from app.ui.layouts.keeper import Layouts
    from app.ui.links.judgement import Standing
    from app.ui.links.panel import LinksPanel
    from app.ui.shell.alarm_strip import AlarmStrip
    from app.ui.shell.deeds import Deeds
    from app.ui.shell.features import Features
    from app.ui.shell.feeds import Feeds
    from app.ui.shell.header import Header
    from app.ui.shell.lock import IdleLock
    from app.ui.shell.map_host import MapHost
    from app.ui.shell.overlays import Overlays
    from app.ui.shell.palette import Entry
    from app.ui.shell.ports import SiteDoor
    from app.ui.shell.pulse import Pulse
    from app.ui.shell.status_line import StatusLine
    from app.ui.shell.tone import Tone

log = logging.getLogger(__name__)
MEMORY, THEME_MEMORY = "window", "theme"
ROWS_MS = 500  # so long the first rows are waited for before anything else begins
SEEN_MS = 8  # the painted board goes to the screen before the processor is taken again
LATER_MS = 150  # after the first paint: what is heavy comes when the board has settled
MINIMUM = (900, 520)  # a screen of 1920 by 1080 at 200 % is 960 by 540
_HANDS = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress)


class MainWindow(QMainWindow):
    """One window over one console. `first_painted` once, `closed` when it has been closed."""

    first_painted = Signal()
    closed = Signal()

    # Made by `furniture.bring`, after the first paint.
    feeds: Feeds
    pulse: Pulse
    idle: IdleLock
    tone: Tone
    header: Header
    map_host: MapHost
    strip: AlarmStrip
    line: DeskLine
    status: StatusLine
    actions_table: ActionTable
    overlays: Overlays
    layouts: Layouts
    deeds: Deeds
    features: Features

    def __init__(self, console: SiteDoor, session: Session, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.console, self.session, self.theme, self.texts = console, session, theme, console.texts
        self.fault: EnvironmentFault | None = None
        self.restore_wanted = False  # the end of this window is the beginning of a restore
        self._painted = self._furnished = self._disposed = False
        self.kept_state = kept_for(console.memory(LAYOUTS), "", screens().setup) or {}
        self.single = self.kept_state.get("layout") == "single"  # the narrow layout by choice
        self._relay = Relay(self)
        self.desk: DeskPage | None = None
        self.links: LinksPanel | None = None
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app)
        self._build()
        self._title()

    # -- parts -------------------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.shell = QWidget()
        self.shell.setObjectName("shell")
        self.board = furniture.make_board(self.console, self.session, self.theme)
        self.columns = Columns(self.board, furniture.Plate(self.theme, "ground"))
        self._plates = furniture.Plates(self.theme, self.shell, self.columns)
        self.setCentralWidget(self.shell)
        self.setMinimumSize(*MINIMUM)
        self.columns.recall(self.kept_state.get("widths", self._kept("columns")))
        self.columns.recall_row(self.kept_state)
        self.columns.arrange(small=False, desk_open=False, links_wanted=True)
        self.board.installEventFilter(self)

    def furnish(self) -> None:
        """Put everything in its place that stands around the board; once, after the board's first paint."""
        if self._furnished or self._disposed:
            return
        self._furnished = True
        furniture.bring(self)
        self.header.set_small(self.small)
        self.line.set_small(self.small)
        self.columns.put(map=self.map_host)
        furniture.connect(self)
        self.columns.tell()
        self.tone.on = bool(self._kept("sound", True))
        self.show_layout()
        self._plates.give_way(self.header, self.strip, self.line, self.status)
        self.idle.watch(self.windowHandle())
        self.place_overlays()
        self.first_painted.emit()
        self.pulse.start()
        QTimer.singleShot(LATER_MS, self, self._later)

    def _title(self) -> None:
        district = self.console.district
        agency = district.agencies[self.console.agency].short
        self.setWindowTitle(self.texts.get("ui.shell.window", district=district.name, agency=agency))

    # -- beginning and end -------------------------------------------------------------------------------------------------
    def appear(self) -> None:
        """Show the window where it was left if that can be seen, or over the whole screen the first time."""
        self.stand(self.kept_state)

    def stand(self, kept: Mapping[str, Any]) -> None:
        """Stand where a kept state says, as far as that can be seen."""
        box, areas = box_of(kept.get("window")), screens().areas
        if box is not None and not kept.get("maximized", True):
            if self.isMaximized():
                self.showNormal()
            self.setGeometry(*brought_back(box, areas))
            self.show()
            return
        # Without a window manager nothing is maximised: the screen's own size comes first.
        self.setGeometry(*max(areas, key=lambda area: overlap(box or areas[0], area)))
        self.showMaximized()

    def _kept(self, name: str, otherwise: Any = None) -> Any:
        kept = self.console.memory(MEMORY)
        return kept.get(name, otherwise) if isinstance(kept, dict) else otherwise

    def _remember(self) -> None:
        self.layouts.end()
        self.console.remember(MEMORY, {"sound": self.tone.on})

    def event(self, event: QEvent) -> bool:
        """The native window was made, or made anew (a web view does that): listen to its keys and mouse.

        Whoever is quicker with a key than what stands around the board gets it first, and then the key.
        """
        if event.type() in _HANDS and self._painted:
            self.furnish()
        handled = super().event(event)
        if event.type() == QEvent.Type.WinIdChange and self._furnished:
            self.idle.watch(self.windowHandle())
        return handled

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice the first paint of the board: with its rows, unless they are late."""
        if event.type() == QEvent.Type.Paint and not self._painted:
            self._painted = True
            self.board.removeEventFilter(self)
            feed: Any = getattr(self.board, "feed", None)
            if feed is None or feed.loaded:
                QTimer.singleShot(SEEN_MS, self, self.furnish)
            else:  # the work behind the window would take the processor from them
                for come in (feed.opened, feed.failed):
                    come.connect(lambda *_: QTimer.singleShot(SEEN_MS, self, self.furnish))
                QTimer.singleShot(ROWS_MS, self, self.furnish)
        return False

    def _later(self) -> None:
        if self._disposed:  # closed in the meantime
            return
        self.make_panels()
        if self.focusWidget() is None and self.overlays.top_open() is None:
            self.focus_board()
        self.feeds.begin()
        self.features.conflicts.count()
        self.map_host.load()
        panel: Any = self.map_host.panel
        if panel is not None and hasattr(panel, "point_picked"):
            panel.point_picked.connect(self.deeds.point_picked)
        self.features.registers.map_loaded(panel)
        if self.links is not None:
            self.links.begin()
        self.layouts.begin()
        self.place_overlays()
        self.deeds.offer_draft()
        self.tone.prepare()  # now, and not when the first alarm wants to be seen

    def make_panels(self) -> None:
        """Desk and links come a moment later: nobody waits for them as for the board."""
        if self.desk is None:
            self.desk, self.links = furniture.bring_panels(self)
            self.desk.loaded.connect(self._show_desk)
            self.desk.closed.connect(self.close_desk)
            self.columns.put(desk=self.desk, links=self.links)
            if self.feeds.standing is not None:
                self.links.show_standing(self.feeds.standing, self.console.clock.now_ms())
            if self.session.selected_incident:
                self.desk.show_incident(self.session.selected_incident)

    @property
    def selected_row(self) -> IncidentRow | None:
        """Row of the selected incident, None until it is read."""
        data = self.desk.data if self.desk is not None else None
        return data.row if data is not None else None

    def palette_entries(self) -> list[Entry]:
        """Everything the palette finds."""
        from app.ui.shell.palette_entries import entries

        return entries(self)

    def follow(self, future: Future[Any], call: Any, failed: Any = None) -> None:
        """Call something on the Qt thread when a future is done; `failed` with its error."""
        self._relay.then(future, lambda _result: call(), failed)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Drafts are kept, so nothing is asked; the site behind ends in order afterwards."""
        if self._furnished:
            register = self.overlays.made("register")
            if register is not None:
                register.dismiss()
            self._remember()
        event.accept()
        self.closed.emit()

    def dispose(self) -> None:
        """Stop everything that still could speak to widgets. Idempotent."""
        if self._disposed:
            return
        self._disposed = True
        parts: tuple[Any, ...] = (self.session, self.board)
        if self._furnished:
            self.pulse.stop()
            self.tone.dispose()
            self.theme.changed.disconnect(self.theme_changed)
            parts = (
                self.layouts,
                self.features,
                self.feeds,
                self.session,
                self.desk,
                self.links,
                self.map_host,
                self.board,
            )
        for part in parts:
            ending = getattr(part, "dispose", None) or getattr(part, "stop", None)
            if callable(ending):
                ending()
        self._relay.stop()
        self.hide()
        self.deleteLater()

    # -- the site behind ---------------------------------------------------------------------------------------------------
    def restore(self) -> None:
        """End so that a backup can be restored."""
        self.restore_wanted = True
        self.close()

    # -- news --------------------------------------------------------------------------------------------------------------
    def _tick(self, now_ms: int) -> None:
        self.feeds.tick(now_ms)
        self.header.tick(now_ms)
        self.strip.refresh(now_ms)
        self.line.tick(now_ms)
        self.status.show_feed(self.console.feed())
        self.status.tick(now_ms)
        if self.desk is not None:
            self.desk.tick(now_ms)
        if self.feeds.standing is not None and self.links is not None:
            self.links.show_standing(self.feeds.standing, now_ms)
        self.layouts.tick()
        self.idle.tick(now_ms)
        self.deeds.tick()

    def show_link(self, standing: Standing) -> None:
        """How the line to the partner stands."""
        self.header.show_link(standing)
        self.status.show_link(standing)

    def show_alarms(self) -> None:
        """Alarms came or went."""
        self.strip.refresh(self.console.clock.now_ms())
        self.deeds.alarms_changed()

    def _show_desk(self, data: DeskData | None) -> None:
        self.line.show_incident(None if data is None else data.row, () if data is None else data.conflicts)

    def committed(self, changes: ChangeSet) -> None:
        """A commit, for every part that may show it."""
        if changes.touches("watch"):
            self.deeds.tell_ended()
        self.features.heard(changes)
        if self.desk is not None and self.links is not None:
            self.desk.heard(changes)
            self.links.heard(changes)

    def show_error(self, error: Refusal | EnvironmentFault) -> None:
        """A refusal or fault that no screen has shown."""
        if isinstance(error, EnvironmentFault) and error.code.startswith("database."):
            self.status.show_fault()
        self.place_overlays()
        self.overlays.refusals.show_error(error)

    def lost(self, error: BaseException) -> None:
        """A bug: logged with all it says, told without."""
        if isinstance(error, Refusal | EnvironmentFault):
            self.show_error(error)
            return
        log.error("a screen's question failed", exc_info=error)
        self.overlays.refusals.say(self.texts.get("ui.shell.refusal.bug"), type(error).__name__)

    def theme_changed(self) -> None:
        """Another theme: remembered, and told."""
        self.console.remember(THEME_MEMORY, self.theme.kind)
        self.session.theme_changed.emit(self.theme.kind)

    # -- arrangement -------------------------------------------------------------------------------------------------------
    @property
    def small(self) -> bool:
        """True in the narrow layout."""
        return self.columns.small

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Below 1500 px the links fold away and the desk becomes a page."""
        super().resizeEvent(event)
        self.fold()
        if self._furnished:
            self.show_layout()
            self.place_overlays()
            self.layouts.keep_soon()

    def moveEvent(self, event: QMoveEvent) -> None:
        """Where it stands is kept."""
        super().moveEvent(event)
        if self._furnished:
            self.layouts.keep_soon()

    def fold(self) -> None:
        """Be narrow where there is little room or it was chosen."""
        small = self.single or self.width() < SMALL_BELOW
        if small == self.columns.small:
            return
        if self._furnished:
            self.header.set_small(small)
            self.line.set_small(small)
        else:
            self._plates.set_small(small)
        narrow = getattr(self.board, "set_small", None)
        if callable(narrow):
            narrow(small)
        self.columns.arrange(small=small, desk_open=self.columns.desk_open, links_wanted=not small)

    def open_desk(self, page: str = "overview") -> None:
        """The desk, large or where it floats; it takes the focus."""
        self.make_panels()
        if not self.session.selected_incident or self.desk is None:
            return
        self.desk.show_page(page)
        if not self.layouts.bring_forward("desk"):
            self.arrange(desk_open=True)
        self.desk.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_desk(self) -> None:
        """Back to board and map; in the emergency layout the desk stays and only the focus goes."""
        if self.columns.desk_open:
            self.arrange(desk_open=False)
            self.focus_board()

    @property
    def desk_shown(self) -> bool:
        """True while the selected incident stands open on the desk, here or on another screen."""
        return self.columns.desk_open or "desk" in self.columns.away

    def focus_board(self) -> None:
        """The board's list with a row selected; an empty board's search."""
        for name in ("focus_list", "focus_search"):
            focus = getattr(self.board, name, self.board.setFocus)
            focus()
            focused = self.focusWidget()
            inside = focused is not None and (focused is self.board or self.board.isAncestorOf(focused))
            if inside and focused is not None and focused.isVisible():
                return

    def toggle_links(self) -> None:
        """Narrow windows: links beside the map, or away again."""
        shown = self.columns.shown("links")
        self.columns.arrange(small=self.small, desk_open=False, links_wanted=not shown)
        self.line.show()
        self.show_layout()

    def arrange(self, *, desk_open: bool) -> None:
        """Show the panels, with the desk or without it."""
        stays = self.columns.emergency and "desk" not in self.columns.away
        desk_open = desk_open or (stays and self.desk is not None)
        self.columns.arrange(small=self.small, desk_open=desk_open, links_wanted=not self.small)
        self.line.setVisible(not desk_open)
        self.show_layout()
        self.place_overlays()

    def show_layout(self) -> None:
        """Say in the status line which layout this is."""
        columns = self.columns
        key = "small" if self.small else "duty"
        if columns.desk_open or columns.emergency:
            key = "emergency" if columns.emergency else "desk"
        self.status.show_layout(f"ui.layouts.status.{key}")

    def place_overlays(self) -> None:
        """Sheets and cards where they belong."""
        top_left = self.columns.mapTo(self.shell, QPoint(0, 0))
        area = whole = QRect(top_left, self.columns.size())
        if self.columns.shown("map") and not self.columns.desk_open:
            area = QRect(self.map_host.mapTo(self.shell, QPoint(0, 0)), self.map_host.size())
        self.overlays.place(area, whole)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys nobody below has used: Enter opens the desk, Esc goes one step back."""
        key, plain = (
            event.key(),
            event.modifiers()
            in (
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.KeypadModifier,
            ),
        )
        if plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_desk()
        elif key == Qt.Key.Key_Escape:
            self.deeds.back()
        elif self.desk is not None and self.desk_shown and self.desk.turn_page(event):
            event.accept()
        else:
            super().keyPressEvent(event)
