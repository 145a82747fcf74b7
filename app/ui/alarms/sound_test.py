"""Trying the alarm sound when the watch is taken: played, asked whether it was heard, noted in the duty log (JD-11; SCREEN)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.kernel.enums import LogKind, Severity
from app.ui.session import Session
from app.ui.shell.sheet import plain, set_tone
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.console import Console
    from app.ui.shell.tone import Tone

TRY, HEARD, UNHEARD = "4", "5", "6"


class SoundTest(QWidget):
    """A button that plays red's pattern; two that say what was heard. `tone` is given by the window."""

    def __init__(self, console: Console, session: Session, theme: Theme) -> None:
        super().__init__()
        self._session, self._texts = session, console.texts
        self.tone: Tone | None = None
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row.setSpacing(8)
        self.buttons: dict[str, HintButton] = {}
        for digit, name, act in (
            (TRY, "try", self.play),
            (HEARD, "heard", lambda: self._note("heard")),
            (UNHEARD, "unheard", lambda: self._note("unheard")),
        ):
            button = HintButton(theme, self._texts.get(f"ui.alarms.sound.{name}"), hint=digit)
            button.setObjectName(f"watch.sound.{name}")
            button.clicked.connect(act)
            self.buttons[digit] = button
            row.addWidget(button)
        row.addStretch(1)
        self.said = plain(tone="muted", size="small")
        self.said.setObjectName("watch.sound.said")
        self.said.setWordWrap(True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignLeft)
        column.addLayout(row)
        column.addWidget(self.said)
        self.reset()

    def reset(self) -> None:
        """Nothing tried yet."""
        self._ask(False)
        self._say("hint", "muted")

    def take_key(self, digit: str) -> bool:
        """A digit that is one of its buttons; True if it was."""
        button = self.buttons.get(digit)
        if button is None or not button.isVisible():
            return False
        button.click()
        return True

    def play(self) -> None:
        """Sound once, also while the sound is off; without a device that is said and noted."""
        if self.tone is None or not self.tone.test(Severity.RED):
            self._ask(False)
            self._say("none", "warn")
            self._note("none")
            return
        self._ask(True)
        self._say("asked" if self.tone.on else "asked_off", "warn")

    def _ask(self, wanted: bool) -> None:
        for digit in (HEARD, UNHEARD):
            self.buttons[digit].setVisible(wanted)

    def _note(self, result: str) -> None:
        from app.usecases.duty import WriteLogEntry

        text = self._texts.get(f"ui.alarms.sound.log_{result}")

        def done(_done: object) -> None:
            self._ask(False)
            self._say(f"done_{result}", "good" if result == "heard" else "warn")

        self._session.act(WriteLogEntry(text=text, kind=LogKind.ALARM), done)

    def _say(self, key: str, tone: str) -> None:
        self.said.setText(self._texts.get(f"ui.alarms.sound.{key}"))
        set_tone(self.said, tone)
