"""Hints for who sits here for the first time: one at a time, put away for good by its account (docs/decisions/0042)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.shell.sheet import plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.console import Console

NAMES = ("start", "desk", "alarms")
MEMORY = "hints"
EVERYBODY = "*"  # of the memory: nobody is given hints here
WIDTH = 380


class Seen:
    """Which hints an account has put away, kept on this workstation."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def _kept(self) -> dict[str, list[str]]:
        kept: Any = self._console.memory(MEMORY)
        return dict(kept) if isinstance(kept, dict) else {}

    def wants(self, account_id: str, name: str) -> bool:
        """True while an account has not put a hint away."""
        kept = self._kept()
        return EVERYBODY not in kept and name not in kept.get(account_id, ())

    def put_away(self, account_id: str, *names: str) -> None:
        """Not again for this account."""
        kept = self._kept()
        kept[account_id] = sorted({*kept.get(account_id, ()), *names})
        self._console.remember(MEMORY, kept)


class HintCard(QFrame):
    """`noted`, or `stopped` when no further ones are wanted."""

    noted = Signal()
    stopped = Signal()

    def __init__(self, texts: Texts, theme: Theme, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.name = name
        self.setObjectName("hintCard")
        self.setProperty("plane", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setFixedWidth(WIDTH)
        self.text = plain(texts.get(f"ui.help.hint_{name}"), size="small")
        self.text.setWordWrap(True)
        self.setAccessibleName(self.text.text())
        self.stop = HintButton(theme, texts.get("ui.help.stop"), kind="quiet")
        self.note = HintButton(theme, texts.get("ui.help.noted"), icon="check")
        for button, told in ((self.stop, self.stopped), (self.note, self.noted)):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(told)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.stop)
        foot.addWidget(self.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        column.addWidget(self.text)
        column.addLayout(foot)
        self.resize(WIDTH, column.totalHeightForWidth(WIDTH))
