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

MIN_PASSWORD = 8
FORM_WIDTH = 460


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

    def say(self, name: str, **params: Any) -> str:
        """A text of this page."""
        return self.texts.get(f"ui.first_start.{self.key}.{name}", **params)

    def missing(self) -> str | None:
        """What is still missing, as a sentence; None when the page is complete."""
        return None

    def first_missing(self) -> QWidget:
        """Where the answer goes that `missing` asks for."""
        return self

    def end(self) -> None:
        """All widgets are in: keep them at the top."""
        self.column.addStretch(1)


class ChoicePage(Page):
    """Live duty or a guided exercise."""

    def __init__(self, port: FirstStart) -> None:
        super().__init__(port, "choice")
        self.live, self.exercise = QRadioButton(self.say("live")), QRadioButton(self.say("exercise"))
        for button, about in ((self.live, "live_about"), (self.exercise, "exercise_about")):
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
        dialog = QFileDialog(self, self.say("from_file"), str(Path.home()), "TOML (*.toml)")
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
        self.name.setText(self.say("label_default"))
        form = QFormLayout()
        form.addRow(label(self.say("letter")), self.letter)
        form.addRow(label(self.say("label")), self.name)
        self.column.addLayout(form)
        self.end()

    @property
    def letter_key(self) -> str:
        """Series letter, empty for the first workstation."""
        return str(self.letter.currentData())


class AdminPage(Page):
    """The first administrator of accounts (CM-04)."""

    def __init__(self, port: FirstStart) -> None:
        super().__init__(port, "admin")
        self.name, self.title = field("adminName", self.say("name")), field("adminTitle", self.say("post"))
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
            form.addRow(label(self.say(text)), widget)
            widget.textChanged.connect(self.changed)
        for secret in (self.password, self.again):
            secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.column.addLayout(form)
        self.end()

    def missing(self) -> str | None:
        """Name, a password of eight characters, twice the same."""
        if not self.name.text().strip():
            return self.say("missing_name")
        if len(self.password.text()) < MIN_PASSWORD:
            return self.say("missing_password", n=MIN_PASSWORD)
        return None if self.password.text() == self.again.text() else self.say("missing_again")

    def first_missing(self) -> QWidget:
        """Name, then the password, then its repetition."""
        if not self.name.text().strip():
            return self.name
        return self.password if len(self.password.text()) < MIN_PASSWORD else self.again


class RecoveryPage(Page):
    """Where the agency's recovery key goes, or where a further workstation finds it (REPLICATION, Trust)."""

    def __init__(self, port: FirstStart) -> None:
        super().__init__(port, "recovery")
        self._joining, self._proposed = False, ""
        self.path = field("recoveryPath", self.say("path"))
        self.path.setPlaceholderText(self.say("placeholder"))
        self.browse = QPushButton(self.say("browse"))
        self.browse.clicked.connect(self._choose)
        self.understood = QCheckBox(self.say("understood"))
        self.understood.setObjectName("recoveryUnderstood")
        row = QHBoxLayout()
        row.addWidget(self.path, 1)
        row.addWidget(self.browse)
        self.column.addLayout(row)
        self.column.addWidget(self.understood)
        self.path.textChanged.connect(self.changed)
        self.understood.toggled.connect(self.changed)
        self.end()

    def propose(self, agency: str, joining: bool) -> None:
        """A name for the file while none was chosen; `joining`: the agency has its file already (D-35)."""
        self._joining = joining
        self.about.setText(self.say("about_join" if joining else "about"))
        self.understood.setVisible(not joining)
        if self.path.text() in ("", self._proposed):
            name = f"recovery-{re.sub(r'[^A-Z]', '', agency)}.json"
            self._proposed = "" if joining else str(Path.home() / name)
            self.path.setText(self._proposed)

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.say("browse"), self.path.text() or str(Path.home()), "JSON (*.json)")
        modes = QFileDialog.AcceptMode
        dialog.setAcceptMode(modes.AcceptOpen if self._joining else modes.AcceptSave)
        dialog.fileSelected.connect(self.path.setText)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def missing(self) -> str | None:
        """A path and the sign that its meaning was read."""
        if not self.path.text().strip():
            return self.say("missing_path")
        if self._joining:
            return None if Path(self.path.text().strip()).is_file() else self.say("missing_file")
        return None if self.understood.isChecked() else self.say("missing_understood")

    def first_missing(self) -> QWidget:
        """The path, then the sign."""
        return self.path if self._joining or not self.path.text().strip() else self.understood


class LastPage(Page):
    """What will be made, and how it goes."""

    def __init__(self, port: FirstStart) -> None:
        super().__init__(port, "last")
        self.summary = label("")
        self.summary.setObjectName("firstStartSummary")
        self.state = label("", tone="muted")
        self.state.setObjectName("firstStartState")
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
