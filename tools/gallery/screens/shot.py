"""What a chapter of screens hands out: one state of one window, and which pictures of the manual are taken of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.kernel.texts import Texts
from app.ui.shell.main_window import MainWindow
from app.ui.shell.toasts import Toast
from app.ui.theme.tokens import DESK_KINDS
from tools import stage as on

WIDE, NARROW = (1920, 1080), (1366, 768)


@dataclass(frozen=True)
class Picture:
    """A picture of the manual: the whole window, a part of it with a margin, or the band from one part to another."""

    name: str
    part: QWidget | None = None
    margin: int = 10
    to: QWidget | None = None
    theme: str = "dark"
    size: tuple[int, int] = WIDE


@dataclass(frozen=True)
class Shot:
    """One state. `part`: the sheet or window that is looked at (Tab goes round in it)."""

    name: str
    window: QWidget
    part: QWidget | None = None
    pictures: tuple[Picture, ...] = ()
    themes: tuple[str, ...] = DESK_KINDS

    @property
    def resizes(self) -> bool:
        """True for the main window, which is looked at in every size."""
        return isinstance(self.window, MainWindow)


@dataclass
class Scene:
    """Both rooms, the bureau's window, and the ids of the evening's incidents by short names."""

    stage: on.Stage
    window: MainWindow
    ids: dict[str, str]

    @property
    def texts(self) -> Texts:
        """Sentences of the window's language."""
        return self.window.texts

    def select(self, name: str) -> None:
        """Select an incident of the evening; wait until the desk knows it."""
        window, incident = self.window, self.ids[name]
        window.session.select_incident(incident)
        on.until(lambda: window.selected_row is not None and window.selected_row.id == incident, name)
        on.still(window)

    def sign_in(self, name: str) -> None:
        """Somebody else takes the seat."""
        self.window.session.lock()
        self.stage.emb.sign_in(name)

    def run(self, action: str) -> None:
        """Do what an action of the table does."""
        self.window.actions_table[action].handler()
        on.still(self.window)

    def quiet(self) -> None:
        """Notes of what was done have been read."""
        toasts = self.window.overlays.toasts
        for note in list(toasts.findChildren(Toast)):
            toasts._drop(note)
        on.still(self.window)

    def away(self) -> None:
        """Nothing lies over the panels any more."""
        window = self.window
        for sheet in list(window.overlays._made.values()):
            sheet.dismiss()
        window.overlays.put_away_refusal()
        self.quiet()
        window.close_desk()
        on.focus(window)
        window.focus_board()
        on.still(window)


Chapter = Callable[[Scene], Iterator[Shot]]
Alone = Callable[[str, Path], Iterator[Shot]]
