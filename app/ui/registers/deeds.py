"""The window's ways to the registers: two actions, and what a click on a marker does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.kernel.changes import ChangeSet
from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.ui.shell.main_window import MainWindow

_ACTIONS = (("shelters", "Ctrl+Shift+B"), ("points", "Ctrl+Shift+D"))
_ENTITIES = {"shelters": "shelter", "points": "point"}
_QUIET = (
    "register",
    "oral",
    "grade",
    "imports",
    "watch",
)  # sheets in which somebody is at work: a card would lie over them


class RegisterDeeds:
    """Enters the actions into the window's table; sheets are made with their first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        for kind, shortcut in _ACTIONS:
            window.actions_table.add(
                Action(
                    kind,
                    f"ui.registers.action.{kind}",
                    shortcut,
                    lambda kind=kind: self.show(kind),  # type: ignore[misc]
                    always,
                    "ui.shell.group.panels",
                )
            )
        window.overlays.when_made["registers"] = self._made_list
        window.overlays.when_made["record"] = self._made_card
        window.feeds.committed.connect(self._heard)

    def show(self, kind: str, record_id: str = "") -> None:
        """The list of shelters or points; with a record, that one selected."""
        sheet = self._window.overlays.registers
        self._window.overlays.dismiss_others(sheet)
        sheet.ask(_ENTITIES[kind], record_id)

    def map_loaded(self, panel: Any) -> None:
        """The map is there: a click on a marker shows what it stands for."""
        if hasattr(panel, "record_clicked"):
            panel.record_clicked.connect(self.record_clicked)

    def record_clicked(self, kind: str, record_id: str) -> None:
        """A marker was chosen: its card, or its line where its register is open. Incidents are selected by the map itself."""
        overlays = self._window.overlays
        if kind == "incident":
            card = overlays.made("record")
            if card is not None:
                card.dismiss()
            return
        if any(sheet is not None and sheet.is_open for sheet in map(overlays.made, _QUIET)):
            return
        listed: Any = overlays.made("registers")
        if listed is not None and listed.is_open and listed.entity == kind:
            listed.ask(kind, record_id)
            return
        overlays.record.ask(kind, record_id)

    def _made_list(self, sheet: Any) -> None:
        sheet.record_wanted.connect(self._on_map)
        sheet.import_wanted.connect(self._import)

    def _made_card(self, sheet: Any) -> None:
        sheet.list_wanted.connect(self._in_list)

    def _in_list(self, kind: str, record_id: str) -> None:
        plural = next((name for name, entity in _ENTITIES.items() if entity == kind), None)
        if plural is not None:
            self.show(plural, record_id)

    def _on_map(self, kind: str, record_id: str) -> None:
        show: Any = getattr(self._window.map_host.panel, "show_record", None)
        if callable(show):
            self._window.close_desk()
            show(kind, record_id)

    def _import(self, kind: str) -> None:
        self._window.features.imports.open(kind)

    def _heard(self, changes: ChangeSet) -> None:
        for name in ("registers", "record"):
            sheet: Any = self._window.overlays.made(name)
            if sheet is not None:
                sheet.heard(changes)
