"""The guide of an exercise: who signs in, where the other room is, what to try first. It can be put away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.first_start.pages import label
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

WIDTH = 460
INSET = 20
ABOVE = 56  # the board's buttons stay free
STEPS = ("sign_in", "register", "oral", "other", "keys")


@dataclass(frozen=True)
class Guidance:
    """What the guide tells and can do: names of both agencies, the other room's command line, the way to open it."""

    texts: Texts
    mine: str
    other: str
    accounts: str
    password: str
    command: str
    open_other: Callable[[], None]


class Guide(QWidget):
    """Lies over the lower part of the board; its button, or Esc in it, puts it away."""

    def __init__(self, guidance: Guidance, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._guidance, texts = guidance, guidance.texts
        self.setObjectName("exerciseGuide")
        self.setProperty("plane", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setFixedWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(INSET, INSET, INSET, INSET)
        column.setSpacing(12)
        column.addWidget(label(texts.get("ui.first_start.guide.title"), size="title"))
        self.lines = [self._line(name) for name in ("accounts", *STEPS)]
        for line in self.lines:
            column.addWidget(line)
        self.other = HintButton(theme, self._say("open_other"), kind="primary")
        self.other.setObjectName("openOther")
        self.other.clicked.connect(self._open_other)
        self.command = label(self._say("command"), tone="muted", size="small")
        self.command.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.away = HintButton(theme, texts.get("ui.first_start.guide.away"), hint="Esc", kind="quiet")
        self.away.clicked.connect(self.close)
        foot = QHBoxLayout()
        foot.addWidget(self.other)
        foot.addStretch(1)
        foot.addWidget(self.away)
        column.addWidget(self.command)
        column.addLayout(foot)

    def place(self, room: QRect) -> None:
        """At the lower left of this room, as high as its words need."""
        self.ensurePolished()
        layout = self.layout()
        high = layout.heightForWidth(WIDTH) if layout is not None else self.height()
        self.setGeometry(room.left() + INSET, room.bottom() - high - ABOVE, WIDTH, high)

    def _say(self, name: str) -> str:
        told = self._guidance
        return told.texts.get(
            f"ui.first_start.guide.{name}",
            mine=told.mine,
            other=told.other,
            accounts=told.accounts,
            password=told.password,
            command=told.command,
        )

    def _line(self, name: str) -> QLabel:
        return label(self._say(name))

    def _open_other(self) -> None:
        self.other.setEnabled(False)  # a second one of the same room would only say that there is one
        self._guidance.open_other()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc puts it away."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)
