"""Settings (Ctrl+,): the rule numbers of both rooms, and this console (D-31)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QTabBar, QWidget

from app.kernel.changes import ChangeSet
from app.ui.session import Session
from app.ui.settings.numbers import NumbersPage
from app.ui.settings.own import OwnPage
from app.ui.shell.sheet import Sheet, press_focused
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

WIDTH = 1080
PAGES = ("numbers", "own")


class SettingsSheet(Sheet):
    """Two pages; Alt+1, Alt+2 change them."""

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "settingsSheet", texts.get("ui.settings.title"), texts.get("ui.settings.hint"), parent
        )
        self.tabs = QTabBar()
        self.tabs.setObjectName("settingsTabs")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        for page in PAGES:
            self.tabs.addTab(texts.get(f"ui.settings.tab.{page}"))
        self.body.addWidget(self.tabs)
        self.numbers, self.own = NumbersPage(console, session, theme), OwnPage(console, theme)
        self.numbers.left.connect(self.dismiss)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.numbers)
        self.stack.addWidget(self.own)
        self.body.addWidget(self.stack, 1)
        self.tabs.currentChanged.connect(self._turned)
        for at in range(len(PAGES)):  # a field that has the focus would take the digit
            turn = QShortcut(QKeySequence(f"Alt+{at + 1}"), self)
            turn.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            turn.activated.connect(partial(self.tabs.setCurrentIndex, at))

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as the body of the window."""
        self.setFixedSize(min(WIDTH, max(640, whole.width() - 24)), max(1, whole.height() - 24))

    def first_field(self) -> QWidget:
        """The filter; on the other page the theme that holds."""
        return self.numbers.filter if self.tabs.currentIndex() == 0 else self.own.first_field()

    def ask(self, page: str = "numbers", key: str = "") -> None:
        """Open a page; with a key, that number is on the card."""
        self.tabs.setCurrentIndex(PAGES.index(page))
        self.numbers.ask(key)
        self.own.show_state()
        self.open()

    def heard(self, changes: ChangeSet) -> None:
        """A commit may have changed a number."""
        if self.is_open:
            self.numbers.heard(changes)

    def _turned(self, at: int) -> None:
        self.stack.setCurrentIndex(at)
        self.own.show_state()
        if self.is_open and not self.tabs.hasFocus():
            self.first_field().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def submit(self) -> None:
        """Save the number that was typed."""
        if self.tabs.currentIndex() == 0:
            self.numbers.save()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+D goes back to the default; Ctrl+T tries the sound."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() == Qt.Key.Key_T and self.tabs.currentIndex() == 1:
            self.own.try_sound()
        elif not (self.tabs.currentIndex() == 0 and self.numbers.take_key(event)) and not press_focused(
            self, event
        ):
            super().keyPressEvent(event)
            return
        event.accept()
