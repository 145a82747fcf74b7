"""What can be done with the board's rows, as actions of the window: the row menu, copying, locating, voiding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication

from app.ui.actions import Action

if TYPE_CHECKING:
    from app.queries.board_view import BoardRow
    from app.ui.board.panel import BoardPanel
    from app.ui.board.table import BoardTable
    from app.ui.shell.alarms import Alarm
    from app.ui.shell.main_window import MainWindow

COPY_KEY = "Ctrl+C"
_BOARD, _INCIDENT = "ui.shell.group.board", "ui.shell.group.incident"
_SELECT = "ui.shell.why.select"
_VOID = "void_incident"


class BoardDeeds:
    """Enters the actions into the window's table; nothing of it is made before it is asked for."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._texts = window.texts
        self._table: BoardTable | None = None
        self._menu_at: QPoint | None = None
        selected = window.deeds.has_incident
        rows: tuple[tuple[str, str, Any, Any, str, str], ...] = (
            ("locate", "", self.locate, self._has_position, _INCIDENT, "ui.board.why.no_position"),
            ("acknowledge", "", self.acknowledge, self._has_alarms, _INCIDENT, "ui.board.why.no_alarm"),
            ("void", "", self.void, self._may_void, _INCIDENT, _SELECT),
            ("copy", COPY_KEY, self.copy, self._can_copy, _BOARD, _SELECT),
            ("copy_no", "", self.copy_numbers, self._any, _BOARD, _SELECT),
            ("copy_message", "", self.copy_message, self._any, _BOARD, _SELECT),
        )
        whys = {"locate": self._why_select, "void": self._why_not_void}
        for name, key, handler, rule, group, why in rows:
            window.actions_table.add(
                Action(
                    f"board.{name}",
                    f"ui.board.action.{name}",
                    key,
                    handler,
                    rule,
                    group,
                    why,
                    whys.get(name),
                )
            )
        self._selected = selected
        window.overlays.when_made["void"] = self._made_void
        board: Any = window.board
        if hasattr(board, "list"):
            board.list.menu_wanted.connect(self._menu_wanted)

    # -- rows --------------------------------------------------------------------------------------------------------------
    @property
    def board(self) -> BoardPanel:
        """The board of the window."""
        board: Any = self._window.board
        return board  # type: ignore[no-any-return]

    def chosen(self) -> list[BoardRow]:
        """Rows that are selected, in the board's order."""
        model = self.board.model
        places = [model.place_of(each) for each in self.board.list.chosen_ids()]
        items: list[Any] = [model.item(at) for at in places if at is not None]
        return items

    def table(self) -> BoardTable:
        """Words of rows."""
        if self._table is None:
            from app.ui.board.table import BoardTable

            district = self._window.console.district
            agencies = {key: view.short for key, view in district.agencies.items()}
            self._table = BoardTable(self._texts, self.board.model.wording, dict(district.streets), agencies)
        return self._table

    def _any(self) -> bool:
        return hasattr(self._window.board, "list") and bool(self.chosen())

    # -- the menu ----------------------------------------------------------------------------------------------------------
    def _menu_wanted(self, at: QPoint) -> None:
        """The rules of the entries ask for the incident's record: it is waited for, it takes a few milliseconds."""
        window = self._window
        window.make_panels()
        self._menu_at = at
        row = window.selected_row
        if row is not None and row.id == window.session.selected_incident:
            self._open_menu()
        elif window.desk is not None:
            window.desk.loaded.connect(self._loaded)

    def _loaded(self, _data: object) -> None:
        assert self._window.desk is not None
        self._window.desk.loaded.disconnect(self._loaded)
        self._open_menu()

    def _open_menu(self) -> None:
        from app.ui.board.row_menu import popup, row_menu

        at, self._menu_at = self._menu_at, None
        rows = self.board.list
        if at is None or not rows.isVisible():
            return
        menu = row_menu(rows, self._window.actions_table, self._texts.get, self._window.deeds.why_not)
        rows.held_open = True

        def closed() -> None:
            rows.held_open = False
            rows.touch()

        menu.aboutToHide.connect(closed)
        popup(menu, at)

    # -- alarms ------------------------------------------------------------------------------------------------------------
    def alarms(self) -> list[Alarm]:
        """Alarms of the selected incidents that nobody has acknowledged and that are not being acknowledged just now."""
        ids = {row.id for row in self.chosen()} if self._any() else set()
        return [each for each in self._window.features.alarms.waiting if each.incident_id in ids]

    def _has_alarms(self) -> bool:
        return bool(self.alarms())

    def acknowledge(self) -> None:
        """Every one of them, each an entry of its own in the log (JD-11). Incidents themselves are not acknowledged."""

        def entered(count: int) -> None:
            self._say(self._texts.get("ui.board.said.acknowledged", count=count), "check")

        self._window.features.alarms.acknowledge(self.alarms(), entered)

    # -- on the map --------------------------------------------------------------------------------------------------------
    def _has_position(self) -> bool:
        row = self._window.selected_row
        return self._selected() and row is not None and row.lon is not None

    def _why_select(self) -> str:
        return "" if self._selected() else self._texts.get(_SELECT)

    def locate(self) -> None:
        """Mark the selected incident on the map and go there."""
        window = self._window
        row, panel = window.selected_row, window.map_host.panel
        show: Any = getattr(panel, "show_record", None)
        if row is None or not callable(show):
            return
        window.deeds.map()
        show("incident", row.id)

    # -- copying -----------------------------------------------------------------------------------------------------------
    def _can_copy(self) -> bool:
        return self._any() or self._in_another_list() is not None

    def _in_another_list(self) -> Any:
        """Another list that has the keyboard: its own row is meant."""
        from PySide6.QtWidgets import QAbstractItemView

        focused = self._window.focusWidget()
        if not isinstance(focused, QAbstractItemView) or focused is getattr(self._window.board, "list", None):
            return None
        return focused if focused.currentIndex().isValid() else None

    def copy(self) -> None:
        """Ctrl+C: the selected rows for a spreadsheet; in another list the row it stands on, in a text what is marked there."""
        from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

        focused = self._window.focusWidget()
        if isinstance(focused, QPlainTextEdit | QTextEdit):  # a text that is only read leaves the key to us
            focused.copy()
            return
        other = self._in_another_list()
        if other is not None:
            index, model = other.currentIndex(), other.model()
            cells = [model.index(index.row(), at, index.parent()) for at in range(model.columnCount())]
            self._put("\t".join(str(cell.data() or "") for cell in cells))
            return
        now = self._window.console.clock.now_ms()
        self._put_rows(self.table().tabbed(self.chosen(), now))

    def copy_numbers(self) -> None:
        """The numbers of the selected incidents, one a line."""
        self._put_rows("\n".join(row.no or row.id for row in self.chosen()))

    def copy_message(self) -> None:
        """The selected incidents as sentences, one a line."""
        table = self.table()
        self._put_rows("\n".join(table.message(row) for row in self.chosen()))

    def _put_rows(self, text: str) -> None:
        self._put(text)
        self._say(self._texts.get("ui.board.said.copied", count=len(self.chosen())), "copy")

    def _put(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)

    # -- voiding -----------------------------------------------------------------------------------------------------------
    def _may_void(self) -> bool:
        return self._selected() and not self._why_not_void()

    def _why_not_void(self) -> str:
        """Why the selected registration cannot be voided here and now; empty where only the selection lacks."""
        from app.ui.board.void_sheet import denial

        row, window = self._window.selected_row, self._window
        refusal = denial(window.session.account, window.console.agency)
        if refusal is not None:
            return window.session.told(refusal)
        if row is not None and self._selected() and not row.open:
            return self._texts.get("ui.board.why.ended")
        return ""

    def _made_void(self, sheet: Any) -> None:
        sheet.voided.connect(lambda no: self._say(self._texts.get("ui.board.said.voided", no=no), "check"))

    def _say(self, text: str, icon: str) -> None:
        self._window.overlays.toasts.say(text, icon=icon, tone="good")

    def void(self) -> None:
        """A registration that was a mistake or a false alarm, with its reason (D-20)."""
        row = self._window.selected_row
        if row is not None:
            sheet = self._window.overlays.void
            self._window.overlays.dismiss_others(sheet)
            sheet.ask(row)
