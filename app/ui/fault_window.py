"""What is shown when there is no console to show: a small window with the sentence, what to do, and a way out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.shell.sheet import plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

WIDTH, HEIGHT = 560, 240
INSET = 24


class FaultWindow(QWidget):
    """Says why the console did not open to whoever started it by a double click (XC-01); `closed` when it was read,
    `restore_wanted` before that when a backup is to be restored."""

    closed = Signal()
    restore_wanted = Signal()

    def __init__(
        self,
        texts: Texts,
        theme: Theme,
        sentence: str,
        code: str,
        path: str = "",
        *,
        restorable: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName("faultWindow")
        self.setProperty("plane", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setWindowTitle(texts.get("ui.shell.fault.title"))
        self.setFixedWidth(WIDTH)
        self.setMinimumHeight(HEIGHT)
        self.heading, self.code = plain(texts.get("ui.shell.fault.title"), size="head"), plain(code)
        self.code.setProperty("tone", "muted")
        self.sentence = plain(sentence, size="body")
        self.place = plain(texts.get("ui.shell.fault.place", path=path) if path else "", tone="muted")
        for words in (self.sentence, self.place):
            words.setWordWrap(True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.place.setVisible(bool(path))
        closing = "secondary" if restorable else "primary"  # what Enter presses looks like it
        self.button = HintButton(theme, texts.get("ui.shell.fault.close"), hint="Esc", kind=closing)
        self.button.setObjectName("faultClose")
        self.button.clicked.connect(self.close)
        self.restore = HintButton(
            theme, texts.get("ui.shell.fault.restore"), icon="refresh", hint="Enter", kind="primary"
        )
        self.restore.setObjectName("faultRestore")
        self.restore.clicked.connect(self._restore)
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.heading)
        head.addStretch(1)
        head.addWidget(self.code)
        foot.addStretch(1)
        foot.addWidget(self.button)
        foot.addWidget(self.restore)
        column = QVBoxLayout(self)
        column.setContentsMargins(INSET, INSET, INSET, INSET)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self.sentence)
        column.addWidget(self.place)
        column.addStretch(1)
        column.addLayout(foot)
        self.restore.setVisible(restorable)  # not before it stands in here: it would be a window of its own

    def showEvent(self, event: QShowEvent) -> None:
        """The way on has the keys, the way out where there is no other."""
        super().showEvent(event)
        first = self.button if self.restore.isHidden() else self.restore
        first.setFocus(Qt.FocusReason.ActiveWindowFocusReason)

    def _restore(self) -> None:
        self.restore_wanted.emit()
        self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus, Esc closes."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and self.focusWidget() is self.restore:
            self._restore()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """The program may end."""
        super().closeEvent(event)
        self.closed.emit()
