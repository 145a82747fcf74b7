"""The window's ways to the settings: a key, and the rule number behind anything computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.changes import ChangeSet
from app.ui.actions import Action, always
from app.ui.settings import scale
from app.ui.shell.lock import IDLE_MEMORY
from app.ui.shell.tone import VOLUME_MEMORY

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow

_WINDOW, _INCIDENT = "ui.shell.group.window", "ui.shell.group.incident"
_SELECT = "ui.shell.why.select"


class SettingsDeeds:
    """Enters the actions into the window's table; the sheet is made with its first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        table = window.actions_table
        table.add(Action("settings", "ui.settings.action", "Ctrl+,", self.open, always, _WINDOW))
        table.add(Action("settings.own", "ui.settings.action_own", "", self.open_own, always, _WINDOW))
        table.add(
            Action(
                "why", "ui.settings.action_why", "", self.why, window.deeds.has_incident, _INCIDENT, _SELECT
            )
        )
        window.overlays.when_made["settings"] = self._made
        window.idle.set_minutes(window.console.memory(IDLE_MEMORY))
        window.tone.set_volume(window.console.memory(VOLUME_MEMORY))
        window.follow(window.console.opened, self._opened)

    def _opened(self) -> None:
        self.follow_amber()
        now, room = scale.taken(), self._window.screen().availableSize()
        if now > scale.SHARES[0] and not scale.fits(room.width(), room.height(), now, now):
            self._window.console.remember(scale.MEMORY, None)
            said = self._window.texts.get("ui.settings.own.scale_given_up", n=now)
            self._window.overlays.toasts.say(said, icon="info", tone="warn")

    def _made(self, sheet: Any) -> None:
        window = self._window
        sheet.own.tone, sheet.own.idle = window.tone, window.idle
        sheet.numbers.saved.connect(self._saved)
        sheet.numbers.history_wanted.connect(
            lambda key, name: window.features.conflicts.show_history("rule_number", key, name)
        )
        sheet.numbers.dispute_wanted.connect(
            lambda key: window.features.conflicts.conflicts("cases", ("rule_number", key, "value"))
        )

    def open(self) -> None:
        """The rule numbers."""
        self.show()

    def open_own(self) -> None:
        """This console."""
        self.show("own")

    def show(self, page: str = "numbers", key: str = "") -> None:
        """A page; with a key, that rule number."""
        sheet = self._window.overlays.settings
        self._window.overlays.dismiss_others(sheet)
        sheet.ask(page, key)

    def why(self) -> None:
        """The number behind the clock that runs for the selected incident; of an everyday call, why none does (D-34)."""
        row = self._window.selected_row
        if row is None:
            return
        open_clocks = (
            (row.oral_due_at, row.oral_met_at, "oral_report_limit"),
            (row.written_due_at, row.written_met_at, "written_report_limit"),
        )
        running = [key for due, met, key in open_clocks if due is not None and met is None]
        known = [key for due, _, key in open_clocks if due is not None]
        self.show(key=next(iter(running or known), "reportable_grade"))

    def heard(self, changes: ChangeSet) -> None:
        """A commit, from here or from the partner."""
        sheet: Any = self._window.overlays.made("settings")
        if sheet is not None:
            sheet.heard(changes)
        if changes.touches("rule_number"):
            self.follow_amber()

    def follow_amber(self) -> None:
        """The board and the desk colour their clocks by the numbers that hold (D-02, RC-01)."""
        window, board = self._window, self._window.board
        amber_s = window.console.district.amber_s
        if hasattr(board, "set_amber"):
            board.set_amber(amber_s)
        if window.desk is not None:
            window.desk.overview.amber_s = amber_s
            window.desk.overview.pending_s = window.console.district.pending_s

    def _saved(self, name: str, value: str) -> None:
        said = self._window.texts.get("ui.settings.saved", name=name, value=value)
        self._window.overlays.toasts.say(said, icon="check", tone="good")
