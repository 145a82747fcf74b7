"""Pages of a restore: which backup, whose it is, and the agency's recovery key (XC-01, XC-09; REPLICATION, Trust)."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.kernel.clock import SHANGHAI, from_ms
from app.kernel.errors import EnvironmentFault
from app.ui.first_start.pages import Page, field, label
from app.ui.first_start.port import CopyView, FirstStart
from app.ui.shell.file_dialogs import file_dialog

_OF_COPY = {  # what is said of the own database, said of a file that was chosen
    "fault.database.foreign": "ui.first_start.copy.no_backup",
    "fault.database.unreadable": "ui.first_start.copy.no_backup",
    "fault.database.damaged": "ui.first_start.copy.damaged",
    "fault.database.newer": "ui.first_start.copy.newer",
    "fault.window.realm": "ui.first_start.copy.realm",
}
_DELETE = Qt.WidgetAttribute.WA_DeleteOnClose


def _time(ms: int) -> str:
    when: datetime = from_ms(ms).astimezone(SHANGHAI)
    return f"{when:%Y-%m-%d %H:%M:%S}"


class CopyPage(Page):
    """The backup: a file, read through before anything is asked on."""

    _read = Signal(object, object)  # path, Future

    def __init__(self, port: FirstStart) -> None:
        super().__init__(port, "copy")
        self.path = field("copyPath", self.say("path"))
        self.path.setPlaceholderText(self.say("placeholder"))
        self.browse = QPushButton(self.say("browse"))
        self.browse.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(self.path, 1)
        row.addWidget(self.browse)
        self.column.addLayout(row)
        self.column.addWidget(self.fault_of(self.path))
        self.found = label("")
        self.found.setObjectName("copyFound")
        self.gap = label("", tone="warn")
        self.column.addWidget(self.found)
        self.column.addWidget(self.gap)
        self.view: CopyView | None = None
        self._asked = ""
        self._fault: EnvironmentFault | None = None
        self._read.connect(self._on_read)
        self.path.textChanged.connect(self._path_changed)
        self.end()

    @property
    def file(self) -> Path:
        """The file that is meant."""
        return Path(self.path.text().strip())

    def propose(self) -> None:
        """The newest backup of this data folder, when one is there."""
        if not self.path.text():
            newest = self.port.newest_copy()
            if newest is not None:
                self.path.setText(str(newest))

    def _choose(self) -> None:
        typed = str(self.file.parent) if self.path.text().strip() else ""
        dialog = file_dialog(self, self.say("browse"), self.texts, start=typed)
        dialog.setNameFilter("*.db")
        dialog.fileSelected.connect(self.path.setText)
        dialog.setAttribute(_DELETE)
        dialog.open()

    def _path_changed(self) -> None:
        self.view, self._fault = None, None
        self._asked = self.path.text().strip()
        self.found.setText("")
        self.gap.setText("")
        self.changed.emit()
        if self._asked and self.file.is_file():
            asked = self._asked
            self.found.setText(self.say("reading"))
            work = self.port.examine(self.file)
            work.add_done_callback(lambda done: self._read.emit(asked, done))

    def _on_read(self, asked: str, work: Future[CopyView]) -> None:
        if asked != self._asked or work.cancelled():
            return
        error = work.exception()
        if isinstance(error, EnvironmentFault):
            self._fault = error
            self.found.setText("")
            self.show_fault(self.path, self._sentence(error))
            return
        if error is not None:
            raise error
        self.view = view = work.result()
        letter = view.letter or self.say("first")
        self.found.setText(
            self.say("found", agency=view.agency, letter=letter, time=_time(view.last_at), n=view.entries)
        )
        self.gap.setText(self.say("gap", time=_time(view.last_at)))
        self.changed.emit()

    def _sentence(self, fault: EnvironmentFault) -> str:
        """What is wrong with the file, and that another one is to be chosen."""
        key = _OF_COPY.get(fault.text)
        return self.port.sentence(fault) if key is None else self.texts.get(key)

    def missing(self) -> tuple[QWidget, str] | None:
        """A file that was read through and is a backup of a site."""
        if not self._asked:
            return self.path, self.say("missing_path")
        if not self.file.is_file():
            return self.path, self.say("missing_file")
        if self._fault is not None:
            return self.path, self._sentence(self._fault)
        return None if self.view is not None else (self.path, self.say("still_reading"))


class KeyPage(Page):
    """The agency's recovery key file; it closes the lost workstation and enrols this one."""

    def __init__(self, port: FirstStart) -> None:
        super().__init__(port, "key")
        self.path = field("keyPath", self.say("path"))
        self.path.setPlaceholderText(self.say("placeholder"))
        self.browse = QPushButton(self.say("browse"))
        self.browse.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(self.path, 1)
        row.addWidget(self.browse)
        self.column.addLayout(row)
        self.column.addWidget(self.fault_of(self.path))
        self.path.textChanged.connect(self.changed)
        self.end()

    @property
    def file(self) -> Path:
        """The file that is meant."""
        return Path(self.path.text().strip())

    def _choose(self) -> None:
        dialog = file_dialog(self, self.say("browse"), self.texts, medium=True)
        dialog.setNameFilter("JSON (*.json)")
        dialog.fileSelected.connect(self.path.setText)
        dialog.setAttribute(_DELETE)
        dialog.open()

    def missing(self) -> tuple[QWidget, str] | None:
        """The key file of the backup's agency: said here, before anything is begun."""
        if not self.path.text().strip():
            return self.path, self.say("missing_path")
        if not self.file.is_file():
            return self.path, self.say("missing_file")
        fault = self.port.key_fault(self.file)
        return None if fault is None else (self.path, self.port.sentence(fault))
