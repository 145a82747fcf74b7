"""The layouts of a window: which one, what stands where in it, kept for each account and set-up of screens (docs/decisions/0043).

Nothing here can lose a panel: what floats comes home when its window or its screen goes, and one panel always stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.ui.layouts.float_window import FloatWindow
from app.ui.layouts.watching import ScreenWatch
from app.ui.shell.columns import PANELS, ROW
from app.ui.shell.keeping import (
    MEMORY,
    Box,
    Screens,
    box_in,
    box_of,
    brought_back,
    is_seen,
    kept_for,
    overlap,
    with_kept,
)

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.ui.shell.main_window import MainWindow

DUTY, SINGLE, EMERGENCY = "duty", "single", "emergency"
LAYOUTS = (DUTY, SINGLE, EMERGENCY)
STEP = 40  # px a panel becomes wider or narrower by key
_KEEP_MS = 400


class Layouts(QObject):
    """One window's. `told` with a text key: what has happened to its windows by itself."""

    told = Signal(str)
    ready = Signal()  # everything that was kept stands
    screens_changed = Signal(object)  # Screens, once everything stands on them

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._columns = window, window.columns
        self.chosen = SINGLE if window.single else DUTY
        self.floats: dict[str, FloatWindow] = {}
        self.watch = ScreenWatch(self)
        self.watch.changed.connect(self._other_screens)
        self._begun = self._ended = False
        self._setup = self.watch.last.setup
        memory = window.console.memory(MEMORY)
        self._owner = str(memory.get("last", "")) if isinstance(memory, dict) else ""  # whose layout stands
        self._keep_later = QTimer(self, singleShot=True, interval=_KEEP_MS)
        self._keep_later.timeout.connect(self.keep)
        self._columns.arranged.connect(self.keep_soon)
        window.session.account_changed.connect(self._account_changed)

    def begin(self) -> None:
        """The board has settled and everything is there: the rest of what was kept."""
        self._begun = True
        state = self._window.kept_state
        if state:
            self.apply(state)
        self.ready.emit()

    @property
    def ended(self) -> bool:
        """True once the window closes: what closes with it is nobody's wish."""
        return self._ended

    def end(self) -> None:
        """The window closes: remember what stands, and nothing that comes after. Idempotent."""
        self.keep()
        if not self._ended:
            self._ended = True
            self._keep_later.stop()
            self.watch.stop()

    def dispose(self) -> None:
        """Close what floats; the panels go home so that they end with the window."""
        self.end()
        for name in list(self.floats):
            self._take_home(name)

    # -- layouts -----------------------------------------------------------------------------------------------------------
    def choose(self, name: str) -> None:
        """Change to a layout; the emergency one shows the selected incident, or the one that burns first."""
        window = self._window
        self.chosen = name
        window.single = name == SINGLE
        self._columns.emergency = name == EMERGENCY
        window.fold()
        self.tick()
        window.make_panels()
        window.arrange(desk_open=name == EMERGENCY)
        self.keep_soon()

    def tick(self) -> None:
        """In the emergency layout something is on the desk as soon as there is something."""
        session = self._window.session
        if self._columns.emergency and not session.selected_incident:
            session.select_incident(next((row.id for row in self._window.feeds.rows if row.open), ""))

    def reset(self) -> None:
        """Everything back as it was made: panels, widths, order, layout."""
        for name in list(self.floats):
            self._take_home(name)
        self._columns.reset()
        self.choose(DUTY)

    # -- panels ------------------------------------------------------------------------------------------------------------
    def is_away(self, name: str) -> bool:
        """True if a panel floats."""
        return name in self.floats

    def may_leave(self, name: str) -> bool:
        """Whether a panel may be hidden or float: one of the row always stays in this window."""
        if name == "desk":
            return True
        row = [each for each in ROW if each not in self._columns.hidden | self._columns.away]
        return name not in row or len([each for each in row if each != "links"]) > (name != "links")

    def hide(self, name: str) -> None:
        """Put a panel away; the desk is put away by closing it."""
        if name == "desk":
            self._window.close_desk()
            return
        if not self.may_leave(name):
            return
        if name in self.floats:
            self._take_home(name)
        self._columns.hidden |= {name}
        self._arranged()

    def show(self, name: str) -> None:
        """Let a hidden panel be seen again, where it stood."""
        if name in self._columns.hidden:
            self._columns.hidden -= {name}
            self._arranged()

    def move(self, name: str, step: int) -> None:
        """Change places with the next panel to the left (-1) or right (1)."""
        order = list(self._columns.order)
        at = order.index(name)
        to = at + step
        if 0 <= to < len(order):
            order[at], order[to] = order[to], order[at]
            self._columns.order = tuple(order)
            self._arranged()

    def widen(self, name: str, step: int) -> None:
        """Make a panel wider or narrower by px."""
        key = self._key(name)
        self._columns.set_width(key, self._columns.wide(key) + step)
        self.keep_soon()

    def _key(self, name: str) -> str:
        columns = self._columns
        if columns.desk_open:
            return f"near_{name}" if columns.emergency and name in ("board", "map") else "left"
        return name

    def float_out(self, name: str, box: Box | None = None) -> None:
        """Give a panel a window of its own: at a place, or on another screen than this window's when there is one."""
        if name in self.floats or not self.may_leave(name):
            return
        window = self._window
        window.make_panels()
        self._columns.hidden -= {name}
        held = self._columns.give(name)
        made = FloatWindow(window, name, held)
        made.closed.connect(self.bring_home)
        made.moved.connect(self.keep_soon)
        self.floats[name] = made
        made.setGeometry(*(box or self._free_place()))
        made.show()
        window.idle.watch(made.windowHandle())
        self._arranged()

    def bring_home(self, name: str) -> None:
        """A float ends: its panel goes back to its place."""
        if name in self.floats and not self._ended:
            self._take_home(name)
            self._arranged()

    def _take_home(self, name: str) -> None:
        made = self.floats.pop(name)
        made.closed.disconnect(self.bring_home)
        made.moved.disconnect(self.keep_soon)
        self._columns.take_back(name)
        made.hide()
        made.deleteLater()

    def bring_forward(self, name: str) -> bool:
        """Let a panel be seen: its float to the front with the keys, or out of hiding. True if it floats."""
        if name in self.floats:
            made = self.floats[name]
            made.showNormal() if made.isMinimized() else made.show()
            made.raise_()
            made.activateWindow()
            return True
        self.show(name)
        return False

    def _free_place(self) -> Box:
        """Two thirds of another screen than the window's, or beside the middle of the only one."""
        now = self.watch.last
        place = box_in(self._window.geometry())
        here = max(now.areas, key=lambda area: overlap(place, area))
        others = [area for area in now.areas if area != here]
        x, y, width, height = (others or now.areas)[0]
        wide, high = (width * 2 // 3, height * 2 // 3) if others else (width // 2, height * 2 // 3)
        step = 40 * len(self.floats)
        left = x + (width - wide) // 2 if others else x + width - wide - 40
        return left + (step if others else -step), y + (height - high) // 2 + step, wide, high

    def _arranged(self) -> None:
        columns = self._columns
        desk_open = columns.desk_open and "desk" not in columns.away
        self._window.arrange(desk_open=desk_open)
        self.keep_soon()

    # -- what is kept ------------------------------------------------------------------------------------------------------
    def state(self) -> dict[str, Any]:
        """Everything to be remembered."""
        window, columns = self._window, self._columns
        box = window.normalGeometry() if window.isMaximized() or window.isFullScreen() else window.geometry()
        return {
            "layout": self.chosen,
            "order": list(columns.order),
            "hidden": sorted(columns.hidden),
            "widths": columns.kept(),
            "floats": {name: list(box_in(each.geometry())) for name, each in self.floats.items()},
            "window": list(box_in(box)),
            "maximized": window.isMaximized(),
        }

    def apply(self, state: Mapping[str, Any]) -> None:
        """Take up a state; what it says of panels or screens that are not there is left out."""
        columns = self._columns
        for name in list(self.floats):
            self._take_home(name)
        columns.recall(state.get("widths"))
        columns.recall_row(state)
        hidden = state.get("hidden")
        columns.hidden = frozenset(hidden) & set(ROW) if isinstance(hidden, list) else frozenset()
        if {"board", "map"} <= columns.hidden:
            columns.hidden -= {"board"}
        wanted = state.get("layout")
        self.choose(wanted if wanted in LAYOUTS else DUTY)
        floats = state.get("floats")
        for name, place in floats.items() if isinstance(floats, dict) else ():
            box = box_of(place)
            if name in PANELS and box is not None and is_seen(box, self.watch.last.areas):
                self.float_out(name, box)

    def keep_soon(self) -> None:
        """Remember what stands now, once it stands still."""
        if self._begun and not self._ended and not self.watch.settling:
            self._keep_later.start()

    def keep(self) -> None:
        """Remember it now, for whoever is signed in or was last."""
        if not self._begun or self._ended or self.watch.settling:
            return
        self._keep_later.stop()
        console = self._window.console
        memory = console.memory(MEMORY)
        wanted = with_kept(memory, self._owner, self._setup, self.state())
        if wanted != memory:
            console.remember(MEMORY, wanted)

    def _account_changed(self, account: AccountRow | None) -> None:
        """Somebody signed in: as he left it; who is new here begins with what stands. The window itself stays where it is."""
        if not self._begun:
            return
        if self._keep_later.isActive():
            self.keep()  # what was still to be kept is his who did it
        if account is None or account.id == self._owner:
            return
        self._owner = account.id
        kept = kept_for(self._window.console.memory(MEMORY), account.id, self._setup)
        if kept is not None and {**kept, **_PLACE} != {**self.state(), **_PLACE}:
            self.apply(kept)
        self.keep_soon()

    # -- screens -----------------------------------------------------------------------------------------------------------
    def _other_screens(self, now: Screens) -> None:
        """A screen came or went: as it was left on these screens; what is nowhere to be seen comes back by itself."""
        window = self._window
        if not self._begun or self._ended:
            return
        memory = window.console.memory(MEMORY)
        before = kept_for(memory, self._owner, self._setup) or {}
        self._setup = now.setup
        kept = kept_for(memory, self._owner, now.setup)
        stood = before.get("floats")
        stood = stood if isinstance(stood, dict) else {}  # not where a failing desktop pushed them
        lost = [
            name
            for name, each in self.floats.items()
            if not is_seen(box_of(stood.get(name)) or box_in(each.geometry()), now.areas)
        ]
        if kept is not None:
            if box_of(kept.get("window")) is not None:
                window.stand(kept)
            self.apply(kept)
        else:
            for name in lost:
                self._take_home(name)
            self._arranged()
        self._rescue(now)
        if lost:
            self.told.emit("ui.layouts.said.screen_lost")
        self.screens_changed.emit(now)
        self.keep_soon()

    def _rescue(self, now: Screens) -> None:
        """No window stays where it cannot be seen."""
        for each in (self._window, *self.floats.values()):
            place = box_in(each.geometry())
            better = brought_back(place, now.areas)
            if better != place:
                large = each.isMaximized()
                if large:
                    each.showNormal()
                each.setGeometry(*better)
                if large:
                    each.showMaximized()


_PLACE: dict[str, Any] = {"window": None, "maximized": None}
