"""The window's ways to an incident's files and contacts: two keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.changes import ChangeSet
from app.ui.actions import Action

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow

ATTACHMENTS_KEY, CONTACTS_KEY = "F9", "F10"
_SELECT, _INCIDENT = "ui.shell.why.select", "ui.shell.group.incident"


class AttachmentDeeds:
    """Enters the actions into the window's table; the sheets are made with their first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        selected = window.deeds.has_incident
        for name, key, handler in (
            ("attachments", ATTACHMENTS_KEY, self.attachments),
            ("contacts", CONTACTS_KEY, self.contacts),
        ):
            window.actions_table.add(
                Action(name, f"ui.{name}.action", key, handler, selected, _INCIDENT, _SELECT)
            )

    def attachments(self) -> None:
        """F9: files of the selected incident."""
        self._ask(self._window.overlays.attachments)

    def contacts(self) -> None:
        """F10: whom to ring at the selected incident."""
        self._ask(self._window.overlays.contacts)

    def _ask(self, sheet: Any) -> None:
        row = self._window.selected_row
        if row is not None:
            self._window.overlays.dismiss_others(sheet)
            sheet.ask(row)

    def heard(self, changes: ChangeSet) -> None:
        """A commit, or something that has arrived beside the record."""
        for name in ("attachments", "contacts"):
            sheet: Any = self._window.overlays.made(name)
            if sheet is not None:
                sheet.heard(changes)
