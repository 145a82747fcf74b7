"""The sheet "workstations and certificates": who writes here, with which keys, and what nobody accepted (REPLICATION, Trust)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QWidget

from app.kernel.changes import ChangeSet
from app.queries.trust import TrustView
from app.ui.session import Session
from app.ui.shell.sheet import Sheet
from app.ui.sites.offer_part import OfferPart
from app.ui.sites.site_part import SitePart
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.shell.ports import SiteDoor

LEAST, MOST, HIGH = 900, 1120, 640
PARTS = ("sites", "offers")
_TOUCHING = ("site", "account", "quarantine", "reentry", "agency")
_AGAIN_MS = 150


class SitesSheet(Sheet):
    """Two parts; Ctrl+Enter does what is explained."""

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__("sitesSheet", texts.get("ui.sites.title"), texts.get("ui.sites.hint"), parent)
        self._console, self._session, self._texts = console, session, texts
        self.view: TrustView | None = None
        row = QHBoxLayout()
        row.setSpacing(8)
        self.parts: dict[str, QPushButton] = {}
        for name in PARTS:
            chip = QPushButton(texts.get(f"ui.sites.part.{name}", n=0))
            chip.setObjectName(f"sitesPart.{name}")
            chip.setProperty("kind", "chip")
            chip.setCheckable(True)
            chip.clicked.connect(lambda _on, name=name: self.choose(name))
            self.parts[name] = chip
            row.addWidget(chip)
        row.addStretch(1)
        self.body.addLayout(row)
        self.sites, self.offers = SitePart(console, session, theme), OfferPart(console, session, theme)
        self.stack = QStackedWidget()
        for part in (self.sites, self.offers):
            part.acted.connect(self.read)
            self.stack.addWidget(part)
        self.body.addWidget(self.stack, 1)
        for keys in ("Ctrl+PgDown", "Ctrl+PgUp"):  # a table would take them for its own
            turn = QShortcut(QKeySequence(keys), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            turn.activated.connect(self.turn)
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._again.timeout.connect(self.read)
        self._disposed = False
        self.part = "sites"
        self.choose("sites")

    # -- place and focus ---------------------------------------------------------------------------------------------------
    def open(self) -> None:
        """Look anew with every opening."""
        self.read()
        super().open()

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """Wide enough for every column."""
        width = max(LEAST, min(MOST, map_area.width() - 24))
        self.setFixedSize(min(width, max(1, whole.width() - 24)), min(HIGH, max(1, whole.height() - 24)))

    def first_field(self) -> QWidget:
        """The list of the part."""
        if self.part == "sites":
            return self.sites.table
        return self.offers.table if self.offers.rows else self.parts["offers"]

    def choose(self, part: str) -> None:
        """Another part."""
        self.part = part
        for name, chip in self.parts.items():
            chip.setChecked(name == part)
        self.stack.setCurrentIndex(PARTS.index(part))

    def submit(self) -> None:
        """What the part explains."""
        (self.sites if self.part == "sites" else self.offers).submit()

    def turn(self) -> None:
        """The other part."""
        self.choose(PARTS[1 - PARTS.index(self.part)])
        self.first_field().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+O chooses the key file, Ctrl+P and Ctrl+S take the page, F5 looks again."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        key, page = Qt.Key(event.key()), self.sites.page
        if control and key == Qt.Key.Key_O and self.sites.choose_key.isVisible():
            self.sites.ask_key()
        elif control and key == Qt.Key.Key_P and page.isVisible():
            page.print()
        elif control and key == Qt.Key.Key_S and page.isVisible():
            page.ask_place()
        elif key == Qt.Key.Key_F5:
            self.read()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    # -- reading -----------------------------------------------------------------------------------------------------------
    def read(self) -> None:
        """Read everything shown."""
        if self._disposed:
            return
        agency = self._console.agency

        def look(connection: Any) -> TrustView:
            from app.queries import trust

            return trust.view(connection, agency)

        self._session.ask(look, self._take, "sites.view")

    def dispose(self) -> None:
        """Ask nothing any more: the site behind the window is being closed."""
        self._disposed = True
        self._again.stop()

    def heard(self, changes: ChangeSet) -> None:
        """A commit touched it: read again, gathered."""
        if self.is_open and changes.touches(*_TOUCHING) and not self._again.isActive():
            self._again.start()

    def _take(self, view: TrustView) -> None:
        self.view = view
        self.parts["offers"].setText(self._texts.get("ui.sites.part.offers", n=len(view.offers)))
        self.sites.take(view)
        self.offers.take(view)
