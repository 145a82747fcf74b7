"""The wall from the console: opened and closed by F11, the incident under discussion chosen here, by whoever acts (CS-08)."""

from __future__ import annotations

from functools import partial
from math import hypot
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication, QScreen

from app.kernel.changes import ChangeSet
from app.ui.actions import Action, always
from app.ui.shell.keeping import Screens, screens
from app.ui.theme.tokens import REFERENCE_MM_PER_PX

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow
    from app.ui.wall.window import WallWindow

KEY, DISCUSS_KEY = "F11", "Ctrl+Shift+F11"
MEMORY = "wall"
INCHES = (0, 55, 65, 75, 86, 98, 110)  # 0: not told, in proportion to the screen
_MM_PER_INCH = 25.4
_DISTANCE_M = 4.0  # from where text must be legible (QUALITY)
_GROUP = "ui.layouts.group"


class WallDeeds:
    """Enters the actions; the wall is made when it is first opened."""

    def __init__(self, window: MainWindow) -> None:
        self._window, self._texts = window, window.texts
        self.wall: WallWindow | None = None
        add = window.actions_table.add
        add(Action("wall.toggle", "ui.wall.action.toggle", KEY, self.toggle, always, _GROUP))
        may, why = self._may_discuss, "ui.shell.why.select"
        add(
            Action(
                "wall.discuss",
                "ui.wall.action.discuss",
                DISCUSS_KEY,
                self.discuss,
                may,
                _GROUP,
                why,
                self._why_not,
            )
        )
        for inches in INCHES:
            text = f"ui.wall.size.{inches}"
            add(Action(f"wall.size.{inches}", text, "", partial(self.set_size, inches), always, _GROUP))
        window.layouts.ready.connect(self.begin)
        window.layouts.screens_changed.connect(self._screens_changed)

    # -- the window --------------------------------------------------------------------------------------------------------
    def begin(self) -> None:
        """Open again where it was open when the console ended, if that screen is there."""
        now = screens()
        if now.several and now.setup in self._kept("setups", []):
            self.open()

    def toggle(self) -> None:
        """F11."""
        if self.wall is None:
            self.open()
        else:
            self.wall.close()

    def open(self) -> None:
        """On another screen than the console's when there is one; on the only one it covers the console until F11 or Esc."""
        from app.ui.wall.window import WallWindow, wall_map

        window = self._window
        if self.wall is not None:
            return
        made = self.wall = WallWindow(window.console, wall_map(window.console), self._pitch())
        made.closed.connect(self._closed)
        made.left.connect(self._left)
        made.hear_link(window.feeds.standing)
        window.feeds.link_changed.connect(made.hear_link)
        window.pulse.second.connect(made.tick)
        screen = self._screen()
        made.setScreen(screen)
        made.setGeometry(screen.geometry())
        made.showFullScreen()
        if screen is window.screen():
            self._say("ui.wall.said.only_screen")
        else:
            window.activateWindow()  # the keys stay with the officer
            self._tell_distance(screen)
        self._remember(True)

    def _screen(self) -> QScreen:
        here = self._window.screen()
        others = [each for each in QGuiApplication.screens() if each is not here]
        areas = [each.geometry().width() * each.geometry().height() for each in others]
        return others[areas.index(max(areas))] if others else here

    def _closed(self) -> None:
        if self._window.layouts.ended:
            return  # the console ends, and Qt closes all its windows
        self._end()
        self._remember(False)

    def _end(self) -> None:
        made, self.wall = self.wall, None
        if made is not None:
            self._window.feeds.link_changed.disconnect(made.hear_link)
            self._window.pulse.second.disconnect(made.tick)
            made.closed.disconnect(self._closed)
            made.dispose()

    def _screens_changed(self, now: Screens) -> None:
        """The large screen is gone: the wall goes with it and never covers the console; it comes back with the screen."""
        if self.wall is not None and not now.several:
            self._end()
            self._say("ui.wall.said.screen_lost")
        elif self.wall is None and now.several and now.setup in self._kept("setups", []):
            self.open()

    def heard(self, changes: ChangeSet) -> None:
        """A commit."""
        if self.wall is not None:
            self.wall.heard(changes)

    def dispose(self) -> None:
        """The console ends, and the wall with it; it is open again after the next start."""
        self._end()

    # -- what is discussed -------------------------------------------------------------------------------------------------
    def _may_discuss(self) -> bool:
        if self._window.session.locked:
            return False
        return self._window.deeds.has_incident() or self._discussed() != ""

    def _why_not(self) -> str:
        return self._texts.get("ui.shell.why.signed_out") if self._window.session.locked else ""

    def _discussed(self) -> str:
        return self.wall.incident_id if self.wall is not None else ""

    def discuss(self) -> None:
        """The selected incident onto the wall, which opens if need be; the same again takes it down."""
        selected = self._window.session.selected_incident
        if self._discussed() and self._discussed() == selected:
            self._put("", "ui.wall.said.down")
        elif selected:
            self._put(selected, "ui.wall.said.up")
        else:
            self._put("", "ui.wall.said.down")

    def _put(self, incident_id: str, said: str) -> None:
        if self.wall is None:
            self.open()
        assert self.wall is not None
        self.wall.discuss(incident_id)
        self._say(said)

    def _left(self, incident_id: str) -> None:
        """The line is gone, and the wall has left the incident: the operator is told and can put it up again."""

        def again() -> None:
            if self.wall is not None and not self._window.session.locked:
                self.wall.discuss(incident_id)

        offer = (self._texts.get("ui.wall.said.again"), "", again)
        self._window.overlays.toasts.say(
            self._texts.get("ui.wall.said.left"), icon="alert", tone="warn", offer=offer
        )

    # -- size --------------------------------------------------------------------------------------------------------------
    def set_size(self, inches: int) -> None:
        """How large the panel is, so that text keeps its angle at four metres."""
        memory = self._memory()
        self._window.console.remember(MEMORY, {**memory, "inches": inches})
        if self.wall is not None:
            self.wall.set_pitch(self._pitch())
            self._tell_distance(self.wall.screen())

    def _pitch(self) -> float | None:
        """Millimetres of one px of the wall's screen, None when its size was not told."""
        inches = self._kept("inches", 0)
        if inches not in INCHES or not inches:
            return None
        shape = self._screen().geometry() if self.wall is None else self.wall.rect()
        return float(inches) * _MM_PER_INCH / hypot(shape.width(), shape.height())

    def _tell_distance(self, screen: QScreen) -> None:
        """From how far its text is legible, where the panel is too small for four metres."""
        pitch = self._pitch()
        if pitch is None or self.wall is None:
            return
        reach = _DISTANCE_M * self.wall.factor() * pitch / REFERENCE_MM_PER_PX
        if reach < _DISTANCE_M - 0.1:
            said = self._texts.get("ui.wall.said.reach", m=f"{reach:.1f}")
            self._window.overlays.toasts.say(said, icon="info", tone="muted")

    # -- what is kept ------------------------------------------------------------------------------------------------------
    def _memory(self) -> dict[str, Any]:
        memory = self._window.console.memory(MEMORY)
        return memory if isinstance(memory, dict) else {}

    def _kept(self, name: str, otherwise: Any) -> Any:
        found = self._memory().get(name, otherwise)
        return found if isinstance(found, type(otherwise)) else otherwise

    def _remember(self, is_open: bool) -> None:
        setups = [each for each in self._kept("setups", []) if each != screens().setup]
        if is_open:
            setups.append(screens().setup)
        self._window.console.remember(MEMORY, {**self._memory(), "setups": setups[-8:]})

    def _say(self, key: str) -> None:
        self._window.overlays.toasts.say(self._texts.get(key), icon="expand", tone="muted")
