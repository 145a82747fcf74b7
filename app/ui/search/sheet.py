"""The search sheet: one field over incidents, log, reports and registers; results by kind, the chosen one's facts beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.kernel.changes import ChangeSet
from app.kernel.errors import EnvironmentFault, Refusal
from app.queries.search import COUNTED, Answer, Asked, Kind
from app.queries.search_language import Item, Query, without
from app.ui.board.search_field import SearchField
from app.ui.desk.values import Words
from app.ui.search import understanding, vocabulary
from app.ui.search.chip_row import ChipRow
from app.ui.search.completing import Completing
from app.ui.search.flow import SearchFlow
from app.ui.search.lines import Line, LineWording
from app.ui.search.model import ROW_PX, Entry, Head, Recent, ResultDelegate, ResultModel
from app.ui.search.preview import PreviewView, PreviewWording, Told, read
from app.ui.search.recent import Recents, looks_personal
from app.ui.shell.sheet import Sheet, plain
from app.ui.theme.button import HintButton

if TYPE_CHECKING:
    from app.ui.session import Session
    from app.ui.shell.ports import SiteDoor
    from app.ui.theme.theme import Theme

MOST_PX, PREVIEW_PX, SIDE = 1240, 380, 24
EACH = 6  # lines of a kind where all kinds are shown
TYPED_MS, CHOSEN_MS = 60, 60
_TABS: tuple[Kind | None, ...] = (None, *Kind)
_TOUCHED = ("incident", "log_entry", "oral_report", "report", "shelter", "point", "station", "vehicle")


class SearchSheet(Sheet):
    """`opened(Line)`: take the officer to the record; `to_board(text)`: the same search on the board; `said(text)`: a note."""

    opened = Signal(object)
    to_board = Signal(str)
    said = Signal(str)

    def __init__(self, console: SiteDoor, session: Session, theme: Theme, parent: QWidget) -> None:
        texts = console.texts
        super().__init__("searchSheet", texts.get("ui.search.title"), texts.get("ui.search.hint"), parent)
        self._console, self._session, self._theme, self._texts = console, session, theme, texts
        self._language = vocabulary.language(console)
        self.query = Query()
        self.kind: Kind | None = None  # None: all of them
        self.flow = SearchFlow(console, self)
        self.recents = Recents(console.memory, console.remember)
        self._lines = LineWording(texts, console.district, console.agency)
        words = Words(texts, console.district, console.agency)
        self._previews = PreviewWording(words, self._lines, console.district.amber_s)
        self._needles: tuple[str, ...] = ()
        self._open_first = False  # Enter came before the results
        self._typed = QTimer(self, singleShot=True, interval=TYPED_MS)
        self._typed.timeout.connect(self.search)
        self._chosen = QTimer(self, singleShot=True, interval=CHOSEN_MS)
        self._chosen.timeout.connect(self._read_chosen)
        self._build()
        self._connect()

    # -- parts -------------------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        texts, theme = self._texts, self._theme
        self.field = SearchField(theme, texts.get("ui.search.field"), "", texts.get("ui.board.search.clear"))
        self.field.setObjectName("searchField")
        self.field.setProperty("form", "true")
        self.field.setAccessibleName(texts.get("ui.search.field_name"))
        self.field.installEventFilter(self)
        self.completing = Completing(self.field, theme, self._offers)
        self.chips = ChipRow(theme, texts, self.field)
        self.body.setSpacing(8)
        self.body.addWidget(self.field)
        self.body.addWidget(self.chips)
        self.body.addLayout(self._tab_row())
        line = QFrame()
        line.setProperty("plane", "line")
        self.body.addWidget(line)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._results(), 1)
        self.preview = PreviewView(texts.get("ui.search.preview.none"))
        self.preview.setFixedWidth(PREVIEW_PX)
        row.addWidget(self.preview)
        self.body.addLayout(row, 1)

    def _tab_row(self) -> QHBoxLayout:
        texts = self._texts
        row = QHBoxLayout()
        row.setSpacing(8)
        self._group = QButtonGroup(self)
        self.tabs: dict[Kind | None, QPushButton] = {}
        for at, kind in enumerate(_TABS):
            tab = QPushButton()
            tab.setCheckable(True)
            tab.setProperty("kind", "chip")
            tab.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            tab.setToolTip(texts.get("ui.search.tab.key", n=at + 1))
            tab.clicked.connect(lambda _=False, kind=kind: self.show_kind(kind))
            self._group.addButton(tab)
            self.tabs[kind] = tab
            row.addWidget(tab)
        self.tabs[None].setChecked(True)
        row.addStretch(1)
        self.note = plain(tone="muted", size="small")
        self.note.setObjectName("searchNote")
        row.addWidget(self.note)
        self.clear = HintButton(
            self._theme,
            texts.get("ui.search.recent.clear"),
            icon="trash",
            hint=texts.get("ui.search.recent.clear_key"),
            kind="quiet",
        )
        self.clear.setObjectName("searchForget")
        row.addWidget(self.clear)
        return row

    def _results(self) -> QStackedWidget:
        self.model = ResultModel(self)
        self.list = QListView()
        self.list.setObjectName("searchResults")
        self.list.setAccessibleName(self._texts.get("ui.search.tab.list"))
        self.list.setModel(self.model)
        self.list.setItemDelegate(ResultDelegate(self._theme, self.list))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the field keeps the keys
        self.empty = QWidget()
        column = QVBoxLayout(self.empty)
        self.empty_title, self.empty_text = plain(size="summary"), plain(tone="muted")
        self.again = HintButton(self._theme, self._texts.get("ui.search.again"), icon="refresh", hint="F5")
        self.again.setObjectName("searchAgain")
        column.addStretch(2)
        for part in (self.empty_title, self.empty_text):
            _centre(part)
            column.addWidget(part)
        column.addWidget(self.again, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        self._faces = QStackedWidget()
        self._faces.addWidget(self.list)
        self._faces.addWidget(self.empty)
        return self._faces

    def _connect(self) -> None:
        self.field.textChanged.connect(self._text_changed)
        self.field.stepped.connect(self.step)
        self.field.accepted.connect(self.open_chosen)
        self.field.left.connect(self.dismiss)
        self.field.everywhere.connect(self.submit)
        self.chips.removed.connect(self.remove)
        self.list.clicked.connect(lambda _index: self.field.setFocus(Qt.FocusReason.OtherFocusReason))
        self.list.doubleClicked.connect(lambda _index: self.open_chosen())
        self.list.selectionModel().currentChanged.connect(lambda *_: self._chosen.start())
        self.model.more_wanted.connect(self._more)
        self.clear.clicked.connect(self.forget)
        self.again.clicked.connect(self.search)
        self.flow.arrived.connect(self._arrived)
        self.flow.counted.connect(self._counted)
        self.flow.paged.connect(self._paged)
        self.flow.failed.connect(self._failed)
        self.flow.slow.connect(lambda: self.note.setText(self._texts.get("ui.search.working")))
        self._session.account_changed.connect(lambda _account: self._show_results())

    # -- opening -----------------------------------------------------------------------------------------------------------
    def first_field(self) -> QWidget:
        """The field."""
        return self.field

    def fit(self, map_area: QRect, whole: QRect) -> None:
        """As wide as lines are read well, as high as the body of the window."""
        self.setFixedSize(max(1, min(MOST_PX, whole.width() - SIDE)), max(1, whole.height() - SIDE))

    def ask(self, text: str = "") -> None:
        """Open with a search, or with what stood here."""
        self.open()
        if text:
            self.field.setText(text)
        self.field.selectAll()
        self.search()

    def dismiss(self) -> None:
        """Also puts away what hangs below the field."""
        self.completing.close()
        super().dismiss()

    def dispose(self) -> None:
        """Hear nothing any more."""
        self.flow.stop()
        self._typed.stop()
        self._chosen.stop()

    def heard(self, changes: ChangeSet) -> None:
        """A commit: what is shown stays under the eye; a note says that there is news."""
        if self.is_open and self.flow.asked and changes.touches(*_TOUCHED):
            self.note.setText(self._texts.get("ui.search.stale"))

    # -- asking ------------------------------------------------------------------------------------------------------------
    def _offers(self, text: str, cursor: int) -> understanding.Offers:
        return understanding.offers(text, cursor, self._language, self._texts)

    def _text_changed(self, text: str) -> None:
        self._open_first = False
        self.query = understanding.read(text, self._language, vocabulary.today(self._console))
        self.chips.show_chips(understanding.chips(self.query, self._language, self._texts))
        self._typed.start()

    def search(self) -> None:
        """Now."""
        self._typed.stop()
        words = understanding.words_of(self.query, self._console.district.streets)
        narrow = self.query.narrow
        self._needles = tuple(spelling for word in words for spelling in word) + tuple(
            text for _, text in narrow.texts
        )
        self.flow.ask(Asked(self._console.agency, self._console.partner, words, narrow or None))

    def remove(self, item: Item) -> None:
        """A chip was taken away."""
        self.field.setText(without(self.field.text(), item))

    # -- showing -----------------------------------------------------------------------------------------------------------
    def show_kind(self, kind: Kind | None) -> None:
        """One kind, or all."""
        self.kind = kind
        self.tabs[kind].setChecked(True)
        self._show_results()

    def _arrived(self) -> None:
        self.note.clear()
        self._show_results()
        if self._open_first:
            self._open_first = False
            self.open_chosen()

    def _show_results(self) -> None:
        self._name_tabs()
        searched = bool(self.flow.asked)
        self.clear.setVisible(not searched and self._account_id() != "")
        if not searched:
            self._show_recents()
            return
        entries = list(self._entries())
        self.model.show_entries(entries, can_more=self.kind is not None and self.flow.can_more(self.kind))
        self._choose(self.model.first())
        if entries:
            self._faces.setCurrentWidget(self.list)
        elif not self.flow.busy:
            self._say_nothing()

    def _entries(self) -> list[Entry]:
        found: list[Entry] = []
        for kind, answer in self.flow.answers.items():
            if self.kind not in (None, kind) or not answer.rows:
                continue
            if self.kind is None:
                found.append(self._head(kind))
            found += self._lines_of(kind, answer)[: EACH if self.kind is None else None]
        return found

    def _lines_of(self, kind: Kind, answer: Answer) -> list[Line]:
        now = self._console.clock.now_ms()
        return [self._lines.line(kind, hit, self._needles, now) for hit in answer.rows]

    def _head(self, kind: Kind) -> Head:
        more = len(self.flow.answers[kind].rows) > EACH
        return Head(
            kind,
            self._named(kind),
            self._texts.get("ui.search.tab.key", n=_TABS.index(kind) + 1) if more else "",
        )

    def _named(self, kind: Kind | None) -> str:
        name = self._texts.get(f"ui.search.kind.{kind or 'all'}")
        count = None if kind is None else self.flow.counts.get(kind)
        if count is None:
            return name
        key = "many" if count > COUNTED else "some"
        return self._texts.get(f"ui.search.tab.{key}", name=name, n=count)

    def _name_tabs(self) -> None:
        for kind, tab in self.tabs.items():
            tab.setText(self._named(kind))

    def _counted(self) -> None:
        self._name_tabs()
        if self.kind is None:
            self.model.rename({kind: self._head(kind) for kind in self.flow.answers})

    def _more(self) -> None:
        if self.kind is not None:
            self.flow.more(self.kind)

    def _paged(self, kind: Kind, answer: Answer) -> None:
        if kind is self.kind:
            self.model.add(self._lines_of(kind, answer), can_more=answer.end is not None)

    def _show_recents(self) -> None:
        recents = self.recents.of(self._account_id())
        self.model.show_entries([Recent(text) for text in recents])
        self.preview.show_record(None)
        self.clear.setEnabled(bool(recents))
        if recents:
            self._faces.setCurrentWidget(self.list)
            self.note.setText(self._texts.get("ui.search.recent.title"))
            return
        self.note.clear()
        key = "none" if self._account_id() else "signed_out"
        self._say(self._texts.get(f"ui.search.recent.{key}"), self._texts.get("ui.search.recent.examples"))

    def _say_nothing(self) -> None:
        get = self._texts.get
        personal = looks_personal(self.field.text())
        text = get("ui.search.nothing.contact") if personal else get("ui.search.nothing.text")
        self._say(get("ui.search.nothing.title"), text)

    def _failed(self, error: Exception) -> None:
        known = isinstance(error, Refusal | EnvironmentFault)
        said = (
            self._console.sentence(error)
            if isinstance(error, Refusal | EnvironmentFault)
            else self._texts.get("ui.search.unknown")
        )
        self.note.setText("" if not self.model.entries or not known else said)
        self.model.show_entries([])
        self._say(said, "", again=True)

    def _say(self, title: str, text: str, *, again: bool = False) -> None:
        self.empty_title.setText(title)
        self.empty_text.setText(text)
        self.again.setVisible(again)
        self._faces.setCurrentWidget(self.empty)
        self.preview.show_record(None)

    # -- choosing ----------------------------------------------------------------------------------------------------------
    def chosen(self) -> Entry | None:
        """The chosen entry."""
        at = self.list.currentIndex().row()
        return self.model.entries[at] if 0 <= at < len(self.model.entries) else None

    def _choose(self, at: int) -> None:
        if at < 0:
            self.list.setCurrentIndex(QModelIndex())
            self.preview.show_record(None)
            return
        self.list.selectionModel().setCurrentIndex(
            self.model.index(at), QItemSelectionModel.SelectionFlag.ClearAndSelect
        )

    def step(self, by: int) -> None:
        """The next line, or the one before."""
        at = self.list.currentIndex().row()
        self._choose(self.model.step(at, by) if at >= 0 else self.model.first())

    def _read_chosen(self) -> None:
        line = self.chosen()
        if not isinstance(line, Line):
            self.preview.show_record(None)
            return

        def take(told: Told) -> None:
            if self.chosen() is line:
                self.preview.show_record(self._previews.shown(line, told, self._console.clock.now_ms()))

        self._session.ask(lambda connection: read(connection, line), take, "search.preview")

    def open_chosen(self) -> None:
        """Enter: the record in its place; a search that was made before is made again."""
        if self._typed.isActive():
            self.search()
        if self.flow.busy:  # what stands there is of something else
            self._open_first = True
            return
        entry = self.chosen()
        if isinstance(entry, Recent):
            self.field.setText(entry.text)
            self.search()
        elif isinstance(entry, Line):
            self.recents.keep(self._account_id(), self.field.text())
            self.opened.emit(entry)

    # -- what was searched before ------------------------------------------------------------------------------------------
    def _account_id(self) -> str:
        account = self._session.account
        return account.id if account is not None else ""

    def forget(self) -> None:
        """All of them."""
        self.recents.forget(self._account_id())
        self.said.emit(self._texts.get("ui.search.recent.cleared"))
        self._show_results()

    def _forget_one(self) -> bool:
        entry = self.chosen()
        if not isinstance(entry, Recent):
            return False
        self.recents.forget(self._account_id(), entry.text)
        self._show_results()
        return True

    # -- keys --------------------------------------------------------------------------------------------------------------
    def submit(self) -> None:
        """Ctrl+Enter: the same search on the board."""
        self.recents.keep(self._account_id(), self.field.text())
        self.to_board.emit(self.field.text())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The sheet's own keys before the field takes them for typing."""
        return (
            watched is self.field
            and event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and self._own_key(event)
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The same keys where the focus is on a chip or a tab."""
        if self._own_key(event):
            event.accept()
        else:
            super().keyPressEvent(event)

    def _own_key(self, event: QKeyEvent) -> bool:
        """Alt+1 to 5: kinds; F5 again; Ctrl+Del forgets all, Del one; pages of the list."""
        modifiers, key = event.modifiers(), event.key()
        number = key - Qt.Key.Key_1
        empty = not self.field.text()
        if modifiers & Qt.KeyboardModifier.AltModifier and number in range(len(_TABS)):
            self.show_kind(_TABS[number])
        elif key == Qt.Key.Key_F5:
            self.search()
        elif key == Qt.Key.Key_Delete and empty and modifiers & Qt.KeyboardModifier.ControlModifier:
            self.forget()
        elif key == Qt.Key.Key_Delete and empty:
            return self._forget_one()
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self._turn_page(1 if key == Qt.Key.Key_PageDown else -1)
        else:
            return False
        return True

    def _turn_page(self, by: int) -> None:
        for _ in range(max(1, self.list.viewport().height() // ROW_PX - 1)):
            self.step(by)


def _centre(label: QLabel) -> None:
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
