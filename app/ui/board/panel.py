"""The board's panel: figures, search, chips, list, what stands there when it is empty, and the two most frequent acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedLayout,
    QStyle,
    QStyleOption,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.kernel.clock import SECOND_MS
from app.kernel.errors import EnvironmentFault, Refusal
from app.queries import board
from app.queries.board_view import BoardRow, BoardView, Chip, Counts, Sort
from app.ui.board.delegate import BoardDelegate
from app.ui.board.feed import BoardFeed
from app.ui.board.list_view import BoardList
from app.ui.board.model import BoardModel
from app.ui.board.search_field import SearchField
from app.ui.board.wording import Wording
from app.ui.relay import ChangeRelay, Relay
from app.ui.theme.button import HintButton
from app.ui.theme.chips import PlainLabel
from app.ui.theme.theme import Theme

if TYPE_CHECKING:
    from app.ui.board.faces import Faces
    from app.ui.console import Console
    from app.ui.search.asking import Asking
    from app.ui.session import Session

TICK_MS = 1_000
_CHIPS = (Chip.ALL, Chip.OURS, Chip.CONFLICTS)  # always there; the others while they are chosen
_BELOW_FIELD = 2  # place in the panel's column
SMALL_BELOW = 420  # px of width: 44 px rows and short numbers

Spell = Callable[[str], tuple[str, ...]]
"""Further spellings of a typed word (place names of pinyin initials, say)."""


class Face(Enum):
    """What the middle of the panel shows."""

    BLANK = 0
    ROWS = 1
    EMPTY = 2
    NOTHING = 3
    ERROR = 4


class BoardPanel(QWidget):
    """`opened(id)`: Enter or double click; `register_wanted`, `oral_wanted(id or "")`: the buttons below."""

    opened = Signal(str)
    register_wanted = Signal()
    oral_wanted = Signal(str)
    arranged = Signal()  # another order was chosen
    everywhere_wanted = Signal(str)  # the same search over log, reports and registers

    def __init__(
        self,
        console: Console,
        session: Session,
        theme: Theme,
        *,
        changes: ChangeRelay | None = None,
        spell: Spell | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`changes`: a relay shared with other screens; without it the panel makes its own."""
        super().__init__(parent)
        self.setObjectName("incidentBoard")
        self._console, self._session, self._theme, self._spell = console, session, theme, spell
        self._texts = console.texts
        self.held_elsewhere: Callable[[], bool] = lambda: (
            False
        )  # the selected incident stands open on the desk
        self._show_closed = self._narrow = self._compact = False
        self._error: Exception | None = None
        self._relay = Relay(self)
        self.setAccessibleName(self._texts.get("ui.board.name"))
        streets = dict(console.district.streets)
        wording = Wording(self._texts, console.agency, streets, console.district.amber_s)
        self.model = BoardModel(wording, self)
        self._delegate = BoardDelegate(theme, self.model, console.clock.now_ms)
        self.list = BoardList(self.model, self._delegate)
        self.list.setAccessibleName(self._texts.get("ui.board.name"))
        self.feed = BoardFeed(console, self.model, self.list, self)
        self._build()
        self._own_changes = ChangeRelay(console.subscribe, self) if changes is None else None
        (changes or self._own_changes).changed.connect(self.feed.hear)  # type: ignore[union-attr]
        self._connect()
        self._clock = QTimer(self)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self._tick)
        self.feed.open(self._view())

    # -- building ----------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        get = self._texts.get
        self._faces = QStackedLayout()
        for face in (QWidget(), self.list):
            self._faces.addWidget(face)
        self._register = self._button("register", icon="plus", key=True, kind="primary")
        self._oral = self._button("oral", icon="mic", key=True)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 8, 12, 8)
        foot.setSpacing(8)
        foot.addWidget(self._register)
        foot.addWidget(self._oral)
        foot.addStretch()
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head())
        column.addLayout(self._filters())
        column.addLayout(self._faces, 1)
        column.addLayout(foot)
        self._sort.setAccessibleName(get("ui.board.sort.name"))
        self._say_sort(0)
        self._theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        """Icons in the theme's colours."""
        self._sort.setIcon(self._theme.icon("chevron-down", "muted", 12))
        self.list.viewport().update()

    def _button(
        self, name: str, *, icon: str = "", key: bool = False, kind: str = "secondary", **params: object
    ) -> HintButton:
        text = self._texts.get(f"ui.board.button.{name}", **params)
        hint = self._texts.get(f"ui.board.button.{name}_key") if key else ""
        button = HintButton(self._theme, text, icon=icon, hint=hint, kind=kind)
        button.setAccessibleName(text)
        return button

    def _head(self) -> QWidget:
        title, self._facts = QLabel(self._texts.get("ui.board.title")), PlainLabel()
        title.setProperty("type", "head")
        self._facts.setProperty("tone", "muted")
        self._facts.setProperty("type", "small")
        for label in (title, self._facts):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._sort = QToolButton()
        self._sort.setProperty("kind", "quiet")
        self._sort.setObjectName("boardSort")
        self._sort.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._sort.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow stands behind the words
        self._sort.setIconSize(QSize(12, 12))
        self._sort.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = self.more = QMenu(self._sort)
        for sort in Sort:
            action = menu.addAction(self._texts.get(f"ui.board.sort.{sort}"))
            action.triggered.connect(lambda _=False, sort=sort: self.sort_by(sort))
        self._sort.setMenu(menu)
        plate = QWidget()
        plate.setFixedHeight(40)
        head = QHBoxLayout(plate)
        head.setContentsMargins(12, 0, 4, 0)
        head.setSpacing(8)
        head.addWidget(title)
        head.addWidget(self._facts)
        head.addStretch()
        head.addWidget(self._sort)
        return plate

    def _filters(self) -> QHBoxLayout:
        get = self._texts.get
        hint = get("ui.board.search.hint" if self._spell is None else "ui.board.search.hint_initials")
        self.search = SearchField(self._theme, hint, get("ui.board.search.key"), get("ui.board.search.clear"))
        self.search.setAccessibleName(get("ui.board.search.name"))
        self._chips = QButtonGroup(self)
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 8)
        row.setSpacing(8)
        row.addWidget(self.search, 1)
        self._chip_of: dict[Chip, QPushButton] = {}
        for chip in Chip:
            button = QPushButton(get(f"ui.board.chip.{chip}"))
            button.setCheckable(True)
            button.setChecked(chip is Chip.ALL)
            button.setProperty("kind", "chip")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if chip not in _CHIPS:
                button.hide()  # never shown here: without a parent it would be a window for a moment
            self._chips.addButton(button)
            self._chip_of[chip] = button
            row.addWidget(button)
        return row

    @cached_property
    def faces(self) -> Faces:
        """What stands there instead of rows."""
        from app.ui.board.faces import Faces

        faces = Faces(self._theme, self._texts, self._button)
        for face in faces.all:
            self._faces.addWidget(face)
        faces.stand_behind(self.list)
        faces.register.setText(self._register.text())
        faces.show_closed(self.feed.counts.everything)
        faces.register.clicked.connect(self.register_wanted)
        faces.closed.clicked.connect(self._look_at_closed)
        faces.clear.clicked.connect(self.clear_filter)
        faces.everywhere.clicked.connect(self._everywhere)
        faces.retry.clicked.connect(lambda _: self.feed.open())
        return faces

    def _made_faces(self) -> Faces | None:
        made: Faces | None = self.__dict__.get("faces")
        return made

    def _connect(self) -> None:
        feed = self.feed
        feed.opened.connect(self._arrived)
        feed.counted.connect(self._counted)
        feed.failed.connect(self._failed)
        feed.held.connect(self._say_sort)
        feed.tinted.connect(self.list.fade)
        self.list.chosen.connect(self._session.select_incident)
        self.list.opened.connect(self.opened)
        self._session.selected_incident_changed.connect(self._selected)
        self.search.textChanged.connect(lambda _: self._reopen())
        self.search.stepped.connect(self.list.step)
        self.search.accepted.connect(self._open_chosen)
        self.search.everywhere.connect(self._everywhere)
        self.search.left.connect(lambda: self.list.setFocus(Qt.FocusReason.OtherFocusReason))
        self._chips.buttonClicked.connect(lambda _: self._reopen())
        self._register.clicked.connect(self.register_wanted)
        self._oral.clicked.connect(lambda: self.oral_wanted.emit(self.list.chosen_id()))
        self.model.arranged.connect(self._show_face)
        self.model.arranged.connect(self._choose_again)

    # -- what is wanted ----------------------------------------------------------------------------------------------
    def _view(self) -> BoardView:
        chip = next(chip for chip, button in self._chip_of.items() if button.isChecked())
        made = "asking" in self.__dict__ or self.search.text().strip()
        words, narrow = self.asking.understand(self._spell) if made else ((), None)
        return replace(self.feed.view, words=words, chip=chip, narrow=narrow)

    @cached_property
    def asking(self) -> Asking:
        """The search language: it comes with the first thing typed, or when the window has time."""
        from app.ui.search.asking import Asking

        asking = Asking(self._console, self._theme, self.search, list(self._chip_of.values())[-1])
        self._column.insertWidget(_BELOW_FIELD, asking)
        return asking

    def prepare_search(self) -> None:
        """The window has time: the first key need not wait for the language."""
        _ = self.asking

    def _everywhere(self) -> None:
        self.everywhere_wanted.emit(self.search.text())

    def _reopen(self) -> None:
        view = self._view()
        for chip, button in self._chip_of.items():
            button.setVisible(chip in _CHIPS or chip is view.chip)
        if view != self.feed.view:
            self.feed.open(view)

    def sort_by(self, sort: Sort) -> None:
        """Another order, or other groups."""
        if sort is not self.feed.view.sort:
            self.feed.open(replace(self._view(), sort=sort))
            self._say_sort(0)
            self.arranged.emit()

    def show_view(self, chip: Chip, text: str = "", sort: Sort | None = None) -> None:
        """A chip, words and an order at once; one question to the database."""
        self.search.blockSignals(True)
        self.search.setText(text)
        self.search.blockSignals(False)
        self._chip_of[chip].setChecked(True)
        if sort is not None and sort is not self.feed.view.sort:
            self.feed.view = replace(self.feed.view, sort=sort)
            self._say_sort(0)
            self.feed.open(self._view())
            self.arranged.emit()
        self._reopen()

    def clear_filter(self) -> None:
        """Show everything again."""
        self.show_view(Chip.ALL)

    def set_amber(self, amber_s: int) -> None:
        """From so many seconds before its due moment a clock is amber, from now on (D-02, D-31)."""
        self.model.wording.amber_ms = amber_s * SECOND_MS
        self.feed.set_amber(amber_s)

    def focus_search(self) -> None:
        """Ctrl+F: type at once, what stands there is selected."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def focus_list(self) -> None:
        """Ctrl+1: the list, with a row selected."""
        self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not self.list.chosen_id():
            self.list.step(1)

    def _open_chosen(self) -> None:
        if not self.list.chosen_id():
            self.list.step(1)
        if self.list.chosen_id():
            self.opened.emit(self.list.chosen_id())

    def _look_at_closed(self) -> None:
        self._show_closed = True
        self._show_face()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- what came ---------------------------------------------------------------------------------------------------
    def _arrived(self) -> None:
        self._error = None
        self.list.scrollToTop()
        self.list.choose(self._session.selected_incident)
        self._show_face()
        self._select_what_is_seen()

    def hides(self, incident_id: str) -> bool:
        """True while a filter keeps an incident off the board, or its rows are still on their way: no act may mean it."""
        if self.feed.view.whole:
            return False
        return self.feed.pending or self.model.place_of(incident_id) is None

    def _select_what_is_seen(self) -> None:
        """A filter that hides the selected incident selects what Enter would open; nothing where nothing is left."""
        selected = self._session.selected_incident
        if not selected or self.held_elsewhere() or not self.hides(selected):
            return
        if self.model.rowCount():
            self.list.step_to_first()
        else:
            self._session.select_incident("")

    def _selected(self, incident_id: str) -> None:
        """An incident chosen elsewhere that the filter hides is shown: the filter goes."""
        if self.list.choose(incident_id) or self.feed.view.whole:
            return

        def found(rows: list[BoardRow]) -> None:
            if not rows and view == self.feed.view and self._session.selected_incident == incident_id:
                self.clear_filter()

        view = self.feed.view
        self._relay.then(
            self._console.query(lambda connection: board.rows(connection, view, [incident_id])),
            found,
            self._failed,
        )

    def _choose_again(self) -> None:
        """The selected incident came back into the list."""
        wanted = self._session.selected_incident
        if wanted and not self.list.chosen_id() and self.model.place_of(wanted) is not None:
            self.list.choose(wanted)

    def _counted(self, counts: Counts) -> None:
        get = self._texts.get
        self._facts.setText(self.model.wording.facts(counts))
        some = counts.conflicts > 0
        self._chip_of[Chip.CONFLICTS].setText(
            get("ui.board.chip.conflicts_some", count=counts.conflicts)
            if some
            else get("ui.board.chip.conflicts")
        )
        faces = self._made_faces()
        if faces is not None:
            faces.show_closed(counts.everything)
        if counts.everything.open:
            self._show_closed = False
        self._show_face()

    def _failed(self, error: Exception) -> None:
        self._error = error
        known = isinstance(error, Refusal | EnvironmentFault)
        sentence = (
            self._console.sentence(error)
            if isinstance(error, Refusal | EnvironmentFault)
            else self._texts.get("ui.board.error.unknown")
        )
        self.faces.trouble.text.setText(sentence if known else self._texts.get("ui.board.error.unknown"))
        self._show_face()

    def show_draft(self, waits: bool) -> None:
        """A registration that was begun and not submitted waits: the button says so."""
        text = self._texts.get(f"ui.board.button.{'resume' if waits else 'register'}")
        faces = self._made_faces()
        for button in (self._register, *([faces.register] if faces is not None else [])):
            button.setText(text)
            button.updateGeometry()

    def _show_face(self) -> None:
        """Rows that are here stay on the screen even when a later query failed."""
        counts, view = self.feed.counts, self.feed.view
        if self._error is not None and not self.model.rowCount():
            face = Face.ERROR
        elif not self.feed.loaded:
            face = Face.BLANK
        elif not self.model.rowCount():
            face = Face.EMPTY if view.whole else Face.NOTHING
        elif view.whole and not self._show_closed and not counts.everything.open and counts.everything.closed:
            face = Face.EMPTY
        else:
            face = Face.ROWS
        if face.value > Face.ROWS.value and self._faces.count() <= face.value:
            _ = self.faces
        if self._faces.currentIndex() != face.value:
            self._faces.setCurrentIndex(face.value)
            self._register.setVisible(face is not Face.EMPTY)  # one primary button

    def _say_sort(self, held: int) -> None:
        words = [self._texts.get(f"ui.board.sort.{self.feed.view.sort}")]
        if held:
            words.append(self._texts.get("ui.board.sort.held", count=held))
        self._sort.setText(" ".join(words))

    # -- time and sight ----------------------------------------------------------------------------------------------
    def _tick(self) -> None:
        if self._seen():
            self.feed.set_visible(True)
            if "asking" in self.__dict__ and self.asking.day_passed:
                self._reopen()  # today is another day now
            self.feed.tick()
            self.list.tick()
        else:
            self.feed.set_visible(False)

    def _seen(self) -> bool:
        return self.isVisible() and not self.window().isMinimized()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what was missed."""
        super().showEvent(event)
        self.feed.set_visible(True)
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is read or painted while nobody sees it."""
        super().hideEvent(event)
        self._clock.stop()
        self.feed.set_visible(False)

    def set_small(self, small: bool) -> None:
        """Layout of a small screen: 44 px rows, short numbers."""
        self._narrow = small
        self.list.set_small(small or self._compact)

    def dress_rows(self, parts: frozenset[str], *, small: bool) -> None:
        """What the second line of a row shows, and how high rows are."""
        self._compact = small
        self.list.set_small(self._narrow or small)
        self._delegate.show_parts(parts)
        self.list.viewport().update()

    def stop(self) -> None:
        """The window closes: no query result and no change is heard any more."""
        self._clock.stop()
        self._relay.stop()
        self.feed.stop()
        if self._own_changes is not None:
            self._own_changes.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A plain widget paints its style sheet's background only when asked to."""
        option = QStyleOption()
        option.initFrom(self)
        painter = QPainter(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        painter.end()
