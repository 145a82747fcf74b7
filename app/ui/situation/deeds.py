"""The window's way to the situation on one page: seen as it changes, copied, printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication

from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.actions import Action, always

if TYPE_CHECKING:
    from app.kernel.changes import ChangeSet
    from app.queries.situation import Situation
    from app.ui.board.paper import Paper
    from app.ui.shell.main_window import MainWindow
    from app.ui.situation.sheet import SituationSheet
    from app.ui.situation.words import Said, SituationWords

KEY = "Ctrl+I"
STALE_MS = 10_000  # figures that time alone changes are read anew


class SituationDeeds:
    """Enters the action into the window's table; the sheet is made with its first opening."""

    def __init__(self, window: MainWindow) -> None:
        self._window, self._texts = window, window.texts
        self._words: SituationWords | None = None
        self._found: Situation | None = None
        self._asking = self._again = False
        window.actions_table.add(
            Action("situation.open", "ui.situation.action", KEY, self.open, always, "ui.shell.group.watch")
        )
        window.overlays.when_made["situation"] = self._made

    def _made(self, sheet: Any) -> None:
        sheet.copy_wanted.connect(self.copy)
        sheet.print_wanted.connect(self.print)
        sheet.open_wanted.connect(self._go)
        self._window.pulse.second.connect(self._tick)

    @property
    def _open(self) -> SituationSheet | None:
        """The sheet while it is shown."""
        sheet: Any = self._window.overlays.made("situation")
        return sheet if sheet is not None and sheet.is_open else None

    def open(self) -> None:
        """Ctrl+I: everybody may see it."""
        sheet = self._window.overlays.situation
        self._window.overlays.dismiss_others(sheet)
        sheet.open()
        self._read()

    # -- as it changes -----------------------------------------------------------------------------------------------------
    def heard(self, changes: ChangeSet) -> None:
        """A commit."""
        if self._open is not None and changes.touches("incident", "alarm_unit", "watch", "account"):
            self._read()

    def _read(self) -> None:
        """One question at a time; what changed meanwhile is asked once more."""
        if self._asking:
            self._again = True
            return
        from app.queries.situation import situation

        console = self._window.console
        now, amber_s = console.clock.now_ms(), console.district.amber_s
        self._asking = True
        self._window.session.follow(
            console.query(lambda c: situation(c, console.agency, console.partner, now, amber_s), "situation"),
            self._take,
            self._failed,
        )

    def _take(self, found: Situation) -> None:
        self._found = found
        self._asking = False
        self._show()
        self._once_more()

    def _failed(self, error: BaseException) -> bool:
        self._asking = False
        known = isinstance(error, Refusal | EnvironmentFault)
        if (sheet := self._open) is not None and isinstance(error, Refusal | EnvironmentFault):
            sheet.show_failed(self._window.console.sentence(error))
        self._once_more()
        return known

    def _once_more(self) -> None:
        if self._again:
            self._again = False
            self._read()

    def _tick(self, now_ms: int) -> None:
        """Clocks go on by themselves; what time alone has changed in the figures is read anew after STALE_MS."""
        if self._open is None:
            return
        if self._found is None or now_ms - self._found.at > STALE_MS or now_ms < self._found.at:
            self._read()
        else:
            self._show()

    def _show(self) -> None:
        sheet, found = self._open, self._found
        if sheet is not None and found is not None:
            sheet.show_said(self.said(found))

    def said(self, found: Situation) -> Said:
        """The page's words as of now."""
        from dataclasses import replace

        from app.ui.situation.words import SituationWords

        window, console = self._window, self._window.console
        if self._words is None:
            board: Any = window.board
            streets = dict(console.district.streets)
            self._words = SituationWords(self._texts, board.model.wording, streets, console.district.agencies)
        return self._words.page(
            replace(found, at=console.clock.now_ms()),
            window.feeds.standing,
            len(window.feeds.desk.unacknowledged),
            district=console.district.name,
            partner=console.partner,
            mark=self._texts.get("ui.shell.exercise") if console.realm == "exercise" else "",
        )

    # -- what is done with it -----------------------------------------------------------------------------------------------
    def copy(self) -> None:
        """The whole page as plain text."""
        if self._found is not None:
            QGuiApplication.clipboard().setText(self.said(self._found).message())
            text = self._texts.get("ui.situation.copied")
            self._window.overlays.toasts.say(text, icon="check", tone="good")

    def print(self) -> None:
        """The system's preview."""
        if self._found is not None:
            self._window.features.output.preview(self.paper(self.said(self._found)))

    def paper(self, said: Said) -> Paper:
        """What stands on paper."""
        from app.ui.board.paper import Paper
        from app.ui.situation.words import SHARES

        get = self._texts.get
        return Paper(
            title=said.title,
            mark=said.mark,
            printed=get("ui.situation.printed", at=said.at),
            page=get("ui.board.paper.page", page="{page}", pages="{pages}"),
            heads=said.heads,
            widths=SHARES,
            rows=[row.cells for row in said.rows],
            rest=said.rest,
            lead=tuple((line.name, line.text) for line in said.lines),
        )

    def _go(self, incident_id: str) -> None:
        """Open an incident of the page."""
        self._window.overlays.situation.dismiss()
        self._window.session.select_incident(incident_id)
        self._window.open_desk()
