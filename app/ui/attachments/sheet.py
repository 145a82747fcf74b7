"""The sheet of an incident's files: what there is, a picture to look at, attach one more, save a copy, destroy (CM-05, XC-07)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImageReader, QKeyEvent, QPixmap
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QWidget

from app.ui.attachments import words
from app.ui.attachments.port import AttachmentLine
from app.ui.attachments.record_sheet import PURGE_WORDS, RecordSheet
from app.ui.contacts.purge import PurgeRow
from app.ui.forms.field import line
from app.ui.imports.parts import Bar, dropped_file
from app.ui.session import Session
from app.ui.shell.file_dialogs import file_dialog
from app.ui.shell.sheet import plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme
from app.usecases.contacts import Personal

if TYPE_CHECKING:
    from app.queries.incidents import IncidentRow
    from app.ui.shell.ports import SiteDoor

LEAST, MOST, HIGH = 720, 1040, 720
PICTURE_PX = 300
ROOM_FOR_PICTURE = 960  # in a narrower sheet the list has all of it
LOOK_MS = 200
_WIDTHS = (190, 70, 56, 150)
_LAST_FOLDER = "attachments.folder"


class AttachmentSheet(RecordSheet):
    """The files of an incident."""

    entity = "attachment"

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        title, hint = texts.get("ui.attachments.title"), texts.get("ui.attachments.hint")
        super().__init__("attachmentSheet", title, hint, console, session, theme, parent)
        self._lines: Mapping[str, AttachmentLine] = {}
        self._size = 0  # of the file under way, 0 for none
        self._shown = ""
        self._dialog: QFileDialog | None = None
        self.setAcceptDrops(True)
        self._build()
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._tick)
        self.closed.connect(self._look.stop)

    # -- parts -------------------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        texts = self._texts
        heads = [texts.get(f"ui.attachments.column.{name}") for name in words.COLUMNS]
        self._make_list("attachment", texts.get("ui.attachments.empty"), heads, _WIDTHS)
        self.table.doubleClicked.connect(lambda _index: self.save())
        self.picture = QLabel()
        self.picture.setObjectName("attachmentPicture")
        self.picture.setFixedWidth(PICTURE_PX)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setTextFormat(Qt.TextFormat.PlainText)
        self.picture.setWordWrap(True)
        self.picture.setProperty("tone", "muted")
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.list, 1)
        middle.addWidget(self.picture)
        self.body.addLayout(middle, 1)
        self.purge = PurgeRow(self._session, self._theme, Personal.ATTACHMENT)
        self.purge.say_words({name: texts.get(f"ui.attachments.purge.{name}") for name in PURGE_WORDS})
        self.body.addWidget(self.purge)
        self._foot()

    def _foot(self) -> None:
        texts = self._texts
        self.bar = Bar(self._theme, "attachmentBar")
        self.note = plain(tone="muted")
        self.note.setObjectName("attachmentNote")
        self.note.setWordWrap(True)
        self.about = line(texts.get("ui.attachments.about_hint"))
        self.about.setObjectName("attachmentAbout")
        self.about.setAccessibleName(texts.get("ui.attachments.about"))
        self.cancel = HintButton(self._theme, texts.get("ui.attachments.give_up"), icon="stop")
        self.cancel.setObjectName("attachmentCancel")
        self.cancel.clicked.connect(self.give_up)
        self.copy = HintButton(self._theme, texts.get("ui.attachments.save"), icon="save", hint="Ctrl+S")
        self.copy.setObjectName("attachmentSave")
        self.copy.clicked.connect(self.save)
        self.add = HintButton(
            self._theme, texts.get("ui.attachments.add"), icon="attach", hint="Ctrl+O", kind="primary"
        )
        self.add.setObjectName("attachmentAdd")
        self.add.clicked.connect(self.choose_file)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.about, 1)
        for button in (self.cancel, self.copy, self.add):
            row.addWidget(button)
        self.body.addWidget(self.bar)
        self.body.addLayout(row)
        self.body.addWidget(self.note)
        self.bar.hide()
        self.cancel.hide()

    def first_field(self) -> QWidget:
        """The list, or the way to a first file."""
        return self.table if self._lines else self.add

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As wide as the map has room."""
        width = max(LEAST, min(MOST, map_area.width() - 24))
        width = min(width, max(1, whole.width() - 24))
        self.setFixedSize(width, min(HIGH, max(1, whole.height() - 24)))
        self.picture.setVisible(width >= ROOM_FOR_PICTURE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+O attaches, Ctrl+S saves a copy; Esc gives up what is under way before it closes."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() == Qt.Key.Key_O:
            self.choose_file()
        elif control and event.key() == Qt.Key.Key_S:
            self.save()
        elif event.key() == Qt.Key.Key_Escape and self._size:
            self.give_up()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """One file may be dropped here."""
        if dropped_file(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Attach it."""
        path = dropped_file(event)
        if path is not None:
            event.acceptProposedAction()
            self.attach(path)

    # -- what there is -----------------------------------------------------------------------------------------------------
    def ask(self, row: IncidentRow) -> None:
        """Open for an incident; what is on its way is watched."""
        super().ask(row)
        self._look.start()

    def _begin_anew(self) -> None:
        self._shown = ""
        self.about.clear()

    def _lines_of(self, incident_id: str) -> Future[Sequence[AttachmentLine]]:
        return self._console.attachments.lines(incident_id)

    def _show(self, lines: Sequence[AttachmentLine]) -> None:
        chosen, known = self.table.chosen, set(self._lines)
        self._lines = {each.id: each for each in lines}
        agencies = self._console.district.agencies
        self.model.show(
            [words.row(self._texts, each, agencies, self._console.clock.now_ms()) for each in lines]
        )
        self.list.setCurrentIndex(1 if lines else 0)
        if lines:
            new = [each.id for each in lines if each.id not in known]
            self.table.choose(new[-1] if known and new else chosen)
        self._chosen()

    def _tick(self) -> None:
        """Files on their way, and the one that is taken in."""
        if self._size:
            self.bar.show_value(self._console.attachments.taken(), self._size)
        elif any(each.state == "coming" for each in self._lines.values()):
            self.read()

    def _chosen(self) -> None:
        each = self._lines.get(self.table.chosen)
        self.copy.setEnabled(each is not None and each.state == "here")
        self.purge.mean(each.id if each is not None and each.state != "purged" else "")
        if each is None or each.state != "here" or not each.media_type.startswith("image/"):
            self._shown = ""
            self.picture.setPixmap(QPixmap())
            self.picture.setText("" if each is None else words.instead(self._texts, each))
        elif each.id != self._shown:
            self._shown = each.id
            self.picture.setText("")
            self._session.follow(
                self._console.attachments.picture(each.id), lambda data: self._look_at(each.id, data)
            )

    def _look_at(self, attachment_id: str, data: bytes | None) -> None:
        if attachment_id != self._shown:
            return
        picture = _decoded(data, PICTURE_PX, max(100, self.picture.height())) if data else QPixmap()
        self.picture.setPixmap(picture)
        if picture.isNull():
            self.picture.setText(self._texts.get("ui.attachments.no_picture"))

    # -- acts --------------------------------------------------------------------------------------------------------------
    def choose_file(self) -> None:
        """Ask for a file; the window goes on below."""
        if self._size:
            return
        dialog = self._dialogue("ui.attachments.choose", QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self._texts.get("ui.attachments.kinds"))
        dialog.fileSelected.connect(lambda name: self.attach(Path(name)))
        dialog.open()

    def attach(self, path: Path) -> None:
        """Take a file in."""
        account = self._session.account
        if account is None:
            self._session.sign_in_wanted.emit("ui.shell.sign_in.to_act")
            return
        if self._size:
            return
        self._console.remember(_LAST_FOLDER, str(path.parent))
        try:
            self._size = max(1, path.stat().st_size)
        except (OSError, ValueError):
            self._size = 1  # the site tells what is wrong with it
        self._under_way(True)
        self._say(self._texts.get("ui.attachments.taking", name=path.name), "muted")
        future = self._console.attachments.attach(path, self._incident, account.id, self.about.text().strip())
        self._session.follow(future, self._attached, self._not_attached)

    def give_up(self) -> None:
        """Give the file under way up."""
        if self._size:
            self._console.attachments.give_up()

    def save(self) -> None:
        """Ask where a copy of the chosen file goes."""
        each = self._lines.get(self.table.chosen)
        if each is None or each.state != "here":
            return
        dialog = self._dialogue("ui.attachments.save", QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite, True)  # nothing is ever written over
        dialog.selectFile(each.name)
        dialog.fileSelected.connect(lambda name: self.save_as(each.id, Path(name)))
        dialog.open()

    def save_as(self, attachment_id: str, target: Path) -> None:
        """Write a copy there."""
        self._console.remember(_LAST_FOLDER, str(target.parent))

        def saved(path: Path) -> None:
            self._say(self._texts.get("ui.attachments.saved", path=str(path)), "good")

        self._session.follow(self._console.attachments.save(attachment_id, target), saved, self._wrong)

    def _dialogue(self, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
        if self._dialog is not None:
            self._dialog.deleteLater()
        texts, places = self._texts, self._console
        dialog = file_dialog(self, texts.get(title), texts, places=places, purpose=_LAST_FOLDER)
        dialog.setFileMode(mode)
        self._dialog = dialog
        return dialog

    def _under_way(self, on: bool) -> None:
        if not on:
            self._size = 0
        self.bar.setVisible(on)
        self.cancel.setVisible(on)
        self.add.setEnabled(not on)

    def _attached(self, made: bool) -> None:
        self._under_way(False)
        if made:
            self.about.clear()
        self._say(
            self._texts.get("ui.attachments.attached" if made else "ui.attachments.given_up"),
            "good" if made else "muted",
        )
        self.read()

    def _not_attached(self, error: BaseException) -> bool:
        self._under_way(False)
        return self._wrong(error)


def _decoded(data: bytes, width: int, height: int) -> QPixmap:
    """A picture as large as there is room; null for what is none after all. Decoded at the size shown, within Qt's own limit."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid():
        return QPixmap()
    reader.setScaledSize(size.scaled(width, height, Qt.AspectRatioMode.KeepAspectRatio))
    return QPixmap.fromImage(reader.read())
