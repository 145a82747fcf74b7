"""The pairing screen: over the network or by files; explained, step by step, by keyboard (CM-04; REPLICATION, Pairing)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.pairing.file_page import FilePage
from app.ui.pairing.network_page import NetworkPage
from app.ui.session import Session
from app.ui.shell.sheet import Sheet, plain, press_focused
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

WIDTH, HEIGHT = 620, 740
WAYS = ("network", "file")


class PairingSheet(Sheet):
    """`desk_wanted`: show the link desk."""

    desk_wanted = Signal()

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__("pairingSheet", texts.get("ui.pairing.title"), texts.get("ui.pairing.hint"), parent)
        self._console, self._session, self._texts = console, session, texts
        row = QHBoxLayout()
        row.setSpacing(8)
        self.ways: dict[str, QPushButton] = {}
        for way in WAYS:
            chip = QPushButton(texts.get(f"ui.pairing.way.{way}"))
            chip.setObjectName(f"pairing.{way}")
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            chip.clicked.connect(lambda _on=False, way=way: self.choose(way))
            self.ways[way] = chip
            row.addWidget(chip)
        row.addStretch(1)
        self.denied = plain(tone="warn")
        self.denied.setObjectName("pairingDenied")
        self.denied.setWordWrap(True)
        self.network, self.file = NetworkPage(console, session, theme), FilePage(console, session, theme)
        self.stack = QStackedWidget()
        for page in (self.network, self.file):
            holder = QWidget()
            column = QVBoxLayout(holder)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(8)
            column.addWidget(self._scrolled(page), 1)
            column.addWidget(page.foot)
            self.stack.addWidget(holder)
            page.stepped.connect(self._stepped)
            page.desk_wanted.connect(self._to_desk)
        self.network.over.connect(self.dismiss)
        self.body.addLayout(row)
        self.body.addWidget(self.denied)
        self.body.addWidget(self.stack, 1)
        session.account_changed.connect(lambda _account: self._show_denial())
        self.choose("network")

    def _scrolled(self, page: QWidget) -> QScrollArea:
        """Low windows scroll it; nothing is pushed into something else."""
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page.setProperty("plane", "surface")
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        area.setWidget(page)
        return area

    def dispose(self) -> None:
        """Hear nothing any more; a window that is open is closed with the site."""
        for page in (self.network, self.file):
            page.dispose()

    @property
    def page(self) -> NetworkPage | FilePage:
        """The way that is shown."""
        return self.network if self.stack.currentIndex() == 0 else self.file

    def choose(self, way: str) -> None:
        """Over the network, or by files."""
        self.stack.setCurrentIndex(WAYS.index(way))
        for name, chip in self.ways.items():
            chip.setChecked(name == way)
        self._show_denial()
        if self.is_open:
            self._stepped()

    # -- place and focus ---------------------------------------------------------------------------------------------------
    def fit(self, map_area: QRect, whole: QRect) -> None:
        """Of its own size, never larger than the body of the window."""
        self.setFixedSize(min(WIDTH, max(1, whole.width() - 24)), min(HEIGHT, max(1, whole.height() - 24)))

    def first_field(self) -> QWidget:
        """Where the next key goes."""
        return self.page.first()

    def _stepped(self) -> None:
        """Another step: the focus goes there, unless somebody types elsewhere."""
        focused = self.window().focusWidget() if self.is_open else None
        if self.is_open and (focused is None or self.isAncestorOf(focused) or not focused.isVisible()):
            self.page.first().setFocus(Qt.FocusReason.OtherFocusReason)
            self.page.reveal(self.page.first())

    def showEvent(self, event: QShowEvent) -> None:
        """Follow what goes on."""
        super().showEvent(event)
        self._show_denial()
        self.network.begin()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        super().hideEvent(event)
        self.network.rest()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus."""
        if not press_focused(self, event):
            super().keyPressEvent(event)

    def _to_desk(self) -> None:
        self.dismiss()
        self.desk_wanted.emit()

    # -- who may -----------------------------------------------------------------------------------------------------------
    def _show_denial(self) -> None:
        """Said before anything is typed: who may pair, or that nobody is signed in (XC-06)."""
        account, texts = self._session.account, self._texts
        if account is None:
            self.denied.setText(texts.get("ui.pairing.locked"))
            self.denied.show()
            return
        from app.usecases.permissions import matrix

        refusal = matrix().denial("meet_agency", account.agency or "", account.role_set)
        said = ""
        if refusal is not None:
            who = texts.get("ui.shell.refusal.who", who=self._console.who(refusal))
            said = f"{self._console.sentence(refusal)}\n{who}"
        self.denied.setText(said)
        self.denied.setVisible(bool(said))
