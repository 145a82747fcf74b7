"""What lies over the panels: sheets, toasts, refusals; where each of them stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from app.ui.forms.oral import OralSheet
from app.ui.forms.raise_grade import RaiseSheet
from app.ui.forms.register import RegisterSheet
from app.ui.forms.watch import WatchSheet
from app.ui.session import Session
from app.ui.shell.key_sheet import KeySheet
from app.ui.shell.palette import Palette
from app.ui.shell.refusal_bar import RefusalBar
from app.ui.shell.sheet import Sheet
from app.ui.shell.sign_in import SignInSheet
from app.ui.shell.toasts import Toasts
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.ui.actions import ActionTable
    from app.ui.shell.palette import Entry
    from app.ui.shell.ports import SiteDoor

GAP = 12


class Overlays:
    """All sheets of one window, made when they are first asked for: none of them costs the first paint anything."""

    def __init__(
        self,
        console: SiteDoor,
        session: Session,
        theme: Theme,
        parent: QWidget,
        table: ActionTable,
        entries: Callable[[], Sequence[Entry]],
    ) -> None:
        self._console, self._session, self._theme, self._parent = console, session, theme, parent
        self._table, self._entries = table, entries
        self._made: dict[str, Sheet] = {}
        self.when_made: dict[
            str, Callable[[Sheet], None]
        ] = {}  # the window's connections, made with the sheet
        self._map = QRect()
        self._right = QRect()
        self.toasts = Toasts(theme, console.texts, parent)
        self.refusals = RefusalBar(console, theme, parent)

    # -- sheets ------------------------------------------------------------------------------------------------------------
    def _sheet(self, name: str, make: Callable[[], Sheet]) -> Sheet:
        if name not in self._made:
            self._made[name] = make()
            if name in self.when_made:
                self.when_made[name](self._made[name])
            self.place(self._map, self._right)
        return self._made[name]

    @property
    def sign_in(self) -> SignInSheet:
        """Signing in and unlocking."""
        made = self._sheet(
            "sign_in", lambda: SignInSheet(self._console, self._session, self._theme, self._parent)
        )
        assert isinstance(made, SignInSheet)
        return made

    @property
    def register(self) -> RegisterSheet:
        """Registration."""

        def make() -> Sheet:
            limits = self._console.limits_s
            return RegisterSheet(self._console, self._session, self._theme, self._parent, limits)

        made = self._sheet("register", make)
        assert isinstance(made, RegisterSheet)
        return made

    @property
    def oral(self) -> OralSheet:
        """Oral report."""
        made = self._sheet("oral", lambda: OralSheet(self._console, self._session, self._theme, self._parent))
        assert isinstance(made, OralSheet)
        return made

    @property
    def grade(self) -> RaiseSheet:
        """Alarm grade."""
        made = self._sheet(
            "grade", lambda: RaiseSheet(self._console, self._session, self._theme, self._parent)
        )
        assert isinstance(made, RaiseSheet)
        return made

    @property
    def watch(self) -> WatchSheet:
        """Watch."""
        made = self._sheet(
            "watch", lambda: WatchSheet(self._console, self._session, self._theme, self._parent)
        )
        assert isinstance(made, WatchSheet)
        return made

    @property
    def palette(self) -> Palette:
        """Commands, incidents, places."""

        def make() -> Sheet:
            return Palette(self._console.texts, self._theme, self._parent, self._entries)

        made = self._sheet("palette", make)
        assert isinstance(made, Palette)
        return made

    @property
    def keys(self) -> KeySheet:
        """Cheat sheet."""

        def make() -> Sheet:
            return KeySheet(self._console.texts, self._theme, self._parent, self._table)

        made = self._sheet("keys", make)
        assert isinstance(made, KeySheet)
        return made

    def top_open(self) -> Sheet | None:
        """A sheet that is open, if any."""
        return next((sheet for sheet in self._made.values() if sheet.is_open), None)

    def made(self, name: str) -> Sheet | None:
        """A sheet if it was made already."""
        return self._made.get(name)

    def dismiss_others(self, keep: Sheet) -> None:
        """One sheet at a time: the others go (drafts stay)."""
        for sheet in self._made.values():
            if sheet is not keep:
                sheet.dismiss()

    # -- places ------------------------------------------------------------------------------------------------------------
    def place(self, map_area: QRect, right: QRect) -> None:
        """`map_area`: the room between board and links; `right`: the column at the right edge."""
        self._map, self._right = map_area, right
        for name, sheet in self._made.items():
            x, y = self._corner(name, sheet)
            sheet.move(x, y)
        self.toasts.move(map_area.center().x() - self.toasts.width() // 2, 0)
        self._foot(self.toasts, map_area)
        self.refusals.move(map_area.center().x() - self.refusals.width() // 2, 0)
        self._foot(self.refusals, map_area)

    def _corner(self, name: str, sheet: Sheet) -> tuple[int, int]:
        if name == "sign_in":
            return self._right.right() - sheet.width() - GAP, self._right.top() + GAP
        middle = self._map.left() + max(GAP, (self._map.width() - sheet.width()) // 2)
        most = self._parent.width() - sheet.width() - GAP
        return max(0, min(middle, most)), self._map.top() + GAP

    @staticmethod
    def _foot(widget: QWidget, area: QRect) -> None:
        widget.move(widget.x(), area.bottom() - widget.height() - GAP)
