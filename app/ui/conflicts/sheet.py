"""The conflict desk (F7): what the two sides say differently, and what was not accepted; the same in both rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QTabBar, QWidget

from app.kernel.changes import ChangeSet
from app.ui.conflicts.cases import CasesView
from app.ui.conflicts.refused import RefusedView
from app.ui.session import Session
from app.ui.shell.sheet import Sheet
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.queries.accounts import AccountRow, SiteRow
    from app.queries.conflicts import ConflictCase
    from app.queries.quarantine import QuarantineRow
    from app.ui.shell.ports import SiteDoor

    Found = tuple[
        list[ConflictCase], list[QuarantineRow], int, Mapping[str, AccountRow], Mapping[str, SiteRow]
    ]

WIDTH = 1180
AGAIN_MS = 100
PAGES = ("cases", "refused")


class ConflictSheet(Sheet):
    """Two pages; Alt+1, Alt+2 change them. `cases.decided` tells what was settled."""

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__(
            "conflictSheet", texts.get("ui.conflicts.title"), texts.get("ui.conflicts.hint"), parent
        )
        self._session, self._texts = session, texts
        self._wanted: tuple[str, str, str] | None = None
        self.tabs = QTabBar()
        self.tabs.setObjectName("conflictTabs")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        for page in PAGES:
            self.tabs.addTab(texts.get(f"ui.conflicts.tab.{page}"))
        self.body.addWidget(self.tabs)
        self.cases, self.refused = (
            CasesView(console, session, theme),
            RefusedView(console, session, theme),
        )
        self.stack = QStackedWidget()
        self.stack.addWidget(self.cases)
        self.stack.addWidget(self.refused)
        self.body.addWidget(self.stack, 1)
        self.tabs.currentChanged.connect(self._turned)
        self._again = QTimer(self, singleShot=True, interval=AGAIN_MS)
        self._again.timeout.connect(self._refresh)
        self.cases.decided.connect(lambda _said: self._read())

    def first_field(self) -> QWidget:
        """The list, where anything stands in it."""
        page = self.cases if self.tabs.currentIndex() == 0 else self.refused
        return self.tabs if page.list.isHidden() else page.list

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As high as the body of the window."""
        self.setFixedSize(min(WIDTH, max(640, whole.width() - 24)), max(1, whole.height() - 24))

    def dispose(self) -> None:
        """Ask nothing any more: the window is closing."""
        self._again.stop()

    # -- reading -----------------------------------------------------------------------------------------------------------
    def ask(self, page: str = "cases", key: tuple[str, str, str] | None = None) -> None:
        """Open a page; with a key, that disagreement selected."""
        self._wanted = key
        if not self.is_open:
            self.cases.begin()
        self.tabs.setCurrentIndex(PAGES.index(page))
        self._read()
        self.open()

    def heard(self, changes: ChangeSet) -> None:
        """A commit may have brought, settled or changed something."""
        if self.is_open and not changes.only_acknowledged and not self._again.isActive():
            self._again.start()

    def _refresh(self) -> None:
        if self.is_open:
            self._read()

    def _read(self) -> None:
        def read(connection: Any) -> Found:
            from app.queries import accounts, conflicts, quarantine

            return (
                conflicts.open_conflicts(connection),
                quarantine.quarantined(connection),
                quarantine.quarantined_count(connection),
                {row.id: row for row in accounts.accounts(connection)},
                {row.id: row for row in accounts.sites(connection)},
            )

        self._session.ask(read, self._take, "conflicts.page")

    def _take(self, found: Found) -> None:
        cases, refused, total, accounts, sites = found
        was_list = self.first_field()
        self.cases.show_cases(cases, accounts)
        self.cases.select(self._wanted)
        self._wanted = None
        self.refused.show_rows(refused, total, accounts, sites)
        self._name_tabs((len(cases), total))
        if self.is_open and was_list.hasFocus() is False and self._focus_is_ours():
            return
        if self.is_open and self.tabs.hasFocus():
            self.first_field().setFocus(Qt.FocusReason.OtherFocusReason)

    def _focus_is_ours(self) -> bool:
        focused = self.window().focusWidget()
        return focused is not None and focused is not self.tabs and self.isAncestorOf(focused)

    def _name_tabs(self, counts: Sequence[int]) -> None:
        for index, (page, count) in enumerate(zip(PAGES, counts, strict=True)):
            name = self._texts.get(f"ui.conflicts.tab.{page}")
            said = self._texts.get("ui.conflicts.counted", name=name, n=count) if count else name
            self.tabs.setTabText(index, said)

    def _turned(self, index: int) -> None:
        self.stack.setCurrentIndex(index)

    # -- keys --------------------------------------------------------------------------------------------------------------
    def submit(self) -> None:
        """Ctrl+Enter decides as well."""
        if self.tabs.currentIndex() == 0 and self.cases.card is not None:
            self.cases.card.submit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Alt+1, Alt+2 change the page."""
        page = event.key() - Qt.Key.Key_1
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and page in range(len(PAGES)):
            self.tabs.setCurrentIndex(page)
            self.first_field().setFocus(Qt.FocusReason.ShortcutFocusReason)
            event.accept()
            return
        super().keyPressEvent(event)
