"""What was refused, on what ground, and who can do it; amber, over the foot of the map, until Esc (SCREEN, Manners)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.kernel.errors import EnvironmentFault, Refusal
from app.ui.shell.sheet import plain
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.console import Console

WIDTH = 640


class RefusalBar(QFrame):
    """Stands until it is dismissed or the next refusal replaces it; `appeared` when it came or went."""

    appeared = Signal()

    def __init__(self, console: Console, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("refusalBar")
        self.setProperty("plane", "warn")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setFixedWidth(WIDTH)
        self._console, self._texts, self._theme = console, console.texts, theme
        self.of_act = (
            False  # what stands here is the answer to an act: the next one that succeeds puts it away
        )
        self.what = plain(size="head")
        self.basis, self.can = plain(tone="muted"), plain()
        self.code = plain(tone="muted", size="small")
        for label in (self.what, self.basis, self.can):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.close_button = QToolButton()
        self.close_button.setObjectName("refusalClose")
        self.close_button.setProperty("kind", "quiet")
        self.close_button.setToolTip(self._texts.get("ui.shell.dismiss"))
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.clicked.connect(self.dismiss)
        theme.changed.connect(self._redress)
        self._redress()
        self._lay_out()
        self.hide()

    def _redress(self) -> None:
        self.close_button.setIcon(self._theme.icon("cross", "muted"))

    def _lay_out(self) -> None:
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 8, 12)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(self.what, 1)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        column.addWidget(self.basis)
        foot = QHBoxLayout()
        foot.addWidget(self.can, 1)
        foot.addWidget(self.code, 0, Qt.AlignmentFlag.AlignBottom)
        foot.setContentsMargins(0, 0, 8, 0)
        column.addLayout(foot)

    def show_error(self, error: Refusal | EnvironmentFault) -> None:
        """Say a refusal or a fault; the code stands small at the right, for support."""
        console, texts, self.of_act = self._console, self._texts, True
        sentence = console.sentence(error)
        self.what.setText(sentence)
        clause = console.clause(error) if isinstance(error, Refusal) else ""
        who = console.who(error) if isinstance(error, Refusal) else ""
        if who in sentence:  # many sentences say it themselves
            who = ""
        self.basis.setText(texts.get("ui.shell.refusal.basis", clause=clause) if clause else "")
        self.basis.setVisible(bool(clause))
        self.can.setText(texts.get("ui.shell.refusal.who", who=who) if who else "")
        self.code.setText(error.code.value if isinstance(error, Refusal) else error.code)
        self._appear()

    def say(self, text: str, code: str = "") -> None:
        """Say something that is no refusal of a rule in the same place."""
        self.of_act = False
        self.what.setText(text)
        self.basis.setVisible(False)
        self.can.setText("")
        self.code.setText(code)
        self._appear()

    def _appear(self) -> None:
        self.show()
        bottom = self.geometry().bottom()
        self.setFixedHeight(self._column.heightForWidth(WIDTH))
        self.move(self.x(), bottom - self.height() + 1)
        self.raise_()
        self.appeared.emit()

    def dismiss(self) -> None:
        """Put it away."""
        self.hide()
        self.appeared.emit()
