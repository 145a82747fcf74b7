"""How far an import is while its sheet is put away: at the foot of the map, nobody's work is stopped by it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.imports import words
from app.ui.imports.flow import ImportFlow, State
from app.ui.imports.parts import Bar
from app.ui.shell.runs import Run, RunLines
from app.ui.shell.sheet import plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

WIDTH, HEIGHT = 380, 112
_WHOLE = 100


class ProgressCard(QFrame):
    """`open_wanted`: show the sheet again."""

    open_wanted = Signal()

    def __init__(self, texts: Texts, theme: Theme, parent: QWidget, flow: ImportFlow) -> None:
        super().__init__(parent)
        self.setObjectName("importCard")
        self.setProperty("plane", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setFixedSize(WIDTH, HEIGHT)
        self._texts, self._flow = texts, flow
        self.head = RunLines(theme, (22,))
        self.bar = Bar(theme, "importCardBar")
        self.line = plain(tone="muted", size="small")
        self.look = HintButton(theme, texts.get("ui.imports.look"))
        self.look.clicked.connect(self.open_wanted)
        self.cancel = HintButton(theme, texts.get("ui.imports.give_up"), icon="stop")
        self.cancel.setToolTip(texts.get("ui.imports.give_up_means"))
        self.cancel.clicked.connect(flow.give_up)
        for button in (self.look, self.cancel):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        foot = QHBoxLayout()
        foot.addWidget(self.line, 1)
        foot.addWidget(self.look)
        foot.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(6)
        column.addWidget(self.head)
        column.addWidget(self.bar)
        column.addLayout(foot)
        self.hide()

    def show_flow(self) -> None:
        """Take over how far it is."""
        flow, texts = self._flow, self._texts
        progress, undoing = flow.progress, flow.state is State.UNDOING
        title = texts.get("ui.imports.card_undoing" if undoing else "ui.imports.card_loading")
        share = progress.done * _WHOLE // max(1, progress.total)
        name = flow.choice.path.name if flow.choice.path is not None else ""
        self.head.set_runs(
            [
                Run(title, size="table", bold=True),
                Run(name, "muted", "small", shrinks=True),
                Run(texts.get("ui.imports.percent", n=share), size="table", bold=True),
            ]
        )
        self.bar.show_value(progress.done, progress.total)
        self.line.setText(words.card_line(texts, flow.state, progress))
        self.cancel.setVisible(not undoing)
