"""The sheet for exchange by stick: what waits to be carried and its making, what was brought and its taking in (CM-07).

It lies over the map and stops nothing below it; put away while it works, it goes on, and a note tells how it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.bundles import words
from app.ui.bundles.flow import BundleFlow, State, Way
from app.ui.bundles.parts import Lines, PathRow
from app.ui.imports.parts import Bar, DropArea
from app.ui.session import Session
from app.ui.shell.file_dialogs import file_dialog
from app.ui.shell.sheet import Sheet, plain, set_tone
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

LEAST, MOST = 820, 1080
FOLDER_MEMORY = "bundles.folder"
_LINE = 24
_ENDED = (State.DONE, State.CANCELLED, State.FAILED)


class BundleSheet(Sheet):
    """Two pages, carrying out and taking in, over one list of earlier bundles."""

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__("bundleSheet", texts.get("ui.bundles.title"), texts.get("ui.bundles.hint"), parent)
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self._names = console.district.agencies
        self.flow = flow = BundleFlow(console, session, self)
        self._dialogs: dict[str, QFileDialog] = {}
        self.setAcceptDrops(True)
        self._ways()
        self.stack = QStackedWidget()
        self.stack.addWidget(self._out_page())
        self.stack.addWidget(self._in_page())
        self.body.addWidget(self.stack, 1)
        self._foot()
        flow.changed.connect(self._show)
        flow.moved.connect(self._show_progress)
        flow.ended.connect(self._settle)
        self._show()

    def dispose(self) -> None:
        """Hear nothing any more."""
        self.flow.dispose()

    def open(self) -> None:
        """What waits is read anew with every opening."""
        if not self.is_open:
            self.flow.read()
        super().open()

    # -- parts -------------------------------------------------------------------------------------------------------------
    def _chip(self, name: str, text: str) -> QPushButton:
        chip = QPushButton(text)
        chip.setObjectName(name)
        chip.setProperty("kind", "chip")
        chip.setCheckable(True)
        return chip

    def _ways(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.ways: dict[Way, QPushButton] = {}
        for way in Way:
            chip = self._chip(f"bundleWay.{way.value}", self._texts.get(f"ui.bundles.way.{way.value}"))
            chip.clicked.connect(lambda _on, way=way: self._way_clicked(way))
            self.ways[way] = chip
            row.addWidget(chip)
        row.addStretch(1)
        self.body.addLayout(row)

    def _out_page(self) -> QWidget:
        page, texts = QWidget(), self._texts
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.partner_row = QHBoxLayout()
        self.partner_row.setSpacing(8)
        self.partner_for = plain(texts.get("ui.bundles.for"), tone="muted")
        self.partner_row.addWidget(self.partner_for)
        self.partner_chips: dict[str, QPushButton] = {}
        self.partner_row.addStretch(1)
        column.addLayout(self.partner_row)
        self.nobody = plain(texts.get("ui.bundles.no_partner"), tone="muted")
        self.nobody.setWordWrap(True)
        column.addWidget(self.nobody)
        self.waiting = Lines(self._theme, _LINE, "bundleWaiting")
        column.addWidget(self.waiting)
        self.follow = self._chip("bundleFollow", "")
        self.follow.clicked.connect(self.flow.choose_follow)
        column.addWidget(self.follow, 0, Qt.AlignmentFlag.AlignLeft)
        row = PathRow(self._theme, texts, "folder", "folder", "export")
        self.folder, self.pick_folder = row.field, row.button
        self.folder.returnPressed.connect(self._folder_entered)
        self.pick_folder.clicked.connect(lambda: self.ask("folder"))
        column.addLayout(row)
        self.target = plain(tone="warn")
        self.target.setObjectName("bundleTarget")
        self.target.setWordWrap(True)
        column.addWidget(self.target)
        self.made = Lines(self._theme, _LINE, "bundleMade")
        column.addWidget(self.made)
        column.addStretch(1)
        return page

    def _in_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        row = PathRow(self._theme, self._texts, "path", "files", "import")
        self.path, self.pick_files = row.field, row.button
        self.path.returnPressed.connect(self._path_entered)
        self.pick_files.clicked.connect(lambda: self.ask("files"))
        column.addLayout(row)
        self.in_stack = QStackedWidget()
        self.in_stack.addWidget(self._empty_page())
        self.found = Lines(self._theme, _LINE, "bundleFound", scrolls=True)
        self.in_stack.addWidget(self.found)
        column.addWidget(self.in_stack, 1)
        return page

    def _empty_page(self) -> QWidget:
        """What stands there without files, while they are read, and when they cannot be used."""
        self.drop = page = DropArea(self._theme)
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 16, 24, 16)
        self.say_head, self.say = plain(size="head"), plain(tone="muted")
        page.below = self.say_head
        column.addStretch(1)
        column.addSpacing(48)  # the mark, painted
        for label in (self.say_head, self.say):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        column.addStretch(1)
        return page

    def _foot(self) -> None:
        texts = self._texts
        self.latest_head = plain(texts.get("ui.bundles.latest"), tone="muted", size="small")
        self.latest = Lines(self._theme, 22, "bundleLatest")
        self.bar = Bar(self._theme, "bundleBar")
        self.note = plain(tone="muted")
        self.note.setObjectName("bundleNote")
        self.note.setWordWrap(True)
        self.cancel = HintButton(self._theme, texts.get("ui.bundles.give_up"), icon="stop")
        self.cancel.setObjectName("bundleCancel")
        self.cancel.clicked.connect(self.flow.give_up)
        self.show_folder = HintButton(self._theme, texts.get("ui.bundles.open_folder"), icon="export")
        self.show_folder.setObjectName("bundleOpenFolder")
        self.show_folder.clicked.connect(self._open_folder)
        self.resume = HintButton(self._theme, "", icon="redo")
        self.resume.setObjectName("bundleResume")
        self.resume.clicked.connect(lambda: self._make(resume=True))
        self.other = HintButton(self._theme, texts.get("ui.bundles.another"), icon="file")
        self.other.setObjectName("bundleAnother")
        self.other.clicked.connect(self._another)
        self.run = HintButton(self._theme, "", hint="Ctrl+Enter", kind="primary")
        self.run.setObjectName("bundleRun")
        self.run.clicked.connect(self.submit)
        last = QHBoxLayout()
        last.setSpacing(8)
        last.addWidget(self.note, 1)
        for button in (self.cancel, self.show_folder, self.resume, self.other, self.run):
            last.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        self.body.addWidget(self.latest_head)
        self.body.addWidget(self.latest)
        self.body.addWidget(self.bar)
        self.body.addLayout(last)

    # -- place, focus, keys ------------------------------------------------------------------------------------------------
    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As wide as the map has room, no higher than it needs."""
        width = max(LEAST, min(MOST, map_area.width() - 24))
        self.setFixedSize(min(width, max(1, whole.width() - 24)), max(1, min(620, whole.height() - 24)))

    def first_field(self) -> QWidget:
        """The first thing that is to be chosen, or the button."""
        field = self.folder if self.flow.way is Way.OUT else self.path
        if field.isEnabled() and not field.text():
            return field
        usable = (each for each in (self.run, self.cancel, self.other, field) if each.isEnabled())
        return next((each for each in usable if each.isVisibleTo(self)), self.ways[self.flow.way])

    def _settle(self) -> None:
        """It is over: the focus goes to what comes next, not to wherever it fell."""
        if self.is_open:
            ways = (self.other, self.show_folder)
            after = next((each for each in ways if each.isVisibleTo(self)), self.first_field())
            after.setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self) -> None:
        """Ctrl+Enter: make, or take in."""
        if self.flow.way is Way.OUT:
            self._make()
        elif self.flow.take():
            self.cancel.setFocus(Qt.FocusReason.OtherFocusReason)

    def _make(self, *, resume: bool = False) -> None:
        """Into the folder that stands in the field; of a new one on the disk of the data is warned first."""
        flow, before = self.flow, self.flow.folder
        if self.folder.text().strip():
            self._take_folder(self.folder.text())
        if flow.folder != before and flow.near:
            return
        if flow.make(resume=resume):
            self.cancel.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+O chooses, F5 looks again, Ctrl+PageDown and Ctrl+PageUp turn to the other page."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() == Qt.Key.Key_O:
            self.ask("folder" if self.flow.way is Way.OUT else "files")
        elif control and event.key() in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self._way_clicked(Way.IN if self.flow.way is Way.OUT else Way.OUT)
        elif event.key() == Qt.Key.Key_F5:
            self._again()
        elif not control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._press(QApplication.focusWidget())
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def _press(self, button: QWidget | None) -> None:
        """Enter presses the button that has the focus."""
        if isinstance(button, QPushButton) and self.isAncestorOf(button) and button.isEnabled():
            button.click()

    def _again(self) -> None:
        if self.flow.way is Way.IN and self.flow.paths:
            self.flow.look(self.flow.paths)
        else:
            self.flow.read()

    def _way_clicked(self, way: Way) -> None:
        self.flow.choose_way(way)
        self._show()
        self.first_field().setFocus(Qt.FocusReason.OtherFocusReason)

    # -- files and folders -------------------------------------------------------------------------------------------------
    def ask(self, what: str) -> None:
        """Open the dialog for a folder or for files; it blocks nothing."""
        if self.flow.busy or not self.flow.usable:
            return
        if what not in self._dialogs:
            self._dialogs[what] = self._dialog(what)
        dialog = self._dialogs[what]
        dialog.show()
        dialog.activateWindow()

    def _dialog(self, what: str) -> QFileDialog:
        texts, places = self._texts, self._console
        title = texts.get(f"ui.bundles.pick_{what}")
        dialog = file_dialog(self, title, texts, places=places, purpose=FOLDER_MEMORY, medium=True)
        dialog.setObjectName(f"bundleDialog.{what}")
        dialog.setWindowModality(Qt.WindowModality.NonModal)
        if what == "folder":
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
            dialog.fileSelected.connect(self._take_folder)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
            dialog.setNameFilters([texts.get("ui.bundles.pattern"), texts.get("ui.bundles.pattern_all")])
            dialog.filesSelected.connect(lambda names: self.take_paths([Path(name) for name in names]))
        return dialog

    def _take_folder(self, name: str) -> None:
        folder = Path(name.strip().strip('"')).expanduser()
        self.folder.setText(str(folder))
        if folder != self.flow.folder:
            self.flow.choose_folder(folder)
            if not self.flow.missing:
                self._console.remember(FOLDER_MEMORY, str(folder))

    def _folder_entered(self) -> None:
        if self.folder.text().strip():
            self._take_folder(self.folder.text())
            if self.run.isEnabled() and not self.flow.near:
                self.run.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.ask("folder")

    def take_paths(self, paths: Sequence[Path]) -> None:
        """Files or folders were chosen, dropped or typed: they are looked at."""
        if self.flow.busy or not paths:
            return
        self.path.setText(str(paths[0] if len(paths) == 1 else paths[0].parent))
        folder = paths[0] if paths[0].is_dir() else paths[0].parent
        self._console.remember(FOLDER_MEMORY, str(folder))
        self.flow.look(paths)

    def _path_entered(self) -> None:
        typed = self.path.text().strip().strip('"')
        if typed:
            self.take_paths([Path(typed).expanduser()])
        else:
            self.ask("files")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Local files and folders may be dropped."""
        if event.mimeData().hasUrls() and self.flow.usable and not self.flow.busy:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A folder dropped while carrying out is the target; anything else is taken in."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if not paths or self.flow.busy:
            return
        event.acceptProposedAction()
        if self.flow.way is Way.OUT and len(paths) == 1 and paths[0].is_dir():
            self._take_folder(str(paths[0]))
            return
        self.flow.choose_way(Way.IN)
        self.take_paths(paths)

    def _another(self) -> None:
        self.path.clear()
        self.flow.clear()
        self.path.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_folder(self) -> None:
        exported = self.flow.exported
        if exported is not None and exported.files:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(exported.files[0]).parent)))

    # -- showing -----------------------------------------------------------------------------------------------------------
    def _show(self) -> None:
        flow = self.flow
        for way, chip in self.ways.items():
            chip.setChecked(way is flow.way)
        self.stack.setCurrentIndex(list(Way).index(flow.way))
        free = flow.usable and not flow.busy
        for widget in (self.folder, self.pick_folder, self.path, self.pick_files, self.follow):
            widget.setEnabled(free)
        self._show_out()
        self._show_in()
        self.latest.set_runs(*words.latest(self._texts, flow.past, self._names))
        self.latest_head.setVisible(bool(flow.past))
        self._show_buttons()
        self._show_progress()

    def _show_out(self) -> None:
        flow, texts = self.flow, self._texts
        self._show_partners()
        partner = flow.partner
        lines = [] if partner is None else words.waiting(texts, partner, self._console.clock.now_ms())
        self.waiting.set_runs(*lines)
        follows = partner is not None and bool(partner.follows)
        self.follow.setVisible(follows)
        self.follow.setChecked(flow.follow)
        if partner is not None and follows:
            self.follow.setText(texts.get("ui.bundles.follow", seq=partner.follows))
        self.target.setText(words.target(texts, flow))
        self.target.setVisible(bool(self.target.text()))
        made = flow.exported if flow.states[Way.OUT] is State.DONE else None
        self.made.set_runs(*([] if made is None else words.made(texts, made, self._names)))

    def _show_partners(self) -> None:
        flow = self.flow
        partners = flow.partners or ()
        if [each.site for each in partners] != list(self.partner_chips):
            for chip in self.partner_chips.values():
                self.partner_row.removeWidget(chip)
                chip.deleteLater()
            self.partner_chips = {}
            for at, each in enumerate(partners):
                name = words.who(self._names, each.agency, each.label)
                chip = self._chip(f"bundlePartner.{each.site}", name)
                chip.clicked.connect(lambda _on, site=each.site: self._partner_clicked(site))
                self.partner_row.insertWidget(at + 1, chip)
                self.partner_chips[each.site] = chip
            stops = (
                *self.ways.values(),
                *self.partner_chips.values(),
                self.follow,
                self.folder,
                self.pick_folder,
            )
            for before, after in pairwise(stops):  # Tab from top to bottom
                QWidget.setTabOrder(before, after)
        nobody = flow.partners is not None and not flow.partners
        self.nobody.setVisible(nobody)
        for widget in (self.partner_for, self.folder, self.pick_folder):
            widget.setVisible(not nobody)
        for each in partners:
            self.partner_chips[each.site].setChecked(each.site == flow.site)
            self.partner_chips[each.site].setEnabled(not flow.busy)  # a closed one says so when it is chosen

    def _partner_clicked(self, site: str) -> None:
        self.flow.choose_partner(site)
        self._show()

    def _show_in(self) -> None:
        flow, texts, sentence = self.flow, self._texts, self._console.sentence
        state = flow.states[Way.IN]
        if state is State.DONE and flow.imported is not None:
            self.found.set_runs(*words.taken(texts, flow.imported, self._names, sentence))
        elif flow.examined is not None and state is not State.FAULT:
            self.found.set_runs(*words.found(texts, flow.examined, self._names, sentence))
        has_content = flow.examined is not None and state not in (State.IDLE, State.FAULT, State.LOOKING)
        self.in_stack.setCurrentIndex(1 if has_content else 0)
        head, said = texts.get("ui.bundles.empty"), texts.get("ui.bundles.empty_why")
        if state is State.LOOKING:
            head, said = texts.get("ui.bundles.looking"), ", ".join(path.name for path in flow.paths[:3])
        elif state is State.FAULT:
            head = texts.get("ui.bundles.fault")
            said = sentence(flow.error) if flow.error is not None else texts.get("ui.shell.refusal.bug")
        self.say_head.setText(head)
        self.say.setText(said)
        bad = state is State.FAULT
        self.drop.show_mark("alert" if bad else "tray", "warn" if bad else "muted")
        set_tone(self.say_head, "warn" if bad else "")

    def _show_buttons(self) -> None:
        flow, texts = self.flow, self._texts
        state, out = flow.state, flow.way is Way.OUT
        working = state in (State.WORKING, State.STOPPING)
        self.bar.setVisible(working)
        self.cancel.setVisible(state is State.WORKING)
        self.show_folder.setVisible(out and state is State.DONE)
        unfinished = flow.partner.unfinished if out and flow.partner is not None else 0
        self.resume.setVisible(bool(unfinished) and not working)
        self.resume.setEnabled(flow.can_make)
        self.resume.setText(texts.get("ui.bundles.resume", seq=unfinished))
        self.other.setVisible(not out and state in _ENDED)
        self.run.setVisible((out and not working) or state in (State.READY, State.LOOKING))
        self.run.setText(texts.get(f"ui.bundles.run.{flow.way.value}"))
        self.run.setEnabled(flow.can_make if out else flow.can_take)

    def _show_progress(self) -> None:
        flow = self.flow
        self.bar.show_value(flow.progress.done, flow.progress.total)
        said, tone = self._said()
        self.note.setText(said)
        set_tone(self.note, tone)

    def _said(self) -> tuple[str, str]:
        """(sentence, tone) at the foot: why nothing can be done, how far it is, how it ended, or what comes next."""
        flow, texts, console = self.flow, self._texts, self._console
        denied, state = flow.denial(), flow.state
        if flow.locked:
            return texts.get("ui.bundles.locked"), "muted"
        if denied is not None:
            return console.sentence(denied), "warn"
        if state in (State.WORKING, State.STOPPING):
            return words.progress(texts, flow.way, state, flow.progress), "muted"
        if state is State.FAILED and flow.error is not None:
            return console.sentence(flow.error), "warn"
        if state in (State.CANCELLED, State.FAILED):
            return words.outcome(texts, flow, flow.way, self._names)[2], "warn"
        if flow.way is Way.OUT:
            return words.will_make(texts, flow, self._names), "muted"
        if state is State.READY and flow.examined is not None:
            return words.will_take(texts, flow.examined), "muted"
        if state is State.DONE:
            return words.outcome(texts, flow, Way.IN, self._names)[2], "muted"
        return "", "muted"
