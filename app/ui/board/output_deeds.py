"""The window's ways to take the board out: into a file, on paper. All rows of the view, in its order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.kernel.clock import local_date
from app.ui.actions import Action

if TYPE_CHECKING:
    from PySide6.QtCore import QSize
    from PySide6.QtPrintSupport import QPrintPreviewDialog

    from app.ui.board.deeds import BoardDeeds
    from app.ui.board.paper import Paper
    from app.ui.board.port import ExportAsk
    from app.ui.shell.main_window import MainWindow

PREVIEW = (1180, 880)  # px; an A4 page across can be read
EXPORT_KEY, PRINT_KEY = "Ctrl+Shift+E", "Ctrl+Shift+P"
_BOARD = "ui.shell.group.board"
ON_PAPER = ("level", "no", "place", "what", "state", "clock", "due", "owed", "received", "figures")
SHARES = (6.5, 11.5, 15.5, 18.5, 5.5, 6.5, 11.0, 6.5, 11.0, 8.5)


class OutputDeeds:
    """Enters the actions into the window's table; dialogues and sheet are made when they are wanted."""

    def __init__(self, window: MainWindow, rows: BoardDeeds) -> None:
        self._window, self._rows, self._texts = window, rows, window.texts
        self._dialog: Any = None
        here = self._here
        for name, key, handler in (("export", EXPORT_KEY, self.export), ("print", PRINT_KEY, self.print)):
            text = f"ui.board.action.{name}"
            window.actions_table.add(
                Action(f"board.{name}", text, key, handler, here, _BOARD, "ui.shell.board.absent")
            )
            if hasattr(window.board, "more"):
                window.board.more.addAction(f"{self._texts.get(text)}\t{key}", handler)
        window.overlays.when_made["output"] = self._made

    def _here(self) -> bool:
        return hasattr(self._window.board, "more")

    def ask(self) -> ExportAsk:
        """The view as the board shows it now; clocks as of this moment."""
        from app.ui.board.port import ExportAsk

        table, now = self._rows.table(), self._window.console.clock.now_ms()
        name = self._texts.get("ui.board.export.exercise" if self._exercise else "ui.board.export.sheet")
        view = replace(self._rows.board.feed.view)
        return ExportAsk(view, name, table.heads(), lambda row: table.cells(row, now))

    @property
    def _exercise(self) -> bool:
        return self._window.console.realm == "exercise"

    # -- into a file -------------------------------------------------------------------------------------------------------
    def export(self) -> None:
        """Where it is written is asked for; an export that still runs comes to the front."""
        from PySide6.QtWidgets import QFileDialog

        from app.ui.shell.file_dialogs import file_dialog

        sheet: Any = self._window.overlays.made("output")
        if sheet is not None and sheet.running:
            sheet.open()
            return
        get, now = self._texts.get, self._window.console.clock.now_ms()
        name = f"{self.ask().name}-{local_date(now)}.xlsx"
        title, places = get("ui.board.action.export"), self._window.console
        dialog = file_dialog(self._window, title, self._texts, places=places, purpose="board.export")
        dialog.setObjectName("exportDialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([get("ui.board.export.xlsx"), get("ui.board.export.csv")])
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda path: self.save(Path(path), dialog.selectedNameFilter()))
        self._dialog = dialog
        dialog.open()

    def save(self, path: Path, chosen: str = "") -> None:
        """Write it there, as what it is called or was chosen to be."""
        if path.suffix.lower() not in (".csv", ".xlsx"):
            suffix = ".csv" if chosen == self._texts.get("ui.board.export.csv") else ".xlsx"
            path = path.with_name(path.name + suffix)
        sheet = self._window.overlays.output
        self._window.overlays.dismiss_others(sheet)
        sheet.begin(self._window.console.exports, self.ask(), path, lambda _error: False)

    def _made(self, sheet: Any) -> None:
        sheet.saved.connect(lambda count, name: self._say("saved", "check", count=f"{count:,}", name=name))
        sheet.given_up.connect(lambda name: self._say("given_up", "info", name=name))

    def _say(self, key: str, icon: str, **params: object) -> None:
        self._window.overlays.toasts.say(
            self._texts.get(f"ui.board.export.{key}", **params),
            icon=icon,
            tone="good" if icon == "check" else "muted",
        )

    # -- on paper ----------------------------------------------------------------------------------------------------------
    def print(self) -> None:
        """The system's preview, from which it is printed or becomes a PDF; opened, not awaited."""
        from app.ui.board.paper import MOST

        ask = self.ask()
        future = self._window.console.exports.rows(ask, MOST + 1)
        self._window.session.follow(future, lambda rows: self.preview(self.paper(ask, rows)))

    def paper(self, ask: ExportAsk, rows: list[tuple[str, ...]]) -> Paper:
        """What stands on paper."""
        from app.ui.board.paper import MOST, Paper
        from app.ui.board.table import COLUMNS
        from app.ui.board.wording import exact_time

        get, console = self._texts.get, self._window.console
        places = [COLUMNS.index(name) for name in ON_PAPER]
        agency = console.district.agencies[console.agency].full
        rest = get("ui.board.paper.rest", most=MOST) if len(rows) > MOST else ""
        return Paper(
            title=get("ui.board.paper.title", district=console.district.name, agency=agency),
            mark=get("ui.shell.exercise") if self._exercise else "",
            printed=get("ui.board.paper.printed", at=exact_time(console.clock.now_ms())),
            page=get("ui.board.paper.page", page="{page}", pages="{pages}"),
            heads=tuple(ask.heads[at] for at in places),
            widths=SHARES,
            rows=[tuple(row[at] for at in places) for row in rows[:MOST]],
            rest=rest,
        )

    def preview(self, paper: Paper) -> None:
        """The system's preview of a paper; opened, not awaited."""
        from PySide6.QtPrintSupport import QPrinter, QPrintPreviewDialog
        from PySide6.QtWidgets import QDialog

        from app.ui.board.paper import lay_out, print_paper

        family = self._window.theme.font("body").family()
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName(paper.title)
        lay_out(printer)
        dialog = QPrintPreviewDialog(printer, self._window)
        dialog.setObjectName("printPreview")
        dialog.paintRequested.connect(lambda device: print_paper(paper, device, family))
        self._dialog = (dialog, printer)
        _make_readable(dialog, self._window.size())
        QDialog.open(dialog)

    def dispose(self) -> None:
        """What is written is given up with the window."""
        sheet: Any = self._window.overlays.made("output")
        if sheet is not None:
            sheet.dispose()


def _make_readable(dialog: QPrintPreviewDialog, room: QSize) -> None:
    """The whole page as large as the window has room for, and the field of its scale as wide as what stands in it."""
    from PySide6.QtPrintSupport import QPrintPreviewWidget
    from PySide6.QtWidgets import QComboBox

    dialog.resize(min(PREVIEW[0], room.width() - 96), min(PREVIEW[1], room.height() - 96))
    for scale in dialog.findChildren(QComboBox):
        scale.ensurePolished()
        scale.setMinimumWidth(scale.sizeHint().width() + scale.fontMetrics().horizontalAdvance("000"))
    for preview in dialog.findChildren(QPrintPreviewWidget):
        preview.fitInView()
