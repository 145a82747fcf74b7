"""A sealed page, once: printed or saved on a removable medium, and then forgotten. Nothing here writes it by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.shell.file_dialogs import file_dialog
from app.ui.shell.sheet import set_tone
from app.ui.sites.parts import wrapped
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

    from app.ui.session import Session
    from app.ui.shell.ports import SiteDoor

_SUFFIX = ".sheet.html"


class PageView(QWidget):
    """Says what to do with the page that was made. `forgotten` once it is put away."""

    forgotten = Signal()

    def __init__(self, console: SiteDoor, session: Session, theme: Theme) -> None:
        super().__init__()
        texts = console.texts
        self._console, self._session, self._texts = console, session, texts
        self.page, self.kind = "", ""  # what is shown once; what it is of, also once it was saved
        self._dialogs: list[QWidget] = []
        self.note = wrapped()
        self.note.setObjectName("sitesPageNote")
        self.printing = HintButton(
            theme, texts.get("ui.sites.print"), icon="print", hint="Ctrl+P", kind="primary"
        )
        self.printing.setObjectName("sitesPrint")
        self.printing.clicked.connect(self.print)
        self.saving = HintButton(theme, texts.get("ui.sites.save"), icon="save", hint="Ctrl+S")
        self.saving.setObjectName("sitesSave")
        self.saving.clicked.connect(self.ask_place)
        self.away = HintButton(theme, texts.get("ui.sites.page_forget"), kind="quiet")
        self.away.setObjectName("sitesForget")
        self.away.clicked.connect(self.forget)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.printing, self.saving, self.away):
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.note)
        column.addLayout(row)
        self.hide()

    def take(self, page: str, kind: str) -> None:
        """A page was made; `kind`: seal (a password that stands nowhere else) | recovery."""
        self.page, self.kind = page, kind
        self._tell(f"ui.sites.page_kept.{kind}", "warn")
        self.printing.show()
        self.saving.show()
        self.show()
        self.printing.setFocus(Qt.FocusReason.OtherFocusReason)

    def forget(self) -> None:
        """Nothing of it stays."""
        self.clear()
        self.forgotten.emit()

    def clear(self) -> None:
        """Nothing of it stays, nor a dialog that could still print or save it."""
        self.page, self.kind = "", ""
        for dialog in self._dialogs:
            dialog.close()
        self._dialogs = []
        self.hide()

    def make_way(self) -> None:
        """Something else is wanted: a page that was saved is done with, one that was not waits until it is asked for."""
        if not self.page:
            self.clear()

    def print(self) -> None:
        """The system's own print dialog, opened and not awaited."""
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        if not self.page:
            return
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self)
        page = self.page
        dialog.accepted.connect(lambda: print_page(page, printer))
        self._dialogs = [dialog]
        QDialog.open(dialog)  # the print dialog's own wants a slot

    def ask_place(self) -> None:
        """Where it is saved; a place on this machine's disk is refused in words."""
        if not self.page:
            return
        title, places = self._texts.get("ui.sites.save"), self._console
        dialog = file_dialog(self, title, self._texts, places=places, purpose="sites.page", medium=True)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.fileSelected.connect(lambda path: self.save(Path(path)))
        self._dialogs = [dialog]
        dialog.open()

    def save(self, path: Path) -> None:
        """Write it there, never over another file."""
        if not path.suffix:
            path = path.with_name(path.name + _SUFFIX)
        if self._console.sites.on_data_disk(path):
            self._tell("ui.sites.on_disk", "bad")
            return

        page = self.page

        def saved(_done: object) -> None:
            if self.page == page:  # not cleared meanwhile
                self.forget_but_say(path.name)

        self._session.follow(self._console.sites.save_page(page, path), saved)

    def forget_but_say(self, name: str) -> None:
        """Saved: the page goes, the sentence stays until it is put away."""
        self.page = ""
        self._tell("ui.sites.page_saved", "good", name=name)
        self.printing.hide()
        self.saving.hide()
        self.away.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell(self, key: str, tone: str, **params: str) -> None:
        self.note.setText(self._texts.get(key, **params))
        set_tone(self.note, tone)


def print_page(page: str, printer: QPrinter) -> None:
    """Every sheet of a page, on the printer as it was set up."""
    document = QTextDocument()
    document.setHtml(page)
    document.print_(printer)
