"""Pages of the first start: each knows what is still missing, in words, and gives its part of the answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.kernel.errors import EnvironmentFault
from app.kernel.texts import Texts
from app.ui.first_start.port import FirstStart, PackView
from app.ui.shell.file_dialogs import file_dialog

MIN_PASSWORD = 8
FORM_WIDTH = 460
NAME_LENGTH, TITLE_LENGTH = 32, 30  # as the rule has it (app.domain.sign_in)
NAME_WIDTH = 96


def label(text: str, *, tone: str = "", size: str = "") -> QLabel:
    """Plain text that wraps."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(True)
    for name, value in (("tone", tone), ("type", size)):
        if value:
            made.setProperty(name, value)
    return made


def field(name: str, accessible: str) -> QLineEdit:
    """An input 32 px high."""
    made = QLineEdit()
    made.setObjectName(name)
    made.setAccessibleName(accessible)
    made.setProperty("form", "true")
    made.setMinimumWidth(FORM_WIDTH)
    return made


class Page(QWidget):
    """One question; `changed` when an answer changed."""

    changed = Signal()

    def __init__(self, port: FirstStart, key: str) -> None:
        super().__init__()
        self.port, self.texts, self.key = port, port.texts, key
        self.setObjectName(f"firstStart_{key}")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(12)
        self.column.addWidget(label(self.say("title"), size="title"))
        self.about = label(self.say("about"), tone="muted")
        self.column.addWidget(self.about)
        self.faults: dict[QWidget, QLabel] = {}

    def say(self, name: str, **params: Any) -> str:
        """A text of this page."""
        return self.texts.get(f"ui.first_start.{self.key}.{name}", **params)

    def missing(self) -> tuple[QWidget, str] | None:
        """Where something is still missing or wrong, and what, as a sentence; None when the page is complete."""
        return None

    def fault_of(self, widget: QWidget) -> QLabel:
        """The line under a field that says what is wrong with it."""
        made = self.faults[widget] = label("", tone="bad", size="small")
        made.hide()
        return made

    def row(self, form: QFormLayout, text: str, widget: QWidget) -> None:
        """A field with its name at the left and its fault below."""
        name = label(self.say(text))
        name.setMinimumWidth(NAME_WIDTH)
        form.addRow(name, widget)
        form.addRow("", self.fault_of(widget))
        if isinstance(widget, QLineEdit):
            widget.textChanged.connect(self.changed)

    def show_fault(self, widget: QWidget, sentence: str) -> bool:
        """Say what is wrong where it is; False when there is no place for it there."""
        self.clear_faults()
        fault = self.faults.get(widget)
        if fault is None:
            return False
        fault.setText(sentence)
        fault.show()
        return True

    def clear_faults(self) -> None:
        """Something was changed: what was said about it holds no longer."""
        for fault in self.faults.values():
            fault.hide()
            fault.setText("")

    def end(self) -> None:
        """All widgets are in: keep them at the top."""
        self.column.addStretch(1)


class ChoicePage(Page):
    """Live duty, a guided exercise, or a backup that is to be restored."""

    def __init__(self, port: FirstStart) -> None:
        super().__init__(port, "choice")
        self.live, self.exercise = QRadioButton(self.say("live")), QRadioButton(self.say("exercise"))
        self.restore = QRadioButton(self.say("restore"))
        ways = (
            (self.live, "live_about"),
            (self.exercise, "exercise_about"),
            (self.restore, "restore_about"),
        )
        for button, about in ways:
            button.setObjectName(f"choice_{about}")
            button.toggled.connect(self.changed)
            self.column.addWidget(button)
            note = label(self.say(about), tone="muted", size="small")
            note.setContentsMargins(26, 0, 0, 8)
            self.column.addWidget(note)
        self.live.setChecked(True)
        self.end()


