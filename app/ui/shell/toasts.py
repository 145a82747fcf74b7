"""Short notes of what was done, with undo where there is one: 4 s, bottom of the map, newest below (SCREEN, Manners)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.kernel.texts import Texts
from app.ui.shell.runs import Run, RunLines
from app.ui.shell.sheet import plain
from app.ui.theme.button import HintButton
from app.ui.theme.theme import Theme

SHOWN_MS = 4_000
UNDO_MS = 8_000
WIDTH = 420
MOST = 3

Undo = Callable[[], None]
Offer = tuple[str, str, Undo]
"""Words of a button, its key hint, what it does."""


class Toast(QFrame):
    """One note."""

    def __init__(self, theme: Theme, icon: str, tone: str, text: str, offer: Offer | None) -> None:
        super().__init__()
        self.setProperty("plane", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.undo: Undo | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        mark = RunLines(theme, (20,))
        mark.set_runs([Run("", tone, "body", icon=icon)])
        self.label = plain(text)
        self.label.setWordWrap(True)
        row.addWidget(mark)
        row.addWidget(self.label, 1)
        if offer is not None:
            words, hint, call = offer
            button = HintButton(theme, words, hint=hint, kind="quiet")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(call)
            row.addWidget(button)
        self.setMinimumHeight(40)


class Toasts(QWidget):
    """The stack; `undo_last` is what Ctrl+Z does while a note offers it."""

    def __init__(self, theme: Theme, texts: Texts, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toasts")
        self.setFixedWidth(WIDTH)
        self._theme, self._texts = theme, texts
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.setSpacing(8)
        self._shown: list[Toast] = []
        self.hide()

    def say(
        self,
        text: str,
        *,
        icon: str = "check",
        tone: str = "good",
        undo: Undo | None = None,
        offer: Offer | None = None,
    ) -> None:
        """Show a note; with undo, or another offer, it stays twice as long."""
        if undo is not None:
            offer = (self._texts.get("ui.shell.undo"), "Ctrl+Z", undo)

        def taken() -> None:
            self._drop(toast)
            assert offer is not None
            offer[2]()

        toast = Toast(self._theme, icon, tone, text, None if offer is None else (offer[0], offer[1], taken))
        toast.undo = taken if undo is not None else None
        self._shown.append(toast)
        self._stack.addWidget(toast)
        toast.show()  # a layout does not count what is hidden
        while len(self._shown) > MOST:
            self._drop(self._shown[0])
        timer = QTimer(toast)
        timer.setSingleShot(True)
        timer.timeout.connect(lambda: self._drop(toast))
        timer.start(SHOWN_MS if offer is None else UNDO_MS)
        self.show()
        self._resize()

    def texts_shown(self) -> list[str]:
        """What the notes say, oldest first."""
        return [toast.label.text() for toast in self._shown]

    def can_undo(self) -> bool:
        """True while a note offers to undo."""
        return any(toast.undo is not None for toast in self._shown)

    def undo_last(self) -> None:
        """Undo what the newest such note offers."""
        for toast in reversed(self._shown):
            if toast.undo is not None:
                toast.undo()
                return

    def _drop(self, toast: Toast) -> None:
        if toast not in self._shown:
            return
        self._shown.remove(toast)
        self._stack.removeWidget(toast)
        toast.hide()
        toast.deleteLater()
        self.setVisible(bool(self._shown))
        self._resize()

    def _resize(self) -> None:
        bottom = self.geometry().bottom()
        self._stack.activate()
        self.setFixedHeight(max(1, self._stack.heightForWidth(WIDTH)))
        self.move(self.x(), bottom - self.height() + 1)
        self.raise_()
