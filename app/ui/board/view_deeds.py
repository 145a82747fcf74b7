"""The window's ways to the board's views, and what an account keeps of the board on this workstation."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow
    from app.ui.board.panel import BoardPanel
    from app.ui.board.views import Kept, View
    from app.ui.shell.main_window import MainWindow

VIEWS_KEY = "Ctrl+Shift+V"
MEMORY = "board.kept"
NAMES = ("ours", "theirs", "open", "all")
_BOARD = "ui.shell.group.board"


class ViewDeeds:
    """Enters the actions into the window's table. A filter is never recalled by itself (views.py says why)."""

    def __init__(self, window: MainWindow) -> None:
        self._window, self._texts = window, window.texts
        self._kept: Kept | None = None
        table = window.actions_table
        table.add(Action("board.views", "ui.board.views.action", VIEWS_KEY, self.open, always, _BOARD))
        for at, name in enumerate(NAMES):
            show = partial(self._show_built_in, at)
            table.add(Action(f"board.view.{name}", f"ui.board.views.{name}", "", show, always, _BOARD))
        window.overlays.when_made["views"] = self._made
        window.session.account_changed.connect(self._account_changed)
        if hasattr(window.board, "arranged"):
            window.board.arranged.connect(self._arranged)
            menu = self._board.more
            menu.addSeparator()
            menu.addAction(f"{self._texts.get('ui.board.views.action')}\t{VIEWS_KEY}", self.open)
            if isinstance(window.console.memory(MEMORY), dict):
                self._recall("")

    @property
    def _board(self) -> BoardPanel:
        board: Any = self._window.board
        return board  # type: ignore[no-any-return]

    # -- what is kept ------------------------------------------------------------------------------------------------------
    def _account_changed(self, account: AccountRow | None) -> None:
        if account is not None and hasattr(self._window.board, "arranged"):
            self._recall(account.id)

    def _recall(self, account_id: str) -> None:
        """The last one's until somebody signs in; somebody new begins with what stands there."""
        from app.ui.board.views import Kept

        stored = self._window.console.memory(MEMORY)
        stored = stored if isinstance(stored, dict) else {}
        last = stored.get("last", "")
        mine = stored.get(account_id or last)
        if mine is None and account_id:
            return
        self._kept = Kept.read(mine)
        self._dress(self._kept)
        self._board.sort_by(self._kept.sort)

    def kept(self) -> Kept:
        """What the account keeps, or who is there without one."""
        from app.ui.board.views import Kept

        if self._kept is None:
            self._kept = Kept(sort=self._board.feed.view.sort)
        return self._kept

    def _keep(self, kept: Kept) -> None:
        if kept == self._kept:
            return
        self._kept = kept
        console, account = self._window.console, self._window.session.account
        if account is None:
            return  # nobody's: it holds until the window closes
        stored = console.memory(MEMORY)
        others = stored if isinstance(stored, dict) else {}
        console.remember(MEMORY, {**others, account.id: kept.stored(), "last": account.id})

    def _arranged(self) -> None:
        self._keep(replace(self.kept(), sort=self._board.feed.view.sort))

    def _dress(self, kept: Kept) -> None:
        self._board.dress_rows(frozenset(map(str, kept.parts)), small=kept.small)

    # -- the sheet ---------------------------------------------------------------------------------------------------------
    def open(self) -> None:
        """Ctrl+Shift+V: views by arrows and Enter."""
        sheet = self._window.overlays.views
        self._window.overlays.dismiss_others(sheet)
        sheet.show_kept(self.kept(), self.present())
        sheet.open()

    def present(self) -> View:
        """What the board shows now, without a name."""
        from app.ui.board.views import View

        view = self._board.feed.view
        return View("", view.chip, self._board.search.text(), view.sort, self.kept().small)

    def _made(self, sheet: Any) -> None:
        sheet.wanted.connect(self._show)
        sheet.changed.connect(self._changed)
        sheet.deleted.connect(self._deleted)

    def _changed(self, kept: Kept) -> None:
        self._keep(kept)
        self._dress(kept)

    def _deleted(self, view: View) -> None:
        def undo() -> None:
            kept = self.kept().with_view(view)
            self._changed(kept)
            sheet: Any = self._window.overlays.made("views")
            sheet.show_kept(kept, self.present())

        said = self._texts.get("ui.board.views.deleted", name=view.name)
        self._window.overlays.toasts.say(said, icon="trash", tone="muted", undo=undo)

    def _show_built_in(self, at: int) -> None:
        from app.ui.board.views import BUILT_IN

        self._show(BUILT_IN[at])

    def _show(self, view: View) -> None:
        from app.ui.board.views import BUILT_IN

        if view in BUILT_IN:  # a built-in one says nothing of order and rows
            view = replace(view, sort=self._board.feed.view.sort, small=self.kept().small)
        if view.small != self.kept().small:
            self._changed(replace(self.kept(), small=view.small))
        self._window.close_desk()
        self._board.show_view(view.chip, view.text, view.sort)
        self._window.focus_board()
