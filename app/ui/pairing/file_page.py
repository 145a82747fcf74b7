"""Pairing by exchanged files: write ours, read theirs, compare twenty digits by telephone (decision 0011)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.kernel.errors import EnvironmentFault, Refusal
from app.local.pairing_view import FILE_DIGITS, digits_of
from app.ui.forms.field import Field, line
from app.ui.pairing.parts import BigNumber, Page
from app.ui.pairing.port import FileNumber
from app.ui.session import Session
from app.ui.shell.file_dialogs import file_dialog
from app.ui.shell.sheet import plain, set_tone
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

NUMBER_PX = 34
FOLDER_MEMORY = "pairing.folder"


class FilePage(Page):
    """`stepped`: the next field is due; `desk_wanted`: to the link desk."""

    stepped = Signal()
    desk_wanted = Signal()

    def __init__(self, console: SiteDoor, session: Session, theme: Theme) -> None:
        super().__init__(console, session, theme, "pairingFile")
        self.found: FileNumber | None = None
        self.paired = False
        self.note("file.about")
        self.out, self.write = self._file_row("own_file", "file.out", "file.write")
        self.endpoint = self.field("endpoint", "file.endpoint", "file.endpoint_hint")
        listening = console.link_desk.listening()
        if listening and not listening.startswith("0.0.0.0"):  # nosec B104
            self.endpoint.editor.setText(listening)
        self.written = self.note(tone="good", size="small")
        self.theirs, self.read = self._file_row("their_file", "file.theirs", "file.read")
        self.who = plain(size="summary")
        self.who.setWordWrap(True)
        self.number = BigNumber(theme, NUMBER_PX)
        self.number.setObjectName("pairingFileNumber")
        self.column.addWidget(self.who)
        self.column.addWidget(self.number)
        self.how = self.note("file.read_aloud")
        self.heard = self.field("number", "file.heard", "file.heard_hint")
        self.address = self.field("address", "file.address", "file.address_hint")
        self.same = HintButton(theme, self.say("file.confirm"), hint="Enter", kind="primary", icon="check")
        self.same.setObjectName("pairingFileConfirm")
        self.desk = HintButton(theme, self.say("network.desk"), icon="link", kind="primary", hint="Enter")
        self.desk.setObjectName("pairingFileDesk")
        self.end = plain(size="summary", tone="good")
        self.end.setWordWrap(True)
        self.end.setObjectName("pairingFileEnd")
        self.column.addWidget(self.end)
        self.column.addStretch(1)
        self._last = self._below()
        self.write.clicked.connect(self.write_own)
        self.out.editor.returnPressed.connect(self.write_own)
        self.read.clicked.connect(self.read_theirs)
        self.theirs.editor.returnPressed.connect(self.read_theirs)
        self.same.clicked.connect(self.confirm)
        for editor in (self.heard.editor, self.address.editor):
            editor.returnPressed.connect(self.confirm)
        self.heard.editor.textChanged.connect(lambda _text: self._show())
        self.desk.clicked.connect(self.desk_wanted)
        self._dialog: QFileDialog | None = None
        self._show()

    def begin(self) -> None:
        """The page is shown."""

    def rest(self) -> None:
        """Nobody looks."""

    def dispose(self) -> None:
        """Hear nothing any more."""
        self.relay.stop()

    def _file_row(self, name: str, text: str, button: str) -> tuple[Field, HintButton]:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        field = Field(name, self.say(text), line(self.say(f"{text}_hint")))
        made = HintButton(self.theme, self.say(button), icon="file")
        made.setObjectName(f"pairing.{name}")
        row.addWidget(field, 1)
        row.addWidget(made, 0, Qt.AlignmentFlag.AlignBottom)
        self.column.addWidget(holder)
        return field, made

    def _below(self) -> QWidget:
        """What is to be pressed, and what went wrong, stand below what scrolls: always to be seen."""
        buttons = self.buttons(self.same, self.desk)
        column = QVBoxLayout(self.foot)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.problem)
        column.addWidget(buttons)
        return buttons

    # -- acts --------------------------------------------------------------------------------------------------------------
    def write_own(self) -> None:
        """Write our file; without a path, ask for a folder."""
        account_id, typed = self.account_id(), self.out.editor.text().strip()
        if account_id is None or self.busy:
            return
        if not typed:
            self._ask(QFileDialog.FileMode.Directory, self.out.editor.setText)
            return
        written = self.console.pairing.write_file(
            Path(typed).expanduser(), self.endpoint.editor.text(), account_id
        )
        self.follow(written, self._written)

    def _written(self, path: Path) -> None:
        self.written.setText(self.say("file.written", path=str(path)))
        self._show()
        self.stepped.emit()

    def read_theirs(self) -> None:
        """Read their file; without a path, ask for it."""
        account_id, typed = self.account_id(), self.theirs.editor.text().strip()
        if account_id is None or self.busy:
            return
        if not typed:
            self._ask(QFileDialog.FileMode.ExistingFile, self.theirs.editor.setText)
            return
        self.found = None
        self._show()
        self.follow(self.console.pairing.read_file(Path(typed).expanduser(), account_id), self._read)

    def _read(self, found: FileNumber) -> None:
        self.found, self.paired = found, False
        self._show()
        self.stepped.emit()

    def confirm(self) -> None:
        """What the other reads stands in the field."""
        account_id = self.account_id()
        if account_id is None or self.busy or self.found is None or not self._typed():
            return
        done = self.console.pairing.confirm_file(
            Path(self.theirs.editor.text().strip()).expanduser(),
            self.heard.editor.text(),
            self.address.editor.text(),
            account_id,
        )
        self.follow(done, self._confirmed)

    def _confirmed(self, _nothing: None) -> None:
        self.paired = True
        self._show()
        self.stepped.emit()

    def failed(self, error: Exception) -> None:
        """At the field that is wrong, else at the foot."""
        super().failed(error)
        if isinstance(error, Refusal | EnvironmentFault):
            named = getattr(error, "field", None)
            for field in (self.heard, self.address):
                if field.name == named and self.found is not None:
                    self.tell("")
                    field.say(self.console.sentence(error))
                    field.focus()
                    self.reveal(field)

    def _ask(self, mode: QFileDialog.FileMode, take: object) -> None:
        """A file dialog that blocks nothing."""
        title, places = self.say("file.choose"), self.console
        self._dialog = file_dialog(self, title, self.texts, places=places, purpose=FOLDER_MEMORY, medium=True)
        self._dialog.setFileMode(mode)
        if mode is QFileDialog.FileMode.Directory:
            self._dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
        self._dialog.fileSelected.connect(take)
        self._dialog.open()

    # -- showing -----------------------------------------------------------------------------------------------------------
    def first(self) -> QWidget:
        """Where the next key goes."""
        if self.paired:
            return self.desk
        if self.found is not None:
            return self.heard.editor
        return self.theirs.editor if self.written.text() else self.out.editor

    def _typed(self) -> bool:
        return len(digits_of(self.heard.editor.text())) == FILE_DIGITS

    def _show(self) -> None:
        found = self.found
        self.written.setVisible(bool(self.written.text()))
        for part in (self.who, self.number, self.how, self.heard, self.address):
            part.setVisible(found is not None and not self.paired)
        self._last.setVisible(found is not None)
        self.same.setVisible(not self.paired)
        self.same.setEnabled(self._typed())
        self.desk.setVisible(self.paired)
        self.end.setVisible(self.paired)
        self.heard.say("")
        self.address.say("")
        if found is not None:
            self.who.setText(self.say("network.who", name=found.agency_name))
            self.number.show_number(found.number)
            self.end.setText(self.say("file.done", name=found.agency_name))
            set_tone(self.end, "good")
