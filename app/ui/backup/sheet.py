"""The sheet "backup and check": copies and what is known of them, the check of the record, how to restore (XC-09, XC-04)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.backup import words
from app.ui.backup.flow import BackupFlow
from app.ui.backup.former import FormerRow
from app.ui.backup.model import CopyModel
from app.ui.backup.port import Step
from app.ui.imports.parts import Bar
from app.ui.session import Session
from app.ui.shell.file_dialogs import file_dialog
from app.ui.shell.rows import quiet
from app.ui.shell.runs import Run, RunLines
from app.ui.shell.sheet import Sheet, plain, set_tone
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

LEAST, MOST, HIGH = 760, 1040, 640
ROW = 28
PARTS = ("copies", "check", "restore")
_WIDTHS = (168, 96, 84, 84, 126, 92)
_STEPS = 6


class BackupSheet(Sheet):
    """Three parts: copies, check, how to restore. Ctrl+Enter does what the part is for."""

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__("backupSheet", texts.get("ui.backup.title"), texts.get("ui.backup.hint"), parent)
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self.flow = BackupFlow(console, session, self)
        self._dialog: QFileDialog | None = None
        self._chips()
        self.stack = QStackedWidget()
        for page in (self._copies_page(), self._check_page(), self._restore_page()):
            self.stack.addWidget(page)
        self.body.addWidget(self.stack, 1)
        self._foot()
        self.flow.changed.connect(self._show)
        self.flow.moved.connect(self._show_progress)
        self.closed.connect(self.flow.rest)
        self.choose("copies")

    def dispose(self) -> None:
        """Hear nothing any more."""
        self.flow.dispose()

    # -- parts -------------------------------------------------------------------------------------------------------------
    def _chips(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.parts: dict[str, QPushButton] = {}
        for part in PARTS:
            chip = QPushButton(self._texts.get(f"ui.backup.part.{part}"))
            chip.setObjectName(f"backupPart.{part}")
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            chip.clicked.connect(lambda _on, part=part: self.choose(part))
            self.parts[part] = chip
            row.addWidget(chip)
        row.addStretch(1)
        self.body.addLayout(row)

    def _copies_page(self) -> QWidget:
        page, column = _page()
        self.summary = RunLines(self._theme, (24, 20, 20))
        self.summary.setObjectName("backupSummary")
        column.addWidget(self.summary)
        self.model = CopyModel(self._texts, self._theme, self)
        self.table = QTableView()
        self.table.setObjectName("backupCopies")
        self.table.setAccessibleName(self._texts.get("ui.backup.table"))
        self.table.setModel(self.model)
        quiet(self.table, ROW, _WIDTHS)
        self.empty = plain(self._texts.get("ui.backup.empty"), tone="muted")
        self.empty.setObjectName("backupEmpty")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.list = QStackedWidget()
        self.list.addWidget(self.empty)
        self.list.addWidget(self.table)
        column.addWidget(self.list, 1)
        self.second = RunLines(self._theme, (28,))
        self.second.setObjectName("backupSecond")
        self.choose_second = HintButton(
            self._theme, self._texts.get("ui.backup.second.choose"), icon="file", hint="Ctrl+O"
        )
        self.choose_second.setObjectName("backupChoose")
        self.choose_second.clicked.connect(self.ask_folder)
        self.no_second = HintButton(self._theme, self._texts.get("ui.backup.second.stop"), kind="quiet")
        self.no_second.setObjectName("backupNoSecond")
        self.no_second.clicked.connect(lambda: self.flow.choose_second(None))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.second, 1)
        row.addWidget(self.no_second)
        row.addWidget(self.choose_second)
        column.addLayout(row)
        self.former = FormerRow(self.flow, self._texts, self._theme)
        column.addWidget(self.former)
        return page

    def _check_page(self) -> QWidget:
        page, column = _page()
        for name in ("about", "about_time"):
            column.addWidget(_wrapped(self._texts.get(f"ui.backup.check.{name}"), "muted"))
        self.verdict = RunLines(self._theme, (28,))
        self.verdict.setObjectName("backupVerdict")
        self.next = _wrapped("", "")
        self.found = QPlainTextEdit()
        self.found.setObjectName("backupFindings")
        self.found.setAccessibleName(self._texts.get("ui.backup.check.list"))
        self.found.setReadOnly(True)
        self.found.setTabChangesFocus(True)
        column.addWidget(self.verdict)
        column.addWidget(self.next)
        column.addWidget(self.found, 1)
        column.addStretch(0)
        return page

    def _restore_page(self) -> QWidget:
        page, column = _page()
        column.addWidget(_wrapped(self._texts.get("ui.backup.restore.about"), ""))
        for step in range(1, _STEPS + 1):
            row = QHBoxLayout()
            row.setSpacing(12)
            mark = plain(str(step), size="head", tone="accent")
            mark.setFixedWidth(20)
            mark.setAlignment(Qt.AlignmentFlag.AlignTop)
            row.addWidget(mark)
            row.addWidget(_wrapped(self._texts.get(f"ui.backup.restore.step_{step}"), ""), 1)
            column.addLayout(row)
        column.addWidget(_wrapped(self._texts.get("ui.backup.restore.after"), "muted"))
        column.addStretch(1)
        return page

    def _foot(self) -> None:
        texts = self._texts
        self.bar = Bar(self._theme, "backupBar")
        self.note = _wrapped("", "muted")
        self.note.setObjectName("backupNote")
        self.cancel = HintButton(self._theme, texts.get("ui.backup.give_up"), icon="stop")
        self.cancel.setObjectName("backupCancel")
        self.cancel.clicked.connect(self.give_up)
        self.run = HintButton(self._theme, texts.get("ui.backup.make"), hint="Ctrl+Enter", kind="primary")
        self.run.setObjectName("backupRun")
        self.run.clicked.connect(self.submit)
        last = QHBoxLayout()
        last.setSpacing(8)
        last.addWidget(self.note, 1)
        for button in (self.cancel, self.run):
            last.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        self.body.addWidget(self.bar)
        self.body.addLayout(last)

    # -- place and focus ---------------------------------------------------------------------------------------------------
    def open(self) -> None:
        """Look anew with every opening."""
        self.flow.begin()
        super().open()

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As wide as the map has room, high enough for a month of copies."""
        width = max(LEAST, min(MOST, map_area.width() - 24))
        self.setFixedSize(min(width, max(1, whole.width() - 24)), min(HIGH, max(1, whole.height() - 24)))

    def first_field(self) -> QWidget:
        """What the part is for; its chip where that cannot be pressed."""
        for button in (self.run, self.cancel):
            if button.isEnabled() and not button.isHidden():
                return button
        return self.parts[self.part]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+O chooses the second folder, F5 looks again, Ctrl+PageDown and Ctrl+PageUp turn to the next part."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        turn = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}.get(Qt.Key(event.key()), 0) if control else 0
        if control and event.key() == Qt.Key.Key_O and self.part == "copies":
            self.ask_folder()
        elif event.key() == Qt.Key.Key_F5:
            self.flow.read()
        elif turn:
            self.choose(PARTS[(PARTS.index(self.part) + turn) % len(PARTS)])
            self.first_field().setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def choose(self, part: str) -> None:
        """Another part."""
        self.part = part
        for name, chip in self.parts.items():
            chip.setChecked(name == part)
        self.stack.setCurrentIndex(PARTS.index(part))
        self._show()

    def submit(self) -> None:
        """A backup now, or the check."""
        if self.part == "copies":
            self.flow.make()
        elif self.part == "check":
            self.flow.check()

    def give_up(self) -> None:
        """Give up what this part shows as going on."""
        (self.flow.give_up if self.part == "copies" else self.flow.give_up_check)()

    # -- the second folder -------------------------------------------------------------------------------------------------
    def ask_folder(self) -> None:
        """Open the folder dialog for somebody who may choose; it does not block anything."""
        self.flow.ask_right(self._open_dialog)

    def _open_dialog(self) -> None:
        if self._session.locked or not self.is_open:
            return
        self._show()
        if self._dialog is None:
            title, places = self._texts.get("ui.backup.second.choose"), self._console
            self._dialog = file_dialog(self, title, self._texts, places=places, purpose="backup.second")
            self._dialog.setObjectName("backupDialog")
            self._dialog.setFileMode(QFileDialog.FileMode.Directory)
            self._dialog.setOption(QFileDialog.Option.ShowDirsOnly)
            self._dialog.fileSelected.connect(lambda path: self.flow.choose_second(Path(path)))
        self._dialog.open()

    # -- showing -----------------------------------------------------------------------------------------------------------
    def _show(self) -> None:
        flow, texts, now = self.flow, self._texts, self._console.clock.now_ms()
        view = flow.view
        if view is not None:
            self.summary.set_runs(*words.summary(texts, view, now))
            self.second.set_runs(words.second(texts, view))
            self.no_second.setVisible(view.second is not None)
            self.former.show_places(view.former)
            self.model.show(view.rows, now)
            self.list.setCurrentIndex(1 if view.rows else 0)
        self._show_check()
        busy = {"copies": flow.busy, "check": flow.check_busy}.get(self.part, False)
        held = self.run.hasFocus() or self.cancel.hasFocus()
        self.bar.setVisible(busy)
        self.cancel.setVisible(busy)
        self.run.setVisible(self.part != "restore" and not busy)
        self.run.setText(texts.get("ui.backup.make" if self.part == "copies" else "ui.backup.check.run"))
        self._show_progress()
        if held:  # one of the two buttons went for the other: the keys stay with them
            self.first_field().setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_check(self) -> None:
        flow, texts = self.flow, self._texts
        found = flow.checked
        runs: list[Run] = []
        if found is not None:
            runs = [words.verdict(texts, found)]
        elif flow.check_error is not None:
            runs = [Run(self._console.sentence(flow.check_error), "bad", "body", icon="alert", shrinks=True)]
        elif flow.check_given_up and not flow.check_busy:
            runs = [Run(texts.get("ui.backup.check.given_up"), "warn", "body", icon="info")]
        self.verdict.set_runs(runs)
        damaged = found is not None and found.damaged
        self.next.setText(texts.get("ui.backup.check.next") if damaged else "")
        self.next.setVisible(damaged)
        self.found.setVisible(damaged)
        if damaged and found is not None:
            said = words.findings(texts, found)
            if said != self.found.toPlainText():
                self.found.setPlainText(said)

    def _show_progress(self) -> None:
        said, tone = "", "muted"
        if self.part == "copies":
            said, tone = self._copies_note()
        elif self.part == "check" and self.flow.check_busy:
            said = self._figures(self.flow.checking)
        self.note.setText(said)
        set_tone(self.note, tone)

    def _copies_note(self) -> tuple[str, str]:
        flow = self.flow
        if flow.busy:
            said = self._texts.get("ui.backup.giving_up") if flow.given_up else self._figures(flow.making)
            return said, "muted"
        error: Refusal | EnvironmentFault | None = flow.error or flow.making.trouble
        if error is not None and not flow.given_up:
            who = self._console.who(error) if isinstance(error, Refusal) else ""
            said = self._console.sentence(error)
            return (said if not who or who in said else f"{said} {who}"), "bad"
        return words.ended(self._texts, flow)

    def _figures(self, step: Step) -> str:
        said, done, total = words.progress(self._texts, step)
        self.bar.show_value(done, total)
        return said


def _page() -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(10)
    return page, column


def _wrapped(text: str, tone: str) -> QLabel:
    label = plain(text, tone=tone)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
