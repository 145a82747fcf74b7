"""Undoing a pairing on the link desk: what it means, and a second press before it is done (CM-04)."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.shell.sheet import plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme


class Forgetting(QWidget):
    """`wanted`: it was confirmed; `left`: it was not."""

    wanted = Signal()
    left = Signal()

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self.setObjectName("linkDeskForgetting")
        about = plain(texts.get("ui.link_desk.forget_about"), tone="warn")
        about.setObjectName("linkDeskForgetAbout")
        about.setWordWrap(True)
        self.run = HintButton(theme, texts.get("ui.link_desk.forget_run"), kind="primary", icon="link-off")
        self.run.setObjectName("linkDeskForgetRun")
        self.run.clicked.connect(self.wanted)
        self.cancel = HintButton(theme, texts.get("ui.link_desk.forget_cancel"), hint="Esc")
        self.cancel.setObjectName("linkDeskForgetCancel")
        self.cancel.clicked.connect(self.left)
        row = QHBoxLayout()
        row.setSpacing(8)
        for part in (self.run, self.cancel):
            row.addWidget(part)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(about)
        column.addLayout(row)
        self.hide()

    def ask(self) -> None:
        """Show what it means; the way back has the focus."""
        self.show()
        self.cancel.setFocus(Qt.FocusReason.OtherFocusReason)