class PlacePage(Page):
    """District and agency."""

    def __init__(self, port: FirstStart) -> None:
        super().__init__(port, "place")
        self._packs: list[PackView] = list(port.packs())
        self.district = QComboBox()
        self.district.setObjectName("district")
        self.district.setAccessibleName(self.say("district"))
        self.district.setMinimumWidth(FORM_WIDTH - 120)
        self.agency = QComboBox()
        self.agency.setObjectName("agency")
        self.agency.setAccessibleName(self.say("agency"))
        self.from_file = QPushButton(self.say("from_file"))
        self.from_file.clicked.connect(self._choose)
        self.problem = label("", tone="bad", size="small")
        row = QHBoxLayout()
        row.addWidget(self.district, 1)
        row.addWidget(self.from_file)
        form = QFormLayout()
        form.addRow(label(self.say("district")), row)
        form.addRow(label(self.say("agency")), self.agency)
        self.column.addLayout(form)
        self.column.addWidget(self.problem)
        self.district.currentIndexChanged.connect(self._show_agencies)
        for pack in self._packs:
            self.district.addItem(f"{pack.name}  {pack.code}")
        self.agency.currentIndexChanged.connect(self.changed)
        self.end()

    @property
    def pack(self) -> PackView:
        """The chosen pack."""
        return self._packs[self.district.currentIndex()]

    @property
    def agency_key(self) -> str:
        """EMB, FRD or HALL."""
        return str(self.agency.currentData())

    def _show_agencies(self) -> None:
        before = self.agency.currentIndex()
        self.agency.clear()
        for key, name in self.pack.agencies:
            self.agency.addItem(name, key)
        self.agency.setCurrentIndex(max(0, before))
        self.changed.emit()

    def _choose(self) -> None:
        dialog = file_dialog(self, self.say("from_file"), self.texts)
        dialog.setNameFilter("TOML (*.toml)")
        dialog.fileSelected.connect(lambda path: self.take(Path(path)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def take(self, path: Path) -> None:
        """A pack from a file; what is wrong with it is said under the field."""
        try:
            pack = self.port.read_pack(path)
        except EnvironmentFault as fault:
            self.problem.setText(self.port.sentence(fault))
            return
        self.problem.setText("")
        self._packs.append(pack)
        self.district.addItem(f"{pack.name}  {pack.code}")
        self.district.setCurrentIndex(len(self._packs) - 1)


class SeatPage(Page):
    """Which workstation of the agency this is (D-35)."""

    def __init__(self, port: FirstStart) -> None:
        super().__init__(port, "seat")
        self.letter = QComboBox()
        self.letter.setObjectName("letter")
        self.letter.setAccessibleName(self.say("letter"))
        self.letter.addItem(self.say("first"), "")
        for code in range(ord("B"), ord("Z") + 1):
            self.letter.addItem(self.say("further", letter=chr(code)), chr(code))
        self.name = field("seatLabel", self.say("label"))
        self.name.setMaxLength(TITLE_LENGTH)
        self.name.setText(self.say("label_default"))
        form = QFormLayout()
        form.addRow(label(self.say("letter")), self.letter)
        self.row(form, "label", self.name)
        self.column.addLayout(form)
        self.end()

    def missing(self) -> tuple[QWidget, str] | None:
        """The seat's name stands in every record made here."""
        return None if self.name.text().strip() else (self.name, self.say("missing_label"))

    @property
    def letter_key(self) -> str:
        """Series letter, empty for the first workstation."""
        return str(self.letter.currentData())


class AdminPage(Page):
    """The first administrator of accounts (CM-04)."""

    def __init__(self, port: FirstStart) -> None:
        super().__init__(port, "admin")
        self.name, self.title = field("adminName", self.say("name")), field("adminTitle", self.say("post"))
        self.name.setMaxLength(NAME_LENGTH)
        self.title.setMaxLength(TITLE_LENGTH)
        self.title.setText(self.say("post_default"))
        self.password, self.again = (
            field("adminPassword", self.say("password")),
            field("adminAgain", self.say("again")),
        )
        form = QFormLayout()
        for text, widget in (
            ("name", self.name),
            ("post", self.title),
            ("password", self.password),
            ("again", self.again),
        ):
            self.row(form, text, widget)
        for secret in (self.password, self.again):
            secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.column.addLayout(form)
        self.end()

    def missing(self) -> tuple[QWidget, str] | None:
        """A name that can be typed, a post, a password of eight characters that are not all blank, twice the same."""
        name, password = self.name.text(), self.password.text()
        judged = (
            (self.name, "missing_name", not name.strip()),
            (self.name, "missing_signs", not self.port.name_fits(name)),
            (self.title, "missing_post", not self.title.text().strip()),
            (self.password, "missing_password", len(password) < MIN_PASSWORD),
            (self.password, "missing_visible", not password.strip()),
            (self.again, "missing_again", password != self.again.text()),
        )
        return next(
            ((where, self.say(key, n=MIN_PASSWORD)) for where, key, wrong in judged if wrong),
            None,
        )


class RecoveryPage(Page):
    """Where the agency's recovery key goes, or where a further workstation finds it (REPLICATION, Trust)."""

    def __init__(self, port: FirstStart) -> None:
        super().__init__(port, "recovery")
        self._joining, self._name = False, "recovery.json"
        self.path = field("recoveryPath", self.say("path"))
        self.path.setPlaceholderText(self.say("placeholder"))
        self.browse = QPushButton(self.say("browse"))
        self.browse.clicked.connect(self._choose)
        self.understood = QCheckBox(self.say("understood"))
        self.understood.setObjectName("recoveryUnderstood")
        self.same_disk = label(self.say("same_disk"), tone="bad")
        self.same_disk.setObjectName("recoverySameDisk")
        self.here = QCheckBox(self.say("here"))
        self.here.setObjectName("recoveryHere")
        row = QHBoxLayout()
        row.addWidget(self.path, 1)
        row.addWidget(self.browse)
        self.column.addLayout(row)
        self.column.addWidget(self.fault_of(self.path))
        for widget in (self.same_disk, self.here, self.understood):
            self.column.addWidget(widget)
        self.path.textChanged.connect(self._path_changed)
        self.here.toggled.connect(self.changed)
        self.understood.toggled.connect(self.changed)
        self._path_changed()
        self.end()

    @property
    def file(self) -> Path:
        """The file that is meant: in a folder that was named, under the proposed name."""
        path = Path(self.path.text().strip())
        return path / self._name if path.is_dir() else path

    def propose(self, agency: str, joining: bool) -> None:
        """The file's name for this agency, no place: that is the stick's. `joining`: the file is there already (D-35)."""
        self._joining = joining
        self._name = f"recovery-{re.sub(r'[^A-Z]', '', agency)}.json"
        self.about.setText(self.say("about_join" if joining else "about"))
        self.understood.setVisible(not joining)
        self._path_changed()

    def _path_changed(self) -> None:
        """A place on the disk of the data is said in red, and wants a confirmation of its own."""
        near = bool(self.path.text().strip()) and not self._joining and self.port.on_data_disk(self.file)
        self.same_disk.setVisible(near)
        self.here.setVisible(near)
        self.here.setChecked(False)
        self.changed.emit()

    def _choose(self) -> None:
        typed = str(self.file.parent) if self.path.text().strip() else ""
        dialog = file_dialog(self, self.say("browse"), self.texts, start=typed, medium=True)
        dialog.setNameFilter("JSON (*.json)")
        modes = QFileDialog.AcceptMode
        dialog.setAcceptMode(modes.AcceptOpen if self._joining else modes.AcceptSave)
        if not self._joining:
            dialog.selectFile(self._name)
        dialog.fileSelected.connect(self.path.setText)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def missing(self) -> tuple[QWidget, str] | None:
        """A place that is there, and the signs that its meaning was read; no folder is ever made for it."""
        if not self.path.text().strip():
            return self.path, self.say("missing_path")
        if self._joining:
            return None if self.file.is_file() else (self.path, self.say("missing_file"))
        if not self.file.is_absolute() or not self.file.parent.is_dir():
            return self.path, self.say("missing_folder")
        if not self.here.isHidden() and not self.here.isChecked():
            return self.here, self.say("missing_here")
        return None if self.understood.isChecked() else (self.understood, self.say("missing_understood"))


class LastPage(Page):
    """What will be made, and how it goes."""

    def __init__(self, port: FirstStart) -> None:
        super().__init__(port, "last")
        self.summary = label("")
        self.summary.setObjectName("firstStartSummary")
        self.state = label("", tone="muted")
        self.state.setObjectName("firstStartState")
        self.state.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
        )  # the folder of what was put aside stands in it
        self.column.addWidget(self.summary)
        self.column.addWidget(self.state)
        self.end()

    def tell(self, text: str, tone: str = "muted") -> None:
        """A sentence under the summary."""
        self.state.setText(text)
        self.state.setProperty("tone", tone)
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)


def summary_lines(texts: Texts, pairs: list[tuple[str, str]]) -> str:
    """Name and value, a line each."""
    return "\n".join(texts.get("ui.first_start.pair", name=name, value=value) for name, value in pairs)
