"""The last run was not closed: a card at the foot of the map says so, and that nothing was lost; a crash can be reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.kernel.running import Former
from app.ui.shell import moments
from app.ui.shell.file_dialogs import file_dialog
from app.ui.shell.runs import Run, RunLines
from app.ui.shell.sheet import plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.console import Console

WIDTH = 420
DRAFTS = "draft."  # of the workstation's memory


def drafts_words(console: Console, names: tuple[str, ...]) -> str:
    """Which drafts are there again, in words; empty for none."""
    texts = console.texts
    kept = [name for name in names if console.memory(f"{DRAFTS}{name}")]
    return texts.get("wording.comma").join(texts.get(f"ui.diagnostics.draft.{name}") for name in kept)


class EndedCard(QFrame):
    """`report_wanted(path)`; `noted`: it was read."""

    report_wanted = Signal(str)
    noted = Signal()

    def __init__(self, console: Console, theme: Theme, parent: QWidget, former: Former, drafts: str) -> None:
        super().__init__(parent)
        self.setObjectName("endedCard")
        self.setProperty("plane", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setFixedWidth(WIDTH)
        texts, crashed = console.texts, bool(former.trace)
        self._console, self._texts = console, texts
        self._dialog: QFileDialog | None = None
        self._stamp = former.trace.removesuffix(".txt")
        head = RunLines(theme, (22,))
        title = texts.get(f"ui.diagnostics.ended.{'crashed' if crashed else 'cut'}")
        tone, icon = ("warn", "alert") if crashed else ("muted", "info")
        head.set_runs([Run(title, tone if crashed else "text", "body", True, icon=icon, shrinks=True)])
        time = moments.day_clock(former.at, console.clock.now_ms())
        said = texts.get(f"ui.diagnostics.ended.{'crashed' if crashed else 'cut'}_when", time=time)
        kept = (
            texts.get("ui.diagnostics.ended.drafts", names=drafts)
            if drafts
            else texts.get("ui.diagnostics.ended.no_drafts")
        )
        self.text = plain(f"{said}\n{kept}", size="small")
        self.text.setObjectName("endedText")
        self.text.setWordWrap(True)
        self.report = HintButton(theme, texts.get("ui.diagnostics.ended.report"), icon="save")
        self.report.setObjectName("endedReport")
        self.report.setVisible(False)
        self.note = HintButton(theme, texts.get("ui.diagnostics.ended.noted"), icon="check")
        self.note.setObjectName("endedNoted")
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addStretch(1)
        foot.addWidget(self.report)
        foot.addWidget(self.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(6)
        column.addWidget(head)
        column.addWidget(self.text)
        column.addLayout(foot)
        self.report.setVisible(crashed)
        self.report.clicked.connect(self.ask_file)
        self.note.clicked.connect(self.noted)
        self.setAccessibleName(f"{title} {self.text.text()}")
        self.take_room()

    def take_room(self) -> None:
        """As high as its words need at its width, its foot where it stands: by itself Qt asks that of windows alone."""
        foot, column = self.y() + self.height(), self.layout()
        height = column.totalHeightForWidth(WIDTH) if column is not None else self.height()
        if height != self.height():
            self.setFixedHeight(height)
            self.move(self.x(), foot - height)

    def event(self, event: QEvent) -> bool:
        """Words take their font when the card is shown, and other words when the theme changes."""
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.take_room()
        return handled

    def ask_file(self) -> None:
        """Open the dialog; nothing waits for it."""
        if self._dialog is None:
            title = self._texts.get("ui.diagnostics.ended.report")
            self._dialog = file_dialog(
                self.window(), title, self._texts, places=self._console, purpose="files.diagnostics"
            )
            self._dialog.setObjectName("endedDialog")
            self._dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            self._dialog.setDefaultSuffix("txt")
            self._dialog.fileSelected.connect(self.report_wanted)
        self._dialog.selectFile(f"{self._stamp}-report.txt")
        self._dialog.open()
