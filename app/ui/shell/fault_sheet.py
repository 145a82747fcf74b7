"""What stands over everything when the site could not be opened: the sentence, the code, and the way out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.shell.sheet import Sheet, plain, press_focused
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

WIDTH = 560
RESTORABLE = ("database.damaged", "high_water")


class FaultSheet(Sheet):
    """Its button, and Esc, close it; the window then closes too. `restore_wanted`: where a backup helps, it may be asked for."""

    restore_wanted = Signal()

    def __init__(self, texts: Texts, theme: Theme, parent: QWidget, sentence: str, code: str) -> None:
        super().__init__("faultSheet", texts.get("ui.shell.fault.title"), code, parent)
        self.setFixedWidth(WIDTH)
        self.sentence = plain(sentence, size="body")
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body.addWidget(self.sentence)
        restorable = code in RESTORABLE
        closing = "secondary" if restorable else "primary"  # what Enter presses looks like it
        self.button = HintButton(theme, texts.get("ui.shell.fault.close"), hint="Esc", kind=closing)
        self.button.clicked.connect(self.dismiss)
        self.restore = HintButton(
            theme, texts.get("ui.shell.fault.restore"), icon="refresh", hint="Enter", kind="primary"
        )
        self.restore.setObjectName("faultRestore")
        self.restore.clicked.connect(self.restore_wanted)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.button)
        row.addWidget(self.restore)
        self.body.addLayout(row)
        self.restore.setVisible(restorable)  # not before it stands in here: it would be a window of its own

    def first_field(self) -> QWidget:
        """The way on, or the way out where there is no other."""
        return self.button if self.restore.isHidden() else self.restore

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus."""
        if not press_focused(self, event):
            super().keyPressEvent(event)
