"""The window's ways to figures, disagreements and history: three keys, and how many disagreements stand open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.kernel.changes import ChangeSet
from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.queries.casualties import FigureRow
    from app.ui.shell.main_window import MainWindow

FIGURES_KEY, CONFLICTS_KEY, HISTORY_KEY = "F6", "F7", "F8"
_SELECT = "ui.shell.why.select"
_INCIDENT, _PANELS = "ui.shell.group.incident", "ui.shell.group.panels"


class ConflictDeeds:
    """Enters the actions into the window's table; sheets are made with their first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.open_cases = self.refused = 0
        table, selected = window.actions_table, window.deeds.has_incident
        table.add(
            Action(
                "casualties",
                "ui.casualties.action",
                FIGURES_KEY,
                self.casualties,
                selected,
                _INCIDENT,
                _SELECT,
            )
        )
        table.add(Action("conflicts", "ui.conflicts.action", CONFLICTS_KEY, self.conflicts, always, _PANELS))
        table.add(
            Action("history", "ui.history.action", HISTORY_KEY, self.history, selected, _INCIDENT, _SELECT)
        )
        window.overlays.when_made["casualties"] = self._made_casualties
        window.overlays.when_made["conflicts"] = self._made_conflicts
        window.feeds.committed.connect(self._heard)

    def dispose(self) -> None:
        """Hear nothing any more."""
        for name in ("conflicts", "casualties"):
            sheet: Any = self._window.overlays.made(name)
            if sheet is not None:
                sheet.dispose()

    # -- the three ---------------------------------------------------------------------------------------------------------
    def casualties(self) -> None:
        """F6: state figures of the selected incident."""
        row, window = self._window.selected_row, self._window
        if row is None:
            return

        def read(connection: Any) -> Sequence[FigureRow]:
            from app.queries.casualties import figures

            return figures(connection, row.id)

        def show(figures: Sequence[FigureRow]) -> None:
            sheet = window.overlays.casualties
            window.overlays.dismiss_others(sheet)
            sheet.ask(row, figures)

        window.session.ask(read, show, "casualties.now")

    def conflicts(self, page: str = "cases", key: tuple[str, str, str] | None = None) -> None:
        """F7: the conflict desk; seeing needs no account."""
        sheet = self._window.overlays.conflicts
        self._window.overlays.dismiss_others(sheet)
        sheet.ask(page, key)

    def history(self) -> None:
        """F8: who changed the selected incident."""
        from app.ui.desk.words import title

        row = self._window.selected_row
        if row is not None:
            self.show_history("incident", row.id, title(row))

    def show_history(self, entity: str, entity_id: str, name: str, field: str = "") -> None:
        """The history of any record, of one field where one is named."""
        sheet = self._window.overlays.history
        self._window.overlays.dismiss_others(sheet)
        sheet.ask(entity, entity_id, name, field)

    # -- what they tell ----------------------------------------------------------------------------------------------------
    def _made_casualties(self, sheet: Any) -> None:
        sheet.saved.connect(self._saved)

    def _made_conflicts(self, sheet: Any) -> None:
        sheet.cases.decided.connect(self._say)
        sheet.cases.incident_wanted.connect(self._to_incident)
        sheet.cases.history_wanted.connect(self.show_history)
        again = self._window.texts.get("ui.conflicts.to_offers")
        sheet.refused.add_button(
            again, lambda _row: self._window.features.sites.open("offers"), icon="redo", own=True
        )

    def _saved(self, no: str, said: str) -> None:
        text = self._window.texts.get("ui.casualties.done", figures=said)
        self._say(" ".join(part for part in (no, text) if part))

    def _to_incident(self, incident_id: str) -> None:
        window = self._window
        window.overlays.conflicts.dismiss()
        window.session.select_incident(incident_id)
        window.open_desk()

    def _say(self, text: str) -> None:
        self._window.overlays.toasts.say(text, icon="check", tone="good")

    # -- how many ----------------------------------------------------------------------------------------------------------
    def count(self) -> None:
        """Ask how many disagreements stand open, and how much was not accepted."""

        def read(connection: Any) -> tuple[int, int]:
            from app.queries.conflicts import open_count
            from app.queries.quarantine import quarantined_count

            return open_count(connection), quarantined_count(connection)

        def take(found: tuple[int, int]) -> None:
            self.open_cases, self.refused = found
            self._window.status.show_conflicts(*found)

        self._window.session.ask(read, take, "conflicts.count")

    def _heard(self, changes: ChangeSet) -> None:
        if not changes.only_acknowledged:
            self.count()
        for name in ("conflicts", "history"):
            sheet: Any = self._window.overlays.made(name)
            if sheet is not None:
                sheet.heard(changes)
