"""Diagnostics: what a technician asks first, on one page; refreshed, copied, saved without anything of people (XC-07)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6 import __version__ as QT
from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from app.ui.diagnostics import words
from app.ui.diagnostics.port import Facts
from app.ui.session import Session
from app.ui.shell import moments
from app.ui.shell.file_dialogs import file_dialog
from app.ui.shell.rows import Row, RowsModel, RowsTable
from app.ui.shell.sheet import Sheet, plain, set_tone
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

WIDTH = 880
PURPOSE = "files.diagnostics"
_WIDTHS = (132, 200)
_VALUE = 2


class DiagnosticsSheet(Sheet):
    """F5 looks again, Ctrl+Shift+C copies, Ctrl+S saves. `saved(path)` when a file was written."""

    saved = Signal(str)

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "diagnosticsSheet", texts.get("ui.diagnostics.title"), texts.get("ui.diagnostics.hint"), parent
        )
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self._dialog: QFileDialog | None = None
        self.rows: list[words.Row] = []
        heads = [texts.get(f"ui.diagnostics.head.{name}") for name in ("section", "name", "value")]
        self.model = RowsModel(theme, heads, self)
        self.table = RowsTable("diagnosticsRows", texts.get("ui.diagnostics.title"), self.model, _WIDTHS)
        self.body.addWidget(self.table, 1)
        self.body.addLayout(self._foot())

    def _foot(self) -> QHBoxLayout:
        texts, row = self._texts, QHBoxLayout()
        row.setSpacing(8)
        self.note = plain(texts.get("ui.diagnostics.reading"), tone="muted", size="small")
        self.note.setObjectName("diagnosticsNote")
        self.note.setWordWrap(True)
        row.addWidget(self.note, 1)
        self.again = HintButton(self._theme, texts.get("ui.diagnostics.again"), icon="refresh", hint="F5")
        self.copy = HintButton(
            self._theme, texts.get("ui.diagnostics.copy"), icon="copy", hint="Ctrl+Shift+C"
        )
        self.save = HintButton(
            self._theme, texts.get("ui.diagnostics.save"), icon="save", hint="Ctrl+S", kind="primary"
        )
        for name, button, act in (
            ("Again", self.again, self.look),
            ("Copy", self.copy, self.copy_all),
            ("Save", self.save, self.ask_file),
        ):
            button.setObjectName(f"diagnostics{name}")
            button.clicked.connect(act)
            row.addWidget(button)
        return row

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as the body of the window."""
        self.setFixedSize(min(WIDTH, max(640, whole.width() - 24)), max(1, whole.height() - 24))

    def first_field(self) -> QWidget:
        """The rows: arrows walk them."""
        return self.table

    def open(self) -> None:
        """Look with every opening."""
        self.look()
        super().open()

    def look(self) -> None:
        """Everything anew."""
        self._session.follow(self._console.diagnostics.look(), self._take)

    def _take(self, facts: Facts) -> None:
        self.rows = words.Telling(self._texts, self._console.district, facts, QT).rows()
        shown, section = [], ""
        for at, row in enumerate(self.rows):
            title, section = ("" if row.section == section else row.section), row.section
            shown.append(Row(str(at), (title, row.name, row.value), row.tone, tip=row.value))
        self.model.show(shown)
        if not self.table.chosen and shown:
            self.table.choose("0")
        self._say(self._texts.get("ui.diagnostics.looked", time=moments.clock_text(facts.now)), "muted")

    def _say(self, text: str, tone: str) -> None:
        self.note.setText(text)
        set_tone(self.note, tone)

    # -- out ---------------------------------------------------------------------------------------------------------------
    def text(self, stacks: str = "") -> str:
        """What may leave the workstation."""
        return words.document(self._texts, self.rows, stacks)

    def copy_all(self) -> None:
        """Onto the clipboard."""
        QGuiApplication.clipboard().setText(self.text())
        self._say(self._texts.get("ui.diagnostics.copied"), "good")

    def ask_file(self) -> None:
        """Where to; nothing is stopped by the dialog."""
        if self._dialog is None:
            self._dialog = file_dialog(
                self,
                self._texts.get("ui.diagnostics.save"),
                self._texts,
                places=self._console,
                purpose=PURPOSE,
            )
            self._dialog.setObjectName("diagnosticsDialog")
            self._dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            self._dialog.setDefaultSuffix("txt")
            self._dialog.fileSelected.connect(lambda path: self.write(Path(path)))
        stamp = moments.exact_text(self._console.clock.now_ms()).replace(":", "").replace(" ", "-")
        self._dialog.selectFile(self._texts.get("ui.diagnostics.file", time=stamp))
        self._dialog.open()

    def write(self, path: Path) -> None:
        """The page, and what is left of crashes, into a file."""

        def put(stacks: str) -> None:
            future = self._console.diagnostics.save(self.text(stacks), path)
            self._session.follow(future, lambda _nothing: self._written(path))

        self._session.follow(self._console.diagnostics.traces(), put)

    def _written(self, path: Path) -> None:
        self._say(self._texts.get("ui.diagnostics.saved", path=str(path)), "good")
        self.saved.emit(str(path))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F5, Ctrl+Shift+C, Ctrl+S."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() == Qt.Key.Key_F5:
            self.look()
        elif control and shift and event.key() == Qt.Key.Key_C:
            self.copy_all()
        elif control and event.key() == Qt.Key.Key_S:
            self.ask_file()
        else:
            super().keyPressEvent(event)
            return
        event.accept()
