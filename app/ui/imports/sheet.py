"""The import sheet: file, how it is read, what becomes of every row, then the run (FR-10; issue: stage C).

It lies over the map and stops nothing below it. Put away while it loads, a small card goes on telling how far it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.ui.imports import words
from app.ui.imports.flow import KINDS, LATEST, ImportFlow, State
from app.ui.imports.model import Part, VerdictModel
from app.ui.imports.parts import Bar, DropArea, PathField, dropped_file
from app.ui.imports.settings import SettingsBox
from app.ui.session import Session
from app.ui.shell.file_dialogs import file_dialog
from app.ui.shell.rows import quiet
from app.ui.shell.runs import Run, RunLines
from app.ui.shell.sheet import Sheet, plain, set_tone
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

LEAST, MOST = 900, 1180
ROW = 26
FOLDER_MEMORY = "imports.folder"
_WIDTHS = {"name": 200, "address": 240, "kind": 130, "type": 180, "code": 80, "lon": 108, "lat": 108}
_LINE_PX, _VERDICT_PX, _VERDICT_MOST_PX, _CELL_PX = 64, 200, 420, 96
_PATTERNS = "*.csv *.txt *.tsv"


class ImportSheet(Sheet):
    """`register_wanted(kind)`: show what was loaded."""

    register_wanted = Signal(str)

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__("importSheet", texts.get("ui.imports.title"), texts.get("ui.imports.hint"), parent)
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self.flow = flow = ImportFlow(console, session, self)
        self._dialog: QFileDialog | None = None
        self.setAcceptDrops(True)
        self._source()
        self._stack()
        self._foot()
        flow.changed.connect(self._show)
        flow.moved.connect(self._show_progress)
        flow.latest_read.connect(self._show_latest)
        flow.read_latest()
        self._show()

    def dispose(self) -> None:
        """Hear nothing any more."""
        self.flow.dispose()

    # -- parts -------------------------------------------------------------------------------------------------------------
    def _source(self) -> None:
        texts, row = self._texts, QHBoxLayout()
        row.setSpacing(8)
        self.kinds: dict[str, QPushButton] = {}
        for kind in KINDS:
            chip = QPushButton(texts.get(f"ui.imports.kind.{kind}"))
            chip.setObjectName(f"importKind.{kind}")
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            chip.clicked.connect(lambda _on, kind=kind: self._kind_clicked(kind))
            self.kinds[kind] = chip
            row.addWidget(chip)
        self.path = PathField()
        self.path.setObjectName("importPath")
        self.path.setAccessibleName(texts.get("ui.imports.path"))
        self.path.setPlaceholderText(texts.get("ui.imports.path_hint"))
        self.path.returnPressed.connect(self._path_entered)
        self.pick = HintButton(self._theme, texts.get("ui.imports.pick"), icon="import", hint="Ctrl+O")
        self.pick.setObjectName("importPick")
        self.pick.clicked.connect(self.ask_file)
        row.addWidget(self.path, 1)
        row.addWidget(self.pick)
        self.body.addLayout(row)

    def _stack(self) -> None:
        self.stack = QStackedWidget()
        self.stack.addWidget(self._empty_page())
        self.stack.addWidget(self._content_page())
        self.body.addWidget(self.stack, 1)

    def _empty_page(self) -> QWidget:
        """What stands there without a file, while it is read, and when it cannot be used."""
        page, texts = DropArea(self._theme), self._texts
        self.drop = page
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        self.say_head, self.say, self.say_who = plain(size="head"), plain(tone="muted"), plain()
        self.say_code = plain(tone="muted", size="small")
        page.below = self.say_head
        column.addStretch(1)
        column.addSpacing(48)  # the mark, painted
        for label in (self.say_head, self.say, self.say_who, self.say_code):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        self.again = HintButton(self._theme, texts.get("ui.imports.again"), icon="refresh", hint="F5")
        self.again.setObjectName("importAgain")
        self.again.clicked.connect(self.flow.look_again)
        column.addWidget(self.again, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.latest_head = plain(texts.get("ui.imports.latest"), tone="muted", size="small")
        self.latest = RunLines(self._theme, (22,) * LATEST)
        self.latest.setObjectName("importLatest")
        column.addWidget(self.latest_head)
        column.addWidget(self.latest)
        return page

    def _content_page(self) -> QWidget:
        page, texts = QWidget(), self._texts
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.settings = SettingsBox(texts, self._theme, self.flow)
        column.addWidget(self.settings)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.parts: dict[Part, QPushButton] = {}
        for part in Part:
            chip = QPushButton()
            chip.setObjectName(f"importPart.{part.value}")
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            chip.clicked.connect(lambda _on, part=part: self._choose_part(part))
            self.parts[part] = chip
            row.addWidget(chip)
        self.reasons = RunLines(self._theme, (20,))
        self.reasons.setObjectName("importReasons")
        row.addWidget(self.reasons, 1)
        column.addLayout(row)
        self.model = VerdictModel(texts, self._theme, self)
        self.table = QTableView()
        self.table.setObjectName("importRows")
        self.table.setAccessibleName(texts.get("ui.imports.table"))
        self.table.setModel(self.model)
        quiet(self.table, ROW)
        self.table.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        column.addWidget(self.table, 1)
        return page

    def _foot(self) -> None:
        texts = self._texts
        self.result = RunLines(self._theme, (22,))
        self.result.setObjectName("importResult")
        self.rejects = plain(tone="muted", size="small")
        self.rejects.setObjectName("importRejects")
        self.rejects.setWordWrap(True)
        self.rejects.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.folder = HintButton(self._theme, texts.get("ui.imports.open_folder"), icon="export")
        self.folder.setObjectName("importFolder")
        self.folder.clicked.connect(self._open_folder)
        self.bar = Bar(self._theme, "importBar")
        self.note = plain(tone="muted")
        self.note.setObjectName("importNote")
        self.note.setWordWrap(True)
        self.cancel = HintButton(self._theme, texts.get("ui.imports.give_up"), icon="stop")
        self.cancel.setObjectName("importCancel")
        self.cancel.clicked.connect(self.flow.give_up)
        self.other = HintButton(self._theme, texts.get("ui.imports.another"), icon="file")
        self.other.setObjectName("importAnother")
        self.other.clicked.connect(self._another)
        self.show_register = HintButton(self._theme, texts.get("ui.imports.show_register"), icon="list")
        self.show_register.setObjectName("importShow")
        self.show_register.clicked.connect(lambda: self.register_wanted.emit(self.flow.choice.kind))
        self.run = HintButton(self._theme, texts.get("ui.imports.run"), hint="Ctrl+Enter", kind="primary")
        self.run.setObjectName("importRun")
        self.run.clicked.connect(self.submit)
        line = QHBoxLayout()
        line.addWidget(self.rejects, 1)
        line.addWidget(self.folder)
        last = QHBoxLayout()
        last.setSpacing(8)
        last.addWidget(self.note, 1)
        for button in (self.cancel, self.other, self.show_register, self.run):
            last.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        self.body.addWidget(self.result)
        self.body.addLayout(line)
        self.body.addWidget(self.bar)
        self.body.addLayout(last)

    # -- place and focus ---------------------------------------------------------------------------------------------------
    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As wide as the map has room, as high as the body of the window."""
        width = max(LEAST, min(MOST, map_area.width() - 24))
        self.setFixedSize(min(width, max(1, whole.width() - 24)), max(1, whole.height() - 24))

    def first_field(self) -> QWidget:
        """The path, or what comes next."""
        if self.flow.state is State.EMPTY and self.path.isEnabled():
            return self.path
        usable = (each for each in (self.run, self.cancel, self.other, self.pick) if each.isEnabled())
        return next((each for each in usable if each.isVisibleTo(self)), self.kinds[self.flow.choice.kind])

    def submit(self) -> None:
        """Ctrl+Enter: load what was judged."""
        self.flow.load()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+O chooses a file, F5 reads it again."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() == Qt.Key.Key_O:
            self.ask_file()
            event.accept()
        elif event.key() == Qt.Key.Key_F5:
            self.flow.look_again()
            event.accept()
        else:
            super().keyPressEvent(event)

    # -- the file ----------------------------------------------------------------------------------------------------------
    def ask_file(self) -> None:
        """Open the file dialog; it does not block anything."""
        if self.flow.busy or not self.pick.isEnabled():
            return
        if self._dialog is None:
            texts = self._texts
            patterns = (
                texts.get("ui.imports.pattern", patterns=_PATTERNS),
                texts.get("ui.imports.pattern_all"),
            )
            title, places = texts.get("ui.imports.pick"), self._console
            self._dialog = file_dialog(self, title, texts, places=places, purpose=FOLDER_MEMORY)
            self._dialog.setNameFilters(patterns)
            self._dialog.setObjectName("importDialog")
            self._dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            self._dialog.fileSelected.connect(lambda name: self.take_file(Path(name)))
        self._dialog.open()

    def take_file(self, path: Path) -> None:
        """A file was chosen, dropped or typed."""
        self.path.setText(str(path))
        if self.flow.busy:
            return
        self._console.remember(FOLDER_MEMORY, str(path.parent))
        self.flow.choose_file(path)

    def _path_entered(self) -> None:
        typed = self.path.text().strip().strip('"')
        if typed:
            self.take_file(Path(typed).expanduser())
        else:
            self.ask_file()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """One local file may be dropped."""
        if dropped_file(event) is not None and self.path.isEnabled():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A file was dropped."""
        path = dropped_file(event)
        if path is not None and self.path.isEnabled():
            event.acceptProposedAction()
            self.take_file(path)

    def _kind_clicked(self, kind: str) -> None:
        self.flow.choose_kind(kind)
        self._show_kind()

    def _another(self) -> None:
        self.path.clear()
        self.flow.clear()
        self.path.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_folder(self) -> None:
        report = self.flow.report
        if report is not None and report.rejects_file is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(report.rejects_file.parent)))

    # -- showing -----------------------------------------------------------------------------------------------------------
    def _register_name(self) -> str:
        return self._texts.get(f"ui.imports.register.{self.flow.choice.kind}")

    def _show_kind(self) -> None:
        for kind, chip in self.kinds.items():
            chip.setChecked(kind == self.flow.choice.kind)
            chip.setEnabled(not self.flow.busy)

    def _show(self) -> None:
        flow = self.flow
        self._show_kind()
        denied = flow.denial()
        free = not flow.busy and denied is None and not flow.locked
        self.path.setEnabled(free)
        self.pick.setEnabled(free)
        has_content = flow.checked is not None and flow.state not in (State.EMPTY, State.FAULT)
        self.stack.setCurrentIndex(1 if has_content else 0)
        if flow.checked is not None and has_content:
            self._show_content()
        else:
            self.model.show(None)
            self._show_words()
        self._show_foot()

    def _show_words(self) -> None:
        """The empty page: what to do, who may, or what is wrong with the file."""
        flow, texts, console = self.flow, self._texts, self._console
        denied = flow.denial()
        head, said, who, code = texts.get("ui.imports.empty"), texts.get("ui.imports.empty_why"), "", ""
        if flow.locked:
            head, said = texts.get("ui.imports.locked"), texts.get("ui.imports.locked_why")
        elif denied is not None:
            head, said = texts.get("ui.imports.denied"), console.sentence(denied)
            who, code = console.who(denied), denied.code.value
            who = texts.get("ui.shell.refusal.who", who=who) if who and who not in said else ""
        elif flow.state is State.READING:
            name = flow.choice.path.name if flow.choice.path is not None else ""
            head, said = texts.get("ui.imports.reading"), name
        elif flow.state is State.FAULT:
            head = texts.get("ui.imports.fault")
            said = (
                console.sentence(flow.error) if flow.error is not None else texts.get("ui.shell.refusal.bug")
            )
            code = _code(flow)
        for label, words_ in (
            (self.say_head, head),
            (self.say, said),
            (self.say_who, who),
            (self.say_code, code),
        ):
            label.setText(words_)
            label.setVisible(bool(words_))
        bad = flow.state is State.FAULT or denied is not None
        usable = denied is None and not flow.locked
        self.drop.show_mark("alert" if bad else "tray" if usable else "lock", "warn" if bad else "muted")
        set_tone(self.say_head, "warn" if bad else "")
        self.again.setVisible(flow.state is State.FAULT)
        idle = flow.state is State.EMPTY
        self.latest.setVisible(idle)
        self.latest_head.setVisible(idle and bool(flow.latest))

    def _show_latest(self) -> None:
        self.latest.set_runs(*words.latest(self._texts, self.flow.latest))
        self.latest_head.setVisible(self.flow.state is State.EMPTY and bool(self.flow.latest))

    def _show_content(self) -> None:
        checked = self.flow.checked
        assert checked is not None
        if self.model.holds(checked):
            return
        self.settings.show_checked(checked)
        self.model.show(checked)
        self._fit_columns()
        self._show_parts()

    def _show_parts(self) -> None:
        for part, chip in self.parts.items():
            count = self.model.count(part)
            chip.setText(self._texts.get(f"ui.imports.part.{part.value}", n=words.number(count)))
            chip.setChecked(part is self.model.part)
            chip.setVisible(not self.model.raw)
        checked = self.flow.checked
        self.reasons.set_runs(words.reasons(self._texts, checked) if checked is not None else [])

    def _choose_part(self, part: Part) -> None:
        self.model.choose(part)
        self._show_parts()

    def _fit_columns(self) -> None:
        widths = [_LINE_PX]
        if not self.model.raw:
            widths += [
                self._verdict_width(),
                *(_WIDTHS.get(name, _CELL_PX) for name in self.model.field_names()),
            ]
        for at in range(self.model.columnCount()):
            self.table.setColumnWidth(at, widths[at] if at < len(widths) else _CELL_PX)

    def _verdict_width(self) -> int:
        """Wide enough for what most rows say, in any language."""
        metrics = self.table.fontMetrics()
        said = max((metrics.horizontalAdvance(text) for text in self.model.verdict_texts()), default=0)
        return min(_VERDICT_MOST_PX, max(_VERDICT_PX, said + 48))

    def _show_foot(self) -> None:
        flow, texts = self.flow, self._texts
        ended = flow.state in (State.DONE, State.CANCELLED, State.FAILED)
        self.result.setVisible(ended)
        report = flow.report if flow.state is State.DONE else None
        file = report.rejects_file if report is not None else None
        self.rejects.setVisible(file is not None)
        self.folder.setVisible(file is not None)
        if file is not None:
            self.rejects.setText(texts.get("ui.imports.rejects", path=str(file)))
        if ended:
            icon, tone, said = words.outcome(texts, flow, self._register_name())
            self.result.set_runs([Run(said, tone, "body", True, icon=icon, shrinks=True)])
        self.bar.setVisible(flow.busy)
        self.cancel.setVisible(flow.state is State.LOADING)
        self.other.setVisible(ended)
        self.show_register.setVisible(flow.state is State.DONE)
        self.run.setVisible(flow.state in (State.READY, State.READING))
        self.run.setEnabled(flow.can_load)
        checked = flow.checked
        good = len(checked.good) if checked is not None else 0
        self.run.setText(
            texts.get("ui.imports.run_n", n=words.number(good)) if good else texts.get("ui.imports.run")
        )
        for each in (
            self.settings.encoding,
            self.settings.header,
            self.settings.point_kind,
            *self.settings.columns.values(),
        ):
            each.setEnabled(flow.state in (State.READY, State.READING))
        self._show_progress()

    def _show_progress(self) -> None:
        flow, texts = self.flow, self._texts
        self.bar.show_value(flow.progress.done, flow.progress.total)
        said, tone = "", "muted"
        if flow.state is State.LOADING:
            said = f"{words.progress_line(texts, flow.state, flow.progress)}\n{texts.get('ui.imports.give_up_means')}"
        elif flow.state is State.UNDOING:
            line = words.progress_line(texts, flow.state, flow.progress)
            said = f"{texts.get('ui.imports.undoing_means')} {line}"
        elif flow.state is State.READING and flow.checked is not None:
            said = texts.get("ui.imports.reading")
        elif flow.state is State.READY:
            said, tone = words.next_step(texts, flow, self._register_name())
        elif flow.state is State.FAILED and flow.error is not None:
            said, tone = f"{self._console.sentence(flow.error)} {_code(flow)}", "warn"
        self.note.setText(said)
        set_tone(self.note, tone)


def _code(flow: ImportFlow) -> str:
    """The code of what went wrong, small, for support."""
    code = getattr(flow.error, "code", "")
    return str(getattr(code, "value", code))
